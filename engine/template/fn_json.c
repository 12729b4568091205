/* SPDX-License-Identifier: Apache-2.0
 *
 * Helm and sprig: JSON. Helm's toJson and fromJson hide errors: they give "" or put them under
 * "Error"; sprig's must* variants report them. */
#include "template/funcs.h"
#include "template/gojson.h"

/* ---- writing --------------------------------------------------------------------------------- */

enum on_error { SILENT, LOUD };

static struct kz_val to_json(struct kz_eval *ev, struct kz_val v, unsigned flags,
                             enum on_error on_error)
{
    struct kz_buf *b = kz_eval_buf(ev);
    struct kz_str error = KZ_STR("");
    const bool good = kz_gojson_write(b, &error, kz_eval_arena(ev), v, flags);
    const struct kz_str text = kz_eval_text(ev, b);
    if (good)
        return kz_val_str(text);
    return on_error == LOUD && !kz_eval_failed(ev) ? kz_eval_fail_str(ev, error)
                                                   : kz_val_str(KZ_STR(""));
}

static struct kz_val to_plain(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return to_json(ev, argv[0], KZ_GOJSON_HTML, SILENT);
}

static struct kz_val must_plain(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return to_json(ev, argv[0], KZ_GOJSON_HTML, LOUD);
}

static struct kz_val to_pretty(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return to_json(ev, argv[0], KZ_GOJSON_HTML | KZ_GOJSON_PRETTY, SILENT);
}

static struct kz_val must_pretty(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return to_json(ev, argv[0], KZ_GOJSON_HTML | KZ_GOJSON_PRETTY, LOUD);
}

static struct kz_val to_raw(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return to_json(ev, argv[0], 0, LOUD);
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct kz_val from_any(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_val v;
    struct kz_str error;
    (void)argc;
    if (!kz_gojson_read(&v, &error, kz_eval_arena(ev), argv[0].as.str))
        return kz_eval_fail_str(ev, error);
    return v;
}

/* Go's words for what a document is. */
static const char *json_name(struct kz_val v)
{
    switch (kz_val_kind(v)) {
    case KZ_GO_MAP:
        return "object";
    case KZ_GO_SLICE:
        return "array";
    case KZ_GO_STRING:
        return "string";
    case KZ_GO_BOOL:
        return "bool";
    default:
        return "number";
    }
}

struct kz_val kz_json_as(struct kz_arena *a, struct kz_val v, const struct kz_type *want,
                         struct kz_str *error)
{
    if (v.type == want)
        return v;
    if (v.type == NULL)
        return kz_val_obj(want, NULL);
    *error = kz_str_printf(a, "json: cannot unmarshal %s into Go value of type %s", json_name(v),
                           want->name);
    return want == &kz_type_map ? kz_val_dict(kz_dict_new(a, 1)) : kz_val_list(kz_list_new(a, 1));
}

struct kz_val kz_json_error(struct kz_arena *a, struct kz_val v, struct kz_str error)
{
    struct kz_list *only;
    if (v.type == &kz_type_map) {
        if (v.as.dict == NULL)
            v.as.dict = kz_dict_new(a, 1);
        kz_dict_set(a, v.as.dict, KZ_STR("Error"), kz_val_str(error));
        return v;
    }
    only = kz_list_new(a, 1);
    kz_list_push(a, only, kz_val_str(error));
    return kz_val_list(only);
}

static struct kz_val from(struct kz_eval *ev, struct kz_str text, const struct kz_type *want)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_val v;
    struct kz_str error = KZ_STR_NONE;
    if (!kz_gojson_read(&v, &error, a, text) && v.type == NULL)
        v = kz_val_obj(want, NULL);
    v = kz_json_as(a, v, want, &error);
    return error.ptr == NULL ? v : kz_json_error(a, v, error);
}

static struct kz_val from_map(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return from(ev, argv[0].as.str, &kz_type_map);
}

static struct kz_val from_list(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return from(ev, argv[0].as.str, &kz_type_list);
}

const struct kz_func kz_funcs_json[] = {
    {"toJson",       "a", to_plain, NULL},
    {"mustToJson",      "a", must_plain, NULL},
    {"toPrettyJson",              "a", to_pretty, NULL},
    {"mustToPrettyJson",      "a", must_pretty, NULL},
    {"toRawJson",          "a", to_raw, NULL},
    {"mustToRawJson", "a", to_raw, NULL},
    {"fromJson",     "s", from_map, NULL},
    {"fromJsonArray",              "s", from_list, NULL},
    {"mustFromJson",      "s", from_any, NULL},
    {0         },
};
