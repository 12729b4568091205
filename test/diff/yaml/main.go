// SPDX-License-Identifier: Apache-2.0

// Compares our YAML with sigs.k8s.io/yaml on generated documents: what a text means, how the same
// document is printed, and what is said to those with mistakes. Usage: go run . PATH-OF-diff_yaml [SEED [COUNT]]
//
// Meant differences are only counted: we refuse duplicate keys and text behind the end of the
// document (Go stops reading there), and a key "<<" is printed in quotes.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

var words = strings.Fields(`y n Y N yes No on OFF true False null ~ Null .inf -.inf .nan 0 -0 +0 1
	-1 +7 007 08 0o17 0O7 0x1F 0X1f 0b101 -0b11 0b2 1_000 _1 1_ 0_7 1e3 1E3 1e 1.5 .5 5. -.5 +.5 .5_5
	._5 1.5e3 1e-7 1e21 1e20 123456789.5 1e999 -1e999 1e-999 9223372036854775807 9223372036854775808
	-9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 2001-12-14
	2001-2-30 2001-12-14T21:59:43Z 2001-12-14t21:59:43.10-05:00 1:20 190:20:30.15 1:70 << = - a -a a:b
	a#c #c a, x-y http://x 1.2.3 v1 10Gi 100m {{x}} [a] 'q' "d" *x &x %x @x ,x ` + "`x`" + ` ä € 😀`)

var texts = []string{"", " ", "a b", " a", "a ", "a: b", "a #b", "x\ny", "x\ny\n", "x\n\n", "\nx", " x\ny", "x \ny",
	"a\tb", "\t", "x\r\n", "---", "--- a", "...", "- a", "? a", ": a", "'", "''", "it's", "\"", "\\", "\u0085",
	"a\u00a0b", "\u2028", "a\u2028b", "\ufeff", "\u0001", "\x7f", "key with # and: colon",
	strings.Repeat("word ", 30), strings.Repeat("word  ", 30), strings.Repeat("x", 200),
	strings.Repeat("it's ", 40) + "end", strings.Repeat("a: b ", 30), "\t" + strings.Repeat("tab ", 40),
	strings.Repeat("ä ", 90), strings.Repeat("long line ", 15) + "\n" + "short\n"}

type gen struct{ *rand.Rand }

func (g gen) text() string {
	switch g.Intn(3) {
	case 0:
		return words[g.Intn(len(words))]
	case 1:
		return texts[g.Intn(len(texts))]
	}
	const chars = "ab01 .:-#'\"\n{}[],&*!|>%@?_~=\\\té"
	r := []rune(chars)
	var b strings.Builder
	for n := g.Intn(12); n > 0; n-- {
		b.WriteRune(r[g.Intn(len(r))])
	}
	return b.String()
}

func (g gen) tree(depth int) any {
	switch n := g.Intn(10); {
	case depth > 0 && n < 3:
		m := map[string]any{}
		for i := g.Intn(5); i > 0; i-- {
			if key := g.text(); key != "<<" {
				m[key] = g.tree(depth - 1)
			}
		}
		return m
	case depth > 0 && n < 5:
		l := []any{}
		for i := g.Intn(4); i > 0; i-- {
			l = append(l, g.tree(depth-1))
		}
		return l
	case n == 5:
		return g.Int63() >> uint(g.Intn(63))
	case n == 6:
		return []any{1.5, 0.1, 1e21, 1e-7, 123456.75, 1234567.5, -2.25, 1e300}[g.Intn(8)]
	case n == 7:
		return []any{nil, true, false}[g.Intn(3)]
	}
	return g.text()
}

