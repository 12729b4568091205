/* SPDX-License-Identifier: Apache-2.0
 *
 * The documents that templates read: JSON, TOML and YAML as Go's libraries take them. Whatever is read
 * can be written, and JSON then reads back as the same. The first byte chooses. */
#include "fuzz.h"

#include "template/gojson.h"
#include "template/toml.h"
#include "template/goyaml.h"

static void json(struct kz_arena *a, struct kz_str text)
{
    kz_autobuf struct kz_buf out = KZ_BUF((size_t)1 << 26);
    struct kz_val v, again;
    struct kz_str error;
    if (!kz_gojson_read(&v, &error, a, text))
        return;
    kz_assert(kz_gojson_write(&out, &error, a, v, KZ_GOJSON_HTML));
    kz_assert(kz_gojson_read(&again, &error, a, kz_buf_str(&out)));
    kz_assert(kz_val_deep_eq(v, again));
}

static void toml(struct kz_arena *a, struct kz_str text)
{
    kz_autobuf struct kz_buf out = KZ_BUF((size_t)1 << 26);
    struct kz_val v;
    struct kz_str error;
    if (kz_toml_read(&v, &error, a, text))
        kz_assert(kz_toml_write(&out, &error, v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_value *doc;
    struct kz_err err;
    if (size == 0 || size > 1 << 16)
        return 0;
    const struct kz_str text = kz_str_n((const char *)data + 1, size - 1);
    if (data[0] % 3 == 0)
        json(a, text);
    else if (data[0] % 3 == 1)
        toml(a, text);
    else if (kz_goyaml_read(&doc, a, text, KZ_STR("in"), &err) < 0)
        kz_assert(err.depth > 0 && err.frame[0][0] != 0); /* "yaml: ...", or "json: ..." of what JSON has not */
    return 0;
}
