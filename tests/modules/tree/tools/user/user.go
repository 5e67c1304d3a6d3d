package user

import "../internal/deep"

func Deep() string { return deep.Depth }
