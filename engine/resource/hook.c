/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/hook.h"

#include <limits.h>
#include <strings.h>

#include "resource/object.h"
#include "value/json.h"

struct word {
    const char *name;
    unsigned phase;
    bool install, upgrade;
};

static const struct word argo_words[] = {
    {"PreSync",    KZ_PHASE_PRE_SYNC,    true, true},
    {"Sync",       KZ_PHASE_SYNC,        true, true},
    {"PostSync",   KZ_PHASE_POST_SYNC,   true, true},
    {"SyncFail",   KZ_PHASE_SYNC_FAIL,   true, true},
    {"PreDelete",  KZ_PHASE_PRE_DELETE,  true, true},
    {"PostDelete", KZ_PHASE_POST_DELETE, true, true},
    {"Skip",       0,                    true, true},
    {NULL,         0,                    0,    0   },
};

static const struct word helm_words[] = {
    {"pre-install",   KZ_PHASE_PRE_SYNC,    true,  false},
    {"pre-upgrade",   KZ_PHASE_PRE_SYNC,    false, true },
    {"post-install",  KZ_PHASE_POST_SYNC,   true,  false},
    {"post-upgrade",  KZ_PHASE_POST_SYNC,   false, true },
    {"pre-delete",    KZ_PHASE_PRE_DELETE,  true,  true },
    {"post-delete",   KZ_PHASE_POST_DELETE, true,  true },
    {"pre-rollback",  0,                    false, false},
    {"post-rollback", 0,                    false, false},
    {"test",          0,                    false, false},
    {"test-success",  0,                    false, false},
    {NULL,            0,                    0,     0    },
};

static const struct word remove_words[] = {
    {"BeforeHookCreation",   KZ_HOOK_BEFORE_CREATION, 0, 0},
    {"HookSucceeded",        KZ_HOOK_SUCCEEDED,       0, 0},
    {"HookFailed",           KZ_HOOK_FAILED,          0, 0},
    {NULL,                   0,                       0, 0},
};

static const struct word helm_remove_words[] = {
    {"before-hook-creation", KZ_HOOK_BEFORE_CREATION, 0, 0},
    {"hook-succeeded",       KZ_HOOK_SUCCEEDED,       0, 0},
    {"hook-failed",          KZ_HOOK_FAILED,          0, 0},
    {NULL,                   0,                       0, 0},
};

static const struct spelling {
    struct kz_str hook, remove, weight;
    const struct word *words, *remove_words;
    bool any_case; /* Helm lowers the words */
} spellings[] = {
    {KZ_STR_INIT(KZ_ANNOT_HOOK),              KZ_STR_INIT(KZ_ANNOT_HOOK_REMOVE),
     KZ_STR_INIT(KZ_ANNOT_WAVE),              argo_words, remove_words,      false},
    {KZ_STR_INIT("argocd.argoproj.io/hook"),  KZ_STR_INIT("argocd.argoproj.io/hook-delete-policy"),
     KZ_STR_INIT("argocd.argoproj.io/sync-wave"), argo_words, remove_words,  false},
    {KZ_STR_INIT("helm.sh/hook"),             KZ_STR_INIT("helm.sh/hook-delete-policy"),
     KZ_STR_INIT("helm.sh/hook-weight"),      helm_words, helm_remove_words, true },
};

static bool same(struct kz_str s, const char *name, bool any_case)
{
    return any_case ? s.len == strlen(name) && strncasecmp(s.ptr, name, s.len) == 0 : kz_str_is(s, name);
}

static const struct word *find(const struct word *w, struct kz_str s, bool any_case)
{
    for (; w->name != NULL; w++) {
        if (same(s, w->name, any_case))
            return w;
    }
    return NULL;
}

