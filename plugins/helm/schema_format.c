/* SPDX-License-Identifier: Apache-2.0
 *
 * The `format` keyword: what Go's parsers take, near enough for values of charts. */
#include "base/regex.h"
#include "helm/schema_impl.h"

#include <arpa/inet.h>
#include <string.h>

static bool matches(const char *pattern, struct kz_str s)
{
    struct kz_regex *re;
    struct kz_err err;
    if (kz_regex_new(&re, kz_str(pattern), &err) < 0)
        return false;
    const bool ok = kz_regex_match(re, s);
    kz_regex_free(re);
    return ok;
}

static bool two(struct kz_str s, size_t at, unsigned low, unsigned high)
{
    if (at + 2 > s.len || s.ptr[at] < '0' || s.ptr[at] > '9' || s.ptr[at + 1] < '0' ||
        s.ptr[at + 1] > '9')
        return false;
    const unsigned n = (unsigned)(s.ptr[at] - '0') * 10 + (unsigned)(s.ptr[at + 1] - '0');
    return n >= low && n <= high;
}

static bool is_date(struct kz_str s)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (s.len != 10 || s.ptr[4] != '-' || s.ptr[7] != '-' || !two(s, 0, 0, 99) ||
        !two(s, 2, 0, 99) || !two(s, 5, 1, 12))
        return false;
    const unsigned year = (unsigned)strtoul(s.ptr, NULL, 10),
                   month = (unsigned)(s.ptr[5] - '0') * 10 + (unsigned)(s.ptr[6] - '0');
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return two(s, 8, 1, days[month - 1] + (month == 2 && leap));
}

/* "15:04:05" with a fraction of seconds, as time.Parse takes it. Answers its length, or 0. */
static size_t clock_len(struct kz_str s)
{
    size_t n = 8;
    if (s.len < 8 || !two(s, 0, 0, 23) || s.ptr[2] != ':' || !two(s, 3, 0, 59) || s.ptr[5] != ':' ||
        !two(s, 6, 0, 59))
        return 0;
    if (n + 1 < s.len && (s.ptr[n] == '.' || s.ptr[n] == ',') && s.ptr[n + 1] >= '0' &&
        s.ptr[n + 1] <= '9')
        for (n++; n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9';)
            n++;
    return n;
}

static bool is_zone(struct kz_str s)
{
    return kz_str_is(s, "Z") || (s.len == 6 && (s.ptr[0] == '+' || s.ptr[0] == '-') &&
                                 two(s, 1, 0, 24) && s.ptr[3] == ':' && two(s, 4, 0, 60));
}

static bool is_time(struct kz_str s)
{
    const size_t n = clock_len(s);
    return n > 0 && (n == s.len || is_zone(kz_str_skip(s, n)));
}

static bool is_date_time(struct kz_str s)
{
    if (is_date(s) || is_time(s))
        return true;
    if (s.len < 12 || s.ptr[10] != 'T' || !is_date(kz_str_head(s, 10)))
        return false;
    s = kz_str_skip(s, 11);
    const size_t n = clock_len(s);
    return n > 0 && is_zone(kz_str_skip(s, n));
}

static bool is_hostname(struct kz_str s)
{
    return s.len < 256 && matches("^([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9])"
                                  "(\\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9]))*$",
                                  s);
}

static bool is_email(struct kz_str s)
{
    static const char atom[] =
        "[^\\x00-\\x20()<>@,;:\\\\\".\\[\\]\\x7f]+(\\.[^\\x00-\\x20()<>@,;:\\\\\".\\[\\]\\x7f]+)*";
    char pattern[1024];
    (void)snprintf(pattern, sizeof pattern,
                   "^[ \\t]*(%s|\"[^\"\\x00]*\")@(%s|\\[[0-9A-Fa-f.:IPv]+\\])[ \\t]*$", atom, atom);
    if (matches(pattern, s))
        return true;
    const size_t open = kz_str_rindex(s, '<'); /* Name <address> */
    return open < s.len && kz_str_ends(s, KZ_STR(">")) &&
           matches(pattern, kz_str_n(s.ptr + open + 1, s.len - open - 2));
}

static bool is_ip(struct kz_str s, int family)
{
    char text[64];
    unsigned char addr[16];
    if (s.len == 0 || s.len >= sizeof text || memchr(s.ptr, 0, s.len) != NULL)
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return inet_pton(family, text, addr) == 1;
}

static bool is_ipv4(struct kz_str s) /* an IPv6 address that ends in one has a dot, too */
{
    return is_ip(s, AF_INET) || (kz_str_index(s, '.') < s.len && is_ip(s, AF_INET6));
}

static bool is_ipv6(struct kz_str s)
{
    return is_ip(s, AF_INET6);
}

static bool hexdigit(char c)
{
    const char low = (char)(c | 0x20);
    return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'f');
}

