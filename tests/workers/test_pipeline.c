#include "workers/pipeline.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "image/load.h"
#include "model/checkpoint.h"
#include "tests/check.h"
#include "tests/workers/child.h"
#include "tests/workers/photo.h"
#include "workers/held.h"

/* A network that has learnt nothing colours as well as any, for these tests. */
static void make_model(const char *path)
{
    struct model_checkpoint c = {.side = 32, .gain = 1, .name = "untaught"};
    struct tt_error err;

    model_unet_init(&c.unet, model_preset_find("T", &err), true);
    CHECK_OK(model_params_new(&c.params, &c.unet.wiring, &err));
    model_params_start(c.params, &c.unet.wiring, 1, 0);
    CHECK_OK(model_checkpoint_save(&c, path, MODEL_CHECKPOINT_F32, NULL, &err));
    c.name = NULL;
    model_checkpoint_release(&c);
}

/* Pairs of names in, names out, NULL at the end. */
static int64_t make_manifest(const char *const *names)
{
    json_t *header = json_pack("{s:s}", "kind", "colorize");
    struct job_manifest_writer *w;
    struct tt_error err;
    int64_t n = 0;

    CHECK_OK(job_manifest_create(&w, "manifest", header, &err));
    for (; names[2 * n]; n++)
        CHECK_OK(job_manifest_add(w, names[2 * n], names[2 * n + 1], &err));
    CHECK_OK(job_manifest_finish(w, &err));
    json_decref(header);
    return n;
}

struct rig {
    struct worker_options options;
    struct worker_lease owner;
    struct worker_chunk chunk;
    struct worker_recipe recipe;
    struct job_result result;
    struct tt_error err;
    int rc;
    bool no_folder; /* of the outputs */
};

/* Colour what the manifest names, into the folder out. */
static void colour(struct rig *r, int threads, int64_t n, const char *out)
{
    struct worker_pipeline *p;
    struct job_manifest *m;
    struct tt_error err;

    CHECK(r->no_folder || mkdir(out, 0700) == 0 || errno == EEXIST);
    pthread_mutex_init(&r->owner.lock, NULL);
    pthread_cond_init(&r->owner.room, NULL);
    r->options.precision = "f32";
    r->options.deadline = 15000;
    if (!r->options.memory)
        r->options.memory = 64;
    r->owner.options = &r->options;
    r->chunk.owner = &r->owner;
    r->chunk.payload.n = n;
    r->recipe.model = "model.h5";
    r->recipe.side = 32;
    if (r->recipe.strength == 0)
        r->recipe.strength = 1;
    r->recipe.quality = 90;
    r->recipe.same = true;
    CHECK_OK(job_manifest_open(&m, "manifest", &err));
    CHECK_OK(worker_pipeline_open(&p, &r->options, threads, &err));
    tt_clear(&r->err);
    r->rc = worker_pipeline_run(p, &r->chunk, &r->recipe, m, out, &r->result,
                                &r->err);
    worker_pipeline_close(p);
    job_manifest_close(m);
}

static const struct job_photo *row(const struct rig *r, size_t i)
{
    CHECK(i < r->result.n_photos);
    CHECK_INT(r->result.photos[i].index, (int64_t)i);
    return &r->result.photos[i];
}

static void is_as_reported(const struct job_photo *p, const char *path)
{
    struct tt_sha256 sha;
    struct tt_error err;
    uint64_t size;

    CHECK_OK(tt_sha256_file(path, &sha, &size, &err));
    CHECK(p->has_out && memcmp(&sha, &p->sha_out, sizeof(sha)) == 0);
    CHECK_INT(p->bytes_out, (int64_t)size);
}

static void load(const char *path, struct image_grey *grey,
                 struct image_facts *facts)
{
    struct image_limits limits;
    enum image_reason reason;
    struct tt_error err;
    char *data;
    size_t size;

    image_limits_init(&limits);
    CHECK_OK(tt_file_read(path, 1 << 24, &data, &size, &err));
    CHECK_OK(image_load(data, size, &limits, grey, facts, &reason, &err));
    free(data);
}

