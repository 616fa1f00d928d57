/*
 * sandbox-calls.c - the system calls of a confined process: seccomp(2). A call
 * that no such process makes by accident raises SIGSYS instead of being carried
 * out; the handler names it and the process dies.
 */
#include "sandbox-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SOCK_TYPES 0xf /* the bits of the type, without flags */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- calls that a profile has ---- */

/* Memory, open descriptors, time, and the end of the process. */
static const int parse[] = {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv),
    SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(fstat),
    SCMP_SYS(close), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(munmap),
    SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(setitimer), SCMP_SYS(getrusage), SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
    SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

/* A server: also its socket, a spool, and reading files. */
static const int server[] = {SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getpeername),
    SCMP_SYS(getsockname), SCMP_SYS(shutdown), SCMP_SYS(pwrite64),
    SCMP_SYS(ftruncate), SCMP_SYS(fadvise64), SCMP_SYS(fcntl), SCMP_SYS(dup),
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(wait4), SCMP_SYS(uname),
    SCMP_SYS(sysinfo), SCMP_SYS(getrlimit), SCMP_SYS(setrlimit),
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(sched_getaffinity)};

/* ---- calls that end the process ---- */

enum {
	PROCESS = 1, /* makes a process or a thread */
	NETWORK = 2,
	TRACE = 4,   /* the leak detector of AddressSanitizer needs it */
	ACCEPT = 8,  /* takes a connection from a socket that is open */
	PASS = 16,   /* passes descriptors to a process that it has started:
			pairs of sockets that nothing else can be sent from */
	PROGRAM = 32 /* becomes a program */
};

static const struct call {
	int number;
	unsigned is; /* a profile may have it */
	const char *name;
} dangerous[] = {
#define CALL(name, is)                                                         \
	{                                                                      \
		SCMP_SYS(name), is, #name                                      \
	}
    CALL(execve, PROGRAM), CALL(execveat, 0), CALL(fork, PROCESS),
    CALL(vfork, PROCESS), CALL(clone, PROCESS), CALL(clone3, PROCESS),
    CALL(socketpair, NETWORK | PASS), CALL(connect, NETWORK),
    CALL(bind, NETWORK), CALL(listen, NETWORK), CALL(accept, NETWORK | ACCEPT),
    CALL(accept4, NETWORK | ACCEPT), CALL(sendmsg, NETWORK | PASS),
    CALL(sendmmsg, NETWORK), CALL(ptrace, TRACE), CALL(process_vm_readv, TRACE),
    CALL(process_vm_writev, 0), CALL(pidfd_getfd, 0), CALL(bpf, 0),
    CALL(perf_event_open, 0), CALL(userfaultfd, 0), CALL(io_uring_setup, 0),
    CALL(io_uring_enter, 0), CALL(io_uring_register, 0), CALL(mount, 0),
    CALL(umount2, 0), CALL(move_mount, 0), CALL(open_tree, 0), CALL(fsopen, 0),
    CALL(fsmount, 0), CALL(pivot_root, 0), CALL(chroot, 0), CALL(unshare, 0),
    CALL(setns, 0), CALL(keyctl, 0), CALL(add_key, 0), CALL(request_key, 0),
    CALL(open_by_handle_at, 0), CALL(init_module, 0), CALL(finit_module, 0),
    CALL(kexec_load, 0), CALL(personality, 0)};

/*
 * Calls that change a file by its name and that Landlock does not restrict, or
 * only in later versions. They fail with EPERM.
 */
static const int changes[] = {SCMP_SYS(truncate), SCMP_SYS(chmod),
    SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(lchown), SCMP_SYS(fchownat),
    SCMP_SYS(utime), SCMP_SYS(utimes), SCMP_SYS(futimesat), SCMP_SYS(utimensat),
    SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(removexattr),
    SCMP_SYS(lremovexattr), SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(tkill),
    /* Newer than libseccomp: fchmodat2, setxattrat, removexattrat. */
    452, 463, 466};

/* ---- the profiles ---- */

static const struct row {
	bool listed;  /* has only parse[], memory and the calls of `more` */
	unsigned may; /* of the dangerous calls */
	const int *more;
	size_t more_count;
} rows[] = {
    [MS_SANDBOX_PARSE] = {true, 0, NULL, 0},
    [MS_SANDBOX_SERVER] = {true, 0, server, COUNT(server)},
    [MS_SANDBOX_CONNECT] = {false, PROCESS | NETWORK, NULL, 0},
    [MS_SANDBOX_FILES] = {false, PROCESS | PASS, NULL, 0},
    [MS_SANDBOX_LISTEN] = {false, PROCESS | ACCEPT, NULL, 0},
    [MS_SANDBOX_PROGRAM] = {false, PROGRAM, NULL, 0},
};

