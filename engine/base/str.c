/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

KZ_NORETURN void kz_bug(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "bug: kzsync: %s:%d: %s\n  report this line; the process ends here\n", file,
                  line, what);
    abort();
}

int kz_str_cmp(struct kz_str a, struct kz_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);
    if (c != 0)
        return c;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool kz_str_has(struct kz_str s, struct kz_str part)
{
    return part.len == 0 || (s.len >= part.len && memmem(s.ptr, s.len, part.ptr, part.len) != NULL);
}

size_t kz_str_rindex(struct kz_str s, char c)
{
    const char *at = s.len == 0 ? NULL : memrchr(s.ptr, c, s.len);
    return at == NULL ? s.len : (size_t)(at - s.ptr);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct kz_str kz_str_trim(struct kz_str s)
{
    while (s.len > 0 && blank(s.ptr[0]))
        s = kz_str_skip(s, 1);
    while (s.len > 0 && blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool kz_str_lists(struct kz_str list, struct kz_str word)
{
    while (list.len > 0) {
        struct kz_str one;
        list = kz_str_cut(&one, list, ',');
        if (kz_str_eq(kz_str_trim(one), word))
            return true;
    }
    return false;
}

bool kz_str_u64(uint64_t *out, struct kz_str s)
{
    uint64_t v = 0;
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        unsigned digit = (unsigned)(s.ptr[i] - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

bool kz_str_i64(int64_t *out, struct kz_str s)
{
    bool minus = s.len > 0 && s.ptr[0] == '-';
    uint64_t v;
    if (!kz_str_u64(&v, minus ? kz_str_skip(s, 1) : s))
        return false;
    if (v > (uint64_t)INT64_MAX + (minus ? 1 : 0))
        return false;
    *out = minus ? (v == 0 ? 0 : -(int64_t)(v - 1) - 1) : (int64_t)v;
    return true;
}

unsigned kz_str_distance(struct kz_str a, struct kz_str b)
{
    enum { MAX = 64 };
    unsigned char row[3][MAX + 1]; /* row[i % 3] holds the costs for a[0..i) */
    if (a.len > MAX || b.len > MAX)
        return MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[0][j] = (unsigned char)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned char *now = row[i % 3], *prev = row[(i + 2) % 3], *prev2 = row[(i + 1) % 3];
        now[0] = (unsigned char)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned best = prev[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            if (prev[j] + 1U < best)
                best = prev[j] + 1U;
            if (now[j - 1] + 1U < best)
                best = now[j - 1] + 1U;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                prev2[j - 2] + 1U < best)
                best = prev2[j - 2] + 1U;
            now[j] = (unsigned char)best;
        }
    }
    return row[a.len % 3][b.len];
}
