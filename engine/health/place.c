/* SPDX-License-Identifier: Apache-2.0 */
#include "health/place.h"

#include "value/path.h"

struct parser {
    struct kz_spot *out;
    struct kz_arena *a;
    struct kz_str rest;
};

static int bad(const struct parser *p, const char *why, struct kz_err *err)
{
    return kz_fail(err, KZ_E_INVALID, "is no path: '" KZ_FMT "' %s", KZ_ARG(p->out->text), why);
}

static int add(struct parser *p, struct kz_place_step step, struct kz_err *err)
{
    if (p->out->n == KZ_SPOT_STEPS)
        return bad(p, "has more than 16 steps", err);
    p->out->sums |= step.kind == KZ_STEP_ALL;
    p->out->at[p->out->n++] = step;
    return 0;
}

static int parse_pointer(struct parser *p, struct kz_err *err)
{
    while (p->rest.len > 0) {
        struct kz_place_step step = {.kind = KZ_STEP_NAME};
        uint64_t index;
        if (!kz_path_step(&step.name, p->a, &p->rest))
            return bad(p, "has a '~' without 0 or 1", err);
        if (kz_str_u64(&index, step.name)) { /* of a list; a map may have such a name too */
            step.kind = KZ_STEP_INDEX;
            step.index = (size_t)index;
        }
        int rc = add(p, step, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int parse_bracket(struct parser *p, struct kz_err *err)
{
    size_t end = kz_str_index(p->rest, ']');
    if (kz_str_starts(p->rest, KZ_STR("[\""))) { /* the name may hold a ']' */
        size_t quote = kz_str_index(kz_str_skip(p->rest, 2), '"') + 2;
        end = quote + 1;
        if (quote >= p->rest.len || end >= p->rest.len || p->rest.ptr[end] != ']' || quote == 2)
            return bad(p, "has a name without end", err);
        struct kz_str name = kz_str_n(p->rest.ptr + 2, quote - 2);
        p->rest = kz_str_skip(p->rest, end + 1);
        return add(p, (struct kz_place_step){.kind = KZ_STEP_NAME, .name = name}, err);
    }
    if (end == p->rest.len)
        return bad(p, "has a '[' without ']'", err);
    struct kz_str inside = kz_str_n(p->rest.ptr + 1, end - 1);
    struct kz_place_step step = {.kind = KZ_STEP_ALL};
    uint64_t index;
    p->rest = kz_str_skip(p->rest, end + 1);
    if (inside.len > 0) {
        if (!kz_str_u64(&index, inside))
            return bad(p, "needs a number, a \"name\" or nothing between '[' and ']'", err);
        step.kind = KZ_STEP_INDEX;
        step.index = (size_t)index;
        step.name = inside;
    }
    return add(p, step, err);
}

static int parse_dotted(struct parser *p, struct kz_err *err)
{
    bool name_may_come = true;
    while (p->rest.len > 0) {
        int rc;
        if (p->rest.ptr[0] == '[') {
            rc = parse_bracket(p, err);
            name_may_come = false;
        } else if (p->rest.ptr[0] == '.' && !name_may_come) {
            p->rest = kz_str_skip(p->rest, 1);
            name_may_come = true;
            rc = p->rest.len == 0 || p->rest.ptr[0] == '[' ? bad(p, "lacks a name behind a '.'", err) : 0;
        } else if (!name_may_come) {
            rc = bad(p, "lacks a '.'", err);
        } else {
            size_t n = 0;
            while (n < p->rest.len && p->rest.ptr[n] != '.' && p->rest.ptr[n] != '[')
                n++;
            struct kz_str name = kz_str_head(p->rest, n);
            p->rest = kz_str_skip(p->rest, n);
            name_may_come = false;
            rc = n == 0 ? bad(p, "has a step without a name", err)
                        : add(p, (struct kz_place_step){.kind = KZ_STEP_NAME, .name = name}, err);
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}

int kz_spot_parse(struct kz_spot *out, struct kz_arena *a, struct kz_str text, struct kz_err *err)
{
    struct kz_spot s = {.text = kz_str_dup(a, kz_str_head(text, KZ_SPOT_BYTES))};
    struct parser p = {.out = &s, .a = a, .rest = s.text};
    if (text.len == 0 || text.len > KZ_SPOT_BYTES)
        return kz_fail(err, KZ_E_INVALID, "is no path: it has %zu bytes, but must have 1 to %d", text.len,
                       KZ_SPOT_BYTES);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return kz_fail(err, KZ_E_INVALID, "is no path: it has control characters");
    struct kz_place_step steps[KZ_SPOT_STEPS];
    s.at = steps;
    int rc = text.ptr[0] == '/' ? parse_pointer(&p, err) : parse_dotted(&p, err);
    if (rc < 0)
        return rc;
    s.at = kz_new_n(a, struct kz_place_step, s.n);
    memcpy(s.at, steps, s.n * sizeof *steps);
    *out = s;
    return 0;
}

/* ---- walking --------------------------------------------------------------------------------- */

struct walk {
    const struct kz_spot *spot;
    unsigned *budget;
    int64_t sum;
    bool found;
};

static const struct kz_value *step_into(const struct kz_value *v, const struct kz_place_step *step)
{
    if (step->kind == KZ_STEP_INDEX && kz_value_is(v, KZ_LIST))
        return kz_value_at(v, step->index);
    return kz_value_find(v, step->name);
}

static void add_up(struct walk *w, const struct kz_value *v)
{
    int64_t sum;
    if (!kz_value_is(v, KZ_INT) || __builtin_add_overflow(w->sum, v->as.num, &sum))
        return;
    w->sum = sum;
    w->found = true;
}

static void sum_below(struct walk *w, const struct kz_value *v, size_t from) /* as deep as a place has steps */
{
    for (size_t i = from; i < w->spot->n && v != NULL; i++) {
        if (*w->budget == 0)
            return;
        --*w->budget;
        if (w->spot->at[i].kind == KZ_STEP_ALL) {
            for (size_t k = 0; kz_value_is(v, KZ_LIST) && k < v->as.list.len && *w->budget > 0; k++)
                sum_below(w, v->as.list.at[k], i + 1);
            return;
        }
        v = step_into(v, &w->spot->at[i]);
    }
    if (*w->budget > 0) {
        --*w->budget;
        add_up(w, v);
    }
}

const struct kz_value *kz_spot_find(struct kz_value *sum, const struct kz_spot *s,
                                    const struct kz_value *root, unsigned *budget)
{
    struct walk w = {.spot = s, .budget = budget};
    if (s->sums) {
        sum_below(&w, root, 0);
        *sum = (struct kz_value){.kind = KZ_INT, .as.num = w.sum};
        return w.found && *budget > 0 ? sum : NULL;
    }
    for (size_t i = 0; i < s->n && root != NULL; i++) {
        if (*budget == 0)
            return NULL;
        --*budget;
        root = step_into(root, &s->at[i]);
    }
    return root == NULL || root->kind == KZ_NULL ? NULL : root;
}
