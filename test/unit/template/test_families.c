/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig's and Helm's functions: what a template prints. Wanted texts are what Go prints with the
 * original libraries (test/diff/functions). */
#include "render.h"

#include "template/funcs.h"

#include <criterion/criterion.h>

struct row {
    const char *in, *want;
};

static void check(const struct row *rows, size_t n)
{
    static const struct kz_func *const tables[] = {
        kz_funcs_case,    kz_funcs_defaults, kz_funcs_dicts, kz_funcs_flow,    kz_funcs_json,
        kz_funcs_layout,  kz_funcs_lists,    kz_funcs_merge, kz_funcs_numbers, kz_funcs_parts,
        kz_funcs_reflect, kz_funcs_strings,  kz_funcs_toml,  kz_funcs_yaml,
    };
    const struct kz_render_case c = {
        .tables = tables, .n_tables = kz_countof(tables), .missing = KZ_MISSING_ZERO};
    for (size_t i = 0; i < n; i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 26);
        const char *got = kz_test_render(a, &c, rows[i].in);
        cr_expect_str_eq(got, rows[i].want, "%s\nwant %s\n got %s", rows[i].in, rows[i].want, got);
    }
}

/* clang-format off: it would set the wanted texts in a column of their own */
static const struct row strings_rows[] = {
    {"{{ trim \" \\t\\u00a0a b\\n\" }}",
     "a b"},
    {"{{ trimAll \"-_\" \"_-a-b_\" }}|{{ trimAll \"\" \"x\" }}|{{ trimall \"\303\251\" \"\303"
     "\251a\303\251\" }}",
     "a-b|x|a"},
    {"{{ trimPrefix \"a\" \"aab\" }}|{{ trimSuffix \"x\" \"ab\" }}|{{ trimSuffix \".x\" \"a.x"
     "\" }}",
     "ab|ab|a"},
    {"{{ trunc 2 \"abc\" }}|{{ trunc -2 \"abc\" }}|{{ trunc 9 \"abc\" }}|{{ trunc -9 \"abc\" }"
     "}|{{ trunc 0 \"abc\" }}",
     "ab|bc|abc|abc|"},
    {"{{ substr 1 3 \"abcde\" }}|{{ substr -1 2 \"abc\" }}|{{ substr 1 -1 \"abc\" }}|{{ substr"
     " 1 99 \"abc\" }}",
     "bc|ab|bc|bc"},
    {"{{ substr -1 9 \"abc\" }}",
     "! template: t:1:3: executing \"t\" at <substr -1 9 \"abc\">: error calling substr: runti"
     "me error: slice bounds out of range [:9] with length 3"},
    {"{{ substr 4 9 \"abc\" }}",
     "! template: t:1:3: executing \"t\" at <substr 4 9 \"abc\">: error calling substr: runtim"
     "e error: slice bounds out of range [4:3]"},
    {"{{ substr 2 1 \"abc\" }}",
     "! template: t:1:3: executing \"t\" at <substr 2 1 \"abc\">: error calling substr: runtim"
     "e error: slice bounds out of range [2:1]"},
    {"{{ substr -1 -2 \"abc\" }}",
     "! template: t:1:3: executing \"t\" at <substr -1 -2 \"abc\">: error calling substr: runt"
     "ime error: slice bounds out of range [:-2]"},
    {"{{ contains \"b\" \"abc\" }} {{ hasPrefix \"b\" \"abc\" }} {{ hasSuffix \"c\" \"abc\" }}",
     "true false true"},
    {"{{ repeat 3 \"ab\" }}|{{ repeat 0 \"ab\" }}",
     "ababab|"},
    {"{{ repeat -1 \"ab\" }}",
     "! template: t:1:3: executing \"t\" at <repeat -1 \"ab\">: error calling repeat: strings:"
     " negative Repeat count"},
    {"{{ repeat 9223372036854775807 \"ab\" }}",
     "! template: t:1:3: executing \"t\" at <repeat 9223372036854775807 \"ab\">: error calling"
     " repeat: strings: Repeat output length overflow"},
    {"{{ replace \"a\" \"bb\" \"banana\" }}|{{ replace \"\" \"-\" \"a\303\251\" }}|{{ replace "
     "\"x\" \"y\" \"abc\" }}|{{ replace \"ab\" \"\" \"abab\" }}",
     "bbbnbbnbb|-a-\303\251-|abc|"},
    {"{{ plural \"one\" \"many\" 1 }} {{ plural \"one\" \"many\" 2 }}",
     "one many"},
    {"{{ quote \"a\" nil 1 1e6 (list 1 \"b\") \"\\\"\\n\" }}|{{ squote \"it's\" nil 2.5 }}|{{ "
     "cat \"a\" nil 1 \"\" \"b\" }}",
     "\"a\" \"1\" \"1e+06\" \"[1 b]\" \"\\\"\\n\"|'it's' '2.5'|a 1  b"},
    {"{{ toString 1e6 }} {{ toString nil }} {{ toString (list 1 \"a\") }}",
     "1e+06 <nil> [1 a]"},
    {"{{ fail \"no\" }}",
     "! template: t:1:3: executing \"t\" at <fail \"no\">: error calling fail: HELM_ERR_STARTn"
     "oHELM_ERR_END"},
    {"{{ required \"need\" \"\" }}",
     "! template: t:1:3: executing \"t\" at <required \"need\" \"\">: error calling required: "
     "HELM_ERR_STARTneedHELM_ERR_END"},
    {"{{ required \"need\" .missing }}",
     "! template: t:1:3: executing \"t\" at <required \"need\" .missing>: error calling requir"
     "ed: HELM_ERR_STARTneedHELM_ERR_END"},
    {"{{ required \"need\" 0 }} {{ hello }}",
     "0 Hello!"},
};

