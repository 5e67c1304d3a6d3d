package shape

const System = "linux"
