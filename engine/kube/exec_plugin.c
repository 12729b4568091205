/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/exec_plugin.h"

#include "base/base64.h"
#include "base/clock.h"
#include "kube/token.h"
#include "value/json.h"

#include <string.h>

enum { ARGS_MAX = 256, ENV_MAX = 4096 };
static const char V1[] = "client.authentication.k8s.io/v1";
static const char V1BETA1[] = "client.authentication.k8s.io/v1beta1";

/* ---- what to run ----------------------------------------------------------------------------- */
static void set_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str s)
{
    if (s.len > 0)
        kz_value_set(a, map, kz_str(key), kz_value_str(a, s));
}

static struct kz_value *cluster_info(struct kz_arena *a, const struct kz_kubenode *cluster,
                                     const struct kz_kube_config *c)
{
    struct kz_value *info = kz_value_map(a);
    const struct kz_value *extensions = kz_value_get(cluster->map, "extensions");
    set_str(a, info, "server", c->server.base);
    set_str(a, info, "tls-server-name", c->server.server_name);
    set_str(a, info, "proxy-url", c->server.proxy);
    if (c->server.insecure)
        kz_value_set(a, info, KZ_STR("insecure-skip-tls-verify"), kz_value_bool(a, true));
    if (c->server.ca_pem.len > 0)
        set_str(a, info, "certificate-authority-data", kz_base64_encode(a, c->server.ca_pem));
    for (size_t i = 0; i < kz_value_len(extensions); i++) {
        const struct kz_value *e = kz_value_at(extensions, i);
        const struct kz_value *config = kz_value_get(e, "extension");
        if (config != NULL &&
            kz_str_is(kz_value_path_str(e, "name"), "client.authentication.k8s.io/exec"))
            kz_value_set(a, info, KZ_STR("config"), kz_value_copy(a, config));
    }
    return info;
}

/* The request to the plugin: KUBERNETES_EXEC_INFO. */
static struct kz_str exec_info(struct kz_arena *a, const char *api_version,
                               struct kz_value *cluster)
{
    KZ_CLEANUP(kz_buf_done) struct kz_buf b;
    struct kz_value *spec = kz_value_map(a);
    struct kz_value *doc = kz_value_map(a);
    kz_buf_init(&b, 4 << 20);
    kz_value_set(a, spec, KZ_STR("interactive"), kz_value_bool(a, false));
    if (cluster != NULL)
        kz_value_set(a, spec, KZ_STR("cluster"), cluster);
    kz_value_set(a, doc, KZ_STR("kind"), kz_value_cstr(a, "ExecCredential"));
    kz_value_set(a, doc, KZ_STR("apiVersion"), kz_value_cstr(a, api_version));
    kz_value_set(a, doc, KZ_STR("spec"), spec);
    kz_buf_puts(&b, "KUBERNETES_EXEC_INFO=");
    kz_json_write(&b, doc, KZ_JSON_COMPACT);
    return kz_str_dup(a, kz_buf_str(&b));
}

/* Sets NAME=value; what is there under that name goes. */
static void env_set(const char **envp, size_t *n, const char *pair)
{
    size_t name = (size_t)(strchr(pair, '=') - pair) + 1;
    size_t i = 0;
    while (i < *n && strncmp(envp[i], pair, name) != 0)
        i++;
    if (i == *n)
        (*n)++;
    envp[i] = pair;
}

static int read_env(struct kz_exec_plugin *p, struct kz_arena *a, const struct kz_kubenode *exec,
                    const char *const *environ, struct kz_str info, struct kz_err *err)
{
    const struct kz_value *list = kz_value_get(exec->map, "env");
    size_t inherited = 0;
    while (environ != NULL && environ[inherited] != NULL)
        inherited++;
    if (inherited + kz_value_len(list) > ENV_MAX) {
        (void)kz_fail(err, KZ_E_LIMIT, "the environment of the plugin has over %d variables",
                      ENV_MAX);
        return kz_kubenode_at(exec, "env", err);
    }
    const char **envp = kz_new_n(a, const char *, inherited + kz_value_len(list) + 2);
    size_t n = 0;
    for (; n < inherited; n++)
        envp[n] = environ[n];
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_kubenode var = {exec->file, kz_value_at(list, i)};
        struct kz_str name = KZ_STR("");
        struct kz_str value = KZ_STR("");
        int rc = kz_kubenode_text(&name, &var, "name", err);
        rc = rc < 0 ? rc : kz_kubenode_text(&value, &var, "value", err);
        if (rc < 0)
            return rc;
        if (name.len == 0 || kz_str_index(name, '=') < name.len) {
            (void)kz_fail(err, KZ_E_INVALID, "a variable of the plugin needs a 'name' without '='");
            return kz_kubenode_at(&var, NULL, err);
        }
        env_set(envp, &n, kz_str_printf(a, KZ_FMT "=" KZ_FMT, KZ_ARG(name), KZ_ARG(value)).ptr);
    }
    env_set(envp, &n, info.ptr);
    p->envp = envp;
    return 0;
}

