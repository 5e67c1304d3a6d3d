package bad

func F() int { return "" }

func G() { 1 2 }
