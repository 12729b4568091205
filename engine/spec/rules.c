/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/rules.h"

#include "base/clock.h"
#include "base/glob.h"
#include "base/regex.h"
#include "health/rules.h"
#include "health/test.h"
#include "spec/formats.h"
#include "template/zone.h"

/* A field that is given and not null. */
static bool has(const struct kz_value *map, const char *key)
{
    const struct kz_value *v = kz_value_get(map, key);
    return v != NULL && v->kind != KZ_NULL;
}

static int exactly_one(const struct kz_value *map, const char *const *keys, const char *text,
                       struct kz_err *err)
{
    int n = 0;
    for (; *keys != NULL; keys++)
        n += has(map, *keys);
    if (n == 1)
        return 0;
    return kz_fail(err, KZ_E_INVALID, "needs %sone of %s", n == 0 ? "" : "exactly ", text);
}

#define ONE_OF(map, text, ...) exactly_one((map), (const char *const[]){__VA_ARGS__, NULL}, text, err)

int kz_rule_source(const struct kz_value *v, struct kz_err *err)
{
    return ONE_OF(v, "path, chart, git", "path", "chart", "git");
}

int kz_rule_values_from(const struct kz_value *v, struct kz_err *err)
{
    return ONE_OF(v, "file, configMap, secret", "file", "configMap", "secret");
}

int kz_rule_window(const struct kz_value *v, struct kz_err *err)
{
    return ONE_OF(v, "allow, deny", "allow", "deny");
}

int kz_rule_depend(const struct kz_value *v, struct kz_err *err)
{
    if (v->kind == KZ_STRING)
        return 0;
    return ONE_OF(v, "module, object", "module", "object");
}

int kz_rule_patch(const struct kz_value *v, struct kz_err *err)
{
    return ONE_OF(v, "jsonPatch, merge", "jsonPatch", "merge");
}

int kz_rule_gate(const struct kz_value *v, struct kz_err *err)
{
    int rc = ONE_OF(v, "kind, http", "kind", "http");
    if (rc < 0)
        return rc;
    bool tests = kz_test_is_in(v);
    if (has(v, "http") && (tests || has(v, "name") || has(v, "namespace") || has(v, "apiVersion") || has(v, "count")))
        return kz_fail(err, KZ_E_INVALID, "is either an object or a request (http), not both");
    if (has(v, "kind") && !has(v, "name") && !has(v, "count"))
        return kz_fail(err, KZ_E_INVALID, "needs the name of the " KZ_FMT, KZ_ARG(kz_value_path_str(v, "kind")));
    if (has(v, "name") && has(v, "count"))
        return kz_fail(err, KZ_E_INVALID, "is either one object by name or a count of objects, not both");
    if (tests && kz_value_path_bool(v, "count.healthy", false))
        return kz_fail(err, KZ_E_INVALID, "counts either healthy objects or those of a condition or field, not both");
    return tests ? kz_rule_test(v, err) : 0;
}

int kz_rule_count(const struct kz_value *v, struct kz_err *err)
{
    bool range = has(v, "atLeast") || has(v, "atMost");
    if (has(v, "exactly") == range)
        return kz_fail(err, KZ_E_INVALID, range ? "can't have exactly beside atLeast or atMost"
                                                : "needs one of atLeast, atMost, exactly");
    if (has(v, "atLeast") && has(v, "atMost") &&
        kz_value_path_int(v, "atLeast", 0) > kz_value_path_int(v, "atMost", 0))
        return kz_fail(err, KZ_E_INVALID, "has atLeast above atMost");
    return 0;
}

/* ---- tests and rules of health ------------------------------------------------------------- */

int kz_rule_test(const struct kz_value *v, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_test t;
    int rc = kz_test_parse(&t, a, v, err);
    if (rc < 0)
        kz_err_join(err);
    return rc;
}

int kz_rule_health(const struct kz_value *v, struct kz_err *err)
{
    int rc = kz_rule_check(v, err);
    if (rc < 0)
        kz_err_join(err);
    return rc;
}

int kz_rule_entry(const struct kz_value *v, struct kz_err *err)
{
    if (kz_value_len(kz_value_get(v, "groups")) == 0 || kz_value_len(kz_value_get(v, "rules")) == 0)
        return kz_fail(err, KZ_E_INVALID, "needs a group and a rule");
    return 0;
}

int kz_rule_zone(const struct kz_value *v, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_zone *zone;
    if (!kz_zone_find(&zone, a, kz_value_as_str(v)))
        return kz_fail(err, KZ_E_INVALID, "is no time zone that is known: '" KZ_FMT "'", KZ_ARG(kz_value_as_str(v)));
    return 0;
}

int kz_rule_regex(const struct kz_value *v, struct kz_err *err)
{
    kz_autoregex struct kz_regex *re = NULL;
    struct kz_err why;
    if (kz_regex_new(&re, kz_value_as_str(v), &why) < 0)
        return kz_fail(err, KZ_E_INVALID, "is no regular expression: %s", why.frame[0]);
    return 0;
}

int kz_rule_ignore(const struct kz_value *v, struct kz_err *err)
{
    if (kz_value_len(kz_value_get(v, "paths")) == 0 && kz_value_len(kz_value_get(v, "managers")) == 0)
        return kz_fail(err, KZ_E_INVALID, "needs paths or managers");
    return 0;
}

