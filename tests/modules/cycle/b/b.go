package b

import "../a"

func F() { a.F() }
