/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/lease.h"
#include "sync/namespace.h"
#include "base/clock.h"
#include "base/log.h"
#include "kube/watch.h"

#include <inttypes.h>
#include <stdlib.h>

#define LABEL_LEASE "kubezero.com/lease" /* value: the platform's name */
#define ANNOT_ROLE  "kubezero.com/role"
#define ANNOT_WANT  "kubezero.com/wanted-by" /* identity of who asks the holder to give it back */

static const int64_t DURATION = 15 * KZ_NS_PER_SEC; /* unchanged for so long, it is free */
static const int64_t DEADLINE = 10 * KZ_NS_PER_SEC; /* a leader has to have renewed it by then */
static const int64_t RETRY = 2 * KZ_NS_PER_SEC;
static const int64_t REQUEST = 5 * KZ_NS_PER_SEC;   /* that a renewal may take (kube/verbs.c) */
static const int64_t MARGIN = KZ_NS_PER_SEC;        /* for clocks that do not run at the same rate */
static const int64_t RESERVED = 3 * KZ_NS_PER_SEC;  /* given back to who asked for it: others wait so long */
enum { DURATION_MAX_SEC = 3600, TEXT = 256 };

struct record { /* what the Lease says */
    bool there;
    char holder[TEXT], renewed[TEXT], version[TEXT], role[TEXT], wanted[TEXT];
    uint64_t epoch;
    int64_t duration;
};

struct kz_lease {
    const struct kz_env *env;
    struct kz_kube *kube;
    struct kz_lease_events ev;
    struct kz_arena *arena; /* of the strings */
    struct kz_str platform, identity, role;
    struct kz_id id;

    enum kz_lease_state state;
    uint64_t call, timer, overdue;
    struct kz_watch *watch;       /* while another one leads */
    struct record seen;           /* the newest that is known, ours too */
    int64_t seen_at;              /* mono: when it was first seen like that */
    bool alive;
    bool was_left;

    uint64_t epoch;
    char acquired[KZ_TIME_TEXT];
    int64_t sent_at, renewed_at;  /* mono: the last claim or renewal, and the last that was answered */
    bool wants;                   /* to lead, by asking */
    char asked_by[TEXT];          /* who wants it of us; "" nobody */
    bool giving, gave;            /* release asked for; the request under way is it */
    void (*given)(void *arg);
    void *given_arg;
};

static void look(struct kz_lease *l);
static void claim(struct kz_lease *l);
static void renew(struct kz_lease *l);

/* ---- the machine --------------------------------------------------------------------------------- */

#define S KZ_LEASE_STANDBY
#define C KZ_LEASE_CANDIDATE
#define L KZ_LEASE_LEADER
#define A KZ_LEASE_LATE
#define X KZ_LEASE_LOST
#define R KZ_LEASE_RELEASED
enum kz_lease_state kz_lease_next(enum kz_lease_state now, enum kz_lease_event ev)
{
    static const unsigned char table[KZ_LEASE_STATES_][KZ_LEASE_EVENTS_] = {
        /*       free missed granted overdue taken given */
        [S] = {    C,     S,      S,      S,    S,    S },
        [C] = {    C,     S,      L,      C,    C,    C },
        [L] = {    L,     L,      L,      A,    X,    R },
        [A] = {    A,     A,      L,      A,    X,    R },
        [X] = {    X,     X,      X,      X,    X,    X },
        [R] = {    R,     R,      R,      R,    R,    R },
    };
    return (enum kz_lease_state)table[now][ev];
}
#undef S
#undef C
#undef L
#undef A
#undef X
#undef R

static const struct {
    const char *name;
    int level; /* of the line that says so */
} states[KZ_LEASE_STATES_] = {
    [KZ_LEASE_STANDBY] = {"standby", KZ_DEBUG}, [KZ_LEASE_CANDIDATE] = {"candidate", KZ_DEBUG},
    [KZ_LEASE_LEADER] = {"leader", KZ_INFO},    [KZ_LEASE_LATE] = {"late", KZ_WARN},
    [KZ_LEASE_LOST] = {"lost", KZ_ERROR},       [KZ_LEASE_RELEASED] = {"released", KZ_INFO},
};

