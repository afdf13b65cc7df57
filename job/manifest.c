#include "job/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static const char magic[] = "tintype manifest 1\n";

struct job_manifest_writer {
    FILE *file;
    char path[TT_PATH_SIZE];
    char temp[TT_PATH_SIZE];
};

struct job_manifest {
    FILE *file;
    json_t *header;
    uint64_t start;
    uint64_t at;
    char *in, *out; /* grown by getdelim */
    size_t in_size, out_size;
    char path[TT_PATH_SIZE];
};

static int copy_path(char out[TT_PATH_SIZE], const char *path,
                     struct tt_error *err)
{
    size_t len = strlen(path);

    if (len >= TT_PATH_SIZE)
        return tt_fail(err, TT_INPUT, "%.80s…: the path is too long", path);
    memcpy(out, path, len + 1);
    return 0;
}

/* --- writing --- */

int job_manifest_create(struct job_manifest_writer **out, const char *path,
                        const json_t *header, struct tt_error *err)
{
    struct job_manifest_writer *w = calloc(1, sizeof(*w));
    char *text = NULL;
    int fd;

    *out = NULL;
    if (!w)
        return tt_fail(err, TT_NOMEM, "%s: no memory", path);
    if (copy_path(w->path, path, err) < 0)
        goto fail;
    fd = tt_file_temp(path, w->temp, err);
    if (fd < 0) {
        w->temp[0] = '\0';
        goto fail;
    }
    w->file = fdopen(fd, "wb");
    text = json_dumps(header,
                      JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    if (!w->file || !text) {
        if (!w->file)
            close(fd);
        tt_fail(err, TT_NOMEM, "%s: no memory", path);
        goto fail;
    }
    if (fprintf(w->file, "%s%s\n", magic, text) < 0) {
        tt_fail_errno(err, TT_OUTPUT, "%s", path);
        goto fail;
    }
    free(text);
    *out = w;
    return 0;

fail:
    free(text);
    job_manifest_abandon(w);
    return -1;
}

int job_manifest_add(struct job_manifest_writer *w, const char *in,
                     const char *out, struct tt_error *err)
{
    if (fwrite(in, strlen(in) + 1, 1, w->file) != 1 ||
        fwrite(out, strlen(out) + 1, 1, w->file) != 1)
        return tt_fail_errno(err, TT_OUTPUT, "%s", w->path);
    return 0;
}

int job_manifest_finish(struct job_manifest_writer *w, struct tt_error *err)
{
    int rc;

    if (fflush(w->file) != 0 || fsync(fileno(w->file)) < 0) {
        tt_fail_errno(err, TT_OUTPUT, "%s", w->path);
        job_manifest_abandon(w);
        return -1;
    }
    rc = tt_file_replace(w->temp, w->path, err);
    if (rc == 0)
        rc = tt_sync_folder(w->path, err);
    w->temp[0] = '\0';
    job_manifest_abandon(w);
    return rc;
}

void job_manifest_abandon(struct job_manifest_writer *w)
{
    if (!w)
        return;
    if (w->file)
        fclose(w->file);
    if (w->temp[0])
        unlink(w->temp);
    free(w);
}

/* --- reading --- */

static int read_header(struct job_manifest *m, struct tt_error *err)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n = getline(&line, &room, m->file);
    json_error_t why;

    if (n < 0 || strcmp(line, magic) != 0) {
        free(line);
        return tt_fail(err, TT_FORMAT,
                       "%s: not a manifest of this version of tintype",
                       m->path);
    }
    m->start = (uint64_t)n;
    n = getline(&line, &room, m->file);
    m->header = n > 0 ? json_loadb(line, (size_t)n, 0, &why) : NULL;
    free(line);
    if (!json_is_object(m->header))
        return tt_fail(err, TT_FORMAT, "%s: damaged header", m->path);
    m->start += (uint64_t)n;
    m->at = m->start;
    return 0;
}

int job_manifest_open(struct job_manifest **out, const char *path,
                      struct tt_error *err)
{
    struct job_manifest *m = calloc(1, sizeof(*m));

    *out = NULL;
    if (!m)
        return tt_fail(err, TT_NOMEM, "%s: no memory", path);
    if (copy_path(m->path, path, err) < 0)
        goto fail;
    m->file = fopen(path, "rbe");
    if (!m->file) {
        tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s", path);
        goto fail;
    }
    if (read_header(m, err) < 0)
        goto fail;
    *out = m;
    return 0;

fail:
    job_manifest_close(m);
    return -1;
}

const json_t *job_manifest_header(const struct job_manifest *m)
{
    return m->header;
}

uint64_t job_manifest_start(const struct job_manifest *m)
{
    return m->start;
}

int job_manifest_seek(struct job_manifest *m, uint64_t at, struct tt_error *err)
{
    if (fseeko(m->file, (off_t)at, SEEK_SET) < 0)
        return tt_fail_errno(err, TT_IO, "%s", m->path);
    m->at = at;
    return 0;
}

int job_manifest_next(struct job_manifest *m, const char **in, const char **out,
                      struct tt_error *err)
{
    ssize_t n = getdelim(&m->in, &m->in_size, '\0', m->file);
    ssize_t k;

    if (n < 0)
        return ferror(m->file) ? tt_fail_errno(err, TT_IO, "%s", m->path) : 0;
    k = getdelim(&m->out, &m->out_size, '\0', m->file);
    if (m->in[n - 1] != '\0' || k <= 0 || m->out[k - 1] != '\0')
        return tt_fail(err, TT_FORMAT, "%s: cut short at byte %llu", m->path,
                       (unsigned long long)m->at);
    m->at += (uint64_t)(n + k);
    *in = m->in;
    *out = m->out;
    return 1;
}

uint64_t job_manifest_at(const struct job_manifest *m)
{
    return m->at;
}

void job_manifest_close(struct job_manifest *m)
{
    if (!m)
        return;
    if (m->file)
        fclose(m->file);
    json_decref(m->header);
    free(m->in);
    free(m->out);
    free(m);
}
