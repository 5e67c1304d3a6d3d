package shape

const System = "windows"
