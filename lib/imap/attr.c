/*
 * attr.c - reads the attributes of a message in an answer to FETCH: flags,
 * date, size, Gmail's labels. Attributes that are unknown or cannot be read are
 * passed over. RFC 3501, 7.4.2; developers.google.com/gmail/imap/
 * imap-extensions.
 */
#include "imap.h"
#include "impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mail.h"
#include "utf8.h"

#define DATE_MAX 64      /* bytes of an INTERNALDATE */
#define EMAIL_ID_MAX 255 /* bytes; RFC 8474, 7 */

/* ---- flags ---- */

static const char *const system_flags[] = {
    "\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"};

/* Writes the bytes of a keyword that flags cannot have as `\xE9`. */
static void
add_keyword(struct ms_buf *out, struct ms_slice text)
{
	size_t i, n;
	uint32_t c;

	for (i = 0; i < text.n; i += n) {
		n = ms_utf8_step(text.p + i, text.n - i, &c);
		if (c == MS_NOT_UTF8 || c <= ' ' || (c >= 0x7f && c < 0xa0) ||
		    (c == '\\' && i > 0))
			for (size_t k = 0; k < n; k++)
				ms_buf_printf(out, "\\x%02X", text.p[i + k]);
		else
			ms_buf_add(out, text.p + i, n);
	}
}

/* Adds a flag after a blank. Returns false if the flags are too many. */
static bool
add_flag(struct ms_buf *out, struct ms_slice text)
{
	size_t before = out->n, i;

	if (ms_slice_is(text, "\\Recent") || ms_slice_is(text, "\\") ||
	    text.n == 0)
		return true;
	if (out->n + text.n > MS_IMAP_FLAGS_MAX)
		return false;
	if (out->n > 0)
		ms_buf_add_byte(out, ' ');
	for (i = 0; i < sizeof(system_flags) / sizeof(*system_flags); i++)
		if (ms_slice_is(text, system_flags[i]))
			text = ms_slice_str(system_flags[i]);
	add_keyword(out, text);
	if (out->n + 1 > MS_IMAP_FLAGS_MAX) {
		out->n = before;
		return false;
	}
	return true;
}

/* ---- labels ---- */

/*
 * Returns the folder of a system label without its backslash, or NULL if the
 * label is hidden from IMAP or unknown.
 */
static const char *
system_folder(const struct ms_imap *im, struct ms_slice label)
{
	unsigned use = ms_imap_use(label);

	if (ms_slice_is(label, "Inbox"))
		return "INBOX";
	for (size_t k = 0; k < MS_IMAP_USES; k++)
		if (use == 1u << k)
			return im->special[k];
	return NULL;
}

/*
 * Adds a label as the name of a folder and a newline. Returns false if the
 * labels are too many.
 */
static bool
add_label(const struct ms_imap *im, struct ms_buf *out, struct ms_slice text)
{
	char *label = ms_xstrndup(text.p, text.n), *name = NULL;
	const char *folder = NULL;
	bool fits = true;

	if (*label == '\\')
		folder = system_folder(im, ms_slice_str(label + 1));
	else if (strpbrk(label, "\r\n") == NULL)
		folder = name = ms_imap_folder_name(im, label, '/');
	if (folder != NULL && *folder != '\0') {
		fits = out->n + strlen(folder) + 1 <= MS_IMAP_FLAGS_MAX;
		if (fits)
			ms_buf_printf(out, "%s\n", folder);
	}
	free(label);
	free(name);
	return fits;
}

/* ---- attributes ---- */

/* Reads a list of flags or labels, of which v is the beginning; NIL is an
 * empty list. */
static void
read_list(struct ms_imap *im, struct ms_imap_attr *a, struct ms_imap_value *v,
    bool labels)
{
	struct ms_buf *out = labels ? &a->labels : &a->flags;
	bool list = v->type == MS_IMAP_OPEN, fits = true;

	ms_buf_clear(out);
	if (list)
		ms_imap_value(&im->reader, v);
	else if (ms_slice_is(v->text, "NIL"))
		return;
	while (v->type != MS_IMAP_CLOSE && v->type != MS_IMAP_END) {
		if (fits &&
		    (v->type == MS_IMAP_ATOM || v->type == MS_IMAP_STRING))
			fits = labels ? add_label(im, out, v->text)
				      : add_flag(out, v->text);
		if (!list)
			break;
		ms_imap_value_next(&im->reader, v);
	}
	a->m.flags_cut |= !fits;
}

static bool
is_email_id(struct ms_slice text)
{
	size_t i;

	for (i = 0; i < text.n && i <= EMAIL_ID_MAX; i++)
		if (!isalnum(text.p[i]) && text.p[i] != '-' && text.p[i] != '_')
			return false;
	return i > 0 && i <= EMAIL_ID_MAX;
}

/* `(M6d99ac3275bb4e)`; RFC 8474, 5.1. After the part, it may be text of the
 * message. */
