/* calendar.c - appointments, meeting requests and tasks as iCalendar. RFC 5545,
 * RFC 5546; [MS-OXOCAL], [MS-OXCICAL], [MS-OXOTASK]; ms-mapi(7), Calendar. */
#include "impl.h"

#include <stdio.h>
#include <string.h>
#include "le.h"
#include "recurrence.h"
#include "sha.h"
#include "time.h"

#define APPOINTMENT(id) MS_MAPI_LID(MS_MAPI_APPOINTMENT, id)
#define TASK(id) MS_MAPI_LID(MS_MAPI_TASK, id)
#define MEETING(id) MS_MAPI_LID(MS_MAPI_MEETING, id)
#define DAY (24 * 60 * 60)
#define ZONE_SIZE 48 /* bytes of PidLidTimeZoneStruct */
#define ID_BYTES_MAX 1000

struct event {
	const struct ms_mapi_item *item;
	const char *id;
	struct ms_slice text; /* the description */
	const char *method, *status;
	bool all_day;
	struct ms_mapi_recurrence series;
	bool repeats;
	struct ms_slice zone; /* of the series, or empty: UTC */
	struct ms_buf *out;
};

/* ---- values ---- */

static void
add_time(struct ms_buf *out, const char *name, int64_t t, const char *suffix)
{
	struct ms_civil c;

	ms_time_split(t, &c);
	ms_buf_printf(out, "%s:%04d%02u%02uT%02u%02u%02u%s\r\n", name, c.year,
	    c.month, c.day, c.hour, c.minute, c.second, suffix);
}

static void
add_day(struct ms_buf *out, const char *name, int64_t t)
{
	struct ms_civil c;

	ms_time_split(t, &c);
	ms_buf_printf(out, "%s;VALUE=DATE:%04d%02u%02u\r\n", name, c.year,
	    c.month, c.day);
}

/* The date in a zone of which only its midnight, in UTC, is known. */
static int64_t
nearest_midnight(int64_t t)
{
	int64_t in_day = (t % DAY + DAY) % DAY;

	return in_day > DAY / 2 ? t - in_day + DAY : t - in_day;
}

/* A time of the series: local, if its zone is known. */
static void
add_local(const struct event *e, const char *name, int64_t t)
{
	char full[64];

	snprintf(full, sizeof(full), "%s%s", name,
	    e->zone.n > 0 ? ";TZID=zone" : "");
	if (e->all_day)
		add_day(e->out, name, t);
	else
		add_time(e->out, full, t, "");
}

static void
add_text(const struct event *e, const char *name, struct ms_mapi_key key)
{
	struct ms_buf text = {0};

	(void)ms_mapi_text(&e->item->props, key, &text);
	ms_mapi_content_text(e->out, name, ms_buf_slice(&text));
	ms_buf_release(&text);
}

static int64_t
number(const struct event *e, struct ms_mapi_key key, int64_t missing)
{
	return ms_mapi_number_or(&e->item->props, key, missing);
}

/* ---- the identity ---- */

/*
 * UID: that of iCalendar in the global object id, if another program has made
 * the event; otherwise the id without the date of an exception. [MS-OXCICAL],
 * 2.1.3.1.1.20.26
 */
static void
add_uid(const struct event *e)
{
	static const char mark[] = "vCal-Uid\1\0\0\0";
	const size_t mark_n = sizeof(mark) - 1;
	struct ms_slice id = ms_mapi_bytes(&e->item->props, MEETING(0x0023));
	struct ms_buf text = {0};

	if (id.n == 0)
		id = ms_mapi_bytes(&e->item->props, MEETING(0x0003));
	if (id.n < 40 || id.n > ID_BYTES_MAX) {
		ms_buf_printf(&text, "%s@mapi.invalid", e->id);
	} else if (id.n > 40 + mark_n && memcmp(id.p + 40, mark, mark_n) == 0) {
		ms_mapi_line((struct ms_slice){id.p + 40 + mark_n,
				 strnlen((const char *)id.p + 40 + mark_n,
				     id.n - 40 - mark_n)},
		    &text);
	} else {
		ms_hex(id.p, id.n,
		    (char *)ms_buf_room(&text, 2 * ID_BYTES_MAX + 1));
		text.n = 2 * id.n;
		memset(text.p + 32, '0', 8); /* the date of an exception */
		for (size_t i = 0; i < text.n; i++)
			if (text.p[i] >= 'a')
				text.p[i] -= 0x20;
	}
	ms_mapi_content_text(e->out, "UID", ms_buf_slice(&text));
	ms_buf_release(&text);
}

