/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync sync: the daemon looks at its repository now. kzsync rollback: it goes back to an older healthy revision. */
#include "cli/giver.h"
#include "resource/called.h"

#include <stdio.h>

enum { OVERRIDE_SEC = 3600, MODULES = 64, PATIENCE_SEC = 10 };

/* The window is overridden for the change that waits, or, where none is known, for an hour. */
static int override(struct kz_giver *g, const struct kz_value *obj, struct kz_str reason, struct kz_err *err)
{
    struct kz_given given = {.obj = obj, .order = KZ_ORDER_OVERRIDE};
    struct kz_said said = {.by = kz_giver_who(g), .override.reason = reason};
    struct kz_str target = kz_value_path_str(obj, "status.target");
    said.override.revision = target.len > 0 ? target : kz_value_path_str(obj, "status.revision");
    if (said.override.revision.len == 0)
        said.override.until = kz_giver_now(g) + OVERRIDE_SEC * KZ_NS_PER_SEC;
    given.text = kz_said_text(kz_giver_arena(g), KZ_ORDER_OVERRIDE, &said, 0);
    int rc = kz_giver_give(g, &given, err);
    if (rc == 0)
        rc = kz_giver_await(&given, g, PATIENCE_SEC * KZ_NS_PER_SEC, false, err);
    return rc < 0 ? rc : kz_giver_tell(&given, KZ_EXIT_ERROR);
}

/* Of several results the worst one. */
static int worse(int a, int b)
{
    return b > a ? b : a;
}

static const struct kz_str *objects_of(size_t *n, struct kz_arena *a, const struct kz_args *args)
{
    struct kz_str *words = kz_new_n(a, struct kz_str, KZ_SYNC_OBJECTS);
    for (*n = 0; *n < KZ_SYNC_OBJECTS && kz_args_list(args, "object", *n, &words[*n]);)
        ++*n;
    return words;
}

static int sync_one(struct kz_giver *g, struct kz_given *given, const struct kz_args *args, struct kz_str module,
                    struct kz_err *err)
{
    struct kz_said said = {.by = kz_giver_who(g)};
    struct kz_str reason = kz_args_str(args, "override-window");
    *given = (struct kz_given){.order = KZ_ORDER_SYNC};
    int rc = kz_giver_find(&given->obj, g, module, err);
    if (rc == 0 && reason.len > 0)
        rc = override(g, given->obj, reason, err);
    if (rc == 0 && reason.len > 0)
        rc = kz_giver_find(&given->obj, g, module, err); /* the answer to come is newer than that one */
    if (rc != 0)
        return rc;
    said.objects = objects_of(&said.n_objects, kz_giver_arena(g), args);
    given->text = kz_said_text(kz_giver_arena(g), KZ_ORDER_SYNC, &said, kz_giver_now(g));
    return kz_giver_give(g, given, err);
}

/* Objects are of one module; what is no name is found here and not by the daemon. */
static int check_objects(const struct kz_args *args, struct kz_err *err)
{
    struct kz_called c;
    struct kz_str word;
    for (size_t i = 0; kz_args_list(args, "object", i, &word); i++) {
        if (args->n != 1)
            return kz_fail(err, KZ_E_USAGE, "--object needs the name of one module");
        if (i == KZ_SYNC_OBJECTS)
            return kz_fail(err, KZ_E_USAGE, "--object may be given %d times: more is the module", KZ_SYNC_OBJECTS);
        if (kz_called_read(&c, word, err) < 0) {
            err->code = KZ_E_USAGE;
            return kz_wrap(err, "--object");
        }
    }
    return 0;
}

static int sync_all(struct kz_giver *g, const struct kz_args *args, struct kz_err *err)
{
    const bool wait = kz_args_flag(args, "wait");
    const int64_t patience = wait ? kz_args_duration(args, "timeout") : PATIENCE_SEC * KZ_NS_PER_SEC;
    const size_t n = args->n == 0 ? 1 : args->n;
    struct kz_given *given = kz_new_n(kz_giver_arena(g), struct kz_given, n);
    int code = KZ_EXIT_OK;
    for (size_t i = 0; i < n; i++) {
        int rc = sync_one(g, &given[i], args, kz_args_pos(args, i), err);
        if (rc != 0)
            return rc;
    }
    for (size_t i = 0; i < n; i++) {
        int rc = kz_giver_await(&given[i], g, patience, wait, err);
        if (rc < 0)
            return rc;
        code = worse(code, kz_giver_tell(&given[i], KZ_EXIT_ERROR));
    }
    return code;
}