// source is a text in YAML syntax: plain words, quotes, anchors, merges and block styles.
func (g gen) source(indent string, depth int) string {
	word := func() string { return words[g.Intn(len(words))] }
	switch n := g.Intn(12); {
	case depth > 0 && n < 4:
		s := "\n"
		for i := 1 + g.Intn(4); i > 0; i-- {
			s += indent + word() + ": " + g.source(indent+"  ", depth-1)
		}
		return s
	case depth > 0 && n < 6:
		s := "\n"
		for i := 1 + g.Intn(3); i > 0; i-- {
			s += indent + "- " + g.source(indent+"  ", depth-1)
		}
		return s
	case n == 6:
		return []string{"!!str ", "!!int ", "!!float ", "!!bool ", "!!null ", "!Ref "}[g.Intn(6)] + word() + "\n"
	case n == 7:
		return []string{"|", ">", "|-", ">+", "|2"}[g.Intn(5)] + "\n" + indent + "  line " + word() + "\n\n" + indent + "  more\n"
	case n == 8:
		return "[" + word() + ", " + word() + ", {" + word() + ": " + word() + "}]\n"
	case n == 9:
		return "'" + word() + "'\n"
	case n == 10:
		return "{<<: {a: 1, b: 2}, b: " + word() + "}\n"
	}
	return word() + "\n"
}

// broken: the text with one to three small mistakes.
func (g gen) broken(text string) string {
	for n := 1 + g.Intn(3); n > 0; n-- {
		lines := strings.SplitAfter(text, "\n")
		i := g.Intn(len(lines))
		at := g.Intn(len(lines[i]) + 1)
		switch g.Intn(6) {
		case 0:
			lines = append(lines[:i], lines[i+1:]...)
		case 1:
			lines[i] = lines[g.Intn(len(lines))] + lines[i]
		case 2:
			lines[i] = marks[g.Intn(len(marks))] + lines[i]
		case 3:
			lines[i] = lines[i][:at] + marks[g.Intn(len(marks))] + lines[i][at:]
		case 4:
			lines[i] = lines[i][:at] + lines[i][min(at+1, len(lines[i])):]
		case 5:
			lines[i] = strings.Repeat(" ", g.Intn(4)) + strings.TrimLeft(lines[i], " ")
		}
		text = strings.ToValidUTF8(strings.Join(lines, ""), "")
	}
	return text
}

var marks = []string{" ", "\t", "- ", "}", "{", "{{", ": ", ":", "'", "\"", "&", "*x ", "---\n", "|", "#", "!x ", "!!int ", "%", "[", "]", ",", "{}", "[]", "[] ", "{}\n",
	"\ufeff", "? ", "\\", "\n", "`", "@", "...\n", "<<: ", "&a ", "*a", "> ", "{}: 1", "\r", "[ ]", "{#x\n}", "!", "!<x> ", "é"}

func canonical(j []byte) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(j))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "?" + err.Error() + string(j)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSpace(b.String())
}

// lines sorts the lines without their indentation: Go's order of keys has cycles (31 < 1000 < 1e+20
// < 31, and numbers that overflow), where it prints now one order and now another.
func lines(s string) string {
	l := strings.Split(s, "\n")
	for i := range l {
		l[i] = strings.TrimLeft(l[i], " ?:-")
	}
	sort.Strings(l)
	return strings.Join(l, "\n")
}

// meant: of several values that JSON has not, Go names any, or none if their keys become equal as texts. It also forgets that an empty list or map is a key, or
// may be, and goes on behind a comment in it, so what it makes of the rest is luck. libyaml's plain text in brackets
// takes "?" and refuses a ":" before a bracket or comma; its tags have no brackets and commas. A mark behind "---" is
// skipped, as kubectl does.
var luck = regexp.MustCompile("(\\[[-:?\\s]*\\]|\\{[-:?,\\s]*\\})|[\\[{]\\s*#|![^\\s]*[,\\[\\]{}]|[^\\s]\\?|:[,\\[\\]{}?]|---\n\ufeff|^\ufeff\ufeff|[\\[{][^\\]}]*\\?|! ?\\S* <<")

