#include "queue/address.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Copy text[0..len), %XX made plain. */
static int unescape(char *out, size_t size, const char *text, size_t len,
                    struct tt_error *err)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '%' && i + 2 < len && digit(text[i + 1]) >= 0 &&
            digit(text[i + 2]) >= 0) {
            c = (char)(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        }
        if (n + 1 >= size || c == '\0')
            return tt_fail(err, TT_USAGE,
                           "redis: user or password is too long");
        out[n++] = c;
    }
    out[n] = '\0';
    return 0;
}

/* "user:password@" in front of *rest, if it is there. */
static int parse_login(struct queue_address *a, const char **rest,
                       struct tt_error *err)
{
    const char *at = strrchr(*rest, '@');
    const char *colon;
    const char *user = *rest;

    if (!at)
        return 0;
    *rest = at + 1;
    colon = memchr(user, ':', (size_t)(at - user));
    if (!colon)
        return unescape(a->user, sizeof(a->user), user, (size_t)(at - user),
                        err);
    if (unescape(a->user, sizeof(a->user), user, (size_t)(colon - user), err) <
        0)
        return -1;
    return unescape(a->password, sizeof(a->password), colon + 1,
                    (size_t)(at - colon - 1), err);
}

static int parse_path(struct queue_address *a, const char *path,
                      struct tt_error *err)
{
    size_t len = strlen(path);

    if (path[0] != '/')
        return tt_fail(err, TT_USAGE, "%s: a redis socket needs a whole path",
                       path);
    if (len > QUEUE_SOCKET_PATH_MAX)
        return tt_fail(err, TT_USAGE,
                       "%s: the path of a socket may have %d bytes, this has "
                       "%zu; choose a shorter folder",
                       path, QUEUE_SOCKET_PATH_MAX, len);
    a->is_unix = true;
    memcpy(a->path, path, len + 1);
    return 0;
}

static bool port_ok(const char *port)
{
    size_t len = strspn(port, "0123456789");

    return len > 0 && len <= 5 && port[len] == '\0';
}

/* "host", "host:port", "[v6]:port" */
static int parse_host(struct queue_address *a, const char *text,
                      struct tt_error *err)
{
    const char *end = strchr(text, text[0] == '[' ? ']' : ':');
    const char *host = text[0] == '[' ? text + 1 : text;
    const char *port = end;
    size_t len;

    if (text[0] == '[' && end)
        port = end + 1;
    len = end ? (size_t)(end - host) : strlen(host);
    if (port && *port == ':')
        port++;
    else
        port = port && *port ? "" : "6379";
    if (len == 0 || len >= sizeof(a->host) || !port_ok(port) ||
        (text[0] == '[' && !end) || strpbrk(text, "/ "))
        return tt_fail(err, TT_USAGE,
                       "%s: not an address of redis (host:port, /path, "
                       "redis://…, unix:…)",
                       text);
    memcpy(a->host, host, len);
    snprintf(a->port, sizeof(a->port), "%s", port);
    return 0;
}

int queue_address_parse(struct queue_address *a, const char *text,
                        struct tt_error *err)
{
    memset(a, 0, sizeof(*a));
    if (strncmp(text, "redis://", 8) == 0) {
        text += 8;
        if (parse_login(a, &text, err) < 0)
            return -1;
        return parse_host(a, text, err);
    }
    if (strncmp(text, "unix:", 5) == 0) {
        text += 5;
        if (strncmp(text, "//", 2) == 0) {
            text += 2;
            if (parse_login(a, &text, err) < 0)
                return -1;
        }
        return parse_path(a, text, err);
    }
    return text[0] == '/' ? parse_path(a, text, err) : parse_host(a, text, err);
}

char *queue_address_text(const struct queue_address *a, char *text,
                         unsigned size)
{
    if (a->is_unix)
        snprintf(text, size, "%s", a->path);
    else
        snprintf(text, size, "%s:%s", a->host, a->port);
    return text;
}
