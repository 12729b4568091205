/* SPDX-License-Identifier: Apache-2.0
 *
 * The Module and Platform objects that the daemon keeps in the cluster, as documents: what is written of the
 * object itself, and its status. Pure. The spec is the definition as git says, without private fields; it is there
 * to be read, nobody reads it back. */
#ifndef KZ_REPORT_MANIFEST_H
#define KZ_REPORT_MANIFEST_H

#include "report/conditions.h"

#define KZ_PLATFORM_LABEL "kubezero.com/platform"   /* of a Module object: whose it is */
#define KZ_FILE_ANNOTATION "kubezero.com/defined-at" /* "modules/web.yaml:3" */
enum { KZ_HISTORY_SHOWN = 5 };

/* What became of a command. Views. */
struct kz_reply {
    struct kz_str name, value;   /* of the annotation, without kubezero.com/ */
    int64_t time;                /* wall ns */
    const char *result;          /* taken, done, held, refused, busy, failed, ended */
    struct kz_str message;
};

/* Objects of our group; ns is that of kzsync. */
struct kz_id kz_manifest_id(const char *kind, struct kz_str ns, struct kz_str name);

/* The object itself; of a module that is gone from git without a spec. */
struct kz_value *kz_manifest_module(struct kz_arena *a, struct kz_str ns, struct kz_str platform,
                                    const struct kz_module_view *v);
struct kz_value *kz_manifest_platform(struct kz_arena *a, struct kz_str ns, const struct kz_engine_view *v);

/* The status without conditions. `before` is the status as it was last written or read, NULL none: what only it
 * knows (command, history, last sync) is taken over. Cost: one document. */
struct kz_value *kz_manifest_module_status(struct kz_arena *a, const struct kz_module_view *v,
                                           const struct kz_value *before, int64_t now);
struct kz_value *kz_manifest_platform_status(struct kz_arena *a, const struct kz_engine_view *v,
                                             const struct kz_value *before);
struct kz_value *kz_reply_doc(struct kz_arena *a, const struct kz_reply *r);

/* Of a status: what the next one is made with, and nothing else. */
struct kz_value *kz_manifest_kept(struct kz_arena *a, const struct kz_value *status);

#endif
