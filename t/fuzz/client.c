/*
 * client.c - fuzzes what the files of mail clients say: the first byte chooses
 * the fields of a message, prefs.js, .msf, properties, or a store on disk that
 * has an .mbox with its .imap, or a partial .emlx. Bytes of a message are never
 * invented; names are UTF-8 or bytes of the input.
 */
#include "client-impl.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz.h"

const struct fuzz_seed fuzz_seeds[] = {
    SEED("0X-Mozilla-Status: 1007\nX-Mozilla-Keys: a b\nTo: x\n\nb\n"),
    SEED(
	"1X-Gmail-Labels: =?UTF-8?Q?Posteingang,=22a,b=22,x/y?=\n =?UTF-8?Q?z?="
	"\n\n"),
    SEED("2X-MailStore-Folder-UTF7: a/&APw-\nX-MailStore-Date: "
	 "20140624082321\nX-MailStore-Flags: 3\n\n"),
    SEED("3A: b\nStatus: RO\nX-Status: AF\nX-Keywords: a\n b\n\n"),
    SEED("4A: b\nX-Evolution: 00000001-0019; flags=a,b\n\n"),
    SEED("5Status: R\nX-Status: NFG\n\n"),
    SEED("6user_pref(\"mail.server.server1.directory-rel\", \"[ProfD]Mail/a\")"
	 ";\nuser_pref(\"mail.server.server1.name\", \"\\u00c4\");\n"),
    SEED("7<<(a=c)>(8F=mailboxName)><(A3=R$C3$BC \\)x)>[1(^8F^A3)]"),
    SEED("8<key>flags</key>\n<integer>8590195713</integer>"),
    SEED("9{\"version\":3,\"messages\":[{\"offset\":0,\"length\":20,\"flags\":["
	 "\"Seen\"]},{\"offset\":20,\"length\":9}]}\nFrom a\nTo: x\n\n>From"
	 "\n\nFrom b\n\n"),
    SEED("\x0a"
	 "60\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
	 "Content-Transfer-Encoding: base64\nX-Apple-Content-Length: 3\n\n\n"
	 "--b\nX-Apple-Content-Length: 3\n\n--b--\n<?xml"),
    SEEDS_END};

static void
fields(unsigned which, struct ms_slice in)
{
	static const struct ms_client_field *const all[] = {ms_mozilla_fields,
	    ms_takeout_fields, ms_mailstore_fields, ms_status_fields,
	    ms_evolution_fields, ms_kmail_fields};
	struct ms_client_message m = {0};
	struct ms_buf out = {0};

	ms_client_fields(all[which], which > 2, which == 0, in, &out, &m);
	require(out.n <= in.n && m.flag_count <= MS_CLIENT_FLAGS);
	require(m.folder_count <= MS_CLIENT_FOLDERS);
	/* What is left over is the end of the message. */
	require(which > 2 || memcmp(out.p != NULL ? out.p : (const void *)"",
				 in.p + in.n - out.n, out.n) == 0);
	ms_client_message_release(&m);
	ms_buf_release(&out);
}

static void
texts(unsigned which, struct ms_slice in)
{
	struct ms_client_message m = {0};
	struct ms_prefs prefs;
	struct ms_buf name = {0};

	if (which == 6) {
		ms_prefs_parse(&prefs, in);
		require(prefs.n <= MS_PREFS_SERVERS);
		(void)ms_prefs_find(&prefs, "Mail/a");
		ms_prefs_release(&prefs);
	} else if (which == 7) {
		require(ms_msf_name(in, &name) == (name.n > 0));
		require(name.n <= in.n);
	} else {
		ms_plist_read(&m, in);
	}
	ms_buf_release(&name);
	ms_client_message_release(&m);
}

/* ---- stores on disk ---- */

static void
put(const char *path, struct ms_slice s)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	require(fd >= 0 && write(fd, s.p, s.n) == (ssize_t)s.n);
	close(fd);
}

static void
read_all(const char *path, enum ms_client client, size_t limit)
{
	struct ms_source_options opt = {.client = client};
	struct ms_source *src;
	struct ms_arrival a;
	struct ms_slice piece;
	struct ms_err err = {0};
	size_t bytes = 0;
	int rc;

	if (ms_source_open(&src, path, &opt, &err) < 0)
		return;
	while ((rc = ms_source_next(src, &a, &err)) != 0) {
		require(a.where[0] != '\0');
		require(rc > 0 || err.msg[0] != '\0');
		while (rc > 0 && (rc = ms_source_read(src, &piece, &err)) > 0)
			bytes += piece.n;
		require(rc == 0 || err.msg[0] != '\0');
		err = (struct ms_err){0};
	}
	require(bytes <= limit);
	ms_source_close(src);
}

/* The first line is NAME.imap, and the rest NAME.mbox. */
static void
pair(struct ms_slice in)
{
	const unsigned char *lf = memchr(in.p, '\n', in.n);
	size_t n = lf != NULL ? (size_t)(lf - in.p) : in.n;

	put("x.imap", (struct ms_slice){in.p, n});
	put("x.mbox", (struct ms_slice){in.p + n, in.n - n});
	if (n < in.n)
		put("x.mbox", (struct ms_slice){in.p + n + 1, in.n - n - 1});
	read_all(".", MS_CLIENT_IMAP_BACKUP, in.n);
	require(unlink("x.imap") == 0 && unlink("x.mbox") == 0);
}

/* All parts have a file. */
static void
partial(struct ms_slice in)
{
	put("Messages/1.partial.emlx", in);
	/* Each marker of 24 bytes can bring these bytes, encoded. */
	read_all(".", MS_CLIENT_APPLE_MAIL, in.n * 4 + 64);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char dir[] = "/tmp/fuzz-client.XXXXXX";
	int here;
	struct ms_slice in;
	unsigned which;

	if (n < 2)
		return 0;
	in = (struct ms_slice){p + 1, n - 1};
	which = p[0] >= '0' && p[0] <= '9' ? (unsigned)p[0] - '0' : p[0] % 11U;
	if (which < 6) {
		fields(which, in);
		return 0;
	}
	if (which < 9) {
		texts(which, in);
		return 0;
	}
	here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(here >= 0 && mkdtemp(dir) != NULL && chdir(dir) == 0);
	if (which == 9)
		pair(in);
	else if (mkdir("Messages", 0700) == 0 &&
		 mkdir("Attachments", 0700) == 0 &&
		 mkdir("Attachments/1", 0700) == 0 &&
		 mkdir("Attachments/1/1", 0700) == 0 &&
		 mkdir("Attachments/1/2", 0700) == 0) {
		put("Attachments/1/1/a", ms_slice_str("abc = \n"));
		put("Attachments/1/2/b", ms_slice_str("def"));
		partial(in);
	}
	/* Nothing stays behind. */
	(void)unlink("Messages/1.partial.emlx");
	(void)unlink("Attachments/1/1/a");
	(void)unlink("Attachments/1/2/b");
	(void)rmdir("Attachments/1/1");
	(void)rmdir("Attachments/1/2");
	(void)rmdir("Attachments/1");
	(void)rmdir("Attachments");
	(void)rmdir("Messages");
	require(fchdir(here) == 0 && rmdir(dir) == 0);
	close(here);
	return 0;
}
