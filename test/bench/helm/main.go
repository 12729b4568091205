// SPDX-License-Identifier: Apache-2.0

// Loads and renders a chart with Helm's library, as helm template does, again and again in one process:
//
//	helm_library CHART SECONDS
//
// Prints the median of the rounds in nanoseconds and the number of rounds. What is measured: read the chart from
// disk, settle dependencies and values, check the schema, render, split and sort the manifests. The first three
// rounds warm up.
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
)

func render(path string) error {
	c, err := loader.Load(path)
	if err != nil {
		return err
	}
	if err := checkDependencies(c); err != nil {
		return err
	}
	values := chartutil.Values{}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return err
	}
	release := chartutil.ReleaseOptions{Name: "rel", Namespace: "default", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValuesWithSchemaValidation(c, values, release, chartutil.DefaultCapabilities, false)
	if err != nil {
		return err
	}
	files, err := engine.Render(c, all)
	if err != nil {
		return err
	}
	for name := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(files, name)
		}
	}
	_, _, err = releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	return err
}

// As action.CheckDependencies, which would bring Kubernetes' client with it.
func checkDependencies(c *chart.Chart) error {
next:
	for _, d := range c.Metadata.Dependencies {
		for _, have := range c.Dependencies() {
			if have.Metadata.Name == d.Name {
				continue next
			}
		}
		return fmt.Errorf("dependency %s is missing in charts/", d.Name)
	}
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: helm_library CHART SECONDS")
		os.Exit(2)
	}
	seconds, _ := strconv.ParseFloat(os.Args[2], 64)
	var took []time.Duration
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	for round := 0; round < 6 || time.Now().Before(end); round++ {
		start := time.Now()
		if err := render(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, "Error:", err)
			os.Exit(1)
		}
		if round >= 3 {
			took = append(took, time.Since(start))
		}
	}
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	fmt.Println(took[len(took)/2].Nanoseconds(), len(took))
}
