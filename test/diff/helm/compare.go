// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

type kind string

const (
	equal       kind = "equal"
	masked      kind = "masked"
	sameFailure kind = "failing"
	different   kind = "different"
)

type verdict struct {
	kind        kind
	why, detail string
}

// result is what a program printed and, with --output-dir, wrote.
type result struct {
	Out, Err string
	Code     int
}

const patience = 120 * time.Second

// runs is how often helm is asked before a difference is believed: some charts make passwords, some depend on
// the random order of Go's maps.
const runs = 6

func compare(c testCase, o *options) verdict {
	theirs := &reference{c: c, o: o}
	ours := execute(o.kzsync, c)
	helm := theirs.get(0)
	if helm.Code == ours.Code && helm.Code == 0 && helm.Out == ours.Out {
		return verdict{kind: equal}
	}
	if helm.Code == ours.Code && helm.Code != 0 && helm.Out == ours.Out && sameMessage(helm, ours) {
		return verdict{kind: sameFailure}
	}
	all := []result{helm}
	for i := 1; i < runs; i++ {
		all = append(all, theirs.get(i))
		if !sameAfterMasking(all, ours) {
			continue
		}
		if ours.Code != 0 {
			return verdict{kind: sameFailure}
		}
		return verdict{kind: masked}
	}
	return describe(all, ours)
}

func describe(all []result, ours result) verdict {
	helm := all[0]
	v := verdict{kind: different}
	switch {
	case ours.Code != helm.Code:
		v.why = fmt.Sprintf("exit code %d, not %d", ours.Code, helm.Code)
	case helm.Code != 0 && helm.Out == ours.Out:
		v.why = "message"
	default:
		v.why = "output"
		v.detail = firstDifference(all, ours.Out)
		return v
	}
	v.detail = indented("helm:   ", helm.Err) + indented("kzsync: ", ours.Err)
	return v
}

func indented(prefix, text string) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i == 6 {
			break
		}
		fmt.Fprintf(&b, "  %s%.500s\n", prefix, line)
	}
	return b.String()
}

func firstDifference(all []result, ours string) string {
	var outs []string
	for _, r := range all {
		outs = append(outs, r.Out)
	}
	i, _ := compareTexts(outs, ours)
	a, b := strings.Split(outs[0], "\n"), strings.Split(ours, "\n")
	var text strings.Builder
	fmt.Fprintf(&text, "  line %d of %d and %d\n", i+1, len(a), len(b))
	for j := i; j < i+3; j++ {
		if j < len(a) {
			fmt.Fprintf(&text, "  helm:   %.300q\n", a[j])
		}
		if j < len(b) {
			fmt.Fprintf(&text, "  kzsync: %.300q\n", b[j])
		}
	}
	return text.String()
}

// execute runs a program in a folder of its own, so that --output-dir can be compared.
func execute(program string, c testCase) result {
	tmp, err := os.MkdirTemp("", "kz-helm-")
	check(err)
	defer os.RemoveAll(tmp)
	args := append([]string{"template", "rel", c.target, "--namespace", "ns"}, c.args...)
	if strings.Contains(strings.Join(c.args, " "), "--name-template") {
		args = append([]string{"template", c.target, "--namespace", "ns"}, c.args...)
	}
	if c.values != "" {
		file := filepath.Join(tmp, "values.yaml")
		check(os.WriteFile(file, []byte(c.values), 0o600))
		args = append(args, "-f", file)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "GOGC=400", "GOMAXPROCS=2") // helm does the same with less work
	cmd.Dir = c.dir
	if c.dir == "" {
		cmd.Dir = tmp
	}
	var out, message bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &message
	err = cmd.Run()
	if _, is := err.(*exec.ExitError); err != nil && !is {
		check(err)
	}
	return result{
		Out:  strings.ReplaceAll(out.String(), tmp, "TMP") + written(filepath.Join(tmp, "out")),
		Err:  strings.ReplaceAll(message.String(), tmp, "TMP"),
		Code: cmd.ProcessState.ExitCode(),
	}
}

// written puts the files below a folder into one text.
func written(dir string) string {
	var b strings.Builder
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			text, err := os.ReadFile(path)
			check(err)
			fmt.Fprintf(&b, "file %s\n%s", strings.TrimPrefix(path, dir), text)
		}
		return nil
	})
	return b.String()
}

// reference is the real helm, whose answers can be kept.
type reference struct {
	c testCase
	o *options
}

func (r *reference) get(run int) result {
	if r.o.cache == "" || run == runs-1 {
		return r.run(run)
	}
	key := sha256.Sum256([]byte(fmt.Sprintf("%q %q %q %q %d", r.c.target, r.c.dir, r.c.args, r.c.values, run)))
	name := hex.EncodeToString(key[:])
	file := filepath.Join(r.o.cache, name[:2], name)
	var res result
	if kept, err := os.Open(file); err == nil {
		defer kept.Close()
		unpacked, err := gzip.NewReader(kept)
		check(err)
		check(json.NewDecoder(unpacked).Decode(&res))
		return res
	}
	res = r.run(run)
	var b bytes.Buffer
	packed, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	check(err)
	check(json.NewEncoder(packed).Encode(res))
	check(packed.Close())
	check(os.MkdirAll(filepath.Dir(file), 0o777))
	check(os.WriteFile(file+".new", b.Bytes(), 0o666))
	check(os.Rename(file+".new", file))
	return res
}

func (r *reference) run(run int) result {
	if run == runs-1 {
		time.Sleep(time.Second) // what depends on the time shows; never kept, for the same reason
	}
	return execute(r.o.helm, r.c)
}
