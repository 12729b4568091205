/* SPDX-License-Identifier: Apache-2.0 */
#include "render/generated.h"

#include "base/buf.h"

struct walk {
    struct kz_arena *arena;
    struct kz_buf path;
    struct kz_value *found; /* NULL: nothing yet */
};

static void differ(struct walk *w, const struct kz_value *one, const struct kz_value *other);

static void add_key(struct kz_buf *path, struct kz_str key)
{
    kz_buf_putc(path, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == '~' || key.ptr[i] == '/')
            kz_buf_puts(path, key.ptr[i] == '~' ? "~0" : "~1");
        else
            kz_buf_putc(path, key.ptr[i]);
    }
}

static bool same_keys(const struct kz_value *one, const struct kz_value *other)
{
    if (one->as.map.len != other->as.map.len)
        return false;
    for (size_t i = 0; i < one->as.map.len; i++)
        if (kz_value_find(other, one->as.map.at[i].key) == NULL)
            return false;
    return true;
}

static void differ_maps(struct walk *w, const struct kz_value *one, const struct kz_value *other)
{
    for (size_t i = 0; i < one->as.map.len; i++) {
        const struct kz_pair *p = &one->as.map.at[i];
        const size_t len = w->path.len;
        add_key(&w->path, p->key);
        differ(w, p->val, kz_value_find(other, p->key));
        w->path.len = len;
    }
}

static void differ_lists(struct walk *w, const struct kz_value *one, const struct kz_value *other)
{
    for (size_t i = 0; i < one->as.list.len; i++) {
        const size_t len = w->path.len;
        kz_buf_printf(&w->path, "/%zu", i);
        differ(w, one->as.list.at[i], other->as.list.at[i]);
        w->path.len = len;
    }
}

static void differ(struct walk *w, const struct kz_value *one, const struct kz_value *other)
{
    if (one->kind == KZ_MAP && other->kind == KZ_MAP && same_keys(one, other)) {
        differ_maps(w, one, other);
    } else if (one->kind == KZ_LIST && other->kind == KZ_LIST &&
               one->as.list.len == other->as.list.len) {
        differ_lists(w, one, other);
    } else if (!kz_value_eq(one, other)) {
        if (w->found == NULL)
            w->found = kz_value_list(w->arena);
        kz_value_push(w->arena, w->found,
                      kz_value_str(w->arena, kz_str_dup(w->arena, kz_buf_str(&w->path))));
    }
}

struct kz_value *kz_generated_paths(struct kz_arena *a, const struct kz_value *one,
                                    const struct kz_value *other)
{
    struct walk w = {.arena = a};
    kz_buf_init(&w.path, 1 << 20);
    differ(&w, one, other);
    kz_buf_done(&w.path);
    return w.found;
}
