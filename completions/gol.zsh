#compdef gol
# SPDX-License-Identifier: MIT
_gol() {
	local -a verbs topics flags
	verbs=(
		'run:compile and run a program or script'
		'repl:read Go piece by piece and show what it gives'
		'test:run tests, or the programs of documents'
		'build:compile into one file, or show what became of the files'
		'env:print versions, paths and settings'
		'version:print the version'
		'help:print a text about a verb or topic'
	)
	topics=(script flags limits packages environment testing markdown images embedding run repl test build env version help)
	flags=(
		'-procs[threads that run goroutines at once]:number'
		'-seed[make random choices repeat themselves]:number'
		'-lang[the language of an older Go]:version:(go1.21 go1.22)'
		'-all-errors[report all errors]'
		'-cpuprofile[write a CPU profile]:file:_files'
		'-memprofile[write a memory profile]:file:_files'
		'-stats[print figures of the runtime]'
		'-leaks[list goroutines that could never run again]'
		'-fail-leaks[the same, and exit with 1]'
		'-explain[say why a deadlock is one]'
		'-max-memory[limit of memory]:size'
		'-max-stack[limit of a stack]:size'
		'-max-time[limit of time]:duration'
		'-max-fuel[limit of work]:number'
		'-max-goroutines[limit of goroutines]:number'
	)
	if ((CURRENT == 2)); then
		_describe verb verbs
		_arguments $flags '-e[run a line of text]:code' '*:file:_files'
		return
	fi
	local verb=$words[2]
	case $verb in
	help) _values topic $topics ;;
	env) _values name GOLVERSION GOLEXE GOVERSION GOOS GOARCH GOMAXPROCS GOGC GOMEMLIMIT GODEBUG NO_COLOR ;;
	version) ;;
	test)
		_arguments $flags '-v[show what tests print]' '-run[tests whose name matches]:expression' \
			'-skip[tests to leave out]:expression' '-bench[benchmarks whose name matches]:expression' \
			'-benchtime[time of a benchmark]:duration' '-benchmem[show allocations]' '-count[repeat]:number' \
			'-cpu[values of GOMAXPROCS]:list' '-parallel[tests at once]:number' '-timeout[limit of time]:duration' \
			'-short[leave out what is slow]' '-failfast[end after the first failure]' '*:file:_files'
		;;
	build) _arguments $flags '-o[image]:file:_files' '--emit=[form]:form:(asm asm-all ast source)' '*:file:_files' ;;
	*) _arguments $flags '-e[run a line of text]:code' '*:file:_files' ;;
	esac
}
_gol "$@"
