/* SPDX-License-Identifier: Apache-2.0
 *
 * The writing side of the mirror: a batch of jobs, each one object. Documents are made when the batch is, from one
 * look at the engine; a batch of some dozen bounds their memory whatever the platform's size. */
#include "base/log.h"
#include "report/mirror_inside.h"
#include "report/plaint.h"
#include "report/put.h"
#include "report/status.h"
#include "value/json.h"

enum {
    IN_FLIGHT = 4, IN_FLIGHT_BUSY = 1,
    HOLD_SEC = 5,   /* while modules are at work: what does not last so long is not written */
    AGAIN_SEC = 10, /* after a failure */
    LOOK_MS = 1000,
    ARENA = 256 << 20,
};

static const struct kz_write of_object = {.manager = KZ_MIRROR_MANAGER};
static const struct kz_write of_status = {.manager = KZ_MIRROR_MANAGER, .subresource = "status"};

struct kz_mirror_job {
    struct kz_mirror *m;
    struct kz_mirror_entry *e;
    bool gone;                    /* it is to be deleted */
    struct kz_value *object;      /* NULL: it is as it should be */
    struct kz_value *status;      /* without conditions; NULL: as it should be */
    struct kz_conditions conditions;
    struct kz_hash want_status;
    bool fight;
    enum kz_word word;
    struct kz_str note, revision;
    uint64_t call;
};

bool kz_mirror_is_writing(const struct kz_mirror *m)
{
    return m->batch != NULL;
}

static struct kz_id id_of(const struct kz_mirror *m, const struct kz_mirror_entry *e)
{
    return kz_manifest_id(e->platform ? "Platform" : "Module", kz_str(m->ns), kz_str(e->name));
}

/* ---- Events -------------------------------------------------------------------------------------- */

/* What is said when an object's word becomes this one; reason NULL: nothing. */
static const struct {
    const char *reason;
    bool warning, by_note; /* the same word with another note is news as well */
} told[KZ_WORD_COUNT_] = {
    [KZ_WORD_OK] = {"Synced", false, false},         [KZ_WORD_RUN] = {"Syncing", false, false},
    [KZ_WORD_WAIT] = {"Waiting", false, false},      [KZ_WORD_HELD] = {"Held", true, true},
    [KZ_WORD_FAIL] = {"Failed", true, true},         [KZ_WORD_DRIFT] = {"Drifted", true, true},
    [KZ_WORD_SKIP] = {"DependencyFailed", true, false}, [KZ_WORD_BACK] = {"RolledBack", true, true},
    [KZ_WORD_UNKNOWN] = {NULL, false, false},        [KZ_WORD_PAUSED] = {"Paused", false, true},
};

static void say(const struct kz_mirror_job *j)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_mirror_entry *e = j->e;
    const struct kz_hash note = kz_hash(j->note);
    const bool news = e->told != j->word || (told[j->word].by_note && !kz_hash_eq(e->told_note, note));
    e->told = j->word;
    e->told_note = note;
    if (!news || told[j->word].reason == NULL)
        return;
    const struct kz_about about = {e->platform ? "Platform" : "Module", kz_str(e->name), kz_str(e->uid)};
    struct kz_str text = j->note.len > 0 ? j->note
                         : j->revision.len > 0
                             ? kz_str_printf(a, "%s at revision " KZ_FMT, kz_word_name(j->word),
                                             KZ_ARG(kz_revision_short(j->revision)))
                             : kz_str(kz_word_name(j->word));
    const char *reason = j->fight ? "Fight" : told[j->word].reason;
    kz_events_say(j->m->events, &about, told[j->word].warning, reason, "Sync", text);
}

/* ---- one job ------------------------------------------------------------------------------------- */

static void pump(struct kz_mirror *m);

static void end(struct kz_mirror_job *j, const struct kz_result *res)
{
    struct kz_mirror *m = j->m;
    if (res != NULL && res->outcome == KZ_REFUSED && res->status == 403) {
        kz_mirror_denied(m, res->err);
    } else if (res != NULL) {
        char text[KZ_ERR_TEXT];
        j->e->try_at = kz_env_mono(m->env) + AGAIN_SEC * KZ_NS_PER_SEC;
        kz_log(NULL, res->outcome == KZ_REFUSED ? KZ_WARN : KZ_DEBUG, "objects",
               KZ_FS("reason", kz_err_line(text, sizeof text, res->err)));
    }
    m->in_flight--;
    pump(m);
}

