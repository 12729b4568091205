/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/adopt.h"
#include "resource/ownership.h"
#include "sync/internal.h"

enum { WORK_BYTES = 16 << 20 };

bool kz_adopt_needed(const struct kz_mod *m, const struct kz_want_object *o, const struct kz_value *live)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
    const struct kz_store_entry *e = kz_store_find(kz_store_module(m->e->store, kz_str(m->name)), o->key);
    return o->hook == NULL && o->opt.apply == KZ_APPLY_WORD_ALWAYS && (e == NULL || e->pub.uid.len == 0) &&
           kz_ownership_migrate(a, live, KZ_STR(KZ_FIELD_MANAGER)) != NULL;
}

/* The managers whose entries migration would not leave. */
struct kz_str kz_adopt_names(struct kz_arena *a, const struct kz_value *live)
{
    const struct kz_value *before = kz_value_path(live, "metadata.managedFields");
    const struct kz_value *after = kz_ownership_migrate(a, live, KZ_STR(KZ_FIELD_MANAGER));
    struct kz_str names = KZ_STR("");
    for (size_t i = 0; after != NULL && i < kz_value_len(before); i++) {
        struct kz_str who = kz_value_path_str(kz_value_at(before, i), "manager");
        bool stays = kz_str_is(who, KZ_FIELD_MANAGER);
        for (size_t k = 0; k < kz_value_len(after); k++)
            stays = stays || kz_str_eq(kz_value_path_str(kz_value_at(after, k), "manager"), who);
        if (!stays && !kz_str_lists(names, who))
            names = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(names), names.len > 0 ? ", " : "", KZ_ARG(who));
    }
    return names;
}

struct adoption {
    struct kz_mod *m;
    char *key, *from; /* for the log: the object may be gone when the reply comes */
    void (*done)(void *arg, bool ok);
    void *arg;
};

static void on_patched(void *arg, uint64_t id, const struct kz_result *res)
{
    struct adoption q = *(struct adoption *)arg;
    char line[KZ_ERR_TEXT];
    (void)id;
    if (res->err == NULL)
        kz_log(&q.m->log, KZ_INFO, "taken-over", KZ_FS("object", q.key), KZ_FS("from", q.from));
    else
        kz_log(&q.m->log, KZ_WARN, "not-taken-over", KZ_FS("object", q.key), KZ_FS("from", q.from),
               KZ_FS("reason", kz_err_line(line, sizeof line, res->err)));
    free(q.key);
    free(q.from);
    free(arg);
    q.done(q.arg, res->err == NULL);
}

void kz_adopt_op(struct kz_arena *a, struct kz_value *ops, const char *path, struct kz_value *value)
{
    struct kz_value *op = kz_value_map(a);
    kz_value_set(a, op, KZ_STR("op"), kz_value_cstr(a, "replace"));
    kz_value_set(a, op, KZ_STR("path"), kz_value_cstr(a, path));
    kz_value_set(a, op, KZ_STR("value"), value);
    kz_value_push(a, ops, op);
}

void kz_adopt(struct kz_mod *m, const struct kz_want_object *o, const struct kz_value *live,
              void (*done)(void *arg, bool ok), void *arg)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_BYTES);
    struct adoption *q = malloc(sizeof *q);
    kz_assert(q != NULL);
    struct kz_str from = kz_adopt_names(a, live);
    *q = (struct adoption){.m = m, .done = done, .arg = arg, .key = strndup(o->key.ptr, o->key.len),
                           .from = strndup(from.ptr, from.len)};
    struct kz_value *ops = kz_value_list(a);
    /* Replacing the version by itself makes it a compare-and-swap. */
    kz_adopt_op(a, ops, "/metadata/resourceVersion",
           kz_value_str(a, kz_value_path_str(live, "metadata.resourceVersion")));
    kz_adopt_op(a, ops, "/metadata/managedFields", kz_ownership_migrate(a, live, KZ_STR(KZ_FIELD_MANAGER)));
    (void)kz_kube_patch(kz_mod_kube(m), &o->id, ops, on_patched, q);
}