const char *kz_lease_state_name(enum kz_lease_state s)
{
    return states[s].name;
}

static void stop_waiting(struct kz_lease *l)
{
    kz_env_timer_stop(l->env, &l->timer);
    kz_watch_close(l->watch);
    l->watch = NULL;
}

static void tell_lost(struct kz_lease *l)
{
    struct kz_err err;
    bool nobody = l->seen.holder[0] == '\0';
    (void)kz_fail(&err, KZ_E_CONFLICT, "%s leads platform " KZ_FMT " now", nobody ? "somebody else" : l->seen.holder,
                  KZ_ARG(l->platform));
    (void)kz_err_hint(&err, "this process was stopped, or did not reach the API server, for longer than %d s; it ends "
                            "without another write", (int)(DURATION / KZ_NS_PER_SEC));
    l->ev.lost(l->ev.arg, &err);
}

static void on(struct kz_lease *l, enum kz_lease_event ev)
{
    enum kz_lease_state before = l->state, now = kz_lease_next(before, ev);
    char epoch[24];
    if (now == before)
        return;
    (void)snprintf(epoch, sizeof epoch, "%" PRIu64, l->epoch);
    kz_log(NULL, states[now].level, "lease", KZ_FS("from", states[before].name), KZ_FS("to", states[now].name),
           KZ_FS("epoch", epoch), KZ_FS("holder", l->seen.holder));
    l->state = now;
    if (now == KZ_LEASE_CANDIDATE) {
        claim(l);
    } else if (now == KZ_LEASE_LEADER && before == KZ_LEASE_LATE) {
        l->ev.trouble(l->ev.arg, NULL);
    } else if (now == KZ_LEASE_LEADER) {
        stop_waiting(l);
        l->ev.leads(l->ev.arg);
    } else if (now == KZ_LEASE_LOST) {
        stop_waiting(l);
        tell_lost(l);
    } else if (now == KZ_LEASE_RELEASED) {
        stop_waiting(l);
        l->given(l->given_arg);
    }
}

/* ---- the record ---------------------------------------------------------------------------------- */

static void copy(char out[TEXT], struct kz_str s)
{
    (void)snprintf(out, TEXT, KZ_FMT, KZ_ARG(s));
}

/* body NULL: there is none. */
static struct record read_record(const struct kz_value *body)
{
    struct record r = {.there = body != NULL, .duration = DURATION};
    if (body == NULL)
        return r;
    int64_t seconds = kz_value_path_int(body, "spec.leaseDurationSeconds", 0);
    int64_t epoch = kz_value_path_int(body, "spec.leaseTransitions", 0);
    copy(r.holder, kz_value_path_str(body, "spec.holderIdentity"));
    copy(r.renewed, kz_value_path_str(body, "spec.renewTime"));
    copy(r.version, kz_value_path_str(body, "metadata.resourceVersion"));
    copy(r.role, kz_value_as_str(kz_value_get(kz_value_path(body, "metadata.annotations"), ANNOT_ROLE)));
    copy(r.wanted, kz_value_as_str(kz_value_get(kz_value_path(body, "metadata.annotations"), ANNOT_WANT)));
    r.epoch = epoch > 0 ? (uint64_t)epoch : 0;
    if (seconds > DURATION / KZ_NS_PER_SEC && seconds <= DURATION_MAX_SEC)
        r.duration = seconds * KZ_NS_PER_SEC;
    return r;
}

static bool is_ours(const struct kz_lease *l, const struct record *r)
{
    return kz_str_is(l->identity, r->holder);
}

