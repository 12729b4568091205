/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls: each argument is evaluated for the type of its parameter, as Go's reflection checks it. */
#include "template/eval_impl.h"

#include "template/print.h"

#include <string.h>

enum { FEW = 6 }; /* so many arguments stay on the C stack */

/* ---- parameters ----------------------------------------------------------------------------- */
struct param {
    char letter; /* of the signature; '\0': no type asked for */
    const struct kz_type *type;
};

static const struct kz_type *type_of(char letter)
{
    switch (letter) {
    case 's':
        return &kz_type_string;
    case 'i':
        return &kz_type_int;
    case 'l':
        return &kz_type_int64;
    case 'u':
        return &kz_type_uint64;
    case 'w':
        return &kz_type_uint32;
    case 'f':
        return &kz_type_float64;
    case 'b':
        return &kz_type_bool;
    case 'm':
        return &kz_type_map;
    case 'L':
        return &kz_type_list;
    case 'S':
        return &kz_type_strings;
    case 'y':
        return &kz_type_bytes;
    default:
        return NULL; /* a, r: any */
    }
}

struct signature {
    const char *letters;
    size_t n; /* parameters, the variadic one included */
    bool variadic;
    const struct kz_type *const *types;
};

static struct signature signature(const char *sig, const struct kz_type *const *types)
{
    struct signature s = {.letters = sig, .n = strlen(sig), .types = types};
    if (s.n > 0 && sig[s.n - 1] == '+') {
        s.variadic = true;
        s.n--;
    }
    return s;
}

static struct param param(const struct signature *s, size_t i)
{
    if (i >= s->n)
        i = s->n - 1;
    struct param p = {.letter = s->letters[i], .type = type_of(s->letters[i])};
    if (p.letter == 'x') {
        size_t own = 0;
        for (size_t k = 0; k < i; k++)
            own += s->letters[k] == 'x';
        kz_assert(s->types != NULL);
        p.type = s->types[own];
    }
    return p;
}

static const char *param_name(struct param p)
{
    if (p.type != NULL)
        return p.type->name;
    return p.letter == 'r' ? "reflect.Value" : "interface {}";
}

static bool can_be_nil(struct param p)
{
    if (p.type == NULL)
        return true;
    return p.type->kind == KZ_GO_SLICE || p.type->kind == KZ_GO_MAP || p.type->kind == KZ_GO_PTR ||
           p.type->kind == KZ_GO_FUNC;
}

/* Go's assignability: the same type, or the same make where one of the two has no name of its own. */
static bool assignable(const struct kz_type *from, const struct kz_type *to)
{
    if (from == to)
        return true;
    const bool plain =
        to == &kz_type_map || to == &kz_type_list || to == &kz_type_strings || to == &kz_type_bytes;
    return plain && from->kind == to->kind && from->elem == to->elem;
}

/* ---- arguments ------------------------------------------------------------------------------ */
static struct kz_val validate(struct kz_eval *ev, struct kz_val v, struct param p)
{
    if (p.letter == 'r' || p.letter == '\0')
        return v;
    if (p.letter == 'a')
        return kz_val_plain(v);
    if (v.type == NULL && !v.iface) {
        if (can_be_nil(p))
            return (struct kz_val){.type = p.type};
        kz_eval_error_at(ev, "invalid value; expected %s", param_name(p));
        return KZ_NIL;
    }
    if (v.type != NULL && assignable(v.type, p.type)) {
        v.type = p.type;
        return kz_val_plain(v);
    }
    if (v.type != NULL && v.type->kind == KZ_GO_PTR && v.type->elem == p.type) {
        if (v.as.obj != NULL)
            return (struct kz_val){.type = p.type, .as.obj = v.as.obj};
        kz_eval_error_at(ev, "dereference of nil pointer of type %s", param_name(p));
        return KZ_NIL;
    }
    kz_eval_error_at(ev, "wrong type for value; expected %s; got %s", param_name(p),
                     v.type == NULL ? "interface {}" : v.type->name);
    return KZ_NIL;
}

static struct kz_val expected(struct kz_eval *ev, const char *what, const struct kz_tnode *n)
{
    kz_eval_error_at(ev, "expected %s; found " KZ_FMT, what, KZ_ARG(kz_eval_node_text(ev, n)));
    return KZ_NIL;
}

static struct kz_val untyped_constant(struct kz_eval *ev, const struct kz_tnode *n)
{
    if (n->kind == KZ_T_BOOL)
        return kz_val_bool(n->as.truth);
    if (n->kind == KZ_T_STRING)
        return kz_val_str(n->as.string.text);
    if (n->as.number->val.type == NULL)
        kz_eval_error_at(ev, KZ_FMT " overflows int", KZ_ARG(n->as.number->text));
    return n->as.number->val;
}

