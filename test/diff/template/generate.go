// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"strings"
)

const fixedData = `{"i":1000000,"f":1.5,"neg":-3,"z":0,"s":"str","e":"","b":true,"n":null,
"l":[1,2.5,"x",null,true],"el":[],"m":{"b":1,"a":"2","c":null,"10":"x"},"em":{},"big":12345678901,
"deep":{"a":{"b":{"c":"d","l":[[1,2],{"x":"y"}]}}},"u":"é☃","html":"<a>&\"'","nl":"a\nb\tc"}`

// A generator writes templates by a grammar: mostly legal, with now and then a word out of place.
type generator struct {
	r       *rand.Rand
	vars    []string
	defined []string
	loops   int
	depth   int
}

func newGenerator(seed int64) *generator {
	return &generator{r: rand.New(rand.NewSource(seed))}
}

func (g *generator) rare(odd, plain string) string {
	if g.rarely() {
		return odd
	}
	return plain
}
func (g *generator) one(of ...string) string { return of[g.r.Intn(len(of))] }
func (g *generator) rarely() bool            { return g.r.Intn(60) == 0 }

var keys = []string{"i", "f", "neg", "z", "s", "e", "b", "n", "l", "el", "m", "em", "big", "deep", "u", "html", "nl", "none"}

func (g *generator) number() string {
	if g.r.Intn(4) == 0 { // any float: few digits, all digits, any exponent
		switch f := math.Float64frombits(g.r.Uint64()); {
		case g.r.Intn(2) == 0 && !math.IsNaN(f) && !math.IsInf(f, 0):
			return fmt.Sprintf("%e", f)
		default:
			return fmt.Sprintf("%.*f", 1+g.r.Intn(6), g.r.NormFloat64()*math.Pow(10, float64(g.r.Intn(12)-4)))
		}
	}
	if g.rarely() {
		return g.one("9223372036854775808", "08", "1e400", "5.", "1__0", "1e", "18446744073709551616", "0b2", "1x", "0x", "1_", "''", "'ab'", "1e5i", "0x1.8", "0x1.8p1", "1+2", "--1")
	}
	return g.one("0", "1", "2", "3", "-1", "+7", "42", "1.5", "-2.25", "1e3", "1e6", "1e-7", "0.1", "100000.0", "1e21", "0x1F",
		"-0x1e", "0b11", "0o17", "017", "1_000", "'a'", "'\\n'", "'é'", "1i", "1.5e300", "9223372036854775807",
		"0x1p4", "2.0", "1_0.5", "123456789.0", "0.000001", "00", "1+2i", ".5", "'\\x41'",
		"0x_1", "0X1P-2", "-9223372036854775808", "3.0e0", "5e-324", "2.2250738585072014e-308")
}

func (g *generator) text() string {
	return g.one(`"a"`, `"b c"`, `"%d"`, `""`, "`raw`", `"\n\t\"q\" é"`, `"x\u00e9y"`, `"\x41\101"`, `"m"`, `"10"`, `"é☃"`, `"\xff"`, `"<&>"`,
		"`a\nb`", g.rare(`"\q"`, `"q"`), `"%v|%s|%q"`)
}

func (g *generator) path() string {
	if g.r.Intn(8) > 0 { // what is there in the fixed data
		return g.one("$", "$", "$", g.rare("", "$")) + g.one(".i", ".f", ".neg", ".z", ".s", ".e", ".b", ".n", ".l", ".el", ".m", ".em", ".big", ".deep", ".u", ".html", ".nl", ".none",
			".deep.a.b", ".deep.a.b.c", ".deep.a.b.l", ".m.a", ".m.c", ".m.none")
	}
	p := "." + keys[g.r.Intn(len(keys))]
	for g.r.Intn(4) == 0 {
		p += "." + g.one("a", "b", "c", "x", "l", "none")
	}
	return p
}

func (g *generator) variable() string {
	if len(g.vars) == 0 || g.rarely() {
		return g.one("$", "$", "$.l", "$.i", "$.m.a", g.rare("$x", "$"), "$.s")
	}
	v := g.vars[g.r.Intn(len(g.vars))]
	if g.r.Intn(30) == 0 {
		v += g.one(".a", ".b", ".none", ".a.b")
	}
	return v
}

