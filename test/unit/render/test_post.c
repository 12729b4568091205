/* SPDX-License-Identifier: Apache-2.0
 *
 * The option postRenderer of charts: a program between manifests and objects. */
#include "rig.h"

#include "render/registry.h"
#include "value/json.h"

#include <sys/stat.h>

static const struct kz_task *const tasks[] = {&kz_render_task, NULL};

static const struct row {
    const char *name, *words; /* of postRenderer, JSON */
    const char *more;         /* members of the request */
    const char *want;         /* part of the objects, each "FILE:LINE BODY [generated PATHS]\n"; "!": of the error */
} rows[] = {
    {"as it is", "[\"cat\"]", "",
     "crds/c.yaml:0 {\"kind\":\"CRD\"}\ntemplates/a.yaml:0 {\"kind\":\"A\",\"v\":1}\n"
     "templates/h.yaml:1 {\"kind\":\"H\",\"metadata\":{\"annotations\":{\"helm.sh/hook\":\"pre-install\"}}}\n"},
    {"without CRDs", "[\"/bin/sh\",\"-c\",\"grep -c Source >n; echo kind: $(cat n)\"]",
     "\"includeCRDs\":false,", "output of /bin/sh:1 {\"kind\":1}\n"},
    {"what it reads", "[\"/bin/sh\",\"-c\",\"echo 'kind: |'; sed 's/^/  /'\"]", "",
     "{\"kind\":\"---\\n# Source: it/crds/c.yaml\\nkind: CRD\\n\\n---\\n# Source: it/templates/a.yaml\\nkind: A\\nv: 1\\n\"}"},
    {"other objects, no comments", "[\"sed\",\"/Source/d;s/kind: A/kind: B/\"]", "",
     "output of sed:5 {\"kind\":\"B\",\"v\":1}\n"},
    {"program of the module, its files, words and facts",
     "[\"./post.sh\",\"{release}-{namespace}\"]", "", "{\"kind\":\"rel-ns bee\"}"},
    {"generated values are rendered twice", "[\"cat\"]", "\"values\":1,", " generated [\"/v\"]\n"},
    {"no such program", "[\"kz-none\"]", "", "!post-renderer: there is no program 'kz-none' in the PATH"},
    {"no such file", "[\"./none.sh\"]", "", "!post-renderer: there is no program './none.sh' that can be run"},
    {"not executable", "[\"./Chart.yaml\"]", "", "!there is no program './Chart.yaml' that can be run"},
    {"fails", "[\"/bin/sh\",\"-c\",\"cat >/dev/null; echo why >&2; exit 7\"]", "",
     "!post-renderer: /bin/sh failed with status 7: why"},
    {"fails without reading", "[\"false\"]", "", "!failed with status 1"},
    {"says nothing", "[\"true\"]", "", "!post-renderer: 'true' wrote no objects"},
    {"no YAML", "[\"echo\",\"a: [\"]", "", "!output of echo:"},
    {"no object", "[\"echo\",\"a\"]", "", "!expected an object, found a string"},
    {"a word alone", "\"cat\"", "", "!option 'postRenderer' must be a list of strings"},
    {"no program", "[]", "", "templates/a.yaml:1 {\"kind\":\"A\",\"v\":1}\n"},
};

static struct kz_value *make_input(struct kz_arena *a, const struct row *row)
{
    struct kz_err err;
    struct kz_value *v = NULL;
    const bool random = strstr(row->more, "values") != NULL;
    const struct kz_str text = kz_str_printf(
        a,
        "{\"module\":\"mod\",\"path\":\"m\",\"renderer\":\"auto\",\"release\":\"rel\",\"namespace\":\"ns\","
        "\"values\":{\"random\":%s},\"facts\":{\"kubeVersion\":\"v1.32.0\",\"apiVersions\":[\"v1\"],"
        "\"revision\":1,\"now\":5000000001,\"stable\":true,\"seed\":\"0123456789abcdef\"},"
        "\"options\":{%s\"postRenderer\":%s}}",
        random ? "true" : "false", random ? "" : row->more, row->words);
    cr_assert_eq(kz_json_read(&v, a, text, KZ_STR("test"), &err), 0, "%s", text.ptr);
    return v;
}

