/* SPDX-License-Identifier: Apache-2.0
 *
 * What charts look up and generate: answers, needs, snapshots, masks, marks; through the task "render". */
#include "rig.h"

#include "render/cache.h"
#include "render/generated.h"
#include "render/lookup.h"
#include "value/json.h"

static const struct kz_task *const tasks[] = {&kz_render_task, NULL};

static struct kz_value *parse(struct kz_arena *a, const char *json)
{
    struct kz_value *v = NULL;
    struct kz_err err;
    char line[1024];
    int rc = kz_json_read(&v, a, kz_str(json), KZ_STR("test"), &err);
    cr_assert_eq(rc, 0, "%s: %s", json, rc < 0 ? kz_err_line(line, sizeof line, &err) : "");
    return v;
}

static const char *text_of(struct kz_arena *a, const struct kz_value *v)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    kz_json_write(&b, v, KZ_JSON_COMPACT);
    return kz_cstr(a, kz_buf_str(&b));
}

/* One chart with one template: a ConfigMap whose data is made by the given text. */
static void run_chart(struct rig *r, struct outcome *o, const char *template, const char *input)
{
    char dir[64];
    static char text[8192];
    (void)make_dir(dir);
    put_file(dir, "Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    (void)snprintf(text, sizeof text,
                   "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n%s\n", template);
    put_file(dir, "templates/m.yaml", text);
    struct kz_value *in = parse(r->arena, input);
    kz_value_set(r->arena, in, KZ_STR("path"), kz_value_cstr(r->arena, ""));
    kz_value_set(r->arena, in, KZ_STR("module"), kz_value_cstr(r->arena, "mod"));
    kz_value_set(r->arena, in, KZ_STR("release"), kz_value_cstr(r->arena, "rel"));
    rig_run(r, o, &(struct kz_work){.task = "render", .tree = {.folder = kz_str(dir)}, .input = in});
    scrap(dir);
}

#define Q(kind, ns, name)                                                                          \
    "{\"apiVersion\":\"v1\",\"kind\":\"" kind "\",\"namespace\":\"" ns "\",\"name\":\"" name "\""
#define SECRET                                                                                     \
    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"db\",\"namespace\":\"s\"},\"data\":{\"p\":\"aHVudGVyMg==\"}}"

#define LAYER_TAIL(kind, name) "\"kind\":\"" kind "\",\"name\":\"" name "\",\"key\":\"k\"}"
#define LAYER(kind, name)      "{" LAYER_TAIL(kind, name)

