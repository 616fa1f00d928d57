/*
 * shim.h - selects the process and the files that the preload libraries act on.
 *   MS_SHIM_EXE   the name of the program; other programs are not affected
 *   MS_SHIM_DIR   an absolute path without symbolic links; only files below it
 *                 are affected
 * Writes of stdio are not seen, because glibc does not call write() for them.
 */
#ifndef SHIM_H
#define SHIM_H
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* Declares `real`, the next function of this name in the order of libraries. */
#define REAL(type, name, ...)                                                  \
	static type (*real)(__VA_ARGS__);                                      \
	if (real == NULL)                                                      \
	*(void **)&real = dlsym(RTLD_NEXT, name)

static bool shim_active;
static char shim_dir[PATH_MAX];
static size_t shim_dir_length;

/* Decides whether this is the program. The constructors call this function. */
static inline void
shim_start(void)
{
	const char *exe = getenv("MS_SHIM_EXE"), *dir = getenv("MS_SHIM_DIR");
	char self[PATH_MAX];
	const char *base;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0 || dir == NULL || dir[0] != '/')
		return;
	self[n] = '\0';
	base = strrchr(self, '/');
	if (exe != NULL && (base == NULL || strcmp(base + 1, exe) != 0))
		return;
	shim_dir_length =
	    (size_t)snprintf(shim_dir, sizeof(shim_dir), "%s", dir);
	while (shim_dir_length > 1 && shim_dir[shim_dir_length - 1] == '/')
		shim_dir_length--;
	shim_active = true;
}

static inline bool
shim_below(const char *path)
{
	return strncmp(path, shim_dir, shim_dir_length) == 0 &&
	       (path[shim_dir_length] == '/' || path[shim_dir_length] == '\0');
}

/* Copies the path of an open file as the kernel has it. false: it has none. */
static inline bool
shim_fd_path(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	return path[0] == '/';
}

/* Makes the absolute path of a name relative to dirfd. Dots and links stay. */
static inline bool
shim_at_path(int dirfd, const char *name, char path[PATH_MAX])
{
	char base[PATH_MAX];
	int n;

	if (name[0] == '/')
		n = snprintf(path, PATH_MAX, "%s", name);
	else if (dirfd == AT_FDCWD ? getcwd(base, sizeof(base)) == NULL
				   : !shim_fd_path(dirfd, base))
		return false;
	else
		n = snprintf(path, PATH_MAX, "%s/%s", base, name);
	return n > 0 && n < PATH_MAX;
}

/* Whether this file, or name, is affected. errno does not change. */
static inline bool
shim_fd_counts(int fd)
{
	char path[PATH_MAX];
	int e = errno;
	bool yes;

	yes = shim_active && shim_fd_path(fd, path) && shim_below(path);
	errno = e;
	return yes;
}

static inline bool
shim_name_counts(int dirfd, const char *name)
{
	char path[PATH_MAX];
	int e = errno;
	bool yes;

	yes =
	    shim_active && shim_at_path(dirfd, name, path) && shim_below(path);
	errno = e;
	return yes;
}

#endif
