// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"log"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/release"
)

// What Helm's release sets when it is linked; template functions see it.
func init() {
	log.SetOutput(io.Discard)
	caps := chartutil.DefaultCapabilities
	caps.KubeVersion = chartutil.KubeVersion{Version: "v1.32.0", Major: "1", Minor: "32"}
	caps.HelmVersion.Version = "v3.17.2"
	caps.HelmVersion.GitCommit = "cc0bbbd6d6276b83880042c1ecb34087e84d41eb"
	caps.HelmVersion.GitTreeState = "clean"
	caps.HelmVersion.GoVersion = "go1.23.7"
}

// `helm template` by the packages it is made of: what it prints, and its message. A panic of Helm is
// reported as such: there is nothing to compare with.
func theirs(c *testCase) (out, message string) {
	defer func() {
		if r := recover(); r != nil {
			out, message = "", fmt.Sprint("PANIC ", r)
		}
	}()
	rel, err := install(c)
	if err != nil {
		if rel != nil {
			return "", err.Error() + "\n\nUse --debug flag to render out invalid YAML"
		}
		return "", err.Error()
	}
	var b strings.Builder
	b.WriteString(strings.TrimSpace(rel.Manifest) + "\n")
	for _, h := range rel.Hooks {
		if !c.NoHooks && !(c.SkipTests && slices.Contains(h.Events, release.HookTest)) {
			fmt.Fprintf(&b, "---\n# Source: %s\n%s\n", h.Path, h.Manifest)
		}
	}
	return b.String(), ""
}

func install(c *testCase) (*release.Release, error) {
	i := action.NewInstall(&action.Configuration{Log: func(string, ...any) {}})
	i.DryRun, i.ClientOnly, i.Replace = true, true, true
	i.DryRunOption = "true"
	i.ReleaseName, i.Namespace = c.Release, c.Namespace
	i.IncludeCRDs, i.DisableHooks, i.IsUpgrade = c.IncludeCRDs, c.NoHooks, c.IsUpgrade
	i.APIVersions = c.APIVersions
	i.SkipSchemaValidation = c.SkipSchema
	if c.KubeVersion != "" {
		version, err := chartutil.ParseKubeVersion(c.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("invalid kube version '%s': %s", c.KubeVersion, err)
		}
		i.KubeVersion = version
	}
	options := values.Options{ValueFiles: c.valuePaths()}
	for _, s := range c.Set {
		list := []*[]string{&options.JSONValues, &options.Values, &options.StringValues, &options.FileValues,
			&options.LiteralValues}[s.Kind]
		*list = append(*list, s.Text)
	}
	vals, err := options.MergeValues(getter.Providers{})
	if err != nil {
		return nil, err
	}
	ch, err := loader.Load(c.Folder)
	if err != nil {
		return nil, err
	}
	if t := ch.Metadata.Type; t != "" && t != "application" {
		return nil, fmt.Errorf("%s charts are not installable", t)
	}
	if deps := ch.Metadata.Dependencies; deps != nil {
		if err := action.CheckDependencies(ch, deps); err != nil {
			return nil, fmt.Errorf("An error occurred while checking for chart dependencies. You may need to run "+
				"`helm dependency build` to fetch missing dependencies: %w", err)
		}
	}
	return i.Run(ch, vals)
}
