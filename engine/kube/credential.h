/* SPDX-License-Identifier: Apache-2.0
 *
 * The credentials of one kubeconfig user while we run: a token file is read again every minute and
 * after a 401, a plugin runs again shortly before its credential expires and after a 401. The newest
 * good token is kept while a refresh fails. */
#ifndef KZ_KUBE_CREDENTIAL_H
#define KZ_KUBE_CREDENTIAL_H

#include "kube/config.h"

struct kz_kube_credential;

/* loop and config (with its arena) outlive it. */
struct kz_kube_credential *kz_kube_credential_new(struct kz_loop *l,
                                                  const struct kz_kube_config *config);
/* Ends a running plugin; no callback afterwards. NULL is fine. */
void kz_kube_credential_free(struct kz_kube_credential *c);

/* done comes once, from the loop, when the first credential is there (at once without a plugin).
 * Call it once, before kz_kube_credential_server. */
void kz_kube_credential_ready(struct kz_kube_credential *c,
                              void (*done)(void *arg, const struct kz_err *err), void *arg);

/* The server with its token callbacks; strings live as long as c. user_agent is the caller's. */
struct kz_server kz_kube_credential_server(struct kz_kube_credential *c);

/* A plugin may hand out another client certificate later; an HTTP client keeps the one it was made
 * with, so whoever made it makes a new one then. fn NULL: nobody asks (default). */
void kz_kube_credential_on_certificate(struct kz_kube_credential *c, void (*fn)(void *arg),
                                       void *arg);

#endif
