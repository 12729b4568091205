/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json.h"

#include "value/json_quick.h"

#include <jansson.h>

struct reader {
    struct kz_arena *arena;
    bool deep; /* the text nests deeper than we take */
};

static struct kz_value *convert(struct reader *r, const json_t *from, unsigned depth);

static struct kz_str text_of(struct reader *r, const char *ptr, size_t len)
{
    return kz_str_dup(r->arena, kz_str_n(ptr, len));
}

static struct kz_value *convert_list(struct reader *r, const json_t *from, unsigned depth)
{
    struct kz_value *list = kz_value_list(r->arena);
    size_t n = json_array_size(from);
    kz_value_reserve(r->arena, list, n);
    for (size_t i = 0; i < n && !r->deep; i++)
        kz_value_push(r->arena, list, convert(r, json_array_get(from, i), depth));
    return list;
}

static struct kz_value *convert_map(struct reader *r, json_t *from, unsigned depth)
{
    struct kz_value *map = kz_value_map(r->arena);
    kz_value_reserve(r->arena, map, json_object_size(from));
    for (void *it = json_object_iter(from); it != NULL && !r->deep;
         it = json_object_iter_next(from, it)) {
        const char *key = json_object_iter_key(it);
        (void)kz_value_add(r->arena, map, text_of(r, key, strlen(key)),
                           convert(r, json_object_iter_value(it), depth));
    }
    return map;
}

/* jansson stops at 2048 levels, so this recursion is bounded even before our own limit. */
static struct kz_value *convert(struct reader *r, const json_t *from, unsigned depth)
{
    switch (json_typeof(from)) {
    case JSON_NULL:
        return kz_value_null(r->arena);
    case JSON_FALSE:
        return kz_value_bool(r->arena, false);
    case JSON_TRUE:
        return kz_value_bool(r->arena, true);
    case JSON_INTEGER:
        return kz_value_int(r->arena, json_integer_value(from));
    case JSON_REAL:
        return kz_value_float(r->arena, json_real_value(from));
    case JSON_STRING:
        return kz_value_str(r->arena,
                            text_of(r, json_string_value(from), json_string_length(from)));
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    if (depth == KZ_VALUE_DEPTH_JSON) {
        r->deep = true;
        return kz_value_null(r->arena);
    }
    return json_is_array(from) ? convert_list(r, from, depth + 1)
                               : convert_map(r, (json_t *)(uintptr_t)from, depth + 1);
}

static int too_deep(struct kz_err *err, struct kz_str name)
{
    (void)kz_fail(err, KZ_E_LIMIT, "JSON is nested deeper than %d levels", KZ_VALUE_DEPTH_JSON);
    return kz_err_at(err, name, 0, 0);
}

/* jansson's words, with ours where they help more; never its quote of the text: that may be secret. */
static int bad_text(struct kz_err *err, const json_error_t *cause, struct kz_str name)
{
    static const struct {
        enum json_error_code code;
        const char *text;
    } ours[] = {
        {json_error_numeric_overflow,       "JSON has a number that is too large"      },
        {json_error_duplicate_key,          "JSON has the same key twice in one object"},
        {json_error_premature_end_of_input, "JSON ends too early"                      },
        {json_error_null_character,         "JSON has a string with a NUL character"   },
        {json_error_null_byte_in_key,       "JSON has a key with a NUL character"      },
        {json_error_invalid_utf8,           "JSON is not valid UTF-8"                  },
    };
    const enum json_error_code code = json_error_code(cause);
    if (code == json_error_stack_overflow)
        return too_deep(err, name);
    const char *near = strstr(cause->text, " near '");
    const int len = near == NULL ? (int)strlen(cause->text) : (int)(near - cause->text);
    (void)kz_fail(err, KZ_E_PARSE, "not valid JSON: %.*s", len, cause->text);
    for (size_t i = 0; i < kz_countof(ours); i++)
        if (ours[i].code == code)
            (void)kz_fail(err, KZ_E_PARSE, "%s", ours[i].text);
    return kz_err_at(err, name, cause->line > 0 ? (unsigned)cause->line : 1,
                     cause->column > 0 ? (unsigned)cause->column : 1);
}

static bool in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static bool is_integer(struct kz_str s)
{
    size_t digits = 0;
    for (size_t i = s.ptr[0] == '-' ? 1 : 0; i < s.len; i++, digits++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return digits > 0;
}

/* jansson refuses integers beyond 63 bits; the API server takes them for floats, and so does this:
 * each gets an exponent of nothing. */
static void widen(struct kz_buf *out, struct kz_str text)
{
    bool string = false;
    for (size_t at = 0; at < text.len;) {
        const char c = text.ptr[at];
        size_t n = 1;
        int64_t num;
        if (string && c == '\\' && at + 1 < text.len)
            n = 2;
        else if (!string && in_number(c))
            while (at + n < text.len && in_number(text.ptr[at + n]))
                n++;
        const struct kz_str token = kz_str_n(text.ptr + at, n);
        kz_buf_add_str(out, token);
        if (!string && is_integer(token) && !kz_str_i64(&num, token))
            kz_buf_puts(out, "e0");
        string = string != (c == '"');
        at += n;
    }
}

int kz_json_jansson_read(struct kz_value **out, struct kz_arena *a, struct kz_str text, struct kz_str name,
                         bool last_wins, struct kz_err *err)
{
    const size_t flags = JSON_DECODE_ANY | (last_wins ? 0 : JSON_REJECT_DUPLICATES);
    json_error_t cause;
    json_t *root = json_loadb(text.len == 0 ? "" : text.ptr, text.len, flags, &cause);
    if (root == NULL && json_error_code(&cause) == json_error_numeric_overflow) {
        kz_autobuf struct kz_buf wide = KZ_BUF(text.len * 2 + 2);
        widen(&wide, text);
        root = json_loadb(wide.ptr, wide.len, flags, &cause);
    }
    if (root == NULL)
        return bad_text(err, &cause, name);
    struct reader r = {.arena = a};
    struct kz_value *v = convert(&r, root, 0);
    json_decref(root);
    if (r.deep)
        return too_deep(err, name);
    *out = v;
    return 0;
}

int kz_json_read(struct kz_value **out, struct kz_arena *a, struct kz_str text, struct kz_str name,
                 struct kz_err *err)
{
    return kz_json_quick_read(out, a, text, false) ? 0 : kz_json_jansson_read(out, a, text, name, false, err);
}

int kz_json_read_last(struct kz_value **out, struct kz_arena *a, struct kz_str text,
                      struct kz_str name, struct kz_err *err)
{
    return kz_json_quick_read(out, a, text, true) ? 0 : kz_json_jansson_read(out, a, text, name, true, err);
}
