/* SPDX-License-Identifier: Apache-2.0
 *
 * Header lines of a reply, one per line of the input. */
#include "fuzz.h"
#include "loop/http_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kz_http_head head;
    struct kz_str line, rest = kz_str_n((const char *)data, size);
    kz_http_head_init(&head);
    while (rest.len > 0) {
        rest = kz_str_cut(&line, rest, '\n');
        kz_http_head_line(&head, line, INT64_C(1700000000) * KZ_NS_PER_SEC);
        kz_assert(head.retry_after >= -1);
        kz_assert(strlen(head.content_type) < sizeof head.content_type);
        kz_assert(strlen(head.etag) < sizeof head.etag);
    }
    return 0;
}