static void gives_its_grey_back(const char *in, const char *out)
{
    struct image_grey a, b;
    struct image_facts facts;

    load(in, &a, &facts);
    load(out, &b, &facts);
    CHECK(facts.bands == 3);
    CHECK(a.width == b.width && a.height == b.height && a.bits == b.bits);
    CHECK(memcmp(a.codes, b.codes,
                 (size_t)a.width * (size_t)a.height * (size_t)a.bits / 8) == 0);
    image_grey_release(&a);
    image_grey_release(&b);
}

static int count_files(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int n = 0;

    CHECK(dir);
    while ((entry = readdir(dir)))
        n += entry->d_name[0] != '.' || strncmp(entry->d_name, ".tt", 3) == 0;
    closedir(dir);
    return n;
}

TEST(workers_pipeline_colours_what_it_can_and_gives_reasons_for_the_rest)
{
    static const char *const names[] = {
        "a.tif",    "a.tif",    "b.tif", "sub/b.png", "c.tif",
        "c.jpg",    "d.tif",    "d.tif", "text.jpg",  "text.jpg",
        "none.png", "none.png", NULL};
    struct rig r = {0};

    test_child_engine();
    make_model("model.h5");
    test_photo_grey("a.tif", 120, 90, 8, 1);
    test_photo_grey("b.tif", 50, 70, 16, 2);
    test_photo_grey("c.tif", 33, 33, 8, 3);
    test_photo_colour("d.tif", 64, 64);
    test_photo_bytes("text.jpg", "not a photo", 11);
    colour(&r, 2, make_manifest(names), "out");
    CHECK_INT(r.rc, 1);
    CHECK_INT(r.result.n_photos, 6);
    CHECK(row(&r, 0)->state == PHOTO_OK && row(&r, 1)->state == PHOTO_OK);
    is_as_reported(row(&r, 0), "out/a.tif");
    is_as_reported(row(&r, 1), "out/sub/b.png");
    is_as_reported(row(&r, 2), "out/c.jpg");
    gives_its_grey_back("a.tif", "out/a.tif");
    gives_its_grey_back("b.tif", "out/sub/b.png");
    CHECK_INT(row(&r, 1)->bits, 16);
    CHECK_INT(row(&r, 1)->width, 50);
    CHECK(row(&r, 3)->state == PHOTO_SKIPPED);
    CHECK_STR(row(&r, 3)->reason, "in_colour");
    CHECK_STR(row(&r, 4)->reason, "not_an_image");
    CHECK(row(&r, 4)->has_in && !row(&r, 4)->has_out);
    CHECK_STR(row(&r, 5)->reason, "missing");
    CHECK_INT(count_files("out"), 3); /* a, c, sub: no temporary is left */
    CHECK_INT(r.chunk.cursor, 6);
    job_result_release(&r.result);
}

static bool file_holds(const char *path, const char *words)
{
    struct tt_error err;
    char *bytes;
    size_t size;
    bool holds;

    CHECK_OK(tt_file_read(path, 1 << 24, &bytes, &size, &err));
    holds = memmem(bytes, size, words, strlen(words)) != NULL;
    free(bytes);
    return holds;
}

TEST(workers_pipeline_keeps_what_a_photo_says_and_tells_what_it_lost)
{
    static const char *const names[] = {"a.jpg", "a.jpg", "a.jpg", "a.png",
                                        "b.jpg", "b.jpg", NULL};
    struct rig kept = {.recipe.metadata = true}, bare = {0};

    test_child_engine();
    make_model("model.h5");
    test_photo_saying("a.jpg", "<rdf:Description rdf:about=\"\" xmlns:dc="
                               "\"http://purl.org/dc/elements/1.1/\" "
                               "dc:type=\"Bild\"/>");
    test_photo_saying("b.jpg", "<rdf:Description>");
    colour(&kept, 1, make_manifest(names), "kept");
    CHECK(file_holds("kept/a.jpg", "Rilke"));
    CHECK(file_holds("kept/a.jpg", "dc:type=\"Bild\""));
    CHECK_STR(row(&kept, 0)->flags, "");
    CHECK_STR(row(&kept, 1)->flags, "metadata_dropped"); /* PNG has no IPTC */
    CHECK_STR(row(&kept, 2)->flags, "metadata_dropped"); /* no XML */
    CHECK(file_holds("kept/b.jpg", "AISystemUsed"));
    colour(&bare, 1, make_manifest(names), "bare");
    CHECK(!file_holds("bare/a.jpg", "Rilke"));
    CHECK(!file_holds("bare/a.jpg", "dc:type"));
    CHECK(file_holds("bare/a.jpg", "AISystemUsed"));
    CHECK_STR(row(&bare, 1)->flags, "");
    job_result_release(&kept.result);
    job_result_release(&bare.result);
}

