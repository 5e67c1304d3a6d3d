// Package shape has several files.
package shape

import (
	"fmt"
	"runtime"

	"example.com/tree/internal/count"
)

type Square struct{ side int }

type Pair[A, B any] struct {
	First  A
	Second B
}

type TooSmall struct{ side int }

func (e *TooSmall) Error() string { return fmt.Sprintf("side %d", e.side) }

func New(side int) Square {
	count.Total++
	return Square{side}
}

func Check(side int) error {
	if side < 1 {
		return &TooSmall{side}
	}
	return nil
}

func Where(f func(uintptr)) {
	pc, _, _, _ := runtime.Caller(0)
	f(pc)
}
