package self

import "m/self"

var X = self.X
