/**
 * check: what a test is made of. Each TEST runs in a process and an empty
 * folder of its own, has 20 seconds (SLOW says how many), and leaves by exit,
 * so that leaks are looked for.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include "base/error.h"

#define TEST(name)                                                             \
    void test_##name(void);                                                    \
    void test_##name(void)
#define SLOW(name, seconds) TEST(name)

/** End the test in failure unless the condition holds. */
#define CHECK(x)                                                               \
    do {                                                                       \
        if (!(x))                                                              \
            check_failed(__FILE__, __LINE__, #x);                              \
    } while (0)

#define CHECK_INT(a, b)                                                        \
    check_int(__FILE__, __LINE__, #a, (long long)(a), (long long)(b))
#define CHECK_STR(a, b) check_str(__FILE__, __LINE__, #a, (a), (b))
#define CHECK_NEAR(a, b, tolerance)                                            \
    check_near(__FILE__, __LINE__, #a, (a), (b), (tolerance))
/** A call that must return >= 0; else its error is shown. */
#define CHECK_OK(call) check_ok(__FILE__, __LINE__, #call, (call), &err)
/** A call that must fail with this code and these words in its message. */
#define CHECK_FAILS(call, code, words)                                         \
    check_fails(__FILE__, __LINE__, #call, (call), &err, (code), (words))

void check_failed(const char *file, int line, const char *what)
    __attribute__((noreturn));
void check_int(const char *file, int line, const char *what, long long got,
               long long want);
void check_str(const char *file, int line, const char *what, const char *got,
               const char *want);
void check_near(const char *file, int line, const char *what, double got,
                double want, double tolerance);
void check_ok(const char *file, int line, const char *what, int rc,
              const struct tt_error *err);
void check_fails(const char *file, int line, const char *what, int rc,
                 const struct tt_error *err, enum tt_code code,
                 const char *words);

/** Leave the test as skipped, and say why, aloud. */
void check_skip(const char *why) __attribute__((noreturn));

/** The root of the checkout, from which a test finds its files. */
const char *check_root(void);

#endif
