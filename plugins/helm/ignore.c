/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/ignore.h"

#include "helm/archive.h"
#include "helm/text.h"

static bool is_plain(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '*' || s.ptr[i] == '?' || s.ptr[i] == '[' || s.ptr[i] == '\\')
            return false;
    return true;
}

static int add_rule(struct kz_ignore *ig, struct kz_str line, struct kz_err *err)
{
    struct kz_str rule = kz_go_trim(line);
    if (rule.len == 0 || rule.ptr[0] == '#')
        return 0;
    if (kz_str_has(rule, KZ_STR("**")))
        return kz_fail(err, KZ_E_INVALID, "double-star (**) syntax is not supported");
    if (kz_go_match(rule, KZ_STR("abc")) < 0)
        return kz_fail(err, KZ_E_INVALID, "syntax error in pattern");
    struct kz_ignore_rule r = {0};
    if (rule.ptr[0] == '!') {
        r.negate = true;
        rule = kz_str_skip(rule, 1);
    }
    if (kz_str_ends(rule, KZ_STR("/"))) {
        r.dirs_only = true;
        rule = kz_str_head(rule, rule.len - 1);
    }
    if (kz_str_starts(rule, KZ_STR("/")))
        rule = kz_str_skip(rule, 1); /* from the chart's folder on */
    else
        r.base_only = kz_str_index(rule, '/') == rule.len;
    r.pattern = rule;
    r.is_name = is_plain(rule);
    r.is_end = r.base_only && kz_str_starts(rule, KZ_STR("*")) && is_plain(kz_str_skip(rule, 1));
    ig->at[ig->n++] = r;
    return 0;
}

int kz_ignore_parse(struct kz_ignore *out, struct kz_arena *a, struct kz_str text,
                    struct kz_err *err)
{
    struct kz_ignore ig = {0};
    size_t lines = 2;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    ig.at = kz_new_n(a, struct kz_ignore_rule, lines);
    for (struct kz_str rest = kz_chart_no_bom(text); rest.len > 0;) {
        struct kz_str line;
        rest = kz_str_cut(&line, rest, '\n');
        if (add_rule(&ig, line, err) < 0)
            return -(int)err->code;
    }
    if (add_rule(&ig, KZ_STR("templates/.?*"), err) < 0)
        return -(int)err->code;
    *out = ig;
    return 0;
}

/* Most rules are names or ends of names, and each is asked for each file. */
static bool fits(const struct kz_ignore_rule *r, struct kz_str path, struct kz_str base)
{
    const struct kz_str name = r->base_only ? base : path;
    if (r->is_name)
        return kz_str_eq(name, r->pattern);
    if (r->is_end)
        return kz_str_ends(name, kz_str_skip(r->pattern, 1));
    return kz_go_match(r->pattern, name) > 0;
}

/* The first rule that says something decides. A negated rule ignores what it does not match: odd, but
 * Helm's. */
bool kz_ignore_has(const struct kz_ignore *ig, struct kz_str path, bool is_dir)
{
    const struct kz_str base = kz_go_base(path);
    for (size_t i = 0; i < ig->n; i++) {
        const struct kz_ignore_rule *r = &ig->at[i];
        const bool match = fits(r, path, base);
        if (r->negate) {
            if ((r->dirs_only && !is_dir) || !match)
                return true;
            continue;
        }
        if (match && (is_dir || !r->dirs_only))
            return true;
    }
    return false;
}
