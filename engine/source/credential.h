/* SPDX-License-Identifier: Apache-2.0
 *
 * Who we are to which server. A credential is bound to a URL prefix (scheme, host, port, path by whole
 * components); the longest match is used, and it is never shown to another host: nothing here follows
 * redirects. It comes as named values: the files of a folder (a mounted Secret) or a Secret's data.
 *
 *   url          what it is for: "https://github.com/kubezero", "ssh://git@host", "git@host:"; required
 *   token        HTTPS: a personal or deploy token (the password of basic authentication; with it
 *                username defaults to "x-access-token", which the large forges accept)
 *   bearerToken  HTTPS: sent as "Authorization: Bearer"
 *   username, password    HTTPS: basic authentication
 *   sshPrivateKey (or ssh-privatekey, identity), known_hosts     SSH: both are needed
 *   ca.crt       HTTPS: trust only these authorities (PEM)
 *   proxy        HTTPS: "http://proxy:3128"
 *
 * Secrets are kept in memory and wiped when replaced; no text of this module contains one. */
#ifndef KZ_SOURCE_CREDENTIAL_H
#define KZ_SOURCE_CREDENTIAL_H

#include "source/url.h"

struct kz_credential {
    struct kz_url url;
    struct kz_str username, password; /* a token stands in password */
    struct kz_str bearer;
    struct kz_str ssh_key, known_hosts;
    struct kz_str ca_pem, proxy;
    uint64_t version; /* changes with the content, unique in this process */
};

struct kz_named_value {
    struct kz_str name, value;
};

struct kz_credentials;
struct kz_credentials *kz_credentials_new(void);
void kz_credentials_free(struct kz_credentials *c); /* NULL is fine */

/* Adds or replaces the credential called name. Unknown value names are ignored (Secrets carry others'
 * too). KZ_E_INVALID: no url, a malformed one, or values that do not go together. */
KZ_MUST_USE int kz_credentials_put(struct kz_credentials *c, struct kz_str name,
                                   const struct kz_named_value *values, size_t n,
                                   struct kz_err *err);
void kz_credentials_drop(struct kz_credentials *c, struct kz_str name);

/* Reads a folder: itself one credential if it has a file `url`, and each of its subfolders one. Called
 * again it takes over what changed and drops what is gone (about 20 us per file). An unreadable
 * or invalid one keeps its old content and is reported; the others are taken. */
KZ_MUST_USE int kz_credentials_load(struct kz_credentials *c, struct kz_str folder,
                                    struct kz_err *err);
/* kz_credentials_load for every folder given so far. */
KZ_MUST_USE int kz_credentials_refresh(struct kz_credentials *c, struct kz_err *err);

/* NULL: none. Valid until the next put, drop, load or refresh. */
const struct kz_credential *kz_credentials_find(const struct kz_credentials *c,
                                                const struct kz_url *u);

#endif
