/* SPDX-License-Identifier: Apache-2.0
 *
 * The pieces of `kzsync bootstrap` (cmd_bootstrap.c has the order). Installing kzsync is a sync of one module, named
 * kzsync, of the platform that it is to keep: with label, inventory and gates, so that the daemon finds its own
 * module in order and goes on from there. */
#ifndef KZ_CLI_BOOTSTRAP_H
#define KZ_CLI_BOOTSTRAP_H

#include "cli/app.h"

#define KZ_BOOTSTRAP_MODULE "kzsync"

struct kz_bootstrap {
    const struct kz_args *args;
    struct kz_arena *arena;
    struct kz_str ns;
    struct kz_str platform;       /* as the repository calls it, once it was read */
    bool in_git;                  /* it has a module kzsync of its own */
    const struct kz_value *rules; /* rights that its modules need, NULL not known */
    struct kz_value *credentials; /* to become Secrets: name -> {file: text} */
    const struct kz_value *secrets; /* names of all Secrets with credentials, a list */
    bool leads;                   /* a daemon of this platform is there already */
};

/* ---- bootstrap_module.c: what is installed ---------------------------------------------------------- */
/* The Module as a document: source, namespace and values as the options say. */
KZ_MUST_USE int kz_bootstrap_module(struct kz_value **out, const struct kz_bootstrap *b, struct kz_err *err);
/* The chart modules/kzsync/ below folder, which exists, and, unless it is there, modules/kzsync.yaml. */
KZ_MUST_USE int kz_bootstrap_write(const struct kz_bootstrap *b, const char *folder, struct kz_err *err);
/* A platform of just that module in a new folder of this machine, and its end. */
KZ_MUST_USE int kz_bootstrap_tree(struct kz_str *folder, const struct kz_bootstrap *b, struct kz_err *err);
void kz_bootstrap_tree_remove(struct kz_str folder);

/* ---- bootstrap_credentials.c -------------------------------------------------------------------------- */
/* Reads --credentials and --secret: sets credentials and secrets. */
KZ_MUST_USE int kz_bootstrap_credentials(struct kz_bootstrap *b, struct kz_err *err);
/* Secrets that are there already are also what the repository is read with here. */
KZ_MUST_USE int kz_bootstrap_use_secrets(const struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err);
KZ_MUST_USE int kz_bootstrap_make_secrets(const struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err);

/* ---- bootstrap_rights.c ------------------------------------------------------------------------------- */
/* Rules of a ClusterRole for all objects of a planned platform. */
const struct kz_value *kz_bootstrap_rules(struct kz_arena *a, struct kz_app *app, const struct kz_engine_view *v);

/* ---- bootstrap_look.c: what is there ------------------------------------------------------------------ */
/* Refuses (KZ_E_CONFLICT) a second installation and an older version; sets leads. */
KZ_MUST_USE int kz_bootstrap_look(struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err);
/* Has the account what a daemon cannot do without? KZ_E_DENIED names what it lacks. */
KZ_MUST_USE int kz_bootstrap_may(const struct kz_bootstrap *b, struct kz_app *app, struct kz_err *err);
/* Whether a pod of kzsync leads, and what it says of the modules. *note: what is missing, in the arena. */
enum kz_bootstrap_state { KZ_BOOTSTRAP_NOT_YET, KZ_BOOTSTRAP_IN_SYNC, KZ_BOOTSTRAP_FAILED };
KZ_MUST_USE int kz_bootstrap_in_sync(enum kz_bootstrap_state *out, struct kz_str *note, const struct kz_bootstrap *b,
                                     struct kz_app *app, struct kz_arena *a, struct kz_err *err);

#endif
