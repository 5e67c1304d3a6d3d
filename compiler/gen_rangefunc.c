/* SPDX-License-Identifier: MIT */
/* gen_rangefunc.c: range over functions. */
#include "compiler/gen.h"

bool range_func_is_outer(Gen *g, const Node *labeled) {
	(void)g; (void)labeled;
	return false;
}
void gen_range_func_branch(Gen *g, BranchStmt *s) {
	compile_error(g->c, s->node.pos, "branch out of range-over-func is not supported yet");
}
void gen_range_func_return(Gen *g, ReturnStmt *s) {
	compile_error(g->c, s->node.pos, "return out of range-over-func is not supported yet");
}
void gen_range_func_prologue(Gen *g) { (void)g; }
void gen_range_func_end(Gen *g) { (void)g; }
void gen_range_func(Gen *g, RangeStmt *s) {
	compile_error(g->c, s->node.pos, "range over func is not supported yet");
}
