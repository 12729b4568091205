/* SPDX-License-Identifier: Apache-2.0 */
#include "value/value.h"

#include "base/hash.h"

#include <math.h>

enum { INDEX_ABOVE = 16, FIRST_ROOM = 4 };

static struct kz_value *make(struct kz_arena *a, enum kz_kind kind)
{
    struct kz_value *v = kz_new(a, struct kz_value);
    v->kind = kind;
    return v;
}

struct kz_value *kz_value_null(struct kz_arena *a)
{
    return make(a, KZ_NULL);
}

struct kz_value *kz_value_bool(struct kz_arena *a, bool truth)
{
    struct kz_value *v = make(a, KZ_BOOL);
    v->as.truth = truth;
    return v;
}

struct kz_value *kz_value_int(struct kz_arena *a, int64_t num)
{
    struct kz_value *v = make(a, KZ_INT);
    v->as.num = num;
    return v;
}

struct kz_value *kz_value_uint(struct kz_arena *a, uint64_t num)
{
    if (num <= INT64_MAX)
        return kz_value_int(a, (int64_t)num);
    struct kz_value *v = make(a, KZ_UINT);
    v->as.unum = num;
    return v;
}

struct kz_value *kz_value_float(struct kz_arena *a, double real)
{
    struct kz_value *v = make(a, KZ_FLOAT);
    v->as.real = real;
    return v;
}

struct kz_value *kz_value_str(struct kz_arena *a, struct kz_str s)
{
    struct kz_value *v = make(a, KZ_STRING);
    v->as.str = s;
    return v;
}

struct kz_value *kz_value_cstr(struct kz_arena *a, const char *s)
{
    return kz_value_str(a, kz_str(s));
}

struct kz_value *kz_value_list(struct kz_arena *a)
{
    return make(a, KZ_LIST);
}

struct kz_value *kz_value_map(struct kz_arena *a)
{
    return make(a, KZ_MAP);
}

/* ---- the index of a map ---------------------------------------------------------------------
 * Linear probing over 2 * cap slots (cap is a power of two), at most half full. A slot holds a
 * position in at[] plus one, 0 is free. */

/* Where the key is, or the free slot for it. */
static uint32_t *slot_of(const struct kz_value *map, struct kz_str key)
{
    const size_t mask = map->as.map.cap * 2 - 1;
    size_t i = (size_t)kz_hash64_seeded(key) & mask;
    for (uint32_t at; (at = map->as.map.index[i]) != 0; i = (i + 1) & mask)
        if (kz_str_eq(map->as.map.at[at - 1].key, key))
            break;
    return &map->as.map.index[i];
}

static void index_refill(struct kz_value *map)
{
    memset(map->as.map.index, 0, map->as.map.cap * 2 * sizeof *map->as.map.index);
    for (size_t i = 0; i < map->as.map.len; i++)
        *slot_of(map, map->as.map.at[i].key) = (uint32_t)i + 1;
}

static struct kz_pair *find(const struct kz_value *map, struct kz_str key)
{
    if (map->as.map.index == NULL) {
        for (size_t i = 0; i < map->as.map.len; i++)
            if (kz_str_eq(map->as.map.at[i].key, key))
                return &map->as.map.at[i];
        return NULL;
    }
    const uint32_t at = *slot_of(map, key);
    return at == 0 ? NULL : &map->as.map.at[at - 1];
}

/* ---- making ---------------------------------------------------------------------------------- */

static size_t round_up(size_t n)
{
    size_t cap = FIRST_ROOM;
    while (cap < n)
        cap *= 2;
    return cap;
}

static void grow_map(struct kz_arena *a, struct kz_value *v, size_t n)
{
    size_t cap = round_up(n);
    kz_assert(cap < UINT32_MAX);
    struct kz_pair *at = kz_new_n(a, struct kz_pair, cap);
    if (v->as.map.len > 0)
        memcpy(at, v->as.map.at, v->as.map.len * sizeof *at);
    v->as.map.at = at;
    v->as.map.cap = cap;
    v->as.map.index = NULL;
    if (cap > INDEX_ABOVE) {
        v->as.map.index = kz_new_n(a, uint32_t, cap * 2);
        index_refill(v);
    }
}

