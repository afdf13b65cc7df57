#include "model/train/skin.h"

#include <stdbool.h>

#include "image/lab.h"
#include "shard/format.h"
#include "tests/check.h"

/* A picture of one colour, with another in its middle. */
static void draw(uint8_t record[SHARD_RECORD], const uint8_t around[3],
                 const uint8_t middle[3], int side)
{
    for (int y = 0; y < SHARD_SIDE; y++)
        for (int x = 0; x < SHARD_SIDE; x++) {
            int at = y * SHARD_SIDE + x, from = (SHARD_SIDE - side) / 2;
            bool in =
                x >= from && x < from + side && y >= from && y < from + side;

            image_lab_record(in ? middle : around, 1, record + at,
                             record + SHARD_PLANE + at,
                             record + 2 * SHARD_PLANE + at);
        }
}

TEST(train_skin_is_banded_by_its_angle)
{
    static const struct {
        double ita;
        enum skin_band band;
    } rows[] = {{80, SKIN_VERY_LIGHT},   {55.1, SKIN_VERY_LIGHT},
                {55, SKIN_LIGHT},        {41.5, SKIN_LIGHT},
                {41, SKIN_INTERMEDIATE}, {28, SKIN_TAN},
                {10, SKIN_BROWN},        {-29, SKIN_BROWN},
                {-30, SKIN_DARK},        {-90, SKIN_DARK}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_INT(train_skin_band(rows[i].ita), rows[i].band);
    CHECK_STR(train_skin_word(SKIN_INTERMEDIATE), "intermediate");
}

TEST(train_skin_is_looked_for_in_the_middle)
{
    static const uint8_t sky[3] = {90, 130, 200}, pale[3] = {236, 200, 180},
                         deep[3] = {92, 60, 45}, grey[3] = {128, 128, 128};
    static uint8_t record[SHARD_RECORD];
    struct skin s;

    draw(record, sky, pale, 64);
    train_skin_measure(record, &s);
    CHECK_NEAR(s.share, 1, 0);
    CHECK_INT(s.band, SKIN_VERY_LIGHT);
    draw(record, pale, deep, 64);
    train_skin_measure(record, &s);
    CHECK_INT(s.band, SKIN_DARK);
    CHECK(s.ita < -30);
    draw(record, pale, grey, 64); /* skin, but not where a face is */
    train_skin_measure(record, &s);
    CHECK_INT(s.band, SKIN_NONE);
    draw(record, sky, pale, 20); /* too little of it */
    train_skin_measure(record, &s);
    CHECK_INT(s.band, SKIN_NONE);
    CHECK(s.share > 0.05);
}
