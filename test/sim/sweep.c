/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep.h"

#include "stage.h"

enum { BUSY_SEC = 30, QUIET_SEC = 270 }; /* of each of the two commits; at rest there is one poll after another */

/* Passes the time in which a commit is applied; behind event *n the process dies, once. */
static void pass_busy(struct sim_stage *s, uint64_t *n)
{
    const int64_t until = s->w.now + BUSY_SEC * SIM_SEC;
    while (*n > 0 && sim_step(&s->w, until))
        if (--*n == 0)
            sim_process_kill(&s->process);
    if (s->w.now < until)
        stage_pass(s, (int)((until - s->w.now + SIM_SEC - 1) / SIM_SEC));
}

/* A change, a removal, and an object that moves from one module to another. */
static void second_commit(struct sim_stage *s)
{
    struct sim_commit *c = stage_commit(s);
    struct sim_mdef *d = stage_change(s, c, 0);
    stage_touch(s, d, 0);
    stage_touch(s, d, STAGE_APP);
    kz_vec_swap_out(&d->objects, 4);
    d = stage_change(s, c, 1);
    const struct sim_odef moves = d->objects.at[3];
    kz_vec_swap_out(&d->objects, 3);
    d = stage_change(s, c, 2);
    kz_vec_push(&d->objects, moves);
}

static void expect_newest(struct sim_stage *s, const char *what)
{
    for (size_t m = 0; m < STAGE_MODULES; m++) {
        const size_t n = s->model.head->modules.at[m]->objects.len;
        for (size_t i = 0; i < n; i++)
            stage_expect(s, stage_is_newest(s, m, i), what);
    }
}

bool sim_sweep_run(struct sim_result *out, uint64_t n, bool trace)
{
    static struct sim_stage stage;
    struct sim_stage *s = &stage;
    stage_begin(s, 1, trace, false);
    pass_busy(s, &n);
    stage_pass(s, QUIET_SEC);
    expect_newest(s, "the platform did not come up");
    second_commit(s);
    pass_busy(s, &n);
    stage_pass(s, QUIET_SEC);
    expect_newest(s, "the second commit was not applied");
    stage_expect(s, stage_live(s, "/ConfigMap/default/m0-map4") == NULL, "what left git stayed");
    stage_expect(s, stage_live(s, "/ConfigMap/default/m1-map3") != NULL, "what moved is not there");
    stage_end(s, out);
    return n == 0;
}
