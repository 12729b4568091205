/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole chart, rendered. The input is its files, each behind a line "#--- NAME"; what stands before
 * the first is the user's values. Ends within its budget: with manifests or with a message. */
#include "fuzz.h"

#include "helm/place.h"
#include "helm/render.h"
#include "helm/text.h"

#include <string.h>

enum { FILES = 40 };
static const struct kz_str mark = KZ_STR_INIT("\n#--- ");

static struct kz_str next_file(struct kz_str *rest)
{
    const char *at = rest->len == 0 ? NULL : memmem(rest->ptr, rest->len, mark.ptr, mark.len);
    const struct kz_str text =
        kz_str_head(*rest, at == NULL ? rest->len : (size_t)(at - rest->ptr) + 1);
    *rest = at == NULL ? KZ_STR("") : kz_str_skip(*rest, text.len + mark.len - 1);
    return text;
}

static struct kz_value *user_values(struct kz_arena *a, struct kz_str text)
{
    struct kz_value *v;
    struct kz_err err;
    if (kz_go_yaml(&v, a, text, KZ_STR("values"), &err) < 0 || v->kind != KZ_MAP)
        v = kz_value_map(a);
    kz_go_floats(v);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kz_limits limits = {
        .steps = 20000, .output = 1 << 20, .stack = 1 << 20, .depth = 200};
    const struct kz_sprig sprig = {.now = INT64_C(1700000000000000000),
                                   .seed = KZ_STR("0123456789abcdef")};
    if (size > 1 << 15)
        return 0;
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)2 << 30);
    struct kz_str rest = kz_str_n((const char *)data, size);
    const struct kz_helm_request req = {
        .sprig = &sprig,
        .release = {.name = KZ_STR("rel"), .ns = KZ_STR("ns")},
        .values = user_values(a, next_file(&rest)),
        .limits = &limits,
        .want_marks = true
    };
    struct kz_helm_notes notes = {.arena = a, .list = kz_value_list(a)};
    struct kz_chart_files files = {0};
    struct kz_chart *chart;
    struct kz_helm_result out = {0};
    struct kz_err err = {0};
    while (rest.len > 0 && files.n < FILES) {
        struct kz_str name, text = kz_str_cut(&name, next_file(&rest), '\n');
        kz_chart_files_add(a, &files, name, text);
    }
    if (kz_chart_build(&chart, a, &files, &notes, &err) < 0 ||
        kz_helm_render(&out, a, chart, &req, &notes, &err) < 0) {
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
        return 0;
    }
    struct kz_helm_places *places = kz_helm_places_new(a, &out);
    for (size_t i = 0; i < out.manifests.n; i++) {
        size_t n;
        (void)kz_helm_places_of(&n, places, out.manifests.at[i].file, out.manifests.at[i].text);
    }
    return 0;
}
