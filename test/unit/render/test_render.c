/* SPDX-License-Identifier: Apache-2.0
 *
 * The task "render" and the yaml renderer, through zygote and pool, on folders. */
#include "rig.h"

#include "base/hash.h"
#include "value/json.h"

static const struct kz_task *const tasks[] = {&kz_render_task, NULL};

static struct kz_value *parse(struct kz_arena *a, const char *json)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&v, a, kz_str(json), KZ_STR("test"), &err), 0, "%s", json);
    return v;
}

struct file {
    const char *name, *text;
};

#define CM(n) "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " n "}\n"

static const struct row {
    const char *name;
    struct file files[8];
    const char *input;
    const char *want; /* "file:line=name ..." of the objects, or "!" and a part of the error */
} rows[] = {
    {"folder, sorted by path, several documents",
     {{"m/b.yaml", CM("b1") "---\n" CM("b2")}, {"m/a/x.yml", CM("ax")}, {"m/c.json",
      "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}"}},
     "{\"module\":\"m\",\"path\":\"m\",\"renderer\":\"yaml\"}",
     "a/x.yml=ax b.yaml=b1 b.yaml=b2 c.json=c"},
    {"auto", {{"m/b.yaml", CM("b")}}, "{\"path\":\"m\",\"renderer\":\"auto\"}", "b.yaml=b"},
    {"no renderer means auto", {{"m/b.yaml", CM("b")}}, "{\"path\":\"m\"}", "b.yaml=b"},
    {"one file", {{"m/b.yaml", CM("b")}, {"m/c.yaml", CM("c")}}, "{\"path\":\"m/b.yaml\"}", "b.yaml=b"},
    {"root", {{"b.yaml", CM("b")}, {"d/c.yaml", CM("c")}}, "{\"path\":\"\"}", "b.yaml=b d/c.yaml=c"},
    {"not recursive", {{"m/b.yaml", CM("b")}, {"m/d/c.yaml", CM("c")}},
     "{\"path\":\"m\",\"renderer\":\"yaml\",\"options\":{\"recursive\":false}}", "b.yaml=b"},
    {"include and exclude", {{"m/b.yaml", CM("b")}, {"m/d/c.yaml", CM("c")}, {"m/d/e.yaml", CM("e")}},
     "{\"path\":\"m\",\"renderer\":\"yaml\",\"options\":{\"include\":[\"d/*\"],\"exclude\":[\"e.yaml\"]}}",
     "d/c.yaml=c"},
    {"hidden and other files", {{"m/b.yaml", CM("b")}, {"m/.c.yaml", "{"}, {"m/.d/x.yaml", "{"}, {"m/README.md", "{"}},
     "{\"path\":\"m\"}", "b.yaml=b"},
    {"definitions are skipped", {{"m/kubezero.yaml", "apiVersion: kubezero.com/v1beta1\nkind: Platform\n---\n" CM("x")}},
     "{\"path\":\"m\"}", "kubezero.yaml=x"},
    {"only definitions", {{"m/kubezero.yaml", "apiVersion: kubezero.com/v1beta1\nkind: Platform\n"}},
     "{\"path\":\"m\"}", "!no manifests under 'm'"},
    {"empty folder", {{"m/README.md", "x"}}, "{\"path\":\"m\",\"renderer\":\"yaml\"}", "!no manifests under 'm'"},
    {"empty folder, auto", {{"m/README.md", "x"}}, "{\"path\":\"m\"}", "!no manifests under 'm'"},
    {"empty documents", {{"m/a.yaml", "---\n---\n# nothing\n"}}, "{\"path\":\"m\"}", "!no manifests under 'm'"},
    {"missing path", {{"m/a.yaml", CM("a")}}, "{\"path\":\"n\"}", "!there is no 'n'"},
    {"leaving the tree", {{"m/a.yaml", CM("a")}}, "{\"path\":\"../m\"}", "!"},
    {"bad YAML has a place", {{"m/a.yaml", CM("a") "---\na: [\n"}}, "{\"path\":\"m\"}", "!m/a.yaml:"},
    {"not an object", {{"m/a.yaml", CM("a") "---\n- 1\n"}}, "{\"path\":\"m\"}", "!m/a.yaml:"},
    {"no kind", {{"m/values.yaml", "a: 1\n"}}, "{\"path\":\"m\"}", "!it has no kind (m/values.yaml:1:1)"},
    {"a chart",
     {{"m/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n"},
      {"m/templates/a.yaml", "{{ range list \"b\" \"a\" }}---\n" CM("{{ . }}{{ $.Values.n }}") "{{ end }}"}},
     "{\"path\":\"m\",\"release\":\"r\",\"values\":{\"n\":3}}", "templates/a.yaml=b3 templates/a.yaml=a3"},
    {"a bad chart", {{"m/Chart.yaml", "name: x\n"}}, "{\"path\":\"m\"}", "!chart.metadata.version is required"},
    {"a kustomization", {{"m/kustomization.yaml", "resources: []\n"}}, "{\"path\":\"m\"}", "!'m' is a kustomization"},
    {"unknown renderer", {{"m/a.yaml", CM("a")}}, "{\"path\":\"m\",\"renderer\":\"yamll\"}", "!no renderer is named 'yamll'"},
    {"unknown option", {{"m/a.yaml", CM("a")}},
     "{\"path\":\"m\",\"renderer\":\"yaml\",\"options\":{\"recursiv\":true}}", "!has no option 'recursiv'"},
    {"option of another type", {{"m/a.yaml", CM("a")}},
     "{\"path\":\"m\",\"renderer\":\"yaml\",\"options\":{\"include\":\"x\"}}", "!'include' must be a list of strings"},
    {"bad glob", {{"m/a.yaml", CM("a")}},
     "{\"path\":\"m\",\"renderer\":\"yaml\",\"options\":{\"exclude\":[\"[a\"]}}", "!option 'exclude': '[a'"},
    {"exec without leave", {{"m/a.yaml", CM("a")}}, "{\"path\":\"m\",\"renderer\":\"exec:helm\"}", "!without a scratch"},
};

