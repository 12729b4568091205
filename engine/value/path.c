/* SPDX-License-Identifier: Apache-2.0 */
#include "value/path.h"

bool kz_path_step(struct kz_str *out, struct kz_arena *a, struct kz_str *pointer)
{
    struct kz_str raw;
    if (pointer->len == 0 || pointer->ptr[0] != '/')
        return false;
    const struct kz_str rest = kz_str_skip(*pointer, 1);
    const size_t end = kz_str_index(rest, '/');
    raw = kz_str_head(rest, end);
    *pointer = kz_str_skip(rest, end);
    *out = raw;
    if (kz_str_index(raw, '~') == raw.len)
        return true;
    char *to = a == NULL ? NULL : kz_arena_bytes(a, raw.len);
    size_t n = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '~') {
            i++;
            if (i == raw.len || (raw.ptr[i] != '0' && raw.ptr[i] != '1'))
                return false;
            c = raw.ptr[i] == '0' ? '~' : '/';
        }
        if (to != NULL)
            to[n++] = c;
    }
    if (to != NULL)
        *out = kz_str_n(to, n);
    return to != NULL;
}

/* "0", "12": no sign, no leading zero. */
static bool index_of(size_t *out, struct kz_str key)
{
    uint64_t v;
    if (!kz_str_u64(&v, key) || (key.len > 1 && key.ptr[0] == '0'))
        return false;
    *out = (size_t)v;
    return true;
}

static const struct kz_value *child(const struct kz_value *v, struct kz_str key)
{
    size_t i;
    if (kz_value_is(v, KZ_LIST))
        return index_of(&i, key) ? kz_value_at(v, i) : NULL;
    return kz_value_find(v, key);
}

const struct kz_value *kz_path_find(const struct kz_value *root, struct kz_str pointer)
{
    kz_autoarena struct kz_arena *a = NULL;
    struct kz_str key;
    if (kz_str_index(pointer, '~') < pointer.len)
        a = kz_arena_new(pointer.len * 2 + 64);
    while (root != NULL && pointer.len > 0)
        root = kz_path_step(&key, a, &pointer) ? child(root, key) : NULL;
    return root;
}

/* Tree nodes that we own but reached through a reading function. */
static struct kz_value *mutable(const struct kz_value *v)
{
    return (struct kz_value *)(uintptr_t)v;
}

static int place_in_list(struct kz_place *out, struct kz_value *list, struct kz_str key,
                         struct kz_err *err)
{
    size_t i = list->as.list.len;
    if (!kz_str_is(key, "-") && !index_of(&i, key))
        return kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is not an index of a list", KZ_ARG(key));
    if (i > list->as.list.len)
        return kz_fail(err, KZ_E_INVALID, "index %zu is beyond a list of %zu", i,
                       list->as.list.len);
    *out = (struct kz_place){
        .in = list, .key = key, .index = i, .exists = i < list->as.list.len};
    return 0;
}

int kz_path_place(struct kz_place *out, struct kz_arena *a, struct kz_value *root,
                  struct kz_str pointer, struct kz_err *err)
{
    const struct kz_str whole = pointer;
    struct kz_value *v = root;
    struct kz_str key;
    if (pointer.len == 0) {
        *out = (struct kz_place){.exists = true};
        return 0;
    }
    for (;;) {
        if (!kz_path_step(&key, a, &pointer))
            return kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is not a JSON pointer", KZ_ARG(whole));
        if (pointer.len == 0)
            break;
        const struct kz_value *next = child(v, key);
        if (next == NULL)
            return kz_fail(err, KZ_E_NOTFOUND, "'" KZ_FMT "' does not exist",
                           (int)(whole.len - pointer.len), whole.ptr);
        v = mutable(next);
    }
    if (v->kind == KZ_LIST)
        return place_in_list(out, v, key, err);
    if (v->kind != KZ_MAP)
        return kz_fail(err, KZ_E_NOTFOUND, "'" KZ_FMT "' is inside of %s", KZ_ARG(whole),
                       kz_kind_name(v->kind));
    *out = (struct kz_place){.in = v, .key = key, .exists = kz_value_find(v, key) != NULL};
    return 0;
}

struct kz_value *kz_place_get(const struct kz_place *p, struct kz_value *root)
{
    if (p->in == NULL)
        return root;
    return p->in->kind == KZ_LIST ? p->in->as.list.at[p->index]
                                  : mutable(kz_value_find(p->in, p->key));
}

void kz_place_set(struct kz_arena *a, const struct kz_place *p, struct kz_value **root,
                  struct kz_value *val)
{
    if (p->in == NULL)
        *root = val;
    else if (p->in->kind == KZ_MAP)
        kz_value_set(a, p->in, p->key, val);
    else if (p->exists)
        p->in->as.list.at[p->index] = val;
    else
        kz_value_push(a, p->in, val);
}

void kz_place_insert(struct kz_arena *a, const struct kz_place *p, struct kz_value **root,
                     struct kz_value *val)
{
    if (p->in == NULL || p->in->kind == KZ_MAP || !p->exists) {
        kz_place_set(a, p, root, val);
        return;
    }
    kz_value_push(a, p->in, val);
    struct kz_value **at = p->in->as.list.at + p->index;
    memmove(at + 1, at, (p->in->as.list.len - 1 - p->index) * sizeof(struct kz_value *));
    at[0] = val;
}

void kz_place_remove(struct kz_arena *a, const struct kz_place *p, struct kz_value **root)
{
    if (p->in == NULL) {
        *root = kz_value_null(a);
    } else if (p->in->kind == KZ_MAP) {
        (void)kz_value_del(p->in, p->key);
    } else {
        struct kz_value **at = p->in->as.list.at + p->index;
        p->in->as.list.len--;
        memmove(at, at + 1, (p->in->as.list.len - p->index) * sizeof(struct kz_value *));
    }
}

int kz_path_set(struct kz_value **root, struct kz_arena *a, struct kz_str pointer,
                struct kz_value *val, struct kz_err *err)
{
    struct kz_place place;
    for (size_t end = 1; end < pointer.len; end++) { /* the parents, outermost first */
        if (pointer.ptr[end] != '/')
            continue;
        int rc = kz_path_place(&place, a, *root, kz_str_head(pointer, end), err);
        if (rc < 0)
            return rc;
        if (!place.exists)
            kz_place_set(a, &place, root, kz_value_map(a));
    }
    int rc = kz_path_place(&place, a, *root, pointer, err);
    if (rc < 0)
        return rc;
    kz_place_set(a, &place, root, val);
    return 0;
}
