/*
 * mapi-msg.c - MSG files: lib/mapi/msg.h and outlook.h. For
 * t/1260-ingest-msg.t: with a folder and files as arguments it prints a line
 * for each item in them, and writes their messages to the folder; with --make
 * or
 * --make-journal FILE it makes one.
 */
#include "tap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "mapi-item.h"
#include "msg-file.h"
#include "msg.h"
#include "outlook.h"
#include "parser.h"

static bool
has(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		return true;
	printf("# lacks %s\n", part);
	return false;
}

static void
test_made(void)
{
	struct ms_buf file = {0}, text = {0}, again = {0}, flags = {0};
	struct ms_err err = {0};
	struct ms_msg *msg, *second;
	const struct ms_mapi_item *item;

	make_msg(&file);
	ok(ms_msg_open(&msg, ms_buf_slice(&file), 0, &err) == 0, "%s", err.msg);
	item = ms_msg_item(msg);
	ok(item->recipient_count == 2 && item->attachment_count == 3 &&
		item->attachments[0].content == MS_MAPI_BYTES &&
		item->attachments[0].size == 70000 &&
		item->attachments[1].content == MS_MAPI_ITEM &&
		item->attachments[1].item->attachment_count == 1 &&
		item->attachments[2].content == MS_MAPI_OLE && item->lost == 0,
	    "what the file has");
	ms_mapi_flags(item, &flags);
	ok(strcmp(ms_buf_str(&flags), "\\Seen Red") == 0,
	    "flags and a named property: %s", ms_buf_str(&flags));
	convert(item, &text);
	ok(has(ms_buf_str(&text), "From: \"Ann\" <ann@example.org>\r\n") &&
		has(ms_buf_str(&text), "To: \"Ben\" <ben@example.org>\r\n") &&
		has(ms_buf_str(&text), "Bcc: \"Cy\" <cy@example.org>\r\n") &&
		has(ms_buf_str(&text), "filename=\"big.bin\"") &&
		has(ms_buf_str(&text), "\r\n\r\nSubject: Inner\r\n") &&
		has(ms_buf_str(&text), "c21hbGw=\r\n") &&
		has(ms_buf_str(&text), "application/x-ole-storage"),
	    "its message");
	ok(ms_msg_open(&second, ms_buf_slice(&file), 0, &err) == 0, "again");
	convert(ms_msg_item(second), &again);
	ok(ms_slice_eq(ms_buf_slice(&text), ms_buf_slice(&again)),
	    "the same file gives the same bytes");
	ms_msg_close(msg);
	ms_msg_close(second);
	ms_buf_release(&file);
	ms_buf_release(&text);
	ms_buf_release(&again);
	ms_buf_release(&flags);
}

/* A file without what an object must have; what is left. */
static void
test_damage(void)
{
	struct ms_buf file = {0}, text = {0};
	struct ms_err err = {0};
	struct ms_msg *msg = NULL;
	GsfOutput *sink;
	struct storage s = begin_file(&sink), a;

	put_text(&s, 0x0037001f, "Subject");
	put_long(&s, 0x8000101f, "\6\0\0\0", 4); /* a name that is missing */
	a = begin_attachment(&s, 0, 1);
	end_storage(&a);
	add_stream(s.dir, "__attach_version1.0_#00000001", "x", 1);
	add_stream(s.dir, "__substg1.0_0042101F", "\6\0\0\0\6\0\0\0", 8);
	end_file(&s, sink, &file);
	ok(ms_msg_open(&msg, ms_buf_slice(&file), 0, &err) == 0 &&
		ms_msg_item(msg)->lost == 2,
	    "two losses; the first: %s",
	    msg != NULL ? ms_msg_item(msg)->lost_why : err.msg);
	if (msg != NULL)
		convert(ms_msg_item(msg), &text);
	ok(has(ms_buf_str(&text), "Subject: Subject\r\n") &&
		has(ms_buf_str(&text), "This attachment has no content."),
	    "the rest is there");
	ms_msg_close(msg);

	/* Cut anywhere, the file is refused or gives what is left. */
	ms_buf_clear(&file);
	make_msg(&file);
	for (size_t n = 0; n < file.n; n += file.n / 64) {
		if (ms_msg_open(&msg, (struct ms_slice){file.p, n}, 0, &err) <
		    0)
			continue;
		convert(ms_msg_item(msg), &text);
		ms_msg_close(msg);
	}
	ok(true, "a file that is cut");

	ms_buf_clear(&file);
	s = begin_file(&sink);
	ms_buf_release(&s.list);
	add_stream(s.dir, "WordDocument", "x", 1);
	gsf_output_close(GSF_OUTPUT(s.dir));
	g_object_unref(s.dir);
	ms_buf_add(&file, gsf_output_memory_get_bytes(GSF_OUTPUT_MEMORY(sink)),
	    (size_t)gsf_output_size(sink));
	g_object_unref(sink);
	ok(ms_msg_open(&msg, ms_buf_slice(&file), 0, &err) < 0 &&
		err.code == MS_NOINPUT,
	    "a document: %s", err.msg);
	ms_buf_release(&file);
	ms_buf_release(&text);
}

