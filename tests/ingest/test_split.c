#include "tests/check.h"

#include <stdio.h>
#include <string.h>

#include "ingest/split.h"

TEST(ingest_split_finds_the_person)
{
    static const struct {
        const char *path, *person;
    } cases[] = {
        {"imdb/01/nm0000001_rm3343756032_1899-5-10_1970.jpg", "nm0000001"},
        {"nm1002664_rm1109196544_0-7-31_2015.jpg", "nm1002664"},
        {"wiki/17/10000217_1981-05-05_2009.jpg", "10000217"},
        {"wiki/45/32339345_1994-11-18._2015.jpg", "32339345"},
        {"94/20829594_1975-03-00_2009.jpg", "20829594"},
        {"lfw/AJ_Cook/1.jpg", "lfw/AJ_Cook"},
        {"lfw/AJ_Cook/more/1.jpg", "lfw/AJ_Cook/more"},
        {"humans/1_1_6929.jpg", "humans/1_1_6929.jpg"},
        {"utkface/101_1_2_20170105174739309.jpg",
         "utkface/101_1_2_20170105174739309.jpg"},
        {"1.jpg", "1.jpg"},
        {"/1.jpg", "/1.jpg"},
        {"a/nm_rm1.jpg", "a/nm_rm1.jpg"},
        {"", ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t len;
        const char *person = ingest_split_person(cases[i].path, &len);
        char text[128];

        snprintf(text, sizeof(text), "%.*s", (int)len, person);
        CHECK_STR(text, cases[i].person);
    }
}

/* Written down once: another answer would put a person on two sides. */
TEST(ingest_split_never_changes)
{
    static const char want[] = "tvetetvtvtttvtvtttttttttttetttttttvttttt";
    struct ingest_split split;
    char got[41];

    ingest_split_init(&split);
    for (int i = 0; i < 40; i++) {
        char path[32];

        snprintf(path, sizeof(path), "set/p%d/1.jpg", i);
        got[i] = "tve"[ingest_split_of(&split, path)];
    }
    got[40] = '\0';
    CHECK_STR(got, want);
}

TEST(ingest_split_keeps_shares_and_persons)
{
    struct ingest_split split;
    int count[SHARD_SPLITS] = {0};

    ingest_split_init(&split);
    for (int i = 0; i < 20000; i++) {
        char one[64], other[64];

        snprintf(one, sizeof(one), "00/nm%07d_rm1_1950-1-1_1980.jpg", i);
        snprintf(other, sizeof(other), "x/y/nm%07d_rm77_0-0-0_1999.jpg", i);
        CHECK_INT(ingest_split_of(&split, one), ingest_split_of(&split, other));
        count[ingest_split_of(&split, one)]++;
    }
    CHECK_NEAR(count[SHARD_TRAIN], 16000, 200);
    CHECK_NEAR(count[SHARD_VAL], 2000, 200);
    split = (struct ingest_split){.train = 1, .val = 0};
    CHECK_INT(ingest_split_of(&split, "a"), SHARD_TRAIN);
    split = (struct ingest_split){.train = 0, .val = 0};
    CHECK_INT(ingest_split_of(&split, "a"), SHARD_TEST);
}
