/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/config.h"

#include "base/fs.h"
#include "kube/exec_plugin.h"
#include "kube/kubefile.h"
#include "kube/token.h"

#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 4 << 20, MATERIAL_MAX = 1 << 20 };
static const char ACCOUNT_DIR[] = "/var/run/secrets/kubernetes.io/serviceaccount";

static const char *env_get(const struct kz_kube_source *src, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; src->environ != NULL && src->environ[i] != NULL; i++)
        if (strncmp(src->environ[i], name, n) == 0 && src->environ[i][n] == '=')
            return src->environ[i] + n + 1;
    return "";
}

/* ---- the server ------------------------------------------------------------------------------ */
static bool has_scheme(struct kz_str url, const char *const *schemes)
{
    for (; *schemes != NULL; schemes++)
        if (kz_str_starts(url, kz_str(*schemes)) && url.len > kz_str(*schemes).len)
            return true;
    return false;
}

static bool is_plain_url(struct kz_str url)
{
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= 0x20 || (unsigned char)url.ptr[i] >= 0x7f ||
            strchr("@?#\\\"", url.ptr[i]) != NULL)
            return false;
    return true;
}

static int read_url(struct kz_str *out, const struct kz_kubenode *n, struct kz_arena *a,
                    struct kz_err *err)
{
    static const char *const schemes[] = {"https://", "http://", NULL};
    int rc = kz_kubenode_text(out, n, "server", err);
    if (rc < 0)
        return rc;
    if (!has_scheme(*out, schemes) || !is_plain_url(*out)) {
        (void)kz_fail(err, KZ_E_INVALID,
                      "'server' must look like https://host:port, this is '" KZ_FMT "'",
                      KZ_ARG(kz_str_head(*out, is_plain_url(*out) ? 80 : 0)));
        return kz_kubenode_at(n, "server", err);
    }
    while (out->len > 0 && out->ptr[out->len - 1] == '/')
        *out = kz_str_head(*out, out->len - 1);
    *out = kz_str_dup(a, *out);
    return 0;
}

static int read_cluster(struct kz_kube_config *c, const struct kz_kubenode *n, struct kz_arena *a,
                        struct kz_err *err)
{
    static const char *const proxies[] = {"http://", "https://", "socks5://", "socks5h://", NULL};
    struct kz_server *s = &c->server;
    int rc = read_url(&s->base, n, a, err);
    rc = rc < 0 ? rc : kz_kubenode_material(&s->ca_pem, n, a, "certificate-authority", err);
    rc = rc < 0 ? rc : kz_kubenode_flag(&s->insecure, n, "insecure-skip-tls-verify", err);
    rc = rc < 0 ? rc : kz_kubenode_text(&s->server_name, n, "tls-server-name", err);
    rc = rc < 0 ? rc : kz_kubenode_text(&s->proxy, n, "proxy-url", err);
    if (rc < 0)
        return rc;
    if (s->insecure && s->ca_pem.len > 0) {
        (void)kz_fail(
            err, KZ_E_INVALID,
            "'insecure-skip-tls-verify' beside a certificate authority: one of them is a mistake");
        return kz_kubenode_at(n, "insecure-skip-tls-verify", err);
    }
    if (s->proxy.len > 0 && !has_scheme(s->proxy, proxies)) {
        (void)kz_fail(err, KZ_E_INVALID,
                      "'proxy-url' must begin with http://, https:// or socks5://");
        return kz_kubenode_at(n, "proxy-url", err);
    }
    return 0;
}

/* ---- the user -------------------------------------------------------------------------------- */
static int refuse_keys(const struct kz_kubenode *n, struct kz_err *err)
{
    static const struct {
        const char *key, *hint;
    } rows[] = {
        {"auth-provider", "kubectl has removed it too: use an exec plugin"    },
        {"as-groups",     "give the groups to the impersonated account itself"},
        {"as-uid",        "only 'as' is supported"                            },
        {"as-user-extra", "only 'as' is supported"                            },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        if (kz_value_len(kz_value_get(n->map, rows[i].key)) == 0 &&
            kz_value_as_str(kz_value_get(n->map, rows[i].key)).len == 0)
            continue;
        (void)kz_fail(err, KZ_E_INVALID, "'%s' of a kubeconfig user is not supported", rows[i].key);
        (void)kz_err_hint(err, "%s", rows[i].hint);
        return kz_kubenode_at(n, rows[i].key, err);
    }
    return 0;
}

static int read_key_pair(struct kz_kube_config *c, const struct kz_kubenode *n, struct kz_arena *a,
                         struct kz_err *err)
{
    int rc = kz_kubenode_material(&c->server.cert_pem, n, a, "client-certificate", err);
    rc = rc < 0 ? rc : kz_kubenode_material(&c->server.key_pem, n, a, "client-key", err);
    if (rc < 0 || (c->server.cert_pem.len > 0) == (c->server.key_pem.len > 0))
        return rc;
    (void)kz_fail(err, KZ_E_INVALID,
                  "a client certificate and its key go together, one is missing");
    return kz_kubenode_at(n, NULL, err);
}

