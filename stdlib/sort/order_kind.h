/* SPDX-License-Identifier: MIT */
/* order_kind.h: introsort (D. Musser, 1997) for one element type; included by order.c once per type. Defined before:
 *   ELEM       the type
 *   NAMED(x)   x with a suffix of the type's own
 *   LESS(a, b) strict order; may charge g
 *   SLOW_ORDER whether LESS takes long, and may contradict itself: strings made by package unsafe can change meanwhile
 * The slower part of the work is charged to g in advance; when the program is being stopped the rest stays unsorted. */

static void NAMED(insertion)(Goroutine *g, ELEM *x, size_t n) {
	(void)g;
	for (size_t i = 1; i < n; i++) {
		ELEM v = x[i];
		size_t j = i;
		for (; j > 0 && LESS(v, x[j - 1]); j--)
			x[j] = x[j - 1];
		x[j] = v;
	}
}

static void NAMED(sift)(Goroutine *g, ELEM *x, size_t root, size_t n) {
	(void)g;
	ELEM v = x[root];
	for (size_t child; (child = 2 * root + 1) < n; root = child) {
		child += child + 1 < n && LESS(x[child], x[child + 1]);
		if (!LESS(v, x[child]))
			break;
		x[root] = x[child];
	}
	x[root] = v;
}

static void NAMED(heapsort)(Goroutine *g, ELEM *x, size_t n) {
	for (size_t i = n / 2; i-- > 0 && !native_work(g, 1);)
		NAMED(sift)(g, x, i, n);
	while (n > 1 && !native_work(g, 1)) {
		ELEM top = x[0];
		x[0] = x[--n];
		x[n] = top;
		NAMED(sift)(g, x, 0, n);
	}
}

static ELEM NAMED(median)(Goroutine *g, ELEM a, ELEM b, ELEM c) {
	(void)g;
	if (LESS(b, a)) {
		ELEM t = a;
		a = b;
		b = t;
	}
	return LESS(c, a) ? a : LESS(c, b) ? c : b;
}

static void NAMED(introsort)(Goroutine *g, ELEM *x, size_t n, int depth) {
	while (n > 16) {
		if (native_work(g, (int64_t)(n / 16)))
			return;
		if (depth-- == 0) {
			NAMED(heapsort)(g, x, n);
			return;
		}
		ELEM pivot = NAMED(median)(g, x[0], x[n / 2], x[n - 1]);
		size_t i = 0, j = n - 1;
		for (;; i++, j--) { /* the pivot stops both */
			while (LESS(x[i], pivot) && !(SLOW_ORDER && i == n - 1))
				i++;
			while (LESS(pivot, x[j]) && !(SLOW_ORDER && j == 0))
				j--;
			if (i >= j)
				break;
			if (SLOW_ORDER && UNLIKELY(native_must_stop(g)))
				return;
			ELEM t = x[i];
			x[i] = x[j];
			x[j] = t;
		}
		size_t left = j + 1;
		if (left <= n - left) {
			NAMED(introsort)(g, x, left, depth);
			x += left;
			n -= left;
		} else {
			NAMED(introsort)(g, x + left, n - left, depth);
			n = left;
		}
	}
	NAMED(insertion)(g, x, n);
}

#undef ELEM
#undef NAMED
#undef LESS
