/* SPDX-License-Identifier: Apache-2.0
 *
 * Pipelines: commands that hand a value on, and the way along fields. */
#include "template/eval_impl.h"

#include "template/print.h"

/* ---- fields --------------------------------------------------------------------------------- */
static const char *static_type(struct kz_val v)
{
    return v.iface ? "interface {}" : kz_val_type_name(v);
}

static struct kz_val missing_key(struct kz_eval *ev, struct kz_val map, struct kz_str name)
{
    switch (kz_tset_missing(ev->set)) {
    case KZ_MISSING_DEFAULT:
        break;
    case KZ_MISSING_ZERO:
        if (map.type->elem == NULL)
            return (struct kz_val){.type = NULL, .iface = true};
        if (map.type->elem->kind == KZ_GO_STRING)
            return kz_val_str(KZ_STR(""));
        return (struct kz_val){.type = map.type->elem};
    case KZ_MISSING_ERROR:
        kz_eval_error_at(ev, "map has no entry for key " KZ_FMT, KZ_ARG(kz_eval_quoted(ev, name)));
        break;
    }
    return KZ_NIL;
}

static struct kz_val map_field(struct kz_eval *ev, struct kz_val map, struct kz_str name,
                               bool has_args)
{
    if (has_args) {
        kz_eval_error_at(ev, KZ_FMT " is not a method but has arguments", KZ_ARG(name));
        return KZ_NIL;
    }
    const struct kz_val *found = kz_dict_find(map.as.dict, name);
    if (found == NULL || found->type == NULL ||
        (found->type == &kz_type_string && found->as.str.len == 0)) {
        ev->nil_in = map.as.dict;
        ev->nil_key = name;
    }
    if (found == NULL)
        return missing_key(ev, map, name);
    struct kz_val v = *found;
    v.iface = map.type->elem == NULL;
    return v;
}

static const struct kz_field *find_field(const struct kz_type *type, struct kz_str name)
{
    for (size_t i = 0; type->shape != NULL && i < type->shape->n_fields; i++)
        if (kz_str_is(name, type->shape->fields[i].name))
            return &type->shape->fields[i];
    return NULL;
}

static const struct kz_method *find_method(const struct kz_type *type, struct kz_str name)
{
    for (size_t i = 0; type->shape != NULL && i < type->shape->n_methods; i++)
        if (kz_str_is(name, type->shape->methods[i].name))
            return &type->shape->methods[i];
    return NULL;
}

/* One field of receiver; args holds the whole command when this is its last part, else NULL. */
static struct kz_val field(struct kz_eval *ev, const struct kz_val *dot, struct kz_str name,
                           const struct kz_tnode *at, const struct kz_nodes *args,
                           const struct kz_val *final, const struct kz_val *receiver)
{
    const bool has_args = (args != NULL && args->len > 1) || final != NULL;
    if (receiver->type == NULL && !receiver->iface) {
        if (kz_tset_missing(ev->set) == KZ_MISSING_ERROR)
            kz_eval_error_at(ev, "nil data; no entry for key " KZ_FMT,
                             KZ_ARG(kz_eval_quoted(ev, name)));
        return KZ_NIL;
    }
    if (receiver->type == NULL) {
        kz_eval_error_at(ev, "nil pointer evaluating interface {}." KZ_FMT, KZ_ARG(name));
        return KZ_NIL;
    }
    const struct kz_method *method = find_method(receiver->type, name);
    if (method != NULL)
        return kz_eval_method(ev, dot, method, receiver, at, args, final);
    const struct kz_field *part = find_field(receiver->type, name);
    if (part != NULL && has_args) {
        kz_eval_error_at(ev, KZ_FMT " has arguments but cannot be invoked as function",
                         KZ_ARG(name));
        return KZ_NIL;
    }
    if (part != NULL && receiver->as.obj == NULL) {
        kz_eval_error_at(ev, "nil pointer evaluating %s." KZ_FMT, static_type(*receiver),
                         KZ_ARG(name));
        return KZ_NIL;
    }
    if (part != NULL)
        return part->get(ev->arena, receiver);
    if (receiver->type->kind == KZ_GO_MAP)
        return map_field(ev, *receiver, name, has_args);
    kz_eval_error_at(ev, "can't evaluate field " KZ_FMT " in type %s", KZ_ARG(name),
                     static_type(*receiver));
    return KZ_NIL;
}

static struct kz_val along(struct kz_eval *ev, const struct kz_val *dot, const struct kz_val *start,
                           const struct kz_tnode *at, const struct kz_str *names, size_t n,
                           const struct kz_nodes *args, const struct kz_val *final)
{
    struct kz_val receiver, next;
    for (size_t i = 0; i + 1 < n; i++) {
        next = field(ev, dot, names[i], at, NULL, NULL, start);
        if (ev->failed)
            return next;
        receiver = next;
        start = &receiver;
    }
    return field(ev, dot, names[n - 1], at, args, final, start);
}

