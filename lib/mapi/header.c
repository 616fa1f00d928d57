/* header.c - the header of the message that is made of an item. The header with
 * which it came is kept, and what it lacks is added. [MS-OXCMAIL], 2.1.2, 2.2;
 * ms-mapi(7), Header. */
#include "impl.h"

#include <string.h>
#include <strings.h>
#include "address-set.h"
#include "le.h"
#include "mail.h"
#include "sha.h"
#include "utf8.h"

/* The fields that are looked for in a header that is kept. */
enum field {
	FROM,
	SENDER,
	REPLY_TO,
	TO, /* To, Cc and Bcc are in the order of their types in MAPI */
	CC,
	BCC,
	SUBJECT,
	DATE,
	MESSAGE_ID,
	IN_REPLY_TO,
	REFERENCES,
	IMPORTANCE,
	SENSITIVITY,
	FIELDS
};
static const char *const names[FIELDS] = {"From", "Sender", "Reply-To", "To",
    "Cc", "Bcc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "Importance", "Sensitivity"};
#define TYPES 3

/* What the item says about its recipients, and what its header says. */
struct header {
	const struct ms_mapi_item *item;
	struct ms_buf kept;   /* the header with which it came, or empty */
	bool has[FIELDS];     /* fields of it */
	struct ms_buf people; /* the texts of To, Cc and Bcc of it, as keys */
	struct ms_address_set known;
	struct ms_buf missing[TYPES]; /* mailboxes that it lacks */
	struct ms_buf others;         /* fields for other addresses */
};

/* ---- the header with which an item came ---- */

static enum field
field_of(struct ms_slice name)
{
	enum field i = 0;

	while (i < FIELDS && !ms_slice_is(name, names[i]))
		i++;
	return i;
}

/* Whether a field of the header is kept; those of MIME are new. */
static bool
is_kept(struct ms_slice name)
{
	if (name.n == 0 || ms_slice_is(name, "MIME-Version") ||
	    (name.n >= 8 &&
		strncasecmp((const char *)name.p, "Content-", 8) == 0))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > 0x7e || name.p[i] == ':')
			return false;
	return true;
}

