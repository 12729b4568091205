// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// Signatures as in engine/template/func.h, and letters for arguments that make sense: k a key, c a
// short count, L a list, t, y, o a JSON, YAML, TOML text, n what looks like a number, M a map that no one else
// holds: one that comes to contain itself kills the Go program.
var calls = strings.Fields(`
trim:s trimAll:ss trimall:ss trimPrefix:ss trimSuffix:ss trunc:is substr:iis contains:ss hasPrefix:ss
hasSuffix:ss repeat:cs replace:sss plural:ssi quote:a+ squote:a+ cat:a+ toString:a upper:s lower:s
title:s untitle:s swapcase:s initials:s nospace:s camelcase:s snakecase:s kebabcase:s indent:cs
nindent:cs wrap:is wrapWith:iss abbrev:is abbrevboth:iis split:ss splitn:sis splitList:ss toStrings:a
join:sa join:sL sortAlpha:a sortAlpha:L int:a int64:a float64:a int:n int64:n float64:n atoi:n
toDecimal:n toDecimal:a add:a+ add:n+ add1:n sub:nn mul:nn+ div:nn mod:nn max:nn+ biggest:nn+ min:nn+
maxf:nn+ minf:nn+ floor:n ceil:n round:ni round:nif addf:n+ add1f:n subf:nn+ mulf:nn+ divf:nn+ until:c
untilStep:ccc seq:c seq:cc seq:ccc list:a+ tuple:a+ append:La push:La mustAppend:aa mustPush:La
prepend:La mustPrepend:aa concat:L+ concat:a+ first:L mustFirst:a last:L mustLast:a rest:L mustRest:a
initial:L mustInitial:a slice:Lcc slice:Lc mustSlice:aa+ chunk:cL mustChunk:ca reverse:L mustReverse:a
compact:L mustCompact:a uniq:L mustUniq:a without:La+ mustWithout:aa+ has:aL mustHas:aa dict:k,a,k,a
dict:a+ get:mk set:Mka unset:Mk hasKey:mk pluck:kmm pick:mkk omit:mkk merge:MM merge:MMM
mergeOverwrite:MM mergeOverwrite:MMM mustMerge:MM mustMergeOverwrite:MM dig:kam dig:kkam dig:kkkam
dig:a+ deepCopy:a mustDeepCopy:m default:aa empty:a coalesce:a+ any:a+ all:a+ ternary:aab typeOf:a
kindOf:a typeIs:sa typeIsLike:sa kindIs:sa deepEqual:aa toJson:a mustToJson:a toPrettyJson:a
mustToPrettyJson:a toRawJson:a mustToRawJson:a fromJson:t fromJsonArray:t mustFromJson:t toYaml:a toYaml:m
toYaml:L toYamlPretty:m toYamlPretty:a toToml:m toToml:a fromToml:o fromYaml:y fromYamlArray:y required:sa fail:s hello:`)

var texts = []string{
	"", " ", "a", "b", "abc", "a,b,c", "foo bar", " lead", "trail ", "a\nb\n", "a  b", "x.y.z", "HTTPServer20xOK",
	"some_snake-case word", "_complex__case_", "GOLANG_IS_GREAT", "Duration2m3s", "Bld4Floor3rd", "http2xx", "2xx",
	"true", "null", "~", "yes", "1", "007", "0x1F", "1e3", "1.50", "-0", "1_000", "2020-01-02", "1:30", "- x", "#c",
	"a: b", "a #b", "'q'", "\"dq\"", "é", "naïve Über", "ǅ", "日本 語", "\t", "\u00a0", "\u0085", "x\u2028y", "\U0001F600 ok",
	"<&>", "{{x}}", "\\", "line1\n  line2\n\n", "aaaa bbbb cccc dddd", "%s %d", "a\r\nb", "\x00", "\x7f", "$x", "*",
	"ß", "ŉ", "ΑΣ", "İı", "-", "=", "<<", ".", "string", "int", "map", "[]interface {}", "*x", "slice", "float64",
	strings.Repeat("long word ", 12), strings.Repeat("x", 90) + " y", "Now is the time for all good men",
}

