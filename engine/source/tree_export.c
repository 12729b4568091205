/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole subtrees: their content id where the kind of tree has none of its own, and writing them out
 * as files. Both walk depth first in the order of names. */
#include "source/tree_impl.h"

#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t WALK_MEMORY = (size_t)256 << 20;
static const size_t FILE_MAX = ((size_t)100 << 20) - 1;

static const char *below(struct kz_arena *a, const char *folder, struct kz_str name)
{
    return kz_str_printf(a, "%s%s" KZ_FMT, folder, folder[0] == '\0' ? "" : "/", KZ_ARG(name)).ptr;
}

static int read_one(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, const char *path,
                    const struct kz_node *node, struct kz_err *err)
{
    size_t max = node->kind == KZ_NODE_LINK ? KZ_TREE_LINK_MAX : FILE_MAX;
    int rc = node->size > max ? kz_fail(err, KZ_E_LIMIT, "'%s' is larger than %zu KiB", path, (max + 1023) >> 10)
                              : t->ops->read(out, a, t, path, max, err);
    return rc < 0 ? kz_wrap(err, "read '%s'", path) : 0;
}

/* ---- content id ---------------------------------------------------------------------------------- */

static int hash_node(struct kz_hasher *h, struct kz_arena *a, struct kz_tree *t, const char *path,
                     const struct kz_node *node, unsigned depth, struct kz_err *err);

static int hash_folder(struct kz_hasher *h, struct kz_arena *a, struct kz_tree *t, const char *path,
                       unsigned depth, struct kz_err *err)
{
    struct kz_node *nodes;
    size_t n;
    if (depth > KZ_TREE_DEPTH_MAX)
        return kz_fail(err, KZ_E_LIMIT, "'%s': folders nest deeper than %d", path,
                       (int)KZ_TREE_DEPTH_MAX);
    int rc = kz_tree_nodes(&nodes, &n, a, t, path, true, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = hash_node(h, a, t, below(a, path, nodes[i].name), &nodes[i], depth + 1, err);
    return rc;
}

/* (path, mode, content) of a file; folders count only by what is in them, as in git. */
static int hash_node(struct kz_hasher *h, struct kz_arena *a, struct kz_tree *t, const char *path,
                     const struct kz_node *node, unsigned depth, struct kz_err *err)
{
    static const char *const modes[] = {
        [KZ_NODE_FILE] = "file", [KZ_NODE_EXEC] = "exec", [KZ_NODE_LINK] = "link"};
    kz_autoarena struct kz_arena *tmp = kz_arena_new(FILE_MAX + 4096);
    struct kz_str body;

    if (node->kind == KZ_NODE_DIR)
        return hash_folder(h, a, t, path, depth, err);
    if (node->kind == KZ_NODE_OTHER || node->kind == KZ_NODE_NONE ||
        node->kind == KZ_NODE_SUBMODULE)
        return 0; /* can't be content: reading it fails */
    int rc = read_one(&body, tmp, t, path, node, err);
    if (rc < 0)
        return rc;
    kz_hasher_add(h, kz_str(path));
    kz_hasher_add(h, kz_str(modes[node->kind]));
    kz_hasher_add(h, body);
    return 0;
}

static bool is_under(const char *path, const char *top)
{
    size_t n = strlen(top);
    return n == 0 || (strncmp(path, top, n) == 0 && (path[n] == '\0' || path[n] == '/'));
}

/* What links lead to outside of the folder that has the id: each such target once. */
struct outside {
    struct kz_arena *a;
    struct kz_tree *t;
    struct kz_hasher *h;
    struct kz_map seen; /* targets by path */
};

static int own_id(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, const char *real,
                  const struct kz_node *node, struct kz_err *err)
{
    char text[KZ_HASH_TEXT];
    if (t->ops->id != NULL)
        return t->ops->id(out, a, t, real, err);
    struct kz_hasher *h = kz_hasher_new(a);
    int rc = hash_node(h, a, t, real, node, 0, err);
    if (rc < 0)
        return rc;
    kz_hash_text(text, kz_hasher_end(h));
    *out = kz_str_dup(a, kz_str(text));
    return 0;
}

static int add_folder(struct outside *o, const char *top, const char *path, unsigned depth,
                      struct kz_err *err);

static int add_link(struct outside *o, const char *top, const char *path, struct kz_err *err)
{
    struct kz_node node;
    struct kz_str id;
    struct kz_err ignored;
    const char *real;
    if (kz_tree_real(&real, &node, o->a, o->t, kz_str(path), &ignored) < 0 ||
        node.kind == KZ_NODE_NONE || is_under(real, top) ||
        kz_map_find(&o->seen, kz_str(real)) != NULL)
        return 0; /* can't be followed (reading it fails), part of the id already, or counted */
    (void)kz_map_put(&o->seen, kz_str(real), o);
    int rc = own_id(&id, o->a, o->t, real, &node, err);
    if (rc < 0)
        return rc;
    kz_hasher_add(o->h, kz_str(path));
    kz_hasher_add(o->h, id);
    return node.kind == KZ_NODE_DIR ? add_folder(o, real, real, 0, err) : 0;
}

static int add_folder(struct outside *o, const char *top, const char *path, unsigned depth,
                      struct kz_err *err)
{
    struct kz_node *nodes;
    size_t n;
    if (depth > KZ_TREE_DEPTH_MAX)
        return kz_fail(err, KZ_E_LIMIT, "'%s': folders nest deeper than %d", path,
                       (int)KZ_TREE_DEPTH_MAX);
    int rc = kz_tree_nodes(&nodes, &n, o->a, o->t, path, false, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const char *entry = below(o->a, path, nodes[i].name);
        if (nodes[i].kind == KZ_NODE_DIR)
            rc = add_folder(o, top, entry, depth + 1, err);
        else if (nodes[i].kind == KZ_NODE_LINK)
            rc = add_link(o, top, entry, err);
    }
    return rc;
}

int kz_tree_id(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, struct kz_str path,
               struct kz_err *err)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new(WALK_MEMORY);
    struct outside o = {.a = tmp, .t = t, .h = kz_hasher_new(tmp)};
    struct kz_node node;
    struct kz_str id;
    const char *real;
    char text[KZ_HASH_TEXT];

    int rc = kz_tree_real(&real, &node, tmp, t, path, err);
    if (rc < 0)
        return rc;
    if (node.kind == KZ_NODE_NONE)
        return kz_fail(err, KZ_E_NOTFOUND, "'" KZ_FMT "' is not in the source", KZ_ARG(path));
    kz_map_init(&o.seen);
    rc = own_id(&id, tmp, t, real, &node, err);
    if (rc == 0 && node.kind == KZ_NODE_DIR && real[0] != '\0')
        rc = add_folder(&o, real, real, 0, err);
    bool leaves = o.seen.len > 0;
    kz_map_done(&o.seen);
    if (rc < 0)
        return kz_wrap(err, "hash '" KZ_FMT "'", KZ_ARG(path));
    if (leaves) {
        kz_hasher_add(o.h, id);
        kz_hash_text(text, kz_hasher_end(o.h));
        id = kz_str(text);
    }
    *out = kz_str_dup(a, id);
    return 0;
}

