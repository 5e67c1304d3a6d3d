# SPDX-License-Identifier: MIT
"""Random well-typed Go programs whose output is determined by the language: the same seed, the same program.

What the specification leaves open is avoided: expressions have no side effects, at most one operation of a statement may
panic (and that is recovered and printed), maps are printed sorted or summed, goroutines are joined and their results do not
depend on their order. Every name of a program ends in its own suffix, so that many programs make one package for real Go.
"""
from source import Source

IMPORTS = ['fmt', 'slices', 'sync']

INTS = ['int', 'int8', 'int16', 'int32', 'int64', 'uint', 'uint8', 'uint16', 'uint32', 'uint64']
FLOATS = ['float64', 'float32']
BASIC = INTS + FLOATS + ['string', 'bool', 'complex128']
BITS = {'int': 64, 'int8': 8, 'int16': 16, 'int32': 32, 'int64': 64, 'uint': 64, 'uint8': 8, 'uint16': 16, 'uint32': 32,
        'uint64': 64}
WORDS = ['', 'a', 'gol', 'héllo', '世界', 'x\\ty', 'zebra', '0123456789', 'quote\\"d', '\\x00\\xff', 'ñandú', '🙂']


class Type:
    """kind: basic, slice, array, map, pointer, struct, func, iface, chan; text: as Go spells it; base: of named types."""

    def __init__(self, kind, text, **more):
        self.kind, self.text = kind, text
        self.elem = self.key = None
        self.fields, self.params, self.results, self.methods, self.length = [], [], [], [], 0
        self.base = text
        self.__dict__.update(more)

    def comparable(self):
        if self.kind in ('slice', 'map', 'func'):
            return False
        if self.kind == 'array':
            return self.elem.comparable()
        if self.kind == 'struct':
            return all(t.comparable() for _, t in self.fields)
        return True


class Var:
    def __init__(self, name, type_, settable=True):
        self.name, self.type, self.settable = name, type_, settable


class Func:
    def __init__(self, name, params, results, pure):
        self.name, self.params, self.results, self.pure = name, params, results, pure


