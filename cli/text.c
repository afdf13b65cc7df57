#include "cli/print.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "base/clock.h"
#include "base/file.h"

/* Length of the UTF-8 character at p, 0 if there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *p)
{
    size_t n = p[0] < 0x80   ? 1
               : p[0] < 0xc2 ? 0
               : p[0] < 0xe0 ? 2
               : p[0] < 0xf0 ? 3
               : p[0] < 0xf5 ? 4
                             : 0;

    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

/* C0, DEL and C1 (U+0080..U+009F) move a terminal's cursor. */
static bool is_control(const unsigned char *p, size_t n)
{
    return (n == 1 && (p[0] < 0x20 || p[0] == 0x7f)) ||
           (n == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

void cli_text_safe(const char *text, char *out, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t used = 0;

    while (*p && used + 5 < size) {
        size_t n = utf8_length(p);

        if (n == 0 || is_control(p, n)) {
            used += (size_t)snprintf(out + used, size - used, "\\x%02x", *p);
            p++;
        } else {
            memcpy(out + used, p, n);
            used += n;
            p += n;
        }
    }
    out[used] = '\0';
}

size_t cli_text_width(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t columns = 0;

    for (size_t n; *p; p += n) {
        gunichar c = *p;

        n = utf8_length(p);
        if (n > 1)
            c = g_utf8_get_char((const char *)p);
        n = n ? n : 1;
        columns += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return columns;
}

void cli_text_elapsed(int64_t ms, char *out, size_t size)
{
    long long s = ms < 0 ? 0 : (ms + 500) / 1000;

    if (s < 3600)
        snprintf(out, size, "%02lld:%02lld", s / 60, s % 60);
    else
        snprintf(out, size, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60,
                 s % 60);
}

void cli_text_age(int64_t ms, char *out, size_t size)
{
    long long s = ms < 0 ? 0 : ms / 1000;

    if (s < 60)
        snprintf(out, size, "%llds", s);
    else if (s < 3600)
        snprintf(out, size, "%lldm%02llds", s / 60, s % 60);
    else if (s < 86400)
        snprintf(out, size, "%lldh%02lldm", s / 3600, s / 60 % 60);
    else
        snprintf(out, size, "%lldd%02lldh", s / 86400, s / 3600 % 24);
}

void cli_text_bytes(int64_t bytes, char *out, size_t size)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double x = (double)bytes;
    size_t u = 0;

    while (x >= 999.5 && u + 1 < sizeof(units) / sizeof(units[0])) {
        x /= 1000;
        u++;
    }
    snprintf(out, size, x < 9.95 && u > 0 ? "%.1f %s" : "%.0f %s", x, units[u]);
}

void cli_text_count(int64_t n, char *out, size_t size)
{
    char digits[32];
    size_t len = (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)n);
    size_t used = 0;

    for (size_t i = 0; i < len && used + 2 < size; i++) {
        if (i > 0 && (len - i) % 3 == 0 &&
            isdigit((unsigned char)digits[i - 1]))
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

void cli_text_hash(const struct tt_sha256 *sha, char *out, size_t size)
{
    char hex[TT_SHA256_HEX];

    snprintf(out, size, "%.4s…", tt_sha256_text(sha, hex));
}

const char *cli_text_path(const char *path)
{
    char here[TT_PATH_SIZE];
    size_t n;

    if (!getcwd(here, sizeof(here)))
        return path;
    n = strlen(here);
    if (n > 1 && strncmp(path, here, n) == 0 && path[n] == '/' && path[n + 1])
        return path + n + 1;
    return path;
}

/* --- members of rows --- */

static void set(json_t *row, const char *name, json_t *value)
{
    if (row && value)
        json_object_set_new(row, name, value);
    else
        json_decref(value);
}

void cli_set_text(json_t *row, const char *name, const char *text)
{
    char safe[4096];
    json_t *value = text ? json_string(text) : json_null();

    if (text && !value) { /* not UTF-8 */
        cli_text_safe(text, safe, sizeof(safe));
        value = json_string(safe);
    }
    set(row, name, value);
}

void cli_set_count(json_t *row, const char *name, int64_t n)
{
    set(row, name, json_integer((json_int_t)n));
}

void cli_set_real(json_t *row, const char *name, double x)
{
    set(row, name, x - x == 0 ? json_real(x) : json_null());
}

void cli_set_bool(json_t *row, const char *name, bool b)
{
    set(row, name, json_boolean(b));
}

void cli_set_time(json_t *row, const char *name, int64_t wall_ms)
{
    char text[32];

    set(row, name,
        wall_ms ? json_string(tt_time_text(wall_ms, text, sizeof(text)))
                : json_null());
}

void cli_set_hash(json_t *row, const char *name, bool has,
                  const struct tt_sha256 *sha)
{
    char hex[TT_SHA256_HEX];

    set(row, name, has ? json_string(tt_sha256_text(sha, hex)) : json_null());
}

void cli_set_id(json_t *row, const char *name, char letter, int64_t id)
{
    char text[32];

    snprintf(text, sizeof(text), "%c%lld", letter, (long long)id);
    set(row, name, id ? json_string(text) : json_null());
}

void cli_set_path(json_t *row, const char *name, const char *path)
{
    json_t *value = path ? json_string(path) : json_null();
    char text[TT_PATH_SIZE * 3], hex[TT_PATH_SIZE * 2 + 1], hex_name[64];
    size_t used = 0;

    if (value || !path) {
        set(row, name, value);
        return;
    }
    for (const unsigned char *p = (const unsigned char *)path;
         *p && used + 4 < sizeof(text);) {
        size_t n = utf8_length(p);

        memcpy(text + used, n ? (const char *)p : "\xef\xbf\xbd", n ? n : 3);
        used += n ? n : 3;
        p += n ? n : 1;
    }
    text[used] = '\0';
    set(row, name, json_string(text));
    hex[0] = '\0';
    for (size_t i = 0; path[i] && i < TT_PATH_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)path[i]);
    snprintf(hex_name, sizeof(hex_name), "%s_hex", name);
    set(row, hex_name, json_string(hex));
}

void cli_set_json(json_t *row, const char *name, const char *text)
{
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

    set(row, name, value ? value : json_null());
}
