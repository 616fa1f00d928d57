/* guarded.h - copies of test input that end at the end of accessible memory, so
 * that a read of one byte too many crashes. */
#ifndef GUARDED_H
#define GUARDED_H
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buf.h"

/* Returns a copy of s, which is valid until the 64th call after this one. */
static inline struct ms_slice
guarded(struct ms_slice s)
{
	static struct {
		void *p;
		size_t n;
	} ring[64];
	static unsigned next;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (s.n + page) / page * page;
	unsigned i = next++ % 64;
	unsigned char *p = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + room, page, PROT_NONE) < 0)
		return s;
	if (ring[i].p != NULL)
		munmap(ring[i].p, ring[i].n);
	ring[i].p = p;
	ring[i].n = room + page;
	p += room - s.n;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct ms_slice){p, s.n};
}

/* The same for at most 64 KiB, but valid only until the next call, and without
 * a system call. */
static inline struct ms_slice
guarded_once(struct ms_slice s)
{
	static unsigned char *end;
	unsigned char *p;

	if (end == NULL) {
		p = mmap(NULL, 2 * 65536, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED ||
		    mprotect(p + 65536, 65536, PROT_NONE) < 0)
			return s;
		end = p + 65536;
	}
	if (s.n > 65536)
		return s;
	p = end - s.n;
	if (s.n > 0)
		memmove(p, s.p, s.n);
	return (struct ms_slice){p, s.n};
}

#endif
