/* SPDX-License-Identifier: Apache-2.0
 *
 * .Files: the files of a chart that have no other role, with the ways to read them. */
#include "helm/dot.h"

#include "base/base64.h"
#include "helm/funcs.h"
#include "helm/glob.h"
#include "helm/text.h"

#include <string.h>

static struct kz_val get(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                         size_t argc)
{
    const struct kz_val *v = kz_dict_find(self->as.dict, argv[0].as.str);
    (void)ev;
    (void)argc;
    return kz_val_str(v == NULL ? KZ_STR("") : v->as.str);
}

static struct kz_val get_bytes(struct kz_eval *ev, const struct kz_val *self,
                               const struct kz_val *argv, size_t argc)
{
    const struct kz_val *v = kz_dict_find(self->as.dict, argv[0].as.str);
    (void)ev;
    (void)argc;
    return v == NULL ? kz_val_bytes(KZ_STR("")) : *v;
}

static struct kz_val lines(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                           size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_val *v = kz_dict_find(self->as.dict, argv[0].as.str);
    struct kz_list *l = kz_list_new(a, 0);
    (void)argc;
    if (v == NULL)
        return kz_val_obj(&kz_type_strings, l);
    if (v->as.str.len == 0) /* Go panics */
        return kz_eval_fail(ev, "runtime error: index out of range [-1]");
    struct kz_str s = v->as.str;
    if (s.ptr[s.len - 1] == '\n')
        s = kz_str_head(s, s.len - 1);
    for (bool more = true; more;) {
        struct kz_str line;
        more = kz_str_index(s, '\n') < s.len;
        s = kz_str_cut(&line, s, '\n');
        kz_list_push(a, l, kz_val_str(line));
    }
    return kz_val_obj(&kz_type_strings, l);
}

/* One mapping of base name to content; of equal names the last by path. */
static struct kz_val as_yaml(struct kz_eval *ev, const struct kz_val *self, bool secret)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_dict *d = self->as.dict;
    struct kz_dict *map = kz_dict_new(a, 0);
    if (d == NULL)
        return kz_val_str(KZ_STR(""));
    kz_dict_sort(d);
    for (size_t i = 0; i < d->len; i++) {
        struct kz_str data = d->at[i].val.as.str;
        if (secret)
            data = kz_base64_encode(a, data);
        kz_dict_set(a, map, kz_go_base(d->at[i].key), kz_val_str(data));
    }
    return kz_helm_to_yaml(ev, kz_val_dict(map));
}

static struct kz_val as_config(struct kz_eval *ev, const struct kz_val *self,
                               const struct kz_val *argv, size_t argc)
{
    (void)argv;
    (void)argc;
    return as_yaml(ev, self, false);
}

static struct kz_val as_secrets(struct kz_eval *ev, const struct kz_val *self,
                                const struct kz_val *argv, size_t argc)
{
    (void)argv;
    (void)argc;
    return as_yaml(ev, self, true);
}

static struct kz_val glob(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                          size_t argc);

static const struct kz_method methods[] = {
    {"Get",       "s", get       },
    {"GetBytes",  "s", get_bytes },
    {"Glob",      "s", glob      },
    {"Lines",     "s", lines     },
    {"AsConfig",  "",  as_config },
    {"AsSecrets", "",  as_secrets},
};
static const struct kz_shape shape = {.methods = methods, .n_methods = kz_countof(methods)};
static const struct kz_type type_files = {.kind = KZ_GO_MAP,
                                          .name = "engine.files",
                                          .kind_name = "map",
                                          .elem = &kz_type_bytes,
                                          .shape = &shape};

static struct kz_val glob(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                          size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    kz_autoarena struct kz_arena *scratch = kz_arena_new((size_t)64 << 20);
    struct kz_dict *d = self->as.dict, *out = kz_dict_new(a, 0);
    const struct kz_glob *g = kz_glob_parse(a, argv[0].as.str);
    (void)argc;
    for (size_t i = 0; d != NULL && i < d->len; i++) {
        if (g != NULL && !kz_eval_spend(ev, 1 + kz_glob_parts(g)))
            return KZ_NIL;
        if (g == NULL || kz_glob_fits(g, scratch, d->at[i].key)) /* a bad one: all, as in Helm */
            kz_dict_set(a, out, d->at[i].key, d->at[i].val);
    }
    return kz_val_obj(&type_files, out);
}

struct kz_val kz_helm_files(struct kz_arena *a, const struct kz_chart *c)
{
    struct kz_dict *d = kz_dict_new(a, c->n_files);
    for (size_t i = 0; i < c->n_files; i++)
        kz_dict_set(a, d, c->files[i].name, kz_val_bytes(c->files[i].data));
    return kz_val_obj(&type_files, d);
}
