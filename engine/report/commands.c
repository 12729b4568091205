/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/utf8.h"
#include "report/commands_inside.h"
#include "report/put.h"

enum { AGAIN_MS = 500, RETRY_SEC = 5, ARENA = 4 << 20, MESSAGE_BYTES = 600 };

struct kz_commands *kz_commands_new(const struct kz_env *env, const struct kz_steering *steering,
                                    const struct kz_answering *answering)
{
    struct kz_commands *c = calloc(1, sizeof *c);
    kz_assert(c != NULL);
    c->env = env;
    c->engine = *steering;
    c->out = *answering;
    kz_map_init(&c->targets[0]);
    kz_map_init(&c->targets[1]);
    return c;
}

void kz_commands_free(struct kz_commands *c)
{
    const struct kz_map_slot *slot;
    if (c == NULL)
        return;
    kz_env_timer_stop(c->env, &c->timer);
    for (size_t k = 0; k < kz_countof(c->targets); k++) {
        for (size_t i = 0; (slot = kz_map_next(&c->targets[k], &i)) != NULL;) {
            struct kz_ordered *t = slot->val;
            for (int o = 0; o < KZ_ORDERS_; o++) {
                free(t->orders[o].text);
                free(t->orders[o].off);
                free(t->orders[o].acting);
            }
            free(t);
        }
        kz_map_done(&c->targets[k]);
    }
    free(c);
}

static struct kz_ordered *target_of(struct kz_commands *c, bool platform, struct kz_str name)
{
    struct kz_ordered *t = kz_map_find(&c->targets[platform], name);
    if (t != NULL)
        return t;
    t = calloc(1, sizeof *t + name.len + 1);
    kz_assert(t != NULL);
    t->c = c;
    t->platform = platform;
    memcpy(t->name, name.ptr, name.len);
    for (int o = 0; o < KZ_ORDERS_; o++)
        t->orders[o] = (struct kz_given_order){.t = t, .kind = (enum kz_order)o};
    (void)kz_map_put(&c->targets[platform], kz_str_n(t->name, name.len), t);
    return t;
}

static struct kz_str module_of(const struct kz_ordered *t)
{
    return t->platform ? KZ_STR("") : kz_str(t->name);
}

/* ---- answering ----------------------------------------------------------------------------------- */

void kz_order_reply(struct kz_given_order *o, const char *text, const char *result, struct kz_str message)
{
    struct kz_commands *c = o->t->c;
    const struct kz_reply r = {.name = kz_str(kz_order_name(o->kind)), .value = kz_str(text),
                               .time = kz_env_wall(c->env), .result = result, .message = message};
    kz_log(NULL, KZ_INFO, "command", KZ_FS("object", o->t->name), KZ_FS("name", kz_order_name(o->kind)),
           KZ_FS("result", result), KZ_F("message", message));
    c->out.reply(c->out.arg, o->t->platform, kz_str(o->t->name), &r);
}

/* What failed and why; the steps between help nobody here. */
struct kz_str kz_order_why(struct kz_arena *a, const struct kz_err *err)
{
    struct kz_str cause = kz_str(err->frame[0]);
    if (err->depth > 1)
        cause = kz_str_printf(a, "%s: %s", err->frame[err->depth - 1], err->frame[0]);
    return one_line(a, kz_utf8_cut(cause, MESSAGE_BYTES));
}

static void reply_err(struct kz_given_order *o, const char *text, const struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    kz_order_reply(o, text, err->code == KZ_E_CONFLICT ? "busy" : "refused", kz_order_why(a, err));
}

static void on_off(void *arg, const struct kz_err *err);

static void take_off(struct kz_given_order *o)
{
    struct kz_commands *c = o->t->c;
    if (o->text == NULL)
        return;
    if (o->off != NULL) {
        o->again = true;
        return;
    }
    o->left = o->again = false;
    o->off = strdup(o->text);
    c->out.take_off(c->out.arg, o->t->platform, kz_str(o->t->name), kz_str(kz_order_annotation(o->kind)),
                    kz_str(o->off), on_off, o);
}

/* ---- standing: wishes ---------------------------------------------------------------------------- */

bool kz_order_read(struct kz_said *out, struct kz_arena *a, const struct kz_given_order *o)
{
    struct kz_err err;
    return o->good && o->text != NULL &&
           kz_said_read(out, a, o->kind, kz_str(o->text), kz_env_wall(o->t->c->env), &err) == 0;
}

