// A module.
module example.com/tree // its path

go 1.21
