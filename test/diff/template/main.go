// SPDX-License-Identifier: Apache-2.0

// Compares engine/template with Go's text/template on random templates:
//
//	go run . KZ_TPL SEED COUNT     random cases
//	go run . KZ_TPL FILE           one template a line, over the fixed data
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"text/template"
	"time"
)

var errors = map[string]int{} // how often each kind of message came, for ERRORS=1

var missing = []string{"default", "zero", "error"}

type ours struct {
	in  io.Writer
	out *bufio.Reader
}

func start(program string) *ours {
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	check(err)
	out, err := cmd.StdoutPipe()
	check(err)
	cmd.Stderr = os.Stderr
	check(cmd.Start())
	return &ours{in: in, out: bufio.NewReader(out)}
}

func (o *ours) run(text, data string, mode int) (string, string) {
	_, err := fmt.Fprintf(o.in, "%d %d %d\n%s%s", len(text), len(data), mode, text, data)
	check(err)
	var outLen, errLen int
	line, err := o.out.ReadString('\n')
	if err != nil {
		fmt.Printf("died on %q with %s\n", text, data)
		os.Exit(1)
	}
	_, err = fmt.Sscanf(line, "%d %d", &outLen, &errLen)
	check(err)
	buf := make([]byte, outLen+errLen)
	_, err = io.ReadFull(o.out, buf)
	check(err)
	return string(buf[:outLen]), string(buf[outLen:])
}

func theirs(text, data string, mode int) (out, message string) {
	defer func() {
		if r := recover(); r != nil { // a bug of Go's: nothing to compare with
			out, message = "", "PANIC"
		}
	}()
	var v any
	check(json.Unmarshal([]byte(data), &v))
	t, err := template.New("t").Option("missingkey=" + missing[mode]).Parse(text)
	if err != nil {
		return "", err.Error()
	}
	var b strings.Builder
	if err := t.Execute(&b, v); err != nil {
		return b.String(), err.Error()
	}
	return b.String(), ""
}

// Recursion under {{range}} unwinds in quadratic time in Go: what takes too long is not compared.
func theirsInTime(text, data string, mode int) (string, string) {
	type answer struct{ out, message string }
	done := make(chan answer, 1)
	go func() {
		out, message := theirs(text, data, mode)
		done <- answer{out, message}
	}()
	select {
	case a := <-done:
		return a.out, a.message
	case <-time.After(20 * time.Second):
		return "", "PANIC"
	}
}

func compare(o *ours, text, data string, mode int) (same, failed bool) {
	wantOut, wantErr := theirsInTime(text, data, mode)
	gotOut, gotErr := o.run(text, data, mode)
	if i := strings.LastIndex(wantErr, ">: "); i > 0 {
		errors[wantErr[i+3:min(len(wantErr), i+33)]]++
	} else if len(wantErr) > 10 {
		errors[wantErr[10:min(len(wantErr), 45)]]++
	}
	if deep := "exceeded maximum template depth"; strings.Contains(wantErr, deep) && strings.Contains(gotErr, deep) {
		wantOut, gotOut, gotErr = "", "", wantErr // the depths differ, and so may the place
	}
	if wantErr == "PANIC" || (wantOut == gotOut && wantErr == gotErr) {
		return true, wantErr != ""
	}
	fmt.Printf("--- %q\ndata %s missingkey=%s\nwant %q\n got %q\nwant error %q\n got error %q\n",
		text, data, missing[mode], wantOut, gotOut, wantErr, gotErr)
	return false, false
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	o := start(os.Args[1])
	different, failed, count := 0, 0, 0
	try := func(text, data string, mode int) {
		count++
		same, f := compare(o, text, data, mode)
		if !same {
			different++
		}
		if f {
			failed++
		}
	}
	if len(os.Args) == 3 {
		lines, err := os.ReadFile(os.Args[2])
		check(err)
		for _, line := range strings.Split(strings.TrimRight(string(lines), "\n"), "\n") {
			if strings.HasPrefix(line, "\"") {
				line, err = strconv.Unquote(line)
				check(err)
			}
			for mode := range missing {
				try(line, fixedData, mode)
			}
		}
	} else {
		seed, err := strconv.ParseInt(os.Args[2], 10, 64)
		check(err)
		n, err := strconv.Atoi(os.Args[3])
		check(err)
		for i := 0; i < n && different < 20; i++ {
			g := newGenerator(seed + int64(i))
			try(g.template(), g.data(), g.r.Intn(len(missing)))
		}
	}
	if os.Getenv("ERRORS") != "" {
		for text, n := range errors {
			fmt.Println(n, text)
		}
	}
	fmt.Printf("%d cases, %d of them errors, %d differences\n", count, failed, different)
	if different > 0 {
		os.Exit(1)
	}
}
