/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <math.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;
    if (clock_gettime(id, &ts) != 0)
        return 0;
    return ts.tv_sec * KZ_NS_PER_SEC + ts.tv_nsec;
}

int64_t kz_clock_mono(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

int64_t kz_clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

static struct tm split(int64_t wall)
{
    struct tm tm = {0};
    time_t t = (time_t)(wall / KZ_NS_PER_SEC);
    (void)gmtime_r(&t, &tm);
    return tm;
}

void kz_time_text(char out[KZ_TIME_TEXT], int64_t wall)
{
    struct tm tm = split(wall);
    if (strftime(out, KZ_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        out[0] = '\0';
}

void kz_time_text_micro(char out[KZ_TIME_TEXT], int64_t wall)
{
    struct tm tm = split(wall);
    size_t n = strftime(out, KZ_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(out + n, KZ_TIME_TEXT - n, ".%06dZ", (int)(wall % KZ_NS_PER_SEC / 1000));
}

bool kz_time_parse(int64_t *wall, struct kz_str s)
{
    char text[40];
    struct tm tm = {0};
    if (s.len < 20 || s.len >= sizeof text)
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest == NULL)
        return false;
    int64_t ns = 0;
    if (*rest == '.') {
        int64_t unit = KZ_NS_PER_SEC / 10;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            ns += (*rest - '0') * unit;
    }
    int64_t offset = 0;
    if (*rest == '+' || *rest == '-') {
        struct tm off = {0};
        const char *end = strptime(rest + 1, "%H:%M", &off);
        if (end == NULL)
            return false;
        offset = (off.tm_hour * 60 + off.tm_min) * INT64_C(60) * (*rest == '-' ? -1 : 1);
        rest = end;
    } else if (*rest == 'Z') {
        rest++;
    } else {
        return false;
    }
    if (*rest != '\0')
        return false;
    int64_t sec = (int64_t)timegm(&tm) - offset, out; /* int64_t ns end in the year 2262 */
    if (__builtin_mul_overflow(sec, KZ_NS_PER_SEC, &out) || __builtin_add_overflow(out, ns, &out))
        return false;
    *wall = out;
    return true;
}

bool kz_duration_parse(int64_t *ns, struct kz_str s)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    double total = 0;
    if (kz_str_is(s, "0")) {
        *ns = 0;
        return true;
    }
    if (s.len == 0)
        return false;
    while (s.len > 0) {
        double num = 0, scale = 1;
        size_t i = 0, digits = 0;
        bool fraction = false;
        for (; i < s.len && ((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] == '.' && !fraction));
             i++) {
            if (s.ptr[i] == '.') {
                fraction = true;
                continue;
            }
            digits++;
            num = num * 10 + (s.ptr[i] - '0');
            if (fraction)
                scale *= 10;
        }
        size_t unit = i;
        while (unit < s.len && s.ptr[unit] >= 'a' && s.ptr[unit] <= 'z')
            unit++;
        struct kz_str name = kz_str_n(s.ptr + i, unit - i);
        size_t u = 0;
        while (u < kz_countof(units) && !kz_str_is(name, units[u].name))
            u++;
        if (digits == 0 || digits > 15 || u == kz_countof(units))
            return false;
        total += num / scale * units[u].ns;
        s = kz_str_skip(s, unit);
    }
    if (total > 100.0 * 365 * 24 * 3600e9)
        return false;
    *ns = (int64_t)llround(total);
    return true;
}

void kz_duration_text(char out[KZ_TIME_TEXT], int64_t ns)
{
    long long sec = ns / KZ_NS_PER_SEC;
    if (ns < KZ_NS_PER_SEC)
        (void)snprintf(out, KZ_TIME_TEXT, "%lldms", (long long)(ns / KZ_NS_PER_MS));
    else if (sec < 60)
        (void)snprintf(out, KZ_TIME_TEXT, "%llds", sec);
    else if (sec < 3600 && sec % 60 != 0)
        (void)snprintf(out, KZ_TIME_TEXT, "%lldm%llds", sec / 60, sec % 60);
    else if (sec < 3600)
        (void)snprintf(out, KZ_TIME_TEXT, "%lldm", sec / 60);
    else if (sec < 48 * 3600 && sec % 3600 / 60 != 0)
        (void)snprintf(out, KZ_TIME_TEXT, "%lldh%lldm", sec / 3600, sec % 3600 / 60);
    else if (sec < 48 * 3600)
        (void)snprintf(out, KZ_TIME_TEXT, "%lldh", sec / 3600);
    else
        (void)snprintf(out, KZ_TIME_TEXT, "%lldd", sec / 86400);
}