Test(template_functions, strings)
{
    check(strings_rows, kz_countof(strings_rows));
}

static const struct row case_rows[] = {
    {"{{ upper \"a\303\251\303\237\305\2111\" }} {{ lower \"\303\200\316\243\304\260X\" }}",
     "A\303\211\303\237\305\2111 \303\240\317\203ix"},
    {"{{ title \"hello wOrld foo_bar \303\251-x\" }}|{{ untitle \"Hello World\" }}|{{ swapcase"
     " \"Hello wORLD \307\205\" }}",
     "Hello WOrld Foo_bar \303\211-X|hello world|hELLO World \307\206"},
    {"{{ initials \"First Last \303\251\" }}|{{ nospace \" a b\\tc\" }}|{{ nospace \"\303\251 "
     "x\" }}",
     "FL\303\203|abc|\303\203\302\251x"},
    {"{{ camelcase \"http_server\" }} {{ camelcase \"_complex__case_\" }} {{ camelcase \"GOLAN"
     "G_IS_GREAT\" }} {{ camelcase \"some words\" }} {{ camelcase \"--\" }} {{ camelcase \"\" "
     "}}",
     "HttpServer _Complex_Case_ GolangIsGreat SomeWords --- "},
    {"{{ snakecase \"FirstName\" }} {{ snakecase \"HTTPServer\" }} {{ snakecase \"GO-PATH\" }}"
     " {{ snakecase \"http2xx\" }} {{ snakecase \"HTTP20xOK\" }} {{ snakecase \"Duration2m3s\""
     " }} {{ snakecase \"Bld4Floor3rd\" }} {{ snakecase \"a.b,C\" }} {{ snakecase \"\346\227"
     "\245\346\234\254Go\" }}",
     "first_name http_server go_path http_2xx http_20x_ok duration_2m3s bld4_floor_3rd a.b,c "
     "\346\227\245\346\234\254_go"},
    {"{{ kebabcase \"NoHTTPS\" }} {{ kebabcase \"GO PATH\" }} {{ kebabcase \"x  y\" }} {{ keba"
     "bcase \"a1B2\" }} {{ kebabcase \"\" }}",
     "no-https go-path x--y a1-b2 "},
};

Test(template_functions, case)
{
    check(case_rows, kz_countof(case_rows));
}

