/* SPDX-License-Identifier: Apache-2.0
 *
 * A tenant: what the modules of one team may be made of and may touch. It allows nothing that it does not name.
 *
 * kz_tenant_allows is the gate: whoever is about to write, delete or read an object for a tenant's module asks
 * it, from the plan of a commit to the line in which requests wait (docs/tenants.md). It is pure, so that the
 * answer is the same everywhere, and it never believes a manifest: the scope of a kind is told by who knows what
 * the API server serves. */
#ifndef KZ_SPEC_TENANT_H
#define KZ_SPEC_TENANT_H

#include "base/err.h"
#include "base/hash.h"
#include "resource/id.h"
#include "value/value.h"

struct kz_names {
    const struct kz_str *at;
    size_t n;
};

struct kz_tenant_kinds { /* one item of tenants[].kinds */
    struct kz_str group;   /* "" the core group, "*" any */
    struct kz_names kinds; /* a "*" is any; what is cluster-wide has to be named, group and kind */
    struct kz_names names; /* patterns; none: any of a namespaced kind, none of a cluster-wide one */
};

struct kz_tenant {
    struct kz_str name;
    struct kz_str user;          /* "system:serviceaccount:NS:NAME": whose rights all its requests have */
    struct kz_names folders;     /* of the repository, clean: modules defined below are its own */
    struct kz_names paths;       /* further ones that its modules may read */
    struct kz_names repositories, namespaces, urls; /* patterns */
    const struct kz_tenant_kinds *kinds;
    size_t n_kinds;
    struct kz_str file;          /* where it is defined, for messages */
    uint32_t line;
    struct kz_hash hash;         /* of all of its rules */
};

enum kz_scope_word { KZ_SCOPE_UNKNOWN = -1, KZ_SCOPE_CLUSTER = 0, KZ_SCOPE_NAMESPACED = 1 };

/* The item of the reply of the task "load" that describes it (spec/decode.c), checked before. Everything is
 * copied into the arena. */
void kz_tenant_read(struct kz_tenant *out, struct kz_arena *a, const struct kz_value *item, struct kz_str file);

/* May a module of t have, change, delete or read this object? A name "" is all objects of the kind in the namespace.
 * 0, or KZ_E_DENIED (KZ_E_NOTFOUND: the scope is not known): cause and hint say which rule of the tenant has it and where
 * that stands; the object is for the caller to name. t NULL: there is no tenant, and everything goes. */
KZ_MUST_USE int kz_tenant_allows(const struct kz_tenant *t, const struct kz_id *id, enum kz_scope_word scope,
                                 struct kz_err *err);

/* The same of an object that is to be applied, and what its body says: no name that the server makes, no owner
 * that is not `has` (NULL: has none), nothing that adds to roles of others. */
struct kz_tenant_set {
    bool (*has)(void *arg, const struct kz_id *id); /* is it an object of the same module? */
    void *arg;
};
KZ_MUST_USE int kz_tenant_allows_object(const struct kz_tenant *t, const struct kz_id *id, enum kz_scope_word scope,
                                        const struct kz_value *body, const struct kz_tenant_set *set,
                                        struct kz_err *err);

/* What its modules may be made of. path: clean, of this repository. */
KZ_MUST_USE int kz_tenant_allows_namespace(const struct kz_tenant *t, struct kz_str ns, struct kz_err *err);
KZ_MUST_USE int kz_tenant_allows_path(const struct kz_tenant *t, struct kz_str path, struct kz_err *err);
KZ_MUST_USE int kz_tenant_allows_repository(const struct kz_tenant *t, struct kz_str url, struct kz_err *err);
KZ_MUST_USE int kz_tenant_allows_url(const struct kz_tenant *t, struct kz_str url, struct kz_err *err);

/* Is the file or folder `path` the folder itself or below it? Both clean. */
bool kz_tenant_is_below(struct kz_str path, struct kz_str folder);

#endif
