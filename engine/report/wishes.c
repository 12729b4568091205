/* SPDX-License-Identifier: Apache-2.0 */
#include "report/wishes.h"
#include "base/utf8.h"
#include "report/put.h"
#include "spec/fields.h"
#include "value/json.h"

enum { TEXT_BYTES = 4096 };

/* by is what a client says of itself; a name of a user can be long. */
#define WHO {.name = "by", .type = KZ_F_TEXT, .max = 253}
#define WHY {.name = "reason", .type = KZ_F_TEXT, .min = 1, .max = 255}
#define MUST_WHY {.name = "reason", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .min = 1, .max = 255}
#define UNTIL {.name = "until", .type = KZ_F_TIME}

static const struct kz_spec_field pause_rows[] = {MUST_WHY, WHO, UNTIL, {.name = "drift", .type = KZ_F_BOOL}, {.name = NULL}};
static const struct kz_spec_field approve_rows[] = {
    {.name = "set", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .min = 32, .max = 32},
    {.name = "revision", .type = KZ_F_TEXT, .max = 255}, WHO, WHY, {.name = NULL}};
static const struct kz_spec_field override_rows[] = {
    MUST_WHY, WHO, UNTIL, {.name = "revision", .type = KZ_F_TEXT, .max = 255}, {.name = NULL}};
static const struct kz_spec_field rollback_rows[] = {
    {.name = "revision", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .min = 1, .max = 255}, WHO, WHY, {.name = NULL}};
static const struct kz_spec_field sync_rows[] = {
    {.name = "at", .type = KZ_F_TEXT, .max = 64}, WHO,
    {.name = "objects", .type = KZ_F_LIST, .item = KZ_F_TEXT, .min = 1, .max = KZ_SYNC_OBJECTS}, {.name = NULL}};

static const struct {
    const char *annotation;
    const struct kz_spec_field *rows; /* of the long form; NULL: any text */
    const char *plain;                /* field that a plain text is; NULL: it has to be the long form */
    bool once;
} orders[KZ_ORDERS_] = {
    [KZ_ORDER_PAUSE] = {KZ_ORDER_PREFIX "pause", pause_rows, "reason", false},
    [KZ_ORDER_APPROVE] = {KZ_ORDER_PREFIX "approve", approve_rows, NULL, false},
    [KZ_ORDER_OVERRIDE] = {KZ_ORDER_PREFIX "override-window", override_rows, "reason", false},
    [KZ_ORDER_SYNC] = {KZ_ORDER_PREFIX "sync", sync_rows, "at", true},
    [KZ_ORDER_ROLLBACK] = {KZ_ORDER_PREFIX "rollback", rollback_rows, "revision", true},
};

const char *kz_order_annotation(enum kz_order o)
{
    return orders[o].annotation;
}

const char *kz_order_name(enum kz_order o)
{
    return orders[o].annotation + sizeof KZ_ORDER_PREFIX - 1;
}

bool kz_order_is_once(enum kz_order o)
{
    return orders[o].once;
}

static bool is_long(struct kz_str text)
{
    return text.len > 0 && text.ptr[0] == '{';
}

/* Either form as a map that was checked. */
static int map_of(struct kz_value **out, struct kz_arena *a, enum kz_order o, struct kz_str text, struct kz_err *err)
{
    const struct kz_owner owner = {.kind = "annotation", .name = kz_str(orders[o].annotation)};
    if (text.len > TEXT_BYTES)
        return kz_fail(err, KZ_E_INVALID, "annotation %s is longer than %d bytes", orders[o].annotation, TEXT_BYTES);
    if (!kz_utf8_valid(text))
        return kz_fail(err, KZ_E_INVALID, "annotation %s is not UTF-8", orders[o].annotation);
    if (!is_long(text) && orders[o].plain == NULL) {
        (void)kz_fail(err, KZ_E_INVALID, "annotation %s is no JSON object", orders[o].annotation);
        return kz_err_hint(err, "kzsync %s writes it", kz_order_name(o));
    }
    if (!is_long(text)) {
        *out = kz_value_map(a);
        kz_value_set(a, *out, kz_str(orders[o].plain), kz_value_str(a, text));
    } else if (kz_json_read(out, a, text, KZ_STR(""), err) < 0) {
        return kz_wrap(err, "annotation %s", orders[o].annotation);
    }
    int rc = kz_fields_check(orders[o].rows, *out, &owner, err);
    if (rc < 0)
        (void)kz_err_hint(err, "docs/operating.md has the form of each annotation");
    return rc;
}

static int time_of(int64_t *out, const struct kz_value *map, int64_t now, struct kz_err *err)
{
    struct kz_str text = kz_value_path_str(map, "until");
    *out = 0;
    if (text.len == 0)
        return 0;
    if (!kz_time_parse(out, text))
        return kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is no time", KZ_ARG(text));
    if (*out <= now)
        return kz_fail(err, KZ_E_TIMEOUT, "it was over at " KZ_FMT, KZ_ARG(text));
    return 0;
}