static void
read_email_id(
    struct ms_imap *im, struct ms_imap_attr *a, struct ms_imap_value *v)
{
	ms_buf_clear(&a->email_id);
	if (v->type != MS_IMAP_OPEN)
		return;
	ms_imap_value(&im->reader, v);
	if (is_email_id(v->text) && a->sections == 0) {
		ms_buf_add(&a->email_id, v->text.p, v->text.n);
		ms_imap_value(&im->reader, v);
	}
	if (v->type != MS_IMAP_CLOSE)
		ms_buf_clear(&a->email_id);
	ms_imap_value_leave(&im->reader, v);
}

static void
read_section(
    struct ms_imap *im, struct ms_imap_attr *a, const struct ms_imap_value *v)
{
	if (a->sections++ == 0) {
		a->sure_uid = a->m.uid != 0;
		a->sure_size = a->m.has_size;
	}
	if (v->type == MS_IMAP_STRING)
		ms_imap_part_add(im, v->text);
	else if (v->type != MS_IMAP_DROPPED)
		a->nils++;
}

enum name {
	UNKNOWN,
	UID,
	FLAGS,
	DATE,
	SIZE,
	LABELS,
	EMAIL_ID,
	SECTION
};

static enum name
name_of(const struct ms_imap_value *v, enum ms_imap_part part)
{
	static const struct ms_imap_name names[] = {{"UID", UID},
	    {"FLAGS", FLAGS}, {"INTERNALDATE", DATE}, {"RFC822.SIZE", SIZE},
	    {"X-GM-LABELS", LABELS}, {"EMAILID", EMAIL_ID}};
	enum name name = UNKNOWN;

	if (v->type == MS_IMAP_ATOM)
		name = (enum name)ms_imap_name(
		    names, sizeof(names) / sizeof(*names), v->text);
	if (name == UNKNOWN && v->type == MS_IMAP_ATOM &&
	    ms_imap_part_is(part, v->text))
		name = SECTION;
	return name;
}

static void
read_value(struct ms_imap *im, struct ms_imap_attr *a, enum name name,
    struct ms_imap_value *v)
{
	struct ms_imap_message *m = &a->m;
	uint64_t number = 0;

	switch (name) {
	case UID:
		if (ms_imap_number(v->text, UINT32_MAX, &number) &&
		    !a->sure_uid)
			m->uid = (uint32_t)number;
		break;
	case FLAGS:
		a->has_flags = true;
		read_list(im, a, v, false);
		break;
	case DATE:
		m->has_date =
		    v->text.n <= DATE_MAX && ms_mail_date(v->text, &m->date);
		break;
	case SIZE:
		if (a->sure_size)
			break;
		m->has_size = ms_imap_number(v->text, UINT32_MAX, &number);
		m->size = (uint32_t)number;
		break;
	case LABELS:
		a->has_labels = true;
		read_list(im, a, v, true);
		break;
	case EMAIL_ID:
		read_email_id(im, a, v);
		break;
	case SECTION:
		read_section(im, a, v);
		break;
	default:
		break;
	}
}

/* Makes a ready for the next message; memory is kept. */
static void
clear(struct ms_imap_attr *a)
{
	*a = (struct ms_imap_attr){
	    .flags = a->flags, .labels = a->labels, .email_id = a->email_id};
	ms_buf_clear(&a->flags);
	ms_buf_clear(&a->labels);
	ms_buf_clear(&a->email_id);
}

void
ms_imap_attr_read(
    struct ms_imap *im, struct ms_imap_attr *a, enum ms_imap_part part)
{
	struct ms_imap_value v;
	enum name name, next;

	clear(a);
	ms_imap_value(&im->reader, &v);
	if (v.type == MS_IMAP_OPEN)
		ms_imap_value(&im->reader, &v);
	else
		v.type = MS_IMAP_END;
	while (v.type != MS_IMAP_CLOSE && v.type != MS_IMAP_END) {
		name = name_of(&v, part);
		ms_imap_value_next(&im->reader, &v);
		/* An unknown name can be without a value. */
		next = name_of(&v, part);
		if (v.type == MS_IMAP_CLOSE || v.type == MS_IMAP_END ||
		    (name == UNKNOWN && next != UNKNOWN))
			continue;
		read_value(im, a, name, &v);
		ms_imap_value_next(&im->reader, &v);
	}
	a->m.flags = ms_buf_str(&a->flags);
	a->m.email_id = ms_buf_str(&a->email_id);
	a->m.labels = a->has_labels ? ms_buf_str(&a->labels) : NULL;
}

void
ms_imap_attr_release(struct ms_imap_attr *a)
{
	ms_buf_release(&a->flags);
	ms_buf_release(&a->labels);
	ms_buf_release(&a->email_id);
}

void
ms_imap_attr_ask(struct ms_imap *im, struct ms_buf *command)
{
	struct ms_imap_folder *f;
	size_t n;

	ms_buf_add_str(command, "UID FLAGS INTERNALDATE RFC822.SIZE");
	if ((ms_imap_capabilities(im) & MS_CAP_OBJECTID) != 0)
		ms_buf_add_str(command, " EMAILID");
	if ((ms_imap_capabilities(im) & MS_CAP_GMAIL) == 0)
		return;
	ms_buf_add_str(command, " X-GM-LABELS");
	/* The list of folders has the local names of the system labels. */
	if (!im->listed && ms_imap_folders(im, &f, &n, NULL) == 0)
		ms_imap_folders_free(f, n);
}