static struct kz_value *record_body(const struct kz_lease *l, struct kz_arena *a, const struct record *r,
                                    const char *acquired)
{
    struct kz_value *body = kz_value_map(a), *meta = kz_value_map(a), *spec = kz_value_map(a);
    struct kz_value *labels = kz_value_map(a), *notes = kz_value_map(a);
    kz_value_set(a, labels, KZ_STR(LABEL_LEASE), kz_value_str(a, l->platform));
    kz_value_set(a, notes, KZ_STR(ANNOT_ROLE), kz_value_cstr(a, r->role));
    if (r->wanted[0] != '\0')
        kz_value_set(a, notes, KZ_STR(ANNOT_WANT), kz_value_cstr(a, r->wanted));
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, l->id.name));
    kz_value_set(a, meta, KZ_STR("namespace"), kz_value_str(a, l->id.ns));
    kz_value_set(a, meta, KZ_STR("labels"), labels);
    kz_value_set(a, meta, KZ_STR("annotations"), notes);
    if (l->seen.there)
        kz_value_set(a, meta, KZ_STR("resourceVersion"), kz_value_cstr(a, l->seen.version));
    if (r->holder[0] != '\0')
        kz_value_set(a, spec, KZ_STR("holderIdentity"), kz_value_cstr(a, r->holder));
    kz_value_set(a, spec, KZ_STR("leaseDurationSeconds"), kz_value_int(a, r->duration / KZ_NS_PER_SEC));
    kz_value_set(a, spec, KZ_STR("acquireTime"), kz_value_cstr(a, acquired));
    kz_value_set(a, spec, KZ_STR("renewTime"), kz_value_cstr(a, r->renewed));
    kz_value_set(a, spec, KZ_STR("leaseTransitions"), kz_value_int(a, (int64_t)r->epoch));
    kz_value_set(a, body, KZ_STR("apiVersion"), kz_value_cstr(a, "coordination.k8s.io/v1"));
    kz_value_set(a, body, KZ_STR("kind"), kz_value_cstr(a, "Lease"));
    kz_value_set(a, body, KZ_STR("metadata"), meta);
    kz_value_set(a, body, KZ_STR("spec"), spec);
    return body;
}

/* Compare-and-swap against the record that was seen last. */
static void put(struct kz_lease *l, const struct record *r, const char *acquired, kz_kube_done done)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
    const struct kz_value *body = record_body(l, a, r, acquired);
    l->sent_at = kz_env_mono(l->env);
    l->call = l->seen.there ? kz_kube_update(l->kube, &l->id, KZ_STR("v1"), body, done, l)
                            : kz_kube_create(l->kube, &l->id, KZ_STR("v1"), body, done, l);
}

/* Our own: to claim, to renew, or without a holder to give it back. */
static void put_ours(struct kz_lease *l, uint64_t epoch, kz_kube_done done)
{
    struct record r = {.epoch = epoch, .duration = l->gave ? KZ_NS_PER_SEC : DURATION};
    if (l->gave)
        copy(r.wanted, kz_str(l->asked_by)); /* it is for them, whoever looks first */
    else
        copy(r.holder, l->identity);
    copy(r.role, l->role);
    kz_time_text_micro(r.renewed, kz_env_wall(l->env));
    put(l, &r, l->acquired, done);
}

/* ---- asking ---------------------------------------------------------------------------------------- */

static void on_look(void *arg, uint64_t id)
{
    struct kz_lease *l = arg;
    (void)id;
    l->timer = 0;
    look(l);
}

static void look_later(struct kz_lease *l, int64_t wait)
{
    kz_env_timer_stop(l->env, &l->timer);
    l->timer = kz_env_timer(l->env, wait, on_look, l);
}

static void on_run_out(void *arg, uint64_t id)
{
    struct kz_lease *l = arg;
    (void)id;
    l->timer = 0;
    l->was_left = l->seen.holder[0] != '\0';
    kz_kube_cancel(l->kube, l->call); /* a look after its label went */
    l->call = 0;
    on(l, KZ_LEASE_FREE);
}

