/* SPDX-License-Identifier: Apache-2.0
 *
 * Which API server, as whom: from kubeconfig files or from the pod we run in. Reads what kubectl reads,
 * in kubectl's order: --kubeconfig, else the list in $KUBECONFIG, else ~/.kube/config; in a pod, where
 * none of these exists, the service account. Files are read once, here; what changes while we run
 * (token files, plugins) is credential.h's.
 *
 * Every mistake is one error with file:line:column of the entry and a hint. Keys and tokens appear in
 * no text. */
#ifndef KZ_KUBE_CONFIG_H
#define KZ_KUBE_CONFIG_H

#include "base/arena.h"
#include "loop/http_client.h"

/* Where to look. NULL members are absent. */
struct kz_kube_source {
    const char *file;           /* --kubeconfig: this one, and it must exist */
    const char *context;        /* --context; NULL or "": current-context */
    const char *const *environ; /* KUBECONFIG, HOME, KUBERNETES_SERVICE_HOST/_PORT, PATH */
    const char *account_dir;    /* NULL: /var/run/secrets/kubernetes.io/serviceaccount */
};

/* A credential plugin, client.authentication.k8s.io. */
struct kz_exec_plugin {
    const char *api_version;
    const char *const *argv;    /* argv[0] is looked up in PATH unless it holds a '/' */
    const char *const *envp;    /* whole environment, with KUBERNETES_EXEC_INFO */
    struct kz_str install_hint; /* "": none */
};

/* All memory is in the arena given to kz_kube_config_load. */
struct kz_kube_config {
    struct kz_server server;              /* without token callbacks and user agent */
    struct kz_str context, cluster, user; /* names; context "in-cluster" in a pod */
    struct kz_str ns;                     /* of the context; "default" when it says none */
    struct kz_str impersonate_user;
    struct kz_str token;               /* fixed; "": none */
    struct kz_str token_file;          /* read again and again; "": none */
    const struct kz_exec_plugin *exec; /* NULL: none */
};

KZ_MUST_USE int kz_kube_config_load(struct kz_kube_config *out, struct kz_arena *a,
                                    const struct kz_kube_source *src, struct kz_err *err);

/* One kubeconfig from text, as if it had been read from `name`: for fuzzing and tests. Files that it
 * names are read relative to `name`. */
KZ_MUST_USE int kz_kube_config_parse(struct kz_kube_config *out, struct kz_arena *a,
                                     struct kz_str text, struct kz_str name,
                                     const struct kz_kube_source *src, struct kz_err *err);

#endif