static int read_argv(struct kz_exec_plugin *p, struct kz_arena *a, const struct kz_kubenode *exec,
                     struct kz_err *err)
{
    const struct kz_value *args = kz_value_get(exec->map, "args");
    struct kz_str command = KZ_STR("");
    int rc = kz_kubenode_text(&command, exec, "command", err);
    if (rc < 0)
        return rc;
    if (command.len == 0 || kz_value_len(args) > ARGS_MAX) {
        (void)kz_fail(err, KZ_E_INVALID,
                      command.len == 0 ? "the credential plugin has no 'command'"
                                       : "the credential plugin has too many 'args'");
        return kz_kubenode_at(exec, NULL, err);
    }
    const char **argv = kz_new_n(a, const char *, kz_value_len(args) + 2);
    if (kz_str_index(command, '/') < command.len)
        command = kz_kubenode_path(exec, a, command);
    argv[0] = kz_cstr(a, command);
    for (size_t i = 0; i < kz_value_len(args); i++) {
        const struct kz_value *arg = kz_value_at(args, i);
        if (!kz_value_is(arg, KZ_STRING) ||
            memchr(arg->as.str.ptr, '\0', arg->as.str.len) != NULL) {
            (void)kz_fail(err, KZ_E_INVALID, "an argument of the plugin is not a text");
            return kz_kubenode_at(exec, "args", err);
        }
        argv[i + 1] = kz_cstr(a, arg->as.str);
    }
    p->argv = argv;
    return 0;
}

static int check_kind(struct kz_exec_plugin *p, const struct kz_kubenode *exec, struct kz_err *err)
{
    struct kz_str version = KZ_STR("");
    struct kz_str mode = KZ_STR("");
    int rc = kz_kubenode_text(&version, exec, "apiVersion", err);
    rc = rc < 0 ? rc : kz_kubenode_text(&mode, exec, "interactiveMode", err);
    if (rc < 0)
        return rc;
    p->api_version = kz_str_is(version, V1) ? V1 : kz_str_is(version, V1BETA1) ? V1BETA1 : NULL;
    if (p->api_version == NULL) {
        (void)kz_fail(err, KZ_E_INVALID,
                      "the credential plugin speaks '" KZ_FMT "', we speak %s and v1beta1",
                      KZ_ARG(kz_str_head(version, 80)), V1);
        return kz_kubenode_at(exec, "apiVersion", err);
    }
    if (kz_str_is(mode, "Always")) {
        (void)kz_fail(err, KZ_E_INVALID,
                      "the credential plugin wants a terminal (interactiveMode Always)");
        (void)kz_err_hint(err, "use a context with another kind of credential");
        return kz_kubenode_at(exec, "interactiveMode", err);
    }
    return 0;
}

int kz_exec_plugin_read(const struct kz_exec_plugin **out, struct kz_arena *a,
                        const struct kz_kubenode *user, const struct kz_kubenode *cluster,
                        const struct kz_kube_config *config, const char *const *environ,
                        struct kz_err *err)
{
    const struct kz_kubenode exec = {user->file, kz_value_get(user->map, "exec")};
    struct kz_exec_plugin *p;
    bool wants_cluster = false;
    if (exec.map == NULL || exec.map->kind == KZ_NULL)
        return 0;
    if (exec.map->kind != KZ_MAP) {
        (void)kz_fail(err, KZ_E_INVALID, "'exec' must be a map");
        return kz_kubenode_at(&exec, NULL, err);
    }
    p = kz_new(a, struct kz_exec_plugin);
    int rc = check_kind(p, &exec, err);
    rc = rc < 0 ? rc : read_argv(p, a, &exec, err);
    rc = rc < 0 ? rc : kz_kubenode_text(&p->install_hint, &exec, "installHint", err);
    rc = rc < 0 ? rc : kz_kubenode_flag(&wants_cluster, &exec, "provideClusterInfo", err);
    if (rc < 0)
        return rc;
    struct kz_str info =
        exec_info(a, p->api_version, wants_cluster ? cluster_info(a, cluster, config) : NULL);
    rc = read_env(p, a, &exec, environ, info, err);
    if (rc == 0)
        *out = p;
    return rc;
}

/* ---- what it answered ------------------------------------------------------------------------ */
static int bad_answer(const struct kz_exec_plugin *plugin, struct kz_err *err, const char *what)
{
    return kz_fail(err, KZ_E_REMOTE, "the credential plugin '%s' answered %s", plugin->argv[0],
                   what);
}

int kz_exec_plugin_answer(struct kz_exec_answer *out, struct kz_arena *a,
                          const struct kz_exec_plugin *plugin, struct kz_str text,
                          struct kz_err *err)
{
    struct kz_value *doc = NULL;
    struct kz_err ignored; /* its text may quote the answer */
    if (kz_json_read(&doc, a, text, KZ_STR("plugin"), &ignored) < 0)
        return bad_answer(plugin, err, "something that is not JSON");
    if (!kz_str_is(kz_value_path_str(doc, "kind"), "ExecCredential") ||
        !kz_str_is(kz_value_path_str(doc, "apiVersion"), plugin->api_version))
        return bad_answer(plugin, err, "no ExecCredential of the agreed apiVersion");
    const struct kz_value *status = kz_value_get(doc, "status");
    struct kz_exec_answer answer = {
        .token = kz_value_path_str(status, "token"),
        .cert_pem = kz_value_path_str(status, "clientCertificateData"),
        .key_pem = kz_value_path_str(status, "clientKeyData"),
        .expires = INT64_MAX,
    };
    struct kz_str expires = kz_value_path_str(status, "expirationTimestamp");
    if (expires.len > 0 && !kz_time_parse(&answer.expires, expires))
        return bad_answer(plugin, err, "an expirationTimestamp that is no time");
    if (answer.token.len == 0 && answer.cert_pem.len == 0)
        return bad_answer(plugin, err, "neither a token nor a certificate");
    if (answer.token.len > 0 && !kz_token_trim(&answer.token))
        return bad_answer(plugin, err, "a token with blanks or control characters");
    if ((answer.cert_pem.len > 0) != (answer.key_pem.len > 0))
        return bad_answer(plugin, err, "a certificate without its key");
    *out = answer;
    return 0;
}
