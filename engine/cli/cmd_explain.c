/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "spec/fields.h"

enum format { TEXT, MARKDOWN, SCHEMA, CRD };
static const char *const formats[] = {"text", "markdown", "schema", "crd", NULL};

static int print(struct kz_buf *b, struct kz_str field, enum format format, struct kz_err *err)
{
    const struct kz_doc_kind *doc = kz_str_is(field, "Platform") ? &kz_doc_platform : &kz_doc_module;
    switch (format) {
    case TEXT:
        return kz_fields_explain(b, field.len > 0 ? field : KZ_STR("Module"), err);
    case MARKDOWN:
        kz_fields_markdown(b);
        return 0;
    case SCHEMA:
    case CRD:
        break;
    }
    if (!kz_str_is(field, doc->kind)) {
        (void)kz_fail(err, KZ_E_USAGE, "a %s is made for a whole kind", formats[format]);
        return kz_err_hint(err, "kzsync explain Module -o %s", formats[format]);
    }
    if (format == SCHEMA)
        kz_fields_json_schema(b, doc);
    else
        kz_fields_crd(b, doc);
    return 0;
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_buf b;
    kz_buf_init(&b, 4 << 20);
    int rc = print(&b, kz_args_pos(args, 0), (enum format)kz_args_word(args, "output"), err);
    if (rc == 0)
        rc = kz_cli_out(&b, err);
    kz_buf_done(&b);
    return rc;
}

const struct kz_command kz_cmd_explain = {
    .name = "explain",
    .summary = "explain a field of a Platform or Module",
    .args = "[FIELD]",
    .args_max = 1,
    .arg_words = (const char *const[]){"Platform", "Module", NULL},
    .details = "FIELD is a kind, or a field with dots between names. Without a kind it is a field of "
               "a Module's spec.",
    .options = (const struct kz_opt[]){
        {.name = "output", .letter = 'o', .type = KZ_OPT_WORD, .arg = "FORMAT", .words = formats,
         .fallback = "text", .help = "markdown is the reference of all fields; schema and crd need a "
                                     "kind"},
        {.name = NULL},
    },
    .examples = (const struct kz_example[]){
        {"kzsync explain health.timeout", "what the field means, its default and its limits"},
        {"kzsync explain Platform.schedule", "the fields of a Platform's schedule"},
        {"kzsync explain Module -o crd", "the CustomResourceDefinition of Module"},
        {NULL, NULL},
    },
    .run = run,
};
