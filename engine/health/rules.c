/* SPDX-License-Identifier: Apache-2.0 */
#include "health/rules.h"

#include "health/rules_text.h"
#include "health/status.h"
#include "health/test.h"
#include "value/yaml.h"

enum { RULES_BYTES = 8 << 20, WHY_PIECES = 8, NAMES_MAX = 64 };

struct piece { /* of a message: a text, then what stands at the spot */
    struct kz_str text;
    struct kz_spot spot; /* text "": none */
};

struct row {
    struct kz_spot each; /* tests and message are about an item of this list; text "": about the object */
    struct kz_test *tests;
    size_t n_tests;
    enum kz_health then;
    struct piece *why;
    size_t n_why;
};

struct entry {
    struct kz_str *groups, *kinds;
    size_t n_groups, n_kinds; /* no kinds: all of the group */
    struct row *rows;
    size_t n_rows;
};

struct kz_rules {
    struct kz_arena *arena; /* holds everything here */
    struct entry *at;
    size_t n, n_own; /* the first n_own are the platform's */
};

/* ---- from YAML ------------------------------------------------------------------------------- */

static size_t items(const struct kz_value *list)
{
    return kz_value_is(list, KZ_LIST) ? list->as.list.len : 0;
}

static const struct {
    const char *word;
    enum kz_health health;
} outcomes[] = {
    {"healthy", KZ_HEALTH_HEALTHY},     {"progressing", KZ_HEALTH_PROGRESSING}, {"failing", KZ_HEALTH_FAILING},
    {"failed", KZ_HEALTH_FAILED},       {"suspended", KZ_HEALTH_SUSPENDED},
};

static int parse_then(struct row *r, const struct kz_value *map, struct kz_err *err)
{
    struct kz_str then = kz_value_path_str(map, "then");
    for (size_t i = 0; i < kz_countof(outcomes); i++)
        if (kz_str_is(then, outcomes[i].word)) {
            r->then = outcomes[i].health;
            return 0;
        }
    return kz_fail(err, KZ_E_INVALID, "needs then: healthy, progressing, failing, failed or suspended");
}

static int parse_why(struct row *r, struct kz_arena *a, struct kz_str text, struct kz_err *err)
{
    struct kz_str rest = text;
    size_t places = 0;
    for (size_t open; (open = kz_str_index(rest, '{')) < rest.len; places++)
        rest = kz_str_skip(rest, open + 1);
    if (places >= WHY_PIECES)
        return kz_fail(err, KZ_E_INVALID, "has more than %d places in its message", WHY_PIECES - 1);
    r->why = kz_new_n(a, struct piece, places + 1);
    while (text.len > 0) {
        struct piece *p = &r->why[r->n_why++];
        size_t open = kz_str_index(text, '{');
        p->text = kz_str_dup(a, kz_str_head(text, open));
        p->spot = (struct kz_spot){.text = KZ_STR("")};
        text = kz_str_skip(text, open);
        if (text.len == 0)
            break;
        size_t close = kz_str_index(text, '}');
        if (close == text.len)
            return kz_fail(err, KZ_E_INVALID, "has a '{' without '}' in its message");
        if (kz_spot_parse(&p->spot, a, kz_str_n(text.ptr + 1, close - 1), err) < 0)
            return kz_wrap(err, "its message");
        text = kz_str_skip(text, close + 1);
    }
    return 0;
}

static int add_test(struct row *r, struct kz_arena *a, const struct kz_value *map, struct kz_err *err)
{
    return kz_test_parse(&r->tests[r->n_tests++], a, map, err);
}

static int parse_row(struct row *out, struct kz_arena *a, const struct kz_value *map, struct kz_err *err)
{
    *out = (struct row){.each.text = KZ_STR("")};
    struct kz_str each = kz_value_path_str(map, "each");
    const struct kz_value *also = kz_value_get(map, "and");
    int rc = parse_then(out, map, err);
    if (rc == 0 && each.len > 0 && kz_spot_parse(&out->each, a, each, err) < 0)
        rc = kz_wrap(err, "each");
    if (rc == 0 && out->each.sums)
        rc = kz_fail(err, KZ_E_INVALID, "can't have [] in each");
    if (rc == 0 && items(also) >= KZ_RULES_TESTS)
        rc = kz_fail(err, KZ_E_INVALID, "has more than %d tests", KZ_RULES_TESTS);
    if (rc == 0)
        out->tests = kz_new_n(a, struct kz_test, items(also) + 1);
    if (rc == 0 && kz_test_is_in(map))
        rc = add_test(out, a, map, err);
    else if (rc == 0 && (each.len > 0 || items(also) > 0))
        rc = kz_fail(err, KZ_E_INVALID, "needs one of condition, field");
    for (size_t i = 0; rc == 0 && i < items(also); i++)
        rc = add_test(out, a, kz_value_at(also, i), err);
    return rc < 0 ? rc : parse_why(out, a, kz_value_path_str(map, "why"), err);
}

