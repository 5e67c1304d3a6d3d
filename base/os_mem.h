/* SPDX-License-Identifier: MIT */
/* os_mem.h: address space and pages straight from the operating system: the one room for mmap and its relatives.
 *
 * Life of a range: reserve (addresses only) -> commit (readable, writable, zero, charged when touched) -> drop
 * (contents gone, zero when touched again) -> unreserve. Sizes and addresses are multiples of os_page_size(). Safe from
 * any thread on disjoint ranges. Nothing here is counted by Mem: the callers do that. */
#ifndef GOL_BASE_OS_MEM_H
#define GOL_BASE_OS_MEM_H

#include "base/base.h"

size_t os_page_size(void);

/* Addresses without memory, aligned to `align` (a power of two, 0: page). NULL: the system refused. */
void *os_reserve(size_t size, size_t align);
void os_unreserve(void *p, size_t size);

/* Makes pages of a reserved range usable; they read as zero. False: the system refused. */
bool os_commit(void *p, size_t size);
/* Gives pages back to the system; the range stays usable and reads as zero. False: nothing was given back. */
bool os_drop(void *p, size_t size);
/* Asks the system not to put the range on huge pages: small programs would pay megabytes for their first object. */
void os_no_huge_pages(void *p, size_t size);

/* reserve + commit in one; freed with os_unreserve. */
void *os_map(size_t size);

#endif
