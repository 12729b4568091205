/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine's side of the task "render": a reply is foreign input. */
#include "render/render.h"

#include "base/buf.h"
#include "base/hash.h"
#include "render/lookup.h"
#include "value/json.h"

static const size_t max_bodies = (size_t)256 << 20; /* canonical JSON of all objects, bytes */

static bool is_place(const struct kz_value *item)
{
    int64_t line = kz_value_as_int(kz_value_get(item, "line"), -1);
    return kz_value_is(item, KZ_MAP) && kz_value_is(kz_value_get(item, "file"), KZ_STRING) &&
           line >= 0 && line <= UINT32_MAX;
}

static bool are_strings(const struct kz_value *list)
{
    for (size_t i = 0; i < kz_value_len(list); i++)
        if (!kz_value_is(kz_value_at(list, i), KZ_STRING))
            return false;
    return list == NULL || kz_value_is(list, KZ_LIST);
}

static bool are_lookups(const struct kz_value *list)
{
    struct kz_lookup what;
    if (list != NULL && !kz_value_is(list, KZ_LIST))
        return false;
    for (size_t i = 0; i < kz_value_len(list); i++)
        if (!kz_lookup_read(&what, kz_value_at(list, i)))
            return false;
    return kz_value_len(list) <= KZ_LOOKUPS;
}

static int check_objects(const struct kz_value *reply, struct kz_err *err)
{
    const struct kz_value *objects = kz_value_get(reply, "objects");
    kz_autobuf struct kz_buf b = KZ_BUF(max_bodies);
    char sum[KZ_SHA256_TEXT];
    for (size_t i = 0; i < kz_value_len(objects); i++) {
        const struct kz_value *item = kz_value_at(objects, i);
        const struct kz_value *body = kz_value_get(item, "body");
        if (!is_place(item) || !kz_value_is(body, KZ_MAP) ||
            !are_strings(kz_value_get(item, "generated")))
            return kz_fail(err, KZ_E_INVALID, "object %zu of the render reply is malformed", i + 1);
        kz_json_write(&b, body, KZ_JSON_SORTED);
        kz_buf_putc(&b, '\n');
    }
    kz_sha256_text(sum, kz_buf_str(&b));
    if (kz_buf_bad(&b) || !kz_str_is(kz_value_path_str(reply, "sha256"), sum))
        return kz_fail(err, KZ_E_INVALID, "the render reply does not match its checksum");
    return 0;
}

int kz_render_check(const struct kz_value *reply, struct kz_err *err)
{
    const struct kz_value *objects = kz_value_get(reply, "objects");
    const struct kz_value *warnings = kz_value_get(reply, "warnings");
    if (!kz_value_is(objects, KZ_LIST) || !kz_value_is(warnings, KZ_LIST) ||
        !kz_value_is(kz_value_get(reply, "renderer"), KZ_STRING) ||
        !are_lookups(kz_value_path(reply, "asked.lookups")))
        return kz_fail(err, KZ_E_INVALID, "the render reply is malformed");
    size_t n = kz_value_len(objects);
    if (n == 0 || kz_value_path_int(reply, "count", -1) != (int64_t)n)
        return kz_fail(err, KZ_E_INVALID, "the render reply is not complete: %zu objects of %lld",
                       n, (long long)kz_value_path_int(reply, "count", -1));
    for (size_t i = 0; i < kz_value_len(warnings); i++)
        if (!is_place(kz_value_at(warnings, i)) ||
            !kz_value_is(kz_value_get(kz_value_at(warnings, i), "text"), KZ_STRING))
            return kz_fail(err, KZ_E_INVALID, "warning %zu of the render reply is malformed",
                           i + 1);
    return check_objects(reply, err);
}

int kz_render_needs(struct kz_render_needs *out, const struct kz_value *reply, struct kz_err *err)
{
    const struct kz_value *needs = kz_value_get(reply, "needs");
    if (needs == NULL)
        return 0;
    *out = (struct kz_render_needs){.seed = kz_value_path_bool(needs, "seed", false),
                                    .lookups = kz_value_get(needs, "lookups")};
    if (!are_lookups(out->lookups) || (!out->seed && kz_value_len(out->lookups) == 0))
        return kz_fail(err, KZ_E_INVALID, "the needs of the render reply are malformed");
    return 1;
}

struct kz_render_asked kz_render_asked(const struct kz_value *reply)
{
    return (struct kz_render_asked){.seed = kz_value_path_bool(reply, "asked.seed", false),
                                    .once = kz_value_path_bool(reply, "asked.once", false),
                                    .until = kz_value_path_int(reply, "asked.until", 0),
                                    .lookups = kz_value_path(reply, "asked.lookups")};
}

/* ---- what must not lie on a disk ------------------------------------------------------------------- */

static bool is_secret(const struct kz_value *body)
{
    if (kz_str_is(kz_value_path_str(body, "kind"), "Secret"))
        return true;
    const struct kz_value *items = kz_value_get(body, "items"); /* List, SecretList */
    if (kz_str_starts(kz_value_path_str(body, "kind"), KZ_STR("SecretList")))
        return true;
    for (size_t i = 0; i < kz_value_len(items); i++)
        if (is_secret(kz_value_at(items, i)))
            return true;
    return false;
}

bool kz_render_is_secret(const struct kz_value *reply)
{
    const struct kz_value *objects = kz_value_get(reply, "objects");
    const struct kz_render_asked asked = kz_render_asked(reply);
    if (asked.seed || asked.once)
        return true;
    for (size_t i = 0; i < kz_value_len(asked.lookups); i++)
        if (is_secret(kz_value_at(asked.lookups, i)))
            return true;
    for (size_t i = 0; i < kz_value_len(objects); i++)
        if (is_secret(kz_value_get(kz_value_at(objects, i), "body")))
            return true;
    return false;
}
