/* SPDX-License-Identifier: Apache-2.0 */
#include "template/print.h"

#include "base/utf8.h"

struct rune_range {
    uint32_t low, high;
};

#include "template/rune_table.h"

static bool within(const struct rune_range *table, size_t n, uint32_t r)
{
    size_t from = 0;
    while (n > 0) {
        const size_t half = n / 2;
        if (r > table[from + half].high) {
            from += half + 1;
            n -= half + 1;
        } else if (r < table[from + half].low) {
            n = half;
        } else {
            return true;
        }
    }
    return false;
}

bool kz_rune_is_letter(uint32_t r)
{
    if (r < 0x80)
        return (r | 0x20) >= 'a' && (r | 0x20) <= 'z';
    return within(letters, kz_countof(letters), r);
}

bool kz_rune_is_digit(uint32_t r)
{
    if (r < 0x80)
        return r >= '0' && r <= '9';
    return within(digits, kz_countof(digits), r);
}

bool kz_rune_is_print(uint32_t r)
{
    if (r < 0x80)
        return r >= ' ' && r < 0x7f;
    return within(printable, kz_countof(printable), r);
}

size_t kz_rune_next(struct kz_str s, uint32_t *rune)
{
    if ((unsigned char)s.ptr[0] < 0x80) {
        *rune = (unsigned char)s.ptr[0];
        return 1;
    }
    const size_t n = kz_utf8_next(s, rune);
    if (n > 0)
        return n;
    *rune = 0xfffd;
    return 1;
}
