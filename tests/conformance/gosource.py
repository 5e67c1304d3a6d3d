# SPDX-License-Identifier: MIT
"""What the suites need to know about a Go source file: tokens, recipe, build constraints, imports, wanted errors."""
import re

TOKEN = re.compile(
    r'''(?P<comment>//[^\n]*|/\*.*?\*/)'''
    r'''|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*')'''
    r'''|(?P<name>[^\W\d]\w*)'''
    r'''|(?P<space>\s+)'''
    r'''|(?P<other>.)''', re.S)

KNOWN_TAGS = {"linux", "amd64", "gc", "test_run"}
DISABLED_ERRORS = "////"
ERROR = re.compile(r'// (?:GC_)?ERROR (.*)')
QUOTED = re.compile(r'"([^"]*)"')
LINE = re.compile(r'LINE(?:([+-])([0-9]+))?')
POSIX_CLASSES = {"[:alpha:]": "a-zA-Z", "[:digit:]": "0-9", "[:alnum:]": "a-zA-Z0-9", "[:space:]": r"\s"}


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
        return f.read()


def tokens(text):
    """Yields (kind, text, start) without comments and space."""
    for m in TOKEN.finditer(text):
        if m.lastgroup not in ("comment", "space"):
            yield m.lastgroup, m.group(), m.start()


class Recipe:
    """The first lines of a test: what to do with it, with which flags and arguments."""

    def __init__(self, text):
        self.action, self.flags, self.args, self.single_file_packages = "", [], [], False
        head = text.split("\n\n", 1)[0]
        lines = head.split("\n")
        if "+build" in lines[0] and len(lines) > 1:
            lines = lines[1:]
        if not lines[0].startswith("//"):
            return
        words = lines[0][2:].split()
        if not words:
            return
        self.action, words = words[0], words[1:]
        while words and words[0].startswith("-"):
            flag = words.pop(0)
            if flag in ("-t", "-goexperiment") and words:
                flag += " " + words.pop(0)
            if flag == "-s":
                self.single_file_packages = True
            elif not flag.startswith("-t "):
                self.flags.append(flag)
        self.args = words


def is_built(text):
    """Whether the build constraints in front of the package clause choose this file."""
    for line in text.split("\npackage", 1)[0].split("\n"):
        if line.startswith("//go:build "):
            if not evaluate(line[len("//go:build "):]):
                return False
        elif re.match(r"//\s*\+build\s", line):
            options = line.split("+build", 1)[1].split()
            if not any(all(evaluate(term) for term in option.split(",")) for option in options):
                return False
    return True


def evaluate(expression):
    text = re.sub(r"[\w.]+", lambda m: str(m.group() in KNOWN_TAGS), expression)
    text = text.replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    if not re.fullmatch(r"(?:True|False|and|or|not|[()\s])+", text):
        return True
    return bool(eval(text, {"__builtins__": {}}))


def package_name(text):
    previous = ""
    for kind, word, _ in tokens(text):
        if previous == "package" and kind == "name":
            return word
        previous = word
    return ""


def imports(text):
    """The import paths, each with the offset of its literal."""
    found, state = [], ""
    for kind, word, start in tokens(text):
        if state == "":
            if word == "import":
                state = "one"
            elif kind == "name" and word in ("func", "var", "const", "type"):
                break
        elif kind == "string":
            found.append((word[1:-1], start))
            state = "" if state == "one" else state
        elif word == "(":
            state = "group"
        elif word == ")":
            state = ""
    return found


def main_names(text):
    """Offsets of the name in each declaration of func main at the top level."""
    found, depth, last = [], 0, [("", 0), ("", 0)]
    for _, word, start in tokens(text):
        if depth == 0 and word == "(" and last[1][0] == "main" and last[0][0] == "func":
            found.append(last[1][1])
        depth += (word in ("{", "(")) - (word in ("}", ")"))
        last = [last[1], (word, start)]
    return found


def wrap_main(text, mark):
    """Renames main and adds one that calls it and then prints the mark; an exit with status 0 prints it too.
    No line moves. None: there is no main."""
    names = main_names(text)
    if len(names) != 1:
        return None
    at = names[0]
    show = ('println("%s")' if "func print(" in text else 'print("%s\\n")') % mark
    added = "\n\nfunc main() {\n\tmainOfTheTest()\n\t" + show + "\n}\n"
    head, tail = text[:at], text[at + 4:]
    if "os.Exit(" in text:
        head, tail = (part.replace("os.Exit(", "exitOfTheTest(") for part in (head, tail))
        added += "\nfunc exitOfTheTest(code int) {\n\tif code == 0 {\n\t\t" + show + "\n\t}\n\tos.Exit(code)\n}\n"
    return head + "mainOfTheTest" + tail + added


def declared_functions(text):
    """Expressions for the functions and methods declared at the top level: f, (*T).m. None of generic ones."""
    found, depth, words = [], 0, [word for _, word, _ in tokens(text)]
    for i, word in enumerate(words):
        if depth == 0 and word == "func" and i + 2 < len(words):
            name, parameters, receiver = i + 1, i + 2, ""
            if words[name] == "(":
                close = words.index(")", name)
                receiver, name, parameters = words[close - 1], close + 1, close + 2
            is_function = words[parameters] == "(" and words[name].isidentifier() and receiver != "]"
            if is_function and words[name] not in ("_", "init", "main"):
                found.append("(*%s).%s" % (receiver, words[name]) if receiver else words[name])
        depth += (word in ("{", "(")) - (word in ("}", ")"))
    return found


def reach_everything(text):
    """Makes a program of the file in which every function is reached; no line moves."""
    previous = ""
    for _, word, start in tokens(text):
        if previous == "package":
            text = text[:start] + "main" + text[start + len(word):]
            break
        previous = word
    added = "\n\nvar reachedByTheTest []interface{}\n\nfunc init() {\n\treachedByTheTest = []interface{}{%s}\n}\n"
    text += added % ", ".join(declared_functions(text))
    return text if main_names(text) else text + "\nfunc main() {}\n"


def to_python(regexp):
    """A regular expression of Go's in Python's syntax."""
    for name, members in POSIX_CLASSES.items():
        regexp = regexp.replace(name, members)
    return re.sub(r"\\z", r"\\Z", regexp)


def wanted_errors(text, short):
    """{line: [compiled expression]} as Go's runner reads the ERROR comments."""
    wanted = {}
    for number, line in enumerate(text.split("\n"), 1):
        if DISABLED_ERRORS in line:
            continue
        m = ERROR.search(line)
        if not m:
            continue

        def place(m, number=number):
            delta = int(m.group(2) or 0)
            return "%s:%d" % (short, number - delta if m.group(1) == "-" else number + delta)

        for quoted in QUOTED.findall(m.group(1)):
            wanted.setdefault(number, []).append(re.compile(to_python(LINE.sub(place, quoted))))
    return wanted