func meant(text, theirs, ours string) bool {
	return strings.Contains(theirs+ours, "unsupported ") && (theirs == "" || ours == "" || strings.Contains(theirs, "unsupported ") && strings.Contains(ours, "unsupported ")) ||
		luck.MatchString(text)
}

var errPanic = errors.New("panic")

// convert: errPanic where go-yaml does, with which there is nothing to compare.
func convert(text string) (j []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return yaml.YAMLToJSON([]byte(text))
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
}

func number(args []string, i int, fallback int) int {
	if len(args) > i {
		n, err := strconv.Atoi(args[i])
		if err == nil {
			return n
		}
	}
	return fallback
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . PATH-OF-diff_yaml [SEED [COUNT]]")
		os.Exit(2)
	}
	g := gen{rand.New(rand.NewSource(int64(number(os.Args, 2, 1))))}
	var cases []string
	for i := number(os.Args, 3, 20000); i > 0; i-- {
		text := g.source("", 3)
		if i%2 == 0 {
			j, _ := json.Marshal(g.tree(4))
			y, err := yaml.JSONToYAML(j)
			if err != nil {
				continue
			}
			text = string(y)
		}
		if i%3 == 0 {
			text = g.broken(text)
		}
		if !strings.Contains(text, "\x00") {
			cases = append(cases, text)
		}
	}
	cmd := exec.Command(os.Args[1])
	cmd.Stdin = strings.NewReader(strings.Join(cases, "\x00") + "\x00")
	out, err := cmd.Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fields := strings.Split(string(out), "\x00")
	bad, order, refused, only, same, said, meantSo := 0, 0, map[string]int{}, 0, 0, 0, 0
	for i, text := range cases {
		ours, printed, words := fields[3*i], fields[3*i+1], fields[3*i+2]
		var theirs, theirPrint string
		j, err := convert(text)
		if err == errPanic {
			continue
		}
		switch {
		case message(err) == words && words != "":
			said++
		case message(err) == words:
		case meant(text, message(err), words):
			meantSo++
			continue
		default:
			if bad++; bad <= 8 {
				fmt.Printf("another message: %q\n ours   %s\n theirs %s\n", text, words, message(err))
			}
			continue
		}
		if err != nil {
			theirs = "!" + err.Error()
		} else {
			theirs = canonical(j)
			y, _ := yaml.JSONToYAML(j)
			theirPrint = string(y)
		}
		switch {
		case ours[0] == '!' && theirs[0] == '!':
			same++
		case ours[0] == '!':
			reason := strings.TrimRight(strings.Split(ours, "(")[0], " ")
			if strings.Contains(reason, "is there twice") {
				reason = "!duplicate key"
			}
			refused[reason]++
			if !strings.Contains(ours, "is there twice") && !strings.Contains(ours, "behind the end") && len(refused) < 12 {
				fmt.Printf("only Go takes %q: %s\n", text, ours)
			}
		case theirs[0] == '!':
			only++
			if only < 12 {
				fmt.Printf("only we take %q: %s\n", text, theirs)
			}
		case canonical([]byte(ours)) == theirs && lines(printed) == lines(theirPrint) && printed != theirPrint:
			order++
		case (canonical([]byte(ours)) != theirs || printed != theirPrint) && (strings.Count(text, "---\n") > 1 || luck.MatchString(text)):
			meantSo++ // of two documents Go takes the first, be it empty
		case canonical([]byte(ours)) != theirs || printed != theirPrint:
			if bad++; bad <= 8 {
				fmt.Printf("differ: %q\n json ours   %s\n json theirs %s\n yaml ours   %q\n yaml theirs %q\n",
					text, canonical([]byte(ours)), theirs, printed, theirPrint)
			}
		default:
			same++
		}
	}
	fmt.Printf("%d cases: %d same, %d of them errors, %d differ, %d as meant, %d in another order, %d only we take, refused by us alone: %v\n",
		len(cases), same, said, bad, meantSo, order, only, refused)
	if bad > 0 {
		os.Exit(1)
	}
}
