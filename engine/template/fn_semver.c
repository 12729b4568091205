/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: versions. `semver` gives a *Version with the methods of the Go library. */
#include "template/funcs.h"

#include <string.h>

#include "base/semver_range.h"

struct version {
    struct kz_semver v;
    struct kz_str original;
};

static const struct version *self_of(const struct kz_val *self)
{
    return self->as.obj;
}

static struct kz_str text_of(struct kz_arena *a, const struct kz_semver *v)
{
    return kz_str_printf(a, "%llu.%llu.%llu%s" KZ_FMT "%s" KZ_FMT, (unsigned long long)v->major,
                         (unsigned long long)v->minor, (unsigned long long)v->patch,
                         v->pre.len > 0 ? "-" : "", KZ_ARG(v->pre), v->build.len > 0 ? "+" : "",
                         KZ_ARG(v->build));
}

/* ---- reading, with Go's words for what is wrong -------------------------------------------------- */

static bool digits(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

/* A number of the text that does not fit, or NONE. */
static struct kz_str too_large(struct kz_str s)
{
    if (s.len > 0 && s.ptr[0] == 'v')
        s = kz_str_skip(s, 1);
    for (unsigned i = 0; i < 3; i++) {
        size_t n = 0;
        while (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9')
            n++;
        struct kz_str number = kz_str_head(s, n), short_one = number;
        uint64_t value;
        while (short_one.len > 1 && short_one.ptr[0] == '0')
            short_one = kz_str_skip(short_one, 1);
        if (n == 0)
            break;
        if (!kz_str_u64(&value, short_one))
            return number;
        if (n == s.len || s.ptr[n] != '.')
            break;
        s = kz_str_skip(s, n + 1);
    }
    return KZ_STR_NONE;
}

/* Whether it has the form of a version, apart from how numbers are written. */
static bool well_formed(struct kz_str s)
{
    if (s.len > 0 && s.ptr[0] == 'v')
        s = kz_str_skip(s, 1);
    const size_t plus = kz_str_index(s, '+');
    struct kz_str parts[2] = {kz_str_head(s, plus), KZ_STR_NONE}, build = kz_str_skip(s, plus + 1);
    const bool has_build = plus < s.len;
    const size_t dash = kz_str_index(parts[0], '-');
    const bool has_pre = dash < parts[0].len;
    parts[1] = kz_str_skip(parts[0], dash + 1);
    struct kz_str core = kz_str_head(parts[0], dash);
    unsigned n = 0;
    for (bool more = true; more; n++) {
        struct kz_str part;
        more = kz_str_index(core, '.') < core.len;
        core = kz_str_cut(&part, core, '.');
        if (n == 3 || !digits(part))
            return false;
    }
    for (unsigned k = 0; k < 2; k++) {
        struct kz_str rest = k == 0 ? parts[1] : build;
        if (!(k == 0 ? has_pre : has_build))
            continue;
        if (rest.len == 0)
            return false;
        for (size_t i = 0; i < rest.len; i++) {
            const char c = rest.ptr[i], low = (char)(c | 0x20);
            const bool dot_ok = c == '.' && i > 0 && i + 1 < rest.len && rest.ptr[i - 1] != '.';
            if (!dot_ok && c != '-' && !(c >= '0' && c <= '9') && !(low >= 'a' && low <= 'z'))
                return false;
        }
    }
    return true;
}

static const char *const invalid = "Invalid Semantic Version";

static bool parse(struct version *out, struct kz_eval *ev, struct kz_str text)
{
    out->original = text;
    if (kz_semver_parse_loose(&out->v, text))
        return true;
    const struct kz_str large = too_large(text);
    if (!well_formed(text))
        (void)kz_eval_fail(ev, "%s", invalid);
    else if (large.len > 0)
        (void)kz_eval_fail(ev,
                           "Error parsing version segment: strconv.ParseUint: parsing \"" KZ_FMT
                           "\": value out of range",
                           KZ_ARG(large));
    else
        (void)kz_eval_fail(ev, "Version segment starts with 0");
    return false;
}

/* ---- methods ----------------------------------------------------------------------------------- */

extern const struct kz_type kz_type_version, kz_type_version_ptr;

static struct kz_val uint_val(uint64_t n)
{
    return (struct kz_val){.type = &kz_type_uint64, .as.unum = n};
}

static struct kz_val major(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                           size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return uint_val(self_of(self)->v.major);
}

static struct kz_val minor(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                           size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return uint_val(self_of(self)->v.minor);
}

static struct kz_val patch(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                           size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return uint_val(self_of(self)->v.patch);
}

static struct kz_str or_empty(struct kz_str s)
{
    return s.len == 0 ? KZ_STR("") : s;
}

static struct kz_val prerelease(struct kz_eval *ev, const struct kz_val *self,
                                const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return kz_val_str(or_empty(self_of(self)->v.pre));
}

static struct kz_val metadata(struct kz_eval *ev, const struct kz_val *self,
                              const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return kz_val_str(or_empty(self_of(self)->v.build));
}

static struct kz_val original(struct kz_eval *ev, const struct kz_val *self,
                              const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return kz_val_str(self_of(self)->original);
}

static struct kz_val string(struct kz_eval *ev, const struct kz_val *self,
                            const struct kz_val *argv, size_t argc)
{
    (void)argv, (void)argc;
    return kz_val_str(text_of(kz_eval_arena(ev), &self_of(self)->v));
}

/* The same version with other parts; keeps a leading "v" of the original text. */
static struct kz_val changed(struct kz_eval *ev, const struct version *from, struct kz_semver v)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct version *to = kz_new(a, struct version);
    const bool has_v = kz_str_starts(from->original, KZ_STR("v"));
    to->v = v;
    to->original = kz_str_printf(a, "%s" KZ_FMT, has_v ? "v" : "", KZ_ARG(text_of(a, &v)));
    return kz_val_obj(&kz_type_version, to);
}

static struct kz_val inc_patch(struct kz_eval *ev, const struct kz_val *self,
                               const struct kz_val *argv, size_t argc)
{
    struct kz_semver v = self_of(self)->v;
    (void)argv, (void)argc;
    v.patch += v.pre.len == 0; /* a preview becomes its release */
    v.pre = v.build = KZ_STR_NONE;
    return changed(ev, self_of(self), v);
}

static struct kz_val inc_minor(struct kz_eval *ev, const struct kz_val *self,
                               const struct kz_val *argv, size_t argc)
{
    const struct kz_semver v = self_of(self)->v;
    (void)argv, (void)argc;
    return changed(ev, self_of(self), (struct kz_semver){.major = v.major, .minor = v.minor + 1});
}

static struct kz_val inc_major(struct kz_eval *ev, const struct kz_val *self,
                               const struct kz_val *argv, size_t argc)
{
    (void)argv, (void)argc;
    return changed(ev, self_of(self), (struct kz_semver){.major = self_of(self)->v.major + 1});
}

static struct kz_val set_part(struct kz_eval *ev, const struct kz_val *self, struct kz_str text,
                              bool pre)
{
    struct kz_semver v = self_of(self)->v, probe;
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_str whole = kz_str_printf(a, "0.0.0%c" KZ_FMT, pre ? '-' : '+', KZ_ARG(text));
    const size_t plus = kz_str_index(text, '+');
    if (text.len > 0 && (plus < text.len || !kz_semver_parse(&probe, whole))) {
        struct kz_semver
            as_build; /* only a number with a leading zero is right there and wrong here */
        const bool zero =
            plus == text.len &&
            kz_semver_parse(&as_build, kz_str_printf(a, "0.0.0+" KZ_FMT, KZ_ARG(text)));
        return kz_eval_fail(ev, "%s",
                            pre && zero ? "Version segment starts with 0"
                            : pre       ? "Invalid Prerelease string"
                                        : "Invalid Metadata string");
    }
    *(pre ? &v.pre : &v.build) = text;
    return changed(ev, self_of(self), v);
}

static struct kz_val set_prerelease(struct kz_eval *ev, const struct kz_val *self,
                                    const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return set_part(ev, self, argv[0].as.str, true);
}

static struct kz_val set_metadata(struct kz_eval *ev, const struct kz_val *self,
                                  const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return set_part(ev, self, argv[0].as.str, false);
}

static int compare(const struct kz_val *self, const struct kz_val *argv)
{
    const int c = kz_semver_cmp(&self_of(self)->v, &self_of(&argv[0])->v);
    return c < 0 ? -1 : c > 0;
}

static bool has_other(struct kz_eval *ev, const struct kz_val *argv)
{
    if (argv[0].as.obj != NULL)
        return true;
    (void)kz_eval_fail(ev, "runtime error: invalid memory address or nil pointer dereference");
    return false;
}

static struct kz_val cmp(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                         size_t argc)
{
    (void)argc;
    return has_other(ev, argv) ? kz_val_int(compare(self, argv)) : KZ_NIL;
}

static struct kz_val less(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                          size_t argc)
{
    (void)argc;
    return has_other(ev, argv) ? kz_val_bool(compare(self, argv) < 0) : KZ_NIL;
}

static struct kz_val less_equal(struct kz_eval *ev, const struct kz_val *self,
                                const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return has_other(ev, argv) ? kz_val_bool(compare(self, argv) <= 0) : KZ_NIL;
}

static struct kz_val greater(struct kz_eval *ev, const struct kz_val *self,
                             const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return has_other(ev, argv) ? kz_val_bool(compare(self, argv) > 0) : KZ_NIL;
}

static struct kz_val greater_equal(struct kz_eval *ev, const struct kz_val *self,
                                   const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return has_other(ev, argv) ? kz_val_bool(compare(self, argv) >= 0) : KZ_NIL;
}

static struct kz_val equal(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                           size_t argc)
{
    (void)argc;
    return has_other(ev, argv) ? kz_val_bool(compare(self, argv) == 0) : KZ_NIL;
}

static struct kz_str shape_string(struct kz_arena *a, const struct kz_val *self)
{
    return text_of(a, &self_of(self)->v);
}

/* Takes of a parameter that is a *Version: no types list fits struct kz_method, so "a" and a check. */
#define SELF_METHODS                                                                               \
    {"String", "", string}, {"Major", "", major}, {"Minor", "", minor}, {"Patch", "", patch},      \
        {"Prerelease", "", prerelease}, {"Metadata", "", metadata}, {"IncPatch", "", inc_patch},   \
        {"IncMinor", "", inc_minor}, {"IncMajor", "", inc_major},                                  \
        {"SetPrerelease", "s", set_prerelease},                                                    \
    {                                                                                              \
        "SetMetadata", "s", set_metadata                                                           \
    }

#define checked(name, fn)                                                                          \
    static struct kz_val name(struct kz_eval *ev, const struct kz_val *self,                       \
                              const struct kz_val *argv, size_t argc)                              \
    {                                                                                              \
        if (argv[0].type != &kz_type_version_ptr)                                                  \
            return kz_eval_fail(ev, "wrong type for value; expected *semver.Version; got %s",      \
                                kz_val_type_name(argv[0]));                                        \
        return fn(ev, self, argv, argc);                                                           \
    }
checked(cmp_checked, cmp) checked(less_checked, less) checked(less_equal_checked, less_equal)
    checked(greater_checked, greater) checked(greater_equal_checked, greater_equal)
        checked(equal_checked, equal)

            static const struct kz_method value_methods[] = {SELF_METHODS};
static const struct kz_method pointer_methods[] = {
    SELF_METHODS,
    {"Original",         "",  original             },
    {"Compare",          "a", cmp_checked          },
    {"LessThan",         "a", less_checked         },
    {"LessThanEqual",    "a", less_equal_checked   },
    {"GreaterThan",      "a", greater_checked      },
    {"GreaterThanEqual", "a", greater_equal_checked},
    {"Equal",            "a", equal_checked        },
};

static const struct kz_shape value_shape = {
    .methods = value_methods, .n_methods = kz_countof(value_methods), .string = shape_string};
static const struct kz_shape pointer_shape = {
    .methods = pointer_methods, .n_methods = kz_countof(pointer_methods), .string = shape_string};

const struct kz_type kz_type_version = {
    .kind = KZ_GO_STRUCT, .name = "semver.Version", .kind_name = "struct", .shape = &value_shape};
const struct kz_type kz_type_version_ptr = {.kind = KZ_GO_PTR,
                                            .name = "*semver.Version",
                                            .kind_name = "ptr",
                                            .elem = &kz_type_version,
                                            .shape = &pointer_shape};

/* ---- functions --------------------------------------------------------------------------------- */

static struct kz_val semver(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct version *v = kz_new(kz_eval_arena(ev), struct version);
    (void)argc;
    return parse(v, ev, argv[0].as.str) ? kz_val_obj(&kz_type_version_ptr, v) : KZ_NIL;
}

static struct kz_val semver_compare(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_semver_range *range;
    struct version v;
    struct kz_str bad;
    (void)argc;
    if (!kz_semver_range_explain(&range, &bad, kz_eval_arena(ev), argv[0].as.str)) {
        if (bad.ptr == NULL)
            return kz_eval_fail(ev, "constraint Parser Error");
        return kz_eval_fail(ev, "improper constraint: " KZ_FMT, KZ_ARG(bad));
    }
    if (!parse(&v, ev, argv[1].as.str))
        return KZ_NIL;
    return kz_val_bool(kz_semver_range_has(range, &v.v));
}

const struct kz_func kz_funcs_semver[] = {
    {"semver", "s", semver, NULL},
    {"semverCompare",  "ss", semver_compare, NULL},
    {0       },
};
