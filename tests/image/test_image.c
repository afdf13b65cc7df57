#include "tests/check.h"

#include "image/image.h"

TEST(image_words_are_those_of_the_record)
{
    enum image_format f;

    CHECK_STR(image_format_word(IMAGE_TIFF), "tiff");
    CHECK_STR(image_format_suffix(IMAGE_JPEG), ".jpg");
    CHECK_STR(image_class_word(IMAGE_COLOUR), "colour");
    CHECK_STR(image_reason_word(IMAGE_NOT_IMAGE), "not_an_image");
    CHECK_STR(image_reason_about(IMAGE_TRUNCATED), "the file ends too early");
    CHECK_INT(image_format_parse("JPG", &f), 0);
    CHECK_INT(f, IMAGE_JPEG);
    CHECK_INT(image_format_parse("tif", &f), 0);
    CHECK_INT(f, IMAGE_TIFF);
    CHECK_INT(image_format_parse("webp", &f), 0);
    CHECK_INT(f, IMAGE_WEBP);
    CHECK_INT(image_format_parse("bmp", &f), -1);
}
