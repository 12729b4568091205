/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/formats.h"

static bool lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

bool kz_is_label(struct kz_str s)
{
    if (s.len == 0 || s.len > 63 || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!lower(s.ptr[i]) && !digit(s.ptr[i]) && s.ptr[i] != '-')
            return false;
    return true;
}

bool kz_is_subdomain(struct kz_str s)
{
    if (s.len == 0 || s.len > 253 || s.ptr[s.len - 1] == '.')
        return false;
    while (s.len > 0) {
        struct kz_str label;
        s = kz_str_cut(&label, s, '.');
        if (!kz_is_label(label))
            return false;
    }
    return true;
}

bool kz_is_kind(struct kz_str s)
{
    if (s.len == 0 || s.len > 63 || !upper(s.ptr[0]))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!lower(s.ptr[i]) && !upper(s.ptr[i]) && !digit(s.ptr[i]))
            return false;
    return true;
}

bool kz_is_pointer(struct kz_str s)
{
    if (s.len > 0 && s.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '~' && (i + 1 == s.len || (s.ptr[i + 1] != '0' && s.ptr[i + 1] != '1')))
            return false;
    return kz_is_text(s);
}

/* One of the five fields: a list of "*", "N", "N-M", each with an optional "/STEP". */
static bool cron_field(struct kz_str s, uint64_t least, uint64_t most)
{
    if (s.len == 0 || s.ptr[s.len - 1] == ',')
        return false;
    while (s.len > 0) {
        struct kz_str item, range, from;
        uint64_t a, b, step;
        s = kz_str_cut(&item, s, ',');
        struct kz_str by = kz_str_cut(&range, item, '/');
        if (range.len < item.len && (!kz_str_u64(&step, by) || step == 0 || step > most))
            return false;
        if (kz_str_is(range, "*"))
            continue;
        struct kz_str to = kz_str_cut(&from, range, '-');
        if (!kz_str_u64(&a, from))
            return false;
        b = a;
        if (from.len < range.len && !kz_str_u64(&b, to))
            return false;
        if (a < least || b > most || a > b)
            return false;
    }
    return true;
}

bool kz_is_cron(struct kz_str s)
{
    static const struct {
        uint64_t least, most;
    } fields[] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}};
    for (size_t i = 0; i < kz_countof(fields); i++) {
        struct kz_str field;
        s = kz_str_cut(&field, s, ' ');
        if (!cron_field(field, fields[i].least, fields[i].most))
            return false;
        while (s.len > 0 && s.ptr[0] == ' ')
            s = kz_str_skip(s, 1);
    }
    return s.len == 0;
}

bool kz_is_zone(struct kz_str s)
{
    if (s.len == 0 || s.len > 64 || !upper(s.ptr[0]))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool joint = c == '/' || c == '_' || c == '-' || c == '+';
        if (!lower(c) && !upper(c) && !digit(c) && (!joint || i + 1 == s.len))
            return false;
    }
    return true;
}

bool kz_is_http_url(struct kz_str s)
{
    struct kz_str rest = kz_str_skip(s, kz_str_starts(s, KZ_STR("https://")) ? 8 : 7), host;
    if (!kz_str_starts(s, KZ_STR("https://")) && !kz_str_starts(s, KZ_STR("http://")))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || (unsigned char)s.ptr[i] >= 0x7F)
            return false;
    (void)kz_str_cut(&host, rest, '/');
    return s.len <= 2048 && host.len > 0 && kz_str_index(host, '@') == host.len;
}

static struct kz_str without_blanks(struct kz_str s)
{
    while (s.len > 0 && (s.ptr[0] == '\n' || s.ptr[0] == '\r' || s.ptr[0] == ' '))
        s = kz_str_skip(s, 1);
    return s;
}

bool kz_is_pem(struct kz_str s)
{
    const struct kz_str begin = KZ_STR("-----BEGIN CERTIFICATE-----"), end = KZ_STR("-----END CERTIFICATE-----");
    if (s.len > 64 << 10)
        return false;
    size_t n = 0;
    for (s = without_blanks(s); s.len > 0; s = without_blanks(s), n++) {
        if (!kz_str_starts(s, begin))
            return false;
        for (s = kz_str_skip(s, begin.len); s.len > 0 && s.ptr[0] != '-'; s = kz_str_skip(s, 1)) {
            char c = s.ptr[0];
            bool base64 = lower(c) || upper(c) || digit(c) || c == '+' || c == '/' || c == '=';
            if (!base64 && c != '\n' && c != '\r')
                return false;
        }
        if (!kz_str_starts(s, end))
            return false;
        s = kz_str_skip(s, end.len);
    }
    return n > 0;
}

bool kz_is_text(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7F)
            return false;
    return true;
}
