/* SPDX-License-Identifier: MIT */
/* scan.h: the native behind every scanning function. */
#ifndef GOL_STDLIB_FMT_SCAN_H
#define GOL_STDLIB_FMT_SCAN_H

#include "vm/native.h"

NativeStatus fmt_scanText(Goroutine *g, Slot *args);

#endif
