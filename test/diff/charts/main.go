// SPDX-License-Identifier: Apache-2.0

// Compares kzsync's rendering of random charts with Helm's v3.17.2:
//
//	charts KZ_CHARTS SEED COUNT             random charts, Helm in process
//	charts KZSYNC SEED COUNT HELM           the two programs themselves: far slower, for a sample
//	charts show SEED DIR                    writes the chart of a seed below DIR and prints how it is rendered
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type valueFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type setFlag struct {
	Kind int    `json:"kind"` // json, typed, string, file, literal: Helm's order
	Text string `json:"text"`
}

var setNames = []string{"--set-json", "--set", "--set-string", "--set-file", "--set-literal"}

// A chart on disk and how to render it: the input of the task "template" (engine/cli/task_template.h).
type testCase struct {
	chart       map[string]string // the files
	Folder      string            `json:"folder"`
	Path        string            `json:"path"`
	Release     string            `json:"release"`
	Namespace   string            `json:"namespace"`
	IsUpgrade   bool              `json:"isUpgrade"`
	SkipSchema  bool              `json:"skipSchema"`
	KubeVersion string            `json:"kubeVersion"`
	APIVersions []string          `json:"apiVersions"`
	ValueFiles  []valueFile       `json:"valueFiles"`
	Set         []setFlag         `json:"set"`
	Files       map[string]string `json:"files"`
	IncludeCRDs bool              `json:"-"`
	NoHooks     bool              `json:"-"`
	SkipTests   bool              `json:"-"`
}

// write puts the chart and the files beside it below dir, which is emptied.
func (c *testCase) write(dir string) {
	check(os.RemoveAll(dir))
	c.Folder = filepath.Join(dir, "chart")
	put := func(path, text string) {
		check(os.MkdirAll(filepath.Dir(path), 0o755))
		check(os.WriteFile(path, []byte(text), 0o644))
	}
	for name, text := range c.chart {
		put(filepath.Join(c.Folder, name), text)
	}
	for i := range c.ValueFiles {
		c.ValueFiles[i].Name = filepath.Join(dir, c.ValueFiles[i].Name)
		put(c.ValueFiles[i].Name, c.ValueFiles[i].Text)
	}
	files := map[string]string{}
	for name, text := range c.Files {
		put(filepath.Join(dir, name), text)
		files[filepath.Join(dir, name)] = text
	}
	c.Files = files
	for i := range c.Set {
		c.Set[i].Text = strings.ReplaceAll(c.Set[i].Text, "@DIR@", dir)
	}
}

func (c *testCase) valuePaths() (paths []string) {
	for _, f := range c.ValueFiles {
		paths = append(paths, f.Name)
	}
	return paths
}

// flags: the arguments behind `template RELEASE CHART` that say the same to both programs.
func (c *testCase) flags() []string {
	args := []string{"--namespace", c.Namespace}
	for name, on := range map[string]bool{"--is-upgrade": c.IsUpgrade, "--skip-schema-validation": c.SkipSchema,
		"--include-crds": c.IncludeCRDs, "--no-hooks": c.NoHooks, "--skip-tests": c.SkipTests} {
		if on {
			args = append(args, name)
		}
	}
	if c.KubeVersion != "" {
		args = append(args, "--kube-version", c.KubeVersion)
	}
	for _, v := range c.APIVersions {
		args = append(args, "--api-versions", v)
	}
	for _, f := range c.ValueFiles {
		args = append(args, "--values", f.Name)
	}
	for _, s := range c.Set {
		args = append(args, setNames[s.Kind], s.Text)
	}
	return args
}

