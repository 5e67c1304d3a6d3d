package main

import "m/self"

func main() { println(self.X) }