/* A literal takes the type of its parameter, if it can. */
static struct kz_val constant(struct kz_eval *ev, const struct kz_tnode *n, struct param p)
{
    const struct kz_number *num = n->kind == KZ_T_NUMBER ? n->as.number : NULL;
    if (p.type == NULL)
        return untyped_constant(ev, n);
    switch (p.type->kind) {
    case KZ_GO_BOOL:
        return n->kind == KZ_T_BOOL ? kz_val_bool(n->as.truth) : expected(ev, "bool", n);
    case KZ_GO_STRING:
        return n->kind == KZ_T_STRING ? kz_val_str(n->as.string.text) : expected(ev, "string", n);
    case KZ_GO_INT:
        if (num == NULL || !num->is_int)
            return expected(ev, "integer", n);
        return (struct kz_val){.type = p.type, .as.num = num->num};
    case KZ_GO_UINT:
        if (num == NULL || !num->is_uint)
            return expected(ev, "unsigned integer", n);
        return (struct kz_val){.type = p.type,
                               .as.unum = p.letter == 'w' ? (uint32_t)num->unum : num->unum};
    case KZ_GO_FLOAT:
        return num != NULL && num->is_float ? kz_val_float(num->real) : expected(ev, "float", n);
    default:
        kz_eval_error_at(ev, "can't handle " KZ_FMT " for arg of type %s",
                         KZ_ARG(kz_eval_node_text(ev, n)), param_name(p));
        return KZ_NIL;
    }
}

static struct kz_val argument(struct kz_eval *ev, const struct kz_val *dot, struct param p,
                              const struct kz_tnode *n)
{
    struct kz_val v;
    ev->node = n;
    switch (n->kind) {
    case KZ_T_DOT:
        v = *dot;
        break;
    case KZ_T_NIL:
        if (can_be_nil(p))
            return (struct kz_val){.type = p.type};
        kz_eval_error_at(ev, "cannot assign nil to %s", param_name(p));
        return KZ_NIL;
    case KZ_T_FIELD:
    case KZ_T_VARIABLE:
    case KZ_T_CHAIN:
        v = kz_eval_path(ev, dot, n, NULL, NULL);
        break;
    case KZ_T_PIPE:
        v = kz_eval_pipe(ev, dot, n);
        break;
    case KZ_T_IDENT:
        v = kz_eval_func(ev, dot, n, n, NULL, NULL);
        break;
    default:
        return constant(ev, n, p);
    }
    return ev->failed ? KZ_NIL : validate(ev, v, p);
}

struct kz_val kz_eval_untyped(struct kz_eval *ev, const struct kz_val *dot,
                              const struct kz_tnode *n)
{
    return argument(ev, dot, (struct param){.letter = '\0'}, n);
}

/* ---- calls ---------------------------------------------------------------------------------- */
struct call {
    struct kz_str name;
    struct signature sig;
    const struct kz_tnode *const *args; /* without the function itself */
    size_t n_args, argc;                /* argc counts the value that was piped in */
};

static bool count_ok(struct kz_eval *ev, const struct call *c)
{
    if (c->sig.variadic) {
        if (c->argc + 1 >= c->sig.n)
            return true;
        kz_eval_error_at(ev, "wrong number of args for " KZ_FMT ": want at least %zu got %zu",
                         KZ_ARG(c->name), c->sig.n - 1, c->n_args);
        return false;
    }
    if (c->argc == c->sig.n)
        return true;
    kz_eval_error_at(ev, "wrong number of args for " KZ_FMT ": want %zu got %zu", KZ_ARG(c->name),
                     c->sig.n, c->argc);
    return false;
}

static bool arguments(struct kz_eval *ev, struct kz_val *argv, const struct kz_val *dot,
                      const struct call *c, const struct kz_val *final)
{
    for (size_t i = 0; i < c->n_args; i++) {
        argv[i] = argument(ev, dot, param(&c->sig, i), c->args[i]);
        if (ev->failed)
            return false;
    }
    if (final != NULL) {
        /* without variadic parameters the counts agree, and this is the last parameter */
        argv[c->n_args] = validate(ev, *final, param(&c->sig, c->n_args));
    }
    return !ev->failed;
}

static struct call call_of(struct kz_str name, const char *sig, const struct kz_type *const *types,
                           const struct kz_nodes *args, const struct kz_val *final)
{
    struct call c = {.name = name, .sig = signature(sig, types)};
    if (args != NULL && args->len > 1) {
        c.args = (const struct kz_tnode *const *)args->at + 1;
        c.n_args = args->len - 1;
    }
    c.argc = c.n_args + (final != NULL);
    return c;
}

/* `and` and `or` stop at the operand that decides, and answer it. */
static struct kz_val short_circuit(struct kz_eval *ev, const struct kz_val *dot,
                                   const struct call *c, const struct kz_val *final)
{
    const bool is_or = kz_str_is(c->name, "or");
    struct kz_val v = KZ_NIL;
    for (size_t i = 0; i < c->n_args; i++) {
        v = argument(ev, dot, param(&c->sig, i), c->args[i]);
        if (ev->failed || kz_val_truth(v) == is_or)
            return v;
    }
    return final != NULL ? *final : v;
}

