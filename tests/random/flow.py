# SPDX-License-Identifier: MIT
"""Random programs about the ways through a function: loops of all kinds (over functions, too, that clean up, call others, or go on when
they should not), left by break, continue, goto, return and panic, from every depth; deferred calls that change results, recover, panic
again; run-time errors; goroutines, selects, iter.Pull, switches. Every step is traced; a counter decides the conditions."""
from source import Source

IMPORTS = ['fmt', 'iter', 'errors', 'sync', 'runtime']


class Generator(Source):
    def __init__(self, seed, suffix):
        super().__init__(seed, suffix)
        self.funcs, self.vars, self.loops = [], [], []
        self.depth = self.in_range_func = 0
        self.results = 1
        self.in_defer = False

    def t(self, text):
        self.emit(text.replace('@', self.suffix))

    def number(self):
        return self.r.randrange(100)

    def flip(self):
        return f'flip{self.suffix}({self.r.randrange(2, 5)})'

    def value(self):
        """An int without a panic in it."""
        return self.pick([str(self.number()), 'r', 'a'] + self.vars[-4:]) if not self.chance(25) else \
            f'step{self.suffix}({self.number()}) {self.pick(["+", "-", "*", "^"])} step{self.suffix}({self.number()})'

    # ---- statements ----

    def statement(self):
        options = [(self.trace, 16), (self.change, 12), (self.declare, 8), (self.risky, 6), (self.order, 5)]
        if self.depth < 4:
            options += [(self.if_, 12), (self.loop, 14), (self.range_func, 16), (self.switch, 6), (self.defer_, 12), (self.block_goto, 4),
                        (self.select, 4), (self.call_literal, 5), (self.pull, 3), (self.goroutine, 3), (self.closures, 4)]
        if self.depth:
            options += [(self.leave, 22)]
        if self.funcs:
            options += [(self.call, 6)]
        self.weighted(options)()

    def block(self, count, variables=()):
        self.indent += 1
        self.depth += 1
        outer = self.vars
        self.vars = outer + list(variables)
        for _ in range(count):
            self.statement()
        self.vars = outer
        self.depth -= 1
        self.indent -= 1

    def trace(self):
        self.t(f'trace@({self.number()}, r, {self.value()})')

    def change(self):
        target = self.pick(['r'] + self.vars[-3:])
        self.t(self.pick([f'{target} += {self.value()}', f'{target} = {target}*3 + {self.value()}', f'{target}++',
                          f'{target}, r = r, {self.value()}' if target != 'r' else 'r--']))

    def declare(self):
        n = self.name('v')
        self.t(f'{n} := {self.value()}')
        self.t(f'_ = {n}')
        self.vars = self.vars + [n]

    def return_(self):
        if self.results == 0:
            return 'return'
        if self.results == 'bool':
            return f'return {self.flip()}'
        if self.results == 2:
            return self.pick(['return', f'return {self.value()}, err', f'return {self.value()}, errors.New("e{self.number()}")', 'return r, nil'])
        return self.pick(['return', f'return {self.value()}', 'return r + 1'])

    def leave(self):
        ways = [self.return_(), f'panic({self.panic_value()})']
        if self.loops:
            label = self.pick(self.loops)
            ways += ['break', 'continue'] * 2 if self.loops[-1] else []
            if label:
                ways += [f'break {label}', f'continue {label}'] * 2
        self.t(f'if {self.flip()} {{ {self.pick(ways)} }}')

    def panic_value(self):
        n = self.number()
        return self.pick([str(n), f'"p{n}"', f'errors.New("p{n}")', f'fmt.Errorf("w%d: %w", {n}, errors.New("in"))', f'wrong@{{{n}}}', f'{n}.5',
                          'nil', 'error(nil)', f'&wrong@{{{n}}}' if self.in_defer else f'[]int{{{n}}}[0]']).replace('@', self.suffix)

    def if_(self):
        self.t(f'if {self.flip()} {{')
        self.block(self.r.randrange(1, 4))
        if self.chance(40):
            self.t('} else {')
            self.block(self.r.randrange(1, 3))
        self.t('}')

    def labelled(self, head, variables, count=None):
        """A loop whose label is used."""
        label = self.name('L') if self.chance(50) else None
        if label:
            self.indent -= 1
            self.t(f'{label}:')
            self.indent += 1
        self.t(head)
        for v in variables:
            self.t(f'\t_ = {v}')
        if label:
            self.t(f'\tif {self.flip()} {{ {self.pick(["break", "continue"])} {label} }}')
        self.loops.append(label or '')
        loops = self.loops
        self.loops = [x for x in loops if x] + ([''] if not label else [])
        if label:
            self.loops = [x for x in self.loops if x != label] + [label]
        self.block(count or self.r.randrange(1, 4), variables)
        self.loops = loops
        self.loops.pop()
        self.t('}')

    def loop(self):
        i, x = self.name('i'), self.name('x')
        k = self.r.randrange(8)
        if k == 0:
            self.labelled(f'for {i} := 0; {i} < {self.r.randrange(1, 4)}; {i}++ {{', [i])
        elif k == 1:
            self.labelled(f'for {i} := range {self.r.randrange(1, 4)} {{', [i])
        elif k == 2:
            self.labelled(f'for {i}, {x} := range []int{{{self.number()}, r, {self.number()}}} {{', [i, x])
        elif k == 3:
            self.labelled(f'for {i} := range "aé" {{', [i])
        elif k == 4:
            self.labelled(f'for _, {x} := range [...]int{{r, {self.value()}}} {{', [x])
        elif k == 5:
            self.labelled(f'for {i}, {x} := range map[int]int{{{self.number()}: r}} {{', [i, x])
        elif k == 6:
            self.t(f'{x} := make(chan int, 3)')
            self.t(f'{x} <- r; {x} <- {self.number()}; close({x})')
            self.labelled(f'for {i} := range {x} {{', [i])
        else:
            self.t(f'{i} := {self.r.randrange(3)}')
            self.labelled(f'for {i} < 3 {{', [], 1)
            self.lines.insert(len(self.lines) - 1, '\t' * (self.indent + 1) + f'{i}++')
            head = max(k for k, line in enumerate(self.lines) if line.strip() == f'for {i} < 3 {{')
            self.lines.insert(head + 1, '\t' * (self.indent + 1) + f'{i}++')

    def range_func(self):
        self.in_range_func += 1
        self.range_func_of_a_kind()
        self.in_range_func -= 1

    def range_func_of_a_kind(self):
        i, x = self.name('i'), self.name('x')
        n = self.r.randrange(1, 4)
        k = self.r.randrange(9)
        if k == 0:
            self.labelled(f'for range zero@({n}) {{'.replace('@', self.suffix), [])
        elif k < 3:
            self.labelled(f'for {x} := range {self.pick(["count", "clean", "nested", "rude", "through"])}{self.suffix}({n}) {{', [x])
        elif k < 5:
            self.labelled(f'for {i}, {x} := range pairs{self.suffix}({n}) {{', [i, x])
        elif k == 5:
            self.labelled(f'for {x} := range (list{self.suffix}[int]{{{self.number()}, {self.number()}}}).all() {{', [x])
        elif k == 6:
            self.labelled(f'for {x} := range mapped{self.suffix}(clean{self.suffix}({n}), func(x int) int {{ return x*2 + r }}) {{', [x])
        elif k == 7 and 'r' not in self.vars:
            self.labelled(f'for r = range count{self.suffix}({n}) {{', [])
        else:  # an iterator of the function's own
            y = self.name('y')
            loops, results, vars_ = self.loops, self.results, self.vars
            self.t(f'{y} := func(yield func(int) bool) {{')
            self.loops, self.results = [], 0
            self.indent += 1
            if self.chance(30):
                self.t(f'defer trace@({self.number()}, r, 0)')
            self.t(f'for {i} := range {n} {{')
            self.t(f'\tif !yield({i} + r) {{ return }}')
            self.t('}')
            self.indent -= 1
            self.t('}')
            self.loops, self.results, self.vars = loops, results, vars_
            self.labelled(f'for {x} := range {y} {{', [x])

    def switch(self):
        k = self.r.randrange(3)
        outer = self.loops
        if self.loops and not self.loops[-1]:
            self.loops = self.loops[:-1]  # a break would leave the switch
        if k == 0:
            self.t(f'switch {self.value()} % 4 {{')
            for c in range(self.r.randrange(1, 4)):
                self.t(f'case {c}, {c - 10}:')
                self.block(self.r.randrange(1, 3))
                if self.chance(30):
                    self.t('\tfallthrough')
            self.t('default:')
            self.block(1)
            self.t('}')
        elif k == 1:
            self.t('switch {')
            for c in range(self.r.randrange(1, 3)):
                self.t(f'case {self.flip()}:')
                self.block(self.r.randrange(1, 3))
                if self.chance(20):
                    self.t('\tbreak')
            self.t('}')
        else:
            s = self.name('s')
            self.t(f'switch {s} := thing@({self.value()}).(type) {{')
            for c in self.r.sample(['int', 'string', 'error', 'nil', '[]int', 'fmt.Stringer', 'func()'], 3):
                self.t(f'case {c}:')
                self.t(f'\ttrace@({self.number()}, r, 0)')
                self.t(f'\t_ = {s}')
                self.block(1)
            self.t('default:')
            self.t(f'\t_ = {s}')
            self.t('}')
        self.loops = outer

    def body_of_literal(self, results, count):
        saved = self.loops, self.results, self.vars, self.in_range_func
        self.loops, self.results, self.in_range_func = [], results, 0
        self.block(count)
        self.loops, self.results, self.vars, self.in_range_func = saved

    def defer_(self):
        k = self.r.randrange(6)
        if k == 0 or self.in_range_func:  # Go 1.23's own way of recovering in these is wrong (go.dev/issue/71675)
            self.t(f'defer trace@({self.number()}, r, {self.value()})')
            return
        outer, self.in_defer = self.in_defer, True
        self.t('defer func() {')
        if k < 4:
            self.t(f'\tif x := recover(); x != nil {{ out@("recovered %v\\n", text@(x)); r += {self.number()} }}')
        elif k == 4:
            self.t(f'\tx := recover()')
            self.t(f'\tif x != nil && {self.flip()} {{ panic(x) }}')
        self.body_of_literal(0, self.r.randrange(1, 3))
        self.t('}()')
        self.in_defer = outer

    def block_goto(self):
        label = self.name('G')
        self.t('{')
        self.t(f'\tif {self.flip()} {{ goto {label} }}')
        self.t('\t{')
        self.indent += 1
        self.block(self.r.randrange(1, 3))
        if self.chance(50):
            self.t(f'\tfor x := range count@(3) {{ trace@(x, r, 1); if {self.flip()} {{ goto {label} }} }}')
        self.indent -= 1
        self.t('\t}')
        self.t(f'{label}:')
        self.t(f'\ttrace@({self.number()}, r, 0)')
        self.t('}')

    def select(self):
        c = self.name('c')
        outer = self.loops
        if self.loops and not self.loops[-1]:
            self.loops = self.loops[:-1]
        self.t(f'{c} := make(chan int, 1)')
        k = self.r.randrange(4)
        if k == 0:
            self.t(f'{c} <- {self.value()}')
        elif k == 1:
            self.t(f'close({c})')
        self.t('select {')
        v = self.name('v')
        self.t(f'case {v}, ok := <-{c}:')
        self.t(f'\ttrace@({self.number()}, {v}, len(fmt.Sprint(ok)))')
        self.block(1, [v])
        self.t(f'case (chan int)(nil) <- step@({self.number()}):')
        self.t('default:')
        self.block(1)
        self.t('}')
        self.loops = outer

    def call_literal(self):
        v = self.name('v')
        self.t(f'{v} := func() bool {{')
        self.body_of_literal('bool', self.r.randrange(1, 4))
        self.t(f'\treturn {self.flip()}')
        self.t('}()')
        self.t(f'if {v} {{ r++ }}')

    def pull(self):
        n, s, v = self.name('next'), self.name('stop'), self.name('v')
        self.t(f'{n}, {s} := iter.Pull({self.pick(["count", "clean", "nested"])}@({self.r.randrange(1, 4)}))')
        if self.chance(60):
            self.t(f'defer {s}()')
        self.t('for {')
        self.t(f'\t{v}, ok := {n}()')
        self.t(f'\tif !ok || {self.flip()} {{ break }}')
        self.t(f'\ttrace@({v}, r, 7)')
        self.block(1, [v])
        self.t('}')
        self.t(f'{s}()')

    def goroutine(self):
        wg = self.name('wg')
        self.t(f'var {wg} sync.WaitGroup')
        self.t(f'{wg}.Add(1)')
        self.t('go func() {')
        self.t(f'\tdefer {wg}.Done()')
        self.t('\tdefer func() { out@("ended %v\\n", text@(recover())) }()')
        self.body_of_literal(0, self.r.randrange(1, 3))
        if self.chance(30):
            self.t('\truntime.Goexit()')
        self.t('}()')
        self.t(f'{wg}.Wait()')

    def closures(self):
        fs, i = self.name('fs'), self.name('i')
        self.t(f'var {fs} []func() int')
        self.t(self.pick([f'for {i} := 0; {i} < 3; {i}++ {{', f'for {i} := range 3 {{', f'for {i} := range count@(3) {{']))
        self.t(f'\t{fs} = append({fs}, func() int {{ {i} += r; return {i} }})')
        if self.chance(40):
            self.t(f'\tif {i} == 1 {{ {i}++ }}')
        self.t('}')
        self.t(f'for _, f := range {fs} {{ trace@(f(), f(), r) }}')

    def call(self):
        f, count = self.pick(self.funcs)
        v = self.name('v')
        if count == 2:
            e = self.name('e')
            self.t(f'{v}, {e} := {f}({self.value()})')
            self.t(f'out@("%v %v\\n", {v}, text@({e}))')
        else:
            self.t(f'{v} := {f}({self.value()})')
            self.t(f'trace@({v}, r, 2)')
        self.vars = self.vars + [v]

    def risky(self):
        """One run-time error, perhaps."""
        x, i = self.name('x'), f'same{self.suffix}({self.value()}) % {self.r.randrange(2, 7)}'
        j = f'same{self.suffix}({self.value()}) % {self.r.randrange(2, 7)}'
        forms = [f'{x} := []int{{1, 2, 3}}[{i}]', f'{x} := [3]int{{1, 2, 3}}[{i}]', f'{x} := "abc"[{i}]', f'{x} := []int{{1, 2, 3}}[{i}:]',
                 f'{x} := []int{{1, 2, 3}}[:{i}]', f'{x} := []int{{1, 2, 3}}[{i}:{j}]', f'{x} := "abcd"[{i}:{j}]', f'{x} := make([]int, 3, 5)[{i}:{j}:{self.r.randrange(3, 6)}]',
                 f'{x} := make([]int, 3, 5)[:2:{i}]', f'{x} := 100 / ({i})', f'{x} := 100 % ({i})', f'{x} := make([]int, {i} - 1)', f'{x} := thing@({i}).(int)',
                 f'{x} := thing@({i}).(fmt.Stringer)', f'{x} := thing@({i}).(error).Error()', f'{x} := *find@({i})', f'{x} := node@({i}).next.next.k',
                 f'{x} := [2]int(make([]int, ({i})&3))', f'{x} := (*[2]int)(make([]int, ({i})&3))[0]', f'{x} := 1 << ({i})', f'{x} := table@({i})["k"]',
                 f'{x} := thing@({i}) == thing@({j})', f'{x} := map[any]int{{thing@({i}): 1}}[1]', f'{x} := append(make([]int, 2, 4), r)[:{i}]',
                 f'{x} := func() (x int) {{ table@({i})["k"]++; return }}()', f'{x} := func() (x int) {{ c := make(chan int, 1); if {i} > 1 {{ close(c) }}; close(c); return }}()',
                 f'{x} := func() (x int) {{ c := make(chan int, 1); if {i} > 1 {{ close(c) }}; c <- 1; return }}()', f'{x} := node@({i}).get()',
                 f'{x} := any(node@({i})).(interface{{ get() int }}).get()', f'{x} := getter@({i})()']
        if self.chance(50):
            self.t('func() {')
            self.t('\tdefer func() { out@("%v\\n", text@(recover())) }()')
            self.t(f'\t{self.pick(forms)}')
            self.t(f'\tout@("%v\\n", {x})')
            self.t('}()')
        else:
            self.t(self.pick(forms))
            self.t(f'out@("%v\\n", {x})')

    def order(self):
        """Calls, receives, indexes and stores of one statement, all traced."""
        s = f'step{self.suffix}'
        x = self.name('x')
        n = lambda: f'{s}({self.r.randrange(4)})'
        self.t(f'{x} := make([]int, 4)')
        forms = [f'{x}[{n()}], {x}[{n()}] = {n()}, {n()}', f'{x}[{n()}] += {n()}', f'{x} = append({x}[:{n()}], {n()}, {n()})', f'{x}[{n()}], r = r, {n()}',
                 f'r = {n()} + ask@(1, {n()}) * {n()}', f'{x}[{n()}], {x}[0] = ask@({n()}, {n()}), {n()}', f'if {n()} > 1 && {n()} > 2 || {n()} < 1 {{ r++ }}',
                 f'{x} = []int{{{n()}, 3: {n()}}}', f'{x}[0] = map[int]int{{{n()}: {n()}}}[{n()}]', f'{x}[{n()}] = [4]int{{{n()}, {n()}}}[{n()}]',
                 f'func(a ...int) {{ {x}[0] = len(a) }}({n()}, {n()}, {n()})', f'r, {x}[r&1] = r+1, {n()}', f'{x}[{n()}], {x}[{n()}] = two@({n()})',
                 f'{x}[0], {x}[1] = {x}[1], {x}[0]+{n()}', f'({n2(self)})[{n()}] = {n()}']
        self.t(self.pick(forms))
        self.t(f'out@("%v\\n", {x})')

    def make_func(self):
        name, count = self.name('f'), self.pick([1, 1, 2])
        self.results, self.vars, self.loops, self.depth = count, ['a'], [], 0
        self.lines, self.indent = [], 1
        self.in_defer = False
        for _ in range(self.r.randrange(2, 6)):
            self.statement()
        self.t('return r' if count == 1 else 'return r, err')
        result = 'r int' if count == 1 else 'r int, err error'
        self.decls.append(f'func {name}(a int) ({result}) {{\n' + '\n'.join(self.lines) + '\n}')
        self.funcs.append((name, count))

    def program(self):
        for _ in range(self.r.randrange(2, 5)):
            self.make_func()
        s = self.suffix
        self.lines, self.indent = [], 1
        for f, _ in self.funcs:
            for k in range(3):
                self.t(f'try@("{f}", {self.r.randrange(9)}, func(a int) any {{ {"v, err := " + f + "(a); return fmt.Sprint(v, text@(err))" if _ == 2 else "return " + f + "(a)"} }})')
        if self.chance(40):
            f, _ = self.pick(self.funcs)
            self.t(f'{f}({self.number()})')
        body = '\n'.join(self.lines)
        return PRELUDE.replace('@', s) + '\n\n'.join(self.decls) + f'\n\nfunc run{s}() {{\n{body}\n}}\n'


