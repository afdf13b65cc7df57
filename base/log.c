#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum tt_level log_level = TT_WARN;
static const char *log_who = "tintype";

static const char *const names[] = {"error", "warning", "info", "debug"};

void tt_log_setup(enum tt_level level, const char *who)
{
    log_level = level;
    log_who = who;
}

void tt_log(enum tt_level level, const char *fmt, ...)
{
    char line[1024];
    struct timespec now;
    struct tm utc;
    size_t used;
    va_list ap;

    if (level > log_level)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    used = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &utc);
    used += (size_t)snprintf(line + used, sizeof(line) - used,
                             ".%03ldZ %s[%d] %s: ", now.tv_nsec / 1000000,
                             log_who, (int)getpid(), names[level]);
    va_start(ap, fmt);
    vsnprintf(line + used, sizeof(line) - used - 1, fmt, ap);
    va_end(ap);
    used = strlen(line);
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0)
        return; /* there is nobody left to tell */
}
