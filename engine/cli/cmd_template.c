/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync template: `helm template`, without Helm. template_request.c makes the request, who renders is
 * behind kz_template_answer, answer.c puts the answer together as Helm prints it. */
#include "cli/cmd_template.h"

#include "cli/report.h"
#include "cli/answer.h"
#include "cli/charts.h"
#include "cli/template_request.h"

#include <stdio.h>

enum { ARENA = 1 << 30 };

/* After a release was made Helm adds a hint to each error. */
static const char late[] = "\nUse --debug flag to render out invalid YAML\n";

static void print_notes(const struct kz_value *reply)
{
    const struct kz_value *notes = kz_value_get(reply, "notes");
    for (size_t i = 0; i < kz_value_len(notes); i++)
        (void)fprintf(stderr, "WARNING: " KZ_FMT "\n",
                      KZ_ARG(kz_value_as_str(kz_value_at(notes, i))));
}

/* Helm's message first, as it stands: scripts look for it. Then what helps. */
static void print_error(const struct kz_value *reply, bool debug)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 10);
    struct kz_err err = {.code = KZ_E_INVALID};
    (void)fprintf(stderr, "Error: " KZ_FMT "\n", KZ_ARG(kz_value_path_str(reply, "error")));
    if (kz_value_path_bool(reply, "late", false) && !debug)
        (void)fputs(late, stderr);
    (void)kz_err_at(&err, kz_value_path_str(reply, "file"),
                    (unsigned)kz_value_path_int(reply, "line", 0),
                    (unsigned)kz_value_path_int(reply, "col", 0));
    kz_err_detail(&err, kz_value_path_str(reply, "detail"));
    (void)kz_err_hint(&err, KZ_FMT, KZ_ARG(kz_value_path_str(reply, "hint")));
    kz_report_place(&b, &err);
    (void)fwrite(b.ptr, 1, b.len, stderr);
}

/* What fails after rendering: writing files, the post-renderer. */
static int print_late(const struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 10);
    kz_report_go(&b, err);
    (void)fprintf(stderr, KZ_FMT "%s", KZ_ARG(kz_buf_str(&b)),
                  err->code == KZ_E_NOTFOUND || err->code == KZ_E_USAGE ? "" : late);
    return KZ_EXIT_ERROR;
}

static int answer(const struct kz_args *args, struct kz_arena *a, struct kz_err *err)
{
    struct kz_template_request req;
    struct kz_value *reply;
    if (kz_template_prepare(args, err) < 0 || kz_template_request(&req, a, args, err) < 0 ||
        kz_template_answer(&reply, a, args, req.folder, req.input, err) < 0)
        return -(int)err->code;
    print_notes(reply);
    if (kz_value_get(reply, "error") != NULL) {
        kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 30);
        const bool debug = kz_args_flag(args, "debug");
        print_error(reply, debug);
        if (debug && kz_value_path_bool(reply, "late", false))
            kz_answer_debug(&b, a, reply);
        return kz_cli_out(&b, err) < 0 ? -(int)err->code : KZ_EXIT_ERROR;
    }
    return kz_answer_print(args, a, reply, err) < 0 ? print_late(err) : KZ_EXIT_OK;
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_arena *a = kz_arena_new_large(ARENA);
    const int rc = answer(args, a, err);
    kz_arena_free(a);
    return rc;
}

#define IGNORED "taken for helm's sake; has no effect here"
#define FLAG(name, letter, help) {name, letter, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, help}
#define TEXT(name, letter, arg, help) {name, letter, KZ_OPT_TEXT, arg, NULL, 0, 0, NULL, help}
#define LIST(name, letter, arg, help) {name, letter, KZ_OPT_LIST, arg, NULL, 0, 0, NULL, help}
static const struct kz_opt options[] = {
    LIST("values", 'f', "FILE", "values in a YAML file, '-' for stdin; the last one counts"),
    LIST("set", 0, "KEY=VALUE", "values, several with commas: a.b=1,c[0]=x"),
    LIST("set-string", 0, "KEY=VALUE", "values that are strings"),
    LIST("set-json", 0, "KEY=JSON", "values as JSON"),
    LIST("set-file", 0, "KEY=FILE", "values that are the content of files"),
    LIST("set-literal", 0, "KEY=VALUE", "one value, taken as it stands"),
    TEXT("namespace", 'n', "NAME",
         "namespace of the release; default $HELM_NAMESPACE or that of the kubeconfig's context"),
    TEXT("kube-version", 0, "VERSION", "version of Kubernetes that templates are told"),
    LIST("api-versions", 'a', "VERSION", "more API versions that templates are told"),
    FLAG("include-crds", 0, "also the files under crds/"),
    FLAG("skip-tests", 0, "no tests"),
    FLAG("no-hooks", 0, "no hooks"),
    LIST("show-only", 's', "TEMPLATE", "only what these templates make; a pattern"),
    FLAG("is-upgrade", 0, ".Release.IsUpgrade instead of .Release.IsInstall"),
    KZ_OPTS_CHARTS,
    TEXT("name-template", 0, "TEMPLATE", "a template that makes the release's name"),
    {"output-dir", 0, KZ_OPT_PATH, "DIR", NULL, 0, 0, NULL, "write files below this folder instead"},
    FLAG("release-name", 0, "the release's name as a folder in --output-dir"),
    TEXT("post-renderer", 0, "PROGRAM", "a program that the manifests go through"),
    LIST("post-renderer-args", 0, "ARG", "arguments of that program"),
    FLAG("skip-schema-validation", 0, "do not check values against the schema"),
    FLAG("debug", 0, "when it can't be read as YAML, print it nevertheless"),
    {"source-map", 0, KZ_OPT_PATH, "FILE", NULL, 0, 0, NULL,
     "write where each line of the output comes from, as JSON"},
    {"kubeconfig", 0, KZ_OPT_PATH, "FILE", NULL, 0, 0, NULL, "kubeconfig that names the namespace"},
    TEXT("kube-context", 0, "NAME", "context of the kubeconfig"),
    {0},
};

