/* SPDX-License-Identifier: Apache-2.0
 *
 * The private folder of one git run: configuration and secrets as files, see git_run.h. */
#ifndef KZ_SOURCE_GIT_SECRET_H
#define KZ_SOURCE_GIT_SECRET_H

#include "source/credential.h"

/* Makes a new folder (0700) below run and fills it for url (NULL: no network) and cred (NULL: none).
 * *folder lives in a. */
KZ_MUST_USE int kz_git_secret_write(const char **folder, struct kz_arena *a, const char *run,
                                    const struct kz_url *url, const struct kz_credential *cred,
                                    struct kz_err *err);
void kz_git_secret_remove(const char *folder);

/* Removes what a crash left behind in run. */
void kz_git_secret_sweep(const char *run);

#endif