static const struct row layout_rows[] = {
    {"{{ indent 2 \"a\\nb\\n\" }}|{{ nindent 1 \"x\" }}|{{ indent 0 \"\" }}",
     "  a\n  b\n  |\n x|"},
    {"{{ indent -1 \"a\" }}",
     "! template: t:1:3: executing \"t\" at <indent -1 \"a\">: error calling indent: strings: "
     "negative Repeat count"},
    {"{{ wrap 5 \"aaa bbb cccccccccc d\" }}|{{ wrapWith 5 \"~\" \"aaa bbb cccccccccc d\" }}|{{"
     " wrap 0 \"ab c\" }}|{{ wrap 3 \"   a b\" }}",
     "aaa\nbbb\ncccccccccc\nd|aaa~bbb~ccccc~ccccc~d|ab\nc|a b"},
    {"{{ abbrev 5 \"hello world\" }}|{{ abbrev 3 \"hello\" }}|{{ abbrev 20 \"hello\" }}|{{ abb"
     "revboth 5 10 \"1234 5678 9123 4567\" }}|{{ abbrevboth 1 5 \"abcdefghij\" }}|{{ abbrevbot"
     "h 12 10 \"1234 5678 9123\" }}",
     "he...|hello|hello|...5678...|abcdefghij|...78 9123"},
};

Test(template_functions, layout)
{
    check(layout_rows, kz_countof(layout_rows));
}

static const struct row parts_rows[] = {
    {"{{ split \",\" \"a,b\" }} {{ splitn \",\" 2 \"a,b,c\" }} {{ splitList \",\" \"\" | len }"
     "} {{ splitList \"\" \"a\303\251\" }} {{ splitn \"\" 2 \"abc\" }} {{ splitn \",\" 0 \"a\""
     " }}",
     "map[_0:a _1:b] map[_0:a _1:b,c] 1 [a \303\251] map[_0:a _1:bc] map[]"},
    {"{{ toStrings (list 1 nil 2.5 \"x\") | toJson }} {{ toStrings nil | toJson }} {{ toString"
     "s 3 | toJson }}",
     "[\"1\",\"2.5\",\"x\"] [] [\"3\"]"},
    {"{{ join \"-\" (list 1 nil \"b\") }} {{ join \",\" \"x\" }} {{ join \",\" nil }}",
     "1-b x "},
    {"{{ sortAlpha (list \"b\" 10 9 nil \"a\") }} {{ sortAlpha nil }} {{ $l := splitList \",\""
     " \"b,a\" }}{{ $_ := sortAlpha $l }}{{ $l }}",
     "[10 9 a b] [<nil>] [a b]"},
};

Test(template_functions, parts)
{
    check(parts_rows, kz_countof(parts_rows));
}

