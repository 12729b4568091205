// SPDX-License-Identifier: Apache-2.0

package main

// TOML documents that are well-formed: of the others the library has messages of its own.
var tomls = []string{
	"", "a = 1\n", "a = \"x\\ty\" # c\nb = 'l\\it'\n[t]\nx.y = 1.5\n[t.u]\nz = [1, 2,\n 3, # c\n]\n",
	"[[p]]\nn = 1\n[[p]]\nn = 2\n[p.q]\nr = true\n", "i = {a = 1, b = {c = 'd'}}\n",
	"m = \"\"\"\nline\\\n   more\"\"\"\n", "m = '''\nraw\n'''\r\n",
	"x = 0x1F\ny = 0o17\nz = 0b101\nw = 1_000\nf = 6.02e23\ng = -0.5\nh = inf\n",
	"\"quoted key\" = 1\na.\"b.c\" = 2\n", "l = [[1, 2], ['a']]\nm = [{a = 1}, {a = 2}]\n", "u = \"\\u00e9\"\n",
	"[a]\nx = 1\n[b]\n[a.c]\ny = 2\n", "e = []\nd = {}\n",
}

var yamls = []string{
	"a: 1\nb:\n- x\n- y: [1, 2]\n", "- 1\n- b\n", "a: &x {q: 1}\nb: *x\n", "k: |\n  text\n  more\n",
	"---\na: 1\n---\nb: 2\n", "yes: no\n1: 2\n", "{}", "[]", "", "null", "x", "3", "true",
	"a: 0x1F\nb: 017\nc: 1_000\nd: 0o7\ne: .5\nf: 1e3\n", "a: 2020-01-02\nb: 1:30\n", "a: 1\na: 2\n", "é: ü\n",
	"a: {b: {c: [1, {d: null}]}}\n", "a: 'x''y'\nb: \"\\t\\u00e9\"\n", "a: >\n  folded\n  text\n\n  more\n",
	"x: &a {k: 1, l: 2}\ny:\n  <<: *a\n  l: 3\n", "? a\n: b\n", "a: ~\nb:\nc: ''\n", "# only\n", "a: !!str 1\n",
	"a: 123456789012345678901234567890\nb: -0\nc: 9223372036854775808\n",
	"a: b: c", "a:\n\t- b", "x: [1,2", "x: {a: 1", "\"abc", "@x", "a: 1\n b: 2", "- a\nb: 1", "{a: 1}}", "a: %x",
	"key: 'x", "a: |\n x\n\ty", "a\nb: c", "a: \x01", "a: \xff", "a: 1\n---\nb: [", "a: 1\n...\nb", "a: &x *x",
	"[a: 1, b]]", "a: @b\nc: d\n", "line1: ok\nline2: `x`\n", "foo: bar\n baz: 1\n",
}
