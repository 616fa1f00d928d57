/*
 * payload.c - an attack in each parser of bytes of strangers: when it gets a
 * file that says so, it opens or makes a file, runs a program, or connects. The
 * sandbox refuses and names each. The linker puts the attacks before the
 * functions of the parsers (Makefile, PAYLOADS).
 */
#include "mime/impl.h"
#include "container.h"
#include "html-impl.h"
#include "outlook.h"

#include <archive.h>
#include <archive_entry.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "convert.h"
#include "msg-file.h"
#include "msg.h"
#include "pst.h"
#include "rtf.h"
#include "sandbox.h"
#include "scratch.h"
#include "tap.h"
#include "tnef.h"

static struct {
	const char *place, *deed;
	char file[SCRATCH_MAX + 8]; /* that it makes */
} attack;

/* ---- what an attacker would do ---- */

static int
do_deed(const char *deed)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(25),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd;

	if (strcmp(deed, "open") == 0)
		return open("/etc/passwd", O_RDONLY);
	if (strcmp(deed, "write") == 0)
		return open(attack.file, O_WRONLY | O_CREAT, 0600);
	if (strcmp(deed, "exec") == 0)
		return execl("/bin/touch", "touch", attack.file, (char *)NULL);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	return fd < 0 ? fd : connect(fd, (struct sockaddr *)&to, sizeof(to));
}

static void
attack_in(const char *place)
{
	int rc;

	if (attack.place == NULL || strcmp(attack.place, place) != 0)
		return;
	dprintf(STDERR_FILENO, "payload: %s begins\n", attack.deed);
	rc = do_deed(attack.deed);
	dprintf(STDERR_FILENO, "payload: %s: %s\n", attack.deed,
	    rc < 0 ? strerror(errno) : "NOT REFUSED");
}

/* ---- the parsers ---- */

