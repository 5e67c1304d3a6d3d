/* SPDX-License-Identifier: MIT */
/* order.h: sorting of slices whose elements have the operator <, for sort and slices. */
#ifndef GOL_STDLIB_SORT_ORDER_H
#define GOL_STDLIB_SORT_ORDER_H

#include "vm/native.h"

/* Ascending, NaN first. Charges. False: no ordered kind. Memory: FATAL_OUT_OF_MEMORY in *code. */
bool order_sort(Goroutine *g, const TypeDesc *elem, GoSlice s, PanicCode *code);

#endif
