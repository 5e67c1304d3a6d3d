package shape

const Arch = "s390x"
