/* SPDX-License-Identifier: Apache-2.0
 *
 * The two replies of git's protocol version 2 that are read in the engine's own process: the list of
 * capabilities and the answer to ls-refs. A small fixed grammar (gitprotocol-common, gitprotocol-v2):
 * four hex digits of length, then bytes. Nothing is allocated; bodies are capped by the HTTP client. */
#ifndef KZ_SOURCE_PKTLINE_H
#define KZ_SOURCE_PKTLINE_H

#include "base/buf.h"
#include "source/refs.h"

enum kz_pkt { KZ_PKT_DATA, KZ_PKT_FLUSH, KZ_PKT_DELIM, KZ_PKT_STOP, KZ_PKT_END, KZ_PKT_BAD };

/* Takes the next packet from *rest. DATA: *line is its payload without the trailing newline, a view. END:
 * nothing is left. BAD: malformed or cut short. */
enum kz_pkt kz_pkt_next(struct kz_str *line, struct kz_str *rest);

struct kz_pkt_caps {
    bool v2;     /* the server speaks version 2 and offers ls-refs */
    bool sha256; /* object-format=sha256 */
};
/* Body of GET info/refs?service=git-upload-pack. A reply of an older version is fine (v2 false); what
 * is no such reply at all is KZ_E_PARSE. */
KZ_MUST_USE int kz_pkt_caps(struct kz_pkt_caps *out, struct kz_str body, struct kz_err *err);

/* Body of POST git-upload-pack, command ls-refs. */
void kz_pkt_ls_refs(struct kz_buf *out, const struct kz_ref_names *names);
/* Its reply; must end in a flush packet, or it was cut short. */
KZ_MUST_USE int kz_pkt_refs(struct kz_ref_pick *pick, struct kz_str body, struct kz_err *err);

#endif
