/* SPDX-License-Identifier: Apache-2.0
 *
 * What a template printed, split into manifests: each is a part of the text, in its order before they
 * are sorted, and none is lost. */
#include "fuzz.h"

#include "helm/manifest.h"
#include "helm/text.h"

#include <string.h>

static void split(struct kz_str text)
{
    struct kz_str rest = kz_go_trim(text), piece;
    const char *at = rest.ptr;
    bool first = true;
    while (kz_manifest_split(&piece, &rest, &first)) {
        kz_assert(piece.ptr >= at && piece.ptr + piece.len <= text.ptr + text.len);
        at = piece.ptr + piece.len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 31);
    const struct kz_str text = kz_str_n((const char *)data, size);
    struct kz_rendered file = {.path = KZ_STR("c/templates/x.yaml"), .text = text};
    struct kz_helm_notes notes = {.arena = a, .list = kz_value_list(a)};
    struct kz_manifests out;
    struct kz_err err = {0};
    if (size == 0)
        return 0;
    split(text);
    if (kz_manifests_make(&out, a, &file, 1, &notes, &err) < 0) {
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
        return 0;
    }
    for (size_t i = 0; i + 1 < out.n; i++)
        kz_assert(kz_manifest_kind_cmp(out.at[i].kind, out.at[i + 1].kind) <= 0);
    for (size_t i = 0; i < out.n; i++)
        kz_assert(out.at[i].text.ptr >= text.ptr &&
                  out.at[i].text.ptr + out.at[i].text.len <= text.ptr + text.len);
    return 0;
}
