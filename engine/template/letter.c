/* SPDX-License-Identifier: Apache-2.0 */
#include "template/letter.h"

#include "base/utf8.h"

struct letter_case {
    uint32_t low, high;
    int32_t delta[3]; /* to upper, lower, title; ALTERNATE: upper and lower take turns */
};
struct letter_range {
    uint32_t low, high, step; /* every character, or every second */
};
enum { ALTERNATE = 0x110000 };
enum { TO_UPPER, TO_LOWER, TO_TITLE };

#include "template/letter_table.h"

static uint32_t map(uint32_t r, unsigned to)
{
    size_t from = 0, n = kz_countof(cases);
    while (n > 0) {
        const size_t half = n / 2;
        const struct letter_case *c = &cases[from + half];
        if (r > c->high) {
            from += half + 1;
            n -= half + 1;
        } else if (r < c->low) {
            n = half;
        } else if (c->delta[to] >= ALTERNATE) {
            return c->low + (((r - c->low) & ~1U) | (to == TO_LOWER));
        } else {
            return (uint32_t)((int32_t)r + c->delta[to]);
        }
    }
    return r;
}

static bool within(const struct letter_range *table, size_t n, uint32_t r)
{
    size_t from = 0;
    while (n > 0) {
        const size_t half = n / 2;
        const struct letter_range *range = &table[from + half];
        if (r > range->high) {
            from += half + 1;
            n -= half + 1;
        } else if (r < range->low) {
            n = half;
        } else {
            return (r - range->low) % range->step == 0;
        }
    }
    return false;
}

uint32_t kz_rune_upper(uint32_t r)
{
    if (r < 0x80)
        return r >= 'a' && r <= 'z' ? r - 0x20 : r;
    return map(r, TO_UPPER);
}

uint32_t kz_rune_lower(uint32_t r)
{
    if (r < 0x80)
        return r >= 'A' && r <= 'Z' ? r + 0x20 : r;
    return map(r, TO_LOWER);
}

uint32_t kz_rune_title(uint32_t r)
{
    return r < 0x80 ? kz_rune_upper(r) : map(r, TO_TITLE);
}

bool kz_rune_is_upper(uint32_t r)
{
    return within(uppers, kz_countof(uppers), r);
}

bool kz_rune_is_lower(uint32_t r)
{
    return within(lowers, kz_countof(lowers), r);
}

bool kz_rune_is_title(uint32_t r)
{
    return within(titles, kz_countof(titles), r);
}

bool kz_rune_is_punct(uint32_t r)
{
    return within(puncts, kz_countof(puncts), r);
}

bool kz_rune_is_number(uint32_t r)
{
    return within(numbers, kz_countof(numbers), r);
}

bool kz_rune_is_space(uint32_t r)
{
    if (r <= ' ')
        return r == ' ' || (r >= '\t' && r <= '\r');
    return r == 0x85 || r == 0xA0 || r == 0x1680 || (r >= 0x2000 && r <= 0x200A) || r == 0x2028 ||
           r == 0x2029 || r == 0x202F || r == 0x205F || r == 0x3000;
}

void kz_rune_put(struct kz_buf *b, uint32_t r)
{
    char text[4];
    kz_buf_add(b, text, kz_utf8_put(text, r));
}
