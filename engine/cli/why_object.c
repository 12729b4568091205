/* SPDX-License-Identifier: Apache-2.0
 *
 * One object: whose it is, where it comes from, who sets which of its fields, how it is, and what holds it up. */
#include "cli/differs.h"
#include "cli/look_repo.h"
#include "cli/object_name.h"
#include "cli/table.h"
#include "cli/why.h"
#include "plan/plan.h"
#include "resource/fields.h"
#include "resource/ownership.h"
#include "spec/revision.h"

enum { MANAGERS_MOST = 4, CHANGES_MOST = 5 };

/* ---- who sets what --------------------------------------------------------------------------------------- */

struct leaves {
    struct kz_arena *arena;
    size_t n;
    struct kz_str first; /* path of the first, ".spec.replicas" */
    struct kz_buf path;
};

static void walk(struct leaves *out, const struct kz_value *fields)
{
    for (size_t i = 0; i < kz_value_pairs(fields); i++) {
        const struct kz_pair *p = &fields->as.map.at[i];
        const struct kz_field_step step = kz_field_step(out->arena, p->key);
        const size_t len = out->path.len;
        if (step.kind == KZ_FIELD_SELF || step.kind == KZ_FIELD_BAD)
            continue;
        kz_field_text(&out->path, &step);
        if (kz_field_is_leaf(p->val)) {
            if (out->n++ == 0)
                out->first = kz_str_dup(out->arena, kz_buf_str(&out->path));
        } else {
            walk(out, p->val);
        }
        out->path.len = len;
    }
}

static struct kz_str manager_text(struct kz_arena *a, const struct kz_value *entry)
{
    struct leaves leaves = {.arena = a, .path = KZ_BUF(16 << 10)};
    struct kz_str manager = kz_value_path_str(entry, "manager"), sub = kz_value_path_str(entry, "subresource");
    walk(&leaves, kz_value_get(entry, "fieldsV1"));
    kz_buf_done(&leaves.path);
    if (sub.len > 0)
        return kz_str_printf(a, KZ_FMT " by " KZ_FMT, KZ_ARG(sub), KZ_ARG(manager));
    if (leaves.n == 1 && !kz_str_is(manager, KZ_FIELD_MANAGER))
        return kz_str_printf(a, KZ_FMT " by " KZ_FMT, KZ_ARG(kz_str_skip(leaves.first, 1)), KZ_ARG(manager));
    return kz_str_printf(a, "%zu by " KZ_FMT, leaves.n, KZ_ARG(manager));
}

/* "12 by kzsync; spec.replicas by kube-controller-manager; status by kubelet" */
static struct kz_str fields_text(struct kz_arena *a, const struct kz_value *live)
{
    const struct kz_value *entries = kz_value_path(live, "metadata.managedFields");
    struct kz_str text = KZ_STR("");
    size_t shown = 0, all = kz_value_len(entries);
    for (int ours = 1; ours >= 0; ours--)
        for (size_t i = 0; i < all; i++) {
            const struct kz_value *e = kz_value_at(entries, i);
            if (kz_str_is(kz_value_path_str(e, "manager"), KZ_FIELD_MANAGER) != (ours == 1) ||
                shown++ >= MANAGERS_MOST)
                continue;
            text = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(text), text.len > 0 ? "; " : "",
                                 KZ_ARG(manager_text(a, e)));
        }
    return all <= MANAGERS_MOST ? text : kz_str_printf(a, KZ_FMT "; %zu others", KZ_ARG(text), all - MANAGERS_MOST);
}

/* ---- what differs ---------------------------------------------------------------------------------------- */

static int add_changes(struct kz_why *w, struct kz_str module, const struct kz_id *id, const struct kz_seen *s,
                       struct kz_err *err)
{
    struct kz_arena *a = w->l->arena;
    struct kz_want *want = NULL;
    struct kz_diff d;
    struct kz_str who, path;
    struct kz_err why;
    if (s->live == NULL || s->entry == NULL ||
        kz_hash_eq(s->entry->owned, kz_ownership_hash(s->live, KZ_STR(KZ_FIELD_MANAGER))))
        return 0;
    if (kz_look_set(&want, w->l, module, KZ_STR(""), &why) < 0) {
        *err = why;
        return kz_app_interrupted(w->l->app) ? -(int)why.code : 0;
    }
    const struct kz_want_object *o = want == NULL ? NULL : kz_want_find(want, kz_id_key(a, id));
    const struct kz_value *body = o == NULL ? NULL : kz_want_body(a, o);
    kz_want_unref(want);
    if (body == NULL)
        return 0;
    kz_diff_wanted(&d, a, s->live, body);
    kz_differs_turn(&d);
    for (size_t i = 0; i < d.len && i < CHANGES_MOST; i++) {
        kz_autobuf struct kz_buf b = KZ_BUF(64 << 10);
        const struct kz_diff one = {.at = &d.at[i], .len = 1, .cap = 1};
        kz_diff_text(&b, &one, 0, false);
        kz_why_fact(w, i == 0 ? "Differs" : "",
                    kz_str_dup(a, kz_str_trim(kz_str_head(kz_buf_str(&b), kz_str_index(kz_buf_str(&b), '\n')))));
    }
    if (d.len > CHANGES_MOST)
        kz_why_say(w, "", "%zu more: kzsync diff " KZ_FMT, d.len - CHANGES_MOST, KZ_ARG(module));
    if (kz_ownership_thief(&who, &path, a, body, s->live, KZ_STR(KZ_FIELD_MANAGER)))
        kz_why_say(w, "By", KZ_FMT ", which set " KZ_FMT, KZ_ARG(who), KZ_ARG(kz_str_skip(path, 1)));
    return 0;
}

