/* SPDX-License-Identifier: Apache-2.0
 *
 * Repository addresses and reference names, as strict as the most careful reader of them: they end in
 * argument lists, in HTTP requests and in the file name of a mirror. */
#ifndef KZ_SOURCE_URL_H
#define KZ_SOURCE_URL_H

#include "base/arena.h"
#include "base/err.h"

enum kz_url_scheme { KZ_URL_HTTPS, KZ_URL_SSH, KZ_URL_FILE };

struct kz_url {
    enum kz_url_scheme scheme;
    struct kz_str user; /* of SSH; "" */
    struct kz_str host; /* lower case; "" for files */
    unsigned port;      /* never 0 for HTTPS and SSH */
    struct kz_str path; /* "/org/repo.git"; without the leading '/' for user@host:path */
    struct kz_str text; /* normalised: equal texts, same mirror; what git is given */
};

/* Accepts https://host[:port]/path, ssh://[user@]host[:port]/path, [user@]host:path, file:///path and an
 * absolute path. Everything else, user information in https, control characters, blanks and parts that
 * begin with '-' are refused with a reason and a hint. Strings live in a. */
KZ_MUST_USE int kz_url_parse(struct kz_url *out, struct kz_arena *a, struct kz_str text,
                             struct kz_err *err);

/* The same for the address that a credential is for: the path may be missing. */
KZ_MUST_USE int kz_url_parse_prefix(struct kz_url *out, struct kz_arena *a, struct kz_str text,
                                    struct kz_err *err);
/* Same scheme, host and port, and the path lies under the prefix's, component by component. */
bool kz_url_under(const struct kz_url *u, const struct kz_url *prefix);

/* The rules of git-check-ref-format for "main", "v1.2", "refs/heads/main"; "" is fine (HEAD), hex ids are
 * just names here. */
KZ_MUST_USE int kz_ref_check(struct kz_str ref, struct kz_err *err);

/* 40 (or, in repositories of that kind, 64) hexadecimal digits. */
bool kz_is_commit_id(struct kz_str s);

#endif
