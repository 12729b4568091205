/* SPDX-License-Identifier: Apache-2.0 */
#include "template/toml.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "template/cast.h"
#include "template/letter.h"

enum { DEPTH = 100 };

struct reader {
    struct kz_arena *arena;
    const char *at, *end;
    unsigned line, depth;
    struct kz_str error;
    struct kz_dict *root;
    struct kz_dict *seen; /* dotted names of tables that have a header */
};

static bool fail(struct reader *r, const char *what)
{
    if (r->error.ptr == NULL)
        r->error = kz_str_printf(r->arena, "toml: line %u: %s", r->line, what);
    return false;
}

static char peek(const struct reader *r)
{
    return r->at < r->end ? *r->at : '\0';
}

static bool looks_at(const struct reader *r, const char *text)
{
    return kz_str_starts(kz_str_n(r->at, (size_t)(r->end - r->at)), kz_str(text));
}

static void skip_blanks(struct reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t')
        r->at++;
}

/* Blanks, a comment, and the end of the line when there is one. */
static bool end_line(struct reader *r)
{
    skip_blanks(r);
    if (peek(r) == '#')
        while (r->at < r->end && *r->at != '\n')
            r->at++;
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    if (r->at == r->end)
        return true;
    if (*r->at != '\n')
        return fail(r, "expected a newline or the end of the file behind a value");
    r->at++;
    r->line++;
    return true;
}

/* Blanks, comments and line ends, as between the items of an array. */
static bool skip_lines(struct reader *r)
{
    for (skip_blanks(r); r->at < r->end && strchr("#\r\n", *r->at) != NULL; skip_blanks(r))
        if (!end_line(r))
            return false;
    return true;
}

/* ---- strings --------------------------------------------------------------------------------- */

static bool put_escape(struct reader *r, struct kz_buf *b, bool multi)
{
    static const char letters[] = "btnfre\"\\", meant[] = "\b\t\n\f\r\x1b\"\\";
    const char c = peek(r);
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    uint32_t rune = 0;
    if (letter != NULL && c != 'e') {
        kz_buf_putc(b, meant[letter - letters]);
        r->at++;
        return true;
    }
    if (multi && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
        skip_blanks(r);
        if (peek(r) != '\n' && peek(r) != '\r')
            return fail(r, "invalid escape character in a string");
        for (; strchr(" \t\r\n", peek(r)) != NULL && r->at < r->end; r->at++)
            r->line += *r->at == '\n';
        return true;
    }
    if (c != 'u' && c != 'U')
        return fail(r, "invalid escape character in a string");
    r->at++;
    for (int i = 0; i < (c == 'u' ? 4 : 8); i++, r->at++) {
        const char h = (char)(peek(r) | 0x20);
        const bool digit = peek(r) >= '0' && peek(r) <= '9';
        if (!digit && !(h >= 'a' && h <= 'f'))
            return fail(r, "expected hexadecimal digits behind \\u");
        rune = rune * 16 + (uint32_t)(digit ? peek(r) - '0' : h - 'a' + 10);
    }
    if (rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF))
        return fail(r, "escaped character is not valid UTF-8");
    kz_rune_put(b, rune);
    return true;
}

/* At the opening quotes, " or '. */
static bool read_string(struct reader *r, struct kz_str *out, bool may_span)
{
    const char quote = *r->at, triple[4] = {quote, quote, quote, '\0'};
    const bool multi = looks_at(r, triple);
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)(r->end - r->at) + 16);
    if (multi && !may_span)
        return fail(r, "a key cannot span lines");
    r->at += multi ? 3 : 1;
    if (multi && looks_at(r, "\r\n"))
        r->at++;
    if (multi && peek(r) == '\n') {
        r->line++;
        r->at++;
    }
    while (multi ? !looks_at(r, triple) : peek(r) != quote) {
        const char c = peek(r);
        if (r->at == r->end || (c == '\n' && !multi))
            return fail(r, "a string is not closed");
        r->line += c == '\n';
        r->at++;
        if (c == '\\' && quote == '"') {
            if (!put_escape(r, &b, multi))
                return false;
        } else {
            if ((unsigned char)c < 0x20 && c != '\t' && !(multi && (c == '\n' || c == '\r')))
                return fail(r, "control characters are not allowed inside strings");
            if (c != '\r' || peek(r) != '\n')
                kz_buf_putc(&b, c);
        }
    }
    r->at += multi ? 3 : 1;
    for (int i = 0; multi && i < 2 && peek(r) == quote; i++, r->at++)
        kz_buf_putc(&b, quote); /* up to two quotes may stand before the closing three */
    *out = kz_str_dup(r->arena, kz_buf_str(&b));
    return true;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static bool is_word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-';
}