static void show(char *out, size_t size, const struct outcome *o)
{
    size_t at = 0;
    out[0] = '\0';
    if (!o->ok) {
        (void)kz_err_line(out, size, &o->err);
        return;
    }
    const struct kz_value *objects = kz_value_get(o->reply, "objects");
    for (size_t i = 0; i < kz_value_len(objects) && at < size; i++) {
        const struct kz_value *item = kz_value_at(objects, i);
        at += (size_t)snprintf(out + at, size - at, "%s" KZ_FMT "=" KZ_FMT, i > 0 ? " " : "",
                               KZ_ARG(kz_value_path_str(item, "file")),
                               KZ_ARG(kz_value_path_str(item, "body.metadata.name")));
    }
}

Test(render, yaml_rows, .timeout = 60)
{
    struct rig r;
    rig_start(&r, tasks, 2);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        static char got[8192];
        char dir[64];
        struct outcome o;
        struct kz_err err;
        const struct row *row = &rows[i];
        (void)make_dir(dir);
        for (size_t f = 0; f < kz_countof(row->files) && row->files[f].name != NULL; f++)
            put_file(dir, row->files[f].name, row->files[f].text);
        rig_run(&r, &o, &(struct kz_work){.task = "render", .tree = {.folder = kz_str(dir)},
                                          .input = parse(r.arena, row->input)});
        show(got, sizeof got, &o);
        if (row->want[0] == '!') {
            cr_expect(!o.ok, "%s: %s", row->name, got);
            cr_expect_not_null(strstr(got, row->want + 1), "%s: %s", row->name, got);
        } else {
            cr_expect(o.ok, "%s: %s", row->name, got);
            cr_expect_str_eq(got, row->want, "%s: %s", row->name, got);
            cr_expect(o.ok && kz_render_check(o.reply, &err) == 0, "%s: check", row->name);
        }
        scrap(dir);
    }
    rig_stop(&r);
}

Test(render, lines_of_documents)
{
    struct rig r;
    struct outcome o;
    char dir[64];
    rig_start(&r, tasks, 1);
    put_file(make_dir(dir), "m/a.yaml", "# head\n---\n" CM("a") "---\n\n" CM("b"));
    rig_run(&r, &o, &(struct kz_work){.task = "render", .tree = {.folder = kz_str(dir)},
                                      .input = parse(r.arena, "{\"path\":\"m\"}")});
    cr_assert(o.ok);
    const struct kz_value *objects = kz_value_get(o.reply, "objects");
    cr_expect_eq(kz_value_path_int(kz_value_at(objects, 0), "line", 0), 3);
    cr_expect_eq(kz_value_path_int(kz_value_at(objects, 1), "line", 0), 8);
    scrap(dir);
    rig_stop(&r);
}

