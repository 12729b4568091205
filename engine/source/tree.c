/* SPDX-License-Identifier: Apache-2.0 */
#include "source/tree_impl.h"

#include <string.h>
#include <strings.h>

enum { LINK_HOPS = 40 };
static const size_t READ_MAX = ((size_t)100 << 20) - 1;
/* For one path walk: link texts, joined paths. */
static const size_t WALK_MEMORY = (size_t)8 << 20;

/* ---- names and paths ----------------------------------------------------------------------------- */

static bool is_git_name(struct kz_str name)
{
    return name.len == 4 && strncasecmp(name.ptr, ".git", 4) == 0;
}

/* What is wrong with one component of a path, or NULL. */
static const char *name_fault(struct kz_str name)
{
    if (name.len > 255)
        return "has a name of more than 255 bytes";
    if (is_git_name(name))
        return "names '.git'";
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c == '\\')
            return "has a backslash";
        if (c < 0x20 || c == 0x7f)
            return "has a control character";
    }
    return NULL;
}

/* Appends rel to the clean path of *len bytes in buf, component by component. */
static const char *append(char *buf, size_t *len, struct kz_str rel)
{
    while (rel.len > 0) {
        struct kz_str part;
        rel = kz_str_cut(&part, rel, '/');
        if (part.len == 0 || kz_str_is(part, "."))
            continue;
        if (kz_str_is(part, "..")) {
            if (*len == 0)
                return "leaves the tree";
            size_t slash = kz_str_rindex(kz_str_n(buf, *len), '/');
            *len = slash == *len ? 0 : slash;
            continue;
        }
        const char *fault = name_fault(part);
        if (fault != NULL)
            return fault;
        if (*len > 0)
            buf[(*len)++] = '/';
        memcpy(buf + *len, part.ptr, part.len);
        *len += part.len;
    }
    return NULL;
}

int kz_tree_join(struct kz_str *out, struct kz_arena *a, struct kz_str base, struct kz_str rel,
                 struct kz_err *err)
{
    const char *fault = NULL;
    size_t len = 0;

    if (base.len + rel.len > 4096)
        return kz_fail(err, KZ_E_INVALID, "a path has more than 4096 bytes");
    if (rel.len > 0 && rel.ptr[0] == '/')
        fault = "is absolute; paths are relative to the source";
    char *buf = kz_arena_bytes(a, base.len + rel.len + 2);
    if (fault == NULL)
        fault = append(buf, &len, base);
    if (fault == NULL)
        fault = append(buf, &len, rel);
    if (fault != NULL)
        return kz_fail(err, KZ_E_INVALID, "path '" KZ_FMT "' %s", KZ_ARG(rel), fault);
    buf[len] = '\0';
    *out = kz_str_n(buf, len);
    return 0;
}

/* ---- following links ----------------------------------------------------------------------------- */

/* One component further: real is clean and free of links, part the next name of the wanted path. */
static int step(struct kz_str *real, struct kz_node *node, struct kz_arena *a, struct kz_tree *t,
                struct kz_str part, struct kz_err *err)
{
    struct kz_str next;
    int rc = kz_tree_join(&next, a, *real, part, err);
    if (rc < 0)
        return rc;
    rc = t->ops->look(node, t, next.ptr, err);
    if (rc < 0)
        return rc;
    *real = next;
    return 0;
}

/* Walks the path component by component; a link's text replaces the component. */
static int walk(struct kz_str *real, struct kz_node *node, struct kz_arena *a, struct kz_tree *t,
                struct kz_str path, struct kz_err *err)
{
    struct kz_str rest = path, folder;
    unsigned hops = 0;

