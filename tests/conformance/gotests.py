# SPDX-License-Identifier: MIT
"""Prepares the tests of a package of Go's library so that a library other than Go's can run them.

A package's tests become a module of their own in a folder: external tests (package x_test) as they are, internal
ones (package x) as external ones that import x with a dot. Packages internal/... that they import are replaced by small
ones written here. A declaration that does not compile, because it uses what export_test.go exports or what the
library does not have, is dropped alone, with the message kept; so each message names a gap or an internal."""
import os
import re
import shutil

START = re.compile(r"(func|var|const|type)\b")
ERROR = re.compile(r"^\s*(?:\./|\S*/)?([^/\s:]+\.go):(\d+):(?:\d+:)? (.*)")
IMPORT = re.compile(r'^\s*(?:import\s+)?(?:([\w.]+)\s+)?"([^"]+)"')
ELSEWHERE = re.compile(r"_(windows|plan9|darwin|freebsd|netbsd|openbsd|solaris|js|wasm|wasip1|arm64|arm|386|s390x|ppc64le|mips64)_test\.go$")
DIRECTIVE = re.compile(r"^//go:(?!build)\w+.*$", re.M)
ROUNDS = 60

STUBS = {
    "race": "package race\n\nconst Enabled = false\n",
    "asan": "package asan\n\nconst Enabled = false\n",
    "msan": "package msan\n\nconst Enabled = false\n",
    "goarch": "package goarch\n\nconst PtrSize = 8\nconst BigEndian = false\nconst GOARCH = \"amd64\"\n",
    "goos": "package goos\n\nconst GOOS = \"linux\"\n",
    "godebug": """package godebug

type Setting struct{ name string }

func New(name string) *Setting        { return &Setting{name} }
func (s *Setting) Name() string       { return s.name }
func (s *Setting) Value() string      { return "" }
func (s *Setting) IncNonDefault()     {}
""",
    "obscuretestdata": """package obscuretestdata

import (
	"encoding/base64"
	"io"
	"os"
)

func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(base64.NewDecoder(base64.StdEncoding, f))
}

func DecodeToTempFile(name string) (string, error) {
	b, err := ReadFile(name)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp("", "obscuretestdata-decoded-")
	if err != nil {
		return "", err
	}
	defer f.Close()
	_, err = f.Write(b)
	return f.Name(), err
}
""",
    "testenv": """package testenv

import "testing"

func Builder() string                                     { return "" }
func OptimizationOff() bool                               { return true }
func HasSymlink() bool                                    { return true }
func HasLink() bool                                       { return true }
func HasExec() bool                                       { return false }
func HasGoBuild() bool                                    { return false }
func HasSrc() bool                                        { return false }
func HasParallelism() bool                                { return true }
func CPUIsSlow() bool                                     { return true }
func MustHaveSymlink(t testing.TB)                        {}
func MustHaveLink(t testing.TB)                           {}
func MustHaveParallelism(t testing.TB)                    {}
func MustHaveExec(t testing.TB)                           { t.Skip("other programs") }
func MustHaveGoBuild(t testing.TB)                        { t.Skip("the go command") }
func MustHaveGoRun(t testing.TB)                          { t.Skip("the go command") }
func MustHaveExternalNetwork(t testing.TB)                { t.Skip("the network") }
func MustInternalLink(t testing.TB, cgo bool)             { t.Skip("the linker") }
func SkipIfOptimizationOff(t testing.TB)                  { t.Skip("Go's optimizations") }
func SkipIfShortAndSlow(t testing.TB)                     {}
func SkipFlaky(t testing.TB, issue int)                   { t.Skip("flaky") }
func SkipFlakyNet(t testing.TB)                           { t.Skip("flaky") }
func SyscallIsNotSupported(err error) bool                { return false }
func ParallelOn64Bit(t *testing.T)                        { t.Parallel() }
""",
}


TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|`[^`]*`|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[({\[\n\])}]", re.S)


def declarations(lines):
    """[(first, end)] of the lines of top-level declarations, comments above them excluded."""
    found, depth, number, first = [], 0, 0, None
    for match in TOKEN.finditer("\n".join(lines) + "\n"):
        token = match[0]
        if token == "\n" and first is None and START.match(lines[number]):
            first = number
        if first is None and depth == 0 and token in "({[" and START.match(lines[number]):
            first = number
        if token in "({[":
            depth += 1
        elif token in ")}]":
            depth -= 1
        elif token == "\n" and depth == 0 and first is not None:
            found.append((first, number + 1))
            first = None
        elif first is None and "\n" in token and token[0] == "`" and START.match(lines[number]):
            first = number
        number += token.count("\n")
    return found


