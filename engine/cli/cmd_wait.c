/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync wait: until the daemon says that all is well. */
#include "cli/look.h"
#include "cli/status_page.h"
#include "base/clock.h"
#include "spec/revision.h"

#include <stdio.h>
#include <unistd.h>

enum { POLL_MS = 500, SAY_SEC = 10, NAMED = 5 };

struct waiting {
    struct kz_look *l;
    struct kz_err err;             /* of the last look; code 0: none */
    int64_t start, deadline, said; /* mono ns */
    struct kz_buf what;            /* that was said last */
    bool no_module;                /* --module names none */
};

static bool is_fine(const struct kz_value *m)
{
    struct kz_str state = kz_value_path_str(m, "state");
    return kz_str_is(state, "ok") || kz_str_is(state, "paused");
}

static bool has_failed(const struct kz_value *m)
{
    struct kz_str state = kz_value_path_str(m, "state");
    return kz_str_is(state, "fail") || kz_str_is(state, "back");
}

static bool is_meant(const struct waiting *w, const struct kz_value *m)
{
    struct kz_str only = kz_args_str(w->l->args, "module");
    return only.len == 0 || kz_str_eq(only, kz_value_path_str(m, "name"));
}

static bool is_there(const struct waiting *w)
{
    struct kz_str want = kz_args_str(w->l->args, "revision");
    return want.len == 0 || kz_str_starts(kz_value_path_str(w->l->status, "revision"), want);
}

/* 1: all is as wanted, -1: something failed, 0: not yet. */
static int verdict(const struct waiting *w)
{
    const struct kz_value *modules = kz_value_get(w->l->status, "modules");
    const bool settled = kz_value_path_bool(w->l->status, "settled", false);
    bool all = true, failed = false;
    if (w->l->status == NULL || !is_there(w))
        return 0;
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        all = all && (!is_meant(w, m) || is_fine(m));
        failed = failed || (is_meant(w, m) && has_failed(m));
    }
    if (settled && all)
        return 1;
    return settled && failed ? -1 : 0;
}

/* ---- words --------------------------------------------------------------------------------------------- */

static void add_module(struct kz_buf *b, const struct waiting *w, const struct kz_value *m)
{
    struct kz_arena *a = w->l->arena;
    const int64_t now = kz_env_wall(kz_app_env(w->l->app));
    struct kz_str note = kz_module_note(a, m, now);
    kz_text_pad(b, kz_value_path_str(m, "state"), 8);
    kz_text_add(b, kz_value_path_str(m, "name"));
    if (note.len > 0) {
        kz_buf_puts(b, "  ");
        kz_text_add(b, note);
    }
    kz_buf_putc(b, '\n');
}

/* Each that is not as wanted, on a line of its own; `most` of them. */
static size_t add_waiting(struct kz_buf *b, const struct waiting *w, size_t most)
{
    const struct kz_value *modules = kz_value_get(w->l->status, "modules");
    size_t n = 0;
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        if (!is_meant(w, m) || is_fine(m))
            continue;
        if (n++ < most)
            add_module(b, w, m);
    }
    if (n > most)
        kz_buf_printf(b, "        %zu more\n", n - most);
    return n;
}

static void add_reason(struct kz_buf *b, const struct waiting *w)
{
    char line[KZ_ERR_TEXT];
    struct kz_str want = kz_args_str(w->l->args, "revision");
    if (w->err.code != KZ_OK) {
        kz_buf_puts(b, "wait    for the status: ");
        kz_text_add(b, kz_str(kz_err_line(line, sizeof line, &w->err)));
        kz_buf_putc(b, '\n');
        return;
    }
    if (!is_there(w))
        kz_buf_printf(b, "wait    for revision " KZ_FMT ": kzsync is at " KZ_FMT "\n",
                      KZ_ARG(kz_revision_short(want)),
                      KZ_ARG(kz_revision_short(kz_value_path_str(w->l->status, "revision"))));
    if (add_waiting(b, w, NAMED) == 0 && is_there(w))
        kz_buf_puts(b, "wait    kzsync is not done with this revision yet\n");
}

static void say(struct kz_buf *b)
{
    if (!kz_buf_bad(b))
        (void)fwrite(b->ptr, 1, b->len, stderr);
}

/* Lines of text that the last one did not have. */
static void add_news(struct kz_buf *b, struct kz_str text, struct kz_str last)
{
    struct kz_str line;
    for (struct kz_str rest = text; rest.len > 0;) {
        rest = kz_str_cut(&line, rest, '\n');
        if (kz_str_has(last, line))
            continue;
        kz_buf_add_str(b, line);
        kz_buf_putc(b, '\n');
    }
}