func (g *generator) operand() string {
	g.depth++
	defer func() { g.depth-- }()
	switch g.r.Intn(14) {
	case 0, 1:
		return g.number()
	case 2, 3:
		return g.text()
	case 4:
		return g.one("true", "false", g.rare("nil", "."), ".", ".", "$")
	case 5, 6:
		return g.variable()
	case 7:
		if g.depth > 4 {
			return "."
		}
		return "(" + g.pipe() + ")" + g.rare(g.one(".a", ".b.c", ".none"), "")
	case 8:
		return g.one(g.rare("len", "print"), "print", "println", g.rare("js.a", "html"), "print", g.rare("nil.a", "print"), g.rare("true.a", "print"))
	default:
		return g.path()
	}
}

func (g *generator) format() string {
	var b strings.Builder
	for i := g.r.Intn(4); i >= 0; i-- {
		b.WriteByte('%')
		for g.r.Intn(4) == 0 {
			b.WriteString(g.one("+", "-", "#", " ", "0"))
		}
		if g.r.Intn(8) == 0 {
			b.WriteString(g.one("[1]", "[2]", "[9]", "[x]", "[", "[]", "[2]*", "[1].[2]"))
		}
		if g.r.Intn(3) == 0 {
			b.WriteString(g.one("5", "12", "1", "0", "*", "3", "20"))
		}
		if g.r.Intn(3) == 0 {
			b.WriteString(g.one(".2", ".", ".0", ".*", ".10", ".5", ".[2]*"))
		}
		b.WriteString(g.one("v", "v", "s", "d", "q", "x", "X", "f", "g", "e", "t", "T", "c", "U", "o", "b", "O", "E", "G", "F", "z", "%", "é", "!", "w", "k"))
		b.WriteString(g.one("", " ", "|", "a"))
	}
	return "\"" + b.String() + g.one("", "%", "x") + "\""
}

func (g *generator) call() string {
	args := func(n int) string {
		var b strings.Builder
		for i := 0; i < n; i++ {
			b.WriteString(" " + g.operand())
		}
		return b.String()
	}
	n := 1 + g.r.Intn(2)
	if g.rarely() {
		n = 0
	}
	if g.rarely() {
		n += 2
	}
	number := func() string { return g.one("1", "-2", "0x1F", "'a'", "1_000", "017") }
	real := func() string { return g.one("$.i", "1.5", "1e6", "$.f", "$.neg", "$.z", "-0.0", "$.big") }
	str := func() string { return g.one("$.s", "$.u", "\"a\"", "$.nl", "`b`", "$.e", "$.deep.a.b.c") }
	switch g.r.Intn(20) {
	case 0, 1, 2:
		return "printf " + g.format() + args(n+g.r.Intn(3))
	case 3, 4:
		kind := []func() string{number, real, str}[g.r.Intn(3)]
		return g.one("eq", "ne", "lt", "le", "gt", "ge") + " " + kind() + " " + kind()
	case 5:
		return g.one("eq", "ne") + " " + g.one("nil", "$.none", "$.n") + args(1)
	case 6:
		return "eq " + str() + " " + str() + " " + str()
	case 7, 8:
		return g.one("and", "or") + args(n+1)
	case 9:
		return "not" + args(1)
	case 10:
		return g.one("index $.l 0", "index $.l 1", "index $.m \"a\"", "index $ \"m\" \"b\"", "index $.s 1", "index $.l 5", "index $.el 0", "index $.m \"none\"",
			"index $.deep \"a\" \"b\"", "index $.deep \"a\" \"b\" \"l\" 1 \"x\"", "index $.deep \"a\" \"b\" \"l\" 0 1", "index $.m 1", "index $.l \"a\"", "index $.l -1", "index $.n 1")
	case 11:
		return g.one("slice $.s 1", "slice $.u 0 2", "slice $.l 1 3", "slice $.l 0 8", "slice $.l 7", "slice $.s", "slice $.s 2 1", "slice $.s 9", "slice $.l 0 1 2", "slice $.s 1 2 3", "slice \"abc\" 'a'")
	case 12:
		return "len " + g.one("$.l", "$.m", "$.s", "$", "$.el", "\"é\"", g.operand())
	case 13, 14:
		return g.one("html", "js", "urlquery") + args(n)
	case 15, 16:
		return g.one("print", "println") + args(n)
	case 17: // anything
		return g.one("eq", "lt", "ge", "index", "slice", "call", "len", "index $.l", "index $.m", "slice $.s") + args(n)
	default:
		return g.rare(g.one("nosuch", "range", "break")+args(1), g.path())
	}
}

func (g *generator) command() string {
	g.depth++
	defer func() { g.depth-- }()
	switch g.r.Intn(5) {
	case 0, 1, 2:
		if !g.rarely() {
			return g.operand()
		}
		return g.operand() + " " + g.operand()
	default:
		return g.call()
	}
}

