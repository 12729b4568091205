/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/look.h"
#include "base/log.h"
#include "cli/color.h"
#include "cli/status_page.h"
#include "kube/path.h"
#include "report/status.h"
#include "value/json.h"
#include "value/yaml.h"

#include <unistd.h>

static const size_t ARENA = (size_t)2 << 30; /* metadata of every object of a cluster, if asked for */

int kz_look_open(struct kz_look *l, const struct kz_args *args, unsigned parts, struct kz_err *err)
{
    *l = (struct kz_look){.args = args, .ns = kz_args_str(args, "namespace")};
    int rc = kz_app_open(&l->app, args, parts | KZ_APP_CLUSTER, err);
    if (rc < 0)
        return rc;
    /* What goes wrong is told in the answer, or is the error; a person does not read a log. */
    kz_log_setup(kz_args_flag(args, "verbose") ? KZ_DEBUG : KZ_ERROR, KZ_LOG_TEXT, STDERR_FILENO);
    l->arena = kz_arena_new(ARENA);
    kz_app_catch_signals(l->app);
    return 0;
}

int kz_look_end(struct kz_look *l, int rc)
{
    const bool interrupted = l->app != NULL && kz_app_interrupted(l->app);
    kz_history_free(l->history);
    kz_store_free(l->store);
    kz_arena_free(l->arena);
    kz_app_close(l->app);
    return interrupted ? KZ_EXIT_INTERRUPTED : rc;
}

/* ---- the document -------------------------------------------------------------------------------------- */

static struct kz_str platform_of(const struct kz_value *configmap)
{
    return kz_value_as_str(kz_value_get(kz_value_path(configmap, "metadata.labels"), KZ_STATUS_LABEL));
}

static struct kz_str names_of(struct kz_arena *a, const struct kz_value *list)
{
    struct kz_str text = KZ_STR("");
    for (size_t i = 0; i < kz_value_len(list); i++)
        text = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(text), i == 0 ? "" : ", ",
                             KZ_ARG(platform_of(kz_value_at(list, i))));
    return text;
}

static int none(const struct kz_look *l, struct kz_arena *a, const struct kz_value *list, struct kz_err *err)
{
    struct kz_str want = kz_args_str(l->args, "platform");
    (void)kz_fail(err, KZ_E_NOTFOUND, "no status%s" KZ_FMT " in namespace " KZ_FMT " of " KZ_FMT,
                  want.len > 0 ? " of platform " : "", KZ_ARG(want), KZ_ARG(l->ns), KZ_ARG(kz_app_server(l->app)));
    if (kz_value_len(list) > 0)
        return kz_err_hint(err, "there is one of " KZ_FMT, KZ_ARG(names_of(a, list)));
    return kz_err_hint(err, "is `kzsync run` at work there? it writes its status within a second");
}

int kz_look_pick(const struct kz_value **doc, const struct kz_look *l, struct kz_arena *a,
                 const struct kz_value *list, struct kz_err *err)
{
    struct kz_str want = kz_args_str(l->args, "platform");
    const struct kz_value *found = NULL;
    struct kz_value *status;
    size_t n = 0;
    for (size_t i = 0; i < kz_value_len(list); i++) {
        if (want.len > 0 && !kz_str_eq(want, platform_of(kz_value_at(list, i))))
            continue;
        found = kz_value_at(list, i);
        n++;
    }
    if (n == 0)
        return none(l, a, list, err);
    if (n > 1) {
        (void)kz_fail(err, KZ_E_INVALID, "there are several platforms: " KZ_FMT, KZ_ARG(names_of(a, list)));
        return kz_err_hint(err, "choose one with --platform NAME");
    }
    const int rc = kz_status_of(&status, a, found, err);
    if (rc >= 0)
        *doc = status;
    return rc;
}