static struct ms_slice
trim(struct ms_slice s)
{
	while (s.n > 0 && s.p[0] <= ' ')
		s = (struct ms_slice){s.p + 1, s.n - 1};
	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* Appends the lines of a body; a line without text would end the header. */
static void
add_body(struct ms_buf *out, struct ms_slice body)
{
	size_t n;
	bool first = true;

	body = trim(body);
	while (body.n > 0) {
		for (n = 0;
		     n < body.n && body.p[n] != '\r' && body.p[n] != '\n'; n++)
			;
		if (trim((struct ms_slice){body.p, n}).n > 0) {
			if (!first)
				ms_buf_add_str(
				    out, *body.p == ' ' || *body.p == '\t'
					     ? "\r\n"
					     : "\r\n ");
			first = false;
			for (size_t i = 0; i < n; i++)
				ms_buf_add_byte(
				    out, body.p[i] < ' ' && body.p[i] != '\t'
					     ? ' '
					     : body.p[i]);
		}
		n += n < body.n;
		body = (struct ms_slice){body.p + n, body.n - n};
	}
}

static void
remember_address(void *ctx, struct ms_slice address)
{
	struct header *h = ctx;
	struct ms_buf text = {0};

	ms_buf_add(&text, address.p, address.n);
	ms_address_set_add(&h->known, ms_buf_str(&text));
	ms_buf_release(&text);
}

static void
remember_people(struct header *h, struct ms_slice body)
{
	struct ms_buf text = {0};

	ms_mail_addresses(body, remember_address, h);
	ms_mail_decode_text(body, &text);
	ms_buf_add_byte(&h->people, '\n');
	ms_utf8_text_key(ms_buf_slice(&text), &h->people);
	ms_buf_release(&text);
}

/* Reads PidTagTransportMessageHeaders, and notes what it has. */
static void
read_kept(struct header *h)
{
	struct ms_slice rest, name, body;
	enum field f;

	if (!ms_mapi_text(&h->item->props, MS_MAPI_ID(0x007d), &h->kept))
		return;
	rest = ms_buf_slice(&h->kept);
	while (rest.n > 0 && (*rest.p == '\r' || *rest.p == '\n'))
		rest = (struct ms_slice){rest.p + 1, rest.n - 1};
	while (ms_mail_next_field(&rest, &name, &body)) {
		f = field_of(name);
		if (f == FIELDS || trim(body).n == 0)
			continue;
		h->has[f] = true;
		if (f >= TO && f <= BCC)
			remember_people(h, body);
	}
}

/* ---- recipients ---- */

static bool
is_letter(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') ||
	       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Whether the fields of the header contain this name, as whole words. */
static bool
names_person(const struct header *h, const struct ms_buf *name)
{
	struct ms_buf key = {0};
	const unsigned char *p = h->people.p, *end, *at;
	bool found = false;

	if (h->people.n == 0)
		return false;
	end = p + h->people.n;
	ms_utf8_text_key(ms_buf_slice(name), &key);
	while (!found && key.n > 0 && p < end) {
		at = memmem(p, (size_t)(end - p), key.p, key.n);
		if (at == NULL)
			break;
		found = (at == h->people.p || !is_letter(at[-1])) &&
			(at + key.n == end || !is_letter(at[key.n]));
		p = at + 1;
	}
	ms_buf_release(&key);
	return found;
}

static bool
is_known(struct header *h, struct ms_mapi_address *a)
{
	if (a->mail.n > 0)
		return ms_address_set_has(&h->known, ms_buf_str(&a->mail));
	return a->name.n > 0 && names_person(h, &a->name);
}

/* An address that is not of mail gets a field of its own, to be found. */
static void
add_other(struct ms_buf *out, const char *role, const struct ms_mapi_address *a)
{
	char name[32] = "X-MAPI-";

	if (a->mail.n > 0 || a->other.n == 0 ||
	    ms_slice_eq(ms_buf_slice(&a->other), ms_buf_slice(&a->name)))
		return;
	strncat(name, role, sizeof(name) - strlen(name) - 1);
	ms_mapi_field(out, name, ms_buf_slice(&a->other));
}

static void
add_missing(struct header *h, int type, struct ms_mapi_address *a)
{
	struct ms_buf *list = &h->missing[type];

	if (ms_mapi_address_is_empty(a) || is_known(h, a))
		return;
	if (list->n > 0)
		ms_buf_add_str(list, ",\r\n\t");
	ms_mapi_mailbox(list, a);
	add_other(&h->others, names[TO + type], a);
}

/* PidTagRecipientType; a resource of a meeting has the type of Bcc. */
static int
type_of(const struct ms_mapi_recipient *r)
{
	int64_t type = ms_mapi_number_or(&r->props, MS_MAPI_ID(0x0c15), 1) & 15;

	return type == 2 || type == 3 ? (int)type - 1 : 0;
}

/* Without a table, the names for people: "Ann; Ben". */
static void
read_display(struct header *h, int type, unsigned id)
{
	struct ms_buf text = {0};
	struct ms_slice rest;
	size_t n;

	(void)ms_mapi_text(&h->item->props, MS_MAPI_ID(id), &text);
	for (rest = ms_buf_slice(&text); rest.n > 0;
	     rest = (struct ms_slice){rest.p + n, rest.n - n}) {
		struct ms_mapi_address a = {0};

		for (n = 0; n < rest.n && rest.p[n] != ';'; n++)
			;
		ms_mapi_line((struct ms_slice){rest.p, n}, &a.name);
		ms_mapi_address_clean(ms_buf_slice(&a.name), &a.mail);
		if (a.mail.n > 0)
			ms_buf_clear(&a.name);
		add_missing(h, type, &a);
		ms_mapi_address_release(&a);
		n += n < rest.n;
	}
	ms_buf_release(&text);
}

static void
read_recipients(struct header *h)
{
	static const unsigned display[TYPES] = {0x0e04, 0x0e03, 0x0e02};
	const struct ms_mapi_item *item = h->item;

	for (size_t i = 0; i < item->recipient_count; i++) {
		struct ms_mapi_address a = {0};

		ms_mapi_address_recipient(&item->recipients[i], &a);
		add_missing(h, type_of(&item->recipients[i]), &a);
		ms_mapi_address_release(&a);
	}
	for (int i = 0; i < TYPES && item->recipient_count == 0; i++)
		read_display(h, i, display[i]);
}

/* ---- the fields ---- */

/* Writes the fields that are kept; the last To gets the recipients that the
 * header lacks, and so do Cc and Bcc. */
static void
write_kept(struct header *h, struct ms_buf *out)
{
	struct ms_slice rest = ms_buf_slice(&h->kept), name, body;
	enum field f;
	struct ms_buf *more;

	while (rest.n > 0 && (*rest.p == '\r' || *rest.p == '\n'))
		rest = (struct ms_slice){rest.p + 1, rest.n - 1};
	while (ms_mail_next_field(&rest, &name, &body)) {
		if (!is_kept(name))
			continue;
		ms_buf_add(out, name.p, name.n);
		ms_buf_add_str(out, ": ");
		add_body(out, body);
		f = field_of(name);
		more = f >= TO && f <= BCC && trim(body).n > 0
			   ? &h->missing[f - TO]
			   : NULL;
		if (more != NULL && more->n > 0) {
			ms_buf_add_str(out, ",\r\n\t");
			ms_buf_add(out, more->p, more->n);
			ms_buf_clear(more);
		}
		ms_buf_add_str(out, "\r\n");
	}
}

static void
write_list(struct ms_buf *out, enum field f, const struct ms_buf *list)
{
	if (list->n == 0)
		return;
	ms_buf_printf(out, "%s: ", names[f]);
	ms_buf_add(out, list->p, list->n);
	ms_buf_add_str(out, "\r\n");
}

static void
write_person(struct ms_buf *out, struct ms_buf *others, enum field f,
    const struct ms_mapi_address *a)
{
	if (ms_mapi_address_is_empty(a))
		return;
	ms_buf_printf(out, "%s: ", names[f]);
	ms_mapi_mailbox(out, a);
	ms_buf_add_str(out, "\r\n");
	add_other(others, names[f], a);
}

static void
write_author(struct header *h, struct ms_buf *out)
{
	struct ms_mapi_address author = {0}, sender = {0};

	ms_mapi_address_author(h->item, &author, &sender);
	if (!h->has[FROM]) {
		write_person(out, &h->others, FROM, &author);
		if (!h->has[SENDER])
			write_person(out, &h->others, SENDER, &sender);
	}
	ms_mapi_address_release(&author);
	ms_mapi_address_release(&sender);
}

/* PidTagReplyRecipientEntries, [MS-OXCDATA], 2.3.3: a count, the size of all,
 * and each entry id after its size. */
static void
write_reply_to(struct header *h, struct ms_buf *out)
{
	struct ms_slice s = ms_mapi_bytes(&h->item->props, MS_MAPI_ID(0x004f));
	struct ms_buf list = {0};
	uint32_t n;

	if (h->has[REPLY_TO] || s.n < 8)
		return;
	s = (struct ms_slice){s.p + 8, s.n - 8};
	while (s.n >= 4) {
		struct ms_mapi_address a = {0};

		n = ms_le32(s.p);
		if (n > s.n - 4)
			break;
		if (ms_mapi_address_entry((struct ms_slice){s.p + 4, n},
			h->item->props.codepage, &a) &&
		    !ms_mapi_address_is_empty(&a)) {
			if (list.n > 0)
				ms_buf_add_str(&list, ",\r\n\t");
			ms_mapi_mailbox(&list, &a);
		}
		ms_mapi_address_release(&a);
		n = n + 4 +
		    (4 - n % 4) % 4; /* each begins at a multiple of 4 */
		if (n > s.n)
			break;
		s = (struct ms_slice){s.p + n, s.n - n};
	}
	write_list(out, REPLY_TO, &list);
	ms_buf_release(&list);
}

/* Ids of messages, if the item has a text with them. */
static void
write_ids(struct header *h, enum field f, unsigned id, struct ms_buf *out)
{
	struct ms_buf text = {0};

	if (!h->has[f] && ms_mapi_text(&h->item->props, MS_MAPI_ID(id), &text))
		ms_mapi_field_ids(out, names[f], ms_buf_slice(&text));
	ms_buf_release(&text);
}

static void
write_message_id(struct header *h, const char *id, struct ms_buf *out)
{
	size_t before = out->n;

	if (h->has[MESSAGE_ID])
		return;
	write_ids(h, MESSAGE_ID, 0x1035, out);
	if (out->n == before)
		ms_buf_printf(out, "Message-ID: <%s@mapi.invalid>\r\n", id);
}

static void
write_word(struct header *h, enum field f, unsigned id,
    const char *const word[4], struct ms_buf *out)
{
	int64_t n = ms_mapi_number_or(&h->item->props, MS_MAPI_ID(id), -1);

	if (!h->has[f] && n >= 0 && n < 4 && word[n] != NULL)
		ms_buf_printf(out, "%s: %s\r\n", names[f], word[n]);
}

static void
write_added(struct header *h, const char *id, struct ms_buf *out)
{
	static const char *const importance[4] = {"low", NULL, "high"},
				 *const sensitivity[4] = {NULL, "Personal",
				     "Private", "Company-Confidential"};
	struct ms_buf text = {0};
	int64_t date;

	write_author(h, out);
	write_reply_to(h, out);
	for (int i = 0; i < TYPES; i++)
		write_list(out, TO + i, &h->missing[i]);
	if (!h->has[SUBJECT]) {
		ms_mapi_subject(h->item, &text);
		ms_mapi_field(out, names[SUBJECT], ms_buf_slice(&text));
	}
	if (!h->has[DATE] && ms_mapi_date_sent(h->item, &date))
		ms_mapi_field_date(out, names[DATE], date);
	write_message_id(h, id, out);
	write_ids(h, IN_REPLY_TO, 0x1042, out);
	write_ids(h, REFERENCES, 0x1039, out);
	write_word(h, IMPORTANCE, 0x0017, importance, out);
	write_word(h, SENSITIVITY, 0x0036, sensitivity, out);
	ms_buf_add(out, h->others.p, h->others.n);
	ms_buf_clear(&text);
	ms_mapi_class(h->item, &text);
	if (!ms_slice_is(ms_buf_slice(&text), "ipm.note"))
		ms_mapi_field(out, "X-MAPI-Message-Class", ms_buf_slice(&text));
	ms_buf_release(&text);
}

void
ms_mapi_header(
    const struct ms_mapi_item *item, const char *id, struct ms_buf *out)
{
	struct header h = {.item = item};

	read_kept(&h);
	read_recipients(&h);
	write_kept(&h, out);
	write_added(&h, id, out);
	ms_buf_release(&h.kept);
	ms_buf_release(&h.people);
	ms_address_set_release(&h.known);
	for (int i = 0; i < TYPES; i++)
		ms_buf_release(&h.missing[i]);
	ms_buf_release(&h.others);
}