    *real = KZ_STR("");
    *node = (struct kz_node){.kind = KZ_NODE_DIR};
    while (rest.len > 0) {
        struct kz_str part, text;
        rest = kz_str_cut(&part, rest, '/');
        if (part.len == 0 || kz_str_is(part, "."))
            continue;
        folder = *real;
        int rc = step(real, node, a, t, part, err);
        if (rc < 0)
            return rc;
        if (kz_str_is(part, ".."))
            continue;
        if (node->kind == KZ_NODE_NONE || node->kind == KZ_NODE_SUBMODULE)
            return 0;
        if (node->kind != KZ_NODE_LINK)
            continue;
        if (++hops > LINK_HOPS)
            return kz_fail(err, KZ_E_LIMIT, "'" KZ_FMT "': more than %d symbolic links in a row",
                           KZ_ARG(path), (int)LINK_HOPS);
        rc = t->ops->read(&text, a, t, real->ptr, KZ_TREE_LINK_MAX, err);
        if (rc < 0)
            return kz_wrap(err, "read link '" KZ_FMT "'", KZ_ARG(*real));
        if (text.len == 0 || text.ptr[0] == '/' || memchr(text.ptr, '\0', text.len) != NULL)
            return kz_fail(err, KZ_E_DENIED, "link '" KZ_FMT "' leaves the tree", KZ_ARG(*real));
        rest = kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(text), KZ_ARG(rest));
        *real = folder;
        node->kind = KZ_NODE_DIR;
    }
    return 0;
}

int kz_tree_real(const char **real, struct kz_node *node, struct kz_arena *a, struct kz_tree *t,
                 struct kz_str path, struct kz_err *err)
{
    struct kz_str clean, at;
    int rc = kz_tree_join(&clean, a, KZ_STR(""), path, err);
    if (rc < 0)
        return rc;
    rc = t->ops->look(node, t, clean.ptr, err);
    if (rc < 0)
        return rc;
    if ((node->kind == KZ_NODE_NONE && !node->no_link) || node->kind == KZ_NODE_LINK) {
        rc = walk(&at, node, a, t, clean, err);
        if (rc < 0)
            return kz_wrap(err, "follow '" KZ_FMT "'", KZ_ARG(clean));
        clean = at;
    }
    *real = kz_cstr(a, clean);
    return 0;
}

/* ---- listing --------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct kz_node *x = a, *y = b;
    return kz_str_cmp(x->name, y->name);
}

static int sort_checked(struct kz_node *nodes, size_t len, const char *real, struct kz_err *err)
{
    if (len > 1)
        qsort(nodes, len, sizeof *nodes, by_name);
    for (size_t i = 0; i < len; i++) {
        struct kz_str name = nodes[i].name;
        const char *fault = name_fault(name);
        if (name.len == 0 || kz_str_is(name, ".") || kz_str_is(name, "..") ||
            kz_str_index(name, '/') < name.len)
            fault = "is no file name";
        if (fault != NULL)
            return kz_fail(err, KZ_E_DENIED, "'%s': entry '" KZ_FMT "' %s", real, KZ_ARG(name),
                           fault);
        if (i > 0 && kz_str_eq(name, nodes[i - 1].name))
            return kz_fail(err, KZ_E_DENIED, "'%s': entry '" KZ_FMT "' stands there twice", real,
                           KZ_ARG(name));
    }
    return 0;
}

int kz_tree_nodes(struct kz_node **out, size_t *n, struct kz_arena *a, struct kz_tree *t,
                  const char *real, bool sizes, struct kz_err *err)
{
    int rc = t->ops->list(out, n, a, t, real, sizes, err);
    return rc < 0 ? rc : sort_checked(*out, *n, real, err);
}

/* ---- errors that help ---------------------------------------------------------------------------- */

