# SPDX-License-Identifier: MIT
# bash completion for gol
_gol() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]}
	local verbs="run repl test build env version help"
	local flags="-procs -seed -lang -all-errors -cpuprofile -memprofile -stats -leaks -fail-leaks -explain -max-memory -max-stack -max-time -max-fuel -max-goroutines"
	local words=
	COMPREPLY=()
	case $prev in
	-cpuprofile | -memprofile) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	-lang) mapfile -t COMPREPLY < <(compgen -W "go1.21 go1.22" -- "$cur"); return ;;
	-e | -procs | -seed | -max-memory | -max-stack | -max-time | -max-fuel | -max-goroutines) return ;;
	esac
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="$verbs"
		[[ $cur == -* ]] && words="$flags -e"
	else
		case $verb in
		help) words="$verbs script flags limits packages environment testing markdown images embedding" ;;
		env) words="GOLVERSION GOLEXE GOVERSION GOOS GOARCH GOMAXPROCS GOGC GOMEMLIMIT GODEBUG NO_COLOR" ;;
		version) return ;;
		test) [[ $cur == -* ]] && words="$flags -v -run -skip -bench -benchtime -benchmem -count -cpu -parallel -timeout -short -failfast" ;;
		build) [[ $cur == -* ]] && words="$flags -o --emit=asm --emit=asm-all --emit=ast --emit=source" ;;
		*) [[ $cur == -* ]] && words="$flags -e" ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	if [[ $cur != -* && ($verb != help && $verb != env || $COMP_CWORD -eq 1) ]]; then
		local files
		mapfile -t files < <(compgen -f -- "$cur")
		COMPREPLY+=("${files[@]}")
	fi
}
complete -o filenames -F _gol gol
