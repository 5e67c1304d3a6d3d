# SPDX-License-Identifier: MIT
"""Random programs about what outlives its scope: addresses of local variables, elements and fields are wrapped in new objects
(slices, maps, structs, closures, interfaces, channels, literals behind pointers), passed through calls and results, unwrapped
again somewhere else, and looked at after other allocations had time to take the place of what was given back too early.

No value is ever nil: every literal fills all its fields, every slice has an element 0, every map a key 0. Types form an order
without cycles, so each can be built and be printed to the bottom.
"""
from source import Source

IMPORTS = ['fmt', 'iter']


class Type:
    def __init__(self, kind, text, elem=None, fields=()):
        self.kind, self.text, self.elem, self.fields = kind, text, elem, list(fields)
        self.dump = None


class Func:
    def __init__(self, name, params, results, receiver=None, variadic=False):
        self.name, self.params, self.results, self.receiver, self.variadic = name, params, results, receiver, variadic


class Generator(Source):
    def __init__(self, seed, suffix):
        super().__init__(seed, suffix)
        self.types, self.funcs, self.scopes = {}, [], []
        self.depth = self.nest = 0
        self.integer = self.make('int', 'int')
        self.p = self.make('pointer', '*int', self.integer)

    def make(self, kind, text, elem=None, fields=()):
        if text not in self.types:
            self.types[text] = Type(kind, text, elem, fields)
        return self.types[text]

    # ---- types ----

    def wrap_type(self, t):
        forms = ['slice', 'slice', 'pointer', 'map', 'array', 'func', 'chan', 'pair', 'pair pointer', 'seq', 'keys']
        form = self.pick(forms)
        if form == 'slice':
            return self.make('slice', '[]' + t.text, t)
        if form == 'pointer':
            return self.make('pointer', '*' + t.text, t)
        if form == 'map':
            return self.make('map', 'map[int]' + t.text, t)
        if form == 'array':
            return self.make('array', '[2]' + t.text, t)
        if form == 'func':
            return self.make('func', f'func() {t.text}', t)
        if form == 'chan':
            return self.make('chan', f'chan {t.text}', t)
        if form == 'seq':
            return self.make('seq', f'iter.Seq[{t.text}]', t)
        if form == 'keys':
            return self.make('keys', f'map[{t.text}]bool', t) if t.kind == 'pointer' else t
        pair = self.make('pair', f'pair{self.suffix}[{t.text}]', t)
        return pair if form == 'pair' else self.make('pointer', '*' + pair.text, pair)

    def any_type(self):
        if self.chance(25):
            return self.p
        return self.pick(list(self.types.values()))

    def make_types(self):
        for _ in range(self.r.randrange(3, 9)):
            if self.chance(45):
                name = self.name('T')
                fields = [(self.name('f'), self.any_type()) for _ in range(self.r.randrange(1, 4))]
                self.decls.append(f'type {name} struct {{\n' + '\n'.join(f'\t{f} {t.text}' for f, t in fields) + '\n}')
                s = self.make('struct', name, None, fields)
                if self.chance(70):
                    self.make('pointer', '*' + name, s)
            else:
                self.wrap_type(self.any_type())
        if self.chance(40):  # two objects made by one literal: a slice behind a pointer
            s = self.make('pointer', '*[]int', self.make('slice', '[]int', self.integer))
            self.make('slice', '[]' + s.text, s)
        self.make('any', 'any', self.any_type())
        t = self.any_type()
        structs = [x for x in self.types.values() if x.kind == 'struct']
        if structs:
            s, name = self.pick(structs), self.name('I')
            self.decls.append(f'type {name} interface {{ get{self.suffix}() {t.text} }}')
            i = self.make('iface', name, t, [('', s)])
            i.by_pointer = self.chance(50)

    def make_dumps(self):
        """For each type a function that appends every number a value leads to."""
        for t in self.types.values():
            t.dump = self.name('dump')
        for t in self.types.values():
            d = t.elem.dump if t.elem else None
            body = {'int': ['*out = append(*out, x)'], 'pointer': [f'{d}(*x, out)'],
                    'struct': [f'{ft.dump}(x.{f}, out)' for f, ft in t.fields],
                    'slice': ['for _, y := range x {', f'\t{d}(y, out)', '}'], 'array': ['for _, y := range x {', f'\t{d}(y, out)', '}'],
                    'map': [f'{d}(x[0], out)', '*out = append(*out, len(x))'], 'func': [f'{d}(x(), out)'],
                    'chan': ['y := <-x', 'x <- y', f'{d}(y, out)'], 'seq': ['for y := range x {', f'\t{d}(y, out)', '}'],
                    'keys': ['for y := range x {', f'\t{d}(y, out)', '}'],
                    'pair': [f'{d}(x.first, out)', f'{d}(*x.second, out)'],
                    'any': [f'{d}(x.({t.elem.text if t.elem else "int"}), out)'],
                    'iface': [f'{d}(x.get{self.suffix}(), out)']}[t.kind]
            self.decls.append(f'func {t.dump}(x {t.text}, out *[]int) {{\n' + '\n'.join('\t' + b for b in body) + '\n}')

    # ---- expressions; every one yields a value that is not nil ----

    def visible(self, t):
        return [n for scope in self.scopes for n, vt in scope if vt is t]

    def number(self):
        return str(self.r.randrange(1, 1000))

    def global_of(self, t):
        return f'leaf{self.suffix}.{self.leaf_names[t.text]}' if self.leaf_names else self.build(t, 0)

    def expr(self, t, depth):
        if t.kind == 'int':
            found = self.visible(t)
            if found and self.chance(50):
                return self.pick(found)
            return f'*{self.expr(self.p, depth - 1)}' if depth > 0 and self.chance(30) else self.number()
        found = self.visible(t)
        if found and self.chance(45 if depth > 0 else 85):
            return self.pick(found)
        if depth > 0:
            for _ in range(3):
                way = self.weighted([(self.project, 30), (self.called, 30), (self.built_in_call, 8), (self.around, 8)])
                text = way(t, depth)
                if text:
                    return text
            return self.build(t, depth)
        return self.build(t, 0) if self.chance(60) else self.global_of(t)

    def args_of(self, f, depth):
        """Arguments, now and then the several results of one call."""
        if len(f.params) > 1 and not f.variadic and self.chance(40):
            same = [g for g in self.funcs if [p.text for p in g.results] == [p.text for p in f.params] and not g.receiver]
            if same and depth > 0:
                g = self.pick(same)
                return f'{g.name}({self.args_of(g, depth - 1)})'
        texts = [self.expr(p, depth - 1) for p in f.params]
        if f.variadic:
            last = f.params[-1]
            texts[-1:] = [texts[-1] + '...'] if self.chance(40) else [self.expr(last.elem, depth - 1) for _ in range(self.r.randrange(1, 3))]
        return ', '.join(texts)

    def call(self, f, depth):
        if f.receiver:
            return f'{self.expr(f.receiver, depth - 1)}.{f.name}({self.args_of(f, depth)})'
        return f'{f.name}({self.args_of(f, depth)})'

    def called(self, t, depth):
        fs = [f for f in self.funcs if len(f.results) == 1 and f.results[0] is t]
        return self.call(self.pick(fs), depth) if fs else None

    def project(self, t, depth):
        ways = []
        for s in self.types.values():
            if s.elem is t:
                ways.append((s, {'slice': '{}[0]', 'array': '{}[1]', 'map': '{}[0]', 'pointer': '*{}', 'func': '{}()', 'pair': '{}.first',
                                 'chan': f'peek{self.suffix}({{}})', 'seq': f'first{self.suffix}({{}})', 'keys': f'key{self.suffix}({{}})',
                                 'any': f'{{}}.({t.text})', 'iface': f'{{}}.get{self.suffix}()'}[s.kind]))
            if s.elem is t and s.kind == 'pair':
                ways.append((s, '*{}.second'))
            if s.kind == 'pointer' and s.elem.kind == 'pair' and s.elem.elem is t:
                ways += [(s, '{}.first'), (s, '*{}.second')]
            if s.kind == 'pointer' and s.elem.kind == 'array' and s.elem.elem is t:
                ways.append((s, '{}[0]'))
            fields = s.fields if s.kind == 'struct' else s.elem.fields if s.kind == 'pointer' and s.elem.kind == 'struct' else []
            ways += [(s, '{}.' + f) for f, ft in fields if ft is t]
        if t.kind == 'pointer':
            ways += self.addresses(t)
        if not ways:
            return None
        s, form = self.pick(ways)
        text = form.format(self.expr(s, depth - 1))
        return f'({text})' if form[0] in '*&' else text

    def addresses(self, t):
        """Pointers to a part of something: of a slice's array, of a struct behind a pointer."""
        ways = []
        for s in self.types.values():
            if s.kind == 'slice' and s.elem is t.elem:
                ways.append((s, '&{}[0]'))
            if s.kind == 'pointer' and s.elem.kind == 'struct':
                ways += [(s, '&{}.' + f) for f, ft in s.elem.fields if ft is t.elem]
            if s.kind == 'pointer' and s.elem.kind == 'array' and s.elem.elem is t.elem:
                ways.append((s, '&{}[1]'))
            if s.kind == 'pair' and s.elem is t.elem:
                ways.append((s, '{}.second'))
        return ways

    def built_in_call(self, t, depth):
        if t.kind == 'slice':
            k = self.r.randrange(4)
            if k == 0:
                return f'append({self.expr(t, depth - 1)}, {self.expr(t.elem, depth - 1)})'
            if k == 1:
                return f'append({t.text}(nil), {self.expr(t, depth - 1)}...)'
            if k == 2:
                return f'{self.expr(t, depth - 1)}[:1]'
            return f'append({t.text}{{{self.expr(t.elem, depth - 1)}}}, {self.expr(t, depth - 1)}[1:]...)'
        return f'id{self.suffix}({self.expr(t, depth - 1)})' if self.chance(50) else f'any({self.expr(t, depth - 1)}).({t.text})'

    def around(self, t, depth):
        """A function literal that is called at once, or by another function."""
        if self.nest > 2:
            return None
        form = self.pick(['func() {t} {{{body}}}()', 'call{s}(func() {t} {{{body}}})', 'either{s}({c}, {x}, {y})', 'second{s}({y}, {x})',
                          'func(z {t}) {t} {{ return z }}({x})', 'last{s}({y}, {x})', 'func() {t} {{ defer func() {{ churn{s}() }}(); {body} }}()'])
        body = self.inner_body([t], 1) if '{body}' in form else ''
        return form.format(s=self.suffix, t=t.text, body=body, c=self.pick(['true', 'false']), x=self.expr(t, depth - 1), y=self.expr(t, depth - 1))

    def inner_body(self, results, count):
        """A function's body as one text: statements, and what it returns."""
        saved = self.lines, self.indent
        self.lines, self.indent, self.nest = [], 0, self.nest + 1
        self.scopes.append([])
        self.local_number()
        for _ in range(count):
            self.statement()
        self.emit('return ' + ', '.join(self.expr(t, 2) for t in results))
        self.scopes.pop()
        text = '\n'.join(self.lines)
        self.lines, self.indent = saved
        self.nest -= 1
        return text + '\n' if '\n' in text else text

    def build(self, t, depth):
        d = depth - 1
        e = lambda: self.expr(t.elem, d)
        if t.kind == 'int':
            return self.number()
        if t.kind == 'pointer':
            return self.build_pointer(t, d)
        if t.kind == 'slice':
            return f'({t.text}{{{", ".join(self.element(t.elem, d) for _ in range(self.r.randrange(1, 3)))}}})'
        if t.kind == 'array':
            return f'({t.text}{{{self.element(t.elem, d)}, {self.element(t.elem, d)}}})'
        if t.kind == 'map':
            return f'({t.text}{{0: {self.element(t.elem, d)}}})'
        if t.kind == 'keys':
            return f'({t.text}{{{e()}: true}})'
        if t.kind == 'func':
            return f'func() {t.elem.text} {{ return {e()} }}' if depth < 2 or self.nest > 2 else f'func() {t.elem.text} {{ {self.inner_body([t.elem], 1)} }}'
        if t.kind == 'chan':
            return f'filled{self.suffix}({e()})'
        if t.kind == 'seq':
            return f'{t.text}(func(yield func({t.elem.text}) bool) {{ yield({e()}) }})'
        if t.kind == 'pair':
            return f'pairOf{self.suffix}({e()})' if self.chance(50) else f'({t.text}{{first: {e()}, second: &[]{t.elem.text}{{{e()}}}[0]}})'
        if t.kind == 'any':
            return f'any({e()})'
        if t.kind == 'iface':
            s = t.fields[0][1]
            return f'{t.text}({self.literal_address(s, d) if t.by_pointer else self.expr(s, d)})'
        return '(' + self.struct_literal(t, d) + ')'

    def struct_literal(self, t, d, head=True):
        keyed = self.chance(70)
        parts = [(f'{f}: ' if keyed else '') + self.element(ft, d, False) for f, ft in t.fields]
        return f'{t.text if head else ""}{{{", ".join(parts)}}}'

    def element(self, t, d, may_elide=True):
        """An element of a literal, with its own type left out now and then, and the & of a pointer's."""
        if may_elide and self.chance(40):
            target = t.elem if t.kind == 'pointer' else t
            if target.kind == 'struct':
                return self.struct_literal(target, d, False)
            if target.kind in ('slice', 'array'):
                return '{' + ', '.join(self.element(target.elem, d) for _ in range(2)) + '}'
            if target.kind == 'map':
                return f'{{0: {self.element(target.elem, d)}}}'
        return self.expr(t, d)

    def literal_address(self, t, d):
        if t.kind == 'struct':
            return f'(&{self.struct_literal(t, d)})'
        if t.kind in ('slice', 'array', 'map', 'pair', 'keys'):
            text = self.build(t, d)
            if text.startswith('(' + t.text + '{'):
                return f'(&{text})'
        return f'ref{self.suffix}({self.expr(t, d)})'

    def build_pointer(self, t, d):
        found = self.visible(t.elem)
        if found and self.chance(75):
            return f'(&{self.pick(found)})'
        if t.elem.kind == 'int' and self.chance(50):
            return f'(&[]int{{{self.number()}, {self.number()}}}[{self.r.randrange(2)}])'
        return self.literal_address(t.elem, d)

    # ---- statements ----

    def add(self, name, t):
        self.scopes[-1].append((name, t))

    def local_number(self):
        n = self.name('x')
        self.emit(f'{n} := {self.number()}')
        self.emit(f'{n}++')
        self.add(n, self.integer)

    def statement(self):
        options = [(self.declare, 30), (self.assign, 18), (self.local_number, 10), (self.store, 14), (self.several, 10), (self.keep, 5),
                   (self.churn, 6)]
        if self.nest < 3 and self.depth < 3:
            options += [(self.branch, 8), (self.loop, 8), (self.ranged, 8), (self.later, 5), (self.capture, 6), (self.switch, 4)]
        self.weighted(options)()

    def declare(self):
        t, n = self.any_type(), self.name('v')
        value = self.expr(t, self.r.randrange(1, 4))
        self.emit(f'var {n} {t.text} = {value}' if self.chance(60) else f'{n} := {t.text}({value})' if t.text[0] not in '*<cf' else f'{n} := {value}')
        self.emit(f'_ = {n}')
        self.add(n, t)

    def assign(self):
        scopes = self.scopes[-1:] if self.nest else self.scopes  # what a literal in an expression changes, the rest of it may read before
        found = [(n, t) for scope in scopes for n, t in scope if not self.leads_to_itself(t)]
        if found:
            n, t = self.pick(found)
            self.emit(f'{n} = {self.expr(t, 2)}')

    def store(self):
        """Through what a variable refers to."""
        places = []
        for scope in self.scopes:
            for n, t in scope:
                if t.kind in ('slice', 'map', 'array'):
                    places.append((f'{n}[0]', t.elem))
                elif t.kind == 'pointer':
                    places.append((f'*{n}', t.elem))
                elif t.kind == 'pair':
                    places += [(f'{n}.first', t.elem), (f'*{n}.second', t.elem)]
                target = t.elem if t.kind == 'pointer' else t
                if target.kind == 'struct':
                    places += [(f'{n}.{f}', ft) for f, ft in target.fields]
                elif t.kind == 'pointer' and target.kind == 'pair':
                    places.append((f'{n}.first', target.elem))
        for t in self.types.values():
            if t.kind != 'int' and self.chance(20):
                places.append((self.global_of(t), t))
        if not places:
            return
        place, t = self.pick(places)
        if not self.leads_to_itself(t):
            self.emit(f'{place} = {self.expr(t, 2)}')

    def leads_to_itself(self, t):
        """A function's value may be made of the variable it is stored into. Else no circle is possible: types have an order."""
        return any(x.kind in ('func', 'seq', 'any', 'iface') for x in self.parts(t))

    def parts(self, t):
        found, todo = [], [t]
        while todo:
            t = todo.pop()
            if t not in found:
                found.append(t)
                todo += ([t.elem] if t.elem else []) + [ft for _, ft in t.fields]
        return found

    def several(self):
        fs = [f for f in self.funcs if len(f.results) > 1]
        if not fs:
            return
        f = self.pick(fs)
        names = [self.name('v') for _ in f.results]
        self.emit(f'{", ".join(names)} := {self.call(f, 2)}')
        self.emit(f'{", ".join("_" * len(names))} = {", ".join(names)}')
        for n, t in zip(names, f.results):
            self.add(n, t)

    def keep(self):
        self.emit(f'kept{self.suffix} = append(kept{self.suffix}, {self.expr(self.p, 2)})')

    def churn(self):
        self.emit(f'churn{self.suffix}()')

    def block(self, count, variables=()):
        self.indent += 1
        self.depth += 1
        self.scopes.append(list(variables))
        for _ in range(count):
            self.statement()
        self.scopes.pop()
        self.depth -= 1
        self.indent -= 1

    def branch(self):
        self.emit(f'if *{self.expr(self.p, 1)}%2 == {self.r.randrange(2)} {{')
        self.block(self.r.randrange(1, 4))
        if self.chance(40):
            self.emit('} else {')
            self.block(self.r.randrange(1, 3))
        self.emit('}')

    def loop(self):
        i = self.name('i')
        self.emit(self.pick([f'for {i} := range {self.r.randrange(1, 4)} {{', f'for {i} := 0; {i} < {self.r.randrange(1, 4)}; {i}++ {{']))
        self.emit(f'\t_ = {i}')
        if self.chance(20):
            self.emit(f'\tif {i} == 2 {{ {self.pick(["break", "continue"])} }}')
        counted = 'range' in self.lines[-1] or 'range' in self.lines[-2] or 'range' in self.lines[-3]
        self.block(self.r.randrange(1, 4), [(i, self.integer)] if counted else [])
        self.emit('}')

    def ranged(self):
        t = self.pick([x for x in self.types.values() if x.kind in ('slice', 'array', 'seq', 'chan')] or [None])
        if not t:
            return
        n = self.name('e')
        if t.kind == 'chan':
            self.emit(f'{n} := peek{self.suffix}({self.expr(t, 2)})')
            self.emit(f'_ = {n}')
            self.add(n, t.elem)
            return
        self.emit(f'for {"" if t.kind == "seq" else "_, "}{n} := range {self.expr(t, 2)} {{')
        self.emit(f'\t_ = {n}')
        self.block(self.r.randrange(1, 3), [(n, t.elem)])
        self.emit('\tbreak' if self.chance(50) else '\tcontinue')
        self.emit('}')

    def switch(self):
        t = self.types['any']
        n = self.name('s')
        self.emit(f'switch {n} := {self.expr(t, 2)}.(type) {{')
        self.emit(f'case {t.elem.text}:')
        self.emit(f'\t_ = {n}')
        self.block(self.r.randrange(1, 3), [(n, t.elem)])
        self.emit('default:')
        self.block(1, [(n, t)])
        self.emit('}')
        if f'_ = {n}' not in self.lines:
            self.emit(f'churn{self.suffix}()')

    def later(self):
        if self.chance(60) and self.funcs:
            f = self.pick(self.funcs)
            self.emit(f'defer {self.call(f, 1)}' if self.depth == 0 or self.chance(30) else f'{self.call(f, 1)}')
            return
        n, done = self.name('v'), self.name('done')
        t = self.any_type()
        self.emit(f'var {n} {t.text} = {self.expr(t, 1)}')
        self.emit(f'{done} := make(chan bool)')
        self.emit(f'go func(z {t.text}) {{ {n} = z; churn{self.suffix}(); {done} <- true }}({self.expr(t, 2)})')
        self.emit(f'<-{done}')
        self.emit(f'_ = {n}')
        self.add(n, t)

    def capture(self):
        """A closure over variables, kept in a variable and called once or twice."""
        t, a, f, n, z = self.any_type(), self.any_type(), self.name('fn'), self.name('v'), self.name('z')
        self.scopes.append([(z, a)])
        body = self.inner_body([t], self.r.randrange(1, 3))
        self.scopes.pop()
        self.emit(f'{f} := func({z} {a.text}) {t.text} {{ {body} }}')
        self.emit(f'{n} := {f}({self.expr(a, 2)})')
        if self.chance(50):
            self.emit(f'{n} = {f}({self.expr(a, 1)})')
        self.emit(f'_ = {n}')
        self.add(n, t)

    # ---- functions and the whole ----

    def make_func(self):
        name = self.name('f')
        params = [self.any_type() for _ in range(self.r.randrange(4))]
        results = [self.any_type() for _ in range(self.pick([1, 1, 1, 1, 2, 2, 3, 5]))]
        several = [f for f in self.funcs if len(f.results) > 1]
        if several and self.chance(40):  # to pass several results on
            params = list(self.pick(several).results)
        variadic = bool(params) and params[-1].kind == 'slice' and self.chance(50)
        structs = [t for t in self.types.values() if t.kind == 'struct' or t.kind == 'pointer' and t.elem.kind == 'struct']
        receiver = self.pick(structs) if structs and self.chance(30) else None
        f = Func(name, params, results, receiver, variadic)
        names = [self.name('a') for _ in params]
        texts = [f'{n} {"..." + t.elem.text if variadic and t is params[-1] and i == len(params) - 1 else t.text}'
                 for i, (n, t) in enumerate(zip(names, params))]
        self.scopes.append(list(zip(names, params)))
        recv = ''
        if receiver:
            r = self.name('r')
            recv = f'({r} {receiver.text}) '
            self.add(r, receiver)
        self.lines, self.indent = [], 1
        named = [self.name('r') for _ in results] if self.chance(30) else None
        self.emit(f'if fuel{self.suffix}--; fuel{self.suffix} < 0 {{')
        self.emit('\treturn ' + ', '.join(self.global_of(t) for t in results))
        self.emit('}')
        self.statements(results, named)
        heads = ', '.join(f'{n} {t.text}' for n, t in zip(named, results)) if named else ', '.join(t.text for t in results)
        self.decls.append(f'func {recv}{name}({", ".join(texts)}) ({heads}) {{\n' + '\n'.join(self.lines) + '\n}')
        self.scopes.pop()
        self.funcs.append(f)

    def statements(self, results, named):
        self.scopes.append([])
        if self.chance(50):
            self.local_number()
        if named:
            for n, t in zip(named, results):
                self.emit(f'{n} = {self.expr(t, 1)}')
            for n, t in zip(named, results):
                self.add(n, t)
            if self.chance(50):
                k = self.r.randrange(len(results))
                self.emit(f'defer func() {{ {named[k]} = {self.expr(results[k], 2)} }}()')
        for _ in range(self.r.randrange(1, 6)):
            self.statement()
        if named and self.chance(50):
            self.emit('return')
        else:
            same = [f for f in self.funcs if [t.text for t in f.results] == [t.text for t in results]]
            if len(results) > 1 and same and self.chance(50):
                self.emit(f'return {self.call(self.pick(same), 2)}')
            else:
                self.emit('return ' + ', '.join(self.expr(t, self.r.randrange(1, 4)) for t in results))
        self.scopes.pop()

    def make_leaves(self):
        """One value of each type in a variable of the program's own."""
        names = {t.text: f'l{i}' for i, t in enumerate(self.types.values())}
        fields = '\n'.join(f'\t{names[t.text]} {t.text}' for t in self.types.values())
        self.scopes = [[]]
        values = '\n'.join(f'\tleaf{self.suffix}.{names[t.text]} = {self.build(t, 0)}' for t in self.types.values())
        self.decls.append(f'var leaf{self.suffix} struct {{\n{fields}\n}}\n\nfunc init() {{\n{values}\n}}')
        self.leaf_names = names

    def make_get(self):
        for t in list(self.types.values()):
            if t.kind == 'iface':
                s = t.fields[0][1]
                self.scopes = [[]]
                star = '*' if t.by_pointer else ''
                fields = [f for f, ft in s.fields if ft is t.elem]
                value = f'r.{self.pick(fields)}' if fields else self.build(t.elem, 0)
                self.decls.append(f'func (r {star}{s.text}) get{self.suffix}() {t.elem.text} {{ return {value} }}')

    def program(self):
        self.leaf_names = None
        self.make_types()
        self.make_dumps()
        self.make_leaves()
        self.make_get()
        for _ in range(self.r.randrange(4, 11)):
            self.make_func()
        s = self.suffix
        self.lines, self.indent, self.scopes = [], 1, [[]]
        shown = []
        for f in self.funcs * 2:
            names = [self.name('v') for _ in f.results]
            self.emit(f'{", ".join(names)} := {self.call(f, 2)}')
            shown += zip(names, f.results)
            self.churn()
        for n, t in shown:
            self.emit(f'show{s}("{n}", {n}, {t.dump})')
        self.emit(f'show{s}("kept", kept{s}, {self.slice_dump()})')
        body = '\n'.join(self.lines)
        return PRELUDE.replace('@', s) + '\n\n'.join(self.decls) + f'\n\nfunc run{s}() {{\n{body}\n}}\n'

    def slice_dump(self):
        return f'func(x []*int, out *[]int) {{ for _, p := range x {{ *out = append(*out, *p) }} }}'


