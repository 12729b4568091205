// SPDX-License-Identifier: Apache-2.0

// Prints engine/template/rune_table.h: what Go's unicode and strconv packages know of letters, digits
// and printable characters, as ranges.
package main

import (
	"fmt"
	"strconv"
	"unicode"
)

func table(name string, has func(rune) bool) {
	fmt.Printf("static const struct rune_range %s[] = {\n", name)
	column := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !has(r) {
			continue
		}
		low := r
		for r < unicode.MaxRune && has(r+1) {
			r++
		}
		item := fmt.Sprintf("{0x%X, 0x%X},", low, r)
		if column == 0 {
			fmt.Print("   ")
		}
		if column += len(item) + 1; column > 96 {
			fmt.Print("\n   ")
			column = len(item) + 1
		}
		fmt.Print(" ", item)
	}
	fmt.Print("\n};\n")
}

func main() {
	fmt.Println("/* SPDX-License-Identifier: Apache-2.0")
	fmt.Println(" *")
	fmt.Printf(" * Classes of characters as ranges, Unicode %s. Made by test/diff/template/runes. */\n", unicode.Version)
	table("letters", unicode.IsLetter)
	table("digits", unicode.IsDigit)
	table("printable", strconv.IsPrint)
}
