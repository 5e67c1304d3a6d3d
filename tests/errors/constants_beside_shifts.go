package main

type set interface{ ~int }
type holder[_ any] struct{}

func generic[_ any]() {}

type single[P any] interface{ P } // ERROR "term cannot be a type parameter"

func main() {
	var s uint = 1
	var a []int
	_ = a[1<<s-2.5]                   // ERROR "truncated to int"
	var _ int = 1<<s + 3.5            // ERROR "truncated to int"
	_ = a[0xffffffffffffffff<<s]      // ERROR "overflows int"
	var _ byte = 0x100 << s           // ERROR "overflows byte"
	var _ int8 = 0xff << s            // ERROR "overflows int8"
	var _ holder[set]                 // ERROR "outside a type constraint: interface contains type constraints"
	generic[set]()                    // ERROR "outside a type constraint: interface contains type constraints"
}
