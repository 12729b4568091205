/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: URLs as Go's net/url (1.23) takes them apart and puts them together, and the look-up of host
 * names that helm answers with "". */
#include "template/funcs.h"
#include "template/print.h"

#include <string.h>

#include "base/utf8.h"

enum part { PART_PATH, PART_HOST, PART_ZONE, PART_USER, PART_FRAGMENT };

struct url {
    struct kz_str scheme, opaque, user, password, host, path, query, fragment;
    bool has_user, has_password, no_host;
};

/* ---- escaping ---------------------------------------------------------------------------------- */

static bool alnum(unsigned char c)
{
    const unsigned char low = c | 0x20;
    return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'z');
}

static bool must_escape(unsigned char c, enum part part)
{
    static const char *const as_is[] = {
        [PART_PATH] = "-_.~$&+,/:;=@",
        [PART_HOST] = "-_.~!$&'()*+,;=:[]<>\"",
        [PART_ZONE] = "-_.~!$&'()*+,;=:[]<>\"",
        [PART_USER] = "-_.~$&+,;=",
        [PART_FRAGMENT] = "-_.~$&+,/:;=?@!()*",
    };
    return !alnum(c) && (c == 0 || strchr(as_is[part], c) == NULL);
}

static void escape(struct kz_buf *b, struct kz_str s, enum part part)
{
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (must_escape(c, part))
            kz_buf_printf(b, "%%%02X", c);
        else
            kz_buf_putc(b, (char)c);
    }
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is wrong with a URL, in Go's words; at least one %s text is the URL's. */
struct why {
    struct kz_arena *a;
    struct kz_str text;
};

static struct kz_str quoted(struct kz_arena *a, struct kz_str s)
{
    struct kz_buf b = KZ_BUF(SIZE_MAX / 2);
    kz_print_quoted(&b, s, KZ_QUOTE_PLAIN);
    const struct kz_str out = kz_str_dup(a, kz_buf_str(&b));
    kz_buf_done(&b);
    return out;
}

static bool wrong(struct why *w, const char *text)
{
    w->text = kz_str(text);
    return false;
}

static bool wrong_escape(struct why *w, struct kz_str s)
{
    const struct kz_str text = quoted(w->a, kz_str_head(s, 3));
    w->text = kz_str_printf(w->a, "invalid URL escape " KZ_FMT, KZ_ARG(text));
    return false;
}

static bool unescape(struct kz_str *out, struct why *w, struct kz_str s, enum part part)
{
    char *to = kz_arena_bytes(w->a, s.len);
    const bool host = part == PART_HOST || part == PART_ZONE;
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (c != '%') {
            if (host && c < 0x80 && must_escape(c, part)) {
                w->text = kz_str_printf(w->a, "invalid character " KZ_FMT " in host name",
                                        KZ_ARG(quoted(w->a, kz_str_n(s.ptr + i, 1))));
                return false;
            }
            to[n++] = (char)c;
            continue;
        }
        const struct kz_str at = kz_str_skip(s, i);
        if (at.len < 3 || hex(at.ptr[1]) < 0 || hex(at.ptr[2]) < 0)
            return wrong_escape(w, at);
        const int byte = hex(at.ptr[1]) << 4 | hex(at.ptr[2]);
        const bool percent = byte == '%'; /* "%25" */
        if (part == PART_HOST && byte < 0x80 && !percent)
            return wrong_escape(w, at);
        if (part == PART_ZONE && !percent && byte != ' ' && must_escape((unsigned char)byte, PART_HOST))
            return wrong_escape(w, at);
        to[n++] = (char)byte;
        i += 2;
    }
    *out = kz_str_n(to, n);
    return true;
}

/* ---- taking apart ------------------------------------------------------------------------------ */

/* 1: a scheme was cut off, 0: there is none, -1: it is empty. */
static int take_scheme(struct kz_str *scheme, struct kz_str *s)
{
    for (size_t i = 0; i < s->len; i++) {
        const unsigned char c = (unsigned char)s->ptr[i], low = c | 0x20;
        if (low >= 'a' && low <= 'z')
            continue;
        if (c == ':' && i == 0)
            return -1;
        if (c == ':') {
            *scheme = kz_str_head(*s, i);
            *s = kz_str_skip(*s, i + 1);
            return 1;
        }
        if (i == 0 || c == 0 || (!alnum(c) && strchr("+-.", c) == NULL))
            return 0;
    }
    return 0;
}

static bool valid_port(struct kz_str s)
{
    if (s.len > 0 && s.ptr[0] != ':')
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return true;
}

static bool check_port(struct why *w, struct kz_str port)
{
    if (valid_port(port))
        return true;
    w->text = kz_str_printf(w->a, "invalid port " KZ_FMT " after host", KZ_ARG(quoted(w->a, port)));
    return false;
}

static size_t find(struct kz_str s, struct kz_str part)
{
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (memcmp(s.ptr + i, part.ptr, part.len) == 0)
            return i;
    return s.len;
}

