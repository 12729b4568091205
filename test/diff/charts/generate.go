// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"math/rand"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

type generator struct {
	r    *rand.Rand
	wild bool // mistakes are wanted
}

func (g *generator) chance(percent int) bool { return g.r.Intn(100) < percent }

func (g *generator) odd(percent int) bool { return g.wild && g.chance(percent) }

// either: of the first list, or rarely of the second where mistakes are wanted.
func either[T any](g *generator, good, bad []T) T {
	if g.odd(8) {
		return pick(g, bad...)
	}
	return pick(g, good...)
}

// some: of what there is, each with that chance, in order of names.
func some[T any](g *generator, percent int, all map[string]T, use func(name string, val T)) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if g.chance(percent) {
			use(name, all[name])
		}
	}
}

func pick[T any](g *generator, from ...T) T { return from[g.r.Intn(len(from))] }

// One chart and those below it.
type chart struct {
	name, version string
	v1, library   bool
	deps          []map[string]any
	values        map[string]any
	subs          []*chart
}

var subNames = []string{"sub", "lib", "db", "web", "cache"}
var versions = []string{"0.1.0", "1.2.3", "2.0.0-rc.1", "1.0", "v1.4.0", "3.0.0+build.5"}
var ranges = []string{"*", ">=0.1.0", "~1.2", "^1", "1.x", "1.2.3", ">1 <3", ">0.0.0-0", "^1 || ^2", "0.1.0 - 2", "0.1.0", "1.0", ""}

// ---- values

var keys = []string{"a", "b", "c", "name", "enabled", "image", "list", "conf", "port", "text"}
var scalars = []any{"x", "", "a b", "yes", "1.5", "nginx:1.2", "multi\nline\n", "{{ .Release.Name }}", "{{ .Values.name }}-t",
	1, 0, -3, 8080, 1.5, 1000000, 123456789012, 1e21, true, false, nil, "é", "a: b", "#", " pad ", "~", "0x1F", "2020-01-02", "null"}

func (g *generator) value(depth int) any {
	switch n := g.r.Intn(10); {
	case n < 2 && depth > 0:
		return g.table(depth - 1)
	case n < 3 && depth > 0:
		list := []any{}
		for i := g.r.Intn(4); i > 0; i-- {
			list = append(list, g.value(depth-1))
		}
		return list
	}
	return pick(g, scalars...)
}

func (g *generator) table(depth int) map[string]any {
	m := map[string]any{}
	for i := g.r.Intn(5); i > 0; i-- {
		m[pick(g, keys...)] = g.value(depth)
	}
	return m
}

// Values as a chart with these charts below may have them. The keys that templates ask for are mostly
// there, and of the kind that they expect.
func (g *generator) chartValues(c *chart, depth int, whole bool) map[string]any {
	m := g.table(2)
	if !g.wild {
		maps.DeleteFunc(m, func(key string, _ any) bool { return len(key) > 1 && key != "text" })
	}
	if whole || g.chance(30) {
		set := func(key string, val any) { m[key] = val }
		some(g, map[bool]int{true: 95, false: 40}[whole], map[string]any{"name": "n" + c.name, "enabled": true, "port": 8080, "list": []any{"x", "y", 1},
			"conf": map[string]any{"a": "1", "b": map[string]any{"c": true}}, "image": map[string]any{"a": "repo", "b": "tag"}}, set)
	}
	if g.chance(30) {
		m["global"] = g.table(2)
	}
	if m["global"] == nil && whole && !g.odd(30) {
		m["global"] = map[string]any{"x": "gx", "conf": map[string]any{"a": c.name}}
	}
	if g.chance(25) {
		m["tags"] = map[string]any{"front": g.chance(50), "back": g.chance(50), "odd": "yes"}
	}
	if g.chance(20) {
		m["exports"] = map[string]any{"data": g.table(2), "conf": g.table(1)}
	}
	for _, sub := range c.subs {
		if depth > 0 && g.chance(50) {
			m[sub.name] = g.chartValues(sub, depth-1, false)
		}
		if g.odd(4) {
			m[sub.name] = pick[any](g, nil, "text", 1, []any{true})
		}
	}
	for _, d := range c.deps {
		if name, ok := d["alias"].(string); ok && g.chance(50) {
			m[name] = g.table(2)
		}
	}
	return m
}

func (g *generator) yaml(v any) string {
	data, err := yaml.Marshal(v)
	check(err)
	text := string(data)
	switch g.r.Intn(12) {
	case 0:
		return "# comment\n---\n" + text
	case 1:
		return strings.ReplaceAll(text, "\n", "\r\n")
	case 2:
		return "\ufeff" + text
	case 3:
		if m, ok := v.(map[string]any); ok && len(m) > 0 {
			return text + "anchor: &x {q: 1, r: [a]}\nmerged:\n  <<: *x\n  s: *x\n"
		}
	}
	return text
}