static void steer(struct kz_ordered *t)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    struct kz_commands *c = t->c;
    struct kz_wishes w = {0};
    struct kz_said said;
    if (kz_order_read(&said, a, &t->orders[KZ_ORDER_PAUSE]))
        w.pause = said.pause;
    if (kz_order_read(&said, a, &t->orders[KZ_ORDER_APPROVE]))
        w.approval = said.approval;
    if (kz_order_read(&said, a, &t->orders[KZ_ORDER_OVERRIDE]))
        w.override = said.override;
    c->engine.steer(c->engine.arg, module_of(t), &w);
}

static struct kz_str until_text(struct kz_arena *a, int64_t until)
{
    char text[KZ_TIME_TEXT];
    if (until == 0)
        return KZ_STR("until it is taken back");
    kz_time_text(text, until);
    return kz_str_printf(a, "until %s", text);
}

static struct kz_str in_force(struct kz_arena *a, enum kz_order kind, const struct kz_said *said, int64_t until)
{
    struct kz_str revision = kz_revision_short(said->override.revision);
    if (kind == KZ_ORDER_PAUSE)
        return kz_str_printf(a, "paused " KZ_FMT, KZ_ARG(until_text(a, until)));
    if (revision.len > 0 && until == 0)
        return kz_str_printf(a, "windows are open for revision " KZ_FMT, KZ_ARG(revision));
    return kz_str_printf(a, "windows are open for it " KZ_FMT, KZ_ARG(until_text(a, until)));
}

static void take_standing(struct kz_given_order *o)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    struct kz_said said;
    struct kz_err err;
    int rc = kz_said_read(&said, a, o->kind, kz_str(o->text), kz_env_wall(o->t->c->env), &err);
    if (rc == 0 && o->kind == KZ_ORDER_APPROVE && o->t->platform)
        rc = kz_fail(&err, KZ_E_INVALID, "an approval is for one module: put it on the Module");
    if (rc < 0) {
        if (!o->quiet)
            reply_err(o, o->text, &err);
        if (o->kind != KZ_ORDER_PAUSE || err.code == KZ_E_TIMEOUT)
            take_off(o);
        return;
    }
    o->good = true;
    o->until = said.pause.until + said.override.until; /* one of them */
    if (o->kind == KZ_ORDER_APPROVE)
        o->said = o->quiet; /* else answered when the set is known */
    else if (!o->quiet)
        kz_order_reply(o, o->text, "taken", in_force(a, o->kind, &said, o->until));
}

void kz_order_end(struct kz_given_order *o, const char *result, struct kz_str message)
{
    o->good = false;
    o->until = 0;
    kz_order_reply(o, o->text, result, message);
    steer(o->t);
    take_off(o);
}

/* ---- once ---------------------------------------------------------------------------------------- */

void kz_order_acted(struct kz_given_order *o)
{
    free(o->acting);
    o->acting = NULL;
}

static void on_way_back(void *arg, const struct kz_err *err)
{
    struct kz_given_order *o = arg;
    if (o->acting == NULL)
        return;
    if (err != NULL)
        reply_err(o, o->acting, err);
    else
        kz_order_reply(o, o->acting, "taken", KZ_STR("it goes back; what is newest in git is set aside"));
    kz_order_acted(o);
}

static void go_back(struct kz_given_order *o, const struct kz_said *said)
{
    struct kz_commands *c = o->t->c;
    struct kz_err err;
    if (o->t->platform) {
        (void)kz_fail(&err, KZ_E_INVALID, "a rollback is of one module: put it on the Module");
    } else if (c->engine.go_back(c->engine.arg, kz_str(o->t->name), said->revision, on_way_back, o, &err) >= 0) {
        return;
    }
    reply_err(o, o->acting, &err);
    kz_order_acted(o);
}

static void sync_now(struct kz_given_order *o)
{
    struct kz_commands *c = o->t->c;
    struct kz_err err;
    bool looking;
    const unsigned looks = c->engine.looks(c->engine.arg, &looking);
    if (c->engine.sync_now(c->engine.arg, module_of(o->t), &err) < 0) {
        reply_err(o, o->acting, &err);
        kz_order_acted(o);
        return;
    }
    o->looks = looks + 1 + looking; /* one that is under way may have asked before the push */
    kz_order_reply(o, o->acting, "taken", KZ_STR("looks at the source now"));
    kz_commands_arm(c);
}

static void on_synced_objects(void *arg, size_t n, size_t written, const struct kz_err *err)
{
    struct kz_given_order *o = arg;
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    if (o->acting == NULL || !o->partly)
        return;
    if (err != NULL)
        kz_order_reply(o, o->acting, err->code == KZ_E_CONFLICT ? "busy" : "failed", kz_order_why(a, err));
    else
        kz_order_reply(o, o->acting, "done", kz_str_printf(a, "%zu object%s as in git, %zu written", n, n == 1 ? " is" : "s are", written));
    kz_order_acted(o);
}