/* ---- the process ---- */

static int
memory_file(const struct ms_buf *bytes)
{
	int fd = memfd_create("msg", MFD_CLOEXEC);

	return fd >= 0 && write(fd, bytes->p, bytes->n) == (ssize_t)bytes->n
		   ? fd
		   : -1;
}

/* Reads a file; returns its messages, and appends what cannot be read. */
static int
read_all(struct ms_mapi_reader *r, const struct ms_buf *file, bool mail_only,
    struct ms_buf *said)
{
	const struct ms_mapi_reader_options opt = {.mail_only = mail_only};
	struct ms_mapi_message m;
	struct ms_err err = {0};
	struct ms_slice piece;
	int fd = memory_file(file), got, count = 0;

	if (ms_mapi_reader_begin(r, fd, MS_MAPI_FILE_MSG, &opt, &err) < 0) {
		ms_buf_add_str(said, err.msg);
		close(fd);
		return -1;
	}
	while ((got = ms_mapi_reader_next(r, &m, &err)) != 0) {
		if (got < 0) {
			ms_buf_add_str(said, err.msg);
			continue;
		}
		ms_buf_printf(said, "[%s|%s]", m.flags, m.what);
		while (ms_mapi_reader_read(r, &piece, &err) > 0)
			;
		count++;
	}
	close(fd);
	return count;
}

