package a

var Log = []string{"a"}

func init() { Log = append(Log, "a.init") }
