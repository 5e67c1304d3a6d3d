package shared

type T struct{}

var Uses = 1

func Name() string {
	Uses++
	return "shared"
}
