/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json_patch.h"

#include "value/path.h"

enum { OPS_MAX = 10000, NODES_MAX = 2000000 };

struct patch {
    struct kz_arena *arena;
    struct kz_value *root;
    struct kz_err *err;
    size_t nodes; /* that copies have made: a patch may double a document at each step */
};

struct operation {
    struct kz_str op, path, from;
    const struct kz_value *value; /* NULL: none given */
};

/* Nodes and depth of a tree. */
static size_t measure(const struct kz_value *v, unsigned *depth)
{
    size_t nodes = 1;
    unsigned deepest = 0, d;
    for (size_t i = 0; i < kz_value_len(v); i++) {
        nodes += measure(v->kind == KZ_LIST ? v->as.list.at[i] : v->as.map.at[i].val, &d);
        deepest = d > deepest ? d : deepest;
    }
    *depth = v->kind == KZ_LIST || v->kind == KZ_MAP ? deepest + 1 : 0;
    return nodes;
}

/* A copy that may stand below path: counted, and not too deep there. */
static int copy_for(struct kz_value **out, struct patch *p, const struct kz_value *v,
                    struct kz_str path)
{
    unsigned depth;
    size_t steps = 0;
    p->nodes += measure(v, &depth);
    for (size_t i = 0; i < path.len; i++)
        steps += path.ptr[i] == '/';
    if (p->nodes > NODES_MAX)
        return kz_fail(p->err, KZ_E_LIMIT, "the patch makes more than %d nodes", NODES_MAX);
    if (depth + steps > KZ_VALUE_DEPTH_JSON)
        return kz_fail(p->err, KZ_E_LIMIT, "the result is nested deeper than %d levels",
                       KZ_VALUE_DEPTH_JSON);
    *out = kz_value_copy(p->arena, v);
    return 0;
}

static int existing(struct kz_place *out, struct patch *p, struct kz_str path)
{
    int rc = kz_path_place(out, p->arena, p->root, path, p->err);
    if (rc == 0 && !out->exists)
        rc = kz_fail(p->err, KZ_E_NOTFOUND, "'" KZ_FMT "' does not exist", KZ_ARG(path));
    return rc;
}

static int insert(struct patch *p, struct kz_str path, const struct kz_value *v)
{
    struct kz_place place;
    struct kz_value *copy = NULL;
    int rc = kz_path_place(&place, p->arena, p->root, path, p->err);
    if (rc == 0)
        rc = copy_for(&copy, p, v, path);
    if (rc < 0)
        return rc;
    kz_place_insert(p->arena, &place, &p->root, copy);
    return 0;
}

static int op_add(struct patch *p, const struct operation *o)
{
    return insert(p, o->path, o->value);
}

static int op_remove(struct patch *p, const struct operation *o)
{
    struct kz_place place;
    int rc = existing(&place, p, o->path);
    if (rc < 0)
        return rc;
    kz_place_remove(p->arena, &place, &p->root);
    return 0;
}

static int op_replace(struct patch *p, const struct operation *o)
{
    struct kz_place place;
    struct kz_value *copy = NULL;
    int rc = existing(&place, p, o->path);
    if (rc == 0)
        rc = copy_for(&copy, p, o->value, o->path);
    if (rc < 0)
        return rc;
    kz_place_set(p->arena, &place, &p->root, copy);
    return 0;
}

static int op_copy(struct patch *p, const struct operation *o)
{
    struct kz_place from;
    int rc = existing(&from, p, o->from);
    return rc < 0 ? rc : insert(p, o->path, kz_place_get(&from, p->root));
}

static int op_move(struct patch *p, const struct operation *o)
{
    struct kz_place from;
    int rc = existing(&from, p, o->from);
    if (rc < 0 || kz_str_eq(o->from, o->path))
        return rc;
    if (kz_str_starts(o->path, o->from) && o->path.ptr[o->from.len] == '/')
        return kz_fail(p->err, KZ_E_INVALID, "'" KZ_FMT "' cannot move into itself",
                       KZ_ARG(o->from));
    const struct kz_value *v = kz_place_get(&from, p->root);
    kz_place_remove(p->arena, &from, &p->root);
    return insert(p, o->path, v);
}

static int op_test(struct patch *p, const struct operation *o)
{
    struct kz_place place;
    int rc = existing(&place, p, o->path);
    if (rc < 0)
        return rc;
    return kz_value_eq(kz_place_get(&place, p->root), o->value)
               ? 0
               : kz_fail(p->err, KZ_E_CONFLICT, "the value there is another");
}

static const struct verb {
    const char *name;
    int (*run)(struct patch *p, const struct operation *o);
    bool value, from; /* what it needs besides path */
} verbs[] = {
    {"add", op_add, true, false},         {"remove", op_remove, false, false},
    {"replace", op_replace, true, false}, {"move", op_move, false, true},
    {"copy", op_copy, false, true},       {"test", op_test, true, false},
};

static int run(struct patch *p, const struct kz_value *step, const struct operation *o)
{
    const struct verb *verb = NULL;
    for (size_t i = 0; i < kz_countof(verbs); i++)
        if (kz_str_is(o->op, verbs[i].name))
            verb = &verbs[i];
    if (verb == NULL)
        return kz_fail(p->err, KZ_E_INVALID,
                       "'op' is add, remove, replace, move, copy or test");
    if (!kz_value_is(kz_value_get(step, "path"), KZ_STRING))
        return kz_fail(p->err, KZ_E_INVALID, "'path' is missing");
    if (verb->value && o->value == NULL)
        return kz_fail(p->err, KZ_E_INVALID, "'value' is missing");
    if (verb->from && !kz_value_is(kz_value_get(step, "from"), KZ_STRING))
        return kz_fail(p->err, KZ_E_INVALID, "'from' is missing");
    return verb->run(p, o);
}

int kz_json_patch(struct kz_value **out, struct kz_arena *a, const struct kz_value *doc,
                  const struct kz_value *patch, struct kz_err *err)
{
    if (!kz_value_is(patch, KZ_LIST))
        return kz_fail(err, KZ_E_INVALID, "a JSON patch is a list of operations");
    if (kz_value_len(patch) > OPS_MAX)
        return kz_fail(err, KZ_E_LIMIT, "a JSON patch has at most %d operations", OPS_MAX);
    struct patch p = {.arena = a, .root = kz_value_copy(a, doc), .err = err};
    for (size_t i = 0; i < kz_value_len(patch); i++) {
        const struct kz_value *step = kz_value_at(patch, i);
        const struct operation o = {
            .op = kz_value_as_str(kz_value_get(step, "op")),
            .path = kz_value_as_str(kz_value_get(step, "path")),
            .from = kz_value_as_str(kz_value_get(step, "from")),
            .value = kz_value_get(step, "value"),
        };
        if (run(&p, step, &o) < 0)
            return kz_wrap(err, "operation %zu (" KZ_FMT " '" KZ_FMT "')", i + 1, KZ_ARG(o.op),
                           KZ_ARG(o.path));
    }
    *out = p.root;
    return 0;
}