func (g *generator) pipe() string {
	p := g.command()
	for g.r.Intn(5) == 0 {
		p += g.one(" | ", "|", "  |  ") + g.one(g.rare("len", "print"), "print", "printf \"%v\"", "printf \"%d\" 1", "not", "html", "js", g.rare("eq 1", "eq nil"), g.rare("index .m", "js"), g.rare("index $.l", "html"),
			"and true", "or \"\"", "urlquery", "println", g.rare(g.command(), "print 1"))
	}
	return p
}

func (g *generator) open() string  { return g.one("{{", "{{", "{{", "{{ ", "{{- ", "{{-\n") }
func (g *generator) close() string { return g.one("}}", "}}", "}}", " }}", " -}}", "\n-}}") }

func (g *generator) block(loop bool) string {
	vars := len(g.vars)
	if loop {
		g.loops++
	}
	body := g.list()
	if loop {
		g.loops--
	}
	g.vars = g.vars[:vars]
	return body
}

func (g *generator) action() string {
	g.depth++
	defer func() { g.depth-- }()
	kind := g.r.Intn(22)
	if g.depth > 2 && kind > 8 {
		kind = 0
	}
	switch kind {
	case 9, 10, 11:
		vars := len(g.vars)
		b := g.open() + "if " + g.declared() + g.close() + g.block(false)
		for g.r.Intn(4) == 0 {
			b += g.open() + "else if " + g.pipe() + g.close() + g.block(false)
		}
		if g.r.Intn(2) == 0 {
			b += g.open() + "else" + g.close() + g.block(false)
		}
		g.vars = g.vars[:vars]
		return b + g.open() + "end" + g.close()
	case 12, 13:
		vars := len(g.vars)
		b := g.open() + "with " + g.declared() + g.close() + g.block(false)
		if g.r.Intn(4) == 0 {
			b += g.open() + "else with " + g.pipe() + g.close() + g.block(false)
		}
		if g.r.Intn(3) == 0 {
			b += g.open() + "else" + g.close() + g.block(false)
		}
		g.vars = g.vars[:vars]
		return b + g.open() + "end" + g.close()
	case 14, 15, 16:
		vars := len(g.vars)
		head := g.one("$.l", "$.m", "$.deep", "$.el", g.rare(".", "$.deep.a.b.l"), "$", g.rare(g.pipe(), "$.deep.a"))
		switch g.r.Intn(4) {
		case 0:
			head = "$v := " + head
			g.vars = append(g.vars, "$v")
		case 1:
			head = "$k, $v := " + head
			g.vars = append(g.vars, "$k", "$v")
		case 2:
			if len(g.vars) > 1 {
				head = strings.Split(g.vars[0], ".")[0] + g.one("", ", "+g.vars[1]) + " = " + head
			}
		}
		b := g.open() + "range " + head + g.close() + g.block(true)
		if g.r.Intn(3) == 0 {
			b += g.open() + "else" + g.close() + g.block(false)
		}
		g.vars = g.vars[:vars]
		return b + g.open() + "end" + g.close()
	case 17:
		if len(g.defined) == 0 && !g.rarely() {
			return g.open() + g.pipe() + g.close()
		}
		return g.open() + "template " + g.one(g.known(), g.known(), g.rare(`"none"`, g.known())) + g.one(" $", " $", " $", g.rare("", " .")) + g.close()
	case 18:
		if g.loops > 0 || g.rarely() {
			return g.open() + g.one("break", "continue") + g.close()
		}
		return g.open() + "block \"b" + fmt.Sprint(g.r.Intn(1000)) + "\" " + g.pipe() + g.close() + g.list2() + "{{end}}"
	case 19:
		return g.open() + g.one("/* note */", "/* two\nlines */", "/**/", g.rare("/*unclosed", "/* - */"), g.rare("/* a */ 1", "/*\n*/")) + g.one("}}", "}}", " -}}")
	case 20:
		if g.rarely() {
			return g.one("{{end}}", "{{else}}", "{{", "}}", "{{if}}", "{{range}}", "{{1 | 2}}", "{{$x}}", "{{.a b.}}", "{{\"x}}", "{{'}}", "{{`}}", "{{(}}",
				"{{)}}", "{{.1}}", "{{1.a}}", "{{$}}", "{{%}}", "{{é}}", "{{#}}", "{{\x01}}", "{{template}}", "{{define \"q\"}}", "{{,}}", "{{1a}}", "{{+}}", "{{-}}", "{{ - }}", "{{.}.}}",
				"{{with $x := 1}}{{else with $x}}{{$x}}{{end}}", "{{break}}", "{{continue}}", "{{block}}", "{{if true}}", "{{.a | }}", "{{|}}", "{{$a, $b := .l}}", "{{range $a, $b, $c := .l}}{{end}}", "{{range $a, 1 := .l}}{{end}}", "{{\xff}}", "{{nil}}", "{{nil | print}}", "{{print | nil}}", "{{.a.}}", "{{. a}}", "{{a:b}}", "{{$x:=1}}{{$x=2}}{{$x}}", "{{$x:1}}")
		}
		return g.variableAction()
	default:
		return g.open() + g.declared() + g.close()
	}
}

