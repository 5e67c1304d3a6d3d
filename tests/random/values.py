# SPDX-License-Identifier: MIT
"""Random expressions, one to a line: arithmetic of all widths, conversions, constants, comparisons that panic, fmt's verbs, strconv, strings,
slices, maps, sort, time and JSON on random values. Each is printed by itself, with what it panicked with."""
from source import Source

IMPORTS = ['fmt', 'strings', 'strconv', 'slices', 'maps', 'sort', 'time', 'encoding/json', 'math', 'math/bits', 'unicode/utf8', 'errors', 'runtime',
           'cmp', 'bytes']

INTS = {'int': 64, 'int8': 8, 'int16': 16, 'int32': 32, 'int64': 64, 'uint': 64, 'uint8': 8, 'uint16': 16, 'uint32': 32, 'uint64': 64}
FLOATS = ['float64', 'float32']
TEXTS = ['', 'a', 'gol', 'héllo', '世界', 'a,b,,c', '  pad ', 'x\\ty\\n', '0x1F', '-12', '1e3', '3.25', 'true', '\\xff\\x00z', 'ÀÉÎ', 'aXbXc', '🙂!', '%d', '\\"q\\"',
         '12h3m', 'NaN', '+Inf', '9223372036854775808', '1_000', '0b11', 'ǅ', 'ß', 'i\\u0307', '\\u2028<>&']
TYPES = '''
type num@ int
type word@ string
type pt@ struct{ X, Y int }
type rec@ struct {
	Name string
	N    *int
	L    []int
	M    map[string]int
	P    pt@
	A    any
	f    float64
}
type tag@ struct {
	A int            `json:"a,omitempty"`
	B string         `json:"-"`
	C []byte         `json:"c"`
	D map[string]any `json:"d,omitempty"`
	E *tag@          `json:",omitempty"`
	F float64        `json:"f,string"`
	pt@
}
type shown@ struct{ v int }

func (s shown@) String() string { return fmt.Sprintf("<%d>", s.v) }

type bad@ struct{}

func (bad@) Error() string { panic("in Error") }

type tree@[T cmp.Ordered] struct {
	left, right *tree@[T]
	value       T
}

func (t *tree@[T]) add(x T) *tree@[T] {
	if t == nil {
		return &tree@[T]{value: x}
	}
	switch c := cmp.Compare(x, t.value); {
	case c < 0:
		t.left = t.left.add(x)
	case c > 0:
		t.right = t.right.add(x)
	}
	return t
}

func (t *tree@[T]) all(yield func(T) bool) bool {
	return t == nil || t.left.all(yield) && yield(t.value) && t.right.all(yield)
}

type numeric@ interface {
	~int | ~int8 | ~uint8 | ~uint16 | ~int64 | ~float32 | ~float64
}

func sum@[T numeric@](xs ...T) (s T) {
	for _, x := range xs {
		s += x
	}
	return s
}

func conv@[To, From numeric@](x From) To { return To(x) }

func kind@[T any](x T) string {
	switch any(x).(type) {
	case int, num@:
		return "int"
	case []T:
		return "slice of itself"
	case fmt.Stringer:
		return "stringer"
	case error:
		return "error"
	}
	return fmt.Sprintf("%T", x)
}

func try@(n int, f func() any) {
	defer func() {
		switch x := recover().(type) {
		case nil:
		case runtime.Error:
			fmt.Println(n, "runtime:", x.Error())
		default:
			fmt.Println(n, "panic:", x)
		}
	}()
	fmt.Printf("%d %v\\n", n, f())
}

func two@[T any](x T, err error) string {
	if err != nil {
		return fmt.Sprint(x, " ", err)
	}
	return fmt.Sprint(x)
}

var _ = []any{errors.New, math.Pi, bits.Len, utf8.RuneLen, sort.Ints, slices.Sort[[]int], maps.Keys[map[int]int], json.Marshal, time.Second, strconv.Itoa, strings.Map, bytes.Equal}
'''