/* url.Parse: control bytes, half escapes, bad hosts and ports, a colon before the first slash. */
static bool is_reference(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7F || s.ptr[i] == '\\')
            return false;
        if (s.ptr[i] == '%' &&
            (i + 2 >= s.len || !hexdigit(s.ptr[i + 1]) || !hexdigit(s.ptr[i + 2])))
            return kz_str_index(kz_str_head(s, i), '?') < i; /* a query is not unescaped */
    }
    if (s.len > 0 && s.ptr[0] == ':')
        return false;
    if (matches("^[a-zA-Z][a-zA-Z0-9+.-]*:", s))
        s = kz_str_skip(s, kz_str_index(s, ':') + 1);
    else if (kz_str_index(s, ':') <
                 kz_str_index(
                     kz_str_head(s, kz_str_index(kz_str_head(s, kz_str_index(s, '#')), '?')),
                     '/') &&
             kz_str_index(s, ':') < kz_str_index(s, '?') &&
             kz_str_index(s, ':') < kz_str_index(s, '#'))
        return false;
    if (!kz_str_starts(s, KZ_STR("//")))
        return true;
    return matches("^//([^/?#@ ]*@)?(\\[[^\\]]*\\]|[^/?#@: <>\"\\[\\]^`{|}]*)(:[0-9]*)?([/?#]|$)",
                   s);
}

static bool is_uri(struct kz_str s)
{
    return is_reference(s) && matches("^[a-zA-Z][a-zA-Z0-9+.-]*:", s);
}

static bool is_uri_template(struct kz_str s)
{
    return is_reference(s) && matches("^([^{]*({[^}]*})?)*$", kz_str_head(s, kz_str_index(s, '?')));
}

static bool is_uuid(struct kz_str s)
{
    return matches("^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$", s);
}

static bool is_regex(struct kz_str s)
{
    struct kz_regex *re;
    struct kz_err err;
    if (kz_regex_new(&re, s, &err) < 0)
        return false;
    kz_regex_free(re);
    return true;
}

static bool is_pointer(struct kz_str s)
{
    return matches("^(?:/(?:[^~/]|~0|~1)*)*$", s);
}

static bool is_relative_pointer(struct kz_str s)
{
    return matches("^(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~0|~1)*)*)$", s);
}

static const struct {
    const char *name;
    bool (*ok)(struct kz_str s);
} formats[] = {
    {"date",                  is_date            },
    {"time",                  is_time            },
    {"date-time",             is_date_time       },
    {"hostname",              is_hostname        },
    {"email",                 is_email           },
    {"idn-email",             is_email           },
    {"ipv4",                  is_ipv4            },
    {"ipv6",                  is_ipv6            },
    {"uri",                   is_uri             },
    {"uri-reference",         is_reference       },
    {"iri",                   is_uri             },
    {"iri-reference",         is_reference       },
    {"uri-template",          is_uri_template    },
    {"uuid",                  is_uuid            },
    {"regex",                 is_regex           },
    {"json-pointer",          is_pointer         },
    {"relative-json-pointer", is_relative_pointer},
};

bool kz_schema_format_known(struct kz_str format)
{
    for (size_t i = 0; i < kz_countof(formats); i++)
        if (kz_str_is(format, formats[i].name))
            return true;
    return false;
}

bool kz_schema_format_ok(struct kz_str format, struct kz_str text)
{
    for (size_t i = 0; i < kz_countof(formats); i++)
        if (kz_str_is(format, formats[i].name))
            return formats[i].ok(text);
    return true;
}