/* What it waits for: what is new of it, and all of it every ten seconds. */
static void tell(struct waiting *w, int64_t now)
{
    kz_autobuf struct kz_buf what = KZ_BUF(1 << 20), b = KZ_BUF(1 << 20);
    char waited[KZ_TIME_TEXT], left[KZ_TIME_TEXT];
    if (kz_args_quiet(w->l->args))
        return;
    add_reason(&what, w);
    const bool news = !kz_str_eq(kz_buf_str(&what), kz_buf_str(&w->what)),
               due = now - w->said >= SAY_SEC * KZ_NS_PER_SEC;
    if (!due && (!news || now - w->said < KZ_NS_PER_SEC))
        return;
    if (due && !news) {
        kz_duration_text(waited, now - w->start);
        kz_duration_text(left, w->deadline - now);
        kz_buf_printf(&b, "still waiting: %s so far, %s left\n", waited, left);
    }
    if (due)
        kz_buf_add_str(&b, kz_buf_str(&what));
    else
        add_news(&b, kz_buf_str(&what), kz_buf_str(&w->what));
    say(&b);
    kz_buf_clear(&w->what);
    kz_buf_add_str(&w->what, kz_buf_str(&what));
    w->said = now;
}

/* ---- the command --------------------------------------------------------------------------------------- */

/* What no later look will find otherwise. */
static bool is_final(enum kz_code code)
{
    return code == KZ_E_DENIED || code == KZ_E_INVALID || code == KZ_E_USAGE || code == KZ_E_BUG;
}

static int end(struct waiting *w, int v, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    if (w->err.code != KZ_OK) {
        *err = w->err;
        return -(int)err->code;
    }
    if (v > 0)
        return KZ_EXIT_OK;
    if (v == 0 && !is_there(w))
        add_reason(&b, w);
    else
        (void)add_waiting(&b, w, SIZE_MAX);
    say(&b);
    return v < 0 ? KZ_EXIT_FAILED : KZ_EXIT_TIMEOUT;
}

/* A name that no module has is not waited for; but before kzsync has come to rest it may still get one. */
static void check_name(struct waiting *w)
{
    struct kz_str only = kz_args_str(w->l->args, "module");
    const struct kz_value *m;
    if (w->err.code != KZ_OK || only.len == 0 || !is_there(w) || !kz_value_path_bool(w->l->status, "settled", false))
        return;
    if (kz_look_module(&m, w->l, only, &w->err) < 0)
        w->no_module = true;
}

static int look_on(struct waiting *w, struct kz_err *err)
{
    const struct kz_env *env = kz_app_env(w->l->app);
    for (;;) {
        kz_arena_reset(w->l->arena);
        w->l->status = NULL;
        w->err.code = KZ_OK;
        (void)!kz_look_status(w->l, w->deadline + 2 * KZ_NS_PER_SEC, &w->err);
        if (kz_app_interrupted(w->l->app))
            return KZ_EXIT_INTERRUPTED;
        check_name(w);
        const int v = w->err.code == KZ_OK ? verdict(w) : 0;
        const int64_t now = kz_env_mono(env);
        if (v != 0 || w->no_module || is_final(w->err.code) || now >= w->deadline)
            return end(w, v, err);
        tell(w, now);
        if (!kz_query_sleep(w->l->app, POLL_MS * KZ_NS_PER_MS))
            return KZ_EXIT_INTERRUPTED;
    }
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_look l;
    int rc = kz_look_open(&l, args, 0, err);
    if (rc >= 0) {
        const int64_t now = kz_env_mono(kz_app_env(l.app));
        struct waiting w = {.l = &l,
                            .start = now,
                            .said = now,
                            .deadline = now + kz_args_duration(args, "timeout"),
                            .what = KZ_BUF(1 << 20)};
        rc = look_on(&w, err);
        kz_buf_done(&w.what);
    }
    return kz_look_end(&l, rc);
}

static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {"module", 'm', KZ_OPT_TEXT, "MODULE", NULL, 0, 0, NULL, "wait for this module only"},
    {"revision", 'r', KZ_OPT_TEXT, "COMMIT", NULL, 0, 0, NULL, "wait until this commit (or prefix) is at work"},
    {"timeout", 't', KZ_OPT_DURATION, NULL, NULL, 0, 0, "10m", "give up after this time, with exit code 8"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync wait --revision $(git rev-parse HEAD) --timeout 5m", "in CI, after a push"},
    {0},
};
const struct kz_command kz_cmd_wait = {
    .name = "wait",
    .summary = "wait until all modules are healthy",
    .details = "Exit code 0 when they are, 3 when one failed, 8 when the time is over. What it waits for is told on "
               "the standard error, whenever that changes and every ten seconds; --progress none keeps it quiet.",
    .options = options,
    .examples = examples,
    .run = run,
};
