/* Plans for cards that are not here: of every convolution of every network, by
 * cuDNN itself, from documents that describe what NVIDIA publishes of them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/patch.h"
#include "model/unet.h"
#include "tests/check.h"
#include "tests/model/cudnn/object.h"

static struct tt_error err;

static const struct card {
    const char *name;
    int version, processors, shared, pci, clock, memory_clock, cache;
    long long memory;
} cards[] = {
    {"NVIDIA A100-SXM4-80GB", 800, 108, 166912, 0x20b2, 1410000, 1593000,
     41943040, 85094825984},
    {"NVIDIA H100 80GB HBM3", 900, 132, 232448, 0x2330, 1980000, 2619000,
     52428800, 85028765696},
    {"NVIDIA B200", 1000, 148, 232448, 0x2901, 1965000, 3996000, 132644864,
     191502811136},
};

enum { A100, H100, B200, CARDS };

static void document_of(const struct card *c, char *text, size_t size)
{
    snprintf(text, size,
             "{\"deviceName\":\"%s\",\"deviceVer\":%d,\"driverVer\":13000,"
             "\"cudaDeviceId\":0,\"multiProcessorCount\":%d,\"warpSize\":32,"
             "\"maxGridSize\":[2147483647,65535,65535],"
             "\"maxBlockSize\":[1024,1024,64],\"regsPerBlock\":65536,"
             "\"maxSharedMemoryPerBlock\":49152,"
             "\"maxSharedMemoryPerBlockOptin\":%d,"
             "\"reservedSharedMemoryPerBlock\":1024,"
             "\"maxRegistersPerSM\":65536,\"maxCtasPerSM\":32,"
             "\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":2048,"
             "\"pciDeviceId\":%d,\"isTccDriver\":0,\"supportCoopLaunch\":1,"
             "\"totalGlobalMem\":%lld,\"smClockRateKHz\":%d,"
             "\"memClockRateKHz\":%d,\"l2CacheSize\":%d}",
             c->name, c->version, c->processors, c->shared, c->pci, c->memory,
             c->clock, c->memory_clock, c->cache);
}

static struct backend_needs prove(const struct backend_plug *plug, int card,
                                  const char *store, const char *preset,
                                  enum backend_use use, int batch, int side)
{
    struct backend_setup setup = {.batch = batch,
                                  .height = side,
                                  .width = side,
                                  .use = use,
                                  .threads = 1};
    struct backend_needs needs;
    char document[2048];
    struct model_unet u;

    model_unet_init(&u, model_preset_find(preset, &err), true);
    document_of(&cards[card], document, sizeof(document));
    CHECK_OK(plug->prove(document, store, &u.wiring.net, NULL, &setup, &needs,
                         &err));
    // the first layer and the last are kernels of ours
    CHECK_INT(needs.plans,
              (use == BACKEND_TRAIN ? 3 : 1) * (u.wiring.net.layers - 2));
    CHECK(needs.memory > 0);
    printf("     %s, %s, %d x %d: %d plans, %zu MB, workspace %zu KB\n",
           cards[card].name, preset, batch, side, needs.plans,
           needs.memory >> 20, needs.workspace >> 10);
    return needs;
}

/* What trains; and, where compiling its fused convolutions is worth the time,
 * what colours. */
static void prove_card(int card, bool colours)
{
    const struct backend_plug *plug;

    object_null_driver();
    plug = object_open();
    prove(plug, card, NULL, "T", BACKEND_TRAIN, 8, 64);
    prove(plug, card, NULL, "P", BACKEND_TRAIN, 32, 128);
    prove(plug, card, NULL, "S", BACKEND_TRAIN, 256, 128);
    prove(plug, card, NULL, "W", BACKEND_TRAIN, 256, 128);
    if (colours)
        prove(plug, card, NULL, "T", BACKEND_INFER, 2, 128);
}

SLOW(plans_exist_for_ampere, 180)
{
    prove_card(A100, true);
}

SLOW(plans_exist_for_hopper, 180)
{
    prove_card(H100, true);
}

SLOW(plans_exist_for_blackwell, 180)
{
    prove_card(B200, false);
}

/* A network with a critic of such patches beside it. */
static void prove_gan(const struct backend_plug *plug, const char *preset,
                      int patch, int batch, int side)
{
    struct backend_setup setup = {.batch = batch,
                                  .height = side,
                                  .width = side,
                                  .use = BACKEND_TRAIN,
                                  .threads = 1};
    struct model_wiring critic;
    struct backend_needs needs;
    char document[2048];
    struct model_unet u;

    model_unet_init(&u, model_preset_find(preset, &err), true);
    CHECK_OK(model_patch_init(&critic, patch, &err));
    document_of(&cards[H100], document, sizeof(document));
    CHECK_OK(plug->prove(document, NULL, &u.wiring.net, &critic.net, &setup,
                         &needs, &err));
    // of a critic for all gradients, and for that of the input alone
    CHECK_INT(needs.plans, 3 * (u.wiring.net.layers - 2) +
                               (3 + 1) * (critic.net.layers - 2));
    printf("     %s, patches of %d, %d x %d: %d plans, %zu MB, "
           "workspace %zu KB\n",
           preset, patch, batch, side, needs.plans, needs.memory >> 20,
           needs.workspace >> 10);
}

SLOW(plans_of_a_network_with_a_critic_exist, 180)
{
    const struct backend_plug *plug;

    object_null_driver();
    plug = object_open();
    prove_gan(plug, "T", 34, 8, 64);
    prove_gan(plug, "S", 34, 256, 128);
    prove_gan(plug, "S", 70, 256, 128);
    prove_gan(plug, "W", 70, 64, 128);
}

static int files_in(const char *folder)
{
    struct dirent *e;
    DIR *d = opendir(folder);
    int n = 0;

    CHECK(d);
    while ((e = readdir(d)))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* Cut every file of a folder in half. */
static void damage(const char *folder)
{
    char path[TT_PATH_SIZE], *data;
    struct dirent *e;
    DIR *d = opendir(folder);
    size_t size;

    CHECK(d);
    while ((e = readdir(d))) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        CHECK_OK(tt_file_read(path, 1 << 24, &data, &size, &err));
        CHECK_OK(tt_file_write(path, data, size / 2, &err));
        free(data);
    }
    closedir(d);
}

SLOW(plans_are_kept_and_found_again_unless_they_are_damaged, 120)
{
    const char *store = "plans/deep";
    const struct backend_plug *plug;
    struct backend_needs first, again;
    int files;

    object_null_driver();
    plug = object_open();
    first = prove(plug, H100, store, "T", BACKEND_TRAIN, 8, 64);
    // layers of one shape share a plan, within a program as well
    files = files_in(store);
    CHECK(files > 0 && first.plans - first.restored == files);
    again = prove(plug, H100, store, "T", BACKEND_TRAIN, 8, 64);
    CHECK_INT(again.restored, again.plans);
    CHECK_INT(files_in(store), files);
    damage(store);
    again = prove(plug, H100, store, "T", BACKEND_TRAIN, 8, 64);
    CHECK_INT(again.restored, first.restored);
    again = prove(plug, H100, store, "T", BACKEND_TRAIN, 8, 64);
    CHECK_INT(again.restored, again.plans);
    // plans of one card are nothing to another
    again = prove(plug, A100, store, "T", BACKEND_TRAIN, 8, 64);
    CHECK_INT(again.restored, first.restored);
}
