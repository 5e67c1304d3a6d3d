package a

import "../shared"

type T struct{}

func Name() string { return "a and " + shared.Name() }

func Panic() { panic("boom") }
