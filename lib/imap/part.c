/*
 * part.c - the parts of messages that are fetched: their names, their bytes,
 * which come in pieces and are spooled, and what a header says. RFC 3501, 6.4.5
 * and 7.4.2; ms-archive(5), Identity.
 */
#include "imap.h"
#include "impl.h"

#include <string.h>
#include <strings.h>

#include "mail.h"
#include "message-hasher.h"

/* ---- names and bytes ---- */

static const struct {
	const char *ask, *section, *rfc822;
} parts[MS_IMAP_PARTS] = {
    [MS_IMAP_NO_PART] = {"", NULL, NULL},
    [MS_IMAP_HEADER] = {" BODY.PEEK[HEADER]", "[HEADER]", "RFC822.HEADER"},
    [MS_IMAP_TOP] = {" BODY.PEEK[HEADER]<0.4096>", "[HEADER]", "RFC822.HEADER"},
    [MS_IMAP_BODY] = {" BODY.PEEK[]", "[]", "RFC822"},
};

void
ms_imap_part_ask(enum ms_imap_part part, struct ms_buf *command)
{
	ms_buf_add_str(command, parts[part].ask);
}

/* Removes a word, in any case, from the beginning of a name. */
static bool
skip(struct ms_slice *name, const char *word)
{
	size_t n = strlen(word);

	if (name->n < n || strncasecmp((const char *)name->p, word, n) != 0)
		return false;
	name->p += n;
	name->n -= n;
	return true;
}

bool
ms_imap_part_is(enum ms_imap_part part, struct ms_slice name)
{
	struct ms_slice rest = name;

	if (part == MS_IMAP_NO_PART)
		return false;
	if (skip(&rest, parts[part].rfc822) && rest.n == 0)
		return true;
	if (!skip(&name, "BODY"))
		return false;
	(void)skip(&name, ".PEEK");
	if (!skip(&name, parts[part].section))
		return false;
	(void)skip(&name, "<0>");
	return name.n == 0;
}

void
ms_imap_part_add(struct ms_imap *im, struct ms_slice piece)
{
	im->body_bytes += piece.n;
	if (im->body_lost.code != MS_OK)
		return;
	if (ms_spool_size(&im->body) + piece.n > MS_MESSAGE_MAX)
		ms_fail(&im->body_lost, MS_DATA, "larger than %llu bytes",
		    (unsigned long long)MS_MESSAGE_MAX);
	else
		(void)ms_spool_add(&im->body, piece.p, piece.n, &im->body_lost);
}

/* ---- headers ---- */

struct header {
	struct ms_message_hasher *hasher;
	struct ms_buf text; /* its beginning, for the Date field */
	unsigned newlines;  /* line ends in a row at its end */
};

static int
read_header(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct header *h = ctx;
	size_t room = MS_HEAD_MAX - h->text.n, i;

	(void)err;
	for (i = 0; i < n; i++)
		if (p[i] == '\n')
			h->newlines++;
		else if (p[i] != '\r')
			h->newlines = 0;
	ms_message_hasher_add(h->hasher, p, n);
	ms_buf_add(&h->text, p, n < room ? n : room);
	return 0;
}

bool
ms_imap_part_describe(
    struct ms_imap *im, enum ms_imap_part part, struct ms_imap_message *m)
{
	struct header h = {.hasher = ms_message_hasher_new()};
	struct ms_identity id;
	struct ms_desc desc;

	if (ms_spool_emit(&im->body, read_header, &h, &im->body_lost) == 0) {
		ms_message_hasher_end(h.hasher, &id);
		memcpy(m->head, id.head, sizeof(m->head));
		if (part == MS_IMAP_TOP)
			ms_header_top(ms_buf_slice(&h.text), m->head);
		ms_mail_describe(ms_buf_slice(&h.text), &desc);
		m->has_head = true;
		m->has_sent = (desc.bits & MS_DESC_DATE) != 0;
		m->sent = desc.date;
	}
	ms_message_hasher_free(h.hasher);
	ms_buf_release(&h.text);
	return h.newlines > 1;
}
