/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths and queries of the Kubernetes API. Every name from outside is percent-encoded, so that no
 * name can leave its segment; "." and ".." are refused by the server, never sent as such. */
#ifndef KZ_KUBE_PATH_H
#define KZ_KUBE_PATH_H

#include "base/buf.h"

enum { KZ_PATH_MAX = 32 * 1024 }; /* a continue token is about 200 bytes, a selector up to a few KiB */

/* "/api/v1/namespaces/NS/PLURAL/NAME", "/apis/GROUP/VERSION/...". ns "": cluster-wide; name "": the
 * collection. Appends. */
void kz_path_object(struct kz_buf *b, struct kz_str group, struct kz_str version, struct kz_str plural,
                    struct kz_str ns, struct kz_str name);
/* "/SEGMENT". */
void kz_path_segment(struct kz_buf *b, struct kz_str segment);
/* "?key=value" or "&key=value", whichever is due. */
void kz_path_query(struct kz_buf *b, const char *key, struct kz_str value);

#endif
