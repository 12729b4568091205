/* SPDX-License-Identifier: Apache-2.0
 *
 * Go's text/template (1.23) in C: sets of named templates, parsed once, run many times. Behaviour,
 * error texts and their positions are Go's; limits are ours. Knows no files and no Helm.
 *
 * A set belongs to an arena that outlives it; the source texts must outlive it too: trees hold views
 * of them. A run has an arena of its own. Nothing here is thread-safe. */
#ifndef KZ_TEMPLATE_TEMPLATE_H
#define KZ_TEMPLATE_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "template/func.h"
#include "template/val.h"

/* ---- sets ----------------------------------------------------------------------------------- */
struct kz_tset;
struct kz_template; /* one named tree of a set */

/* What Option("missingkey=...") chooses for a key that a map lacks. */
enum kz_missing { KZ_MISSING_DEFAULT, KZ_MISSING_ZERO, KZ_MISSING_ERROR };

/* tables: n of them, each ended by a NULL name; a later table wins over an earlier one, all over the
 * built-in functions. They must outlive the set. name is that of the root template ("gotpl"), used in
 * one message only. */
struct kz_tset *kz_tset_new(struct kz_arena *a, struct kz_str name,
                            const struct kz_func *const *tables, size_t n, enum kz_missing missing);

/* A set that sees everything of base and whose own definitions go before it: what Clone() is for, at
 * the cost of one small allocation. The base must not change while the overlay lives. */
struct kz_tset *kz_tset_overlay(struct kz_arena *a, const struct kz_tset *base,
                                enum kz_missing missing);

/* New(name).Parse(text): defines name and every {{define}} in text; an empty definition does not
 * replace a non-empty one. *out (may be NULL) is the template of the text itself, even when it was not
 * entered. Fails with KZ_E_PARSE, or KZ_E_LIMIT for nesting; the whole message in Go's words
 * ("template: NAME:LINE: ...") is kz_tset_error, err has file and line, and what fits of the text. The
 * line is the one in the text; Go's differs behind comments of several lines. */
KZ_MUST_USE int kz_tset_parse(const struct kz_template **out, struct kz_tset *set,
                              struct kz_str name, struct kz_str text, struct kz_err *err);
struct kz_str kz_tset_error(const struct kz_tset *set);

const struct kz_template *kz_tset_find(const struct kz_tset *set, struct kz_str name); /* or NULL */
struct kz_str kz_tset_name(const struct kz_tset *set);
enum kz_missing kz_tset_missing(const struct kz_tset *set);
bool kz_tset_has_func(const struct kz_tset *set, struct kz_str name);

struct kz_str kz_template_name(const struct kz_template *t); /* what it is called */
struct kz_str kz_template_file(const struct kz_template *t); /* name of the text that defined it */
struct kz_str kz_template_text(const struct kz_template *t); /* that text */
void kz_template_place(const struct kz_template *t, uint32_t pos, uint32_t *line, uint32_t *col);
/* The tree printed back, as Go does it. */
void kz_template_print(struct kz_buf *out, const struct kz_template *t);

/* ---- runs ----------------------------------------------------------------------------------- */
struct kz_limits {  /* 0: the default */
    uint64_t steps; /* nodes evaluated, elements ranged over; 200 million */
    size_t output;  /* bytes of one result; 256 MiB */
    size_t stack;   /* bytes of C stack that nested templates may take; 3/4 of RLIMIT_STACK, at most
                      * 64 MiB. Set it when not on the main thread */
    uint32_t depth; /* nested templates; 100000, as Go */
};

/* Where output came from: one array for a run and all runs inside of it (include, tpl), in the order in
 * which things came to their end. It is only ever appended to, so that recording costs next to nothing;
 * a reader walks it backwards and jumps over what lies inside:
 *
 *     OUT    output from `offset` on was made by the node at `pos` of `tmpl`
 *     RUN    a run inside ended with `text`, `n` bytes long; its marks are `first` .. here
 *     CALL   {{template}} at `pos` of `tmpl` ended; its marks are `first` .. here, in the same output
 *
 * What an action prints stands behind the runs that it made: they come right before its OUT. */
enum kz_mark_kind { KZ_MARK_OUT, KZ_MARK_RUN, KZ_MARK_CALL };
struct kz_mark {
    uint32_t kind : 2;
    uint32_t n : 30; /* OUT: offset; RUN: bytes of text; CALL: how many marks before this one is first */
    uint32_t pos;    /* RUN: how many marks before this one is first */
    union {
        const struct kz_template *tmpl;
        const char *text;
    } as;
};
struct kz_marks {
    struct kz_mark *at; /* on the arena of the run; several runs may append to one array */
    size_t len, cap;
    bool full; /* KZ_MARKS_MAX were not enough: what is missing is at the end */
};
enum { KZ_MARKS_MAX = 1 << 22 };

/* One evaluator serves many runs that share data and an arena (all templates of a release). user is
 * handed to functions. The arena must outlive it. */
struct kz_eval *kz_eval_new(struct kz_arena *a, const struct kz_limits *limits, void *user);
void kz_eval_free(struct kz_eval *ev); /* NULL is fine; the arena stays */

/* Runs t with set for its names, appends to out and to marks, which may be NULL. KZ_E_INVALID: a template error;
 * KZ_E_LIMIT: ours. The message in Go's words at full length is kz_eval_error. The evaluator can be
 * used again afterwards. Not for functions: they use kz_eval_template. */
KZ_MUST_USE int kz_eval_run(struct kz_buf *out, struct kz_eval *ev, const struct kz_tset *set,
                            const struct kz_template *t, struct kz_val dot, struct kz_marks *marks,
                            struct kz_err *err);

/* ---- for functions (include, tpl) ------------------------------------------------------------ */
const struct kz_tset *kz_eval_set(const struct kz_eval *ev); /* of the template that runs now */
const struct kz_template *kz_eval_running(const struct kz_eval *ev); /* that template */
/* Runs t into a text of its own; false: failed, the function returns KZ_NIL or kz_eval_wrap(). */
bool kz_eval_template(struct kz_str *out, struct kz_eval *ev, const struct kz_tset *set,
                      const struct kz_template *t, struct kz_val dot);

/* ---- after a failure ------------------------------------------------------------------------ */
struct kz_str kz_eval_error(const struct kz_eval *ev); /* lives in the arena of the run */

/* The nodes that were being evaluated, innermost first: the place to show, and how it was reached. */
struct kz_trace {
    const struct kz_trace *outer;
    const struct kz_template *tmpl;
    uint32_t pos, line, col; /* line and col 1-based and 0-based, as Go prints them */
    struct kz_str node;      /* its text, as Go reprints it; "" for {{template}} */
    struct kz_str text;      /* what was wrong here: "nil pointer evaluating interface {}.x" */
    /* When a missing, null or empty value was read on the way to the error: the map and the key. Of
     * the innermost alone; NULL: none, or nobody knows. */
    const struct kz_dict *nil_in;
    struct kz_str nil_key;
};
const struct kz_trace *kz_eval_trace(const struct kz_eval *ev);

#endif
