// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestSameTexts(t *testing.T) {
	for _, row := range []struct {
		name string
		helm []string
		ours string
		want bool
	}{
		{"nothing random", []string{"a: 1", "a: 1"}, "a: 2", false},
		{"one of them", []string{"a: 1", "a: 2"}, "a: 2", true},
		{"a password", []string{"x: 1\np: \"abcd\"", "x: 1\np: \"efgh\""}, "x: 1\np: \"ijkl\"", true},
		{"a password that looks like another", []string{"p: \"abcd=\"", "p: \"abef=\""}, "p: \"ijkl=\"", true},
		{"a difference beside a password", []string{"x: 1\np: abcd", "x: 1\np: efgh"}, "x: 2\np: ijkl", false},
		{"a password under another name", []string{"p: abcd", "p: efgh"}, "q: ijkl", false},
		{"a password that is too short", []string{"p: abcd", "p: efgh"}, "p: ", false},
		{"the order of lines", []string{"a\nb\nc", "b\na\nc"}, "c\na\nb", true},
		{"the order of lines, one missing", []string{"a\nb\nc", "b\na\nc"}, "c\na\nc", false},
		{"the order of words", []string{"l: a, b, cc", "l: b, a, cc"}, "l: cc, b, a", true},
		{"keys of several lengths",
			[]string{"-----BEGIN X-----\nab\n-----END X-----\n", "-----BEGIN X-----\ncd\ne\n-----END X-----\n"},
			"-----BEGIN X-----\nfg\nhij\nk-----END X-----\n", true},
	} {
		if got := sameTexts(row.helm, row.ours); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}
