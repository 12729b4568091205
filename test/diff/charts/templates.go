// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

var kinds = strings.Fields(`PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget
ServiceAccount Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim CustomResourceDefinition ClusterRole
ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role RoleList RoleBinding RoleBindingList Service DaemonSet Pod
ReplicationController ReplicaSet Deployment HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService
Certificate Widget Zebra ValidatingWebhookConfiguration List configmap`)

var prefixes = []string{"", "root.", "sub.", "lib.", "db.", "app.", "web."}
var partials = []string{"labels", "name", "shared", "map"}

// templates of a chart: a file with definitions, and some that make manifests.
func (g *generator) templates(put func(name, text string), c *chart) {
	if g.chance(85) {
		put("templates/_helpers.tpl", g.definitions(c))
	}
	names := []string{"a.yaml", "b.yaml", "deploy.yaml", "c.txt", "sub/d.yaml", "zzz.yaml", "NOTES.txt", "tests/t.yaml", "_partial.yaml",
		"e.yml", "x/NOTES.txt", "hook.yaml", "a-b.yaml", "f.json"}
	for n := 1 + g.r.Intn(4); n > 0; n-- {
		name := pick(g, names...)
		switch {
		case strings.HasSuffix(name, "NOTES.txt"):
			put("templates/"+name, g.text(2))
		case g.chance(3):
			put("templates/"+name, pick(g, "", " \n", "# only a comment\n", "---\n", "{{/* nothing */}}", "\ufeffa: 1\n", "text\n", "- a\n", "{}", "null\n"))
		default:
			put("templates/"+name, g.manifests())
		}
	}
}

func (g *generator) definitions(c *chart) string {
	var b strings.Builder
	for _, name := range partials {
		if g.chance(40) {
			continue
		}
		if g.odd(4) {
			name = pick(g, partials...)
		}
		if g.chance(60) {
			name = c.name + "." + name
		}
		body := g.text(1)
		if strings.HasSuffix(name, "labels") {
			body = "app: " + g.plain() + "\nchart: {{ .Chart.Name }}-{{ .Chart.Version }}"
		}
		if strings.HasSuffix(name, "map") {
			body = "{{- toYaml (dict \"a\" 1 \"b\" (list .Release.Name)) }}"
		}
		fmt.Fprintf(&b, "{{%s define %q %s}}%s{{%s end %s}}\n", g.trim(), name, g.trim(), body, g.trim(), g.trim())
	}
	return b.String()
}

// allPartials: what is not defined by a chart itself, so that nothing is missing.
func (g *generator) allPartials() string {
	var b strings.Builder
	for _, prefix := range prefixes {
		for _, name := range partials {
			fmt.Fprintf(&b, "{{- define %q -}}\n%s\n{{- end }}\n", prefix+name, map[bool]string{true: "a: {{ .Chart.Name }}", false: "p-{{ .Release.Name }}"}[name == "map" || name == "labels"])
		}
	}
	return b.String()
}

func (g *generator) trim() string { return pick(g, "", "-") }

