/*
 * sandbox-files.c - the files of a confined process: Landlock, in the version
 * that the kernel reports. landlock(7).
 */
#include "sandbox-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights; the headers of Debian 12 know only those of version 2. */
enum {
	EXECUTE = 1 << 0,
	WRITE_FILE = 1 << 1,
	READ_FILE = 1 << 2,
	READ_DIR = 1 << 3,
	REMOVE_DIR = 1 << 4,
	REMOVE_FILE = 1 << 5,
	MAKE_DIR = 1 << 7,
	MAKE_FILE = 1 << 8,
	VERSION_1 = (1 << 13) - 1,
	REFER = 1 << 13,     /* version 2 */
	TRUNCATE = 1 << 14,  /* version 3 */
	IOCTL_DEV = 1 << 15, /* version 5 */

	READING = READ_FILE | READ_DIR,
	CHANGING = READING | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR |
		   MAKE_FILE | REFER | TRUNCATE,
	OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
};

#define SCOPE_ABSTRACT 1 /* sockets that have a name but no file */
#define SCOPE_SIGNAL 2

/* struct landlock_ruleset_attr */
struct ruleset {
	uint64_t files, network, scoped;
};

/* struct landlock_path_beneath_attr */
struct rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

#define RULE_PATH_BENEATH 1

/* Libraries, character sets, time zones, certificates of authorities. No
 * directory of this list has private keys. */
static const char *const of_system[] = {"/usr", "/lib", "/lib64", "/nix/store",
    "/gnu/store", "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl/certs",
    "/etc/ssl/cert.pem", "/etc/ssl/openssl.cnf", "/etc/ca-certificates",
    "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/openssl.cnf", "/etc/crypto-policies", "/etc/sasl2",
    "/dev/null", "/dev/random", "/dev/urandom", "/proc/self/mountinfo",
#ifdef MS_SANDBOX_ASAN /* its reports of errors and leaks */
    "/proc", "/proc/self/exe",
#endif
    NULL};

static const char *const of_lookup[] = {"/etc/hosts", "/etc/resolv.conf",
    "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
    "/etc/protocols", "/etc/networks", "/etc/mdns.allow", "/etc/hostname",
    "/run/systemd", "/run/nscd", "/run/avahi-daemon", "/var/cache/nscd",
    "/var/db/nscd", "/var/lib/sss/mc", NULL};

/*
 * A ruleset that handles every access which the version knows, and has no rule
 * that allows one.
 */
static struct ruleset
handled(enum ms_sandbox_profile profile, int version)
{
	struct ruleset r = {.files = VERSION_1};
	bool connects = profile == MS_SANDBOX_CONNECT;

	if (version >= 2)
		r.files |= REFER;
	if (version >= 3)
		r.files |= TRUNCATE;
	if (version >= 4)
		r.network = connects ? 0 : 3; /* bind and connect with TCP */
	if (version >= 5)
		r.files |= IOCTL_DEV;
	if (version >= 6 && !connects)
		r.scoped |= SCOPE_ABSTRACT;
	/* It would keep the end of a process from its children
	 * (PR_SET_PDEATHSIG), and the server profile has a child. */
	if (version >= 6 && profile != MS_SANDBOX_SERVER)
		r.scoped |= SCOPE_SIGNAL;
	return r;
}

static int
create(const struct ruleset *r, int version)
{
	size_t size = version >= 6   ? sizeof(*r)
		      : version >= 4 ? offsetof(struct ruleset, scoped)
				     : offsetof(struct ruleset, network);

	return (int)syscall(SYS_landlock_create_ruleset, r, size, 0);
}

/* Allows rights for a file, or for everything in a directory. path: or NULL */
static int
allow(int ruleset, const char *path, uint64_t rights, struct ms_err *err)
{
	struct rule rule = {.allowed = rights};
	struct stat st;
	int rc = 0;

	rule.parent = path != NULL ? open(path, O_PATH | O_CLOEXEC) : -1;
	if (rule.parent < 0)
		return 0; /* opening it later will report the error */
	if (fstat(rule.parent, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= OF_FILES;
	/* EBADFD: a pipe, for example, which Landlock does not restrict. */
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule,
		0) < 0 &&
	    errno != EBADFD)
		rc = ms_fail_errno(err, "landlock_add_rule: %s", path);
	close(rule.parent);
	return rc;
}

static int
allow_all(
    int ruleset, const char *const *paths, uint64_t rights, struct ms_err *err)
{
	int rc = 0;

	for (; paths != NULL && *paths != NULL && rc == 0; paths++)
		rc = allow(ruleset, *paths, rights, err);
	return rc;
}

/* OpenSSL reads the certificates of authorities there instead. */
static int
allow_environment(int ruleset, struct ms_err *err)
{
	static const char *const names[] = {"SSL_CERT_FILE", "SSL_CERT_DIR"};
	int rc = 0;

	for (size_t i = 0; i < 2 && rc == 0; i++)
		rc = allow(ruleset, getenv(names[i]), READING, err);
	return rc;
}

static int
allow_profile(int ruleset, const struct ms_sandbox *sb, uint64_t changing,
    struct ms_err *err)
{
	uint64_t reading =
	    sb->profile == MS_SANDBOX_PROGRAM ? READING | EXECUTE : READING;

	if (sb->profile == MS_SANDBOX_PARSE)
		return 0;
	if (sb->profile == MS_SANDBOX_CONNECT &&
	    allow_all(ruleset, of_lookup, READING, err) < 0)
		return -1;
	if (sb->profile == MS_SANDBOX_SERVER &&
	    allow_environment(ruleset, err) < 0)
		return -1;
	if (allow_all(ruleset, of_system, reading, err) < 0 ||
	    allow_all(ruleset, sb->read, reading, err) < 0)
		return -1;
	return allow_all(ruleset, sb->write, changing, err);
}

int
ms_sandbox_files(const struct ms_sandbox *sb, int version, struct ms_err *err)
{
	struct ruleset r = handled(sb->profile, version);
	int fd = create(&r, version), rc;

	if (fd < 0)
		return ms_fail_errno(err, "landlock_create_ruleset");
	rc = allow_profile(fd, sb, CHANGING & r.files, err);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		rc = ms_fail_errno(err, "landlock_restrict_self");
	close(fd);
	return rc;
}
