/**
 * bench_ingest: the engine of ingest without its stack, and the reading of what
 * it makes, in wall time and in CPU time.
 *
 *   bench_ingest make OUT THREADS SOURCE…     one ingest
 *   bench_ingest read DATASET SECONDS         shuffled records, beside pread
 *   bench_ingest repeat FROM.tar TO.tar N     N photos of distinct bytes
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/file.h"
#include "image/image.h"
#include "ingest/ingest.h"
#include "shard/read.h"

static void fail(const char *words)
{
    fprintf(stderr, "bench_ingest: %s\n", words);
    exit(1);
}

static double seconds(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void make(const char *out, int threads, const char *const *sources,
                 size_t n)
{
    struct ingest_plan plan;
    struct ingest_outcome outcome;
    struct rusage use;
    struct tt_error err;
    double wall, cpu, photos;

    ingest_plan_init(&plan);
    plan.out = out;
    plan.threads = threads;
    plan.sources = sources;
    plan.n_sources = n;
    if (image_start("bench_ingest", &err) < 0)
        fail(err.text);
    wall = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (ingest_run(&plan, NULL, &outcome, &err) < 0)
        fail(err.text);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    getrusage(RUSAGE_SELF, &use);
    photos = (double)outcome.seen;
    printf("make: threads=%d photos=%.0f kept=%llu seconds=%.3f "
           "photos_per_s=%.1f cpu_ms_per_photo=%.3f peak_mb=%ld\n",
           threads, photos, (unsigned long long)outcome.verdicts[INGEST_KEPT],
           wall, photos / wall, 1e3 * cpu / photos, use.ru_maxrss / 1024);
    ingest_outcome_release(&outcome);
    image_stop();
}

/* --- reading --- */

static unsigned long long next(unsigned long long *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 33;
}

/* Records a second of CPU time; each is touched. */
static double by_reader(struct shard_set *set, size_t n, double limit)
{
    static uint8_t record[SHARD_RECORD];
    unsigned long long seed = 1, sum = 0, done = 0;
    double start = seconds(CLOCK_THREAD_CPUTIME_ID), spent = 0;
    struct tt_error err;

    while (spent < limit) {
        for (int i = 0; i < 256; i++, done++) {
            if (shard_set_record(set, SHARD_TRAIN, next(&seed) % n, record,
                                 &err) < 0)
                fail(err.text);
            sum += record[done % SHARD_RECORD];
        }
        spent = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    }
    return sum ? (double)done / spent : 0;
}

/* The same pattern by pread(2) alone, at places rounded to pages. */
static double by_pread(const char *path, double limit)
{
    static uint8_t record[SHARD_RECORD];
    unsigned long long seed = 1, sum = 0, done = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    unsigned long long n = (unsigned long long)(size / SHARD_RECORD);
    double start = seconds(CLOCK_THREAD_CPUTIME_ID), spent = 0;

    if (size < SHARD_RECORD)
        fail(path);
    while (spent < limit) {
        for (int i = 0; i < 256; i++, done++) {
            off_t at = (off_t)(next(&seed) % n) * SHARD_RECORD;

            if (pread(fd, record, SHARD_RECORD, at) != SHARD_RECORD)
                fail(path);
            sum += record[done % SHARD_RECORD];
        }
        spent = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    }
    close(fd);
    return sum ? (double)done / spent : 0;
}

static void read_back(const char *folder, double limit)
{
    struct shard_set *set;
    struct tt_error err;
    char path[TT_PATH_SIZE];
    double ours, bare;
    size_t n;

    if (shard_set_open(&set, folder, &err) < 0 ||
        tt_path_join(path, sizeof(path), folder, "train-00000.h5", &err) < 0)
        fail(err.text);
    n = shard_set_count(set, SHARD_TRAIN);
    by_reader(set, n, limit / 4); /* warm */
    ours = by_reader(set, n, limit);
    bare = by_pread(path, limit);
    printf("read: records=%zu records_per_s=%.0f pread_per_s=%.0f "
           "ratio=%.2f\n",
           n, ours, bare, ours / bare);
    shard_set_close(set);
}

/* --- photos enough --- */

struct photo {
    char *name;
    unsigned char *bytes;
    size_t size;
};

static size_t load(const char *path, struct photo **out)
{
    struct archive *a = archive_read_new();
    struct archive_entry *e;
    struct photo *list = NULL;
    size_t n = 0;

    archive_read_support_format_all(a);
    if (archive_read_open_filename(a, path, 65536) != ARCHIVE_OK)
        fail(archive_error_string(a));
    while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
        struct photo p = {.size = (size_t)archive_entry_size(e)};

        p.name = strdup(archive_entry_pathname(e));
        p.bytes = malloc(p.size + 1);
        list = realloc(list, (n + 1) * sizeof(*list));
        if (!p.name || !p.bytes || !list)
            fail("no memory");
        if (archive_read_data(a, p.bytes, p.size) != (la_ssize_t)p.size)
            fail(archive_error_string(a));
        if (p.size > 2 && p.bytes[0] == 0xff && p.bytes[1] == 0xd8)
            list[n++] = p;
    }
    archive_read_free(a);
    *out = list;
    return n;
}

/* The photo with a comment behind its first mark that says its number. */
static void add(struct archive *a, struct archive_entry *e,
                const struct photo *p, unsigned long number)
{
    unsigned char head[16] = {0xff, 0xd8, 0xff, 0xfe, 0, 12};
    char name[4096];

    snprintf((char *)head + 6, 10, "%09lu", number % 1000000000);
    snprintf(name, sizeof(name), "%05lu/%s", number / 1000, p->name);
    archive_entry_clear(e);
    archive_entry_set_pathname(e, name);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (la_int64_t)(p->size - 2 + sizeof(head)));
    if (archive_write_header(a, e) != ARCHIVE_OK ||
        archive_write_data(a, head, sizeof(head)) < 0 ||
        archive_write_data(a, p->bytes + 2, p->size - 2) < 0)
        fail(archive_error_string(a));
}

static void repeat(const char *from, const char *to, unsigned long count)
{
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    struct photo *list;
    size_t n = load(from, &list);

    archive_write_set_format_pax_restricted(a);
    if (n == 0 || archive_write_open_filename(a, to) != ARCHIVE_OK)
        fail(n ? archive_error_string(a) : "no JPEG in there");
    for (unsigned long i = 0; i < count; i++)
        add(a, e, &list[i % n], i);
    if (archive_write_close(a) != ARCHIVE_OK)
        fail(archive_error_string(a));
    archive_entry_free(e);
    archive_write_free(a);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "make") == 0 && argc > 4)
        make(argv[2], (int)strtol(argv[3], NULL, 10),
             (const char *const *)argv + 4, (size_t)argc - 4);
    else if (strcmp(what, "read") == 0 && argc == 4)
        read_back(argv[2], strtod(argv[3], NULL));
    else if (strcmp(what, "repeat") == 0 && argc == 5)
        repeat(argv[2], argv[3], strtoul(argv[4], NULL, 10));
    else
        return fprintf(stderr, "usage: see tests/bench/bench_ingest.c\n"), 64;
    return 0;
}