var numbers = []string{
	"0", "1", "-1", "2", "3", "7", "10", "42", "-5", "1000000", "1.5", "-2.5", "0.1", "0.2", "1e6", "1e21", "1e-7", "2.675",
	"123456789.123456789", "9223372036854775807", "-9223372036854775808", "1e300", "1e-300", `"12"`, `"012"`, `"0x1F"`,
	`"1.9"`, `"1.0"`, `"1_000"`, `"1e3"`, `"abc"`, `""`, `"-7"`, `"+3"`, `"08"`, `"0b11"`, `"0o17"`, `"99999999999999999999"`,
	`"inf"`, `"NaN"`, `".5"`, `"0x1p4"`, "true", "false", "nil", ".n", ".f", ".i", "(int64 5)", "(float64 2)", "(list)", ".t",
	"0.30000000000000004", "100.005", "3.3333333333", "(float64 \"0.1\")", "12345678901234567890.5",
}

var documents = []string{
	`{"a":1,"b":[1,2.5,"x",null,true],"c":{"d":"e"}}`, `[]`, `{}`, `null`, `"s"`, `1`, `-0`, `1e999`, `true`, `[1,2`, `{"a"`, `{"a":`,
	`{"a":1,}`, `{a: 1}`, `tru`, `truex`, `[1 2]`, `01`, `1.`, `1e`, `-`, `"\ud83d\ude00\ud83d"`, `"\q"`, `"\u12"`, `{"a":1,"a":2}`, ``,
	"a: 1\nb:\n- x\n- y: [1, 2]\n", "- 1\n- b\n", "a: &x {q: 1}\nb: *x\n", "k: |\n  text\n  more\n", "---\na: 1\n---\nb: 2\n", "yes: no\n1: 2\n",
	"\"a\x01b\"", " [ true , false ] ", `{"big":123456789012345678901234567890,"f":1e-7}`, "'a'", "x y", "a: 0x1F\nb: 017\nc: 1_000\n", "é", "[\"a\xffb\"]",
}