// ---- charts

func (g *generator) newChart(name string, depth int) *chart {
	c := &chart{name: name, version: pick(g, versions[:3]...), v1: g.chance(15), library: g.chance(10) && depth < 2}
	if g.chance(15) {
		c.version = pick(g, versions...)
	}
	for n := g.r.Intn(4) - 1 + depth/2; n > 0 && depth > 0; n-- {
		sub := pick(g, subNames...)
		if !slices.ContainsFunc(c.subs, func(s *chart) bool { return s.name == sub }) {
			c.subs = append(c.subs, g.newChart(sub, depth-1))
		}
	}
	for _, sub := range c.subs {
		for nth := range g.r.Intn(3) {
			c.deps = append(c.deps, g.dependency(c, sub, nth))
		}
	}
	if g.odd(3) {
		c.deps = append(c.deps, map[string]any{"name": "absent", "version": "*", "repository": ""})
	}
	c.values = g.chartValues(c, 2, true)
	return c
}

func (g *generator) dependency(c, sub *chart, nth int) map[string]any {
	d := map[string]any{"name": sub.name, "version": sub.version, "repository": pick(g, "", "https://x.example/charts")}
	if g.chance(30) {
		d["version"] = pick(g, ranges...)
	}
	if nth > 0 {
		d["alias"] = fmt.Sprint(pick(g, "one", "two", sub.name), len(c.deps))
	}
	if g.chance(10) && !slices.ContainsFunc(c.deps, func(d map[string]any) bool { return d["alias"] == "one" }) {
		d["alias"] = "one"
	}
	if g.odd(8) {
		d["alias"] = pick(g, "two", sub.name, "Bad Alias", "db", "a.b")
	}
	if g.chance(40) {
		name := sub.name
		if alias, ok := d["alias"].(string); ok {
			name = alias
		}
		d["condition"] = pick(g, name+".enabled", "enabled", "global.enabled", "nothing.here,"+name+".enabled", name+".conf,enabled", " enabled")
	}
	if g.chance(25) {
		d["tags"] = pick(g, []string{"front"}, []string{"back"}, []string{"front", "back"}, []string{"odd"}, []string{})
	}
	if g.chance(25) {
		imports := []any{}
		for n := 1 + g.r.Intn(2); n > 0; n-- {
			imports = append(imports, pick[any](g, "data", "conf", "none", map[string]any{"child": "conf", "parent": "conf"},
				map[string]any{"child": "exports.data", "parent": "."}, map[string]any{"child": "image", "parent": "a.b"},
				map[string]any{"child": "conf.b", "parent": "imported.b"}))
		}
		d["import-values"] = imports
	}
	return d
}

func (g *generator) meta(c *chart) map[string]any {
	m := map[string]any{"apiVersion": "v2", "name": c.name, "version": c.version}
	if c.v1 {
		m["apiVersion"] = "v1"
	}
	if c.library {
		m["type"] = "library"
	}
	some(g, 8, map[string]any{"appVersion": pick[any](g, "1.2", 1.2, "v3", 7, true), "description": "a chart\u00a0of tests\n",
		"keywords": []any{"k", "l", 1}, "home": "https://x.example", "icon": "", "sources": []any{}, "deprecated": true,
		"maintainers": []any{map[string]any{"name": "m", "email": "m@x.example"}}, "annotations": map[string]any{"x": "y", "n": "1"},
		"kubeVersion": either(g, []string{">=1.20.0", "*", ">=1.20.0-0 <9"}, []string{"<1.0.0", "^1.31", "x"}), "condition": "a", "tags": "b", "unknown": []any{1}},
		func(key string, val any) { m[key] = val })
	if g.odd(4) {
		m[pick(g, "name", "version", "apiVersion", "type", "keywords", "dependencies", "annotations", "maintainers", "deprecated")] =
			pick[any](g, nil, 1, "", "x", []any{nil}, []any{1}, map[string]any{"a": 1}, true, []any{map[string]any{}})
	}
	return m
}

