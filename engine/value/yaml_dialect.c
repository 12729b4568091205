/* SPDX-License-Identifier: Apache-2.0 */
#include "value/yaml_dialect.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 3 }; /* of a mark, and of what stands for it */
static const char mark[] = "\xEF\xBB\xBF", quote[] = "\\'";

/* An escape in a quoted scalar, \uE012 or \U0000E012, makes such a character, too. */
static void note_escapes(bool used[64 * 64], struct kz_str text)
{
    const char *const end = text.ptr + text.len;
    for (const char *at = text.ptr; (at = memchr(at, '\\', (size_t)(end - at))) != NULL; at++) {
        const size_t digits = end - at < 2 ? 0 : at[1] == 'u' ? 4 : at[1] == 'U' ? 8 : 0;
        char hex[9] = "", *rest;
        if (digits == 0 || (size_t)(end - at) < 2 + digits)
            continue;
        memcpy(hex, at + 2, digits);
        const unsigned long c = strtoul(hex, &rest, 16);
        if (*rest == '\0' && c >= 0xE000 && c <= 0xEFFF)
            used[c - 0xE000] = true;
    }
}

/* The first two of U+E000..U+EFFF, for private use, that text has not: 0xEE and 6 bits in each of two
 * bytes. */
static bool choose(char out[2][WIDTH], struct kz_str text)
{
    bool used[64 * 64] = {false};
    const char *const end = text.ptr + text.len;
    size_t n = 0;
    for (const char *at = text.ptr; (at = memchr(at, 0xEE, (size_t)(end - at))) != NULL; at++)
        if (end - at >= WIDTH)
            used[(at[1] & 63) * 64 + (at[2] & 63)] = true;
    note_escapes(used, text);
    for (size_t i = 0; i < kz_countof(used) && n < 2; i++)
        if (!used[i]) {
            out[n][0] = (char)0xEE;
            out[n][1] = (char)(0x80 | i / 64);
            out[n++][2] = (char)(0x80 | i % 64);
        }
    return n == 2;
}

/* At the start of the text, or of the line behind "---". */
static bool is_skipped(struct kz_str text, const char *at)
{
    const char *line = at;
    if (at == text.ptr)
        return true;
    if (line[-1] != '\n')
        return false;
    for (line--; line > text.ptr && line[-1] != '\n';)
        line--;
    return kz_str_starts(kz_str_n(line, (size_t)(at - line)), KZ_STR("---"));
}

/* Is the backslash at `at` escaped itself? */
static bool is_escaped(struct kz_str text, const char *at)
{
    const char *p = at;
    while (p > text.ptr && p[-1] == '\\')
        p--;
    return (at - p) % 2 != 0;
}

static size_t count(struct kz_str text, const char *what, size_t len)
{
    const char *const end = text.ptr + text.len;
    size_t n = 0;
    for (const char *at = text.ptr; (at = memmem(at, (size_t)(end - at), what, len)) != NULL; n++)
        at += len;
    return n;
}

struct kz_str kz_yaml_dialect_hide(struct kz_yaml_dialect *d, struct kz_arena *a,
                                   struct kz_str text)
{
    char chosen[2][WIDTH];
    *d = (struct kz_yaml_dialect){{0}, {0}};
    if (text.len == 0)
        return text;
    const size_t marks = count(text, mark, WIDTH), quotes = count(text, quote, 2);
    if ((marks == 0 && quotes == 0) || !choose(chosen, text))
        return text;
    memcpy(d->mark, chosen[0], WIDTH);
    memcpy(d->slash, chosen[1], WIDTH);
    char *copy = kz_arena_bytes(a, text.len + quotes * (WIDTH - 1));
    size_t n = 0;
    for (size_t i = 0; i < text.len;) {
        const struct kz_str rest = kz_str_skip(text, i);
        if (marks > 0 && kz_str_starts(rest, kz_str(mark)) && !is_skipped(text, rest.ptr)) {
            memcpy(copy + n, d->mark, WIDTH);
            n += WIDTH;
            i += WIDTH;
        } else if (quotes > 0 && kz_str_starts(rest, kz_str(quote)) &&
                   !is_escaped(text, rest.ptr)) {
            memcpy(copy + n, d->slash, WIDTH);
            n += WIDTH;
            i++;
        } else {
            copy[n++] = text.ptr[i++];
        }
    }
    return kz_str_n(copy, n);
}

size_t kz_yaml_dialect_show(const struct kz_yaml_dialect *d, char *text, size_t len,
                            bool in_double)
{
    size_t n = 0;
    if (d->mark[0] == 0)
        return len;
    for (size_t i = 0; i < len;) {
        const bool has_rune = len - i >= WIDTH;
        if (has_rune && memcmp(text + i, d->mark, WIDTH) == 0) {
            memcpy(text + n, mark, WIDTH);
            n += WIDTH;
            i += WIDTH;
        } else if (has_rune && memcmp(text + i, d->slash, WIDTH) == 0) {
            if (!in_double)
                text[n++] = '\\';
            i += WIDTH;
        } else {
            text[n++] = text[i++];
        }
    }
    return n;
}
