/* SPDX-License-Identifier: Apache-2.0 */
#include "source/url.h"

#include <string.h>

enum { URL_MAX = 2048, REF_MAX = 255 };

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Shows the address without what may be a secret: user information and the query. */
static int refuse(struct kz_err *err, struct kz_str text, const char *why, const char *hint)
{
    size_t at = kz_str_rindex(text, '@');
    struct kz_str shown = at < text.len ? kz_str_skip(text, at + 1) : text;
    shown = kz_str_head(shown, kz_str_index(shown, '?'));
    (void)kz_fail(err, KZ_E_INVALID, "repository '%s" KZ_FMT "': %s", at < text.len ? "...@" : "",
                  KZ_ARG(shown), why);
    return hint == NULL ? -(int)KZ_E_INVALID : kz_err_hint(err, "%s", hint);
}

static struct kz_str lower(struct kz_arena *a, struct kz_str s)
{
    char *p = kz_arena_bytes(a, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        p[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
    p[s.len] = '\0';
    return kz_str_n(p, s.len);
}

/* ---- parts ------------------------------------------------------------------------------------------- */

/* A DNS name, an IPv4 address or [IPv6]. */
static bool host_ok(struct kz_str h)
{
    bool bracketed = h.len > 2 && h.ptr[0] == '[' && h.ptr[h.len - 1] == ']';
    struct kz_str inner = bracketed ? kz_str_n(h.ptr + 1, h.len - 2) : h;
    if (inner.len == 0 || inner.len > 253 || inner.ptr[0] == '-' || inner.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < inner.len; i++) {
        char c = inner.ptr[i];
        if (!is_alnum(c) && c != '.' && !(bracketed ? c == ':' : c == '-' || c == '_'))
            return false;
    }
    return true;
}

static bool user_ok(struct kz_str u)
{
    if (u.len == 0 || u.len > 64 || u.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < u.len; i++)
        if (!is_alnum(u.ptr[i]) && strchr("._-+", u.ptr[i]) == NULL)
            return false;
    return true;
}

/* What is wrong with a path on a server, or NULL. */
static const char *path_fault(struct kz_str p, bool prefix)
{
    struct kz_str rest = p, part;
    if (p.len == 0 || kz_str_is(p, "/"))
        return prefix ? NULL : "names no repository on that host";
    if (p.ptr[0] == '-')
        return "the path begins with '-'";
    for (size_t i = 0; i < p.len; i++)
        if (p.ptr[i] == '?' || p.ptr[i] == '#' || p.ptr[i] == '\\')
            return "the path has one of ? # \\";
    while (rest.len > 0) {
        rest = kz_str_cut(&part, rest, '/');
        if (kz_str_is(part, ".."))
            return "the path has '..'";
    }
    return NULL;
}

static struct kz_str without_slashes_behind(struct kz_str p)
{
    while (p.len > 1 && p.ptr[p.len - 1] == '/')
        p.len--;
    return p;
}

/* "host", "host:22", "[::1]:22" -> host and port; false: malformed. */
static bool host_port(struct kz_url *u, struct kz_arena *a, struct kz_str s, unsigned standard)
{
    size_t colon = kz_str_rindex(s, ':');
    uint64_t port = standard;
    if (s.len > 0 && s.ptr[0] == '[' && kz_str_index(s, ']') + 1 == s.len)
        colon = s.len;
    if (colon < s.len &&
        (!kz_str_u64(&port, kz_str_skip(s, colon + 1)) || port == 0 || port > 65535))
        return false;
    u->host = lower(a, kz_str_head(s, colon));
    u->port = (unsigned)port;
    return host_ok(u->host);
}

/* ---- forms ----------------------------------------------------------------------------------------- */

static int parse_file(struct kz_url *u, struct kz_arena *a, struct kz_str text, struct kz_str path,
                      struct kz_err *err)
{
    if (path.len == 0 || path.ptr[0] != '/')
        return refuse(err, text, "a file address names no absolute path",
                      "write file:///path/to/repo");
    u->scheme = KZ_URL_FILE;
    u->host = KZ_STR("");
    u->path = kz_str_dup(a, without_slashes_behind(path));
    u->text = kz_str_printf(a, "file://" KZ_FMT, KZ_ARG(u->path));
    return 0;
}

static int parse_https(struct kz_url *u, struct kz_arena *a, struct kz_str text, struct kz_str rest,
                       bool prefix, struct kz_err *err)
{
    struct kz_str authority;
    size_t slash = kz_str_index(rest, '/');
    authority = kz_str_head(rest, slash);
    u->scheme = KZ_URL_HTTPS;
    u->path = kz_str_dup(a, without_slashes_behind(kz_str_skip(rest, slash)));
    if (!host_port(u, a, authority, 443))
        return refuse(err, text, "the host or port is malformed", NULL);
    const char *fault = path_fault(u->path, prefix);
    if (fault != NULL)
        return refuse(err, text, fault, NULL);
    u->text = u->port == 443
                  ? kz_str_printf(a, "https://" KZ_FMT KZ_FMT, KZ_ARG(u->host), KZ_ARG(u->path))
                  : kz_str_printf(a, "https://" KZ_FMT ":%u" KZ_FMT, KZ_ARG(u->host), u->port,
                                  KZ_ARG(u->path));
    return 0;
}

/* ssh://user@host:port/path, and user@host:path, whose path is relative to the login folder. */
static int parse_ssh(struct kz_url *u, struct kz_arena *a, struct kz_str text, struct kz_str rest,
                     bool scp, bool prefix, struct kz_err *err)
{
    size_t cut = kz_str_index(rest, scp ? ':' : '/'), at;
    struct kz_str authority = kz_str_head(rest, cut);
    if (scp && rest.len > 0 && kz_str_has(authority, KZ_STR("["))) {
        cut = kz_str_index(rest, ']') + 1; /* git@[::1]:path */
        authority = kz_str_head(rest, cut);
        if (cut >= rest.len || rest.ptr[cut] != ':')
            return refuse(err, text, "the host or port is malformed", NULL);
    }
    u->scheme = KZ_URL_SSH;
    u->path = kz_str_dup(a, without_slashes_behind(kz_str_skip(rest, scp ? cut + 1 : cut)));
    at = kz_str_rindex(authority, '@');
    if (at < authority.len) {
        u->user = kz_str_dup(a, kz_str_head(authority, at));
        authority = kz_str_skip(authority, at + 1);
        if (!user_ok(u->user))
            return refuse(err, text, "the user name is malformed or has a password",
                          "SSH logs in with a key: give it as a credential");
    } else if (scp && kz_str_index(u->path, '@') < u->path.len) {
        return refuse(err, text, "the user name has a password", "SSH logs in with a key");
    }
    if (!host_port(u, a, authority, 22))
        return refuse(err, text, "the host or port is malformed", NULL);
    const char *fault = path_fault(u->path, prefix);
    if (fault != NULL)
        return refuse(err, text, fault, NULL);
    struct kz_str sign = u->user.len > 0 ? KZ_STR("@") : KZ_STR("");
    if (scp)
        u->text = kz_str_printf(a, KZ_FMT KZ_FMT KZ_FMT ":" KZ_FMT, KZ_ARG(u->user), KZ_ARG(sign),
                                KZ_ARG(u->host), KZ_ARG(u->path));
    else if (u->port == 22)
        u->text = kz_str_printf(a, "ssh://" KZ_FMT KZ_FMT KZ_FMT KZ_FMT, KZ_ARG(u->user),
                                KZ_ARG(sign), KZ_ARG(u->host), KZ_ARG(u->path));
    else
        u->text = kz_str_printf(a, "ssh://" KZ_FMT KZ_FMT KZ_FMT ":%u" KZ_FMT, KZ_ARG(u->user),
                                KZ_ARG(sign), KZ_ARG(u->host), u->port, KZ_ARG(u->path));
    return 0;
}

/* What no form may have; the text itself is not shown where it may hold a secret. */
static int check_bytes(struct kz_str text, struct kz_err *err)
{
    if (text.len == 0)
        return kz_fail(err, KZ_E_INVALID, "the repository address is empty");
    if (text.len > URL_MAX)
        return kz_fail(err, KZ_E_INVALID, "the repository address has more than %d bytes",
                       (int)URL_MAX);
    if (text.ptr[0] == '-')
        return refuse(err, text, "begins with '-'", NULL);
    bool local = text.ptr[0] == '/' || kz_str_starts(text, KZ_STR("file:"));
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c >= 0x7f ? !(local && c >= 0x80) : c == ' ' && !local)
            return kz_fail(
                err, KZ_E_INVALID,
                "the repository address has a control character, blank or non-ASCII byte "
                "at offset %zu",
                i);
    }
    return 0;
}

