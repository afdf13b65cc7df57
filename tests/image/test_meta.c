#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libexif/exif-data.h>
#include <turbojpeg.h>
#include <vips/vips.h>

#include "base/file.h"
#include "image/iptc.h"
#include "image/load.h"
#include "image/meta.h"
#include "image/save.h"
#include "image/tiff_head.h"
#include "tests/image/pictures.h"

enum { W = 30, H = 20 };

static struct tt_error err;
static uint8_t grey[W * H], codes[3 * W * H];
static const struct image_rgb rgb = {H, W, 8, codes}; /* upright */
static const struct image_marks marks = {"Tintype", "tintype 0, model m",
                                         "Bild.jpg"};

static const char records[] = "\x1c\x02\x50\0\x05"
                              "Rilke\x1c\x02\x78\0\x04"
                              "Eins";
enum { RECORDS = sizeof(records) - 1 }; /* odd */

#define RDF  "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\""
#define BODY "xmlns:dc=\"http://purl.org/dc/elements/1.1/\""

/* As one program writes it and another goes on: attributes and elements, a
 * name of its own for a namespace, a name for what it is about. */
static const char packet[] =
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><r:RDF xmlns:r="
    "\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
    "xmlns:mm=\"http://ns.adobe.com/xap/1.0/mm/\" "
    "xmlns:stEvt=\"http://ns.adobe.com/xap/1.0/sType/ResourceEvent#\">\n"
    "<r:Description r:about=\"uuid:1\" " BODY " "
    "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" "
    "xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" "
    "xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" "
    "xmp:CreatorTool=\"Scan &amp; Co\" xmp:Rating=\"4\" "
    "tiff:Orientation=\"6\" mm:DocumentID=\"xmp.did:9\" "
    "exif:GPSLatitude=\"48,12N\" dc:format=\"image/jpeg\">\n"
    "<dc:source>Glasplatte 7</dc:source>"
    "<dc:title><r:Alt><r:li xml:lang=\"x-default\">\xc3\x84hre</r:li></r:Alt>"
    "</dc:title>"
    "<mm:History><r:Seq><r:li stEvt:action=\"created\" "
    "stEvt:softwareAgent=\"Scan\"/></r:Seq></mm:History>"
    "</r:Description></r:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>";

static void start(void)
{
    CHECK_OK(image_start("test", &err));
    picture_fill8(grey, sizeof(grey), 256);
    picture_fill8(codes, sizeof(codes), 256);
}

static void enter(ExifData *d, ExifIfd ifd, unsigned tag, ExifFormat format,
                  const void *bytes, size_t size)
{
    ExifEntry *e = exif_entry_new();

    e->tag = (ExifTag)tag;
    e->format = format;
    e->components = size / exif_format_get_size(format);
    e->size = (unsigned)size;
    e->data = malloc(size);
    CHECK(e->data);
    memcpy(e->data, bytes, size);
    exif_content_add_entry(d->ifd[ifd], e);
    exif_entry_unref(e);
}

#define ENTER_TEXT(ifd, tag, text)                                             \
    enter(d, ifd, tag, EXIF_FORMAT_ASCII, text, sizeof(text))

