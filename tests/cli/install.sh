#!/bin/sh
# make install: every file is where its reader looks for it, and a host program builds against what was installed.
case $GOL in *build/release/gol) ;; *) exit 0 ;; esac # other builds link with flags that this cannot know
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
if ! make -s install PREFIX=/opt/gol DESTDIR="$dir" >"$dir/log" 2>&1; then
	cat "$dir/log"
	exit 1
fi
root=$dir/opt/gol
for file in bin/gol include/gol.h lib/libgol.a lib/libgol.so lib/libgol.so.0 lib/pkgconfig/gol.pc share/man/man1/gol.1 \
	share/bash-completion/completions/gol share/zsh/site-functions/_gol share/fish/vendor_completions.d/gol.fish; do
	[ -s "$root/$file" ] || { echo "no $file"; bad=1; }
done
grep -q '@' "$root/lib/pkgconfig/gol.pc" && { echo 'gol.pc is not filled in'; bad=1; }
[ "$("$root/bin/gol" -e '6 * 7')" = 42 ] || { echo 'the installed gol does not run'; bad=1; }

cat >"$dir/host.c" <<'END'
#include <gol.h>
#include <stdio.h>
static void say(void *user, int fd, const char *data, size_t len) { (void)user; (void)fd; fwrite(data, 1, len, stdout); }
int main(void) {
	GolVM *vm;
	GolProgram *program;
	GolConfig config = {.size = sizeof config, .write = say};
	if (gol_vm_new(&config, &vm) == GOL_OK && gol_compile_text(vm, "h", "fmt.Println(1 + 2)", &program) == GOL_OK)
		gol_run(vm, program);
	gol_vm_free(vm);
}
END
flags="-I$root/include -L$root/lib -lgol"
if command -v pkg-config >/dev/null; then
	flags=$(PKG_CONFIG_PATH=$root/lib/pkgconfig pkg-config --define-variable=prefix="$root" --cflags --libs gol) || bad=1
fi
# shellcheck disable=SC2086
cc -o "$dir/host" "$dir/host.c" $flags || bad=1
[ "$(LD_LIBRARY_PATH=$root/lib "$dir/host")" = 3 ] || { echo 'the host program does not run'; bad=1; }

# Completions offer what the command knows.
if command -v bash >/dev/null; then
	words=$(bash -c '. "$1"; COMP_WORDS=(gol ""); COMP_CWORD=1; _gol; echo "${COMPREPLY[@]}"' x completions/gol.bash)
	for verb in run test build env version help; do
		case " $words " in *" $verb "*) ;; *) echo "bash does not complete $verb"; bad=1 ;; esac
	done
fi
for flag in $("$GOL" help flags | grep -o '^	-[a-z-]*[a-z]') $("$GOL" help limits | grep -o '^	-[a-z-]*[a-z]'); do
	case $flag in -max | -emit) continue ;; esac
	for shell in bash zsh fish; do
		grep -q -e "[ '(]${flag#-}\|-o ${flag#-} \|$flag" completions/gol.$shell || [ "$flag" = -e ] ||
			{ echo "$shell does not know $flag"; bad=1; }
	done
	tr -d '\\\\' <docs/gol.1 | grep -q -e "$flag" || { echo "gol.1 does not know $flag"; bad=1; }
done
for topic in $("$GOL" help | sed -n '/^Topics/,$s/^	\([a-z]*\) .*/\1/p'); do
	for file in completions/gol.bash completions/gol.zsh completions/gol.fish docs/gol.1; do
		grep -q "[ (]$topic\b" $file || { echo "$file does not know the topic $topic"; bad=1; }
	done
done
make -s uninstall PREFIX=/opt/gol DESTDIR="$dir" || bad=1
left=$(find "$root" ! -type d)
[ -z "$left" ] || { echo "uninstall left $left"; bad=1; }
exit $bad