static int run_sync(const struct kz_args *args, struct kz_err *err)
{
    struct kz_giver *g = NULL;
    int rc = check_objects(args, err);
    if (rc == 0)
        rc = kz_giver_open(&g, args, err);
    if (rc == 0)
        rc = sync_all(g, args, err);
    return kz_giver_end(g, rc);
}

static const struct kz_opt sync_options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {"object", 0, KZ_OPT_LIST, "KIND[/NAMESPACE]/NAME", NULL, 0, 0, NULL,
     "only this object of the module, with those of it that it cannot begin without; may be given several times"},
    {"override-window", 0, KZ_OPT_TEXT, "REASON", NULL, 0, 0, NULL,
     "do not wait for a window with the change that waits now"},
    {"wait", 'w', KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "until it is done: exit code 3 when it failed, 4 when it is held, 8 when the time is over"},
    {"timeout", 't', KZ_OPT_DURATION, NULL, NULL, 0, 0, "10m", "patience of --wait"},
    {0},
};
static const struct kz_example sync_examples[] = {
    {"kzsync sync", "look at the repository now, and try again what failed"},
    {"kzsync sync --wait", "in CI, after a push"},
    {"kzsync sync web --object deploy/web --wait", "put right one object, and nothing else of its module"},
    {"kzsync sync metrics --override-window 'CVE-2026-1234'", "do not wait for tonight"},
    {0},
};
const struct kz_command kz_cmd_sync = {
    .name = "sync",
    .summary = "let the daemon look at its repository now",
    .args = "[MODULE...]",
    .args_max = MODULES,
    .details = "Without a module: the whole platform. What failed is tried again at once, and what was set aside after a "
               "rollback is tried once more. With --object only these objects of the set that is at work, or has failed, are "
               "applied, and before them the namespace, the definition of a kind, ServiceAccounts, ConfigMaps, Secrets, volume "
               "claims and roles of that set that they name. No hook runs, nothing is removed, and a set that waits for a "
               "window or an approval is not touched; what else differs goes on to be shown as drift.",
    .options = sync_options,
    .examples = sync_examples,
    .run = run_sync,
};

/* ---- rollback ------------------------------------------------------------------------------------ */

static int rollback(struct kz_giver *g, const struct kz_args *args, struct kz_err *err)
{
    struct kz_given given = {.order = KZ_ORDER_ROLLBACK};
    struct kz_said said = {.by = kz_giver_who(g), .revision = kz_args_pos(args, 1)};
    if (kz_str_is(said.revision, "previous"))
        said.revision = KZ_STR("");
    int rc = kz_giver_find(&given.obj, g, kz_args_pos(args, 0), err);
    if (rc < 0)
        return rc;
    given.text = kz_said_text(kz_giver_arena(g), KZ_ORDER_ROLLBACK, &said, 0);
    return kz_giver_do(g, &given, err);
}

static int run_rollback(const struct kz_args *args, struct kz_err *err)
{
    struct kz_giver *g = NULL;
    int rc = kz_giver_open(&g, args, err);
    if (rc == 0)
        rc = rollback(g, args, err);
    return kz_giver_end(g, rc);
}

static const struct kz_opt rollback_options[] = {KZ_OPTS_CLUSTER, {0}};
static const struct kz_example rollback_examples[] = {
    {"kzsync rollback shop", "to the newest healthy revision before the present one"},
    {"kzsync rollback shop 4be91d2", "to that one; kzsync history lists them"},
    {0},
};
const struct kz_command kz_cmd_rollback = {
    .name = "rollback",
    .summary = "go back to an older healthy revision of a module",
    .args = "MODULE [REVISION]",
    .args_min = 1,
    .args_max = 2,
    .details = "The older set is kept true from then on, from the history in the cluster: neither git nor a renderer is "
               "needed. What is newest in git is set aside until git says something else, or kzsync sync releases it.",
    .options = rollback_options,
    .examples = rollback_examples,
    .run = run_rollback,
};