static void grow_list(struct kz_arena *a, struct kz_value *v, size_t n)
{
    size_t cap = round_up(n);
    struct kz_value **at = kz_new_n(a, struct kz_value *, cap);
    if (v->as.list.len > 0)
        memcpy(at, v->as.list.at, v->as.list.len * sizeof *at);
    v->as.list.at = at;
    v->as.list.cap = cap;
}

void kz_value_reserve(struct kz_arena *a, struct kz_value *v, size_t n)
{
    if (v->kind == KZ_MAP && n > v->as.map.cap)
        grow_map(a, v, n);
    if (v->kind == KZ_LIST && n > v->as.list.cap)
        grow_list(a, v, n);
}

void kz_value_push(struct kz_arena *a, struct kz_value *list, struct kz_value *item)
{
    kz_assert(list->kind == KZ_LIST && item != NULL);
    kz_value_reserve(a, list, list->as.list.len + 1);
    list->as.list.at[list->as.list.len++] = item;
}

struct kz_pair *kz_value_add(struct kz_arena *a, struct kz_value *map, struct kz_str key,
                             struct kz_value *val)
{
    kz_assert(map->kind == KZ_MAP && val != NULL);
    kz_value_reserve(a, map, map->as.map.len + 1);
    struct kz_pair *pair = &map->as.map.at[map->as.map.len];
    *pair = (struct kz_pair){.key = key, .val = val};
    if (map->as.map.index != NULL)
        *slot_of(map, key) = (uint32_t)map->as.map.len + 1;
    map->as.map.len++;
    return pair;
}

/* One of 64 bits: keys of different bits differ. */
static uint64_t bit_of(struct kz_str key)
{
    if (key.len == 0)
        return 1;
    const unsigned first = (unsigned char)key.ptr[0], last = (unsigned char)key.ptr[key.len - 1];
    const unsigned middle = (unsigned char)key.ptr[key.len / 2];
    return UINT64_C(1) << ((first + last * 5 + middle * 11 + key.len * 29) & 63);
}

static bool fill_small(struct kz_value *map, const struct kz_pair *from, size_t n, bool last_wins)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        const uint64_t bit = bit_of(from[i].key);
        struct kz_pair *old = (seen & bit) == 0 ? NULL : find(map, from[i].key);
        if (old != NULL && !last_wins)
            return false;
        *(old != NULL ? old : &map->as.map.at[map->as.map.len++]) = from[i];
        seen |= bit;
    }
    return true;
}

static bool fill_indexed(struct kz_value *map, const struct kz_pair *from, size_t n, bool last_wins)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t *slot = slot_of(map, from[i].key);
        if (*slot == 0) {
            map->as.map.at[map->as.map.len++] = from[i];
            *slot = (uint32_t)map->as.map.len;
        } else if (last_wins) {
            map->as.map.at[*slot - 1] = from[i];
        } else {
            return false;
        }
    }
    return true;
}

bool kz_value_fill(struct kz_arena *a, struct kz_value *v, const struct kz_pair *from, size_t n,
                   bool last_wins)
{
    kz_assert(kz_value_len(v) == 0 && (v->kind == KZ_MAP || v->kind == KZ_LIST));
    if (n == 0)
        return true;
    if (v->kind == KZ_LIST) {
        v->as.list.at = kz_new_n(a, struct kz_value *, n);
        v->as.list.len = v->as.list.cap = n;
        for (size_t i = 0; i < n; i++)
            v->as.list.at[i] = from[i].val;
        return true;
    }
    if (n <= INDEX_ABOVE) {
        v->as.map.at = kz_new_n(a, struct kz_pair, n);
        v->as.map.cap = n;
        return fill_small(v, from, n, last_wins);
    }
    kz_value_reserve(a, v, n);
    return fill_indexed(v, from, n, last_wins);
}

