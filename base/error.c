#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

int tt_fail(struct tt_error *err, enum tt_code code, const char *fmt, ...)
{
    va_list ap;

    err->code = code;
    err->sys = 0;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    one_line(err->text);
    return -1;
}

int tt_fail_errno(struct tt_error *err, enum tt_code code, const char *fmt, ...)
{
    int number = errno;
    char words[128];
    size_t used;
    va_list ap;

    err->code = code;
    err->sys = number;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %s",
             strerror_r(number, words, sizeof(words)));
    one_line(err->text);
    return -1;
}

int tt_wrap(struct tt_error *err, const char *fmt, ...)
{
    char inner[TT_ERROR_TEXT];
    size_t used;
    va_list ap;

    memcpy(inner, err->text, sizeof(inner));
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner);
    one_line(err->text);
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