class File:
    """A test file that loses what does not compile."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as f:
            self.lines = f.read().split("\n")

    def save(self):
        with open(self.path, "w", encoding="utf-8") as f:
            f.write("\n".join(self.lines))

    def drop(self, numbers):
        """{name: message} of what is lost for errors at these lines {number: message}."""
        lost, spans = {}, declarations(self.lines)
        for number, message in sorted(numbers.items()):
            i = number - 1
            if i >= len(self.lines) or not self.lines[i].strip():
                continue
            span = next((s for s in spans if s[0] <= i < s[1]), None)
            found = IMPORT.match(self.lines[i])
            if span is None:
                if found:
                    self.lines[i] = ""
                    if "not used" not in message:
                        lost["import " + found[2]] = message
                continue
            first = self.lines[span[0]]
            if i > span[0] and not first.startswith("func") and re.match(r"^\t(\{.*\},|\w.*[^{(,])\s*(//.*)?$", self.lines[i]):
                lost["line " + self.lines[i].strip()[:60]] = message
                self.lines[i] = ""
                continue
            match = re.match(r"func (?:\([^)]*\) )?(\w+)|(?:var|type|const)\s+(\w+)", first)
            lost.setdefault((match and (match[1] or match[2])) or first, message)
            self.lines[span[0]:span[1]] = [""] * (span[1] - span[0])
        return lost


def built_here(lines):
    """Whether //go:build lines let a file into a build for linux/amd64."""
    for line in lines:
        if line.startswith("package "):
            return True
        if line.startswith("//go:build "):
            words = re.sub(r"[\w.]+", lambda m: str(m[0] in ("linux", "amd64", "unix") or m[0].startswith("go1.")), line[11:])
            return bool(eval(words.replace("&&", " and ").replace("||", " or ").replace("!", " not ")))
    return True


def use_stubs(text, folder):
    def stub(match):
        name = match[1]
        if name in STUBS:
            os.makedirs(os.path.join(folder, "internal", name), exist_ok=True)
            with open(os.path.join(folder, "internal", name, name + ".go"), "w", encoding="utf-8") as f:
                f.write(STUBS[name])
            return '"stdtest/internal/%s"' % name
        return match[0]
    return re.sub(r'"internal/(\w+)"', stub, text)


def as_external(text, path):
    """A file of package x as one of x_test that imports x with a dot."""
    last = os.path.basename(path)
    return re.sub(r"^package (\w+).*$", 'package \\1_test\n\nimport . "%s"' % path, text, count=1, flags=re.M)


def prepare(source, path, folder):
    """Fills folder/external/NAME and folder/internal/NAME; returns those that have tests."""
    made = []
    for kind in ("external", "internal"):
        place = os.path.join(folder, kind, os.path.basename(path))
        os.makedirs(place)
        count = 0
        for name in sorted(os.listdir(os.path.join(source, path))):
            full = os.path.join(source, path, name)
            if name == "testdata" and os.path.isdir(full):
                shutil.copytree(full, os.path.join(place, name))
            elif name.endswith("_test.go") and not name.startswith("export_") and not ELSEWHERE.search(name):
                count += take(full, path, place, kind)
            elif os.path.isfile(full) and not name.endswith("_test.go"):
                copy_source(full, os.path.join(place, name))
        with open(os.path.join(place, "go.mod"), "w", encoding="utf-8") as f:
            f.write("module stdtest\n\ngo 1.23\n")
        link_testdata(source, path, place)
        if count:
            made.append(place)
    return made


def link_testdata(source, path, place):
    """Tests read ../testdata and ../../testdata, too."""
    for _ in range(2):
        path, place = os.path.dirname(path), os.path.dirname(place)
        there, here = os.path.join(source, path, "testdata"), os.path.join(place, "testdata")
        if os.path.isdir(there) and not os.path.lexists(here):
            os.symlink(there, here)


def copy_source(full, to):
    """Tests that list their folder find the package's sources, which are no part of the build."""
    with open(full, "rb") as f:
        text = f.read()
    with open(to, "wb") as f:
        f.write(b"//go:build ignore\n\n" + text if full.endswith(".go") else text)


def take(full, path, place, kind):
    """Copies a test file when it is of this kind; 1 if so."""
    with open(full, encoding="utf-8") as f:
        text = f.read()
    package = re.search(r"^package (\w+)", text, re.M)[1]
    if package.endswith("_test") != (kind == "external") or not built_here(text.split("\n")):
        return 0
    text = use_stubs(DIRECTIVE.sub("", text), place)
    if kind == "internal":
        text = as_external(text, path)
    with open(os.path.join(place, os.path.basename(full)), "w", encoding="utf-8") as f:
        f.write(text)
    return 1


def make_compile(place, compile_all):
    """Drops what compile_all()'s text complains about until nothing is left; {declaration: message}."""
    lost = {}
    for _ in range(ROUNDS):
        errors = {}
        for line in compile_all().split("\n"):
            match = ERROR.match(line)
            if match and os.path.exists(os.path.join(place, match[1])):
                errors.setdefault(match[1], {}).setdefault(int(match[2]), match[3])
        for name, numbers in errors.items():
            file = File(os.path.join(place, name))
            lost.update(file.drop(numbers))
            file.save()
        if not errors:
            break
    return lost