static struct kz_val finish(struct kz_eval *ev, struct kz_val v, const struct kz_tnode *at,
                            struct kz_str name)
{
    if (!ev->failed)
        return v;
    ev->node = at;
    kz_eval_error_calling(ev, name);
    return KZ_NIL;
}

/* `call` is told the text of its first operand, for messages. */
static struct kz_val call_builtin(struct kz_eval *ev, const struct call *c,
                                  const struct kz_val *argv)
{
    const struct kz_val fn = argv[0];
    const struct kz_str name =
        c->n_args > 0 ? kz_eval_node_text(ev, c->args[0]) : KZ_STR("function");
    if (fn.type == NULL)
        return kz_eval_fail(ev, "call of nil");
    if (fn.type->kind != KZ_GO_FUNC)
        return kz_eval_fail(ev, "non-function " KZ_FMT " of type %s", KZ_ARG(name), fn.type->name);
    return kz_eval_call(ev, fn.as.func, kz_cstr(ev->arena, name), argv + 1, c->argc - 1);
}

struct kz_val kz_eval_func(struct kz_eval *ev, const struct kz_val *dot,
                           const struct kz_tnode *ident, const struct kz_tnode *at,
                           const struct kz_nodes *args, const struct kz_val *final)
{
    const struct kz_func *f = ident->as.ident.func;
    const struct call c = call_of(ident->as.ident.name, f->sig, f->types, args, final);
    struct kz_val few[FEW], *argv = few;
    ev->node = ident;
    if (!kz_eval_step(ev) || !count_ok(ev, &c))
        return KZ_NIL;
    if (ident->as.ident.builtin && (kz_str_is(c.name, "and") || kz_str_is(c.name, "or")))
        return short_circuit(ev, dot, &c, final);
    if (c.argc > FEW)
        argv = kz_new_n(ev->arena, struct kz_val, c.argc);
    if (!arguments(ev, argv, dot, &c, final))
        return KZ_NIL;
    if (ident->as.ident.builtin && kz_str_is(c.name, "call"))
        return finish(ev, call_builtin(ev, &c, argv), at, c.name);
    return finish(ev, f->call(ev, argv, c.argc), at, c.name);
}

struct kz_val kz_eval_method(struct kz_eval *ev, const struct kz_val *dot,
                             const struct kz_method *m, const struct kz_val *self,
                             const struct kz_tnode *at, const struct kz_nodes *args,
                             const struct kz_val *final)
{
    const struct call c = call_of(kz_str(m->name), m->sig, NULL, args, final);
    struct kz_val few[FEW], *argv = few;
    if (!kz_eval_step(ev) || !count_ok(ev, &c))
        return KZ_NIL;
    if (c.argc > FEW)
        argv = kz_new_n(ev->arena, struct kz_val, c.argc);
    if (!arguments(ev, argv, dot, &c, final))
        return KZ_NIL;
    return finish(ev, m->call(ev, self, argv, c.argc), at, c.name);
}

/* What `call` does with values: only integers of other widths are converted. */
static bool prepare(struct kz_eval *ev, struct kz_val *v, struct param p, size_t i)
{
    *v = kz_val_plain(*v);
    if (p.type == NULL || (v->type != NULL && assignable(v->type, p.type)))
        return true;
    if (v->type == NULL && can_be_nil(p)) {
        *v = (struct kz_val){.type = p.type};
        return true;
    }
    if (v->type == NULL) {
        (void)kz_eval_fail(ev, "arg %zu: value is nil; should be of type %s", i, p.type->name);
        return false;
    }
    const bool ints = (v->type->kind == KZ_GO_INT || v->type->kind == KZ_GO_UINT) &&
                      (p.type->kind == KZ_GO_INT || p.type->kind == KZ_GO_UINT);
    if (ints) {
        v->type = p.type;
        return true;
    }
    (void)kz_eval_fail(ev, "arg %zu: value has type %s; should be %s", i, v->type->name,
                       p.type->name);
    return false;
}

struct kz_val kz_eval_call(struct kz_eval *ev, const struct kz_func *fn, const char *name,
                           const struct kz_val *argv, size_t argc)
{
    const struct signature sig = signature(fn->sig, fn->types);
    if (sig.variadic && argc + 1 < sig.n)
        return kz_eval_fail(ev, "wrong number of args for %s: got %zu want at least %zu", name,
                            argc, sig.n - 1);
    if (!sig.variadic && argc != sig.n)
        return kz_eval_fail(ev, "wrong number of args for %s: got %zu want %zu", name, argc, sig.n);
    struct kz_val *ready = kz_new_n(ev->arena, struct kz_val, argc == 0 ? 1 : argc);
    for (size_t i = 0; i < argc; i++) {
        ready[i] = argv[i];
        if (!prepare(ev, &ready[i], param(&sig, i), i))
            return KZ_NIL;
    }
    return fn->call(ev, ready, argc);
}