// The name of a template that exists, most of the time.
func (g *generator) known() string {
	if len(g.defined) == 0 {
		return g.rare("`none`", `"two"`)
	}
	return g.defined[g.r.Intn(len(g.defined))]
}

// A pipeline, sometimes with a declaration.
func (g *generator) declared() string {
	p := g.pipe()
	if g.r.Intn(6) == 0 {
		name := g.one("$a", "$b", "$cc", "$d1")
		g.vars = append(g.vars, name)
		return name + g.one(" := ", ":=") + p
	}
	return p
}

func (g *generator) variableAction() string {
	if len(g.vars) == 0 {
		return g.open() + g.declared() + g.close()
	}
	return g.open() + strings.Split(g.vars[g.r.Intn(len(g.vars))], ".")[0] + " = " + g.pipe() + g.close()
}

func (g *generator) list() string {
	var b strings.Builder
	for i := g.r.Intn(3); i >= 0; i-- {
		if g.r.Intn(2) == 0 {
			b.WriteString(g.one("text", " ", "\n", "  a: b\n", "", "}", g.rare("{", "["), "é", "-", "\n\n"))
		}
		b.WriteString(g.action())
	}
	return b.String()
}

// A list in a scope of its own.
func (g *generator) list2() string {
	vars, loops := g.vars, g.loops
	g.vars, g.loops = nil, 0
	s := g.list()
	g.vars, g.loops = vars, loops
	return s
}

func (g *generator) template() string {
	var b strings.Builder
	for i := g.r.Intn(3); i > 0; i-- {
		name := g.one(`"one"`, `"o\"e"`, "`two`", `"t2"`)
		if len(g.defined) > 0 && name == g.defined[0] && !g.rarely() {
			continue
		}
		b.WriteString("{{define " + name + "}}" + g.one("", " \n", g.list2(), g.list2(), g.list2()) + "{{end}}" + g.one("", "\n"))
		g.defined = append(g.defined, name)
	}
	b.WriteString(g.list())
	s := b.String()
	if g.r.Intn(25) == 0 && len(s) > 0 { // damage
		i := g.r.Intn(len(s))
		s = s[:i] + g.one("", "{{", "}}", "\"", "(", ")", "|", " ", "$", ".", "\n", "`", "'", "é", "0", "-") + s[i+g.r.Intn(2)*min(1, len(s)-i):]
	}
	return s
}

// Random data over the same keys.
func (g *generator) value(depth int) any {
	switch n := g.r.Intn(9); {
	case n == 0:
		return nil
	case n == 1:
		return g.r.Intn(2) == 0
	case n == 2:
		return float64(g.r.Intn(2000)) / float64([]int{1, 1, 1, 8, 1000}[g.r.Intn(5)])
	case n == 3:
		return g.r.NormFloat64() * []float64{1, 1e6, 1e20, 1e-5, 1e21, 1e300}[g.r.Intn(6)]
	case n < 6 || depth == 0:
		return g.one("", "a", "str", "é☃", "<x y='1'>&", "a\nb", "10", "\u2028", "\x00\x7f", "%d")
	case n < 7:
		l := []any{}
		for i := g.r.Intn(5); i > 0; i-- {
			l = append(l, g.value(depth-1))
		}
		return l
	default:
		m := map[string]any{}
		for i := g.r.Intn(5); i > 0; i-- {
			m[g.one("a", "b", "c", "x", "l", "10", "9", "é")] = g.value(depth - 1)
		}
		return m
	}
}

func (g *generator) data() string {
	if g.r.Intn(6) > 0 {
		return fixedData
	}
	m := map[string]any{}
	for _, k := range keys[:len(keys)-1] {
		if g.r.Intn(8) > 0 {
			m[k] = g.value(3)
		}
	}
	if g.r.Intn(2) == 0 {
		m["l"] = []any{1.0, "x", nil}
		m["s"] = "str"
	}
	b, err := json.Marshal(m)
	check(err)
	return strings.ReplaceAll(string(b), "\\u0000", "")
}