static bool parse_host(struct kz_str *out, struct why *w, struct kz_str host)
{
    if (!kz_str_starts(host, KZ_STR("["))) {
        const size_t colon = kz_str_rindex(host, ':');
        return (colon == host.len || check_port(w, kz_str_skip(host, colon))) &&
               unescape(out, w, host, PART_HOST);
    }
    const size_t end = kz_str_rindex(host, ']');
    if (end == host.len)
        return wrong(w, "missing ']' in host");
    if (!check_port(w, kz_str_skip(host, end + 1)))
        return false;
    const size_t zone = find(kz_str_head(host, end), KZ_STR("%25"));
    if (zone >= end)
        return unescape(out, w, host, PART_HOST);
    struct kz_str a, b, c;
    if (!unescape(&a, w, kz_str_head(host, zone), PART_HOST) ||
        !unescape(&b, w, kz_str_n(host.ptr + zone, end - zone), PART_ZONE) ||
        !unescape(&c, w, kz_str_skip(host, end), PART_HOST))
        return false;
    *out = kz_str_printf(w->a, KZ_FMT KZ_FMT KZ_FMT, KZ_ARG(a), KZ_ARG(b), KZ_ARG(c));
    return true;
}

static bool valid_user(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!alnum((unsigned char)s.ptr[i]) &&
            (s.ptr[i] == 0 || strchr("-._:~!$&'()*+,;=%@", s.ptr[i]) == NULL))
            return false;
    return true;
}

static bool parse_authority(struct url *u, struct why *w, struct kz_str s)
{
    const size_t at = kz_str_rindex(s, '@');
    if (at == s.len)
        return parse_host(&u->host, w, s);
    if (!parse_host(&u->host, w, kz_str_skip(s, at + 1)))
        return false;
    struct kz_str info = kz_str_head(s, at), user;
    if (!valid_user(info))
        return wrong(w, "net/url: invalid userinfo");
    u->has_user = true;
    u->has_password = kz_str_index(info, ':') < info.len;
    const struct kz_str password = kz_str_cut(&user, info, ':');
    return unescape(&u->user, w, user, PART_USER) &&
           (!u->has_password || unescape(&u->password, w, password, PART_USER));
}

static struct kz_str lower(struct kz_arena *a, struct kz_str s)
{
    char *to = kz_arena_bytes(a, s.len);
    for (size_t i = 0; i < s.len; i++)
        to[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] | 0x20) : s.ptr[i];
    return kz_str_n(to, s.len);
}

static bool parse_body(struct url *u, struct why *w, struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
            return wrong(w, "net/url: invalid control character in URL");
    if (kz_str_is(s, "*")) {
        u->path = s;
        return true;
    }
    const int has_scheme = take_scheme(&u->scheme, &s);
    if (has_scheme < 0)
        return wrong(w, "missing protocol scheme");
    u->scheme = lower(w->a, u->scheme);
    u->query = kz_str_cut(&s, s, '?');
    const bool slash = kz_str_starts(s, KZ_STR("/"));
    if (!slash && has_scheme > 0) {
        u->opaque = s;
        return true;
    }
    if (!slash && kz_str_index(kz_str_head(s, kz_str_index(s, '/')), ':') < kz_str_index(s, '/'))
        return wrong(w, "first path segment in URL cannot contain colon");
    if (kz_str_starts(s, KZ_STR("//")) && (has_scheme > 0 || !kz_str_starts(s, KZ_STR("///")))) {
        const struct kz_str rest = kz_str_skip(s, 2);
        const size_t end = kz_str_index(rest, '/');
        if (!parse_authority(u, w, kz_str_head(rest, end)))
            return false;
        s = kz_str_skip(rest, end);
    }
    return unescape(&u->path, w, s, PART_PATH);
}

/* Go's url.Parse; false: *why is the whole error text. */
static bool parse(struct url *u, struct kz_str *why, struct kz_arena *a, struct kz_str s)
{
    struct why w = {.a = a};
    struct kz_str blamed, fragment;
    *u = (struct url){0};
    fragment = kz_str_cut(&blamed, s, '#');
    bool good = parse_body(u, &w, blamed);
    if (good && fragment.len > 0) {
        blamed = s;
        good = unescape(&u->fragment, &w, fragment, PART_FRAGMENT);
    }
    if (!good)
        *why = kz_str_printf(a, "parse " KZ_FMT ": " KZ_FMT, KZ_ARG(quoted(a, blamed)), KZ_ARG(w.text));
    return good;
}

static void put_user(struct kz_buf *b, const struct url *u)
{
    escape(b, u->user, PART_USER);
    if (!u->has_password)
        return;
    kz_buf_putc(b, ':');
    escape(b, u->password, PART_USER);
}

static struct kz_str host_name(struct kz_str host)
{
    const size_t colon = kz_str_rindex(host, ':');
    if (colon < host.len && valid_port(kz_str_skip(host, colon)))
        host = kz_str_head(host, colon);
    if (kz_str_starts(host, KZ_STR("[")) && kz_str_ends(host, KZ_STR("]")))
        host = kz_str_n(host.ptr + 1, host.len - 2);
    return host;
}