static void show(struct kz_buf *b, const struct outcome *o)
{
    char line[4096];
    const struct kz_value *objects = o->ok ? kz_value_get(o->reply, "objects") : NULL;
    kz_buf_clear(b);
    if (!o->ok)
        kz_buf_puts(b, kz_err_line(line, sizeof line, &o->err));
    for (size_t i = 0; i < kz_value_len(objects); i++) {
        const struct kz_value *item = kz_value_at(objects, i);
        kz_buf_printf(b, KZ_FMT ":%lld ", KZ_ARG(kz_value_path_str(item, "file")),
                      (long long)kz_value_path_int(item, "line", -1));
        kz_json_write(b, kz_value_get(item, "body"), KZ_JSON_COMPACT);
        if (kz_value_get(item, "generated") != NULL) {
            kz_buf_puts(b, " generated ");
            kz_json_write(b, kz_value_get(item, "generated"), KZ_JSON_COMPACT);
        }
        kz_buf_putc(b, '\n');
    }
}

Test(post, rows, .timeout = 120)
{
    struct rig r;
    char dir[64], path[128];
    kz_autobuf struct kz_buf got = KZ_BUF(1 << 20);
    (void)make_dir(dir);
    put_file(dir, "m/Chart.yaml", "{apiVersion: v2, name: it, version: 1.0.0}\n");
    put_file(dir, "m/crds/c.yaml", "kind: CRD\n");
    put_file(dir, "m/templates/a.yaml",
             "kind: A\nv: {{ if .Values.random }}{{ randAlpha 8 }}{{ else }}1{{ end }}\n");
    put_file(dir, "m/templates/h.yaml",
             "# a hook\nkind: H\nmetadata: {annotations: {helm.sh/hook: pre-install}}\n");
    put_file(dir, "m/d/b.txt", "bee");
    put_file(dir, "m/post.sh", "#!/bin/sh\necho \"kind: $1 $(cat d/b.txt)\"\n");
    (void)snprintf(path, sizeof path, "%s/m/post.sh", dir);
    cr_assert_eq(chmod(path, 0755), 0);
    rig_start(&r, tasks, 2);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct row *row = &rows[i];
        struct outcome o;
        rig_run(&r, &o, &(struct kz_work){.task = "render", .tree = {.folder = kz_str(dir)},
                                          .input = make_input(r.arena, row), .may_exec = true,
                                          .timeout = 20 * KZ_NS_PER_SEC});
        show(&got, &o);
        cr_expect_eq(o.ok, row->want[0] != '!', "%s: %s", row->name, got.ptr);
        cr_expect_not_null(strstr(got.ptr, row->want + (row->want[0] == '!')), "%s: %s", row->name,
                           got.ptr);
    }
    scrap(dir);
    rig_stop(&r);
}

/* What decides whether the job may start programs at all. */
Test(post, needs_programs)
{
    static const struct {
        const char *renderer, *options;
        bool want;
    } cases[] = {
        {"auto",    "{}",                           false},
        {"helm",    "{\"valueFiles\":[\"a\"]}",     false},
        {"helm",    "{\"postRenderer\":[]}",        false},
        {"helm",    "{\"postRenderer\":[\"cat\"]}", true },
        {"auto",    "{\"postRenderer\":[\"cat\"]}", true },
        {"exec:it", "{}",                           true },
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(cases); i++) {
        struct kz_value *options;
        struct kz_err err;
        cr_assert_eq(kz_json_read(&options, a, kz_str(cases[i].options), KZ_STR("t"), &err), 0);
        cr_expect_eq(kz_renderer_needs_exec(kz_str(cases[i].renderer), options), cases[i].want,
                     "%s %s", cases[i].renderer, cases[i].options);
    }
}
