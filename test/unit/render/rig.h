/* SPDX-License-Identifier: Apache-2.0
 *
 * A zygote with a table of test tasks, a loop and a pool; runs one job to its end. */
#ifndef KZ_TEST_RENDER_RIG_H
#define KZ_TEST_RENDER_RIG_H

#include "base/clock.h"
#include "lib/fixture.h"
#include "loop/loop.h"
#include "render/zygote.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct rig {
    struct kz_loop *loop;
    struct kz_zygote *zygote;
    struct kz_pool *pool;
    struct kz_arena *arena;
};

struct outcome {
    bool ended;
    bool ok;
    struct kz_err err;
    struct kz_value *reply; /* in the rig's arena */
    struct rig *rig;
    int left; /* jobs that still run; the loop stops at 0 */
};

static inline void rig_start(struct rig *r, const struct kz_task *const *tasks, int parallel)
{
    struct kz_err err;
    char line[4096];
    int rc = kz_zygote_start(&r->zygote, tasks, &err);
    cr_assert_eq(rc, 0, "%s", rc < 0 ? kz_err_line(line, sizeof line, &err) : "");
    cr_assert_eq(kz_loop_new(&r->loop, &err), 0);
    r->pool = kz_pool_new(r->loop, r->zygote, parallel);
    r->arena = kz_arena_new((size_t)256 << 20);
}

static inline void rig_stop(struct rig *r)
{
    kz_pool_free(r->pool);
    kz_zygote_stop(r->zygote);
    kz_loop_free(r->loop);
    kz_arena_free(r->arena);
}

static inline void rig_done(void *arg, uint64_t id, const struct kz_work_result *res)
{
    struct outcome *o = arg;
    (void)id;
    cr_assert(!o->ended, "a second callback");
    o->ended = true;
    o->ok = res->err == NULL;
    if (res->err != NULL)
        o->err = *res->err;
    else
        o->reply = kz_value_copy(o->rig->arena, res->reply);
    kz_loop_stop(o->rig->loop);
}

static inline uint64_t rig_submit(struct rig *r, struct outcome *o, const struct kz_work *w)
{
    struct kz_workers ws = kz_pool_workers(r->pool);
    *o = (struct outcome){.rig = r};
    return ws.ops->start(ws.impl, w, rig_done, o);
}

static inline void rig_wait(struct outcome *o)
{
    while (!o->ended)
        kz_loop_run(o->rig->loop);
}

static inline void rig_run(struct rig *r, struct outcome *o, const struct kz_work *w)
{
    (void)rig_submit(r, o, w);
    rig_wait(o);
}

/* ---- a folder with files ------------------------------------------------------------------------- */
static inline void put_file(const char *dir, const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    for (char *p = path + strlen(dir) + 1; *p != '\0'; p++)
        if (*p == '/') {
            *p = '\0';
            (void)mkdir(path, 0700);
            *p = '/';
        }
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static inline const char *make_dir(char *path)
{
    (void)snprintf(path, 64, "/tmp/kz-test-XXXXXX");
    cr_assert_not_null(mkdtemp(path));
    return path;
}

#endif