static int read_user(struct kz_kube_config *c, const struct kz_kubenode *n, struct kz_arena *a,
                     struct kz_err *err)
{
    struct kz_str file = KZ_STR("");
    int rc = refuse_keys(n, err);
    rc = rc < 0 ? rc : read_key_pair(c, n, a, err);
    rc = rc < 0 ? rc : kz_kubenode_text(&c->token, n, "token", err);
    rc = rc < 0 ? rc : kz_kubenode_text(&file, n, "tokenFile", err);
    rc = rc < 0 ? rc : kz_kubenode_text(&c->server.basic_user, n, "username", err);
    rc = rc < 0 ? rc : kz_kubenode_text(&c->server.basic_password, n, "password", err);
    rc = rc < 0 ? rc : kz_kubenode_text(&c->impersonate_user, n, "as", err);
    if (rc < 0)
        return rc;
    c->token_file = kz_kubenode_path(n, a, file);
    if (c->token.len > 0 && !kz_token_trim(&c->token)) {
        (void)kz_fail(err, KZ_E_INVALID, "'token' holds blanks or control characters");
        return kz_kubenode_at(n, "token", err);
    }
    return 0;
}

/* ---- choosing -------------------------------------------------------------------------------- */
/* An entry that must exist. `by` says who names it. */
static int find_named(struct kz_kubenode *out, const struct kz_kubefiles *f, struct kz_arena *a,
                      const char *list, const char *member, struct kz_str name,
                      const struct kz_kubenode *by, struct kz_err *err)
{
    struct kz_str nearest;
    int rc = kz_kubefiles_find(out, f, list, member, name, err);
    if (rc < 0 || out->map != NULL)
        return rc;
    struct kz_str all = kz_kubefiles_names(f, a, list, name, &nearest);
    (void)kz_fail(err, KZ_E_NOTFOUND, "the kubeconfig has no %s '" KZ_FMT "'", member,
                  KZ_ARG(kz_str_head(name, 80)));
    if (nearest.len > 0)
        (void)kz_err_hint(err, "did you mean '" KZ_FMT "'?", KZ_ARG(nearest));
    else if (all.len > 0)
        (void)kz_err_hint(err, "it has: " KZ_FMT, KZ_ARG(all));
    if (by != NULL)
        return kz_kubenode_at(by, member, err);
    return kz_err_at(err, f->at[0].path, 0, 0);
}

static int pick_context(struct kz_str *name, const struct kz_kubefiles *f, struct kz_arena *a,
                        const struct kz_kube_source *src, struct kz_err *err)
{
    struct kz_str nearest;
    *name = kz_str(src->context);
    if (name->len > 0)
        return 0;
    int rc = kz_kubefiles_text(name, f, "current-context", err);
    if (rc < 0 || name->len > 0)
        return rc;
    struct kz_str all = kz_kubefiles_names(f, a, "contexts", *name, &nearest);
    (void)kz_fail(err, KZ_E_NOTFOUND, "the kubeconfig names no current context");
    (void)kz_err_hint(err,
                      all.len > 0 ? "choose one with --context: " KZ_FMT
                                  : "it has no contexts at all" KZ_FMT,
                      KZ_ARG(all));
    return kz_err_at(err, f->at[0].path, 0, 0);
}

static int choose(struct kz_kube_config *out, const struct kz_kubefiles *f, struct kz_arena *a,
                  const struct kz_kube_source *src, struct kz_err *err)
{
    struct kz_kube_config c = {.ns = KZ_STR("")};
    struct kz_kubenode context, cluster, user;
    int rc = pick_context(&c.context, f, a, src, err);
    rc = rc < 0 ? rc : find_named(&context, f, a, "contexts", "context", c.context, NULL, err);
    rc = rc < 0 ? rc : kz_kubenode_text(&c.cluster, &context, "cluster", err);
    rc = rc < 0 ? rc : kz_kubenode_text(&c.user, &context, "user", err);
    rc = rc < 0 ? rc : kz_kubenode_text(&c.ns, &context, "namespace", err);
    rc = rc < 0 ? rc : find_named(&cluster, f, a, "clusters", "cluster", c.cluster, &context, err);
    rc = rc < 0 ? rc : read_cluster(&c, &cluster, a, err);
    if (rc == 0 && c.user.len > 0) {
        rc = find_named(&user, f, a, "users", "user", c.user, &context, err);
        rc = rc < 0 ? rc : read_user(&c, &user, a, err);
        rc = rc < 0 ? rc : kz_exec_plugin_read(&c.exec, a, &user, &cluster, &c, src->environ, err);
    }
    if (rc < 0)
        return rc;
    if (c.ns.len == 0)
        c.ns = KZ_STR("default");
    *out = c;
    return 0;
}