/* Whatever changes in a reply, the check notices. */
Test(render, check_refuses)
{
    static const char *const good =
        "{\"renderer\":\"yaml\",\"objects\":[{\"file\":\"a\",\"line\":1,\"body\":{\"a\":1}}],"
        "\"warnings\":[],\"count\":1,"
        "\"sha256\":\"1a57e3ae9d93bb4c47c00cd6d7ba09ce15de45ce88aec7e4e7e7bbb95e7ab0ab\"}";
    static const struct {
        const char *name, *key, *val;
    } changes[] = {
        {"count", "count", "2"},        {"no count", "count", "null"},
        {"empty", "objects", "[]"},     {"objects", "objects", "{}"},
        {"hash", "sha256", "\"00\""},   {"warnings", "warnings", "[1]"},
        {"renderer", "renderer", "1"},  {"body", "objects", "[{\"file\":\"a\",\"line\":1,\"body\":{\"a\":2}}]"},
        {"line", "objects", "[{\"file\":\"a\",\"line\":-1,\"body\":{\"a\":1}}]"},
        {"file", "objects", "[{\"line\":1,\"body\":{\"a\":1}}]"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_err err;
    char sum[KZ_SHA256_TEXT];
    kz_sha256_text(sum, KZ_STR("{\"a\":1}\n"));
    for (size_t i = 0; i <= kz_countof(changes); i++) {
        struct kz_value *v = parse(a, good);
        kz_value_set(a, v, KZ_STR("sha256"), kz_value_cstr(a, sum));
        if (i == kz_countof(changes)) {
            cr_assert_eq(kz_render_check(v, &err), 0);
            break;
        }
        kz_value_set(a, v, kz_str(changes[i].key),
                     (struct kz_value *)(uintptr_t)kz_value_get(
                         parse(a, kz_str_printf(a, "{\"v\":%s}", changes[i].val).ptr), "v"));
        cr_expect_lt(kz_render_check(v, &err), 0, "%s", changes[i].name);
    }
    cr_assert_lt(kz_render_check(NULL, &err), 0);
}

/* Commits through the sandbox: wherever git keeps the objects of a repository, a worker sees them. */
Test(render, commits, .timeout = 60)
{
    static const struct {
        const char *name, *make, *repo;
    } cases[] = {
        {"loose objects", "true", "w/.git"},
        {"a pack", "git -C \"$1/w\" gc -q", "w/.git"},
        {"bare mirror", "git clone -q --bare \"$1/w\" \"$1/bare\"", "bare"},
        {"shared clone", "git clone -q --shared \"$1/w\" \"$1/shared\"", "shared/.git"},
    };
    struct rig r;
    char dir[64], got[1024];
    rig_start(&r, tasks, 1);
    put_file(make_dir(dir), "w/m/a.yaml", CM("a"));
    struct kz_str commit =
        sh_out(r.arena, dir, "cd \"$1/w\"; git init -q .; git add .; "
                            "git commit -qm one; "
                            "git rev-parse HEAD");
    for (size_t i = 0; i < kz_countof(cases); i++) {
        static struct outcome o;
        sh(dir, cases[i].make);
        const struct kz_work work = {
            .task = "render", .input = parse(r.arena, "{\"path\":\"m\"}"),
            .tree = {.repo = kz_str_printf(r.arena, "%s/%s", dir, cases[i].repo), .commit = commit}};
        rig_run(&r, &o, &work);
        show(got, sizeof got, &o);
        cr_expect_str_eq(got, "a.yaml=a", "%s: %s", cases[i].name, got);
    }
    scrap(dir);
    rig_stop(&r);
}

/* Where objects of a chart come from: the template's own line, also behind actions that print lines
 * and through includes. */
Test(render, helm_places, .timeout = 60)
{
    static const char text[] = "{{ $x := 1 }}\n"                                     /* 1 */
                               "{{ range list 1 2 }}\n---\n" CM("a{{ . }}") "{{ end }}" /* 2.. */
                               "\n---\n{{ include \"t\" . }}\n";
    static const struct {
        const char *file;
        int64_t line;
    } want[] = {{"templates/a.yaml", 4}, {"templates/a.yaml", 4}, {"templates/_t.tpl", 2}};
    struct rig r;
    struct outcome o;
    char dir[64];
    rig_start(&r, tasks, 2);
    (void)make_dir(dir);
    put_file(dir, "m/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n");
    put_file(dir, "m/templates/a.yaml", text);
    put_file(dir, "m/templates/_t.tpl", "{{ define \"t\" }}\n" CM("t") "{{ end }}");
    rig_run(&r, &o, &(struct kz_work){.task = "render", .tree = {.folder = kz_str(dir)},
                                      .input = parse(r.arena, "{\"path\":\"m\",\"release\":\"r\"}")});
    cr_assert(o.ok, "%s", o.err.frame[0]);
    const struct kz_value *objects = kz_value_get(o.reply, "objects");
    cr_assert_eq(kz_value_len(objects), kz_countof(want));
    for (size_t i = 0; i < kz_countof(want); i++) {
        const struct kz_value *item = kz_value_at(objects, i);
        cr_expect(kz_str_is(kz_value_path_str(item, "file"), want[i].file), KZ_FMT, KZ_ARG(kz_value_path_str(item, "file")));
        cr_expect_eq(kz_value_path_int(item, "line", 0), want[i].line, "object %zu: line %lld", i,
                     (long long)kz_value_path_int(item, "line", 0));
    }
    scrap(dir);
    rig_stop(&r);
}
