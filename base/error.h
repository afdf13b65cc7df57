/**
 * error: what went wrong, in a struct that the caller holds.
 *
 * A function that can fail returns 0 or -1 and takes a struct tt_error as its
 * last parameter, never NULL. Each layer on the way up may put its words in
 * front, so a message reads from the outside in: "ingest faces: photo 17.jpg:
 * truncated".
 *
 * Owns:    nothing; the struct holds its text.
 * Threads: any; a struct tt_error belongs to one thread.
 * Fails:   never.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#define TT_MUST              __attribute__((warn_unused_result))
#define TT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* name, words for people, is another try worth it, exit status of the program
 */
// clang-format off
#define TT_CODES(X)                                                            \
    X(TT_OK,          "no error",                            false, 0)         \
    X(TT_PARTIAL,     "some items failed",                   false, 2)         \
    X(TT_USAGE,       "wrong arguments",                     false, 64)        \
    X(TT_INPUT,       "the input cannot be used",            false, 65)        \
    X(TT_MISSING,     "no such thing",                       false, 66)        \
    X(TT_UNAVAILABLE, "the stack cannot be reached",         true,  69)        \
    X(TT_BUG,         "a bug in tintype",                    false, 70)        \
    X(TT_NOMEM,       "out of memory",                       true,  71)        \
    X(TT_OUTPUT,      "output cannot be written",            true,  73)        \
    X(TT_IO,          "reading or writing failed",           true,  74)        \
    X(TT_BUSY,        "someone else holds it",               true,  75)        \
    X(TT_FORMAT,      "a file of ours is damaged or newer",  false, 76)        \
    X(TT_CANCEL,      "interrupted",                         false, 130)
// clang-format on

enum tt_code {
#define X(name, words, retry, exit_status) name,
    TT_CODES(X)
#undef X
};

#define TT_ERROR_TEXT 512

struct tt_error {
    enum tt_code code;
    int sys;                  /* errno or the library's own number, else 0 */
    char text[TT_ERROR_TEXT]; /* one line, no full stop; tt_text_fit */
};

/** Fill *err and return -1, so that `return tt_fail(…)` is one line. */
int tt_fail(struct tt_error *err, enum tt_code code, const char *fmt, ...)
    TT_PRINTF(3, 4);

/** As tt_fail, with ": " and the words of errno behind; sys = errno. */
int tt_fail_errno(struct tt_error *err, enum tt_code code, const char *fmt, ...)
    TT_PRINTF(3, 4);

/** Put "words: " in front of what *err says. Returns -1. */
int tt_wrap(struct tt_error *err, const char *fmt, ...) TT_PRINTF(2, 3);

/** Make *err say nothing: code TT_OK, empty text. */
void tt_clear(struct tt_error *err);

/** Text into out, of size >= 16 bytes. One that is too long loses its middle,
 *  so that behind a long path the reason still stands. */
void tt_text_fit(char *out, size_t size, const char *text);

const char *tt_code_words(enum tt_code code);
bool tt_code_retry(enum tt_code code);
int tt_code_exit(enum tt_code code);

#endif