int kz_rule_operation(const struct kz_value *v, struct kz_err *err)
{
    struct kz_str op = kz_value_path_str(v, "op");
    bool from = kz_str_is(op, "move") || kz_str_is(op, "copy");
    bool value = kz_str_is(op, "add") || kz_str_is(op, "replace") || kz_str_is(op, "test");
    if (from && !has(v, "from"))
        return kz_fail(err, KZ_E_INVALID, "needs from, because its op is '" KZ_FMT "'", KZ_ARG(op));
    if (value && kz_value_get(v, "value") == NULL)
        return kz_fail(err, KZ_E_INVALID, "needs value, because its op is '" KZ_FMT "'", KZ_ARG(op));
    return 0;
}

/* To wait for a person needs a way for the person to say yes to the daemon, which comes with approvals. */
int kz_rule_automatic(const struct kz_value *v, struct kz_err *err)
{
    if (kz_value_as_bool(v, true))
        return 0;
    return kz_fail(err, KZ_E_INVALID, "can't be false in this version; pause the module instead");
}

int kz_rule_retry(const struct kz_value *v, struct kz_err *err)
{
    int64_t backoff = 5 * KZ_NS_PER_SEC, max = 300 * KZ_NS_PER_SEC;
    if (has(v, "backoff") && !kz_duration_parse(&backoff, kz_value_path_str(v, "backoff")))
        return kz_fail(err, KZ_E_INVALID, "has a backoff that is no duration");
    if (has(v, "max") && !kz_duration_parse(&max, kz_value_path_str(v, "max")))
        return kz_fail(err, KZ_E_INVALID, "has a max that is no duration");
    if (backoff > max)
        return kz_fail(err, KZ_E_INVALID, "has a backoff that is longer than max");
    return 0;
}

int kz_rule_api_version(const struct kz_value *v, struct kz_err *err)
{
    struct kz_str s = kz_value_as_str(v), group, version;
    version = kz_str_cut(&group, s, '/');
    if (group.len == s.len) {
        version = group;
        group = KZ_STR("core");
    }
    if (!kz_is_subdomain(group) || !kz_is_label(version))
        return kz_fail(err, KZ_E_INVALID, "is no API version: '" KZ_FMT "'", KZ_ARG(s));
    return 0;
}

int kz_rule_release(const struct kz_value *v, struct kz_err *err)
{
    struct kz_str s = kz_value_as_str(v);
    if (!kz_is_subdomain(s))
        return kz_fail(err, KZ_E_INVALID, "is no release name: '" KZ_FMT "'", KZ_ARG(s));
    return 0;
}

/* It becomes part of a path: editions/EDITION.yaml. */
int kz_rule_edition(const struct kz_value *v, struct kz_err *err)
{
    struct kz_str s = kz_value_as_str(v);
    if (!kz_is_subdomain(s))
        return kz_fail(err, KZ_E_INVALID, "is no edition name: '" KZ_FMT "'", KZ_ARG(s));
    return 0;
}

/* ---- tenants ------------------------------------------------------------------------------- */

static int check_patterns(const struct kz_value *v, const char *field, struct kz_err *err)
{
    const struct kz_value *list = kz_value_get(v, field);
    for (size_t i = 0; i < kz_value_len(list); i++) {
        struct kz_str s = kz_value_as_str(kz_value_at(list, i));
        const char *bad = kz_glob_bad(s);
        if (bad != NULL)
            return kz_fail(err, KZ_E_INVALID, "has a pattern in %s that is none, '" KZ_FMT "': %s", field,
                           KZ_ARG(kz_str_head(s, 80)), bad);
    }
    return 0;
}

int kz_rule_tenant(const struct kz_value *v, struct kz_err *err)
{
    static const char *const patterns[] = {"repositories", "namespaces", "urls"};
    for (size_t i = 0; i < kz_countof(patterns); i++)
        if (check_patterns(v, patterns[i], err) < 0)
            return -(int)err->code;
    return 0;
}

/* Cluster-wide kinds have to be named: a star is never taken for one of them. */
int kz_rule_tenant_kinds(const struct kz_value *v, struct kz_err *err)
{
    struct kz_str group = kz_value_path_str(v, "group");
    const struct kz_value *kinds = kz_value_get(v, "kinds");
    if (group.len > 0 && !kz_str_is(group, "*") && !kz_is_subdomain(group))
        return kz_fail(err, KZ_E_INVALID, "has a group that is none: '" KZ_FMT "'", KZ_ARG(kz_str_head(group, 80)));
    if (kz_value_len(kinds) == 0)
        return kz_fail(err, KZ_E_INVALID, "needs a kind");
    for (size_t i = 0; i < kz_value_len(kinds); i++) {
        struct kz_str kind = kz_value_as_str(kz_value_at(kinds, i));
        if (!kz_str_is(kind, "*") && !kz_is_kind(kind))
            return kz_fail(err, KZ_E_INVALID, "has a kind that is none: '" KZ_FMT "'", KZ_ARG(kz_str_head(kind, 80)));
    }
    return check_patterns(v, "names", err);
}