// files puts the chart into the map, below dir.
func (g *generator) files(into map[string]string, dir string, c *chart) {
	put := func(name, text string) { into[path.Join(dir, name)] = text }
	meta := g.meta(c)
	if len(c.deps) > 0 && c.v1 {
		put("requirements.yaml", g.yaml(map[string]any{"dependencies": c.deps}))
	} else if len(c.deps) > 0 {
		if _, ok := meta["dependencies"]; !ok {
			meta["dependencies"] = c.deps
		}
	}
	put("Chart.yaml", g.yaml(meta))
	if !g.chance(5) {
		put("values.yaml", g.yaml(c.values))
	}
	if g.chance(3) || g.odd(8) {
		put("values.schema.json", g.schema())
	}
	if g.chance(10) {
		put(".helmignore", g.ignore())
	}
	some(g, 12, map[string]string{"files/a.txt": "line 1\nline 2\n", "files/b.yaml": "k: {{ .Release.Name }}\n", "conf/c.json": `{"a":[1,2]}`,
		"README.md": "# readme\n", "crds/crd.yaml": "kind: CustomResourceDefinition\nmetadata: {name: x." + c.name + "}\n---\n# second\nkind: X\n",
		"crds/more/d.yml": "a: 1", "crds/readme.txt": "no crd", "files/empty": "", "LICENSE": "free", "templates/.hidden.yaml": "a: 1",
		"files/bin": "\x01\x02ab", "charts/_x/Chart.yaml": "bad", "Chart.lock": "dependencies: []\n",
		"ci/test-values.yaml": "a: 1\n", "templates/sub/.keep": ""}, put)
	if g.odd(2) {
		put("charts/README.md", "about")
	}
	g.templates(put, c)
	for _, sub := range c.subs {
		if g.chance(15) {
			put("charts/"+sub.name+"-"+sub.version+".tgz", g.pack(sub))
		} else {
			g.files(into, path.Join(dir, "charts", sub.name), sub)
		}
	}
}

func (g *generator) pack(c *chart) string {
	files := map[string]string{}
	g.files(files, c.name, c)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		check(t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg}))
		_, err := t.Write([]byte(files[name]))
		check(err)
	}
	check(t.Close())
	check(z.Close())
	return b.String()
}

func (g *generator) ignore() string {
	var b strings.Builder
	for n := 1 + g.r.Intn(4); n > 0; n-- {
		b.WriteString(either(g, []string{"# comment", "", "*.txt", "/files", "files/", "templates/c*", "/*.md", "[a-c].yaml", "ci/", "crds/*",
			"templates/[^a]*.yaml", "\\#x", "  LICENSE  ", "charts/*/values.yaml", ".hidden.yaml", "?.yaml", "files/a.*", "a*/", "/conf/c.json"},
			[]string{"!README.md", "*", "sub", "a/**/b", "[", "!*.yaml", "!", "/", "templates"}) + "\n")
	}
	return b.String()
}

func (g *generator) schema() string {
	prop := func() string {
		return pick(g, `{"type":"string"}`, `{"type":["string","null"]}`, `{"type":"object","required":["a"]}`, `{"type":"integer","minimum":1}`,
			`{"enum":["x",1,null]}`, `{"type":"array","items":{"type":"string"}}`, `{"type":"number","multipleOf":2}`, `{"pattern":"^n"}`, `{"maxLength":3}`,
			`{"anyOf":[{"type":"string"},{"type":"boolean"}]}`, `{"not":{"type":"null"}}`, `true`, `{}`, `{"$ref":"#/definitions/d"}`, `{"const":true}`,
			`{"type":"boolean"}`, `{"type":"object","additionalProperties":false,"properties":{"a":{}}}`)
	}
	parts := []string{`"definitions":{"d":{"type":["object","string"]}}`}
	if g.chance(70) {
		parts = append(parts, `"type":"object"`)
	}
	for _, key := range []string{"required", "additionalProperties", "minProperties", "propertyNames"} {
		if g.chance(10) {
			parts = append(parts, `"`+key+`":`+map[string]string{"required": `["name","missing"]`, "additionalProperties": `true`, "minProperties": `2`,
				"propertyNames": `{"maxLength":12}`}[key])
		}
	}
	props := []string{}
	for _, key := range keys {
		if g.chance(20) {
			props = append(props, fmt.Sprintf("%q:%s", key, prop()))
		}
	}
	if g.odd(5) {
		props = append(props, `"a":true,"a":false`)
	}
	text := "{" + strings.Join(append(parts, `"properties":{`+strings.Join(props, ",")+"}"), ",") + "}"
	if g.chance(3) {
		return text[:g.r.Intn(len(text))]
	}
	return text
}

// ---- the whole case