/* ---- commands ------------------------------------------------------------------------------- */
static bool not_a_function(struct kz_eval *ev, const struct kz_nodes *args,
                           const struct kz_val *final)
{
    if ((args == NULL || args->len <= 1) && final == NULL)
        return true;
    kz_eval_error_at(ev, "can't give argument to non-function " KZ_FMT,
                     KZ_ARG(kz_eval_node_text(ev, args->at[0])));
    return false;
}

static struct kz_val chain(struct kz_eval *ev, const struct kz_val *dot, const struct kz_tnode *n,
                           const struct kz_nodes *args, const struct kz_val *final)
{
    ev->node = n;
    if (n->as.chain.node->kind == KZ_T_NIL) {
        kz_eval_error_at(ev, "indirection through explicit nil in " KZ_FMT,
                         KZ_ARG(kz_eval_node_text(ev, n)));
        return KZ_NIL;
    }
    const struct kz_val start = kz_eval_untyped(ev, dot, n->as.chain.node);
    if (ev->failed)
        return KZ_NIL;
    return along(ev, dot, &start, n, n->as.chain.fields.at, n->as.chain.fields.len, args, final);
}

struct kz_val kz_eval_path(struct kz_eval *ev, const struct kz_val *dot, const struct kz_tnode *n,
                           const struct kz_nodes *args, const struct kz_val *final)
{
    const struct kz_names *path = &n->as.path;
    ev->nil_in = NULL;
    if (n->kind == KZ_T_CHAIN)
        return chain(ev, dot, n, args, final);
    ev->node = n;
    if (n->kind == KZ_T_FIELD)
        return along(ev, dot, dot, n, path->at, path->len, args, final);
    const struct kz_var *var = kz_eval_var(ev, path->at[0]);
    if (var == NULL)
        return KZ_NIL;
    if (path->len == 1)
        return not_a_function(ev, args, final) ? var->val : KZ_NIL;
    const struct kz_val receiver = var->val; /* a call may move the variables */
    return along(ev, dot, &receiver, n, path->at + 1, path->len - 1, args, final);
}

static struct kz_val constant(struct kz_eval *ev, const struct kz_val *dot,
                              const struct kz_tnode *n)
{
    switch (n->kind) {
    case KZ_T_BOOL:
        return kz_val_bool(n->as.truth);
    case KZ_T_DOT:
        return *dot;
    case KZ_T_STRING:
        return kz_val_str(n->as.string.text);
    case KZ_T_NUMBER:
        if (n->as.number->val.type == NULL)
            kz_eval_error_at(ev, KZ_FMT " overflows int", KZ_ARG(n->as.number->text));
        return n->as.number->val;
    case KZ_T_NIL:
        kz_eval_error_at(ev, "nil is not a command");
        return KZ_NIL;
    default:
        kz_eval_error_at(ev, "can't evaluate command " KZ_FMT,
                         KZ_ARG(kz_eval_quoted(ev, kz_eval_node_text(ev, n))));
        return KZ_NIL;
    }
}

static struct kz_val command(struct kz_eval *ev, const struct kz_val *dot,
                             const struct kz_tnode *cmd, const struct kz_val *final)
{
    const struct kz_nodes *args = &cmd->as.nodes;
    const struct kz_tnode *first = args->at[0];
    switch (first->kind) {
    case KZ_T_FIELD:
    case KZ_T_CHAIN:
    case KZ_T_VARIABLE:
        return kz_eval_path(ev, dot, first, args, final);
    case KZ_T_IDENT:
        return kz_eval_func(ev, dot, first, cmd, args, final);
    case KZ_T_PIPE:
        return not_a_function(ev, args, final) ? kz_eval_pipe(ev, dot, first) : KZ_NIL;
    default:
        ev->node = first;
        return not_a_function(ev, args, final) ? constant(ev, dot, first) : KZ_NIL;
    }
}

/* ---- pipelines ------------------------------------------------------------------------------ */
/* What is handed on leaves its interface {}. */
struct kz_val kz_eval_pipe(struct kz_eval *ev, const struct kz_val *dot,
                           const struct kz_tnode *pipe)
{
    struct kz_val v = KZ_NIL, final;
    const struct kz_nodes *cmds = &pipe->as.pipe.cmds, *decl = &pipe->as.pipe.decl;
    ev->node = pipe;
    if (!kz_eval_step(ev))
        return v;
    for (size_t i = 0; i < cmds->len && !ev->failed; i++) {
        if (i > 0)
            final = v;
        v = command(ev, dot, cmds->at[i], i == 0 ? NULL : &final);
        v.iface = false;
    }
    for (size_t i = 0; i < decl->len && !ev->failed; i++) {
        const struct kz_str name = decl->at[i]->as.path.at[0];
        if (!pipe->as.pipe.is_assign) {
            kz_eval_push_var(ev, name, v);
            continue;
        }
        struct kz_var *var = kz_eval_var(ev, name);
        if (var != NULL)
            var->val = v;
    }
    return v;
}
