#include "cli/list.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"

#define LIST_LIMIT (1u << 30) /* bytes */

struct text {
    char *bytes;
    size_t size, room;
};

static int reserve(struct text *t, size_t more, struct tt_error *err)
{
    size_t room = t->room ? t->room : 65536;
    char *grown;

    while (room < t->size + more)
        room *= 2;
    if (room > LIST_LIMIT)
        return tt_fail(err, TT_INPUT, "the list is too long");
    if (t->bytes && room == t->room)
        return 0;
    grown = realloc(t->bytes, room);
    if (!grown)
        return tt_fail(err, TT_NOMEM, "no memory for the list");
    t->bytes = grown;
    t->room = room;
    return 0;
}

static int read_all(int fd, struct text *t, struct tt_error *err)
{
    ssize_t n;

    do {
        if (reserve(t, 65536, err) < 0)
            return -1;
        n = read(fd, t->bytes + t->size, t->room - t->size - 1);
        if (n < 0 && errno != EINTR)
            return tt_fail_errno(err, TT_IO, "standard input");
        t->size += n > 0 ? (size_t)n : 0;
    } while (n != 0);
    assert(t->bytes);
    t->bytes[t->size] = '\0';
    return 0;
}

static int add(struct text *t, const char *bytes, size_t size,
               struct tt_error *err)
{
    if (reserve(t, size, err) < 0)
        return -1;
    memcpy(t->bytes + t->size, bytes, size);
    t->size += size;
    return 0;
}

/* Paths of `in`, absolute, each with a NUL behind it. */
static int make_absolute(const struct text *in, struct text *out,
                         struct tt_error *err)
{
    char here[TT_PATH_SIZE];
    int end;

    assert(in->bytes);
    end = memchr(in->bytes, '\0', in->size) ? '\0' : '\n';
    if (!getcwd(here, sizeof(here)))
        return tt_fail_errno(err, TT_IO, "the folder we are in");
    for (size_t at = 0, len; at < in->size; at += len + 1) {
        const char *path = in->bytes + at;
        const char *stop = memchr(path, end, in->size - at);

        len = stop ? (size_t)(stop - path) : in->size - at;
        if (len == 0)
            continue;
        for (; len > 2 && strncmp(path, "./", 2) == 0; path += 2, len -= 2)
            at += 2; /* find . says so, and it tells nothing */
        if (path[0] != '/' && (add(out, here, strlen(here), err) < 0 ||
                               add(out, "/", 1, err) < 0))
            return -1;
        if (add(out, path, len, err) < 0 || add(out, "", 1, err) < 0)
            return -1;
    }
    return 0;
}

static int keep(const struct cli_settings *settings, const struct text *t,
                char path[TT_PATH_SIZE], struct tt_error *err)
{
    char name[TT_SHA256_HEX + 8] = "lists/";
    struct tt_sha256 digest;

    if (tt_sha256(t->bytes, t->size, &digest, err) < 0)
        return -1;
    tt_sha256_text(&digest, name + strlen(name));
    if (cli_settings_path(settings, name, path, err) < 0 ||
        tt_mkdirs_above(path, 0700, err) < 0)
        return -1;
    if (tt_file_exists(path))
        return 0;
    return tt_file_write(path, t->bytes, t->size, err);
}

int cli_list_keep(const struct cli_settings *settings, int fd,
                  char path[TT_PATH_SIZE], struct tt_error *err)
{
    struct text in = {0}, out = {0};
    int rc = -1;

    if (read_all(fd, &in, err) == 0 && make_absolute(&in, &out, err) == 0)
        rc = keep(settings, &out, path, err);
    free(in.bytes);
    free(out.bytes);
    return rc;
}