func (g *generator) set(c *chart) setFlag {
	key := either(g, []string{"name", "conf.z", "list[0]", "list[2]", "port", "global.x", "tags.front", "sub.enabled", "sub.name", "web.conf.z", "one.enabled", "a\\.b", "enabled", "image",
		"new.a.b", "new[1].a", "new[0]"}, []string{"a.b", "conf.b.c", "list[1].a", "global.conf.a", "db", "sub", "name.x", "list.x", "text[0]"})
	val := either(g, []string{"x", "1", "true", "false", "null", "", "{a,b}", "{}", "1.5", "007", "a\\,b", "-5", "é", "a=b", "12345678901234567890"},
		[]string{"{{ .Release.Name }}", "{1,x=2}", "{a", "}", "\\"})
	s := setFlag{Kind: pick(g, 0, 1, 1, 1, 2, 3, 4), Text: key + "=" + val}
	switch s.Kind {
	case 0:
		s.Text = key + "=" + either(g, []string{`{"a":1}`, `[1,"x",null]`, `"text"`, `1e3`, `null`, `true`, `{"a":{"b":[{}]}}`}, []string{`{"a":`, ``, `x`, `1 2`})
	case 3:
		s.Text = key + "=@DIR@/" + either(g, []string{"f.txt", "g.txt"}, []string{"none.txt", "f.txt,c=@DIR@/g.txt"})
	case 1:
		if g.chance(25) {
			s.Text += "," + either(g, []string{"c=1", "d.e=x", "d[0]=1", "name=n2"}, []string{"=", "x", "a.=1", "[0]=1", "list[0][1]=2", "a[-1]=1", "a[x]=1", ""})
		}
	}
	return s
}

// mutate: one small mistake somewhere.
func (g *generator) mutate(files map[string]string) {
	names := slices.Sorted(maps.Keys(files))
	name := pick(g, slices.DeleteFunc(names, func(s string) bool { return strings.HasSuffix(s, ".tgz") })...)
	text := files[name]
	lines := strings.SplitAfter(text, "\n")
	i := g.r.Intn(len(lines))
	switch g.r.Intn(6) {
	case 0:
		lines = slices.Delete(lines, i, i+1)
	case 1:
		lines = slices.Insert(lines, i, lines[g.r.Intn(len(lines))])
	case 2:
		lines[i] = pick(g, " ", "\t", "- ", "}}", "{{", ": ", "'", "\"", "&", "*x ", "---", "|", "#", "!x ", "%") + lines[i]
	case 3:
		if n := len(lines[i]); n > 0 {
			at := g.r.Intn(n)
			lines[i] = strings.ToValidUTF8(lines[i][:at]+lines[i][at+1:], "")
		}
	case 4:
		if n := len(lines[i]); n > 0 {
			at := g.r.Intn(n)
			lines[i] = strings.ToValidUTF8(lines[i][:at], "") + pick(g, "}", "{", ")", "(", "|", ":", "\"", "`", "$", ".", ",", "]", "\\") + strings.ToValidUTF8(lines[i][at:], "")
		}
	case 5:
		lines = lines[:i]
	}
	files[name] = strings.Join(lines, "")
}

func newCase(seed int64) *testCase {
	g := &generator{r: rand.New(rand.NewSource(seed))}
	g.wild = g.chance(35)
	root := g.newChart(pick(g, "root", "app", "my-chart"), 1+g.r.Intn(3))
	root.library = g.odd(1)
	c := &testCase{chart: map[string]string{}, Release: pick(g, "rel", "r-1", "x.y"), Namespace: pick(g, "ns", "default", ""),
		IncludeCRDs: g.chance(30), NoHooks: g.chance(10), SkipTests: g.chance(15), IsUpgrade: g.chance(10), SkipSchema: g.chance(5)}
	g.files(c.chart, "", root)
	if !g.wild {
		c.chart["templates/_all.tpl"] = g.allPartials()
	}
	if g.odd(30) {
		g.mutate(c.chart)
	}
	if g.chance(15) {
		c.KubeVersion = either(g, []string{"1.29", "v1.31.2", "1.30.0-gke.1", "v1.28.3+k3s1", "2.0.0"}, []string{"x", "1", "1.2.3.4", ""})
	}
	if g.chance(10) {
		c.APIVersions = []string{"x.example/v1", "x.example/v1/Thing"}
	}
	for n := g.r.Intn(3); n > 0; n-- {
		c.ValueFiles = append(c.ValueFiles, valueFile{Name: fmt.Sprintf("values-%d.yaml", n), Text: g.yaml(g.chartValues(root, 2, false))})
	}
	if g.odd(5) && len(c.ValueFiles) > 0 {
		c.ValueFiles[0].Text = pick(g, "", "- a\n", "text", "a: [", "a: b: c", "null", "# nothing", "a: 1\n a: 2", "\ta: 1", "1: 2\nyes: no\n", "a: .inf\n")
	}
	c.Files = map[string]string{"f.txt": "from file\n", "g.txt": ""}
	for n := g.r.Intn(8) - 3; n > 0; n-- {
		c.Set = append(c.Set, g.set(root))
	}
	slices.SortStableFunc(c.Set, func(a, b setFlag) int { return a.Kind - b.Kind })
	return c
}
