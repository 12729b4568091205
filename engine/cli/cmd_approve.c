/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync approve: lets one change of one module go on that waits for a person. What is approved is the exact set
 * of objects by its hash, so that nobody can approve what he has not been shown. */
#include "cli/giver.h"

#include <stdio.h>
#include <unistd.h>

static bool waits(const struct kz_value *obj)
{
    const struct kz_value *by = kz_value_path(obj, "status.heldBy");
    for (size_t i = 0; i < kz_value_len(by); i++)
        if (kz_str_is(kz_value_as_str(kz_value_at(by, i)), "approval"))
            return true;
    return false;
}

/* "1 created, 3 changed, 2 deleted"; "": nobody has counted. */
static struct kz_str counts(struct kz_arena *a, const struct kz_value *change)
{
    static const struct {
        const char *field, *word;
    } rows[] = {{"create", "created"}, {"change", "changed"}, {"delete", "deleted"}, {"replace", "deleted and made anew"}};
    struct kz_str out = KZ_STR("");
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const int64_t n = kz_value_path_int(change, rows[i].field, 0);
        if (n > 0)
            out = kz_str_printf(a, KZ_FMT "%s%lld %s", KZ_ARG(out), out.len > 0 ? ", " : "", (long long)n, rows[i].word);
    }
    return out.len > 0 || change == NULL ? out : KZ_STR("none but its revision");
}

/* A line for each workload, aligned with the others. */
static struct kz_str restarts(struct kz_arena *a, const struct kz_value *change)
{
    const struct kz_value *names = kz_value_get(change, "restarts");
    const size_t n = kz_value_len(names);
    const int64_t all = kz_value_path_int(change, "restart", 0);
    struct kz_str out = KZ_STR("");
    for (size_t i = 0; i < n; i++)
        out = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(out), i > 0 ? "\n           " : "",
                            KZ_ARG(kz_value_as_str(kz_value_at(names, i))));
    if (all > (int64_t)n)
        out = kz_str_printf(a, KZ_FMT "%sand %lld more", KZ_ARG(out), n > 0 ? "\n           " : "", (long long)(all - (int64_t)n));
    return out.len > 0 || change == NULL ? out : KZ_STR("nothing");
}

/* Before anything is asked: what it is about. */
static void show(struct kz_arena *a, const struct kz_value *obj)
{
    const struct kz_value *change = kz_value_path(obj, "status.change");
    const struct {
        const char *head;
        struct kz_str text;
    } rows[] = {
        {"module", kz_value_path_str(obj, "metadata.name")},
        {"change", kz_value_path_str(obj, "status.note")},
        {"class", kz_value_path_str(obj, "status.class")},
        {"from", kz_value_path_str(obj, "status.short.revision")},
        {"to", kz_value_path_str(obj, "status.short.target")},
        {"objects", counts(a, change)},
        {"restarts", restarts(a, change)},
        {"set", kz_value_path_str(obj, "status.set")},
    };
    for (size_t i = 0; i < kz_countof(rows); i++)
        if (rows[i].text.len > 0)
            (void)fprintf(stderr, "  %-9s" KZ_FMT "\n", rows[i].head, KZ_ARG(rows[i].text));
}

static bool agrees(void)
{
    char line[16] = "";
    (void)fprintf(stderr, "Approve this change? [y/N] ");
    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    return line[0] == 'y' || line[0] == 'Y';
}

static int check(const struct kz_args *args, const struct kz_value *obj, struct kz_err *err)
{
    struct kz_str module = kz_value_path_str(obj, "metadata.name"), set = kz_value_path_str(obj, "status.set");
    struct kz_str want = kz_args_str(args, "set");
    if (want.len > 0 && want.len < 8)
        return kz_fail(err, KZ_E_USAGE, "--set needs at least 8 digits");
    if (want.len > 0 && !kz_str_starts(set, want)) {
        (void)kz_fail(err, KZ_E_CONFLICT, KZ_FMT ": the newest set is " KZ_FMT " of revision " KZ_FMT ", not " KZ_FMT,
                      KZ_ARG(module), KZ_ARG(set), KZ_ARG(kz_value_path_str(obj, "status.short.target")), KZ_ARG(want));
        return kz_err_hint(err, "look at what it changes now, and approve that");
    }
    if (!waits(obj) || set.len == 0)
        return kz_fail(err, KZ_E_CONFLICT, KZ_FMT ": nothing waits for an approval; its state is " KZ_FMT,
                       KZ_ARG(module), KZ_ARG(kz_value_path_str(obj, "status.state")));
    return 0;
}

static int ask(const struct kz_args *args, struct kz_err *err)
{
    if (kz_args_flag(args, "yes"))
        return 0;
    if (isatty(STDIN_FILENO) != 1) {
        (void)kz_fail(err, KZ_E_USAGE, "nobody can be asked here");
        return kz_err_hint(err, "--set HASH --yes approves exactly that set");
    }
    return agrees() ? 0 : kz_fail(err, KZ_E_CONFLICT, "not approved");
}

static int approve(struct kz_giver *g, const struct kz_args *args, struct kz_err *err)
{
    struct kz_given given = {.order = KZ_ORDER_APPROVE};
    struct kz_said said = {.by = kz_giver_who(g)};
    int rc = kz_giver_find(&given.obj, g, kz_args_pos(args, 0), err);
    if (rc == 0)
        rc = check(args, given.obj, err);
    if (rc < 0)
        return rc;
    show(kz_giver_arena(g), given.obj);
    rc = ask(args, err);
    if (rc < 0)
        return rc;
    if (!kz_hash_parse(&said.approval.set, kz_value_path_str(given.obj, "status.set")))
        return kz_fail(err, KZ_E_REMOTE, "status.set of the Module is no hash");
    said.approval.revision = kz_value_path_str(given.obj, "status.target");
    said.approval.reason = kz_args_str(args, "reason");
    given.text = kz_said_text(kz_giver_arena(g), KZ_ORDER_APPROVE, &said, 0);
    rc = kz_giver_give(g, &given, err);
    if (rc == 0)
        rc = kz_giver_await(&given, g, 10 * KZ_NS_PER_SEC, false, err);
    return rc < 0 ? rc : kz_giver_tell(&given, KZ_EXIT_BUSY);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_giver *g = NULL;
    int rc = kz_giver_open(&g, args, err);
    if (rc == 0)
        rc = approve(g, args, err);
    return kz_giver_end(g, rc);
}

static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    {"set", 0, KZ_OPT_TEXT, "HASH", NULL, 0, 0, NULL, "only if this is the newest set; the first 8 digits are enough"},
    {"reason", 0, KZ_OPT_TEXT, "TEXT", NULL, 0, 0, NULL, "why, for the records"},
    {"yes", 'y', KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "do not ask"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync approve logging", "shows what waits, and asks"},
    {"kzsync approve logging --set 3f2a91c0 --yes", "in a script: that set, or none"},
    {0},
};
const struct kz_command kz_cmd_approve = {
    .name = "approve",
    .summary = "let a change go on that waits for approval",
    .args = "MODULE",
    .args_min = 1,
    .args_max = 1,
    .details = "Binds the approval to the exact set of objects that waits at this moment. A newer commit that renders the "
               "same objects is the same change; one that differs is not, and ends the approval. Exit code 6: another set "
               "is newer, or nothing waits.",
    .options = options,
    .examples = examples,
    .run = run,
};