class Generator(Source):
    def __init__(self, seed, suffix):
        super().__init__(seed, suffix)
        self.basic = {b: Type('basic', b) for b in BASIC}
        self.types = list(self.basic.values())
        self.structs, self.ifaces, self.named = [], [], []
        self.funcs, self.generics = [], []
        self.scopes = [[]]
        self.depth = self.loops = 0
        self.pure = True

    def visible(self, want, settable=False):
        return [v for scope in self.scopes for v in scope if v.type is want and (v.settable or not settable)]

    def add(self, name, type_, settable=True):
        self.scopes[-1].append(Var(name, type_, settable))

    # ---- types ----

    def simple(self):
        return self.basic[self.pick(BASIC[:10] * 3 + BASIC)]

    def slice_of(self, t):
        return self.intern(Type('slice', '[]' + t.text, elem=t))

    def pointer_to(self, t):
        return self.intern(Type('pointer', '*' + t.text, elem=t))

    def intern(self, t):
        for other in self.types:
            if other.text == t.text:
                return other
        self.types.append(t)
        return t

    def random_type(self, depth=2):
        k = self.r.randrange(20)
        if depth == 0 or k < 8:
            return self.simple()
        if k < 11:
            return self.slice_of(self.random_type(depth - 1))
        if k < 13:
            n, e = self.r.randrange(1, 6), self.random_type(depth - 1)
            return self.intern(Type('array', f'[{n}]{e.text}', elem=e, length=n))
        if k < 15:
            key, e = self.basic[self.pick(['int', 'string', 'uint8', 'int32', 'bool', 'float64'])], self.random_type(depth - 1)
            if self.chance(20) and self.structs:
                s = self.pick(self.structs)
                key = s if s.comparable() and not self.has_iface(s) else key
            return self.intern(Type('map', f'map[{key.text}]{e.text}', key=key, elem=e))
        if k < 16 and self.structs:
            return self.pointer_to(self.pick(self.structs))
        if k < 18 and self.structs:
            return self.pick(self.structs)
        if k < 19 and self.named:
            return self.pick(self.named)
        if self.ifaces:
            return self.pick(self.ifaces)
        return self.simple()

    def has_iface(self, t):
        if t.kind in ('iface', 'pointer', 'chan'):
            return True
        return any(self.has_iface(f) for _, f in t.fields) or (t.kind == 'array' and self.has_iface(t.elem))

    def make_struct(self):
        name = self.name('S')
        t = Type('struct', name)
        body = []
        if self.structs and self.chance(40):
            e = self.pick(self.structs)
            t.fields.append((e.text, e))
            body.append('\t' + e.text)
        for _ in range(self.r.randrange(1, 6)):
            f, ft = self.name('F'), self.random_type(1)
            t.fields.append((f, ft))
            body.append(f'\t{f} {ft.text}')
        self.decls.append(f'type {name} struct {{\n' + '\n'.join(body) + '\n}')
        self.structs.append(t)
        self.types.append(t)

    def make_named(self):
        base = self.pick(INTS + ['float64', 'string'])
        t = Type('basic', self.name('N'), base=base)
        self.decls.append(f'type {t.text} {base}')
        self.named.append(t)
        self.types.append(t)

    def make_iface(self):
        t = Type('iface', self.name('I'))
        for _ in range(self.r.randrange(1, 3)):
            t.methods.append((self.name('M'), [self.simple() for _ in range(self.r.randrange(3))], self.simple()))
        body = '\n'.join(f'\t{m}({", ".join(p.text for p in ps)}) {r.text}' for m, ps, r in t.methods)
        self.decls.append(f'type {t.text} interface {{\n{body}\n}}')
        self.ifaces.append(t)
        self.types.append(t)
        t.implementers = []
        receivers = [s for s in self.structs + self.named]
        self.r.shuffle(receivers)
        for s in receivers[:3]:
            by_pointer = self.chance(40)
            for m, ps, res in t.methods:
                self.make_method(s, by_pointer, m, ps, res)
            t.implementers.append(self.pointer_to(s) if by_pointer else s)

    def make_method(self, recv, by_pointer, name, params, result):
        star = '*' if by_pointer else ''
        self.begin_func()
        self.add(f'(*r{self.suffix})' if by_pointer else f'r{self.suffix}', recv, True)
        names = self.parameters(params)
        head = f'func (r{self.suffix} {star}{recv.text}) {name}({names}) {result.text} {{'
        self.body_and_return(result, 2)
        self.end_func(head)

    # ---- expressions: no side effects, no panics ----

    def literal(self, t):
        b = t.base if t.kind == 'basic' else t.text
        if b in INTS:
            bits, signed = BITS[b], b[0] == 'i'
            top = (1 << (bits - (1 if signed else 0))) - 1
            k = self.r.randrange(10)
            v = (self.r.randrange(10) if k < 5 else self.r.randrange(0, 128) if k < 7 else
                 top - self.r.randrange(3) if k < 8 else self.r.randrange(top + 1))
            if signed and self.chance(30):
                v = -v
            form = self.r.randrange(12)
            text = hex(v) if form == 0 else f'0b{v:b}' if form == 1 and v >= 0 else str(v)
            return f'{t.text}({text})'
        if b in FLOATS:
            v = self.pick(['0', '1', '-1', '0.5', '1.25', '3.14159', '1e10', '-2.5e-3', '100', '0x1p-2', '7.75'])
            return f'{t.text}({v})'
        if b == 'string':
            return f'{t.text}("{self.pick(WORDS)}")'
        if b == 'bool':
            return self.pick(['true', 'false'])
        return self.pick(['(1+2i)', '(0.5i)', '(3-1i)', 'complex(2, -0.5)'])

    def leaf(self, t):
        found = self.visible(t)
        if found and self.chance(85):
            return self.pick(found).name
        deep = self.field_of(t)
        if deep and self.chance(70):
            return deep
        if found:
            return self.pick(found).name
        if t.kind == 'basic':
            if t.base != t.text or not self.visible(t):
                return f'{t.text}({self.leaf(self.basic[t.base])})'
        return self.composite(t, 0)

    def field_of(self, t):
        options = []
        for scope in self.scopes:
            for v in scope:
                if v.type.kind == 'struct':
                    options += [f'{v.name}.{f}' for f, ft in v.type.fields if ft is t]
                elif v.type.kind == 'array' and v.type.elem is t:
                    options.append(f'{v.name}[{self.r.randrange(v.type.length)}]')
                elif v.type.kind == 'map' and v.type.elem is t and v.type.key.kind == 'basic':
                    options.append(f'{v.name}[{self.literal(v.type.key)}]')
        return self.pick(options) if options else None

    def composite(self, t, depth):
        d = depth - 1
        if t.kind == 'slice':
            n = self.r.randrange(4)
            if n == 0 and self.chance(50):
                return self.pick([f'{t.text}(nil)', f'{t.text}{{}}', f'make({t.text}, {self.r.randrange(5)})'])
            return f'{t.text}{{{", ".join(self.expr(t.elem, d) for _ in range(n))}}}'
        if t.kind == 'array':
            n = self.r.randrange(t.length + 1)
            if t.length > 2 and self.chance(20):
                return f'{t.text}{{{self.r.randrange(t.length - 1)}: {self.expr(t.elem, d)}}}'
            return f'{t.text}{{{", ".join(self.expr(t.elem, d) for _ in range(n))}}}'
        if t.kind == 'map':
            keys = []
            for _ in range(self.r.randrange(4)):
                k = self.literal(t.key) if t.key.kind == 'basic' else self.composite(t.key, 0) if not keys else None
                if k and k not in keys and not (t.key.text == 'float64'):
                    keys.append(k)
            if t.key.kind != 'basic':
                keys = keys[:1]
            seen, parts = set(), []
            for k in keys:
                value = k if 'x' not in k and '0b' not in k else None
                if value is None or value in seen:
                    continue
                seen.add(value)
                parts.append(f'{k}: {self.expr(t.elem, d)}')
            return f'{t.text}{{{", ".join(parts)}}}'
        if t.kind == 'struct':
            fields = [f for f in t.fields if self.chance(70)]
            if len(fields) == len(t.fields) and self.chance(30):
                return f'{t.text}{{{", ".join(self.expr(ft, d) for _, ft in fields)}}}'
            return f'{t.text}{{{", ".join(f"{f}: {self.expr(ft, d)}" for f, ft in fields)}}}'
        if t.kind == 'pointer':
            return f'&{self.composite(t.elem, d)}' if t.elem.kind == 'struct' else f'new({t.elem.text})'
        if t.kind == 'iface':
            if not getattr(t, 'implementers', None):
                return f'{t.text}(nil)'
            return f'{t.text}({self.expr(self.pick(t.implementers), d)})'
        if t.kind == 'func':
            return self.func_literal(t)
        return self.literal(t)

    def expr(self, t, depth=None):
        """An expression of type t. Constants stand alone only, so that constant arithmetic cannot overflow."""
        if depth is None:
            depth = self.r.randrange(1, 4)
        if depth <= 0:
            return self.leaf(t) if self.chance(75) or t.kind != 'basic' else self.literal(t)
        if t.kind == 'basic':
            return self.basic_expr(t, depth)
        if t.kind in ('slice', 'array', 'map', 'struct', 'pointer', 'iface', 'func'):
            call = self.pure_call(t, depth)
            if call and self.chance(25):
                return call
            if t.kind == 'slice' and self.chance(25):
                return f'append({self.composite(t, depth)}, {self.expr(t.elem, depth - 1)})'
            return self.composite(t, depth) if self.chance(50) else self.leaf(t)
        return self.leaf(t)

    def pure_call(self, t, depth):
        fs = [f for f in self.funcs if f.pure and len(f.results) == 1 and f.results[0] is t]
        if not fs or self.loops > 1:
            return None
        f = self.pick(fs)
        return f'{f.name}({", ".join(self.expr(p, depth - 1) for p in f.params)})'

    def basic_expr(self, t, depth):
        call = self.pure_call(t, depth)
        if call and self.chance(20):
            return call
        b, d = t.base, depth - 1
        if b in INTS:
            return self.int_expr(t, d)
        if b in FLOATS:
            k = self.r.randrange(7)
            if k < 4:
                return f'({self.leaf(t)} {self.pick(["+", "-", "*", "/"])} {self.expr(t, d)})'
            if k == 4:
                return f'-{self.leaf(t)}'
            if k == 5:
                return f'{t.text}({self.leaf(self.basic[self.pick(INTS + FLOATS)])})'
            return f'{self.pick(["min", "max"])}({self.leaf(t)}, {self.expr(t, d)})'
        if b == 'string':
            return self.string_expr(t, d)
        if b == 'bool':
            return self.bool_expr(d)
        return f'({self.leaf(t)} {self.pick(["+", "-", "*"])} {self.expr(t, d)})'

    def int_expr(self, t, d):
        k = self.r.randrange(16)
        x = self.leaf(t)
        if k < 6:
            return f'({x} {self.pick(["+", "-", "*", "&", "|", "^", "&^"])} {self.expr(t, d)})'
        if k < 7:
            return f'({self.expr(t, d)} {self.pick(["/", "%"])} ({x} | 1))'
        if k < 8:
            lit = self.r.randrange(1, 100)
            return f'({x} {self.pick(["/", "%", "*", "+", "-", "&"])} {lit})'
        if k < 9:
            return f'({x} {self.pick(["<<", ">>"])} {self.r.randrange(0, 70)})'
        if k < 10:
            u = self.basic[self.pick(['uint', 'uint8', 'uint64', 'uint16'])]
            return f'({x} {self.pick(["<<", ">>"])} ({self.leaf(u)} & {self.pick([3, 7, 63, 127])}))'
        if k < 12:
            other = self.basic[self.pick(INTS)]
            return f'{t.text}({self.leaf(other)})'
        if k < 13:
            return f'{self.pick(["-", "^"])}{x}'
        if k < 14:
            return f'{self.pick(["min", "max"])}({x}, {self.expr(t, d)})'
        sized = [v for s in self.scopes for v in s if v.type.kind in ('slice', 'map', 'array') or v.type.text == 'string']
        if sized:
            v = self.pick(sized)
            if v.type.kind in ('slice', 'array') and v.type.elem is t and self.chance(60):
                if v.type.kind == 'array':
                    return f'{v.name}[uint({self.leaf(self.basic["uint8"])}) % {v.type.length}]'
                return f'at{self.suffix}({v.name}, int({self.leaf(self.basic["uint8"])}))'
            return f'{t.text}(len({v.name}))'
        return x

    def string_expr(self, t, d):
        k = self.r.randrange(9)
        x = self.leaf(t)
        if k < 3:
            return f'short{self.suffix}({x} + {self.expr(t, d)})'
        if k < 4:
            return f'cut{self.suffix}({x}, int({self.leaf(self.basic["uint8"])}))' if t.text == 'string' else x
        if k < 5:
            return f'{t.text}(rune({self.leaf(self.basic["uint8"])}))'
        if k < 6:
            return f'{t.text}([]byte({x}))'
        if k < 7:
            return f'{t.text}([]rune({x}))'
        if k < 8:
            v = self.simple()
            return f'{t.text}(fmt.Sprint({self.expr(v, d)}))'
        return x

    def bool_expr(self, d):
        k = self.r.randrange(10)
        if k < 5:
            c = self.simple()
            op = self.pick(['==', '!=', '<', '<=', '>', '>=']) if c.base not in ('bool', 'complex128') else self.pick(['==', '!='])
            return f'({self.leaf(c)} {op} {self.expr(c, d)})'
        if k < 7:
            return f'({self.expr(self.basic["bool"], d)} {self.pick(["&&", "||"])} {self.expr(self.basic["bool"], d)})'
        if k < 8:
            return f'!{self.leaf(self.basic["bool"])}'
        options = [t for t in self.structs + [x for x in self.types if x.kind == 'array'] if t.comparable() and not self.has_iface(t)]
        if options:
            t = self.pick(options)
            return f'({self.leaf_value(t)} {self.pick(["==", "!="])} {self.leaf_value(t)})'
        return self.leaf(self.basic['bool'])

    def leaf_value(self, t):
        found = self.visible(t)
        return self.pick(found).name if found else f'({self.composite(t, 1)})'

    def func_literal(self, t):
        saved = self.lines, self.indent, self.pure
        self.lines, self.pure = [], True
        self.scopes.append([])
        names = []
        for p in t.params:
            n = self.name('a')
            names.append(f'{n} {p.text}')
            self.add(n, p, False)
        value = self.expr(t.results[0], 2)
        self.scopes.pop()
        self.lines, self.indent, self.pure = saved
        return f'func({", ".join(names)}) {t.results[0].text} {{ return {value} }}'

    # ---- functions ----

    def begin_func(self):
        self.saved = (self.lines, self.indent, self.scopes, self.loops, self.depth)
        self.lines, self.indent, self.loops, self.depth = [], 1, 0, 0
        self.scopes = [self.scopes[0], []]

    def end_func(self, head):
        body = '\n'.join(self.lines)
        self.lines, self.indent, self.scopes, self.loops, self.depth = self.saved
        self.decls.append(f'{head}\n{body}\n}}')

    def parameters(self, types):
        names = []
        for p in types:
            n = self.name('p')
            names.append(f'{n} {p.text}')
            self.add(n, p)
        return ', '.join(names)

    def body_and_return(self, result, statements):
        self.emit(f'if fuel{self.suffix}--; fuel{self.suffix} < 0 {{')
        self.emit(f'\tvar z {result.text}')
        self.emit('\treturn z')
        self.emit('}')
        self.block(statements)
        self.emit(f'return {self.expr(result, 2)}')

    def make_func(self):
        name = self.name('f')
        params = [self.random_type(2) for _ in range(self.r.randrange(4))]
        result = self.random_type(2)
        pure = self.chance(50)
        self.begin_func()
        self.pure = pure
        head = f'func {name}({self.parameters(params)}) {result.text} {{'
        globals_, self.scopes[0] = self.scopes[0], ([Var(v.name, v.type, False) for v in self.scopes[0]] if pure else self.scopes[0])
        self.body_and_return(result, self.r.randrange(3, 9))
        self.scopes[0] = globals_
        self.end_func(head)
        self.pure = True
        # Reading variables another statement may change is fine: expressions are evaluated without effects in between.
        self.funcs.append(Func(name, params, [result], pure))

    def make_recursive(self):
        name = self.name('rec')
        t = self.basic[self.pick(INTS)]
        self.decls.append(f'func {name}(n int, acc {t.text}) {t.text} {{\n\tif n <= 0 {{\n\t\treturn acc\n\t}}\n'
                          f'\tif n%{self.r.randrange(2, 5)} == 0 {{\n\t\treturn {name}(n-1, acc*{self.r.randrange(2, 9)}+{t.text}(n))\n\t}}\n'
                          f'\treturn {name}(n-{self.r.randrange(1, 3)}, acc^{t.text}(n)) - {t.text}(n)\n}}')
        return lambda: f'{name}({self.r.randrange(30)}, {self.leaf(t)})', t

    def make_generic(self):
        k = self.r.randrange(5)
        n = self.name('g')
        if k == 0:
            op, op2 = self.pick(['+', '-', '*']), self.pick(['+', '-', '*'])
            self.decls.append(f'func {n}[T number{self.suffix}](a, b T, more ...T) T {{\n\tfor i, m := range more {{\n\t\tif i%2 == 0 && m > a {{\n'
                              f'\t\t\ta = a {op} m\n\t\t}} else {{\n\t\t\tb = b {op2} m\n\t\t}}\n\t}}\n\treturn a {op2} b\n}}')
            self.generics.append(('num', n))
        elif k == 1:
            self.decls.append(f'func {n}[T, U any](xs []T, f func(T) U) []U {{\n\tvar out []U\n\tfor _, x := range xs {{\n\t\tout = append(out, f(x))\n\t}}\n\treturn out\n}}')
            self.generics.append(('map', n))
        elif k == 2:
            box = self.name('Box')
            self.decls.append(f'type {box}[T any] struct {{\n\titems []T\n\tn int\n}}\n\nfunc (b *{box}[T]) Push(x T) *{box}[T] {{\n\tb.items = append(b.items, x)\n\tb.n++\n\treturn b\n}}\n\n'
                              f'func (b *{box}[T]) Pop() (x T, ok bool) {{\n\tif len(b.items) == 0 {{\n\t\treturn x, false\n\t}}\n\tx = b.items[len(b.items)-1]\n\tb.items = b.items[:len(b.items)-1]\n\treturn x, true\n}}\n\n'
                              f'func (b {box}[T]) All() func(func(int, T) bool) {{\n\treturn func(yield func(int, T) bool) {{\n\t\tfor i, x := range b.items {{\n\t\t\tif !yield(i, x) {{\n\t\t\t\treturn\n\t\t\t}}\n\t\t}}\n\t}}\n}}')
            self.generics.append(('box', box))
        elif k == 3:
            self.decls.append(f'func {n}[K comparable, V any](m map[K]V, keys ...K) (out []V, missing int) {{\n\tfor _, k := range keys {{\n\t\tif v, ok := m[k]; ok {{\n\t\t\tout = append(out, v)\n\t\t}} else {{\n\t\t\tmissing++\n\t\t}}\n\t}}\n\treturn\n}}')
            self.generics.append(('lookup', n))
        else:
            self.decls.append(f'func {n}[T any, P interface{{ *T; set{self.suffix}(int) }}](k int) T {{\n\tvar t T\n\tP(&t).set{self.suffix}(k)\n\treturn t\n}}')
            s = Type('struct', self.name('W'), fields=[('V', self.basic['int'])])
            self.decls.append(f'type {s.text} struct{{ V int }}\n\nfunc (w *{s.text}) set{self.suffix}(k int) {{ w.V = k * {self.r.randrange(2, 9)} }}')
            self.types.append(s)
            self.generics.append(('ptr', f'{n}[{s.text}]'))

    # ---- statements ----

    def block(self, n):
        self.scopes.append([])
        for _ in range(n):
            self.statement()
        self.scopes.pop()

    def nested(self, n):
        self.indent += 1
        self.depth += 1
        self.block(n)
        self.depth -= 1
        self.indent -= 1

    def statement(self):
        options = [(self.declare, 18), (self.assign, 22), (self.op_assign, 10), (self.swap, 4), (self.show, 6)]
        if self.depth < 3:
            options += [(self.if_, 9), (self.switch, 5), (self.closure, 4), (self.risky, 5), (self.type_switch, 4), (self.generic_use, 5),
                        (self.deferred, 2), (self.method_use, 4), (self.struct_ops, 4), (self.slices, 5), (self.maps, 4), (self.labelled, 2)]
            if self.loops < 2:
                options += [(self.for_, 10), (self.range_, 8), (self.range_func, 3), (self.iter_call, 3)]
            if self.loops == 0 and self.depth < 2:
                options += [(self.goroutines, 3), (self.impure_call, 7)]
        self.weighted(options)()

    def declare(self):
        t = self.random_type(2)
        n = self.name('v')
        form = self.r.randrange(3)
        value = self.expr(t)
        if form == 0 or t.kind == 'iface':
            self.emit(f'var {n} {t.text} = {value}')
        elif form == 1 and t.kind != 'basic':
            self.emit(f'{n} := {value}')
        elif t.kind == 'basic':
            self.emit(f'{n} := {t.text}({value})')
        else:
            self.emit(f'var {n} {t.text}')
            self.emit(f'{n} = {value}')
        self.emit(f'_ = {n}')
        self.add(n, t)

    def target(self):
        """A place that may be assigned: name and type."""
        options = [v for s in self.scopes for v in s if v.settable]
        if not options:
            return None
        v = self.pick(options)
        if v.type.kind == 'struct' and v.type.fields and self.chance(60):
            f, ft = self.pick(v.type.fields)
            return f'{v.name}.{f}', ft
        if v.type.kind == 'array' and self.chance(60):
            return f'{v.name}[{self.r.randrange(v.type.length)}]', v.type.elem
        if v.type.kind == 'slice' and self.chance(50):
            return None
        return v.name, v.type

    def assign(self):
        target = self.target()
        if target:
            self.emit(f'{target[0]} = {self.expr(target[1])}')

    def op_assign(self):
        target = self.target()
        if not target or target[1].kind != 'basic':
            return
        place, t = target
        if t.base in INTS:
            k = self.r.randrange(4)
            if k == 0:
                self.emit(f'{place}{self.pick(["++", "--"])}')
            elif k == 1:
                self.emit(f'{place} {self.pick(["<<=", ">>="])} {self.r.randrange(9)}')
            else:
                self.emit(f'{place} {self.pick(["+=", "-=", "*=", "^=", "|=", "&=", "&^="])} {self.expr(t, 2)}')
        elif t.base == 'string':
            self.emit(f'if len({place}) < 200 {{ {place} += {self.expr(t, 1)} }}')
        elif t.base in FLOATS:
            self.emit(f'{place} {self.pick(["+=", "-=", "*="])} {self.expr(t, 1)}')

    def swap(self):
        a = self.target()
        if not a:
            return
        others = [v for v in self.visible(a[1], True) if v.name != a[0]]
        if others:
            self.emit(f'{a[0]}, {self.pick(others).name} = {self.expr(a[1], 1)}, {self.leaf(a[1])}')

    def show(self):
        if not self.pure:
            return
        vs = [v for s in self.scopes for v in s if v.type.kind not in ('pointer', 'func', 'iface') and not self.has_pointer(v.type)]
        if vs:
            picked = [self.pick(vs).name for _ in range(self.r.randrange(1, 4))]
            verb = self.pick(['%v', '%+v', '%#v', '%T', '%v', '%q' if self.chance(20) else '%v'])
            self.emit(f'out{self.suffix}("{" ".join([verb] * len(picked))}\\n", {", ".join(picked)})')

    def has_pointer(self, t):
        if t.kind in ('pointer', 'func', 'iface', 'chan'):
            return True
        return any(self.has_pointer(f) for _, f in t.fields) or (t.elem is not None and self.has_pointer(t.elem)) or \
            (t.key is not None and self.has_pointer(t.key))

    def if_(self):
        if self.chance(20):
            t = self.simple()
            n = self.name('c')
            self.emit(f'if {n} := {t.text}({self.expr(t, 2)}); {self.bool_expr(1)} {{')
            self.scopes.append([Var(n, t)])
            self.indent += 1
            self.emit(f'_ = {n}')
            self.indent -= 1
            self.nested(self.r.randrange(1, 4))
            self.scopes.pop()
        else:
            self.emit(f'if {self.bool_expr(2)} {{')
            self.nested(self.r.randrange(1, 4))
        if self.chance(30):
            self.emit(f'}} else if {self.bool_expr(1)} {{')
            self.nested(self.r.randrange(1, 3))
        if self.chance(50):
            self.emit('} else {')
            self.nested(self.r.randrange(1, 3))
        self.emit('}')

    def switch(self):
        t = self.pick([self.basic[b] for b in ('int', 'uint8', 'string', 'int32')])
        form = self.r.randrange(3)
        if form == 0:
            self.emit('switch {')
            cases = [self.bool_expr(1) for _ in range(self.r.randrange(1, 4))]
        else:
            self.emit(f'switch {self.leaf(t) if form == 1 else f"{self.leaf(t)}"} {{')
            values = []
            for _ in range(self.r.randrange(1, 8)):
                v = f'"{self.pick(WORDS)}"' if t.text == 'string' else str(self.r.randrange(100))
                if v not in values:
                    values.append(v)
            cases = values
        for i, c in enumerate(cases):
            self.emit(f'case {c}:')
            self.nested(self.r.randrange(1, 3))
            if i + 1 < len(cases) and self.chance(15):
                self.emit('\tfallthrough')
            elif self.chance(10):
                self.emit(f'\tif {self.bool_expr(1)} {{ break }}')
        if self.chance(60):
            self.emit('default:')
            self.nested(1)
        self.emit('}')

    def closure(self):
        t = self.simple()
        f, n = self.name('fn'), self.name('x')
        captured = [v for v in self.visible(t, True)]
        self.emit(f'{f} := func({n} {t.text}) {t.text} {{')
        self.scopes.append([Var(n, t)])
        loops, self.loops = self.loops, self.loops + 1
        self.nested(self.r.randrange(1, 4))
        self.indent += 1
        if captured:
            self.emit(f'{self.pick(captured).name} = {n}')
        self.emit(f'return {self.expr(t, 2)}')
        self.indent -= 1
        self.loops = loops
        self.scopes.pop()
        self.emit('}')
        for _ in range(self.r.randrange(1, 3)):
            r = self.name('v')
            self.emit(f'{r} := {f}({self.expr(t, 1)})')
            self.emit(f'_ = {r}')
            self.add(r, t)

    def risky(self):
        """One operation that may panic, recovered; the text of the error is printed."""
        ints = self.basic['int']
        slices = [v for s in self.scopes for v in s if v.type.kind == 'slice']
        k = self.r.randrange(8)
        if k == 0:
            t = self.basic[self.pick(INTS)]
            op = f'_ = {self.leaf(t)} {self.pick(["/", "%"])} {self.leaf(t)}'
        elif k < 3 and slices:
            op = f'_ = {self.pick(slices).name}[{self.leaf(ints)}]'
        elif k == 3 and slices:
            s = self.pick(slices).name
            op = f'_ = {s}[{self.leaf(ints)}:{self.leaf(ints)}]'
        elif k == 4:
            op = f'_ = any({self.leaf(self.simple())}).({self.simple().text})'
        elif k == 5:
            ptrs = [t for t in self.types if t.kind == 'pointer' and t.elem.kind == 'struct' and t.elem.fields]
            if not ptrs:
                return
            t = self.pick(ptrs)
            op = f'var q {t.text}; _ = q.{t.elem.fields[-1][0]}'
        elif k == 6:
            op = f'panic({self.expr(self.simple(), 1)})'
        else:
            op = f'var m map[string]int; m[{self.leaf(self.basic["string"])}] = 1'
        self.emit(f'func() {{ defer caught{self.suffix}(); {op} }}()')

    def type_switch(self):
        n = self.name('t')
        types = []
        for _ in range(self.r.randrange(2, 5)):
            t = self.random_type(1)
            if t not in types and t.kind != 'iface':
                types.append(t)
        self.emit(f'switch {n} := any({self.expr(self.random_type(1), 1)}).(type) {{')
        for t in types:
            self.emit(f'case {t.text}:')
            self.scopes.append([Var(n, t)])
            self.indent += 1
            self.emit(f'_ = {n}')
            self.indent -= 1
            self.nested(self.r.randrange(1, 3))
            self.scopes.pop()
        self.emit('default:')
        self.emit(f'\t_ = {n}')
        self.emit('}')

    def generic_use(self):
        if not self.generics:
            return
        kind, g = self.pick(self.generics)
        v = self.name('v')
        if kind == 'num':
            t = self.basic[self.pick(INTS + FLOATS)] if self.chance(70) else self.pick([x for x in self.named if x.base != 'string'] or [self.basic['int']])
            self.emit(f'{v} := {g}({self.leaf(t)}, {", ".join(self.leaf(t) for _ in range(self.r.randrange(1, 5)))})')
        elif kind == 'map':
            a, t = self.random_type(1), self.random_type(1)
            x = self.name('x')
            self.scopes.append([Var(x, a, False)])
            body = self.expr(t, 1)
            self.scopes.pop()
            t_ = self.slice_of(t)
            self.emit(f'{v} := {g}({self.expr(self.slice_of(a), 1)}, func({x} {a.text}) {t.text} {{ return {body} }})')
            t = t_
        elif kind == 'box':
            t = self.random_type(1)
            b, ok = self.name('b'), self.name('ok')
            self.emit(f'{b} := new({g}[{t.text}]).Push({self.expr(t, 1)}).Push({self.expr(t, 1)})')
            i, x = self.name('i'), self.name('x')
            self.emit(f'for {i}, {x} := range {b}.All() {{')
            self.scopes.append([Var(i, self.basic['int']), Var(x, t)])
            self.indent += 1
            self.emit(f'_, _ = {i}, {x}')
            self.indent -= 1
            loops, self.loops = self.loops, 2
            self.nested(1)
            self.loops = loops
            self.scopes.pop()
            self.emit('}')
            self.emit(f'{v}, {ok} := {b}.Pop()')
            self.emit(f'_ = {ok}')
        elif kind == 'lookup':
            key, t = self.basic['int'], self.random_type(1)
            m = self.name('m')
            self.emit(f'{v}, {m} := {g}(map[int]{t.text}{{1: {self.expr(t, 1)}, 2: {self.expr(t, 1)}}}, {self.leaf(key)}, 1, 2, 3)')
            self.emit(f'_ = {m}')
            t = self.slice_of(t)
        else:
            self.emit(f'{v} := {g}({self.leaf(self.basic["int"])}).V')
            t = self.basic['int']
        self.emit(f'_ = {v}')
        self.add(v, t)

    def deferred(self):
        t = self.simple()
        place = self.visible(t, True)
        if not place:
            return
        p = self.pick(place).name
        self.emit('func() {')
        self.emit(f'\tdefer func() {{ {p} = {self.expr(t, 1)} }}()')
        self.emit(f'\tdefer func(d {t.text}) {{ {p} = d }}({self.expr(t, 1)})')
        loops, self.loops = self.loops, 2
        self.nested(self.r.randrange(1, 3))
        self.loops = loops
        self.emit('}()')

    def method_use(self):
        usable = [t for t in self.ifaces if getattr(t, 'implementers', None)]
        if not usable or self.loops > 1:
            return
        t = self.pick(usable)
        m, ps, res = self.pick(t.methods)
        v, n = self.name('v'), self.name('i')
        recv = self.pick(t.implementers)
        self.emit(f'var {n} {t.text} = {self.expr(recv, 1)}')
        args = ', '.join(self.expr(p, 1) for p in ps)
        k = self.r.randrange(3)
        if k == 0:
            self.emit(f'{v} := {n}.{m}({args})')
        elif k == 1:
            f = self.name('mv')
            self.emit(f'{f} := {n}.{m}')
            self.emit(f'{v} := {f}({args})')
        else:
            self.emit(f'{v} := {t.text}.{m}({", ".join([n] + ([args] if args else []))})')
        self.emit(f'_ = {v}')
        self.add(v, res)

    def struct_ops(self):
        if not self.structs:
            return
        t = self.pick(self.structs)
        a, p = self.name('s'), self.name('q')
        self.emit(f'{a} := {self.composite(t, 2)}')
        self.emit(f'{p} := &{a}')
        f, ft = self.pick(t.fields)
        self.emit(f'{p}.{f} = {self.expr(ft, 1)}')
        c = self.name('s')
        self.emit(f'{c} := *{p}')
        self.emit(f'_ = {c}')
        self.add(a, t)
        self.add(c, t)

    def slices(self):
        t = self.random_type(1)
        st = self.slice_of(t)
        n, m = self.name('sl'), self.name('sl')
        self.emit(f'{n} := make({st.text}, {self.r.randrange(1, 5)}, {self.r.randrange(5, 9)})')
        k = self.r.randrange(5)
        if k == 0:
            self.emit(f'{m} := append({n}[:1], {self.expr(t, 1)})')
        elif k == 1:
            self.emit(f'{m} := append({st.text}(nil), {n}...)')
        elif k == 2:
            self.emit(f'{m} := {n}[:1:{self.r.randrange(1, 5)}]')
            self.emit(f'{m} = append({m}, {self.expr(t, 1)}, {self.expr(t, 1)})')
        elif k == 3:
            self.emit(f'{m} := append({n}, {n}...)')
            self.emit(f'copy({m}[1:], {m})')
        else:
            self.emit(f'{m} := {n}')
            self.emit(f'{m}[0] = {self.expr(t, 1)}')
        self.emit(f'{n}[len({n})-1] = {self.expr(t, 1)}')
        self.emit(f'_ = {m}')
        self.emit(f'{self.basic_sink()}(len({m}), cap({n}))')
        self.add(n, st)
        self.add(m, st)

    def basic_sink(self):
        return f'sink{self.suffix}'

    def maps(self):
        key = self.basic[self.pick(['int', 'string', 'uint8', 'int64', 'bool'])]
        t = self.simple()
        mt = self.intern(Type('map', f'map[{key.text}]{t.text}', key=key, elem=t))
        m, i = self.name('m'), self.name('i')
        self.emit(f'{m} := {mt.text}{{}}')
        self.emit(f'for {i} := range {self.r.randrange(1, 12)} {{')
        keyed = {'string': f'fmt.Sprint({i} % 5)', 'bool': f'{i}%2 == 0'}.get(key.text, f'{key.text}({i} * {self.r.randrange(1, 9)})')
        self.emit(f'\t{m}[{keyed}] {"+=" if t.base not in ("bool",) else "="} {self.expr(t, 1) if t.base != "string" else self.literal(t)}')
        self.emit('}')
        if self.chance(50):
            self.emit(f'delete({m}, {self.literal(key)})')
        ok, v = self.name('ok'), self.name('v')
        self.emit(f'{v}, {ok} := {m}[{self.leaf(key)}]')
        self.emit(f'_, _ = {v}, {ok}')
        self.add(v, t)
        self.add(ok, self.basic['bool'])
        self.add(m, mt)

    def labelled(self):
        if self.loops:
            return
        label, i, j = self.name('L'), self.name('i'), self.name('j')
        self.emit(f'{label}:')
        self.emit(f'for {i} := 0; {i} < {self.r.randrange(2, 6)}; {i}++ {{')
        self.emit(f'\tfor {j} := {i}; {j} < 6; {j}++ {{')
        self.emit(f'\t\tif {i}*{j} == {self.r.randrange(12)} {{ continue {label} }}')
        self.emit(f'\t\tif {i}+{j} == {self.r.randrange(12)} {{ break {label} }}')
        self.indent += 1
        self.scopes.append([Var(i, self.basic['int'], False), Var(j, self.basic['int'], False)])
        self.loops += 2
        self.nested(2)
        self.loops -= 2
        self.scopes.pop()
        self.indent -= 1
        self.emit('\t}')
        self.emit('}')

    def loop_body(self, variables, n):
        self.scopes.append(variables)
        self.loops += 1
        self.indent += 1
        for v in variables:
            self.emit(f'_ = {v.name}')
        self.indent -= 1
        self.nested(n)
        if self.chance(20):
            self.emit(f'\tif {self.bool_expr(1)} {{ {self.pick(["break", "continue"])} }}')
        self.loops -= 1
        self.scopes.pop()

    def for_(self):
        i = self.name('i')
        t = self.basic[self.pick(['int', 'int', 'uint8', 'int64', 'int32'])]
        form = self.r.randrange(5)
        if form == 0:
            self.emit(f'for {i} := {t.text}({self.r.randrange(10)}); {i} > 0; {i}-- {{')
        elif form == 1:
            self.emit(f'for {i} := {t.text}(0); {i} <= {self.r.randrange(10)}; {i} += {self.r.randrange(1, 4)} {{')
        elif form == 2:
            self.emit(f'for {i} := range {t.text}({self.r.randrange(8)}) {{')
        else:
            self.emit(f'for {i} := {t.text}({self.r.randrange(4)}); {i} < {self.r.randrange(12)}; {i}++ {{')
        self.loop_body([Var(i, t, False)], self.r.randrange(1, 5))
        self.emit('}')

    def range_(self):
        candidates = [v for s in self.scopes for v in s if v.type.kind in ('slice', 'array') or v.type.text == 'string']
        if not candidates:
            return
        v = self.pick(candidates)
        i, x = self.name('i'), self.name('x')
        et = v.type.elem if v.type.kind != 'basic' else self.basic['int32']
        source = v.name
        if v.type.kind == 'array' and self.chance(20) and v.settable and v.name.isidentifier():
            source = '&' + v.name
        elif v.type.kind in ('slice', 'basic'):
            source = f'{v.name}[:min(len({v.name}), 12)]'
        self.emit(f'for {i}, {x} := range {source} {{')
        self.loop_body([Var(i, self.basic['int'], False), Var(x, et)], self.r.randrange(1, 4))
        self.emit('}')

    def range_func(self):
        t = self.simple()
        x, y = self.name('x'), self.name('y')
        self.emit(f'for {x} := range func(yield func({t.text}) bool) {{')
        self.emit(f'\tfor {y} := range {self.r.randrange(1, 6)} {{')
        self.emit(f'\t\t_ = {y}')
        self.emit(f'\t\tif !yield({self.expr(t, 1)}) {{ return }}')
        self.emit('\t}')
        self.emit('} {')
        self.loop_body([Var(x, t)], self.r.randrange(1, 4))
        self.emit('}')

    def iter_call(self):
        t = self.simple()
        st = self.slice_of(t)
        n = self.name('sl')
        if t.base in ('complex128', 'bool') or t.base in FLOATS:
            return
        self.emit(f'{n} := slices.Sorted(slices.Values({self.expr(st, 2)}))')
        self.emit(f'_ = {n}')
        self.add(n, st)

    def impure_call(self):
        if not self.funcs:
            return
        f = self.pick(self.funcs)
        v = self.name('v')
        self.emit(f'{v} := {f.name}({", ".join(self.expr(p, 1) for p in f.params)})')
        self.emit(f'_ = {v}')
        self.add(v, f.results[0])

    def goroutines(self):
        t = self.basic[self.pick(INTS)]
        k = self.r.randrange(4)
        ch, total, i = self.name('ch'), self.name('tot'), self.name('i')
        if k < 2:
            self.emit(f'{ch} := make(chan {t.text}, {self.r.randrange(3)})')
            self.emit(f'var {total} {t.text}')
            self.emit(f'go func(base {t.text}) {{')
            self.emit(f'\tfor {i} := range {t.text}({self.r.randrange(1, 9)}) {{')
            self.emit(f'\t\t{ch} <- base {self.pick(["+", "*", "^", "-"])} {i}')
            self.emit('\t}')
            self.emit(f'\tclose({ch})')
            self.emit(f'}}({self.expr(t, 1)})')
            self.emit(f'for {i} := range {ch} {{')
            self.emit(f'\t{total} = {total}*3 + {i}')
            self.emit('}')
        elif k == 2:
            wg, mu = self.name('wg'), self.name('mu')
            self.emit(f'var {wg} sync.WaitGroup')
            self.emit(f'var {mu} sync.Mutex')
            self.emit(f'var {total} {t.text}')
            self.emit(f'for {i} := range {t.text}({self.r.randrange(1, 7)}) {{')
            self.emit(f'\t{wg}.Add(1)')
            self.emit(f'\tgo func() {{ defer {wg}.Done(); {mu}.Lock(); defer {mu}.Unlock(); {total} += {i} * {self.r.randrange(1, 50)} }}()')
            self.emit('}')
            self.emit(f'{wg}.Wait()')
        else:
            a, b = self.name('ca'), self.name('cb')
            self.emit(f'{a}, {b} := make(chan {t.text}), make(chan {t.text}, 2)')
            self.emit(f'var {total} {t.text}')
            self.emit(f'go func() {{ for {i} := range {t.text}(5) {{ {a} <- {i} * {self.r.randrange(1, 20)} }}; close({a}) }}()')
            self.emit(f'go func() {{ for {i} := range {t.text}(4) {{ {b} <- {i} + {self.r.randrange(1, 20)} }}; close({b}) }}()')
            self.emit(f'for {a} != nil || {b} != nil {{')
            self.emit('\tselect {')
            for c in (a, b):
                self.emit(f'\tcase {i}, ok := <-{c}:')
                self.emit(f'\t\tif !ok {{ {c} = nil; continue }}')
                self.emit(f'\t\t{total} += {i}')
            self.emit('\t}')
            self.emit('}')
        self.add(total, t)

    # ---- a whole program ----

    def prelude(self):
        s = self.suffix
        return f'''var fuel{s} = 300
var lines{s} int

func out{s}(format string, args ...any) {{
	if lines{s}++; lines{s} < 200 {{
		text := fmt.Sprintf(format, args...)
		if len(text) > 400 {{
			text = text[:400] + "...\\n"
		}}
		fmt.Print(text)
	}}
}}

func caught{s}() {{
	if r := recover(); r != nil {{
		out{s}("caught %v\\n", r)
	}}
}}

func sink{s}(args ...any) {{ _ = args }}

func at{s}[T any](xs []T, i int) (x T) {{
	if len(xs) > 0 {{
		x = xs[i%len(xs)]
	}}
	return
}}

func cut{s}(t string, i int) string {{
	if len(t) == 0 {{
		return t
	}}
	return t[i%len(t):]
}}

// Keeps texts from growing without bound.
func short{s}[T ~string](t T) T {{
	return t[:min(len(t), 100)]
}}

type number{s} interface {{
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}}'''

    def program(self):
        for _ in range(self.r.randrange(1, 3)):
            self.make_named()
        for _ in range(self.r.randrange(1, 4)):
            self.make_struct()
        for b in BASIC:
            for _ in range(2 if b == 'int' else 1):
                n = self.name('g')
                self.decls.append(f'var {n} {b} = {self.literal(self.basic[b])}')
                self.add(n, self.basic[b])
        for _ in range(self.r.randrange(1, 4)):
            t = self.random_type(2)
            n = self.name('g')
            self.decls.append(f'var {n} {t.text} = {self.composite(t, 1)}')
            self.add(n, t)
        for _ in range(self.r.randrange(3)):
            self.make_generic()
        for _ in range(self.r.randrange(2)):
            self.make_iface()
        for _ in range(self.r.randrange(1, 5)):
            self.make_func()
        recursive = [self.make_recursive() for _ in range(self.r.randrange(2))]
        self.begin_func()
        self.emit(f'defer caught{self.suffix}()')
        self.scopes.append([])
        for call, t in recursive:
            v = self.name('v')
            self.emit(f'{v} := {call()}')
            self.add(v, t)
            self.emit(f'out{self.suffix}("%v\\n", {v})')
        for _ in range(self.r.randrange(6, 16)):
            self.statement()
        shown = [v.name for scope in self.scopes for v in scope if not self.has_pointer(v.type)]
        for v in shown:
            self.emit(f'out{self.suffix}("%v\\n", {v})')
        self.scopes.pop()
        self.end_func(f'func run{self.suffix}() {{')
        return self.prelude() + '\n\n' + '\n\n'.join(self.decls) + '\n'


def program(seed, number):
    """The text of one program without its package clause and main; its entry is run_pNUMBER."""
    return Generator(seed, f'_p{number}').program()