/* ---- the filter ---- */

/* Adds a rule, with a condition for one argument. */
static int
when(scmp_filter_ctx ctx, uint32_t action, int call, unsigned arg,
    enum scmp_compare op, uint64_t a, uint64_t b)
{
	struct scmp_arg_cmp cmp = {arg, op, a, b};

	return seccomp_rule_add_array(ctx, action, call, 1, &cmp);
}

static int
add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = seccomp_rule_add(ctx, action, calls[i], 0);
	return rc;
}

/* Adds a rule for socket(2) of a family, and of one type if that is not 0. */
static int
for_sockets(scmp_filter_ctx ctx, uint32_t action, uint64_t family, int type)
{
	struct scmp_arg_cmp cmp[2] = {{0, SCMP_CMP_EQ, family, 0},
	    {1, SCMP_CMP_MASKED_EQ, SOCK_TYPES, (uint64_t)type}};

	return seccomp_rule_add_array(
	    ctx, action, SCMP_SYS(socket), type != 0 ? 2 : 1, cmp);
}

/*
 * A connection to a program of this system, as of syslog(3), only fails. So
 * does a lookup in a server profile: Cyrus SASL looks up the name of this host.
 */
static int
refuse_sockets(scmp_filter_ctx ctx, const struct row *row, bool strict)
{
	static const int families[] = {AF_INET, AF_INET6};
	uint32_t fails = SCMP_ACT_ERRNO(EPERM);
	int rc = 0;

	if ((row->may & NETWORK) != 0)
		return 0;
	if (row->more == NULL && !strict)
		rc = when(ctx, SCMP_ACT_TRAP, SCMP_SYS(socket), 0, SCMP_CMP_NE,
		    AF_UNIX, 0);
	if (rc == 0 && (!row->listed || (strict && row->more != NULL)))
		rc = for_sockets(ctx, fails, AF_UNIX, 0);
	if (rc == 0 && strict && row->more != NULL)
		rc = for_sockets(ctx, fails, AF_NETLINK, 0);
	for (size_t i = 0; i < 2 && rc == 0 && row->more != NULL; i++)
		rc = strict ? for_sockets(
				  ctx, fails, (uint64_t)families[i], SOCK_DGRAM)
			    : for_sockets(ctx, SCMP_ACT_TRAP,
				  (uint64_t)families[i], SOCK_STREAM);
	return rc;
}

/* A pair of datagram sockets could send to any local address. */
static int
refuse_pairs(scmp_filter_ctx ctx)
{
	static const int types[] = {SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET};
	int rc = 0;

	for (size_t i = 0; i < COUNT(types) && rc == 0; i++)
		rc = when(ctx, SCMP_ACT_TRAP, SCMP_SYS(socketpair), 1,
		    SCMP_CMP_MASKED_EQ, SOCK_TYPES, (uint64_t)types[i]);
	return rc;
}

static int
trap_dangerous(scmp_filter_ctx ctx, const struct row *row)
{
	unsigned may = row->may;
	int rc = (may & PASS) != 0 ? refuse_pairs(ctx) : 0;

#ifdef MS_SANDBOX_ASAN
	if (!row->listed)
		may |= TRACE;
#endif
	for (size_t i = 0; i < COUNT(dangerous) && rc == 0; i++)
		if ((dangerous[i].is & may) == 0)
			rc = seccomp_rule_add(
			    ctx, SCMP_ACT_TRAP, dangerous[i].number, 0);
	return rc;
}

/* Memory is never code, unless it is that of a library. */
static int
allow_memory(scmp_filter_ctx ctx, bool libraries)
{
	static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	int rc = 0;

	for (size_t i = 0; i < 2 && rc == 0; i++)
		rc = when(ctx, SCMP_ACT_ALLOW, calls[i], 2, SCMP_CMP_MASKED_EQ,
		    PROT_EXEC, 0);
	if (rc == 0 && libraries)
		rc = when(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 3,
		    SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0);
	return rc;
}

/* Files are opened for reading only; bytes go to no address but the peer's;
 * limits are those of the process. */
static int
allow_arguments(scmp_filter_ctx ctx)
{
	const uint64_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
	int rc = when(ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
	    SCMP_CMP_MASKED_EQ, writes, O_RDONLY);

	if (rc == 0)
		rc = when(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2,
		    SCMP_CMP_MASKED_EQ, writes, O_RDONLY);
	if (rc == 0)
		rc = when(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 4, SCMP_CMP_EQ,
		    0, 0);
	if (rc == 0)
		rc = when(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 0,
		    SCMP_CMP_EQ, 0, 0);
	return rc;
}

