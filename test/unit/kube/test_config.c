/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/config.h"
#include "kube/exec_plugin.h"

#include <criterion/criterion.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct kz_arena *a;

static void begin(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/kzsync-config-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    a = kz_arena_new((size_t)64 << 20);
}

static const char *path(const char *name)
{
    return kz_str_printf(a, "%s/%s", dir, name).ptr;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(path(name), "w");
    cr_assert_not_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static void end(void)
{
    static const char *const names[] = {"a",     "b",         "ca.pem", "config",
                                        "token", "namespace", "ca.crt"};
    for (size_t i = 0; i < kz_countof(names); i++)
        (void)unlink(path(names[i]));
    (void)rmdir(path(".kube"));
    cr_assert_eq(rmdir(dir), 0);
    kz_arena_free(a);
}

#define PEM     "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
#define PEM64   "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCngKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
#define HEAD    "apiVersion: v1\nkind: Config\ncurrent-context: prod\n"
#define CONTEXT "contexts:\n- name: prod\n  context: {cluster: c, user: u, namespace: shop}\n"
#define CLUSTER                                                                                       \
    "clusters:\n- name: c\n  cluster: {server: 'https://h:6443/', certificate-authority-data: " PEM64 \
    "}\n"
#define USER "users:\n- name: u\n  user: {token: abc}\n"

static int parse(struct kz_kube_config *c, const char *text, const char *context,
                 struct kz_err *err)
{
    const struct kz_kube_source src = {.context = context};
    return kz_kube_config_parse(c, a, kz_str(text), kz_str(path("config")), &src, err);
}

Test(config, whole, .init = begin, .fini = end)
{
    struct kz_kube_config c;
    struct kz_err err;
    put("ca.pem", PEM);
    cr_assert_eq(parse(&c, HEAD CONTEXT CLUSTER USER, NULL, &err), 0, "%s", err.frame[0]);
    cr_assert(kz_str_is(c.server.base, "https://h:6443"));
    cr_assert(kz_str_is(c.server.ca_pem, PEM));
    cr_assert(kz_str_is(c.token, "abc"));
    cr_assert(kz_str_is(c.ns, "shop"));
    cr_assert(kz_str_is(c.context, "prod"));

    cr_assert_eq(
        parse(
            &c,
            "{\"current-context\":\"x\",\"contexts\":[{\"name\":\"x\",\"context\":{\"cluster\":\"c\","
            "\"user\":\"u\"}}],\"clusters\":[{\"name\":\"c\",\"cluster\":{\"server\":\"http://[::1]:80/p/\","
            "\"certificate-authority\":\"ca.pem\",\"tls-server-name\":\"n\",\"proxy-url\":\"socks5://p\"}}],"
            "\"users\":[{\"name\":\"u\",\"user\":{\"client-certificate-data\":\"" PEM64
            "\",\"client-key\":\"ca.pem\",\"tokenFile\":\"t/f\",\"username\":\"n\",\"password\":\"p\","
            "\"as\":\"jane\"}}]}",
            NULL, &err),
        0, "%s", err.frame[0]);
    cr_assert(kz_str_is(c.server.base, "http://[::1]:80/p"));
    cr_assert(kz_str_is(c.server.ca_pem, PEM));
    cr_assert(kz_str_is(c.server.cert_pem, PEM));
    cr_assert(kz_str_is(c.server.key_pem, PEM));
    cr_assert(kz_str_is(c.server.server_name, "n"));
    cr_assert(kz_str_is(c.server.proxy, "socks5://p"));
    cr_assert(kz_str_is(c.server.basic_user, "n"));
    cr_assert(kz_str_is(c.impersonate_user, "jane"));
    cr_assert(kz_str_is(c.token_file, path("t/f")));
    cr_assert(kz_str_is(c.ns, "default"));
}

Test(config, mistakes, .init = begin, .fini = end)
{
    static const struct {
        const char *text, *context, *want, *hint;
    } rows[] = {
        {"a: [",                                                                                                                             NULL,        "read kubeconfig: ",                                                                                                                           ""                                              },
        {"- a",                                                                                                                              NULL,        "a kubeconfig must be a map, this is a list (D/config:1:1)",                                                                                   ""                                              },
        {"",                                                                                                                                 NULL,        "the kubeconfig names no current context (D/config)",
         "it has no contexts at all"                                                                                                                                                                                                                                                                                                                     },
        {CONTEXT,                                                                                                                            NULL,        "the kubeconfig names no current context (D/config)",
         "choose one with --context: prod"                                                                                                                                                                                                                                                                                                               },
        {HEAD CONTEXT CLUSTER USER,                                                                                                          "prd",       "the kubeconfig has no context 'prd' (D/config)",
         "did you mean 'prod'?"                                                                                                                                                                                                                                                                                                                          },
        {HEAD CONTEXT CLUSTER USER,                                                                                                          "elsewhere",
         "the kubeconfig has no context 'elsewhere' (D/config)",                                                                                                                                                                                                                                         "it has: prod"                                  },
        {HEAD CONTEXT USER,                                                                                                                  NULL,        "the kubeconfig has no cluster 'c' (D/config:6:22)",                                                                                           ""                                              },
        {HEAD CONTEXT CLUSTER,                                                                                                               NULL,        "the kubeconfig has no user 'u' (D/config:6:31)",                                                                                              ""                                              },
        {HEAD "contexts: {}\n",                                                                                                              NULL,        "'contexts' must be a list, this is a map (D/config:4:11)",
         ""                                                                                                                                                                                                                                                                                                                                              },
        {HEAD "contexts: [1]\n",                                                                                                             NULL,
         "'contexts' must be a map, this is a integer (D/config:4:12)",                                                                                                                                                                                                                                  ""                                              },
        {HEAD CONTEXT "clusters:\n- name: c\n  cluster: {server: 5}\n",                                                                      NULL,
         "'server' must be a string, this is a integer (D/config:9:21)",                                                                                                                                                                                                                                 ""                                              },
        {HEAD CONTEXT "clusters:\n- name: c\n  cluster: {server: 'h:6443'}\n",                                                               NULL,
         "'server' must look like https://host:port, this is 'h:6443' (D/config:9:21)",                                                                                                                                                                                                                  ""                                              },
        {HEAD CONTEXT "clusters:\n- name: c\n  cluster: {server: 'https://u:pw@h'}\n",                                                       NULL,
         "'server' must look like https://host:port, this is '' (D/config:9:21)",                                                                                                                                                                                                                        ""                                              },
        {HEAD CONTEXT
         "clusters:\n- name: c\n  cluster: {server: 'https://h', certificate-authority: nope}\n",                                   NULL,
         "read 'certificate-authority': read 'D/nope': No such file or directory (D/config:9:57)",                                                                                                                                                                                                       ""                                              },
        {HEAD CONTEXT
         "clusters:\n- name: c\n  cluster: {server: 'https://h', certificate-authority-data: '*'}\n",
         NULL,                                                                                                                                            "'certificate-authority-data' is not base64 (D/config:9:62)",                                                                                  ""                                              },
        {HEAD CONTEXT
         "clusters:\n- name: c\n  cluster: {server: 'https://h', certificate-authority-data: AAAA}\n",
         NULL,                                                                                                                                            "'certificate-authority-data' holds no PEM block (-----BEGIN ...) (D/config:9:62)",
         ""                                                                                                                                                                                                                                                                                                                                              },
        {HEAD CONTEXT
         "clusters:\n- name: c\n  cluster: {server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: " PEM64
         "}\n",                                                                                                                     NULL,
         "'insecure-skip-tls-verify' beside a certificate authority: one of them is a mistake (D/config:9:60)",
         ""                                                                                                                                                                                                                                                                                                                                              },
        {HEAD CONTEXT CLUSTER "users:\n- name: u\n  user: {client-certificate-data: " PEM64 "}\n",
         NULL,                                                                                                                                            "a client certificate and its key go together, one is missing (D/config:12:9)",                                                                ""                                              },
        {HEAD CONTEXT CLUSTER "users:\n- name: u\n  user: {token: \"a b\"}\n",                                                               NULL,
         "'token' holds blanks or control characters (D/config:12:17)",                                                                                                                                                                                                                                  ""                                              },
        {HEAD CONTEXT CLUSTER "users:\n- name: u\n  user: {auth-provider: {name: gcp}}\n",                                                   NULL,
         "'auth-provider' of a kubeconfig user is not supported (D/config:12:25)",                                                                                                                                                                                                                       "kubectl has removed it too: use an exec plugin"},
        {HEAD CONTEXT CLUSTER
         "users:\n- name: u\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}\n",
         NULL,                                                                                                                                            "the credential plugin speaks 'client.authentication.k8s.io/v1alpha1', we speak client.authentication.k8s.io/v1 and v1beta1 (D/config:12:29)",
         ""                                                                                                                                                                                                                                                                                                                                              },
        {HEAD CONTEXT CLUSTER
         "users:\n- name: u\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1}}\n",                                      NULL,        "the credential plugin has no 'command' (D/config:12:16)",                                                                                     ""                                              },
        {HEAD CONTEXT CLUSTER
         "users:\n- name: u\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}}\n",
         NULL,                                                                                                                                            "the credential plugin wants a terminal (interactiveMode Always) (D/config:12:91)",
         "use a context with another kind of credential"                                                                                                                                                                                                                                                                                                 },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_kube_config c;
        struct kz_err err = {.code = KZ_OK};
        char line[2048], want[1024];
        cr_expect_lt(parse(&c, rows[i].text, rows[i].context, &err), 0, "row %zu", i);
        (void)kz_err_line(line, sizeof line, &err);
        /* D stands for the scratch folder */
        size_t n = 0;
        for (const char *p = rows[i].want; *p != '\0' && n < sizeof want - 80; p++) {
            if (p[0] == 'D' && p[1] == '/')
                n += (size_t)snprintf(want + n, sizeof want - n, "%s", dir);
            else
                want[n++] = *p;
        }
        want[n] = '\0';
        if (i == 0)
            cr_expect_eq(strncmp(line, want, n), 0, "%s", line);
        else
            cr_expect_str_eq(line, want, "row %zu:\n%s\n%s", i, line, want);
        if (rows[i].hint[0] != '\0')
            cr_expect_str_eq(err.hint, rows[i].hint, "row %zu: %s", i, err.hint);
        cr_expect_null(strstr(line, "pw@"), "row %zu", i);
    }
}

static int load(struct kz_kube_config *c, struct kz_kube_source src, const char *const *environ_,
                struct kz_err *err)
{
    src.environ = environ_;
    src.account_dir = dir;
    return kz_kube_config_load(c, a, &src, err);
}

Test(config, where_it_looks, .init = begin, .fini = end)
{
    struct kz_kube_config c;
    struct kz_err err;
    char line[1024];
    put("a", HEAD "users:\n- name: u\n  user: {token: from-a}\n");
    put("b",
        "current-context: other\n" CONTEXT CLUSTER "users:\n- name: u\n  user: {token: from-b}\n");
    const char *list[] = {
        kz_str_printf(a, "KUBECONFIG=%s:%s::%s", path("none"), path("a"), path("b")).ptr, NULL};
    cr_assert_eq(load(&c, (struct kz_kube_source){0}, list, &err), 0, "%s", err.frame[0]);
    cr_assert(kz_str_is(c.token, "from-a"));
    cr_assert(kz_str_is(c.context, "prod"));
    cr_assert_eq(
        load(&c, (struct kz_kube_source){.file = path("b"), .context = "prod"}, list, &err), 0);
    cr_assert(kz_str_is(c.token, "from-b"));
    cr_assert_lt(load(&c, (struct kz_kube_source){.file = path("none")}, list, &err), 0);
    cr_assert_not_null(strstr(kz_err_line(line, sizeof line, &err), "none': No such file"));
    const char *missing[] = {"KUBECONFIG=/nowhere", "KUBERNETES_SERVICE_HOST=h", NULL};
    cr_assert_lt(load(&c, (struct kz_kube_source){0}, missing, &err), 0);
    cr_assert_str_eq(kz_err_line(line, sizeof line, &err),
                     "no file that KUBECONFIG names is there: '/nowhere'");
    const char *home[] = {kz_str_printf(a, "HOME=%s", dir).ptr, NULL};
    cr_assert_lt(load(&c, (struct kz_kube_source){0}, home, &err), 0);
    cr_assert_not_null(strstr(err.frame[0], "this is not a pod"));
    cr_assert_lt(load(&c, (struct kz_kube_source){.file = dir}, home, &err), 0); /* a folder */
}

Test(config, in_a_pod, .init = begin, .fini = end)
{
    struct kz_kube_config c;
    struct kz_err err;
    const char *env[] = {"KUBERNETES_SERVICE_HOST=fd00::1", "KUBERNETES_SERVICE_PORT=6443", NULL};
    cr_assert_lt(load(&c, (struct kz_kube_source){0}, env, &err), 0);
    cr_assert_neq(err.hint[0], '\0');
    put("token", "abc\n");
    put("ca.crt", PEM);
    cr_assert_eq(load(&c, (struct kz_kube_source){0}, env, &err), 0, "%s", err.frame[0]);
    cr_assert(kz_str_is(c.server.base, "https://[fd00::1]:6443"));
    cr_assert(kz_str_is(c.token_file, path("token")));
    cr_assert(kz_str_is(c.ns, "default"));
    put("namespace", "kzsync-system\n");
    cr_assert_eq(load(&c, (struct kz_kube_source){0}, env, &err), 0);
    cr_assert(kz_str_is(c.ns, "kzsync-system"));
}

Test(config, plugin, .init = begin, .fini = end)
{
    struct kz_kube_config c;
    struct kz_err err;
    const char *env[] = {"A=1", "B=2", "KUBERNETES_EXEC_INFO=old", NULL};
    const struct kz_kube_source src = {.environ = env};
    cr_assert_eq(
        kz_kube_config_parse(
            &c, a,
            KZ_STR(
                HEAD CONTEXT CLUSTER
                "users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n"
                "      command: bin/login\n      args: [--x, why]\n      env: [{name: B, value: 3}, {name: C, value: '4'}]\n"),
            kz_str(path("config")), &src, &err),
        -(int)KZ_E_INVALID); /* value: 3 is no text */
    cr_assert_eq(
        kz_kube_config_parse(
            &c, a,
            KZ_STR(
                HEAD CONTEXT CLUSTER
                "users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n"
                "      command: bin/login\n      args: [--x, why]\n      provideClusterInfo: true\n      installHint: get it\n"
                "      env: [{name: B, value: '3'}, {name: C, value: '4'}]\n"),
            kz_str(path("config")), &src, &err),
        0, "%s", err.frame[0]);
    cr_assert_str_eq(c.exec->argv[0], path("bin/login"));
    cr_assert_str_eq(c.exec->argv[2], "why");
    cr_assert_null(c.exec->argv[3]);
    cr_assert_str_eq(c.exec->envp[0], "A=1");
    cr_assert_str_eq(c.exec->envp[1], "B=3");
    cr_assert_str_eq(
        c.exec->envp[2],
        "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":"
        "\"client.authentication.k8s.io/v1beta1\",\"spec\":{\"interactive\":false,\"cluster\":{"
        "\"server\":\"https://h:6443\",\"certificate-authority-data\":\"" PEM64 "\"}}}");
    cr_assert_str_eq(c.exec->envp[3], "C=4");
    cr_assert_null(c.exec->envp[4]);
}

Test(config, plugin_answers, .init = begin, .fini = end)
{
#define ANSWER(status)                                                                                   \
    "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":" status \
    "}"
    static const char *const argv[] = {"login", NULL};
    const struct kz_exec_plugin plugin = {.api_version = "client.authentication.k8s.io/v1",
                                          .argv = argv};
    static const struct {
        const char *in, *want; /* NULL: fine */
    } rows[] = {
        {ANSWER("{\"token\":\"t0k3n\",\"expirationTimestamp\":\"2026-11-22T13:00:00Z\"}"),        NULL                                       },
        {ANSWER("{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\"}"),                     NULL                                       },
        {ANSWER("{\"clientCertificateData\":\"t0k3n\"}"),                                         "a certificate without its key"            },
        {ANSWER("{\"token\":\"t0k3n\\n\\nx\"}"),                                                  "a token with blanks or control characters"},
        {ANSWER("{\"token\":\"t0k3n\",\"expirationTimestamp\":\"t0k3n\"}"),
         "an expirationTimestamp that is no time"                                                                                            },
        {ANSWER("{}"),                                                                            "neither a token nor a certificate"        },
        {ANSWER("null"),                                                                          "neither a token nor a certificate"        },
        {"{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\"}",
         "no ExecCredential of the agreed apiVersion"                                                                                        },
        {"t0k3n",                                                                                 "something that is not JSON"               },
        {"",                                                                                      "something that is not JSON"               },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_exec_answer answer;
        struct kz_err err = {.code = KZ_OK};
        int rc = kz_exec_plugin_answer(&answer, a, &plugin, kz_str(rows[i].in), &err);
        cr_expect_eq(rc == 0, rows[i].want == NULL, "row %zu", i);
        if (rows[i].want != NULL) {
            cr_expect_not_null(strstr(err.frame[0], rows[i].want), "row %zu: %s", i, err.frame[0]);
            cr_expect_null(strstr(err.frame[0], "t0k3n"), "row %zu", i);
        }
    }
}