static bool leading_zero(struct kz_str s)
{
    if (s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-'))
        s = kz_str_skip(s, 1);
    return s.len > 1 && s.ptr[0] == '0' &&
           ((s.ptr[1] >= '0' && s.ptr[1] <= '9') || s.ptr[1] == '_');
}

static bool read_scalar(struct reader *r, struct kz_val *out)
{
    const char *start = r->at;
    int64_t num;
    double real;
    while (is_word_char(peek(r)) || peek(r) == '.' || peek(r) == '+' || peek(r) == ':')
        r->at++;
    const struct kz_str s = kz_str_n(start, (size_t)(r->at - start));
    const struct kz_str bare =
        s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-') ? kz_str_skip(s, 1) : s;
    if (kz_str_is(s, "true") || kz_str_is(s, "false")) {
        *out = kz_val_bool(s.len == 4);
        return true;
    }
    if (kz_str_is(bare, "nan") || kz_str_is(bare, "inf")) {
        const double odd = bare.ptr[0] == 'n' ? (double)NAN : HUGE_VAL;
        *out = kz_val_float(s.ptr[0] == '-' ? -odd : odd);
        return true;
    }
    if (bare.len == 0 || bare.ptr[0] < '0' || bare.ptr[0] > '9' || leading_zero(s))
        return fail(r, s.len == 0 ? "expected a value" : "expected a value, found something else");
    const enum kz_parsed parsed = kz_parse_int(&num, s, 0);
    if (parsed == KZ_PARSED) {
        *out = kz_val_int64(num);
        return true;
    }
    if (parsed == KZ_PARSED_RANGE)
        return fail(r, "an integer does not fit 64 bits");
    if (!kz_str_has(s, KZ_STR("x")) && !kz_str_has(s, KZ_STR(".e")) && s.ptr[s.len - 1] != '.' &&
        kz_parse_float(&real, s) == KZ_PARSED) {
        *out = kz_val_float(real);
        return true;
    }
    return fail(r, "not a number, or a date, which is not supported");
}

/* ---- keys and tables ------------------------------------------------------------------------- */

static bool read_key(struct reader *r, struct kz_str *out)
{
    const char *start;
    skip_blanks(r);
    if (peek(r) == '"' || peek(r) == '\'')
        return read_string(r, out, false);
    for (start = r->at; is_word_char(peek(r));)
        r->at++;
    *out = kz_str_n(start, (size_t)(r->at - start));
    return out->len > 0 || fail(r, "expected a key");
}

/* The table called key inside d, made when it is missing; of an array of tables the last one. */
static struct kz_dict *enter(struct reader *r, struct kz_dict *d, struct kz_str key)
{
    struct kz_val *found = kz_dict_find(d, key);
    if (found == NULL) {
        struct kz_dict *made = kz_dict_new(r->arena, 0);
        kz_dict_set(r->arena, d, key, kz_val_dict(made));
        return made;
    }
    if (found->type == &kz_type_list && found->as.list->len > 0 &&
        found->as.list->at[found->as.list->len - 1].type == &kz_type_map)
        return found->as.list->at[found->as.list->len - 1].as.dict;
    if (found->type == &kz_type_map)
        return found->as.dict;
    (void)fail(r, "a key is already there and is no table");
    return NULL;
}

static bool read_value(struct reader *r, struct kz_val *out);

/* a.b.c: *d becomes what a.b leads to from it, *key the last. */
static bool read_path(struct reader *r, struct kz_dict **d, struct kz_str *key)
{
    if (!read_key(r, key))
        return false;
    for (skip_blanks(r); peek(r) == '.'; skip_blanks(r)) {
        r->at++;
        *d = enter(r, *d, *key);
        if (*d == NULL || !read_key(r, key))
            return false;
    }
    return true;
}

/* a.b.c = value, into d. */
static bool read_pair(struct reader *r, struct kz_dict *d)
{
    struct kz_str key;
    struct kz_val v;
    if (!read_path(r, &d, &key))
        return false;
    if (peek(r) != '=')
        return fail(r, "expected '=' behind a key");
    r->at++;
    skip_blanks(r);
    if (!read_value(r, &v))
        return false;
    if (kz_dict_find(d, key) != NULL)
        return fail(r, "a key has already been defined");
    kz_dict_set(r->arena, d, key, v);
    return true;
}

static bool read_array(struct reader *r, struct kz_val *out)
{
    struct kz_list *l = kz_list_new(r->arena, 0);
    r->at++;
    if (!skip_lines(r))
        return false;
    while (peek(r) != ']') {
        struct kz_val item;
        if (!read_value(r, &item) || !skip_lines(r))
            return false;
        kz_list_push(r->arena, l, item);
        if (peek(r) != ',' && peek(r) != ']')
            return fail(r, "expected ',' or ']' in an array");
        r->at += peek(r) == ',';
        if (!skip_lines(r))
            return false;
    }
    r->at++;
    *out = kz_val_list(l);
    return true;
}

static bool read_inline(struct reader *r, struct kz_val *out)
{
    struct kz_dict *d = kz_dict_new(r->arena, 0);
    r->at++;
    skip_blanks(r);
    for (bool more = peek(r) != '}'; more;) {
        if (!read_pair(r, d))
            return false;
        skip_blanks(r);
        more = peek(r) == ',';
        if (!more && peek(r) != '}')
            return fail(r, "expected ',' or '}' in an inline table");
        r->at += more;
    }
    r->at++;
    *out = kz_val_dict(d);
    return true;
}

static bool read_value(struct reader *r, struct kz_val *out)
{
    struct kz_str s;
    bool good;
    if (peek(r) == '"' || peek(r) == '\'') {
        good = read_string(r, &s, true);
        *out = kz_val_str(good ? s : KZ_STR(""));
        return good;
    }
    if (peek(r) != '[' && peek(r) != '{')
        return read_scalar(r, out);
    if (++r->depth > DEPTH)
        return fail(r, "values are nested too deep");
    good = peek(r) == '[' ? read_array(r, out) : read_inline(r, out);
    r->depth--;
    return good;
}

/* [a.b] or [[a.b]]: *into is the table that follows. */
static bool read_header(struct reader *r, struct kz_dict **into)
{
    const bool array = looks_at(r, "[[");
    struct kz_dict *d = r->root;
    struct kz_str key;
    const char *start = r->at;
    r->at += array ? 2 : 1;
    if (!read_path(r, &d, &key))
        return false;
    if (!looks_at(r, array ? "]]" : "]"))
        return fail(r, "expected ']' behind the name of a table");
    r->at += array ? 2 : 1;
    struct kz_val *found = kz_dict_find(d, key);
    if (!array) {
        const struct kz_str name = kz_str_n(start, (size_t)(r->at - start));
        if (d == r->root && found != NULL && kz_dict_find(r->seen, name) != NULL)
            return fail(r, "a table has already been defined");
        kz_dict_set(r->arena, r->seen, name, KZ_NIL);
        *into = found != NULL && found->type == &kz_type_list ? NULL : enter(r, d, key);
        return *into != NULL || fail(r, "a key is already there and is no table");
    }
    if (found == NULL) {
        kz_dict_set(r->arena, d, key, kz_val_list(kz_list_new(r->arena, 0)));
        found = kz_dict_find(d, key);
    }
    if (found->type != &kz_type_list)
        return fail(r, "a key is already there and is no array of tables");
    *into = kz_dict_new(r->arena, 0);
    kz_list_push(r->arena, found->as.list, kz_val_dict(*into));
    return true;
}

/* BurntSushi gives arrays of tables a type of their own. */
static const struct kz_type tables_type = {.kind = KZ_GO_SLICE,
                                           .name = "[]map[string]interface {}",
                                           .kind_name = "slice",
                                           .elem = &kz_type_map};

static void retype(struct kz_dict *d)
{
    for (size_t i = 0; i < d->len; i++) {
        struct kz_val *v = &d->at[i].val;
        size_t maps = 0;
        if (v->type == &kz_type_map)
            retype(v->as.dict);
        for (size_t k = 0; v->type == &kz_type_list && k < v->as.list->len; k++)
            if (v->as.list->at[k].type == &kz_type_map) {
                retype(v->as.list->at[k].as.dict);
                maps++;
            }
        if (maps > 0 && maps == v->as.list->len)
            v->type = &tables_type;
    }
}

bool kz_toml_read(struct kz_val *out, struct kz_str *error, struct kz_arena *a, struct kz_str text)
{
    struct reader r = {.arena = a, .at = text.ptr, .end = text.ptr + text.len, .line = 1};
    bool good = true;
    r.root = kz_dict_new(a, 0);
    r.seen = kz_dict_new(a, 0);
    struct kz_dict *into = r.root;
    if (text.len == 0)
        r.at = r.end = "";
    if (!kz_utf8_valid(text))
        good = fail(&r, "invalid UTF-8");
    while (good && skip_lines(&r) && r.at < r.end) {
        good = peek(&r) == '[' ? read_header(&r, &into) : read_pair(&r, into);
        good = good && end_line(&r);
    }
    retype(r.root);
    *out = kz_val_dict(r.root);
    *error = r.error;
    return r.error.ptr == NULL;
}
