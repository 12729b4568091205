// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"slices"
	"sort"
	"strings"
)

// What helm makes anew at each run (passwords, keys, certificates, dates, the order of a map) is recognised by running
// it several times: where its runs are equal, ours must be, too.

var pem = regexp.MustCompile(`(-----BEGIN [A-Z ]+-----)[^-]*(-----END [A-Z ]+-----)`)

// Schemas that helm would fetch: kzsync does not, helm can't without a network, and which comes first is chance.
var fetch = regexp.MustCompile(`(Get "[^"]*": (dial tcp: .*? no such host|kzsync fetches no schema)|open \S+\.json: no such file or directory)`)

// message is helm's error without its warnings, which go to stderr too.
func message(stderr string) string {
	stderr = fetch.ReplaceAllString(stderr, "no network")
	if i := strings.Index("\n"+stderr, "\nError: "); i >= 0 {
		return strings.TrimSpace(stderr[i:])
	}
	return strings.TrimSpace(stderr)
}

// Below helm's message kzsync shows the place, and what to do next.
var below = regexp.MustCompile(`(?m)^  (?:(?:at )?\S+:\d+(?::\d+)?$|next: )`)

func ourMessage(stderr string) string {
	text := message(stderr)
	if at := below.FindStringIndex(text); at != nil {
		text = strings.TrimSpace(text[:at[0]])
	}
	return text
}

func sameMessage(helm, ours result) bool {
	return message(helm.Err) == ourMessage(ours.Err)
}

func sameAfterMasking(helm []result, ours result) bool {
	var outs, messages []string
	for _, h := range helm {
		if h.Code != ours.Code {
			continue
		}
		if h.Out == ours.Out && (h.Code == 0 || sameMessage(h, ours)) {
			return true
		}
		outs = append(outs, h.Out)
		messages = append(messages, message(h.Err))
	}
	if len(outs) == 0 {
		return false
	}
	if ours.Code != 0 {
		text := ourMessage(ours.Err)
		return sameTexts(outs, ours.Out) && (sameTexts(messages, text) || sameLines(messages, text))
	}
	return sameTexts(outs, ours.Out)
}

func sameTexts(helm []string, ours string) bool {
	_, same := compareTexts(helm, ours)
	return same
}

// compareTexts compares with what several runs printed; line is the first that is no chance.
func compareTexts(helm []string, ours string) (line int, same bool) {
	if slices.Contains(helm, ours) {
		return 0, true
	}
	random := slices.ContainsFunc(helm, func(text string) bool { return text != helm[0] })
	if random {
		ours = pem.ReplaceAllString(ours, "$1$2")
	}
	lines := strings.Split(ours, "\n")
	others := make([][]string, len(helm))
	whole := true
	for i, text := range helm {
		if random {
			text = pem.ReplaceAllString(text, "$1$2")
		}
		others[i] = strings.Split(text, "\n")
		whole = whole && len(others[i]) == len(lines)
	}
	if random && sameSorted(others[1:], others[0]) {
		return 0, sameSorted(others[:1], lines)
	}
	for i, line := range lines {
		var at []string
		for _, other := range others {
			if i < len(other) {
				at = append(at, other[i])
			}
		}
		if len(at) == 0 || !sameLine(at, line) {
			return i, false
		}
	}
	return len(lines), whole
}

// sameSorted: the same lines in an order that is helm's chance.
func sameSorted(helm [][]string, ours []string) bool {
	mine := sorted(ours)
	for _, lines := range helm {
		if !slices.Equal(sorted(lines), mine) {
			return false
		}
	}
	return true
}

func sorted(lines []string) []string {
	list := slices.Clone(lines)
	sort.Strings(list)
	return list
}

// sameLines compares messages that helm makes by walking over a map, such as those of a schema.
func sameLines(helm []string, ours string) bool {
	mine := sorted(strings.Split(ours, "\n"))
	for _, text := range helm {
		if slices.Equal(sorted(strings.Split(text, "\n")), mine) {
			return true
		}
	}
	return false
}

// sameLine: what all of helm's lines begin and end with, ours does; between is something alike.
func sameLine(helm []string, ours string) bool {
	if slices.Contains(helm, ours) {
		return true
	}
	if slices.Equal(wordsOf(ours), wordsOf(helm[0])) && slices.ContainsFunc(helm, func(line string) bool { return line != helm[0] }) {
		return true
	}
	begin, end := helm[0], helm[0]
	shortest, longest := len(helm[0]), len(helm[0])
	for _, line := range helm[1:] {
		begin = begin[:common(begin, line, false)]
		end = end[len(end)-common(end, line, true):]
		shortest, longest = min(shortest, len(line)), max(longest, len(line))
	}
	if begin == helm[0] {
		return false // all equal, and ours is not
	}
	begin = begin[:strings.LastIndexFunc(begin, notInWord)+1]
	if i := strings.IndexFunc(end, notInWord); i >= 0 {
		end = end[i:]
	} else {
		end = ""
	}
	if len(ours) < len(begin)+len(end) || !strings.HasPrefix(ours, begin) || !strings.HasSuffix(ours, end) {
		return false
	}
	slack := longest / 50
	return len(ours) >= shortest-slack && len(ours) <= longest+slack
}

func wordsOf(line string) []string {
	return sorted(strings.FieldsFunc(line, notInWord))
}

// common counts the bytes that a and b have in common at their beginning or end.
func common(a, b string, atEnd bool) int {
	n := 0
	for n < len(a) && n < len(b) {
		if atEnd && a[len(a)-1-n] != b[len(b)-1-n] || !atEnd && a[n] != b[n] {
			break
		}
		n++
	}
	return n
}

func notInWord(r rune) bool {
	return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '+' || r == '/' || r == '=')
}
