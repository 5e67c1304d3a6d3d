/* SPDX-License-Identifier: MIT */
/* errors.c: the natives of package errors: what needs the type of a value at run time. */
#include "vm/native.h"

static NativeStatus errors_comparable(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoIface v;
	} *a = NATIVE_ARGS(args);
	(void)g;
	a->result = a->v.type == NULL || (a->v.type->flags & DESC_COMPARABLE) != 0;
	return NATIVE_DONE;
}

static NativeStatus errors_checkTarget(Goroutine *g, Slot *args) {
	struct {
		GoIface target;
	} *a = NATIVE_ARGS(args);
	const TypeDesc *type = a->target.type;
	if (!type)
		return native_panic_text(g, "errors: target cannot be nil");
	if (type->kind != KIND_POINTER || a->target.data.p == NULL)
		return native_panic_text(g, "errors: target must be a non-nil pointer");
	if (type->elem->kind != KIND_INTERFACE &&
	    iface_missing_method(g->vm, type->elem, g->vm->types->core[CORE_ERROR]))
		return native_panic_text(g, "errors: *target must be interface or implement error");
	return NATIVE_DONE;
}

static NativeStatus errors_assign(Goroutine *g, Slot *args) {
	struct {
		int64_t result;
		GoIface err, target;
	} *a = NATIVE_ARGS(args);
	if (!a->target.type || a->target.type->kind != KIND_POINTER || !a->target.data.p)
		return native_misused(g, "errors.assign");
	const TypeDesc *elem = a->target.type->elem;
	a->result = 0;
	if (!a->err.type)
		return NATIVE_DONE;
	if (elem->kind == KIND_INTERFACE) {
		a->result = iface_missing_method(g->vm, a->err.type, elem) == NULL;
		if (a->result)
			store_iface(a->target.data.p, a->err);
	} else if (a->err.type == elem) {
		a->result = 1;
		value_copy(elem, a->target.data.p, iface_memory(&a->err));
	}
	return NATIVE_DONE;
}

const NativeDef natives_errors[] = {
	{"comparable_", errors_comparable},
	{"checkTarget", errors_checkTarget},
	{"assign", errors_assign},
	{NULL, NULL},
};
