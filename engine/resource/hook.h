/* SPDX-License-Identifier: Apache-2.0
 *
 * Hooks: objects that run at a point of a sync instead of being kept. Three spellings are read, of one
 * object the first that it has:
 *     kubezero.com/hook         PreSync | Sync | PostSync | SyncFail | PreDelete | PostDelete | Skip
 *     argocd.argoproj.io/hook   the same words (Argo CD 3, "resource hooks")
 *     helm.sh/hook              pre-install, post-upgrade, ... (Helm 3, "chart hooks")
 * with their -delete-policy and their weight (kubezero.com/wave, argocd.argoproj.io/sync-wave,
 * helm.sh/hook-weight).
 *
 * Helm's hooks keep what others lose: those of installing do not run when upgrading, nor the other way
 * round. Tests and rollback hooks are hooks without a phase: they are neither run nor kept. */
#ifndef KZ_RESOURCE_HOOK_H
#define KZ_RESOURCE_HOOK_H

#include "base/err.h"
#include "value/value.h"

#define KZ_ANNOT_HOOK        "kubezero.com/hook"
#define KZ_ANNOT_HOOK_REMOVE "kubezero.com/hook-delete-policy"
#define KZ_ANNOT_HOOK_WHEN   "kubezero.com/hook-when" /* "changed" (default): once per content of the hook;
                                                         "synced": once per content of its module */

enum kz_phase {
    KZ_PHASE_PRE_SYNC = 1 << 0,    /* before the first object is applied */
    KZ_PHASE_SYNC = 1 << 1,        /* with the objects of its wave */
    KZ_PHASE_POST_SYNC = 1 << 2,   /* when all objects are healthy */
    KZ_PHASE_SYNC_FAIL = 1 << 3,   /* when a sync has failed that wrote something */
    KZ_PHASE_PRE_DELETE = 1 << 4,  /* before the objects of a removed module are deleted */
    KZ_PHASE_POST_DELETE = 1 << 5, /* after that */
};

enum kz_hook_remove { /* when its object is deleted; several may hold */
    KZ_HOOK_BEFORE_CREATION = 1 << 0, /* the default: right before it runs anew */
    KZ_HOOK_SUCCEEDED = 1 << 1,
    KZ_HOOK_FAILED = 1 << 2,
};

struct kz_hook {
    unsigned phases; /* of enum kz_phase; 0: never run */
    unsigned remove; /* of enum kz_hook_remove */
    int weight;      /* lower ones run first; equal ones in the order of kinds, then names */
    bool on_install, on_upgrade; /* both but for Helm's */
    bool when_synced;
};

/* 1: it is a hook, *out is filled. 0: it is none. <0: an annotation cannot be understood; the error
 * names it, and its place in this file. */
KZ_MUST_USE int kz_hook_of(struct kz_hook *out, const struct kz_value *body, struct kz_str file, struct kz_err *err);

/* Gives a hook that has only a generateName its name: prefix and ten digits of the hash of its content, so
 * that the same content has the same name. body is changed in place; its metadata must be its own. */
void kz_hook_name(struct kz_value *body, struct kz_arena *a);

const char *kz_phase_name(enum kz_phase p); /* "PreSync" */

#endif
