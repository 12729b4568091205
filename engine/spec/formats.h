/* SPDX-License-Identifier: Apache-2.0
 *
 * Small grammars of single fields. Each answers whether a text is well-formed; none allocates. */
#ifndef KZ_SPEC_FORMATS_H
#define KZ_SPEC_FORMATS_H

#include "base/str.h"

bool kz_is_label(struct kz_str s);     /* DNS label: [a-z0-9] and '-' inside, at most 63 (RFC 1123) */
bool kz_is_subdomain(struct kz_str s); /* labels joined by dots, at most 253 */
bool kz_is_kind(struct kz_str s);      /* CamelCase word of a Kubernetes kind */
bool kz_is_pointer(struct kz_str s);   /* JSON pointer (RFC 6901): "" or "/a/~1b" */
bool kz_is_cron(struct kz_str s);      /* five fields: minute hour day month weekday; lists, ranges, steps */
bool kz_is_zone(struct kz_str s);      /* shape of an IANA time zone name: "Europe/Berlin" */
bool kz_is_pem(struct kz_str s); /* certificates, each between its two lines; 64 KiB at most */
bool kz_is_http_url(struct kz_str s);  /* http:// or https://, a host, no blanks, no user part */
bool kz_is_text(struct kz_str s);      /* no control bytes: fit to be printed on a terminal */

#endif