/* ---- export ---------------------------------------------------------------------------------------- */

struct out {
    struct kz_arena *a;
    struct kz_tree *t;
    const char *top; /* the exported folder in the tree */
    uint64_t bytes_left;
    unsigned entries_left;
};

static int take(struct out *o, uint64_t bytes, struct kz_err *err)
{
    if (o->entries_left == 0 || bytes > o->bytes_left)
        return kz_fail(err, KZ_E_LIMIT, "the folder is larger than an export may be");
    o->entries_left--;
    o->bytes_left -= bytes;
    return 0;
}

static int write_file(int dirfd, const char *name, struct kz_str body, mode_t mode,
                      struct kz_err *err)
{
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return kz_fail_errno(err, errno, "create '%s'", name);
    int rc = 0;
    while (rc == 0 && body.len > 0) {
        ssize_t n = write(fd, body.ptr, body.len);
        if (n < 0 && errno != EINTR)
            rc = kz_fail_errno(err, errno, "write '%s'", name);
        else if (n > 0)
            body = kz_str_skip(body, (size_t)n);
    }
    if (fchmod(fd, mode) < 0 && rc == 0)
        rc = kz_fail_errno(err, errno, "set the mode of '%s'", name);
    if (close(fd) < 0 && rc == 0)
        rc = kz_fail_errno(err, errno, "close '%s'", name);
    return rc;
}

