/* SPDX-License-Identifier: Apache-2.0 */
#include "report/manifest.h"
#include "report/put.h"
#include "report/status.h"
#include "resource/id.h"
#include "spec/fields.h"
#include "value/json.h"

static const char *const kept_fields[] = {"command", "history", "lastSync"};

struct kz_id kz_manifest_id(const char *kind, struct kz_str ns, struct kz_str name)
{
    return (struct kz_id){.group = KZ_STR("kubezero.com"), .kind = kz_str(kind), .ns = ns, .name = name};
}

/* ---- the object ---------------------------------------------------------------------------------- */

static struct kz_value *object(struct kz_arena *a, const char *kind, struct kz_str ns, struct kz_str name,
                               struct kz_str platform, struct kz_str file, unsigned line)
{
    struct kz_value *o = kz_value_map(a), *meta = kz_value_map(a), *labels = kz_value_map(a), *notes = kz_value_map(a);
    put_str(a, labels, KZ_PLATFORM_LABEL, platform);
    if (file.len > 0)
        put_str(a, notes, KZ_FILE_ANNOTATION,
                line > 0 ? kz_str_printf(a, KZ_FMT ":%u", KZ_ARG(file), line) : file);
    put_str(a, meta, "name", name);
    put_str(a, meta, "namespace", ns);
    kz_value_set(a, meta, KZ_STR("labels"), labels);
    if (kz_value_len(notes) > 0)
        kz_value_set(a, meta, KZ_STR("annotations"), notes);
    put_str(a, o, "apiVersion", KZ_STR(KZ_API_VERSION));
    put_str(a, o, "kind", kz_str(kind));
    kz_value_set(a, o, KZ_STR("metadata"), meta);
    return o;
}

static void put_spec(struct kz_arena *a, struct kz_value *o, struct kz_str shown)
{
    struct kz_value *spec;
    struct kz_err err;
    if (shown.len > 0 && kz_json_read(&spec, a, shown, KZ_STR("spec"), &err) == 0)
        kz_value_set(a, o, KZ_STR("spec"), spec);
}

struct kz_value *kz_manifest_module(struct kz_arena *a, struct kz_str ns, struct kz_str platform,
                                    const struct kz_module_view *v)
{
    struct kz_value *o = object(a, "Module", ns, v->name, platform, v->file, v->line);
    put_spec(a, o, v->shown);
    return o;
}

struct kz_value *kz_manifest_platform(struct kz_arena *a, struct kz_str ns, const struct kz_engine_view *v)
{
    struct kz_value *o = object(a, "Platform", ns, v->platform, v->platform, v->file, 0);
    put_spec(a, o, v->shown);
    return o;
}

/* ---- the status ---------------------------------------------------------------------------------- */

static void keep(struct kz_arena *a, struct kz_value *status, const struct kz_value *before)
{
    for (size_t i = 0; i < kz_countof(kept_fields); i++) {
        const struct kz_value *v = kz_value_get(before, kept_fields[i]);
        if (v != NULL && kz_value_get(status, kept_fields[i]) == NULL)
            kz_value_set(a, status, kz_str(kept_fields[i]), kz_value_copy(a, v));
    }
}

struct kz_value *kz_manifest_kept(struct kz_arena *a, const struct kz_value *status)
{
    struct kz_value *out = kz_value_map(a);
    keep(a, out, status);
    return out;
}

/* The newest first; a revision that is only confirmed keeps its time. */
static struct kz_value *history(struct kz_arena *a, const struct kz_value *before, struct kz_str revision, int64_t now)
{
    const struct kz_value *old = kz_value_get(before, "history");
    struct kz_value *list = kz_value_list(a), *newest = kz_value_map(a);
    const bool same = kz_str_eq(kz_value_path_str(kz_value_at(old, 0), "revision"), revision);
    if (revision.len > 0 && !same) {
        put_str(a, newest, "revision", revision);
        put_time(a, newest, "time", now);
        kz_value_push(a, list, newest);
    }
    for (size_t i = 0; i < kz_value_len(old) && kz_value_len(list) < KZ_HISTORY_SHOWN; i++)
        kz_value_push(a, list, kz_value_copy(a, kz_value_at(old, i)));
    return list;
}

static void clean(struct kz_arena *a, struct kz_value *map, const char *key)
{
    const struct kz_value *v = kz_value_get(map, key);
    if (v != NULL)
        kz_value_set(a, map, kz_str(key), kz_value_str(a, one_line(a, kz_value_as_str(v))));
}