static void on_watch(void *arg, struct kz_watch *w, enum kz_watch_event ev, const struct kz_value *obj,
                     const struct kz_err *err);

static void on_asked(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_lease *l = arg;
    (void)id;
    (void)res; /* when the holder was faster, its renewal is seen and it is asked again */
    l->call = 0;
    look_later(l, RETRY);
}

/* The holder's own record with our note: its next renewal fails by it, and so finds it. */
static void ask(struct kz_lease *l)
{
    struct record r = l->seen;
    copy(r.wanted, l->identity);
    put(l, &r, r.renewed, on_asked);
}

static void wait_for(struct kz_lease *l, const struct record *r)
{
    int64_t now = kz_env_mono(l->env);
    bool first = l->seen_at == 0 || strcmp(l->seen.holder, r->holder) != 0 || l->seen.epoch != r->epoch;
    bool renewed = !first && strcmp(l->seen.renewed, r->renewed) != 0;
    bool news = first || (renewed && !l->alive);
    l->alive = first ? false : l->alive || renewed;
    if (first || renewed)
        l->seen_at = now;
    l->seen = *r;
    kz_env_timer_stop(l->env, &l->timer);
    l->timer = kz_env_timer(l->env, l->seen_at + r->duration - now, on_run_out, l);
    if (l->watch == NULL) {
        char selector[TEXT];
        (void)snprintf(selector, sizeof selector, LABEL_LEASE "=" KZ_FMT, KZ_ARG(l->platform));
        l->watch = kz_watch_open(l->kube, l->id.group, l->id.kind, l->id.ns, kz_str(selector), on_watch, l);
    }
    if (l->wants && l->seen.there && l->seen.wanted[0] == '\0' && now - l->sent_at >= RETRY)
        ask(l);
    if (news) /* last: it may free us */
        l->ev.waits(l->ev.arg, &(struct kz_lease_holder){.identity = kz_str(r->holder[0] != '\0' ? r->holder : r->wanted),
                                                         .role = kz_str(l->seen.role), .alive = l->alive});
}

/* Given back because somebody asked for it, and that is not us. */
static bool is_reserved(const struct kz_lease *l, const struct record *r)
{
    return r->there && r->holder[0] == '\0' && r->wanted[0] != '\0' && !kz_str_is(l->identity, r->wanted);
}

/* Who does not lead sees the record. */
static void judge(struct kz_lease *l, const struct record *r)
{
    struct record gone = l->seen, reserved = *r;
    bool held_before = l->seen_at != 0;
    if (!r->there && held_before) { /* deleted under its holder, who does not know yet */
        gone.there = false;
        wait_for(l, &gone);
    } else if (is_reserved(l, r)) {
        reserved.duration = RESERVED;
        wait_for(l, &reserved);
    } else if (r->holder[0] == '\0' || is_ours(l, r)) {
        l->was_left = r->holder[0] != '\0';
        l->seen = *r;
        l->seen_at = 0;
        on(l, KZ_LEASE_FREE);
    } else {
        wait_for(l, r);
    }
}

/* Who leads, or did not hear how its renewal ended, sees the record. */
static void compare(struct kz_lease *l, const struct record *r)
{
    bool kept = !r->there || (is_ours(l, r) && r->epoch <= l->epoch);
    l->seen = *r;
    if (!kept) {
        on(l, KZ_LEASE_TAKEN);
        return;
    }
    if (r->wanted[0] != '\0')
        copy(l->asked_by, kz_str(r->wanted));
    renew(l);
    if (r->wanted[0] != '\0' && !l->giving)
        l->ev.wanted(l->ev.arg, kz_str(l->seen.wanted));
}