/* DTSTAMP does not change when an event is only looked at. */
static void
add_stamp(const struct event *e)
{
	const struct ms_mapi_key keys[] = {MEETING(0x001a), MS_MAPI_ID(0x0039),
	    MS_MAPI_ID(0x3007), MS_MAPI_ID(0x3008), APPOINTMENT(0x820d)};
	int64_t t = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (ms_mapi_time(&e->item->props, keys[i], &t))
			break;
	add_time(e->out, "DTSTAMP", t, "Z");
}

/* ---- people ---- */

static void
add_person(const struct event *e, const char *role,
    const struct ms_mapi_address *a, const char *state)
{
	struct ms_buf name = {0}, value = {0};

	if (ms_mapi_address_is_empty(a))
		return;
	ms_buf_add_str(&name, role);
	ms_mapi_content_parameter(&name, "CN",
	    a->name.n > 0 ? ms_buf_slice(&a->name) : ms_buf_slice(&a->mail));
	if (state != NULL)
		ms_buf_printf(&name, ";PARTSTAT=%s", state);
	ms_buf_add_str(&value, a->mail.n > 0 ? "mailto:" : "invalid:nomail");
	ms_buf_add(&value, a->mail.p, a->mail.n);
	ms_mapi_content_line(e->out, ms_buf_str(&name), ms_buf_slice(&value));
	ms_buf_release(&name);
	ms_buf_release(&value);
}

static void
add_recipients(const struct event *e, bool reply)
{
	static const char *const roles[] = {"ATTENDEE;ROLE=REQ-PARTICIPANT",
	    "ATTENDEE;ROLE=OPT-PARTICIPANT",
	    "ATTENDEE;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT"};
	const struct ms_mapi_item *item = e->item;

	for (size_t i = 0; i < item->recipient_count; i++) {
		const struct ms_mapi_recipient *r = &item->recipients[i];
		struct ms_mapi_address a = {0};
		int64_t type =
		    ms_mapi_number_or(&r->props, MS_MAPI_ID(0x0c15), 1) & 15;

		ms_mapi_address_recipient(r, &a);
		/* PidTagRecipientFlags: the organizer is in the table, too. */
		if (reply)
			add_person(e, "ORGANIZER", &a, NULL);
		else if ((ms_mapi_number_or(&r->props, MS_MAPI_ID(0x5ffd), 0) &
			     2) == 0)
			add_person(e,
			    roles[type == 2 || type == 3 ? type - 1 : 0], &a,
			    NULL);
		ms_mapi_address_release(&a);
		if (reply)
			break;
	}
}

/* An answer comes from one who attends, and goes to the organizer. */
static void
add_people(const struct event *e)
{
	struct ms_mapi_address author = {0}, sender = {0};
	bool reply = strcmp(e->method, "REPLY") == 0;

	ms_mapi_address_author(e->item, &author, &sender);
	if (reply || e->item->recipient_count > 0)
		add_person(e, reply ? "ATTENDEE" : "ORGANIZER", &author,
		    reply ? e->status : NULL);
	add_recipients(e, reply);
	ms_mapi_address_release(&author);
	ms_mapi_address_release(&sender);
}

/* ---- the zone ---- */

static int64_t
zone_number(struct ms_slice zone, size_t at)
{
	int32_t n = (int32_t)ms_le32(zone.p + at);

	return n > 24 * 60 || n < -24 * 60 ? 0 : n;
}

static void
add_offset(struct ms_buf *out, const char *name, int64_t bias)
{
	ms_buf_printf(out, "%s:%c%02d%02d\r\n", name, bias > 0 ? '-' : '+',
	    (int)(bias < 0 ? -bias : bias) / 60,
	    (int)(bias < 0 ? -bias : bias) % 60);
}

/* A SYSTEMTIME that says "the second Sunday of March at 2:00". */
static void
add_season(struct ms_buf *out, const char *name, const unsigned char *date,
    int64_t from, int64_t to)
{
	static const char days[7][3] = {
	    "SU", "MO", "TU", "WE", "TH", "FR", "SA"};
	unsigned month = ms_le16(date + 2), weekday = ms_le16(date + 4),
		 nth = ms_le16(date + 6);

	ms_buf_printf(out, "BEGIN:%s\r\nDTSTART:16010101T%02u%02u00\r\n", name,
	    ms_le16(date + 8) % 24U, ms_le16(date + 10) % 60U);
	if (month >= 1 && month <= 12 && weekday < 7 && nth >= 1 && nth <= 5)
		ms_buf_printf(out,
		    "RRULE:FREQ=YEARLY;BYDAY=%d%s;BYMONTH=%u\r\n",
		    nth == 5 ? -1 : (int)nth, days[weekday], month);
	add_offset(out, "TZOFFSETFROM", from);
	add_offset(out, "TZOFFSETTO", to);
	ms_buf_printf(out, "END:%s\r\n", name);
}

