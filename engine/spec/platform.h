/* SPDX-License-Identifier: Apache-2.0
 *
 * A platform's definitions as structs: one Platform with its Modules (docs/module-reference.md).
 * Read in the worker from untrusted files with file:line errors, handed to the engine as a reply
 * value, and decoded there again with the same bounds. Unknown fields are errors with the nearest
 * known name; every field is described once in an option table (spec/fields.c), which feeds
 * validation, `explain`, the reference page and the CRD schemas. */
#ifndef KZ_SPEC_PLATFORM_H
#define KZ_SPEC_PLATFORM_H

#include "base/map.h"
#include "base/hash.h"
#include "health/test.h"
#include "render/render.h"
#include "resource/id.h"
#include "resource/options.h"
#include "spec/tenant.h"
#include "value/value.h"

enum { KZ_MODULES_MAX = 20000 }; /* of a platform; 10,000 are measured (docs/benchmarks.md) */

enum kz_self_heal { KZ_HEAL_ALWAYS, KZ_HEAL_IN_WINDOW, KZ_HEAL_OFF };
enum kz_on_failure { KZ_FAIL_ROLLBACK, KZ_FAIL_HOLD, KZ_FAIL_CONTINUE };
enum kz_on_conflict { KZ_CONFLICT_TAKE, KZ_CONFLICT_YIELD, KZ_CONFLICT_FAIL };
enum kz_dry_run { KZ_DRY_RUN_EXISTING, KZ_DRY_RUN_FULL };

struct kz_depend { /* one item of dependsOn: a module or an object */
    struct kz_str module;  /* "" when object */
    bool optional;
    struct kz_id object;   /* kind "" when module */
    struct kz_str file;    /* where it is said, for messages; line 0 unless just read */
    uint32_t line, col;
};

struct kz_gate { /* one item of health.gates */
    enum kz_gate_kind {
        KZ_GATE_OBJECT,        /* one object is healthy, or passes the test */
        KZ_GATE_COUNT,         /* so many objects are there, are healthy, or pass the test */
        KZ_GATE_HTTP,          /* an answer is as expected */
    } kind;
    struct kz_id object;       /* of OBJECT all; of COUNT kind and ns, which defaults to the module's */
    const struct kz_test *test; /* NULL: none */
    int64_t every;             /* pause between two looks, ns */
    struct {
        int64_t at_least, at_most; /* -1: no limit */
        struct kz_str labels;      /* selector, "" all */
        bool healthy;
    } count;
    struct {
        struct kz_str url, contains, matches, ca_pem; /* "": none */
        int expect;                                   /* status */
        unsigned redirects;
        int64_t timeout;
    } http;
};

struct kz_kind_times { /* one item of health.kinds; -1: as for other kinds. ns */
    struct kz_str group, kind; /* group "" matches any */
    int64_t timeout, grace, soak;
};

struct kz_ignore { /* fields left to others */
    struct kz_str group, kind, ns, name; /* "" matches any */
    struct kz_str *paths;      /* JSON pointers */
    size_t n_paths;
    struct kz_str *managers;   /* any field that these managers own; empty: by path only */
    size_t n_managers;
};

struct kz_patch {
    struct kz_str group, kind, ns, name;   /* target; "" matches any */
    const struct kz_value *json_patch;     /* list of RFC 6902 operations, or NULL */
    const struct kz_value *merge;          /* RFC 7386 merge patch, or NULL */
};

