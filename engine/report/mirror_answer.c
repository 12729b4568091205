/* SPDX-License-Identifier: Apache-2.0
 *
 * What commands (commands.c) ask of the mirror: an answer into a status, and an annotation taken off. */
#include "report/mirror_inside.h"
#include "report/put.h"
#include "value/json.h"

void kz_mirror_reply(struct kz_mirror *m, bool platform, struct kz_str name, const struct kz_reply *reply)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
    struct kz_mirror_entry *e = kz_mirror_entry(m, platform, name);
    const bool bad = strcmp(reply->result, "refused") == 0 || strcmp(reply->result, "failed") == 0;
    if (e == NULL)
        return;
    kz_json_write(&b, kz_reply_doc(a, reply), KZ_JSON_COMPACT);
    free(e->reply);
    e->reply = strdup(b.ptr);
    e->urgent = true;
    const struct kz_about about = {platform ? "Platform" : "Module", name, kz_str(e->uid)};
    kz_events_say(m->events, &about, bad, bad ? "CommandRefused" : "Command", "Command",
                  kz_str_printf(a, KZ_FMT ": %s%s" KZ_FMT, KZ_ARG(reply->name), reply->result,
                                reply->message.len > 0 ? ", " : "", KZ_ARG(reply->message)));
    kz_mirror_soon(m, 0);
}

struct take_off {
    struct kz_mirror *m;
    uint64_t call;
    void (*done)(void *arg, const struct kz_err *err);
    void *arg;
};

void kz_mirror_take_off_cancel(struct kz_mirror *m, struct take_off *t)
{
    kz_kube_cancel(m->kube, t->call);
    free(t);
}

static void on_taken_off(void *arg, uint64_t id, const struct kz_result *res)
{
    struct take_off *t = arg;
    struct kz_mirror *m = t->m;
    struct kz_err err;
    (void)id;
    for (size_t i = 0; i < m->offs.len; i++)
        if (m->offs.at[i] == t) {
            kz_vec_swap_out(&m->offs, i);
            break;
        }
    if (res->err != NULL) {
        err = *res->err;
        if (res->status == 422 || res->status == 404 || res->status == 409) /* the test of the patch */
            err.code = KZ_E_CONFLICT;
    }
    t->done(t->arg, res->err == NULL ? NULL : &err);
    free(t);
}

/* "kubezero.com/sync" as a step of a JSON pointer. */
static struct kz_str pointer(struct kz_arena *a, struct kz_str annotation)
{
    struct kz_str head, tail = kz_str_cut(&head, annotation, '/');
    return kz_str_printf(a, "/metadata/annotations/" KZ_FMT "~1" KZ_FMT, KZ_ARG(head), KZ_ARG(tail));
}

void kz_mirror_take_off(struct kz_mirror *m, bool platform, struct kz_str name, struct kz_str annotation,
                        struct kz_str value, void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_value *ops = kz_value_list(a), *test = kz_value_map(a), *del = kz_value_map(a);
    const struct kz_id id = kz_manifest_id(platform ? "Platform" : "Module", kz_str(m->ns), name);
    static const struct kz_write how = {.manager = KZ_MIRROR_MANAGER};
    struct take_off *t = calloc(1, sizeof *t);
    kz_assert(t != NULL);
    *t = (struct take_off){.m = m, .done = done, .arg = arg};
    put_str(a, test, "op", KZ_STR("test"));
    put_str(a, test, "path", pointer(a, annotation));
    kz_value_set(a, test, KZ_STR("value"), kz_value_str(a, value));
    put_str(a, del, "op", KZ_STR("remove"));
    put_str(a, del, "path", pointer(a, annotation));
    kz_value_push(a, ops, test);
    kz_value_push(a, ops, del);
    kz_vec_push(&m->offs, t);
    t->call = kz_kube_patch_by(m->kube, &id, &how, ops, on_taken_off, t);
}
