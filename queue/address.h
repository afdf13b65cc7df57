/**
 * address: where a Redis is and who we are to it, from a text.
 *
 * "unix:/path", "/path", "host:port", "host" (port 6379),
 * "redis://[user[:password]@]host[:port]", "unix://[user[:password]@]/path".
 * User and password may hold %XX. A password alone is ":password@".
 *
 * Owns:    nothing; the struct holds its texts.
 * Threads: any; pure.
 * Fails:   TT_USAGE, also where a socket's path is longer than the kernel
 *          takes (107 bytes).
 */
#ifndef QUEUE_ADDRESS_H
#define QUEUE_ADDRESS_H

#include <stdbool.h>

#include "base/error.h"

#define QUEUE_SOCKET_PATH_MAX 107

struct queue_address {
    bool is_unix;
    char path[QUEUE_SOCKET_PATH_MAX + 1];
    char host[256];
    char port[8];
    char user[64];      /* "": the default user */
    char password[256]; /* "": none is sent */
};

int queue_address_parse(struct queue_address *a, const char *text,
                        struct tt_error *err) TT_MUST;

/** For people: without the password. Returns text. */
char *queue_address_text(const struct queue_address *a, char *text,
                         unsigned size);

#endif
