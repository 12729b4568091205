/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/seed.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/vec.h"
#include "sync/namespace.h"

#include <string.h>

enum { KEY = 32, TRIES = 3 };

struct waiter {
    void (*done)(void *arg, const struct kz_err *err);
    void *arg;
};

struct kz_seed {
    const struct kz_env *env;
    struct kz_kube *kube;
    char *ns, *platform, *name;
    bool read_only, expected;
    bool keeping; /* kz_seed_keep is under way */
    unsigned tries;
    uint64_t timer; /* to answer from the loop */
    enum kz_seed_state state;
    uint8_t key[KEY];
    KZ_VEC(struct waiter) waiters;
};

struct kz_seed *kz_seed_new(const struct kz_env *env, struct kz_kube *kube,
                            const struct kz_seed_options *opt)
{
    struct kz_seed *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    *s = (struct kz_seed){.env = env, .kube = kube, .read_only = opt->read_only};
    s->ns = strndup(opt->ns.ptr, opt->ns.len);
    s->platform = strndup(opt->platform.ptr, opt->platform.len);
    if (asprintf(&s->name, "kzsync-seed-%s", s->platform) < 0)
        s->name = NULL;
    kz_assert(s->ns != NULL && s->platform != NULL && s->name != NULL);
    return s;
}

void kz_seed_free(struct kz_seed *s)
{
    if (s == NULL)
        return;
    kz_env_timer_stop(s->env, &s->timer);
    explicit_bzero(s->key, sizeof s->key);
    kz_vec_done(&s->waiters);
    free(s->ns);
    free(s->platform);
    free(s->name);
    free(s);
}

enum kz_seed_state kz_seed_state(const struct kz_seed *s)
{
    return s->state;
}

static bool usable(const struct kz_seed *s)
{
    return s->state == KZ_SEED_READY || s->state == KZ_SEED_MISSING || s->state == KZ_SEED_FORBIDDEN;
}

struct kz_str kz_seed_text(const struct kz_seed *s, struct kz_arena *a, struct kz_str module)
{
    char text[KZ_SHA256_TEXT];
    kz_assert(usable(s));
    kz_hmac_text(text, kz_str_n((const char *)s->key, sizeof s->key),
                 kz_str_printf(a, "kzsync module 1 %s/" KZ_FMT, s->platform, KZ_ARG(module)));
    struct kz_str out = kz_str_dup(a, kz_str(text));
    explicit_bzero(text, sizeof text);
    return out;
}

/* ---- the answer ---------------------------------------------------------------------------------- */

static void answer(struct kz_seed *s, enum kz_seed_state state, const struct kz_err *err)
{
    struct waiter *who = s->waiters.at;
    const size_t n = s->waiters.len;
    s->state = state;
    s->waiters.at = NULL;
    s->waiters.len = s->waiters.cap = 0;
    for (size_t i = 0; i < n; i++)
        who[i].done(who[i].arg, err);
    free(who);
}

static void refuse(struct kz_seed *s, const struct kz_err *why)
{
    struct kz_err err = *why;
    kz_err_join(&err);
    (void)kz_wrap(&err, "the key of generated values");
    answer(s, KZ_SEED_NONE, &err);
}

static void draw(struct kz_seed *s)
{
    s->env->ops->random(s->env->impl, s->key, sizeof s->key);
}

/* ---- requests ------------------------------------------------------------------------------------ */

static struct kz_id id_of(const struct kz_seed *s)
{
    return (struct kz_id){.kind = KZ_STR("Secret"), .ns = kz_str(s->ns), .name = kz_str(s->name)};
}

static struct kz_value *body_of(const struct kz_seed *s, struct kz_arena *a)
{
    struct kz_value *body = kz_value_map(a), *meta = kz_value_map(a), *data = kz_value_map(a);
    struct kz_value *notes = kz_value_map(a);
    kz_value_set(a, notes, KZ_STR("kubezero.com/about"),
                 kz_value_cstr(a, "All passwords, keys and certificates that kzsync generates for this "
                                  "platform come from this key. Without it they are made anew."));
    kz_value_set(a, meta, KZ_STR("name"), kz_value_cstr(a, s->name));
    kz_value_set(a, meta, KZ_STR("namespace"), kz_value_cstr(a, s->ns));
    kz_value_set(a, meta, KZ_STR("annotations"), notes);
    kz_value_set(a, data, KZ_STR("seed"),
                 kz_value_str(a, kz_base64_encode(a, kz_str_n((const char *)s->key, sizeof s->key))));
    kz_value_set(a, body, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, body, KZ_STR("kind"), kz_value_cstr(a, "Secret"));
    kz_value_set(a, body, KZ_STR("metadata"), meta);
    kz_value_set(a, body, KZ_STR("type"), kz_value_cstr(a, "kubezero.com/seed"));
    kz_value_set(a, body, KZ_STR("immutable"), kz_value_bool(a, true));
    kz_value_set(a, body, KZ_STR("data"), data);
    return body;
}

