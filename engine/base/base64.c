/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct kz_str kz_base64_encode(struct kz_arena *a, struct kz_str data)
{
    const unsigned char *in = (const unsigned char *)data.ptr;
    const size_t len = (data.len + 2) / 3 * 4;
    char *out = kz_arena_bytes(a, len + 1);
    char *p = out;
    for (size_t i = 0; i < data.len; i += 3) {
        const size_t left = data.len - i;
        uint32_t bits = (uint32_t)in[i] << 16;
        if (left > 1)
            bits |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            bits |= in[i + 2];
        *p++ = alphabet[bits >> 18];
        *p++ = alphabet[bits >> 12 & 63];
        *p++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
        *p++ = left > 2 ? alphabet[bits & 63] : '=';
    }
    *p = '\0';
    return kz_str_n(out, len);
}

/* 0..63, or -1. */
static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool kz_base64_decode(struct kz_str *out, struct kz_arena *a, struct kz_str text)
{
    char *to = kz_arena_bytes(a, text.len / 4 * 3 + 4);
    size_t n = 0, chars = 0, pad = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (c == '\n' || c == '\r')
            continue;
        if (c == '=') {
            pad++;
            continue;
        }
        const int v = sextet(c);
        if (v < 0 || pad > 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
        if (++chars % 4 == 0) {
            to[n++] = (char)(bits >> 16);
            to[n++] = (char)(bits >> 8);
            to[n++] = (char)bits;
            bits = 0;
        }
    }
    const size_t rest = chars % 4;
    if (rest == 1 || pad != (rest == 0 ? 0 : 4 - rest))
        return false;
    if (rest > 1)
        to[n++] = (char)(bits >> (rest == 2 ? 4 : 10));
    if (rest == 3)
        to[n++] = (char)(bits >> 2);
    to[n] = '\0';
    *out = kz_str_n(to, n);
    return true;
}
