package shape

func (s Square) Area() int { return s.side * s.side }
