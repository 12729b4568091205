/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents for the tests of objects: JSON with ' for " so that tables stay readable. */
#ifndef KZ_TEST_RESOURCE_FIXTURE_H
#define KZ_TEST_RESOURCE_FIXTURE_H

#include "base/buf.h"
#include "value/json.h"

#include <criterion/criterion.h>

static inline struct kz_value *doc(struct kz_arena *a, const char *text)
{
    struct kz_value *v = NULL;
    struct kz_err err = {0};
    char *copy = kz_arena_bytes(a, strlen(text) + 1);
    memcpy(copy, text, strlen(text) + 1);
    for (char *p = copy; *p != '\0'; p++) {
        if (*p == '\'')
            *p = '"';
    }
    cr_assert_eq(kz_json_read(&v, a, kz_str(copy), KZ_STR("fixture"), &err), 0, "%s in %s",
                 err.frame[0], copy);
    return v;
}

/* Canonical JSON with ' for ". */
static inline const char *json_of(struct kz_arena *a, const struct kz_value *v)
{
    if (v == NULL)
        return "";
    struct kz_buf b;
    kz_buf_init(&b, 1 << 20);
    kz_json_write(&b, v, KZ_JSON_SORTED);
    char *out = kz_arena_bytes(a, b.len + 1);
    memcpy(out, b.ptr, b.len + 1);
    for (size_t i = 0; i < b.len; i++) {
        if (out[i] == '"')
            out[i] = '\'';
    }
    kz_buf_done(&b);
    return out;
}

#endif
