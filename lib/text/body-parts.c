/* body-parts.c - what the parts of a message are. ms-query(7), has: */
#include "body-impl.h"
#include "mail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- types ---- */

static bool
is_one_of(const char *type, const char *const *types)
{
	for (; *types != NULL; types++)
		if (strcmp(type, *types) == 0)
			return true;
	return false;
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool
ms_body_is_card(const char *type)
{
	static const char *const cards[] = {"text/calendar", "text/vcard",
	    "text/x-vcard", "text/x-vcalendar", "text/directory", NULL};

	return is_one_of(type, cards);
}

/* What a mail system says about another message. */
static bool
is_report(const char *type)
{
	static const char *const reports[] = {"message/delivery-status",
	    "message/disposition-notification", "message/feedback-report",
	    "message/global-delivery-status", "message/global-headers",
	    "message/global-disposition-notification", NULL};

	return is_one_of(type, reports);
}

enum ms_body_rank
ms_body_rank(const char *type)
{
	static const char *const silent[] = {
	    "text/css", "text/javascript", "text/ecmascript", "text/rtf", NULL};

	if (strcmp(type, "text/plain") == 0)
		return MS_RANK_PLAIN;
	if (strcmp(type, "text/html") == 0)
		return MS_RANK_HTML;
	return is_report(type) ||
		       (begins(type, "text/") && !is_one_of(type, silent))
		   ? MS_RANK_OTHER
		   : MS_RANK_NONE;
}

static bool
is_signature(const char *type)
{
	static const char *const signatures[] = {"application/pgp-signature",
	    "application/pkcs7-signature", "application/x-pkcs7-signature",
	    NULL};

	return is_one_of(type, signatures);
}

static bool
is_smime(const char *type)
{
	return strcmp(type, "application/pkcs7-mime") == 0 ||
	       strcmp(type, "application/x-pkcs7-mime") == 0;
}

/* ---- one part ---- */

/* Does a field begin with this word? */
static bool
field_begins(struct ms_slice header, const char *name, const char *word)
{
	struct ms_slice s;
	size_t n = strlen(word);

	if (!ms_mail_find(header, name, &s))
		return false;
	while (s.n > 0 &&
	       (*s.p == ' ' || *s.p == '\t' || *s.p == '\r' || *s.p == '\n')) {
		s.p++;
		s.n--;
	}
	return s.n >= n && strncasecmp((const char *)s.p, word, n) == 0;
}

static bool
is_in(const struct ms_body *b, const struct ms_body_part *p, const char *type)
{
	return p != b->part && strcmp(b->part[p->parent].type, type) == 0;
}

static bool
is_inline_image(const struct ms_body *b, const struct ms_body_part *p,
    const struct ms_mime_info *info, struct ms_slice header)
{
	struct ms_slice id;

	return begins(p->type, "image/") && !info->attachment &&
	       (field_begins(header, "content-disposition", "inline") ||
		   (is_in(b, p, "multipart/related") &&
		       (ms_mail_find(header, "content-id", &id) ||
			   ms_mail_find(header, "content-location", &id))));
}

/* S/MIME says in a parameter what it is; most often it is encrypted. */
static unsigned
read_smime(struct ms_body *b, struct ms_slice header)
{
	struct ms_slice type = {0};
	struct ms_buf kind = {0};

	(void)ms_mail_find(header, "content-type", &type);
	if (!ms_mime_parameter(type, "smime-type", &kind) ||
	    strcasecmp(ms_buf_str(&kind), "enveloped-data") == 0 ||
	    strcasecmp(ms_buf_str(&kind), "authenveloped-data") == 0) {
		b->state |= MS_BODY_ENCRYPTED;
		ms_body_add_remark(b, "encrypted with S/MIME");
	} else if (strcasecmp(ms_buf_str(&kind), "signed-data") == 0) {
		b->state |= MS_BODY_SIGNED | MS_BODY_OPAQUE;
		ms_body_add_remark(b, "signed with S/MIME, and its text is "
				      "within the signature; not checked");
	}
	ms_buf_release(&kind);
	return MS_PART_SHELL;
}

static unsigned
bits_of(struct ms_body *b, const struct ms_body_part *p,
    const struct ms_mime_part *m, const struct ms_mime_info *info,
    struct ms_slice header)
{
	unsigned bits = 0;

	if (m->kind == MS_MIME_MULTIPART)
		return MS_PART_MULTIPART;
	if (m->kind == MS_MIME_MESSAGE)
		bits |= MS_PART_MESSAGE;
	if (is_signature(p->type))
		bits |= MS_PART_SIGNATURE;
	if (is_in(b, p, "multipart/encrypted"))
		bits |= MS_PART_SHELL;
	if (is_smime(p->type))
		bits |= read_smime(b, header);
	if (is_inline_image(b, p, info, header))
		bits |= MS_PART_INLINE;
	if ((bits & (MS_PART_SIGNATURE | MS_PART_SHELL | MS_PART_INLINE)) ==
		0 &&
	    (info->name.n > 0 || info->attachment ||
		(bits & MS_PART_MESSAGE) != 0 ||
		!(begins(p->type, "text/") || is_report(p->type))))
		bits |= MS_PART_ATTACHMENT;
	return bits;
}

/* Text is shown, unless the sender calls it an attachment; so are embedded
 * messages. Whether alternatives are chosen instead is not known yet. */
static bool
can_show(const struct ms_body_part *p, const struct ms_mime_info *info)
{
	if ((p->bits & MS_PART_MESSAGE) != 0)
		return true;
	return (p->bits & (MS_PART_MULTIPART | MS_PART_SHELL |
			      MS_PART_SIGNATURE)) == 0 &&
	       !info->attachment && ms_body_rank(p->type) != MS_RANK_NONE;
}

/* ---- strings, which do not move until the message is dropped ---- */

#define STRINGS_CHUNK 16384 /* bytes */

struct ms_body_strings {
	struct ms_body_strings *next;
	size_t used;
	char bytes[STRINGS_CHUNK];
};

static const char *
keep(struct ms_body *b, const void *text, size_t n)
{
	struct ms_body_strings *s = b->strings;
	const unsigned char *p = text;
	char *to;

	if (n > MS_BODY_NAME_MAX) {
		n = MS_BODY_NAME_MAX;
		while (n > 0 && (p[n] & 0xc0) == 0x80)
			n--;
	}
	if (s == NULL || n + 1 > STRINGS_CHUNK - s->used) {
		s = ms_xmalloc(sizeof(*s));
		s->next = b->strings;
		s->used = 0;
		b->strings = s;
	}
	to = s->bytes + s->used;
	if (n > 0)
		memcpy(to, p, n);
	to[n] = '\0';
	s->used += n + 1;
	return to;
}

void
ms_body_drop_strings(struct ms_body *b)
{
	struct ms_body_strings *next;

	for (; b->strings != NULL; b->strings = next) {
		next = b->strings->next;
		free(b->strings);
	}
}

/* ---- all parts ---- */

static void
make_room(struct ms_body *b, size_t n)
{
	if (n <= b->room)
		return;
	b->part = ms_xreallocarray(b->part, n, sizeof(*b->part));
	b->rank = ms_xreallocarray(b->rank, n, sizeof(*b->rank));
	b->room = n;
}

/* A multipart without parts is shown as it is. Common types are not copied. */
static const char *
type_of(struct ms_body *b, const struct ms_mime_part *m,
    const struct ms_mime_info *info)
{
	static const char *const common[] = {
	    "text/plain", "text/html", "multipart/alternative"};

	if (m->kind == MS_MIME_LEAF && begins(info->type, "multipart/"))
		return common[0];
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (strcmp(info->type, common[i]) == 0)
			return common[i];
	return keep(b, info->type, strlen(info->type));
}

/* Stops at the first character that is not blank. */
static int
find_text(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)ctx;
	(void)err;
	for (size_t i = 0; i < n; i++)
		if (p[i] > ' ' && p[i] != 0xa0 && p[i] != 0xc2)
			return -1;
	return 0;
}

