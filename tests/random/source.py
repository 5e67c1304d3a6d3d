# SPDX-License-Identifier: MIT
"""What every generator of random programs starts from: choices that one seed decides, names that end in the program's own suffix
(so that many programs make one package for real Go), and lines of text."""
import random


class Source:
    def __init__(self, seed, suffix):
        self.r = random.Random(seed)
        self.suffix = suffix
        self.counter = 0
        self.decls, self.lines, self.indent = [], [], 0

    def name(self, stem):
        self.counter += 1
        return f'{stem}{self.counter}{self.suffix}'

    def chance(self, percent):
        return self.r.randrange(100) < percent

    def pick(self, items):
        return items[self.r.randrange(len(items))]

    def weighted(self, options):
        """One of the first halves of the pairs, as often as the second halves say."""
        k = self.r.randrange(sum(w for _, w in options))
        for item, weight in options:
            k -= weight
            if k < 0:
                return item

    def emit(self, text):
        self.lines.append('\t' * self.indent + text)