void kz_value_set(struct kz_arena *a, struct kz_value *map, struct kz_str key, struct kz_value *val)
{
    kz_assert(map->kind == KZ_MAP && val != NULL);
    struct kz_pair *pair = find(map, key);
    if (pair != NULL)
        pair->val = val;
    else
        (void)kz_value_add(a, map, key, val);
}

bool kz_value_del(struct kz_value *map, struct kz_str key)
{
    if (!kz_value_is(map, KZ_MAP))
        return false;
    struct kz_pair *pair = find(map, key);
    if (pair == NULL)
        return false;
    size_t pos = (size_t)(pair - map->as.map.at);
    map->as.map.len--;
    memmove(pair, pair + 1, (map->as.map.len - pos) * sizeof *pair);
    if (map->as.map.index != NULL)
        index_refill(map);
    return true;
}

struct kz_value *kz_value_copy(struct kz_arena *a, const struct kz_value *v)
{
    struct kz_value *to = make(a, v->kind);
    to->line = v->line;
    to->col = v->col;
    switch (v->kind) {
    case KZ_NULL:
    case KZ_BOOL:
    case KZ_INT:
    case KZ_UINT:
    case KZ_FLOAT:
        to->as = v->as;
        break;
    case KZ_STRING:
        to->as.str = kz_str_dup(a, v->as.str);
        break;
    case KZ_LIST:
        kz_value_reserve(a, to, v->as.list.len);
        for (size_t i = 0; i < v->as.list.len; i++)
            kz_value_push(a, to, kz_value_copy(a, v->as.list.at[i]));
        break;
    case KZ_MAP:
        kz_value_reserve(a, to, v->as.map.len);
        for (size_t i = 0; i < v->as.map.len; i++) {
            const struct kz_pair *from = &v->as.map.at[i];
            struct kz_pair *pair =
                kz_value_add(a, to, kz_str_dup(a, from->key), kz_value_copy(a, from->val));
            pair->line = from->line;
            pair->col = from->col;
        }
        break;
    }
    return to;
}

/* ---- reading --------------------------------------------------------------------------------- */

const struct kz_pair *kz_value_pair(const struct kz_value *map, struct kz_str key)
{
    return kz_value_is(map, KZ_MAP) ? find(map, key) : NULL;
}

const struct kz_value *kz_value_find(const struct kz_value *map, struct kz_str key)
{
    const struct kz_pair *pair = kz_value_pair(map, key);
    return pair == NULL ? NULL : pair->val;
}

struct kz_value *kz_value_child(struct kz_value *map, struct kz_str key)
{
    const struct kz_pair *pair = kz_value_pair(map, key);
    return pair == NULL ? NULL : pair->val;
}

const struct kz_value *kz_value_get(const struct kz_value *map, const char *key)
{
    return kz_value_find(map, kz_str(key));
}

const struct kz_value *kz_value_path(const struct kz_value *v, const char *path)
{
    struct kz_str rest = kz_str(path), key;
    while (v != NULL && rest.len > 0) {
        rest = kz_str_cut(&key, rest, '.');
        v = kz_value_find(v, key);
    }
    return v;
}

const struct kz_value *kz_value_at(const struct kz_value *list, size_t i)
{
    return kz_value_is(list, KZ_LIST) && i < list->as.list.len ? list->as.list.at[i] : NULL;
}

size_t kz_value_len(const struct kz_value *v)
{
    return kz_value_is(v, KZ_LIST) ? v->as.list.len : kz_value_is(v, KZ_MAP) ? v->as.map.len : 0;
}

struct kz_str kz_value_as_str(const struct kz_value *v)
{
    return kz_value_is(v, KZ_STRING) ? v->as.str : KZ_STR("");
}

