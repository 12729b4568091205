/* SPDX-License-Identifier: Apache-2.0 */
#include "source/pktline.h"
#include "kz_version.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum kz_pkt kz_pkt_next(struct kz_str *line, struct kz_str *rest)
{
    static const enum kz_pkt special[] = {KZ_PKT_FLUSH, KZ_PKT_DELIM, KZ_PKT_STOP, KZ_PKT_BAD};
    unsigned len = 0;
    if (rest->len == 0)
        return KZ_PKT_END;
    if (rest->len < 4)
        return KZ_PKT_BAD;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex(rest->ptr[i]);
        if (digit < 0)
            return KZ_PKT_BAD;
        len = len * 16 + (unsigned)digit;
    }
    if (len > rest->len)
        return KZ_PKT_BAD;
    if (len < 4) {
        *rest = kz_str_skip(*rest, 4);
        return special[len];
    }
    *line = kz_str_n(rest->ptr + 4, len - 4);
    if (line->len > 0 && line->ptr[line->len - 1] == '\n')
        line->len--;
    *rest = kz_str_skip(*rest, len);
    return KZ_PKT_DATA;
}

int kz_pkt_caps(struct kz_pkt_caps *out, struct kz_str body, struct kz_err *err)
{
    struct kz_pkt_caps caps = {0};
    struct kz_str line;
    bool first = true, version2 = false, ls_refs = false;
    enum kz_pkt kind;

    while ((kind = kz_pkt_next(&line, &body)) != KZ_PKT_END) {
        if (kind == KZ_PKT_FLUSH && !first && !version2)
            continue; /* between the service line and the rest */
        if (kind != KZ_PKT_DATA)
            break;
        if (first && kz_str_is(line, "# service=git-upload-pack")) {
            first = false;
            continue;
        }
        if (!version2 && !kz_str_is(line, "version 2")) {
            if (first) /* no service line: only version 2 may leave it out */
                break;
            *out = caps; /* an older version: its first line is a reference */
            return 0;
        }
        first = false;
        version2 = true;
        ls_refs = ls_refs || kz_str_is(line, "ls-refs") || kz_str_starts(line, KZ_STR("ls-refs="));
        caps.sha256 = caps.sha256 || kz_str_is(line, "object-format=sha256");
    }
    if (kind != KZ_PKT_FLUSH || !version2) {
        (void)kz_fail(err, KZ_E_PARSE, "the server's answer is not from a git server");
        return kz_err_hint(err, "check the address; some servers want a path that ends in .git");
    }
    caps.v2 = ls_refs;
    *out = caps;
    return 0;
}

static void put_line(struct kz_buf *out, const char *head, struct kz_str tail)
{
    size_t n = kz_str(head).len + tail.len + 1;
    kz_buf_printf(out, "%04x%s" KZ_FMT "\n", (unsigned)(n + 4), head, KZ_ARG(tail));
}

void kz_pkt_ls_refs(struct kz_buf *out, const struct kz_ref_names *names)
{
    put_line(out, "command=ls-refs", KZ_STR(""));
    put_line(out, "agent=kzsync/" KZ_VERSION, KZ_STR(""));
    put_line(out, "object-format=sha1", KZ_STR(""));
    kz_buf_puts(out, "0001");
    put_line(out, "peel", KZ_STR(""));
    for (size_t i = 0; i < names->n; i++)
        put_line(out, "ref-prefix ", names->name[i]);
    kz_buf_puts(out, "0000");
}

/* "<id> <name>[ attribute]*"; an unborn branch has the word "unborn" as its id and is no row. */
static bool take_row(struct kz_ref_pick *pick, struct kz_str line)
{
    struct kz_str id, name, attr, peeled = KZ_STR("");
    line = kz_str_cut(&id, line, ' ');
    line = kz_str_cut(&name, line, ' ');
    if (name.len == 0)
        return false;
    while (line.len > 0) {
        line = kz_str_cut(&attr, line, ' ');
        if (kz_str_starts(attr, KZ_STR("peeled:")))
            peeled = kz_str_skip(attr, 7);
    }
    kz_ref_pick_row(pick, name, id, peeled);
    return true;
}

int kz_pkt_refs(struct kz_ref_pick *pick, struct kz_str body, struct kz_err *err)
{
    struct kz_str line;
    enum kz_pkt kind;
    while ((kind = kz_pkt_next(&line, &body)) == KZ_PKT_DATA) {
        if (kz_str_starts(line, KZ_STR("ERR ")))
            return kz_fail(err, KZ_E_REMOTE, "the git server answered with an error");
        if (!take_row(pick, line))
            return kz_fail(err, KZ_E_PARSE, "the server's list of references is malformed");
    }
    if (kind != KZ_PKT_FLUSH)
        return kz_fail(err, KZ_E_PARSE,
                       "the server's list of references is cut short or malformed");
    return 0;
}