static bool
is_blank_text(const struct ms_body *b, const struct ms_body_part *p)
{
	return ms_body_decode(b, p, find_text, NULL, NULL) == 0;
}

/* The rank of a part: an empty text is none. */
static unsigned char
rank_of(const struct ms_body *b, const struct ms_body_part *p)
{
	enum ms_body_rank rank = ms_body_rank(p->type);

	if ((p->bits & MS_PART_SHOWN) == 0)
		return MS_RANK_NONE;
	return rank == MS_RANK_PLAIN && is_blank_text(b, p) ? MS_RANK_NONE
							    : rank;
}

/* A multipart is as good as the best of its parts; an embedded message is no
 * text of the one around it. */
static void
rank_all(struct ms_body *b)
{
	struct ms_body_part *p;

	memset(b->rank, MS_RANK_NONE, b->count);
	for (size_t i = b->count; i-- > 0;) {
		p = &b->part[i];
		if ((p->bits & MS_PART_MULTIPART) == 0)
			b->rank[i] = (p->bits & MS_PART_MESSAGE) != 0
					 ? MS_RANK_OTHER
					 : rank_of(b, p);
		if (i > 0 && b->rank[p->parent] < b->rank[i])
			b->rank[p->parent] = b->rank[i];
	}
}

/* Of alternatives, only the best ones are shown, and calendars. Those of the
 * others are hidden with all that is in them. */
