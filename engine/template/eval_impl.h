/* SPDX-License-Identifier: Apache-2.0
 *
 * The evaluator's state, shared by eval*.c. Functions answer a value; when they fail they answer
 * anything and ev->failed is set: callers look at it and return at once.
 *
 *     eval.c        runs, the walk over nodes, variables
 *     eval_pipe.c   pipelines, commands, operands, fields
 *     eval_call.c   arguments and calls
 *     eval_error.c  messages and traces */
#ifndef KZ_TEMPLATE_EVAL_IMPL_H
#define KZ_TEMPLATE_EVAL_IMPL_H

#include "template/tree.h"

struct kz_var {
    struct kz_str name;
    struct kz_val val;
};

struct kz_spare { /* a heap buffer for text under construction */
    struct kz_buf buf;
    struct kz_spare *next;
    bool busy;
};

struct kz_piece { /* of a message, outermost first */
    struct kz_str text;
    const struct kz_piece *next;
};

struct kz_eval {
    struct kz_arena *arena;
    void *user;
    struct kz_limits limits;
    uint64_t steps;    /* left */
    const char *stack; /* where the outermost run began */

    /* of the template that runs now */
    const struct kz_tset *set;
    const struct kz_template *tmpl;
    const struct kz_tnode *node; /* the place that an error would name */
    struct kz_buf *out;
    size_t vars_from; /* its first variable, "$" */
    uint32_t depth;   /* {{template}} inside {{template}} */
    uint32_t runs;    /* runs inside runs */

    struct kz_var *vars;
    size_t n_vars, vars_cap;
    struct kz_spare *spares;
    struct kz_marks *marks; /* NULL: not wanted */

    bool failed, over_limit;
    const struct kz_piece *pieces;
    struct kz_str error;
    struct kz_trace *innermost, *outermost;

    /* Where the path that was read last found nothing, null or "": blamed when that leads to an error. */
    const struct kz_dict *nil_in; /* NULL: it found something */
    struct kz_str nil_key;
};

/* What a node says about the ones behind it. */
enum kz_walk { KZ_WALK_ON, KZ_WALK_BREAK, KZ_WALK_CONTINUE, KZ_WALK_FAIL };

/* eval.c */
bool kz_eval_step(struct kz_eval *ev); /* one unit of work; false: out of budget or stack */
void kz_eval_push_var(struct kz_eval *ev, struct kz_str name, struct kz_val val);
struct kz_var *kz_eval_var(struct kz_eval *ev, struct kz_str name); /* NULL: failed */

/* eval_pipe.c. final: what the pipeline hands on; NULL: nothing. */
struct kz_val kz_eval_pipe(struct kz_eval *ev, const struct kz_val *dot,
                           const struct kz_tnode *pipe);
struct kz_val kz_eval_path(struct kz_eval *ev, const struct kz_val *dot, const struct kz_tnode *n,
                           const struct kz_nodes *args, const struct kz_val *final);

/* eval_call.c */
struct kz_val kz_eval_func(struct kz_eval *ev, const struct kz_val *dot,
                           const struct kz_tnode *ident, const struct kz_tnode *at,
                           const struct kz_nodes *args, const struct kz_val *final);
struct kz_val kz_eval_method(struct kz_eval *ev, const struct kz_val *dot,
                             const struct kz_method *m, const struct kz_val *self,
                             const struct kz_tnode *at, const struct kz_nodes *args,
                             const struct kz_val *final);
/* An operand without a parameter that asks for a type: what a chain begins with. */
struct kz_val kz_eval_untyped(struct kz_eval *ev, const struct kz_val *dot,
                              const struct kz_tnode *n);

/* eval_error.c */
/* "template: FILE:LINE:COL: executing NAME at <NODE>: TEXT" for ev->node. */
void kz_eval_error_at(struct kz_eval *ev, const char *fmt, ...) KZ_PRINTF(2, 3);
/* The same before a message that is there already: "error calling NAME: ". */
void kz_eval_error_calling(struct kz_eval *ev, struct kz_str name);
/* Adds {{template}} at n to the trace of a failure; Go's message does not tell of it. */
void kz_eval_error_via(struct kz_eval *ev, const struct kz_tnode *n);
void kz_eval_error_clear(struct kz_eval *ev);
void kz_eval_error_join(struct kz_eval *ev);
/* "quoted" on the arena, and a node's text; for messages. */
struct kz_str kz_eval_quoted(struct kz_eval *ev, struct kz_str s);
struct kz_str kz_eval_node_text(struct kz_eval *ev, const struct kz_tnode *n);

#endif
