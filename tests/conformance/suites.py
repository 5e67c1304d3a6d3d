# SPDX-License-Identifier: MIT
"""The four suites. Each lists its tests and judges one: judge(command, test) -> Verdict."""
import os
import re
import shutil

import gosource
import harness

# What no script can have, or what is another issue's: tests that import these are not in the suites run and dirs.
FOREIGN = re.compile(r"^(unsafe|syscall|os/exec|net(/.*)?|go/.*|debug/.*|plugin|C|(.*/)?internal(/.*)?)$")
# Flags of the compiler that say nothing about the language.
HARMLESS = re.compile(r"^-(N|l|B|c=\d+|l=\d+|complete|e|p=\w+|d=panic|d=ssa/.*|gcflags.*|ldflags|strictdups.*|w=0"
                      r"|lang=.*)$")
TUNING = ("GOGC", "GOMAXPROCS", "GODEBUG", "GOTRACE", "GOMEMLIMIT")
DIAGNOSTIC = re.compile(r"^(.+?):(\d+):(?:\d+:)? (.*)$")
NO_MAIN = re.compile(r"(function main is undeclared in the main package|package \w+ is not a main package)$")
NO_BODY = "missing function body"
REJECTED = '\nvar _ int = "rejected"\n'


class Test:
    def __init__(self, name, path, text, recipe):
        self.name, self.path, self.text, self.recipe, self.unmarked = name, path, text, recipe, False
        self.lang = next((f for f in recipe.flags if f.startswith("-lang=")), "")


class Verdict:
    """reason: "" for a pass. lines, matched: ERROR lines reported and those whose expressions matched."""

    def __init__(self, reason="", lines=0, matched=0):
        self.reason, self.lines, self.matched = reason, lines, matched