PRELUDE = '''
var fuel@ = 60
var kept@ []*int
var junk@ []any

type pair@[E any] struct {
	first  E
	second *E
}

type node@ struct {
	p    *int
	s    []*int
	next *node@
}

// Allocates what would take the place of something given back too early: every size that the program has.
func churn@() {
	for i := range 12 {
		x, y, z := i+70000, []int{-1, -1}, [4]int{-2, -2, -2, -2}
		p, q, f := &x, &y[i%2], func() *int { return &z[1] }
		*p, *q = *p+1, *q-1
		junk@ = append(junk@[:0:0], new(int), []int{-3}, []int{-4, -4, -4}, []*int{p, p}, &node@{p: p}, map[int]*int{0: p, 1: q},
			&[2]*int{p, q}, &[]int{-5, -5}, pair@[*int]{p, &p}, [][]*int{{p}, {q}}, f)
	}
}

func id@[E any](x E) E              { return x }
func ref@[E any](x E) *E            { return &x }
func call@[E any](f func() E) E     { return f() }
func second@[E any](_, x E) E       { return x }
func last@[E any](xs ...E) E        { return xs[len(xs)-1] }
func peek@[E any](c chan E) E       { x := <-c; c <- x; return x }
func filled@[E any](x E) chan E     { c := make(chan E, 1); c <- x; return c }
func pairOf@[E any](x E) pair@[E]   { return pair@[E]{x, &x} }
func either@[E any](first bool, x, y E) E {
	if first {
		return x
	}
	return y
}
func first@[E any](seq iter.Seq[E]) E {
	for x := range seq {
		return x
	}
	panic("empty")
}
func key@[E comparable](m map[E]bool) E {
	for x := range m {
		return x
	}
	panic("empty")
}

func show@[E any](name string, x E, dump func(E, *[]int)) {
	var out []int
	dump(x, &out)
	if len(out) > 40 {
		out = out[:40]
	}
	fmt.Println(name, out)
}

'''


def program(seed, number):
    return Generator(seed, f'_p{number}').program()
