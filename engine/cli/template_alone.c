/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_template.h"
#include "cli/companion.h"
#include "cli/task_template.h"

#include "render/sandbox.h"
#include "source/tree.h"

enum { SECONDS = 60 };
static const uint64_t MEMORY = UINT64_C(1536) << 20; /* both as of a worker */

/* Starting a program and writing files is what the sandbox is there to refuse. */
static bool only_prints(const struct kz_args *args)
{
    return kz_args_str(args, "post-renderer").len == 0 && kz_args_str(args, "output-dir").len == 0;
}

int kz_template_answer(struct kz_value **reply, struct kz_arena *a, const struct kz_args *args,
                       struct kz_str folder, const struct kz_value *input, struct kz_err *err)
{
    struct kz_tree *tree;
    const struct kz_sandbox_job job = {.repo = "", .folder = kz_cstr(a, folder), .memory = MEMORY,
                                       .cpu_seconds = SECONDS + 2, .prints = true};
    if (!only_prints(args))
        return kz_companion_become(args->cli->app, err);
    int rc = kz_sandbox_enter_alone(&job, SECONDS, KZ_EXIT_ERROR, err);
    if (rc == -(int)KZ_E_NOTFOUND)
        return kz_companion_become(args->cli->app, err);
    if (rc < 0 || kz_tree_folder(&tree, folder, err) < 0)
        return -(int)err->code;
    rc = kz_template_task.run(reply, a, tree, input, NULL, err);
    kz_tree_close(tree);
    return rc;
}