static void
add_zone(const struct event *e)
{
	int64_t standard = zone_number(e->zone, 0) + zone_number(e->zone, 4);
	int64_t summer = zone_number(e->zone, 0) + zone_number(e->zone, 8);
	const unsigned char *begins = e->zone.p + 14, *ends = e->zone.p + 32;
	bool seasons = ms_le16(begins + 2) != 0 && ms_le16(ends + 2) != 0;

	ms_buf_add_str(e->out, "BEGIN:VTIMEZONE\r\nTZID:zone\r\n");
	add_season(
	    e->out, "STANDARD", begins, seasons ? summer : standard, standard);
	if (seasons)
		add_season(e->out, "DAYLIGHT", ends, standard, summer);
	ms_buf_add_str(e->out, "END:VTIMEZONE\r\n");
}

/* ---- events ---- */

static void
add_times(const struct event *e)
{
	const struct ms_mapi_props *props = &e->item->props;
	int64_t start, end;

	if (e->repeats) {
		add_local(e, "DTSTART", e->series.start);
		add_local(e, "DTEND", e->series.end);
		return;
	}
	if (ms_mapi_time(props, APPOINTMENT(0x820d), &start)) {
		if (e->all_day)
			add_day(e->out, "DTSTART", nearest_midnight(start));
		else
			add_time(e->out, "DTSTART", start, "Z");
	}
	if (ms_mapi_time(props, APPOINTMENT(0x820e), &end)) {
		if (e->all_day)
			add_day(e->out, "DTEND", nearest_midnight(end));
		else
			add_time(e->out, "DTEND", end, "Z");
	}
}

/* Whether the appointment of a day is one of those that differ. */
static bool
has_changed(const struct ms_mapi_recurrence *series, int64_t day)
{
	struct ms_mapi_recurrence r = *series;
	struct ms_mapi_change c;

	while (ms_mapi_change_next(&r, &c))
		if (c.original >= day && c.original < day + DAY)
			return true;
	return false;
}

/* The rule, and the dates on which there is no appointment. */
static void
add_rule(struct event *e)
{
	struct ms_mapi_recurrence *r = &e->series;
	int64_t bias =
	    e->zone.n > 0
		? 60 * (zone_number(e->zone, 0) + zone_number(e->zone, 4))
		: 0;
	int64_t midnight = r->start - (r->start % DAY + DAY) % DAY, date;
	struct ms_buf rule = {0};

	ms_mapi_recurrence_rule(r, bias, &rule);
	ms_mapi_content_line(e->out, "RRULE", ms_buf_slice(&rule));
	ms_buf_release(&rule);
	for (size_t i = 0; ms_mapi_recurrence_date(r->deleted, i, &date); i++)
		if (!has_changed(r, date))
			add_local(e, "EXDATE", date + r->start - midnight);
}

static void
add_class(const struct event *e)
{
	static const char *const words[] = {
	    "PUBLIC", "PRIVATE", "PRIVATE", "CONFIDENTIAL"};
	int64_t n = number(e, MS_MAPI_ID(0x0036), 0);

	if (n > 0 && n < 4)
		ms_buf_printf(e->out, "CLASS:%s\r\n", words[n]);
	n = number(e, MS_MAPI_ID(0x0017), 1);
	if (n == 0 || n == 2)
		ms_buf_printf(e->out, "PRIORITY:%d\r\n", n == 0 ? 9 : 1);
}

static void
add_summary(const struct event *e)
{
	struct ms_buf text = {0};

	ms_mapi_subject(e->item, &text);
	ms_mapi_content_text(e->out, "SUMMARY", ms_buf_slice(&text));
	ms_buf_release(&text);
}

static void
write_event(struct event *e)
{
	ms_buf_add_str(e->out, "BEGIN:VEVENT\r\n");
	add_uid(e);
	add_stamp(e);
	add_times(e);
	if (e->repeats)
		add_rule(e);
	add_summary(e);
	add_text(e, "LOCATION", APPOINTMENT(0x8208));
	ms_mapi_content_text(e->out, "DESCRIPTION", e->text);
	add_people(e);
	ms_buf_printf(e->out, "SEQUENCE:%lld\r\n",
	    (long long)number(e, APPOINTMENT(0x8201), 0));
	if (strcmp(e->method, "CANCEL") == 0)
		ms_buf_add_str(e->out, "STATUS:CANCELLED\r\n");
	if (number(e, APPOINTMENT(0x8205), 2) == 0)
		ms_buf_add_str(e->out, "TRANSP:TRANSPARENT\r\n");
	add_class(e);
	ms_buf_add_str(e->out, "END:VEVENT\r\n");
}