int kz_rule_check(const struct kz_value *row, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(RULES_BYTES);
    struct row *r = kz_new(a, struct row);
    return parse_row(r, a, row, err);
}

static int parse_names(struct kz_str **out, size_t *n, struct kz_arena *a, const struct kz_value *list, struct kz_err *err)
{
    *n = items(list);
    if (*n > NAMES_MAX)
        return kz_fail(err, KZ_E_INVALID, "has more than %d names", NAMES_MAX);
    *out = kz_new_n(a, struct kz_str, *n + 1);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = kz_str_dup(a, kz_value_as_str(kz_value_at(list, i)));
    return 0;
}

static int parse_entry(struct entry *e, struct kz_arena *a, const struct kz_value *map, struct kz_err *err)
{
    const struct kz_value *rules = kz_value_get(map, "rules");
    int rc = parse_names(&e->groups, &e->n_groups, a, kz_value_get(map, "groups"), err);
    if (rc == 0)
        rc = parse_names(&e->kinds, &e->n_kinds, a, kz_value_get(map, "kinds"), err);
    if (rc == 0 && (e->n_groups == 0 || items(rules) == 0))
        rc = kz_fail(err, KZ_E_INVALID, "needs groups and rules");
    if (rc == 0 && items(rules) > KZ_RULES_ROWS)
        rc = kz_fail(err, KZ_E_INVALID, "has more than %d rules", KZ_RULES_ROWS);
    if (rc < 0)
        return rc;
    e->rows = kz_new_n(a, struct row, items(rules));
    for (; e->n_rows < items(rules); e->n_rows++)
        if (parse_row(&e->rows[e->n_rows], a, kz_value_at(rules, e->n_rows), err) < 0)
            return kz_wrap(err, "rule %zu", e->n_rows + 1);
    return 0;
}

static int parse_all(struct kz_rules *r, const struct kz_value *list, struct kz_err *err)
{
    for (size_t i = 0; i < items(list); i++) {
        const struct kz_value *v = kz_value_at(list, i);
        if (parse_entry(&r->at[r->n++], r->arena, v, err) < 0) {
            (void)kz_wrap(err, "health rules, entry %zu", i + 1);
            return kz_err_at(err, KZ_STR(""), v->line, v->col);
        }
    }
    return 0;
}

int kz_rules_new(struct kz_rules **out, const struct kz_value *own, struct kz_err *err)
{
    struct kz_arena *a = kz_arena_new(RULES_BYTES);
    struct kz_rules *r = kz_new(a, struct kz_rules);
    struct kz_value *builtin = NULL;
    const struct kz_str text = kz_str_n((const char *)kz_rules_text, kz_rules_text_len);
    *r = (struct kz_rules){.arena = a};
    int rc = kz_yaml_read(&builtin, a, text, KZ_STR("health.yaml"), err);
    kz_assert(rc == 0);
    if (own != NULL && !kz_value_is(own, KZ_LIST))
        rc = kz_fail(err, KZ_E_INVALID, "health rules must be a list");
    else if (items(own) > KZ_RULES_ENTRIES)
        rc = kz_fail(err, KZ_E_LIMIT, "more than %d entries of health rules", KZ_RULES_ENTRIES);
    r->at = kz_new_n(a, struct entry, KZ_RULES_ENTRIES + items(builtin));
    if (rc == 0)
        rc = parse_all(r, own, err);
    r->n_own = r->n;
    if (rc == 0)
        kz_assert(parse_all(r, builtin, err) == 0); /* it is ours, and a test reads it */
    if (rc < 0)
        kz_arena_free(a);
    else
        *out = r;
    return rc;
}

