/* SPDX-License-Identifier: Apache-2.0
 *
 * The status of a Module and a Platform object, and what `kubectl get` shows of it. The CRDs are made from these
 * tables, and a test holds what the daemon writes (report/manifest.c) against them. */
#include "spec/fields.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ROWS(...)  ((const struct kz_spec_field[]){__VA_ARGS__, {.name = NULL}})

#define STATE_WORDS WORDS("ok", "run", "wait", "held", "fail", "drift", "skip", "back", "unknown", "paused")

static const struct kz_spec_field condition_rows[] = {
    {.name = "type", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .max = 316,
     .help = "Ready, Reconciling, Stalled, Edited or Conflict; all but Ready are there only while they are True."},
    {.name = "status", .type = KZ_F_WORD, .flags = KZ_F_REQUIRED, .words = WORDS("True", "False", "Unknown"),
     .help = "Whether it is so."},
    {.name = "reason", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .max = 1024, .help = "Why, as one word."},
    {.name = "message", .type = KZ_F_TEXT, .help = "Why, for people."},
    {.name = "lastTransitionTime", .type = KZ_F_TIME, .flags = KZ_F_REQUIRED, .help = "Since when."},
    {.name = "observedGeneration", .type = KZ_F_INT, .help = "Generation of the object that it is about."},
    {.name = NULL},
};

static const struct kz_spec_field error_rows[] = {
    {.name = "frames", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 16,
     .help = "What failed, outermost first; the last one is the cause."},
    {.name = "file", .type = KZ_F_TEXT, .help = "File in the repository."},
    {.name = "line", .type = KZ_F_INT, .help = "Line in it."},
    {.name = "hint", .type = KZ_F_TEXT, .help = "What helps."},
    {.name = NULL},
};

static const struct kz_spec_field command_rows[] = {
    {.name = "name", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .help = "The annotation without kubezero.com/."},
    {.name = "value", .type = KZ_F_TEXT, .help = "Its value."},
    {.name = "time", .type = KZ_F_TIME, .flags = KZ_F_REQUIRED, .help = "When it was answered."},
    {.name = "result", .type = KZ_F_WORD, .flags = KZ_F_REQUIRED,
     .words = WORDS("taken", "done", "held", "refused", "busy", "failed", "ended"),
     .help = "taken: in force or under way; done; held: done but for what waits for a window or a person; refused: see "
             "message; busy: not just now, say it again; failed: it was tried; ended: its time is over."},
    {.name = "message", .type = KZ_F_TEXT, .help = "What became of it."},
    {.name = NULL},
};

#define COMMON_ROWS                                                                                            \
    {.name = "observedGeneration", .type = KZ_F_INT, .help = "Generation of the object that this is about."},  \
    {.name = "conditions", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = condition_rows, .key = "type",       \
     .max = 16, .help = "For tools that wait: Ready, Reconciling, Stalled, as kstatus reads them."},           \
    {.name = "error", .type = KZ_F_FIELDS, .sub = error_rows, .help = "The last failure, while it lasts."},    \
    {.name = "command", .type = KZ_F_FIELDS, .sub = command_rows,                                              \
     .help = "The last command that was given by annotation, and what became of it."}