TEST(workers_pipeline_gives_the_same_bytes_with_any_number_of_threads)
{
    const char *names[2 * 12 + 1] = {NULL};
    char text[12][16], path[2][256];
    struct rig one = {0}, three = {0};

    test_child_engine();
    make_model("model.h5");
    for (int i = 0; i < 12; i++) {
        snprintf(text[i], sizeof(text[i]), "%d.tif", i);
        test_photo_grey(text[i], 40 + 9 * i, 90 - 4 * i, i % 2 ? 8 : 16,
                        (unsigned)i);
        names[2 * i] = names[2 * i + 1] = text[i];
    }
    colour(&one, 1, make_manifest(names), "one");
    colour(&three, 3, make_manifest(names), "three");
    for (size_t i = 0; i < 12; i++) {
        snprintf(path[0], sizeof(path[0]), "one/%s", text[i]);
        snprintf(path[1], sizeof(path[1]), "three/%s", text[i]);
        is_as_reported(row(&one, i), path[0]);
        is_as_reported(row(&one, i), path[1]);
        is_as_reported(row(&three, i), path[1]);
    }
    job_result_release(&one.result);
    job_result_release(&three.result);
}

/* Other bytes with the same marks, as of another kind of processor. */
TEST(workers_pipeline_reports_the_file_that_was_there_first)
{
    static const char *const names[] = {"a.tif", "a.tif", "a.tif", "a.png",
                                        "a.tif", "a.jpg", NULL};
    struct rig first = {0}, again = {.recipe.strength = 0.5f};

    test_child_engine();
    make_model("model.h5");
    test_photo_grey("a.tif", 40, 30, 8, 1);
    colour(&first, 1, make_manifest(names), "out");
    colour(&again, 1, make_manifest(names), "out");
    CHECK_INT(again.rc, 1);
    for (size_t i = 0; i < 3; i++) {
        CHECK(row(&again, i)->state == PHOTO_OK);
        CHECK(
            tt_sha256_same(&row(&again, i)->sha_out, &row(&first, i)->sha_out));
        CHECK_INT(row(&again, i)->bytes_out, row(&first, i)->bytes_out);
    }
    CHECK_INT(count_files("out"), 3);
    job_result_release(&first.result);
    job_result_release(&again.result);
}

TEST(workers_pipeline_takes_no_credit_for_a_file_that_it_did_not_make)
{
    static const char *const names[] = {"a.tif", "a.tif", "b.tif", "b.tif",
                                        "a.tif", "c.tif", NULL},
                             *const others[] = {"b.tif", "a.tif", NULL};
    struct rig first = {0}, second = {0};

    test_child_engine();
    make_model("model.h5");
    test_photo_grey("a.tif", 40, 30, 8, 1);
    test_photo_grey("b.tif", 40, 30, 8, 2);
    CHECK_INT(mkdir("out", 0700), 0);
    test_photo_bytes("out/b.tif", "a letter", 8);
    CHECK_INT(mkdir("out/c.tif", 0700), 0);
    colour(&first, 1, make_manifest(names), "out");
    CHECK(row(&first, 0)->state == PHOTO_OK);
    for (size_t i = 1; i < 3; i++) {
        CHECK(row(&first, i)->state == PHOTO_FAILED);
        CHECK_STR(row(&first, i)->reason, "output");
        CHECK(!row(&first, i)->has_out && row(&first, i)->bytes_out == 0);
    }
    CHECK_STR(row(&first, 1)->message,
              "out/b.tif: another file is there already");
    /* two jobs, one name: the second is told */
    colour(&second, 1, make_manifest(others), "out");
    CHECK(row(&second, 0)->state == PHOTO_FAILED);
    CHECK_STR(row(&second, 0)->reason, "output");
    is_as_reported(row(&first, 0), "out/a.tif");
    job_result_release(&first.result);
    job_result_release(&second.result);
}

