/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/select.h"

#include "base/glob.h"
#include "base/near.h"
#include "sync/internal.h"

static bool is_named(struct kz_str list, struct kz_str name)
{
    while (list.len > 0) {
        struct kz_str one;
        list = kz_str_cut(&one, list, ',');
        if (kz_glob_match(kz_str_trim(one), name))
            return true;
    }
    return false;
}

/* Does `from` depend on m, at any distance? seen: modules that were looked at. */
static bool reaches(const struct kz_engine *e, const struct kz_mod *from, const struct kz_mod *m, struct kz_map *seen)
{
    if (from == m)
        return true;
    if (from->removed || kz_map_put(seen, kz_str(from->name), seen) != NULL)
        return false;
    for (size_t i = 0; i < from->spec->n_depends; i++) {
        struct kz_str name = from->spec->depends[i].module;
        const struct kz_mod *next = name.len == 0 ? NULL : kz_map_find(&e->mods, name);
        if (next != NULL && reaches(e, next, m, seen))
            return true;
    }
    return false;
}

bool kz_selects(const struct kz_engine *e, const struct kz_mod *m)
{
    const struct kz_map_slot *slot;
    struct kz_map seen;
    bool found = false;
    if (e->opt.only_module.len > 0)
        return kz_str_is(e->opt.only_module, m->name);
    if (e->opt.only.len == 0)
        return true;
    kz_map_init(&seen);
    for (size_t i = 0; !found && (slot = kz_map_next(&e->mods, &i)) != NULL;)
        found = is_named(e->opt.only, slot->key) && reaches(e, slot->val, m, &seen);
    kz_map_done(&seen);
    return found;
}

int kz_select_check(const struct kz_engine *e, struct kz_err *err)
{
    struct kz_str list = e->opt.only;
    while (list.len > 0) {
        const struct kz_map_slot *slot;
        struct kz_str one;
        bool found = false;
        list = kz_str_cut(&one, list, ',');
        one = kz_str_trim(one);
        struct kz_near near = kz_near(one);
        for (size_t i = 0; !found && (slot = kz_map_next(&e->mods, &i)) != NULL;) {
            found = kz_glob_match(one, slot->key);
            kz_near_try(&near, slot->key);
        }
        if (!found)
            return kz_fail(err, KZ_E_NOTFOUND, "--only names '" KZ_FMT "', which no module has as its name" KZ_NEAR_FMT,
                           KZ_ARG(one), KZ_NEAR_ARGS(near));
    }
    return 0;
}
