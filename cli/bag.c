#include "cli/bag.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define METADATA "metadata/outputs.jsonl"
#define PIECE    (1 << 20) /* bytes that are copied at once */

struct cli_bag {
    char folder[TT_PATH_SIZE], temp[TT_PATH_SIZE];
    FILE *manifest, *metadata, *info;
    uint64_t bytes, files;
};

/* --- its files --- */

static FILE *create(const struct cli_bag *b, const char *name,
                    struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    FILE *file;

    if (tt_path_join(path, sizeof(path), b->temp, name, err) < 0 ||
        tt_mkdirs_above(path, 0777, err) < 0)
        return NULL;
    file = fopen(path, "wxe");
    if (!file)
        tt_fail_errno(err, TT_OUTPUT, "%s", path);
    return file;
}

static int finish(FILE **file, const char *name, struct tt_error *err)
{
    int failed = ferror(*file) | fclose(*file);

    *file = NULL;
    return failed ? tt_fail_errno(err, TT_OUTPUT, "%s", name) : 0;
}

int cli_bag_open(struct cli_bag **out, const char *folder, struct tt_error *err)
{
    struct cli_bag *b = calloc(1, sizeof(*b));

    *out = NULL;
    if (!b)
        return tt_fail(err, TT_NOMEM, "no memory for a bag");
    if (tt_file_exists(folder) && rmdir(folder) < 0) {
        free(b);
        return tt_fail(err, TT_OUTPUT,
                       "%s is there already, and is no empty folder", folder);
    }
    snprintf(b->folder, sizeof(b->folder), "%s", folder);
    // not mkdtemp: the folder's mode is to be as everybody's
    if ((size_t)snprintf(b->temp, sizeof(b->temp), "%.*s.tt-%ld",
                         (int)(tt_path_name(folder) - folder), folder,
                         (long)getpid()) >= sizeof(b->temp) ||
        mkdir(b->temp, 0777) < 0) {
        free(b);
        return tt_fail_errno(err, TT_OUTPUT, "%s", folder);
    }
    b->manifest = create(b, "manifest-sha256.txt", err);
    b->metadata = b->manifest ? create(b, METADATA, err) : NULL;
    b->info = b->metadata ? create(b, "bag-info.txt", err) : NULL;
    if (!b->info) {
        cli_bag_drop(b);
        return -1;
    }
    *out = b;
    return 0;
}

/* --- the payload --- */

/* Ends of lines and % as RFC 8493, 2.1.3, has them. */
static int list(FILE *manifest, const struct tt_sha256 *sha, const char *name)
{
    char hex[TT_SHA256_HEX];

    fprintf(manifest, "%s  ", tt_sha256_text(sha, hex));
    for (; *name; name++) {
        if (strchr("%\r\n", *name))
            fprintf(manifest, "%%%02X", (unsigned)*name);
        else
            fputc(*name, manifest);
    }
    return fputc('\n', manifest);
}

/* By hand: copy_file_range(2) refuses two kinds of file system. */
static int copy_bytes(int from, int to, const char *path, struct tt_error *err)
{
    char *piece = malloc(PIECE);
    ssize_t n = 1;
    int rc = 0;

    if (!piece)
        return tt_fail(err, TT_NOMEM, "no memory for a copy");
    while (rc == 0 && n != 0) {
        n = read(from, piece, PIECE);
        if (n > 0)
            rc = tt_write_all(to, piece, (size_t)n, err);
        else if (n < 0 && errno != EINTR)
            rc = tt_fail_errno(err, TT_IO, "%s", path);
    }
    free(piece);
    return rc;
}

static int copy(const char *from, const char *to, struct tt_error *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out, rc;

    if (in < 0)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s",
                             from);
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    rc = out < 0 ? tt_fail_errno(err, TT_OUTPUT, "%s", to)
                 : copy_bytes(in, out, from, err);
    if (out >= 0 && close(out) < 0 && rc == 0)
        rc = tt_fail_errno(err, TT_OUTPUT, "%s", to);
    close(in);
    return rc;
}

static bool is_utf8(const char *text)
{
    json_t *s = json_string(text);

    json_decref(s);
    return s != NULL;
}

