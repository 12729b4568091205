/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/app.h"
#include "cli/cmd_template.h"

struct job {
    struct kz_app *app;
    struct kz_arena *a;
    struct kz_value *reply;
    struct kz_err err;
};

static void on_done(void *arg, uint64_t id, const struct kz_work_result *res)
{
    struct job *j = arg;
    (void)id;
    if (res->err != NULL)
        j->err = *res->err;
    else
        j->reply = kz_value_copy(j->a, res->reply);
    kz_loop_stop(kz_app_loop(j->app));
}

int kz_template_answer(struct kz_value **reply, struct kz_arena *a, const struct kz_args *args,
                       struct kz_str folder, const struct kz_value *input, struct kz_err *err)
{
    struct job j = {.a = a};
    const struct kz_work work = {.task = "template", .tree = {.folder = folder}, .input = input};
    const int rc = kz_app_open(&j.app, args, KZ_APP_WORKERS, err);
    if (rc < 0)
        return rc;
    const struct kz_workers *w = kz_app_workers(j.app);
    (void)w->ops->start(w->impl, &work, on_done, &j);
    kz_loop_run(kz_app_loop(j.app));
    kz_app_close(j.app);
    if (j.reply == NULL) {
        *err = j.err;
        return -(int)err->code;
    }
    *reply = j.reply;
    return 0;
}
