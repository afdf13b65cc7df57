#include "cli/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "image/image.h"

/* --- which --- */

static int add_item(struct cli_folder *f, const char *path, size_t root,
                    const struct stat *st, struct tt_error *err)
{
    struct cli_item *item;

    if (f->n == f->room) {
        size_t room = f->room ? 2 * f->room : 256;
        struct cli_item *more = realloc(f->items, room * sizeof(*more));

        if (!more)
            return tt_fail(err, TT_NOMEM, "no memory for %zu photos", room);
        f->items = more;
        f->room = room;
    }
    item = &f->items[f->n];
    memset(item, 0, sizeof(*item));
    item->in = strdup(path);
    if (!item->in)
        return tt_fail(err, TT_NOMEM, "no memory for %zu photos", f->n);
    item->rel = item->in + root;
    item->size = st->st_size;
    item->mtime_ms =
        (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
    f->n++;
    f->bytes += st->st_size;
    return 0;
}

static int walk(struct cli_folder *f, char path[TT_PATH_SIZE], size_t root,
                struct tt_error *err);

/* One name in a folder; path ends in '/', len is its length. */
static int visit(struct cli_folder *f, char path[TT_PATH_SIZE], size_t len,
                 const char *name, size_t root, struct tt_error *err)
{
    struct stat st, target;

    if (name[0] == '.')
        return 0;
    if (len + strlen(name) + 2 > TT_PATH_SIZE)
        return tt_fail(err, TT_INPUT, "%.200s…: the path is too long", path);
    memcpy(path + len, name, strlen(name) + 1);
    if (lstat(path, &st) < 0)
        return 0; /* gone meanwhile */
    if (S_ISDIR(st.st_mode) &&
        faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0)
        return walk(f, path, root, err);
    if (S_ISDIR(st.st_mode)) // a row with a reason: nobody saw what is in it
        return add_item(f, path, root, &st, err);
    if (S_ISLNK(st.st_mode)) {
        if (stat(path, &target) < 0)
            return add_item(f, path, root, &st, err);
        st = target;
    }
    return S_ISREG(st.st_mode) ? add_item(f, path, root, &st, err) : 0;
}

static int walk(struct cli_folder *f, char path[TT_PATH_SIZE], size_t root,
                struct tt_error *err)
{
    size_t len = strlen(path);
    struct dirent *e;
    int rc = 0;
    DIR *dir = opendir(path);

    if (!dir)
        return tt_fail_errno(err, TT_IO, "%s", path);
    if (path[len - 1] != '/')
        path[len++] = '/';
    while (rc == 0 && (e = readdir(dir)))
        rc = visit(f, path, len, e->d_name, root, err);
    closedir(dir);
    return rc;
}

int cli_folder_add(struct cli_folder *f, const char *path, struct tt_error *err)
{
    char real[PATH_MAX];
    struct stat st;
    size_t len;

    if (!realpath(path, real) || stat(real, &st) < 0)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s",
                             path);
    len = strlen(real);
    f->single = S_ISREG(st.st_mode) && f->n == 0;
    if (S_ISREG(st.st_mode))
        return add_item(f, real, (size_t)(tt_path_name(real) - real), &st, err);
    if (!S_ISDIR(st.st_mode))
        return tt_fail(err, TT_INPUT, "%s: neither a file nor a folder", path);
    return walk(f, real, len == 1 ? 1 : len + 1, err);
}

/* --- names --- */

