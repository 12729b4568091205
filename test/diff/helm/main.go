// SPDX-License-Identifier: Apache-2.0

// Renders charts with the real helm and with kzsync, and compares what they print, their exit codes and, of charts
// that fail, Helm's message. See run.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// counts is what came out for the charts of one folder.
type counts struct {
	charts, cases, equal, masked, failing, different int
}

func (c *counts) add(v verdict) {
	c.cases++
	switch v.kind {
	case equal:
		c.equal++
	case masked:
		c.masked++
	case sameFailure:
		c.failing++
	case different:
		c.different++
	}
}

type folder struct {
	name string
	counts
}

type options struct {
	jobs, flip int
	seed       int64
	variants   bool
	quiet      bool
	record     string
	cache      string
	kzsync     string
	helm       string
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(2)
	}
}

func absolute(path string) string {
	full, err := filepath.Abs(path)
	check(err)
	return full
}

func main() {
	var o options
	flag.IntVar(&o.jobs, "jobs", 2, "cases at a time")
	flag.IntVar(&o.flip, "flip", 0, "values of each chart that are changed, one a case")
	flag.Int64Var(&o.seed, "seed", 1, "which values --flip takes")
	flag.BoolVar(&o.variants, "variants", false, "each chart also with other flags of helm template")
	flag.BoolVar(&o.quiet, "q", false, "say nothing of what is equal")
	flag.StringVar(&o.record, "record", "", "`file` for the table of counts, as markdown")
	flag.StringVar(&o.cache, "cache", "", "`folder` that keeps what helm printed; for charts that do not change")
	flag.Parse()
	if flag.NArg() < 3 {
		fmt.Fprintln(os.Stderr, "usage: run [options] KZSYNC HELM CHART|FOLDER...")
		flag.PrintDefaults()
		os.Exit(2)
	}
	o.kzsync, o.helm = absolute(flag.Arg(0)), absolute(flag.Arg(1))
	var folders []*folder
	fmt.Printf(row, "folder", "charts", "cases", "equal", "masked", "failing", "different")
	for _, name := range flag.Args()[2:] {
		f := &folder{name: name}
		compareAll(f, &o)
		f.print()
		folders = append(folders, f)
	}
	total := sum(folders)
	total.print()
	if o.record != "" {
		check(record(o.record, append(folders, total)))
	}
	fmt.Printf("%d passed, %d failed\n", total.cases-total.different, total.different)
	if total.different > 0 || total.cases == 0 {
		os.Exit(1)
	}
}

// compareAll renders the charts of a folder, several cases at a time.
func compareAll(f *folder, o *options) {
	var lock sync.Mutex
	var wait sync.WaitGroup
	cases := make(chan testCase)
	for i := 0; i < o.jobs; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for c := range cases {
				v := compare(c, o)
				lock.Lock()
				f.add(v)
				tell(c, v, o)
				lock.Unlock()
			}
		}()
	}
	for _, chart := range chartsIn(f.name) {
		f.charts++
		for _, c := range casesOf(chart, o) {
			cases <- c
		}
	}
	close(cases)
	wait.Wait()
}

func tell(c testCase, v verdict, o *options) {
	if v.kind == different {
		fmt.Printf("DIFFERENT %s: %s\n%s", c, v.why, v.detail)
	} else if !o.quiet {
		fmt.Printf("%s %s\n", v.kind, c)
	}
}

const row = "%-50s %6v %6v %6v %6v %8v %9v\n"

func (f *folder) print() {
	fmt.Printf(row, f.name, f.charts, f.cases, f.equal, f.masked, f.failing, f.different)
}

func sum(folders []*folder) *folder {
	total := &folder{name: "total"}
	for _, f := range folders {
		total.charts += f.charts
		total.cases += f.cases
		total.equal += f.equal
		total.masked += f.masked
		total.failing += f.failing
		total.different += f.different
	}
	return total
}

func record(name string, folders []*folder) error {
	var b strings.Builder
	b.WriteString("| folder | charts | cases | equal | equal after masking | same failure | different |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|\n")
	for _, f := range folders {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d |\n", filepath.Base(f.name), f.charts, f.cases, f.equal,
			f.masked, f.failing, f.different)
	}
	return os.WriteFile(name, []byte(b.String()), 0o666)
}
