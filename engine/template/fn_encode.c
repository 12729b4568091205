/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: base64, base32 and sums. A text that cannot be decoded gives the error's text as the result,
 * as sprig does it; the place in it is Go's, down to which byte of a broken group is blamed. */
#include "template/encode.h"
#include "template/funcs.h"

#include <string.h>

/* The plain functions: what stands above them in libcrypto first sets up all of it, which takes 0.4 ms. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/base64.h"
#include "base/hash.h"

/* ---- decoding as Go's encoding/base64 and base32 do it ------------------------------------------- */

static int8_t digit64(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return (int8_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (int8_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (int8_t)(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int8_t digit32(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return (int8_t)(c - 'A');
    return c >= '2' && c <= '7' ? (int8_t)(c - '2' + 26) : -1;
}

/* Line ends are no part of the text. */
static size_t skip_lines(struct kz_str s, size_t at)
{
    while (at < s.len && (s.ptr[at] == '\n' || s.ptr[at] == '\r'))
        at++;
    return at;
}

bool kz_go_base64(struct kz_str *out, size_t *bad, struct kz_arena *a, struct kz_str s)
{
    uint8_t *to = kz_arena_alloc(a, s.len / 4 * 3 + 4);
    size_t n = 0, at = 0;
    for (bool end = false; !end;) {
        uint8_t group[4] = {0};
        size_t have = 0;
        while (have < 4) {
            at = skip_lines(s, at);
            if (at == s.len) {
                if (have == 0)
                    break;
                *bad = at - have; /* the text ends inside a group */
                return false;
            }
            const unsigned char c = (unsigned char)s.ptr[at++];
            const int8_t d = digit64(c);
            if (d >= 0) {
                group[have++] = (uint8_t)d;
                continue;
            }
            if (c != '=' || have < 2) {
                *bad = at - 1;
                return false;
            }
            if (have == 2) { /* a second "=" must follow */
                at = skip_lines(s, at);
                if (at == s.len || s.ptr[at] != '=') {
                    *bad = at == s.len ? s.len : at - 1;
                    return false;
                }
                at++;
            }
            at = skip_lines(s, at);
            if (at < s.len) {
                *bad = at; /* something behind the padding */
                return false;
            }
            end = true;
            break;
        }
        if (have == 0)
            break;
        to[n] = (uint8_t)(group[0] << 2 | group[1] >> 4);
        to[n + 1] = (uint8_t)(group[1] << 4 | group[2] >> 2);
        to[n + 2] = (uint8_t)(group[2] << 6 | group[3]);
        n += have - 1;
    }
    *out = kz_str_n((const char *)to, n);
    return true;
}

/* text: without line ends, for places in it count without them in Go. */
static bool base32(struct kz_str *out, size_t *bad, struct kz_arena *a, struct kz_str text)
{
    uint8_t *to = kz_arena_alloc(a, text.len / 8 * 5 + 8);
    size_t n = 0, at = 0;
    for (bool end = false; at < text.len && !end;) {
        uint64_t bits = 0;
        size_t have = 0, want = 8;
        while (have < want) {
            if (at == text.len) {
                *bad = at - have;
                return false;
            }
            const unsigned char c = (unsigned char)text.ptr[at++];
            if (c == '=' && have >= 2 && text.len - at < 8) {
                if (text.len - at + have < 7) { /* not enough padding */
                    *bad = text.len;
                    return false;
                }
                for (size_t k = 0; k < 7 - have; k++) {
                    if (text.ptr[at + k] != '=') {
                        *bad = at + k - 1;
                        return false;
                    }
                }
                end = true;
                want = have;
                if (have == 1 || have == 3 || have == 6) {
                    *bad = at - 1;
                    return false;
                }
                break;
            }
            const int8_t d = digit32(c);
            if (d < 0) {
                *bad = at - 1;
                return false;
            }
            bits |= (uint64_t)d << (35 - 5 * have);
            have++;
        }
        for (size_t i = 0; i < 5; i++)
            to[n + i] = (uint8_t)(bits >> (32 - 8 * i));
        n += have * 5 / 8;
    }
    *out = kz_str_n((const char *)to, n);
    return true;
}

static struct kz_val b64enc(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_str(kz_base64_encode(kz_eval_arena(ev), argv[0].as.str));
}

static struct kz_val b64dec(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_str out;
    size_t bad;
    (void)argc;
    if (kz_go_base64(&out, &bad, kz_eval_arena(ev), argv[0].as.str))
        return kz_val_str(out);
    return kz_val_str(
        kz_str_printf(kz_eval_arena(ev), "illegal base64 data at input byte %zu", bad));
}

static struct kz_val b32enc(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str s = argv[0].as.str;
    char *to = kz_arena_bytes(kz_eval_arena(ev), (s.len + 4) / 5 * 8);
    size_t n = 0;
    (void)argc;
    for (size_t at = 0; at < s.len; at += 5) {
        const size_t left = s.len - at < 5 ? s.len - at : 5;
        uint64_t bits = 0;
        for (size_t i = 0; i < left; i++)
            bits |= (uint64_t)(unsigned char)s.ptr[at + i] << (32 - 8 * i);
        for (size_t i = 0; i < 8; i++)
            to[n++] = i * 5 < left * 8
                          ? "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[bits >> (35 - 5 * i) & 31]
                          : '=';
    }
    return kz_val_str(kz_str_n(to, n));
}

static struct kz_val b32dec(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_str s = argv[0].as.str;
    char *text = kz_arena_bytes(a, s.len);
    struct kz_str out;
    size_t n = 0, bad;
    (void)argc;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '\n' && s.ptr[i] != '\r')
            text[n++] = s.ptr[i];
    if (base32(&out, &bad, a, kz_str_n(text, n)))
        return kz_val_str(out);
    return kz_val_str(kz_str_printf(a, "illegal base32 data at input byte %zu", bad));
}

/* ---- sums -------------------------------------------------------------------------------------- */

static struct kz_val hex(struct kz_eval *ev, const uint8_t *md, unsigned n)
{
    char *to = kz_arena_bytes(kz_eval_arena(ev), 2 * (size_t)n);
    for (unsigned i = 0; i < n; i++) {
        to[2 * i] = "0123456789abcdef"[md[i] >> 4];
        to[2 * i + 1] = "0123456789abcdef"[md[i] & 15];
    }
    return kz_val_str(kz_str_n(to, 2 * (size_t)n));
}

static struct kz_val sha1sum(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str s = argv[0].as.str;
    uint8_t md[SHA_DIGEST_LENGTH];
    SHA_CTX c;
    (void)argc;
    const bool ok = SHA1_Init(&c) == 1 && SHA1_Update(&c, s.len == 0 ? "" : s.ptr, s.len) == 1 &&
                    SHA1_Final(md, &c) == 1;
    kz_assert(ok);
    return hex(ev, md, sizeof md);
}

static struct kz_val sha256sum(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    uint8_t md[32];
    (void)argc;
    kz_sha256(md, argv[0].as.str);
    return hex(ev, md, sizeof md);
}

static struct kz_val sha512sum(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str s = argv[0].as.str;
    uint8_t md[SHA512_DIGEST_LENGTH];
    SHA512_CTX c;
    (void)argc;
    const bool ok = SHA512_Init(&c) == 1 && SHA512_Update(&c, s.len == 0 ? "" : s.ptr, s.len) == 1 &&
                    SHA512_Final(md, &c) == 1;
    kz_assert(ok);
    return hex(ev, md, sizeof md);
}

static struct kz_val adler32sum(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str s = argv[0].as.str;
    uint32_t low = 1, high = 0;
    (void)argc;
    for (size_t i = 0; i < s.len; i++) {
        low = (low + (unsigned char)s.ptr[i]) % 65521;
        high = (high + low) % 65521;
    }
    return kz_val_str(kz_str_printf(kz_eval_arena(ev), "%u", (unsigned)(high << 16 | low)));
}

const struct kz_func kz_funcs_encode[] = {
    {"b64enc", "s", b64enc, NULL},
    {"b64dec",  "s", b64dec, NULL},
    {"b32enc",        "s", b32enc, NULL},
    {"b32dec",    "s", b32dec, NULL},
    {"sha1sum",    "s", sha1sum, NULL},
    {"sha256sum", "s", sha256sum, NULL},
    {"sha512sum",  "s", sha512sum, NULL},
    {"adler32sum",        "s", adler32sum, NULL},
    {0 },
};
