#include "model/backend/loops.h"

#include <stdint.h>
#include <string.h>

// These vectors are lowered to what the processor has. None is passed to a
// function by value: how would depend on the processor.
typedef float v8 __attribute__((vector_size(32)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef uint16_t u16x8 __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))

#define LOAD_F32(p)                                                            \
    ({                                                                         \
        v8 v_;                                                                 \
        memcpy(&v_, (p), sizeof(v_));                                          \
        v_;                                                                    \
    })
#define STORE_F32(p, x)                                                        \
    do {                                                                       \
        v8 s_ = (x);                                                           \
        memcpy((p), &s_, sizeof(s_));                                          \
    } while (0)

#define LOAD_BF16(p)                                                           \
    ({                                                                         \
        u16x8 h_;                                                              \
        memcpy(&h_, (p), sizeof(h_));                                          \
        (v8)(__builtin_convertvector(h_, u32x8) << 16);                        \
    })
// to the nearest, ties to even
#define STORE_BF16(p, x)                                                       \
    do {                                                                       \
        u32x8 w_ = (u32x8)(x);                                                 \
        u16x8 s_;                                                              \
        w_ = (w_ + 0x7fff + ((w_ >> 16) & 1)) >> 16;                           \
        s_ = __builtin_convertvector(w_, u16x8);                               \
        memcpy((p), &s_, sizeof(s_));                                          \
    } while (0)

// v where it holds that a > 0, else w
#define ABOVE(a, v, w)                                                         \
    ({                                                                         \
        i32x8 above_ = (a) > 0;                                                \
        (v8)(((i32x8)(v)&above_) | ((i32x8)(w) & ~above_));                    \
    })

#define PASTE_(a, b) a##b
#define PASTE(a, b)  PASTE_(a, b)

#define T       float
#define NAME(n) PASTE(n, _f32)
#define LOAD    LOAD_F32
#define STORE   STORE_F32
#include "model/backend/loops_body.h"
#undef NAME

#ifdef __x86_64__
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define NAME(n) PASTE(n, _f32_avx2)
#include "model/backend/loops_body.h"
#undef NAME
#pragma GCC pop_options
#endif

#undef T
#undef LOAD
#undef STORE

#define T     uint16_t
#define LOAD  LOAD_BF16
#define STORE STORE_BF16
#ifdef __x86_64__
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")
#endif
#define NAME(n) PASTE(n, _bf16)
#include "model/backend/loops_body.h"
#ifdef __x86_64__
#pragma GCC pop_options
#endif

bool backend_loops_bf16(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512bf16") &&
           __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq");
#else
    return false;
#endif
}

const struct backend_loops *backend_loops_of(bool bf16)
{
    if (bf16)
        return &loops_bf16;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &loops_f32_avx2;
#endif
    return &loops_f32;
}
