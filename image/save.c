#include "image/save.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vips/vips.h>

#include "base/file.h"
#include "image/coding.h"
#include "image/exif.h"
#include "image/iptc.h"
#include "image/save_jpeg.h"
#include "image/save_png.h"
#include "image/xmp.h"

#define MM_PER_INCH 25.4
#define USUAL_PPI   72.0 /* PNG and TIFF by libvips always say something */

void image_save_options_init(struct image_save_options *opt)
{
    memset(opt, 0, sizeof(*opt));
    opt->format = IMAGE_PNG;
    opt->quality = 95;
}

static int check(const struct image_rgb *rgb,
                 const struct image_save_options *opt, struct tt_error *err)
{
    if (!image_format_written(opt->format))
        return tt_fail(err, TT_USAGE, "%s is not written here",
                       image_format_word(opt->format));
    if (opt->quality < 1 || opt->quality > 100)
        return tt_fail(err, TT_USAGE, "a quality of %d, not 1 to 100",
                       opt->quality);
    if (opt->format == IMAGE_JPEG &&
        (rgb->width > 65500 || rgb->height > 65500))
        return tt_fail(err, TT_OUTPUT,
                       "%d x %d pixels are too large for a JPEG", rgb->width,
                       rgb->height);
    return 0;
}

static int write_file(const char *path, const void *bytes, size_t size,
                      struct tt_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int rc;

    if (fd < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", path);
    rc = tt_write_all(fd, bytes, size, err);
    if (close(fd) < 0 && rc == 0)
        rc = tt_fail_errno(err, TT_OUTPUT, "%s", path);
    return rc;
}

static int vips_failed(const char *path, struct tt_error *err)
{
    char text[256];

    snprintf(text, sizeof(text), "%.*s",
             (int)strcspn(vips_error_buffer(), "\n"), vips_error_buffer());
    vips_error_clear();
    return tt_fail(err, TT_OUTPUT, "%s: %s", path, text);
}

/* What libvips writes: borrowed. */
struct pixels {
    int width, height, bits, bands;
    const void *codes;
};

static VipsInterpretation interpretation(const struct pixels *p)
{
    if (p->bands == 1)
        return p->bits == 16 ? VIPS_INTERPRETATION_GREY16
                             : VIPS_INTERPRETATION_B_W;
    return p->bits == 16 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

/* libvips counts words of 4 bytes, libtiff takes the number for one of bytes:
 * so four times as many as there are. Where both mean words, zeros follow. */
static void set_iptc(VipsImage *image, const struct image_extras *extras)
{
    size_t size = extras->iptc_size * 4;
    uint8_t *words = g_malloc0(size);

    memcpy(words, extras->iptc, extras->iptc_size);
    vips_image_set_blob(image, VIPS_META_IPTC_NAME,
                        (VipsCallbackFn)vips_area_free_cb, words, size);
}

/* The pixels as libvips' image, with all that stands beside them. */
static VipsImage *wrap(const struct pixels *p,
                       const struct image_save_options *opt,
                       const struct image_extras *extras)
{
    bool known = opt->ppi_x > 0 && opt->ppi_y > 0;
    size_t size = (size_t)p->width * (size_t)p->height * (size_t)p->bands *
                  (size_t)(p->bits / 8);
    VipsImage *pixels, *image = NULL;

    pixels = vips_image_new_from_memory(
        p->codes, size, p->width, p->height, p->bands,
        p->bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
    if (!pixels)
        return NULL;
    if (vips_copy(pixels, &image, "interpretation", interpretation(p), "xres",
                  (known ? opt->ppi_x : USUAL_PPI) / MM_PER_INCH, "yres",
                  (known ? opt->ppi_y : USUAL_PPI) / MM_PER_INCH, NULL))
        image = NULL;
    g_object_unref(pixels);
    if (!image)
        return NULL;
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, extras->icc,
                             extras->icc_size);
    if (extras->xmp && opt->format == IMAGE_TIFF)
        vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, extras->xmp,
                                 extras->xmp_size);
    if (extras->iptc)
        set_iptc(image, extras);
    return image;
}

static int save_vips(const struct pixels *pixels,
                     const struct image_save_options *opt,
                     const struct image_extras *extras, const char *path,
                     struct tt_error *err)
{
    VipsImage *image = wrap(pixels, opt, extras);
    int rc;

    if (!image)
        return vips_failed(path, err);
    if (opt->format == IMAGE_PNG)
        rc = image_save_png(image, extras, path, err);
    else if (vips_tiffsave(image, path, "compression",
                           VIPS_FOREIGN_TIFF_COMPRESSION_LZW, "predictor",
                           VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, "resunit",
                           VIPS_FOREIGN_TIFF_RESUNIT_INCH, NULL))
        rc = vips_failed(path, err);
    else
        rc = 0;
    g_object_unref(image);
    return rc;
}

/* What stands beside the pixels, as far as the format has room for it. */
static int gather(const struct image_save_options *opt,
                  struct image_extras *extras, struct tt_error *err)
{
    const struct image_meta *meta = opt->meta;
    bool jpeg = opt->format == IMAGE_JPEG, cut = false;
    size_t most = jpeg ? IMAGE_XMP_MOST : SIZE_MAX;

    if (image_coding_icc(opt->coding, 3, &extras->icc, &extras->icc_size, err) <
            0 ||
        (opt->marks && image_xmp_make(opt->marks, meta, most, &extras->xmp,
                                      &extras->xmp_size, &cut, err) < 0))
        return -1;
    if (meta && opt->format != IMAGE_TIFF) {
        extras->exif = meta->part[IMAGE_META_EXIF].bytes;
        extras->exif_size = meta->part[IMAGE_META_EXIF].size;
    }
    if (meta && opt->format != IMAGE_PNG) {
        extras->iptc = meta->part[IMAGE_META_IPTC].bytes;
        extras->iptc_size = meta->part[IMAGE_META_IPTC].size;
    }
    if (jpeg && extras->iptc_size > IMAGE_IPTC_MOST)
        extras->iptc = NULL;
    if (jpeg && extras->exif_size > IMAGE_EXIF_MOST)
        extras->exif = NULL;
    cut |= meta && meta->part[IMAGE_META_IPTC].bytes && !extras->iptc;
    if (cut && opt->meta_cut)
        *opt->meta_cut = true;
    return 0;
}

int image_save(const struct image_rgb *rgb,
               const struct image_save_options *opt, const char *path,
               struct tt_error *err)
{
    const struct pixels pixels = {rgb->width, rgb->height, rgb->bits, 3,
                                  rgb->codes};
    struct image_extras extras = {0};
    uint8_t *bytes = NULL;
    size_t size;
    int rc = -1;

    if (check(rgb, opt, err) < 0 || gather(opt, &extras, err) < 0)
        goto out;
    if (opt->format != IMAGE_JPEG)
        rc = save_vips(&pixels, opt, &extras, path, err);
    else if (image_save_jpeg(rgb, opt, &extras, &bytes, &size, err) == 0)
        rc = write_file(path, bytes, size, err);

out:
    free(bytes);
    free(extras.xmp);
    free(extras.icc);
    return rc;
}

int image_save_grey(const struct image_grey *grey,
                    const struct image_save_options *opt, const char *path,
                    struct tt_error *err)
{
    const struct pixels pixels = {grey->width, grey->height, grey->bits, 1,
                                  grey->codes};
    struct image_extras extras = {0};
    int rc;

    if (opt->format != IMAGE_PNG && opt->format != IMAGE_TIFF)
        return tt_fail(err, TT_USAGE,
                       "grey is written as png or tiff, which keep it, not "
                       "as %s",
                       image_format_word(opt->format));
    if (image_coding_icc(opt->coding, 1, &extras.icc, &extras.icc_size, err) <
        0)
        return -1;
    rc = save_vips(&pixels, opt, &extras, path, err);
    free(extras.icc);
    return rc;
}