/* All that is to go and all that is to stay; "Exif\0\0" stands before it. */
static uint8_t *make_exif(unsigned *size)
{
    static const uint8_t six[] = {6, 0}, thousand[] = {0xe8, 3, 0, 0};
    ExifData *d = exif_data_new();
    uint8_t *bytes = NULL;

    exif_data_unset_option(d, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
    exif_data_set_byte_order(d, EXIF_BYTE_ORDER_INTEL);
    enter(d, EXIF_IFD_0, EXIF_TAG_ORIENTATION, EXIF_FORMAT_SHORT, six, 2);
    enter(d, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_X_DIMENSION, EXIF_FORMAT_LONG,
          thousand, 4);
    ENTER_TEXT(EXIF_IFD_0, EXIF_TAG_ARTIST, "R. M. Rilke");
    ENTER_TEXT(EXIF_IFD_0, EXIF_TAG_COPYRIGHT, "frei <1926>");
    ENTER_TEXT(EXIF_IFD_0, EXIF_TAG_MAKE, "Zeiss");
    ENTER_TEXT(EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL,
               "1925:05:01 12:30:00");
    ENTER_TEXT(EXIF_IFD_EXIF, 0xa431, "SERIAL-4711");
    ENTER_TEXT(EXIF_IFD_GPS, 1, "N");
    enter(d, EXIF_IFD_EXIF, EXIF_TAG_MAKER_NOTE, EXIF_FORMAT_UNDEFINED,
          "SECRETNOTE", 10);
    d->data = malloc(500);
    CHECK(d->data);
    d->size = 500;
    memset(d->data, 0x7e, 500);
    exif_data_save_data(d, &bytes, size);
    CHECK(bytes);
    exif_data_unref(d);
    return bytes;
}

static void insert_named(struct picture *p, int marker, const char *name,
                         size_t name_size, const void *data, size_t size)
{
    uint8_t *all = malloc(name_size + size + 1);

    CHECK(all);
    memcpy(all, name, name_size);
    memcpy(all + name_size, data, size);
    picture_insert(p, marker, all, name_size + size);
    free(all);
}

static void insert_xmp(struct picture *p, const char *text, size_t size)
{
    static const char name[] = "http://ns.adobe.com/xap/1.0/";

    insert_named(p, 0xe1, name, sizeof(name), text, size);
}

static struct picture original(void)
{
    struct picture p = picture_jpeg(grey, W, H, TJPF_GRAY, 90);
    uint8_t head[IMAGE_IPTC_HEAD], *exif;
    unsigned size;

    image_iptc_head(RECORDS, head);
    insert_named(&p, 0xed, (char *)head, sizeof(head), records,
                 sizeof(records)); /* and its NUL, to an even size */
    insert_xmp(&p, packet, sizeof(packet) - 1);
    exif = make_exif(&size);
    picture_insert(&p, 0xe1, exif, size);
    free(exif);
    return p;
}

static void read_meta(const struct picture *p, struct image_meta *meta)
{
    struct image_facts facts;
    struct image_limits limits;
    enum image_reason reason;
    struct image_grey out;

    image_limits_init(&limits);
    CHECK_OK(
        image_load(p->bytes, p->size, &limits, &out, &facts, &reason, &err));
    image_grey_release(&out);
    CHECK_OK(image_meta_read(p->bytes, p->size, &facts, meta, &err));
}

static bool holds(const void *bytes, size_t size, const char *text)
{
    return bytes && memmem(bytes, size, text, strlen(text));
}

static bool part_holds(const struct image_meta *m, enum image_meta_part part,
                       const char *text)
{
    return holds(m->part[part].bytes, m->part[part].size, text);
}

static void save(const struct image_meta *meta, enum image_format format,
                 bool *cut, const char *path, struct picture *out)
{
    struct image_save_options opt;
    char *bytes;

    image_save_options_init(&opt);
    opt.format = format;
    opt.marks = &marks;
    opt.meta = meta;
    opt.meta_cut = cut;
    *cut = false;
    CHECK_OK(image_save(&rgb, &opt, path, &err));
    CHECK_OK(tt_file_read(path, 1 << 24, &bytes, &out->size, &err));
    out->bytes = (uint8_t *)bytes;
}

static void check_text(VipsImage *image, const char *name, const char *begins)
{
    const char *text;

    CHECK(vips_image_get_typeof(image, name));
    CHECK(!vips_image_get_string(image, name, &text));
    CHECK(strncmp(text, begins, strlen(begins)) == 0);
}

static void *count_gps(VipsImage *image, const char *name, GValue *value,
                       void *n)
{
    (void)image;
    (void)value;
    *(int *)n += strstr(name, "exif-ifd3") || strstr(name, "exif-ifd1") ||
                 strstr(name, "thumbnail") || strstr(name, "MakerNote") ||
                 strstr(name, "Serial");
    return NULL;
}

/* As libvips reads it: EXIF that stays, and what must not be there. */
static void check_exif(const struct picture *p)
{
    VipsImage *image = vips_image_new_from_buffer(p->bytes, p->size, "", NULL);
    int n = 0;

    CHECK(image);
    check_text(image, "exif-ifd0-Artist", "R. M. Rilke");
    check_text(image, "exif-ifd0-Copyright", "frei <1926>");
    check_text(image, "exif-ifd2-DateTimeOriginal", "1925:05:01 12:30:00");
    check_text(image, "exif-ifd2-PixelXDimension", "20 ");
    CHECK_INT(vips_image_get_orientation(image), 1);
    vips_image_map(image, count_gps, &n);
    CHECK_INT(n, 0);
    g_object_unref(image);
    CHECK(!holds(p->bytes, p->size, "SERIAL-4711"));
    CHECK(!holds(p->bytes, p->size, "SECRETNOTE"));
    CHECK(!holds(p->bytes, p->size, "~~~~~~~~"));
}

TEST(image_meta_of_a_jpeg_is_made_fit)
{
    struct picture p;
    struct image_meta m;

    start();
    p = original();
    read_meta(&p, &m);
    CHECK(!m.dropped);
    CHECK_INT(m.part[IMAGE_META_IPTC].size, RECORDS);
    CHECK(!memcmp(m.part[IMAGE_META_IPTC].bytes, records, RECORDS));
    CHECK(part_holds(&m, IMAGE_META_EXIF, "R. M. Rilke"));
    CHECK(part_holds(&m, IMAGE_META_XMP, "\xc3\x84hre"));
    CHECK(part_holds(&m, IMAGE_META_XMP, "xmp:Rating=\"4\""));
    CHECK(part_holds(&m, IMAGE_META_XMP, "about=\"\""));
    CHECK(!part_holds(&m, IMAGE_META_XMP, "uuid:1"));
    CHECK(!part_holds(&m, IMAGE_META_XMP, "Orientation"));
    CHECK(!part_holds(&m, IMAGE_META_XMP, "GPS"));
    CHECK(!part_holds(&m, IMAGE_META_XMP, "image/jpeg"));
    CHECK(part_holds(&m, IMAGE_META_HISTORY, "stEvt:action=\"created\""));
    CHECK(part_holds(&m, IMAGE_META_DOCUMENT, "xmp.did:9"));
    CHECK(part_holds(&m, IMAGE_META_TOOL, "Scan & Co"));
    CHECK(part_holds(&m, IMAGE_META_SOURCE, "Glasplatte 7"));
    /* what XMP lacked */
    CHECK(part_holds(&m, IMAGE_META_XMP, "<rdf:li>R. M. Rilke</rdf:li>"));
    CHECK(part_holds(&m, IMAGE_META_XMP, "frei &lt;1926&gt;"));
    CHECK(part_holds(&m, IMAGE_META_XMP, ">1925-05-01T12:30:00<"));
    image_meta_release(&m);
    free(p.bytes);
    image_stop();
}

/* From a file to a file to a file: nothing is lost, nothing grows. */
TEST(image_meta_goes_along_and_stays_the_same)
{
    static const enum image_format formats[] = {IMAGE_JPEG, IMAGE_PNG,
                                                IMAGE_TIFF};
    struct picture p, out;
    struct image_meta m, again;
    bool cut;

    start();
    p = original();
    read_meta(&p, &m);
    for (int i = 0; i < 3; i++) {
        save(&m, formats[i], &cut, "out", &out);
        CHECK_INT(cut, formats[i] == IMAGE_PNG); /* of IPTC */
        if (formats[i] != IMAGE_TIFF)
            check_exif(&out);
        read_meta(&out, &again);
        CHECK(!again.dropped);
        if (formats[i] != IMAGE_PNG)
            CHECK(!memcmp(again.part[IMAGE_META_IPTC].bytes, records, RECORDS));
        CHECK(part_holds(&again, IMAGE_META_XMP, "R. M. Rilke"));
        CHECK(part_holds(&again, IMAGE_META_XMP, "\xc3\x84hre"));
        CHECK(!part_holds(&again, IMAGE_META_XMP, "DerivedFrom"));
        CHECK(part_holds(&again, IMAGE_META_HISTORY, ">derived<"));
        CHECK(part_holds(&again, IMAGE_META_HISTORY, "\"created\""));
        CHECK(part_holds(&again, IMAGE_META_SOURCE, "Glasplatte 7"));
        image_meta_release(&again);
        free(out.bytes);
    }
    image_meta_release(&m);
    free(p.bytes);
    image_stop();
}

TEST(image_meta_is_found_in_what_libvips_reads)
{
    static const char *const suffixes[] = {".png", ".webp", ".tif"};
    struct picture p, other;
    struct image_meta m;

    start();
    p = original();
    for (int i = 0; i < 3; i++) {
        VipsImage *image =
            vips_image_new_from_buffer(p.bytes, p.size, "", NULL);

        CHECK(image);
        vips_image_set_string(image, "image-description", "Ein Bild");
        other = picture_save(image, suffixes[i]);
        read_meta(&other, &m);
        CHECK(part_holds(&m, IMAGE_META_XMP, "\xc3\x84hre"));
        CHECK(part_holds(&m, IMAGE_META_TOOL, "Scan & Co"));
        if (i < 2)
            CHECK(part_holds(&m, IMAGE_META_EXIF, "R. M. Rilke"));
        else
            CHECK(part_holds(&m, IMAGE_META_XMP, ">Ein Bild<"));
        image_meta_release(&m);
        free(other.bytes);
    }
    free(p.bytes);
    image_stop();
}

TEST(image_meta_of_a_tiff_comes_from_its_directories)
{
    struct image_texts *texts = calloc(1, sizeof(*texts));
    struct image_span iptc = {NULL, 0};
    unsigned size;
    uint8_t *exif = make_exif(&size); /* a TIFF, behind its head */

    CHECK(texts);
    image_tiff_head_meta(exif + 6, size - 6, texts, &iptc);
    CHECK_STR(texts->text[image_exif_text(EXIF_TAG_ARTIST)], "R. M. Rilke");
    CHECK_STR(texts->text[image_exif_text(EXIF_TAG_DATE_TIME_ORIGINAL)],
              "1925:05:01 12:30:00");
    CHECK_STR(texts->text[image_exif_text(EXIF_TAG_IMAGE_DESCRIPTION)], "");
    CHECK_INT(image_exif_text(1), -1);
    for (unsigned n = 0; n < size - 6; n++)
        image_tiff_head_meta(exif + 6, n, texts, &iptc);
    free(exif);
    free(texts);
}

TEST(image_meta_of_a_plain_photo_is_nothing)
{
    struct picture p;
    struct image_meta m;

    start();
    p = picture_jpeg(grey, W, H, TJPF_GRAY, 90);
    read_meta(&p, &m);
    for (int i = 0; i < IMAGE_META_PARTS; i++)
        CHECK(!m.part[i].bytes && !m.part[i].size);
    CHECK(!m.dropped);
    image_meta_release(&m);
    free(p.bytes);
    image_stop();
}

TEST(image_meta_drops_packets_that_are_none)
{
    static const char *const bad[] = {
        "no XML at all",
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>",
        "<rdf:RDF " RDF "><rdf:Description>",
        "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
        "\"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c "
        "\"&b;&b;&b;&b;&b;&b;&b;&b;\">]><rdf:RDF " RDF
        "><rdf:Description>&c;</rdf:Description></rdf:RDF>",
        "<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><rdf:RDF " RDF "/>",
    };
    struct image_meta m;

    start();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct picture p = picture_jpeg(grey, W, H, TJPF_GRAY, 90);

        insert_xmp(&p, bad[i], strlen(bad[i]));
        read_meta(&p, &m);
        CHECK(m.dropped);
        CHECK(!m.part[IMAGE_META_XMP].bytes);
        image_meta_release(&m);
        free(p.bytes);
    }
    image_stop();
}

