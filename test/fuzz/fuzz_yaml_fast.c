/* SPDX-License-Identifier: Apache-2.0
 *
 * The quick YAML reader against the one on libyaml: whatever it takes, it reads as the same trees with
 * the same places, and whatever it does not take leaves no trace in the arena. The first byte chooses
 * limits. The input is also read with some of its bytes replaced by those that YAML is made of:
 * random bytes alone seldom make a text that anybody takes. */
#include "fuzz.h"

#include "value/json.h"
#include "value/yaml_quick.h"

static bool same(const struct kz_value *a, const struct kz_value *b)
{
    if (a->kind != b->kind || a->line != b->line || a->col != b->col ||
        kz_value_len(a) != kz_value_len(b))
        return false;
    switch (a->kind) {
    case KZ_NULL:
        return true;
    case KZ_BOOL:
        return a->as.truth == b->as.truth;
    case KZ_INT:
        return a->as.num == b->as.num;
    case KZ_UINT:
        return a->as.unum == b->as.unum;
    case KZ_FLOAT:
        return memcmp(&a->as.real, &b->as.real, sizeof a->as.real) == 0;
    case KZ_STRING:
        return kz_str_eq(a->as.str, b->as.str) && a->as.str.ptr[a->as.str.len] == '\0';
    case KZ_LIST:
        for (size_t i = 0; i < a->as.list.len; i++)
            if (!same(a->as.list.at[i], b->as.list.at[i]))
                return false;
        return true;
    case KZ_MAP:
        for (size_t i = 0; i < a->as.map.len; i++) {
            const struct kz_pair *x = &a->as.map.at[i], *y = &b->as.map.at[i];
            if (!kz_str_eq(x->key, y->key) || x->key.ptr[x->key.len] != '\0' ||
                x->line != y->line || x->col != y->col || kz_value_pair(a, y->key) != x ||
                !same(x->val, y->val))
                return false;
        }
        return true;
    }
    return false;
}

static void show(const char *who, const struct kz_value *docs)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 26);
    kz_json_write(&b, docs, KZ_JSON_PRETTY);
    (void)fprintf(stderr, "%s:\n%s", who, b.ptr);
}

static void compare(struct kz_str text, const struct kz_yaml_limits *limits)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)2 << 30);
    struct kz_value *quick, *slow;
    struct kz_err err;
    const size_t before = kz_arena_used(a);
    if (!kz_yaml_quick_read(&quick, a, text, limits)) {
        kz_assert(kz_arena_used(a) == before);
        return;
    }
    const int rc = kz_yaml_events_read(&slow, a, text, KZ_STR("in"), limits, &err);
    if (rc == 0 && same(quick, slow))
        return;
    (void)fprintf(stderr, "text:\n" KZ_FMT "\n", KZ_ARG(text));
    show("quick", quick);
    if (rc < 0)
        (void)fprintf(stderr, "libyaml: %s\n", err.frame[0]);
    else
        show("libyaml", slow);
    kz_assert(rc == 0 && same(quick, slow));
}

/* Bytes below 32, which no text may hold, stand for what YAML is made of. */
static size_t enrich(char *out, const uint8_t *data, size_t size)
{
    static const char *const pieces[32] = {
        "",    "- ",   ": ",  " #",       "\n  ", "\n",     "'",     "\"",
        "|",   "\t",   "\n",  "\n---\n",  ">-\n", "[",      "]",     "{",
        "}",   ", ",   "a: ", "- - ",     "|\n",  "\n    ", "\n ",   "|+\n",
        "\\n", "\\\n", "1",   "\xC3\xA4", ":\n",  "~",      "|2-\n", "true",
    };
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        const char *piece = data[i] < 32 ? pieces[data[i]] : (const char[]){(char)data[i], '\0'};
        const size_t len = strlen(piece);
        memcpy(out + n, piece, len);
        n += len;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kz_yaml_limits wide = {.text = 1 << 24, .document = 1 << 24, .docs = 100};
    const struct kz_yaml_limits narrow = {
        .text = 1 << 20, .document = 64, .docs = 2, .last_key_wins = true};
    if (size == 0)
        return 0;
    const struct kz_yaml_limits *limits = data[0] % 4 == 3 ? &narrow : &wide;
    const struct kz_str text = kz_str_n((const char *)data + 1, size - 1);
    compare(text, limits);
    char *rich = malloc(size * 8);
    kz_assert(rich != NULL);
    compare(kz_str_n(rich, enrich(rich, data + 1, size - 1)), limits);
    free(rich);
    return 0;
}