/* Names the deepest folder that exists and the entry in it that is most like the wanted one. */
static int not_found(struct kz_tree *t, struct kz_str path, struct kz_err *err)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new((size_t)64 << 20);
    struct kz_str parent = kz_str_head(path, kz_str_rindex(path, '/')), want, near = KZ_STR_NONE;
    if (parent.len == path.len)
        parent = KZ_STR("");
    want = kz_str_skip(path, parent.len == 0 ? 0 : parent.len + 1);

    struct kz_err ignored;
    struct kz_node node, *nodes;
    const char *real;
    size_t n = 0;
    unsigned best = 1 + (unsigned)(want.len / 3);
    if (kz_tree_real(&real, &node, tmp, t, parent, &ignored) < 0 || node.kind == KZ_NODE_NONE)
        return parent.len == 0 ? kz_fail(err, KZ_E_NOTFOUND, "the source is empty")
                               : not_found(t, parent, err);
    (void)kz_fail(err, KZ_E_NOTFOUND, "'" KZ_FMT "' is not in the source", KZ_ARG(path));
    if (node.kind != KZ_NODE_DIR)
        return kz_err_hint(err, "'" KZ_FMT "' is not a folder", KZ_ARG(parent));
    if (kz_tree_nodes(&nodes, &n, tmp, t, real, false, &ignored) < 0)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned d = kz_str_distance(want, nodes[i].name);
        if (d <= best && (d < best || near.len == 0)) {
            best = d;
            near = nodes[i].name;
        }
    }
    if (near.len > 0)
        (void)kz_err_hint(err, "did you mean '" KZ_FMT "%s" KZ_FMT "'?", KZ_ARG(parent),
                          parent.len > 0 ? "/" : "", KZ_ARG(near));
    return -(int)KZ_E_NOTFOUND;
}

/* Why a node can't be read as a file (or listed as a folder). */
static int wrong_kind(struct kz_tree *t, struct kz_str path, enum kz_node_kind kind,
                      const char *want, struct kz_err *err)
{
    switch (kind) {
    case KZ_NODE_NONE:
        return not_found(t, path, err);
    case KZ_NODE_SUBMODULE:
        (void)kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is a git submodule, which is not supported",
                      KZ_ARG(path));
        return kz_err_hint(err,
                           "copy its files into the repository, or make it a source of its own");
    case KZ_NODE_DIR:
    case KZ_NODE_FILE:
    case KZ_NODE_EXEC:
        return kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is not a %s", KZ_ARG(path), want);
    case KZ_NODE_LINK:
    case KZ_NODE_OTHER:
        break;
    }
    return kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is neither a file nor a folder", KZ_ARG(path));
}

/* ---- the contract ---------------------------------------------------------------------------------- */

void kz_tree_close(struct kz_tree *t)
{
    if (t != NULL)
        t->ops->close(t);
}

/* A large file whose content lies elsewhere: the pointer must never be taken for the content. */
static bool is_lfs_pointer(struct kz_str s)
{
    return s.len < 1024 && kz_str_starts(s, KZ_STR("version https://git-lfs.github.com/spec/"));
}

/* Step by step: follows links, and finds the words for what is wrong. */
static int read_slowly(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, struct kz_str path,
                       size_t max, struct kz_err *err)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new(WALK_MEMORY);
    struct kz_node node;
    const char *real;

    int rc = kz_tree_real(&real, &node, tmp, t, path, err);
    if (rc < 0)
        return rc;
    if (node.kind != KZ_NODE_FILE && node.kind != KZ_NODE_EXEC)
        return wrong_kind(t, path, node.kind, "file", err);
    if (node.size > max)
        return kz_fail(err, KZ_E_LIMIT,
                       "'" KZ_FMT "' has %llu bytes, more than the %zu that we read", KZ_ARG(path),
                       (unsigned long long)node.size, max);
    rc = t->ops->read(out, a, t, real, max, err);
    return rc < 0 ? kz_wrap(err, "read '" KZ_FMT "'", KZ_ARG(path)) : 0;
}

