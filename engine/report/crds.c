/* SPDX-License-Identifier: Apache-2.0 */
#include "kz_version.h"
#include "report/crds.h"
#include "base/semver.h"
#include "report/put.h"
#include "spec/fields.h"
#include "value/yaml.h"

#define VERSION_ANNOTATION "kubezero.com/kzsync-version"

enum { AGAIN_MS = 250, TRIES = 40, ARENA = 64 << 20 };

static const struct kz_doc_kind *const docs[] = {&kz_doc_module, &kz_doc_platform};

struct kz_crds {
    const struct kz_env *env;
    struct kz_kube *kube;
    void (*done)(void *arg, const struct kz_err *err);
    void *arg;
    size_t at;       /* which of docs */
    unsigned tries;
    uint64_t call, timer;
};

static struct kz_value *crd(struct kz_arena *a, const struct kz_doc_kind *doc)
{
    struct kz_value *v = kz_fields_crd_value(a, doc), *notes = kz_value_map(a);
    put_str(a, notes, VERSION_ANNOTATION, KZ_STR(KZ_VERSION));
    put_str(a, notes, "helm.sh/resource-policy", KZ_STR("keep")); /* all that people wished would go with a release */
    kz_value_set(a, kz_value_child(v, KZ_STR("metadata")), KZ_STR("annotations"), notes);
    return v;
}

void kz_crds_text(struct kz_buf *b)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    for (size_t i = 0; i < kz_countof(docs); i++) {
        kz_buf_puts(b, "---\n");
        kz_yaml_write(b, crd(a, docs[i]), KZ_YAML_ORDERED);
    }
}

/* ---- into a cluster ------------------------------------------------------------------------------ */

static void ask(struct kz_crds *c);
static void serve(struct kz_crds *c);

static struct kz_id id_of(struct kz_arena *a, const struct kz_doc_kind *doc)
{
    return (struct kz_id){.group = KZ_STR("apiextensions.k8s.io"), .kind = KZ_STR("CustomResourceDefinition"),
                          .name = kz_str_printf(a, "%s.kubezero.com", doc->plural)};
}

static void next(struct kz_crds *c)
{
    if (++c->at < kz_countof(docs))
        ask(c);
    else
        serve(c);
}

static void on_applied(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_crds *c = arg;
    (void)id;
    c->call = 0;
    if (res->err != NULL)
        c->done(c->arg, res->err);
    else
        next(c);
}

/* A downgraded kzsync must not take away fields that the newer one has written. */
static bool is_newer(const struct kz_value *found)
{
    struct kz_semver theirs, ours;
    struct kz_str text = kz_value_as_str(kz_value_get(kz_value_path(found, "metadata.annotations"), VERSION_ANNOTATION));
    return kz_semver_parse(&theirs, text) && kz_semver_parse(&ours, KZ_STR(KZ_VERSION)) &&
           kz_semver_cmp(&theirs, &ours) > 0;
}

static void on_found(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_crds *c = arg;
    static const struct kz_write how = {.manager = "kzsync"};
    (void)id;
    c->call = 0;
    if (res->err != NULL && res->outcome != KZ_NO_OBJECT) {
        c->done(c->arg, res->err);
        return;
    }
    if (res->err == NULL && is_newer(res->body)) {
        next(c);
        return;
    }
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    const struct kz_id crd_id = id_of(a, docs[c->at]);
    c->call = kz_kube_apply_by(c->kube, &crd_id, &how, crd(a, docs[c->at]), KZ_APPLY_FORCE, on_applied, c);
}

static void ask(struct kz_crds *c)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 16);
    const struct kz_id id = id_of(a, docs[c->at]);
    c->call = kz_kube_get(c->kube, &id, on_found, c);
}

/* ---- until they are served ----------------------------------------------------------------------- */

static bool served(const struct kz_crds *c)
{
    for (size_t i = 0; i < kz_countof(docs); i++)
        if (kz_kube_api(c->kube, KZ_STR("kubezero.com"), KZ_STR(""), kz_str(docs[i]->kind)) == NULL)
            return false;
    return true;
}

static void on_again(void *arg, uint64_t id)
{
    struct kz_crds *c = arg;
    (void)id;
    c->timer = 0;
    serve(c);
}

static void on_discovered(void *arg, const struct kz_err *err)
{
    struct kz_crds *c = arg;
    struct kz_err late;
    if (served(c)) {
        c->done(c->arg, NULL);
    } else if (++c->tries < TRIES) {
        c->timer = kz_env_timer(c->env, AGAIN_MS * KZ_NS_PER_MS, on_again, c);
    } else {
        (void)kz_fail(&late, KZ_E_TIMEOUT, "the kinds of group kubezero.com are not served after %d s",
                      TRIES * AGAIN_MS / 1000);
        c->done(c->arg, err != NULL ? err : &late);
    }
}

static void serve(struct kz_crds *c)
{
    kz_kube_discover(c->kube, on_discovered, c);
}

struct kz_crds *kz_crds_install(const struct kz_env *env, struct kz_kube *kube,
                                void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    struct kz_crds *c = calloc(1, sizeof *c);
    kz_assert(c != NULL);
    *c = (struct kz_crds){.env = env, .kube = kube, .done = done, .arg = arg};
    ask(c);
    return c;
}

void kz_crds_free(struct kz_crds *c)
{
    if (c == NULL)
        return;
    kz_kube_cancel(c->kube, c->call);
    kz_env_timer_stop(c->env, &c->timer);
    kz_kube_discover_forget(c->kube, c);
    free(c);
}
