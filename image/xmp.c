#include "image/xmp.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#define SOURCE_TYPE                                                            \
    "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/"             \
    "digitalsourcetype/compositeWithTrainedAlgorithmicMedia"                   \
    "</Iptc4xmpExt:DigitalSourceType>"

static const char head[] =
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
    " <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
    "  <rdf:Description rdf:about=\"\"\n"
    "    xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n"
    "    xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"\n"
    "    xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\">\n"
    "   " SOURCE_TYPE "\n";

static const char tail[] = "  </rdf:Description>\n"
                           " </rdf:RDF>\n"
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

static void put_property(GString *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    g_string_append_printf(out, "   <%s>", name);
    put_text(out, text);
    g_string_append_printf(out, "</%s>\n", name);
}

int image_xmp_make(const struct image_marks *marks, char **packet, size_t *size,
                   struct tt_error *err)
{
    GString *out = g_string_new(head);
    int rc = -1;

    *packet = NULL;
    put_property(out, "Iptc4xmpExt:AISystemUsed", marks->system);
    put_property(out, "Iptc4xmpExt:AISystemVersionUsed", marks->version);
    put_property(out, "xmp:CreatorTool", marks->system);
    put_property(out, "dc:source", marks->source);
    g_string_append(out, tail);
    if (out->len > IMAGE_XMP_MOST) {
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

bool image_xmp_marks(const void *packet, size_t size)
{
    return memmem(packet, size, SOURCE_TYPE, sizeof(SOURCE_TYPE) - 1);
}
