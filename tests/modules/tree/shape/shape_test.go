package shape_test

this is no Go
