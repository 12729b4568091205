/* SPDX-License-Identifier: Apache-2.0
 *
 * kz_charts: renders charts for the comparison in test/diff/charts, by the task that `kzsync template`
 * asks of a worker. Cases come on stdin, each a line with a length and the JSON input of that task
 * (cli/task_template.h) with `folder`, the chart's folder on disk, added. Each answer is a line with the
 * number of parts, then for each a line "KIND LENGTH LENGTH" followed by path and text: `manifests`,
 * `hooks`, `tests` (hooks that are tests), `crds`, and `error` or `late` with the message. */
#include "cli/task_template.h"

#include "source/tree.h"
#include "value/json.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_CASE = 1 << 26 };

static void put(const char *kind, struct kz_str path, struct kz_str text)
{
    (void)printf("%s %zu %zu\n", kind, path.len, text.len);
    (void)fwrite(path.ptr, 1, path.len, stdout);
    (void)fwrite(text.ptr, 1, text.len, stdout);
}

static void put_list(const struct kz_value *reply, const char *kind)
{
    const struct kz_value *list = kz_value_get(reply, kind);
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *part = kz_value_at(list, i);
        put(kz_value_path_bool(part, "test", false) ? "tests" : kind,
            kz_value_path_str(part, "path"), kz_value_path_str(part, "text"));
    }
}

static void answer(const struct kz_value *reply)
{
    static const char *const lists[] = {"crds", "manifests", "hooks"};
    size_t n = 0;
    if (kz_value_get(reply, "error") != NULL) {
        (void)printf("1\n");
        put(kz_value_path_bool(reply, "late", false) ? "late" : "error", KZ_STR(""),
            kz_value_path_str(reply, "error"));
        return;
    }
    for (size_t i = 0; i < kz_countof(lists); i++)
        n += kz_value_len(kz_value_get(reply, lists[i]));
    (void)printf("%zu\n", n);
    for (size_t i = 0; i < kz_countof(lists); i++)
        put_list(reply, lists[i]);
}

static int run(struct kz_arena *a, struct kz_str json, struct kz_err *err)
{
    struct kz_value *in, *reply;
    struct kz_tree *tree;
    if (kz_json_read(&in, a, json, KZ_STR("case"), err) < 0)
        return -(int)err->code;
    const struct kz_tree_at at = {.folder = kz_value_path_str(in, "folder")};
    if (kz_tree_open(&tree, &at, err) < 0)
        return -(int)err->code;
    const int rc = kz_template_task.run(&reply, a, tree, in, NULL, err);
    kz_tree_close(tree);
    if (rc >= 0)
        answer(reply);
    return rc;
}

int main(void)
{
    struct kz_err err;
    size_t len;
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)4 << 30);
    while (scanf("%zu", &len) == 1 && getchar() == '\n' && len <= MAX_CASE) {
        char line[2048], *json = kz_arena_bytes(a, len);
        if (fread(json, 1, len, stdin) != len)
            return 2;
        if (run(a, kz_str_n(json, len), &err) < 0) {
            kz_err_line(line, sizeof line, &err);
            (void)printf("1\n");
            put("broken", KZ_STR(""), kz_str(line));
        }
        (void)fflush(stdout);
        kz_arena_reset(a);
    }
    return 0;
}