static const struct row {
    const char *name, *template, *input;
    const char *want; /* JSON of data, of {needs}, or "!" and part of the error */
} rows[] = {
    {"offline is empty", "  p: {{ (lookup \"v1\" \"Secret\" \"s\" \"db\") | toJson | quote }}", "{}", "{\"p\":\"{}\"}"},
    {"live needs", "  p: {{ (lookup \"v1\" \"Secret\" \"s\" \"db\").data.p }}", "{\"lookups\":[]}",
     "{\"seed\":false,\"lookups\":[" Q("Secret", "s", "db") "}]}"},
    {"one need each", "  {{ range list 1 2 }}{{ $x := lookup \"v1\" \"Node\" \"\" \"\" }}{{ end }}p: x", "{\"lookups\":[]}",
     "{\"seed\":false,\"lookups\":[" Q("Node", "", "") "}]}"},
    {"needs win over errors", "  p: {{ required \"none\" (lookup \"v1\" \"Secret\" \"s\" \"db\").data }}", "{\"lookups\":[]}",
     "{\"seed\":false,\"lookups\":[" Q("Secret", "s", "db") "}]}"},
    {"answered", "  p: {{ (lookup \"v1\" \"Secret\" \"s\" \"db\").data.p | b64dec }}",
     "{\"lookups\":[" Q("Secret", "s", "db") ",\"object\":" SECRET "}]}", "{\"p\":\"hunter2\"}"},
    {"integers are exact", "  p: {{ (lookup \"v1\" \"Node\" \"\" \"n\").n | quote }}",
     "{\"lookups\":[" Q("Node", "", "n") ",\"object\":{\"n\":12345678}}]}", "{\"p\":\"12345678\"}"},
    {"nothing there", "  p: {{ if lookup \"v1\" \"Secret\" \"s\" \"db\" }}a{{ else }}b{{ end }}",
     "{\"lookups\":[" Q("Secret", "s", "db") "}]}", "{\"p\":\"b\"}"},
    {"refused", "  p: {{ lookup \"v1\" \"Secret\" \"s\" \"db\" }}",
     "{\"lookups\":[" Q("Secret", "s", "db") ",\"error\":\"you may not\"}]}",
     "!error calling lookup: you may not"},
    {"a refusal nobody asks for is none", "  p: x", "{\"lookups\":[" Q("Secret", "s", "db") ",\"error\":\"no\"}]}",
     "{\"p\":\"x\"}"},
    {"a second lookup by what the first found",
     "  p: {{ $a := lookup \"v1\" \"Secret\" \"s\" \"db\" }}{{ if $a }}{{ (lookup \"v1\" \"Secret\" \"s\" $a.metadata.name).kind }}{{ $x := lookup \"v1\" \"Pod\" \"s\" $a.metadata.name }}{{ end }}",
     "{\"lookups\":[" Q("Secret", "s", "db") ",\"object\":" SECRET "}]}",
     "{\"seed\":false,\"lookups\":[" Q("Pod", "s", "db") "}]}"},
    {"snapshot", "  p: {{ (lookup \"v1\" \"Secret\" \"s\" \"db\").data.p }}{{ len (lookup \"v1\" \"Secret\" \"s\" \"no\") }}",
     "{\"snapshot\":\"" "- {apiVersion: v1, kind: Secret, metadata: {name: db, namespace: s}, data: {p: cDE=}}\"}",
     "{\"p\":\"cDE=0\"}"},
    {"snapshot: documents and lists",
     "  p: {{ range (lookup \"v1\" \"Node\" \"\" \"\").items }}{{ .metadata.name }}{{ end }}{{ (lookup \"v1\" \"Node\" \"x\" \"b\").metadata.name }}",
     "{\"snapshot\":\"{apiVersion: v1, kind: Node, metadata: {name: a}}\\n---\\n"
     "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Node, metadata: {name: b}}]}\"}", "{\"p\":\"abb\"}"},
    {"snapshot: namespaces",
     "  p: {{ len (lookup \"v1\" \"Pod\" \"\" \"\").items }}{{ len (lookup \"v1\" \"Pod\" \"z\" \"\").items }}{{ len (lookup \"v1\" \"Pod\" \"\" \"a\") }}",
     "{\"snapshot\":\"[{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}, {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: z}}]\"}",
     "{\"p\":210}"},
    {"snapshot that is none", "  p: x", "{\"snapshot\":\"just text\"}", "!expected an object or a list of objects"},
    {"snapshot of other things", "  p: x", "{\"snapshot\":\"[1]\"}", "!expected an object, found: integer"},
    {"a secret stays out of errors", "  p: {{ fail (printf \"bad %s, %s\" (lookup \"v1\" \"Secret\" \"s\" \"db\").data.p (b64dec (lookup \"v1\" \"Secret\" \"s\" \"db\").data.p)) }}",
     "{\"lookups\":[" Q("Secret", "s", "db") ",\"object\":" SECRET "}]}", "!bad ***, ***"},
    {"values: of objects, in their order",
     "  p: {{ .Values.a }}-{{ .Values.b }}-{{ .Values.c }}-{{ .Values.d }}",
     "{\"namespace\":\"s\",\"valueLayers\":[{\"values\":{\"a\":1,\"b\":1}}," LAYER("ConfigMap", "v") ",{\"values\":{\"d\":4}}," LAYER("Secret", "db") "],"
     "\"lookups\":[" Q("ConfigMap", "s", "v") ",\"object\":{\"data\":{\"k\":\"b: 2\\nc: 2\\nd: 2\"}}}," Q("Secret", "s", "db") ",\"object\":{\"data\":{\"k\":\"YzogMw==\"}}}]}",
     "{\"p\":\"1-2-3-4\"}"},
    {"values: are needed", "  p: x", "{\"namespace\":\"s\",\"lookups\":[],\"valueLayers\":[" LAYER("ConfigMap", "v") "]}",
     "{\"seed\":false,\"lookups\":[" Q("ConfigMap", "s", "v") "}]}"},
    {"values: offline without them", "  p: {{ .Values.a | default \"none\" }}", "{\"namespace\":\"s\",\"valueLayers\":[" LAYER("ConfigMap", "v") "]}",
     "{\"p\":\"none\"}"},
    {"values: not there", "  p: x", "{\"namespace\":\"s\",\"valueLayers\":[" LAYER("ConfigMap", "v") "],\"lookups\":[" Q("ConfigMap", "s", "v") "}]}",
     "!valuesFrom names ConfigMap 'v' in namespace 's', which does not exist"},
    {"values: optional", "  p: x", "{\"namespace\":\"s\",\"valueLayers\":[{\"optional\":true," LAYER_TAIL("ConfigMap", "v") "],\"lookups\":[" Q("ConfigMap", "s", "v") "}]}",
     "{\"p\":\"x\"}"},
    {"values: no such key", "  p: x", "{\"namespace\":\"s\",\"valueLayers\":[" LAYER("Secret", "db") "],\"lookups\":[" Q("Secret", "s", "db") ",\"object\":{\"data\":{}}}]}",
     "!which has no key 'k'"},
    {"values: forbidden", "  p: x", "{\"namespace\":\"s\",\"valueLayers\":[" LAYER("Secret", "db") "],\"lookups\":[" Q("Secret", "s", "db") ",\"error\":\"you may not\"}]}",
     "!valuesFrom names Secret 'db': you may not"},
    {"values: of a Secret that is no YAML", "  p: x", "{\"namespace\":\"s\",\"valueLayers\":[" LAYER("Secret", "db") "],\"lookups\":[" Q("Secret", "s", "db") ",\"object\":{\"data\":{\"k\":\"cDogW2h1bnRlcjI=\"}}}]}",
     "!whose key 'k' is not YAML (line"},
    {"values: of a Secret that is a text", "  p: x", "{\"namespace\":\"s\",\"valueLayers\":[" LAYER("Secret", "db") "],\"lookups\":[" Q("Secret", "s", "db") ",\"object\":{\"data\":{\"k\":\"aHVudGVyMg==\"}}}]}",
     "!whose key 'k' is a string, not a map of values"},
    {"values: of a Secret stay out of errors", "  p: {{ fail (printf \"bad %s\" .Values.p) }}", "{\"namespace\":\"s\",\"valueLayers\":[" LAYER("Secret", "db") "],\"lookups\":[" Q("Secret", "s", "db") ",\"object\":{\"data\":{\"k\":\"cDogaHVudGVyMg==\"}}}]}",
     "!bad***"}, /* the piece of the text begins with the blank */
    {"a secret stays out of what is no YAML", "  p: {{ (lookup \"v1\" \"Secret\" \"s\" \"db\").data.p | b64dec }}: : x",
     "{\"lookups\":[" Q("Secret", "s", "db") ",\"object\":" SECRET "}]}", "!mod"},
    {"seed is needed", "  p: {{ randAlphaNum 5 }}", "{\"facts\":{\"stable\":true}}", "{\"seed\":true,\"lookups\":[]}"},
    {"seed and objects", "  p: {{ randAlphaNum 5 }}{{ lookup \"v1\" \"Node\" \"\" \"a\" }}",
     "{\"lookups\":[],\"facts\":{\"stable\":true}}", "{\"seed\":true,\"lookups\":[" Q("Node", "", "a") "}]}"},
    {"option random", "  p: {{ len (randAlphaNum 5) | quote }}",
     "{\"facts\":{\"stable\":true},\"options\":{\"random\":\"helm\"}}", "{\"p\":\"5\"}"},
    {"another option random", "  p: x", "{\"options\":{\"random\":\"fixed\"}}", "!option 'random' is 'seeded' or 'helm', not 'fixed'"},
    {"install", "  p: \"{{ .Release.IsInstall }} {{ .Release.IsUpgrade }} {{ .Release.Revision }}\"", "{}",
     "{\"p\":\"true false 1\"}"},
    {"upgrade", "  p: \"{{ .Release.IsInstall }} {{ .Release.IsUpgrade }} {{ .Release.Revision }}\"",
     "{\"facts\":{\"revision\":3}}", "{\"p\":\"false true 3\"}"},
    {"now", "  p: {{ now | unixEpoch | quote }}", "{\"facts\":{\"now\":1700000000000000000}}", "{\"p\":\"1700000000\"}"},
};

