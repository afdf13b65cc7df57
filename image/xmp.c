#include "image/xmp.h"

#include <stdlib.h>
#include <string.h>

#define SOURCE_TYPE                                                            \
    "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/"             \
    "digitalsourcetype/compositeWithTrainedAlgorithmicMedia"                   \
    "</Iptc4xmpExt:DigitalSourceType>"

static const char head[] =
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
    "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n";

static const char ours[] =
    "<rdf:Description rdf:about=\"\"\n"
    "  xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n"
    "  xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"\n"
    "  xmlns:xmpMM=\"http://ns.adobe.com/xap/1.0/mm/\"\n"
    "  xmlns:stRef=\"http://ns.adobe.com/xap/1.0/sType/ResourceRef#\"\n"
    "  xmlns:stEvt=\"http://ns.adobe.com/xap/1.0/sType/ResourceEvent#\"\n"
    "  xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\">\n"
    " " SOURCE_TYPE "\n";

static const char tail[] = "</rdf:Description>\n"
                           "</rdf:RDF>\n"
                           "</x:xmpmeta>\n"
                           "<?xpacket end=\"r\"?>";

/* Text as XML takes it: what is not UTF-8 is replaced, controls are dropped. */
static void put_text(GString *out, const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);

    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '<')
            g_string_append(out, "&lt;");
        else if (c == '>')
            g_string_append(out, "&gt;");
        else if (c == '&')
            g_string_append(out, "&amp;");
        else if (c == '"')
            g_string_append(out, "&quot;");
        else if (c == '\t' || c == '\n' || c == '\r')
            g_string_append_c(out, ' ');
        else if (c >= 0x20 && c != 0x7f && c != 0xfffe && c != 0xffff)
            g_string_append_unichar(out, c);
    }
    g_free(valid);
}

/* EXIF's "2024:05:01 12:00:00" in ISO 8601; false: it is not known. */
static bool iso_date(const char *text, char out[20])
{
    static const char shape[] = "dddd:dd:dd dd:dd:dd";

    if (strlen(text) != 19)
        return false;
    for (int i = 0; i < 19; i++)
        if (shape[i] == 'd' ? !g_ascii_isdigit(text[i]) : text[i] != shape[i])
            return false;
    memcpy(out, text, 20);
    out[4] = out[7] = '-';
    out[10] = 'T';
    return memcmp(out, "0000", 4) != 0 && memcmp(out + 5, "00", 2) != 0;
}

void image_xmp_put(GString *out, const char *name, const char *text,
                   enum image_text_kind kind)
{
    static const struct {
        const char *before, *behind;
    } lists[] = {
        [IMAGE_TEXT_PLAIN] = {"", ""},
        [IMAGE_TEXT_SEQ] = {"<rdf:Seq><rdf:li>", "</rdf:li></rdf:Seq>"},
        [IMAGE_TEXT_ALT] = {"<rdf:Alt><rdf:li xml:lang=\"x-default\">",
                            "</rdf:li></rdf:Alt>"},
        [IMAGE_TEXT_DATE] = {"", ""},
    };
    char date[20];

    if (!text || !*text)
        return;
    if (kind == IMAGE_TEXT_DATE && !iso_date(text, date))
        return;
    g_string_append_printf(out, " <%s>%s", name, lists[kind].before);
    put_text(out, kind == IMAGE_TEXT_DATE ? date : text);
    g_string_append_printf(out, "%s</%s>\n", lists[kind].behind, name);
}

static void put_plain(GString *out, const char *name, const char *text)
{
    image_xmp_put(out, name, text, IMAGE_TEXT_PLAIN);
}

static void put_part(GString *out, const struct image_meta *meta,
                     enum image_meta_part part)
{
    if (meta && meta->part[part].bytes)
        g_string_append_len(out, (const char *)meta->part[part].bytes,
                            (gssize)meta->part[part].size);
}

/* A text of the original, or else ours, as a property. */
static void put_kept(GString *out, const char *name,
                     const struct image_meta *meta, enum image_meta_part part,
                     const char *else_text)
{
    char *kept = meta && meta->part[part].bytes
                     ? g_strndup((const char *)meta->part[part].bytes,
                                 meta->part[part].size)
                     : NULL;

    put_plain(out, name, kept ? kept : else_text);
    g_free(kept);
}

/* No time stands in it: the same photo gives the same bytes. */
static void put_history(GString *out, const struct image_marks *marks,
                        const struct image_meta *meta)
{
    g_string_append(out, " <xmpMM:DerivedFrom rdf:parseType=\"Resource\">\n");
    put_plain(out, "stRef:filePath", marks->source);
    put_kept(out, "stRef:documentID", meta, IMAGE_META_DOCUMENT, NULL);
    put_kept(out, "stRef:instanceID", meta, IMAGE_META_INSTANCE, NULL);
    g_string_append(out, " </xmpMM:DerivedFrom>\n"
                         " <xmpMM:History><rdf:Seq>\n");
    put_part(out, meta, IMAGE_META_HISTORY);
    g_string_append(out, "<rdf:li rdf:parseType=\"Resource\">\n");
    put_plain(out, "stEvt:action", "derived");
    put_plain(out, "stEvt:softwareAgent", marks->version);
    put_plain(out, "stEvt:parameters",
              "lightness of the original, colours of a model");
    g_string_append(out, "</rdf:li>\n </rdf:Seq></xmpMM:History>\n");
}

static GString *make(const struct image_marks *marks,
                     const struct image_meta *meta)
{
    GString *out = g_string_new(head);

    put_part(out, meta, IMAGE_META_XMP);
    g_string_append(out, ours);
    put_plain(out, "Iptc4xmpExt:AISystemUsed", marks->system);
    put_plain(out, "Iptc4xmpExt:AISystemVersionUsed", marks->version);
    put_kept(out, "xmp:CreatorTool", meta, IMAGE_META_TOOL, marks->system);
    put_kept(out, "dc:source", meta, IMAGE_META_SOURCE, marks->source);
    put_history(out, marks, meta);
    return g_string_append(out, tail);
}

int image_xmp_make(const struct image_marks *marks,
                   const struct image_meta *meta, size_t most, char **packet,
                   size_t *size, bool *cut, struct tt_error *err)
{
    GString *out = make(marks, meta);
    int rc = -1;

    *packet = NULL;
    if (out->len > most && meta) {
        *cut = true;
        g_string_free(out, TRUE);
        out = make(marks, NULL);
    }
    if (out->len > most) {
        tt_fail(err, TT_USAGE, "marks of %zu bytes are too long", out->len);
        goto out;
    }
    *packet = malloc(out->len + 1);
    if (!*packet) {
        tt_fail(err, TT_NOMEM, "no memory for XMP");
        goto out;
    }
    memcpy(*packet, out->str, out->len + 1);
    *size = out->len;
    rc = 0;

out:
    g_string_free(out, TRUE);
    return rc;
}

static bool says(const void *text, size_t size, const char *name,
                 const char *value)
{
    GString *line = g_string_new(NULL);
    bool found;

    put_plain(line, name, value);
    found = memmem(text, size, line->str, line->len);
    g_string_free(line, TRUE);
    return found;
}

bool image_marks_are_in(const struct image_marks *marks, const void *file,
                        size_t size)
{
    return says(file, size, "Iptc4xmpExt:AISystemVersionUsed",
                marks->version) &&
           says(file, size, "stRef:filePath", marks->source);
}

bool image_xmp_marks(const void *packet, size_t size)
{
    return memmem(packet, size, SOURCE_TYPE, sizeof(SOURCE_TYPE) - 1);
}
