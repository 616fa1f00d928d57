/* kind.c - what an item is: its class, subject, dates and flags. [MS-OXCMSG],
 * 2.2.1; ms-mapi(7). */
#include "impl.h"

#include <string.h>
#include <strings.h>
#include "time.h"
#include "utf8.h"

/* PidTagMessageFlags. */
#define FLAG_READ 0x1
#define FLAG_UNSENT 0x8
/* PidTagLastVerbExecuted. */
#define VERB_REPLIED 102
#define VERB_REPLIED_ALL 103
#define VERB_FORWARDED 104
#define KEYWORD_MAX 200 /* bytes */

void
ms_mapi_class(const struct ms_mapi_item *item, struct ms_buf *out)
{
	struct ms_buf text = {0};

	if (ms_mapi_text(&item->props, MS_MAPI_ID(0x001a), &text))
		ms_mapi_line(ms_buf_slice(&text), out);
	else
		ms_buf_add_str(out, "ipm.note");
	for (size_t i = 0; i < out->n; i++)
		if (out->p[i] >= 'A' && out->p[i] <= 'Z')
			out->p[i] |= 0x20;
	ms_buf_release(&text);
}

/* Whether a class is this one or one that is derived from it. */
static bool
is_class(struct ms_slice class, const char *of)
{
	size_t n = strlen(of);

	return class.n >= n && memcmp(class.p, of, n) == 0 &&
	       (class.n == n || class.p[n] == '.');
}

enum ms_mapi_kind
ms_mapi_kind(const struct ms_mapi_item *item)
{
	static const struct {
		const char *class;
		enum ms_mapi_kind kind;
	} kinds[] = {{"ipm.schedule.meeting", MS_MAPI_MEETING_MAIL},
	    {"ipm.appointment", MS_MAPI_EVENT},
	    {"ipm.ole.class.{00061055-0000-0000-c000-000000000046}",
		MS_MAPI_EVENT}, /* an exception of a series */
	    {"ipm.contact", MS_MAPI_CONTACT}, {"ipm.distlist", MS_MAPI_LIST},
	    {"ipm.task", MS_MAPI_TODO}, {"ipm.stickynote", MS_MAPI_STICKY},
	    {"ipm.activity", MS_MAPI_STICKY}};
	enum ms_mapi_kind kind = MS_MAPI_MAIL;
	struct ms_buf class = {0};

	ms_mapi_class(item, &class);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is_class(ms_buf_slice(&class), kinds[i].class))
			kind = kinds[i].kind;
	ms_buf_release(&class);
	return kind;
}

bool
ms_mapi_is_mail(enum ms_mapi_kind kind)
{
	return kind == MS_MAPI_MAIL || kind == MS_MAPI_MEETING_MAIL;
}

/* The length of a prefix can stand before a subject in a PST: U+0001 and a
 * character. [MS-PST], 2.5.3.1.1.1 */
static struct ms_slice
without_mark(struct ms_slice s)
{
	uint32_t c;
	size_t n;

	if (s.n < 2 || s.p[0] != 1)
		return s;
	n = 1 + ms_utf8_step(s.p + 1, s.n - 1, &c);
	return (struct ms_slice){s.p + n, s.n - n};
}

void
ms_mapi_subject(const struct ms_mapi_item *item, struct ms_buf *out)
{
	struct ms_buf text = {0};

	if (!ms_mapi_text(&item->props, MS_MAPI_ID(0x0037), &text)) {
		(void)ms_mapi_text(&item->props, MS_MAPI_ID(0x003d), &text);
		if (!ms_mapi_text(&item->props, MS_MAPI_ID(0x0e1d), &text))
			(void)ms_mapi_text(
			    &item->props, MS_MAPI_ID(0x0070), &text);
	}
	ms_mapi_line(without_mark(ms_buf_slice(&text)), out);
	ms_buf_release(&text);
}

static bool
first_date(const struct ms_mapi_item *item, const uint16_t *ids, size_t n,
    int64_t *out)
{
	for (size_t i = 0; i < n; i++)
		if (ms_mapi_time(&item->props, MS_MAPI_ID(ids[i]), out))
			return true;
	return false;
}

bool
ms_mapi_date_sent(const struct ms_mapi_item *item, int64_t *out)
{
	static const uint16_t ids[] = {0x0039, 0x0e06, 0x3007, 0x3008};

	return first_date(item, ids, 4, out);
}

bool
ms_mapi_date(const struct ms_mapi_item *item, int64_t *out)
{
	static const uint16_t ids[] = {0x0e06, 0x0039, 0x3007, 0x3008};

	return first_date(item, ids, 4, out);
}

/* ---- flags ---- */

static void
add_flag(struct ms_buf *out, const char *flag)
{
	if (out->n > 0)
		ms_buf_add_byte(out, ' ');
	ms_buf_add_str(out, flag);
}

/* A category, as a keyword of IMAP: RFC 9051, flag-keyword, is an atom. Other
 * characters become "_". */
static void
add_category(struct ms_buf *out, struct ms_slice name)
{
	struct ms_buf word = {0};

	ms_mapi_line(name, &word);
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] <= ' ' || word.p[i] >= 0x7f ||
		    strchr("(){%*\"\\]", word.p[i]) != NULL)
			word.p[i] = '_';
	if (word.n > 0 && word.n <= KEYWORD_MAX)
		add_flag(out, ms_buf_str(&word));
	ms_buf_release(&word);
}

void
ms_mapi_flags(const struct ms_mapi_item *item, struct ms_buf *out)
{
	const struct ms_mapi_props *props = &item->props;
	int64_t flags = ms_mapi_number_or(props, MS_MAPI_ID(0x0e07), 0);
	int64_t verb = ms_mapi_number_or(props, MS_MAPI_ID(0x1081), 0);
	struct ms_buf name = {0};

	if ((flags & FLAG_READ) != 0)
		add_flag(out, "\\Seen");
	if (verb == VERB_REPLIED || verb == VERB_REPLIED_ALL)
		add_flag(out, "\\Answered");
	if (ms_mapi_number_or(props, MS_MAPI_ID(0x1090), 0) == 2)
		add_flag(out, "\\Flagged");
	if ((flags & FLAG_UNSENT) != 0)
		add_flag(out, "\\Draft");
	if (verb == VERB_FORWARDED)
		add_flag(out, "$Forwarded");
	for (size_t i = 0; ms_mapi_text_at(
		 props, MS_MAPI_NAME(MS_MAPI_STRINGS, "Keywords"), i, &name);
	     i++) {
		add_category(out, ms_buf_slice(&name));
		ms_buf_clear(&name);
	}
	ms_buf_release(&name);
}

void
ms_mapi_describe(const struct ms_mapi_item *item, struct ms_buf *out)
{
	struct ms_buf subject = {0};
	char text[21];
	int64_t date;

	ms_mapi_subject(item, &subject);
	ms_buf_add_byte(out, '"');
	ms_buf_add(out, subject.p, subject.n);
	ms_buf_add_byte(out, '"');
	if (ms_mapi_date_sent(item, &date)) {
		ms_time_format(date, text);
		ms_buf_printf(out, ", %s", text);
	}
	ms_buf_release(&subject);
}
