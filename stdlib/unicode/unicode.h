/* SPDX-License-Identifier: MIT */
/* unicode.h: what strings and bytes need of package unicode. No state. */
#ifndef GOL_STDLIB_UNICODE_UNICODE_H
#define GOL_STDLIB_UNICODE_UNICODE_H

#include <stdint.h>

int32_t unicode_simple_fold(int32_t r);

#endif