static void on_looked(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_lease *l = arg;
    (void)id;
    l->call = 0;
    if (res->err != NULL && res->outcome != KZ_NO_OBJECT) {
        look_later(l, RETRY);
        l->ev.trouble(l->ev.arg, res->err);
        return;
    }
    struct record r = read_record(res->err == NULL ? res->body : NULL);
    if (l->state == KZ_LEASE_STANDBY)
        judge(l, &r);
    else
        compare(l, &r);
}

static void look(struct kz_lease *l)
{
    l->call = kz_kube_get(l->kube, &l->id, on_looked, l);
}

static void on_watch(void *arg, struct kz_watch *w, enum kz_watch_event ev, const struct kz_value *obj,
                     const struct kz_err *err)
{
    struct kz_lease *l = arg;
    (void)w;
    if (ev == KZ_WATCH_ERROR && err->code == KZ_E_DENIED) /* the others are over by themselves */
        l->ev.trouble(l->ev.arg, err);
    if (l->call != 0 || (ev != KZ_WATCH_OBJECT && ev != KZ_WATCH_DELETED) ||
        !kz_str_eq(kz_value_path_str(obj, "metadata.name"), l->id.name))
        return;
    struct record r = read_record(obj);
    if (ev == KZ_WATCH_OBJECT)
        judge(l, &r);
    else
        look(l); /* deleted, or only its label */
}

/* ---- the namespace that it lives in ------------------------------------------------------------------ */

static void on_namespace(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_lease *l = arg;
    (void)id;
    l->call = 0;
    if (res->err == NULL) {
        look(l);
        return;
    }
    struct kz_err err = *res->err;
    (void)kz_wrap(&err, "make sure that namespace " KZ_FMT " exists", KZ_ARG(l->id.ns));
    look_later(l, RETRY);
    l->ev.trouble(l->ev.arg, &err);
}

static void make_namespace(struct kz_lease *l)
{
    l->call = kz_namespace_apply(l->kube, l->id.ns, KZ_APPLY_UNFENCED, on_namespace, l);
}

/* ---- claiming and renewing ---------------------------------------------------------------------------- */

static void on_overdue(void *arg, uint64_t id)
{
    struct kz_lease *l = arg;
    (void)id;
    l->overdue = 0;
    on(l, KZ_LEASE_OVERDUE);
}

static void on_renew(void *arg, uint64_t id)
{
    struct kz_lease *l = arg;
    (void)id;
    l->timer = 0;
    renew(l);
}

static void renew_later(struct kz_lease *l)
{
    int64_t wait = l->sent_at + RETRY - kz_env_mono(l->env);
    kz_env_timer_stop(l->env, &l->timer);
    l->timer = kz_env_timer(l->env, wait < RETRY / 10 ? RETRY / 10 : wait, on_renew, l);
}

/* It is ours as it was sent, from when it was sent. */
static void stored(struct kz_lease *l, const struct kz_value *body)
{
    l->seen = read_record(body);
    l->renewed_at = l->sent_at;
    kz_env_timer_stop(l->env, &l->overdue);
    l->overdue = kz_env_timer(l->env, l->renewed_at + DEADLINE - REQUEST - kz_env_mono(l->env), on_overdue, l);
}

static void on_claimed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_lease *l = arg;
    (void)id;
    l->call = 0;
    if (res->err == NULL) {
        l->epoch = l->seen.epoch + 1;
        stored(l, res->body);
        on(l, KZ_LEASE_GRANTED);
        if (l->state == KZ_LEASE_LEADER)
            renew_later(l);
        return;
    }
    on(l, KZ_LEASE_MISSED);
    if (res->outcome == KZ_MOVED_ON) {
        look(l);
    } else if (res->outcome == KZ_NO_OBJECT) {
        make_namespace(l);
    } else {
        look_later(l, RETRY);
        l->ev.trouble(l->ev.arg, res->err);
    }
}