static const struct row numbers_rows[] = {
    {"{{ int \"1.9\" }} {{ int \"0x1F\" }} {{ int \"012\" }} {{ int \"08\" }} {{ atoi \"08\" }"
     "} {{ int true }} {{ int nil }} {{ int 1.9 }} {{ int \"1_000\" }} {{ int \"1.0\" }} {{ in"
     "t (list) }} {{ int64 \"0b101\" }} {{ int \"99999999999999999999\" }} {{ atoi \"999999999"
     "99999999999\" }} {{ int 1e30 }}",
     "0 31 10 0 8 1 0 1 1000 1 0 5 0 9223372036854775807 -9223372036854775808"},
    {"{{ float64 \"1e3\" }} {{ float64 \"x\" }} {{ float64 \"0x1p4\" }} {{ float64 \"inf\" }} "
     "{{ float64 true }} {{ float64 \"1_0\" }} {{ float64 \"0x1\" }}",
     "1000 0 16 +Inf 1 10 0"},
    {"{{ toDecimal 777 }} {{ toDecimal \"0777\" }} {{ toDecimal \"9\" }}",
     "511 511 0"},
    {"{{ add 1 \"2\" 3.9 }} {{ add }} {{ add1 41 }} {{ sub 1 3 }} {{ mul 2 3 4 }} {{ div 7 2 }"
     "} {{ div -7 2 }} {{ mod -7 3 }} {{ mul 9223372036854775807 2 }} {{ div -9223372036854775"
     "808 -1 }}",
     "6 0 42 -2 24 3 -3 -1 -2 -9223372036854775808"},
    {"{{ div 1 0 }}",
     "! template: t:1:3: executing \"t\" at <div 1 0>: error calling div: runtime error: integ"
     "er divide by zero"},
    {"{{ mod 1 0 }}",
     "! template: t:1:3: executing \"t\" at <mod 1 0>: error calling mod: runtime error: integ"
     "er divide by zero"},
    {"{{ max 1 5 3 }} {{ min 2 \"1\" 3 }} {{ maxf 1.5 2 }} {{ minf 1 -0.5 }} {{ biggest 1 2 }}"
     " {{ maxf \"nan\" 1 }} {{ maxf \"nan\" \"inf\" }}",
     "5 1 2 -0.5 2 NaN +Inf"},
    {"{{ floor 1.9 }} {{ ceil \"1.1\" }} {{ round 123.555 2 }} {{ round 2.5 0 }} {{ round -2.5"
     " 0 }} {{ round 2.4 0 0.4 }} {{ round 123.555 -2 }} {{ round 1 400 }}",
     "1 2 123.56 3 -3 2 100 NaN"},
    {"{{ addf 0.1 0.2 }} {{ add1f 1.5 }} {{ subf 0.3 0.1 }} {{ mulf 1.1 1.1 }} {{ divf 1 3 }} "
     "{{ divf 2 3 }} {{ divf -2 3 }} {{ addf 1e300 1e-300 }} {{ mulf 1e300 1e300 }} {{ mulf 1e"
     "-300 1e-300 }} {{ addf }} {{ divf 10 4 }}",
     "0.3 2.5 0.2 1.21 0.3333333333333333 0.6666666666666667 -0.6666666666666667 1e+300 +Inf 0"
     " 0 2.5"},
    {"{{ divf 1 0 }}",
     "! template: t:1:3: executing \"t\" at <divf 1 0>: error calling divf: decimal division b"
     "y 0"},
    {"{{ addf \"inf\" }}",
     "! template: t:1:3: executing \"t\" at <addf \"inf\">: error calling addf: Cannot create "
     "a Decimal from +Inf"},
    {"{{ until 3 }} {{ until -2 }} {{ untilStep 0 10 3 }} {{ untilStep 5 0 -2 }} {{ untilStep "
     "0 5 0 }} {{ untilStep 0 5 -1 }}",
     "[0 1 2] [0 -1] [0 3 6 9] [5 3 1] [] []"},
    {"{{ seq 3 }}|{{ seq -1 }}|{{ seq 2 4 }}|{{ seq 4 2 }}|{{ seq 1 2 6 }}|{{ seq 5 -2 1 }}|{{"
     " seq 5 2 1 }}|{{ seq }}|{{ seq 1 1 1 1 }}|{{ seq 0 }}",
     "1 2 3|1 0 -1|2 3 4|4 3 2|1 3 5|5 3 1||||1 0"},
    {"{{ printf \"%T %T %T %T %T\" (int 1) (add 1) (addf 1) (until 1) (floor 1) }}",
     "int int64 float64 []int float64"},
};

Test(template_functions, numbers)
{
    check(numbers_rows, kz_countof(numbers_rows));
}

