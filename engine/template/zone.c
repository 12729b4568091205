/* SPDX-License-Identifier: Apache-2.0 */
#include "template/zone.h"

#include <string.h>

#include "template/zone_rule.h"

struct period {
    struct kz_str name;
    int32_t offset;
    bool dst;
};

struct kz_zone {
    struct kz_str name;
    struct period *periods;
    size_t n_periods;
    struct kz_str when, which; /* n big-endian int64, n bytes: which period begins when */
    size_t n;
    struct kz_str rule;  /* for what comes behind the last */
    struct period first; /* before the first */
};

struct kz_str kz_zone_name(const struct kz_zone *z)
{
    return z == NULL ? KZ_STR("UTC") : z->name;
}

const struct kz_zone *kz_zone_fixed(struct kz_arena *a, struct kz_str name, int32_t offset)
{
    struct kz_zone *z = kz_new(a, struct kz_zone);
    z->name = name;
    z->periods = kz_new(a, struct period);
    z->periods[0] = z->first = (struct period){.name = name, .offset = offset};
    z->n_periods = 1;
    return z;
}

/* ---- reading TZif ------------------------------------------------------------------------------ */

static uint64_t big(struct kz_str s, size_t at, size_t bytes)
{
    uint64_t n = 0;
    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | (unsigned char)s.ptr[at + i];
    return n;
}

struct head {
    size_t utc_flags, std_flags, leaps, times, periods, chars;
    char version;
};
enum { HEAD = 44 };

static bool take_head(struct head *h, struct kz_str *s)
{
    if (s->len < HEAD || memcmp(s->ptr, "TZif", 4) != 0)
        return false;
    h->version = s->ptr[4];
    h->utc_flags = big(*s, 20, 4);
    h->std_flags = big(*s, 24, 4);
    h->leaps = big(*s, 28, 4);
    h->times = big(*s, 32, 4);
    h->periods = big(*s, 36, 4);
    h->chars = big(*s, 40, 4);
    *s = kz_str_skip(*s, HEAD);
    return h->periods > 0;
}

static size_t body_len(const struct head *h, size_t width)
{
    return h->times * (width + 1) + h->periods * 6 + h->chars + h->leaps * (width + 4) +
           h->std_flags + h->utc_flags;
}

static struct kz_str take(struct kz_str *s, size_t n)
{
    const struct kz_str head = kz_str_head(*s, n);
    *s = kz_str_skip(*s, n);
    return head;
}

/* What held before the first change: by Go's rule the first period unless it begins later, else the
 * first that is standard time. */
static struct period before_all(const struct kz_zone *z)
{
    bool used = false;
    for (size_t i = 0; i < z->n; i++)
        used |= z->which.ptr[i] == 0;
    if (!used)
        return z->periods[0];
    const size_t first = z->n > 0 ? (unsigned char)z->which.ptr[0] : 0;
    if (z->periods[first].dst)
        for (size_t i = first; i > 0; i--)
            if (!z->periods[i - 1].dst)
                return z->periods[i - 1];
    for (size_t i = 0; i < z->n_periods; i++)
        if (!z->periods[i].dst)
            return z->periods[i];
    return z->periods[0];
}

bool kz_zone_read(const struct kz_zone **out, struct kz_arena *a, struct kz_str name,
                  struct kz_str data)
{
    struct head h;
    struct kz_zone *z = kz_new(a, struct kz_zone);
    if (!take_head(&h, &data) || h.version < '2' || body_len(&h, 4) > data.len)
        return false; /* version 1 has 32-bit times and is not made any more */
    data = kz_str_skip(data, body_len(&h, 4));
    if (!take_head(&h, &data) || body_len(&h, 8) > data.len || h.periods > 256)
        return false;
    z->name = name;
    z->n = h.times;
    z->when = take(&data, h.times * 8);
    z->which = take(&data, h.times);
    const struct kz_str periods = take(&data, h.periods * 6), chars = take(&data, h.chars);
    data = kz_str_skip(data, h.leaps * 12 + h.std_flags + h.utc_flags);
    if (data.len >= 2 && data.ptr[0] == '\n' && data.ptr[data.len - 1] == '\n')
        z->rule = kz_str_n(data.ptr + 1, data.len - 2);
    z->n_periods = h.periods;
    z->periods = kz_new_n(a, struct period, h.periods);
    for (size_t i = 0; i < h.periods; i++) {
        const size_t at = (unsigned char)periods.ptr[i * 6 + 5];
        if (at >= chars.len)
            return false;
        struct kz_str abbr = kz_str_skip(chars, at);
        z->periods[i] = (struct period){.name = kz_str_head(abbr, kz_str_index(abbr, '\0')),
                                        .offset = (int32_t)big(periods, i * 6, 4),
                                        .dst = periods.ptr[i * 6 + 4] != 0};
    }
    for (size_t i = 0; i < z->n; i++)
        if ((unsigned char)z->which.ptr[i] >= z->n_periods)
            return false;
    z->first = before_all(z);
    *out = z;
    return true;
}