int kz_tree_read(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, struct kz_str path,
                 size_t max, struct kz_err *err)
{
    struct kz_str clean, body;
    if (max == 0)
        max = READ_MAX;
    int rc = kz_tree_join(&clean, a, KZ_STR(""), path, err);
    if (rc < 0)
        return rc;
    if (t->ops->read_plain != NULL)
        rc = t->ops->read_plain(&body, a, t, clean.ptr, max, err);
    if (rc == 0)
        rc = read_slowly(&body, a, t, path, max, err);
    if (rc < 0)
        return rc;
    if (is_lfs_pointer(body)) {
        (void)kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' is a Git LFS pointer, not the file itself",
                      KZ_ARG(path));
        return kz_err_hint(err, "store the file in git itself: git lfs migrate export");
    }
    *out = body;
    return 0;
}

/* A listed link counts as what it leads to; one that leads nowhere as a file, so that reading it tells. */
static struct kz_tree_entry entry_of(struct kz_arena *tmp, struct kz_tree *t, const char *folder,
                                     const struct kz_node *node)
{
    struct kz_node n = *node;
    if (n.kind == KZ_NODE_LINK) {
        struct kz_str path = kz_str_printf(tmp, "%s/" KZ_FMT, folder, KZ_ARG(node->name));
        struct kz_err ignored;
        const char *real;
        if (kz_tree_real(&real, &n, tmp, t, kz_str_skip(path, path.ptr[0] == '/'), &ignored) < 0)
            n.kind = KZ_NODE_NONE;
    }
    bool is_dir = n.kind == KZ_NODE_DIR || n.kind == KZ_NODE_SUBMODULE;
    return (struct kz_tree_entry){.name = node->name, .is_dir = is_dir};
}

/* The folder that path leads to, step by step; finds the words for what is wrong. */
static int real_folder(const char **real, struct kz_arena *tmp, struct kz_tree *t, struct kz_str path,
                       struct kz_err *err)
{
    struct kz_node node;
    int rc = kz_tree_real(real, &node, tmp, t, path, err);
    if (rc < 0)
        return rc;
    return node.kind == KZ_NODE_DIR ? 0 : wrong_kind(t, path, node.kind, "folder", err);
}

int kz_tree_list(struct kz_tree_entry **out, size_t *n, struct kz_arena *a, struct kz_tree *t,
                 struct kz_str path, struct kz_err *err)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new((size_t)64 << 20);
    struct kz_str clean = KZ_STR_NONE;
    struct kz_node *nodes;
    const char *real;
    size_t len;

    int rc = kz_tree_join(&clean, tmp, KZ_STR(""), path, err);
    if (rc < 0)
        return rc;
    real = clean.ptr;
    if (t->ops->list_plain != NULL)
        rc = t->ops->list_plain(&nodes, &len, a, t, real, err);
    if (rc == 0) {
        if (real_folder(&real, tmp, t, path, err) < 0)
            return -(int)err->code;
        rc = t->ops->list(&nodes, &len, a, t, real, false, err);
    }
    if (rc >= 0)
        rc = sort_checked(nodes, len, real, err);
    if (rc < 0)
        return kz_wrap(err, "list '" KZ_FMT "'", KZ_ARG(path));
    struct kz_tree_entry *entries = kz_new_n(a, struct kz_tree_entry, len);
    for (size_t i = 0; i < len; i++)
        entries[i] = entry_of(tmp, t, real, &nodes[i]);
    *out = entries;
    *n = len;
    return 0;
}

enum kz_tree_kind kz_tree_kind(struct kz_tree *t, struct kz_str path)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new(WALK_MEMORY);
    struct kz_node node;
    struct kz_err ignored;
    const char *real;
    if (kz_tree_real(&real, &node, tmp, t, path, &ignored) < 0)
        return KZ_TREE_NONE;
    if (node.kind == KZ_NODE_DIR)
        return KZ_TREE_DIR;
    return node.kind == KZ_NODE_FILE || node.kind == KZ_NODE_EXEC ? KZ_TREE_FILE : KZ_TREE_NONE;
}
