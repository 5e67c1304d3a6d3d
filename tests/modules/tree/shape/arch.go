// Comment.

//go:build (amd64 || arm64) && !windows && go1.18

package shape

const Arch = "known"
