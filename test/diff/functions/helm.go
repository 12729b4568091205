// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
	yaml3 "sigs.k8s.io/yaml/goyaml.v3"
)

// The functions that Helm adds to sprig's, with the same libraries below.
func functions() template.FuncMap {
	f := sprig.TxtFuncMap()
	text := func(data []byte, err error) string {
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(data), "\n")
	}
	intoMap := func(read func([]byte, any) error) any {
		return func(s string) map[string]any {
			m := map[string]any{}
			if err := read([]byte(s), &m); err != nil {
				m["Error"] = err.Error()
			}
			return m
		}
	}
	intoList := func(read func([]byte, any) error) any {
		return func(s string) []any {
			l := []any{}
			if err := read([]byte(s), &l); err != nil {
				l = []any{err.Error()}
			}
			return l
		}
	}
	readYaml := func(data []byte, into any) error { return yaml.Unmarshal(data, into) }
	stop := func(text string) error { return errors.New("HELM_ERR_START" + text + "HELM_ERR_END") }
	f["toYaml"] = func(v any) string { return text(yaml.Marshal(v)) }
	f["toJson"] = func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(data)
	}
	f["toYamlPretty"] = func(v any) string {
		var b bytes.Buffer
		e := yaml3.NewEncoder(&b)
		e.SetIndent(2)
		err := e.Encode(v)
		return text(b.Bytes(), err)
	}
	f["toToml"] = func(v any) string {
		var b bytes.Buffer
		if err := toml.NewEncoder(&b).Encode(v); err != nil {
			return err.Error()
		}
		return b.String()
	}
	f["fromYaml"], f["fromYamlArray"] = intoMap(readYaml), intoList(readYaml)
	f["fromJson"], f["fromJsonArray"] = intoMap(json.Unmarshal), intoList(json.Unmarshal)
	f["fromToml"] = intoMap(toml.Unmarshal)
	f["fail"] = func(text string) (string, error) { return "", stop(text) }
	f["required"] = func(text string, v any) (any, error) {
		if v == nil || v == "" {
			return v, stop(text)
		}
		return v, nil
	}
	return f
}