static const char *show(struct kz_arena *a, const struct outcome *o)
{
    static char line[8192];
    if (!o->ok)
        return kz_err_line(line, sizeof line, &o->err);
    const struct kz_value *needs = kz_value_get(o->reply, "needs");
    if (needs != NULL)
        return text_of(a, needs);
    return text_of(a, kz_value_path(kz_value_at(kz_value_get(o->reply, "objects"), 0), "body.data"));
}

Test(lookup, rows, .timeout = 120)
{
    struct rig r;
    rig_start(&r, tasks, 1);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct outcome o;
        struct kz_err err;
        struct kz_render_needs needs;
        run_chart(&r, &o, rows[i].template, rows[i].input);
        const char *got = show(r.arena, &o);
        if (rows[i].want[0] == '!') {
            cr_expect(!o.ok && strstr(got, rows[i].want + 1) != NULL, "%s: %s", rows[i].name, got);
            cr_expect_null(strstr(got, "hunter2"), "%s", rows[i].name);
            cr_expect_null(strstr(got, "aHVudGVyMg"), "%s", rows[i].name);
            cr_expect_null(strstr(o.err.detail, "hunter2"), "%s: %s", rows[i].name, o.err.detail);
            continue;
        }
        cr_expect_str_eq(got, rows[i].want, "%s: %s", rows[i].name, got);
        const int needing = o.ok ? kz_render_needs(&needs, o.reply, &err) : -1;
        cr_expect_eq(needing, kz_value_get(o.reply, "needs") != NULL, "%s", rows[i].name);
        cr_expect(needing != 0 || kz_render_check(o.reply, &err) == 0, "%s", rows[i].name);
    }
    rig_stop(&r);
}