static void keep(struct kz_mirror_job *j)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    struct kz_mirror_entry *e = j->e;
    struct kz_value *kept = kz_manifest_kept(j->m->batch, j->status);
    (void)kz_value_del(kept, KZ_STR("command")); /* a newer one may have come meanwhile */
    kz_json_write(&b, kept, KZ_JSON_COMPACT);
    free(e->kept);
    e->kept = kz_value_len(kept) == 0 ? NULL : strdup(b.ptr);
    e->fresh = false;
}

static void on_taken_back(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_mirror_job *j = arg;
    (void)id;
    j->call = 0;
    if (res->err == NULL)
        j->e->plaint = false;
    end(j, res->err == NULL ? NULL : res);
}

static void on_status(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_mirror_job *j = arg;
    (void)id;
    j->call = 0;
    if (res->err == NULL) {
        j->e->put_status = j->want_status;
        keep(j);
        say(j);
    }
    if (res->err == NULL && j->e->plaint) {
        j->call = kz_plaint_take_back(j->m->kube, j->m->batch, kz_str(j->m->ns), kz_str(j->e->name), on_taken_back, j);
        return;
    }
    end(j, res->err == NULL ? NULL : res);
}

static void put_status(struct kz_mirror_job *j)
{
    struct kz_mirror *m = j->m;
    struct kz_arena *a = m->batch;
    struct kz_mirror_entry *e = j->e;
    struct kz_value *o = kz_value_map(a), *meta = kz_value_map(a);
    const struct kz_id id = id_of(m, e);
    if (j->status == NULL) {
        end(j, NULL);
        return;
    }
    if (e->generation > 0)
        put_int(a, j->status, "observedGeneration", (size_t)e->generation);
    kz_value_set(a, j->status, KZ_STR("conditions"),
                 kz_conditions_list(a, &j->conditions, &e->conditions, kz_env_wall(m->env), e->generation));
    put_str(a, meta, "name", id.name);
    put_str(a, meta, "namespace", id.ns);
    put_str(a, meta, "uid", kz_str_dup(a, kz_str(e->uid))); /* not that of another object of this name */
    put_str(a, o, "apiVersion", KZ_STR("kubezero.com/v1beta1"));
    put_str(a, o, "kind", id.kind);
    kz_value_set(a, o, KZ_STR("metadata"), meta);
    kz_value_set(a, o, KZ_STR("status"), j->status);
    j->call = kz_kube_apply_by(m->kube, &id, &of_status, o, KZ_APPLY_FORCE | KZ_APPLY_LENIENT, on_status, j);
}

static void on_replaced(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_mirror_job *j = arg;
    (void)id;
    j->call = 0;
    if (res->err == NULL)
        kz_mirror_note(j->m, j->e, res->body);
    if (res->err == NULL && !kz_hash_eq(j->e->spec, j->e->want_spec)) {
        kz_log(NULL, KZ_WARN, "objects", KZ_FS("object", j->e->name),
               KZ_FS("reason", "the API server does not keep its spec as it is written"),
               KZ_FS("next", "kzsync crds | kubectl apply --server-side -f -"));
        j->e->given_up = j->e->want_spec;
    }
    put_status(j);
}

/* An apply does not take out what others have put into the spec. */
static void replace_spec(struct kz_mirror_job *j)
{
    struct kz_arena *a = j->m->batch;
    struct kz_value *ops = kz_value_list(a), *op = kz_value_map(a);
    const struct kz_id id = id_of(j->m, j->e);
    put_str(a, op, "op", KZ_STR("add"));
    put_str(a, op, "path", KZ_STR("/spec"));
    kz_value_set(a, op, KZ_STR("value"), kz_value_copy(a, kz_value_get(j->object, "spec")));
    kz_value_push(a, ops, op);
    j->call = kz_kube_patch_by(j->m->kube, &id, &of_object, ops, on_replaced, j);
}

static void on_object(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_mirror_job *j = arg;
    struct kz_mirror_entry *e = j->e;
    (void)id;
    j->call = 0;
    if (res->err != NULL) {
        end(j, res);
        return;
    }
    kz_mirror_note(j->m, e, res->body);
    if (kz_value_get(j->object, "spec") != NULL && !kz_hash_eq(e->spec, e->want_spec) &&
        !kz_hash_eq(e->given_up, e->want_spec))
        replace_spec(j);
    else
        put_status(j);
}

static void on_deleted(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_mirror_job *j = arg;
    (void)id;
    j->call = 0;
    end(j, res->err == NULL || res->outcome == KZ_NO_OBJECT ? NULL : res);
}

