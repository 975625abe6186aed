package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// Texts written by hand, as JSON strings, one a line.
//
//go:embed typing.txt
var written string

// All texts, always in the same order.
func corpus() ([]string, error) {
	var texts []string
	for line := range strings.Lines(written) {
		var text string
		if err := json.Unmarshal([]byte(line), &text); err != nil {
			return nil, fmt.Errorf("typing.txt: %s: %w", line, err)
		}
		texts = append(texts, text)
	}
	suite, err := testSuite()
	if err != nil {
		return nil, err
	}
	texts = append(texts, suite...)
	for _, family := range []func() []string{
		disturbed, words, escapes, brackets, blockScalars, severalLines, markers, anchors, tags, comments,
	} {
		texts = append(texts, family()...)
	}
	return texts, nil
}

// The YAML test suite, as the module of another YAML library carries it.
func testSuite() ([]string, error) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/goccy/go-yaml").Output()
	if err != nil {
		return nil, fmt.Errorf("the YAML test suite: run `go mod download` first: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "testdata/yaml-test-suite/*/in.yaml"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("the YAML test suite is not in its module: %w", err)
	}
	sort.Strings(files)
	var texts []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

// Layouts that people write, small enough to disturb each of their bytes.
var layouts = []string{
	"a:\n  b: 1\nc: 2\n",
	"a: 1 # c\n# d\nb: 2\n",
	"a:\n- b\n- c: 1\n  d: 2\n",
	"a:\n  - - b\n    - c\n",
	"a: {b: 1, c: [d, e]}\n",
	"a: {\n  b: 1,\n  c: 2\n}\n",
	"a: [\n  b, c\n]\nd: 1\n",
	"a: \"b c\"\nd: 'e f'\n",
	"a: |\n  b\n   c\nd: 1\n",
	"a: >-\n  b\n  c\n",
	"a: &x {b: 1}\nc: *x\n",
	"---\na: 1\n---\nb: 2\n",
	"{\"a\": 1, \"b\": [true]}",
	"? a\n: b\n",
	"a: b\n  c\nd: e\n",
}

// Each layout with one byte added, replaced or left out.
func disturbed() []string {
	marks := []string{
		"\t", " ", "\n", "\r", "#", " #", ":", "-", "?", ",", "[", "]", "{", "}", "'", "\"", "&", "*", "!", "|", ">", "%", "@", "`", "\\",
		"\ufeff", "\u0085", "\u2028", "\u00a0", "\u0007", "é", "\n\t\n", "\n\t# x\n",
	}
	var texts []string
	for _, layout := range layouts {
		for at := range len(layout) + 1 {
			for _, mark := range marks {
				texts = append(texts, layout[:at]+mark+layout[at:])
			}
			if at == len(layout) {
				continue
			}
			texts = append(texts, layout[:at]+layout[at+1:])
			if layout[at] == ' ' || layout[at] == '\n' {
				texts = append(texts, layout[:at]+"\t"+layout[at+1:])
			}
		}
		texts = append(texts, strings.ReplaceAll(layout, "\n", "\r\n"), strings.ReplaceAll(layout, "\n", "\r"))
	}
	return texts
}

// All sequences of up to `most` of these parts.
func sequences(parts []string, most int) []string {
	all, longest := []string{""}, []string{""}
	for range most {
		var longer []string
		for _, text := range longest {
			for _, part := range parts {
				longer = append(longer, text+part)
			}
		}
		all, longest = append(all, longer...), longer
	}
	return all
}

func each(texts []string, layouts ...string) []string {
	var made []string
	for _, layout := range layouts {
		for _, text := range texts {
			made = append(made, strings.ReplaceAll(layout, "X", text))
		}
	}
	return made
}

// Plain words: numbers, dates, booleans and what looks like them, as values and as keys.
func words() []string {
	var numbers []string
	for _, sign := range []string{"", "-", "+"} {
		for _, number := range []string{
			"0", "1", "00", "07", "08", "0777", "0o17", "0O17", "0x1F", "0X1f", "0xg", "0b101", "0B1", "0b2", "0b-1", "1_000", "_1", "1_", "0_7", "1__0",
			"1.0", "1.", ".5", ".", "..", "1.5e3", "1e3", "1E3", "1e+3", "1e-3", "1e", "1e400", "1.5e-400", ".e3", "1.2.3", "1,5", "1:30", "1:30:00", "190:20:30.15",
			"9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "1e18", "1e19", "1e21", "123456789.5", "0.1", "0.0000001", "100000.0", "1000000.0", "0x7fffffffffffffff", "0x8000000000000000", "0.5_0", "._5", ".5_",
			".inf", ".Inf", ".INF", ".iNF", ".nan", ".NaN", ".NAN", "inf", "nan", "Infinity", "0x", "0b", "0o", "0o8", "0x1.8p1", "1p4", "1_e3", "1f", "1L",
		} {
			numbers = append(numbers, sign+number)
		}
	}
	plain := []string{
		"2001-12-14", "2001-12-14T21:59:43.10-05:00", "2001-12-14 21:59:43", "2001-1-1", "12:30:45", "2001-12-14t21:59:43Z", "-2001-12-14", "20011214",
		"=", "<<", "<", ">a", "@a", "`a", "%a", "!", "*", "&", "-", "--", "---a", "- -", "?", "?a", ":", ":a", "a:", "::", "a:b", "a::b", "-a", "~", "~a", "~1", "null", "nil", "None", "undefined",
		"a#b", "a #b", "a\\b", "a'b", "a\"b", "'a'b", "\"a\"b", "http://h:80/?a=b#c", "[::1]", "a,b", "a?b", "a[b", "a]b", "a{b", "a}b", "{{a}}", "{{ .Values.a }}", "$(A)", "${A}",
		"y", "Y", "n", "N", "yes", "Yes", "YES", "yEs", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "true", "True", "TRUE", "tRue", "false", "False", "FALSE", "t", "f",
	}
	all := append(numbers, plain...)
	made := each(all, "a: X", "X: 1", "[X]")
	made = append(made, each(plain, "X", "- X", "{X: 1}", "{a: X}", "a: !!str X", "[X, 1]", "? X", "a: 'X'", "a: \"X\"", "a: X\nb: 1\n", "a: |\n  X\n")...)
	return append(made, each(numbers, "a: !!int X", "a: !!float X", "a: !!str X")...)
}

// Everything that a backslash can stand before.
func escapes() []string {
	var made []string
	for character := rune(' '); character < 127; character++ {
		made = append(made, "a: \"\\"+string(character)+"\"", "a: '\\"+string(character)+"'")
	}
	for _, code := range []string{
		"x4", "x41", "x4g", "xe9", "u00e9", "u12", "ud800", "udfff", "ud83d\\ude00", "uffff", "u0000", "U0001f600", "U00110000", "U0000d800", "U1", "x00", "ufeff", "\n", "\n  ", " \n  x", "\r\n  x", "\t", "\u0085  x", "é", "\ufeff",
	} {
		made = append(made, "a: \"\\"+code+"\"", "a: \"x\\"+code+"y\"", "\"\\"+code+"\": 1", "{\"a\": \"\\"+code+"\"}", "[\"\\"+code+"\"]", "# c\n{\"a\": \"\\"+code+"\"}")
	}
	return made
}

// What can stand in brackets, sound or not.
func brackets() []string {
	parts := []string{"a", "\"b\"", ":", ": ", ",", "?", "? ", "[", "]", "{", "}", " ", "\n"}
	made := each(sequences(parts[:6], 3), "{X}", "[X]")
	made = append(made, each(sequences(parts, 2), "x: {X}\n", "x: [X]\n", "{a: X}", "[a, X]", "x: {a X}", "x: [a]X\n", "{a: 1, X}")...)
	return append(made, each([]string{
		"", " ", "a", "a: 1", "a: 1,", ",", "a,,b", "a: , b", "a:1", "\"a\":1", "'a':1", "a: [b", "a: b]", "- a", "-", "-1", "- ", "a: - b", "? a", "? a : b", "? : b", ": b", ":", "a b: c", "a\n b: c", "\"a\"b", "\"a\" b: c",
		"*a", "&a", "&a b", "&a b: c", "!!str", "!!str a", "!a b", "a: !!str", "a: |", "a: >", "# c\n", "a # c\n", "a, # c\n b", "a,# c\n b", "a# c", "\n", "\na\n", "\n\ta", "\t", "a\t", "\ta: 1", "a:\t1", "a: 1\t,b: 2", "a:\n1", "a\n: 1", "a: b\nc: d", "%a", "@a", "`a", "a: %b", "--- a", "\n---\n", "\n...\n", "http://h", "h:80", "::", "a: :b", "a: b:", "a:: b", "[a]: b", "{a: b}: c", "[a, b]: [c]",
	}, "{X}", "[X]", "x: {X}", "x: [X]", "x: {X} # c\ny: 1\n", "x: [X]# c\n", "- {X}\n- [X]\n", "x:\n  {X}\n", "x:\n{X}\n", "x: [{X}, [X]]", "{X}: 1")...)
}

// Headers, indentations and ends of literal and folded scalars.
func blockScalars() []string {
	headers := []string{
		"|", ">", "|-", "|+", ">-", ">+", "|1", "|2", "|3", "|2-", "|-2", "|+1", "|0", "|9", "|10", "|--", "|-+", "| # c", "|# c", "|#c", "|- # c", "|-#c", "|x", "| x", "|\t", "|\t# c", "|2 # c", "| |", "!!str |", "&a |", "| \t", ">1-# c",
	}
	bodies := []string{
		"", "\n", "\n  b\n", "\n  b", "\n   b\n  c\n", "\n  b\n c\n", "\n b\n", "\nb\n", "\n  b\n\n\n", "\n\n  b\n", "\n   \n  b\n", "\n  b\n   \n", "\n  b\n \n  c\n", "\n  b\n# c\n", "\n  # c\n", "\n  b\n  # c\nd: 1\n", "\n  b\nd: 1\n", "\n\tb\n", "\n  \tb\n", "\n  b\n\tc\n", "\n  b\n  \tc\n", "\n\t\n  b\n", "\n  \n\t\n  b\n", "\n  b\n\t\n", "\n  b\n  \t\n", "\n \t\n  b\n", "\n  b\n  c\n\n  d\n   e\n  f\n", "\n  b\r\n  c\r\n", "\n  b\u0085  c\n", "\n  b\u2028  c\n", "\n  b\n---\nc: 1\n", "\n  b\n...\n", "\n  ---\n  b\n", "\n    b\n   c\n", "\n  - b\n  - c\n", "\n  b: {\n", "\n  \ufeffb\n", "\n  b\n\ufeff  c\n",
	}
	var made []string
	for number, header := range headers {
		for position, body := range bodies {
			made = append(made, "a: "+header+body)
			if number < 8 {
				made = append(made, "- "+header+body)
			}
			if number < 3 || position < 6 {
				made = append(made, "x:\n- a: "+header+strings.ReplaceAll(body, "\n ", "\n   "), header+body)
			}
		}
	}
	return made
}

// Values that go over several lines, with comments, tabs and empty lines between them.
func severalLines() []string {
	gaps := []string{
		"\n", "\n ", "\n  ", "\n\n", "\n\n  ", "\n\t", "\n \t", "\n  \t", "\t\n  ", " \n  ", "\n\t\n  ", "\n  \t\n  ", " # c\n  ", "\n  # c\n  ", "\n# c\n  ", "\n#c\n", "\t# c\n  ", "\n- ", "\n  - ", "\n---\n", "\n...\n", "\n  ---\n  ", "\r\n  ", "\r  ", "\u0085  ", "\u2028  ", "\n\ufeff", "\n  \ufeff", "\\\n  ", "\n?  ", "\n: ", "\n  : ",
	}
	made := each(gaps,
		"a: bXc\n", "a: bXc: d\n", "a:Xb\n", "a:Xb: 1\n", "a:X- b\n", "a:X{b: 1}\n", "a:X\"b\"\n", "a:X|\n  b\n", "a: \"bXc\"\n", "a: 'bXc'\n", "a: \"b\"Xc: 1\n", "a: [b,Xc]\n", "a: [bX]\n", "a: [Xb]\n", "a: {b:Xc}\n", "a: {bX: c}\n", "a: {XbX}\n",
		"-Xa\n", "- aXb\n", "- a: 1Xb: 2\n", "- - aX- b\n", "a: &xXb\n", "a: !!strXb\n", "a: &x !!strXb\n", "&xXa: 1\n", "aX: 1\n", "\"aX\": 1\n", "aXb: 1\n", "? aX: b\n", "?Xa\n", "a: 1Xb: 2\n", "a:\n  b: 1Xc: 2\n", "a:\n- bX- c\n", "a: *xX\n", "Xa: 1\n", "a: 1X", "a:X", "---Xa: 1\n", "---X- a\n", "--- aXb\n", "a: |Xb\n", "a: [b]Xc: 1\n", "a: bX",
	)
	for indent := range 5 {
		for deeper := range 5 {
			made = append(made,
				fmt.Sprintf("a:\n%[1]sb:\n%[2]sc: 1\n", strings.Repeat(" ", indent), strings.Repeat(" ", deeper)),
				fmt.Sprintf("a:\n%[1]s- b\n%[2]s- c\n", strings.Repeat(" ", indent), strings.Repeat(" ", deeper)),
				fmt.Sprintf("a:\n%[1]s- b: 1\n%[2]sc: 2\n", strings.Repeat(" ", indent), strings.Repeat(" ", deeper)),
				fmt.Sprintf("-%[1]sa: 1\n%[2]sb: 2\n", strings.Repeat(" ", indent), strings.Repeat(" ", deeper)),
				fmt.Sprintf("a:\n%[1]sb: [\n%[2]sc\n%[1]s]\n", strings.Repeat(" ", indent), strings.Repeat(" ", deeper)),
				fmt.Sprintf("a:\n%[1]sb: \"\n%[2]sc\"\n%[2]sd: 1\n", strings.Repeat(" ", indent), strings.Repeat(" ", deeper)),
			)
		}
	}
	return made
}

// Marks of documents, directives and byte order marks.
func markers() []string {
	parts := []string{"---", "...", "--- ", "a: 1", "b", "# c", "\n", "\n---\n", "\n...\n", "%YAML 1.1\n", "\ufeff", " "}
	made := sequences(parts, 3)
	for _, directive := range []string{
		"%YAML 1.1", "%YAML 1.2", "%YAML 1.0", "%YAML 2.0", "%YAML 1", "%YAML 1.1 # c", "%YAML 1.1 x", "%YAML 1.1\n%YAML 1.1", "%TAG ! tag:x,2000:", "%TAG !e! tag:yaml.org,2002:", "%TAG !e! x\n%TAG !e! y", "%TAG", "%FOO", "%FOO bar", "% YAML", "%", " %YAML 1.1",
	} {
		made = append(made, directive, directive+"\n---\na: 1\n", directive+"\n---\na: !e!int 1\n", directive+"\na: 1\n", "a: 1\n"+directive+"\n---\nb: 1\n", "a: 1\n...\n"+directive+"\n---\nb: 1\n")
	}
	return append(made, each([]string{"\ufeff", "\ufeff\ufeff", " \ufeff", "\ufeff ", "\ufeff# c\n", "\ufeff\n", "\n\ufeff"}, "Xa: 1", "---Xa: 1", "---\nXa: 1", "--- X", "a: X1", "a: 1X", "a: 1\nXb: 2", "a:\n  Xb: 1", "[Xa]", "[\nXa]", "a: \"X\"", "a: \"\nX\"", "a: 1\n---\nXb: 2", "# X\na: 1", "X{\"a\": 1}", "X---\na: 1", "%YAML 1.1\nX---\na", "- X1", "a: 'b\nXc'")...)
}

// Anchors, aliases and merge keys.
func anchors() []string {
	names := []string{
		"a", "A1", "a-b", "a_b", "a.b", "my.defaults", "a:b", "a/b", "a,", "a]", "é", "1", "-", "", "a&b", "a*b", "a!b", "a\tb", "a#", "a'", "a\"", "a?", "a@", "a%", "a`", "a{", "\ufeff", "a:",
	}
	made := each(names, "x: &X 1\ny: *X\n", "x: &X 1\ny: *X # c\n", "[&X 1, *X]", "[&X 1, *X, 2]", "{a: &X 1, b: *X}", "&X x: 1\ny: *X\n", "x: &X {a: 1}\ny: {<<: *X}\n", "- &X 1\n- *X\n", "&X\na: 1\n", "x: &X\n  a: 1\ny: *X\n", "x: &X a\n*X : 1\n", "x: &X |\n  b\ny: *X\n")
	merged := []string{"*a", "[*a, *b]", "[*b, *a]", "{x: 9}", "[{x: 9}, *a]", "1", "[1]", "null", "", "[]", "[[*a]]", "*c", "[*a, 1]", "\"*a\""}
	made = append(made, each(merged,
		"a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: &c 1\nm:\n  <<: X\n  y: 3\n", "a: &a {x: 1}\nb: &b {x: 2}\nc: &c 1\nm: {x: 3, <<: X}\n",
		"a: &a {x: 1}\nb: &b {y: 2}\nc: &c 1\nm: {<<: X, <<: *b}\n", "a: &a {x: 1}\nb: &b {x: 2}\nc: &c 1\nm: {\"<<\": X}\n", "a: &a {x: 1}\nb: &b {x: 2}\nc: &c 1\nm: {!!merge <<: X}\n")...)
	return append(made,
		"a: &a [*a]", "a: &a {b: *a}", "a: &a 1\na: &a 2\nb: *a\n", "a: *b\nb: &b 1\n", "a: &a &b 1", "a: &a *a", "a: *a b", "a: &a\nb: *a\n", "a: &a\n", "a: &a # c\n  b: 1\n", "- &a\n- *a\n", "- &a # c\n  b: 1\n- *a\n", "- &a {b: 1}\n- *a\n", "- &a\n  b: 1\n", "a: &a\n  - b\nc: *a\n", "a: &a\n- b\n", "a: &x\n\n  b: 1\n", "a:\n  &x b: 1\n", "&a a: &b b\n*a : *b\n", "? &a a\n: *a\n", "*a", "&a", "&a a\n---\n*a\n", "<<: {a: 1}\n", "<<: [{a: 1}, {a: 2}]\n", "a: {<<: {b: 1}, <<: {b: 2}}\n", "<<: a\n", "a: <<\n", "[<<]", "b: {a: 1, <<: {a: 2}, a: 3}\n", "x: &x {<<: {a: 1}}\ny: {<<: *x}\n",
	)
}

// Tags before all kinds of values.
func tags() []string {
	names := []string{"!", "!a", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!binary", "!!timestamp", "!!set", "!!omap", "!!merge", "!!foo", "!<tag:yaml.org,2002:str>", "!<tag:yaml.org,2002:int>", "!<x>", "!<>", "!<", "!e!int", "!a!b", "!!", "!%21", "!a%", "!a,", "!a[", "!a{b}", "!é", "!<!a>", "! a"}
	values := []string{"", "1", "a", "\"1\"", "'a'", "1.5", "true", "yes", "null", "~", "[a]", "{a: 1}", "[]", "2001-12-14", "aGk=", "aGk", "gIA=", "|\n  1\n", ">\n  a\n", "\n  b: 1\n", "\n  - b\n", "*x", "&y 1", "# c\n  1\n"}
	var made []string
	for _, name := range names {
		made = append(made, each(values, "a: "+name+" X")...)
		made = append(made, name+" a: 1\n", "["+name+"]", "["+name+" 1]", "{"+name+" a: 1}", "- "+name+"\n- 1\n", name, name+"\na: 1\n", "a: "+name+"1\n")
	}
	return made
}

// A comment at every place, with and without space before it.
func comments() []string {
	bodies := append(layouts, "a: 'b'\nc: \"d\"\n", "a: [b]\nc: {d: 1}\n", "a: &x b\nc: *x\n", "a: !!str b\n", "- a\n- b: 1\n", "a:\n  b:\n    c: 1\n  d: 2\n", "a: |\n  b\n", "a: >-\n  b\n")
	var made []string
	for _, body := range bodies {
		for at := range len(body) + 1 {
			for _, comment := range []string{"# x\n", " # x\n", "\n# x\n", "\n      # x\n", "\t# x\n", "#\n"} {
				made = append(made, body[:at]+comment+body[at:])
			}
		}
	}
	return made
}
