/*
 * sandbox.c - a preload library: makes a process that reads hostile bytes do
 * what an attacker would do, and hides what confines it. t/0320-sandbox.t
 *   MS_SHIM_AT        where: input (bytes that were read contain X-Payload),
 *                     server (bytes that came by TLS contain it), digest (bytes
 *                     of which a digest is made contain it), lookup (of a host
 *                     name), mime (before a message is parsed)
 *   MS_SHIM_DO        what: open, write, exec, connect
 *   MS_SHIM_FILE      the file that write and exec make
 *   MS_SHIM_PORT      the port of 127.0.0.1 for connect
 *   MS_SHIM_LANDLOCK  the version that the kernel has, or the number of an
 *                     errno below 0
 *   MS_SHIM_SECCOMP   the same; only below 0
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

/* Declares `real`, the next function of this name in the order of libraries. */
#define REAL(type, name, ...)                                                  \
	static type (*real)(__VA_ARGS__);                                      \
	if (real == NULL)                                                      \
	*(void **)&real = dlsym(RTLD_NEXT, name)

/* The number in a variable; 0: there is none. */
static int
number_of(const char *name)
{
	const char *s = getenv(name);

	return s != NULL ? (int)strtol(s, NULL, 10) : 0;
}

/* ---- the attacks ---- */

static int
attack(const char *what)
{
	const char *file = getenv("MS_SHIM_FILE");
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)number_of("MS_SHIM_PORT")),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd;

	if (file == NULL)
		file = "/tmp/made";
	if (strcmp(what, "open") == 0)
		return open("/etc/passwd", O_RDONLY);
	if (strcmp(what, "write") == 0)
		return open(file, O_WRONLY | O_CREAT, 0600);
	if (strcmp(what, "exec") == 0)
		return execl("/bin/touch", "touch", file, (char *)NULL);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	return fd < 0 ? fd : connect(fd, (struct sockaddr *)&to, sizeof(to));
}

static void
attack_at(const char *place)
{
	const char *at = getenv("MS_SHIM_AT"), *what = getenv("MS_SHIM_DO");
	int rc;

	if (at == NULL || what == NULL || strcmp(at, place) != 0)
		return;
	rc = attack(what);
	dprintf(STDERR_FILENO, "payload: %s: %s\n", what,
	    rc < 0 ? strerror(errno) : "NOT REFUSED");
}

static void
look_at(const char *place, const void *p, ssize_t n)
{
	static const char word[] = "X-Payload";
	int e = errno;

	if (n > 0 && getenv("MS_SHIM_AT") != NULL &&
	    memmem(p, (size_t)n, word, sizeof(word) - 1) != NULL)
		attack_at(place);
	errno = e;
}

/* ---- where hostile bytes arrive ---- */

ssize_t
read(int fd, void *p, size_t n)
{
	ssize_t got;

	REAL(ssize_t, "read", int, void *, size_t);
	got = real(fd, p, n);
	look_at("input", p, got);
	return got;
}

int SSL_read(void *ssl, void *p, int n);
int
SSL_read(void *ssl, void *p, int n)
{
	int got;

	REAL(int, "SSL_read", void *, void *, int);
	got = real(ssl, p, n);
	look_at("server", p, got);
	return got;
}

int SHA256_Update(void *c, const void *p, size_t n);
int
SHA256_Update(void *c, const void *p, size_t n)
{
	REAL(int, "SHA256_Update", void *, const void *, size_t);
	look_at("digest", p, (ssize_t)n);
	return real(c, p, n);
}

int
getaddrinfo_a(int mode, struct gaicb *list[], int n, struct sigevent *event)
{
	REAL(int, "getaddrinfo_a", int, struct gaicb *[], int,
	    struct sigevent *);
	attack_at("lookup");
	return real(mode, list, n, event);
}

int
setitimer(
    __itimer_which_t which, const struct itimerval *new, struct itimerval *old)
{
	REAL(int, "setitimer", __itimer_which_t, const struct itimerval *,
	    struct itimerval *);
	if (new->it_value.tv_sec > 0)
		attack_at("mime");
	return real(which, new, old);
}

/* ---- an older kernel ---- */

/* Is the number of an errno below 0 in a variable? */
static bool
lacks(const char *name)
{
	int n = number_of(name);

	if (n < 0)
		errno = -n;
	return n < 0;
}

/* What landlock_create_ruleset(2) of a version accepts. */
static bool
accepts(int version, const uint64_t *attr, size_t size)
{
	uint64_t files = version >= 5   ? 0xffff
			 : version >= 3 ? 0x7fff
			 : version >= 2 ? 0x3fff
					: 0x1fff;

	return size <= (version >= 6      ? 24
			   : version >= 4 ? 16
					  : 8) &&
	       (attr[0] & ~files) == 0;
}

long
syscall(long number, ...)
{
	int version = number_of("MS_SHIM_LANDLOCK");
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	REAL(long, "syscall", long, ...);
	if (number == SYS_seccomp && lacks("MS_SHIM_SECCOMP"))
		return -1;
	if (number != SYS_landlock_create_ruleset || version == 0)
		return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (lacks("MS_SHIM_LANDLOCK"))
		return -1;
	if (a[2] == 1)
		return version;
	if (accepts(version, (const uint64_t *)a[0], (size_t)a[1]))
		return real(number, a[0], a[1], a[2]);
	errno = EINVAL;
	return -1;
}