/* The process can signal itself, for abort(3), and not change what SIGSYS does.
 */
static int
allow_signals(scmp_filter_ctx ctx)
{
	int rc = when(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 0, SCMP_CMP_EQ,
	    (uint64_t)getpid(), 0);

	return rc == 0 ? when(ctx, SCMP_ACT_ALLOW, SCMP_SYS(rt_sigaction), 0,
			     SCMP_CMP_NE, SIGSYS, 0)
		       : rc;
}

static int
add_listed(scmp_filter_ctx ctx, const struct row *row)
{
	int rc = add_all(ctx, SCMP_ACT_ALLOW, parse, COUNT(parse));

	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_ALLOW, row->more, row->more_count);
	if (rc == 0)
		rc = allow_memory(ctx, row->more != NULL);
	if (rc == 0 && row->more != NULL)
		rc = allow_arguments(ctx);
	return rc == 0 ? allow_signals(ctx) : rc;
}

static int
add_others(scmp_filter_ctx ctx)
{
	static const int signals[] = {SCMP_SYS(kill), SCMP_SYS(tgkill)};
	int rc = add_all(ctx, SCMP_ACT_ERRNO(EPERM), changes, COUNT(changes));

	for (size_t i = 0; i < COUNT(signals) && rc == 0; i++)
		rc = when(ctx, SCMP_ACT_ERRNO(EPERM), signals[i], 0,
		    SCMP_CMP_NE, (uint64_t)getpid(), 0);
	return rc == 0 ? when(ctx, SCMP_ACT_ERRNO(EPERM),
			     SCMP_SYS(rt_sigaction), 0, SCMP_CMP_EQ, SIGSYS, 0)
		       : rc;
}

/* ---- the end of a process that tries ---- */

static char *
put(char *to, const char *end, const char *text)
{
	size_t n = strlen(text), room = (size_t)(end - to);

	if (n > room)
		n = room;
	memcpy(to, text, n);
	return to + n;
}

static const char *
name_of(int number)
{
	if (number == SCMP_SYS(socket))
		return "socket";
	for (size_t i = 0; i < COUNT(dangerous); i++)
		if (dangerous[i].number == number)
			return dangerous[i].name;
	return NULL;
}

static char *
put_number(char *to, const char *end, unsigned n)
{
	char digits[12], *at = digits + sizeof(digits) - 1;

	for (*at = '\0'; n > 0 || *at == '\0'; n /= 10)
		*--at = (char)('0' + n % 10);
	return put(to, end, at);
}

/*
 * SIGSYS. Other threads can get here, too. The signal is blocked now, so that
 * the next refused call ends the process.
 */
static void
name_call(int number, siginfo_t *info, void *context)
{
	const char *name = name_of(info->si_syscall);
	char line[256], *end = line + sizeof(line), *at = line;

	(void)number;
	(void)context;
	at = put(at, end, program_invocation_short_name);
	at = put(at, end, ": sandbox: the system call ");
	if (name != NULL)
		at = put(at, end, name);
	else
		at = put_number(at, end, (unsigned)info->si_syscall);
	at = put(at, end, " is refused; the process ends\n");
	(void)!write(STDERR_FILENO, line, (size_t)(at - line));
	(void)syscall(SYS_execve, NULL, NULL, NULL);
}

static int
set_handler(struct ms_err *err)
{
	struct sigaction sa = {.sa_sigaction = name_call,

	    .sa_flags = SA_SIGINFO};

	sigemptyset(&sa.sa_mask);
	return sigaction(SIGSYS, &sa, NULL) == 0
		   ? 0
		   : ms_fail_errno(err, "sigaction");
}

int
ms_sandbox_calls(enum ms_sandbox_profile profile, struct ms_err *err)
{
	const struct row *row = &rows[profile];
	bool strict = row->listed && ms_sandbox_word("strict");
	uint32_t otherwise = strict        ? SCMP_ACT_TRAP
			     : row->listed ? SCMP_ACT_ERRNO(EPERM)
					   : SCMP_ACT_ALLOW;
	scmp_filter_ctx ctx;
	int rc;

	if (set_handler(err) < 0)
		return -1;
	ctx = seccomp_init(otherwise);
	rc = ctx == NULL ? -ENOMEM : 0;
	if (rc == 0 && !strict) /* otherwise the default */
		rc = trap_dangerous(ctx, row);
	if (rc == 0)
		rc = refuse_sockets(ctx, row, strict);
	if (rc == 0)
		rc = row->listed ? add_listed(ctx, row) : add_others(ctx);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	errno = -rc;
	return rc == 0 ? 0 : ms_fail_errno(err, "seccomp");
}
