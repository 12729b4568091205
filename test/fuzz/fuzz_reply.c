/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies of the task "render" as the engine takes them: needs, objects, what they depend on. As they are,
 * and with a true checksum, so that what stands behind it is reached. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/hash.h"
#include "render/lookup.h"
#include "render/render.h"
#include "value/json.h"

static void take(const struct kz_value *reply)
{
    struct kz_render_needs needs;
    struct kz_lookup what;
    struct kz_err err = {0};
    const int needing = kz_render_needs(&needs, reply, &err);
    kz_assert(needing >= 0 || err.depth > 0);
    for (size_t i = 0; needing == 1 && i < kz_value_len(needs.lookups); i++)
        kz_assert(kz_lookup_read(&what, kz_value_at(needs.lookups, i)));
    if (kz_render_check(reply, &err) < 0) {
        kz_assert(err.depth > 0);
        return;
    }
    const struct kz_render_asked asked = kz_render_asked(reply);
    for (size_t i = 0; i < kz_value_len(asked.lookups); i++)
        kz_assert(kz_lookup_read(&what, kz_value_at(asked.lookups, i)));
    kz_assert(!asked.seed || kz_render_is_secret(reply));
}

static void sign(struct kz_value *reply, struct kz_arena *a)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 26);
    char sum[KZ_SHA256_TEXT];
    const struct kz_value *objects = kz_value_get(reply, "objects");
    for (size_t i = 0; i < kz_value_len(objects); i++) {
        const struct kz_value *body = kz_value_get(kz_value_at(objects, i), "body");
        if (body != NULL)
            kz_json_write(&b, body, KZ_JSON_SORTED);
        kz_buf_putc(&b, '\n');
    }
    kz_sha256_text(sum, kz_buf_str(&b));
    kz_value_set(a, reply, KZ_STR("sha256"), kz_value_str(a, kz_str_dup(a, kz_str(sum))));
    kz_value_set(a, reply, KZ_STR("count"), kz_value_int(a, (int64_t)kz_value_len(objects)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_value *reply;
    struct kz_err err;
    if (kz_json_read(&reply, a, kz_str_n((const char *)data, size), KZ_STR("in"), &err) < 0 ||
        reply->kind != KZ_MAP)
        return 0;
    take(reply);
    sign(reply, a);
    take(reply);
    return 0;
}
