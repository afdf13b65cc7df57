#include "image/jpeg_head.h"

#include <stdlib.h>
#include <string.h>

#include "image/iptc.h"
#include "image/tiff_head.h"
#include "image/xmp.h"

enum { SOI = 0xd8, EOI = 0xd9, SOS = 0xda, APP0 = 0xe0 };

struct segment {
    bool garbage; /* stood before it */
    int marker;
    const uint8_t *data;
    size_t size;
};

/* The next segment at *at: 1, or 0 at the first scan or the end. */
static int next_segment(const uint8_t *p, size_t size, size_t *at,
                        struct segment *s)
{
    s->garbage = *at < size && p[*at] != 0xff;
    while (*at + 1 < size &&
           (p[*at] != 0xff || p[*at + 1] == 0xff || p[*at + 1] == 0))
        (*at)++;
    if (size < 4 || *at > size - 4)
        return 0;
    s->marker = p[*at + 1];
    *at += 2;
    if (s->marker == SOI || (s->marker >= 0xd0 && s->marker <= 0xd7)) {
        s->data = p + *at;
        s->size = 0;
        return 1;
    }
    s->size = (size_t)p[*at] << 8 | p[*at + 1];
    if (s->marker == SOS || s->marker == EOI || s->size < 2 ||
        s->size > size - *at)
        return 0;
    s->data = p + *at + 2;
    *at += s->size;
    s->size -= 2;
    return 1;
}

static bool is_frame(int marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
           marker != 0xc8 && marker != 0xcc;
}

static void read_frame(const struct segment *s, struct image_jpeg_head *out)
{
    if (s->size < 6)
        return;
    out->precision = s->data[0];
    out->components = s->data[5];
    out->progressive = s->marker == 0xc2 || s->marker == 0xca;
    /* Sequential and progressive, Huffman or arithmetic, are read. */
    out->lossless = s->marker != 0xc0 && s->marker != 0xc1 &&
                    s->marker != 0xc2 && s->marker != 0xc9 && s->marker != 0xca;
}

static void read_jfif(const struct segment *s, struct image_jpeg_head *out)
{
    double scale;

    if (s->size < 12 || memcmp(s->data, "JFIF", 5) != 0)
        return;
    scale = s->data[7] == 1 ? 1 : s->data[7] == 2 ? 2.54 : 0;
    out->ppi_x = scale * (s->data[8] << 8 | s->data[9]);
    out->ppi_y = scale * (s->data[10] << 8 | s->data[11]);
}

static void read_exif(const struct segment *s, struct image_jpeg_head *out)
{
    struct image_tiff_head tiff;

    if (s->size < 6 || memcmp(s->data, "Exif\0", 6) != 0 ||
        !image_tiff_head_read(s->data + 6, s->size - 6, &tiff))
        return;
    if (!out->exif.size)
        out->exif = (struct image_span){s->data + 6, s->size - 6};
    out->orientation = tiff.orientation;
    if (out->ppi_x <= 0 || out->ppi_y <= 0) {
        out->ppi_x = tiff.ppi_x;
        out->ppi_y = tiff.ppi_y;
    }
}

static void read_xmp(const struct segment *s, struct image_jpeg_head *out)
{
    static const char name[] = "http://ns.adobe.com/xap/1.0/"; // with its NUL

    if (s->size <= sizeof(name) || memcmp(s->data, name, sizeof(name)) != 0)
        return;
    out->marked |=
        image_xmp_marks(s->data + sizeof(name), s->size - sizeof(name));
    if (!out->xmp.size)
        out->xmp =
            (struct image_span){s->data + sizeof(name), s->size - sizeof(name)};
}

struct icc {
    struct segment part[256]; /* by number, from 1; size 0: missing */
    int parts;                /* as the parts say */
};

static void keep_icc(const struct segment *s, struct icc *icc)
{
    if (s->size <= 14 || memcmp(s->data, "ICC_PROFILE", 12) != 0)
        return;
    icc->part[s->data[12]].data = s->data + 14;
    icc->part[s->data[12]].size = s->size - 14;
    icc->parts = s->data[13];
}

static void join_icc(const struct icc *icc, struct image_jpeg_head *out)
{
    uint8_t *p;

    for (int i = 1; i <= icc->parts; i++) {
        if (!icc->part[i].size) {
            out->icc_size = 0;
            return;
        }
        out->icc_size += icc->part[i].size;
    }
    out->icc = p = out->icc_size ? malloc(out->icc_size) : NULL;
    for (int i = 1; p && i <= icc->parts; i++) {
        memcpy(p, icc->part[i].data, icc->part[i].size);
        p += icc->part[i].size;
    }
}

void image_jpeg_head_read(const void *bytes, size_t size,
                          struct image_jpeg_head *out)
{
    const uint8_t *p = bytes;
    struct icc icc = {0};
    struct segment s;
    size_t at = 0;

    memset(out, 0, sizeof(*out));
    out->orientation = 1;
    while (next_segment(p, size, &at, &s)) {
        if (is_frame(s.marker) && !out->precision) {
            read_frame(&s, out);
        } else if (s.marker == APP0) {
            read_jfif(&s, out);
        } else if (s.marker == APP0 + 1) {
            read_exif(&s, out);
            read_xmp(&s, out);
        } else if (s.marker == APP0 + 2) {
            keep_icc(&s, &icc);
        } else if (s.marker == APP0 + 13 && !out->iptc.size) {
            (void)image_iptc_find(s.data, s.size, &out->iptc);
        } else if (s.marker == APP0 + 14 && s.size >= 12 &&
                   !memcmp(s.data, "Adobe", 5)) {
            out->adobe = true;
        }
    }
    out->garbage = s.garbage;
    out->to_scan =
        at >= 2 && at <= size && p[at - 2] == 0xff && p[at - 1] == SOS;
    join_icc(&icc, out);
}
