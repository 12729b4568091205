/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of a platform as a document, {"v":1,"kind":"Status"}: what `status -o json` prints, and what
 * the daemon keeps in ConfigMap `kzsync-status-PLATFORM` of its namespace, so that people with nothing
 * but kubeconfig rights can read it. Reads sync, cannot change it. Fields are only ever added. */
#ifndef KZ_REPORT_STATUS_H
#define KZ_REPORT_STATUS_H

#include "sync/engine.h"

/* The document of a view; now is wall ns. A brief one is for thousands of modules, which would not fit into a
 * ConfigMap: "brief" says of how many modules there is only name, state and counts. */
enum kz_status_detail {
    KZ_STATUS_FULL,
    KZ_STATUS_BRIEF_OK,  /* of those that are ok */
    KZ_STATUS_BRIEF,     /* and of all but the first 100 that are not */
    KZ_STATUS_DETAILS_,
};
struct kz_value *kz_status_doc(struct kz_arena *a, const struct kz_engine_view *v, int64_t now,
                               enum kz_status_detail detail);

/* One module of it in full, and an error as it stands in there. */
struct kz_value *kz_status_module(struct kz_arena *a, const struct kz_module_view *v);
struct kz_value *kz_status_error(struct kz_arena *a, const struct kz_err *err);

/* Identity of the ConfigMap, and the document in one that was read (KZ_E_PARSE if it is not one). */
struct kz_id kz_status_id(struct kz_arena *a, struct kz_str ns, struct kz_str platform);
#define KZ_STATUS_LABEL "kubezero.com/status" /* value: the platform's name */
KZ_MUST_USE int kz_status_of(struct kz_value **out, struct kz_arena *a, const struct kz_value *configmap,
                             struct kz_err *err);

/* ---- writing: at transitions, only when something changed, at most once a second; of more than 1,000 modules a
 * second is that much longer for each thousand ----------------------------------------------------- */
struct kz_status_writer;
struct kz_status_writer *kz_status_writer_new(const struct kz_env *env, struct kz_kube *kube,
                                              struct kz_str ns);
void kz_status_writer_free(struct kz_status_writer *w);
/* Something may have changed: looks at the engine now or within the second. */
void kz_status_writer_poke(struct kz_status_writer *w, const struct kz_engine *e);
/* Everything came to rest: people may wait for this one, so it does not wait for the second. */
void kz_status_writer_now(struct kz_status_writer *w, const struct kz_engine *e);

#endif
