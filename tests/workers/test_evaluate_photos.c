#include "workers/evaluate_photos.h"

#include "image/image.h"
#include "tests/check.h"
#include "tests/ingest/photos.h"

static struct tt_error err;

TEST(workers_evaluate_takes_the_colour_photos_of_a_folder_or_an_archive)
{
    static const char *const sources[] = {"set", "set.tar"};

    CHECK_OK(image_start("test", &err));
    photo_make_set("set");
    photo_make("set/long.jpg", PHOTO_COLOUR, 300, 60, 99);
    photo_make_tar("set.tar", "set");
    for (int i = 0; i < 2; i++) {
        struct worker_evaluate_photos p;

        CHECK_OK(worker_evaluate_photos_load(&p, sources[i], NULL, &err));
        CHECK_INT(p.verdicts[INGEST_GRAYSCALE], 1);
        CHECK_INT(p.verdicts[INGEST_EMPTY], 1);
        CHECK_INT(p.verdicts[INGEST_NOT_IMAGE], 1);
        CHECK_INT(p.verdicts[INGEST_KEPT], p.n);
        CHECK_INT(p.n, 24 + 1 + 1 + 1); /* with sepia, a copy and the strip */
        worker_evaluate_photos_release(&p);
    }
    image_stop();
}

TEST(workers_evaluate_without_a_colour_photo_says_so)
{
    struct worker_evaluate_photos p;

    CHECK_OK(image_start("test", &err));
    photo_make("gray/1.jpg", PHOTO_GRAY, 100, 100, 1);
    CHECK_FAILS(worker_evaluate_photos_load(&p, "gray", NULL, &err), TT_INPUT,
                "gray: no photo in colour");
    worker_evaluate_photos_release(&p);
    CHECK_FAILS(worker_evaluate_photos_load(&p, "none", NULL, &err), TT_MISSING,
                "none");
    worker_evaluate_photos_release(&p);
    image_stop();
}