/* Any text is a sync of the whole; the long form has to be right: who meant some objects must not get all. */
static int read_sync(struct kz_said *out, struct kz_arena *a, struct kz_str text, struct kz_err *err)
{
    struct kz_value *map;
    if (!is_long(text))
        return 0;
    int rc = map_of(&map, a, KZ_ORDER_SYNC, text, err);
    if (rc < 0)
        return rc;
    const struct kz_value *list = kz_value_get(map, "objects");
    if (list != NULL && kz_value_len(list) == 0)
        return kz_fail(err, KZ_E_INVALID, "'objects' of annotation %s is empty", orders[KZ_ORDER_SYNC].annotation);
    struct kz_str *words = kz_new_n(a, struct kz_str, kz_value_len(list) + 1);
    for (size_t i = 0; i < kz_value_len(list); i++)
        words[i] = kz_value_as_str(kz_value_at(list, i));
    out->by = kz_value_path_str(map, "by");
    out->objects = words;
    out->n_objects = kz_value_len(list);
    return 0;
}

int kz_said_read(struct kz_said *out, struct kz_arena *a, enum kz_order o, struct kz_str text, int64_t now,
                 struct kz_err *err)
{
    struct kz_said s = {0};
    struct kz_value *map;
    int64_t until;
    if (o == KZ_ORDER_SYNC) {
        int rc = read_sync(&s, a, text, err);
        if (rc == 0)
            *out = s;
        return rc;
    }
    int rc = map_of(&map, a, o, text, err);
    if (rc == 0)
        rc = time_of(&until, map, now, err);
    if (rc < 0)
        return rc;
    const struct kz_str reason = kz_value_path_str(map, "reason"), revision = kz_value_path_str(map, "revision");
    s.by = kz_value_path_str(map, "by");
    if (o == KZ_ORDER_PAUSE)
        s.pause = (struct kz_wish_pause){reason, s.by, until, kz_value_path_bool(map, "drift", false)};
    if (o == KZ_ORDER_OVERRIDE)
        s.override = (struct kz_wish_override){reason, s.by, revision, until};
    if (o == KZ_ORDER_ROLLBACK && !kz_str_is(revision, "previous"))
        s.revision = revision;
    if (o == KZ_ORDER_APPROVE) {
        s.approval = (struct kz_wish_approval){{0}, revision, s.by, reason};
        if (!kz_hash_parse(&s.approval.set, kz_value_path_str(map, "set")) || kz_hash_is_none(s.approval.set))
            return kz_fail(err, KZ_E_INVALID, "'set' of annotation %s is not 32 hex digits", orders[o].annotation);
    }
    *out = s;
    return 0;
}

/* ---- the other way ------------------------------------------------------------------------------- */

static void put_until(struct kz_arena *a, struct kz_value *map, int64_t until)
{
    if (until != 0)
        put_time(a, map, "until", until);
}

static void put_set(struct kz_arena *a, struct kz_value *map, struct kz_hash set)
{
    char *text = kz_arena_bytes(a, KZ_HASH_TEXT);
    kz_hash_text(text, set);
    kz_value_set(a, map, KZ_STR("set"), kz_value_cstr(a, text));
}

static void put_objects(struct kz_arena *a, struct kz_value *map, const struct kz_said *said)
{
    struct kz_value *list = kz_value_list(a);
    for (size_t i = 0; i < said->n_objects; i++)
        kz_value_push(a, list, kz_value_str(a, said->objects[i]));
    if (said->n_objects > 0)
        kz_value_set(a, map, KZ_STR("objects"), list);
}

struct kz_str kz_said_text(struct kz_arena *a, enum kz_order o, const struct kz_said *said, int64_t at)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    struct kz_value *map = kz_value_map(a);
    switch (o) {
    case KZ_ORDER_PAUSE:
        put_str(a, map, "reason", said->pause.reason);
        put_until(a, map, said->pause.until);
        if (said->pause.drift)
            kz_value_set(a, map, KZ_STR("drift"), kz_value_bool(a, true));
        break;
    case KZ_ORDER_APPROVE:
        put_set(a, map, said->approval.set);
        put_str(a, map, "revision", said->approval.revision);
        put_str(a, map, "reason", said->approval.reason);
        break;
    case KZ_ORDER_OVERRIDE:
        put_str(a, map, "reason", said->override.reason);
        put_str(a, map, "revision", said->override.revision);
        put_until(a, map, said->override.until);
        break;
    case KZ_ORDER_SYNC: {
        char *text = kz_arena_bytes(a, KZ_TIME_TEXT);
        kz_time_text_micro(text, at);
        kz_value_set(a, map, KZ_STR("at"), kz_value_cstr(a, text));
        put_objects(a, map, said);
        break;
    }
    case KZ_ORDER_ROLLBACK:
        put_str(a, map, "revision", said->revision.len > 0 ? said->revision : KZ_STR("previous"));
        break;
    case KZ_ORDERS_:
        break;
    }
    put_str(a, map, "by", said->by);
    kz_json_write(&b, map, KZ_JSON_COMPACT);
    return kz_str_dup(a, kz_buf_str(&b));
}
