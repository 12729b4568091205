/* SPDX-License-Identifier: Apache-2.0
 *
 * A chart as Helm loads it: what Chart.yaml says, default values, templates, the other files, and the
 * charts below charts/. Loaded from a folder of the module's tree or from a packed chart; everything
 * lives in one arena and nothing is written. depends.c changes which charts below take part. */
#ifndef KZ_HELM_CHART_H
#define KZ_HELM_CHART_H

#include "helm/archive.h"
#include "source/tree.h"
#include "value/value.h"

struct kz_chart_maintainer {
    struct kz_str name, email, url;
    bool is_null; /* until the check of the metadata */
};

/* One entry of `dependencies`. Shared by the copies that aliases make of a chart, as in Helm. */
struct kz_chart_dep {
    struct kz_str name, version, repository, condition, alias;
    struct kz_str *tags;
    size_t n_tags;
    bool has_tags, enabled;
    bool imported; /* import_values have been followed; Helm can do so once, and then forgets them */
    const struct kz_value *import_values; /* list or NULL */
};

struct kz_chart_meta {
    struct kz_str name, home, version, description, icon, api_version, condition, tags, app_version,
        kube_version, type;
    struct kz_str *sources, *keywords;
    size_t n_sources, n_keywords;
    struct kz_chart_maintainer *maintainers;
    size_t n_maintainers;
    bool deprecated;
    const struct kz_value *annotations; /* map of strings, or NULL */
    struct kz_chart_dep **deps; /* NULL: there is no such list; one is NULL until the check */
    size_t n_deps;
};

struct kz_chart {
    struct kz_chart *parent; /* NULL: the root */
    struct kz_chart_meta *meta;
    struct kz_value *values;                 /* map, numbers as floats; NULL: no values.yaml */
    struct kz_str schema;                    /* ptr NULL: none */
    struct kz_chart_file *templates, *files; /* files: all that has no other role */
    size_t n_templates, n_files;
    struct kz_chart **subs; /* charts below, in the order in which they are worked on */
    size_t n_subs;
};

/* What the user should know but what fails nothing. */
struct kz_helm_notes {
    struct kz_arena *arena;
    struct kz_value *list; /* of strings */
};
void kz_helm_note(struct kz_helm_notes *notes, const char *fmt, ...) KZ_PRINTF(2, 3);

/* Loads the chart at path: a folder, or a file that is a packed chart. Errors are in Helm's words. */
KZ_MUST_USE int kz_chart_load(struct kz_chart **out, struct kz_arena *a, struct kz_tree *tree,
                              struct kz_str path, struct kz_helm_notes *notes, struct kz_err *err);
/* The same from files that are in memory. */
KZ_MUST_USE int kz_chart_build(struct kz_chart **out, struct kz_arena *a,
                               const struct kz_chart_files *files, struct kz_helm_notes *notes,
                               struct kz_err *err);

/* Fills *meta from a document of Chart.yaml or requirements.yaml; what the document does not name keeps
 * its value. */
KZ_MUST_USE int kz_chart_meta_read(struct kz_chart_meta *meta, struct kz_arena *a,
                                   const struct kz_value *doc, struct kz_err *err);
/* Chart.lock and requirements.lock: only that they are what Helm decodes. */
KZ_MUST_USE int kz_chart_lock_check(struct kz_arena *a, const struct kz_value *doc,
                                    struct kz_err *err);
/* Cleans the texts and says what is missing or wrong. */
KZ_MUST_USE int kz_chart_meta_check(struct kz_chart_meta *meta, struct kz_arena *a,
                                    struct kz_err *err);

/* "root/charts/sub", by the names in force (aliases). */
struct kz_str kz_chart_full_path(struct kz_arena *a, const struct kz_chart *c);
bool kz_chart_is_library(const struct kz_chart *c);

#endif
