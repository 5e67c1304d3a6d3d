// A ticker of 10 ms and nothing else: how much of a processor does waiting cost?
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.NewTicker(10 * time.Millisecond)
	n := 0
	end := time.After(4 * time.Second)
	for {
		select {
		case <-t.C:
			n++
		case <-end:
			fmt.Println(n)
			return
		}
	}
}