int kz_look_status(struct kz_look *l, int64_t until, struct kz_err *err)
{
    kz_autobuf struct kz_buf path = KZ_BUF(KZ_PATH_MAX);
    struct kz_value *list;
    kz_path_object(&path, KZ_STR(""), KZ_STR("v1"), KZ_STR("configmaps"), l->ns, KZ_STR(""));
    kz_path_query(&path, "labelSelector", KZ_STR(KZ_STATUS_LABEL));
    struct kz_query q = {
        .verb = KZ_QUERY_TEXT, .path = kz_buf_str(&path), .id = {.kind = KZ_STR("ConfigMap"), .ns = l->ns}};
    int rc = kz_query_one(l->app, l->arena, &q, until, err);
    if (rc == -KZ_E_DENIED)
        (void)kz_err_hint(err, "kubectl auth can-i list configmaps -n " KZ_FMT, KZ_ARG(l->ns));
    if (rc < 0)
        return kz_wrap(err, "read the status in namespace " KZ_FMT, KZ_ARG(l->ns));
    rc = kz_json_read(&list, l->arena, q.text, KZ_STR("the list of ConfigMaps"), err);
    if (rc < 0)
        return rc;
    return kz_look_pick(&l->status, l, l->arena, kz_value_get(list, "items"), err);
}

struct kz_str kz_look_platform(const struct kz_look *l)
{
    return kz_value_path_str(l->status, "platform");
}

const struct kz_value *kz_look_find(const struct kz_look *l, struct kz_str module)
{
    const struct kz_value *modules = kz_value_get(l->status, "modules");
    for (size_t i = 0; i < kz_value_len(modules); i++)
        if (kz_str_eq(kz_value_path_str(kz_value_at(modules, i), "name"), module))
            return kz_value_at(modules, i);
    return NULL;
}

int kz_look_choose(struct kz_value **out, const struct kz_look *l, struct kz_str states, struct kz_err *err)
{
    struct kz_str *words = kz_new_n(l->arena, struct kz_str, l->args->n + 1);
    for (size_t i = 0; i < l->args->n; i++)
        words[i] = kz_args_pos(l->args, i);
    const struct kz_choice choice = {.words = words, .n = l->args->n, .states = states};
    return kz_modules_choose(out, l->arena, l->status, &choice, err);
}

int kz_look_module(const struct kz_value **out, const struct kz_look *l, struct kz_str name, struct kz_err *err)
{
    const struct kz_value *found = kz_look_find(l, name);
    struct kz_value *chosen;
    if (found != NULL) {
        *out = found;
        return 0;
    }
    const int rc = kz_modules_choose(&chosen, l->arena, l->status, &(struct kz_choice){.words = &name, .n = 1}, err);
    return rc < 0 ? rc
                  : kz_fail(err, KZ_E_USAGE, "'" KZ_FMT "' is a pattern; one module is to be named", KZ_ARG(name));
}

struct kz_page kz_look_page(const struct kz_look *l)
{
    bool terminal;
    const size_t width = kz_term_width(STDOUT_FILENO, &terminal);
    return (struct kz_page){.width = terminal ? width : 0,
                            .color = kz_color_for((enum kz_color_when)kz_args_word(l->args, "color"), STDOUT_FILENO),
                            .utf8 = kz_term_utf8(STDOUT_FILENO),
                            .now = kz_env_wall(kz_app_env(l->app))};
}

/* ---- for machines -------------------------------------------------------------------------------------- */

void kz_doc_put(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str text)
{
    if (text.len > 0)
        kz_value_set(a, map, kz_str(key), kz_value_str(a, text));
}

struct kz_value *kz_look_doc(const struct kz_look *l, const char *kind)
{
    struct kz_value *doc = kz_value_map(l->arena);
    kz_value_set(l->arena, doc, KZ_STR("v"), kz_value_int(l->arena, 1));
    kz_doc_put(l->arena, doc, "kind", kz_str(kind));
    kz_doc_put(l->arena, doc, "platform", kz_look_platform(l));
    return doc;
}

static const char *form_of(const struct kz_look *l)
{
    return kz_args_option(l->args, "output")->words[kz_args_word(l->args, "output")];
}

bool kz_look_wants_doc(const struct kz_look *l)
{
    return strcmp(form_of(l), "json") == 0 || strcmp(form_of(l), "yaml") == 0;
}

bool kz_look_add_doc(struct kz_buf *b, const struct kz_look *l, const struct kz_value *doc)
{
    if (!kz_look_wants_doc(l))
        return false;
    if (strcmp(form_of(l), "json") == 0)
        kz_json_write(b, doc, KZ_JSON_PRETTY);
    else
        kz_yaml_write(b, doc, KZ_YAML_ORDERED);
    return true;
}
