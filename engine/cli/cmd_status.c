/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync status: what the daemon says of a platform, read from the cluster. */
#include "cli/look.h"
#include "cli/status_page.h"
#include "cli/status_watch.h"
#include "value/json.h"
#include "value/yaml.h"

enum { OUT_TABLE, OUT_WIDE, OUT_JSON, OUT_YAML, OUT_NAME };
enum { UNASKED_MS = 1500 };

/* The document with the chosen modules only. */
static struct kz_value *with_modules(struct kz_arena *a, const struct kz_value *status, struct kz_value *modules)
{
    struct kz_value *doc = kz_value_map(a);
    for (size_t i = 0; i < kz_value_pairs(status); i++)
        kz_value_set(a, doc, status->as.map.at[i].key, status->as.map.at[i].val);
    kz_value_set(a, doc, KZ_STR("modules"), modules);
    return doc;
}

void kz_status_print(struct kz_buf *b, struct kz_arena *a, const struct kz_look *l, const struct kz_value *status,
                     struct kz_value *modules, const struct kz_page *page)
{
    const unsigned form = kz_args_word(l->args, "output");
    if (form == OUT_JSON || form == OUT_YAML) {
        const struct kz_value *doc = with_modules(a, status, modules);
        if (form == OUT_YAML)
            kz_yaml_write(b, doc, KZ_YAML_ORDERED);
        else
            kz_json_write(b, doc, kz_args_flag(l->args, "watch") ? KZ_JSON_COMPACT : KZ_JSON_PRETTY);
        return;
    }
    if (form == OUT_NAME) {
        for (size_t i = 0; i < kz_value_len(modules); i++) {
            kz_text_add(b, kz_value_path_str(kz_value_at(modules, i), "name"));
            kz_buf_putc(b, '\n');
        }
        return;
    }
    kz_status_headline(b, a, status, page);
    kz_buf_putc(b, '\n');
    if (kz_args_flag(l->args, "tree"))
        kz_status_tree(b, a, status, modules, page);
    else
        kz_status_table(b, a, modules, page);
    if (l->args->n == 1 && kz_value_len(modules) == 1)
        kz_status_details(b, a, kz_value_at(modules, 0), page);
}

bool kz_status_for_people(const struct kz_args *args)
{
    return kz_args_word(args, "output") <= OUT_WIDE;
}

struct kz_page kz_status_paper(const struct kz_look *l)
{
    struct kz_page page = kz_look_page(l);
    page.wide = kz_args_word(l->args, "output") == OUT_WIDE;
    page.all = kz_args_flag(l->args, "all") || l->args->n > 0 || kz_args_given(l->args, "state");
    return page;
}

static int print(struct kz_look *l, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    const struct kz_page page = kz_status_paper(l);
    struct kz_value *modules;
    const int rc = kz_look_choose(&modules, l, kz_args_str(l->args, "state"), err);
    if (rc < 0)
        return rc;
    kz_status_print(&b, l->arena, l, l->status, modules, &page);
    return kz_cli_out(&b, err);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_look l;
    int rc = kz_look_open(&l, args, 0, err);
    if (rc >= 0 && kz_args_flag(args, "watch"))
        rc = kz_status_watch(&l, err);
    else if (rc >= 0) {
        /* Who did not ask for it does not wait for it. */
        const int64_t until = args->usual ? kz_env_mono(kz_app_env(l.app)) + UNASKED_MS * KZ_NS_PER_MS : 0;
        rc = kz_look_status(&l, until, err);
        if (rc >= 0)
            rc = print(&l, err);
    }
    return kz_look_end(&l, rc);
}

static const char *const outputs[] = {"table", "wide", "json", "yaml", "name", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {"tree", 't', KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "in the order of dependencies, as a tree"},
    {"state", 'l', KZ_OPT_TEXT, "STATES", NULL, 0, 0, NULL, "only modules in these states (fail,held,...)"},
    {"all", 'a', KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "on a terminal: all modules, however many are ok"},
    {"watch", 'w', KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,
     "go on: a terminal is redrawn; elsewhere one line, or with -o json one document, for each change"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "table", "table, wide, json, yaml or name"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync status", "one line per module, what hurts first"},
    {"kzsync status --tree --watch", "what waits for what, as it changes"},
    {"kzsync status -l fail,held -o name", "names of the modules that need somebody"},
    {"kzsync status -o json | jq '.modules[] | select(.state != \"ok\")'", "for scripts"},
    {0},
};
const struct kz_command kz_cmd_status = {
    .name = "status",
    .summary = "show the state of each module",
    .args = "[MODULE...]",
    .args_max = 1000,
    .details = "Reads what `kzsync run` writes into the cluster; needs nothing but the right to read ConfigMaps "
               "in its namespace. A MODULE is a name or a pattern as 'net-*'; of one module all is told.",
    .options = options,
    .examples = examples,
    .run = run,
};
