/* A libcuda.so.1 for machines without a GPU. It is a stub, and has to be: what
 * is tested with it is what cuDNN does before anything runs. With no driver at
 * all cuDNN leaves out the engines that it compiles at run time, and so would
 * choose among others than on a card. Here every call is refused as by
 * NVIDIA's own stub (34; the rest of the file is made from its list of names),
 * but for the few that load compiled code: these take it and hand out a handle
 * with which nothing can be done. */
#include <stddef.h>

static int nothing[16];

#define HANDS_OUT(name)                                                        \
    int name(void **out);                                                      \
    int name(void **out)                                                       \
    {                                                                          \
        *out = nothing;                                                        \
        return 0;                                                              \
    }

#define SAYS(name, answer)                                                     \
    int name(int *value);                                                      \
    int name(int *value)                                                       \
    {                                                                          \
        *value = answer;                                                       \
        return 0;                                                              \
    }

#define AGREES(name)                                                           \
    int name(void);                                                            \
    int name(void)                                                             \
    {                                                                          \
        return 0;                                                              \
    }

HANDS_OUT(cuLibraryLoadData)
HANDS_OUT(cuLibraryGetKernel)
HANDS_OUT(cuLibraryGetModule)
HANDS_OUT(cuKernelGetFunction)
HANDS_OUT(cuModuleLoadData)
HANDS_OUT(cuModuleGetFunction)
SAYS(cuFuncGetAttribute, 0)
SAYS(cuKernelGetAttribute, 0)
SAYS(cuOccupancyMaxActiveBlocksPerMultiprocessor, 1)
SAYS(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, 1)
SAYS(cuOccupancyMaxActiveClusters, 1)
AGREES(cuLibraryUnload)
AGREES(cuModuleUnload)
AGREES(cuKernelSetAttribute)
AGREES(cuFuncSetAttribute)