/* A link is written as it is, if every step of it stays below the exported folder. */
static int write_link(struct out *o, int dirfd, const char *path, const char *name,
                      struct kz_str text, struct kz_err *err)
{
    struct kz_node node;
    const char *real;
    int rc = kz_tree_real(&real, &node, o->a, o->t, kz_str(path), err);
    if (rc < 0)
        return rc;
    struct kz_str folder = kz_str_head(kz_str(path), strlen(path) - strlen(name)), direct;
    rc = kz_tree_join(&direct, o->a, folder, text, err);
    if (rc < 0)
        return kz_wrap(err, "link '%s'", path);
    struct kz_str ends[] = {kz_str(real), direct};
    for (size_t i = 0; i < kz_countof(ends); i++)
        if (!is_under(ends[i].ptr, o->top))
            return kz_fail(err, KZ_E_DENIED, "link '%s' leaves the folder '%s'", path, o->top);
    if (symlinkat(kz_cstr(o->a, text), dirfd, name) < 0)
        return kz_fail_errno(err, errno, "create link '%s'", path);
    return 0;
}

static int write_folder(struct out *o, int dirfd, const char *path, unsigned depth,
                        struct kz_err *err);

static int write_node(struct out *o, int dirfd, const char *path, const struct kz_node *node,
                      unsigned depth, struct kz_err *err)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new(FILE_MAX + 4096);
    const char *name = kz_cstr(o->a, node->name);
    struct kz_str body;

    int rc = take(o, node->kind == KZ_NODE_DIR ? 0 : node->size, err);
    if (rc < 0)
        return rc;
    switch (node->kind) {
    case KZ_NODE_FILE:
    case KZ_NODE_EXEC:
    case KZ_NODE_LINK:
        rc = read_one(&body, tmp, o->t, path, node, err);
        if (rc < 0)
            return rc;
        if (node->kind == KZ_NODE_LINK)
            return write_link(o, dirfd, path, name, body, err);
        return write_file(dirfd, name, body, node->kind == KZ_NODE_EXEC ? 0755 : 0644, err);
    case KZ_NODE_DIR: {
        if (mkdirat(dirfd, name, 0755) < 0)
            return kz_fail_errno(err, errno, "create folder '%s'", path);
        int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return kz_fail_errno(err, errno, "open folder '%s'", path);
        rc = write_folder(o, fd, path, depth + 1, err);
        (void)close(fd);
        return rc;
    }
    case KZ_NODE_SUBMODULE:
        return kz_fail(err, KZ_E_INVALID, "'%s' is a git submodule, which is not supported", path);
    case KZ_NODE_NONE:
    case KZ_NODE_OTHER:
        break;
    }
    return kz_fail(err, KZ_E_INVALID, "'%s' is neither a file nor a folder", path);
}

static int write_folder(struct out *o, int dirfd, const char *path, unsigned depth,
                        struct kz_err *err)
{
    struct kz_node *nodes;
    size_t n;
    if (depth > KZ_TREE_DEPTH_MAX)
        return kz_fail(err, KZ_E_LIMIT, "'%s': folders nest deeper than %d", path,
                       (int)KZ_TREE_DEPTH_MAX);
    int rc = kz_tree_nodes(&nodes, &n, o->a, o->t, path, true, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = write_node(o, dirfd, below(o->a, path, nodes[i].name), &nodes[i], depth, err);
    return rc;
}

int kz_tree_export(struct kz_tree *t, struct kz_str path, const char *dest, uint64_t max_bytes,
                   struct kz_err *err)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new(WALK_MEMORY);
    struct kz_node node;
    const char *real;

    int rc = kz_tree_real(&real, &node, tmp, t, path, err);
    if (rc < 0)
        return rc;
    if (node.kind != KZ_NODE_DIR)
        return kz_fail(err, node.kind == KZ_NODE_NONE ? KZ_E_NOTFOUND : KZ_E_INVALID,
                       "'" KZ_FMT "' is not a folder of the source", KZ_ARG(path));
    int fd = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return kz_fail_errno(err, errno, "open '%s'", dest);
    struct out o = {.a = tmp,
                    .t = t,
                    .top = real,
                    .bytes_left = max_bytes,
                    .entries_left = KZ_TREE_ENTRIES_MAX};
    rc = write_folder(&o, fd, real, 0, err);
    (void)close(fd);
    return rc < 0 ? kz_wrap(err, "write '" KZ_FMT "' out", KZ_ARG(path)) : 0;
}
