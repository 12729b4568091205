/* SPDX-License-Identifier: Apache-2.0
 *
 * Differences between two object trees as people read them: a path, the old and the new value.
 * Lists of maps are compared by their Kubernetes list-map key where it is known (containers by name,
 * ports by containerPort and protocol, ...), else by index. Multi-line strings give line diffs.
 * Server bookkeeping (status, managedFields, resourceVersion, uid, generation, creationTimestamp,
 * last-applied) is left out. Values of Secrets are masked on both sides before they are compared:
 * a change shows as two short fingerprints, keyed so that they cannot be guessed. */
#ifndef KZ_RESOURCE_DIFF_H
#define KZ_RESOURCE_DIFF_H

#include "base/buf.h"
#include "resource/object.h"

enum kz_change_kind { KZ_CHANGE_ADD, KZ_CHANGE_SET, KZ_CHANGE_REMOVE };

struct kz_change {
    enum kz_change_kind kind;
    struct kz_str path;           /* "spec.template.spec.containers[name=web].image" */
    const struct kz_value *before; /* NULL: added */
    const struct kz_value *after;  /* NULL: removed */
};

struct kz_diff {
    struct kz_change *at;
    size_t len, cap;
};

/* before or after may be NULL (create, remove): then there is one change per top-level section.
 * Values point into the trees or, where masked, into the arena. */
void kz_diff_objects(struct kz_diff *out, struct kz_arena *a, const struct kz_value *before,
                     const struct kz_value *after);

/* The same for when no dry-run can tell: `wanted` is what will be sent, not what the server will store.
 * What it leaves out stays as it is (defaults, fields of others), so maps and keyed lists show no
 * removals. */
void kz_diff_wanted(struct kz_diff *out, struct kz_arena *a, const struct kz_value *live,
                    const struct kz_value *wanted);

/* Appends the changes as text, `indent` blanks before each line, "+ ~ -" first; colour by meaning. */
void kz_diff_text(struct kz_buf *b, const struct kz_diff *d, int indent, bool colour);

/* Quantities ("1000m" and "1"), durations and numbers that mean the same are equal. */
bool kz_diff_same_quantity(struct kz_str a, struct kz_str b);
bool kz_quantity_is(struct kz_str s); /* an amount as the API server reads it: 500m, 1.5, 2Gi, 1e3 */

#endif
