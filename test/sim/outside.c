/* SPDX-License-Identifier: Apache-2.0 */
#include "outside.h"

struct sim_job {
    struct sim_outside *o;
    uint64_t id;
    bool alive, load;
    struct kz_str commit, module; /* of the tree asked for */
    struct kz_value *input;       /* what it says of the cluster */
    kz_source_done source_done;
    kz_work_done work_done;
    void (*probe_done)(void *arg, uint64_t id, const struct kz_http_reply *reply);
    int64_t patience; /* of a probe */
    void *arg;
};

static struct sim_job *job_new(struct sim_outside *o, void *arg)
{
    struct sim_job *j = kz_new(o->w->arena, struct sim_job);
    kz_vec_push(&o->jobs, j);
    *j = (struct sim_job){.o = o, .id = o->jobs.len, .alive = true, .arg = arg};
    return j;
}

static void cancel(void *impl, uint64_t id)
{
    struct sim_outside *o = impl;
    if (id > 0 && id <= o->jobs.len)
        o->jobs.at[id - 1]->alive = false;
}

/* ---- source -------------------------------------------------------------------------------------------------------- */

static void source_fail(struct sim_job *j, enum kz_code code, const char *text)
{
    struct kz_err err;
    sim_say(j->o->w, "source: %s", text);
    (void)kz_fail(&err, code, "%s", text);
    const struct kz_source_result res = {.err = &err};
    j->source_done(j->arg, j->id, &res);
}

static void on_source(void *arg, uint64_t id)
{
    struct sim_job *j = arg;
    struct sim_outside *o = j->o;
    const struct sim_commit *head = o->model->head;
    (void)id;
    if (!j->alive)
        return;
    j->alive = false;
    if (o->faults->branch_gone) {
        sim_struck(o->faults, "branch gone");
        source_fail(j, KZ_E_NOTFOUND, "the repository has no branch main");
        return;
    }
    if (o->faults->source_down || sim_fault_job(o->faults)) {
        sim_struck(o->faults, o->faults->source_down ? "repository away" : "fetch or job fails");
        source_fail(j, KZ_E_REMOTE, "could not resolve host git.example.com");
        return;
    }
    const struct sim_commit *known = sim_model_find(o->model, j->commit);
    const struct kz_source_result res = {
        .tree = {.repo = KZ_STR("/mirror"), .commit = kz_str(head->hex), .folder = KZ_STR("")},
        .subject = KZ_STR("a change"), .author = KZ_STR("A. Person"),
        .moved = known != head,
        .descends = known == NULL || sim_commit_descends(head, known),
        .descent_known = true,
    };
    if (res.moved && !res.descends)
        sim_struck(o->faults, "history rewritten");
    sim_say(o->w, "source: at %.7s%s", head->hex, res.moved ? ", which is new" : "");
    j->source_done(j->arg, j->id, &res);
}

static uint64_t resolve(void *impl, const struct kz_source_ref *ref, struct kz_str known, kz_source_done done, void *arg)
{
    struct sim_outside *o = impl;
    struct sim_job *j = job_new(o, arg);
    (void)ref;
    j->commit = kz_str_dup(o->w->arena, known);
    j->source_done = done;
    (void)sim_after_held(o->w, sim_between(&o->rng, 5 * SIM_MS, 300 * SIM_MS), on_source, j, &o->client->asleep_until);
    return j->id;
}

static const struct kz_source_ops source_ops = {.resolve = resolve, .cancel = cancel};

/* ---- workers ---------------------------------------------------------------------------------------------------------- */

static void work_fail(struct sim_job *j, enum kz_code code, const char *text)
{
    struct kz_err err;
    sim_say(j->o->w, "%s " KZ_FMT ": %s", j->load ? "load" : "render", KZ_ARG(j->module), text);
    (void)kz_fail(&err, code, "%s", text);
    const struct kz_work_result res = {.err = &err};
    j->work_done(j->arg, j->id, &res);
}

static void deliver(struct sim_job *j, struct kz_arena *a, const struct kz_value *reply)
{
    const struct kz_work_result res = {.reply = reply, .arena = a, .took = SIM_MS};
    j->work_done(j->arg, j->id, &res);
}

static void finish_load(struct sim_job *j, const struct sim_commit *c)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    if (c->load_fails) {
        sim_struck(j->o->faults, "commit that cannot be loaded");
        work_fail(j, KZ_E_PARSE, "kubezero.yaml:3:1: unknown field 'modulez'");
        return;
    }
    sim_say(j->o->w, "load: %.7s", c->hex);
    sim_check_loaded(j->o->check, j->o->client->slot, c);
    deliver(j, a, sim_model_load(a, c));
}

static void finish_render(struct sim_job *j, const struct sim_commit *c, enum sim_harm harm)
{
    static const char *const words[] = {[SIM_WHOLE] = "", [SIM_CUT] = ", cut", [SIM_EMPTY] = ", none arrive"};
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)64 << 20);
    const struct sim_mdef *d = sim_commit_module(c, j->module);
    kz_assert(d != NULL);
    struct kz_value *needs = sim_asks_needs(a, d, j->input);
    if (needs != NULL) {
        sim_say(j->o->w, "render " KZ_FMT ": needs more", KZ_ARG(d->name));
        deliver(j, a, needs);
        return;
    }
    const char *refused = sim_asks_refused(a, d, j->input);
    sim_check_rendered(j->o->check, j->o->client->slot, d, harm == SIM_WHOLE && !d->render_fails && refused == NULL);
    if (refused != NULL) {
        work_fail(j, KZ_E_INVALID, refused);
        return;
    }
    if (d->render_fails) {
        sim_struck(j->o->faults, "render fails");
        work_fail(j, KZ_E_INVALID, "templates/x.yaml:7: nil pointer evaluating interface {}.image");
        return;
    }
    sim_say(j->o->w, "render " KZ_FMT " of %.7s: %zu objects%s", KZ_ARG(d->name), c->hex, d->objects.len,
            words[harm]);
    struct kz_value *reply = sim_model_render(a, d, sim_asks_looked(a, d, j->input), harm);
    sim_asks_finish(j->o->asks, reply, a, d, j->input, kz_env_wall(j->o->env));
    deliver(j, a, reply);
}