/* ---- sources --------------------------------------------------------------------------------- */
static int add_file(struct kz_kubefiles *f, struct kz_arena *a, struct kz_str path, bool must,
                    struct kz_err *err)
{
    struct kz_str text;
    path = kz_str_dup(a, path);
    int rc = kz_file_read(&text, a, path.ptr, FILE_MAX, err);
    if (rc == -(int)KZ_E_NOTFOUND && !must)
        return 0;
    if (rc < 0)
        return kz_wrap(err, "read kubeconfig");
    return kz_kubefiles_add(f, a, text, path, err);
}

/* $KUBECONFIG: files that are missing are left out, as kubectl does. */
static int add_list(struct kz_kubefiles *f, struct kz_arena *a, struct kz_str list,
                    struct kz_err *err)
{
    while (list.len > 0) {
        struct kz_str path;
        list = kz_str_cut(&path, list, ':');
        int rc = path.len == 0 ? 0 : add_file(f, a, path, false, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The service account of the pod we run in. */
static int in_cluster(struct kz_kube_config *out, struct kz_arena *a,
                      const struct kz_kube_source *src, struct kz_err *err)
{
    const char *host = env_get(src, "KUBERNETES_SERVICE_HOST");
    const char *port = env_get(src, "KUBERNETES_SERVICE_PORT");
    const char *dir = src->account_dir != NULL ? src->account_dir : ACCOUNT_DIR;
    bool v6 = strchr(host, ':') != NULL;
    struct kz_kube_config c = {
        .context = KZ_STR("in-cluster"),
        .cluster = KZ_STR("in-cluster"),
        .user = KZ_STR("service account"),
        .token_file = kz_str_printf(a, "%s/token", dir),
    };
    struct kz_str ca = kz_str_printf(a, "%s/ca.crt", dir);
    struct kz_str ns = kz_str_printf(a, "%s/namespace", dir);
    struct kz_err ignored;
    c.server.base = kz_str_printf(a, "https://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "",
                                  port[0] != '\0' ? port : "443");
    int rc =
        access(c.token_file.ptr, R_OK) == 0
            ? 0
            : kz_fail(err, KZ_E_NOTFOUND, "this pod has no service account token at '" KZ_FMT "'",
                      KZ_ARG(c.token_file));
    rc = rc < 0 ? rc : kz_file_read(&c.server.ca_pem, a, ca.ptr, MATERIAL_MAX, err);
    if (rc < 0) {
        (void)kz_err_hint(
            err, "set automountServiceAccountToken: true in the pod, or pass --kubeconfig");
        return kz_wrap(err, "use the service account of this pod");
    }
    if (kz_file_read(&c.ns, a, ns.ptr, 256, &ignored) < 0 || kz_str_trim(c.ns).len == 0)
        c.ns = KZ_STR("default");
    c.ns = kz_str_trim(c.ns);
    *out = c;
    return 0;
}

int kz_kube_config_parse(struct kz_kube_config *out, struct kz_arena *a, struct kz_str text,
                         struct kz_str name, const struct kz_kube_source *src, struct kz_err *err)
{
    struct kz_kubefiles files = {.n = 0};
    int rc = kz_kubefiles_add(&files, a, text, name, err);
    return rc < 0 ? rc : choose(out, &files, a, src, err);
}

int kz_kube_config_load(struct kz_kube_config *out, struct kz_arena *a,
                        const struct kz_kube_source *src, struct kz_err *err)
{
    struct kz_kubefiles files = {.n = 0};
    const char *list = env_get(src, "KUBECONFIG");
    const char *home = env_get(src, "HOME");
    int rc;
    if (src->file != NULL && src->file[0] != '\0')
        rc = add_file(&files, a, kz_str(src->file), true, err);
    else if (list[0] != '\0')
        rc = add_list(&files, a, kz_str(list), err);
    else
        rc = home[0] == '\0'
                 ? 0
                 : add_file(&files, a, kz_str_printf(a, "%s/.kube/config", home), false, err);
    if (rc < 0)
        return rc;
    if (files.n > 0)
        return choose(out, &files, a, src, err);
    if (list[0] == '\0' && env_get(src, "KUBERNETES_SERVICE_HOST")[0] != '\0')
        return in_cluster(out, a, src, err);
    if (list[0] != '\0')
        (void)kz_fail(err, KZ_E_NOTFOUND, "no file that KUBECONFIG names is there: '%s'", list);
    else
        (void)kz_fail(err, KZ_E_NOTFOUND,
                      "no kubeconfig: '%s/.kube/config' is not there, and this is not a pod", home);
    return kz_err_hint(err, "pass --kubeconfig FILE or set KUBECONFIG");
}
