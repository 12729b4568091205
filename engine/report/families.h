/* SPDX-License-Identifier: Apache-2.0
 *
 * The table behind /metrics and docs/metrics.md. Internal to this layer. */
#ifndef KZ_REPORT_FAMILIES_H
#define KZ_REPORT_FAMILIES_H

#include "report/metrics.h"

enum kz_family_type { KZ_COUNTER, KZ_GAUGE, KZ_HISTOGRAM };
enum kz_family_unit { KZ_UNIT_ONE, KZ_UNIT_NS }; /* ns are written as seconds */
/* What modules beyond the limit on series make together. */
enum kz_family_merge { KZ_MERGE_SUM, KZ_MERGE_MIN, KZ_MERGE_MAX, KZ_MERGE_NONE };

/* A label and the words that it can have. */
struct kz_label {
    const char *name;
    unsigned n;
    const char *(*word)(unsigned i);
};

/* What a value is asked of: all, and of module the one; at: the index of each label's word. */
struct kz_row {
    const struct kz_metrics *m;
    const struct kz_module_view *module; /* NULL: not of one */
    const size_t *tally;
    unsigned at[3];
};

struct kz_family {
    const char *name, *help;
    enum kz_family_type type;
    enum kz_family_unit unit;
    bool per_module;
    enum kz_family_merge merge;
    const struct kz_label *labels[3]; /* NULL ends */
    /* false: no such series just now. Of histograms NULL. */
    bool (*value)(int64_t *out, const struct kz_row *r);
    enum kz_scale scale;              /* of a histogram */
    const struct kz_histogram *(*histogram)(const struct kz_row *r); /* NULL: no such series */
    void (*info)(struct kz_buf *b, const struct kz_row *r); /* further labels, `,name="value"`; NULL none */
    const char *info_labels;          /* their names, for the documents */
};

const struct kz_family *kz_families(size_t *n);
/* The most series that one module, or all that is not of modules, can have. */
size_t kz_family_series(const struct kz_family *f);
void kz_label_value(struct kz_buf *b, const char *name, struct kz_str value); /* name="value", escaped */

/* What is meant to come, and why it is not there: for the documents. NULL name ends. */
struct kz_family_absent {
    const char *name, *why;
};
extern const struct kz_family_absent kz_families_absent[];

#endif
