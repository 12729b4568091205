/* SPDX-License-Identifier: Apache-2.0
 *
 * The exec renderer: programs in the sandbox. */
#include "rig.h"

#include "value/json.h"

static const struct kz_task *const tasks[] = {&kz_render_task, NULL};

static const struct row {
    const char *name, *script, *options;
    const char *want; /* part of "file: body ..." of the first object; "!": of the error */
} rows[] = {
    {"objects with origin",
     "printf -- '---\\n# Source: c/templates/a.yaml\\napiVersion: v1\\nkind: A\\n'", "",
     "c/templates/a.yaml:0 {\"apiVersion\":\"v1\",\"kind\":\"A\"}"},
    {"no origin", "echo 'kind: A'", "", "output of /bin/sh:1 {\"kind\":\"A\"}"},
    {"values as a file", "echo \"kind: '$(cat $KZSYNC_VALUES)'\"", "", "{\"kind\":\"a: 1\"}"},
    {"values on stdin", "cat", ",\"stdin\":true", "{\"a\":1}"},
    {"facts", "echo \"{kind: A, v: '$KZSYNC_KUBE_VERSION $KZSYNC_NAMESPACE $KZSYNC_RELEASE $KZSYNC_MODULE "
              "$KZSYNC_IS_UPGRADE $SOURCE_DATE_EPOCH', apis: '$(cat $KZSYNC_API_VERSIONS)'}\"", "",
     "\"v\":\"v1.32.0 ns rel mod true 5\",\"apis\":\"v1\""},
    {"nothing else in the environment", "echo \"kind: $(env | grep -c KZ_TEST_SECRET)\"", "", "{\"kind\":0}"},
    {"runs in a copy", "echo \"kind: $(ls | tr '\\n' ' ')\"", "", "{\"kind\":\"a.yaml d\"}"},
    {"dir", "echo \"kind: $(cat b.txt)\"", ",\"dir\":\"d\"", "{\"kind\":\"bee\"}"},
    {"dir outside", "echo kind: A", ",\"dir\":\"../..\"", "!option 'dir'"},
    {"may write in its scratch", "echo x >f && echo y >$HOME/g && echo \"kind: $(cat f $TMPDIR/../home/g | tr -d '\\n')\"",
     "", "{\"kind\":\"xy\"}"},
    {"placeholders", "echo \"kind: $1\"", ",\"args\":[\"x\",\"{release}-{namespace}\"]", "{\"kind\":\"rel-ns\"}"},
    {"failure shows the end of stderr", "for i in 1 2 3 4 5 6 7 8 9; do echo line$i >&2; done; exit 3", "",
     "!failed with status 3: line4\nline5\nline6\nline7\nline8\nline9"},
    {"signal", "kill -SEGV $$", "", "!signal 11"},
    {"not YAML", "echo 'a: ['", "", "!output of /bin/sh:"},
    {"nothing", "true", "", "!wrote no objects"},
    {"much on stderr", "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789 >&2; i=$((i+1)); done;"
                       " echo kind: A", "", "{\"kind\":\"A\"}"},
    {"no network", "(exec 3<>/dev/tcp/127.0.0.1/1) 2>/dev/null; cat /etc/passwd /etc/shadow 2>/dev/null; echo kind: A", "",
     "{\"kind\":\"A\"}"},
    {"background program does not delay", "sleep 100 >/dev/null 2>&1 & echo kind: A", "", "{\"kind\":\"A\"}"},
    {"endless", "while :; do :; done", "", "!took longer than 2s"},
    {"forks without end", "f() { f & f & }; f; while :; do sleep 1; done", "", "!"},
};

