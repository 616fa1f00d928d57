/* vcard.c - contacts and distribution lists as vCard. RFC 6350; [MS-OXOCNTC],
 * [MS-OXVCARD]; ms-mapi(7), Contacts. */
#include "impl.h"

#include "time.h"

#define ADDRESS(id) MS_MAPI_LID(MS_MAPI_ADDRESS, id)
#define MEMBERS_MAX 100000

struct card {
	const struct ms_mapi_item *item;
	struct ms_buf *out;
};

static void
add_text(const struct card *c, const char *name, struct ms_mapi_key key)
{
	struct ms_buf text = {0};

	(void)ms_mapi_text(&c->item->props, key, &text);
	ms_mapi_content_text(c->out, name, ms_buf_slice(&text));
	ms_buf_release(&text);
}

/* A structured value, if one of its parts has text. An id of 0 is an empty
 * part. */
static void
add_structure(const struct card *c, const char *name,
    const struct ms_mapi_key *keys, size_t n)
{
	struct ms_buf value = {0}, text = {0};
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			ms_buf_add_byte(&value, ';');
		ms_buf_clear(&text);
		if (keys[i].id == 0 ||
		    !ms_mapi_text(&c->item->props, keys[i], &text))
			continue;
		any = true;
		ms_mapi_content_component(&value, ms_buf_slice(&text));
	}
	if (any)
		ms_mapi_content_line(c->out, name, ms_buf_slice(&value));
	ms_buf_release(&value);
	ms_buf_release(&text);
}

/* FN, which a card must have. */
static void
add_full_name(const struct card *c)
{
	static const uint16_t ids[] = {0x3001, 0x0037, 0x0e1d, 0x3a16};
	struct ms_buf text = {0}, line = {0};

	for (size_t i = 0; i < 4 && line.n == 0; i++) {
		ms_buf_clear(&text);
		(void)ms_mapi_text(&c->item->props, MS_MAPI_ID(ids[i]), &text);
		ms_mapi_line(ms_buf_slice(&text), &line);
	}
	if (line.n == 0)
		ms_buf_add_str(&line, "?");
	ms_mapi_content_text(c->out, "FN", ms_buf_slice(&line));
	ms_buf_release(&text);
	ms_buf_release(&line);
}

/* The three addresses of mail: name, type, address, and one as it was typed. */
static void
add_mail(const struct card *c)
{
	static const uint16_t types[] = {0x8082, 0x8092, 0x80a2};
	struct ms_buf text = {0}, mail = {0};

	for (size_t i = 0; i < 3; i++) {
		const uint32_t keys[] = {types[i] + 1U, types[i] + 2U};

		ms_buf_clear(&mail);
		for (size_t j = 0; j < 2 && mail.n == 0; j++) {
			ms_buf_clear(&text);
			(void)ms_mapi_text(
			    &c->item->props, ADDRESS(keys[j]), &text);
			ms_mapi_address_clean(ms_buf_slice(&text), &mail);
		}
		ms_mapi_content_text(c->out, "EMAIL", ms_buf_slice(&mail));
	}
	ms_buf_release(&text);
	ms_buf_release(&mail);
}

static void
add_phones(const struct card *c)
{
	static const struct {
		uint16_t id;
		const char *name;
	} phones[] = {{0x3a08, "TEL;TYPE=work"}, {0x3a1b, "TEL;TYPE=work"},
	    {0x3a09, "TEL;TYPE=home"}, {0x3a2f, "TEL;TYPE=home"},
	    {0x3a1c, "TEL;TYPE=cell"}, {0x3a1a, "TEL;PREF=1"}, {0x3a1f, "TEL"},
	    {0x3a02, "TEL"}, {0x3a57, "TEL;TYPE=work"},
	    {0x3a1e, "TEL;TYPE=cell"}, {0x3a1d, "TEL"}, {0x3a2d, "TEL"},
	    {0x3a2e, "TEL;TYPE=work"}, {0x3a24, "TEL;TYPE=\"work,fax\""},
	    {0x3a25, "TEL;TYPE=\"home,fax\""}, {0x3a23, "TEL;TYPE=fax"},
	    {0x3a21, "TEL;TYPE=pager"}, {0x3a2c, "TEL"},
	    {0x3a4b, "TEL;TYPE=textphone"}};

	for (size_t i = 0; i < sizeof(phones) / sizeof(phones[0]); i++)
		add_text(c, phones[i].name, MS_MAPI_ID(phones[i].id));
}

