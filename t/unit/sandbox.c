/*
 * sandbox.c - what a confined process cannot do: a payload for each way out, in
 * a process of its own, and what a system without Landlock and seccomp gives.
 */
#include "mime.h"
#include "sandbox.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pass.h"
#include "tap.h"

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#endif

#define MEMORY ((uint64_t)256 << 20)
static char home[] = "/tmp/ms-t.sandbox.XXXXXX"; /* the files of FILES */
static const char *const homes[] = {home, NULL};
static char outside[] = "/tmp/ms-t.outside.XXXXXX"; /* a file of others */

/* ---- an older kernel ---- */

static int abi; /* the version of Landlock, if it is not 0 */

/* What landlock_create_ruleset(2) of that version accepts. */
static bool
is_known(const uint64_t *attr, size_t size)
{
	uint64_t files = abi >= 5   ? 0xffff
			 : abi >= 3 ? 0x7fff
			 : abi >= 2 ? 0x3fff
				    : 0x1fff;
	size_t longest = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;

	return size <= longest && (attr[0] & ~files) == 0;
}

/* Replaces the function of the C library for the whole program. Like that one,
 * it reads arguments that the caller did not pass. */
__attribute__((no_sanitize_address)) long
syscall(long number, ...)
{
	static long (*real)(long, ...);
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	if (abi != 0 && number == SYS_landlock_create_ruleset) {
		if (a[2] == 1)
			return abi;
		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		if (!is_known((const uint64_t *)a[0], (size_t)a[1])) {
			errno = EINVAL;
			return -1;
		}
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- payloads: they return 0 if they succeed, or errno ---- */

static int
result(long rc)
{
	return rc < 0 ? errno : 0;
}

static int
read_file(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

static int
read_library(void)
{
	return result(open("/usr/lib", O_RDONLY | O_DIRECTORY));
}

static int
read_hosts(void)
{
	int error = result(open("/etc/hosts", O_RDONLY));

	return error == ENOENT ? 0 : error;
}

static int
write_file(void)
{
	return result(open(outside, O_WRONLY));
}

/* A file of its own: made, moved to another directory, cut, removed. */
static int
change_own(void)
{
	int error, dir = open(home, O_RDONLY | O_DIRECTORY);
	int fd = dir < 0 ? -1 : openat(dir, "a", O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		return errno;
	error = result(ftruncate(fd, 10)) != 0 ? errno : 0;
	if (error == 0 && mkdirat(dir, "d", 0700) < 0)
		error = errno;
	if (error == 0 && renameat(dir, "a", dir, "d/a") < 0)
		error = errno;
	if (error == 0 && unlinkat(dir, "d/a", 0) < 0)
		error = errno;
	if (error == 0 && unlinkat(dir, "d", AT_REMOVEDIR) < 0)
		error = errno;
	return error;
}

static int
cut_file(void)
{
	return result(truncate(outside, 0));
}

static int
change_mode(void)
{
	return result(chmod(outside, 0));
}

static int
make_file(void)
{
	return result(open("/tmp/ms-t.made", O_WRONLY | O_CREAT, 0600));
}

static int
unnamed_file(void)
{
	return result(open("/tmp", O_TMPFILE | O_WRONLY, 0600));
}

static int
list_folder(void)
{
	return result(open("/", O_RDONLY | O_DIRECTORY));
}

static int
remove_file(void)
{
	return result(unlink(outside));
}

static int
look_at_file(void)
{
	return result(access("/etc/passwd", R_OK));
}

static int
execute(void)
{
	char *const argv[] = {(char *)"/bin/true", NULL};

	return result(execv(argv[0], argv));
}

static int
run_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : result(waitpid(pid, NULL, 0));
}

static int
make_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int
make_local_socket(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

/* As for a lookup. */
static int
make_datagram_socket(void)
{
	return result(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

/* Descriptor 3 is a socket; sendto(2) can connect, too. */
static int
pair_of(int type)
{
	int pair[2];

	return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == 0 ? 0
								      : errno;
}

static int
make_datagram_pair(void)
{
	return pair_of(SOCK_DGRAM);
}

/* A descriptor to a process that is there; a stream has no other address. */
static int
pass_descriptor(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	char text[] = "x";
	struct iovec byte = {.iov_base = text, .iov_len = 1};
	struct msghdr m = {.msg_iov = &byte,
	    .msg_iovlen = 1,
	    .msg_name = &to,
	    .msg_namelen = sizeof(to)};
	int pair[2], fd;
	char c;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
	    ms_pass_send(pair[0], "", 1, 2) < 0 ||
	    ms_pass_receive(pair[1], &c, 1, &fd) != 1 || fd < 0)
		return errno;
	return sendmsg(pair[0], &m, MSG_NOSIGNAL) < 0 && errno == EISCONN ? 0
									  : 1;
}

static int
send_elsewhere(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(25)};

	return result(sendto(
	    3, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof(to)));
}

/* The socket 3 does not listen. */
static int
accept_one(void)
{
	return accept(3, NULL, NULL) < 0 ? errno : 0;
}

static int
listen_here(void)
{
	return result(listen(3, 1));
}

static int
connect_to(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(25)};

	return result(connect(3, (struct sockaddr *)&to, sizeof(to)));
}

static int
trace_parent(void)
{
	return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int
make_ring(void)
{
	struct io_uring_params p = {0};

	return result(syscall(SYS_io_uring_setup, 1, &p));
}

static int
leave_namespace(void)
{
	return result(syscall(SYS_unshare, 0x10000000)); /* CLONE_NEWUSER */
}

static int
make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED
		   ? 0
		   : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		   ? errno
		   : 0;
}

static int
signal_parent(void)
{
	return result(kill(getppid(), 0));
}

/* abort() needs tgkill(2), for the process itself. */
static int
signal_thread_of_parent(void)
{
	return result(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int
abort_itself(void)
{
	abort();
}

#ifndef ASAN
static int
take_memory(void)
{
	void *p = malloc(2 * MEMORY);
	bool none = p == NULL;

	free(p);
	return none ? ENOMEM : 0;
}
#endif

static int
use_time(void)
{
	volatile bool more = true;

	while (more)
		;
	return 0;
}

/* What a parser does. */
static int
parse(void)
{
	unsigned char *p = malloc(1 << 20);
	struct timespec now;

	if (p == NULL || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return errno;
	memset(p, 'x', 1 << 20);
	free(p);
	return write(STDERR_FILENO, "", 0) == 0 ? 0 : errno;
}

/* A process that handles SIGSYS could go on after it. */
static int
take_sigsys(void)
{
	return signal(SIGSYS, SIG_IGN) == SIG_ERR ? errno : 0;
}

/* ---- the table ---- */

#define DIES (-SIGSYS)
#define ANY (-1000) /* not tested */
#ifdef ASAN
#define TRACES EPERM /* by Landlock */
#else
#define TRACES DIES
#endif

/* What is expected: 0, an errno, or the number of a signal below 0. */
static const struct {
	const char *name;
	int (*run)(void);
	int parse, server, connect, files;
} payloads[] = {
    {"parses", parse, 0, 0, 0, 0},
    {"aborts", abort_itself, -SIGABRT, -SIGABRT, -SIGABRT, -SIGABRT},
    {"opens a file", read_file, EPERM, EACCES, EACCES, EACCES},
    {"opens a directory", list_folder, EPERM, EACCES, EACCES, EACCES},
    {"opens /usr/lib", read_library, EPERM, 0, 0, 0},
    {"opens /etc/hosts", read_hosts, EPERM, ANY, 0, ANY},
    {"writes to a file", write_file, EPERM, EPERM, EACCES, EACCES},
    {"makes a file", make_file, EPERM, EPERM, EACCES, EACCES},
    {"makes a file without a name", unnamed_file, EPERM, EPERM, EACCES, EACCES},
    {"removes a file", remove_file, EPERM, EPERM, EACCES, EACCES},
    {"cuts a file", cut_file, EPERM, EPERM, EPERM, EPERM},
    {"changes the mode of a file", change_mode, EPERM, EPERM, EPERM, EPERM},
    {"changes files of its own", change_own, EPERM, EACCES, EACCES, 0},
    {"looks at a file", look_at_file, EPERM, 0, 0, 0},
    {"maps code", map_code, EPERM, EPERM, ANY, ANY},
    {"makes code of data", make_code, EPERM, EPERM, ANY, ANY},
    {"sends a signal", signal_parent, EPERM, EPERM, EPERM, EPERM},
    {"sends a signal to a thread", signal_thread_of_parent, EPERM, EPERM, EPERM,
	EPERM},
    {"handles SIGSYS", take_sigsys, EPERM, EPERM, EPERM, EPERM},
    {"runs a program", execute, DIES, DIES, DIES, DIES},
    {"makes a process", run_child, DIES, DIES, 0, 0},
    {"makes a socket", make_socket, DIES, DIES, 0, DIES},
    {"makes a local socket", make_local_socket, EPERM, EPERM, 0, EPERM},
    {"makes a datagram socket", make_datagram_socket, DIES, EPERM, 0, DIES},
    {"connects", connect_to, DIES, DIES, ANY, DIES},
    {"makes a pair of datagram sockets", make_datagram_pair, DIES, DIES, ANY,
	DIES},
    {"passes a descriptor", pass_descriptor, DIES, DIES, 0, 0},
    {"sends to an address", send_elsewhere, EPERM, EPERM, ANY, ANY},
    {"listens", listen_here, DIES, DIES, ANY, DIES},
    {"accepts a connection", accept_one, DIES, DIES, ANY, DIES},
    {"traces its parent", trace_parent, DIES, DIES, TRACES, TRACES},
    {"makes a ring of io_uring", make_ring, DIES, DIES, DIES, DIES},
    {"makes a namespace", leave_namespace, DIES, DIES, DIES, DIES},
#ifndef ASAN
    {"takes too much memory", take_memory, ENOMEM, ENOMEM, ENOMEM, ENOMEM},
#endif
    {"runs too long", use_time, -SIGKILL, ANY, ANY, ANY},
};

static const struct ms_sandbox sandboxes[] = {
    {MS_SANDBOX_PARSE, 2, MEMORY, NULL, NULL},
    {MS_SANDBOX_SERVER, 0, MEMORY, NULL, NULL},
    {MS_SANDBOX_CONNECT, 0, MEMORY, NULL, NULL},
    {MS_SANDBOX_FILES, 0, MEMORY, NULL, homes},
    {MS_SANDBOX_LISTEN, 0, MEMORY, NULL, homes},
};

/* Runs a payload in a confined process. Returns its wait status; said receives
 * what it writes to standard error. */
static int
run_confined(const struct ms_sandbox *sb, int (*run)(void), char said[256])
{
	int status = -1, out[2];
	ssize_t n;
	pid_t pid;

	if (pipe(out) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		dup2(socket(AF_INET, SOCK_STREAM, 0), 3);
		dup2(out[1], STDERR_FILENO);
		if (ms_sandbox_enter(sb, NULL) < 0)
			_exit(255);
		_exit(run());
	}
	close(out[1]);
	n = read(out[0], said, 255);
	said[n > 0 ? n : 0] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	return status;
}

static void
test_payload(const struct ms_sandbox *sb, size_t i)
{
	/* MS_SANDBOX_LISTEN differs from FILES in two rows. */
	const int wanted[] = {payloads[i].parse, payloads[i].server,
	    payloads[i].connect, payloads[i].files,
	    payloads[i].run == accept_one        ? EINVAL
	    : payloads[i].run == pass_descriptor ? DIES
						 : payloads[i].files};
	int want = wanted[sb->profile], s;
	char said[256];

	if (want == ANY)
		return;
	s = run_confined(sb, payloads[i].run, said);
	ok(want >= 0 ? WIFEXITED(s) && WEXITSTATUS(s) == want
		     : WIFSIGNALED(s) && WTERMSIG(s) == -want,
	    "Landlock %d, profile %d: a process that %s (status %x)", abi,
	    (int)sb->profile, payloads[i].name, (unsigned)s);
	if (want == DIES)
		ok(strstr(said, "sandbox: the system call ") != NULL,
		    "it is named: %.*s", (int)strcspn(said, "\n"), said);
}

/* With the Landlock of this kernel, and as on an older one: 2 is that of Linux
 * 6.1. */
static void
test_payloads(void)
{
	static const int versions[] = {0, 2, 3, 4, 5, 6};
	char text[MS_SANDBOX_TEXT];
	int newest;

	ms_sandbox_describe(text);
	newest = (int)strtol(text + strlen("landlock="), NULL, 10);
	for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
		if (versions[v] > newest)
			break;
		abi = versions[v];
		for (size_t b = 0; b < sizeof(sandboxes) / sizeof(sandboxes[0]);
		     b++)
			for (size_t i = 0;
			     i < sizeof(payloads) / sizeof(payloads[0]); i++)
				if (v == 0 || payloads[i].run != use_time)
					test_payload(&sandboxes[b], i);
	}
	abi = 0;
}

static void
test_strict(void)
{
	char said[256];
	int s;

	setenv("MS_SANDBOX", "strict", 1);
	s = run_confined(&sandboxes[0], read_file, said);
	ok(WIFSIGNALED(s) && WTERMSIG(s) == SIGSYS,
	    "strict: a process that opens a file is killed");
	s = run_confined(&sandboxes[0], parse, said);
	ok(WIFEXITED(s) && WEXITSTATUS(s) == 0, "strict: a parser goes on");
	unsetenv("MS_SANDBOX");
}

/* ---- Landlock alone, and a system with neither ---- */

/* Makes some system calls fail in this process. */
static bool
lose(const int *calls, size_t n)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	bool fine = ctx != NULL;

	for (size_t i = 0; i < n && fine; i++)
		fine = seccomp_rule_add(
			   ctx, SCMP_ACT_ERRNO(ENOSYS), calls[i], 0) == 0;
	fine = fine && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return fine;
}

/* The bits of the result tell what is wrong. */
static int
without_anything(void)
{
	static const int calls[] = {
	    SCMP_SYS(landlock_create_ruleset), SCMP_SYS(seccomp)};
	struct ms_err why = {0};
	char text[MS_SANDBOX_TEXT];
	int bad = 0;

	if (!lose(calls, 2))
		return 64;
	ms_sandbox_describe(text);
	bad |= strcmp(text, "landlock=no (not in this kernel) "
			    "seccomp=no (not in this kernel)") != 0;
	bad |= (ms_sandbox_check(MS_SANDBOX_PARSE, &why) != 1 ||
		   why.code != MS_CONFIG || strstr(why.msg, text) == NULL)
	       << 1;
	bad |= (ms_sandbox_enter(&sandboxes[0], &why) != 0) << 2;
	bad |= (read_file() != 0) << 3;
	setenv("MS_SANDBOX", "require", 1);
	bad |= (ms_sandbox_check(MS_SANDBOX_PARSE, &why) != -1 ||
		   ms_status(why.code) != 78 ||
		   strstr(why.msg, "MS_SANDBOX") == NULL)
	       << 4;
	bad |= (ms_sandbox_enter(&sandboxes[0], &why) != -1) << 5;
	return bad;
}

/* A parser goes on, and its caller has a reason to warn. */
static int
parser_without_anything(void)
{
	static const int calls[] = {
	    SCMP_SYS(landlock_create_ruleset), SCMP_SYS(seccomp)};
	struct ms_err why = {0};
	struct ms_mime *m;
	int bad;

	if (!lose(calls, 2))
		return 64;
	bad = ms_mime_open(&m, &why) != 1 || why.code != MS_CONFIG;
	bad |= (m == NULL || ms_mime_parse(m, NULL) != 1) << 1;
	ms_mime_close(m);
	setenv("MS_SANDBOX", "require", 1);
	bad |= (ms_mime_open(&m, &why) != -1 || why.code != MS_CONFIG) << 2;
	return bad;
}

static int
with_landlock_alone(void)
{
	static const int calls[] = {SCMP_SYS(seccomp)};

	if (!lose(calls, 1))
		return 64;
	if (ms_sandbox_enter(&sandboxes[0], NULL) != 0)
		return 1;
	return read_file() == EACCES && write_file() == EACCES ? 0 : 2;
}

/* Version 1 cannot move a file to another directory. */
static int
with_landlock_1(void)
{
	struct ms_err why = {0};
	int bad = 0;

	abi = 1;
	bad |= ms_sandbox_check(MS_SANDBOX_SERVER, &why) != 0;
	bad |= (ms_sandbox_check(MS_SANDBOX_FILES, &why) != 1) << 1;
	bad |= (strstr(why.msg, "landlock=1 ") == NULL) << 2;
	bad |= (ms_sandbox_enter(&sandboxes[3], &why) != 0) << 3;
	bad |= (change_own() != 0) << 4;
	return bad;
}

static void
test_missing(void)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} rows[] = {
	    {"nothing to confine with is named, or refused", without_anything},
	    {"its parser goes on, or is refused", parser_without_anything},
	    {"Landlock alone takes the files away", with_landlock_alone},
	    {"Landlock 1 is not used for FILES", with_landlock_1}};
	int s = -1;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(rows[i].run());
		waitpid(pid, &s, 0);
		ok(WIFEXITED(s) && WEXITSTATUS(s) == 0, "%s (status %x)",
		    rows[i].name, (unsigned)s);
	}
}

/* The administrator allows less time than the profile. */
static void
test_lower_limit(void)
{
	struct rlimit lower = {1, 1};
	struct rusage used = {0};
	int s = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (setrlimit(RLIMIT_CPU, &lower) < 0 ||
		    ms_sandbox_enter(&sandboxes[0], NULL) < 0)
			_exit(255);
		_exit(use_time());
	}
	wait4(pid, &s, 0, &used);
	ok(WIFSIGNALED(s) && used.ru_utime.tv_sec < 2,
	    "a lower limit remains (status %x)", (unsigned)s);
}

int
main(void)
{
	struct ms_err why = {0};
	char text[MS_SANDBOX_TEXT];
	int fd;

	/* The rows say what is allowed without it. */
	unsetenv("MS_SANDBOX");
	ms_sandbox_describe(text);
	if (ms_sandbox_check(MS_SANDBOX_PARSE, &why) != 0) {
		printf("1..0 # SKIP %s\n", why.msg);
		return 0;
	}
	fd = mkstemp(outside);
	if (fd < 0 || mkdtemp(home) == NULL)
		return 1;
	close(fd);
	ok(strncmp(text, "landlock=", 9) == 0 && strstr(text, " seccomp=yes"),
	    "the system has %s", text);
	test_payloads();
	test_strict();
	test_missing();
	test_lower_limit();
	rmdir(home);
	unlink(outside);
	return done();
}
