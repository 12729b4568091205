/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cluster says of one object: who has edited it, what its status remembers of the time before us. */
#include "report/mirror_inside.h"
#include "report/plaint.h"
#include "report/put.h"
#include "value/json.h"

/* Who wrote the spec last, but for us. */
static struct kz_str editor(const struct kz_value *obj)
{
    const struct kz_value *list = kz_value_path(obj, "metadata.managedFields");
    struct kz_str who = KZ_STR("somebody"), latest = KZ_STR("");
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *v = kz_value_at(list, i);
        struct kz_str manager = kz_value_path_str(v, "manager"), time = kz_value_path_str(v, "time");
        if (kz_value_path(v, "fieldsV1.f:spec") == NULL || kz_str_is(manager, KZ_MIRROR_MANAGER) ||
            kz_str_cmp(time, latest) < 0)
            continue;
        who = manager;
        latest = time;
    }
    return who;
}

static void say_edited(struct kz_mirror *m, struct kz_mirror_entry *e, const struct kz_value *obj)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_str text = kz_str_printf(a, "spec was edited by " KZ_FMT " and put right: it is the definition as git says, "
                                       "to be changed there", KZ_ARG(one_line(a, kz_str_head(editor(obj), 128))));
    const struct kz_about about = {e->platform ? "Platform" : "Module", kz_str(e->name), kz_str(e->uid)};
    free(e->edited);
    e->edited = heap_str(text);
    e->urgent = true;
    kz_events_say(m->events, &about, true, "Edited", "PutRight", text);
}

/* A process that could not lead has left its words. */
static bool has_plaint(const struct kz_value *obj)
{
    const struct kz_value *list = kz_value_path(obj, "metadata.managedFields");
    bool has = false;
    for (size_t i = 0; i < kz_value_len(list); i++)
        has |= kz_str_is(kz_value_path_str(kz_value_at(list, i), "manager"), KZ_PLAINT_MANAGER) &&
               kz_value_path(kz_value_at(list, i), "fieldsV1.f:status") != NULL;
    return has;
}

/* The status that another process left is the beginning of ours. */
static void take_over(struct kz_mirror_entry *e, const struct kz_value *obj)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    const struct kz_value *status = kz_value_get(obj, "status");
    const struct kz_value *command = kz_value_get(status, "command");
    e->fresh = true;
    if (status == NULL)
        return;
    kz_json_write(&b, status, KZ_JSON_COMPACT);
    e->kept = heap_str(kz_buf_str(&b));
    kz_buf_clear(&b);
    if (command != NULL) {
        kz_json_write(&b, command, KZ_JSON_COMPACT);
        e->reply = heap_str(kz_buf_str(&b));
    }
    kz_cond_memory_read(&e->conditions, kz_value_get(status, "conditions"));
    e->told = kz_word_of(kz_value_path_str(status, "state"));
    e->told_note = kz_hash(kz_value_path_str(status, "note"));
}

void kz_mirror_note(struct kz_mirror *m, struct kz_mirror_entry *e, const struct kz_value *obj)
{
    const struct kz_value *notes = kz_value_path(obj, "metadata.annotations"), *spec = kz_value_get(obj, "spec");
    struct kz_str label = kz_value_as_str(kz_value_get(kz_value_path(obj, "metadata.labels"), KZ_PLATFORM_LABEL));
    struct kz_hash now = {0}; /* anybody may have made it without one */
    if (!e->there && e->put_status.hi == 0 && e->kept == NULL)
        take_over(e, obj);
    if (spec != NULL)
        kz_json_hash(&now, spec);
    free(e->uid);
    e->uid = heap_str(kz_value_path_str(obj, "metadata.uid"));
    const bool edited = e->there && kz_hash_eq(e->spec, e->want_spec) && !kz_hash_eq(now, e->want_spec) &&
                        !kz_hash_eq(e->given_up, e->want_spec);
    e->plaint = e->platform && has_plaint(obj);
    e->urgent |= e->plaint;
    e->there = true;
    e->generation = kz_value_path_int(obj, "metadata.generation", 0);
    e->spec = now;
    e->at = kz_hash(kz_value_as_str(kz_value_get(notes, KZ_FILE_ANNOTATION)));
    e->labelled = m->platform != NULL && kz_str_is(label, m->platform);
    free(e->other);
    e->other = e->labelled || label.len == 0 ? NULL : heap_str(label);
    if (edited && e->other == NULL)
        say_edited(m, e, obj);
}
