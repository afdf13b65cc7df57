#include "tests/workers/child.h"

#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "tests/check.h"
#include "workers/decoder.h"

/* glibc hands the arguments of main to constructors. */
__attribute__((constructor)) static void be_decoder(int argc, char **argv)
{
    struct tt_error err;

    if (argc != 3 || strcmp(argv[1], "decoder") != 0)
        return;
    if (image_start(argv[0], &err) < 0)
        exit(1);
    exit(decoder_main(argc - 2, argv + 2));
}

void test_child_engine(void)
{
    struct tt_error err;

    CHECK_OK(image_start("tintype", &err));
    atexit(image_stop);
}