class Context:
    """What judging needs besides the test."""

    def __init__(self, command, work, root, options):
        self.command, self.work, self.root = command, work, root
        self.seconds, self.memory = options.timeout, options.memory
        self.language = "-lang=" + options.lang if options.lang else ""
        self.mark = "main-returned-" + os.urandom(6).hex()
        self.all_errors = []
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(TUNING)}
        self.env.update(GOOS="linux", GOARCH="amd64")

    def run(self, words, **more):
        return harness.run(self.command + words, self.seconds, self.memory, env=self.env, **more)

    def lang(self, test):
        language = test.lang or self.language
        return [language] if language else []

    def find_all_errors(self):
        """How the command is asked for more than ten errors; it stays [] when it cannot."""
        path = os.path.join(self.work, "probe.go")
        with open(path, "w", encoding="utf-8") as f:
            f.write("package main\n\nfunc main() {\n" + "\tprintln(undefined)\n" * 15 + "}\n")
        for option in ("--all-errors", "-e"):
            out = self.run(["build", "--emit=asm", option, path], merge=False).output[1].decode(errors="replace")
            if sum(1 for line in out.split("\n") if DIAGNOSTIC.match(line)) == 15:
                self.all_errors = [option]
                return

    def place(self, test):
        """A path of the same shape as the test's in a folder of this command's own."""
        path = os.path.join(self.work, test.name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path


def write(path, text):
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
        f.write(text)


def find_tests(root, action):
    """Every file whose recipe names the action and whose build constraints choose it."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(d for d in folders if not d.endswith(".dir"))
        for name in sorted(files):
            if not name.endswith(".go"):
                continue
            path = os.path.join(folder, name)
            text = gosource.read(path)
            recipe = gosource.Recipe(text)
            if recipe.action == action and gosource.is_built(text):
                yield Test(os.path.relpath(path, root), path, text, recipe)


def is_harmless(test):
    return all(HARMLESS.match(f) for f in test.recipe.flags)


def is_foreign(text):
    return any(FOREIGN.match(path) for path, _ in gosource.imports(text))


def expected_output(test):
    try:
        with open(test.path[:-3] + ".out", "rb") as f:
            return f.read()
    except OSError:
        return b""


def brief(output, work=""):
    """The line of the output that says most about a failure."""
    lines = [line for line in output.decode(errors="replace").replace(work + "/", "").split("\n") if line.strip()]
    for line in lines:
        if DIAGNOSTIC.match(line) and not line.startswith("\t"):
            return line[:200]
    for line in lines:
        if re.match(r"(panic: |fatal error: |gol: )", line):
            return line[:200]
    return lines[0][:200] if lines else "no output"


def judge_output(context, result, expected, mark):
    """mark "": the program is run as it is and leaves none."""
    if result.verdict():
        return Verdict("%s: %s" % (result.verdict(), brief(result.output, context.work)))
    output = result.output.replace(b"\r\n", b"\n")
    end = (mark + "\n").encode() if mark else b""
    if result.status != 0:
        return Verdict("exit status %d: %s" % (result.status, brief(output.replace(end or b"\0", b""), context.work)))
    if not output.endswith(end):
        return Verdict("main did not return: " + brief(output, context.work))
    output = output[:len(output) - len(end)]
    if output == expected:
        return Verdict()
    if not expected:
        return Verdict("prints, but should not: " + brief(output, context.work))
    return Verdict("wrong output: " + difference(output, expected))


def difference(output, expected):
    got, want = output.split(b"\n"), expected.split(b"\n")
    for i in range(max(len(got), len(want))):
        a, b = (x[i].decode(errors="replace") if i < len(x) else "nothing" for x in (got, want))
        if a != b:
            return "line %d: %s, want %s" % (i + 1, a[:80], b[:80])
    return "nothing differs"


class Run:
    name, action = "run", "run"

    def tests(self, root):
        return [t for t in find_tests(root, "run") if is_harmless(t) and not is_foreign(t.text)]

    def judge(self, context, test):
        text = test.text if test.unmarked else gosource.wrap_main(test.text, context.mark)
        if text is None:
            return Verdict("the runner finds no func main")
        path = context.place(test)
        write(path, text)
        words, args = [path], list(test.recipe.args)
        while args and args[0].endswith(".go"):
            words.append(os.path.join(os.path.dirname(test.path), args.pop(0)))
        result = context.run(["run"] + context.lang(test) + words + args, cwd=context.root)
        os.unlink(path)
        return judge_output(context, result, expected_output(test), "" if test.unmarked else context.mark)


class Dirs:
    """Several packages in one folder, the last one main. Gol sees each package in a folder of its own: main at the top,
    the package that is imported as "./a" in a/, and imports among those as "../a"."""
    name, action = "dirs", "rundir"

    def tests(self, root):
        found = []
        for action in ("rundir", "runindir"):
            for test in find_tests(root, action):
                files = self.files(test)
                if is_harmless(test) and not any(is_foreign(text) for _, text in files) and not self.has_assembly(test):
                    found.append(test)
        return found

    def folder(self, test):
        return test.path[:-3] + ".dir"

    def has_assembly(self, test):
        return any(name.endswith(".s") for _, _, names in os.walk(self.folder(test)) for name in names)

    def files(self, test):
        found = []
        for folder, folders, names in os.walk(self.folder(test)):
            folders.sort()
            found += [(os.path.join(folder, n), gosource.read(os.path.join(folder, n))) for n in sorted(names)
                      if n.endswith(".go")]
        return found

    def packages(self, test):
        """[[(file name, text)]] in the order in which Go compiles them; the last one is main."""
        groups = {}
        for path, text in self.files(test):
            base = os.path.basename(path)
            key = base if test.recipe.single_file_packages else gosource.package_name(text)
            groups.setdefault(key, []).append((base, text))
        return list(groups.values())

    def lay_out(self, test, top, mark):
        """False: the last package has no func main."""
        packages, marked = self.packages(test), False
        for i, files in enumerate(packages):
            is_main = i == len(packages) - 1
            folder = top if is_main else os.path.join(top, files[0][0][:-3])
            os.makedirs(folder, exist_ok=True)
            for base, text in files:
                wrapped = gosource.wrap_main(text, mark) if is_main else None
                marked |= wrapped is not None
                text = wrapped or text
                for path, at in [] if is_main else reversed(gosource.imports(text)):
                    if path.startswith("./"):
                        text = text[:at + 1] + "." + text[at + 1:]
                write(os.path.join(folder, base.replace("_test.go", "_test_.go")), text)
        return marked

    def copy_module(self, test, top, mark):
        shutil.copytree(self.folder(test), top)
        write(os.path.join(top, "go.mod"), "module %s\ngo 1.14\n" % os.path.basename(top))
        marked = False
        for name in sorted(os.listdir(top)):
            text = gosource.read(os.path.join(top, name)) if name.endswith(".go") else ""
            wrapped = gosource.wrap_main(text, mark) if gosource.package_name(text) == "main" else None
            if wrapped:
                write(os.path.join(top, name), wrapped)
                marked = True
        return marked

    def judge(self, context, test):
        top = context.place(test)[:-3] + ".dir"
        is_module = test.recipe.action == "runindir"
        if not (self.copy_module if is_module else self.lay_out)(test, top, context.mark):
            return Verdict("the runner finds no func main")
        words = ["run"] + context.lang(test) + ["." if is_module else top]
        result = context.run(words + test.recipe.args, cwd=top)
        shutil.rmtree(top)
        return judge_output(context, result, expected_output(test), context.mark)


def diagnostics(output, base):
    """{line: [message]} of errors in the file, and those elsewhere. Lines that begin with a tab continue a message."""
    found, elsewhere, last = {}, [], None
    for line in output.split("\n"):
        m = DIAGNOSTIC.match(line)
        if line.startswith("\t") and last is not None:
            last[-1] += "\n" + line
        elif m and m.group(3).startswith("warning: ") or not line.strip():
            last = None
        elif m and os.path.basename(m.group(1)) == base:
            last = found.setdefault(int(m.group(2)), [])
            last.append(m.group(3))
        else:
            elsewhere.append(line)
            last = elsewhere
    return found, elsewhere


def forget_what_a_library_may(found, wanted):
    """Go's runner compiles each file as one of package p whose other parts, assembler code included, are elsewhere:
    neither a missing func main nor a missing body is an error then, unless the test wants it."""
    for line in list(found):
        found[line] = [m for m in found[line] if not NO_MAIN.match(m) and (line in wanted or m != NO_BODY)]
        if not found[line]:
            del found[line]


def check(context, test, path, wanted=()):
    """Has one file checked: (result, errors by line, errors elsewhere)."""
    words = ["build", "--emit=asm"] + context.all_errors + context.lang(test) + [path]
    result = context.run(words, merge=False, cwd=context.root)
    text = result.output[1].decode(errors="replace").replace(path, os.path.basename(path))
    found, elsewhere = diagnostics(text, os.path.basename(path))
    forget_what_a_library_may(found, wanted)
    return result, found, [line for line in elsewhere if not NO_MAIN.search(line)]


class Errors:
    name, action = "errors", "errorcheck"

    def tests(self, root):
        return [t for t in find_tests(root, "errorcheck")
                if all(re.match(r"-(lang=.*|d=panic|complete|e)$", f) for f in t.recipe.flags)]

    def judge(self, context, test):
        wanted = gosource.wanted_errors(test.text, os.path.basename(test.path))
        result, found, elsewhere = check(context, test, test.path, wanted)
        reported = set(wanted) & set(found)
        matched = sum(1 for line in reported
                      if all(any(e.search(m) for m in found[line]) for e in wanted[line]))
        verdict = Verdict("", len(reported), matched)
        if result.verdict():
            verdict.reason = result.verdict()
        elif set(wanted) != set(found):
            missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
            parts = ["line %d: not reported: %s" % (n, wanted[n][0].pattern) for n in missing]
            parts += ["line %d: reported: %s" % (n, found[n][0]) for n in extra]
            verdict.reason = "%d missing, %d extra; %s" % (len(missing), len(extra), "; ".join(parts[:4]))
        elif elsewhere:
            verdict.reason = "elsewhere: " + elsewhere[0]
        elif result.status == 0:
            verdict.reason = "exit status 0"
        verdict.mismatches = [(n, [e.pattern for e in wanted[n]], found[n]) for n in sorted(reported)
                              if not all(any(e.search(m) for m in found[n]) for e in wanted[n])]
        return verdict


class Compile:
    """Accepted: no error in the file, nor in it as a program that reaches every function, so that all of it becomes
    code; and the same file with one wrong line at its end is rejected."""
    name, action = "compile", "compile"

    def tests(self, root):
        return [t for t in find_tests(root, "compile") if is_harmless(t)]

    def judge(self, context, test):
        reason = self.complaint(context, test, test.path)
        if reason:
            return Verdict(reason)
        path = context.place(test)
        write(path, gosource.reach_everything(test.text))
        reason = self.complaint(context, test, path)
        if reason:
            return Verdict("with every function reached: " + reason)
        write(path, test.text + REJECTED)
        rejected = self.complaint(context, test, path)
        os.unlink(path)
        return Verdict("" if rejected else "a wrong line added at the end is not rejected")

    def complaint(self, context, test, path):
        result, found, elsewhere = check(context, test, path)
        if result.verdict():
            return result.verdict()
        return "; ".join(["line %d: %s" % (n, found[n][0]) for n in sorted(found)][:3] + elsewhere[:1])


SUITES = {suite.name: suite for suite in (Run(), Dirs(), Errors(), Compile())}