static void read_it(struct kz_seed *s);

static void create(struct kz_seed *s, kz_kube_done done)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_id id = id_of(s);
    (void)kz_kube_create(s->kube, &id, KZ_STR("v1"), body_of(s, a), done, s);
}

/* Somebody else made it in between: then theirs is it. */
static void on_created(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_seed *s = arg;
    (void)id;
    if (res->outcome == KZ_MOVED_ON && ++s->tries < TRIES) {
        read_it(s);
        return;
    }
    if (res->err != NULL) {
        refuse(s, res->err);
        return;
    }
    kz_log(NULL, s->expected ? KZ_WARN : KZ_INFO, "seed-made", KZ_FS("secret", s->name),
           KZ_FS("effect", s->expected ? "there was no key: generated values are made anew"
                                       : "generated values come from it"));
    answer(s, KZ_SEED_READY, NULL);
}

static void on_namespace(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_seed *s = arg;
    (void)id;
    if (res->err != NULL)
        refuse(s, res->err);
    else
        create(s, on_created);
}

/* The key comes from the operating system and is used only after it was stored. */
static void make(struct kz_seed *s, enum kz_seed_state without_writing)
{
    draw(s);
    if (s->read_only)
        answer(s, without_writing, NULL);
    else
        (void)kz_namespace_apply(s->kube, kz_str(s->ns), 0, on_namespace, s);
}

static bool take_key(struct kz_seed *s, const struct kz_value *body, struct kz_arena *a)
{
    struct kz_str bytes;
    if (!kz_base64_decode(&bytes, a, kz_value_path_str(body, "data.seed")) || bytes.len != KEY)
        return false;
    memcpy(s->key, bytes.ptr, KEY);
    return true;
}

static void on_read(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_seed *s = arg;
    struct kz_err err;
    (void)id;
    if (res->outcome == KZ_NO_OBJECT) {
        make(s, KZ_SEED_MISSING);
    } else if (res->status == 403 && s->read_only) {
        make(s, KZ_SEED_FORBIDDEN);
    } else if (res->err != NULL) {
        refuse(s, res->err);
    } else if (take_key(s, res->body, res->arena)) {
        answer(s, KZ_SEED_READY, NULL);
    } else {
        (void)kz_fail(&err, KZ_E_REMOTE, "Secret %s/%s does not hold 32 bytes under 'seed'", s->ns, s->name);
        (void)kz_err_hint(&err, "put the key back; or delete the Secret, then all generated values are made anew");
        refuse(s, &err);
    }
}

static void read_it(struct kz_seed *s)
{
    const struct kz_id id = id_of(s);
    (void)kz_kube_get(s->kube, &id, on_read, s);
}

static void on_known(void *arg, uint64_t id)
{
    struct kz_seed *s = arg;
    (void)id;
    s->timer = 0;
    answer(s, s->state, NULL);
}

void kz_seed_want(struct kz_seed *s, bool expected, void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    const struct waiter w = {.done = done, .arg = arg};
    s->expected |= expected;
    kz_vec_push(&s->waiters, w);
    if (usable(s)) {
        if (s->timer == 0)
            s->timer = kz_env_timer(s->env, 0, on_known, s);
    } else if (s->state == KZ_SEED_NONE) {
        s->state = KZ_SEED_ASKING;
        s->tries = 0;
        read_it(s);
    }
}

/* ---- keeping it ------------------------------------------------------------------------------------ */

static void on_restored(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_seed *s = arg;
    (void)id;
    s->keeping = false;
    if (res->err == NULL)
        kz_log(NULL, KZ_WARN, "seed-restored", KZ_FS("secret", s->name),
               KZ_FS("effect", "it had been deleted; generated values stay as they are"));
}

static void on_kept(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_seed *s = arg;
    (void)id;
    if (res->outcome == KZ_NO_OBJECT)
        create(s, on_restored);
    else
        s->keeping = false;
}

void kz_seed_keep(struct kz_seed *s)
{
    const struct kz_id id = id_of(s);
    if (s->state != KZ_SEED_READY || s->keeping || s->read_only)
        return;
    s->keeping = true;
    (void)kz_kube_get(s->kube, &id, on_kept, s);
}
