/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases as data: test/cases/spec/CASE/in is a repository; the platform is its folder "cluster", or
 * the whole. The answer is want.json (what load replied and the order of modules) or want.err.
 * KZ_UPDATE=1 writes the wants. */
#include "spec/platform.h"

#include "base/buf.h"
#include "source/tree.h"
#include "value/json.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <sys/stat.h>

enum { MEMORY = 64 << 20, TEXT_MAX = 1 << 20 };

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void slurp(struct kz_buf *b, const char *path)
{
    FILE *f = fopen(path, "re");
    char piece[4096];
    size_t n;
    kz_buf_clear(b);
    while (f != NULL && (n = fread(piece, 1, sizeof piece, f)) > 0)
        kz_buf_add(b, piece, n);
    if (f != NULL)
        (void)fclose(f);
}

static void spill(const char *path, struct kz_str text)
{
    FILE *f = fopen(path, "we");
    cr_assert_not_null(f, "%s", path);
    cr_assert_eq(fwrite(text.ptr, 1, text.len, f), text.len);
    cr_assert_eq(fclose(f), 0);
}

static int load(struct kz_value **reply, struct kz_arena *a, const char *folder, struct kz_err *err)
{
    struct kz_tree *tree;
    struct kz_value *input = kz_value_map(a);
    char cluster[1200];
    (void)snprintf(cluster, sizeof cluster, "%s/cluster", folder);
    kz_value_set(a, input, KZ_STR("path"), kz_value_cstr(a, is_dir(cluster) ? "cluster" : ""));
    kz_value_set(a, input, KZ_STR("name"), kz_value_cstr(a, "here"));
    int rc = kz_tree_folder(&tree, kz_str(folder), err);
    cr_assert_eq(rc, 0, "%s", err->frame[0]);
    rc = kz_load_task.run(reply, a, tree, input, NULL, err);
    kz_tree_close(tree);
    return rc;
}

/* What a parent sees: the reply after a trip through JSON. */
static void show(struct kz_buf *b, struct kz_arena *a, const struct kz_value *reply)
{
    struct kz_buf frame;
    struct kz_value *again, *out = kz_value_map(a), *order = kz_value_list(a), *violations = kz_value_map(a);
    struct kz_platform *p;
    struct kz_err err;
    size_t n;
    kz_buf_init(&frame, TEXT_MAX);
    kz_json_write(&frame, reply, KZ_JSON_COMPACT);
    cr_assert_eq(kz_json_read(&again, a, kz_buf_str(&frame), KZ_STR("reply"), &err), 0);
    cr_assert_eq(kz_platform_decode(&p, a, again, &err), 0, "%s", err.frame[0]);
    struct kz_module **list = kz_platform_order(&n, p, a);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(kz_map_find(&p->by_name, list[i]->name), list[i]);
        cr_assert(list[i]->tree_id.len > 0);
        kz_value_push(a, order, kz_value_str(a, list[i]->name));
        if (list[i]->violation != NULL) {
            char line[KZ_ERR_TEXT];
            kz_value_set(a, violations, list[i]->name,
                         kz_value_str(a, kz_str_dup(a, kz_str(kz_err_line(line, sizeof line, list[i]->violation)))));
        }
    }
    /* Content ids belong to the tests of the tree. */
    const struct kz_value *modules = kz_value_get(again, "modules");
    for (size_t i = 0; i < kz_value_len(modules); i++)
        (void)kz_value_del(modules->as.list.at[i], KZ_STR("treeId"));
    kz_value_set(a, out, KZ_STR("order"), order);
    kz_value_set(a, out, KZ_STR("reply"), again);
    if (kz_value_len(violations) > 0)
        kz_value_set(a, out, KZ_STR("violations"), violations);
    kz_json_write(b, out, KZ_JSON_PRETTY);
    kz_platform_done(p);
    kz_buf_done(&frame);
}

static void one_case(const char *name)
{
    char folder[1024], in[1100], want[2][1100];
    struct kz_err err = {0};
    struct kz_value *reply;
    struct kz_buf got, old;
    kz_autoarena struct kz_arena *a = kz_arena_new(MEMORY);
    kz_buf_init(&got, TEXT_MAX);
    kz_buf_init(&old, TEXT_MAX);
    (void)snprintf(folder, sizeof folder, "%s/cases/spec/%s", KZ_TEST_DIR, name);
    (void)snprintf(in, sizeof in, "%s/in", folder);
    (void)snprintf(want[0], sizeof want[0], "%s/want.json", folder);
    (void)snprintf(want[1], sizeof want[1], "%s/want.err", folder);
    bool failed = load(&reply, a, in, &err) < 0;
    if (failed) {
        char line[4096];
        kz_buf_printf(&got, "%s\n", kz_err_line(line, sizeof line, &err));
        if (err.hint[0] != '\0')
            kz_buf_printf(&got, "next: %s\n", err.hint);
        cr_expect_leq(strlen(err.frame[0]), 100, "%s: %s", name, err.frame[0]);
    } else {
        show(&got, a, reply);
    }
    if (getenv("KZ_UPDATE") != NULL) {
        (void)remove(want[!failed]);
        spill(want[failed], kz_buf_str(&got));
    } else {
        slurp(&old, want[failed]);
        cr_expect(kz_str_eq(kz_buf_str(&old), kz_buf_str(&got)), "%s: %s is\n%s", name,
                  want[failed], got.ptr);
    }
    kz_buf_done(&got);
    kz_buf_done(&old);
}

Test(load, cases)
{
    char folder[1024];
    int n = 0;
    (void)snprintf(folder, sizeof folder, "%s/cases/spec", KZ_TEST_DIR);
    DIR *d = opendir(folder);
    cr_assert_not_null(d, "%s", folder);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') {
            one_case(e->d_name);
            n++;
        }
    (void)closedir(d);
    cr_assert_gt(n, 10);
}
