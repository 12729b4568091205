/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync why: the chain from what people see to what made it so. */
#include "cli/look_repo.h"
#include "cli/object_name.h"
#include "cli/why.h"

/* A name without a slash is a module's; of a mistyped one both are suggested. */
static int explain(struct kz_why *w, struct kz_str what, struct kz_err *err)
{
    const struct kz_value *module = NULL;
    struct kz_id id;
    if (kz_is_object_name(what)) {
        const int rc = kz_object_find(&id, w->l, what, err);
        return rc < 0 ? rc : kz_why_object(w, &id, err);
    }
    const int rc = kz_look_module(&module, w->l, what, err);
    if (rc == -KZ_E_NOTFOUND)
        return kz_err_hint(err, "objects are named kind/name or kind/namespace/name, as deployment/shop/web");
    return rc < 0 ? rc : kz_why_module(w, module, err);
}

static int print(const struct kz_why *w, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    const struct kz_page page = kz_look_page(w->l);
    if (!kz_look_add_doc(&b, w->l, w->doc))
        kz_why_page(&b, w->l->arena, w->doc, &page);
    return kz_cli_out(&b, err);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_look l;
    struct kz_why w = {.l = &l};
    int rc = kz_look_open(&l, args, KZ_APP_WORKERS, err);
    if (rc >= 0)
        rc = kz_repo_open(&w.repo, &l, kz_args_str(args, "repo"), err);
    if (rc >= 0)
        rc = kz_look_ready(&l, err);
    if (rc >= 0)
        rc = explain(&w, kz_args_pos(args, 0), err);
    if (rc >= 0)
        rc = print(&w, err);
    kz_repo_close(w.repo);
    return kz_look_end(&l, rc);
}

static const char *const outputs[] = {"text", "json", "yaml", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {"repo", 0, KZ_OPT_PATH, "DIR", NULL, 0, 0, NULL,
     "folder of the platform in a working copy of its repository, to say who touched a file; default the present one"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "text", "text, json or yaml"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync why istio-ingress", "what it waits for, down to the pod and the log line"},
    {"kzsync why deployment/shop/web", "its module, the line that made it, and who else writes it"},
    {0},
};
const struct kz_command kz_cmd_why = {
    .name = "why",
    .summary = "explain why a module or an object is as it is",
    .args = "MODULE|OBJECT",
    .args_min = 1,
    .args_max = 1,
    .details = "An OBJECT is kind/name or kind/namespace/name. Reads the status, the inventory, the last healthy set "
               "and the objects; changes nothing. Who touched the file last is told by the repository, if there is "
               "a working copy of it here.",
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
