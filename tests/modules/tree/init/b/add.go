package b

import "example.com/tree/init/a"

func add(s string) []string {
	a.Log = append(a.Log, s)
	return a.Log
}
