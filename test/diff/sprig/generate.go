// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"math/rand"
	"strings"
)

func pick(r *rand.Rand, of ...string) string { return of[r.Intn(len(of))] }

// pieces joins up to n of the given pieces.
func pieces(r *rand.Rand, n int, of ...string) string {
	var b strings.Builder
	for k := r.Intn(n + 1); k > 0; k-- {
		b.WriteString(pick(r, of...))
	}
	return b.String()
}

func text(r *rand.Rand) string {
	return pieces(r, 8, "a", "b", "abc", " ", "1", "23", "é", "☃", "\n", "-", ".", "_", "x", "Z", "\xff", "\xe2\x98", "", "/", "\t", "=")
}

func call(f string, args ...any) string {
	var b strings.Builder
	b.WriteString("{{ " + f)
	for _, a := range args {
		switch v := a.(type) {
		case string:
			fmt.Fprintf(&b, " %q", v)
		case raw:
			b.WriteString(" " + string(v))
		default:
			fmt.Fprintf(&b, " %v", v)
		}
	}
	b.WriteString(" }}")
	return b.String()
}

// An expression that is passed on as it is.
type raw string

var families = map[string]func(r *rand.Rand) string{
	"base64": func(r *rand.Rand) string {
		t := text(r)
		if r.Intn(2) == 0 {
			return call("b64enc", t)
		}
		e := []byte(base64.StdEncoding.EncodeToString([]byte(t)))
		for k := r.Intn(3); k > 0 && len(e) > 0; k-- {
			e[r.Intn(len(e))] = "=\n!A/"[r.Intn(5)]
		}
		s := string(e)
		if r.Intn(3) == 0 && len(s) > 0 {
			at := r.Intn(len(s))
			s = s[:at] + pick(r, "\n", "=", "", "x") + s[at+r.Intn(2):]
		}
		return call("b64dec", s)
	},
	"base32": func(r *rand.Rand) string {
		t := text(r)
		if r.Intn(2) == 0 {
			return call("b32enc", t)
		}
		e := []byte(base32.StdEncoding.EncodeToString([]byte(t)))
		for k := r.Intn(3); k > 0 && len(e) > 0; k-- {
			e[r.Intn(len(e))] = "=\n!A7"[r.Intn(5)]
		}
		s := string(e)
		if r.Intn(3) == 0 && len(s) > 0 {
			at := r.Intn(len(s))
			s = s[:at] + pick(r, "\n", "=", "", "X") + s[at+r.Intn(2):]
		}
		return call("b32dec", s)
	},
	"sum": func(r *rand.Rand) string {
		return call(pick(r, "sha1sum", "sha256sum", "sha512sum", "adler32sum"), text(r))
	},
	"path": func(r *rand.Rand) string {
		p := pieces(r, 9, "/", "/", "..", ".", "a", "bc", "x.yaml", "/", "//", "é", "../", "./")
		return call(pick(r, "base", "dir", "clean", "ext", "isAbs", "osBase", "osDir", "osClean", "osExt", "osIsAbs"), p)
	},
	"regex": func(r *rand.Rand) string {
		re := pieces(r, 6, "a", "b", "[a-z]", "\\d", "+", "*", "?", "(", ")", "|", ".", "^", "$", "\\b", "x", "{2}", "{1,3}",
			"[^a]", "(?i)", "(?:", "(?P<n>", "(?<n>", "\\s", "\\w", " ", "é", "[[:alpha:]]", "\\.", "-", "(a)", "(b*)", "(?s)", "(?m)", "\\pL", "[", "\\")
		t := text(r)
		must := pick(r, "", "must")
		name := func(s string) string {
			if must == "" {
				return s
			}
			return must + strings.ToUpper(s[:1]) + s[1:]
		}
		n := r.Intn(6) - 2
		repl := pieces(r, 4, "$1", "${1}", "$0", "$n", "${n}", "$$", "$", "W", "-", "$1W", "${1}W", "${", "$2", "${x", "}", "é")
		switch r.Intn(7) {
		case 0:
			return call(name("regexMatch"), re, t)
		case 1:
			return call(name("regexFind"), re, t)
		case 2:
			return "{{ printf \"%q\" (" + strings.Trim(call(name("regexFindAll"), re, t, n), "{} ") + ") }}"
		case 3:
			return call(name("regexReplaceAll"), re, t, repl)
		case 4:
			return call(name("regexReplaceAllLiteral"), re, t, repl)
		case 5:
			return "{{ printf \"%q\" (" + strings.TrimSuffix(strings.TrimPrefix(call(name("regexSplit"), re, t, n), "{{ "), " }}") + ") }}"
		}
		return call("regexQuoteMeta", re)
	},
	"semver": func(r *rand.Rand) string {
		num := func() string { return pick(r, "0", "1", "2", "3", "10", "01", "1", "2", "18446744073709551616") }
		pre := func() string {
			return pick(r, "", "", "", "", "-0", "-alpha", "-alpha.1", "-rc.1", "-01", "-a..b", "-", "-gke.100")
		}
		version := func() string {
			v := pick(r, "", "", "v", "V") + num()
			for k := r.Intn(4); k > 0; k-- {
				v += "." + num()
			}
			if r.Intn(9) == 0 {
				v += pick(r, ".", " ", "x", "..1")
			}
			return v + pre() + pick(r, "", "", "", "+b", "+b.1", "+", "+01")
		}
		part := func() string { return pick(r, "0", "1", "2", "3", "x", "X", "*", "10", "1x", "01") }
		bound := func() string {
			v := pick(r, "", "", "v") + part()
			for k := r.Intn(3); k > 0; k-- {
				v += "." + part()
			}
			return pick(r, "", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^", "^", "~", ">=") + pick(r, "", "", " ") + v + pre() + pick(r, "", "", "", "+b")
		}
		switch r.Intn(6) {
		case 0:
			return call("semver", version())
		case 1:
			return "{{ (semver " + fmt.Sprintf("%q", version()) + ")." + pick(r, "Major", "Minor", "Patch", "Prerelease", "Metadata", "Original", "String", "IncMajor", "IncMinor", "IncPatch", "IncMinor.Original", `SetPrerelease "rc.1"`, `SetPrerelease "01"`, `SetPrerelease "a_b"`, `SetMetadata "x.1"`, `SetMetadata "_"`) + " }}"
		case 2:
			return fmt.Sprintf("{{ $v := semver %q }}{{ (semver %q).%s $v }}", version(), version(), pick(r, "Compare", "LessThan", "GreaterThan", "Equal", "LessThanEqual", "GreaterThanEqual"))
		}
		c := bound()
		for k := r.Intn(3); k > 0; k-- {
			c += pick(r, " ", ",", ", ", " , ", "||", " || ", " - ", "") + bound()
		}
		return call("semverCompare", c, version())
	},
	"url": func(r *rand.Rand) string {
		word := func() string {
			return pieces(r, 3, "a", "b.c", "%20", "%zz", "é", "-", "_", "~", "!", "*", "+", "[", "]", "1", ":", "@", ",", ";", "=", "&", "$", "'", "(", "\"", "<", " ", "%2F", "%C3%A9", "^", "|")
		}
		switch r.Intn(3) {
		case 0, 1:
			u := pick(r, "http://", "https://", "HTTP://", "mailto:", "//", "", "/", "x+y.z:", ":", "1a://", "file:///", "unix:")
			if r.Intn(3) == 0 {
				u += pick(r, "u", "u:p", "u%40:p%3A", "a b", word(), ":") + "@"
			}
			u += pick(r, "", "h", "h:80", "h:", "h:x", "[::1]", "[::1]:8", "[fe80::1%25en0]", "[::1", "a.b.c", word())
			u += pick(r, "", "/", "/p/q", "/"+word(), "/a b", "/%41", "*")
			u += pick(r, "", "?", "?q=1", "?a=b&c", "?"+word())
			u += pick(r, "", "#", "#f", "#"+word())
			return call("urlParse", u)
		}
		var b strings.Builder
		b.WriteString("{{ urlJoin (dict")
		for _, k := range []string{"scheme", "host", "path", "query", "opaque", "fragment", "userinfo"} {
			if r.Intn(2) == 0 {
				v := word()
				switch {
				case k == "scheme" && r.Intn(2) == 0:
					v = "https"
				case k == "path" && r.Intn(2) == 0:
					v = "/" + v
				case k == "opaque" && r.Intn(4) != 0:
					v = ""
				case k == "userinfo" && r.Intn(2) == 0:
					v = "u:p"
				}
				fmt.Fprintf(&b, " %q %s", k, quoteOr(r, v))
			}
		}
		b.WriteString(") }}")
		return b.String()
	},
	"date": date,
	"duration": func(r *rand.Rand) string {
		d := pieces(r, 4, "1h", "30m", "2s", "1.5h", "100ms", "3us", "7ns", "0", "-", "+", "1", ".5s", "x", "1d", "9223372036s", "1.0000000001h", "µs", "5µs", ".", " ")
		switch r.Intn(5) {
		case 0:
			return call("duration", pick(r, "3661", "0", "-5", "x", "", "99999999999999999999", "+7", "007"))
		case 1:
			return call("duration", r.Intn(100000)-5000)
		case 2:
			return call("durationRound", d)
		case 3:
			return fmt.Sprintf("{{ mustDateModify %q (toDate \"2006-01-02\" \"2020-05-06\") }}", d)
		}
		return fmt.Sprintf("{{ dateModify %q (toDate \"2006-01-02\" \"2020-05-06\") }}", d)
	},
	"secret": func(r *rand.Rand) string {
		switch r.Intn(12) {
		case 0:
			return call("derivePassword", r.Intn(5), pick(r, "maximum", "long", "medium", "short", "basic", "pin", "x"), text(r), text(r), text(r))
		case 1:
			return call("htpasswd", "a:b", text(r))
		case 2:
			return call("genPrivateKey", pick(r, "x", "RSA", " "))
		case 3:
			return call("bcrypt", strings.Repeat("x", 73))
		case 4:
			return call("decryptAES", text(r), pick(r, "", "!", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAAA=", "30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ="))
		case 5:
			return call("decryptAES", "secretkey", "30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=")
		case 6:
			return call("randAlphaNum", -r.Intn(3))
		case 7:
			return call("randBytes", 0)
		}
		return fmt.Sprintf("{{ encryptAES %q %q | decryptAES %q }}", "k", text(r), "k")
	},
}

func quoteOr(r *rand.Rand, s string) string {
	if r.Intn(30) == 0 {
		return pick(r, "1", "true", "1.5")
	}
	return fmt.Sprintf("%q", s)
}

var layouts = []string{
	"2006-01-02", "2006-01-02T15:04:05Z07:00", "Mon, 02 Jan 2006 15:04:05 MST", "Jan _2 15:04:05.000000", "3:04PM", "20060102150405",
	"Monday, January 2 2006", "2006-01-02 15:04:05.999999999 -0700 MST", "06-1-2 3:4:5 pm", "002 2006", "__2 2006", "15h04", "01/02 03:04:05PM '06 -0700",
	"2006-01-02T15:04:05,000Z0700", "Z07", "-07:00:00", "-070000", "Janet Mond", "_2006", "02 Jan 06 15:04 MST", "2006-01-02T15:04:05.999Z07:00:00",
}

var values = []string{
	"2020-05-06", "2020-02-30", "2021-02-29", "2024-02-29T23:59:59Z", "2020-05-06T07:08:09+02:00", "Wed, 06 May 2020 07:08:09 CET", "Wed, 06 May 2020 07:08:09 GMT+3",
	"3:04PM", "12:00AM", "13:00PM", "20200506070809", "126 2020", "366 2021", "060 2020", " 60 2020", "2020-05-06 07:08:09.123456789 +0000 UTC", "2020-05-06T07:08:09.5Z",
	"2020-13-06", "2020-05-06x", "", "x", "20-5-6 7:8:9 am", "2020-05-06T24:00:00Z", "2020-05-06T07:60:00Z", "2020-05-06T07:08:09-25:00", "may  6 07:08:09.123456",
	"Wednesday, May 6 2020", "06 May 20 07:08 MST", "-07:00:00", "+023015", "Z", "2020-05-06T07:08:09,123Z", "é",
}

func layout(r *rand.Rand) string {
	if r.Intn(2) == 0 {
		return layouts[r.Intn(len(layouts))]
	}
	return pieces(r, 8, "2006", "06", "01", "1", "Jan", "January", "02", "_2", "2", "__2", "002", "Mon", "Monday", "15", "03", "3", "04", "4", "05", "5", "PM", "pm", "MST",
		"-0700", "-07:00", "-07", "Z0700", "Z07:00", "Z07", "-070000", "-07:00:00", "Z07:00:00", ".000", ".999", ",00", ".9", " ", "-", ":", "T", "/", "é", "a", "0", "7")
}

var zones = []string{"UTC", "", "Local", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca",
	"Asia/Tehran", "Europe/Dublin", "nowhere", "../etc", "Etc/GMT+5", "EST5EDT", "Antarctica/Troll", "America/Nuuk", "Asia/Pyongyang", "Europe/London"}

func date(r *rand.Rand) string {
	second := r.Int63n(8000000000) - 3000000000
	if r.Intn(20) == 0 {
		second = r.Int63n(800000000000) - 300000000000
	}
	value := values[r.Intn(len(values))]
	switch r.Intn(9) {
	case 0, 1, 2:
		return call("dateInZone", layout(r), second, zones[r.Intn(len(zones))])
	case 3:
		return call("date", layout(r), second)
	case 4:
		return call(pick(r, "mustToDate", "toDate"), layout(r), value)
	case 5: // a text that a layout made, perhaps broken
		l := layout(r)
		return fmt.Sprintf("{{ mustToDate %q (dateInZone %q %d %q) }}", l, l, second, zones[r.Intn(len(zones))])
	case 6:
		return call("htmlDateInZone", second, zones[r.Intn(len(zones))])
	case 7:
		return fmt.Sprintf("{{ $d := toDate %q %q }}{{ $d.%s }}", layouts[r.Intn(3)], value, pick(r, "Unix", "Year", "Month", "Day", "Weekday", "YearDay", "UnixNano", "IsZero", "UTC", "Hour",
			"AddDate 0 1 -5", "AddDate -1 14 40", `Format "Jan 2"`, "Month.String", "UnixMilli", "Nanosecond"))
	}
	return call("unixEpoch", raw(fmt.Sprintf("(toDate %q %q)", layouts[r.Intn(3)], value)))
}
