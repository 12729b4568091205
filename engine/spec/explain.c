/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/fields.h"

#include "base/near.h"

static void limits(struct kz_buf *b, const struct kz_spec_field *f, const char *sep)
{
    const char *unit = f->type == KZ_F_DURATION ? "s" : "";
    if (f->type == KZ_F_INT || f->type == KZ_F_DURATION)
        kz_buf_printf(b, "%s%lld%s to %lld%s", sep, (long long)f->min, unit, (long long)f->max, unit);
    else if (f->max > 0 && f->type == KZ_F_TEXT)
        kz_buf_printf(b, "%sat most %lld bytes", sep, (long long)f->max);
    else if (f->max > 0)
        kz_buf_printf(b, "%sat most %lld", sep, (long long)f->max);
}

static void words(struct kz_buf *b, const struct kz_spec_field *f, const char *sep)
{
    for (size_t i = 0; f->words != NULL && f->words[i] != NULL; i++) {
        struct kz_str w = kz_str(f->words[i]);
        bool open = kz_str_ends(w, KZ_STR("*"));
        kz_buf_printf(b, "%s" KZ_FMT "%s", i == 0 ? sep : ", ", KZ_ARG(kz_str_head(w, w.len - open)),
                      open ? "NAME" : "");
    }
}

/* ---- explain ------------------------------------------------------------------------------- */

static void explain_rows(struct kz_buf *b, const struct kz_spec_field *rows)
{
    char type[64];
    if (rows == NULL || rows->name == NULL)
        return;
    kz_buf_puts(b, "\nFields:\n");
    for (; rows->name != NULL; rows++) {
        const char *note = rows->later != NULL   ? "  (not in this version)"
                           : rows->inert != NULL ? "  (no effect in this version)"
                           : (rows->flags & KZ_F_REQUIRED) ? "  (required)"
                                                           : "";
        kz_buf_printf(b, "  %-16s %-16s %s%s\n", rows->name,
                      kz_field_type_text(type, sizeof type, rows), rows->help, note);
    }
}

static void explain_field(struct kz_buf *b, const struct kz_spec_field *f, const char *kind,
                          struct kz_str path)
{
    char type[64];
    kz_buf_printf(b, "%s.spec." KZ_FMT "  %s\n  %s\n", kind, KZ_ARG(path),
                  kz_field_type_text(type, sizeof type, f), f->help);
    if (f->later != NULL)
        kz_buf_printf(b, "  Not in this version: %s.\n", f->later);
    if (f->inert != NULL)
        kz_buf_printf(b, "  No effect in this version: %s.\n", f->inert);
    words(b, f, "  One of: ");
    if (f->words != NULL)
        kz_buf_putc(b, '\n');
    size_t before = b->len;
    limits(b, f, "  Limits: ");
    if (b->len > before)
        kz_buf_putc(b, '\n');
    if (f->fallback != NULL)
        kz_buf_printf(b, "  Default: %s\n", f->fallback);
    if (f->example != NULL)
        kz_buf_printf(b, "  Example: %s: %s\n", f->name, f->example);
    explain_rows(b, f->sub);
}

static int no_such_field(const struct kz_doc_kind *doc, struct kz_str path, struct kz_err *err)
{
    struct kz_str name = path, at = KZ_STR("");
    const struct kz_spec_field *table = doc->spec;
    /* Walk as far as it goes; the near miss is looked for among the fields of that place. */
    for (struct kz_str rest = path; rest.len > 0 && table != NULL;) {
        rest = kz_str_cut(&name, rest, '.');
        at = kz_str_head(path, (size_t)(name.ptr - path.ptr) + name.len);
        const struct kz_spec_field *f = kz_fields_find(doc->spec, at);
        if (f == NULL)
            break;
        table = f->sub;
    }
    struct kz_near near = kz_near(name);
    for (; table != NULL && table->name != NULL; table++)
        kz_near_try(&near, kz_str(table->name));
    return kz_fail(err, KZ_E_USAGE, "no field '" KZ_FMT "' in a %s" KZ_NEAR_FMT,
                   KZ_ARG(kz_str_head(at, 80)), doc->kind, KZ_NEAR_ARGS(near));
}

int kz_fields_explain(struct kz_buf *b, struct kz_str path, struct kz_err *err)
{
    static const struct kz_doc_kind *const docs[] = {&kz_doc_module, &kz_doc_platform};
    const struct kz_doc_kind *doc = docs[0];
    struct kz_str first;
    struct kz_str rest = kz_str_cut(&first, path, '.');
    for (size_t i = 0; i < kz_countof(docs); i++)
        if (kz_str_is(first, docs[i]->kind)) {
            doc = docs[i];
            path = rest;
        }
    if (kz_str_is(path, "spec"))
        path = KZ_STR("");
    else if (kz_str_starts(path, KZ_STR("spec.")))
        path = kz_str_skip(path, 5);
    if (path.len == 0) {
        kz_buf_printf(b, "%s  %s\n  %s\n", doc->kind, KZ_API_VERSION, doc->help);
        explain_rows(b, doc->spec);
        return 0;
    }
    const struct kz_spec_field *f = kz_fields_find(doc->spec, path);
    if (f == NULL)
        return no_such_field(doc, path, err);
    explain_field(b, f, doc->kind, path);
    return 0;
}

