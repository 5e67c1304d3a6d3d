/* SPDX-License-Identifier: MIT */
/* program.c: questions about finished functions. Everything a Program holds is immutable, so nothing here locks. */
#include "bytecode/program.h"

const LineEntry *function_line(const Function *fn, uint32_t pc) {
	uint32_t low = 0, high = fn->line_count;
	while (low < high) { /* the last entry with entry.pc <= pc */
		uint32_t mid = low + (high - low) / 2;
		if (fn->lines[mid].pc <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	return low == 0 ? NULL : &fn->lines[low - 1];
}

const InlineSite *function_inline(const Function *fn, uint32_t pc) {
	const LineEntry *entry = function_line(fn, pc);
	return entry && entry->site ? &fn->inlines[entry->site - 1] : NULL;
}