/* The other options of helm template 3.17. What would reach for a cluster or a repository is refused
 * by template_request.c, the rest has no effect. */
static const struct kz_opt hidden[] = {
    FLAG("atomic", 0, IGNORED),
    FLAG("create-namespace", 0, IGNORED),
    FLAG("dependency-update", 0, IGNORED),
    FLAG("devel", 0, IGNORED),
    FLAG("disable-openapi-validation", 0, IGNORED),
    FLAG("enable-dns", 0, IGNORED),
    FLAG("force", 0, IGNORED),
    FLAG("generate-name", 'g', IGNORED),
    FLAG("hide-notes", 0, IGNORED),
    FLAG("insecure-skip-tls-verify", 0, IGNORED),
    FLAG("kube-insecure-skip-tls-verify", 0, IGNORED),
    FLAG("pass-credentials", 0, IGNORED),
    FLAG("plain-http", 0, IGNORED),
    FLAG("render-subchart-notes", 0, IGNORED),
    FLAG("replace", 0, IGNORED),
    FLAG("skip-crds", 0, IGNORED),
    FLAG("take-ownership", 0, IGNORED),
    FLAG("validate", 0, IGNORED),
    FLAG("verify", 0, IGNORED),
    FLAG("wait", 0, IGNORED),
    FLAG("wait-for-jobs", 0, IGNORED),
    LIST("kube-as-group", 0, "GROUP", IGNORED),
    LIST("labels", 'l', "KEY=VALUE", IGNORED),
    TEXT("ca-file", 0, "FILE", IGNORED),
    TEXT("cert-file", 0, "FILE", IGNORED),
    TEXT("description", 0, "TEXT", IGNORED),
    TEXT("key-file", 0, "FILE", IGNORED),
    TEXT("keyring", 0, "FILE", IGNORED),
    TEXT("kube-apiserver", 0, "URL", IGNORED),
    TEXT("kube-as-user", 0, "NAME", IGNORED),
    TEXT("kube-ca-file", 0, "FILE", IGNORED),
    TEXT("kube-tls-server-name", 0, "NAME", IGNORED),
    TEXT("kube-token", 0, "TOKEN", IGNORED),
    TEXT("password", 0, "TEXT", IGNORED),
    TEXT("qps", 0, "N", IGNORED),
    TEXT("registry-config", 0, "FILE", IGNORED),
    TEXT("repo", 0, "URL", IGNORED),
    TEXT("repository-cache", 0, "DIR", IGNORED),
    TEXT("repository-config", 0, "FILE", IGNORED),
    TEXT("username", 0, "NAME", IGNORED),
    TEXT("version", 0, "RANGE", IGNORED),
    {"burst-limit", 0, KZ_OPT_INT, "N", NULL, 0, 0, NULL, IGNORED},
    {"dry-run", 0, KZ_OPT_MAYBE, "HOW", NULL, 0, 0, NULL, IGNORED},
    {"timeout", 0, KZ_OPT_DURATION, NULL, NULL, 0, 0, NULL, IGNORED},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync template web ./charts/web -f prod.yaml",
     "what helm template web ./charts/web -f prod.yaml prints"},
    {"kzsync template web ./charts/web --set replicas=3 -s templates/deployment.yaml",
     "one template's result"},
    {"kzsync template web ./charts/web --source-map map.json >web.yaml",
     "and where each line of it comes from"},
    {0},
};
const struct kz_command kz_cmd_template = {
    .name = "template",
    .summary = "render a Helm chart, as helm template does",
    .args = "[NAME] CHART",
    .args_max = 100, /* counted, in Helm's words, by template_request.c */
    .details = "Reads no cluster and no repository: CHART is a folder or a packed chart. stdout and the first "
               "line of an error are what helm template 3.17 prints; below that line stand the place in the "
               "chart, how it was reached, and what was missing.\n"
               "All other options of helm template are taken too; those that need a cluster or a repository "
               "are refused, the rest have no effect here.",
    .options = options,
    .hidden = hidden,
    .examples = examples,
    .flags = KZ_CMD_WORKERS | KZ_CMD_GO_FLAGS,
    .run = run,
};