bool kz_zone_find(const struct kz_zone **out, struct kz_arena *a, struct kz_str name)
{
    if (name.len == 0 || kz_str_is(name, "UTC")) {
        *out = NULL;
        return true;
    }
    for (size_t at = 0; at < kz_zone_data_len;) {
        const struct kz_str rest = kz_str_n((const char *)kz_zone_data + at, kz_zone_data_len - at);
        const struct kz_str here = kz_str_head(rest, kz_str_index(rest, '\0'));
        const size_t len = (size_t)big(rest, here.len + 1, 4), head = here.len + 5;
        if (kz_str_eq(here, name)) {
            struct kz_str data = kz_str_n(rest.ptr + head, len);
            /* another name of one that was packed before */
            if (!kz_str_starts(data, KZ_STR("TZif")))
                data =
                    kz_str_n((const char *)kz_zone_data + big(data, 0, 4), (size_t)big(data, 4, 4));
            return kz_zone_read(out, a, here, data);
        }
        at += head + len;
    }
    return false;
}

/* ---- asking ------------------------------------------------------------------------------------ */

static int64_t when(const struct kz_zone *z, size_t i)
{
    return (int64_t)big(z->when, i * 8, 8);
}

static struct kz_zone_at at_period(const struct period *p, int64_t start, int64_t end)
{
    return (struct kz_zone_at){
        .name = p->name, .offset = p->offset, .start = start, .end = end, .dst = p->dst};
}

struct kz_zone_at kz_zone_at(const struct kz_zone *z, int64_t sec)
{
    if (z == NULL)
        return (struct kz_zone_at){.name = KZ_STR("UTC"), .start = INT64_MIN, .end = INT64_MAX};
    if (z->n == 0 || sec < when(z, 0))
        return at_period(&z->first, INT64_MIN, z->n > 0 ? when(z, 0) : INT64_MAX);
    size_t low = 0, high = z->n;
    int64_t end = INT64_MAX;
    while (high - low > 1) {
        const size_t mid = low + (high - low) / 2;
        if (sec < when(z, mid)) {
            end = when(z, mid);
            high = mid;
        } else {
            low = mid;
        }
    }
    struct kz_zone_at by_rule;
    if (low == z->n - 1 && kz_zone_rule(&by_rule, z->rule, when(z, low), sec))
        return by_rule;
    return at_period(&z->periods[(unsigned char)z->which.ptr[low]], when(z, low), end);
}

bool kz_zone_named(int32_t *offset, const struct kz_zone *z, struct kz_str abbr, int64_t sec)
{
    if (z == NULL) {
        *offset = 0;
        return kz_str_is(abbr, "UTC");
    }
    for (size_t i = 0; i < z->n_periods; i++) {
        if (!kz_str_eq(z->periods[i].name, abbr))
            continue;
        const struct kz_zone_at at = kz_zone_at(z, sec - z->periods[i].offset);
        if (kz_str_eq(at.name, abbr)) {
            *offset = at.offset;
            return true;
        }
    }
    for (size_t i = 0; i < z->n_periods; i++) {
        if (kz_str_eq(z->periods[i].name, abbr)) {
            *offset = z->periods[i].offset;
            return true;
        }
    }
    return false;
}
