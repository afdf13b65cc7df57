#include "image/packet.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "image/xmp.h"

#define RDF    "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define DC     "http://purl.org/dc/elements/1.1/"
#define XMP    "http://ns.adobe.com/xap/1.0/"
#define XMPMM  "http://ns.adobe.com/xap/1.0/mm/"
#define NOTE   "http://ns.adobe.com/xmp/note/"
#define TIFF   "http://ns.adobe.com/tiff/1.0/"
#define EXIF   "http://ns.adobe.com/exif/1.0/"
#define EXIFEX "http://cipa.jp/exif/1.0/"
#define AUX    "http://ns.adobe.com/exif/1.0/aux/"
#define PS     "http://ns.adobe.com/photoshop/1.0/"
#define IPTC   "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

enum { GOES = -1, LOST = -2 }; /* LOST: the photo's row shall say so */

/* What does not stay in the description. */
static const struct property {
    const char *space, *name; /* "GPS*": all that begin so */
    int part;                 /* where it goes: enum image_meta_part, or GOES */
} properties[] = {
    {XMPMM, "History", IMAGE_META_HISTORY},
    {XMPMM, "DocumentID", IMAGE_META_DOCUMENT},
    {XMPMM, "InstanceID", IMAGE_META_INSTANCE},
    {XMP, "CreatorTool", IMAGE_META_TOOL},
    {DC, "source", IMAGE_META_SOURCE},
    /* the writer's own words */
    {XMPMM, "DerivedFrom", GOES},
    {IPTC, "DigitalSourceType", GOES},
    {IPTC, "AISystemUsed", GOES},
    {IPTC, "AISystemVersionUsed", GOES},
    /* of the original's pixels and file */
    {DC, "format", GOES},
    {XMP, "Thumbnails", GOES},
    {PS, "ColorMode", GOES},
    {PS, "ICCProfile", GOES},
    {TIFF, "Orientation", GOES},
    {TIFF, "ImageWidth", GOES},
    {TIFF, "ImageLength", GOES},
    {TIFF, "BitsPerSample", GOES},
    {TIFF, "SamplesPerPixel", GOES},
    {TIFF, "PhotometricInterpretation", GOES},
    {TIFF, "PlanarConfiguration", GOES},
    {TIFF, "Compression", GOES},
    {TIFF, "NativeDigest", GOES},
    {EXIF, "PixelXDimension", GOES},
    {EXIF, "PixelYDimension", GOES},
    {EXIF, "ColorSpace", GOES},
    {EXIF, "NativeDigest", GOES},
    {NOTE, "HasExtendedXMP", LOST}, /* in segments that are not read */
    /* not for a copy to tell */
    {EXIF, "GPS*", GOES},
    {EXIF, "MakerNote", GOES},
    {EXIF, "ImageUniqueID", GOES},
    {EXIFEX, "BodySerialNumber", GOES},
    {EXIFEX, "LensSerialNumber", GOES},
    {AUX, "SerialNumber", GOES},
    {AUX, "LensSerialNumber", GOES},
};

/* What is in hand. */
struct packet {
    xmlDocPtr doc;
    xmlNodePtr rdf;
    struct image_meta *meta;
    xmlBufferPtr xmp, history;
};

static bool is_named(const xmlChar *name, const xmlNs *ns, const char *space,
                     const char *want)
{
    size_t n = strcspn(want, "*");

    return ns && ns->href && strcmp((const char *)ns->href, space) == 0 &&
           strncmp((const char *)name, want, n) == 0 && (want[n] || !name[n]);
}

static const struct property *find(const xmlChar *name, const xmlNs *ns)
{
    for (size_t i = 0; i < sizeof(properties) / sizeof(*properties); i++)
        if (is_named(name, ns, properties[i].space, properties[i].name))
            return &properties[i];
    return NULL;
}

/* Out of the tree into text, with all names that it uses declared in it. */
static int dump(struct packet *p, xmlNodePtr node, xmlBufferPtr out)
{
    int rc;

    xmlUnlinkNode(node);
    rc = xmlReconciliateNs(p->doc, node) < 0 ||
                 xmlNodeDump(out, p->doc, node, 0, 0) < 0 ||
                 xmlBufferAdd(out, (const xmlChar *)"\n", 1) != 0
             ? -1
             : 0;
    xmlFreeNode(node);
    return rc;
}

