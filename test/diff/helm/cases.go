// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"
)

// testCase is one call of helm template. Values that are made up here are passed as a file.
type testCase struct {
	chart  string // as the user named it
	dir    string // where the programs are started; "" for anywhere
	target string // the chart as they are told
	args   []string
	values string // content of a further -f
	name   string // what values is, for people
}

func (c testCase) String() string {
	words := append([]string{c.chart}, c.args...)
	if c.name != "" {
		words = append(words, "("+c.name+")")
	}
	return strings.Join(words, " ")
}

// chartsIn lists the charts at or below a path, packed ones too, less those below another's charts/.
func chartsIn(root string) (charts []string) {
	if strings.HasSuffix(root, ".tgz") {
		return []string{root}
	}
	check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == "Chart.yaml" && !partOfAnother(path):
			charts = append(charts, filepath.Dir(path))
		case strings.HasSuffix(path, ".tgz") && !partOfAnother(path) && filepath.Base(filepath.Dir(path)) != "charts":
			charts = append(charts, path)
		}
		return nil
	}))
	return charts
}

func partOfAnother(path string) bool {
	for i := strings.LastIndex(path, "/charts/"); i >= 0; i = strings.LastIndex(path[:i], "/charts/") {
		if exists(filepath.Join(path[:i], "Chart.yaml")) {
			return true
		}
	}
	return false
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func casesOf(chart string, o *options) (cases []testCase) {
	target := absolute(chart)
	add := func(name, values string, args ...string) {
		cases = append(cases, testCase{chart: chart, target: target, args: args, values: values, name: name})
	}
	if text, err := os.ReadFile(filepath.Join(chart, "args")); err == nil {
		for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			if !strings.HasPrefix(line, "#") {
				cases = append(cases, testCase{chart: chart, dir: target, target: ".", args: words(line)})
			}
		}
		return cases
	}
	add("", "")
	files, _ := filepath.Glob(filepath.Join(target, "ci", "*.y*ml"))
	for _, file := range files {
		add("", "", "-f", file)
	}
	if o.variants {
		for _, args := range variants(target) {
			add("", "", args...)
		}
	}
	if o.flip > 0 {
		for _, c := range changes(target, o) {
			add(c.name, c.text)
		}
	}
	return cases
}

// words splits a line of arguments as a shell does, quotes included.
func words(line string) (list []string) {
	var word strings.Builder
	var quote rune
	in, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			in, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			in, quote = true, r
		case quote == 0 && (r == ' ' || r == '\t'):
			if in {
				list = append(list, word.String())
			}
			word.Reset()
			in = false
		default:
			in = true
			word.WriteRune(r)
		}
	}
	if in {
		list = append(list, word.String())
	}
	return list
}

// variants are flags that change what templates see or what is printed.
func variants(chart string) [][]string {
	list := [][]string{
		{"--is-upgrade", "--kube-version", "1.21.3"},
		{"--kube-version", "v1.34.1", "-n", "another-namespace"},
		{"-a", "monitoring.coreos.com/v1,cert-manager.io/v1,route.openshift.io/v1,security.openshift.io/v1,policy/v1beta1," +
			"autoscaling.k8s.io/v1,networking.istio.io/v1beta1,monitoring.coreos.com/v1/ServiceMonitor"},
		{"--include-crds", "--no-hooks"},
		{"--skip-tests", "--set", "global.imageRegistry=registry.example,fullnameOverride=other,nameOverride=short"},
		{"--output-dir", "out", "--include-crds", "--release-name"},
		{"--name-template", "{{ print \"a\" 1 | upper | lower }}-x", "--generate-name"},
	}
	templates, _ := filepath.Glob(filepath.Join(chart, "templates", "[a-z]*.yaml"))
	if len(templates) > 0 {
		list = append(list, []string{"-s", "templates/" + filepath.Base(templates[len(templates)/2])})
	}
	return list
}

// ---- values that are changed ----

type change struct {
	name, text string
}

// leaf is a place in values whose value can be exchanged for another.
type leaf struct {
	path []string
	to   any
}

func (l leaf) values() change {
	var tree = l.to
	for i := len(l.path) - 1; i >= 0; i-- {
		tree = map[string]any{l.path[i]: tree}
	}
	text, err := yaml.Marshal(tree)
	check(err)
	return change{name: fmt.Sprintf("%s: %v", strings.Join(l.path, "."), l.to), text: string(text)}
}

// changes takes some leaves of a chart's values and of those of the charts below, each for one case, and sets
// all that is called `enabled` or `create` in one more.
func changes(chart string, o *options) (list []change) {
	leaves := leavesOf(chart, nil)
	if len(leaves) == 0 {
		return nil
	}
	hash := fnv.New64a()
	hash.Write([]byte(filepath.Base(chart)))
	random := rand.New(rand.NewSource(o.seed ^ int64(hash.Sum64())))
	all := map[string]any{}
	for _, l := range leaves {
		last := l.path[len(l.path)-1]
		if on, is := l.to.(bool); is && on && (last == "enabled" || last == "create") {
			put(all, l)
		}
	}
	if len(all) > 0 {
		text, err := yaml.Marshal(all)
		check(err)
		list = append(list, change{name: "all enabled", text: string(text)})
	}
	random.Shuffle(len(leaves), func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
	for i := 0; i < len(leaves) && i < o.flip; i++ {
		list = append(list, leaves[i].values())
	}
	return list
}

func put(tree map[string]any, l leaf) {
	for _, key := range l.path[:len(l.path)-1] {
		next, is := tree[key].(map[string]any)
		if !is {
			next = map[string]any{}
			tree[key] = next
		}
		tree = next
	}
	tree[l.path[len(l.path)-1]] = l.to
}

func leavesOf(chart string, prefix []string) (leaves []leaf) {
	if text, err := os.ReadFile(filepath.Join(chart, "values.yaml")); err == nil {
		var values map[string]any
		if yaml.Unmarshal(text, &values) == nil {
			leaves = walk(leaves, prefix, values)
		}
	}
	below, _ := filepath.Glob(filepath.Join(chart, "charts", "*", "Chart.yaml"))
	for _, file := range below {
		dir := filepath.Dir(file)
		leaves = append(leaves, leavesOf(dir, append(prefix[:len(prefix):len(prefix)], filepath.Base(dir)))...)
	}
	return leaves
}

// walk finds booleans, which turn, and what is empty, which gets content.
func walk(leaves []leaf, path []string, v any) []leaf {
	full := path[:len(path):len(path)]
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 && len(path) > 0 {
			return append(leaves, leaf{full, map[string]any{"kz": "content"}})
		}
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		for _, key := range keys {
			leaves = walk(leaves, append(full, key), v[key])
		}
	case []any:
		if len(v) == 0 {
			return append(leaves, leaf{full, []any{"kz"}}, leaf{full, []any{map[string]any{"name": "kz", "value": "content"}}})
		}
	case bool:
		return append(leaves, leaf{full, !v})
	case string:
		if v == "" {
			return append(leaves, leaf{full, "kz"})
		}
	case float64:
		return append(leaves, leaf{full, v + 1})
	case nil:
		return append(leaves, leaf{full, "kz"}, leaf{full, map[string]any{"kz": "content"}})
	}
	return leaves
}
