/* SPDX-License-Identifier: Apache-2.0 */
#include "health/test.h"

#include <inttypes.h>

#include "base/utf8.h"
#include "health/status.h"

enum { SCALAR_MAX = 60, LIST_MAX = 64 };

const char *const kz_test_words[KZ_TEST_WORDS_] = {
    [KZ_TEST_IS] = "is",         [KZ_TEST_IS_NOT] = "isNot",      [KZ_TEST_IN] = "in",
    [KZ_TEST_NOT_IN] = "notIn",  [KZ_TEST_EXISTS] = "exists",     [KZ_TEST_BELOW] = "below",
    [KZ_TEST_ABOVE] = "above",   [KZ_TEST_AT_LEAST] = "atLeast",  [KZ_TEST_AT_MOST] = "atMost",
};

/* ---- from YAML ------------------------------------------------------------------------------- */

static const struct kz_value *given(const struct kz_value *map, const char *key)
{
    const struct kz_value *v = kz_value_get(map, key);
    return v == NULL || v->kind == KZ_NULL ? NULL : v;
}

bool kz_test_is_in(const struct kz_value *map)
{
    bool is = given(map, "condition") != NULL || given(map, "field") != NULL || given(map, "reason") != NULL;
    for (size_t i = 0; i < KZ_TEST_WORDS_; i++)
        is = is || given(map, kz_test_words[i]) != NULL;
    return is;
}

static bool is_scalar(const struct kz_value *v)
{
    return v->kind != KZ_LIST && v->kind != KZ_MAP && v->kind != KZ_NULL;
}

static int check_list(const struct kz_value *v, const char *word, struct kz_err *err)
{
    if (v->kind != KZ_LIST || v->as.list.len == 0 || v->as.list.len > LIST_MAX)
        return kz_fail(err, KZ_E_INVALID, "needs a list of 1 to %d values behind %s", LIST_MAX, word);
    for (size_t i = 0; i < v->as.list.len; i++)
        if (!is_scalar(v->as.list.at[i]))
            return kz_fail(err, KZ_E_INVALID, "has something behind %s that is no text, number or boolean", word);
    return 0;
}

/* The word and what stands behind it. */
static int parse_word(struct kz_test *t, struct kz_arena *a, enum kz_test_word word, const struct kz_value *v,
                      struct kz_err *err)
{
    const char *name = kz_test_words[word];
    int rc = 0;
    t->word = word;
    switch (word) {
    case KZ_TEST_IS:
    case KZ_TEST_IS_NOT:
        if (!is_scalar(v))
            return kz_fail(err, KZ_E_INVALID, "needs a text, number or boolean behind %s", name);
        break;
    case KZ_TEST_IN:
    case KZ_TEST_NOT_IN:
        rc = check_list(v, name, err);
        break;
    case KZ_TEST_EXISTS:
        if (v->kind != KZ_BOOL)
            return kz_fail(err, KZ_E_INVALID, "needs true or false behind exists");
        break;
    case KZ_TEST_BELOW:
    case KZ_TEST_ABOVE:
    case KZ_TEST_AT_LEAST:
    case KZ_TEST_AT_MOST:
        if (v->kind == KZ_STRING && t->condition.len == 0)
            return kz_spot_parse(&t->other, a, v->as.str, err) < 0 ? kz_wrap(err, "what stands behind %s", name)
                                                                   : 0;
        if (v->kind != KZ_INT || t->condition.len > 0)
            return kz_fail(err, KZ_E_INVALID, "needs a field to look at, and an integer or the path of one behind %s",
                           name);
        break;
    case KZ_TEST_WORDS_:
        break;
    }
    if (rc == 0)
        t->want = kz_value_copy(a, v);
    return rc;
}

/* `is: False` of a condition is a boolean to YAML, but the status of a condition is a text. */
static void status_text(struct kz_test *t, struct kz_arena *a)
{
    if (t->condition.len > 0 && t->word <= KZ_TEST_IS_NOT && kz_value_is(t->want, KZ_BOOL))
        t->want = kz_value_cstr(a, t->want->as.truth ? "True" : "False");
}

