/* SPDX-License-Identifier: Apache-2.0
 *
 * From rendered files to manifests: split where Helm splits, headed as Helm reads them, hooks apart,
 * sorted by kind in the order of installation. The text of a manifest is never changed. */
#ifndef KZ_HELM_MANIFEST_H
#define KZ_HELM_MANIFEST_H

#include "helm/chart.h"

struct kz_rendered {    /* what a template became */
    struct kz_str path; /* "root/templates/x.yaml" */
    struct kz_str text;
};

struct kz_manifest {
    struct kz_str text; /* trimmed; a view into the rendered file */
    const struct kz_rendered *file;
    struct kz_value *doc; /* parsed; KZ_NULL for comments alone */
    struct kz_str kind;
    bool is_hook, is_test;
    bool on_install, on_upgrade; /* a hook of that event */
};

struct kz_manifests {
    struct kz_manifest *at, *hooks; /* each sorted */
    size_t n, n_hooks;
    const struct kz_rendered *bad_file; /* after a failure: the file, and its piece that can't be read */
    struct kz_str bad;
};

/* The next piece of text between separators; false: there is none. Start with *rest the trimmed text
 * and *first true. Pieces are not trimmed and may be empty. */
bool kz_manifest_split(struct kz_str *piece, struct kz_str *rest, bool *first);

/* files: n of them, sorted by path here. Fails when a document can't be read, with Helm's message. An
 * unknown hook is left out with a note. */
KZ_MUST_USE int kz_manifests_make(struct kz_manifests *out, struct kz_arena *a,
                                  struct kz_rendered *files, size_t n, struct kz_helm_notes *notes,
                                  struct kz_err *err);

/* <0, 0, >0: which kind is installed first. */
int kz_manifest_kind_cmp(struct kz_str x, struct kz_str y);

#endif