/* "ext::sh -c ...", "git::https://...": git would run a program of that name. */
static bool names_helper(struct kz_str text)
{
    size_t n = 0;
    while (n < text.len && is_alnum(text.ptr[n]))
        n++;
    return n > 0 && kz_str_starts(kz_str_skip(text, n), KZ_STR("::"));
}

static int parse(struct kz_url *out, struct kz_arena *a, struct kz_str text, bool prefix,
                 struct kz_err *err)
{
    static const char forms[] = "use https://host/path, ssh://git@host/path, git@host:path, "
                                "file:///path or an absolute path";
    struct kz_url u = {.user = KZ_STR("")};
    int rc = check_bytes(text, err);
    if (rc < 0)
        return rc;

    struct kz_str scheme, rest;
    size_t sep = 0;
    while (sep + 3 <= text.len && memcmp(text.ptr + sep, "://", 3) != 0)
        sep++;
    bool has_scheme = sep + 3 <= text.len;
    scheme = has_scheme ? lower(a, kz_str_head(text, sep)) : KZ_STR("");
    rest = has_scheme ? kz_str_skip(text, sep + 3) : text;

    if (kz_str_is(scheme, "https") || kz_str_is(scheme, "http")) {
        struct kz_str authority = kz_str_head(rest, kz_str_index(rest, '/'));
        if (kz_str_index(authority, '@') < authority.len) {
            (void)kz_fail(err, KZ_E_INVALID, "a repository address holds user information");
            return kz_err_hint(err, "remove it from the URL and give a credential for the host");
        }
        if (kz_str_is(scheme, "http"))
            return refuse(err, text, "http is not encrypted", "use https");
        rc = parse_https(&u, a, text, rest, prefix, err);
    } else if (kz_str_is(scheme, "ssh")) {
        rc = parse_ssh(&u, a, text, rest, false, prefix, err);
    } else if (kz_str_is(scheme, "file")) {
        rc = parse_file(&u, a, text, rest, err);
    } else if (has_scheme || names_helper(text)) {
        rc = refuse(err, text, "this kind of address is not supported", forms);
    } else if (text.ptr[0] == '/') {
        rc = parse_file(&u, a, text, text, err);
    } else if (kz_str_index(text, ':') < kz_str_index(text, '/')) {
        rc = parse_ssh(&u, a, text, text, true, prefix, err);
    } else {
        rc = refuse(err, text, "is no address of a repository", forms);
    }
    if (rc < 0)
        return rc;
    *out = u;
    return 0;
}

