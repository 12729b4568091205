// SPDX-License-Identifier: Apache-2.0

// Compares the sprig functions of engine/template with sprig itself on random calls:
//
//	go run . KZ_SPRIG SEED COUNT [FAMILY]
//	go run . KZ_SPRIG FILE         one template a line
//	go run . KZ_SPRIG certs        certificates against crypto/x509, byte for byte
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

type ours struct {
	in  io.Writer
	out *bufio.Reader
}

func check(err error) {
	if err != nil {
		panic(err)
	}
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

func (o *ours) run(text string) (string, string) {
	_, err := fmt.Fprintf(o.in, "%d\n%s", len(text), text)
	check(err)
	line, err := o.out.ReadString('\n')
	if err != nil {
		fmt.Printf("died on %q\n", text)
		os.Exit(1)
	}
	var outLen, errLen int
	_, err = fmt.Sscanf(line, "%d %d", &outLen, &errLen)
	check(err)
	buf := make([]byte, outLen+errLen)
	_, err = io.ReadFull(o.out, buf)
	check(err)
	return string(buf[:outLen]), string(buf[outLen:])
}

func theirs(text string) (string, string) {
	funcs := sprig.TxtFuncMap()
	funcs["getHostByName"] = func(string) string { return "" }
	t, err := template.New("t").Funcs(funcs).Parse(text)
	if err != nil {
		return "", err.Error()
	}
	var out bytes.Buffer
	err = t.Execute(&out, nil)
	if err != nil {
		return out.String(), err.Error()
	}
	return out.String(), ""
}

func compare(o *ours, family, text string, bad map[string]int) {
	gotOut, gotErr := o.run(text)
	wantOut, wantErr := theirs(text)
	if gotErr == wantErr && (gotOut == wantOut || gotErr != "") {
		return
	}
	if strings.HasSuffix(wantErr, ": invalid IP-literal") || strings.Contains(wantErr, ": invalid host: ") {
		return // stricter than Go 1.23, which helm 3.17 is built with
	}
	bad[family]++
	if bad[family] <= 6 {
		fmt.Printf("%s: %s\n  ours %q %q\n  Go   %q %q\n", family, text, gotOut, gotErr, wantOut, wantErr)
	}
}

func main() {
	time.Local = time.UTC
	o := start(os.Args[1])
	bad := map[string]int{}
	count := 0
	if len(os.Args) == 3 && os.Args[2] == "certs" {
		count = certificates(o, bad)
	} else if len(os.Args) == 3 {
		data, err := os.ReadFile(os.Args[2])
		check(err)
		for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
			compare(o, "file", line, bad)
			count++
		}
	} else {
		seed, err := strconv.ParseInt(os.Args[2], 10, 64)
		check(err)
		count, err = strconv.Atoi(os.Args[3])
		check(err)
		r := rand.New(rand.NewSource(seed))
		names := []string{}
		for name := range families {
			if len(os.Args) < 5 || os.Args[4] == name {
				names = append(names, name)
			}
		}
		sort.Strings(names)
		for i := 0; i < count; i++ {
			name := names[i%len(names)]
			compare(o, name, families[name](r), bad)
		}
	}
	total := 0
	for name, n := range bad {
		fmt.Printf("%s: %d differ\n", name, n)
		total += n
	}
	fmt.Printf("%d compared, %d differ\n", count, total)
	if total > 0 {
		os.Exit(1)
	}
}
