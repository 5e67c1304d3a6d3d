package main

func unit() string { return "twice" }