static void
test_reader(void)
{
	struct ms_buf file = {0}, said = {0}, junk = {0};
	struct ms_err err = {0};
	struct ms_mapi_reader *r;
	GsfOutput *sink;
	struct storage s;

	ok(ms_mapi_reader_open(&r, &err) >= 0, "%s", err.msg);
	make_msg(&file);
	ok(read_all(r, &file, false, &said) == 1 &&
		has(ms_buf_str(&said),
		    "[\\Seen Red|\"Made by hand\", 2026-01-02T"),
	    "a message from another process: %s", ms_buf_str(&said));
	ms_buf_add_str(&junk, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more");
	ms_buf_clear(&said);
	ok(read_all(r, &junk, false, &said) == 0 &&
		has(ms_buf_str(&said), "a damaged OLE2 file"),
	    "a file that is none");
	ms_buf_clear(&said);
	ok(read_all(r, &file, false, &said) == 1, "and the next one");
	ms_buf_clear(&file);
	s = begin_file(&sink);
	put_text(&s, 0x001a001f, "IPM.Contact");
	end_file(&s, sink, &file);
	ok(read_all(r, &file, true, &said) == 0 &&
		ms_mapi_reader_left_out(r) == 1,
	    "a contact that is left out");
	ok(read_all(r, &file, false, &said) == 1 &&
		ms_mapi_reader_left_out(r) == 0,
	    "or not");
	ms_mapi_reader_close(r);
	ms_buf_release(&file);
	ms_buf_release(&said);
	ms_buf_release(&junk);
}

/*
 * A file that is cut while it is read: the reader cannot hold what it has not
 * sent yet, and dies of the rest.
 */
static void
test_death(void)
{
	const struct ms_mapi_reader_options opt = {0};
	struct ms_mapi_reader *r;
	struct ms_mapi_message m;
	struct ms_buf file = {0}, said = {0};
	struct ms_err err = {0};
	struct ms_slice piece;
	int fd, got;

	make_msg_of(BIG, &file);
	fd = memory_file(&file);
	ok(ms_mapi_reader_open(&r, &err) >= 0 &&
		ms_mapi_reader_begin(r, fd, MS_MAPI_FILE_MSG, &opt, &err) ==
		    0 &&
		ms_mapi_reader_next(r, &m, &err) == 1 &&
		ms_mapi_reader_read(r, &piece, &err) == 1,
	    "a message begins");
	ok(ftruncate(fd, 4096) == 0, "the file is cut");
	while ((got = ms_mapi_reader_read(r, &piece, &err)) > 0)
		;
	ok(got < 0 && has(err.msg, "its reader ended"), "%s", err.msg);
	ok(ms_mapi_reader_next(r, &m, &err) == 0, "the file has nothing more");
	close(fd);
	ok(read_all(r, &file, false, &said) == 1, "the next file is read");

	fd = memory_file(&file);
	ok(ms_mapi_reader_begin(r, fd, MS_MAPI_FILE_MSG, &opt, &err) == 0,
	    "a file is read");
	ms_mapi_reader_set_wait(r, 0);
	ok(ms_mapi_reader_next(r, &m, &err) < 0 &&
		has(err.msg, "takes too long"),
	    "and no time for it");
	ms_mapi_reader_set_wait(r, MS_PARSER_WAIT_MS);
	close(fd);
	ok(read_all(r, &file, false, &said) == 1, "with the usual time");
	ms_mapi_reader_close(r);
	ms_buf_release(&file);
	ms_buf_release(&said);
}

/* ---- lines for a script ---- */

static void
print_item(const char *file, const struct ms_mapi_item *item)
{
	unsigned long long bytes = 0;
	unsigned kinds[MS_MAPI_OLE + 1] = {0};
	struct ms_buf text = {0};

	for (size_t i = 0; i < item->attachment_count; i++) {
		const struct ms_mapi_attachment *a = &item->attachments[i];

		kinds[a->content]++;
		bytes += a->content == MS_MAPI_BYTES ? a->size : 0;
	}
	(void)ms_mapi_text(&item->props, MS_MAPI_ID(0x001a), &text);
	printf("%s\t%s\trecip=%zu\tatt=%zu\tembed=%u\tole=%u\tbin=%u\t"
	       "bytes=%llu\thdr=%d\n",
	    file, ms_buf_str(&text), item->recipient_count,
	    item->attachment_count, kinds[MS_MAPI_ITEM], kinds[MS_MAPI_OLE],
	    kinds[MS_MAPI_BYTES], bytes,
	    ms_mapi_has(&item->props, MS_MAPI_ID(0x007d)));
	ms_buf_release(&text);
}

/* The item, and those in it, each after the one that contains it. */
static void
print_items(const char *name, const struct ms_mapi_item *item)
{
	const struct ms_mapi_item *stack[MS_MAPI_DEPTH_MAX + 1] = {item};
	size_t next[MS_MAPI_DEPTH_MAX + 1] = {0}, depth = 1;
	char level[16];

	print_item(name, item);
	while (depth > 0) {
		item = stack[depth - 1];
		if (next[depth - 1] == item->attachment_count) {
			depth--;
			continue;
		}
		item = item->attachments[next[depth - 1]++].item;
		if (item == NULL)
			continue;
		snprintf(level, sizeof(level), "%u", item->depth);
		print_item(level, item);
		next[depth] = 0;
		stack[depth++] = item;
	}
}

static int
emit_to_file(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	return fwrite(p, 1, n, ctx) == n ? 0 : ms_fail_errno(err, "write");
}

static int
convert_to(const char *dir, const char *name, const struct ms_mapi_item *item)
{
	struct ms_mapi_losses losses;
	struct ms_err err;
	char path[4096];
	FILE *out;
	int rc;

	snprintf(path, sizeof(path), "%s/%s.eml", dir, name);
	out = fopen(path, "wb");
	if (out == NULL)
		return -1;
	rc = ms_mapi_convert(item, emit_to_file, out, &losses, &err);
	return fclose(out) == 0 ? rc : -1;
}

/* Prints the items of files, and writes their messages to a folder. */
static int
print_files(const char *dir, char *paths[])
{
	struct ms_buf file = {0};
	struct ms_err err = {0};
	struct ms_msg *msg;
	const char *slash;
	int rc = 0;

	for (; rc == 0 && *paths != NULL; paths++) {
		ms_buf_clear(&file);
		slash = strrchr(*paths, '/');
		if (ms_buf_read_file(&file, *paths, MS_MSG_MAX, &err) < 0 ||
		    ms_msg_open(&msg, ms_buf_slice(&file), 0, &err) < 0) {
			rc = -1;
			break;
		}
		print_items(
		    slash != NULL ? slash + 1 : *paths, ms_msg_item(msg));
		rc = convert_to(
		    dir, slash != NULL ? slash + 1 : *paths, ms_msg_item(msg));
		ms_msg_close(msg);
	}
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", *paths, err.msg);
	ms_buf_release(&file);
	return rc < 0;
}

static int
make_file(const char *path, bool journal)
{
	struct ms_buf file = {0};
	FILE *out = fopen(path, "wb");

	if (journal)
		make_journal(&file);
	else
		make_msg(&file);
	if (out == NULL || fwrite(file.p, 1, file.n, out) != file.n ||
	    fclose(out) != 0)
		return 1;
	ms_buf_release(&file);
	return 0;
}

int
main(int argc, char *argv[])
{
	if (argc == 3 && (strcmp(argv[1], "--make") == 0 ||
			     strcmp(argv[1], "--make-journal") == 0))
		return make_file(argv[2], argv[1][6] != '\0');
	if (argc > 2)
		return print_files(argv[1], argv + 2);
	test_reader();
	test_death();
	test_made();
	test_damage();
	return done();
}