int kz_test_parse(struct kz_test *out, struct kz_arena *a, const struct kz_value *map, struct kz_err *err)
{
    const struct kz_value *condition = given(map, "condition"), *field = given(map, "field");
    const struct kz_value *reason = given(map, "reason");
    struct kz_test t = {.word = KZ_TEST_WORDS_, .condition = KZ_STR(""), .reason = KZ_STR("")};
    static const struct kz_value yes = {.kind = KZ_BOOL, .as.truth = true};
    static const struct kz_value is_true = {.kind = KZ_STRING, .as.str = KZ_STR_INIT("True")};
    if ((condition == NULL) == (field == NULL))
        return kz_fail(err, KZ_E_INVALID, "needs %s condition, field", condition == NULL ? "one of" : "exactly one of");
    if (!kz_value_is(condition != NULL ? condition : field, KZ_STRING))
        return kz_fail(err, KZ_E_INVALID, "needs a text behind %s", condition != NULL ? "condition" : "field");
    if (reason != NULL && (condition == NULL || !kz_value_is(reason, KZ_STRING)))
        return kz_fail(err, KZ_E_INVALID, "has a reason, which is a text and belongs to a condition");
    if (condition != NULL)
        t.condition = kz_str_dup(a, condition->as.str);
    if (condition != NULL && t.condition.len == 0)
        return kz_fail(err, KZ_E_INVALID, "needs the name of a condition");
    if (reason != NULL)
        t.reason = kz_str_dup(a, reason->as.str);
    if (field != NULL && kz_spot_parse(&t.field, a, field->as.str, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; i < KZ_TEST_WORDS_; i++) {
        const struct kz_value *v = given(map, kz_test_words[i]);
        if (v == NULL)
            continue;
        if (t.word != KZ_TEST_WORDS_)
            return kz_fail(err, KZ_E_INVALID, "has both %s and %s, but can have one", kz_test_words[t.word],
                           kz_test_words[i]);
        int rc = parse_word(&t, a, (enum kz_test_word)i, v, err);
        if (rc < 0)
            return rc;
        status_text(&t, a);
    }
    if (t.word == KZ_TEST_WORDS_ && field != NULL)
        return kz_fail(err, KZ_E_INVALID, "needs a word to compare with: is, isNot, in, notIn, exists, below, above, "
                                          "atLeast or atMost");
    if (t.word == KZ_TEST_WORDS_) {
        t.word = reason != NULL ? KZ_TEST_EXISTS : KZ_TEST_IS;
        t.want = reason != NULL ? &yes : &is_true;
    }
    *out = t;
    return 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

static bool is_in(const struct kz_value *list, const struct kz_value *v)
{
    for (size_t i = 0; i < kz_value_len(list); i++)
        if (kz_value_eq(kz_value_at(list, i), v))
            return true;
    return false;
}

static bool compares(const struct kz_test *t, const struct kz_value *v, const struct kz_value *root, unsigned *budget)
{
    struct kz_value sum;
    const struct kz_value *want = t->want != NULL ? t->want : kz_spot_find(&sum, &t->other, root, budget);
    if (!kz_value_is(v, KZ_INT) || !kz_value_is(want, KZ_INT))
        return false;
    int64_t have = v->as.num, limit = want->as.num;
    return t->word == KZ_TEST_BELOW      ? have < limit
           : t->word == KZ_TEST_ABOVE    ? have > limit
           : t->word == KZ_TEST_AT_LEAST ? have >= limit
                                         : have <= limit;
}

/* v NULL: it is not there. */
static bool passes(const struct kz_test *t, const struct kz_value *v, const struct kz_value *root, unsigned *budget)
{
    switch (t->word) {
    case KZ_TEST_IS:
        return v != NULL && kz_value_eq(v, t->want);
    case KZ_TEST_IS_NOT:
        return v != NULL && !kz_value_eq(v, t->want);
    case KZ_TEST_IN:
        return v != NULL && is_in(t->want, v);
    case KZ_TEST_NOT_IN:
        return v != NULL && !is_in(t->want, v);
    case KZ_TEST_EXISTS:
        return (v != NULL) == t->want->as.truth;
    case KZ_TEST_BELOW:
    case KZ_TEST_ABOVE:
    case KZ_TEST_AT_LEAST:
    case KZ_TEST_AT_MOST:
        return v != NULL && compares(t, v, root, budget);
    case KZ_TEST_WORDS_:
        break;
    }
    return false;
}

static struct kz_condition condition_of(const struct kz_test *t, const struct kz_value *conditions, unsigned *budget)
{
    size_t n = kz_value_len(conditions);
    if (n >= *budget) {
        *budget = 0;
        return (struct kz_condition){0};
    }
    *budget -= (unsigned)n;
    return kz_condition_named(conditions, t->condition);
}

bool kz_test_holds(const struct kz_test *t, const struct kz_value *root, const struct kz_value *conditions,
                   unsigned *budget)
{
    struct kz_value sum;
    bool holds;
    if (t->condition.len > 0) {
        struct kz_condition c = condition_of(t, conditions, budget);
        bool there = c.is_set && (t->reason.len == 0 || kz_str_eq(c.reason, t->reason));
        const struct kz_value status = {.kind = KZ_STRING, .as.str = c.status};
        holds = passes(t, there ? &status : NULL, root, budget);
    } else {
        holds = passes(t, kz_spot_find(&sum, &t->field, root, budget), root, budget);
    }
    return holds && *budget > 0;
}

/* ---- saying ---------------------------------------------------------------------------------- */

void kz_test_scalar(struct kz_buf *b, const struct kz_value *v)
{
    if (v == NULL)
        return;
    switch (v->kind) {
    case KZ_BOOL:
        kz_buf_puts(b, v->as.truth ? "true" : "false");
        break;
    case KZ_INT:
        kz_buf_printf(b, "%" PRId64, v->as.num);
        break;
    case KZ_UINT:
        kz_buf_printf(b, "%" PRIu64, v->as.unum);
        break;
    case KZ_FLOAT:
        kz_buf_printf(b, "%g", v->as.real);
        break;
    case KZ_STRING:
        kz_buf_add_str(b, v->as.str.len > SCALAR_MAX ? kz_utf8_cut(v->as.str, SCALAR_MAX) : v->as.str);
        break;
    case KZ_NULL:
    case KZ_LIST:
    case KZ_MAP:
        kz_buf_printf(b, "a %s", kz_kind_name(v->kind));
        break;
    }
}

static void say_wanted(struct kz_buf *b, const struct kz_test *t, const struct kz_value *root)
{
    static const char *const words[KZ_TEST_WORDS_] = {
        [KZ_TEST_IS] = "",           [KZ_TEST_IS_NOT] = "not ",       [KZ_TEST_IN] = "one of ",
        [KZ_TEST_NOT_IN] = "none of ", [KZ_TEST_BELOW] = "less than ",  [KZ_TEST_ABOVE] = "more than ",
        [KZ_TEST_AT_LEAST] = "at least ", [KZ_TEST_AT_MOST] = "at most ",
    };
    unsigned budget = KZ_HEALTH_BUDGET;
    struct kz_value sum;
    if (t->word == KZ_TEST_EXISTS) {
        kz_buf_puts(b, t->reason.len > 0 ? "" : t->want->as.truth ? "it to be there" : "it to be gone");
        return;
    }
    kz_buf_puts(b, words[t->word]);
    if (t->want == NULL) {
        const struct kz_value *other = kz_spot_find(&sum, &t->other, root, &budget);
        kz_buf_add_str(b, t->other.text);
        kz_buf_puts(b, other == NULL ? ", which is not there" : " (");
        kz_test_scalar(b, other);
        kz_buf_puts(b, other == NULL ? "" : ")");
    } else if (t->want->kind == KZ_LIST) {
        for (size_t i = 0; i < t->want->as.list.len; i++) {
            kz_buf_puts(b, i > 0 ? ", " : "");
            kz_test_scalar(b, t->want->as.list.at[i]);
        }
    } else {
        kz_test_scalar(b, t->want);
    }
}

void kz_test_say(struct kz_buf *b, const struct kz_test *t, const struct kz_value *root,
                 const struct kz_value *conditions)
{
    unsigned budget = KZ_HEALTH_BUDGET;
    struct kz_value sum;
    if (t->condition.len > 0) {
        struct kz_condition c = condition_of(t, conditions, &budget);
        kz_buf_printf(b, KZ_FMT " is " KZ_FMT, KZ_ARG(t->condition),
                      KZ_ARG(c.is_set ? c.status : KZ_STR("not there")));
        if (c.reason.len > 0 || c.message.len > 0)
            kz_buf_printf(b, " (" KZ_FMT "%s" KZ_FMT ")", KZ_ARG(c.reason),
                          c.reason.len > 0 && c.message.len > 0 ? ": " : "",
                          KZ_ARG(c.message.len > 100 ? kz_utf8_cut(c.message, 100) : c.message));
    } else {
        const struct kz_value *v = kz_spot_find(&sum, &t->field, root, &budget);
        kz_buf_add_str(b, t->field.text);
        kz_buf_puts(b, v == NULL ? " is not there" : " is ");
        kz_test_scalar(b, v);
    }
    kz_buf_puts(b, ", want ");
    say_wanted(b, t, root);
    if (t->reason.len > 0)
        kz_buf_printf(b, "%sreason " KZ_FMT, t->word == KZ_TEST_EXISTS ? "" : " with ", KZ_ARG(t->reason));
}