static struct kz_value *make_input(struct kz_arena *a, const struct row *row)
{
    struct kz_err err;
    struct kz_buf b;
    struct kz_value *v = NULL;
    kz_buf_init(&b, 1 << 20);
    kz_buf_puts(&b, "{\"module\":\"mod\",\"path\":\"m\",\"renderer\":\"exec:it\",\"release\":\"rel\","
                    "\"namespace\":\"ns\",\"values\":{\"a\":1},\"facts\":{\"kubeVersion\":\"v1.32.0\","
                    "\"apiVersions\":[\"v1\"],\"revision\":2,\"now\":5000000001},"
                    "\"options\":{\"command\":[\"/bin/sh\",\"-c\",");
    kz_json_write_str(&b, kz_str(row->script));
    kz_buf_puts(&b, "]");
    kz_buf_puts(&b, row->options);
    kz_buf_puts(&b, "}}");
    cr_assert_eq(kz_json_read(&v, a, kz_buf_str(&b), KZ_STR("test"), &err), 0);
    kz_buf_done(&b);
    return v;
}

static void show(char *out, size_t size, const struct outcome *o)
{
    if (!o->ok) {
        (void)kz_err_line(out, size, &o->err);
        return;
    }
    const struct kz_value *item = kz_value_at(kz_value_get(o->reply, "objects"), 0);
    struct kz_buf b;
    kz_buf_init(&b, 1 << 20);
    kz_json_write(&b, kz_value_get(item, "body"), KZ_JSON_COMPACT);
    (void)snprintf(out, size, KZ_FMT ":%lld %s", KZ_ARG(kz_value_path_str(item, "file")),
                   (long long)kz_value_path_int(item, "line", -1), b.ptr);
    kz_buf_done(&b);
}

static bool in_userns(void)
{
    return geteuid() != 0;
}

Test(exec, rows, .timeout = 120)
{
    struct rig r;
    char dir[64];
    (void)make_dir(dir);
    put_file(dir, "m/a.yaml", "x");
    put_file(dir, "m/d/b.txt", "bee");
    put_file(dir, "secret", "x");
    cr_assert_eq(setenv("KZ_TEST_SECRET", "x", 1), 0);
    rig_start(&r, tasks, 2);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct row *row = &rows[i];
        struct outcome o;
        static char got[8192];
        if (strstr(row->name, "forks") != NULL && !in_userns())
            continue; /* root's processes are not counted: only the time limit would end it */
        rig_run(&r, &o, &(struct kz_work){.task = "render", .tree = {.folder = kz_str(dir)},
                                          .input = make_input(r.arena, row), .may_exec = true,
                                          .timeout = strstr(row->name, "endless") != NULL ||
                                                             strstr(row->name, "forks") != NULL
                                                         ? 2 * KZ_NS_PER_SEC
                                                         : 20 * KZ_NS_PER_SEC});
        show(got, sizeof got, &o);
        cr_expect_eq(o.ok, row->want[0] != '!', "%s: %s", row->name, got);
        cr_expect_not_null(strstr(got, row->want + (row->want[0] == '!')), "%s: %s", row->name, got);
    }
    scrap(dir);
    rig_stop(&r);
}

Test(exec, kustomize_by_kubectl, .timeout = 60)
{
    struct rig r;
    struct outcome o;
    static char got[8192];
    char dir[64];
    struct kz_err err;
    struct kz_value *v;
    if (access("/usr/bin/kubectl", X_OK) != 0 && access("/usr/local/bin/kubectl", X_OK) != 0)
        return;
    (void)make_dir(dir);
    put_file(dir, "m/base/kustomization.yaml", "resources: [a.yaml]\n");
    put_file(dir, "m/base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    put_file(dir, "m/prod/kustomization.yaml", "resources: [../base]\nnamePrefix: p-\n");
    rig_start(&r, tasks, 1);
    cr_assert_eq(kz_json_read(&v, r.arena, KZ_STR("{\"path\":\"m\",\"renderer\":\"exec:kustomize\",\"options\":{\"dir\":\"prod\"}}"),
                              KZ_STR("test"), &err), 0);
    rig_run(&r, &o, &(struct kz_work){.task = "render", .tree = {.folder = kz_str(dir)}, .input = v,
                                      .may_exec = true});
    show(got, sizeof got, &o);
    cr_assert_not_null(strstr(got, "\"name\":\"p-a\""), "%s", got);
    scrap(dir);
    rig_stop(&r);
}
