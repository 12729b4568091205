// SPDX-License-Identifier: Apache-2.0

// Compares patterns of .Files.Glob with gobwas/glob v0.2.3: glob KZ_GLOB SEED COUNT. That library forgets matches
// when braces stand beside stars, and cuts characters in two: where its answers to the pattern and to the same
// pattern without braces contradict each other, ours is like the latter; names are ASCII.
package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/gobwas/glob"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func pick(r *rand.Rand, from ...string) string { return from[r.Intn(len(from))] }

// pattern: half of them as people write them, half of anything.
func pattern(r *rand.Rand, depth int) string {
	var b strings.Builder
	if r.Intn(2) == 0 {
		for n := 1 + r.Intn(4); n > 0; n-- {
			b.WriteString(pick(r, "files", "*", "**", "a", "conf*", "*.yaml", "?.txt", "[a-c]", "[!a]*", "{a,b}", "{a,b}.yaml", "**.json", "{*.yaml,*.txt}", "a.{txt,y{a,}ml}", "{files,conf}"))
			if n > 1 {
				b.WriteString("/")
			}
		}
		return b.String()
	}
	for n := r.Intn(6); n > 0; n-- {
		part := pick(r, "a", "b", "ab", "/", ".", "*", "**", "?", "[ab]", "[a-c]", "[!a]", "[!a-b]", "\\*", "\\", "{", "}", ",", "[", "]", "-", "!", "é", "[é]", "[]a]", "[a-]", "[\\]]", "{,a}", "[b-a]", "yaml", "\xff", "[^a]")
		if depth > 0 && r.Intn(4) == 0 {
			part = "{" + pattern(r, depth-1) + "," + pattern(r, depth-1) + "}"
		}
		b.WriteString(part)
	}
	return b.String()
}

func text(r *rand.Rand) string {
	if r.Intn(2) == 0 {
		return pick(r, "files/a.txt", "files/b.yaml", "conf/c.json", "a", "b", "a/b", "a.yaml", "files/conf/a.yaml", "c.txt", "files/a/b/c.json", "conf.d/x")
	}
	var b strings.Builder
	for n := r.Intn(7); n > 0; n-- {
		b.WriteString(pick(r, "a", "b", "ab", "c", "/", ".", "-", "]", "*", "yaml", ","))
	}
	return b.String() + "a"
}

func theirs(p, t string) (answer string) {
	defer func() {
		if recover() != nil {
			answer = "panic"
		}
	}()
	g, err := glob.Compile(p, '/')
	if err != nil {
		return "bad"
	}
	if g.Match(t) {
		return "yes"
	}
	return "no"
}

// plain: the pattern for each choice of alternatives; braces and escapes are found as the library finds them.
func plain(p string) []string {
	level, start, cuts := 0, -1, []int{}
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\':
			i++
		case c == '[':
			end := strings.IndexByte(p[i+1:], ']')
			for end >= 0 && (end == 0 || p[i+end] == '\\' || (end == 1 && p[i+1] == '!')) {
				next := strings.IndexByte(p[i+end+2:], ']')
				if next < 0 {
					break
				}
				end += next + 1
			}
			i += end + 1
		case c == '{':
			if level++; level == 1 {
				start = i
			}
		case c == ',' && level == 1:
			cuts = append(cuts, i)
		case c == '}' && level > 0:
			if level--; level == 0 {
				return choices(p, start, append(cuts, i), p[i+1:])
			}
		}
	}
	if level > 0 && start >= 0 { // never closed
		return choices(p, start, append(cuts, len(p)), "")
	}
	return []string{p}
}

func choices(p string, start int, cuts []int, rest string) (all []string) {
	for from, i := start+1, 0; i < len(cuts); i++ {
		all = append(all, plain(p[:start]+p[from:cuts[i]]+rest)...)
		from = cuts[i] + 1
	}
	return all
}

func anyOf(patterns []string, t string) string {
	for _, p := range patterns {
		if theirs(strings.ReplaceAll(p, "***", "**"), t) == "yes" {
			return "yes"
		}
	}
	return "no"
}

func main() {
	cmd := exec.Command(os.Args[1])
	in, err := cmd.StdinPipe()
	check(err)
	pipe, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	out := bufio.NewReader(pipe)
	seed, err := strconv.ParseInt(os.Args[2], 10, 64)
	check(err)
	count, err := strconv.Atoi(os.Args[3])
	check(err)
	r := rand.New(rand.NewSource(seed))
	answers, different := map[string]int{}, 0
	for i := 0; i < count; i++ {
		p, t := pattern(r, 2), text(r)
		_, err = io.WriteString(in, fmt.Sprintf("%d %d\n%s%s", len(p), len(t), p, t))
		check(err)
		got, err := out.ReadString('\n')
		check(err)
		got = strings.TrimSpace(got)
		want := theirs(p, t)
		answers[want]++
		if want != got && want != "bad" && strings.Contains(p, "{") && anyOf(plain(p), t) == got {
			answers["contradiction"]++
			continue
		}
		if want != got && want != "panic" {
			if different++; different <= 30 {
				fmt.Printf("%q %q: want %s got %s\n", p, t, want, got)
			}
		}
	}
	fmt.Printf("%d cases, %v, %d differences\n", count, answers, different)
	if different > 0 {
		os.Exit(1)
	}
}
