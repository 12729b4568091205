/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands share: which tree, which cluster, and the running parts behind a struct kz_engine.
 * Opened by a command, closed by it; holds no logic of its own. */
#ifndef KZ_CLI_APP_H
#define KZ_CLI_APP_H

#include "cli/cli.h"
#include "kube/client.h"
#include "loop/loop.h"
#include "render/zygote.h"
#include "source/credential.h"
#include "sync/engine.h"

/* Option rows that commands put into their tables. */
#define KZ_OPTS_CLUSTER                                                                              \
    {"kubeconfig", 0, KZ_OPT_PATH, "FILE", NULL, 0, 0, NULL,                                         \
     "kubeconfig to use instead of $KUBECONFIG, ~/.kube/config or the pod's account"},               \
    {"context", 0, KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "context of the kubeconfig"},              \
    {"namespace", 'n', KZ_OPT_TEXT, "NAME", NULL, 0, 0, "kzsync-system",                             \
     "namespace of kzsync's own objects (inventory, status)"}
#define KZ_OPTS_GATES                                                                                \
    {"gate-allow", 0, KZ_OPT_TEXT, "CIDR,...", NULL, 0, 0, NULL,                                     \
     "addresses that HTTP gates may ask although they are loopback, link-local or a cloud's metadata"}
#define KZ_OPTS_DOWNGRADE                                                                            \
    {"allow-downgrade", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,                                      \
     "go on with what a version of kzsync wrote that is newer by more than one minor version"}
#define KZ_OPTS_SOURCE                                                                               \
    {"repo", 0, KZ_OPT_TEXT, "URL", NULL, 0, 0, NULL,                                                \
     "git repository to read instead of a folder: https, ssh, file or a path"},                      \
    {"ref", 'r', KZ_OPT_TEXT, "REF", NULL, 0, 0, NULL, "branch, tag or commit; default the repository's HEAD"}, \
    {"path", 'p', KZ_OPT_TEXT, "DIR", NULL, 0, 0, NULL, "folder of the platform in the repository"}, \
    {"credentials", 0, KZ_OPT_PATH, "DIR", NULL, 0, 0, NULL,                                         \
     "folder with repository credentials, one subfolder each (url, token, sshPrivateKey, known_hosts, ...)"}, \
    {"cache", 0, KZ_OPT_PATH, "DIR", NULL, 0, 0, NULL,                                               \
     "where mirrors and rendered sets are kept; default $XDG_CACHE_HOME/kzsync"}

/* cli->app: made by main.c before a command runs. */
struct kz_boot {
    struct kz_zygote *zygote; /* NULL for commands without KZ_CMD_WORKERS */
    bool again;               /* the command has ended in order and shall run once more, from nothing */
};

struct kz_app;
enum kz_app_parts { KZ_APP_CLUSTER = 1 << 0, KZ_APP_SOURCE = 1 << 1, KZ_APP_WORKERS = 1 << 2 };

/* Opens what the command's options ask for. PATH (first positional argument, or `.`) is the folder of
 * the platform unless --repo is given. */
KZ_MUST_USE int kz_app_open(struct kz_app **out, const struct kz_args *args, unsigned parts,
                            struct kz_err *err);
void kz_app_close(struct kz_app *app); /* NULL is fine */

struct kz_loop *kz_app_loop(struct kz_app *app);
struct kz_arena *kz_app_arena(struct kz_app *app); /* outlives all that the app has opened */
const struct kz_env *kz_app_env(struct kz_app *app);
/* Of repositories; what is put in counts beside --credentials. NULL without KZ_APP_SOURCE and --repo. */
struct kz_credentials *kz_app_credentials(struct kz_app *app);
struct kz_kube *kz_app_kube(struct kz_app *app);
const struct kz_http *kz_app_http(struct kz_app *app); /* of the API server, for what kz_kube does not tell */
bool kz_app_in_pod(struct kz_app *app);                /* the account is that of the pod we run in */
struct kz_str kz_app_server(struct kz_app *app); /* "https://host:port", for headlines */
struct kz_str kz_app_instance(const struct kz_app *app); /* as holder of the lease, once there is an engine */
const struct kz_workers *kz_app_workers(struct kz_app *app);
const struct kz_pool *kz_app_pool(const struct kz_app *app); /* behind the workers; NULL without KZ_APP_WORKERS */

/* One job in a worker, waited for. *reply is a copy in the arena. */
KZ_MUST_USE int kz_app_do(struct kz_value **reply, struct kz_app *app, struct kz_arena *a,
                          const struct kz_work *work, struct kz_err *err);

/* ref, tree and path from the options; the rest of *out is untouched. */
void kz_app_source_options(struct kz_engine_options *out, struct kz_app *app);
struct kz_engine *kz_app_engine(struct kz_app *app, const struct kz_engine_options *opt);
/* On a signal: what is on its way is waited for and written down, and the lease is given back, as far as
 * the API server answers in time. */
void kz_app_close_engine(struct kz_app *app, struct kz_engine *e);

/* SIGINT and SIGTERM end kz_loop_run; the second SIGINT ends the process at once. */
bool kz_app_interrupted(const struct kz_app *app);
void kz_app_catch_signals(struct kz_app *app);

#endif
