/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/options.h"

#include "resource/object.h"

#include <stddef.h>
#include <strings.h>

/* Where a word stands: our annotations have one word each, those of others too, or a list. Flux reads its
 * words in labels as well; Flux and Helm in any case. */
enum place { OURS, THEIRS, THEIR_LIST };

#define ARGO(name) "argocd.argoproj.io/" name
#define FLUX(name) "kustomize.toolkit.fluxcd.io/" name
#define TO(field)  offsetof(struct kz_options, field)

static const struct row {
    const char *key;
    enum place place;
    const char *word;
    size_t to;
    uint8_t value;
} rows[] = {
    {KZ_ANNOT_PRUNE,         OURS,       "auto",                             TO(prune),         KZ_PRUNE_AUTO            },
    {KZ_ANNOT_PRUNE,         OURS,       "confirm",                          TO(prune),         KZ_PRUNE_CONFIRM         },
    {KZ_ANNOT_PRUNE,         OURS,       "never",                            TO(prune),         KZ_PRUNE_NEVER           },
    {KZ_ANNOT_ON_DELETE,     OURS,       "delete",                           TO(on_delete),     KZ_ON_DELETE_DELETE      },
    {KZ_ANNOT_ON_DELETE,     OURS,       "confirm",                          TO(on_delete),     KZ_ON_DELETE_CONFIRM     },
    {KZ_ANNOT_ON_DELETE,     OURS,       "orphan",                           TO(on_delete),     KZ_ON_DELETE_ORPHAN      },
    {KZ_ANNOT_APPLY,         OURS,       "always",                           TO(apply),         KZ_APPLY_WORD_ALWAYS     },
    {KZ_ANNOT_APPLY,         OURS,       "merge",                            TO(apply),         KZ_APPLY_WORD_MERGE      },
    {KZ_ANNOT_APPLY,         OURS,       "if-absent",                        TO(apply),         KZ_APPLY_WORD_IF_ABSENT  },
    {KZ_ANNOT_APPLY,         OURS,       "never",                            TO(apply),         KZ_APPLY_WORD_NEVER      },
    {KZ_ANNOT_RECREATE,      OURS,       "never",                            TO(recreate),      0                        },
    {KZ_ANNOT_RECREATE,      OURS,       "allowed",                          TO(recreate),      1                        },
    {KZ_ANNOT_PROPAGATION,   OURS,       "background",                       TO(propagation),   KZ_PROPAGATION_BACKGROUND},
    {KZ_ANNOT_PROPAGATION,   OURS,       "foreground",                       TO(propagation),   KZ_PROPAGATION_FOREGROUND},
    {KZ_ANNOT_PROPAGATION,   OURS,       "orphan",                           TO(propagation),   KZ_PROPAGATION_ORPHAN    },
    {KZ_ANNOT_VALIDATE,      OURS,       "strict",                           TO(validate),      KZ_VALIDATE_STRICT       },
    {KZ_ANNOT_VALIDATE,      OURS,       "warn",                             TO(validate),      KZ_VALIDATE_WARN         },
    {KZ_ANNOT_VALIDATE,      OURS,       "off",                              TO(validate),      KZ_VALIDATE_OFF          },
    {KZ_ANNOT_HEALTH,        OURS,       "auto",                             TO(ignore_health), 0                        },
    {KZ_ANNOT_HEALTH,        OURS,       "ignore",                           TO(ignore_health), 1                        },
    {KZ_ANNOT_WAIT_KIND,     OURS,       "true",                             TO(wait_kind),     1                        },
    {KZ_ANNOT_WAIT_KIND,     OURS,       "false",                            TO(wait_kind),     0                        },
    {ARGO("sync-options"),   THEIR_LIST, "Prune=true",                       TO(prune),         KZ_PRUNE_AUTO            },
    {ARGO("sync-options"),   THEIR_LIST, "Prune=false",                      TO(prune),         KZ_PRUNE_NEVER           },
    {ARGO("sync-options"),   THEIR_LIST, "Prune=confirm",                    TO(prune),         KZ_PRUNE_CONFIRM         },
    {ARGO("sync-options"),   THEIR_LIST, "Delete=true",                      TO(on_delete),     KZ_ON_DELETE_DELETE      },
    {ARGO("sync-options"),   THEIR_LIST, "Delete=false",                     TO(on_delete),     KZ_ON_DELETE_ORPHAN      },
    {ARGO("sync-options"),   THEIR_LIST, "Delete=confirm",                   TO(on_delete),     KZ_ON_DELETE_CONFIRM     },
    {ARGO("sync-options"),   THEIR_LIST, "Force=false",                      TO(recreate),      0                        },
    {ARGO("sync-options"),   THEIR_LIST, "Force=true",                       TO(recreate),      1                        },
    {ARGO("sync-options"),   THEIR_LIST, "Validate=true",                    TO(validate),      KZ_VALIDATE_STRICT       },
    {ARGO("sync-options"),   THEIR_LIST, "Validate=false",                   TO(validate),      KZ_VALIDATE_OFF          },
    {ARGO("sync-options"),   THEIR_LIST, "ClientSideApplyMigration=true",    TO(apply),         KZ_APPLY_WORD_ALWAYS     },
    {ARGO("sync-options"),   THEIR_LIST, "ClientSideApplyMigration=false",   TO(apply),         KZ_APPLY_WORD_MERGE      },
    {ARGO("sync-options"),   THEIR_LIST, "PrunePropagationPolicy=background", TO(propagation),  KZ_PROPAGATION_BACKGROUND},
    {ARGO("sync-options"),   THEIR_LIST, "PrunePropagationPolicy=foreground", TO(propagation),  KZ_PROPAGATION_FOREGROUND},
    {ARGO("sync-options"),   THEIR_LIST, "PrunePropagationPolicy=orphan",    TO(propagation),   KZ_PROPAGATION_ORPHAN    },
    {ARGO("sync-options"),   THEIR_LIST, "SkipDryRunOnMissingResource=true", TO(wait_kind),     1                        },
    {ARGO("ignore-healthcheck"), THEIRS, "true",                             TO(ignore_health), 1                        },
    {FLUX("prune"),          THEIRS,     "disabled",                         TO(prune),         KZ_PRUNE_NEVER           },
    {FLUX("reconcile"),      THEIRS,     "disabled",                         TO(apply),         KZ_APPLY_WORD_NEVER      },
    {FLUX("ssa"),            THEIRS,     "Merge",                            TO(apply),         KZ_APPLY_WORD_MERGE      },
    {FLUX("ssa"),            THEIRS,     "IfNotPresent",                     TO(apply),         KZ_APPLY_WORD_IF_ABSENT  },
    {FLUX("ssa"),            THEIRS,     "Ignore",                           TO(apply),         KZ_APPLY_WORD_NEVER      },
    {FLUX("force"),          THEIRS,     "enabled",                          TO(recreate),      1                        },
    {"helm.sh/resource-policy", THEIRS,  "keep",                             TO(prune),         KZ_PRUNE_NEVER           },
};