static void claim(struct kz_lease *l)
{
    stop_waiting(l);
    kz_time_text_micro(l->acquired, kz_env_wall(l->env));
    put_ours(l, l->seen.epoch + 1, on_claimed);
}

static void on_renewed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_lease *l = arg;
    (void)id;
    l->call = 0;
    if (res->err == NULL && l->gave) {
        on(l, KZ_LEASE_GIVEN);
    } else if (res->err == NULL) {
        stored(l, res->body);
        if (l->giving || l->seen.epoch != l->epoch) {
            renew(l);
            return;
        }
        renew_later(l);
        on(l, KZ_LEASE_GRANTED);
        kz_kube_unfenced(l->kube);
    } else if (res->outcome == KZ_MOVED_ON) {
        look(l);
    } else if (res->outcome == KZ_NO_OBJECT) {
        make_namespace(l);
    } else {
        renew_later(l);
        l->ev.trouble(l->ev.arg, res->err);
    }
}

static void renew(struct kz_lease *l)
{
    l->gave = l->giving;
    put_ours(l, l->epoch, on_renewed);
}

/* ---- use ------------------------------------------------------------------------------------------------ */

struct kz_lease *kz_lease_new(const struct kz_env *env, struct kz_kube *kube, const struct kz_lease_options *opt,
                              const struct kz_lease_events *events)
{
    struct kz_lease *l = calloc(1, sizeof *l);
    kz_assert(l != NULL);
    *l = (struct kz_lease){.env = env, .kube = kube, .ev = *events, .arena = kz_arena_new(1 << 16)};
    l->platform = kz_str_dup(l->arena, opt->platform);
    l->identity = kz_str_dup(l->arena, opt->identity);
    l->role = kz_str_dup(l->arena, opt->role);
    l->id = (struct kz_id){.group = KZ_STR("coordination.k8s.io"), .kind = KZ_STR("Lease"),
                           .ns = kz_str_dup(l->arena, opt->ns),
                           .name = kz_str_printf(l->arena, "kzsync-" KZ_FMT, KZ_ARG(opt->platform))};
    look(l);
    return l;
}

void kz_lease_free(struct kz_lease *l)
{
    if (l == NULL)
        return;
    stop_waiting(l);
    kz_env_timer_stop(l->env, &l->overdue);
    kz_kube_cancel(l->kube, l->call);
    kz_arena_free(l->arena);
    free(l);
}

enum kz_lease_state kz_lease_state(const struct kz_lease *l)
{
    return l->state;
}

int64_t kz_lease_left(const struct kz_lease *l)
{
    int64_t age = kz_env_mono(l->env) - l->renewed_at;
    bool may = l->state == KZ_LEASE_LEADER && !l->giving && age < DEADLINE - REQUEST;
    return may ? DURATION - MARGIN - age : 0;
}

uint64_t kz_lease_epoch(const struct kz_lease *l)
{
    return l->epoch;
}

bool kz_lease_was_left(const struct kz_lease *l)
{
    return l->was_left;
}

void kz_lease_raise(struct kz_lease *l, uint64_t least)
{
    if (l->epoch >= least)
        return;
    l->epoch = least;
    on(l, KZ_LEASE_OVERDUE); /* until the new count is stored */
    if (l->call == 0) {
        kz_env_timer_stop(l->env, &l->timer);
        renew(l);
    }
}

void kz_lease_want(struct kz_lease *l)
{
    l->wants = true;
    if (l->state == KZ_LEASE_STANDBY && l->call == 0)
        look_later(l, 0);
}

void kz_lease_release(struct kz_lease *l, void (*done)(void *arg), void *arg)
{
    if (l->state != KZ_LEASE_LEADER && l->state != KZ_LEASE_LATE) {
        done(arg);
        return;
    }
    l->giving = true;
    l->given = done;
    l->given_arg = arg;
    if (l->call == 0) {
        kz_env_timer_stop(l->env, &l->timer);
        renew(l);
    }
}
