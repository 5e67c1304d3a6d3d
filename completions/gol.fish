# SPDX-License-Identifier: MIT
# fish completion for gol
set -l verbs run repl test build env version help
complete -c gol -n "not __fish_seen_subcommand_from $verbs" -a run -d 'compile and run a program or script'
complete -c gol -n "not __fish_seen_subcommand_from $verbs" -a repl -d 'read Go piece by piece and show what it gives'
complete -c gol -n "not __fish_seen_subcommand_from $verbs" -a test -d 'run tests, or the programs of documents'
complete -c gol -n "not __fish_seen_subcommand_from $verbs" -a build -d 'compile into one file, or show what became of the files'
complete -c gol -n "not __fish_seen_subcommand_from $verbs" -a env -d 'print versions, paths and settings'
complete -c gol -n "not __fish_seen_subcommand_from $verbs" -a version -d 'print the version'
complete -c gol -n "not __fish_seen_subcommand_from $verbs" -a help -d 'print a text about a verb or topic'
complete -c gol -n "__fish_seen_subcommand_from help" -f -a "$verbs script flags limits packages environment testing markdown images embedding"
complete -c gol -n "__fish_seen_subcommand_from env" -f -a "GOLVERSION GOLEXE GOVERSION GOOS GOARCH GOMAXPROCS GOGC GOMEMLIMIT GODEBUG NO_COLOR"
set -l runs "not __fish_seen_subcommand_from env version help"
complete -c gol -n $runs -o procs -x -d 'threads that run goroutines at once'
complete -c gol -n $runs -o seed -x -d 'make random choices repeat themselves'
complete -c gol -n $runs -o lang -x -a 'go1.21 go1.22' -d 'the language of an older Go'
complete -c gol -n $runs -o all-errors -d 'report all errors'
complete -c gol -n $runs -o cpuprofile -r -d 'write a CPU profile'
complete -c gol -n $runs -o memprofile -r -d 'write a memory profile'
complete -c gol -n $runs -o stats -d 'print figures of the runtime'
complete -c gol -n $runs -o leaks -d 'list goroutines that could never run again'
complete -c gol -n $runs -o fail-leaks -d 'the same, and exit with 1'
complete -c gol -n $runs -o explain -d 'say why a deadlock is one'
complete -c gol -n $runs -o max-memory -x -d 'limit of memory'
complete -c gol -n $runs -o max-stack -x -d 'limit of a stack'
complete -c gol -n $runs -o max-time -x -d 'limit of time'
complete -c gol -n $runs -o max-fuel -x -d 'limit of work'
complete -c gol -n $runs -o max-goroutines -x -d 'limit of goroutines'
complete -c gol -n "not __fish_seen_subcommand_from test build env version help" -s e -x -d 'run a line of text'
complete -c gol -n "__fish_seen_subcommand_from build" -s o -r -d 'image to write'
complete -c gol -n "__fish_seen_subcommand_from build" -l emit -x -a 'asm asm-all ast source' -d 'form'
for flag in run skip bench benchtime count cpu parallel timeout
	complete -c gol -n "__fish_seen_subcommand_from test" -o $flag -x
end
for flag in v benchmem short failfast
	complete -c gol -n "__fish_seen_subcommand_from test" -o $flag
end
