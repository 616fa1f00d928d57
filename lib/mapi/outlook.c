/* outlook.c - the process that asks for the messages of a file of Outlook. What
 * it hears from a reader it checks, because the file can have taken it over. */
#include "outlook.h"
#include "folder-counts.h"
#include "frame.h"
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Bytes that a file can give: streams of a forged file can share its bytes. */
#define OUTPUT_TIMES 32
#define OUTPUT_MORE ((uint64_t)256 << 20)
/* Between two answers, much of a large file can be read; processor time has a
 * limit of its own. */
#define FILE_BYTES_MS 16384 /* that a slow disk gives in a millisecond */
#define FILE_MS_MAX 3600000

struct ms_mapi_reader {
	struct ms_parser parser;
	int wait_ms; /* 0: by the size of the file */
	bool in_message;
	uint64_t left_out;
	uint64_t passed, total; /* items of a PST */
	struct ms_err later;    /* what is said before the next message */
	struct ms_mapi_folders folders;
	struct ms_buf folder, what; /* of the message */
	bool has_folders;           /* the file is a PST */
	bool named;                 /* its items have names for people */
};

enum ms_mapi_file
ms_mapi_file_kind(struct ms_slice head)
{
	static const unsigned char ole[MS_MAPI_HEAD] = {
	    0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};

	if (head.n < sizeof(ole))
		return MS_MAPI_FILE_NONE;
	return memcmp(head.p, ole, sizeof(ole)) == 0 ? MS_MAPI_FILE_MSG
	       : memcmp(head.p, "!BDN", 4) == 0      ? MS_MAPI_FILE_PST
						     : MS_MAPI_FILE_NONE;
}

void
ms_mapi_reader_set_wait(struct ms_mapi_reader *r, int wait_ms)
{
	r->wait_ms = wait_ms;
	r->parser.wait_ms = wait_ms;
}

static int
wait_for(uint64_t size)
{
	uint64_t more = size / FILE_BYTES_MS;

	return MS_PARSER_WAIT_MS +
	       (int)(more < FILE_MS_MAX ? more : FILE_MS_MAX);
}

int
ms_mapi_reader_open(struct ms_mapi_reader **out, struct ms_err *err)
{
	static const struct ms_keeper_job job = {.serve = ms_mapi_serve,
	    .warm_up = ms_mapi_warm_up,
	    .what = "the reader of Outlook files"};
	struct ms_mapi_reader *r = ms_xcalloc(1, sizeof(*r));
	int rc = ms_parser_open(&r->parser, &job, MS_MAPI_FRAMES, err);

	*out = NULL;
	if (rc < 0)
		ms_mapi_reader_close(r);
	else
		*out = r;
	return rc;
}

void
ms_mapi_reader_close(struct ms_mapi_reader *r)
{
	if (r == NULL)
		return;
	ms_parser_close(&r->parser);
	ms_mapi_folders_release(&r->folders);
	ms_buf_release(&r->folder);
	ms_buf_release(&r->what);
	free(r);
}

/* A frame that cannot come now; the result is -1. */
static int
fail_frame(struct ms_mapi_reader *r, struct ms_err *err)
{
	r->in_message = false;
	errno = EPROTO;
	return ms_parser_failed(&r->parser, -1, err);
}

/* ---- a file ---- */

int
ms_mapi_reader_begin(struct ms_mapi_reader *r, int fd, enum ms_mapi_file kind,
    const struct ms_mapi_reader_options *opt, struct ms_err *err)
{
	struct ms_mapi_request request = {.kind = kind,
	    .mail_only = opt->mail_only,
	    .recover = opt->recover,
	    .skip = opt->skip,
	    .codepage = opt->codepage};
	struct stat st;

	r->in_message = false;
	r->left_out = 0;
	r->passed = opt->skip;
	r->total = 0;
	r->later = (struct ms_err){0};
	ms_mapi_folders_release(&r->folders);
	r->has_folders = kind == MS_MAPI_FILE_PST;
	r->named = kind != MS_MAPI_FILE_TNEF;
	if (fstat(fd, &st) < 0)
		return ms_fail_errno(err, "stat");
	request.size = (uint64_t)st.st_size;
	r->parser.wait_ms =
	    r->wait_ms != 0 ? r->wait_ms : wait_for(request.size);
	return ms_parser_begin(&r->parser, &request, sizeof(request), fd,
	    request.size * OUTPUT_TIMES + OUTPUT_MORE, err);
}

/* The next of the texts that a frame has, each ended by a NUL; "" for what is
 * not UTF-8 or has controls. */
static const char *
next_text(struct ms_mapi_reader *r, size_t *at)
{
	const struct ms_buf *bytes = &r->parser.bytes;
	const char *text = (const char *)bytes->p + *at;
	size_t n;

	if (*at >= bytes->n)
		return "";
	n = strnlen(text, bytes->n - *at);
	*at += n + 1;
	if (*at > bytes->n || !ms_utf8_plain((const unsigned char *)text, n))
		return "";
	return text;
}

/* Fills the message from the frame with which it begins. */
static void
fill(struct ms_mapi_reader *r, struct ms_mapi_message *out)
{
	int64_t date = r->parser.frame.number;
	size_t at = 0;

	out->flags = next_text(r, &at);
	out->folder = next_text(r, &at);
	out->special = next_text(r, &at);
	out->what = next_text(r, &at);
	out->date = date;
	out->has_date = date != INT64_MIN;
	ms_buf_clear(&r->folder);
	ms_buf_clear(&r->what);
	ms_buf_add_str(&r->folder, out->folder);
	ms_buf_add_str(&r->what, out->what);
}

/* ---- folders ---- */

/* The counts of a folder. Those of a file without folders, and of folders above
 * the limit, are not kept. */