type ours struct {
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

func start(program string) *ours {
	o := &ours{cmd: exec.Command(program)}
	in, err := o.cmd.StdinPipe()
	check(err)
	out, err := o.cmd.StdoutPipe()
	check(err)
	o.cmd.Stderr = os.Stderr
	check(o.cmd.Start())
	o.in, o.out = in, bufio.NewReader(out)
	return o
}

// run: what `kzsync template` prints, and its message. A program that dies or takes longer than ten
// seconds is the message DIED.
func (o *ours) run(c *testCase) (string, string) {
	data, err := json.Marshal(c)
	check(err)
	late := time.AfterFunc(10*time.Second, func() { _ = o.cmd.Process.Kill() })
	defer late.Stop()
	if _, err = fmt.Fprintf(o.in, "%d\n%s", len(data), data); err != nil {
		return "", "DIED"
	}
	var n int
	if _, err := fmt.Fscanf(o.out, "%d\n", &n); err != nil {
		return "", "DIED"
	}
	parts := map[string]string{}
	for ; n > 0; n-- {
		var kind string
		var pathLen, textLen int
		if _, err := fmt.Fscanf(o.out, "%s %d %d\n", &kind, &pathLen, &textLen); err != nil {
			return "", "DIED"
		}
		buf := make([]byte, pathLen+textLen)
		if _, err := io.ReadFull(o.out, buf); err != nil {
			return "", "DIED"
		}
		switch kind {
		case "late":
			return "", string(buf) + "\n\nUse --debug flag to render out invalid YAML"
		case "error", "broken":
			return "", string(buf)
		case "tests":
			if kind = "hooks"; c.SkipTests {
				continue
			}
		}
		parts[kind] += fmt.Sprintf("---\n# Source: %s\n%s\n", buf[:pathLen], buf[pathLen:])
	}
	manifest := parts["manifests"]
	if c.IncludeCRDs {
		manifest = parts["crds"] + manifest
	}
	manifest = strings.TrimSpace(manifest) + "\n"
	if !c.NoHooks {
		manifest += parts["hooks"]
	}
	return manifest, ""
}

// Mistakes against a schema come in no order.
func sorted(message string) string {
	lines := strings.Split(message, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Where our message is another: Go's has a dump of the key or of the whole map.
func onPurpose(want, got string) bool {
	return (strings.Contains(want, "unsupported map key of type") && strings.Contains(got, "a key cannot be null")) ||
		(strings.Contains(want, "invalid map key: ") && strings.Contains(got, "a key cannot be a "))
}

// What Helm does not do twice the same, because it walks maps, may be like any of its answers.
func same(c *testCase, gotOut, gotErr string) (ok bool, wantOut, wantErr string) {
	for tries := 0; tries < 12; tries++ {
		out, message := theirs(c)
		if (out == gotOut && sorted(message) == sorted(gotErr)) || strings.HasPrefix(message, "PANIC") ||
			onPurpose(out+message, gotOut+gotErr) {
			return true, out, message
		}
		if tries == 0 {
			wantOut, wantErr = out, message
		}
	}
	return false, wantOut, wantErr
}

var done, failed, different atomic.Int64

func worker(program string, dir string, seeds <-chan int64) {
	o := start(program)
	for seed := range seeds {
		c := newCase(seed)
		c.write(dir)
		gotOut, gotErr := o.run(c)
		if ok, wantOut, wantErr := same(c, gotOut, gotErr); !ok {
			different.Add(1)
			report(seed, wantOut, gotOut, wantErr, gotErr)
		} else if wantErr != "" {
			failed.Add(1)
			count(wantErr)
		}
		if gotErr == "DIED" {
			o = start(program)
		}
		done.Add(1)
	}
}

var mutex sync.Mutex
var messages = map[string]int{} // how often each kind of message came, for ERRORS=1

func count(message string) {
	mutex.Lock()
	defer mutex.Unlock()
	line, _, _ := strings.Cut(message, "\n")
	at := max(0, strings.LastIndex(line, ": ")+2)
	messages[line[at:min(len(line), at+40)]]++
}

func cut(s string) string {
	if len(s) > 2000 {
		return s[:1000] + " ... " + s[len(s)-1000:]
	}
	return s
}

// report: the messages, or the first line that differs.
func report(seed int64, wantOut, gotOut, wantErr, gotErr string) {
	mutex.Lock()
	defer mutex.Unlock()
	fmt.Printf("--- seed %d\n", seed)
	if wantErr != "" || gotErr != "" {
		fmt.Printf("want error %q\n got error %q\n", cut(wantErr), cut(gotErr))
		return
	}
	want, got := strings.Split(wantOut, "\n"), strings.Split(gotOut, "\n")
	for i := range want {
		if i >= len(got) || want[i] != got[i] {
			fmt.Printf("line %d of %d\nwant %q\n got %q\n", i+1, len(want), want[i], append(got, "(end)")[min(i, len(got))])
			return
		}
	}
	fmt.Printf("%d lines too many, from %q\n", len(got)-len(want), got[len(want)])
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Below Helm's message kzsync shows the place, and what to do next.
var below = regexp.MustCompile(`(?m)^  (?:(?:at )?\S+:\d+(?::\d+)?$|next: )`)

// program: what a program prints and its message from the line "Error: " on, without ours of the place.
func program(path string, c *testCase) (string, string) {
	var out, message bytes.Buffer
	cmd := exec.Command(path, append([]string{"template", c.Release, c.Folder}, c.flags()...)...)
	cmd.Stdout, cmd.Stderr = &out, &message
	err := cmd.Run()
	_, text, found := strings.Cut("\n"+message.String(), "\nError: ")
	if (err != nil) != found {
		return out.String(), fmt.Sprintf("exit status %v with %q", err, message.String())
	}
	if at := below.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return out.String(), sorted(strings.TrimSpace(text))
}

func sample(kzsync, helm, dir string, seed, n int64) {
	for end := seed + n; seed < end; seed++ {
		c := newCase(seed)
		c.write(dir)
		gotOut, gotErr := program(kzsync, c)
		wantOut, wantErr := program(helm, c)
		for tries := 0; tries < 8 && (gotOut != wantOut || gotErr != wantErr); tries++ {
			wantOut, wantErr = program(helm, c)
		}
		done.Add(1)
		if gotOut != wantOut || gotErr != wantErr {
			different.Add(1)
			report(seed, wantOut, gotOut, wantErr, gotErr)
		} else if wantErr != "" {
			failed.Add(1)
		}
	}
}

func show(seed int64, dir string) {
	c := newCase(seed)
	c.write(dir)
	fmt.Printf("template %s %s %q\n", c.Release, c.Folder, c.flags())
}

func main() {
	debug.SetGCPercent(800) // a case leaves a few MiB, and nothing of it lasts
	seed, err := strconv.ParseInt(os.Args[2], 10, 64)
	check(err)
	if os.Args[1] == "show" {
		show(seed, os.Args[3])
		return
	}
	n, err := strconv.ParseInt(os.Args[3], 10, 64)
	check(err)
	tmp, err := os.MkdirTemp("/dev/shm", "kz-charts") // memory: a chart is some thirty files
	if err != nil {
		tmp, err = os.MkdirTemp("", "kz-charts")
	}
	check(err)
	defer os.RemoveAll(tmp)
	if len(os.Args) > 4 {
		sample(os.Args[1], os.Args[4], tmp, seed, n)
	} else {
		inProcess(os.Args[1], tmp, seed, n)
	}
	if os.Getenv("ERRORS") != "" {
		for text, n := range messages {
			fmt.Println(n, text)
		}
	}
	fmt.Printf("%d charts, %d of them errors, %d differences\n", done.Load(), failed.Load(), different.Load())
	if different.Load() > 0 {
		os.RemoveAll(tmp)
		os.Exit(1)
	}
}

func inProcess(program, dir string, seed, n int64) {
	seeds := make(chan int64)
	var workers sync.WaitGroup
	for i := range 2 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			worker(program, filepath.Join(dir, strconv.Itoa(i)), seeds)
		}()
	}
	for i := int64(0); i < n && different.Load() < 20; i++ {
		seeds <- seed + i
	}
	close(seeds)
	workers.Wait()
}