const struct kz_spec_field kz_module_status[] = {
    {.name = "state", .type = KZ_F_WORD, .words = STATE_WORDS, .help = "How the module is, in one word."},
    {.name = "note", .type = KZ_F_TEXT, .help = "Why, in one line."},
    {.name = "revision", .type = KZ_F_TEXT, .help = "Commit that was fully healthy last."},
    {.name = "target", .type = KZ_F_TEXT, .help = "Commit of the newest set of objects."},
    {.name = "set", .type = KZ_F_TEXT, .help = "Hash of the newest set: what an approval is for."},
    {.name = "class", .type = KZ_F_TEXT, .help = "Class of the change that waits or runs."},
    {.name = "tenant", .type = KZ_F_TEXT, .help = "Whose rules hold for it (spec.tenants of the Platform)."},
    {.name = "violates", .type = KZ_F_BOOL, .help = "It has failed by one of these rules: the note says which."},
    {.name = "change", .type = KZ_F_FIELDS, .help = "What the change that waits would do, in objects.",
     .sub = ROWS({.name = "create", .type = KZ_F_INT, .help = "Created."},
                 {.name = "change", .type = KZ_F_INT, .help = "Changed in place."},
                 {.name = "delete", .type = KZ_F_INT, .help = "Deleted."},
                 {.name = "replace", .type = KZ_F_INT, .help = "Deleted and created again."},
                 {.name = "restart", .type = KZ_F_INT, .help = "Of those changed: workloads whose pods are replaced."},
                 {.name = "restarts", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 64, .help = "Which ones; the first of many."})},
    {.name = "heldBy", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 16,
     .help = "What holds a change up: window, approval, prune."},
    {.name = "opens", .type = KZ_F_TIME, .help = "When the window that it waits for opens."},
    {.name = "paused", .type = KZ_F_FIELDS, .help = "Who paused it, and why.",
     .sub = ROWS({.name = "reason", .type = KZ_F_TEXT, .help = "Why."},
                 {.name = "by", .type = KZ_F_TEXT, .help = "Who."},
                 {.name = "until", .type = KZ_F_TIME, .help = "When it ends by itself."},
                 {.name = "drift", .type = KZ_F_BOOL, .help = "Drift is left alone, too."})},
    {.name = "after", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 256, .help = "Modules that it depends on."},
    {.name = "objects", .type = KZ_F_INT, .help = "Objects of the module."},
    {.name = "healthy", .type = KZ_F_INT, .help = "Those that are healthy."},
    {.name = "since", .type = KZ_F_TIME, .help = "When the state became what it is."},
    {.name = "sync", .type = KZ_F_TEXT, .help = "Id of the present or last attempt, as in the log."},
    {.name = "lastSync", .type = KZ_F_FIELDS, .help = "The last sync that ended.",
     .sub = ROWS({.name = "time", .type = KZ_F_TIME, .help = "When it ended."},
                 {.name = "took", .type = KZ_F_TEXT, .help = "How long it took."},
                 {.name = "result", .type = KZ_F_WORD, .words = WORDS("ok", "back", "fail"), .help = "How it ended."})},
    {.name = "history", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .max = 10, .help = "The last revisions, newest first.",
     .sub = ROWS({.name = "revision", .type = KZ_F_TEXT, .help = "Commit."},
                 {.name = "time", .type = KZ_F_TIME, .help = "When the module was found healthy at it."})},
    {.name = "short", .type = KZ_F_FIELDS, .help = "For tables.",
     .sub = ROWS({.name = "revision", .type = KZ_F_TEXT, .help = "First digits of revision."},
                 {.name = "target", .type = KZ_F_TEXT, .help = "First digits of target."},
                 {.name = "objects", .type = KZ_F_TEXT, .help = "Healthy of all."})},
    COMMON_ROWS,
    {.name = NULL},
};

const struct kz_spec_field kz_platform_status[] = {
    {.name = "state", .type = KZ_F_WORD, .words = STATE_WORDS, .help = "The state of the module that is worst off."},
    {.name = "note", .type = KZ_F_TEXT, .help = "Which one, and why."},
    {.name = "revision", .type = KZ_F_TEXT, .help = "Commit that is followed at present."},
    {.name = "subject", .type = KZ_F_TEXT, .help = "First line of its message."},
    {.name = "author", .type = KZ_F_TEXT, .help = "Who wrote it."},
    {.name = "leader", .type = KZ_F_TEXT, .help = "Replica that leads."},
    {.name = "settled", .type = KZ_F_BOOL, .help = "Nothing is under way."},
    {.name = "objects", .type = KZ_F_INT, .help = "Objects of all modules."},
    {.name = "modules", .type = KZ_F_INT, .help = "Modules of the platform."},
    {.name = "words", .type = KZ_F_NAMED, .item = KZ_F_INT, .help = "Modules by state."},
    {.name = "short", .type = KZ_F_FIELDS, .help = "For tables.",
     .sub = ROWS({.name = "revision", .type = KZ_F_TEXT, .help = "First digits of revision."},
                 {.name = "modules", .type = KZ_F_TEXT, .help = "Modules that are ok, of all."})},
    COMMON_ROWS,
    {.name = NULL},
};

const struct kz_doc_column kz_module_columns[] = {
    {.head = "State", .type = "string", .path = ".status.state"},
    {.head = "Revision", .type = "string", .path = ".status.short.revision"},
    {.head = "Objects", .type = "string", .path = ".status.short.objects"},
    {.head = "Note", .type = "string", .path = ".status.note"},
    {.head = "Class", .type = "string", .path = ".status.class", .wide = true},
    {.head = "Target", .type = "string", .path = ".status.short.target", .wide = true},
    {.head = "Since", .type = "date", .path = ".status.since", .wide = true},
    {.head = "Age", .type = "date", .path = ".metadata.creationTimestamp"},
    {.head = NULL},
};

const struct kz_doc_column kz_platform_columns[] = {
    {.head = "State", .type = "string", .path = ".status.state"},
    {.head = "Revision", .type = "string", .path = ".status.short.revision"},
    {.head = "Modules", .type = "string", .path = ".status.short.modules"},
    {.head = "Objects", .type = "integer", .path = ".status.objects"},
    {.head = "Note", .type = "string", .path = ".status.note"},
    {.head = "Author", .type = "string", .path = ".status.author", .wide = true},
    {.head = "Leader", .type = "string", .path = ".status.leader", .wide = true},
    {.head = "Age", .type = "date", .path = ".metadata.creationTimestamp"},
    {.head = NULL},
};
