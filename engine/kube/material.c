/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/material.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

int kz_material_file(struct kz_str *out, struct kz_arena *a, const char *path, size_t max,
                     struct kz_err *err)
{
    KZ_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return kz_fail_errno(err, errno, "cannot read '%s'", path);
    if (!S_ISREG(st.st_mode))
        return kz_fail(err, KZ_E_INVALID, "'%s' is not a file", path);
    if (st.st_size < 0 || (size_t)st.st_size > max)
        return kz_fail(err, KZ_E_LIMIT, "'%s' has %lld bytes, limit %zu", path,
                       (long long)st.st_size, max);
    size_t size = (size_t)st.st_size;
    char *p = kz_arena_bytes(a, size + 1);
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, p + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kz_fail_errno(err, errno, "cannot read '%s'", path);
        if (n == 0)
            break;
        len += (size_t)n;
    }
    p[len] = '\0';
    *out = kz_str_n(p, len);
    return 0;
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

bool kz_material_base64(struct kz_str *out, struct kz_arena *a, struct kz_str text)
{
    char *p = kz_arena_bytes(a, text.len / 4 * 3 + 4);
    size_t len = 0;
    size_t digits = 0;
    size_t pads = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int v = digit(c);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (c == '=') {
            pads++;
            continue;
        }
        if (v < 0 || pads > 0)
            return false;
        bits = bits << 6 | (unsigned)v;
        if (++digits % 4 != 1)
            p[len++] = (char)(bits >> (6 - 2 * ((digits - 1) % 4)) & 0xff);
    }
    if ((digits + pads) % 4 != 0 || pads > 2)
        return false;
    p[len] = '\0';
    *out = kz_str_n(p, len);
    return true;
}

struct kz_str kz_material_encode(struct kz_arena *a, struct kz_str data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = (data.len + 2) / 3 * 4;
    char *p = kz_arena_bytes(a, len + 1);
    for (size_t i = 0, o = 0; i < data.len; i += 3, o += 4) {
        size_t left = data.len - i;
        unsigned v = (unsigned)(unsigned char)data.ptr[i] << 16;
        v |= left > 1 ? (unsigned)(unsigned char)data.ptr[i + 1] << 8 : 0;
        v |= left > 2 ? (unsigned)(unsigned char)data.ptr[i + 2] : 0;
        p[o] = digits[v >> 18];
        p[o + 1] = digits[v >> 12 & 63];
        p[o + 2] = '=';
        p[o + 3] = '=';
        if (left > 1)
            p[o + 2] = digits[v >> 6 & 63];
        if (left > 2)
            p[o + 3] = digits[v & 63];
    }
    p[len] = '\0';
    return kz_str_n(p, len);
}

bool kz_material_token(struct kz_str *token)
{
    struct kz_str t = kz_str_trim(*token);
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.ptr[i] <= 0x20 || (unsigned char)t.ptr[i] >= 0x7f)
            return false;
    if (t.len == 0)
        return false;
    *token = t;
    return true;
}
