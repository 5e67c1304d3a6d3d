// Patterns that stand for nothing, or for what cannot be had. (The rest of their lines is patterns as well.)
package main

import "embed"

//go:embed nowhere/*.txt // ERROR "pattern nowhere/.*: no matching files found"
var a embed.FS

//go:embed ../errors // ERROR "pattern ../errors: invalid pattern syntax"
var b embed.FS

//go:embed /etc/passwd // ERROR "pattern /etc/passwd: invalid pattern syntax"
var c string

//go:embed embed.go embed_import.go
var d string // ERROR "invalid go:embed: multiple files for type string"

func main() {}