static const struct row lists_rows[] = {
    {"{{ list 1 \"a\" nil | toJson }} {{ tuple | toJson }} {{ append (list 1) 2 }} {{ push (li"
     "st) nil | toJson }} {{ prepend (until 2) \"x\" }} {{ concat (list 1) (splitList \",\" \""
     "a,b\") }} {{ concat | toJson }}",
     "[1,\"a\",null] [] [1 2] [null] [x 0 1] [1 a b] null"},
    {"{{ append \"x\" 1 }}",
     "! template: t:1:3: executing \"t\" at <append \"x\" 1>: error calling append: Cannot pus"
     "h on type string"},
    {"{{ concat 1 }}",
     "! template: t:1:3: executing \"t\" at <concat 1>: error calling concat: Cannot concat ty"
     "pe int as list"},
    {"{{ first nil }}",
     "! template: t:1:3: executing \"t\" at <first nil>: error calling first: runtime error: i"
     "nvalid memory address or nil pointer dereference"},
    {"{{ first \"abc\" }}",
     "! template: t:1:3: executing \"t\" at <first \"abc\">: error calling first: Cannot find "
     "first on type string"},
    {"{{ first (list 1 2) }} {{ last (list 1 2) }} {{ rest (list 1 2 3) }} {{ initial (list 1 "
     "2 3) }} {{ rest (list) | toJson }} {{ initial (list) | toJson }} {{ first (list) | toJso"
     "n }}",
     "1 2 [2 3] [1 2] null null null"},
    {"{{ slice (list 1 2 3) 1 }} {{ slice (list 1 2 3) 1 2 }} {{ slice (list 1 2 3) }} {{ slic"
     "e (list) 4 | toJson }} {{ slice (until 3) 1 | typeOf }}",
     "[2 3] [2] [1 2 3] null []int"},
    {"{{ slice (list 1) 0 2 }}",
     "! template: t:1:3: executing \"t\" at <slice (list 1) 0 2>: error calling slice: reflect"
     ".Value.Slice: slice index out of bounds"},
    {"{{ slice \"abc\" 1 }}",
     "! template: t:1:3: executing \"t\" at <slice \"abc\" 1>: error calling slice: list shoul"
     "d be type of slice or array but string"},
    {"{{ chunk 2 (list 1 2 3) }} {{ chunk 2 (list) | toJson }} {{ chunk -2 (list 1 2 3) }} {{ "
     "chunk 5 (list 1) | typeOf }}",
     "[[1 2] [3]] [] [] [][]interface {}"},
    {"{{ chunk 0 (list 1) }}",
     "! template: t:1:3: executing \"t\" at <chunk 0 (list 1)>: error calling chunk: runtime e"
     "rror: makeslice: len out of range"},
    {"{{ chunk -2 (list) }}",
     "! template: t:1:3: executing \"t\" at <chunk -2 (list)>: error calling chunk: runtime er"
     "ror: makeslice: len out of range"},
    {"{{ reverse (list 1 2 3) }} {{ compact (list 0 \"\" nil 1 (list) \"a\") }} {{ uniq (list "
     "1 1.0 1 \"a\" \"a\" (list 1) (list 1)) }} {{ without (list 1 2 3) 2 4 }} {{ has 2 (list "
     "1 2) }} {{ has 2.0 (list 1 2) }} {{ has 1 nil }}",
     "[3 2 1] [1 a] [1 1 a [1]] [1 3] true false false"},
    {"{{ has 1 \"abc\" }}",
     "! template: t:1:3: executing \"t\" at <has 1 \"abc\">: error calling has: Cannot find ha"
     "s on type string"},
};

Test(template_functions, lists)
{
    check(lists_rows, kz_countof(lists_rows));
}

static const struct row dicts_rows[] = {
    {"{{ dict \"a\" 1 \"b\" | toJson }} {{ dict 1 2 | toJson }} {{ get (dict \"a\" 1) \"a\" }}"
     "{{ get (dict) \"x\" | quote }} {{ hasKey (dict \"a\" nil) \"a\" }}",
     "{\"a\":1,\"b\":\"\"} {\"1\":2} 1\"\" true"},
    {"{{ $d := dict \"a\" 1 }}{{ $_ := set $d \"b\" 2 }}{{ $_ := unset $d \"a\" }}{{ $d }}",
     "map[b:2]"},
    {"{{ pluck \"a\" (dict \"a\" 1) (dict) (dict \"a\" 2) }} {{ pick (dict \"a\" 1 \"b\" 2) \""
     "b\" \"z\" }} {{ omit (dict \"a\" 1 \"b\" 2) \"b\" }} {{ keys (dict \"a\" 1) }} {{ values"
     " (dict \"a\" 1) }}",
     "[1 2] map[b:2] map[a:1] [a] [1]"},
    {"{{ dig \"a\" \"b\" \"x\" (dict \"a\" (dict \"b\" 1)) }} {{ dig \"a\" \"z\" \"x\" (dict "
     "\"a\" (dict \"b\" 1)) }}",
     "1 x"},
    {"{{ dig \"a\" \"x\" }}",
     "! template: t:1:3: executing \"t\" at <dig \"a\" \"x\">: error calling dig: dig needs at"
     " least three arguments"},
    {"{{ dig \"a\" \"x\" nil }}",
     "! template: t:1:3: executing \"t\" at <dig \"a\" \"x\" nil>: error calling dig: interfac"
     "e conversion: interface {} is nil, not map[string]interface {}"},
    {"{{ dig \"a\" 1 \"x\" (dict) }}",
     "! template: t:1:3: executing \"t\" at <dig \"a\" 1 \"x\" (dict)>: error calling dig: int"
     "erface conversion: interface {} is int, not string"},
    {"{{ dig \"a\" \"b\" \"x\" (dict \"a\" 1) }}",
     "! template: t:1:3: executing \"t\" at <dig \"a\" \"b\" \"x\" (dict \"a\" 1)>: error call"
     "ing dig: interface conversion: interface {} is int, not map[string]interface {}"},
    {"{{ deepCopy nil }}",
     "! template: t:1:3: executing \"t\" at <deepCopy nil>: error calling deepCopy: reflect: c"
     "all of reflect.Value.Type on zero Value"},
    {"{{ $a := dict \"x\" (dict \"y\" 1) }}{{ $b := deepCopy $a }}{{ $_ := set $b.x \"y\" 2 }}"
     "{{ $a }} {{ $b }}",
     "map[x:map[y:1]] map[x:map[y:2]]"},
    {"{{ merge (dict \"a\" \"\" \"b\" 1) (dict \"a\" 2 \"b\" 3 \"c\" nil) }} {{ mergeOverwrite"
     " (dict \"a\" 1 \"b\" 2) (dict \"a\" \"\" \"b\" nil \"c\" (list)) }}",
     "map[a:2 b:1] map[a: b:<nil> c:[]]"},
    {"{{ merge (dict \"a\" (dict \"b\" 0)) (dict \"a\" (dict \"b\" 1 \"c\" 2)) (dict \"a\" 5) "
     "}} {{ mergeOverwrite (dict \"a\" (dict \"b\" 0)) (dict \"a\" (list 1)) }} {{ merge (dict"
     " \"a\" (list)) (dict \"a\" (list 1)) }}",
     "map[a:map[b:1 c:2]] map[a:[1]] map[a:[1]]"},
    {"{{ $a := dict }}{{ $b := dict \"x\" (dict \"y\" 1) }}{{ $_ := merge $a $b }}{{ $_ := set"
     " $a.x \"z\" 2 }}{{ $b }}",
     "map[x:map[y:1 z:2]]"},
    {"{{ $e := dict }}{{ $a := dict \"x\" $e }}{{ $_ := merge $a (dict \"x\" (dict \"y\" 1)) }"
     "}{{ $e }} {{ $a }}",
     "map[y:1] map[x:map[y:1]]"},
};