static void
choose(struct ms_body *b)
{
	unsigned char *hidden = ms_xcalloc(b->count, 1);

	for (size_t i = 1; i < b->count; i++) {
		struct ms_body_part *p = &b->part[i];

		hidden[i] = hidden[p->parent];
		if (is_in(b, p, "multipart/alternative") &&
		    b->rank[i] < b->rank[p->parent] &&
		    strcmp(p->type, "text/calendar") != 0)
			hidden[i] = 1;
		if (hidden[i] != 0)
			p->bits &= ~(unsigned)MS_PART_SHOWN;
	}
	free(hidden);
}

/* Says what multiparts for security are. */
static void
read_security(struct ms_body *b, const struct ms_body_part *p)
{
	struct ms_slice type = {0}, header = ms_body_header(b, p);
	struct ms_buf protocol = {0};
	bool smime;

	(void)ms_mail_find(header, "content-type", &type);
	(void)ms_mime_parameter(type, "protocol", &protocol);
	smime = strcasestr(ms_buf_str(&protocol), "pkcs7") != NULL;
	if (strcmp(p->type, "multipart/encrypted") == 0) {
		b->state |= MS_BODY_ENCRYPTED;
		ms_body_add_remark(b, "encrypted with PGP/MIME");
	} else if (strcmp(p->type, "multipart/signed") == 0) {
		b->state |= MS_BODY_SIGNED;
		ms_body_add_remark(b, "signed with %s; not checked",
		    smime ? "S/MIME" : "PGP/MIME");
	}
	ms_buf_release(&protocol);
}

/* Has a part of a digest an empty header? libetpan then takes the header of the
 * embedded message for it (RFC 2046, 5.1.5). */
static bool
is_headless(const struct ms_body *b, const struct ms_body_part *p)
{
	const unsigned char *text = ms_body_message(b).p;
	uint64_t at = p->header;

	if (!is_in(b, p, "multipart/digest") || at < 3 || text[at - 1] != '\n')
		return false;
	at -= text[at - 2] == '\r' ? 2 : 1;
	return text[at - 1] == '\n';
}

/* Gives the header to the embedded message. */
static void
mend_digest(struct ms_body *b, struct ms_body_part *p)
{
	if (is_headless(b, p)) {
		p->bits |= MS_PART_HEADLESS;
		if ((p->bits & MS_PART_MESSAGE) != 0)
			p->body = p->header;
		if ((p->bits & MS_PART_MULTIPART) == 0)
			p->bits |= MS_PART_ATTACHMENT;
	}
	if (p != b->part && (b->part[p->parent].bits & MS_PART_HEADLESS) != 0 &&
	    (b->part[p->parent].bits & MS_PART_MESSAGE) != 0)
		p->header = b->part[p->parent].header;
}

static void
read_part(struct ms_body *b, size_t i, const struct ms_mime_part *m,
    struct ms_mime_info *info)
{
	struct ms_body_part *p = &b->part[i];
	struct ms_slice header;
	bool in_digest;

	*p = (struct ms_body_part){.header = m->header,
	    .body = m->body,
	    .end = m->end,
	    .parent = m->parent,
	    .depth = m->depth};
	in_digest = is_in(b, p, "multipart/digest");
	header = ms_body_header(b, p);
	ms_mime_info_read(info, header, in_digest);
	p->encoding = info->encoding;
	p->charset = info->charset;
	p->type = type_of(b, m, info);
	p->name = keep(b, info->name.p, info->name.n);
	p->bits = bits_of(b, p, m, info, header);
	if (can_show(p, info))
		p->bits |= MS_PART_SHOWN;
	if ((p->bits & MS_PART_MULTIPART) != 0)
		read_security(b, p);
	mend_digest(b, p);
}

void
ms_body_classify(struct ms_body *b)
{
	struct ms_mime_info info = {0};
	size_t n;
	const struct ms_mime_part *m = ms_mime_parts(b->mime, &n);
	unsigned number = 0;

	make_room(b, n);
	b->count = n;
	for (size_t i = 0; i < n; i++) {
		read_part(b, i, &m[i], &info);
		if ((b->part[i].bits & MS_PART_MULTIPART) == 0)
			b->part[i].number = ++number;
	}
	ms_mime_info_release(&info);
	rank_all(b);
	choose(b);
}
