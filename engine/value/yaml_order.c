/* SPDX-License-Identifier: Apache-2.0 */
#include "value/yaml_order.h"

#include "base/utf8.h"

static uint32_t rune_at(struct kz_str s, size_t at, size_t *n)
{
    uint32_t r = 0xFFFD;
    size_t len = at < s.len ? kz_utf8_next(kz_str_skip(s, at), &r) : 0;
    *n = len == 0 ? 1 : len;
    return r;
}

static bool is_digit(uint32_t r)
{
    return r >= '0' && r <= '9';
}

/* Letters in Unicode's sense; beyond ASCII by blocks: signs and symbols in keys are rare. */
static bool is_letter(uint32_t r)
{
    static const struct {
        uint32_t first, last;
    } others[] = {
        {0x00, 0x40},     {0x5B, 0x60},     {0x7B, 0xA9},     {0xAB, 0xB4},   {0xB6, 0xB9},
        {0xBB, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},     {0x300, 0x36F}, {0x2000, 0x2070},
        {0x2072, 0x207E}, {0x20A0, 0x20FF}, {0x2190, 0x2BFF}, {0x2E00, 0x3004},
        {0x3007, 0x3030}, {0xD800, 0xF8FF}, {0xFE00, 0xFE6F}, {0xFEFF, 0xFF20},
        {0xFFE0, 0xFFFF}, {0x1F000, 0x1FFFF}, {0xE0000, 0x10FFFF},
    };
    for (size_t i = 0; i < kz_countof(others); i++)
        if (r <= others[i].last)
            return r < others[i].first;
    return true;
}

/* Is the digit before `at` part of a number that has begun with something other than 0? */
static bool inside_number(struct kz_str s, size_t at)
{
    while (at > 0 && is_digit((unsigned char)s.ptr[at - 1]))
        if (s.ptr[--at] != '0')
            return true;
    return false;
}

static uint64_t number_at(struct kz_str s, size_t at, uint64_t start, size_t *len)
{
    uint64_t num = start;
    size_t n = 0;
    for (; at + n < s.len && is_digit((unsigned char)s.ptr[at + n]); n++)
        num = num * 10 + (uint64_t)(s.ptr[at + n] - '0');
    *len = n;
    return num;
}

static bool inside_char(struct kz_str s, size_t at)
{
    return at < s.len && ((unsigned char)s.ptr[at] & 0xC0) == 0x80;
}

/* Behind characters that both start with. */
static size_t common(struct kz_str a, struct kz_str b)
{
    size_t at = 0;
    while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at])
        at++;
    while (at > 0 && (inside_char(a, at) || inside_char(b, at)))
        at--;
    return at;
}

int kz_yaml_key_cmp(struct kz_str a, struct kz_str b)
{
    size_t at = common(a, b), n, m;
    while (at < a.len && at < b.len) {
        const uint32_t x = rune_at(a, at, &n), y = rune_at(b, at, &m);
        if (x == y) {
            at += n;
            continue;
        }
        if (is_letter(x) || is_letter(y)) {
            if (is_letter(x) && is_letter(y))
                return x < y ? -1 : 1;
            return is_letter(y) ? -1 : 1;
        }
        const uint64_t start = (x == '0' || y == '0') && inside_number(a, at) ? 1 : 0;
        size_t xlen, ylen;
        const int64_t xnum = (int64_t)number_at(a, at, start, &xlen);
        const int64_t ynum = (int64_t)number_at(b, at, start, &ylen);
        if (xnum != ynum)
            return xnum < ynum ? -1 : 1;
        if (xlen != ylen)
            return xlen < ylen ? -1 : 1;
        return x < y ? -1 : 1;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}
