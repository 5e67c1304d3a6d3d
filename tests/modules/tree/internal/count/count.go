package count

var Total int