/* ---- whose it is ----------------------------------------------------------------------------------------- */

/* Of an object in no inventory: what made it. */
static void add_stranger(struct kz_why *w, const struct kz_seen *s)
{
    struct kz_arena *a = w->l->arena;
    const struct kz_value *owner = kz_value_at(kz_value_path(s->live, "metadata.ownerReferences"), 0);
    const struct kz_value *labels = kz_value_path(s->live, "metadata.labels");
    struct kz_str label = kz_value_as_str(kz_value_get(labels, KZ_LABEL_MODULE));
    kz_why_say(w, "Module", "none: it is not in the inventory of platform " KZ_FMT, KZ_ARG(kz_look_platform(w->l)));
    if (label.len > 0)
        kz_why_say(w, "Label", KZ_LABEL_MODULE "=" KZ_FMT ": kzsync made it, or somebody copied the label",
                   KZ_ARG(label));
    if (owner != NULL) {
        struct kz_str kind = kz_value_path_str(owner, "kind"), name = kz_value_path_str(owner, "name");
        kz_why_say(w, "Owner", KZ_FMT " " KZ_FMT " made it", KZ_ARG(kind), KZ_ARG(name));
        const struct kz_id id = {.kind = kind, .ns = s->id.ns, .name = name};
        kz_why_choice(w, "why that one is as it is", "kzsync why " KZ_FMT, KZ_ARG(kz_object_word(a, &id)));
    } else if (label.len > 0) {
        kz_why_choice(w, "all objects that no inventory has", "kzsync orphans");
    }
}

static int add_owned(struct kz_why *w, const struct kz_store_module *owner, const struct kz_seen *s,
                     struct kz_err *err)
{
    struct kz_arena *a = w->l->arena;
    struct kz_str module = kz_str(owner->name);
    const struct kz_value *m = kz_look_find(w->l, module);
    struct kz_str note =
        m == NULL ? KZ_STR("is not in the status") : kz_module_note(a, m, kz_env_wall(kz_app_env(w->l->app)));
    struct kz_str state = kz_value_path_str(m, "state"), selector;
    kz_doc_put(a, w->doc, "module", module);
    kz_why_say(w, "Module", KZ_FMT ", " KZ_FMT "%s" KZ_FMT, KZ_ARG(module), KZ_ARG(state), note.len > 0 ? ": " : "",
               KZ_ARG(note));
    int rc = kz_why_origin(w, module, &s->id, err);
    if (rc >= 0)
        rc = add_changes(w, module, &s->id, s, err);
    if (rc < 0)
        return rc;
    if (s->entry->uid.len == 0)
        kz_why_fact(w, "Applied", KZ_STR("not yet: it stands in the inventory because kzsync is about to apply it"));
    if (!kz_str_is(state, "ok"))
        kz_why_choice(w, "why its module is as it is", "kzsync why " KZ_FMT, KZ_ARG(module));
    if (kz_health_pod_selector(&selector, a, s->live))
        kz_why_choice(w, "events and last log lines", "kzsync logs " KZ_FMT, KZ_ARG(module));
    kz_why_choice(w, "what was changed in the cluster", "kzsync diff " KZ_FMT, KZ_ARG(module));
    return 0;
}

int kz_why_object(struct kz_why *w, const struct kz_id *id, struct kz_err *err)
{
    struct kz_arena *a = w->l->arena;
    const struct kz_store_module *owner = NULL;
    struct kz_seen seen = {.id = *id};
    const struct kz_seen *first = NULL;
    const bool owned = kz_look_entry(&owner, &seen.entry, w->l, id);
    int rc = kz_look_live(w->l, &seen, 1, KZ_STR(""), err);
    if (rc < 0)
        return rc;
    if (seen.err != NULL) {
        *err = *seen.err;
        return -(int)err->code;
    }
    if (seen.live == NULL && !owned) {
        (void)kz_fail(err, KZ_E_NOTFOUND,
                      KZ_FMT " is neither in the cluster nor in the inventory of platform " KZ_FMT,
                      KZ_ARG(kz_id_text(a, id)), KZ_ARG(kz_look_platform(w->l)));
        return kz_err_hint(err, "kzsync status lists the modules, kzsync plan what they would make");
    }
    kz_why_begin(w, kz_id_text(a, id));
    kz_doc_put(a, w->doc, "object", kz_object_word(a, id));
    kz_doc_put(a, w->doc, "apiVersion", kz_value_path_str(seen.live, "apiVersion"));
    kz_doc_put(a, w->doc, "state", kz_str(kz_health_name(seen.verdict.health)));
    rc = kz_why_objects(w, 0, &seen, 1, &first, err);
    if (rc >= 0 && first == NULL && seen.verdict.why[0] != '\0')
        kz_why_fact(w, "Live", kz_str_dup(a, kz_str(seen.verdict.why)));
    if (rc < 0)
        return rc;
    if (owned)
        rc = add_owned(w, owner, &seen, err);
    else
        add_stranger(w, &seen);
    kz_why_fact(w, "Fields", fields_text(a, seen.live));
    return rc;
}
