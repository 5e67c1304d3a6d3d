package main

import "unsafe"

type direct [10]far // ERROR "invalid recursive type direct"
type far near
type near direct

type generic[P any] struct{ f P }
type through struct{ _ generic[through] } // ERROR "invalid recursive type through"

type grows[P any] [10]grows[*P] // ERROR "invalid recursive type"

type inLength [len(inLength{})]int                    // ERROR "invalid recursive type"
type inSize struct{ _ [unsafe.Sizeof(inSize{})]byte } // ERROR "invalid recursive type"

type anonymous interface { // ERROR "anonymous interface refers to itself"
	m() interface{ anonymous }
}

type named interface{ m() interface{ n() named } }

func main() {}
