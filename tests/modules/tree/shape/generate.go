//go:build ignore

package main

this is no Go