struct kz_module {
    struct kz_str name;
    struct kz_str file;        /* where it is defined, for messages */
    uint32_t line;
    struct kz_str path;        /* folder or file in the tree, clean */
    struct kz_str tree_id;     /* content id of that path: changes exactly when its content does */
    struct kz_str renderer;    /* "auto", "yaml", "exec:NAME" */
    struct kz_str ns, release;
    bool enabled, retain;
    struct kz_str paused;      /* reason; "" not paused */
    int64_t paused_until;      /* wall ns, 0: until it is taken out */
    bool paused_drift;         /* drift is left alone too */
    const struct kz_value *values, *options; /* merged by layers; maps */
    const struct kz_value *value_layers; /* lowest first, in place of values: {values: map} or {kind, name, key,
                                            optional} of an object of the cluster. NULL: values are whole */
    const struct kz_value *ns_labels, *ns_annotations; /* of the module's namespace; NULL: it is not its object */
    struct kz_depend *depends;
    size_t n_depends;
    struct kz_gate *gates;
    size_t n_gates;
    struct kz_ignore *ignores;
    size_t n_ignores;
    struct kz_patch *patches;
    size_t n_patches;
    /* sync */
    bool automatic, prune;
    enum kz_self_heal self_heal;
    enum kz_on_failure on_failure;
    enum kz_on_conflict on_conflict;
    enum kz_dry_run dry_run;
    enum kz_validate validate;
    enum kz_on_delete on_delete;
    int concurrency;
    int history;               /* healthy sets that are kept */
    int retry_limit;
    int64_t retry_backoff, retry_max; /* ns */
    /* health, ns */
    int64_t timeout, grace, soak, capacity;
    int restarts;              /* bad ends of a container that are forgiven */
    struct kz_kind_times *kind_times;
    size_t n_kind_times;
    struct kz_str user;        /* whose rights its requests have: of its tenant, or its service account; "" our own */
    const struct kz_tenant *tenant; /* whose rules hold for it; NULL: none */
    const struct kz_err *violation; /* what its definition does against them, with hint and place; NULL: nothing. It
                                       fails by it, alone, and is not rendered */
    struct kz_str approve;     /* least change class that waits for approval: destructive, restart,
                                  routine; "" none */
    const struct kz_value *windows; /* change class -> list of window names; NULL: schedule.default */
    struct kz_hash spec_hash;  /* of all of the above except tree_id and place: part of the render key */
    struct kz_str shown;       /* its spec as JSON without private fields, source.path from the root of the tree */
};

struct kz_platform {
    struct kz_str name;
    struct kz_str file;        /* kubezero.yaml in the tree; the path itself for a plain folder */
    struct kz_str edition;     /* "" none */
    const struct kz_value *schedule; /* spec.schedule, checked; NULL none */
    const struct kz_value *health_rules; /* spec.healthRules, checked: kz_rules_new takes them; NULL none */
    struct kz_str shown;       /* its spec as JSON without private fields and modules */
    struct kz_str *warnings;   /* one sentence each, with the file: a section nobody reads, ... */
    size_t n_warnings;
    struct kz_tenant *tenants; /* as they are listed */
    size_t n_tenants;
    struct kz_module *modules; /* sorted by name */
    size_t n_modules;
    struct kz_map by_name;     /* -> struct kz_module * */
};

/* The task "load" for the zygote. Input: {path: folder or file in the tree, name: what to call the
 * platform if the path does not tell (the root), optional}. Reply: what kz_platform_decode reads.
 *
 * Where definitions are found, all relative to the folder of kubezero.yaml:
 *   kubezero.yaml             exactly one Platform, any number of Modules behind it
 *   modules/NAME.yaml         Modules, any number per file
 *   modules/FOLDER/module.yaml  Modules, beside what they deliver
 *   FOLDER/module.yaml, FOLDER/SUB/module.yaml   Modules, of each of spec.tenants[].folders
 *   spec.edition              the Modules of <editionSource.path>/editions/<edition>.yaml
 *   spec.modules.NAME         an override when one of the above has that name, else (with a source) a
 *                             further module
 * Two Modules of one name are an error. A path is relative to the file that names it and may not leave
 * the repository. Values, low to high: module < global of the values file (as values.global) <
 * section of the values file < spec.modules; inside a layer valuesFrom in order, then values. Maps
 * merge, lists replace; a null deletes what lower layers said and is handed on, so that it also
 * deletes a chart's default. Other fields merge the same way, and there null means the default.
 *
 * A folder without kubezero.yaml but with content, or a file that holds no Platform, is a platform of
 * one module with the name of that folder or file. */
extern const struct kz_task kz_load_task;

/* Into the arena; checks bounds, names, the dependency graph (a cycle is an error that prints it) and
 * that every dependency of an enabled module exists and is enabled, or is optional. reply may be the
 * worker's own value or one that was framed: nothing in it is trusted. */
KZ_MUST_USE int kz_platform_decode(struct kz_platform **out, struct kz_arena *a,
                                   const struct kz_value *reply, struct kz_err *err);
/* The tenant of that name, NULL: none. */
const struct kz_tenant *kz_platform_tenant(const struct kz_platform *p, struct kz_str name);
void kz_platform_done(struct kz_platform *p); /* frees the index, not the arena */

/* The enabled modules, each behind all that it depends on; equal input, equal order. *n of them, in the
 * arena. Deletion runs in the reverse order. */
struct kz_module **kz_platform_order(size_t *n, const struct kz_platform *p, struct kz_arena *a);

#endif
