/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges of internet addresses, and those that a gate may not ask. IPv4 is a range of IPv6 (::ffff:0:0/96), also
 * where it comes embedded (NAT64), so there is one spelling of each address. */
#ifndef KZ_LOOP_CIDR_H
#define KZ_LOOP_CIDR_H

#include "base/err.h"
#include "base/str.h"

struct sockaddr;

struct kz_cidr {
    uint8_t addr[16];
    unsigned bits; /* of addr that count, 0..128 */
};

/* "10.0.0.0/8", "fd00::/8", or one address. */
KZ_MUST_USE int kz_cidr_parse(struct kz_cidr *out, struct kz_str text, struct kz_err *err);

/* false for other families than IPv4 and IPv6 too. */
bool kz_cidr_has(const struct kz_cidr *c, const struct sockaddr *addr);

/* An address that belongs to this machine, to its link, to nobody, or to the metadata service of a cloud: from
 * there a request would see more than the cluster's own workloads do. Other families too. */
bool kz_cidr_is_inner(const struct sockaddr *addr);

/* "10.1.2.3", for people; buf has at least 64 bytes. */
const char *kz_cidr_address(char *buf, size_t size, const struct sockaddr *addr);

#endif