Test(template_functions, dicts)
{
    check(dicts_rows, kz_countof(dicts_rows));
}

static const struct row defaults_rows[] = {
    {"{{ default \"d\" \"\" }} {{ default \"d\" 0 }} {{ default \"d\" \"x\" }} {{ default \"d"
     "\" }} {{ default \"d\" nil }} {{ .missing | default \"d\" }}",
     "d d x d d d"},
    {"{{ empty nil }} {{ empty 0.0 }} {{ empty (list) }} {{ empty (dict \"a\" 1) }} {{ coalesc"
     "e 0 \"\" \"x\" 1 }} {{ coalesce | toJson }} {{ any 0 1 }} {{ all 0 1 }} {{ all }} {{ any"
     " }}",
     "true true true false x null true false true false"},
    {"{{ ternary 1 2 true }} {{ ternary 1 2 false }}",
     "1 2"},
    {"{{ ternary 1 2 \"x\" }}",
     "! template: t:1:15: executing \"t\" at <\"x\">: expected bool; found \"x\""},
    {"{{ typeOf 1 }} {{ typeOf nil }} {{ kindOf (dict) }} {{ kindOf nil }} {{ typeIs \"string"
     "\" \"x\" }} {{ typeIsLike \"int\" 1 }} {{ kindIs \"slice\" (list) }} {{ deepEqual (list "
     "1) (list 1) }} {{ deepEqual 1 1.0 }} {{ typeOf (list) }} {{ typeOf (split \",\" \"\") }}",
     "int <nil> map invalid true true true true false []interface {} map[string]string"},
};

Test(template_functions, defaults)
{
    check(defaults_rows, kz_countof(defaults_rows));
}