struct kz_str kz_value_path_str(const struct kz_value *v, const char *path)
{
    return kz_value_as_str(kz_value_path(v, path));
}

int64_t kz_value_as_int(const struct kz_value *v, int64_t fallback)
{
    if (kz_value_is(v, KZ_INT))
        return v->as.num;
    if (kz_value_is(v, KZ_FLOAT) && v->as.real >= -0x1p63 && v->as.real < 0x1p63 &&
        trunc(v->as.real) == v->as.real)
        return (int64_t)v->as.real;
    return fallback;
}

int64_t kz_value_path_int(const struct kz_value *v, const char *path, int64_t fallback)
{
    return kz_value_as_int(kz_value_path(v, path), fallback);
}

bool kz_value_as_bool(const struct kz_value *v, bool fallback)
{
    return kz_value_is(v, KZ_BOOL) ? v->as.truth : fallback;
}

bool kz_value_path_bool(const struct kz_value *v, const char *path, bool fallback)
{
    return kz_value_as_bool(kz_value_path(v, path), fallback);
}

const char *kz_kind_name(enum kz_kind kind)
{
    static const char *const names[] = {
        [KZ_NULL] = "null",   [KZ_BOOL] = "boolean",  [KZ_INT] = "integer", [KZ_UINT] = "integer",
        [KZ_FLOAT] = "float", [KZ_STRING] = "string", [KZ_LIST] = "list",   [KZ_MAP] = "map",
    };
    return (unsigned)kind < kz_countof(names) ? names[kind] : "unknown";
}

/* ---- equality -------------------------------------------------------------------------------- */

static bool is_num(const struct kz_value *v)
{
    return v->kind == KZ_INT || v->kind == KZ_UINT || v->kind == KZ_FLOAT;
}

/* Exact: an integer is never rounded to compare it. */
static bool num_eq(const struct kz_value *a, const struct kz_value *b)
{
    if (a->kind == KZ_FLOAT && b->kind == KZ_FLOAT)
        return a->as.real == b->as.real;
    if (a->kind == KZ_FLOAT)
        return num_eq(b, a);
    if (b->kind == KZ_FLOAT) {
        double r = b->as.real;
        if (a->kind == KZ_INT)
            return r >= -0x1p63 && r < 0x1p63 && trunc(r) == r && (int64_t)r == a->as.num;
        return r >= 0x1p63 && r < 0x1p64 && (uint64_t)r == a->as.unum;
    }
    return a->kind == b->kind &&
           (a->kind == KZ_INT ? a->as.num == b->as.num : a->as.unum == b->as.unum);
}

bool kz_value_eq(const struct kz_value *a, const struct kz_value *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL)
        return false;
    if (is_num(a) && is_num(b))
        return num_eq(a, b);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case KZ_NULL:
    case KZ_INT:
    case KZ_UINT:
    case KZ_FLOAT: /* numbers are done above */
        return true;
    case KZ_BOOL:
        return a->as.truth == b->as.truth;
    case KZ_STRING:
        return kz_str_eq(a->as.str, b->as.str);
    case KZ_LIST:
        if (a->as.list.len != b->as.list.len)
            return false;
        for (size_t i = 0; i < a->as.list.len; i++)
            if (!kz_value_eq(a->as.list.at[i], b->as.list.at[i]))
                return false;
        return true;
    case KZ_MAP:
        if (a->as.map.len != b->as.map.len)
            return false;
        for (size_t i = 0; i < a->as.map.len; i++) {
            const struct kz_pair *pair = &a->as.map.at[i];
            /* mostly both come in the same order: look there first */
            const struct kz_pair *same = &b->as.map.at[i];
            if (!kz_str_eq(same->key, pair->key))
                same = find(b, pair->key);
            if (same == NULL || !kz_value_eq(pair->val, same->val))
                return false;
        }
        return true;
    }
    return false;
}