static void sync_objects(struct kz_given_order *o, const struct kz_said *said)
{
    struct kz_commands *c = o->t->c;
    struct kz_err err;
    int rc = -KZ_E_INVALID;
    o->partly = true;
    if (o->t->platform)
        (void)kz_fail(&err, KZ_E_INVALID, "objects are of one module: put it on the Module");
    else
        rc = c->engine.sync_objects(c->engine.arg, kz_str(o->t->name), said->objects, said->n_objects, on_synced_objects, o, &err);
    if (rc < 0) {
        reply_err(o, o->acting, &err);
        kz_order_acted(o);
    } else if (o->acting != NULL) {
        kz_order_reply(o, o->acting, "taken", KZ_STR("these objects are synced, with what they need"));
    }
}

/* It is off: nobody else will do it, and this process will not do it twice. */
static void act(struct kz_given_order *o, const char *text)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    struct kz_said said;
    struct kz_err err;
    if (o->acting != NULL && o->kind == KZ_ORDER_ROLLBACK) {
        kz_order_reply(o, text, "busy", KZ_STR("another rollback of it has just begun"));
        return;
    }
    if (o->acting != NULL && o->partly) {
        kz_order_reply(o, text, "busy", KZ_STR("another sync of some of its objects is under way"));
        return;
    }
    kz_order_acted(o);
    o->acting = strdup(text);
    o->partly = false;
    if (kz_said_read(&said, a, o->kind, kz_str(text), kz_env_wall(o->t->c->env), &err) < 0) {
        reply_err(o, text, &err);
        kz_order_acted(o);
    } else if (o->kind == KZ_ORDER_SYNC && said.n_objects > 0) {
        sync_objects(o, &said);
    } else if (o->kind == KZ_ORDER_SYNC) {
        sync_now(o);
    } else {
        go_back(o, &said);
    }
}

/* true: it is off, or was changed meanwhile. */
static bool is_off(struct kz_given_order *o, const struct kz_err *err)
{
    struct kz_commands *c = o->t->c;
    char line[KZ_ERR_TEXT];
    if (err == NULL || err->code == KZ_E_CONFLICT)
        return true;
    if (!c->denied_said && err->code == KZ_E_DENIED)
        kz_log(NULL, KZ_WARN, "command", KZ_FS("object", o->t->name), KZ_FS("reason", kz_err_line(line, sizeof line, err)),
               KZ_FS("effect", "commands that are meant once are not taken"));
    c->denied_said |= err->code == KZ_E_DENIED;
    o->retry_at = kz_env_mono(c->env) + RETRY_SEC * KZ_NS_PER_SEC;
    return false;
}

static void on_off(void *arg, const struct kz_err *err)
{
    struct kz_given_order *o = arg;
    char *text = o->off;
    o->off = NULL;
    if (is_off(o, err)) {
        if (!o->left && o->text != NULL && strcmp(o->text, text) == 0) { /* the watch has not brought the news yet */
            free(o->text);
            o->text = NULL;
            o->good = false;
        }
        if (err == NULL && kz_order_is_once(o->kind))
            act(o, text);
        if (o->again) /* said anew meanwhile */
            take_off(o);
    }
    free(text);
    kz_commands_arm(o->t->c);
}

/* ---- what is seen -------------------------------------------------------------------------------- */

/* The status says that this very annotation was answered. */
static bool was_answered(const struct kz_value *obj, enum kz_order kind, struct kz_str text)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    const struct kz_value *command = kz_value_path(obj, "status.command");
    return kz_str_is(kz_value_path_str(command, "name"), kz_order_name(kind)) &&
           kz_str_eq(kz_value_path_str(command, "value"), one_line(a, text));
}

/* true: wishes have changed. */
static bool look_at(struct kz_given_order *o, const struct kz_mirror_seen *seen, struct kz_str text, bool there)
{
    const bool stood = o->good;
    const bool was_there = o->text != NULL && o->off == NULL && !kz_order_is_once(o->kind);
    if (o->text != NULL && there && kz_str_is(text, o->text))
        return false;
    free(o->text);
    o->text = there ? strndup(text.len > 0 ? text.ptr : "", text.len) : NULL;
    o->good = o->said = false;
    o->until = o->retry_at = 0;
    o->left |= !there;
    if (!there && was_there && seen->obj != NULL)
        kz_order_reply(o, "", "ended", KZ_STR("it was taken back"));
    if (!there)
        return stood;
    o->quiet = seen->found && was_answered(seen->obj, o->kind, text);
    if (kz_order_is_once(o->kind))
        take_off(o);
    else
        take_standing(o);
    return stood || o->good;
}

