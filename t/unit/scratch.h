/* scratch.h - the scratch folder of a unit program. */
#ifndef SCRATCH_H
#define SCRATCH_H
#include <ftw.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_MAX 48 /* bytes of the name of the folder */

/* Makes a folder in $TMPDIR or, without it, in /tmp. Returns dir, or NULL. */
static inline char *
scratch_make(char dir[SCRATCH_MAX])
{
	const char *tmp = getenv("TMPDIR");

	if (tmp == NULL || strlen(tmp) + sizeof("/ms.XXXXXX") > SCRATCH_MAX)
		tmp = "/tmp";
	snprintf(dir, SCRATCH_MAX, "%s/ms.XXXXXX", tmp);
	return mkdtemp(dir);
}

static inline int
scratch_discard(
    const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* For a program that opens thousands of archives: LMDB needs 2 MB for each,
 * which malloc() would keep and clear. */
static inline void
scratch_many_archives(void)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

/* Removes a folder with its contents. Returns 0, or -1. */
static inline int
scratch_remove(const char *dir)
{
	return nftw(dir, scratch_discard, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