/* ---- reference page ------------------------------------------------------------------------ */

static void cell(struct kz_buf *b, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            kz_buf_putc(b, '\\');
        kz_buf_putc(b, *text);
    }
}

static void markdown_rows(struct kz_buf *b, const struct kz_spec_field *rows, const char *prefix)
{
    for (; rows->name != NULL; rows++) {
        char type[64], path[160];
        (void)snprintf(path, sizeof path, "%s%s", prefix, rows->name);
        kz_buf_printf(b, "| `%s` | %s", path, kz_field_type_text(type, sizeof type, rows));
        words(b, rows, ": ");
        kz_buf_puts(b, " | ");
        if (rows->fallback != NULL)
            kz_buf_printf(b, "`%s`", rows->fallback);
        else if (rows->flags & KZ_F_REQUIRED)
            kz_buf_puts(b, "required");
        kz_buf_puts(b, " | ");
        cell(b, rows->help);
        if (rows->later != NULL)
            kz_buf_printf(b, " *Not in this version: %s.*", rows->later);
        if (rows->inert != NULL)
            kz_buf_printf(b, " *No effect in this version: %s.*", rows->inert);
        limits(b, rows, " Limits: ");
        if (rows->example != NULL) {
            kz_buf_puts(b, " Example: `");
            cell(b, rows->example);
            kz_buf_puts(b, "`");
        }
        kz_buf_puts(b, " |\n");
        /* The modules of a Platform have the fields of a Module, which has a table of its own. */
        if (rows->sub == NULL || rows->sub == kz_doc_module.spec || rows->later != NULL)
            continue;
        (void)snprintf(path, sizeof path, "%s%s%s.", prefix, rows->name,
                       rows->type == KZ_F_LIST ? "[]" : "");
        markdown_rows(b, rows->sub, path);
    }
}

void kz_fields_markdown(struct kz_buf *b)
{
    static const struct kz_doc_kind *const docs[] = {&kz_doc_platform, &kz_doc_module};
    kz_buf_puts(
        b,
        "# Platform and Module\n\n"
        "Made from the option tables by `kzsync explain -o markdown`; change engine/spec/fields.c.\n\n"
        "## Where definitions are found\n\n"
        "All relative to the folder of `kubezero.yaml`:\n\n"
        "| file | holds |\n|---|---|\n"
        "| `kubezero.yaml` | exactly one Platform, and any number of Modules as further documents |\n"
        "| `modules/NAME.yaml` | Modules, any number per file |\n"
        "| `modules/FOLDER/module.yaml` | Modules beside what they deliver |\n"
        "| `editions/EDITION.yaml` in `editionSource.path` | the Modules of `spec.edition` |\n\n"
        "An entry of the Platform's `spec.modules` is an override when one of these files has a Module "
        "of that name; with a `source` it may also be a further module. Two Modules of one name are an "
        "error. A path is relative to the file that names it and may not leave the repository.\n\n"
        "A folder without `kubezero.yaml`, or a file that holds no Platform, is a platform of one "
        "module with its name.\n\n"
        "## How layers merge\n\n"
        "Values, low to high: defaults of the chart, the Module, `global` of the values file (as "
        "`global`), the module's section of the values file, the Platform's `spec.modules`. Inside one "
        "definition the files of `valuesFrom` come first, in order, then `values`. Maps merge, lists "
        "replace; a null deletes what lower layers said, also a chart's default. Other fields merge "
        "the same way, and there a null means the default.\n\n"
        "In a section of the values file the keys `enabled`, `namespace` and `retain` are about the "
        "module; `targetRevision`, `chart`, `repository` and `annotations` are accepted and not used; "
        "all other keys are values. A section that belongs to no module is a warning.\n");
    for (size_t i = 0; i < kz_countof(docs); i++) {
        kz_buf_printf(b, "\n## %s\n\n%s `apiVersion: %s`, `kind: %s`, `metadata.name`.\n\n", docs[i]->kind,
                      docs[i]->help, KZ_API_VERSION, docs[i]->kind);
        kz_buf_puts(b, "| field of spec | type | default | |\n|---|---|---|---|\n");
        markdown_rows(b, docs[i]->spec, "");
    }
}
