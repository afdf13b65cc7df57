#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/clock.h"
#include "base/file.h"
#include "ingest/ingest.h"
#include "ingest/source.h"
#include "tests/ingest/photos.h"

static struct tt_error err;

static enum ingest_verdict verdict_of(const char *path)
{
    struct ingest_gate gate;
    struct ingest_finding found;
    struct image_facts facts;

    ingest_gate_init(&gate);
    CHECK_OK(ingest_explain(path, &gate, &found, &facts, &err));
    return found.verdict;
}

/* PNG's check of a chunk (ISO 3309). */
static uint32_t crc(const uint8_t *bytes, size_t n)
{
    uint32_t c = 0xffffffff;

    for (size_t i = 0; i < n; i++) {
        c ^= bytes[i];
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1;
    }
    return ~c;
}

static void big_endian(uint8_t *out, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* A head that promises side x side pixels, and nothing behind it. */
static void make_png_bomb(const char *path, uint32_t side)
{
    uint8_t png[64] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
    static const uint8_t end[] = {
        0, 0, 0, 0, 'I', 'D', 'A', 'T', 0x35, 0xaf, 0x06, 0x1e,
        0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};

    big_endian(png + 16, side);
    big_endian(png + 20, side);
    png[24] = 8; /* bits; the zeros behind it: gray, not interlaced */
    big_endian(png + 29, crc(png + 12, 17));
    memcpy(png + 33, end, sizeof(end));
    CHECK_OK(tt_file_write(path, png, 33 + sizeof(end), &err));
}

/* A small picture whose head is made to promise more, in that kind of frame. */
static void make_jpeg_bomb(const char *path, unsigned side, uint8_t frame)
{
    char *bytes;
    size_t size;

    photo_make(path, PHOTO_COLOUR, 64, 64, 3);
    CHECK_OK(tt_file_read(path, 1 << 20, &bytes, &size, &err));
    for (size_t i = 0; i + 9 < size; i++)
        if ((uint8_t)bytes[i] == 0xff && (uint8_t)bytes[i + 1] == 0xc0) {
            bytes[i + 5] = bytes[i + 7] = (char)(side >> 8);
            bytes[i + 6] = bytes[i + 8] = (char)side;
            bytes[i + 1] = (char)frame;
            break;
        }
    CHECK_OK(tt_file_write(path, bytes, size, &err));
    free(bytes);
}

static void make_gif_bomb(const char *path)
{
    static const char gif[] =
        "GIF89a\xff\xff\xff\xff\x80\0\0\xff\xff\xff\0\0\0,"
        "\0\0\0\0\xff\xff\xff\xff\0\2\2\x44\1\0;";

    CHECK_OK(tt_file_write(path, gif, sizeof(gif) - 1, &err));
}

TEST(ingest_picture_bombs_are_rows)
{
    int64_t start = tt_steady_ms();

    CHECK_OK(image_start("test", &err));
    make_png_bomb("huge.png", 100000);
    CHECK(verdict_of("huge.png") != INGEST_KEPT);
    make_png_bomb("huge.png", 20000);
    CHECK_STR(ingest_verdict_word(verdict_of("huge.png")), "too_large");
    make_png_bomb("large.png", 17000);
    CHECK(verdict_of("large.png") != INGEST_KEPT);
    make_jpeg_bomb("huge.jpg", 65500, 0xc0);
    CHECK_STR(ingest_verdict_word(verdict_of("huge.jpg")), "too_large");
    make_jpeg_bomb("whole.jpg", 7000, 0xc2);
    CHECK_STR(ingest_verdict_word(verdict_of("whole.jpg")), "too_large");
    make_jpeg_bomb("large.jpg", 4000, 0xc0);
    CHECK(verdict_of("large.jpg") != INGEST_KEPT);
    make_gif_bomb("huge.gif");
    CHECK(verdict_of("huge.gif") != INGEST_KEPT);
    photo_make("line.png", PHOTO_COLOUR, 100000, 1, 5);
    CHECK_STR(ingest_verdict_word(verdict_of("line.png")), "odd_aspect");
    photo_make("line.tif", PHOTO_COLOUR, 1, 100000, 5);
    CHECK_STR(ingest_verdict_word(verdict_of("line.tif")), "odd_aspect");
    image_stop();
    CHECK(tt_steady_ms() - start < 15000);
}

/* --- archives --- */

static void add_member(struct archive *a, const char *name, size_t zeros)
{
    static const char block[65536];
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)zeros);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    CHECK(archive_write_header(a, entry) == ARCHIVE_OK);
    for (size_t n; zeros > 0; zeros -= n) {
        n = zeros < sizeof(block) ? zeros : sizeof(block);
        CHECK(archive_write_data(a, block, n) == (la_ssize_t)n);
    }
    archive_entry_free(entry);
}

static void make_archive_bomb(const char *path)
{
    struct archive *a = archive_write_new();

    if (strstr(path, ".zip"))
        archive_write_set_format_zip(a);
    else
        archive_write_set_format_pax_restricted(a);
    if (strstr(path, ".gz"))
        archive_write_add_filter_gzip(a);
    CHECK(archive_write_open_filename(a, path) == ARCHIVE_OK);
    add_member(a, "a/small", 10);
    add_member(a, "a/bomb", 64 << 20);
    add_member(a, "b/small", 10);
    CHECK(archive_write_close(a) == ARCHIVE_OK);
    archive_write_free(a);
}

TEST(ingest_archive_bombs_are_rows)
{
    static const char *const paths[] = {"t.tar", "t.tar.gz", "t.zip"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct ingest_source *s;
        struct ingest_photo photo;
        int n = 0;

        make_archive_bomb(paths[i]);
        CHECK_OK(ingest_source_open(&s, paths[i], &err));
        for (; ingest_source_next(s, 1 << 20, &photo, &err) > 0; n++) {
            CHECK_INT(photo.trouble, n == 1 ? INGEST_HUGE : INGEST_FINE);
            CHECK_INT(!photo.bytes, n == 1);
            ingest_photo_release(&photo);
        }
        CHECK_INT(n, 3);
        ingest_source_close(s);
    }
}

/* Whatever is left of an archive: photos, then an end or an error. */
static void read_what_is_there(const char *path)
{
    struct ingest_source *s;
    struct ingest_photo photo;
    int rc;

    if (ingest_source_open(&s, path, &err) < 0) {
        CHECK(err.text[0]);
        return;
    }
    while ((rc = ingest_source_next(s, 1 << 20, &photo, &err)) > 0)
        ingest_photo_release(&photo);
    CHECK(rc == 0 || err.text[0]);
    ingest_source_close(s);
}

TEST(ingest_damaged_archives_are_rows_or_errors)
{
    static const char *const paths[] = {"t.tar", "t.tar.gz", "t.tar.xz",
                                        "t.zip"};

    CHECK_OK(tt_mkdirs("t", 0755, &err));
    CHECK_OK(tt_file_write("t/a", "first", 5, &err));
    CHECK_OK(tt_file_write("t/b", "second", 6, &err));
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        char *bytes;
        size_t size;

        photo_make_tar(paths[i], "t");
        CHECK_OK(tt_file_read(paths[i], 1 << 20, &bytes, &size, &err));
        for (size_t at = 0; at < size; at += 1 + size / 60) {
            CHECK_OK(tt_file_write("cut", bytes, at, &err));
            read_what_is_there("cut");
            bytes[at] ^= 0x55;
            CHECK_OK(tt_file_write("turned", bytes, size, &err));
            read_what_is_there("turned");
            bytes[at] ^= 0x55;
        }
        free(bytes);
    }
}