/* Of Argo CD's list: what kzsync does in any case, or has no use for. */
static const char *const settled[] = {
    "ApplyOutOfSyncOnly", "CreateNamespace", "FailOnSharedResource", "PruneLast", "Replace",
    "RespectIgnoreDifferences", "ServerSideApply", "SkipDryRunOnMissingResource",
};

struct reading {
    struct kz_options *out;
    bool said[sizeof(struct kz_options)]; /* by kzsync, or by a row above */
    struct kz_str odd;
};

static void take(struct reading *r, const struct row *row)
{
    if (r->said[row->to])
        return;
    r->said[row->to] = true;
    ((uint8_t *)r->out)[row->to] = row->value;
}

static bool is_word(const struct row *row, struct kz_str s)
{
    if (row->place != THEIRS)
        return kz_str_is(s, row->word);
    s = kz_str_trim(s);
    return s.len == strlen(row->word) && strncasecmp(s.ptr, row->word, s.len) == 0;
}

static const struct row *find(const char *key, struct kz_str word)
{
    for (size_t i = 0; i < kz_countof(rows); i++)
        if (strcmp(rows[i].key, key) == 0 && is_word(&rows[i], word))
            return &rows[i];
    return NULL;
}

static const struct kz_value *note(const struct kz_value *meta, const struct row *row)
{
    const struct kz_value *v = kz_value_get(kz_value_get(meta, "annotations"), row->key);
    bool flux = kz_str_starts(kz_str(row->key), KZ_STR(FLUX("")));
    return v != NULL || !flux ? v : kz_value_get(kz_value_get(meta, "labels"), row->key);
}