#ifdef PAYLOADS
#define BEFORE(name, parameters, arguments)                                    \
	int __real_##name parameters;                                          \
	int __wrap_##name parameters;                                          \
	int __wrap_##name parameters                                           \
	{                                                                      \
		attack_in(#name);                                              \
		return __real_##name arguments;                                \
	}

/* The parser parses a message of its own, too, before it is confined. */
enum ms_mime_result __real_ms_mime_find(
    unsigned char *p, size_t n, struct ms_buf *parts);
enum ms_mime_result __wrap_ms_mime_find(
    unsigned char *p, size_t n, struct ms_buf *parts);
enum ms_mime_result
__wrap_ms_mime_find(unsigned char *p, size_t n, struct ms_buf *parts)
{
	if (memmem(p, n, "X-Payload", strlen("X-Payload")) != NULL)
		attack_in("ms_mime_find");
	return __real_ms_mime_find(p, n, parts);
}

BEFORE(ms_unpack_open,
    (struct ms_unpack * *out, int fd, int64_t size, struct ms_slice head,
	struct ms_err *err),
    (out, fd, size, head, err))
BEFORE(ms_unpack_next,
    (struct ms_unpack * u, struct ms_unpacked *file, struct ms_err *err),
    (u, file, err))
BEFORE(ms_pst_open,
    (struct ms_pst * *out, int fd, uint64_t size,
	const struct ms_pst_options *opt, struct ms_err *err),
    (out, fd, size, opt, err))
BEFORE(ms_msg_open,
    (struct ms_msg * *out, struct ms_slice file, unsigned codepage,
	struct ms_err *err),
    (out, file, codepage, err))
BEFORE(ms_mapi_convert,
    (const struct ms_mapi_item *item, ms_emit_fn *emit, void *ctx,
	struct ms_mapi_losses *losses, struct ms_err *err),
    (item, emit, ctx, losses, err))
BEFORE(ms_rtf_decompress,
    (struct ms_slice in, struct ms_buf *out, struct ms_err *err),
    (in, out, err))
BEFORE(ms_rtf_extract,
    (struct ms_slice rtf, enum ms_rtf_kind *kind, struct ms_buf *out,
	struct ms_err *err),
    (rtf, kind, out, err))
/* It returns a bool. */
bool __real_ms_html_text(struct ms_slice html, struct ms_buf *out);
bool __wrap_ms_html_text(struct ms_slice html, struct ms_buf *out);
bool
__wrap_ms_html_text(struct ms_slice html, struct ms_buf *out)
{
	attack_in("ms_html_text");
	return __real_ms_html_text(html, out);
}

BEFORE(ms_tnef_parse,
    (struct ms_slice in, struct ms_mapi_item **out, struct ms_err *err),
    (in, out, err))
#endif

/* ---- their callers: each appends what it got, or the error ---- */

static int
file_with(struct ms_slice bytes)
{
	int fd = memfd_create("payload", MFD_CLOEXEC);

	if (write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
		perror("write");
	return fd;
}

static void
read_mail(struct ms_buf *got)
{
	static const char mail[] = "X-Payload: 1\n\nhello\n";
	struct ms_err err = {0};
	struct ms_mime *m;
	size_t n;

	if (ms_mime_open(&m, &err) == 0 &&
	    ms_mime_add(
		m, (const unsigned char *)mail, sizeof(mail) - 1, &err) == 0 &&
	    ms_mime_parse(m, &err) == 1) {
		ms_mime_parts(m, &n);
		ms_buf_printf(got, "%zu part", n);
	}
	ms_buf_add_str(got, err.msg);
	ms_mime_close(m);
}

/* Without its parser, HTML is read by a simple reader. */
static void
read_html(struct ms_buf *got)
{
	struct ms_html *h = NULL;
	struct ms_err err = {0};

	if (ms_html_open(&h, &err) == 0 &&
	    ms_html_read(h, ms_slice_str("<p>hello"), got, &err) != 1)
		ms_buf_clear(got);
	ms_buf_add_str(got, err.msg);
	ms_html_close(h);
}

static la_ssize_t
to_buf(struct archive *a, void *ctx, const void *p, size_t n)
{
	(void)a;
	ms_buf_add(ctx, p, n);
	return (la_ssize_t)n;
}

static void
make_tar(struct ms_buf *out)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	archive_write_set_format(a, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED);
	archive_write_open(a, out, NULL, to_buf, NULL);
	archive_entry_set_pathname(e, "a.eml");
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_size(e, 5);
	archive_write_header(a, e);
	archive_write_data(a, "hello", 5);
	archive_entry_free(e);
	archive_write_free(a);
}

static void
read_tar(struct ms_buf *got)
{
	struct ms_buf tar = {0};
	struct ms_container *c = NULL;
	struct ms_unpacked file;
	struct ms_err err = {0};
	unsigned char p[100];
	int fd;
	int64_t n = 0;

	make_tar(&tar);
	fd = file_with(ms_buf_slice(&tar));
	if (ms_container_open(&c, &err) == 0 &&
	    ms_container_begin(c, fd, true, (struct ms_slice){0}, &err) == 0 &&
	    ms_container_next(c, &file, &err) == 1 &&
	    (n = ms_container_read(c, p, sizeof(p), &err)) > 0)
		ms_buf_add(got, p, (size_t)n);
	ms_buf_add_str(got, err.msg);
	ms_container_close(c);
	close(fd);
	ms_buf_release(&tar);
}

/* Messages of a file of Outlook, and the error of its reader. */
static void
read_outlook(struct ms_slice file, enum ms_mapi_file kind, struct ms_buf *got)
{
	const struct ms_mapi_reader_options opt = {0};
	struct ms_mapi_message m;
	struct ms_mapi_reader *r = NULL;
	struct ms_err err = {0};
	struct ms_slice piece;
	int fd = file_with(file);

	if (ms_mapi_reader_open(&r, &err) == 0 &&
	    ms_mapi_reader_begin(r, fd, kind, &opt, &err) == 0 &&
	    ms_mapi_reader_next(r, &m, &err) == 1) {
		while (ms_mapi_reader_read(r, &piece, &err) > 0)
			ms_buf_add(got, piece.p, piece.n);
	}
	ms_buf_add_str(got, err.msg);
	ms_mapi_reader_close(r);
	close(fd);
}

/* A message with a body in RTF that is not compressed. */
static void
read_msg(struct ms_buf *got)
{
	static const char rtf[] = "{\\rtf1\\ansi hello}";
	unsigned char packed[16 + sizeof(rtf) - 1] = {0};
	struct ms_buf file = {0};
	GsfOutput *sink;
	struct storage s = begin_file(&sink);

	ms_put_le32(packed, (uint32_t)sizeof(packed) - 4);
	ms_put_le32(packed + 4, (uint32_t)sizeof(rtf) - 1);
	memcpy(packed + 8, "MELA", 4);
	memcpy(packed + 16, rtf, sizeof(rtf) - 1);
	put_text(&s, 0x001a001f, "IPM.Note");
	put_long(&s, 0x10090102, packed, sizeof(packed));
	end_file(&s, sink, &file);
	read_outlook(ms_buf_slice(&file), MS_MAPI_FILE_MSG, got);
	ms_buf_release(&file);
}

/* There is nothing in it. */
static void
read_pst(struct ms_buf *got)
{
	static const char bytes[1000] = "!BDN";

	read_outlook(
	    (struct ms_slice){(const unsigned char *)bytes, sizeof(bytes)},
	    MS_MAPI_FILE_PST, got);
}

/* No tool has a process for TNEF yet; the sandbox is that of MSG. */
static void
read_tnef(struct ms_buf *got)
{
	static const unsigned char tnef[] = {0x78, 0x9f, 0x3e, 0x22, 1, 0};
	const struct ms_sandbox sb = {
	    MS_SANDBOX_PARSE, 10, 1 << 28, NULL, NULL};
	struct ms_mapi_item *item;
	int s = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(
		    ms_sandbox_enter(&sb, NULL) == 0 &&
			    ms_tnef_parse((struct ms_slice){tnef, sizeof(tnef)},
				&item, NULL) == 0
			? 0
			: 1);
	waitpid(pid, &s, 0);
	if (WIFSIGNALED(s))
		ms_buf_printf(
		    got, "its reader ended by signal %d", WTERMSIG(s));
	else
		ms_buf_add_str(
		    got, WEXITSTATUS(s) == 0 ? "an item" : "status 1");
}

/* ---- the table ---- */

static const struct {
	const char *place;
	void (*read)(struct ms_buf *got);
	const char *want; /* without an attack that costs the parser its life */
} parsers[] = {
    {"ms_mime_find", read_mail, "1 part"},
    {"ms_html_text", read_html, "hello"},
    {"ms_unpack_open", read_tar, "hello"},
    {"ms_unpack_next", read_tar, "hello"},
    {"ms_pst_open", read_pst, "this PST file: "},
    {"ms_msg_open", read_msg, "hello"},
    {"ms_mapi_convert", read_msg, "hello"},
    {"ms_rtf_decompress", read_msg, "hello"},
    {"ms_rtf_extract", read_msg, "hello"},
    {"ms_tnef_parse", read_tnef, "an item"},
};

static const struct {
	const char *name, *says;
	bool dies;
} deeds[] = {
    {"open", "payload: open: Operation not permitted", false},
    {"write", "payload: write: Operation not permitted", false},
    {"exec", "sandbox: the system call execve is refused", true},
    {"connect", "sandbox: the system call socket is refused", true},
};

/* Reads with standard error in a file, whose bytes `said` receives. */
static void
read_quietly(
    void (*read_it)(struct ms_buf *), struct ms_buf *got, struct ms_buf *said)
{
	int saved = dup(STDERR_FILENO), fd = file_with((struct ms_slice){0});
	struct ms_err err = {0};

	ms_buf_clear(got);
	ms_buf_clear(said);
	dup2(fd, STDERR_FILENO);
	read_it(got);
	dup2(saved, STDERR_FILENO);
	close(saved);
	lseek(fd, 0, SEEK_SET);
	if (ms_buf_read_fd(said, fd, "stderr", 10000, &err) < 0)
		ms_buf_add_str(said, err.msg);
	close(fd);
}

static bool
has(struct ms_buf *b, const char *what)
{
	return strstr(ms_buf_str(b), what) != NULL;
}

static void
test_attack(size_t p, size_t d)
{
	struct ms_buf got = {0}, said = {0};
	bool dies = deeds[d].dies;

	attack.place = parsers[p].place;
	attack.deed = deeds[d].name;
	read_quietly(parsers[p].read, &got, &said);
	attack.place = NULL;
	ok(has(&said, "payload: ") && has(&said, deeds[d].says) &&
		!has(&said, "NOT REFUSED") && access(attack.file, F_OK) < 0,
	    "%s: %s is refused and named", parsers[p].place, deeds[d].name);
	ok(has(&got, parsers[p].want) == !dies &&
		has(&got, "signal 31") == dies,
	    "  and %s: %.*s",
	    dies ? "its caller says that it died" : "it goes on",
	    (int)strcspn(ms_buf_str(&got), "\r\n"), ms_buf_str(&got));
	ms_buf_release(&got);
	ms_buf_release(&said);
}

static void
test_parser(size_t p)
{
	struct ms_buf got = {0}, said = {0};

	setenv("MS_SANDBOX", "strict", 1);
	read_quietly(parsers[p].read, &got, &said);
	ok(has(&got, parsers[p].want) && said.n == 0,
	    "%s: without an attack, with MS_SANDBOX=strict: %s",
	    parsers[p].place, ms_buf_str(&said));
	unsetenv("MS_SANDBOX");
	ms_buf_release(&got);
	ms_buf_release(&said);
	for (size_t d = 0; d < sizeof(deeds) / sizeof(deeds[0]); d++)
		test_attack(p, d);
}

int
main(void)
{
	char dir[SCRATCH_MAX];
	struct ms_err why = {0};

	unsetenv("MS_SANDBOX");
#ifndef PAYLOADS
	printf("1..0 # SKIP the parsers have no attacks (make mutants)\n");
	return 0;
#endif
	if (ms_sandbox_check(MS_SANDBOX_PARSE, &why) != 0) {
		printf("1..0 # SKIP %s\n", why.msg);
		return 0;
	}
	if (scratch_make(dir) == NULL)
		return 1;
	snprintf(attack.file, sizeof(attack.file), "%s/made", dir);
	for (size_t p = 0; p < sizeof(parsers) / sizeof(parsers[0]); p++)
		test_parser(p);
	scratch_remove(dir);
	return done();
}
