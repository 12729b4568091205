/* SPDX-License-Identifier: Apache-2.0
 *
 * How a function of templates is written and registered. A family is one file that ends in a table:
 *
 *     static struct kz_val upper(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
 *     {
 *         struct kz_buf ...; return kz_val_str(...);
 *     }
 *     const struct kz_func kz_funcs_strings[] = {
 *         {"upper", "s", upper},
 *         {0},
 *     };
 *
 * The signature does Go's conversion of arguments before the call, with Go's error texts, so that a
 * function trusts its arguments. Errors are values: return kz_eval_fail(ev, ...); the evaluator adds
 * "template: NAME:LINE:COL: executing ... error calling upper: " once. */
#ifndef KZ_TEMPLATE_FUNC_H
#define KZ_TEMPLATE_FUNC_H

#include "base/buf.h"
#include "template/val.h"

/* One letter per parameter; a trailing '+' makes the last one variadic (zero or more):
 *   a interface {}      argv[i] is any value, nil included (type NULL)
 *   s string            i int      l int64      u uint64     w uint32     f float64     b bool
 *   m map[string]interface {} (nil possible: as.dict NULL)
 *   L []interface {}  S []string (nil possible: as.list NULL)   y []byte
 *   r reflect.Value: as a, but what is passed on keeps its static type. For built-in functions
 *   x a type of your own: the n-th x is types[n]
 * "" takes nothing. A constant in the template adapts to the parameter as in Go (1 for f is 1.0). */
struct kz_func {
    const char *name; /* NULL ends a table */
    const char *sig;
    struct kz_val (*call)(struct kz_eval *ev, const struct kz_val *argv, size_t argc);
    const struct kz_type *const *types;
};

/* The functions of text/template itself; always there, shadowed by a table that has the same name. */
enum { KZ_FUNCS_BUILTIN = 19 };
extern const struct kz_func kz_funcs_builtin[KZ_FUNCS_BUILTIN + 1];

/* ---- for functions while they run ----------------------------------------------------------- */
struct kz_arena *kz_eval_arena(struct kz_eval *ev); /* of the run: results live there */
void *kz_eval_user(struct kz_eval *ev);             /* what the caller of the run passed */

/* Ends the evaluation; the function returns what this returns. Any length of text. */
struct kz_val kz_eval_fail(struct kz_eval *ev, const char *fmt, ...) KZ_PRINTF(2, 3);
struct kz_val kz_eval_fail_str(struct kz_eval *ev, struct kz_str text);
bool kz_eval_failed(const struct kz_eval *ev);
/* After a nested run failed: puts "text: " before its message, as errors.Wrap does. */
struct kz_val kz_eval_wrap(struct kz_eval *ev, struct kz_str text);
/* Ends the evaluation because a limit was passed: no template error but ours (KZ_E_LIMIT). */
struct kz_val kz_eval_limit(struct kz_eval *ev, const char *fmt, ...) KZ_PRINTF(2, 3);
/* Counts n steps of work against the budget; false: over, and the evaluation has failed. For loops
 * whose length a template chooses (until, repeat). */
bool kz_eval_spend(struct kz_eval *ev, uint64_t n);

/* A function called by a template is data, too (`call`): checked as prepareArg does, then run. */
struct kz_val kz_eval_call(struct kz_eval *ev, const struct kz_func *fn, const char *name,
                           const struct kz_val *argv, size_t argc);

/* Bytes under construction: a heap buffer of the run with its output limit. Take it, fill it, then
 * kz_eval_text copies it to the arena, gives the buffer back and answers the text. Buffers nest. */
struct kz_buf *kz_eval_buf(struct kz_eval *ev);
struct kz_str kz_eval_text(struct kz_eval *ev, struct kz_buf *b);

#endif
