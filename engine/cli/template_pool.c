/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/app.h"
#include "cli/cmd_template.h"

int kz_template_prepare(const struct kz_args *args, struct kz_err *err)
{
    (void)args;
    (void)err;
    return 0;
}

int kz_template_answer(struct kz_value **reply, struct kz_arena *a, const struct kz_args *args,
                       struct kz_str folder, const struct kz_value *input, struct kz_err *err)
{
    struct kz_app *app;
    const struct kz_work work = {.task = "template", .tree = {.folder = folder}, .input = input};
    int rc = kz_app_open(&app, args, KZ_APP_WORKERS, err);
    if (rc < 0)
        return rc;
    rc = kz_app_do(reply, app, a, &work, err);
    kz_app_close(app);
    return rc;
}
