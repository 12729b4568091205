/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/credential.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "kube/exec_plugin.h"
#include "kube/token.h"

enum { TOKEN_MAX = 64 * 1024, PLUGIN_OUTPUT_MAX = 1 << 20 };
static const int64_t FILE_PERIOD = 60 * KZ_NS_PER_SEC;
static const int64_t PLUGIN_TIMEOUT = 60 * KZ_NS_PER_SEC;
static const int64_t PLUGIN_PAUSE = 10 * KZ_NS_PER_SEC; /* between two runs, however many 401s */
static const int64_t EXPIRY_SLACK = 60 * KZ_NS_PER_SEC;

struct kz_kube_credential {
    struct kz_loop *loop;
    struct kz_env env;
    const struct kz_kube_config *config;
    struct kz_buf token;
    struct kz_buf cert, key; /* of the plugin */
    int64_t read_at;         /* mono; of the token file; -1: read it now */
    int64_t expires;         /* wall; of the plugin's answer */
    int64_t started;         /* mono; of the plugin's last run; -1: never */
    uint64_t child, timer;
    void (*ready)(void *arg, const struct kz_err *err);
    void *ready_arg;
    void (*on_certificate)(void *arg);
    void *certificate_arg;
};

static void run_plugin(struct kz_kube_credential *c);

struct kz_kube_credential *kz_kube_credential_new(struct kz_loop *l,
                                                  const struct kz_kube_config *config)
{
    struct kz_kube_credential *c = calloc(1, sizeof *c);
    kz_assert(c != NULL);
    c->loop = l;
    c->env = kz_loop_env(l);
    c->config = config;
    c->read_at = c->started = -1;
    c->expires = INT64_MAX;
    kz_buf_init(&c->token, TOKEN_MAX);
    kz_buf_init(&c->cert, PLUGIN_OUTPUT_MAX);
    kz_buf_init(&c->key, PLUGIN_OUTPUT_MAX);
    kz_buf_add_str(&c->token, config->token);
    return c;
}

/* Secrets do not stay in freed memory. */
static void wipe(struct kz_buf *b)
{
    if (b->cap > 0)
        explicit_bzero(b->ptr, b->cap);
    kz_buf_done(b);
}

void kz_kube_credential_free(struct kz_kube_credential *c)
{
    if (c == NULL)
        return;
    if (c->child != 0)
        kz_child_cancel(c->loop, c->child);
    kz_env_timer_stop(&c->env, &c->timer);
    wipe(&c->token);
    wipe(&c->cert);
    wipe(&c->key);
    free(c);
}

static void warn(const char *step, const struct kz_err *err)
{
    char line[1024];
    kz_log(NULL, KZ_WARN, "credential", KZ_FS("step", step), KZ_FS("reason", kz_err_line(line, sizeof line, err)),
           KZ_FS("hint", err->hint));
}

/* ---- token file ------------------------------------------------------------------------------ */
static int read_file(struct kz_kube_credential *c, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_str text;
    int rc = kz_file_read(&text, a, c->config->token_file.ptr, TOKEN_MAX, err);
    if (rc == 0 && !kz_token_trim(&text))
        rc = kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' holds no token",
                     KZ_ARG(c->config->token_file));
    if (rc < 0)
        return kz_wrap(err, "read the token file");
    kz_buf_clear(&c->token);
    kz_buf_add_str(&c->token, text);
    return 0;
}

static void refresh_file(struct kz_kube_credential *c)
{
    struct kz_err err;
    int64_t now = kz_env_mono(&c->env);
    if (c->config->token_file.len == 0 || (c->read_at >= 0 && now - c->read_at < FILE_PERIOD))
        return;
    c->read_at = now; /* also after a failure: one try a minute, the old token meanwhile */
    if (read_file(c, &err) < 0)
        warn("token-file", &err);
}

/* ---- plugin ---------------------------------------------------------------------------------- */
static bool replace(struct kz_buf *b, struct kz_str text)
{
    bool differs = !kz_str_eq(kz_buf_str(b), text);
    wipe(b);
    kz_buf_add_str(b, text);
    return differs;
}

static struct kz_str last_line(struct kz_str text)
{
    text = kz_str_trim(text);
    size_t at = kz_str_rindex(text, '\n');
    return at < text.len ? kz_str_skip(text, at + 1) : text;
}

