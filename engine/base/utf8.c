/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

size_t kz_utf8_next(struct kz_str s, uint32_t *rune)
{
    /* by the lead byte's length: payload mask of the lead, smallest code point that needs it */
    static const struct {
        uint8_t mask;
        uint32_t least;
    } form[5] = {
        {0,    0      },
        {0x7F, 0      },
        {0x1F, 0x80   },
        {0x0F, 0x800  },
        {0x07, 0x10000}
    };
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t len = p[0] < 0x80             ? 1
                 : (p[0] & 0xE0) == 0xC0 ? 2
                 : (p[0] & 0xF0) == 0xE0 ? 3
                 : (p[0] & 0xF8) == 0xF0 ? 4
                                         : 0;
    if (len == 0 || len > s.len)
        return 0;
    uint32_t r = p[0] & form[len].mask;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        r = r << 6 | (p[i] & 0x3FU);
    }
    if (r < form[len].least || r > 0x10FFFF || (r >= 0xD800 && r <= 0xDFFF))
        return 0;
    *rune = r;
    return len;
}

size_t kz_utf8_bad(struct kz_str s)
{
    size_t at = 0;
    while (at < s.len) {
        uint64_t word;
        if (s.len - at >= sizeof word) {
            memcpy(&word, s.ptr + at, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof word;
                continue;
            }
        }
        uint32_t rune;
        size_t n = kz_utf8_next(kz_str_skip(s, at), &rune);
        if (n == 0)
            return at;
        at += n;
    }
    return s.len;
}

struct kz_str kz_utf8_cut(struct kz_str s, size_t max)
{
    if (s.len <= max)
        return s;
    while (max > 0 && ((unsigned char)s.ptr[max] & 0xC0) == 0x80)
        max--;
    return kz_str_head(s, max);
}

size_t kz_utf8_put(char out[4], uint32_t rune)
{
    if (rune < 0x80) {
        out[0] = (char)rune;
        return 1;
    }
    size_t len = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len; i-- > 1; rune >>= 6)
        out[i] = (char)(0x80 | (rune & 0x3F));
    out[0] = (char)(lead[len] | rune);
    return len;
}
