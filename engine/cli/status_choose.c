/* SPDX-License-Identifier: Apache-2.0 */
#include "base/glob.h"
#include "base/near.h"
#include "cli/status_page.h"

static bool is_pattern(struct kz_str word)
{
    return kz_str_index(word, '*') < word.len || kz_str_index(word, '?') < word.len ||
           kz_str_index(word, '[') < word.len || kz_str_index(word, '{') < word.len;
}

static bool fits(struct kz_str word, struct kz_str name)
{
    return is_pattern(word) ? kz_glob_match(word, name) : kz_str_eq(word, name);
}

static int check_word(const struct kz_value *status, struct kz_str word, struct kz_err *err)
{
    const struct kz_value *modules = kz_value_get(status, "modules");
    struct kz_near near = kz_near(word);
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        struct kz_str name = kz_value_path_str(kz_value_at(modules, i), "name");
        if (fits(word, name))
            return 0;
        kz_near_try(&near, name);
    }
    (void)kz_fail(err, KZ_E_NOTFOUND, "platform " KZ_FMT " has no module '%.*s'" KZ_NEAR_FMT,
                  KZ_ARG(kz_value_path_str(status, "platform")), word.len > 80 ? 80 : (int)word.len, word.ptr,
                  KZ_NEAR_ARGS(near));
    return kz_err_hint(err, "kzsync status -o name lists all modules");
}

static int check_states(struct kz_str states, struct kz_err *err)
{
    struct kz_str word;
    for (struct kz_str rest = states; rest.len > 0;) {
        bool known = false;
        rest = kz_str_cut(&word, rest, ',');
        word = kz_str_trim(word);
        struct kz_near near = kz_near(word);
        for (size_t i = 0; kz_state_words[i] != NULL; i++) {
            known = known || kz_str_is(word, kz_state_words[i]);
            kz_near_try(&near, kz_str(kz_state_words[i]));
        }
        if (known)
            continue;
        (void)kz_fail(err, KZ_E_USAGE, "there is no state '%.*s'" KZ_NEAR_FMT, word.len > 80 ? 80 : (int)word.len,
                      word.ptr, KZ_NEAR_ARGS(near));
        return kz_err_hint(err, "states are fail, back, held, drift, run, wait, skip, unknown, paused and ok");
    }
    return 0;
}

static bool is_wanted(struct kz_str states, struct kz_str state)
{
    return states.len == 0 || kz_str_lists(states, state);
}

static bool is_named(const struct kz_choice *choice, struct kz_str name)
{
    for (size_t i = 0; i < choice->n; i++)
        if (fits(choice->words[i], name))
            return true;
    return choice->n == 0;
}

int kz_modules_choose(struct kz_value **out, struct kz_arena *a, const struct kz_value *status,
                      const struct kz_choice *choice, struct kz_err *err)
{
    const struct kz_value *modules = kz_value_get(status, "modules");
    struct kz_value *list = kz_value_list(a);
    int rc = check_states(choice->states, err);
    for (size_t i = 0; i < choice->n && rc >= 0; i++)
        rc = check_word(status, choice->words[i], err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        if (is_named(choice, kz_value_path_str(m, "name")) &&
            is_wanted(choice->states, kz_value_path_str(m, "state")))
            kz_value_push(a, list, modules->as.list.at[i]);
    }
    *out = list;
    return 0;
}
