#include "tests/check.h"

#include "image/iptc.h"

static const char records[] = "\x1c\x02\x50\0\x05"
                              "Rilke\x1c\x02\x78\0\x04"
                              "Eins";
enum { RECORDS = sizeof(records) - 1 };

TEST(image_iptc_is_found_among_other_blocks)
{
    static const uint8_t app13[] = {
        'P', 'h', 'o', 't', 'o', 's', 'h', 'o', 'p', ' ', '3', '.', '0',
        0,   '8', 'B', 'I', 'M', 4,   12,  3,   'a', 'b', 'c', 0,   0,
        0,   3,   1,   2,   3,   0,   '8', 'B', 'I', 'M', 4,   4,   0,
        0,   0,   0,   0,   6,   28,  2,   80,  0,   1,   'R'};
    struct image_span found;

    CHECK(image_iptc_find(app13, sizeof(app13), &found));
    CHECK_INT(found.size, 6);
    CHECK(found.data == app13 + sizeof(app13) - 6);
    CHECK_INT(image_iptc_length(found.data, 6), 6);
    for (size_t cut = 0; cut < sizeof(app13); cut++)
        CHECK(!image_iptc_find(app13, cut, &found));
}

TEST(image_iptc_ends_with_its_last_whole_record)
{
    static const uint8_t large[] = {28, 2, 120, 0x80, 4,   0, 0,
                                    0,  3, 'a', 'b',  'c', 0, 0};
    size_t two = RECORDS - 9; /* where the second begins */

    CHECK_INT(image_iptc_length((const uint8_t *)records, RECORDS), RECORDS);
    CHECK_INT(image_iptc_length((const uint8_t *)records, RECORDS + 1),
              RECORDS);
    CHECK_INT(image_iptc_length((const uint8_t *)records, RECORDS - 1), two);
    CHECK_INT(image_iptc_length((const uint8_t *)records, 4), 0);
    CHECK_INT(image_iptc_length(large, sizeof(large)), sizeof(large) - 2);
    CHECK_INT(image_iptc_length(large, 7), 0);
    CHECK_INT(image_iptc_length((const uint8_t *)"Photoshop", 9), 0);
}
