/* SPDX-License-Identifier: Apache-2.0
 *
 * What a git server may answer to a poll, as capabilities, as references and as ls-remote's text. The
 * first byte picks the reference that is asked for. An id that comes out is one of 40 digits. */
#include "fuzz.h"

#include "source/pktline.h"
#include "source/url.h"

static void end(const struct kz_ref_pick *pick, struct kz_str ref)
{
    char id[KZ_OID_TEXT];
    struct kz_err err;
    if (kz_ref_pick_end(id, pick, ref, &err) == 0)
        kz_assert(kz_is_commit_id(kz_str(id)) && strlen(id) == 40);
    else
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const refs[] = {"", "main", "refs/heads/main", "v1"};
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    if (size == 0)
        return 0;
    const struct kz_str ref = kz_str(refs[data[0] % kz_countof(refs)]);
    const struct kz_str body = kz_str_n((const char *)data + 1, size - 1);
    struct kz_pkt_caps caps;
    struct kz_ref_pick pick;
    struct kz_err err;

    if (kz_pkt_caps(&caps, body, &err) < 0)
        kz_assert(err.depth > 0);
    kz_ref_pick_init(&pick, a, ref);
    if (kz_pkt_refs(&pick, body, &err) == 0)
        end(&pick, ref);
    kz_ref_pick_init(&pick, a, ref);
    if (kz_ref_pick_lines(&pick, body, &err) == 0)
        end(&pick, ref);
    return 0;
}
