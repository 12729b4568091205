/* SPDX-License-Identifier: Apache-2.0
 *
 * A module's chain: down to the modules that it waits for, and there to objects, pods and what they said. */
#include "cli/look_live.h"
#include "cli/look_repo.h"
#include "cli/status_page.h"
#include "cli/why.h"
#include "spec/revision.h"

#include <stdarg.h>

enum { DEPTH_MOST = 12, BLOCKERS_MOST = 3 };

/* ---- the document ---------------------------------------------------------------------------------------- */

void kz_why_begin(struct kz_why *w, struct kz_str name)
{
    struct kz_arena *a = w->l->arena;
    w->doc = kz_look_doc(w->l, "Why");
    w->chain = kz_value_list(a);
    w->facts = kz_value_list(a);
    w->choices = kz_value_list(a);
    kz_doc_put(a, w->doc, "name", name);
    kz_value_set(a, w->doc, KZ_STR("chain"), w->chain);
    kz_value_set(a, w->doc, KZ_STR("facts"), w->facts);
    kz_value_set(a, w->doc, KZ_STR("choices"), w->choices);
}

struct kz_value *kz_why_row(struct kz_why *w, int depth, const char *what, struct kz_str name, struct kz_str state,
                            struct kz_str text)
{
    struct kz_arena *a = w->l->arena;
    struct kz_value *row = kz_value_map(a);
    kz_value_set(a, row, KZ_STR("depth"), kz_value_int(a, depth));
    kz_doc_put(a, row, "what", kz_str(what));
    kz_doc_put(a, row, "name", name);
    kz_doc_put(a, row, "state", state);
    kz_doc_put(a, row, "text", text);
    kz_value_push(a, w->chain, row);
    return row;
}

void kz_why_fact(struct kz_why *w, const char *label, struct kz_str text)
{
    struct kz_arena *a = w->l->arena;
    struct kz_value *fact = kz_value_map(a);
    if (text.len == 0)
        return;
    kz_doc_put(a, fact, "label", kz_str(label));
    kz_doc_put(a, fact, "text", text);
    kz_value_push(a, w->facts, fact);
}

static struct kz_str KZ_PRINTF(2, 0) printed(struct kz_arena *a, const char *fmt, va_list ap)
{
    char text[2048];
    (void)vsnprintf(text, sizeof text, fmt, ap);
    return kz_str_dup(a, kz_str(text));
}

void kz_why_say(struct kz_why *w, const char *label, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    kz_why_fact(w, label, printed(w->l->arena, fmt, ap));
    va_end(ap);
}

void kz_why_choice(struct kz_why *w, const char *text, const char *command, ...)
{
    struct kz_arena *a = w->l->arena;
    struct kz_value *choice = kz_value_map(a);
    va_list ap;
    va_start(ap, command);
    kz_doc_put(a, choice, "command", printed(a, command, ap));
    va_end(ap);
    kz_doc_put(a, choice, "text", kz_str(text));
    kz_value_push(a, w->choices, choice);
}

/* ---- who is to blame ------------------------------------------------------------------------------------- */

static bool state_is(const struct kz_value *m, const char *word)
{
    return kz_str_is(kz_value_path_str(m, "state"), word);
}

/* Of what it depends on: those that are not as wanted, what hurts first. */
static size_t blockers(const struct kz_value **out, size_t most, const struct kz_look *l, const struct kz_value *m)
{
    const struct kz_value *after = kz_value_get(m, "after");
    size_t n = 0;
    for (int rank = 0; kz_state_words[rank] != NULL && n < most; rank++)
        for (size_t i = 0; i < kz_value_len(after) && n < most; i++) {
            const struct kz_value *dep = kz_look_find(l, kz_value_as_str(kz_value_at(after, i)));
            if (dep != NULL && !state_is(dep, "ok") && kz_state_rank(kz_value_path_str(dep, "state")) == rank)
                out[n++] = dep;
        }
    return n;
}

/* The module at the end of the chain, and the depth of its row. */
struct culprit {
    const struct kz_value *module;
    int depth;
};

static void add_modules(struct kz_why *w, const struct kz_value *m, int depth, struct culprit *last)
{
    const struct kz_value *deps[BLOCKERS_MOST];
    const int64_t now = kz_env_wall(kz_app_env(w->l->app));
    const bool waits = state_is(m, "wait") || state_is(m, "skip");
    const size_t n = waits && depth < DEPTH_MOST ? blockers(deps, BLOCKERS_MOST, w->l, m) : 0;
    (void)kz_why_row(w, depth, "module", kz_value_path_str(m, "name"), kz_value_path_str(m, "state"),
                     kz_module_note(w->l->arena, m, now));
    for (size_t i = 0; i < n; i++)
        add_modules(w, deps[i], depth + 1, last);
    if (n == 0 && (last->module == NULL || kz_state_rank(kz_value_path_str(m, "state")) <
                                               kz_state_rank(kz_value_path_str(last->module, "state"))))
        *last = (struct culprit){m, depth};
}

/* ---- facts and choices ----------------------------------------------------------------------------------- */