static void start(struct kz_mirror_job *j)
{
    struct kz_mirror *m = j->m;
    const struct kz_id id = id_of(m, j->e);
    m->in_flight++;
    if (j->gone)
        j->call = kz_kube_delete(m->kube, &id, kz_str(j->e->uid), KZ_STR(""), 0, on_deleted, j);
    else if (j->object != NULL)
        j->call = kz_kube_apply_by(m->kube, &id, &of_object, j->object, KZ_APPLY_FORCE | KZ_APPLY_LENIENT, on_object, j);
    else
        put_status(j);
}

/* ---- a batch ------------------------------------------------------------------------------------- */

static void pump(struct kz_mirror *m)
{
    const size_t limit = m->rests ? IN_FLIGHT : IN_FLIGHT_BUSY;
    if (m->pumping)
        return; /* a job that had nothing to send has ended at once */
    m->pumping = true;
    while (!m->stopped && m->in_flight < limit && m->next_job < m->jobs.len && kz_env_mono(m->env) >= m->denied_until)
        start(m->jobs.at[m->next_job++]);
    m->pumping = false;
    if (m->in_flight > 0)
        return;
    m->jobs.len = m->next_job = 0;
    kz_arena_free(m->batch);
    m->batch = NULL;
    kz_mirror_soon(m, m->rests && m->more ? 0 : LOOK_MS * KZ_NS_PER_MS);
}

void kz_mirror_write_stop(struct kz_mirror *m)
{
    for (size_t i = 0; i < m->jobs.len; i++)
        kz_kube_cancel(m->kube, m->jobs.at[i]->call);
    kz_vec_done(&m->jobs);
    kz_arena_free(m->batch);
    m->batch = NULL;
    m->in_flight = 0;
    for (size_t i = 0; i < m->offs.len; i++)
        kz_mirror_take_off_cancel(m, m->offs.at[i]);
    kz_vec_done(&m->offs);
}

