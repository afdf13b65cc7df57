#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ingest/again.h"
#include "tests/ingest/photos.h"

static void put(const char *path, const char *text)
{
    struct tt_error err;

    CHECK_OK(tt_mkdirs_above(path, 0755, &err));
    CHECK_OK(tt_file_write(path, text, strlen(text), &err));
}

static void check_photo(struct ingest_again *w, const char *text)
{
    CHECK(w->photo.bytes);
    CHECK_INT(w->photo.size, strlen(text));
    CHECK(memcmp(w->photo.bytes, text, strlen(text)) == 0);
    ingest_photo_release(&w->photo);
}

TEST(ingest_photos_are_read_again_from_folders_archives_and_lists)
{
    static const char *const specs[] = {"t", "folder:t/b", "t.tar",
                                        "list:names"};
    struct ingest_again want[] = {
        {.source = 2, .path = "t/b/2"}, {.source = 0, .path = "t/a"},
        {.source = 1, .path = "b/2"},   {.source = 2, .path = "t/a"},
        {.source = 3, .path = "b/10"},  {.source = 0, .path = "t/b/10"},
    };
    static const char *const texts[] = {"two",   "first", "two",
                                        "first", "ten",   "ten"};
    struct tt_error err;

    put("t/b/2", "two");
    put("t/b/10", "ten");
    put("t/a", "first");
    put("names", "t/b/2\nt/b/10\n");
    photo_make_tar("t.tar", "t");
    CHECK_OK(ingest_again_read(specs, 4, 100, want, 6, &err));
    for (int i = 0; i < 6; i++)
        check_photo(&want[i], texts[i]);
}

TEST(ingest_photos_that_are_gone_are_no_failure)
{
    static const char *const specs[] = {"t", "t.tar"};
    struct ingest_again want[] = {{.source = 0, .path = "t/gone"},
                                  {.source = 1, .path = "t/gone"},
                                  {.source = 0, .path = "t/a"}};
    struct ingest_again out = {.source = 0, .path = "t/../secret"};
    static const char *const gone[] = {"nowhere"};
    struct tt_error err;

    put("t/a", "a long one");
    put("secret", "s");
    photo_make_tar("t.tar", "t");
    CHECK_OK(ingest_again_read(specs, 2, 5, want, 3, &err));
    CHECK(!want[0].photo.bytes);
    CHECK(!want[1].photo.bytes);
    CHECK(!want[2].photo.bytes); /* more than 5 bytes */
    for (int i = 0; i < 3; i++)
        ingest_photo_release(&want[i].photo);
    CHECK_FAILS(ingest_again_read(gone, 1, 5, want, 3, &err), TT_MISSING,
                "nowhere");
    CHECK_FAILS(ingest_again_read(specs, 2, 5, &out, 1, &err), TT_FORMAT,
                "../secret");
}