static const struct row json_rows[] = {
    {"{{ toJson (dict \"b\" 1 \"a\" (list nil true 1.5 1e21 1e-7 \"<&>\\u2028\\b\\x7f\")) }}",
     "{\"a\":[null,true,1.5,1e+21,1e-7,\"\\u003c\\u0026\\u003e\\u2028\\b\177\"],\"b\":1}"},
    {"{{ toRawJson \"<&>\" }} {{ toPrettyJson (dict \"a\" (list 1) \"b\" (dict) \"c\" (list)) "
     "}}",
     "\"<&>\" {\n  \"a\": [\n    1\n  ],\n  \"b\": {},\n  \"c\": []\n}"},
    {"{{ toJson (float64 \"nan\") | quote }}",
     "\"\""},
    {"{{ mustToJson (float64 \"nan\") }}",
     "! template: t:1:3: executing \"t\" at <mustToJson (float64 \"nan\")>: error calling must"
     "ToJson: json: unsupported value: NaN"},
    {"{{ toRawJson (float64 \"-inf\") }}",
     "! template: t:1:3: executing \"t\" at <toRawJson (float64 \"-inf\")>: error calling toRa"
     "wJson: json: unsupported value: -Inf"},
    {"{{ fromJson \"{\\\"a\\\":[1,{\\\"b\\\":null}],\\\"c\\\":\\\"\\\\u00e9\\\\ud83d\\\\ude00"
     "\\\\ud83d\\\"}\" }} {{ fromJson \"null\" | toJson }} {{ fromJson \"[]\" }} {{ fromJsonAr"
     "ray \"[1]\" }} {{ fromJsonArray \"{}\" }} {{ mustFromJson \"3\" }}",
     "map[a:[1 map[b:<nil>]] c:\303\251\360\237\230\200\357\277\275] null map[Error:json: cann"
     "ot unmarshal array into Go value of type map[string]interface {}] [1] [json: cannot unma"
     "rshal object into Go value of type []interface {}] 3"},
    {"{{ fromJson \"{a}\" }} {{ fromJson \"\" }} {{ fromJson \"tru\" }} {{ fromJson \"{\\\"a\\"
     "\":1,}\" }} {{ fromJson \"[1 2]\" }} {{ fromJson \"01\" }} {{ fromJson \"\\\"\\\\q\\\"\""
     " }} {{ fromJson \"{\\\"a\\\":1e999}\" }} {{ fromJson \"1.\" }} {{ fromJson \"'\" }}",
     "map[Error:invalid character 'a' looking for beginning of object key string] map[Error:un"
     "expected end of JSON input] map[Error:invalid character ' ' in literal true (expecting '"
     "e')] map[Error:invalid character '}' looking for beginning of object key string] map[Err"
     "or:invalid character '2' after array element] map[Error:invalid character '1' after top-"
     "level value] map[Error:invalid character 'q' in string escape code] map[Error:json: cann"
     "ot unmarshal number 1e999 into Go value of type float64 a:<nil>] map[Error:invalid chara"
     "cter ' ' after decimal point in numeric literal] map[Error:invalid character '\\'' looki"
     "ng for beginning of value]"},
    {"{{ mustFromJson \"{\" }}",
     "! template: t:1:3: executing \"t\" at <mustFromJson \"{\">: error calling mustFromJson: "
     "unexpected end of JSON input"},
};

Test(template_functions, json)
{
    check(json_rows, kz_countof(json_rows));
}

