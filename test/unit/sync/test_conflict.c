/* SPDX-License-Identifier: Apache-2.0
 *
 * Field paths as conflicts name them (docs/internals/api-server.md 2.6), removed from a body. */
#include "sync/module.h"

#include "base/buf.h"
#include "value/json.h"

#include <criterion/criterion.h>

Test(conflict, removes)
{
    static const struct {
        const char *in, *path, *want; /* want NULL: nothing is removed */
    } rows[] = {
        {"{\"spec\":{\"replicas\":2,\"x\":1}}", ".spec.replicas", "{\"spec\":{\"x\":1}}"},
        {"{\"spec\":{\"replicas\":2}}", ".spec.paused", NULL},
        {"{\"a\":1}", ".spec.replicas", NULL},
        {"{\"a\":1}", "", NULL},
        {"{\"data\":{\"k\":\"v\"}}", ".data", "{}"},
        /* a key with dots is one key */
        {"{\"metadata\":{\"labels\":{\"a.b/c\":\"1\",\"d\":\"2\"}}}", ".metadata.labels.a.b/c",
         "{\"metadata\":{\"labels\":{\"d\":\"2\"}}}"},
        {"{\"data\":{\"app.conf\":\"1\"}}", ".data.app.conf", "{\"data\":{}}"},
        /* items of lists */
        {"{\"c\":[{\"name\":\"a\",\"image\":\"1\"},{\"name\":\"b\",\"image\":\"2\"}]}", ".c[name=\"b\"].image",
         "{\"c\":[{\"name\":\"a\",\"image\":\"1\"},{\"name\":\"b\"}]}"},
        {"{\"c\":[{\"name\":\"a\"},{\"name\":\"b\"}]}", ".c[name=\"a\"]", "{\"c\":[{\"name\":\"b\"}]}"},
        {"{\"c\":[{\"name\":\"a\"}]}", ".c[name=\"z\"].image", NULL},
        {"{\"c\":[{\"name\":\"a\"}]}", ".c[name=\"z\"]", NULL},
        {"{\"p\":[{\"containerPort\":80,\"protocol\":\"UDP\"},{\"containerPort\":80,\"protocol\":\"TCP\"}]}",
         ".p[containerPort=80,protocol=\"TCP\"]", "{\"p\":[{\"containerPort\":80,\"protocol\":\"UDP\"}]}"},
        {"{\"c\":[{\"name\":\"a\",\"env\":[{\"name\":\"E\",\"value\":\"1\"}]}]}",
         ".c[name=\"a\"].env[name=\"E\"].value", "{\"c\":[{\"name\":\"a\",\"env\":[{\"name\":\"E\"}]}]}"},
        /* what is not a path */
        {"{\"c\":[{\"name\":\"a\"}]}", ".c[name=\"a\"", NULL},
        {"{\"c\":[{\"name\":\"a\"}]}", ".c[", NULL},
        {"{\"c\":[{\"name\":\"a\"}]}", ".c[]", NULL},
        {"{\"c\":\"text\"}", ".c[name=\"a\"]", NULL},
        {"{\"c\":\"text\"}", ".c.d", NULL},
        {"{\"a\":1}", "a", NULL},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
        struct kz_value *body;
        struct kz_err err;
        cr_assert_eq(kz_json_read(&body, a, kz_str(rows[i].in), KZ_STR("body"), &err), 0);
        bool removed = kz_conflict_remove(body, kz_str(rows[i].path));
        kz_json_write(&b, body, KZ_JSON_COMPACT);
        cr_expect_eq(removed, rows[i].want != NULL, "%s of %s: %s", rows[i].path, rows[i].in, b.ptr);
        cr_expect_str_eq(b.ptr, rows[i].want == NULL ? rows[i].in : rows[i].want, "%s", rows[i].path);
    }
}