/* The entries of xmpMM:History: those of the list in it. */
static int take_history(struct packet *p, xmlNodePtr history)
{
    xmlNodePtr list = xmlFirstElementChild(history), li, next;

    for (li = list ? xmlFirstElementChild(list) : NULL; li; li = next) {
        next = xmlNextElementSibling(li);
        if (is_named(li->name, li->ns, RDF, "li") &&
            dump(p, li, p->history) < 0)
            return -1;
    }
    return 0;
}

/* An attribute or an element that the table knows. */
static int take(struct packet *p, const struct property *what, xmlNodePtr node,
                struct tt_error *err)
{
    xmlChar *text;
    int rc;

    if (what->part < 0) {
        p->meta->dropped |= what->part == LOST;
        return 0;
    }
    if (what->part == IMAGE_META_HISTORY)
        return take_history(p, node) < 0
                   ? tt_fail(err, TT_NOMEM, "no memory for XMP")
                   : 0;
    text = xmlNodeGetContent(node);
    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for XMP");
    rc = image_meta_put(p->meta, (enum image_meta_part)what->part, text,
                        strlen((const char *)text), err);
    xmlFree(text);
    return rc;
}

static int clean(struct packet *p, xmlNodePtr description, struct tt_error *err)
{
    const struct property *what;
    xmlNodePtr child, next_child;
    xmlAttrPtr a, next;

    for (a = description->properties; a; a = next) {
        next = a->next;
        what = find(a->name, a->ns);
        if (what && take(p, what, (xmlNodePtr)a, err) < 0)
            return -1;
        /* what it is about may have had a name: now it is another file */
        if (what || strcmp((const char *)a->name, "about") == 0)
            xmlRemoveProp(a);
    }
    for (child = description->children; child; child = next_child) {
        next_child = child->next;
        what = find(child->name, child->ns);
        if (!what)
            continue;
        if (take(p, what, child, err) < 0)
            return -1;
        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
    if (!xmlSetNsProp(description, description->ns, (const xmlChar *)"about",
                      (const xmlChar *)""))
        return tt_fail(err, TT_NOMEM, "no memory for XMP");
    return 0;
}

static bool is_description(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE &&
           is_named(node->name, node->ns, RDF, "Description");
}

/* Whether some description has it already. */
static bool has(const struct packet *p, const char *space, const char *name)
{
    for (xmlNodePtr d = p->rdf ? p->rdf->children : NULL; d; d = d->next) {
        if (!is_description(d))
            continue;
        if (xmlHasNsProp(d, (const xmlChar *)name, (const xmlChar *)space))
            return true;
        for (xmlNodePtr c = d->children; c; c = c->next)
            if (is_named(c->name, c->ns, space, name))
                return true;
    }
    return false;
}

/* Texts of EXIF, in a description of their own. */
static int add_texts(struct packet *p, const struct image_texts *texts)
{
#define X(tag, name, kind) {name, kind},
    static const struct {
        const char *name;
        enum image_text_kind kind;
    } rows[] = {IMAGE_TEXTS(X)};
#undef X
    GString *out = g_string_new("");
    int rc = 0;

    for (int i = 0; i < IMAGE_TEXT_COUNT; i++) {
        const char *colon = strchr(rows[i].name, ':');
        const char *space = *rows[i].name == 'd'   ? DC
                            : *rows[i].name == 't' ? TIFF
                                                   : EXIF;

        if (texts->text[i][0] && !has(p, space, colon + 1))
            image_xmp_put(out, rows[i].name, texts->text[i], rows[i].kind);
    }
    if (out->len) {
        g_string_prepend(out, "<rdf:Description rdf:about=\"\" "
                              "xmlns:dc=\"" DC "\" xmlns:tiff=\"" TIFF "\" "
                              "xmlns:exif=\"" EXIF "\">\n");
        g_string_append(out, "</rdf:Description>\n");
        rc = xmlBufferAdd(p->xmp, (const xmlChar *)out->str, (int)out->len);
    }
    g_string_free(out, TRUE);
    return rc ? -1 : 0;
}

/* rdf:RDF, in x:xmpmeta or by itself. */
static xmlNodePtr find_rdf(xmlDocPtr doc)
{
    xmlNodePtr n = xmlDocGetRootElement(doc);

    if (n && !is_named(n->name, n->ns, RDF, "RDF"))
        n = xmlFirstElementChild(n);
    while (n && !is_named(n->name, n->ns, RDF, "RDF"))
        n = xmlNextElementSibling(n);
    return n;
}

/* libxml2 compares each attribute of an element with all others, and each name
 * with all namespaces in sight: minutes for a megabyte made for that. True
 * packets have a few dozen. XMP in a picture is UTF-8, without a NUL. */
static bool is_modest(const char *packet, size_t size)
{
    enum { ATTRIBUTES = 500, NAMESPACES = 1000 };
    size_t attributes = 0, namespaces = 0;

    if (size > image_meta_most(IMAGE_META_XMP) || memchr(packet, '\0', size))
        return false;
    for (size_t i = 0; i < size; i++) {
        if (packet[i] == '<')
            attributes = 0;
        else if (packet[i] == '=')
            attributes++;
        else if (packet[i] == 'x' && size - i > 5)
            namespaces += memcmp(packet + i, "xmlns", 5) == 0;
        if (attributes > ATTRIBUTES || namespaces > NAMESPACES)
            return false;
    }
    return true;
}

static void parse(struct packet *p, const char *packet, size_t size)
{
    while (size && (packet[size - 1] == '\0' || packet[size - 1] == ' ' ||
                    packet[size - 1] == '\n'))
        size--;
    if (!size)
        return;
    if (is_modest(packet, size))
        p->doc = xmlReadMemory(packet, (int)size, NULL, NULL,
                               XML_PARSE_NONET | XML_PARSE_NOERROR |
                                   XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |
                                   XML_PARSE_NOBLANKS);
    if (p->doc && !p->doc->intSubset && !p->doc->extSubset)
        p->rdf = find_rdf(p->doc);
    if (!p->rdf) {
        p->meta->dropped = true;
        return;
    }
    /* else it writes what is not ASCII as numbers */
    if (p->doc->encoding)
        xmlFree((void *)(uintptr_t)p->doc->encoding);
    p->doc->encoding = xmlStrdup((const xmlChar *)"UTF-8");
}

/* Nothing is said in it any more. */
static bool is_empty(xmlNodePtr description)
{
    return !xmlFirstElementChild(description) && description->properties &&
           !description->properties->next;
}

static int write_parts(struct packet *p, struct tt_error *err)
{
    xmlNodePtr d, next;

    for (d = p->rdf ? p->rdf->children : NULL; d; d = next) {
        next = d->next;
        if (!is_description(d))
            continue;
        if (clean(p, d, err) < 0)
            return -1;
        if (is_empty(d))
            continue;
        if (dump(p, d, p->xmp) < 0)
            return tt_fail(err, TT_NOMEM, "no memory for XMP");
    }
    if (image_meta_put(p->meta, IMAGE_META_XMP, xmlBufferContent(p->xmp),
                       (size_t)xmlBufferLength(p->xmp), err) < 0)
        return -1;
    return image_meta_put(p->meta, IMAGE_META_HISTORY,
                          xmlBufferContent(p->history),
                          (size_t)xmlBufferLength(p->history), err);
}

int image_packet_read(const void *packet, size_t size,
                      const struct image_texts *texts, struct image_meta *meta,
                      struct tt_error *err)
{
    struct packet p = {
        .meta = meta, .xmp = xmlBufferCreate(), .history = xmlBufferCreate()};
    int rc = -1;

    if (p.xmp && p.history) {
        if (packet)
            parse(&p, packet, size);
        if (add_texts(&p, texts) == 0)
            rc = write_parts(&p, err);
        else
            tt_fail(err, TT_NOMEM, "no memory for XMP");
    } else {
        tt_fail(err, TT_NOMEM, "no memory for XMP");
    }
    xmlBufferFree(p.xmp);
    xmlBufferFree(p.history);
    xmlFreeDoc(p.doc);
    return rc;
}
