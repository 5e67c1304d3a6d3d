//go:build plan9

package excluded
