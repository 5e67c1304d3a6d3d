package main

//go:embed embed_import.go // ERROR "go:embed only allowed in Go files that import \"embed\""
var _ string

func main() {}
