#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#define BLOCK_BYTES 65536

int tt_sha256(const void *data, size_t size, struct tt_sha256 *out,
              struct tt_error *err)
{
    if (EVP_Digest(data, size, out->bytes, NULL, EVP_sha256(), NULL) != 1)
        return tt_fail(err, TT_NOMEM, "SHA-256 of %zu bytes failed", size);
    return 0;
}

static int digest_fd(int fd, EVP_MD_CTX *ctx, uint64_t *size, const char *path,
                     struct tt_error *err)
{
    unsigned char block[BLOCK_BYTES];
    ssize_t n;

    for (;;) {
        n = read(fd, block, sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tt_fail_errno(err, TT_IO, "%s", path);
        if (n == 0)
            return 0;
        *size += (uint64_t)n;
        if (EVP_DigestUpdate(ctx, block, (size_t)n) != 1)
            return tt_fail(err, TT_NOMEM, "%s: SHA-256 failed", path);
    }
}

int tt_sha256_file(const char *path, struct tt_sha256 *out, uint64_t *size,
                   struct tt_error *err)
{
    EVP_MD_CTX *ctx = NULL;
    uint64_t bytes = 0;
    int rc = -1;
    int fd;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s",
                             path);
    ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
        tt_fail(err, TT_NOMEM, "%s: no memory for SHA-256", path);
        goto out;
    }
    if (digest_fd(fd, ctx, &bytes, path, err) < 0)
        goto out;
    if (EVP_DigestFinal_ex(ctx, out->bytes, NULL) != 1) {
        tt_fail(err, TT_NOMEM, "%s: SHA-256 failed", path);
        goto out;
    }
    if (size)
        *size = bytes;
    rc = 0;

out:
    EVP_MD_CTX_free(ctx);
    close(fd);
    return rc;
}

bool tt_sha256_same(const struct tt_sha256 *a, const struct tt_sha256 *b)
{
    return memcmp(a->bytes, b->bytes, TT_SHA256_SIZE) == 0;
}

char *tt_sha256_text(const struct tt_sha256 *h, char text[TT_SHA256_HEX])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < TT_SHA256_SIZE; i++) {
        text[2 * i] = digits[h->bytes[i] >> 4];
        text[2 * i + 1] = digits[h->bytes[i] & 15];
    }
    text[2 * TT_SHA256_SIZE] = '\0';
    return text;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int tt_sha256_parse(const char *text, struct tt_sha256 *out,
                    struct tt_error *err)
{
    if (strlen(text) != TT_SHA256_HEX - 1)
        return tt_fail(err, TT_INPUT, "%s: not a SHA-256", text);
    for (size_t i = 0; i < TT_SHA256_SIZE; i++) {
        int high = nibble(text[2 * i]);
        int low = nibble(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return tt_fail(err, TT_INPUT, "%s: not a SHA-256", text);
        out->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}
