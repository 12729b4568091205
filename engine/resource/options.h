/* SPDX-License-Identifier: Apache-2.0
 *
 * What an object says about its own syncing, by annotations: kzsync's words, and those of Argo CD, Flux
 * and Helm that mean the same (docs/sync-options.md has the table). Of one option the first that is said
 * counts, kzsync's before all others. */
#ifndef KZ_RESOURCE_OPTIONS_H
#define KZ_RESOURCE_OPTIONS_H

#include "value/value.h"

#define KZ_ANNOT_ON_DELETE   "kubezero.com/on-delete"
#define KZ_ANNOT_APPLY       "kubezero.com/apply"
#define KZ_ANNOT_PROPAGATION "kubezero.com/propagation"
#define KZ_ANNOT_VALIDATE    "kubezero.com/validate"
#define KZ_ANNOT_HEALTH      "kubezero.com/health"
#define KZ_ANNOT_WAIT_KIND   "kubezero.com/wait-for-kind"

enum kz_prune_word { KZ_PRUNE_AUTO, KZ_PRUNE_CONFIRM, KZ_PRUNE_NEVER };
enum kz_on_delete { KZ_ON_DELETE_DELETE, KZ_ON_DELETE_CONFIRM, KZ_ON_DELETE_ORPHAN };
enum kz_apply_word {
    KZ_APPLY_WORD_ALWAYS,
    KZ_APPLY_WORD_MERGE,     /* what a tool had set before us stays */
    KZ_APPLY_WORD_IF_ABSENT, /* created when it is not there, and never changed */
    KZ_APPLY_WORD_NEVER,     /* neither created, changed nor deleted */
};
enum kz_propagation {
    KZ_PROPAGATION_AUTO, /* foreground for workloads, background for the rest */
    KZ_PROPAGATION_BACKGROUND,
    KZ_PROPAGATION_FOREGROUND,
    KZ_PROPAGATION_ORPHAN,
};
enum kz_validate { KZ_VALIDATE_STRICT, KZ_VALIDATE_WARN, KZ_VALIDATE_OFF };

/* The enums above, a byte each: live objects have one of these, too. */
struct kz_options {
    uint8_t prune, on_delete, apply, propagation, validate;
    uint8_t recreate;      /* it may be deleted and created again for an immutable field */
    uint8_t ignore_health; /* gates do not wait for it */
    uint8_t wait_kind;     /* its kind will be served some time */
};

/* Of a rendered object, by its metadata. An unknown word of kzsync's is an error without place; one of a list of Argo CD's is
 * handed out in *odd ("" none; a view), since Argo CD passes over it in silence. */
KZ_MUST_USE int kz_options_read(struct kz_options *out, struct kz_str *odd, const struct kz_value *meta,
                                struct kz_err *err);
/* Of a live object, which anybody may have annotated: an unknown word of `prune` protects, others are passed
 * over. */
struct kz_options kz_options_live(const struct kz_value *meta);

/* The word of KZ_ANNOT_PRUNE; "" for auto. */
const char *kz_prune_word(enum kz_prune_word w);
const char *kz_on_delete_word(enum kz_on_delete w);

#endif
