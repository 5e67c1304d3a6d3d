// Pauses of the collector by size of the live heap: 64-byte tree nodes in the order of allocation, then a slice of pointers to
// them in random order. Prints live MB, milliseconds of the median and the longest of nine collections.
package main

import (
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"sort"
	"strconv"
	"time"
)

type node struct {
	left, right *node
	key         [6]int
}

var kept []*node

func main() {
	mb := 64
	if len(os.Args) > 1 {
		mb, _ = strconv.Atoi(os.Args[1])
	}
	n := mb << 20 / (64 + 8)
	kept = make([]*node, n)
	for i := range kept {
		kept[i] = &node{}
		if i > 0 {
			kept[i].left = kept[i-1]
			kept[i].right = kept[rand.Intn(i)]
		}
	}
	rand.Shuffle(n, func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
	var walls []time.Duration
	for i := 0; i < 9; i++ {
		start := time.Now()
		runtime.GC()
		walls = append(walls, time.Since(start))
	}
	sort.Slice(walls, func(i, j int) bool { return walls[i] < walls[j] })
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var pauses []uint64
	for i := uint32(0); i < 9; i++ {
		pauses = append(pauses, m.PauseNs[(m.NumGC+255-i)%256])
	}
	sort.Slice(pauses, func(i, j int) bool { return pauses[i] < pauses[j] })
	fmt.Printf("live %d MB  collection %.1f ms  pause median %.2f ms, longest %.2f ms\n", m.HeapAlloc>>20,
		float64(walls[4].Nanoseconds())/1e6, float64(pauses[4])/1e6, float64(pauses[8])/1e6)
}
