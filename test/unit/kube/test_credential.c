/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials on the real loop: token files and a plugin that is a small shell script. */
#include "kube/credential.h"

#include <criterion/criterion.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct kz_arena *a;
static struct kz_loop *loop;
static int calls;
static char text[2048], hint[256];

static const char *path(const char *name)
{
    return kz_str_printf(a, "%s/%s", dir, name).ptr;
}

static void put(const char *name, const char *content)
{
    FILE *f = fopen(path(name), "w");
    cr_assert_not_null(f);
    (void)fputs(content, f);
    (void)fclose(f);
    cr_assert_eq(chmod(path(name), 0700), 0);
}

static void begin(void)
{
    struct kz_err err;
    (void)snprintf(dir, sizeof dir, "/tmp/kzsync-credential-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    a = kz_arena_new((size_t)64 << 20);
    cr_assert_eq(kz_loop_new(&loop, &err), 0);
    calls = 0;
}

static void end(void)
{
    (void)unlink(path("token"));
    (void)unlink(path("login"));
    (void)unlink(path("count"));
    cr_assert_eq(rmdir(dir), 0);
    kz_loop_free(loop);
    kz_arena_free(a);
}

static void on_ready(void *arg, const struct kz_err *err)
{
    (void)arg;
    calls++;
    text[0] = hint[0] = '\0';
    if (err != NULL) {
        (void)kz_err_line(text, sizeof text, err);
        (void)snprintf(hint, sizeof hint, "%s", err->hint);
    }
    kz_loop_stop(loop);
}

static struct kz_kube_credential *ready(const struct kz_kube_config *config)
{
    struct kz_kube_credential *c = kz_kube_credential_new(loop, config);
    kz_kube_credential_ready(c, on_ready, NULL);
    cr_assert_eq(calls, 0);
    kz_loop_run(loop);
    cr_assert_eq(calls, 1);
    return c;
}

Test(credential, token_file, .init = begin, .fini = end)
{
    const struct kz_kube_config config = {.token_file = kz_str(path("token"))};
    put("token", "one\n");
    struct kz_kube_credential *c = ready(&config);
    struct kz_server s = kz_kube_credential_server(c);
    cr_assert(kz_str_is(s.token(s.arg), "one"));
    put("token", "two");
    cr_assert(kz_str_is(s.token(s.arg), "one")); /* within the minute */
    s.token_refused(s.arg);
    cr_assert(kz_str_is(s.token(s.arg), "two"));
    put("token", "");
    s.token_refused(s.arg);
    cr_assert(kz_str_is(s.token(s.arg), "two")); /* the last good one */
    kz_kube_credential_free(c);
}

Test(credential, missing_token_file, .init = begin, .fini = end)
{
    const struct kz_kube_config config = {.token_file = kz_str(path("token"))};
    struct kz_kube_credential *c = ready(&config);
    cr_assert_not_null(strstr(text, "No such file"));
    kz_kube_credential_free(c);
}

#define ANSWER(status)                                                                                   \
    "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":" status \
    "}"

static struct kz_kube_config plugin_config(void)
{
    const char **argv = kz_new_n(a, const char *, 2);
    const char **envp = kz_new_n(a, const char *, 2);
    struct kz_exec_plugin *p = kz_new(a, struct kz_exec_plugin);
    argv[0] = path("login");
    envp[0] = "PATH=/usr/bin:/bin";
    *p = (struct kz_exec_plugin){"client.authentication.k8s.io/v1", argv, envp,
                                 KZ_STR("install login")};
    return (struct kz_kube_config){.exec = p};
}

Test(credential, plugin, .init = begin, .fini = end)
{
    struct kz_kube_config config = plugin_config();
    put("login", "#!/bin/sh\necho noise >&2\necho '" ANSWER("{\"token\":\"t1\"}") "'\n");
    struct kz_kube_credential *c = ready(&config);
    cr_assert_str_eq(text, "");
    struct kz_server s = kz_kube_credential_server(c);
    cr_assert(kz_str_is(s.token(s.arg), "t1"));
    kz_kube_credential_free(c);
}

Test(credential, plugin_gives_a_certificate, .init = begin, .fini = end)
{
    struct kz_kube_config config = plugin_config();
    put("login", "#!/bin/sh\necho '" ANSWER(
                     "{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\"}") "'\n");
    struct kz_kube_credential *c = ready(&config);
    struct kz_server s = kz_kube_credential_server(c);
    cr_assert(kz_str_is(s.cert_pem, "c"));
    cr_assert(kz_str_is(s.key_pem, "k"));
    cr_assert_eq(s.token(s.arg).len, 0);
    kz_kube_credential_free(c);
}

Test(credential, plugin_runs_ahead_of_expiry_but_not_in_a_row, .init = begin, .fini = end)
{
    struct kz_kube_config config = plugin_config();
    put("login", "#!/bin/sh\necho x >>\"$(dirname \"$0\")/count\"\necho '" ANSWER(
                     "{\"token\":\"t1\",\"expirationTimestamp\":\"2001-01-01T00:00:00Z\"}") "'\n");
    struct kz_kube_credential *c = ready(&config);
    struct kz_server s = kz_kube_credential_server(c);
    for (int i = 0; i < 100; i++) {
        cr_assert(kz_str_is(s.token(s.arg), "t1"));
        s.token_refused(s.arg);
    }
    kz_kube_credential_free(c); /* the pause keeps the second run away */
    struct stat st;
    cr_assert_eq(stat(path("count"), &st), 0);
    cr_assert_eq(st.st_size, 2);
}

Test(credential, plugin_fails, .init = begin, .fini = end)
{
    struct kz_kube_config config = plugin_config();
    put("login", "#!/bin/sh\necho first >&2\necho 'please log in' >&2\necho t0k3n\nexit 3\n");
    struct kz_kube_credential *c = ready(&config);
    cr_assert_not_null(strstr(text, "ended with code 3: please log in"), "%s", text);
    cr_assert_null(strstr(text, "t0k3n"));
    cr_assert_str_eq(hint, "install login");
    kz_kube_credential_free(c);
}

Test(credential, plugin_is_missing, .init = begin, .fini = end)
{
    struct kz_kube_config config = plugin_config();
    struct kz_kube_credential *c = ready(&config);
    cr_assert_not_null(strstr(text, "run the credential plugin"), "%s", text);
    cr_assert_str_eq(hint, "install login");
    kz_kube_credential_free(c);
}