static struct kz_str commit_text(struct kz_arena *a, struct kz_str revision, const struct kz_value *status)
{
    struct kz_str newest = kz_value_path_str(status, "revision"), author = kz_value_path_str(status, "author");
    struct kz_str subject = kz_value_path_str(status, "subject");
    struct kz_str text = kz_str_printf(a, "commit " KZ_FMT, KZ_ARG(kz_revision_short(revision)));
    if (!kz_str_eq(newest, revision))
        return text;
    if (author.len > 0)
        text = kz_str_printf(a, KZ_FMT " by " KZ_FMT, KZ_ARG(text), KZ_ARG(author));
    return subject.len == 0 ? text : kz_str_printf(a, KZ_FMT ": " KZ_FMT, KZ_ARG(text), KZ_ARG(subject));
}

/* The revision that it is to be at. */
static struct kz_str target_of(const struct kz_why *w, const struct kz_value *m)
{
    struct kz_str target = kz_value_path_str(m, "target");
    return target.len > 0 ? target : kz_value_path_str(w->l->status, "revision");
}

static void add_error(struct kz_why *w, const struct kz_value *m)
{
    const struct kz_value *error = kz_value_get(m, "error"), *frames = kz_value_get(error, "frames");
    struct kz_str file = kz_value_path_str(error, "file");
    const long long line = kz_value_path_int(error, "line", 0);
    for (size_t i = 0; i < kz_value_len(frames); i++) /* the chain has said the note */
        if (!kz_str_has(kz_value_path_str(m, "note"), kz_value_as_str(kz_value_at(frames, i))))
            kz_why_fact(w, "Error", kz_value_as_str(kz_value_at(frames, i)));
    if (line > 0)
        kz_why_say(w, "From", KZ_FMT ":%lld", KZ_ARG(file), line);
    else
        kz_why_fact(w, "From", file);
    kz_why_fact(w, "Commit", kz_repo_commit(w->l->arena, w->l, w->repo, target_of(w, m), file));
    kz_why_fact(w, "Next", kz_value_path_str(error, "hint"));
}

static void add_commits(struct kz_why *w, const struct kz_value *m)
{
    struct kz_arena *a = w->l->arena;
    struct kz_str healthy = kz_value_path_str(m, "revision"), target = target_of(w, m);
    kz_why_fact(w, "Since", state_is(m, "ok") ? KZ_STR("") : commit_text(a, target, w->l->status));
    if (state_is(m, "ok"))
        kz_why_fact(w, "At", commit_text(a, healthy, w->l->status));
    else if (healthy.len == 0)
        kz_why_fact(w, "Before", KZ_STR("it was never healthy: there is nothing to go back to"));
    else if (!kz_str_eq(healthy, target))
        kz_why_say(w, "Before", "healthy at " KZ_FMT, KZ_ARG(kz_revision_short(healthy)));
}

static void add_choices(struct kz_why *w, const struct kz_value *m)
{
    static const struct {
        const char *states, *command, *text;
        bool back; /* needs a revision to go back to */
    } rows[] = {
        {"run,fail,back", "logs", "events and last log lines", false},
        {"drift", "diff", "what was changed, and by whom", false},
        {"drift", "sync", "make it as git says", false},
        {"run,fail", "rollback", "go back to the last healthy revision now", true},
        {"fail,back", "sync", "try the newest revision again", false},
        {"held", "plan -m", "what is held, field by field", false},
        {"held", "approve", "allow it", false},
        {"paused", "resume", "end the pause, if a person began it", false},
        {"ok", "diff", "was it changed in the cluster?", false},
    };
    struct kz_str name = kz_value_path_str(m, "name"), state = kz_value_path_str(m, "state");
    for (size_t i = 0; i < kz_countof(rows); i++)
        if (kz_str_lists(kz_str(rows[i].states), state) &&
            (!rows[i].back || kz_value_path_str(m, "revision").len > 0))
            kz_why_choice(w, rows[i].text, "kzsync %s " KZ_FMT, rows[i].command, KZ_ARG(name));
    if (state_is(m, "unknown"))
        kz_why_choice(w, "is the daemon at work, and may it do what it has to?", "kzsync doctor");
}

/* ---- the module ------------------------------------------------------------------------------------------ */

static int add_culprit(struct kz_why *w, const struct culprit *c, struct kz_err *err)
{
    const struct kz_seen *first = NULL;
    struct kz_seen *objects;
    size_t n;
    struct kz_str name = kz_value_path_str(c->module, "name");
    int rc = kz_look_live_module(&objects, &n, w->l, name, err);
    if (rc >= 0)
        rc = kz_why_objects(w, c->depth + 1, objects, n, &first, err);
    if (rc >= 0 && kz_value_get(c->module, "error") != NULL)
        add_error(w, c->module);
    else if (rc >= 0 && first != NULL)
        rc = kz_why_origin(w, name, &first->id, err);
    return rc;
}

int kz_why_module(struct kz_why *w, const struct kz_value *module, struct kz_err *err)
{
    struct kz_arena *a = w->l->arena;
    struct culprit last = {0};
    kz_why_begin(w, kz_value_path_str(module, "name"));
    kz_doc_put(a, w->doc, "state", kz_value_path_str(module, "state"));
    kz_doc_put(a, w->doc, "since", kz_value_path_str(module, "since"));
    kz_doc_put(a, w->doc, "note", kz_value_path_str(module, "note"));
    add_modules(w, module, 0, &last);
    const int rc = add_culprit(w, &last, err);
    if (rc < 0)
        return rc;
    add_commits(w, last.module);
    add_choices(w, last.module);
    return 0;
}