/* ---- masks ---------------------------------------------------------------------------------------------- */

#define PEM "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END KEY-----\n"
#define PEM64 "LS0tLS1CRUdJTiBLRVktLS0tLQpNSUlFdlFJQkFEQU5CZ2txaGtpRzl3MEJBUQotLS0tLUVORCBLRVktLS0tLQo="
#define ANSWER(kind, object) "{\"lookups\":[" Q(kind, "s", "x") ",\"object\":" object "}]}"

Test(lookup, masks)
{
    static const struct {
        const char *name, *input, *text, *want;
    } table[] = {
        {"as it was written", ANSWER("Secret", "{\"data\":{\"p\":\"aHVudGVyMg==\"}}"), "is aHVudGVyMg== here", "is *** here"},
        {"decoded", ANSWER("Secret", "{\"data\":{\"p\":\"aHVudGVyMg==\"}}"), "is hunter2 here", "is *** here"},
        {"twice, and at the end", ANSWER("Secret", "{\"data\":{\"p\":\"aHVudGVyMg==\"}}"), "hunter2hunter2 hunter2", "****** ***"},
        {"no base64", ANSWER("Secret", "{\"data\":{\"p\":\"hunter2!\"}}"), "is hunter2! here", "is *** here"},
        {"too short to tell", ANSWER("Secret", "{\"data\":{\"p\":\"YWJj\"}}"), "abc", "abc"},
        {"a line of it", ANSWER("Secret", "{\"data\":{\"k\":\"" PEM64 "\"}}"), "line MIIEvQIBADANBgkqhkiG9w0BAQ, then", "line ***, then"},
        {"cut in its middle", ANSWER("Secret", "{\"data\":{\"k\":\"" PEM64 "\"}}"), "key MIIEvQIBADANBg...", "key ***..."},
        {"cut on the left", ANSWER("Secret", "{\"data\":{\"k\":\"" PEM64 "\"}}"), "ANBgkqhkiG9w0BAQ", "***"},
        {"too small a piece", ANSWER("Secret", "{\"data\":{\"k\":\"" PEM64 "\"}}"), "BEGIN K", "BEGIN K"},
        {"whole", ANSWER("Secret", "{\"data\":{\"k\":\"" PEM64 "\"}}"), "<" PEM ">", "<***>"},
        {"in a list", ANSWER("Secret", "{\"items\":[{\"data\":{\"p\":\"eA==\"}},{\"data\":{\"p\":\"aHVudGVyMg==\"}}]}"), "hunter2", "***"},
        {"in a snapshot", "{\"snapshot\":\"[{kind: Node, data: {p: b3BlbiBkb29y}}, {kind: Secret, data: {p: aHVudGVyMg==}}]\"}",
         "hunter2, open door", "***, open door"},
        {"nothing there", "{\"lookups\":[" Q("Secret", "s", "x") "}]}", "hunter2", "hunter2"},
        {"told by somebody else", ANSWER("ConfigMap", "{}"), "it is told by values here", "it is *** here"},
        {"no secret", ANSWER("ConfigMap", "{\"data\":{\"p\":\"aHVudGVyMg==\"}}"), "hunter2", "hunter2"},
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_lookups *l;
        struct kz_err err;
        cr_assert_eq(kz_lookups_open(&l, a, parse(a, table[i].input), &err), 0, "%s", table[i].name);
        (void)kz_fail(&err, KZ_E_INVALID, "%s", table[i].text);
        (void)kz_wrap(&err, "%s", table[i].text);
        (void)kz_err_hint(&err, "%s", table[i].text);
        kz_err_detail(&err, kz_str(table[i].text));
        kz_lookups_hide(l, KZ_STR("told by values"));
        kz_lookups_mask(l, &err);
        cr_expect_str_eq(err.frame[0], table[i].want, "%s: %s", table[i].name, err.frame[0]);
        cr_expect_str_eq(err.frame[1], table[i].want, "%s", table[i].name);
        cr_expect_str_eq(err.hint, table[i].want, "%s: %s", table[i].name, err.hint);
        cr_expect_str_eq(err.detail, table[i].want, "%s: %s", table[i].name, err.detail);
    }
}

