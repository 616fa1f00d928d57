/*
 * contained.c - runs a program under a filter of system calls, as a container
 * without privileges does. t/0320-sandbox.t
 *   contained now COMMAND...   what the default profile of a container refuses
 *   contained old COMMAND...   the same, and Landlock, which the profile does
 *                              not know yet
 *   contained ERRNO COMMAND... nothing but Landlock and seccomp, with the
 * number of an error
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMESPACES 0x7e020000U /* of the flags of clone(2) */
#define NEWEST 450             /* calls after this one are unknown */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const int privileged[] = {SYS_acct, SYS_add_key, SYS_bpf, SYS_chroot,
    SYS_clock_settime, SYS_delete_module, SYS_finit_module, SYS_fsconfig,
    SYS_fsmount, SYS_fsopen, SYS_fspick, SYS_get_mempolicy, SYS_init_module,
    SYS_io_uring_enter, SYS_io_uring_register, SYS_io_uring_setup, SYS_kcmp,
    SYS_kexec_load, SYS_keyctl, SYS_mbind, SYS_mount, SYS_move_mount,
    SYS_open_by_handle_at, SYS_open_tree, SYS_perf_event_open, SYS_pivot_root,
    SYS_process_madvise, SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_ptrace, SYS_quotactl, SYS_reboot, SYS_request_key, SYS_set_mempolicy,
    SYS_setns, SYS_swapoff, SYS_swapon, SYS_syslog, SYS_umount2, SYS_unshare,
    SYS_userfaultfd};
static const int landlock[] = {SYS_landlock_create_ruleset,
    SYS_landlock_add_rule, SYS_landlock_restrict_self};
static const int seccomp[] = {SYS_seccomp};

static struct sock_filter code[256];
static unsigned short used;

static void
add(uint16_t op, uint32_t k, uint8_t yes, uint8_t no)
{
	code[used++] = (struct sock_filter){op, yes, no, k};
}

static void
load(size_t at)
{
	add(BPF_LD | BPF_W | BPF_ABS, (uint32_t)at, 0, 0);
}

static void
fail(int error)
{
	add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error, 0, 0);
}

static void
refuse(const int *calls, size_t n, int error)
{
	for (size_t i = 0; i < n; i++) {
		add(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1);
		fail(error);
	}
}

/* clone(2) may not make namespaces; glibc uses it instead of clone3(2). */
static void
refuse_namespaces(void)
{
	static const int clone3[] = {SYS_clone3};

	refuse(clone3, 1, ENOSYS);
	add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
	load(offsetof(struct seccomp_data, args[0]));
	add(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
	fail(EPERM);
	load(offsetof(struct seccomp_data, nr));
}

static void
build(const char *profile)
{
	int error = (int)strtol(profile, NULL, 10);

	load(offsetof(struct seccomp_data, nr));
	if (error != 0) {
		refuse(landlock, COUNT(landlock), error);
		refuse(seccomp, COUNT(seccomp), error);
	} else {
		refuse(privileged, COUNT(privileged), EPERM);
		refuse_namespaces();
		if (strcmp(profile, "old") == 0)
			refuse(landlock, COUNT(landlock), EPERM);
		add(BPF_JMP | BPF_JGT | BPF_K, NEWEST, 0, 1);
		fail(ENOSYS);
	}
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

int
main(int argc, char *argv[])
{
	struct sock_fprog program = {.filter = code};

	if (argc < 3)
		return 64;
	build(argv[1]);
	program.len = used;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("contained");
		return 71;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
