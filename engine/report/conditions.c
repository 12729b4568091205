/* SPDX-License-Identifier: Apache-2.0 */
#include "report/conditions.h"
#include "base/utf8.h"
#include "report/put.h"

enum { MESSAGE_BYTES = 1024 };

static const char *const types[KZ_CONDS_] = {
    [KZ_COND_READY] = "Ready",   [KZ_COND_RECONCILING] = "Reconciling", [KZ_COND_STALLED] = "Stalled",
    [KZ_COND_EDITED] = "Edited", [KZ_COND_CONFLICT] = "Conflict",
};

/* One row per word. The reasons are those that GitOps tools use, where there is one. */
static const struct {
    char ready;
    bool reconciling, stalled;
    const char *reason, *message; /* the latter for those without a note */
} words[KZ_WORD_COUNT_] = {
    [KZ_WORD_OK] = {'T', false, false, "ReconciliationSucceeded", "all objects are as git says, and healthy"},
    [KZ_WORD_RUN] = {'U', true, false, "Progressing", "at work"},
    [KZ_WORD_WAIT] = {'F', true, false, "DependencyNotReady", "waits"},
    [KZ_WORD_HELD] = {'F', false, false, "Held", "held"},
    [KZ_WORD_FAIL] = {'F', false, true, "ReconciliationFailed", "failed"},
    [KZ_WORD_DRIFT] = {'F', false, false, "Drifted", "objects were changed in the cluster"},
    [KZ_WORD_SKIP] = {'F', false, false, "DependencyFailed", "what it depends on failed"},
    [KZ_WORD_BACK] = {'F', false, true, "RolledBack", "on an older healthy revision"},
    [KZ_WORD_UNKNOWN] = {'U', false, false, "Pending", "nothing is known yet"},
    [KZ_WORD_PAUSED] = {'F', false, false, "Suspended", "paused"},
};

/* Worst first. */
static const enum kz_word ranks[] = {KZ_WORD_FAIL, KZ_WORD_BACK, KZ_WORD_HELD,    KZ_WORD_DRIFT,  KZ_WORD_RUN,
                                     KZ_WORD_WAIT, KZ_WORD_SKIP, KZ_WORD_UNKNOWN, KZ_WORD_PAUSED, KZ_WORD_OK};

static void set(struct kz_conditions *out, enum kz_condition which, char status, const char *reason,
                struct kz_str message)
{
    out->at[which].status = status;
    out->at[which].reason = reason;
    out->at[which].message = message;
}

static void set_all(struct kz_conditions *out, enum kz_word w, const char *reason, struct kz_str message)
{
    set(out, KZ_COND_READY, words[w].ready, reason, message);
    if (words[w].reconciling)
        set(out, KZ_COND_RECONCILING, 'T', reason, message);
    if (words[w].stalled)
        set(out, KZ_COND_STALLED, 'T', reason, message);
}

enum kz_word kz_word_of(struct kz_str name)
{
    for (int w = 0; w < KZ_WORD_COUNT_; w++)
        if (kz_str_is(name, kz_word_name((enum kz_word)w)))
            return (enum kz_word)w;
    return KZ_WORD_UNKNOWN;
}

static const char *held_reason(const struct kz_value *doc)
{
    static const struct {
        const char *by, *reason;
    } rows[] = {{"approval", "WaitingForApproval"}, {"window", "WaitingForWindow"}, {"prune", "PruneHeld"}};
    const struct kz_value *held = kz_value_get(doc, "heldBy");
    for (size_t r = 0; r < kz_countof(rows); r++)
        for (size_t i = 0; i < kz_value_len(held); i++)
            if (kz_str_is(kz_value_as_str(kz_value_at(held, i)), rows[r].by))
                return rows[r].reason;
    return words[KZ_WORD_HELD].reason;
}