static const struct kz_module_view *view_of(const struct kz_engine_view *v, const char *name)
{
    size_t low = 0, high = v->n_modules;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const int c = kz_str_cmp(v->modules[mid].name, kz_str(name));
        if (c == 0)
            return &v->modules[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static struct kz_value *parse(struct kz_arena *a, const char *json)
{
    struct kz_value *v;
    struct kz_err err;
    if (json == NULL || kz_json_read(&v, a, kz_str(json), KZ_STR("status"), &err) < 0)
        return kz_value_map(a);
    return v;
}

/* The status as it was, with the newest answer to a command. A word that was there before this process came is as
 * old as it says. */
static struct kz_value *before_of(struct kz_arena *a, const struct kz_mirror_entry *e)
{
    struct kz_value *before = parse(a, e->kept);
    if (e->reply != NULL)
        kz_value_set(a, before, KZ_STR("command"), parse(a, e->reply));
    return before;
}

static void keep_since(struct kz_arena *a, struct kz_value *status, const struct kz_mirror_entry *e,
                       const struct kz_value *before)
{
    struct kz_str since = kz_value_path_str(before, "since");
    if (e->fresh && since.len > 0 && kz_str_eq(kz_value_path_str(before, "state"), kz_value_path_str(status, "state")))
        put_str(a, status, "since", since);
}

struct kz_str kz_mirror_foreign(const char **reason, struct kz_arena *a, const struct kz_mirror *m)
{
    const struct kz_map_slot *slot;
    struct kz_str first = KZ_STR(""), whose = KZ_STR("");
    size_t n = 0;
    *reason = "InstalledTwice";
    if (m->twin != NULL)
        return kz_str_printf(a, "another kzsync, in namespace %s, keeps this platform, too, and each undoes the other's work: remove "
                             "one of them, or the ConfigMap kzsync-status-%s that it has left there", m->twin, m->platform);
    *reason = "NameTaken";
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; (slot = kz_map_next(&m->entries[k], &i)) != NULL;) {
            const struct kz_mirror_entry *e = slot->val;
            if (e->other == NULL || e->look != m->look)
                continue;
            if (n == 0 || kz_str_cmp(kz_str(e->name), first) < 0) {
                first = kz_str(e->name);
                whose = kz_str(e->other);
            }
            n++;
        }
    if (n == 0)
        return KZ_STR("");
    return kz_str_printf(a, "Module " KZ_FMT " in namespace %s belongs to platform " KZ_FMT "%s: it is left alone; give each "
                         "platform a namespace of its own", KZ_ARG(first), m->ns, KZ_ARG(whose), n > 1 ? ", and others too" : "");
}

static void fill_platform(struct kz_mirror_job *j, const struct kz_engine_view *v)
{
    struct kz_mirror *m = j->m;
    struct kz_arena *a = m->batch;
    const char *reason;
    struct kz_str taken = kz_mirror_foreign(&reason, a, m);
    j->status = kz_manifest_platform_status(a, v, before_of(a, j->e));
    kz_conditions_of_platform(&j->conditions, v);
    if (taken.len > 0) {
        j->conditions.at[KZ_COND_CONFLICT].status = 'T';
        j->conditions.at[KZ_COND_CONFLICT].reason = reason;
        j->conditions.at[KZ_COND_CONFLICT].message = taken;
    }
    if (kz_mirror_spec_differs(j->e))
        j->object = kz_manifest_platform(a, kz_str(m->ns), v);
    j->revision = v->revision;
}

static void fill_module(struct kz_mirror_job *j, const struct kz_module_view *mv)
{
    struct kz_mirror *m = j->m;
    struct kz_arena *a = m->batch;
    const struct kz_value *before = before_of(a, j->e);
    j->status = kz_manifest_module_status(a, mv, before, kz_env_wall(m->env));
    kz_conditions_of_module(&j->conditions, j->status);
    keep_since(a, j->status, j->e, before);
    if (kz_mirror_spec_differs(j->e))
        j->object = kz_manifest_module(a, kz_str(m->ns), kz_str(m->platform), mv);
    j->revision = mv->revision;
    j->fight = mv->fight;
}

static void add_job(struct kz_mirror *m, struct kz_mirror_entry *e, const struct kz_engine_view *v)
{
    struct kz_mirror_job *j = kz_new(m->batch, struct kz_mirror_job);
    const struct kz_module_view *mv = e->platform ? NULL : view_of(v, e->name);
    j->m = m;
    j->e = e;
    j->gone = e->look != m->look;
    j->want_status = e->want_status;
    if (!j->gone && e->platform)
        fill_platform(j, v);
    else if (!j->gone)
        fill_module(j, mv);
    if (!j->gone && e->edited != NULL) {
        j->conditions.at[KZ_COND_EDITED].status = 'T';
        j->conditions.at[KZ_COND_EDITED].reason = "PutRight";
        j->conditions.at[KZ_COND_EDITED].message = kz_str_dup(m->batch, kz_str(e->edited));
    }
    if (!j->gone) {
        j->word = kz_word_of(kz_value_path_str(j->status, "state"));
        j->note = kz_str_dup(m->batch, kz_value_path_str(j->status, "note"));
        j->revision = kz_str_dup(m->batch, j->revision);
        for (int i = 0; i < KZ_CONDS_; i++) /* the view is gone when the status is put behind the object */
            j->conditions.at[i].message = kz_str_dup(m->batch, j->conditions.at[i].message);
    }
    e->urgent = false;
    e->queued = m->look;
    kz_vec_push(&m->jobs, j);
}

/* What nobody else may write, and how pressing it is: 0 not at all, 3 most. */
static int pressing(const struct kz_mirror *m, const struct kz_mirror_entry *e, const struct kz_engine_view *v, int64_t now)
{
    const bool wanted = e->look == m->look;
    if (e->other != NULL || e->queued == m->look || now < e->try_at || (!wanted && (!e->there || !e->labelled)))
        return 0;
    if (!wanted)
        return v->settled ? 1 : 0;
    if (e->urgent)
        return 3;
    if (e->dirty_since == 0 || (!v->settled && now - e->dirty_since < HOLD_SEC * KZ_NS_PER_SEC))
        return 0;
    if (!v->settled && e->unknown)
        return 0;
    return e->hurts || e->platform ? 2 : 1;
}

static bool waits(const struct kz_mirror_entry *e)
{
    return e->dirty_since != 0 && e->other == NULL;
}

void kz_mirror_write(struct kz_mirror *m, const struct kz_engine_view *v)
{
    const size_t limit = v->settled ? KZ_MIRROR_BATCH : KZ_MIRROR_BATCH_BUSY;
    const int64_t now = kz_env_mono(m->env);
    const struct kz_map_slot *slot;
    bool later = false;
    m->batch = kz_arena_new(ARENA);
    m->more = false;
    for (int level = 3; level > 0; level--)
        for (size_t k = 0; k < 2; k++)
            for (size_t i = 0; (slot = kz_map_next(&m->entries[k], &i)) != NULL;) {
                struct kz_mirror_entry *e = slot->val;
                const int p = pressing(m, e, v, now);
                later |= p == 0 && waits(e);
                if (p != level)
                    continue;
                if (m->jobs.len < limit)
                    add_job(m, e, v);
                else
                    m->more = true;
            }
    if (m->jobs.len > 0) {
        pump(m);
        return;
    }
    kz_arena_free(m->batch);
    m->batch = NULL;
    if (later)
        kz_mirror_soon(m, LOOK_MS * KZ_NS_PER_MS);
}