class Generator(Source):
    def integer(self, t):
        bits, signed = INTS[t], t[0] == 'i'
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        k = self.r.randrange(6)
        v = self.r.randrange(low, high + 1) if k == 0 else self.pick([low, high, high - 1, low + 1]) if k == 1 else self.r.randrange(0, 10) if k < 4 else \
            self.r.randrange(max(low, -100), 100)
        return str(v)

    def float(self):
        return self.pick(['0', '1', '-1', '0.1', '2.5', '1e10', '-3.75e-7', '123456789.125', '1e21', '1e-7', '5e-324', '1.7976931348623157e308', '3.4e38', '16777217',
                          '0.3', '-0.5', '1e100', '99999.5', str(self.r.uniform(-1000, 1000)), repr(self.r.uniform(-1, 1) * 10.0 ** self.r.randrange(-30, 30))])

    def text(self):
        return f'"{self.pick(TEXTS)}"'

    def rune(self):
        return self.pick(["'a'", "'é'", "'世'", "'\\x00'", "'\\U0010ffff'", "'🙂'", '-1', '0xd800', '0x110000', "'\\n'", "'Z'"])

    def var(self, t, value):
        """A value that is no constant."""
        return f'func() {t} {{ var x {t} = {value}; return x }}()'

    def any_value(self, depth=2):
        t = self.pick(list(INTS) + FLOATS + ['string', 'bool', 'rune', 'complex', 'slice', 'map', 'struct', 'rec', 'bytes', 'nil', 'named', 'ptr', 'err', 'shown', 'array',
                                            'dur', 'anys'])
        s = self.suffix
        if t in INTS:
            return f'{t}({self.integer(t)})'
        if t == 'float32':
            return f'float32({self.pick(["0.1", "1e10", "-2.5", "3.4e38", "16777217", "0"])})'
        if t == 'float64':
            return f'float64({self.float()})'
        if t == 'rune' or depth == 0:
            return self.rune() if self.chance(50) else self.text()
        return {'string': self.text, 'bool': lambda: self.pick(['true', 'false']), 'complex': lambda: f'complex({self.float()}, {self.float()})',
                'slice': lambda: self.pick([f'[]int{{{self.integer("int")}, {self.integer("int8")}}}', '[]int(nil)', f'[]string{{{self.text()}, {self.text()}}}',
                                            f'[]float64{{{self.float()}}}', f'[]pt{s}{{{{1, 2}}}}', f'[]shown{s}{{{{1}}}}', f'[]bool{{true}}', f'[][]int{{nil, {{1}}}}']),
                'map': lambda: self.pick([f'map[string]int{{{self.text()}: 1}}', f'map[int]string{{3: "c", 1: {self.text()}}}', f'map[pt{s}]bool{{{{1, 2}}: true}}',
                                          'map[string]int(nil)', f'map[any]any{{1: "a", 2: nil}}']),
                'struct': lambda: f'pt{s}{{{self.integer("int")}, {self.integer("int8")}}}',
                'rec': lambda: f'rec{s}{{Name: {self.text()}, L: []int{{{self.integer("int16")}}}, A: {self.any_value(depth - 1)}, f: {self.float()}}}',
                'bytes': lambda: f'[]byte({self.text()})', 'nil': lambda: 'nil', 'named': lambda: self.pick([f'num{s}({self.integer("int")})', f'word{s}({self.text()})']),
                'ptr': lambda: self.pick([f'&pt{s}{{1, 2}}', f'(*pt{s})(nil)', f'&[]int{{1}}', f'&map[string]int{{"a": 1}}', f'(*int)(nil)']),
                'err': lambda: self.pick([f'errors.New({self.text()})', f'bad{s}{{}}', f'fmt.Errorf("w: %w", errors.New({self.text()}))']),
                'shown': lambda: self.pick([f'shown{s}{{{self.integer("int8")}}}', f'&shown{s}{{4}}', f'struct{{ S shown{s}; p *int }}{{}}']),
                'array': lambda: self.pick([f'[3]int{{1, {self.integer("int")}}}', f'[2]string{{{self.text()}}}', '[0]int{}', f'[2]any{{1, nil}}', f'[3]byte{{1, 2, 255}}']),
                'dur': lambda: self.pick([f'time.Duration({self.integer("int64")})', f'time.Duration({self.integer("int32")}) * time.Millisecond', 'time.March', 'time.Weekday(9)']),
                'anys': lambda: f'[]any{{{self.any_value(depth - 1)}, {self.any_value(0)}}}'}[t]()

    # ---- one line each ----

    def format(self):
        def directive():
            flags = ''.join(f for f in '+-# 0' if self.chance(18))
            width = self.pick(['', '', '', str(self.r.randrange(1, 14)), '*' if self.chance(20) else ''])
            precision = self.pick(['', '', '', '.', f'.{self.r.randrange(0, 9)}'])
            return flags, width, precision, self.pick(list('vvvvdsqxXtTcUbobeEgGfFpw'))
        flags, width, precision, verb = directive()
        value = self.any_value()
        if verb == 'p' or value.startswith('&') and verb in 'dxXob' or '(*' in value or value.startswith('&') or ('&' in value and verb not in 'vs'):
            verb = 'T'
        if 'rrorf' in value or 'errors.New' in value:  # has addresses inside
            flags, verb = '', 's'
        args = (f'{self.r.randrange(-9, 12)}, ' if width == '*' else '') + value
        tail = self.pick(['', '|', ' %v', ' %[1]v', '%%', '%!', ' %d']) if self.chance(25) else '|'
        if '[1]' in tail and width == '*':
            tail = ''
        return f'fmt.Sprintf("%{flags}{width}{precision}{verb}{tail}", {args})'

    def arithmetic(self):
        t = self.pick(list(INTS))
        a, b = self.var(t, self.integer(t)), self.var(t, self.integer(t))
        return self.pick([f'{a} {self.pick(["+", "-", "*", "/", "%", "&", "|", "^", "&^"])} {b}', f'{a} {self.pick(["<<", ">>"])} {self.var(self.pick(list(INTS)), str(self.r.randrange(0, 100)))}',
                          f'-{a}', f'^{a}', f'{a} {self.pick(["<", "<=", "==", "!=", ">", ">="])} {b}', f'min({a}, {b})', f'max({a}, {b}, 5)',
                          f'{a} {self.pick(["/", "%", "*"])} {self.r.randrange(1, 127)}', f'{a} << {self.r.randrange(0, 70)} >> {self.r.randrange(0, 70)}'])

    def floats(self):
        t = self.pick(FLOATS)
        value = lambda: self.var(t, self.pick(['0.1', '0.3', '1e10', '2.5', '3', '-7.25', '1e-30', '3e38', '16777217', '0']))
        return self.pick([f'{value()} {self.pick(["+", "-", "*", "/"])} {value()}', f'{value()} * {value()} + {value()}', f'-{value()}', f'{t}({value()} / 3) == {value()}',
                          f'max({value()}, {value()} - {value()})', f'math.{self.pick(["Floor", "Ceil", "Trunc", "Round", "Sqrt", "Abs", "Log2", "Exp2", "RoundToEven", "Cbrt"])}(float64({value()}))',
                          f'math.{self.pick(["Mod", "Hypot", "Copysign", "Max", "Min", "Remainder", "Dim", "Nextafter"])}(float64({value()}), float64({value()}))',
                          f'complex(float64({value()}), {self.float()}) {self.pick(["*", "+", "/", "-"])} complex(float64({value()}), 2)', f'complex64(complex({self.var("float32", "0.1")}, 3)) * 3'])

    def conversion(self):
        t, u = self.pick(list(INTS)), self.pick(list(INTS))
        return self.pick([f'{t}({self.var(u, self.integer(u))})', f'{self.pick(FLOATS)}({self.var(u, self.integer(u))})', f'{t}({self.var("float64", self.pick(["3.99", "-0.5", "100", "7.5e1"]))})',
                          f'string({self.var("rune", self.rune())})', f'[]rune({self.var("string", self.text())})', f'[]byte({self.var("string", self.text())})',
                          f'string([]rune{{{self.rune()}, {self.rune()}}})', f'string([]byte{{{self.r.randrange(256)}, {self.r.randrange(256)}}})', f'conv{self.suffix}[uint8]({self.var("int64", self.integer("int64"))})',
                          f'conv{self.suffix}[float32]({self.var("int64", self.integer("int64"))})', f'[2]int([]int{{1, 2, 3}}[:{self.r.randrange(1, 4)}])', f'float64({self.var("float32", "0.1")})',
                          f'sum{self.suffix}[{self.pick(["int8", "uint8", "float32", "int"])}](100, 27, {self.r.randrange(100)})', f'kind{self.suffix}({self.any_value()})'.replace(f'kind{self.suffix}(nil)', f'kind{self.suffix}(any(nil))')])

    def strconvs(self):
        x = self.text()
        return self.pick([f'two{self.suffix}(strconv.Atoi({x}))', f'two{self.suffix}(strconv.ParseInt({x}, {self.pick([0, 2, 10, 16, 36, 1])}, {self.pick([0, 8, 16, 32, 64])}))',
                          f'two{self.suffix}(strconv.ParseUint({x}, 0, {self.pick([8, 64])}))', f'two{self.suffix}(strconv.ParseFloat({x}, {self.pick([32, 64])}))', f'two{self.suffix}(strconv.ParseBool({x}))',
                          f'strconv.Quote({x})', f'strconv.QuoteToASCII({x})', f'strconv.QuoteRune({self.rune()})', f'two{self.suffix}(strconv.Unquote({x}))', f'two{self.suffix}(time.ParseDuration({x}))',
                          f'strconv.FormatInt({self.integer("int64")}, {self.r.randrange(2, 37)})', f'strconv.FormatFloat({self.float()}, {self.pick(list("egfGEbx"))!r}, {self.r.randrange(-1, 12)}, {self.pick([32, 64])})'.replace('"', "'")])

    def string_function(self):
        a, b, c = self.text(), self.text(), self.text()
        q = '[]string{' + f'{a}, {b}, {c}' + '}'
        f = self.pick(['Fields({a})', 'Split({a}, {b})', 'SplitN({a}, {b}, 2)', 'SplitAfter({a}, {b})', 'Join({q}, {b})', 'Replace({a}, {b}, {c}, 2)', 'ReplaceAll({a}, {b}, {c})', 'Index({a}, {b})',
                       'LastIndex({a}, {b})', 'IndexAny({a}, {b})', 'Contains({a}, {b})', 'Count({a}, {b})', 'Trim({a}, {b})', 'TrimLeft({a}, {b})', 'TrimRight({a}, {b})', 'TrimSpace({a})', 'ToUpper({a})', 'ToLower({a})',
                       'Title({a})', 'EqualFold({a}, {b})', 'HasPrefix({a}, {b})', 'TrimPrefix({a}, {b})', 'Repeat({a}, {n})', 'Map(func(r rune) rune {{ if r == 97 {{ return -1 }}; return r + 1 }}, {a})',
                       'ToValidUTF8({a}, {b})', 'Compare({a}, {b})', 'ContainsRune({a}, {r})', 'IndexRune({a}, {r})', 'ToTitle({a})', 'NewReplacer({a}, {b}, "a", "1").Replace({c})', 'LastIndexByte({a}, 97)'])
        return 'strings.' + f.format(a=a, b=b, c=c, q=q, n=self.r.randrange(-1, 4), r=self.rune())

    def slice_function(self):
        xs = '[]int{' + ', '.join(self.integer('int8') for _ in range(self.r.randrange(0, 7))) + '}'
        n, m = self.r.randrange(-1, 6), self.r.randrange(-1, 7)
        forms = ['x[{n}:{m}]', 'x[:{m}:{n}]', 'x[{n}]', 'slices.Sorted(slices.Values(x))', 'slices.Insert(x, {n}, 7, 8)', 'slices.Delete(x, {n}, {m})', 'slices.Index(x, {n})', 'slices.Max(x)', 'slices.Min(x)',
                 'slices.Compact(slices.Sorted(slices.Values(x)))', 'slices.Replace(x, {n}, {m}, 9)', 'slices.Repeat(x, {n})', 'slices.Collect(slices.Chunk(x, {n}))', 'slices.Grow(x, {n})', 'slices.Clip(x[:{m}])',
                 'func() any {{ slices.Reverse(x); return x }}()', 'func() any {{ copy(x[{n}:], x); return x }}()', 'append(x[:{m}], x...)', 'func() any {{ y := append(x[:{n}], 99); return fmt.Sprint(x, y, len(y)) }}()',
                 'func() any {{ clear(x[{n}:]); return x }}()', 'slices.ContainsFunc(x, func(v int) bool {{ return v > {n} }})', 'fmt.Sprint(slices.BinarySearch(slices.Sorted(slices.Values(x)), {n}))',
                 'func() any {{ sort.Slice(x, func(i, j int) bool {{ return x[i] > x[j] }}); return x }}()', 'slices.Concat(x, x[:{m}])', 'slices.Compare(x, []int{{1, {n}}})', 'slices.Equal(x, x)',
                 'func() any {{ slices.SortStableFunc(x, func(a, b int) int {{ return cmp.Compare(a&3, b&3) }}); return x }}()', '[3]int(x)', '*(*[2]int)(x)', 'make([]int, {n})', 'make([]int, 2, {n})']
        return f'func() any {{ x := {xs}; _ = x; return {self.pick(forms).format(n=f"same{self.suffix}({n})", m=f"same{self.suffix}({m})")} }}()'

    def map_function(self):
        m = 'map[string]int{' + ', '.join(f'"{chr(97 + k)}": {self.integer("int8")}' for k in range(self.r.randrange(0, 5))) + '}'
        forms = ['slices.Sorted(maps.Keys(m))', 'slices.Sorted(maps.Values(m))', 'func() any { delete(m, "a"); m["z"]++; return m }()', 'func() any { maps.DeleteFunc(m, func(k string, v int) bool { return v < 3 }); return m }()',
                 'func() any { n := maps.Clone(m); clear(m); return fmt.Sprint(m, n, maps.Equal(m, n)) }()', 'func() any { v, ok := m["b"]; return fmt.Sprint(v, ok, len(m)) }()', 'maps.Collect(maps.All(m))',
                 'func() any { t := (*tree@[string])(nil); for k := range m { t = t.add(k) }; var s []string; t.all(func(x string) bool { s = append(s, x); return len(s) < 3 }); return s }()']
        return f'func() any {{ m := {m}; _ = m; return {self.pick(forms)} }}()'.replace('@', self.suffix)

    def comparison(self):
        a, b = self.any_value(), self.any_value()
        return self.pick([f'any({a}) == any({b})', f'func() any {{ x := any({a}); return x == x }}()', f'map[any]int{{any({a}): 1}}[any({b})]', f'[2]any{{{a}, 1}} == [2]any{{{b}, 1}}',
                          f'struct{{ a, b any }}{{1, {a}}} == struct{{ a, b any }}{{1, {b}}}', f'any({a}).(fmt.Stringer).String()', f'any({a}).({self.pick(["int", "string", "error", "[]int", "pt" + self.suffix])})'])

    def json_(self):
        s = self.suffix
        value = self.pick([self.any_value(), f'tag{s}{{A: {self.integer("int8")}, C: []byte({self.text()}), F: {self.pick(["1.5", "1e21", "-0.000001"])}, pt{s}: pt{s}{{1, 2}}}}', f'map[string]any{{{self.text()}: {self.any_value(1)}}}',
                           f'[]any{{{self.any_value(1)}, {self.any_value(0)}}}'])
        if self.chance(60):
            return f'func() any {{ b, err := json.Marshal({value}); return two{s}(string(b), err) }}()'
        source = self.pick(['{"a":1,"c":"aGk=","X":3}', '[1,2,{"a":null}]', '{"a":"x"}', '{"a":1.5}', '{"f":"2.5","Y":7,"d":{"k":[true]}}', '{"E":{"a":3}}', '{"a":1', '"\\\\u00e9\\\\ud83d\\\\ude42"', '1e400', '-', '[1,]', 'nul', '{"A":2,"a":3} x'])
        target = self.pick([f'tag{s}', 'any', '[]int', 'map[string]any', 'string', f'pt{s}'])
        return f"func() any {{ var v {target}; err := json.Unmarshal([]byte(`{source}`), &v); return two{s}(fmt.Sprintf(\"%+v\", v), err) }}()".replace('\\\\u', '\\u') \
            if 'E"' not in source else f'func() any {{ var v tag{s}; err := json.Unmarshal([]byte(`{source}`), &v); return two{s}(v.E.A, err) }}()'

    def times(self):
        t = f'time.Unix({self.r.randrange(-10**10, 4 * 10**9)}, {self.r.randrange(10**9)}).UTC()'
        return self.pick([f'{t}', f'{t}.Format({self.pick(["time.RFC3339Nano", "time.RFC1123", "time.Kitchen", "time.ANSIC", chr(34) + "Mon Jan _2 15:04:05.000 2006 PM 002" + chr(34)])})', f'{t}.AddDate({self.r.randrange(-3, 4)}, {self.r.randrange(-20, 20)}, {self.r.randrange(-50, 50)})',
                          f'{t}.Truncate({self.pick(["time.Hour", "24 * time.Hour", "7 * time.Minute"])})', f'{t}.YearDay()', f'fmt.Sprint({t}.ISOWeek())', f'{t}.Weekday()', f'time.Date({self.r.randrange(1, 3000)}, {self.r.randrange(-5, 20)}, {self.r.randrange(-40, 60)}, {self.r.randrange(-30, 50)}, 1, 2, 3, time.UTC)',
                          f'time.Duration({self.integer("int64")}).Round(time.{self.pick(["Second", "Minute", "Hour", "Millisecond"])})', f'time.Duration({self.integer("int32")}).Minutes()'])

    def bit_function(self):
        v = self.var('uint64', self.integer('uint64'))
        w = self.var('uint64', self.integer('uint64'))
        return self.pick([f'bits.{self.pick(["OnesCount64", "LeadingZeros64", "TrailingZeros64", "Reverse64", "ReverseBytes64", "Len64"])}({v})', f'fmt.Sprint(bits.Mul64({v}, {w}))', f'fmt.Sprint(bits.Add64({v}, {w}, 1))', f'fmt.Sprint(bits.Div64({v} & 0xff, {w}, {self.var("uint64", "256")}))',
                          f'bits.RotateLeft64({v}, {self.r.randrange(-70, 70)})', f'fmt.Sprint(utf8.DecodeRuneInString({self.text()}))', f'utf8.ValidString({self.text()})', f'utf8.RuneCountInString({self.text()})', f'fmt.Sprint(utf8.DecodeLastRuneInString({self.text()}))'])

    def program(self):
        s = self.suffix
        lines = []
        for n in range(60):
            text = self.weighted([(self.format, 30), (self.arithmetic, 10), (self.floats, 8), (self.conversion, 10), (self.strconvs, 9), (self.string_function, 9), (self.slice_function, 12), (self.map_function, 4), (self.comparison, 8),
                                  (self.json_, 8), (self.times, 6), (self.bit_function, 4)])()
            lines.append(f'\ttry{s}({n}, func() any {{ return {text} }})')
        return TYPES.replace('@', s) + f'\nfunc same{s}(n int) int {{ return n }}\n\nfunc run{s}() {{\n' + '\n'.join(lines) + '\n}\n'


def program(seed, number):
    return Generator(seed, f'_p{number}').program()
