/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole list as one answer. All pages show one version of the store; when the server has dropped
 * that version (410), the list begins anew, because the rest at another version would show an object
 * twice or not at all. */
#include "kube/call.h"
#include "kube/path.h"

static const int64_t LIST_TIMEOUT = 60 * KZ_NS_PER_SEC;
/* A request may wait in line at the server for a quarter of its minute, by its priority and fairness; what says nothing
 * for longer than that is asked again on another connection. */
static const int64_t LIST_SILENCE = 20 * KZ_NS_PER_SEC;
enum { RESTARTS_MAX = 3 };

/* Items of built-in kinds come without kind and apiVersion (docs/internals/api-server.md 4.1). */
static void name_items(struct kz_call *c, const struct kz_value *page)
{
    struct kz_str kind = kz_value_path_str(page, "kind");
    struct kz_str api_version = kz_value_path_str(page, "apiVersion");
    const struct kz_value *items = kz_value_get(page, "items");
    if (kz_str_ends(kind, KZ_STR("List")))
        kind = kz_str_head(kind, kind.len - 4);
    for (size_t i = 0; i < kz_value_len(items); i++) {
        struct kz_value *item = items->as.list.at[i];
        if (!kz_value_is(item, KZ_MAP))
            continue;
        if (kz_value_get(item, "kind") == NULL)
            kz_value_set(c->pages, item, KZ_STR("kind"), kz_value_str(c->pages, kind));
        if (kz_value_get(item, "apiVersion") == NULL)
            kz_value_set(c->pages, item, KZ_STR("apiVersion"), kz_value_str(c->pages, api_version));
        kz_value_push(c->pages, c->items, item);
    }
}

static void first_page(struct kz_call *c)
{
    if (c->on_page != NULL)
        c->on_page(c->arg, NULL);
    kz_arena_reset(c->pages);
    c->items = kz_value_list(c->pages);
    c->list_bytes = 0;
    c->path.len = c->list_path_len;
    c->path.ptr[c->path.len] = '\0';
}

/* Who takes pages as they come does not want them together. */
static void hand_out(struct kz_call *c)
{
    c->on_page(c->arg, c->items);
    kz_arena_reset(c->pages);
    c->items = kz_value_list(c->pages);
}

static bool too_large(struct kz_call *c, struct kz_result *res)
{
    c->list_bytes += res->text.len;
    if (c->list_max == 0 || c->list_bytes <= c->list_max)
        return false;
    (void)kz_fail(&c->list_err, KZ_E_LIMIT, "the list is larger than %zu MiB", c->list_max >> 20);
    (void)kz_wrap(&c->list_err, KZ_FMT, KZ_ARG(kz_ask_text(c->arena, &c->ask)));
    res->outcome = KZ_REFUSED;
    res->err = &c->list_err;
    res->body = NULL;
    return true;
}

static bool next_page(struct kz_call *c, struct kz_result *res)
{
    if (res->status == 410 && c->restarts < RESTARTS_MAX) {
        c->restarts++;
        first_page(c);
        return true;
    }
    if (res->outcome != KZ_DONE || too_large(c, res))
        return false;
    name_items(c, res->body);
    struct kz_str more = kz_value_path_str(res->body, "metadata.continue");
    const bool last = more.len == 0;
    if (!last) {
        c->path.len = c->list_path_len;
        c->path.ptr[c->path.len] = '\0';
        kz_path_query(&c->path, "continue", more);
    }
    if (c->on_page != NULL)
        hand_out(c);
    res->body = c->items;
    res->text = KZ_STR("");
    return !last;
}

/* What the calls differ in. */
struct how {
    struct kz_str version, selector;
    size_t max;
    const char *accept, *page;
    kz_kube_page on_page;
};

static uint64_t list_all(struct kz_kube *k, const struct kz_id *id, const struct how *how, kz_kube_done done, void *arg)
{
    const struct kz_api *api = kz_kube_api(k, id->group, how->version, id->kind);
    struct kz_call *c = kz_call_new(k, KZ_VERB_LIST, id);
    struct kz_err err;
    c->done = done;
    c->arg = arg;
    if (api == NULL) {
        (void)kz_fail(&err, KZ_E_NOTFOUND, "the API server does not serve kind '" KZ_FMT "'",
                      KZ_ARG(id->kind));
        (void)kz_wrap(&err, KZ_FMT, KZ_ARG(kz_ask_text(c->arena, &c->ask)));
        return kz_call_answer(c, KZ_NO_KIND, &err);
    }
    c->method = KZ_HTTP_GET;
    c->timeout = LIST_TIMEOUT;
    c->idle_timeout = LIST_SILENCE;
    c->accept = how->accept;
    c->on_page = how->on_page;
    kz_path_object(&c->path, api->group, api->version, api->plural,
                   api->namespaced ? id->ns : KZ_STR(""), KZ_STR(""));
    kz_path_query(&c->path, "limit", kz_str(how->page == NULL ? "500" : how->page));
    if (how->selector.len > 0)
        kz_path_query(&c->path, "labelSelector", how->selector);
    c->list_path_len = c->path.len;
    c->list_max = how->max;
    c->pages = kz_arena_new((size_t)4 << 30);
    c->items = kz_value_list(c->pages);
    c->next_page = next_page;
    return kz_call_submit(c);
}

uint64_t kz_kube_list(struct kz_kube *k, struct kz_str group, struct kz_str kind, struct kz_str ns,
                      struct kz_str label_selector, kz_kube_done done, void *arg)
{
    const struct kz_id id = {.group = group, .kind = kind, .ns = ns};
    return list_all(k, &id, &(struct how){.selector = label_selector}, done, arg);
}

uint64_t kz_kube_list_each(struct kz_kube *k, struct kz_str group, struct kz_str kind, struct kz_str ns,
                           struct kz_str label_selector, kz_kube_page on_page, kz_kube_done done, void *arg)
{
    const struct kz_id id = {.group = group, .kind = kind, .ns = ns};
    return list_all(k, &id, &(struct how){.selector = label_selector, .page = "4", .on_page = on_page}, done, arg);
}

uint64_t kz_kube_list_metadata(struct kz_kube *k, struct kz_str group, struct kz_str kind, struct kz_str ns,
                               struct kz_str label_selector, kz_kube_done done, void *arg)
{
    const struct kz_id id = {.group = group, .kind = kind, .ns = ns};
    const struct how how = {.selector = label_selector,
                            .accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"};
    return list_all(k, &id, &how, done, arg);
}

uint64_t kz_kube_list_at(struct kz_kube *k, const struct kz_id *kind, struct kz_str version, size_t max,
                         kz_kube_done done, void *arg)
{
    const struct kz_id id = {.group = kind->group, .kind = kind->kind, .ns = kind->ns};
    return list_all(k, &id, &(struct how){.version = version, .max = max}, done, arg);
}