/* Text of a change, which is in the code page of the item. */
static void
add_changed_text(const struct event *e, const char *name, struct ms_slice text)
{
	struct ms_mapi_item *item =
	    ms_mapi_item_new(NULL, e->item->props.codepage);
	struct ms_buf out = {0};

	if (ms_mapi_put(&item->props, MS_MAPI_ID(1), MS_MAPI_STRING8, text.p,
		text.n, NULL) == 0)
		(void)ms_mapi_text(&item->props, MS_MAPI_ID(1), &out);
	ms_mapi_content_text(e->out, name, ms_buf_slice(&out));
	ms_buf_release(&out);
	ms_mapi_item_free(item);
}

/* An event for each appointment of the series that differs from it. */
static void
write_changes(struct event *e)
{
	struct ms_mapi_recurrence r = e->series;
	struct ms_mapi_change c;

	while (ms_mapi_change_next(&r, &c)) {
		ms_buf_add_str(e->out, "BEGIN:VEVENT\r\n");
		add_uid(e);
		add_stamp(e);
		add_local(e, "RECURRENCE-ID", c.original);
		add_local(e, "DTSTART", c.start);
		add_local(e, "DTEND", c.end);
		if (c.subject.n > 0)
			add_changed_text(e, "SUMMARY", c.subject);
		else
			add_summary(e);
		if (c.location.n > 0)
			add_changed_text(e, "LOCATION", c.location);
		else
			add_text(e, "LOCATION", APPOINTMENT(0x8208));
		ms_buf_add_str(e->out, "END:VEVENT\r\n");
	}
}

static void
read_series(struct event *e)
{
	const struct ms_mapi_props *props = &e->item->props;

	e->all_day = number(e, APPOINTMENT(0x8215), 0) != 0;
	e->repeats = ms_mapi_recurrence_read(
	    ms_mapi_bytes(props, APPOINTMENT(0x8216)), &e->series);
	e->zone = ms_mapi_bytes(props, APPOINTMENT(0x8233));
	if (!e->repeats || e->all_day || e->zone.n != ZONE_SIZE)
		e->zone.n = 0;
}

/* ---- tasks ---- */

static void
write_task(const struct event *e)
{
	static const char *const states[] = {"NEEDS-ACTION", "IN-PROCESS",
	    "COMPLETED", "IN-PROCESS", "CANCELLED"};
	const struct ms_mapi_props *props = &e->item->props;
	int64_t state = number(e, TASK(0x8101), 0), t;

	ms_buf_add_str(e->out, "BEGIN:VTODO\r\n");
	add_uid(e);
	add_stamp(e);
	if (ms_mapi_time(props, TASK(0x8104), &t))
		add_day(e->out, "DTSTART", nearest_midnight(t));
	if (ms_mapi_time(props, TASK(0x8105), &t))
		add_day(e->out, "DUE", nearest_midnight(t));
	if (ms_mapi_time(props, TASK(0x810f), &t))
		add_time(e->out, "COMPLETED", t, "Z");
	add_summary(e);
	ms_mapi_content_text(e->out, "DESCRIPTION", e->text);
	if (state >= 0 && state < 5)
		ms_buf_printf(e->out, "STATUS:%s\r\n", states[state]);
	add_class(e);
	ms_buf_add_str(e->out, "END:VTODO\r\n");
}

/* ---- the object ---- */

/* RFC 5546: what a message about a meeting does, by its class. */
static void
find_method(struct event *e)
{
	static const struct {
		const char *word, *method, *status;
	} words[] = {{"meeting.request", "REQUEST", NULL},
	    {"meeting.canceled", "CANCEL", NULL},
	    {"resp.pos", "REPLY", "ACCEPTED"},
	    {"resp.neg", "REPLY", "DECLINED"},
	    {"resp.tent", "REPLY", "TENTATIVE"}};
	struct ms_buf class = {0};

	e->method = "PUBLISH";
	ms_mapi_class(e->item, &class);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(ms_buf_str(&class), words[i].word) == NULL)
			continue;
		e->method = words[i].method;
		e->status = words[i].status;
	}
	ms_buf_release(&class);
}

void
ms_mapi_calendar(const struct ms_mapi_item *item, enum ms_mapi_kind kind,
    const char *id, struct ms_slice text, struct ms_buf *out,
    const char **method)
{
	struct event e = {.item = item, .id = id, .text = text, .out = out};

	find_method(&e);
	*method = e.method;
	read_series(&e);
	ms_buf_printf(out,
	    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
	    "PRODID:-//ms//mapi//EN\r\nMETHOD:%s\r\n",
	    e.method);
	if (kind == MS_MAPI_TODO) {
		write_task(&e);
	} else {
		if (e.zone.n > 0)
			add_zone(&e);
		write_event(&e);
		if (e.repeats)
			write_changes(&e);
	}
	ms_buf_add_str(out, "END:VCALENDAR\r\n");
}