TEST(workers_pipeline_does_not_make_the_folder_that_is_gone)
{
    static const char *const names[] = {"a.tif", "a.tif", "a.tif", "sub/b.tif",
                                        NULL};
    struct rig r = {.no_folder = true};

    test_child_engine();
    make_model("model.h5");
    test_photo_grey("a.tif", 40, 30, 8, 1);
    colour(&r, 1, make_manifest(names), "out");
    CHECK_INT(r.rc, 1);
    for (size_t i = 0; i < 2; i++) {
        CHECK(row(&r, i)->state == PHOTO_FAILED);
        CHECK_STR(row(&r, i)->reason, "output");
        CHECK_STR(row(&r, i)->message, "out: no such folder");
    }
    CHECK(!tt_file_exists("out"));
    job_result_release(&r.result);
}

TEST(workers_pipeline_refuses_another_model_than_the_jobs)
{
    static const char *const names[] = {"a.tif", "a.tif", "b.tif", "b.tif",
                                        NULL};
    struct rig r = {.recipe.sha256 = "00"};

    test_child_engine();
    make_model("model.h5");
    test_photo_grey("a.tif", 40, 30, 8, 1);
    test_photo_grey("b.tif", 40, 30, 8, 2);
    colour(&r, 2, make_manifest(names), "out");
    CHECK_INT(r.rc, -1);
    CHECK_INT(r.err.code, TT_FORMAT);
    CHECK(strstr(r.err.text, "not the model"));
    CHECK_INT(r.result.n_photos, 0);
    CHECK_INT(count_files("out"), 0);
    job_result_release(&r.result);
}

TEST(workers_pipeline_names_an_output_that_cannot_be)
{
    static const char *const names[] = {"a.tif", "file/a.tif", "a.tif", "b.tif",
                                        NULL};
    struct rig r = {0};

    test_child_engine();
    make_model("model.h5");
    test_photo_grey("a.tif", 40, 30, 8, 1);
    CHECK_INT(mkdir("out", 0700), 0);
    test_photo_bytes("out/file", "", 0);
    colour(&r, 1, make_manifest(names), "out");
    CHECK_INT(r.rc, 1);
    CHECK_STR(row(&r, 0)->reason, "output");
    CHECK(strstr(row(&r, 0)->message, "Not a directory"));
    CHECK(row(&r, 1)->state == PHOTO_OK);
    job_result_release(&r.result);
}

TEST(workers_pipeline_lets_a_photo_larger_than_the_budget_through_alone)
{
    static const char *const names[] = {"a.tif", "a.tif", "b.tif", "b.tif",
                                        "c.tif", "c.tif", NULL};
    struct rig r = {.options.memory = 1};

    test_child_engine();
    make_model("model.h5");
    test_photo_grey("a.tif", 600, 500, 16, 1);
    test_photo_grey("b.tif", 40, 30, 8, 2);
    test_photo_grey("c.tif", 600, 500, 16, 3);
    colour(&r, 3, make_manifest(names), "out");
    CHECK_INT(r.rc, 1);
    for (size_t i = 0; i < 3; i++)
        CHECK(row(&r, i)->state == PHOTO_OK);
    job_result_release(&r.result);
}

TEST(workers_pipeline_stops_where_it_is_told_to)
{
    static const char *const names[] = {"a.tif", "a.tif", NULL};
    struct rig r = {.chunk.gone = true};

    test_child_engine();
    make_model("model.h5");
    test_photo_grey("a.tif", 40, 30, 8, 1);
    colour(&r, 1, make_manifest(names), "out");
    CHECK_INT(r.rc, 0);
    CHECK_INT(r.result.n_photos, 0);
    job_result_release(&r.result);
}
