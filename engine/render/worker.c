/* SPDX-License-Identifier: Apache-2.0
 *
 * A child's life: enter the sandbox, read the request, open the tree, run the task, answer, end. It
 * ends by _exit: nothing that other code registered for the end of the process runs. */
#include "render/control.h"
#include "render/frame.h"

#include "base/clock.h"
#include "source/tree.h"
#include "value/json.h"

#include <unistd.h>

struct job {
    const char *task, *repo, *commit, *folder;
    const char *scratch;
    int64_t started;
};

static bool take_text(struct job *job, const struct kz_control_ask *ask)
{
    const char **const fields[] = {&job->task, &job->repo, &job->commit, &job->folder};
    const char *at = ask->text, *end = ask->text + ask->text_len;
    for (size_t i = 0; i < kz_countof(fields); i++) {
        const char *nul = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        if (nul == NULL)
            return false;
        *fields[i] = at;
        at = nul + 1;
    }
    return true;
}

static const struct kz_task *find_task(const struct kz_task *const *tasks, const char *name)
{
    for (; *tasks != NULL; tasks++)
        if (strcmp((*tasks)->name, name) == 0)
            return *tasks;
    return NULL;
}

static int read_input(struct kz_value **input, struct kz_arena *a, int fd, struct kz_err *err)
{
    struct kz_frame_in in;
    struct kz_frame frame;
    kz_frame_in_init(&in, KZ_FRAME_MAX_REQUEST);
    int rc;
    while ((rc = kz_frame_in_read(&frame, &in, fd, err)) == 0) {
    }
    if (rc > 0)
        rc = kz_json_read(input, a, frame.payload, KZ_STR("request"), err);
    kz_frame_in_done(&in);
    return rc < 0 ? kz_wrap(err, "read the request") : 0;
}

static int run(struct kz_value **reply, struct kz_arena *a, int fd, const struct job *job,
               const struct kz_task *task, struct kz_err *err)
{
    struct kz_value *input = NULL;
    struct kz_tree *tree = NULL;
    const struct kz_tree_at at = {
        .repo = kz_str(job->repo), .commit = kz_str(job->commit), .folder = kz_str(job->folder)};
    if (read_input(&input, a, fd, err) < 0)
        return -(int)err->code;
    if ((at.repo.len > 0 || at.folder.len > 0) && kz_tree_open(&tree, &at, err) < 0)
        return -(int)err->code;
    int rc = task->run(reply, a, tree, input, job->scratch, err);
    if (tree != NULL)
        kz_tree_close(tree);
    return rc;
}

static void answer(int fd, const struct kz_value *reply, const struct kz_err *failed,
                   int64_t started)
{
    struct kz_buf b;
    struct kz_err err;
    kz_buf_init(&b, (size_t)KZ_FRAME_MAX_REPLY + KZ_FRAME_HEAD);
    size_t start = kz_frame_begin(&b, failed != NULL ? KZ_FRAME_ERROR : KZ_FRAME_REPLY);
    kz_frame_put_took(&b, kz_clock_mono() - started);
    if (failed != NULL)
        kz_frame_put_err(&b, failed);
    else
        kz_json_write(&b, reply, KZ_JSON_COMPACT);
    kz_frame_end(&b, start);
    if (kz_buf_bad(&b)) {
        kz_buf_clear(&b);
        (void)kz_fail(&err, KZ_E_LIMIT, "the result is larger than %d MiB",
                      KZ_FRAME_MAX_REPLY >> 20);
        start = kz_frame_begin(&b, KZ_FRAME_ERROR);
        kz_frame_put_took(&b, kz_clock_mono() - started);
        kz_frame_put_err(&b, &err);
        kz_frame_end(&b, start);
    }
    (void)!kz_frame_write(fd, kz_buf_str(&b), &err); /* an engine that left wants no answer */
}

void kz_worker_main(int fd, const struct kz_sandbox *sandbox, const struct kz_control_ask *ask,
                    const char *scratch, const struct kz_task *const *tasks)
{
    struct job job = {.scratch = scratch, .started = kz_clock_mono()};
    struct kz_err err;
    struct kz_value *reply = NULL;
    struct kz_arena *a = kz_arena_new_large(ask->memory); /* dies with the process */
    int rc = 0;

    if (!take_text(&job, ask))
        rc = kz_fail(&err, KZ_E_BUG, "malformed request");
    if (rc == 0) {
        const struct kz_sandbox_job rules = {.repo = job.repo,
                                             .folder = job.folder,
                                             .scratch = scratch,
                                             .memory = ask->memory,
                                             .cpu_seconds = ask->cpu_seconds,
                                             .may_exec = ask->may_exec != 0};
        rc = kz_sandbox_enter_child(sandbox, &rules, &err);
    }
    const struct kz_task *task = rc == 0 ? find_task(tasks, job.task) : NULL;
    if (rc == 0 && task == NULL)
        rc = kz_fail(&err, KZ_E_BUG, "no task named '%s'", job.task);
    if (rc == 0)
        rc = run(&reply, a, fd, &job, task, &err);
    if (rc >= 0 && reply == NULL)
        rc = kz_fail(&err, KZ_E_BUG, "task '%s' gave no reply", job.task);
    answer(fd, reply, rc < 0 ? &err : NULL, job.started);
    _exit(0);
}
