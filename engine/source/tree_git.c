/* SPDX-License-Identifier: Apache-2.0
 *
 * A commit as a tree: objects by id from the object database, nothing else of libgit2. No repository
 * is opened (so no configuration, hook, index, reference or owner check is ever read), nothing is
 * checked out, and no user text reaches the library's own parsers but clean paths and hex digits. */
#include "source/tree_impl.h"

#include <errno.h>
#include <git2.h>
#include <string.h>
#include <unistd.h>

struct git_tree_impl {
    struct kz_tree base;
    git_odb *odb;
    git_repository *repo; /* a wrapper around odb without a folder */
    git_tree *root;
};

static struct git_tree_impl *impl(struct kz_tree *t)
{
    return kz_container_of(t, struct git_tree_impl, base);
}

static int fail_git(struct kz_err *err, int rc, const char *what)
{
    const git_error *e = git_error_last();
    enum kz_code code = rc == GIT_ENOTFOUND ? KZ_E_NOTFOUND : KZ_E_IO;
    return kz_fail(err, code, "%s: %s", what,
                   e != NULL && e->message != NULL ? e->message : "no reason");
}

/* ---- library ------------------------------------------------------------------------------------- */

static int set_limits(void)
{
    static const git_config_level_t levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                                GIT_CONFIG_LEVEL_GLOBAL,
                                                GIT_CONFIG_LEVEL_PROGRAMDATA};
    int rc = 0;
    for (size_t i = 0; i < kz_countof(levels); i++)
        rc |= git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, (int)levels[i], "");
    rc |= git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, "");
    rc |= git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 1);
    rc |= git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
    rc |= git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0); /* the mirror is ours */
    /* Windows and caches fit a worker's address space limit. */
    rc |= git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)16 << 20);
    rc |= git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)128 << 20);
    rc |= git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)32 << 20);
    /* By default only trees up to 4 KB stay parsed: a path through a folder of a thousand would read all of it anew. */
    rc |= git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, (int)GIT_OBJECT_TREE, (size_t)8 << 20);
    rc |= git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, (size_t)50 << 20);
    return rc;
}

int kz_tree_init(struct kz_err *err)
{
    static bool ready; /* the library's own state is global too */
    if (ready)
        return 0;
    int rc = git_libgit2_init();
    if (rc < 0)
        return fail_git(err, rc, "start libgit2");
    if (set_limits() != 0)
        return fail_git(err, -1, "limit libgit2");
    ready = true;
    return 0;
}

/* ---- operations ------------------------------------------------------------------------------------- */

static enum kz_node_kind kind_of(git_filemode_t mode)
{
    switch (mode) {
    case GIT_FILEMODE_TREE:
        return KZ_NODE_DIR;
    case GIT_FILEMODE_BLOB:
        return KZ_NODE_FILE;
    case GIT_FILEMODE_BLOB_EXECUTABLE:
        return KZ_NODE_EXEC;
    case GIT_FILEMODE_LINK:
        return KZ_NODE_LINK;
    case GIT_FILEMODE_COMMIT:
        return KZ_NODE_SUBMODULE;
    case GIT_FILEMODE_UNREADABLE:
        break;
    }
    return KZ_NODE_OTHER;
}

static int blob_size(uint64_t *out, struct git_tree_impl *g, const git_oid *id, struct kz_err *err)
{
    size_t size;
    git_object_t type;
    int rc = git_odb_read_header(&size, &type, g->odb, id);
    if (rc < 0)
        return fail_git(err, rc, "read object");
    if (type != GIT_OBJECT_BLOB)
        return kz_fail(err, KZ_E_IO, "a file's object is no blob: the mirror is damaged");
    *out = size;
    return 0;
}

static int fill(struct kz_node *out, struct git_tree_impl *g, const git_tree_entry *e,
                struct kz_err *err)
{
    struct kz_node node = {.kind = kind_of(git_tree_entry_filemode(e))};
    if (node.kind == KZ_NODE_FILE || node.kind == KZ_NODE_EXEC || node.kind == KZ_NODE_LINK) {
        int rc = blob_size(&node.size, g, git_tree_entry_id(e), err);
        if (rc < 0)
            return rc;
    }
    *out = node;
    return 0;
}

static int look(struct kz_node *out, struct kz_tree *t, const char *path, struct kz_err *err)
{
    struct git_tree_impl *g = impl(t);
    git_tree_entry *e;
    if (path[0] == '\0') {
        *out = (struct kz_node){.kind = KZ_NODE_DIR};
        return 0;
    }
    int rc = git_tree_entry_bypath(&e, g->root, path);
    if (rc == GIT_ENOTFOUND) {
        *out = (struct kz_node){.kind = KZ_NODE_NONE};
        return 0;
    }
    if (rc < 0)
        return fail_git(err, rc, "read tree");
    rc = fill(out, g, e, err);
    git_tree_entry_free(e);
    return rc;
}

static int oid_at(git_oid *out, struct git_tree_impl *g, const char *path, struct kz_err *err)
{
    git_tree_entry *e;
    if (path[0] == '\0') {
        *out = *git_tree_id(g->root);
        return 0;
    }
    int rc = git_tree_entry_bypath(&e, g->root, path);
    if (rc < 0)
        return fail_git(err, rc, "read tree");
    *out = *git_tree_entry_id(e);
    git_tree_entry_free(e);
    return 0;
}

