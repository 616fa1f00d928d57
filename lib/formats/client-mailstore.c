/*
 * client-mailstore.c - EML files of MailStore's export, whose X-MailStore-*
 * fields give folder, date and flags back. ms-quirks(7), Mail clients.
 */
#include "client-impl.h"

#include <string.h>
#include "time.h"
#include "utf8.h"

/* A path in modified UTF-7, with "/" between its levels. */
static void
folder(struct ms_client_message *m, struct ms_slice body)
{
	struct ms_buf path = {0};
	const unsigned char *slash;
	size_t n;

	while (body.n > 0) {
		slash = memchr(body.p, '/', body.n);
		n = slash != NULL ? (size_t)(slash - body.p) : body.n;
		if (n > 0)
			ms_client_level(
			    &path, (struct ms_slice){body.p, n}, true);
		n += slash != NULL;
		body = (struct ms_slice){body.p + n, body.n - n};
	}
	ms_client_inbox(&path);
	ms_client_folder(m, ms_buf_slice(&path));
	ms_buf_release(&path);
}

/* YYYYMMDDhhmmss, in UTC. */
static void
date(struct ms_client_message *m, struct ms_slice body)
{
	char text[21];

	if (body.n != 14)
		return;
	for (size_t i = 0; i < body.n; i++)
		if (body.p[i] < '0' || body.p[i] > '9')
			return;
	snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ",
	    (const char *)body.p, (const char *)body.p + 4,
	    (const char *)body.p + 6, (const char *)body.p + 8,
	    (const char *)body.p + 10, (const char *)body.p + 12);
	m->has_date = ms_time_parse(text, &m->date);
}

/* The sum of bits, or their names. */
static void
flags(struct ms_client_message *m, struct ms_slice body)
{
	static const struct {
		const char *name, *flag;
	} names[] = {{"seen", "\\Seen"}, {"read", "\\Seen"},
	    {"answered", "\\Answered"}, {"replied", "\\Answered"},
	    {"flagged", "\\Flagged"}, {"draft", "\\Draft"},
	    {"deleted", "\\Deleted"}, {"forwarded", "$Forwarded"}};
	static const char *const bits[] = {
	    "\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"};
	struct ms_slice word;
	unsigned value = 0;
	size_t n;

	for (n = 0; n < body.n && n < 6 && body.p[n] >= '0' && body.p[n] <= '9';
	     n++)
		value = 10 * value + (unsigned)(body.p[n] - '0');
	for (size_t i = 0; n > 0 && n == body.n && i < 5; i++)
		if ((value >> i & 1) != 0)
			ms_client_flag(m, bits[i]);
	for (; body.n > 0; body.p += n, body.n -= n) {
		while (body.n > 0 && strchr(" ,;\\", body.p[0]) != NULL)
			body = (struct ms_slice){body.p + 1, body.n - 1};
		for (n = 0; n < body.n && strchr(" ,;\\", body.p[n]) == NULL;)
			n++;
		word = (struct ms_slice){body.p, n};
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (ms_slice_is(word, names[i].name))
				ms_client_flag(m, names[i].flag);
	}
}

const struct ms_client_field ms_mailstore_fields[] = {
    {"x-mailstore-folder-utf7", folder}, {"x-mailstore-folder", folder},
    {"x-mailstore-date", date}, {"x-mailstore-flags", flags},
    {"x-mailstore-*", NULL}, {NULL, NULL}};

static const char *const no_mail[] = {
    "*.xml", "*.txt", "*.log", "*.csv", "desktop.ini", "Thumbs.db", NULL};

const struct ms_client_driver ms_client_mailstore = {
    .name = "mailstore",
    .contained = true,
    .no_mail = no_mail,
    .fields = ms_mailstore_fields,
};