/* A sync that whoever led before had taken and did not see to its end, as in an upgrade of kzsync itself: somebody may
 * wait for the answer. Done again, because a second look costs nothing; a rollback would go back twice. */
static void take_up(struct kz_commands *c, const struct kz_mirror_seen *seen)
{
    const struct kz_value *command = kz_value_path(seen->obj, "status.command");
    if (!kz_str_is(kz_value_path_str(command, "name"), kz_order_name(KZ_ORDER_SYNC)) ||
        !kz_str_is(kz_value_path_str(command, "result"), "taken"))
        return;
    struct kz_given_order *o = &target_of(c, seen->platform, seen->name)->orders[KZ_ORDER_SYNC];
    if (o->acting != NULL || o->text != NULL)
        return;
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    act(o, kz_cstr(a, kz_value_path_str(command, "value")));
}

void kz_commands_seen(struct kz_commands *c, const struct kz_mirror_seen *seen)
{
    const struct kz_value *notes = kz_value_path(seen->obj, "metadata.annotations");
    struct kz_ordered *t = kz_map_find(&c->targets[seen->platform], seen->name);
    bool changed = false;
    for (int o = 0; o < KZ_ORDERS_; o++) {
        const struct kz_value *v = kz_value_get(notes, kz_order_annotation((enum kz_order)o));
        if (t == NULL && v == NULL)
            continue;
        if (t == NULL)
            t = target_of(c, seen->platform, seen->name);
        changed |= look_at(&t->orders[o], seen, kz_value_as_str(v), kz_value_is(v, KZ_STRING));
    }
    if (changed)
        steer(t);
    if (seen->found)
        take_up(c, seen);
    if (t != NULL)
        kz_commands_arm(c);
}

/* ---- time ---------------------------------------------------------------------------------------- */

/* When this order has to be looked at without anything being seen; mono ns, INT64_MAX never. */
static int64_t due_at(const struct kz_given_order *o, int64_t mono, int64_t wall)
{
    int64_t due = o->retry_at > 0 ? o->retry_at : INT64_MAX;
    if (o->good && o->until > 0 && mono + (o->until - wall) < due)
        due = mono + (o->until - wall);
    if ((o->acting != NULL || (o->good && o->kind == KZ_ORDER_APPROVE)) && mono + AGAIN_MS * KZ_NS_PER_MS < due)
        due = mono + AGAIN_MS * KZ_NS_PER_MS;
    return due;
}

static void look_at_time(struct kz_given_order *o, int64_t mono, int64_t wall)
{
    if (o->retry_at > 0 && mono >= o->retry_at) {
        o->retry_at = 0;
        take_off(o);
    }
    if (o->good && o->until > 0 && wall >= o->until)
        kz_order_end(o, "ended", KZ_STR("its time is over"));
}

static void on_timer(void *arg, uint64_t id)
{
    struct kz_commands *c = arg;
    const int64_t mono = kz_env_mono(c->env), wall = kz_env_wall(c->env);
    const struct kz_map_slot *slot;
    (void)id;
    c->timer = 0;
    for (size_t k = 0; k < kz_countof(c->targets); k++)
        for (size_t i = 0; (slot = kz_map_next(&c->targets[k], &i)) != NULL;) {
            struct kz_ordered *t = slot->val;
            for (int o = 0; o < KZ_ORDERS_; o++)
                look_at_time(&t->orders[o], mono, wall);
        }
    c->out.look(c->out.arg);
    kz_commands_arm(c);
}

void kz_commands_arm(struct kz_commands *c)
{
    const int64_t mono = kz_env_mono(c->env), wall = kz_env_wall(c->env);
    const struct kz_map_slot *slot;
    int64_t due = INT64_MAX;
    for (size_t k = 0; k < kz_countof(c->targets); k++)
        for (size_t i = 0; (slot = kz_map_next(&c->targets[k], &i)) != NULL;) {
            const struct kz_ordered *t = slot->val;
            for (int o = 0; o < KZ_ORDERS_; o++) {
                const int64_t at = due_at(&t->orders[o], mono, wall);
                due = at < due ? at : due;
            }
        }
    kz_env_timer_stop(c->env, &c->timer);
    if (due != INT64_MAX)
        c->timer = kz_env_timer(c->env, due > mono ? due - mono : 0, on_timer, c);
}
