/* SPDX-License-Identifier: Apache-2.0
 *
 * Running the `git` program: always the same arguments in front, an environment of our own, a bounded
 * number at a time, and secrets only in files.
 *
 * How secrets travel: each run has a private folder (0700, below the runtime folder, best on tmpfs)
 * that is removed when the program ends. It holds git's only configuration file (GIT_CONFIG_GLOBAL: the
 * authorization header bound to scheme, host and port, the CA file, the proxy) and for SSH the
 * configuration, key and known_hosts. A descriptor would leave less behind after a crash, but ssh
 * closes all that it inherits. So nothing secret is in any argument list, environment or URL, and
 * what a crash leaves is removed at the next start. */
#ifndef KZ_SOURCE_GIT_RUN_H
#define KZ_SOURCE_GIT_RUN_H

#include "loop/loop.h"
#include "source/credential.h"

struct kz_git_runner;

struct kz_git_runner_config {
    const char *program; /* NULL: "git" */
    const char *ssh;     /* absolute path of kzsync-ssh; NULL: a shell starts ssh */
    const char *run;     /* runtime folder, exists */
    int64_t timeout;     /* wall limit of one run, ns */
    unsigned parallel;   /* runs at a time; others wait in order */
};

enum { KZ_GIT_ARGS = 16 };
struct kz_git_call {
    const char *git_dir;              /* NULL: none */
    const char *args[KZ_GIT_ARGS];    /* after our own arguments; ends in NULL */
    const struct kz_url *url;         /* the one that may be talked to; NULL: no network at all */
    const struct kz_credential *cred; /* NULL: none */
    struct kz_str input;
    size_t max_output;
};

struct kz_git_runner *kz_git_runner_new(struct kz_loop *l, const struct kz_git_runner_config *cfg);
void kz_git_runner_free(struct kz_git_runner *r); /* kills what runs; no callback */

/* Everything is copied. done comes from the loop, once; its result as in loop.h, with err also set when
 * the run could not be prepared. Returns an id, never 0. */
uint64_t kz_git_run(struct kz_git_runner *r, const struct kz_git_call *call,
                    void (*done)(void *arg, uint64_t id, const struct kz_child_result *res),
                    void *arg);
void kz_git_run_cancel(struct kz_git_runner *r, uint64_t id); /* 0 and ended ids are fine */

/* Removes a folder and all below it, in a child. */
void kz_git_run_remove(struct kz_git_runner *r, const char *path);

/* The error for a run that ended with exit_code != 0 (or res->err): what git's message means, with a
 * hint. *known: false when the message is not one of a table, as with damage on our own disk. */
int kz_git_run_error(struct kz_err *err, bool *known, const struct kz_url *url,
                     const struct kz_child_result *res);

#endif