def n2(g):
    return f'pick{g.suffix}({g.r.randrange(3)})'


PRELUDE = '''
var state@ uint32 = 12345
var lines@ int
var lists@ = [3][]int{make([]int, 4), make([]int, 4), make([]int, 4)}

func flip@(n uint32) bool {
	state@ = state@*1664525 + 1013904223
	return state@>>16%n == 0
}

func out@(format string, args ...any) {
	if lines@++; lines@ < 250 {
		fmt.Printf(format, args...)
	} else if lines@ > 20000 {
		panic("too long")
	}
}

func trace@(a, b, c int)      { out@("%d %d %d\\n", a%1000, b%1000, c%1000) }
func step@(n int) int         { out@("step %d\\n", n); return n }
func ask@(a, b int) int       { out@("ask %d %d\\n", a, b); return a - b }
func same@(n int) int        { return n }
func two@(n int) (int, int)   { return n, n + 1 }
func pick@(n int) []int       { out@("pick %d\\n", n); return lists@[n] }

type wrong@ struct{ n int }

func (w wrong@) Error() string { return fmt.Sprint("wrong ", w.n) }

type part@ struct {
	k    int
	next *part@
}

func (p *part@) get() int { return p.k }

// Without addresses.
func text@(x any) string {
	switch x := x.(type) {
	case nil:
		return "nothing"
	case runtime.Error:
		return "runtime: " + x.Error()
	case error:
		return "error: " + x.Error()
	}
	return fmt.Sprintf("%T %v", x, x)
}

func thing@(n int) any {
	return [...]any{1, "two", wrong@{3}, nil, []int{5}, &part@{}, func() {}, 2.5}[n&7]
}

func find@(n int) *int {
	if n&1 == 0 {
		return nil
	}
	return &n
}

func node@(n int) (p *part@) {
	for range n & 3 {
		p = &part@{n, p}
	}
	return
}

func table@(n int) map[string]int {
	if n&1 == 0 {
		return nil
	}
	return map[string]int{"k": n}
}

func getter@(n int) func() int {
	if n&1 == 0 {
		return nil
	}
	return node@(1).get
}

func zero@(n int) func(func() bool) {
	return func(yield func() bool) {
		for range n {
			if !yield() {
				return
			}
		}
	}
}

func count@(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func clean@(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer out@("cleaned\\n")
		for i := 0; i < n && yield(i*10); i++ {
		}
	}
}

func nested@(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range clean@(n) {
			for k := range count@(2) {
				if !yield(i + k) {
					return
				}
			}
		}
	}
}

// Catches what the body panics with, and goes on or not.
func through@(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer func() {
			if x := recover(); x != nil {
				out@("through %v\\n", text@(x))
				if flip@(2) {
					panic(x)
				}
			}
		}()
		count@(n)(yield)
	}
}

// Does not look at what yield says.
func rude@(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			more := yield(i)
			if !more && flip@(2) {
				return
			}
		}
	}
}

func pairs@(n int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		_ = n > 0 && yield(0, n) && n > 1 && yield(1, n*n) && n > 2 && yield(2, -n)
	}
}

type list@[E any] []E

func (l list@[E]) all() iter.Seq[E] {
	return func(yield func(E) bool) {
		for _, x := range l {
			if !yield(x) {
				break
			}
		}
	}
}

func mapped@[A, B any](seq iter.Seq[A], f func(A) B) iter.Seq[B] {
	return func(yield func(B) bool) {
		seq(func(x A) bool { return yield(f(x)) })
	}
}

func try@(name string, a int, f func(int) any) {
	defer func() {
		if x := recover(); x != nil {
			out@("%s panics: %s\\n", name, text@(x))
		}
	}()
	out@("%s gives %v\\n", name, f(a))
}

'''


def program(seed, number):
    return Generator(seed, f'_p{number}').program()