static int take_answer(struct kz_kube_credential *c, const struct kz_child_result *res,
                       struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(256 << 20);
    const struct kz_exec_plugin *p = c->config->exec;
    struct kz_exec_answer answer;
    if (res->err != NULL) {
        *err = *res->err;
        return kz_wrap(err, "run the credential plugin '%s'", p->argv[0]);
    }
    if (res->exit_code != 0)
        return kz_fail(err, KZ_E_DENIED, "the credential plugin '%s' ended with code %d: " KZ_FMT,
                       p->argv[0], res->exit_code,
                       KZ_ARG(kz_str_head(last_line(res->errout), 200)));
    int rc = kz_exec_plugin_answer(&answer, a, p, res->out, err);
    if (rc < 0)
        return rc;
    (void)replace(&c->token, answer.token);
    bool first = c->cert.len == 0;
    bool changed = replace(&c->cert, answer.cert_pem);
    (void)replace(&c->key, answer.key_pem);
    c->expires = answer.expires;
    if (changed && !first && c->on_certificate != NULL)
        c->on_certificate(c->certificate_arg);
    return 0;
}

static void tell_ready(struct kz_kube_credential *c, const struct kz_err *err)
{
    void (*ready)(void *arg, const struct kz_err *e) = c->ready;
    c->ready = NULL;
    if (ready != NULL)
        ready(c->ready_arg, err);
    else if (err != NULL)
        warn("plugin", err);
}

static void on_plugin(void *arg, uint64_t id, const struct kz_child_result *res)
{
    struct kz_kube_credential *c = arg;
    struct kz_err err;
    (void)id;
    c->child = 0;
    int rc = take_answer(c, res, &err);
    if (rc < 0 && err.hint[0] == '\0' && c->config->exec->install_hint.len > 0)
        (void)kz_err_hint(&err, KZ_FMT, KZ_ARG(c->config->exec->install_hint));
    tell_ready(c, rc < 0 ? &err : NULL);
}

static void run_plugin(struct kz_kube_credential *c)
{
    int64_t now = kz_env_mono(&c->env);
    if (c->child != 0 || (c->started >= 0 && now - c->started < PLUGIN_PAUSE))
        return;
    c->started = now;
    c->child = kz_child_start(c->loop,
                              &(struct kz_child_spec){
                                  .argv = c->config->exec->argv,
                                  .envp = c->config->exec->envp,
                                  .cwd = ".",
                                  .max_output = PLUGIN_OUTPUT_MAX,
                                  .timeout = PLUGIN_TIMEOUT,
                              },
                              on_plugin, c);
}

/* ---- use ------------------------------------------------------------------------------------- */
static void on_ready(void *arg, uint64_t id)
{
    struct kz_kube_credential *c = arg;
    struct kz_err err;
    (void)id;
    c->timer = 0;
    c->read_at = kz_env_mono(&c->env);
    /* A token beside the file is the one to fall back to. */
    int rc = c->config->token_file.len == 0 || c->token.len > 0 ? 0 : read_file(c, &err);
    if (c->token.len > 0 && c->config->token_file.len > 0)
        c->read_at = -1;
    tell_ready(c, rc < 0 ? &err : NULL);
}

void kz_kube_credential_ready(struct kz_kube_credential *c,
                              void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    kz_assert(c->ready == NULL);
    c->ready = done;
    c->ready_arg = arg;
    if (c->config->exec != NULL)
        run_plugin(c);
    else
        c->timer = kz_env_timer(&c->env, 0, on_ready, c);
}

static struct kz_str token(void *arg)
{
    struct kz_kube_credential *c = arg;
    refresh_file(c);
    if (c->config->exec != NULL && c->expires != INT64_MAX &&
        kz_env_wall(&c->env) > c->expires - EXPIRY_SLACK)
        run_plugin(c);
    return kz_buf_str(&c->token);
}

static void token_refused(void *arg)
{
    struct kz_kube_credential *c = arg;
    c->read_at = -1;
    if (c->config->exec != NULL)
        run_plugin(c);
}

struct kz_server kz_kube_credential_server(struct kz_kube_credential *c)
{
    struct kz_server s = c->config->server;
    if (c->cert.len > 0) {
        s.cert_pem = kz_buf_str(&c->cert);
        s.key_pem = kz_buf_str(&c->key);
    }
    s.token = token;
    s.token_refused = token_refused;
    s.arg = c;
    return s;
}

void kz_kube_credential_on_certificate(struct kz_kube_credential *c, void (*fn)(void *arg),
                                       void *arg)
{
    c->on_certificate = fn;
    c->certificate_arg = arg;
}