type generator struct {
	r     *rand.Rand
	depth int
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

func (g *generator) text() string {
	if g.r.Intn(4) == 0 {
		return quoted(texts[g.r.Intn(len(texts))] + texts[g.r.Intn(len(texts))])
	}
	return quoted(texts[g.r.Intn(len(texts))])
}

func (g *generator) key() string { return quoted(string(rune('a' + g.r.Intn(6)))) }

func (g *generator) many(letter byte) string {
	var b strings.Builder
	for n := g.r.Intn(4); n > 0; n-- {
		b.WriteString(" " + g.arg(letter))
	}
	return b.String()
}

func (g *generator) nested(make func() string, leaf string) string {
	if g.depth > 3 {
		return leaf
	}
	g.depth++
	defer func() { g.depth-- }()
	return "(" + make() + ")"
}

func (g *generator) dict() string {
	switch g.r.Intn(6) {
	case 0:
		return ".m"
	case 1:
		return ".d"
	case 2:
		return "(dict)"
	}
	return g.nested(func() string {
		s := "dict"
		for n := g.r.Intn(5); n > 0; n-- {
			key := g.key()
			if g.r.Intn(4) == 0 {
				key = g.text()
			}
			s += " " + key + " " + g.arg('a')
		}
		return s
	}, "(dict)")
}

func (g *generator) list() string {
	switch g.r.Intn(8) {
	case 0:
		return ".l"
	case 1:
		return "(splitList \",\" " + g.text() + ")"
	case 2:
		return "(until 3)"
	case 3:
		return "(list)"
	}
	return g.nested(func() string { return "list" + g.many('a') + g.many('a') }, "(list)")
}

func (g *generator) arg(letter byte) string {
	switch letter {
	case 's':
		return g.text()
	case 'k':
		return g.key()
	case 'i':
		return fmt.Sprint(g.r.Intn(30) - 6)
	case 'c':
		return fmt.Sprint(g.r.Intn(12) - 3)
	case 'f':
		return fmt.Sprint(g.r.Float64())
	case 'b':
		return []string{"true", "false"}[g.r.Intn(2)]
	case 'n':
		if g.r.Intn(4) == 0 {
			return fmt.Sprintf("%.*g", 1+g.r.Intn(17), (g.r.Float64()-0.3)*float64(g.r.Intn(1000000)))
		}
		return numbers[g.r.Intn(len(numbers))]
	case 'm':
		return g.dict()
	case 'M':
		return "(deepCopy " + g.dict() + ")"
	case 'L':
		return g.list()
	case 'o':
		return quoted(tomls[g.r.Intn(len(tomls))])
	case 'y':
		return quoted(yamls[g.r.Intn(len(yamls))])
	case 't':
		return quoted(documents[g.r.Intn(len(documents))])
	}
	switch g.r.Intn(12) {
	case 0, 1, 2:
		return g.text()
	case 3, 4:
		return numbers[g.r.Intn(len(numbers))]
	case 5, 6:
		return g.list()
	case 7, 8:
		return g.dict()
	case 9:
		return []string{".n", ".f", ".i", ".s", ".m", ".l", ".t", ".d", ".missing"}[g.r.Intn(9)]
	case 10:
		return "(split \",\" " + g.text() + ")"
	}
	return g.nested(g.call, "1")
}

func (g *generator) call() string {
	name, sig, _ := strings.Cut(calls[g.r.Intn(len(calls))], ":")
	s := name
	sig = strings.ReplaceAll(sig, ",", "")
	for i := 0; i < len(sig); i++ {
		if i+1 < len(sig) && sig[i+1] == '+' {
			s += g.many(sig[i])
			break
		}
		s += " " + g.arg(sig[i])
	}
	return s
}

// One call and all that can be seen of its result; or several maps that are merged and changed, and
// what every name of them shows.
func (g *generator) template() string {
	if g.r.Intn(10) == 0 {
		s := fmt.Sprintf("{{ $a := %s }}{{ $b := %s }}{{ $c := %s }}", g.dict(), g.dict(), g.dict())
		names := []string{"$a", "$b", "$c", ".m", ".d"}
		pick := func() string { return names[g.r.Intn(len(names))] }
		for n := 1 + g.r.Intn(4); n > 0; n-- {
			change := []string{
				fmt.Sprintf("merge (deepCopy %s) %s (deepCopy %s)", pick(), pick(), pick()),
				fmt.Sprintf("merge %s (deepCopy %s)", pick(), pick()),
				fmt.Sprintf("mergeOverwrite %s (deepCopy %s) (deepCopy %s)", pick(), pick(), pick()),
				fmt.Sprintf("set %s %s (deepCopy (list %s))", pick(), g.key(), g.arg('a')),
				fmt.Sprintf("unset %s %s", pick(), g.key()),
				fmt.Sprintf("merge (get %s %s) (deepCopy %s)", pick(), g.key(), pick()),
			}[g.r.Intn(6)]
			s += "{{ $_ := " + change + " }}"
		}
		return s + "{{ toJson (list $a $b $c . ) }}"
	}
	if g.r.Intn(30) == 0 {
		return "{{ keys " + g.dict() + " | sortAlpha }} {{ values (dict " + g.key() + " " + g.arg('a') + ") }}"
	}
	return "{{ $r := " + g.call() + " }}{{ $r }}|{{ printf \"%T %q\" $r $r }}|{{ toJson $r }}"
}

func (g *generator) data() string {
	return `{"n":` + fmt.Sprint(g.r.Intn(100)) + `,"f":2.5,"i":1000000,"s":"str","t":true,"z":null,` +
		`"l":[1,2.5,"x",null,true,{"a":1}],"m":{"a":1,"b":{"c":"d","e":{}},"c":null,"d":[],"e":"","f":[1]},` +
		`"d":{"a":{"b":{"c":{"d":1}},"a":""},"b":{"c":"x","z":[1,2]},"e":false}}`
}