int cli_bag_add(struct cli_bag *b, const char *from, const char *name,
                const struct tt_sha256 *sha, struct tt_error *err)
{
    char listed[TT_PATH_SIZE], to[TT_PATH_SIZE];
    struct tt_sha256 now;
    uint64_t size;

    if (!is_utf8(name))
        return tt_fail(err, TT_INPUT,
                       "%s: its name is not UTF-8, which a bag's list must be",
                       from);
    if (tt_path_join(listed, sizeof(listed), "data", name, err) < 0 ||
        tt_path_join(to, sizeof(to), b->temp, listed, err) < 0 ||
        tt_mkdirs_above(to, 0777, err) < 0 || copy(from, to, err) < 0 ||
        tt_sha256_file(to, &now, &size, err) < 0)
        return -1;
    if (!tt_sha256_same(&now, sha))
        return tt_fail(err, TT_FORMAT, "%s: its bytes are not those recorded",
                       from);
    b->bytes += size;
    b->files++;
    return list(b->manifest, sha, listed) < 0
               ? tt_fail_errno(err, TT_OUTPUT, "%s", b->folder)
               : 0;
}

/* --- what is said of it --- */

int cli_bag_say(struct cli_bag *b, json_t *line, struct tt_error *err)
{
    int rc = line ? json_dumpf(line, b->metadata, JSON_COMPACT) : 0;

    if (!line)
        return tt_fail(err, TT_NOMEM, "no memory for metadata");
    json_decref(line);
    return rc < 0 || fputc('\n', b->metadata) < 0
               ? tt_fail_errno(err, TT_OUTPUT, METADATA)
               : 0;
}

int cli_bag_info(struct cli_bag *b, const char *label, const char *value,
                 struct tt_error *err)
{
    fprintf(b->info, "%s: ", label);
    for (; *value; value++)
        fputc(strchr("\r\n", *value) ? ' ' : *value, b->info);
    return fputc('\n', b->info) < 0
               ? tt_fail_errno(err, TT_OUTPUT, "bag-info.txt")
               : 0;
}

static int write_declaration(struct cli_bag *b, int64_t now,
                             struct tt_error *err)
{
    FILE *file = create(b, "bagit.txt", err);
    char date[32], oxum[64];

    if (!file)
        return -1;
    fputs("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", file);
    if (finish(&file, "bagit.txt", err) < 0)
        return -1;
    tt_time_text(now, date, sizeof(date));
    date[strlen("2026-11-23")] = '\0';
    snprintf(oxum, sizeof(oxum), "%llu.%llu", (unsigned long long)b->bytes,
             (unsigned long long)b->files);
    if (cli_bag_info(b, "Bagging-Date", date, err) < 0 ||
        cli_bag_info(b, "Payload-Oxum", oxum, err) < 0 ||
        cli_bag_info(b, "Bag-Software-Agent", "tintype " TT_VERSION, err) < 0)
        return -1;
    return 0;
}

static int write_tag_manifest(struct cli_bag *b, struct tt_error *err)
{
    static const char *const tags[] = {"bag-info.txt", "bagit.txt",
                                       "manifest-sha256.txt", METADATA};
    FILE *file = create(b, "tagmanifest-sha256.txt", err);
    int rc = file ? 0 : -1;

    for (size_t i = 0; rc == 0 && i < sizeof(tags) / sizeof(*tags); i++) {
        char path[TT_PATH_SIZE];
        struct tt_sha256 sha;

        rc = tt_path_join(path, sizeof(path), b->temp, tags[i], err);
        if (rc == 0)
            rc = tt_sha256_file(path, &sha, NULL, err);
        if (rc == 0)
            list(file, &sha, tags[i]);
    }
    if (file && finish(&file, "tagmanifest-sha256.txt", err) < 0)
        rc = -1;
    return rc;
}

/* All of it on the disk, then under its name. */
static int settle(struct cli_bag *b, struct tt_error *err)
{
    int fd = open(b->temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : syncfs(fd);

    if (fd >= 0)
        close(fd);
    if (rc < 0 || rename(b->temp, b->folder) < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", b->folder);
    return tt_sync_folder(b->folder, err);
}

int cli_bag_end(struct cli_bag *b, int64_t now, struct tt_error *err)
{
    if (write_declaration(b, now, err) < 0 ||
        finish(&b->manifest, "manifest-sha256.txt", err) < 0 ||
        finish(&b->metadata, METADATA, err) < 0 ||
        finish(&b->info, "bag-info.txt", err) < 0 ||
        write_tag_manifest(b, err) < 0 || settle(b, err) < 0) {
        cli_bag_drop(b);
        return -1;
    }
    free(b);
    return 0;
}

static int take_away(const char *path, const struct stat *st, int type,
                     struct FTW *at)
{
    (void)st, (void)type, (void)at;
    remove(path);
    return 0;
}

void cli_bag_drop(struct cli_bag *b)
{
    if (!b)
        return;
    if (b->manifest)
        fclose(b->manifest);
    if (b->metadata)
        fclose(b->metadata);
    if (b->info)
        fclose(b->info);
    nftw(b->temp, take_away, 16, FTW_DEPTH | FTW_PHYS);
    free(b);
}