int kz_url_parse(struct kz_url *out, struct kz_arena *a, struct kz_str text, struct kz_err *err)
{
    return parse(out, a, text, false, err);
}

int kz_url_parse_prefix(struct kz_url *out, struct kz_arena *a, struct kz_str text,
                        struct kz_err *err)
{
    return parse(out, a, text, true, err);
}

static struct kz_str without_slash(struct kz_str s)
{
    return kz_str_skip(s, s.len > 0 && s.ptr[0] == '/');
}

bool kz_url_under(const struct kz_url *u, const struct kz_url *prefix)
{
    struct kz_str path = without_slash(u->path), top = without_slash(prefix->path);
    return u->scheme == prefix->scheme && kz_str_eq(u->host, prefix->host) &&
           u->port == prefix->port && (prefix->user.len == 0 || kz_str_eq(u->user, prefix->user)) &&
           kz_str_starts(path, top) &&
           (top.len == 0 || path.len == top.len || path.ptr[top.len] == '/');
}

/* ---- references ------------------------------------------------------------------------------------ */

bool kz_is_commit_id(struct kz_str s)
{
    if (s.len != 40 && s.len != 64)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    }
    return true;
}

static const char *ref_fault(struct kz_str ref)
{
    struct kz_str rest = ref, part;
    if (ref.len > REF_MAX)
        return "has more than 255 bytes";
    if (ref.ptr[0] == '-')
        return "begins with '-'";
    if (ref.ptr[ref.len - 1] == '/' || ref.ptr[ref.len - 1] == '.')
        return "ends in '/' or '.'";
    if (kz_str_is(ref, "@"))
        return "is '@'";
    for (size_t i = 0; i < ref.len; i++) {
        unsigned char c = (unsigned char)ref.ptr[i];
        if (c <= 0x20 || c == 0x7f || strchr("~^:?*[\\", c) != NULL)
            return "has a blank, a control character or one of ~ ^ : ? * [ \\";
    }
    if (kz_str_has(ref, KZ_STR("..")) || kz_str_has(ref, KZ_STR("@{")))
        return "has '..' or '@{'";
    while (rest.len > 0) {
        rest = kz_str_cut(&part, rest, '/');
        if (part.len == 0 || part.ptr[0] == '.')
            return "has an empty component or one that begins with '.'";
        if (kz_str_ends(part, KZ_STR(".lock")))
            return "has a component that ends in '.lock'";
    }
    return NULL;
}

int kz_ref_check(struct kz_str ref, struct kz_err *err)
{
    const char *fault = ref.len == 0 ? NULL : ref_fault(ref);
    if (fault == NULL)
        return 0;
    struct kz_str shown = kz_str_head(ref, 80);
    for (size_t i = 0; i < shown.len; i++)
        if ((unsigned char)shown.ptr[i] < 0x20)
            shown.len = i;
    (void)kz_fail(err, KZ_E_INVALID, "reference '" KZ_FMT "' %s", KZ_ARG(shown), fault);
    return kz_err_hint(err, "write a branch, a tag, a full reference or a commit id");
}
