/* SPDX-License-Identifier: Apache-2.0 */
#include "source/refs.h"

#include "source/url.h"

#include <string.h>

struct kz_ref_names kz_ref_names(struct kz_arena *a, struct kz_str ref)
{
    struct kz_ref_names names = {.n = 1};
    if (ref.len == 0 || kz_str_is(ref, "HEAD")) {
        names.name[0] = KZ_STR("HEAD");
    } else if (kz_str_starts(ref, KZ_STR("refs/"))) {
        names.name[0] = kz_str_dup(a, ref);
    } else {
        names.name[0] = kz_str_printf(a, "refs/heads/" KZ_FMT, KZ_ARG(ref));
        names.name[1] = kz_str_printf(a, "refs/tags/" KZ_FMT, KZ_ARG(ref));
        names.n = 2;
    }
    return names;
}

void kz_ref_pick_init(struct kz_ref_pick *p, struct kz_arena *a, struct kz_str ref)
{
    *p = (struct kz_ref_pick){.names = kz_ref_names(a, ref)};
}

void kz_commit_id_copy(char out[KZ_OID_TEXT], struct kz_str id)
{
    for (size_t i = 0; i < id.len; i++)
        out[i] = id.ptr[i] >= 'A' && id.ptr[i] <= 'F' ? (char)(id.ptr[i] + 32) : id.ptr[i];
    out[id.len] = '\0';
}

void kz_ref_pick_row(struct kz_ref_pick *p, struct kz_str name, struct kz_str id,
                     struct kz_str peeled)
{
    bool is_peeled = kz_str_ends(name, KZ_STR("^{}"));
    if (is_peeled)
        name.len -= 3;
    p->rows++;
    if (!kz_is_commit_id(id) || (peeled.len > 0 && !kz_is_commit_id(peeled)))
        return;
    for (size_t i = 0; i < p->names.n; i++) {
        if (!kz_str_eq(name, p->names.name[i]))
            continue;
        kz_commit_id_copy(is_peeled ? p->peeled[i] : p->id[i], id);
        if (peeled.len > 0)
            kz_commit_id_copy(p->peeled[i], peeled);
    }
}

static const char *meant(const struct kz_ref_pick *p, size_t i)
{
    return p->peeled[i][0] != '\0' ? p->peeled[i] : p->id[i];
}

static int missing(struct kz_str ref, struct kz_err *err)
{
    bool hex = ref.len >= 7;
    for (size_t i = 0; hex && i < ref.len; i++)
        hex = strchr("0123456789abcdefABCDEF", ref.ptr[i]) != NULL;
    if (ref.len == 0 || kz_str_is(ref, "HEAD"))
        return kz_fail(err, KZ_E_NOTFOUND,
                       "the repository has no HEAD: it is empty, or its default "
                       "branch is missing");
    (void)kz_fail(err, KZ_E_NOTFOUND, "branch or tag '" KZ_FMT "' is not in the repository",
                  KZ_ARG(ref));
    return hex ? kz_err_hint(err, "a commit is named by all 40 digits of its id")
               : kz_err_hint(err, "git ls-remote <repository> shows what it has");
}

int kz_ref_pick_end(char out[KZ_OID_TEXT], const struct kz_ref_pick *p, struct kz_str ref,
                    struct kz_err *err)
{
    const char *found = NULL;
    for (size_t i = 0; i < p->names.n; i++) {
        const char *id = meant(p, i);
        if (id[0] == '\0')
            continue;
        if (found != NULL && strcmp(found, id) != 0) {
            (void)kz_fail(err, KZ_E_INVALID,
                          "'" KZ_FMT "' is both a branch and a tag, of different "
                          "commits",
                          KZ_ARG(ref));
            return kz_err_hint(err, "write " KZ_FMT " or " KZ_FMT, KZ_ARG(p->names.name[0]),
                               KZ_ARG(p->names.name[1]));
        }
        found = id;
    }
    if (found == NULL)
        return missing(ref, err);
    if (strlen(found) == 64)
        return kz_fail(err, KZ_E_INVALID,
                       "the repository uses SHA-256 object ids, which are not "
                       "supported");
    kz_commit_id_copy(out, kz_str(found));
    return 0;
}

int kz_ref_pick_lines(struct kz_ref_pick *p, struct kz_str text, struct kz_err *err)
{
    while (text.len > 0) {
        struct kz_str line, id;
        text = kz_str_cut(&line, text, '\n');
        struct kz_str name = kz_str_cut(&id, line, '\t');
        if (!kz_is_commit_id(id) || name.len == 0)
            return kz_fail(err, KZ_E_PARSE, "git ls-remote printed a line that is no reference");
        kz_ref_pick_row(p, name, id, KZ_STR(""));
    }
    return 0;
}
