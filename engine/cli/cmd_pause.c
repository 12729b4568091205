/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync pause: no new revision is begun. kzsync resume: it is again. */
#include "base/clock.h"
#include "cli/giver.h"

/* The object of a command that is for one module or, with --all, for all of them. */
static int target_of(const struct kz_value **obj, struct kz_giver *g, const struct kz_args *args, struct kz_err *err)
{
    return kz_giver_find(obj, g, kz_args_flag(args, "all") ? KZ_STR("") : kz_args_pos(args, 0), err);
}

static int check_target(const struct kz_args *args, struct kz_err *err)
{
    const bool all = kz_args_flag(args, "all");
    if (all != (args->n > 0))
        return 0;
    (void)kz_fail(err, KZ_E_USAGE, all ? "give either a module or --all" : "which module?");
    return kz_err_hint(err, "kzsync %s MODULE, or --all", args->command->name);
}

/* ---- pause --------------------------------------------------------------------------------------- */

static int until_of(int64_t *out, const struct kz_args *args, int64_t now, struct kz_err *err)
{
    struct kz_str until = kz_args_str(args, "until");
    *out = 0;
    if (until.len > 0 && kz_args_given(args, "for"))
        return kz_fail(err, KZ_E_USAGE, "give either --until or --for");
    if (kz_args_given(args, "for"))
        *out = now + kz_args_duration(args, "for");
    if (until.len == 0)
        return 0;
    if (!kz_time_parse(out, until)) {
        (void)kz_fail(err, KZ_E_USAGE, "'" KZ_FMT "' is no time", KZ_ARG(until));
        return kz_err_hint(err, "times look like 2026-12-10T06:00:00Z");
    }
    if (*out <= now)
        return kz_fail(err, KZ_E_USAGE, KZ_FMT " is over", KZ_ARG(until));
    return 0;
}

static int pause_one(struct kz_giver *g, const struct kz_args *args, struct kz_err *err)
{
    struct kz_given given = {.order = KZ_ORDER_PAUSE};
    struct kz_said said = {.by = kz_giver_who(g)};
    int rc = until_of(&said.pause.until, args, kz_giver_now(g), err);
    if (rc == 0)
        rc = target_of(&given.obj, g, args, err);
    if (rc < 0)
        return rc;
    said.pause.reason = kz_args_str(args, "reason");
    said.pause.drift = kz_args_flag(args, "drift");
    given.text = kz_said_text(kz_giver_arena(g), KZ_ORDER_PAUSE, &said, 0);
    return kz_giver_do(g, &given, err);
}

static int run_pause(const struct kz_args *args, struct kz_err *err)
{
    struct kz_giver *g = NULL;
    int rc = check_target(args, err);
    if (rc == 0 && kz_args_str(args, "reason").len == 0)
        rc = kz_fail(err, KZ_E_USAGE, "a pause needs a --reason, for the people who wonder");
    if (rc == 0)
        rc = kz_giver_open(&g, args, err);
    if (rc == 0)
        rc = pause_one(g, args, err);
    return kz_giver_end(g, rc);
}

/* ---- resume -------------------------------------------------------------------------------------- */

static int resume_one(struct kz_giver *g, const struct kz_args *args, struct kz_err *err)
{
    struct kz_given given = {.order = KZ_ORDER_PAUSE};
    int rc = target_of(&given.obj, g, args, err);
    if (rc < 0)
        return rc;
    const struct kz_value *notes = kz_value_path(given.obj, "metadata.annotations");
    if (kz_value_get(notes, kz_order_annotation(KZ_ORDER_PAUSE)) != NULL)
        return kz_giver_do(g, &given, err);
    const bool by_git = kz_value_path(given.obj, "spec.paused") != NULL;
    (void)printf(KZ_FMT ": %s\n", KZ_ARG(kz_value_path_str(given.obj, "metadata.name")),
                 by_git ? "git pauses it: take spec.paused out of its definition" : "nobody has paused it");
    return by_git ? KZ_EXIT_HELD : KZ_EXIT_OK;
}

static int run_resume(const struct kz_args *args, struct kz_err *err)
{
    struct kz_giver *g = NULL;
    int rc = check_target(args, err);
    if (rc == 0)
        rc = kz_giver_open(&g, args, err);
    if (rc == 0)
        rc = resume_one(g, args, err);
    return kz_giver_end(g, rc);
}

/* ---- tables -------------------------------------------------------------------------------------- */

#define OPT_ALL {"all", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "the whole platform"}

static const struct kz_opt pause_options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    OPT_ALL,
    {"reason", 0, KZ_OPT_TEXT, "TEXT", NULL, 0, 0, NULL, "why; everybody who looks will read it"},
    {"until", 0, KZ_OPT_TEXT, "TIME", NULL, 0, 0, NULL, "ends by itself then, as 2026-12-10T06:00:00Z"},
    {"for", 0, KZ_OPT_DURATION, NULL, NULL, 0, 0, NULL, "ends by itself after this time"},
    {"drift", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "leave changes in the cluster alone, too"},
    {0},
};
static const struct kz_example pause_examples[] = {
    {"kzsync pause metrics --reason 'es upgrade' --for 2h", "no new revision of it for two hours"},
    {"kzsync pause --all --reason 'migration of the network'", "the whole platform, until kzsync resume --all"},
    {0},
};
const struct kz_command kz_cmd_pause = {
    .name = "pause",
    .summary = "begin no new revision of a module",
    .args = "MODULE",
    .args_max = 1,
    .details = "A sync that has begun goes on to its end. Drift is repaired all the same, unless --drift is given, and "
               "modules that depend on it go on as long as it is healthy. The pause survives restarts: it is an "
               "annotation of the Module object, and the right to patch that is what this command needs.",
    .options = pause_options,
    .examples = pause_examples,
    .run = run_pause,
};

static const struct kz_opt resume_options[] = {KZ_OPTS_CLUSTER, KZ_OPT_PLATFORM, OPT_ALL, {0}};
static const struct kz_example resume_examples[] = {
    {"kzsync resume metrics", "what is newest in git is begun"},
    {"kzsync resume --all", "of a pause of the whole platform; pauses of single modules stay"},
    {0},
};
const struct kz_command kz_cmd_resume = {
    .name = "resume",
    .summary = "end a pause",
    .args = "MODULE",
    .args_max = 1,
    .options = resume_options,
    .examples = resume_examples,
    .run = run_resume,
};
