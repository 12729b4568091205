/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exec/exec.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/vec.h"

#include <unistd.h>

enum { MAX_WORDS = 4096 };

/* Programs that everybody has; the first line whose program is there is taken. */
static const struct profile {
    const char *name;
    const char *words[16];
} profiles[] = {
    {"helm",
     {"helm", "template", "{release}", ".", "--namespace", "{namespace}", "--values", "{values}",
      "--include-crds", "--kube-version", "{kubeVersion}", "{apiVersions}", "{isUpgrade}"}},
    {"kustomize", {"kustomize", "build", "."}},
    {"kustomize", {"kubectl", "kustomize", "."}},
};

struct words { /* a KZ_VEC with a name */
    const char **at;
    size_t len, cap;
};

struct variable {
    const char *name;
    struct kz_str value;
};

/* One word with its {names} replaced; an unknown name stays as it is (jsonpath and the like). */
static const char *fill(struct kz_arena *a, struct kz_str word, const struct variable *vars, size_t n)
{
    struct kz_buf b;
    kz_buf_init(&b, 1 << 20);
    while (word.len > 0) {
        size_t used = 0;
        for (size_t i = 0; i < n && used == 0; i++) {
            if (!kz_str_starts(word, kz_str(vars[i].name)))
                continue;
            kz_buf_add_str(&b, vars[i].value);
            used = strlen(vars[i].name);
        }
        if (used == 0) {
            kz_buf_putc(&b, word.ptr[0]);
            used = 1;
        }
        word = kz_str_skip(word, used);
    }
    const char *out = kz_cstr(a, kz_buf_str(&b));
    kz_buf_done(&b);
    return out;
}

static void add_api_versions(struct words *out, struct kz_arena *a, const struct kz_value *list)
{
    for (size_t i = 0; i < kz_value_len(list) && out->len < MAX_WORDS - 2; i++) {
        struct kz_str v = kz_value_as_str(kz_value_at(list, i));
        if (v.len == 0)
            continue;
        kz_vec_push(out, "--api-versions");
        kz_vec_push(out, kz_cstr(a, v));
    }
}

static void add_word(struct words *out, const struct kz_render *r, const struct kz_exec_place *place,
                     struct kz_str word)
{
    const struct variable vars[] = {
        {"{release}", r->release},
        {"{namespace}", r->ns},
        {"{module}", r->module},
        {"{values}", kz_str(place->values)},
        {"{kubeVersion}", r->facts->kube_version},
    };
    if (kz_str_is(word, "{apiVersions}")) {
        add_api_versions(out, r->arena, r->facts->api_versions);
    } else if (kz_str_is(word, "{isUpgrade}")) {
        if (r->facts->revision > 1)
            kz_vec_push(out, "--is-upgrade");
    } else {
        kz_vec_push(out, fill(r->arena, word, vars, kz_countof(vars)));
    }
}

static const struct profile *find_profile(const struct kz_render *r)
{
    const struct profile *first = NULL;
    for (size_t i = 0; i < kz_countof(profiles); i++) {
        if (!kz_str_is(r->variant, profiles[i].name))
            continue;
        if (first == NULL)
            first = &profiles[i];
        if (kz_program_find(r->arena, profiles[i].words[0]) != NULL)
            return &profiles[i];
    }
    return first;
}

static void add_list(struct words *out, const struct kz_render *r, const struct kz_exec_place *place,
                     const struct kz_value *list)
{
    for (size_t i = 0; i < kz_value_len(list) && out->len < MAX_WORDS; i++)
        add_word(out, r, place, kz_value_as_str(kz_value_at(list, i)));
}

/* `command` of the options, or a profile, or the name itself; then `args`. */
static void add_words(struct words *out, const struct kz_render *r, const struct kz_exec_place *place)
{
    const struct kz_value *command = kz_value_get(r->options, "command");
    const struct profile *p = kz_value_len(command) > 0 ? NULL : find_profile(r);
    if (kz_value_len(command) > 0)
        add_list(out, r, place, command);
    else if (p != NULL)
        for (size_t i = 0; i < kz_countof(p->words) && p->words[i] != NULL; i++)
            add_word(out, r, place, kz_str(p->words[i]));
    else
        kz_vec_push(out, kz_cstr(r->arena, r->variant));
    add_list(out, r, place, kz_value_get(r->options, "args"));
}

