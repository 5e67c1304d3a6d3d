package deep

const Depth = "deep"