func (g *generator) manifests() string {
	var b strings.Builder
	if g.chance(15) {
		b.WriteString(either(g, []string{"---\n", "\n\n---\n", "# first\n---\n", "{{ $x := 1 }}\n", "--- # c\n", "\r\n"}, []string{"---\n---\n", " ---\n", "\ufeff", "%YAML 1.1\n---\n"}))
	}
	for n := 1 + g.r.Intn(3); n > 0; n-- {
		b.WriteString(g.manifest())
		if n > 1 || g.chance(15) {
			b.WriteString(either(g, []string{"---\n", "---\n", "---\n", "--- \n", "---#x\n", "\n---\r\n", "---\n# only\n---\n", "...\n---\n"},
				[]string{"---\n---\n", "----\n", "  ---\n", "--- a: 1\n", "...\n", "", "---|\n", "---\t\n%YAML 1.1\n"}))
		}
	}
	text := b.String()
	if g.chance(10) {
		return "{{ if " + g.condition() + " }}\n" + text + "\n{{- end }}\n"
	}
	if g.chance(4) {
		return strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

func (g *generator) manifest() string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n", pick(g, "v1", "apps/v1", "x.example/v1", "1"), pick(g, kinds...), g.plain())
	if g.chance(25) {
		b.WriteString("  annotations:\n")
		if g.chance(70) {
			fmt.Fprintf(&b, "    %s: %s\n", pick(g, "helm.sh/hook", "\"helm.sh/hook\"", "helm.sh/hook-weight"), pick(g, "pre-install", "post-install,pre-upgrade", "test", "test-success",
				"crd-install", "\" Pre-Install , test\"", "pre-delete", "post-rollback", "\"\"", "\"5\"", "\"-1\"", "5", "true"))
		}
		if g.chance(50) {
			fmt.Fprintf(&b, "    note: %s\n", g.plain())
		}
	}
	if g.chance(30) {
		fmt.Fprintf(&b, "  labels:\n    {{- include %s . | nindent 4 }}\n", g.partial("labels"))
	}
	for n := g.r.Intn(4); n > 0; n-- {
		b.WriteString(g.field(2))
	}
	return b.String()
}

func (g *generator) partial(name string) string {
	return fmt.Sprintf("%q", pick(g, prefixes...)+name)
}

// field: a line or lines of a mapping at the left margin.
func (g *generator) field(depth int) string {
	key := pick(g, "data", "spec", "value", "items", "x-y", "config")
	switch g.r.Intn(14) {
	case 0:
		return fmt.Sprintf("%s:\n  {{- toYaml %s | nindent 2 }}\n", key, g.any())
	case 1:
		return fmt.Sprintf("%s:\n{{ toYaml %s | indent 2 }}\n", key, g.path())
	case 2:
		return fmt.Sprintf("{{- with %s }}\n%s:\n  {{- toYaml . | nindent 2 }}\n{{- end }}\n", g.any(), key)
	case 3:
		return fmt.Sprintf("%s:\n{{- range $i, $v := %s }}\n  k{{ $i }}: {{ $v | toString | quote }}\n{{- end }}\n", key, g.collection())
	case 4:
		return fmt.Sprintf("%s:\n{{- range %s }}\n  - {{ toJson . }}\n{{- else }}\n  - none\n{{- end }}\n", key, g.collection())
	case 5:
		if depth > 0 {
			return fmt.Sprintf("{{- if %s }}\n%s{{- else }}\n%s{{- end }}\n", g.condition(), g.field(depth-1), g.field(depth-1))
		}
	case 6:
		return "{{- " + g.statement() + " }}\n"
	case 7:
		return fmt.Sprintf("%s: |\n  text {{ %s }}\n  --- not\n%s", key, g.expr(depth), either(g, []string{"", "  ---\n", "---\n"}, []string{"\n---\n  x: 1\n"}))
	case 8:
		return fmt.Sprintf("%s:\n  {{- (.Files.Glob %q).%s | nindent 2 }}\n", key, pick(g, "files/*", "**", "files/{a,b}*", "conf/*.json", "none/*", "*", "files/[!a]*", "crds/**.yaml"),
			pick(g, "AsConfig", "AsSecrets"))
	case 9:
		return fmt.Sprintf("%s:\n{{- range $path, $_ := .Files.Glob \"%s\" }}\n  {{ $path | quote }}: {{ $.Files.Get $path | quote }}\n{{- end }}\n", key, pick(g, "**", "files/*", "*.md"))
	}
	return fmt.Sprintf("%s: %s\n", key, g.scalar(depth))
}

// plain: a scalar that is a text.
func (g *generator) plain() string {
	if g.odd(20) {
		return g.scalar(1)
	}
	return pick(g, "plain", "\"x\"", "n-{{ .Release.Name }}", "{{ .Values.name | toString | quote }}", "{{ "+g.expr(1)+" | toString | trunc 20 | quote }}")
}

func (g *generator) scalar(depth int) string {
	switch g.r.Intn(6) {
	case 0:
		return pick(g, "plain", "1", "\"x\"", "''", "é", "null")
	case 1:
		return "{{ .Release.Name }}-{{ .Chart.Name }}"
	case 2:
		return "{{ " + g.expr(depth) + " | toString | quote }}"
	case 3:
		return "{{ " + g.expr(depth) + " | toJson }}"
	case 4:
		return "{{- " + g.expr(depth) + " | toJson | quote | nindent 4 }}"
	}
	return "{{ " + g.expr(depth) + " | toString | trunc 20 | squote }}"
}

// text of any kind, as notes and definitions have.
func (g *generator) text(depth int) string {
	var b strings.Builder
	for n := 1 + g.r.Intn(3); n > 0; n-- {
		b.WriteString(pick(g, "text ", "\n  ", "a ", "", "  "))
		switch g.r.Intn(4) {
		case 0:
			b.WriteString("{{ if " + g.condition() + " }}yes{{ else }}no{{ end }}")
		case 1:
			b.WriteString("{{ range " + g.collection() + " }}{{ . | toString }},{{ end }}")
		default:
			b.WriteString("{{ " + g.expr(depth) + " }}")
		}
	}
	return b.String()
}

func (g *generator) path() string {
	if !g.wild {
		return pick(g, ".Values.name", ".Values.a", ".Values.b", "(.Values.conf).a", "(.Values.conf).b", ".Values.conf", ".Values.list", ".Values.image", "(.Values.image).a", ".Values.port", ".Values.text", ".Values.c",
			".Values.global", "(.Values.global).x", ".Values.sub", ".Values.db", ".Values.tags", ".Values.imported", ".Values.one", ".Values.enabled", ".Values.exports", "(.Values.sub).name", "(.Values.web).global",
			"$.Values.lib", ".Values", ".Values.merged", ".Values.anchor")
	}
	return pick(g, ".Values.name", ".Values.a", ".Values.b", ".Values.conf", ".Values.conf.a", ".Values.conf.b", ".Values.list", ".Values.image", ".Values.image.a", ".Values.port",
		".Values.text", ".Values.c", ".Values.global", ".Values.global.x", ".Values.sub", ".Values.db", ".Values.tags", ".Values.imported", ".Values.one", ".Values.enabled", ".Values.exports",
		"(.Values.sub).name", "(.Values.global).conf", "((.Values.conf).b).c", "(.Values.web).global", "$.Values.lib", ".Values", ".Values.merged", ".Values.anchor")
}

func (g *generator) any() string {
	switch g.r.Intn(12) {
	case 0:
		return pick(g, ".Release", ".Chart.Dependencies", ".Chart.Maintainers", ".Chart.Annotations", ".Capabilities.KubeVersion", ".Template", ".Chart.Keywords", ".Capabilities.HelmVersion",
			".Chart.Metadata.Sources", "(keys .Subcharts | sortAlpha)", ".Chart")
	case 1:
		return "(dict \"k\" " + g.path() + " \"l\" (list " + g.path() + " 1))"
	case 2:
		return "(fromYaml (include " + g.partial("map") + " .))"
	case 3:
		return "(omit (" + pick(g, ".Values.conf", ".Values.image", ".Values.global") + " | default dict) \"a\")"
	case 4:
		return "(merge (dict \"m\" 1) (" + pick(g, ".Values.conf", ".Values.image", ".Values.sub") + " | default dict))"
	}
	return g.path()
}

func (g *generator) collection() string {
	if !g.wild {
		return pick(g, ".Values.list", ".Values.conf", ".Values.image", "(list 1 2 \"x\")", "(until 3)", "(dict \"b\" 1 \"a\" 2)", ".Values.global", ".Values.missing", "(.Files.Lines \"files/a.txt\")", ".Chart.Dependencies",
			"(keys .Subcharts | sortAlpha)", "(concat (list 1) (.Values.list | default list))", ".Values.sub")
	}
	return pick(g, ".Values.list", ".Values.conf", ".Values.image", "(list 1 2 \"x\")", "(until 3)", ".Values.a", "(dict \"b\" 1 \"a\" 2)", ".Values.global", ".Values.missing",
		"(.Files.Lines \"files/a.txt\")", ".Chart.Dependencies", "(keys .Subcharts | sortAlpha)", ".Values.tags", "(concat (list 1) (.Values.list | default list))", "(splitList \",\" \"a,b\")", ".Values.sub")
}

func (g *generator) condition() string {
	switch g.r.Intn(8) {
	case 0:
		return "and " + g.path() + " " + g.path()
	case 1:
		return "or " + g.path() + " (not " + g.path() + ")"
	case 2:
		return fmt.Sprintf("eq (%s | toString) %q", g.path(), pick(g, "x", "true", "", "8080"))
	case 3:
		return fmt.Sprintf("hasKey .Values %q", pick(g, keys...))
	case 4:
		return fmt.Sprintf(".Capabilities.APIVersions.Has %q", pick(g, "apps/v1", "x.example/v1", "policy/v1beta1", "x.example/v1/Thing"))
	case 5:
		return fmt.Sprintf("semverCompare %q .Capabilities.KubeVersion.%s", pick(g, ">=1.30-0", "<1.30", "^1", ">= 1.31.0"), pick(g, "Version", "GitVersion"))
	case 6:
		return "kindIs " + pick(g, "\"map\"", "\"string\"", "\"slice\"", "\"float64\"", "\"int64\"", "\"invalid\"") + " " + g.path()
	}
	return g.path()
}

// statement: an action that changes what templates after it see.
func (g *generator) statement() string {
	return pick(g, "$_ := set .Values \"a\" \"changed\"", "$_ := set .Values \"conf\" (dict \"a\" .Template.Name)", "$_ := unset .Values \"list\"", "$v := .Values.name",
		"$_ := set (.Values.global | default dict) \"x\" .Chart.Name", "$_ := mergeOverwrite .Values (dict \"conf\" (dict \"b\" \"over\"))", "$_ := merge .Values (dict \"text\" \"filled\")",
		either(g, []string{"/* c */ -}}# {{ template " + g.partial(pick(g, partials[1:]...)) + " . }}{{ \"\""}, []string{"template " + g.partial(pick(g, partials...)) + " ."}), "/* comment */ -}}{{ \"\"", either(g, []string{"$w := dict"}, []string{"define \"late\" }}late{{ end", "$_ := set .Values.conf \"a\" 1", "end", "else"}), "$_ := set (.Values.conf | default dict) \"n\" 1", "$_ := set (.Values.sub | default dict) \"name\" \"by-parent\"",
		"if .Values.missing }}{{ fail \"never\" }}{{ end", "required \"needed\" .Release.Name | quote | trunc 0", "$x := 1 }}{{ $x = .Values.port")
}

func (g *generator) expr(depth int) string {
	if depth <= 0 {
		return g.path()
	}
	switch g.r.Intn(26) {
	case 0:
		return "include " + g.partial(pick(g, partials...)) + " " + either(g, []string{".", ".", "$"}, []string{"(dict \"Values\" .Values \"Release\" .Release \"Chart\" .Chart)", ".Values"})
	case 1:
		return "tpl " + pick(g, "\"{{ .Values.name }}\"", "(.Values.conf | toYaml | replace \"{\" \"\")", "\"{{ .Chart.Name }}-{{ .Release.Name }}\"", "\"{{ define \\\"in\\\" }}i{{ end }}{{ include \\\"in\\\" . }}\"",
			either(g, []string{"\"{{ .Template.Name }}\"", "(.Files.Get \"files/b.yaml\")"}, []string{"\"{{ .Values.missing.x }}\"", "\"{{\"", "\"{{ $.Template.Name }}{{ nope }}\""}), "\"\"") + " " + either(g, []string{".", "$"}, []string{"(dict \"Values\" .Values \"Template\" .Template)"})
	case 2:
		return pick(g, ".Chart.Name", ".Chart.Version", ".Chart.AppVersion", ".Chart.Type", ".Chart.APIVersion", ".Chart.IsRoot", ".Chart.Description", ".Chart.KubeVersion", ".Chart.Deprecated", ".Chart.Icon", ".Chart.Condition")
	case 3:
		return pick(g, ".Release.Name", ".Release.Namespace", ".Release.IsUpgrade", ".Release.IsInstall", ".Release.Revision", ".Release.Service", ".Release.Time")
	case 4:
		return pick(g, ".Template.Name", ".Template.BasePath", "(base .Template.Name)", ".Capabilities.KubeVersion.Minor", ".Capabilities.KubeVersion", ".Capabilities.HelmVersion.Version", "(len .Capabilities.APIVersions)",
			".Capabilities.KubeVersion.Major", "(index .Capabilities.APIVersions 0)", "(.Capabilities.APIVersions | toString | trunc 30)")
	case 5:
		return fmt.Sprintf("%s | default %s", g.path(), pick(g, "\"d\"", "1", "dict", "list", ".Release.Name"))
	case 6:
		return fmt.Sprintf(".Files.Get %q", pick(g, "files/a.txt", "files/b.yaml", "none", "README.md", "conf/c.json", "Chart.yaml", "crds/crd.yaml", "files/bin", "requirements.yaml", "LICENSE"))
	case 7:
		return fmt.Sprintf("printf %s %s", pick(g, "\"%v\"", "\"%s\"", "\"%d\"", "\"%T\"", "\"%q\"", "\"%5v|\"", "\"%.2f\""), g.path())
	case 8:
		return "toYaml " + g.any()
	case 9:
		return "toJson " + g.any()
	case 10:
		return fmt.Sprintf("dig %s %s (%s | default dict)", either(g, []string{"\"b\" \"c\"", "\"q\" \"r\"", "\"z\""}, []string{"\"a\" \"b\""}), pick(g, "\"none\"", "1", "dict"), either(g, []string{".Values.conf", ".Values.image"}, []string{".Values.a", ".Values"}))
	case 11:
		return fmt.Sprintf("index .Values %q", pick(g, append(keys, "sub", "missing")...))
	case 12:
		return fmt.Sprintf("get .Values %q", pick(g, keys...))
	case 13:
		return fmt.Sprintf("ternary %s %s (eq .Release.Name \"rel\")", g.path(), g.path())
	case 14:
		if !g.wild {
			return fmt.Sprintf("%s | %s", g.path(), pick(g, "toString | upper", "toString | b64enc", "toString | sha256sum", "toString | nindent 2", "int", "kindOf", "typeOf", "empty", "toJson | fromJson", "toString | indent 2",
				"toString | trunc 3", "quote", "join \",\"", "deepCopy", "toYamlPretty", "toString | fromYamlArray", "toString | atoi", "toPrettyJson", "squote", "toRawJson", "toString | len", "toStrings"))
		}
		return fmt.Sprintf("%s | %s", g.path(), pick(g, "len", "keys | sortAlpha", "upper", "b64enc", "sha256sum", "toString | nindent 2", "first", "int", "add 1", "kindOf", "typeOf", "empty", "fromYaml", "toJson | fromJson", "indent 2",
			"trunc 3", "quote", "join \",\"", "deepCopy", "toToml", "toYamlPretty", "fromYamlArray", "fromJson | toJson", "atoi", "int64 | until | len", "lookup \"v1\" \"Pod\" \"ns\"", "values | len", "has 1", "uniq", "toPrettyJson"))
	case 15:
		return pick(g, "(.Files.Glob \"files/*\") | len", "(.Files.Glob \"**.yaml\").AsConfig", ".Files.Lines \"files/a.txt\" | len", "(.Files.GetBytes \"files/bin\") | len", ".Files.AsConfig | trunc 200", "(lookup \"v1\" \"Secret\" \"\" \"\") | toJson",
			"getHostByName \"localhost\" | quote")
	case 16:
		if !g.wild {
			return "(default . .Subcharts." + pick(g, "sub", "db", "web", "one") + ").Chart.Name"
		}
		return "(.Subcharts." + pick(g, "sub", "db", "web", "one") + ").Chart.Name"
	case 17:
		if !g.wild {
			break
		}
		return "required \"a value is needed\" " + g.path()
	case 18:
		if !g.wild {
			return pick(g, "add 1 2", "list 1 \"a\" nil | toString", "dict | toString", "\"lit\"", "1.5", "(list nil) | toString", "regexReplaceAll \"a(.)\" \"abac\" \"${1}\"")
		}
		return pick(g, "fail \"stop here\"", "add 1 2", "list 1 \"a\" nil | toString", "dict | toString", "\"lit\"", "1.5", "(list nil) | toString", "include \"undefined\" .", ".Values.a.b.c", ".Nope", ".Chart.Nope", ".Values.name.x", "undefined 1", "1 | quote",
			"regexReplaceAll \"a(.)\" \"abac\" \"${1}\"", "semver \"1.2.3\" | toJson", "eq 1 1.0", "lt .Values.port 1", "index .Values.list 7", "tpl .Values.a .", ".Values.list.x", "include \"name\"")
	case 19:
		return "(" + g.expr(depth-1) + ")"
	case 20:
		return fmt.Sprintf("and %s (%s)", g.path(), g.expr(depth-1))
	case 21:
		return fmt.Sprintf("coalesce %s %s \"z\"", g.path(), g.path())
	}
	return g.path()
}