/* ---- generated values ----------------------------------------------------------------------------- */

#define SEEDED(seed) "{\"facts\":{\"stable\":true,\"seed\":\"" seed "\"},\"clock\":1700000000000000000}"

static const struct kz_value *first_of(const struct outcome *o)
{
    cr_assert(o->ok);
    return kz_value_at(kz_value_get(o->reply, "objects"), 0);
}

/* What comes from random values is marked, also what was made of them; the rest is not. The same seed
 * gives the same object, another seed another one. */
Test(lookup, generated, .timeout = 120)
{
    struct rig r;
    static struct outcome one, same, other;
    struct kz_err err;
    const char *text = "  plain: x\n  a: {{ $p := randAlphaNum 12 }}{{ $p }}\n  b: {{ $p | upper | trunc 5 | quote }}\n"
                       "  c: {{ $p | sha256sum }}\n  d/e: {{ uuidv4 }}\n"
                       "  f: {{ (genCA \"x\" 365).Cert | b64enc }}";
    rig_start(&r, tasks, 1);
    run_chart(&r, &one, text, SEEDED("0123"));
    run_chart(&r, &same, text, SEEDED("0123"));
    run_chart(&r, &other, text, SEEDED("0124"));
    cr_expect_str_eq(text_of(r.arena, kz_value_get(first_of(&one), "generated")),
                     "[\"/data/a\",\"/data/b\",\"/data/c\",\"/data/d~1e\",\"/data/f\"]");
    cr_expect_str_eq(text_of(r.arena, first_of(&one)), text_of(r.arena, first_of(&same)));
    cr_expect_str_neq(text_of(r.arena, first_of(&one)), text_of(r.arena, first_of(&other)));
    cr_expect_eq(kz_render_check(one.reply, &err), 0);
    const struct kz_render_asked asked = kz_render_asked(one.reply);
    cr_expect(asked.seed && asked.until > INT64_C(1700000000000000000));
    cr_expect(kz_render_is_secret(one.reply));
    /* as Helm: marked, too, and good for one time only */
    run_chart(&r, &one, "  plain: x\n  a: {{ randAlpha 5 }}", "{\"facts\":{\"stable\":true},\"options\":{\"random\":\"helm\"}}");
    cr_expect_str_eq(text_of(r.arena, kz_value_get(first_of(&one), "generated")), "[\"/data/a\"]");
    cr_expect(kz_render_asked(one.reply).once && !kz_render_asked(one.reply).seed);
    cr_expect(kz_render_is_secret(one.reply));
    run_chart(&r, &one, "  plain: x", SEEDED("0123"));
    cr_expect_null(kz_value_get(first_of(&one), "generated"));
    cr_expect(!kz_render_is_secret(one.reply));
    rig_stop(&r);
}