/* Made to have a parser compare each with each. */
TEST(image_meta_drops_packets_of_too_many_names)
{
    static const char *const many[] = {"a%d=\"\" ", "xmlns:a%d=\"b\" "};
    struct image_facts facts = {.format = IMAGE_JPEG};
    char *text = malloc(60000);
    struct image_meta m;

    CHECK(text);
    start();
    for (int i = 0; i < 2; i++) {
        struct picture p = picture_jpeg(grey, W, H, TJPF_GRAY, 90);
        size_t n = (size_t)snprintf(text, 60000, "<r:RDF xmlns:r=\"r\" ");

        for (int k = 0; k < 2000; k++)
            n += (size_t)snprintf(text + n, 60000 - n, many[i], k);
        insert_xmp(&p, text, n);
        CHECK_OK(image_meta_read(p.bytes, p.size, &facts, &m, &err));
        CHECK(m.dropped);
        image_meta_release(&m);
        free(p.bytes);
    }
    free(text);
    image_stop();
}

TEST(image_meta_that_a_jpeg_cannot_hold_is_cut)
{
    struct image_meta m = {0};
    char *large = malloc(70000);
    struct picture out;
    bool cut;

    CHECK(large);
    memset(large, ' ', 70000);
    start();
    CHECK_OK(image_meta_put(&m, IMAGE_META_XMP, large, 70000, &err));
    save(&m, IMAGE_TIFF, &cut, "a.tif", &out);
    CHECK(!cut);
    free(out.bytes);
    save(&m, IMAGE_JPEG, &cut, "a.jpg", &out);
    CHECK(cut);
    CHECK(holds(out.bytes, out.size, "AISystemUsed"));
    free(out.bytes);
    image_meta_release(&m);
    CHECK_OK(image_meta_put(&m, IMAGE_META_IPTC, large, 70000, &err));
    save(&m, IMAGE_JPEG, &cut, "a.jpg", &out);
    CHECK(cut);
    free(out.bytes);
    image_meta_release(&m);
    CHECK_OK(image_meta_put(&m, IMAGE_META_TOOL, large, 1001, &err));
    CHECK(m.dropped && !m.part[IMAGE_META_TOOL].bytes);
    free(large);
    image_stop();
}

/* Each byte of what is parsed, spoilt in turn. */
TEST(image_meta_lives_through_damage)
{
    struct image_facts facts = {.format = IMAGE_JPEG, .width = 1, .height = 1};
    struct picture p;
    struct image_meta m;
    size_t head;

    start();
    p = original();
    head = p.size < 3500 ? p.size : 3500;
    for (size_t i = 2; i < head; i++) {
        uint8_t was = p.bytes[i];

        p.bytes[i] = (uint8_t)(i * 37 + 11);
        CHECK_OK(image_meta_read(p.bytes, p.size, &facts, &m, &err));
        image_meta_release(&m);
        p.bytes[i] = 0xff;
        CHECK_OK(image_meta_read(p.bytes, p.size, &facts, &m, &err));
        image_meta_release(&m);
        p.bytes[i] = was;
    }
    for (size_t n = 0; n < head; n += 7) {
        CHECK_OK(image_meta_read(p.bytes, n, &facts, &m, &err));
        image_meta_release(&m);
    }
    free(p.bytes);
    image_stop();
}
