// Comment.

// +build !amd64,!arm64 windows

package shape

const Arch = "other"