/* What the first bytes say, as far as a name needs it; image/load decides. */
static bool peek(const char *path, enum image_format *format)
{
    unsigned char b[12] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool got = fd >= 0 && read(fd, b, sizeof(b)) == sizeof(b);

    if (fd >= 0)
        close(fd);
    if (!got)
        return false;
    if (b[0] == 0xff && b[1] == 0xd8)
        *format = IMAGE_JPEG;
    else if (memcmp(b, "\x89PNG", 4) == 0)
        *format = IMAGE_PNG;
    else if (memcmp(b, "II*\0", 4) == 0 || memcmp(b, "MM\0*", 4) == 0 ||
             memcmp(b, "II+\0", 4) == 0 || memcmp(b, "MM\0+", 4) == 0)
        *format = IMAGE_TIFF;
    else if (memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WEBP", 4) == 0)
        *format = IMAGE_WEBP;
    else if (memcmp(b, "GIF8", 4) == 0)
        *format = IMAGE_GIF;
    else
        return false;
    return true;
}

static const char *written_suffix(enum image_format format)
{
    return image_format_suffix(image_format_written(format) ? format
                                                            : IMAGE_PNG);
}

const char *cli_folder_suffix(const char *path)
{
    enum image_format format;

    return peek(path, &format) ? written_suffix(format) : NULL;
}

/* The suffix of a name, or its end if it has none. */
static const char *suffix_of(const char *path)
{
    const char *name = tt_path_name(path);
    const char *dot = strrchr(name, '.');

    return dot && dot != name ? dot : name + strlen(name);
}

/* ".jpeg" is as good as ".jpg". */
static bool suffix_fits(const char *have, const char *want)
{
    return strcasecmp(have, want) == 0 ||
           (strcmp(want, ".jpg") == 0 && strcasecmp(have, ".jpeg") == 0) ||
           (strcmp(want, ".tif") == 0 && strcasecmp(have, ".tiff") == 0);
}

/* A set of names: open addressing, at most half full, borrowed texts. */
struct names {
    const char **slots;
    size_t mask;
};

static const char **find_slot(const struct names *s, const char *name)
{
    uint64_t h = 14695981039346656037ull; /* FNV-1a */

    for (const char *p = name; *p; p++)
        h = (h ^ (unsigned char)*p) * 1099511628211ull;
    h ^= h >> 32;
    while (s->slots[h & s->mask] && strcmp(s->slots[h & s->mask], name) != 0)
        h++;
    return &s->slots[h & s->mask];
}

/* True if it was free and is now taken. */
static bool take(struct names *s, const char *name)
{
    const char **slot = find_slot(s, name);

    if (*slot)
        return false;
    *slot = name;
    return true;
}

/* rel with its suffix replaced, then with its whole name kept, then counted. */
static int take_new_name(struct names *s, struct cli_item *item,
                         const char *suffix, struct tt_error *err)
{
    size_t len = strlen(item->rel);
    size_t stem = (size_t)(suffix_of(item->rel) - item->rel);

    item->out = malloc(len + strlen(suffix) + 24);
    if (!item->out)
        return tt_fail(err, TT_NOMEM, "no memory for names");
    snprintf(item->out, len + strlen(suffix) + 24, "%.*s%s", (int)stem,
             item->rel, suffix);
    for (unsigned k = 1; !take(s, item->out); k++) {
        if (k == 1)
            snprintf(item->out, len + strlen(suffix) + 24, "%s%s", item->rel,
                     suffix);
        else
            snprintf(item->out, len + strlen(suffix) + 24, "%s-%u%s", item->rel,
                     k, suffix);
    }
    return 0;
}

static int compare_items(const void *a, const void *b)
{
    const struct cli_item *x = a, *y = b;
    int order = strcmp(x->rel, y->rel);

    return order ? order : strcmp(x->in, y->in);
}

/* Files named twice on the command line are one photo. */
static void drop_doubles(struct cli_folder *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->n; i++) {
        if (kept > 0 && strcmp(f->items[kept - 1].in, f->items[i].in) == 0) {
            f->bytes -= f->items[i].size;
            free(f->items[i].in);
            continue;
        }
        f->items[kept++] = f->items[i];
    }
    f->n = kept;
}

/* First those that keep their names, so that nobody takes them; then others. */
static int name_all(struct cli_folder *f, struct names *s, const char *fixed,
                    struct tt_error *err)
{
    const char **want = calloc(f->n + 1, sizeof(*want));
    int rc = 0;

    if (!want)
        return tt_fail(err, TT_NOMEM, "no memory for names");
    for (size_t i = 0; rc == 0 && i < f->n; i++) {
        struct cli_item *item = &f->items[i];
        const char *have = suffix_of(item->rel);

        want[i] = fixed ? fixed : cli_folder_suffix(item->in);
        if (!want[i])
            want[i] = have; /* it will fail, under its own name */
        if (!suffix_fits(have, want[i]) || *find_slot(s, item->rel))
            continue;
        item->out = strdup(item->rel);
        if (!item->out)
            rc = tt_fail(err, TT_NOMEM, "no memory for names");
        else
            take(s, item->out);
    }
    for (size_t i = 0; rc == 0 && i < f->n; i++) {
        if (!f->items[i].out)
            rc = take_new_name(s, &f->items[i], want[i], err);
    }
    free(want);
    return rc;
}

int cli_folder_name(struct cli_folder *f, const char *format,
                    struct tt_error *err)
{
    struct names s = {NULL, 1};
    enum image_format fixed = IMAGE_JPEG;
    bool same = !format || strcmp(format, "same") == 0;
    int rc;

    if (!same && (image_format_parse(format, &fixed) < 0 ||
                  !image_format_written(fixed)))
        return tt_fail(err, TT_USAGE,
                       "--format: \"%s\" is not one of same, jpeg, png, tiff",
                       format);
    if (f->n)
        qsort(f->items, f->n, sizeof(*f->items), compare_items);
    drop_doubles(f);
    while (s.mask < 2 * f->n + 2)
        s.mask <<= 1;
    s.slots = calloc(s.mask, sizeof(*s.slots));
    if (!s.slots)
        return tt_fail(err, TT_NOMEM, "no memory for names");
    s.mask--;
    rc = name_all(f, &s, same ? NULL : written_suffix(fixed), err);
    free(s.slots);
    return rc;
}

int cli_folder_filter(struct cli_folder *f,
                      int (*keep)(void *ctx, const struct cli_item *item,
                                  struct tt_error *err),
                      void *ctx, struct tt_error *err)
{
    size_t kept = 0, i;
    int rc = 0;

    for (i = 0; i < f->n && rc >= 0; i++) {
        rc = keep(ctx, &f->items[i], err);
        if (rc != 0) {
            f->items[kept++] = f->items[i];
        } else {
            free(f->items[i].in);
            free(f->items[i].out);
        }
    }
    while (i < f->n)
        f->items[kept++] = f->items[i++];
    f->n = kept;
    return rc < 0 ? -1 : 0;
}

void cli_folder_release(struct cli_folder *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->items[i].in);
        free(f->items[i].out);
    }
    free(f->items);
    memset(f, 0, sizeof(*f));
}
