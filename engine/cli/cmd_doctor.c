/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync doctor: is everything there that kzsync needs, and if not, what is to be done?
 *
 *     ok    server      Kubernetes v1.32.0 at https://10.0.0.1:6443 answers in 8ms
 *     warn  clock       this machine is 12s ahead of the API server: ...
 *           fix: set the clock: timedatectl set-ntp true
 *
 *     Doctor: 9 ok, 1 warning, 0 failures. */
#include "cli/doctor.h"

#include <stdarg.h>

static const char *const words[KZ_DOCTOR_WORDS_] = {
    [KZ_DOCTOR_OK] = "ok", [KZ_DOCTOR_WARN] = "warn", [KZ_DOCTOR_FAIL] = "fail", [KZ_DOCTOR_SKIP] = "skip"};

/* ---- lines ----------------------------------------------------------------------------------------------- */

static void add(struct kz_doctor *d, struct kz_doctor_line line)
{
    if (d->n == d->cap) {
        struct kz_doctor_line *old = d->lines;
        d->cap = d->cap == 0 ? 32 : d->cap * 2;
        d->lines = kz_new_n(d->l->arena, struct kz_doctor_line, d->cap);
        if (d->n > 0)
            memcpy(d->lines, old, d->n * sizeof *old);
    }
    d->lines[d->n++] = line;
}

void kz_doctor_say(struct kz_doctor *d, enum kz_doctor_word word, const char *check, struct kz_str fix,
                   const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    add(d, (struct kz_doctor_line){.word = word,
                                   .check = check,
                                   .text = kz_str_dup(d->l->arena, kz_str(text)),
                                   .fix = kz_str_dup(d->l->arena, fix)});
}

void kz_doctor_err(struct kz_doctor *d, enum kz_doctor_word word, const char *check, const struct kz_err *err)
{
    if (err->depth > 1)
        kz_doctor_say(d, word, check, kz_str(err->hint), "%s: %s", err->frame[err->depth - 1], err->frame[0]);
    else
        kz_doctor_say(d, word, check, kz_str(err->hint), "%s", err->frame[0]);
}

/* ---- printing -------------------------------------------------------------------------------------------- */

static size_t count(const struct kz_doctor *d, enum kz_doctor_word word)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++)
        n += d->lines[i].word == word;
    return n;
}

static void add_text(struct kz_buf *b, const struct kz_doctor *d, const struct kz_page *page)
{
    static const enum kz_tone tones[KZ_DOCTOR_WORDS_] = {[KZ_DOCTOR_OK] = KZ_TONE_OK,
                                                         [KZ_DOCTOR_WARN] = KZ_TONE_WAIT,
                                                         [KZ_DOCTOR_FAIL] = KZ_TONE_FAIL,
                                                         [KZ_DOCTOR_SKIP] = KZ_TONE_DIM};
    enum { TEXT = 18 };
    const size_t warned = count(d, KZ_DOCTOR_WARN), failed = count(d, KZ_DOCTOR_FAIL);
    for (size_t i = 0; i < d->n; i++) {
        const struct kz_doctor_line *l = &d->lines[i];
        kz_color_add(b, page->color, tones[l->word], kz_str(words[l->word]));
        kz_buf_fill(b, ' ', 6 - strlen(words[l->word]));
        kz_buf_printf(b, "%-12s", l->check);
        kz_text_wrap(b, d->l->arena, l->text, TEXT, TEXT, page->width);
        if (l->fix.len > 0) {
            kz_buf_printf(b, "%18sfix: ", "");
            kz_text_wrap(b, d->l->arena, l->fix, TEXT + 5, TEXT + 5, page->width);
        }
    }
    kz_buf_printf(b, "\nDoctor: %zu ok, %zu warning%s, %zu failure%s.\n", count(d, KZ_DOCTOR_OK), warned,
                  warned == 1 ? "" : "s", failed, failed == 1 ? "" : "s");
}

static struct kz_value *doc_of(const struct kz_doctor *d)
{
    struct kz_arena *a = d->l->arena;
    struct kz_value *doc = kz_look_doc(d->l, "Doctor"), *list = kz_value_list(a);
    for (size_t i = 0; i < d->n; i++) {
        struct kz_value *v = kz_value_map(a);
        kz_doc_put(a, v, "check", kz_str(d->lines[i].check));
        kz_doc_put(a, v, "result", kz_str(words[d->lines[i].word]));
        kz_doc_put(a, v, "text", d->lines[i].text);
        kz_doc_put(a, v, "fix", d->lines[i].fix);
        kz_value_push(a, list, v);
    }
    kz_value_set(a, doc, KZ_STR("checks"), list);
    return doc;
}

/* ---- the command ----------------------------------------------------------------------------------------- */

static void check_all(struct kz_doctor *d)
{
    static void (*const of_cluster[])(struct kz_doctor * d) = {kz_doctor_rights, kz_doctor_crds, kz_doctor_status,
                                                               kz_doctor_lease, kz_doctor_inventory};
    kz_doctor_server(d);
    for (size_t i = 0; d->reachable && i < kz_countof(of_cluster) && !kz_app_interrupted(d->l->app); i++)
        of_cluster[i](d);
    if (!kz_app_interrupted(d->l->app))
        kz_doctor_sandbox(d);
    if (!kz_app_interrupted(d->l->app))
        kz_doctor_repository(d);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(4 << 20);
    struct kz_look l;
    struct kz_doctor d = {.l = &l};
    int rc = kz_look_open(&l, args, KZ_APP_WORKERS, err);
    if (rc >= 0) {
        check_all(&d);
        const struct kz_page page = kz_look_page(&l);
        if (kz_look_wants_doc(&l))
            (void)kz_look_add_doc(&b, &l, doc_of(&d));
        else
            add_text(&b, &d, &page);
        rc = kz_cli_out(&b, err);
        if (rc >= 0)
            rc = count(&d, KZ_DOCTOR_FAIL) > 0 ? KZ_EXIT_FAILED : KZ_EXIT_OK;
    }
    return kz_look_end(&l, rc);
}

static const char *const outputs[] = {"text", "json", "yaml", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {"as", 0, KZ_OPT_TEXT, "ACCOUNT", NULL, 0, 0, NULL,
     "look at the rights of this account, as system:serviceaccount:kzsync-system:kzsync, instead of yours"},
    {"repo", 0, KZ_OPT_TEXT, "URL", NULL, 0, 0, NULL,
     "git repository that is to be readable: https, ssh, file or a path"},
    {"ref", 'r', KZ_OPT_TEXT, "REF", NULL, 0, 0, NULL, "branch or tag in it; default its HEAD"},
    {"credentials", 0, KZ_OPT_PATH, "DIR", NULL, 0, 0, NULL, "folder with repository credentials, as of run"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "text", "text, json or yaml"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync doctor", "what is wrong, and what to do about it"},
    {"kzsync doctor --as system:serviceaccount:kzsync-system:kzsync", "may the daemon do what it has to?"},
    {"kzsync doctor --repo https://git.example.com/org/platform --credentials ./keys", "can the repository be read?"},
    {0},
};
const struct kz_command kz_cmd_doctor = {
    .name = "doctor",
    .summary = "check cluster, rights, daemon, sandbox and repository",
    .details = "Exit code 0 without failures, 3 with. Changes nothing.",
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