static bool is_settled(struct kz_str item)
{
    struct kz_str name;
    (void)kz_str_cut(&name, item, '=');
    for (size_t i = 0; i < kz_countof(settled); i++)
        if (kz_str_is(name, settled[i]))
            return true;
    return false;
}

static void take_list(struct reading *r, const char *key, struct kz_str list)
{
    while (list.len > 0) {
        struct kz_str item;
        list = kz_str_cut(&item, list, ',');
        item = kz_str_trim(item);
        const struct row *row = find(key, item);
        if (row != NULL)
            take(r, row);
        else if (item.len > 0 && !is_settled(item) && r->odd.len == 0)
            r->odd = item;
    }
}

static int unknown_word(const char *key, struct kz_str word, struct kz_err *err)
{
    char known[160] = "";
    for (size_t i = 0, at = 0; i < kz_countof(rows) && at < sizeof known; i++)
        if (strcmp(rows[i].key, key) == 0)
            at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", at == 0 ? "" : ", ", rows[i].word);
    return kz_fail(err, KZ_E_INVALID, "annotation %s '" KZ_FMT "' is not one of %s", key,
                   KZ_ARG(kz_str_head(word, 60)), known);
}

/* Goes on after an unknown word; the first of them is what err tells. */
static int read_all(struct reading *r, const struct kz_value *meta, struct kz_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_value *v = note(meta, &rows[i]);
        const bool first = i == 0 || strcmp(rows[i].key, rows[i - 1].key) != 0;
        if (v == NULL || !first)
            continue;
        struct kz_str word = kz_value_as_str(v);
        const struct row *row = find(rows[i].key, word);
        if (rows[i].place == THEIR_LIST)
            take_list(r, rows[i].key, word);
        else if (row != NULL)
            take(r, row);
        else if (rows[i].place == OURS && rc == 0)
            rc = unknown_word(rows[i].key, word, err);
    }
    return rc;
}

int kz_options_read(struct kz_options *out, struct kz_str *odd, const struct kz_value *meta, struct kz_err *err)
{
    struct kz_options o = {0};
    struct reading r = {.out = &o, .odd = KZ_STR("")};
    int rc = read_all(&r, meta, err);
    if (rc < 0)
        return rc;
    *out = o;
    *odd = r.odd;
    return 0;
}

struct kz_options kz_options_live(const struct kz_value *meta)
{
    struct kz_options o = {0};
    struct kz_err err;
    struct reading r = {.out = &o};
    const struct kz_value *prune = kz_value_get(kz_value_get(meta, "annotations"), KZ_ANNOT_PRUNE);
    (void)!read_all(&r, meta, &err);
    if (prune != NULL && find(KZ_ANNOT_PRUNE, kz_value_as_str(prune)) == NULL)
        o.prune = KZ_PRUNE_NEVER;
    return o;
}

const char *kz_prune_word(enum kz_prune_word w)
{
    return w == KZ_PRUNE_CONFIRM ? "confirm" : w == KZ_PRUNE_NEVER ? "never" : "";
}

const char *kz_on_delete_word(enum kz_on_delete w)
{
    static const char *const words[] = {"delete", "confirm", "orphan"};
    return words[w];
}
