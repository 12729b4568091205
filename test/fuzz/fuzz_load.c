/* SPDX-License-Identifier: Apache-2.0
 *
 * A repository in memory, read as a platform. The input is cut at lines "#---": kubezero.yaml,
 * values.yaml, modules/m.yaml, base.yaml. What loads, must decode after a trip through JSON to the
 * same modules in the same order; what does not, must say why. */
#include "fuzz.h"

#include "source/tree_impl.h"
#include "spec/platform.h"
#include "value/json.h"

enum { FILES = 4 };
static const char *const names[FILES] = {"kubezero.yaml", "values.yaml", "modules/m.yaml", "base.yaml"};

struct memory_tree {
    struct kz_tree tree;
    struct kz_str text[FILES];
};

static size_t file_of(const char *path)
{
    size_t i = 0;
    while (i < FILES && strcmp(path, names[i]) != 0)
        i++;
    return i;
}

static int look(struct kz_node *out, struct kz_tree *t, const char *path, struct kz_err *err)
{
    const struct memory_tree *m = (struct memory_tree *)(void *)t;
    size_t i = file_of(path);
    (void)err;
    *out = (struct kz_node){.kind = KZ_NODE_NONE};
    if (path[0] == '\0' || strcmp(path, ".") == 0 || strcmp(path, "modules") == 0)
        out->kind = KZ_NODE_DIR;
    else if (i < FILES)
        *out = (struct kz_node){.kind = KZ_NODE_FILE, .size = m->text[i].len};
    return 0;
}

static int read_file(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, const char *path,
                     size_t max, struct kz_err *err)
{
    const struct memory_tree *m = (struct memory_tree *)(void *)t;
    struct kz_str text = m->text[file_of(path)];
    if (text.len > max)
        return kz_fail(err, KZ_E_LIMIT, "too long");
    *out = kz_str_dup(a, text);
    return 0;
}

static int list(struct kz_node **out, size_t *n, struct kz_arena *a, struct kz_tree *t,
                const char *path, bool sizes, struct kz_err *err)
{
    static const char *const root[] = {"kubezero.yaml", "values.yaml", "base.yaml", "modules"};
    static const char *const sub[] = {"m.yaml"};
    bool top = strcmp(path, "modules") != 0;
    (void)t;
    (void)sizes;
    (void)err;
    *n = top ? kz_countof(root) : kz_countof(sub);
    *out = kz_new_n(a, struct kz_node, *n);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = (struct kz_node){.name = kz_str(top ? root[i] : sub[i]),
                                     .kind = top && i == 3 ? KZ_NODE_DIR : KZ_NODE_FILE};
    return 0;
}

static int id(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, const char *path,
              struct kz_err *err)
{
    (void)a;
    (void)t;
    (void)path;
    (void)err;
    *out = KZ_STR("0123456789abcdef");
    return 0;
}

static void close_tree(struct kz_tree *t)
{
    (void)t;
}

static const struct kz_tree_ops ops = {
    .look = look, .read = read_file, .list = list, .id = id, .close = close_tree};

static void cut(struct kz_str text[FILES], struct kz_str in)
{
    static const struct kz_str mark = KZ_STR_INIT("\n#---\n");
    for (size_t i = 0; i < FILES; i++) {
        const char *at = in.len == 0 ? NULL : memmem(in.ptr, in.len, mark.ptr, mark.len);
        size_t len = at == NULL || i + 1 == FILES ? in.len : (size_t)(at - in.ptr) + 1;
        text[i] = kz_str_head(in, len);
        in = kz_str_skip(in, len == in.len ? len : len + mark.len - 1);
    }
}

static void check(struct kz_arena *a, const struct kz_value *reply)
{
    kz_autobuf struct kz_buf frame;
    struct kz_platform *p, *again;
    struct kz_value *back;
    struct kz_err err;
    size_t n, m;
    kz_buf_init(&frame, (size_t)1 << 28);
    kz_json_write(&frame, reply, KZ_JSON_COMPACT);
    if (kz_platform_decode(&p, a, reply, &err) < 0)
        abort(); /* load decoded it already */
    if (kz_json_read(&back, a, kz_buf_str(&frame), KZ_STR("reply"), &err) < 0) {
        kz_platform_done(p); /* bytes that are no text, from !!binary */
        return;
    }
    if (kz_platform_decode(&again, a, back, &err) < 0)
        abort();
    struct kz_module **one = kz_platform_order(&n, p, a), **two = kz_platform_order(&m, again, a);
    kz_assert(n == m);
    for (size_t i = 0; i < n; i++)
        kz_assert(kz_str_eq(one[i]->name, two[i]->name));
    kz_platform_done(p);
    kz_platform_done(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)2 << 30);
    struct memory_tree m = {.tree.ops = &ops};
    struct kz_value *reply;
    struct kz_err err;
    cut(m.text, kz_str_n((const char *)data, size));
    if (kz_load_task.run(&reply, a, &m.tree, kz_value_map(a), NULL, &err) < 0)
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
    else
        check(a, reply);
    return 0;
}