static void on_work(void *arg, uint64_t id)
{
    struct sim_job *j = arg;
    struct sim_outside *o = j->o;
    const struct sim_commit *c = sim_model_find(o->model, j->commit);
    (void)id;
    if (!j->alive)
        return;
    j->alive = false;
    kz_assert(c != NULL);
    if (o->faults->cut_renders && !j->load) {
        finish_render(j, c, SIM_CUT);
        return;
    }
    if (!sim_fault_job(o->faults)) {
        if (j->load)
            finish_load(j, c);
        else
            finish_render(j, c, SIM_WHOLE);
        return;
    }
    if (!j->load && sim_chance(&o->rng, 400)) {
        const bool empty = sim_chance(&o->rng, 300);
        sim_struck(o->faults, empty ? "render empty" : "render cut");
        finish_render(j, c, empty ? SIM_EMPTY : SIM_CUT);
        return;
    }
    if (!j->load)
        sim_check_rendered(o->check, o->client->slot, sim_commit_module(c, j->module), false);
    static const struct {
        enum kz_code code;
        const char *text;
    } ways[] = {{KZ_E_TIMEOUT, "the worker took longer than 60 s"},
                {KZ_E_LIMIT, "the worker reached its memory limit"},
                {KZ_E_IO, "the worker was killed by signal 9"}};
    sim_struck(o->faults, "worker dead");
    size_t way = sim_below(&o->rng, kz_countof(ways));
    work_fail(j, ways[way].code, ways[way].text);
}

static void keep_input(struct sim_job *j, const struct kz_value *input)
{
    struct kz_arena *a = j->o->w->arena;
    struct kz_value *facts = kz_value_map(a);
    kz_value_set(a, j->input, KZ_STR("lookups"), kz_value_copy(a, kz_value_get(input, "lookups")));
    kz_value_set(a, facts, KZ_STR("seed"),
                 kz_value_str(a, kz_str_dup(a, kz_value_path_str(input, "facts.seed"))));
    kz_value_set(a, j->input, KZ_STR("facts"), facts);
}

static uint64_t start(void *impl, const struct kz_work *work, kz_work_done done, void *arg)
{
    struct sim_outside *o = impl;
    struct sim_job *j = job_new(o, arg);
    j->load = strcmp(work->task, "load") == 0;
    j->commit = kz_str_dup(o->w->arena, work->tree.commit);
    j->module = kz_str_dup(o->w->arena, kz_value_path_str(work->input, "module"));
    j->input = kz_value_map(o->w->arena);
    if (!j->load)
        keep_input(j, work->input);
    j->work_done = done;
    (void)sim_after_held(o->w, sim_between(&o->rng, 2 * SIM_MS, 400 * SIM_MS), on_work, j, &o->client->asleep_until);
    return j->id;
}

static const struct kz_worker_ops worker_ops = {.start = start, .cancel = cancel};

/* ---- gates ----------------------------------------------------------------------------------------------------------- */

static void on_probe(void *arg, uint64_t id)
{
    struct sim_job *j = arg;
    struct kz_err err;
    (void)id;
    if (!j->alive)
        return;
    j->alive = false;
    struct kz_http_reply reply = {.status = 200, .body = KZ_STR("ready"), .retry_after = -1};
    if (j->patience > 0) {
        (void)kz_fail(&err, KZ_E_TIMEOUT, "no complete reply of the gate's server within 2s");
        reply = (struct kz_http_reply){.err = &err, .retry_after = -1};
    } else if (j->o->faults->on && sim_chance(&j->o->rng, 300)) {
        reply.status = 503;
    }
    sim_say(j->o->w, "gate: %d", reply.status);
    j->probe_done(j->arg, j->id, &reply);
}

static uint64_t start_probe(void *impl, const struct kz_probe *p)
{
    struct sim_outside *o = impl;
    struct sim_job *j = job_new(o, p->arg);
    bool silent = o->faults->on && sim_chance(&o->rng, 100);
    j->probe_done = p->on_done;
    j->patience = silent ? p->timeout : 0;
    int64_t takes = silent ? p->timeout : sim_between(&o->rng, SIM_MS, 300 * SIM_MS);
    (void)sim_after_held(o->w, takes, on_probe, j, &o->client->asleep_until);
    return j->id;
}

static const struct kz_prober_ops prober_ops = {.start = start_probe, .cancel = cancel};

void sim_outside_init(struct sim_outside *o, struct sim_world *w, struct sim_model *m, struct sim_faults *f,
                      struct sim_check *c, struct sim_asks *asks, const struct sim_client *client, const struct kz_env *env)
{
    *o = (struct sim_outside){.w = w, .model = m, .faults = f, .check = c, .asks = asks, .client = client, .env = env,
                              .rng = {.state = w->seed * 13 + 7 + client->slot}};
    o->source = (struct kz_source){.ops = &source_ops, .impl = o};
    o->workers = (struct kz_workers){.ops = &worker_ops, .impl = o};
    o->prober = (struct kz_prober){.ops = &prober_ops, .impl = o};
}

void sim_outside_done(struct sim_outside *o)
{
    kz_vec_done(&o->jobs);
}
