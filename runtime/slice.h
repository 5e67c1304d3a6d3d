/* SPDX-License-Identifier: MIT */
/* slice.h: what slice.c tells the other files of the runtime about Go's growth rule. */
#ifndef GOL_RUNTIME_SLICE_H
#define GOL_RUNTIME_SLICE_H

#include "base/base.h"

/* Bytes Go's allocator would hand out for a request: they decide what cap() shows after append. noscan: no pointers. */
size_t slice_round_size(size_t size, bool noscan);

#endif