static void clean_error(struct kz_arena *a, struct kz_value *error)
{
    struct kz_value *frames = error == NULL ? NULL : kz_value_child(error, KZ_STR("frames"));
    if (frames == NULL)
        return;
    for (size_t i = 0; i < kz_value_len(frames); i++)
        frames->as.list.at[i] = kz_value_str(a, one_line(a, kz_value_as_str(frames->as.list.at[i])));
    clean(a, error, "hint");
}

struct kz_value *kz_manifest_module_status(struct kz_arena *a, const struct kz_module_view *v,
                                           const struct kz_value *before, int64_t now)
{
    struct kz_value *s = kz_status_module(a, v), *brief = kz_value_map(a), *past = history(a, before, v->revision, now);
    struct kz_str count = v->objects == v->healthy ? kz_str_printf(a, "%zu", v->objects)
                                                   : kz_str_printf(a, "%zu/%zu", v->healthy, v->objects);
    (void)kz_value_del(s, KZ_STR("name")); /* the object has it */
    clean(a, s, "note");
    clean_error(a, kz_value_child(s, KZ_STR("error")));
    put_str(a, brief, "revision", kz_revision_short(v->revision));
    put_str(a, brief, "target", kz_revision_short(kz_value_path_str(s, "target")));
    put_str(a, brief, "objects", count);
    kz_value_set(a, s, KZ_STR("short"), brief);
    if (kz_value_len(past) > 0)
        kz_value_set(a, s, KZ_STR("history"), past);
    keep(a, s, before);
    return s;
}

static struct kz_str platform_note(struct kz_arena *a, const struct kz_engine_view *v)
{
    const struct kz_module_view *which;
    const enum kz_word w = kz_platform_word(&which, v);
    if (v->source_err != NULL)
        return one_line(a, kz_str(v->source_err->frame[0]));
    if (w == KZ_WORD_OK || which == NULL)
        return KZ_STR("");
    return one_line(a, kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(which->name), which->note.len > 0 ? ": " : "",
                                     KZ_ARG(which->note)));
}

struct kz_value *kz_manifest_platform_status(struct kz_arena *a, const struct kz_engine_view *v,
                                             const struct kz_value *before)
{
    struct kz_value *s = kz_value_map(a), *words = kz_value_map(a), *brief = kz_value_map(a);
    const struct kz_module_view *which;
    enum kz_word w = kz_platform_word(&which, v);
    if (v->source_err != NULL)
        w = KZ_WORD_FAIL;
    put_str(a, s, "state", kz_str(kz_word_name(w)));
    put_str(a, s, "note", platform_note(a, v));
    put_str(a, s, "revision", v->revision);
    put_str(a, s, "subject", one_line(a, v->subject));
    put_str(a, s, "author", one_line(a, v->author));
    put_str(a, s, "leader", one_line(a, v->leader));
    kz_value_set(a, s, KZ_STR("settled"), kz_value_bool(a, v->settled));
    put_int(a, s, "objects", v->objects);
    put_int(a, s, "modules", v->n_modules);
    for (int i = 0; i < KZ_WORD_COUNT_; i++)
        if (v->words[i] > 0)
            put_int(a, words, kz_word_name((enum kz_word)i), v->words[i]);
    kz_value_set(a, s, KZ_STR("words"), words);
    put_str(a, brief, "revision", kz_revision_short(v->revision));
    put_str(a, brief, "modules", v->words[KZ_WORD_OK] == v->n_modules
                                     ? kz_str_printf(a, "%zu", v->n_modules)
                                     : kz_str_printf(a, "%zu/%zu", v->words[KZ_WORD_OK], v->n_modules));
    kz_value_set(a, s, KZ_STR("short"), brief);
    if (v->source_err != NULL) {
        kz_value_set(a, s, KZ_STR("error"), kz_status_error(a, v->source_err));
        clean_error(a, kz_value_child(s, KZ_STR("error")));
    }
    keep(a, s, before);
    return s;
}

struct kz_value *kz_reply_doc(struct kz_arena *a, const struct kz_reply *r)
{
    struct kz_value *d = kz_value_map(a);
    char *time = kz_arena_bytes(a, KZ_TIME_TEXT);
    kz_time_text_micro(time, r->time); /* two answers to equal commands differ */
    put_str(a, d, "name", r->name);
    put_str(a, d, "value", one_line(a, r->value));
    put_str(a, d, "time", kz_str(time));
    put_str(a, d, "result", kz_str(r->result));
    put_str(a, d, "message", one_line(a, r->message));
    return d;
}
