/* SPDX-License-Identifier: Apache-2.0
 *
 * What YAML we read, we write and read back as the same document. */
#include "fuzz.h"

#include "base/utf8.h"
#include "value/json.h"
#include "value/yaml.h"

/* Bytes from !!binary that are no text come back through !!binary as well, but not as a key. */
static bool all_text(const struct kz_value *v)
{
    if (v->kind == KZ_STRING)
        return kz_utf8_valid(v->as.str);
    for (size_t i = 0; i < kz_value_len(v); i++) {
        const struct kz_pair *pair = v->kind == KZ_MAP ? &v->as.map.at[i] : NULL;
        if (pair != NULL && !kz_utf8_valid(pair->key))
            return false;
        if (!all_text(pair != NULL ? pair->val : v->as.list.at[i]))
            return false;
    }
    return true;
}

static void check(struct kz_arena *a, const struct kz_value *doc, unsigned flags)
{
    kz_autobuf struct kz_buf out;
    struct kz_value *back;
    struct kz_err err;
    char line[2048];
    kz_buf_init(&out, (size_t)1 << 28);
    kz_yaml_write(&out, doc, flags);
    kz_assert(!kz_buf_bad(&out));
    if (!all_text(doc) || out.len > (size_t)2 << 20)
        return;
    if (kz_yaml_read(&back, a, kz_buf_str(&out), KZ_STR("out"), &err) < 0) {
        (void)fprintf(stderr, "%s\n%s", kz_err_line(line, sizeof line, &err), out.ptr);
        kz_assert(err.code == KZ_E_LIMIT);
        return;
    }
    /* as text: a large float may come back as the integer of the same digits */
    kz_autobuf struct kz_buf was, is;
    kz_buf_init(&was, (size_t)1 << 28);
    kz_buf_init(&is, (size_t)1 << 28);
    kz_json_write(&was, doc, KZ_JSON_SORTED);
    kz_json_write(&is, back, KZ_JSON_SORTED);
    if (!kz_str_eq(kz_buf_str(&was), kz_buf_str(&is)))
        (void)fprintf(stderr, "%s\nreads back as another:\n%s\n%s\n", was.ptr, is.ptr, out.ptr);
    kz_assert(kz_str_eq(kz_buf_str(&was), kz_buf_str(&is)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)2 << 30);
    struct kz_value *docs;
    struct kz_err err;
    const struct kz_str text = kz_str_n((const char *)data, size);
    if (kz_yaml_read_all(&docs, a, text, KZ_STR("in"), NULL, &err) < 0) {
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < kz_value_len(docs); i++) {
        check(a, kz_value_at(docs, i), KZ_YAML_ORDERED);
        check(a, kz_value_at(docs, i), KZ_YAML_SORTED);
    }
    return 0;
}
