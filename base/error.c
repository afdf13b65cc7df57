#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WHOLE 8192 /* a message before it is cut: a path or two, and words */

static const struct {
    const char *words;
    bool retry;
    int exit_status;
} codes[] = {
#define X(name, words, retry, exit_status) [name] = {words, retry, exit_status},
    TT_CODES(X)
#undef X
};

/* A message is one line wherever it is shown, also when a file's name is not.
 */
static void one_line(char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
    }
}

/* A byte of UTF-8 that does not begin a character. */
static bool is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

void tt_text_fit(char *out, size_t size, const char *text)
{
    static const char gap[] = "…";
    size_t len = strlen(text), head = size / 2;
    const char *tail;

    if (len < size) {
        memcpy(out, text, len + 1);
        return;
    }
    for (int i = 0; i < 3 && is_inside(text[head]); i++)
        head--;
    tail = text + len - (size - sizeof(gap) - head);
    for (int i = 0; i < 3 && is_inside(*tail); i++)
        tail++;
    memcpy(out, text, head);
    memcpy(out + head, gap, sizeof(gap) - 1);
    memcpy(out + head + sizeof(gap) - 1, tail, strlen(tail) + 1);
}

/* words, and ": behind" if there is that, as the one line of *err. */
static void put(struct tt_error *err, const char *fmt, va_list ap,
                const char *behind)
{
    char whole[WHOLE];
    int n = vsnprintf(whole, sizeof(whole) - TT_ERROR_TEXT, fmt, ap);

    if (n >= (int)sizeof(whole) - TT_ERROR_TEXT)
        n = (int)sizeof(whole) - TT_ERROR_TEXT - 1;
    if (n >= 0 && behind)
        snprintf(whole + n, sizeof(whole) - (size_t)n, ": %s", behind);
    one_line(whole);
    tt_text_fit(err->text, sizeof(err->text), n >= 0 ? whole : "");
}

int tt_fail(struct tt_error *err, enum tt_code code, const char *fmt, ...)
{
    va_list ap;

    err->code = code;
    err->sys = 0;
    va_start(ap, fmt);
    put(err, fmt, ap, NULL);
    va_end(ap);
    return -1;
}

int tt_fail_errno(struct tt_error *err, enum tt_code code, const char *fmt, ...)
{
    int number = errno;
    char words[128];
    va_list ap;

    err->code = code;
    err->sys = number;
    va_start(ap, fmt);
    put(err, fmt, ap, strerror_r(number, words, sizeof(words)));
    va_end(ap);
    return -1;
}

int tt_wrap(struct tt_error *err, const char *fmt, ...)
{
    char inner[TT_ERROR_TEXT];
    va_list ap;

    memcpy(inner, err->text, sizeof(inner));
    va_start(ap, fmt);
    put(err, fmt, ap, inner);
    va_end(ap);
    return -1;
}

void tt_clear(struct tt_error *err)
{
    err->code = TT_OK;
    err->sys = 0;
    err->text[0] = '\0';
}

const char *tt_code_words(enum tt_code code)
{
    return codes[code].words;
}

bool tt_code_retry(enum tt_code code)
{
    return codes[code].retry;
}

int tt_code_exit(enum tt_code code)
{
    return codes[code].exit_status;
}