void kz_rules_free(struct kz_rules *r)
{
    if (r != NULL)
        kz_arena_free(r->arena); /* r itself lies in it */
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static bool names(const struct kz_str *list, size_t n, struct kz_str s)
{
    for (size_t i = 0; i < n; i++)
        if (kz_str_eq(list[i], s))
            return true;
    return false;
}

static bool is_about(const struct entry *e, struct kz_str group, struct kz_str kind)
{
    return names(e->groups, e->n_groups, group) && (e->n_kinds == 0 || names(e->kinds, e->n_kinds, kind));
}

bool kz_rules_own(const struct kz_rules *r, struct kz_str group, struct kz_str kind)
{
    for (size_t i = 0; i < r->n_own; i++)
        if (is_about(&r->at[i], group, kind))
            return true;
    return false;
}

struct look {
    const struct kz_value *root, *conditions; /* of the object, or of an item */
    unsigned *budget;
};

static bool all_hold(const struct row *r, const struct look *at)
{
    for (size_t i = 0; i < r->n_tests; i++)
        if (!kz_test_holds(&r->tests[i], at->root, at->conditions, at->budget))
            return false;
    return *at->budget > 0;
}

static void say(struct kz_buf *b, const struct row *r, const struct look *at)
{
    for (size_t i = 0; i < r->n_why; i++) {
        struct kz_value sum;
        kz_buf_add_str(b, r->why[i].text);
        if (r->why[i].spot.text.len > 0)
            kz_test_scalar(b, kz_spot_find(&sum, &r->why[i].spot, at->root, at->budget));
    }
}

/* "phase Pending", or the text of a message as it is. */
static bool say_field(struct kz_verdict *out, const struct row *r, const struct look *at)
{
    struct kz_value sum;
    const struct kz_spot *s = &r->tests[0].field;
    const struct kz_value *v = kz_spot_find(&sum, s, at->root, at->budget);
    kz_autobuf struct kz_buf b = KZ_BUF(1024);
    if (v == NULL || s->n == 0)
        return false;
    struct kz_str last = s->at[s->n - 1].name;
    if (!kz_str_is(last, "message"))
        kz_buf_printf(&b, KZ_FMT " ", KZ_ARG(last));
    kz_test_scalar(&b, v);
    *out = kz_verdict(r->then, KZ_FMT, KZ_ARG(kz_buf_str(&b)));
    return true;
}

static struct kz_verdict decided(const struct row *r, const struct look *at)
{
    struct kz_verdict v;
    kz_autobuf struct kz_buf b = KZ_BUF(4 << 10);
    if (r->n_why > 0) {
        say(&b, r, at);
        return kz_verdict(r->then, KZ_FMT, KZ_ARG(kz_buf_str(&b)));
    }
    if (r->then == KZ_HEALTH_HEALTHY)
        return kz_verdict_ok();
    if (r->n_tests > 0 && r->tests[0].condition.len > 0) {
        struct kz_condition c = kz_condition_named(at->conditions, r->tests[0].condition);
        if (c.is_set)
            return kz_verdict_of(r->then, &c);
    } else if (r->n_tests > 0 && say_field(&v, r, at)) {
        return v;
    }
    return kz_verdict(r->then, "its status does not say yet that it is ready");
}

static bool row_decides(struct kz_verdict *out, const struct row *r, const struct kz_value *live, unsigned *budget)
{
    struct look at = {.root = live, .conditions = kz_value_path(live, "status.conditions"), .budget = budget};
    struct kz_value sum;
    if (r->each.text.len == 0) {
        if (!all_hold(r, &at))
            return false;
        *out = decided(r, &at);
        return true;
    }
    const struct kz_value *list = kz_spot_find(&sum, &r->each, live, budget);
    for (size_t i = 0; kz_value_is(list, KZ_LIST) && i < list->as.list.len && *budget > 0; i++) {
        at.root = list->as.list.at[i];
        at.conditions = kz_value_get(at.root, "conditions");
        if (!all_hold(r, &at))
            continue;
        *out = decided(r, &at);
        return true;
    }
    return false;
}

bool kz_rules_verdict(struct kz_verdict *out, const struct kz_rules *r, bool own, struct kz_str group,
                      struct kz_str kind, const struct kz_value *live)
{
    unsigned budget = KZ_HEALTH_BUDGET;
    for (size_t i = own ? 0 : r->n_own; i < (own ? r->n_own : r->n); i++) {
        const struct entry *e = &r->at[i];
        for (size_t k = 0; is_about(e, group, kind) && k < e->n_rows; k++) {
            if (row_decides(out, &e->rows[k], live, &budget))
                return true;
            if (budget == 0) {
                *out = kz_verdict(KZ_HEALTH_UNKNOWN, "its health rules need more than %d steps", KZ_HEALTH_BUDGET);
                return true;
            }
        }
    }
    return false;
}