static int fail(struct kz_err *err, struct kz_str file, const struct kz_pair *p, struct kz_str what,
                const struct word *words)
{
    char known[256] = "";
    for (size_t at = 0; words != NULL && words->name != NULL && at < sizeof known; words++)
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", at == 0 ? "" : ", ", words->name);
    (void)kz_fail(err, KZ_E_INVALID, "annotation " KZ_FMT " '" KZ_FMT "' is not %s%s", KZ_ARG(p->key), KZ_ARG(what),
                  words == NULL ? "an integer" : "one of ", known);
    return kz_err_at(err, file, p->line, p->col);
}

/* Reads a list of words; each is or-ed into *bits, and *hook (may be NULL) learns when it runs. */
static int read_words(unsigned *bits, struct kz_hook *hook, const struct kz_pair *p, const struct word *words,
                      bool any_case, struct kz_str file, struct kz_err *err)
{
    struct kz_str rest = kz_value_as_str(p->val);
    while (rest.len > 0) {
        struct kz_str one;
        rest = kz_str_cut(&one, rest, ',');
        one = kz_str_trim(one);
        const struct word *w = find(words, one, any_case);
        if (w == NULL)
            return fail(err, file, p, one, words);
        *bits |= w->phase;
        if (hook != NULL) {
            hook->on_install |= w->install;
            hook->on_upgrade |= w->upgrade;
        }
    }
    return 0;
}

static int read_weight(struct kz_hook *h, const struct kz_value *annotations, const struct spelling *s,
                       struct kz_str file, struct kz_err *err)
{
    const struct kz_pair *p = kz_value_pair(annotations, s->weight);
    int64_t n = 0;
    if (p == NULL)
        return 0;
    if (!kz_str_i64(&n, kz_str_trim(kz_value_as_str(p->val))) || n < INT_MIN || n > INT_MAX) {
        if (!s->any_case)
            return fail(err, file, p, kz_value_as_str(p->val), NULL);
        n = 0; /* as Helm reads it */
    }
    h->weight = (int)n;
    return 0;
}

int kz_hook_of(struct kz_hook *out, const struct kz_value *body, struct kz_str file, struct kz_err *err)
{
    const struct kz_value *annotations = kz_value_path(body, "metadata.annotations");
    for (size_t i = 0; i < kz_countof(spellings); i++) {
        const struct spelling *s = &spellings[i];
        const struct kz_pair *p = kz_value_pair(annotations, s->hook), *remove;
        if (p == NULL)
            continue;
        *out = (struct kz_hook){0};
        int rc = read_words(&out->phases, out, p, s->words, s->any_case, file, err);
        remove = kz_value_pair(annotations, s->remove);
        if (rc >= 0 && remove != NULL)
            rc = read_words(&out->remove, NULL, remove, s->remove_words, s->any_case, file, err);
        if (rc >= 0)
            rc = read_weight(out, annotations, s, file, err);
        if (out->remove == 0)
            out->remove = KZ_HOOK_BEFORE_CREATION;
        out->when_synced = kz_str_is(kz_value_as_str(kz_value_get(annotations, KZ_ANNOT_HOOK_WHEN)), "synced");
        return rc < 0 ? rc : 1;
    }
    return 0;
}

void kz_hook_name(struct kz_value *body, struct kz_arena *a)
{
    struct kz_value *meta = kz_value_child(body, KZ_STR("metadata"));
    struct kz_str prefix = kz_value_path_str(meta, "generateName");
    struct kz_hash hash;
    char hex[KZ_HASH_TEXT];
    if (prefix.len == 0 || kz_value_get(meta, "name") != NULL)
        return;
    kz_json_hash(&hash, body);
    kz_hash_text(hex, hash);
    (void)kz_value_del(meta, KZ_STR("generateName"));
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, kz_str_printf(a, KZ_FMT "%.10s", KZ_ARG(prefix), hex)));
}

const char *kz_phase_name(enum kz_phase p)
{
    for (const struct word *w = argo_words; w->name != NULL; w++) {
        if (w->phase == (unsigned)p)
            return w->name;
    }
    return "";
}