void kz_conditions_of_module(struct kz_conditions *out, const struct kz_value *doc)
{
    const enum kz_word w = kz_word_of(kz_value_path_str(doc, "state"));
    struct kz_str note = kz_value_path_str(doc, "note");
    const int64_t objects = kz_value_path_int(doc, "objects", 0), healthy = kz_value_path_int(doc, "healthy", 0);
    const bool was_good = kz_value_path_str(doc, "revision").len > 0;
    *out = (struct kz_conditions){0};
    const bool violates = kz_value_path_bool(doc, "violates", false);
    const char *reason = w == KZ_WORD_HELD               ? held_reason(doc)
                         : w == KZ_WORD_FAIL && violates ? "TenantViolation"
                                                         : words[w].reason;
    set_all(out, w, reason, note.len > 0 ? note : kz_str(words[w].message));
    if (w == KZ_WORD_PAUSED && was_good && healthy == objects) /* nothing is asked of it but to stay as it is */
        out->at[KZ_COND_READY].status = 'T';
}

enum kz_word kz_platform_word(const struct kz_module_view **which, const struct kz_engine_view *v)
{
    *which = NULL;
    for (size_t r = 0; r < kz_countof(ranks); r++)
        for (size_t i = 0; v->words[ranks[r]] > 0 && i < v->n_modules; i++)
            if (v->modules[i].word == ranks[r]) {
                *which = &v->modules[i];
                return ranks[r];
            }
    return v->loaded ? KZ_WORD_OK : KZ_WORD_UNKNOWN;
}

void kz_conditions_of_platform(struct kz_conditions *out, const struct kz_engine_view *v)
{
    const struct kz_module_view *which;
    const enum kz_word w = kz_platform_word(&which, v);
    *out = (struct kz_conditions){0};
    if (v->source_err != NULL) {
        const bool wrong = v->source_err->file[0] != '\0'; /* else it may pass by itself */
        const char *reason = wrong ? "BuildFailed" : "SourceFailed";
        set(out, KZ_COND_READY, 'F', reason, kz_str(v->source_err->frame[0]));
        if (wrong)
            set(out, KZ_COND_STALLED, 'T', reason, kz_str(v->source_err->frame[0]));
        return;
    }
    set_all(out, w, words[w].reason, which != NULL && which->note.len > 0 ? which->note : kz_str(words[w].message));
    if (w == KZ_WORD_PAUSED)
        out->at[KZ_COND_READY].status = 'T'; /* all others are ok */
    if (!v->settled) {
        set(out, KZ_COND_RECONCILING, 'T', "Progressing", KZ_STR("modules are at work"));
        out->at[KZ_COND_STALLED].status = 0;
        if (out->at[KZ_COND_READY].status == 'T')
            set(out, KZ_COND_READY, 'U', "Progressing", KZ_STR("modules are at work"));
    }
}

/* ---- as a list ----------------------------------------------------------------------------------- */

static const char *status_text(char status)
{
    return status == 'T' ? "True" : status == 'F' ? "False" : "Unknown";
}

struct kz_value *kz_conditions_list(struct kz_arena *a, const struct kz_conditions *c, struct kz_cond_memory *m,
                                    int64_t now, int64_t generation)
{
    struct kz_value *list = kz_value_list(a);
    for (int i = 0; i < KZ_CONDS_; i++) {
        struct kz_value *v = kz_value_map(a);
        if (c->at[i].status != m->status[i])
            m->since[i] = now;
        m->status[i] = c->at[i].status;
        if (c->at[i].status == 0)
            continue;
        put_str(a, v, "type", kz_str(types[i]));
        put_str(a, v, "status", kz_str(status_text(c->at[i].status)));
        put_str(a, v, "reason", kz_str(c->at[i].reason));
        kz_value_set(a, v, KZ_STR("message"),
                     kz_value_str(a, one_line(a, kz_utf8_cut(c->at[i].message, MESSAGE_BYTES))));
        put_time(a, v, "lastTransitionTime", m->since[i]);
        if (generation > 0)
            put_int(a, v, "observedGeneration", (size_t)generation);
        kz_value_push(a, list, v);
    }
    return list;
}

void kz_cond_memory_read(struct kz_cond_memory *m, const struct kz_value *list)
{
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *v = kz_value_at(list, i);
        for (int t = 0; t < KZ_CONDS_; t++) {
            struct kz_str status = kz_value_path_str(v, "status");
            int64_t since;
            if (!kz_str_is(kz_value_path_str(v, "type"), types[t]) || status.len == 0 ||
                !kz_time_parse(&since, kz_value_path_str(v, "lastTransitionTime")))
                continue;
            m->status[t] = status.ptr[0];
            m->since[t] = since;
        }
    }
}
