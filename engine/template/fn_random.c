/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: random texts and numbers; see sprig.h for how random they are. */
#include "template/funcs.h"
#include "template/sprig.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "template/print.h"

enum { MAX_LEN = 16 << 20 };

static struct kz_val text_of(struct kz_eval *ev, const struct kz_val *argv, const char *func,
                             const char *alphabet)
{
    const int64_t len = argv[0].as.num;
    const size_t letters = strlen(alphabet);
    if (len <= 0)
        return kz_val_str(KZ_STR("")); /* sprig drops the error about a negative length */
    if (len > MAX_LEN)
        return kz_eval_limit(ev, "%s: over %d characters", func, MAX_LEN);
    if (!kz_eval_spend(ev, (uint64_t)len))
        return KZ_NIL;
    struct kz_stream s;
    kz_stream_open(&s, ev, func, argv, 1);
    char *out = kz_arena_bytes(kz_eval_arena(ev), (size_t)len);
    for (int64_t i = 0; i < len; i++)
        out[i] = alphabet[kz_stream_below(&s, letters)];
    return kz_val_str(kz_str_n(out, (size_t)len));
}

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static struct kz_val rand_alpha_num(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return text_of(ev, argv, "randAlphaNum", DIGITS LETTERS);
}

static struct kz_val rand_alpha(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return text_of(ev, argv, "randAlpha", LETTERS);
}

static struct kz_val rand_numeric(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return text_of(ev, argv, "randNumeric", DIGITS);
}

static struct kz_val rand_ascii(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return text_of(ev, argv, "randAscii",
                   " !\"#$%&'()*+,-./" DIGITS ":;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                   "abcdefghijklmnopqrstuvwxyz{|}~");
}

static struct kz_val rand_bytes(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const int64_t len = argv[0].as.num;
    struct kz_arena *a = kz_eval_arena(ev);
    if (len < 0)
        return kz_eval_fail(ev, "runtime error: makeslice: len out of range");
    if (len > MAX_LEN)
        return kz_eval_limit(ev, "randBytes: over %d bytes", MAX_LEN);
    if (!kz_eval_spend(ev, (uint64_t)len))
        return KZ_NIL;
    struct kz_stream s;
    kz_stream_open(&s, ev, "randBytes", argv, argc);
    char *bytes = kz_arena_bytes(a, (size_t)len);
    kz_stream_read(&s, bytes, (size_t)len);
    return kz_val_str(kz_base64_encode(a, kz_str_n(bytes, (size_t)len)));
}

static struct kz_val rand_int(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const int64_t min = argv[0].as.num, max = argv[1].as.num;
    const int64_t span = (int64_t)((uint64_t)max - (uint64_t)min); /* wraps as Go's */
    if (span <= 0)
        return kz_eval_fail(ev, "invalid argument to Intn");
    struct kz_stream s;
    kz_stream_open(&s, ev, "randInt", argv, argc);
    return kz_val_int((int64_t)((uint64_t)min + kz_stream_below(&s, (uint64_t)span)));
}

static struct kz_val shuffle(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_str in = argv[0].as.str;
    if (in.len == 0)
        return argv[0];
    uint32_t *runes = kz_new_n(a, uint32_t, in.len);
    size_t n = 0;
    while (in.len > 0)
        in = kz_str_skip(in, kz_rune_next(in, &runes[n++]));
    struct kz_stream s;
    kz_stream_open(&s, ev, "shuffle", argv, argc);
    for (size_t i = n - 1; i > 0; i--) {
        const size_t j = (size_t)kz_stream_below(&s, i + 1);
        const uint32_t rune = runes[i];
        runes[i] = runes[j];
        runes[j] = rune;
    }
    char *out = kz_arena_bytes(a, 4 * n);
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += kz_utf8_put(out + len, runes[i]);
    return kz_val_str(kz_str_n(out, len));
}

static struct kz_val uuidv4(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    uint8_t u[16];
    char text[37];
    struct kz_stream s;
    kz_stream_open(&s, ev, "uuidv4", argv, argc);
    kz_stream_read(&s, u, sizeof u);
    u[6] = (uint8_t)((u[6] & 0x0f) | 0x40);
    u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
    (void)snprintf(text, sizeof text,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0],
                   u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13],
                   u[14], u[15]);
    return kz_val_str(kz_str_dup(kz_eval_arena(ev), kz_str(text)));
}

const struct kz_func kz_funcs_random[] = {
    {"randAlphaNum",  "i", rand_alpha_num, NULL},
    {"randAlpha", "i", rand_alpha, NULL},
    {"randNumeric",               "i", rand_numeric, NULL},
    {"randAscii",            "i", rand_ascii, NULL},
    {"randBytes",           "i", rand_bytes, NULL},
    {"randInt",   "ii", rand_int, NULL},
    {"shuffle",   "s", shuffle, NULL},
    {"uuidv4",               "", uuidv4, NULL},
    {0},
};