/* What a Secret of valuesFrom gives is marked as well, and the reply is not kept on disk. */
Test(lookup, values_of_a_secret_are_marked, .timeout = 120)
{
    struct rig r;
    static struct outcome one;
    rig_start(&r, tasks, 1);
    run_chart(&r, &one, "  plain: {{ .Values.n | quote }}\n  dsn: a:{{ .Values.p }}@b\n  sum: {{ .Values.p | sha256sum }}",
              "{\"namespace\":\"s\",\"valueLayers\":[{\"values\":{\"n\":1}}," LAYER("Secret", "db") "],"
              "\"lookups\":[" Q("Secret", "s", "db") ",\"object\":{\"data\":{\"k\":\"cDogaHVudGVyMg==\"}}}]}");
    cr_expect_str_eq(text_of(r.arena, kz_value_get(first_of(&one), "generated")), "[\"/data/dsn\",\"/data/sum\"]");
    cr_expect(kz_render_is_secret(one.reply));
    rig_stop(&r);
}

Test(lookup, generated_paths)
{
    static const struct {
        const char *one, *other, *want;
    } table[] = {
        {"{\"a\":1}", "{\"a\":1}", NULL},
        {"{\"a\":1,\"b\":[1,{\"c\":\"x\"}]}", "{\"a\":2,\"b\":[1,{\"c\":\"y\"}]}", "[\"/a\",\"/b/1/c\"]"},
        {"{\"a\":[1,2]}", "{\"a\":[1]}", "[\"/a\"]"},
        {"{\"a\":{\"x1\":1}}", "{\"a\":{\"x2\":1}}", "[\"/a\"]"},
        {"{\"a~/\":1}", "{\"a~/\":\"1\"}", "[\"/a~0~1\"]"},
        {"1", "2", "[\"\"]"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(table); i++) {
        const struct kz_value *got = kz_generated_paths(a, parse(a, table[i].one), parse(a, table[i].other));
        if (table[i].want == NULL)
            cr_expect_null(got, "%s", table[i].one);
        else
            cr_expect_str_eq(text_of(a, got), table[i].want);
    }
}

/* A reply with anything secret in it is not written to a disk. */
Test(lookup, secret_replies)
{
#define REPLY(kind, asked) "{\"objects\":[{\"body\":{\"kind\":\"" kind "\"}}],\"asked\":" asked "}"
    static const struct {
        const char *reply;
        bool want;
    } table[] = {
        {REPLY("ConfigMap", "{\"seed\":false,\"lookups\":[]}"), false},
        {REPLY("Secret", "{\"seed\":false,\"lookups\":[]}"), true},
        {REPLY("ConfigMap", "{\"seed\":true,\"lookups\":[]}"), true},
        {REPLY("ConfigMap", "{\"lookups\":[" Q("Secret", "s", "db") "}]}"), true},
        {REPLY("ConfigMap", "{\"lookups\":[" Q("Node", "", "") "}]}"), false},
        {REPLY("ConfigMap", "{\"once\":true}"), true},
        {REPLY("SecretList", "{}"), true},
        {"{\"objects\":[{\"body\":{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\"},{\"kind\":\"Secret\"}]}}]}", true},
        {"{\"objects\":[{\"body\":{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\"}]}}]}", false},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(table); i++)
        cr_expect_eq(kz_render_is_secret(parse(a, table[i].reply)), table[i].want, "%s", table[i].reply);
}

Test(lookup, malformed_needs)
{
    static const struct {
        const char *reply;
        int want; /* 1, 0, or -1: an error */
    } table[] = {
        {"{}", 0},
        {"{\"needs\":{\"seed\":true}}", 1},
        {"{\"needs\":{\"lookups\":[" Q("Node", "", "a") "}]}}", 1},
        {"{\"needs\":{}}", -1},
        {"{\"needs\":[]}", -1},
        {"{\"needs\":{\"seed\":true,\"lookups\":1}}", -1},
        {"{\"needs\":{\"lookups\":[{\"kind\":\"Node\"}]}}", -1},
        {"{\"needs\":{\"lookups\":[1]}}", -1},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(table); i++) {
        struct kz_render_needs needs;
        struct kz_err err;
        const int got = kz_render_needs(&needs, parse(a, table[i].reply), &err);
        cr_expect_eq(got < 0 ? -1 : got, table[i].want, "%s", table[i].reply);
    }
}