static const struct row documents_rows[] = {
    {"{{ toYaml (dict \"a\" (list 1 2 (dict \"x\" 1 \"y\" (list 1)) (list 3 4)) \"z\" \"y\" \""
     "<<\" 1) }}",
     "<<: 1\na:\n- 1\n- 2\n- x: 1\n  \"y\":\n  - 1\n- - 3\n  - 4\nz: \"y\""},
    {"{{ toYamlPretty (dict \"a\" (list 1 2 (dict \"x\" 1 \"y\" (list 1))) \"z\" \"y\") }}",
     "a:\n  - 1\n  - 2\n  - x: 1\n    \"y\":\n      - 1\nz: \"y\""},
    {"{{ toYaml \"a\\u0085b\" }}|{{ toYaml \"\\x7f\" }}|{{ toYaml \"\\xff\" }}|{{ toYaml (dict"
     " \"a\\u0085\" 1) }}|{{ toYaml nil }}|{{ toYaml (float64 \"nan\") }}|{{ toYaml 1e6 }}",
     "a b||\357\277\275||null||1000000"},
    {"{{ fromYaml \"a: 1\\nb: [x, null]\\n\" | toJson }} {{ fromYaml \"\" | toJson }} {{ fromY"
     "aml \"a: 1\\n---\\nb: [\" | toJson }} {{ fromYamlArray \"- 1\\n- a\" }} {{ fromYaml \"a:"
     " 1\\na: 2\" }}",
     "{\"a\":1,\"b\":[\"x\",null]} {} {\"a\":1} [1 a] map[a:2]"},
    {"{{ fromYaml \"- a\" }}|{{ fromYamlArray \"a: 1\" }}|{{ fromYaml \"a: b: c\" }}|{{ fromYa"
     "ml \"a:\\n\\t- b\" }}|{{ fromYaml \"x: [1,2\" }}|{{ fromYaml \"foo: bar\\n baz: 1\\n\" }"
     "}",
     "map[Error:error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array int"
     "o Go value of type map[string]interface {}]|[error unmarshaling JSON: while decoding JSO"
     "N: json: cannot unmarshal object into Go value of type []interface {}]|map[Error:error c"
     "onverting YAML to JSON: yaml: mapping values are not allowed in this context]|map[Error:"
     "error converting YAML to JSON: yaml: line 2: found character that cannot start any token"
     "]|map[Error:error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']"
     "']|map[Error:error converting YAML to JSON: yaml: line 2: mapping values are not allowed"
     " in this context]"},
    {"{{ fromYaml \"a: .inf\" }}|{{ fromYamlArray \"- -.Inf\" }}|{{ fromYaml \"a: *x\" }}|{{ "
     "fromYaml \"a: &x [*x]\" }}|{{ fromYaml \"y:\\n  - a\\n  b: 1\" }}|{{ fromYaml \"a: é\\n---\\nb"
     ": [\" }}",
     "map[Error:error converting YAML to JSON: json: unsupported value: +Inf]|[error convertin"
     "g YAML to JSON: json: unsupported value: -Inf]|map[Error:error converting YAML to JSON: "
     "yaml: unknown anchor 'x' referenced]|map[Error:error converting YAML to JSON: yaml: anch"
     "or 'x' value contains itself]|map[Error:error converting YAML to JSON: yaml: line 2: did"
     " not find expected '-' indicator]|map[a:é]"},
    {"{{ toToml (dict \"a\" 1 \"b.c\" \"x\\n\" \"d\" (dict \"e\" 1.5 \"f\" (dict)) \"g\" (list"
     " (dict \"h\" 1) (dict \"i\" 2)) \"j\" (list 1 (dict \"k\" nil \"l\" 2))) }}",
     "a = 1\n\"b.c\" = \"x\\n\"\nj = [1, {l = 2}]\n\n[d]\n  e = 1.5\n  [d.f]\n\n[[g]]\n  h = 1"
     "\n\n[[g]]\n  i = 2\n"},
    {"{{ toToml (dict \"a\" (list nil)) }}|{{ toToml (list (dict)) }}|{{ toToml 1.0 }}",
     "toml: cannot encode array with nil element|toml: top-level values must be Go maps or str"
     "ucts|1.0"},
    {"{{ toToml nil }}",
     "! template: t:1:3: executing \"t\" at <toToml nil>: error calling toToml: reflect: call "
     "of reflect.Value.Type on zero Value"},
    {"{{ fromToml \"a = 1\\nb = [1.5, 'x']\\n[c]\\nd.e = true\\n[[f]]\\ng = \\\"\\\\u00e9\\\""
     "\\n[[f]]\\n\" }} {{ fromToml \"[[f]]\\n[[f]]\" | toJson }}",
     "map[a:1 b:[1.5 x] c:map[d:map[e:true]] f:[map[g:\303\251] map[]]] {\"f\":[{},{}]}"},
};

Test(template_functions, documents)
{
    check(documents_rows, kz_countof(documents_rows));
}

/* Where Go would not come back, ours ends with a limit. */
Test(template_functions, limits)
{
    static const struct row rows[] = {
        {"{{ until 999999999999 }}", "a sequence of 999999999999 numbers, more than 16777216"},
        {"{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ deepCopy $d }}",
         "a value is nested deeper than 1000 levels or contains itself"},
        {"{{ indent 999999999999 \"a\" }}", "a text is larger than"},
        {"{{ repeat 999999999 \"aaaaaaaaaa\" }}", ""},
    };
    static const struct kz_func *const tables[] = {kz_funcs_numbers, kz_funcs_dicts,
                                                   kz_funcs_layout, kz_funcs_strings};
    const struct kz_render_case c = {.tables = tables, .n_tables = kz_countof(tables)};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
        const char *got = kz_test_render(a, &c, rows[i].in);
        cr_expect(got[0] == '!' && strstr(got, rows[i].want) != NULL, "%s: %s", rows[i].in, got);
    }
}
/* clang-format on */
