/* SPDX-License-Identifier: MIT */
/* os_mem.c: reserving, committing and returning pages, over mmap.
 *
 * Owns: nothing; ranges belong to their callers.
 * Rules: no errno leaves this file; a refusal is NULL or false.
 * Why: reservations are PROT_NONE and become accessible step by step, so that they cost nothing under any overcommit
 * policy (vm.overcommit_memory=2 counts writable private mappings in full). */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, madvise */
#include "base/os_mem.h"

#include <sys/mman.h>
#include <unistd.h>

size_t os_page_size(void) {
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void *map(size_t size, int protection) {
	void *p = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

void *os_reserve(size_t size, size_t align) {
	if (align <= os_page_size())
		return map(size, PROT_NONE);
	if (size > SIZE_MAX - align)
		return NULL;
	char *whole = map(size + align, PROT_NONE);
	if (whole == NULL)
		return NULL;
	/* Cut the two ends off. */
	char *p = (char *)ALIGN_UP((uintptr_t)whole, align);
	if (p > whole)
		munmap(whole, (size_t)(p - whole));
	munmap(p + size, (size_t)(whole + align - p));
	return p;
}

void os_unreserve(void *p, size_t size) {
	if (p != NULL)
		munmap(p, size);
}

bool os_commit(void *p, size_t size) {
	return mprotect(p, size, PROT_READ | PROT_WRITE) == 0;
}

bool os_drop(void *p, size_t size) {
	return madvise(p, size, MADV_DONTNEED) == 0;
}

void os_no_huge_pages(void *p, size_t size) {
#ifdef MADV_NOHUGEPAGE
	madvise(p, size, MADV_NOHUGEPAGE); /* a kernel without huge pages refuses: as good */
#else
	(void)p, (void)size;
#endif
}

void *os_map(size_t size) {
	return map(size, PROT_READ | PROT_WRITE);
}
