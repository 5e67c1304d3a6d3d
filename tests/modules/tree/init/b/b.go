package b

var Log = add("b")

func init() { Log = add("b.init") }
