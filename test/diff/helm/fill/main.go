// SPDX-License-Identifier: Apache-2.0

// Puts missing dependencies into charts/ folders, from charts that are at hand instead of from repositories:
//
//	go run ./fill FOLDER...
//
// Every dependency that a chart in one of the folders names and does not have is copied from another chart in them, the
// newest that its range of versions allows, or else the newest. What nobody has is left out and counted.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/Masterminds/semver/v3"
	"sigs.k8s.io/yaml"
)

type dependency struct {
	Name, Version, Repository string
}

type chart struct {
	Name, Version string
	Dependencies  []dependency

	dir     string
	version *semver.Version
	filled  bool
}

type index map[string][]*chart

var copied, absent int

func main() {
	charts := index{}
	var all []*chart
	for _, root := range os.Args[1:] {
		check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Name() != "Chart.yaml" {
				return err
			}
			c := read(filepath.Dir(path))
			if c == nil {
				return nil
			}
			all = append(all, c)
			if c.version != nil && !strings.Contains(path, "/charts/"+filepath.Base(c.dir)+"/charts/") {
				charts[c.Name] = append(charts[c.Name], c)
			}
			return nil
		}))
	}
	for _, c := range all {
		charts.fill(c, 0)
	}
	fmt.Printf("%d charts, %d dependencies copied, %d absent\n", len(all), copied, absent)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

func read(dir string) *chart {
	c := &chart{dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, "Chart.yaml"))
	if err != nil || yaml.Unmarshal(text, c) != nil {
		return nil
	}
	if text, err = os.ReadFile(filepath.Join(dir, "requirements.yaml")); err == nil {
		_ = yaml.Unmarshal(text, c)
	}
	c.version, _ = semver.NewVersion(c.Version)
	return c
}

func (charts index) fill(c *chart, depth int) {
	if c.filled || depth > 8 {
		return
	}
	c.filled = true
	have := map[string]bool{}
	below, _ := filepath.Glob(filepath.Join(c.dir, "charts", "*", "Chart.yaml"))
	for _, file := range below {
		if sub := read(filepath.Dir(file)); sub != nil {
			have[sub.Name] = true
			charts.fill(sub, depth+1)
		}
	}
	for _, d := range c.Dependencies {
		packed, _ := filepath.Glob(filepath.Join(c.dir, "charts", d.Name+"-*.tgz"))
		if have[d.Name] || len(packed) > 0 {
			continue
		}
		from := charts.find(c, d)
		if from == nil {
			absent++
			continue
		}
		charts.fill(from, depth+1)
		check(os.MkdirAll(filepath.Join(c.dir, "charts"), 0o777))
		check(copyTree(filepath.Join(c.dir, "charts", d.Name), from.dir))
		have[d.Name] = true
		copied++
	}
}

func (charts index) find(c *chart, d dependency) (best *chart) {
	if path, is := strings.CutPrefix(d.Repository, "file://"); is {
		if near := read(filepath.Join(c.dir, path)); near != nil && near.Name == d.Name {
			return near
		}
	}
	wanted, _ := semver.NewConstraint(d.Version)
	fits := func(c *chart) bool { return wanted != nil && wanted.Check(c.version) }
	for _, have := range charts[d.Name] {
		if have.dir == c.dir || strings.HasPrefix(c.dir, have.dir+"/") {
			continue
		}
		if best == nil || fits(have) && !fits(best) || fits(have) == fits(best) && have.version.GreaterThan(best.version) {
			best = have
		}
	}
	return best
}

func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(to, path+"/") && path != from {
			return filepath.SkipDir // a library's test chart is in the library
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(target, 0o777)
		}
		text, err := os.ReadFile(path) // of what a link points to
		if err != nil {
			return nil
		}
		return os.WriteFile(target, text, 0o666)
	})
}
