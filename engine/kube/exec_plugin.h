/* SPDX-License-Identifier: Apache-2.0
 *
 * Credential plugins (client.authentication.k8s.io v1 and v1beta1): what to run, and what it answered.
 * Pure: credential.c runs them. Only files of this folder include this. */
#ifndef KZ_KUBE_EXEC_PLUGIN_H
#define KZ_KUBE_EXEC_PLUGIN_H

#include "kube/kubefile.h"

/* From the "exec" member of a user; *out stays NULL without one. */
KZ_MUST_USE int kz_exec_plugin_read(const struct kz_exec_plugin **out, struct kz_arena *a,
                                    const struct kz_kubenode *user,
                                    const struct kz_kubenode *cluster,
                                    const struct kz_kube_config *config, const char *const *environ,
                                    struct kz_err *err);

struct kz_exec_answer {
    struct kz_str token, cert_pem, key_pem; /* "": none; one of token and cert is there */
    int64_t expires; /* wall ns; INT64_MAX: the plugin did not say */
};

/* The plugin's standard output. Texts of errors never quote it: it holds the credential. */
KZ_MUST_USE int kz_exec_plugin_answer(struct kz_exec_answer *out, struct kz_arena *a,
                                      const struct kz_exec_plugin *plugin, struct kz_str text,
                                      struct kz_err *err);

#endif