static int read_blob(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, const char *path,
                     size_t max, struct kz_err *err)
{
    struct git_tree_impl *g = impl(t);
    git_oid id;
    git_blob *blob;
    uint64_t size;
    int rc = oid_at(&id, g, path, err);
    if (rc == 0)
        rc =
            blob_size(&size, g, &id, err); /* before the library allocates what the header claims */
    if (rc < 0)
        return rc;
    if (size > max)
        return kz_fail(err, KZ_E_LIMIT, "the file is larger than %zu KiB", (max + 1023) >> 10);
    rc = git_blob_lookup(&blob, g->repo, &id);
    if (rc < 0)
        return fail_git(err, rc, "read object");
    *out = kz_str_dup(a, kz_str_n(git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)));
    git_blob_free(blob);
    return 0;
}

static int list(struct kz_node **out, size_t *n, struct kz_arena *a, struct kz_tree *t,
                const char *path, bool sizes, struct kz_err *err)
{
    struct git_tree_impl *g = impl(t);
    git_oid id;
    git_tree *tree;
    int rc = oid_at(&id, g, path, err);
    if (rc < 0)
        return rc;
    rc = git_tree_lookup(&tree, g->repo, &id);
    if (rc < 0)
        return fail_git(err, rc, "read tree");
    size_t len = git_tree_entrycount(tree);
    struct kz_node *nodes = NULL;
    if (len > KZ_TREE_ENTRIES_MAX)
        rc = kz_fail(err, KZ_E_LIMIT, "%zu entries, more than the %d that we read", len,
                     (int)KZ_TREE_ENTRIES_MAX);
    else
        nodes = kz_new_n(a, struct kz_node, len);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        const git_tree_entry *e = git_tree_entry_byindex(tree, i);
        nodes[i].kind = kind_of(git_tree_entry_filemode(e));
        rc = sizes ? fill(&nodes[i], g, e, err) : 0;
        if (rc == 0)
            nodes[i].name = kz_str_dup(a, kz_str(git_tree_entry_name(e)));
    }
    git_tree_free(tree);
    if (rc < 0)
        return rc;
    *out = nodes;
    *n = len;
    return 0;
}

static int id(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, const char *path,
              struct kz_err *err)
{
    git_oid oid;
    char hex[GIT_OID_HEXSZ + 1];
    int rc = oid_at(&oid, impl(t), path, err);
    if (rc < 0)
        return rc;
    (void)git_oid_tostr(hex, sizeof hex, &oid);
    *out = kz_str_dup(a, kz_str(hex));
    return 0;
}

static void close_git(struct kz_tree *t)
{
    struct git_tree_impl *g = impl(t);
    git_tree_free(g->root);
    git_repository_free(g->repo);
    git_odb_free(g->odb);
    free(g);
}

static const struct kz_tree_ops git_ops = {
    .look = look, .read = read_blob, .list = list, .id = id, .close = close_git};

/* ---- opening --------------------------------------------------------------------------------------- */

static int open_root(struct git_tree_impl *g, const char *hex, struct kz_err *err)
{
    git_oid oid;
    git_commit *commit;
    if (git_oid_fromstr(&oid, hex) < 0)
        return kz_fail(err, KZ_E_INVALID, "'%s' is no commit id of 40 hex digits", hex);
    int rc = git_commit_lookup(&commit, g->repo, &oid);
    if (rc < 0)
        return fail_git(err, rc, "read commit");
    rc = git_commit_tree(&g->root, commit);
    git_commit_free(commit);
    return rc < 0 ? fail_git(err, rc, "read the commit's tree") : 0;
}

int kz_tree_git_open(struct kz_tree **out, struct kz_str repo, struct kz_str commit,
                     struct kz_err *err)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new((size_t)1 << 16);
    const char *hex = kz_cstr(tmp, kz_str_head(commit, 80));

    if (commit.len == 64)
        return kz_fail(err, KZ_E_INVALID, "commit '%s': SHA-256 repositories are not supported",
                       hex);
    if (commit.len != 40)
        return kz_fail(err, KZ_E_INVALID, "'%s' is no commit id of 40 hex digits", hex);

    const char *objects = kz_str_printf(tmp, KZ_FMT "/objects", KZ_ARG(repo)).ptr;
    if (access(objects, R_OK | X_OK) < 0)
        return kz_fail_errno(err, errno, "open repository '" KZ_FMT "'", KZ_ARG(repo));

    struct git_tree_impl *g = calloc(1, sizeof *g);
    kz_assert(g != NULL);
    g->base.ops = &git_ops;
    int rc = git_odb_open(&g->odb, objects);
    if (rc == 0)
        rc = git_repository_wrap_odb(&g->repo, g->odb);
    rc = rc < 0 ? fail_git(err, rc, "open the object store") : open_root(g, hex, err);
    if (rc < 0) {
        close_git(&g->base);
        return kz_wrap(err, "open commit '%s' in '" KZ_FMT "'", hex, KZ_ARG(repo));
    }
    *out = &g->base;
    return 0;
}