static struct ms_mapi_folder *
counts(struct ms_mapi_reader *r, const char *folder)
{
	static struct ms_mapi_folder unused;
	struct ms_mapi_folder *f = NULL;

	if (r->has_folders)
		f = ms_mapi_folders_find(&r->folders, folder);
	return f != NULL ? f : &unused;
}

/* A frame that says what a folder has. -1: it cannot be one. */
static int
expect(struct ms_mapi_reader *r)
{
	struct ms_mapi_expected e;
	size_t at = sizeof(e);
	struct ms_mapi_folder *f;

	if (r->parser.bytes.n <= sizeof(e))
		return -1;
	memcpy(&e, r->parser.bytes.p, sizeof(e));
	f = counts(r, next_text(r, &at));
	f->expected += e.items;
	f->skipped += e.skipped;
	return 0;
}

/* What could not be read, and is of a folder, is an item. */
static void
count_failure(struct ms_mapi_reader *r)
{
	size_t at = 0;
	const char *folder;

	(void)next_text(r, &at);
	folder = next_text(r, &at);
	if (folder[0] != '\0')
		counts(r, folder)->failed++;
}

static int
count_content(struct ms_mapi_reader *r)
{
	struct ms_mapi_folder *f = counts(r, ms_buf_str(&r->folder));
	struct ms_mapi_attached c;

	if (r->parser.bytes.n != sizeof(c))
		return -1;
	memcpy(&c, r->parser.bytes.p, sizeof(c));
	f->attachments += c.attachments;
	f->embedded += c.embedded;
	f->bytes += c.bytes;
	return 0;
}

const struct ms_mapi_folder *
ms_mapi_reader_folders(const struct ms_mapi_reader *r, size_t *n)
{
	*n = r->folders.n;
	return r->folders.list;
}

/* ---- messages ---- */

/* Skips what the caller has not read of the message before. */
static void
skip_message(struct ms_mapi_reader *r)
{
	struct ms_slice piece;

	while (r->in_message && ms_mapi_reader_read(r, &piece, &r->later) > 0)
		;
}

int
ms_mapi_reader_next(
    struct ms_mapi_reader *r, struct ms_mapi_message *out, struct ms_err *err)
{
	int rc;

	skip_message(r);
	if (r->later.code != MS_OK) {
		ms_fail_as(err, &r->later);
		r->later = (struct ms_err){0};
		return -1;
	}
	while (r->parser.link >= 0) {
		rc = ms_parser_receive(&r->parser);
		if (rc != 1)
			return ms_parser_failed(&r->parser, rc, err);
		switch (r->parser.frame.kind) {
		case MS_MAPI_BEGIN:
			r->passed++;
			r->in_message = true;
			fill(r, out);
			return 1;
		case MS_MAPI_FAILURE:
			r->passed++;
			count_failure(r);
			return ms_fail(err,
			    r->parser.frame.number == MS_NOINPUT ? MS_NOINPUT
								 : MS_DATA,
			    "%.400s", ms_parser_text(&r->parser));
		case MS_MAPI_LEFT_OUT:
			r->passed++;
			r->left_out++;
			counts(r, ms_parser_text(&r->parser))->left_out++;
			break;
		case MS_MAPI_FOLDER:
			if (expect(r) < 0)
				return fail_frame(r, err);
			break;
		case MS_MAPI_TOTAL:
			r->total = (uint64_t)r->parser.frame.number;
			break;
		case MS_MAPI_DONE:
			ms_parser_end(&r->parser);
			break;
		default:
			return fail_frame(r, err);
		}
	}
	return 0;
}

/* The message is there; what it lacks is said after it. */
static void
end_message(struct ms_mapi_reader *r)
{
	struct ms_mapi_folder *f = counts(r, ms_buf_str(&r->folder));
	int64_t missing = r->parser.frame.number;
	struct ms_buf name = {0};

	f->items++;
	if (missing <= 0)
		return;
	f->incomplete++;
	if (r->folder.n > 0)
		ms_buf_printf(&name, "folder %.120s, ", ms_buf_str(&r->folder));
	if (r->named)
		ms_buf_printf(&name, "%.120s: ", ms_buf_str(&r->what));
	ms_fail(&r->later, MS_DATA,
	    "%s%lld part%s missing from this message: %.240s",
	    ms_buf_str(&name), (long long)missing,
	    missing == 1 ? " is" : "s are", ms_parser_text(&r->parser));
	ms_buf_release(&name);
}

int
ms_mapi_reader_read(
    struct ms_mapi_reader *r, struct ms_slice *piece, struct ms_err *err)
{
	int rc;

	if (!r->in_message)
		return 0;
	do {
		rc = ms_parser_receive(&r->parser);
	} while (rc == 1 && r->parser.frame.kind == MS_MAPI_CONTENT &&
		 count_content(r) == 0);
	if (rc != 1) {
		r->in_message = false;
		return ms_parser_failed(&r->parser, rc, err);
	}
	if (r->parser.frame.kind == MS_MAPI_PIECE) {
		*piece = ms_buf_slice(&r->parser.bytes);
		return 1;
	}
	r->in_message = false;
	if (r->parser.frame.kind != MS_MAPI_FINISH)
		return fail_frame(r, err);
	end_message(r);
	return 0;
}

bool
ms_mapi_reader_passed(const struct ms_mapi_reader *r, uint64_t *n)
{
	*n = r->passed;
	return !r->in_message && r->later.code == MS_OK;
}

uint64_t
ms_mapi_reader_items(const struct ms_mapi_reader *r, uint64_t *done)
{
	*done = r->passed;
	return r->total >= r->passed ? r->total : 0;
}

uint64_t
ms_mapi_reader_left_out(const struct ms_mapi_reader *r)
{
	return r->left_out;
}