/* RFC 6350, 6.3.1: box, extension, street, city, state, code, country. */
static void
add_places(const struct card *c)
{
	const struct ms_mapi_key none = MS_MAPI_ID(0);
	const struct ms_mapi_key work[] = {ADDRESS(0x804a), none,
	    ADDRESS(0x8045), ADDRESS(0x8046), ADDRESS(0x8047), ADDRESS(0x8048),
	    ADDRESS(0x8049)};
	const struct ms_mapi_key home[] = {MS_MAPI_ID(0x3a5e), none,
	    MS_MAPI_ID(0x3a5d), MS_MAPI_ID(0x3a59), MS_MAPI_ID(0x3a5c),
	    MS_MAPI_ID(0x3a5b), MS_MAPI_ID(0x3a5a)};
	const struct ms_mapi_key other[] = {MS_MAPI_ID(0x3a64), none,
	    MS_MAPI_ID(0x3a63), MS_MAPI_ID(0x3a5f), MS_MAPI_ID(0x3a62),
	    MS_MAPI_ID(0x3a61), MS_MAPI_ID(0x3a60)};

	add_structure(c, "ADR;TYPE=work", work, 7);
	add_structure(c, "ADR;TYPE=home", home, 7);
	add_structure(c, "ADR", other, 7);
}

static void
add_date(const struct card *c, const char *name, uint32_t id)
{
	struct ms_civil day;
	int64_t t;

	if (!ms_mapi_time(&c->item->props, MS_MAPI_ID(id), &t))
		return;
	ms_time_split(t, &day);
	ms_buf_printf(
	    c->out, "%s:%04d%02u%02u\r\n", name, day.year, day.month, day.day);
}

static void
write_contact(const struct card *c)
{
	const struct ms_mapi_key name[] = {MS_MAPI_ID(0x3a11),
	    MS_MAPI_ID(0x3a06), MS_MAPI_ID(0x3a44), MS_MAPI_ID(0x3a45),
	    MS_MAPI_ID(0x3a05)};
	const struct ms_mapi_key company[] = {
	    MS_MAPI_ID(0x3a16), MS_MAPI_ID(0x3a18)};

	add_structure(c, "N", name, 5);
	add_text(c, "NICKNAME", MS_MAPI_ID(0x3a4f));
	add_mail(c);
	add_phones(c);
	add_places(c);
	add_structure(c, "ORG", company, 2);
	add_text(c, "TITLE", MS_MAPI_ID(0x3a17));
	add_text(c, "ROLE", MS_MAPI_ID(0x3a46));
	add_date(c, "BDAY", 0x3a42);
	add_date(c, "ANNIVERSARY", 0x3a41);
	add_text(c, "URL", MS_MAPI_ID(0x3a51));
	add_text(c, "URL", MS_MAPI_ID(0x3a50));
	add_text(c, "IMPP", ADDRESS(0x8062));
}

/* ---- lists ---- */

/*
 * PidLidDistributionListOneOffMembers, [MS-OXOCNTC], 2.2.2.2.4, has the address
 * of each member, also where the list itself points to an entry of an address
 * book.
 */
static void
write_members(const struct card *c)
{
	const struct ms_mapi_props *props = &c->item->props;
	struct ms_slice entry;

	for (size_t i = 0; i < MEMBERS_MAX &&
			   ms_mapi_value_at(props, ADDRESS(0x8054), i, &entry);
	     i++) {
		struct ms_mapi_address a = {0};
		struct ms_buf name = {0}, value = {0};

		(void)ms_mapi_address_entry(entry, props->codepage, &a);
		ms_buf_add_str(&name, "MEMBER");
		ms_mapi_content_parameter(&name, "X-CN", ms_buf_slice(&a.name));
		ms_buf_add_str(
		    &value, a.mail.n > 0 ? "mailto:" : "invalid:nomail");
		ms_buf_add(&value, a.mail.p, a.mail.n);
		if (!ms_mapi_address_is_empty(&a))
			ms_mapi_content_line(
			    c->out, ms_buf_str(&name), ms_buf_slice(&value));
		ms_buf_release(&name);
		ms_buf_release(&value);
		ms_mapi_address_release(&a);
	}
}

void
ms_mapi_vcard(const struct ms_mapi_item *item, enum ms_mapi_kind kind,
    struct ms_slice text, struct ms_buf *out)
{
	const struct card c = {item, out};

	ms_buf_add_str(out, "BEGIN:VCARD\r\nVERSION:4.0\r\n");
	add_full_name(&c);
	if (kind == MS_MAPI_LIST) {
		ms_buf_add_str(out, "KIND:group\r\n");
		write_members(&c);
	} else {
		write_contact(&c);
	}
	ms_mapi_content_text(out, "NOTE", text);
	ms_buf_add_str(out, "END:VCARD\r\n");
}
