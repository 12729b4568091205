// SPDX-License-Identifier: Apache-2.0

// Prints engine/template/letter_table.h: what Go's unicode package knows of the cases of letters, of
// punctuation and of numbers, as ranges.
package main

import (
	"fmt"
	"unicode"
)

var column int

func item(text string) {
	if column == 0 {
		fmt.Print("   ")
	}
	if column += len(text) + 1; column > 96 {
		fmt.Print("\n   ")
		column = len(text) + 1
	}
	fmt.Print(" ", text)
}

func end() {
	fmt.Print("\n};\n")
	column = 0
}

func table(name string, has func(rune) bool) {
	fmt.Printf("static const struct letter_range %s[] = {\n", name)
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !has(r) {
			continue
		}
		low, step := r, rune(1)
		if !has(r+1) && has(r+2) {
			step = 2
		}
		for r+step <= unicode.MaxRune && has(r+step) && (step == 1 || !has(r+1)) {
			r += step
		}
		item(fmt.Sprintf("{0x%X, 0x%X, %d},", low, r, step))
	}
	end()
}

func main() {
	fmt.Println("/* SPDX-License-Identifier: Apache-2.0")
	fmt.Println(" *")
	fmt.Printf(" * Cases and classes of letters, Unicode %s. Made by test/diff/template/letters. */\n", unicode.Version)
	fmt.Println("static const struct letter_case cases[] = {")
	for _, c := range unicode.CaseRanges {
		item(fmt.Sprintf("{0x%X, 0x%X, {%d, %d, %d}},", c.Lo, c.Hi, c.Delta[0], c.Delta[1], c.Delta[2]))
	}
	end()
	table("uppers", unicode.IsUpper)
	table("lowers", unicode.IsLower)
	table("titles", unicode.IsTitle)
	table("puncts", unicode.IsPunct)
	table("numbers", unicode.IsNumber)
}