static void add_environment(struct words *out, const struct kz_render *r,
                            const struct kz_exec_place *place)
{
    struct kz_arena *a = r->arena;
    const char *path = getenv("PATH");
    const struct variable vars[] = {
        {"PATH", kz_str(path != NULL ? path : "/usr/local/bin:/usr/bin:/bin")},
        {"HOME", kz_str(place->home)},
        {"TMPDIR", kz_str(place->tmp)},
        {"LANG", KZ_STR("C.UTF-8")},
        {"SOURCE_DATE_EPOCH", kz_str_printf(a, "%lld", (long long)(r->facts->now / KZ_NS_PER_SEC))},
        {"KZSYNC_MODULE", r->module},
        {"KZSYNC_RELEASE", r->release},
        {"KZSYNC_NAMESPACE", r->ns},
        {"KZSYNC_VALUES", kz_str(place->values)},
        {"KZSYNC_KUBE_VERSION", r->facts->kube_version},
        {"KZSYNC_API_VERSIONS", kz_str(place->apis)},
        {"KZSYNC_IS_UPGRADE", kz_str(r->facts->revision > 1 ? "true" : "false")},
    };
    for (size_t i = 0; i < kz_countof(vars); i++)
        kz_vec_push(out, kz_str_printf(a, "%s=" KZ_FMT, vars[i].name, KZ_ARG(vars[i].value)).ptr);
}

static const char **keep(struct kz_arena *a, const struct words *w)
{
    const char **out = kz_new_n(a, const char *, w->len + 1);
    for (size_t i = 0; i < w->len; i++)
        out[i] = w->at[i];
    return out;
}

/* false: there is no such program, or none that may be run. */
static bool find(const char **program, struct kz_arena *a, const char *name, const char *cwd)
{
    *program = kz_program_find(a, name);
    if (*program == NULL || strchr(name, '/') == NULL)
        return *program != NULL;
    const char *full = name[0] == '/' ? name : kz_str_printf(a, "%s/%s", cwd, name).ptr;
    return access(full, X_OK) == 0;
}

static int not_found(const char *name, struct kz_err *err)
{
    if (strchr(name, '/') == NULL) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "there is no program '%s' in the PATH of kzsync", name);
        return kz_err_hint(err, "install %s where kzsync runs", name);
    }
    (void)kz_fail(err, KZ_E_NOTFOUND, "there is no program '%s' that can be run", name);
    if (name[0] == '/')
        return kz_err_hint(err, "install %s where kzsync runs", name);
    return kz_err_hint(err, "put it into the module's folder, and make it executable");
}

int kz_exec_command_make(struct kz_exec_command *out, const struct kz_render *r,
                         const struct kz_exec_place *place, const struct kz_value *words,
                         struct kz_err *err)
{
    struct words argv = {0}, envp = {0};
    if (words != NULL)
        add_list(&argv, r, place, words);
    else
        add_words(&argv, r, place);
    add_environment(&envp, r, place);
    struct kz_exec_command c = {.argv = keep(r->arena, &argv), .envp = keep(r->arena, &envp),
                                .cwd = place->cwd};
    kz_vec_done(&argv);
    kz_vec_done(&envp);
    c.name = kz_str(c.argv[0]);
    if (c.name.len == 0) {
        (void)kz_fail(err, KZ_E_INVALID, "renderer exec names no program");
        return kz_err_hint(err, "write renderer: exec:NAME, or options: {command: [...]}");
    }
    const char *found;
    if (!find(&found, r->arena, c.argv[0], c.cwd))
        return not_found(c.argv[0], err);
    c.argv[0] = found;
    *out = c;
    return 0;
}
