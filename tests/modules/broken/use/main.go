package main

import "../bad"

func main() { println(bad.F()) }