static struct kz_val url_parse(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct url u;
    struct kz_str why;
    (void)argc;
    if (!parse(&u, &why, a, argv[0].as.str))
        return kz_eval_fail(ev, "unable to parse url: " KZ_FMT, KZ_ARG(why));
    struct kz_buf *b = kz_eval_buf(ev);
    if (u.has_user)
        put_user(b, &u);
    const struct {
        const char *key;
        struct kz_str val;
    } parts[] = {
        {"scheme", u.scheme}, {"host", u.host},         {"hostname", host_name(u.host)},
        {"path", u.path},     {"query", u.query},       {"opaque", u.opaque},
        {"fragment", u.fragment}, {"userinfo", kz_eval_text(ev, b)},
    };
    struct kz_dict *d = kz_dict_new(a, kz_countof(parts));
    for (size_t i = 0; i < kz_countof(parts); i++)
        kz_dict_set(a, d, kz_str(parts[i].key), kz_val_str(parts[i].val));
    return kz_val_dict(d);
}

/* ---- putting together -------------------------------------------------------------------------- */

/* A text of the map, "" when it is not there; false: it is no text, and the evaluation has failed. */
static bool take(struct kz_str *out, struct kz_eval *ev, const struct kz_dict *d, const char *key)
{
    const struct kz_val *v = kz_dict_find(d, kz_str(key));
    *out = v == NULL || kz_val_kind(*v) != KZ_GO_STRING ? KZ_STR("") : v->as.str;
    if (v == NULL || kz_val_kind(*v) == KZ_GO_STRING)
        return true;
    if (v->type == NULL)
        (void)kz_eval_fail(ev, "runtime error: invalid memory address or nil pointer dereference");
    else
        (void)kz_eval_fail(ev, "unable to parse %s key, must be of type string, but %s found", key,
                           kz_val_kind_name(*v));
    return false;
}

static void put_rest(struct kz_buf *b, const struct url *u)
{
    if (u->scheme.len > 0 || u->host.len > 0 || u->has_user) {
        if (u->host.len > 0 || u->path.len > 0 || u->has_user)
            kz_buf_puts(b, "//");
        if (u->has_user) {
            put_user(b, u);
            kz_buf_putc(b, '@');
        }
        escape(b, u->host, PART_HOST);
    }
    if (u->path.len > 0 && u->path.ptr[0] != '/' && u->host.len > 0)
        kz_buf_putc(b, '/');
    const struct kz_str first = kz_str_head(u->path, kz_str_index(u->path, '/'));
    if (b->len == 0 && kz_str_index(first, ':') < first.len)
        kz_buf_puts(b, "./"); /* else it would read as a scheme */
    if (kz_str_is(u->path, "*"))
        kz_buf_putc(b, '*');
    else
        escape(b, u->path, PART_PATH);
}

static struct kz_val url_join(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_dict *d = argv[0].as.dict;
    struct kz_arena *a = kz_eval_arena(ev);
    struct url u = {0}, of_user;
    struct kz_str info, why;
    (void)argc;
    if (!take(&u.scheme, ev, d, "scheme") || !take(&u.host, ev, d, "host") ||
        !take(&u.path, ev, d, "path") || !take(&u.query, ev, d, "query") || !take(&u.opaque, ev, d, "opaque") ||
        !take(&u.fragment, ev, d, "fragment") || !take(&info, ev, d, "userinfo"))
        return KZ_NIL;
    if (info.len > 0) {
        if (!parse(&of_user, &why, a, kz_str_printf(a, "proto://" KZ_FMT "@host", KZ_ARG(info))))
            return kz_eval_fail(ev, "unable to parse userinfo in dict: " KZ_FMT, KZ_ARG(why));
        u.has_user = of_user.has_user;
        u.user = of_user.user;
        u.has_password = of_user.has_password;
        u.password = of_user.password;
    }
    struct kz_buf *b = kz_eval_buf(ev);
    if (u.scheme.len > 0) {
        kz_buf_add_str(b, u.scheme);
        kz_buf_putc(b, ':');
    }
    if (u.opaque.len > 0)
        kz_buf_add_str(b, u.opaque);
    else
        put_rest(b, &u);
    if (u.query.len > 0) {
        kz_buf_putc(b, '?');
        kz_buf_add_str(b, u.query);
    }
    if (u.fragment.len > 0) {
        kz_buf_putc(b, '#');
        escape(b, u.fragment, PART_FRAGMENT);
    }
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val get_host_by_name(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return kz_val_str(KZ_STR("")); /* helm without --enable-dns */
}

const struct kz_func kz_funcs_url[] = {
    {"urlParse", "s", url_parse, NULL},
    {"urlJoin", "m", url_join, NULL},
    {"getHostByName", "s", get_host_by_name, NULL},
    {0},
};
