/* ingest-failures.c - each call of LMDB and of the file system fails once while
 * mail is stored: what was acknowledged is in the archive, and a run that
 * reports success has acknowledged all. */
#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "states.h"

#define MESSAGES 9 /* and a reference to one that was moved */

static char now[PATH];
static bool acknowledged[MESSAGES + 1];
static unsigned wrong; /* results */

/* ---- input ---- */

/* The message of a number; some are in the archive. */
static char *
text_of(unsigned i)
{
	struct ms_buf b = {0};
	char *s;

	switch (i) {
	case 0: /* is in the archive, in this folder */
	case 1: /* and in another one */
		ms_buf_printf(&b, "Subject: %u\r\n\r\nbody\r\n", i + 1);
		break;
	case 2: /* two copies */
	case 6:
		ms_buf_add_str(&b, "Subject: new\r\n\r\nx\r\n");
		break;
	case 7: /* mixed line ends, one of two copies */
	case 8:
		ms_buf_add_str(&b, i == 7 ? "Subject: mixed\r\n\nx\r\n"
					  : "Subject: mixed\n\r\nx\n");
		break;
	default: /* long; the body of 3 is in the archive */
		large_text(&b, i == 3 ? "again 1" : "long", i == 3 ? 1 : i);
	}
	s = ms_xstrdup(ms_buf_str(&b));
	ms_buf_release(&b);
	return s;
}

static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	bool known = where.p[0] == '0' || where.p[0] == '1' ||
		     where.p[0] == '6' || where.p[0] >= '8';

	(void)ctx;
	acknowledged[where.p[0] - '0'] = true;
	wrong += d->outcome != (known ? MS_OUTCOME_KNOWN : MS_OUTCOME_NEW);
}

/* Stores all messages, in batches of two, for a known and for a new user. */
static int
ingest(struct ms_err *err)
{
	struct ms_archive *a;
	char place[16], where[16], *text;
	struct ms_spec spec = {.place = place, .where = where};
	unsigned char id[MS_SHA_LEN];
	unsigned i;
	int rc = 0;

	if (ms_archive_open(&a, now, MS_ARCHIVE_WRITE, err) < 0)
		return -1;
	in = ms_ingest_new(a, 1, result, NULL);
	for (i = 0; i < MESSAGES && rc == 0; i++) {
		spec.dest = i < 5 ? ms_ingest_dest(in, "alice", SOURCE, "INBOX",
					"a label", false)
				  : ms_ingest_dest(in, "carol", "local:", "New",
					"another", true);
		snprintf(place, sizeof(place), "8/%u", i + 1);
		snprintf(where, sizeof(where), "%u", i);
		text = text_of(i);
		rc = ms_ingest_begin(in, &spec, err);
		if (rc == 0)
			rc = ms_ingest_data(
			    in, (const unsigned char *)text, strlen(text), err);
		if (rc == 0)
			rc = ms_ingest_end(in, err);
		free(text);
	}
	spec = (struct ms_spec){
	    .dest = ms_ingest_dest(in, "alice", SOURCE, "Work", NULL, false),
	    .place = "8/10",
	    .flags = "a",
	    .from = "INBOX",
	    .where = "9"};
	ms_sha256("Subject: 2\r\n\r\nbody\r\n", 20, id);
	if (rc == 0)
		rc = ms_ingest_reference(in, &spec, id, err);
	if (ms_ingest_finish(in, err) < 0)
		rc = -1;
	ms_archive_close(a);
	return rc;
}

/* ---- looking ---- */

/* Is message i whole in its folder, with its place? */
static bool
is_stored(struct ms_archive *a, unsigned i)
{
	uint64_t user, url, folder, occurrence;
	struct ms_buf content = {0};
	struct ms_occurrence o;
	char place[16];
	bool there, old = i < 5 || i == MESSAGES;

	snprintf(place, sizeof(place), "8/%u", i + 1);
	there =
	    ms_archive_user(a, old ? "alice" : "carol", &user, NULL) == 1 &&
	    ms_archive_source(a, old ? SOURCE : "local:", &url, NULL) == 1 &&
	    ms_archive_folder(a, user, url,
		i == MESSAGES ? "Work"
		: old         ? "INBOX"
			      : "New",
		&folder, NULL) == 1 &&
	    ms_archive_place(a, folder, place, &occurrence, NULL) == 1 &&
	    ms_archive_occurrence_at(a, occurrence, &o, &content, NULL) == 0 &&
	    ms_archive_check(a, o.message, o.id, NULL) == 0;
	ms_buf_release(&content);
	return there;
}

/* The number of acknowledged messages that are not there; *count receives the
 * number of all occurrences, *left the bits of the one that was moved. */
static unsigned
missing(unsigned *count, unsigned *left)
{
	static const struct ms_select all = {.order = MS_BY_DATE};
	struct ms_archive *a = NULL;
	const struct ms_row *row;
	struct ms_walk *w;
	unsigned i, n = 0;

	*count = *left = 0;
	if (ms_archive_open(&a, now, MS_ARCHIVE_WRITE, NULL) < 0)
		return MESSAGES;
	for (i = 0; i <= MESSAGES; i++)
		n += acknowledged[i] && !is_stored(a, i);
	if (ms_walk_open(&w, a, &all, NULL) == 0) {
		while (ms_walk_next(w, &row, NULL) == 1) {
			++*count;
			if (strcmp(row->place, "7/2") == 0 &&
			    row->folder == inbox)
				*left = row->bits;
		}
		ms_walk_close(w);
	}
	ms_archive_close(a);
	return n;
}

/* ---- failures ---- */

static unsigned
count_acknowledged(void)
{
	unsigned i, n = 0;

	for (i = 0; i <= MESSAGES; i++)
		n += acknowledged[i];
	return n;
}

/* Runs once while a call fails. Returns 1 if something is wrong after it. */
static unsigned
run(long call, int how, unsigned want, struct ms_err *err)
{
	unsigned count = 0, left = 0, gone;
	int rc;

	make_state("now", "whole");
	memset(acknowledged, 0, sizeof(acknowledged));
	wrong = 0;
	*err = (struct ms_err){0};
	fail_call(call, how);
	rc = ingest(err);
	atomic_store(&fail_at, 0);
	gone = missing(&count, &left);
	if (gone == 0 && wrong == 0 && txns == 0 &&
	    (rc == 0 ? count_acknowledged() == MESSAGES + 1 && count == want &&
			   (left & MS_ROW_MOVED) != 0
		     : NOT_FULL && err->code == MS_IO && count <= want))
		return 0;
	printf("# call %ld, %s: %d, %u acknowledged, %u of these missing, "
	       "%u wrong, %u occurrences, %ld transactions: %s\n",
	    call, atomic_load(&has_failed) ? failed : "-", rc,
	    count_acknowledged(), gone, wrong, count, txns, err->msg);
	return 1;
}

static void
fail_each(int how, unsigned want)
{
	struct ms_err err;
	unsigned bad = 0;
	long call = 0;

	do
		bad += run(++call, how, want, &err);
	while (atomic_load(&has_failed));
	ok(call > 20 && bad == 0, "%ld failures: %s", call - 1,
	    NOT_FULL ? strerror(how) : "the map is full");
}

/* Mail that is known in its folder costs lookups, and nothing is written. */
static void
known(bool with_place, const char *from, const char *name)
{
	struct ms_err err = {0};
	long first, again, before;
	unsigned i;
	char text[64], place[16];
	struct ms_spec spec = {
	    .place = with_place ? place : NULL, .from = from, .where = "0"};
	struct ms_archive *a = NULL;

	make_state("now", "whole");
	fail_call(0, EIO);
	ok(ms_archive_open(&a, now, MS_ARCHIVE_WRITE, &err) == 0, "an archive");
	in = ms_ingest_new(a, 1, result, NULL);
	first = calls;
	before = writes;
	pack_syncs = 0;
	for (i = 1; i <= 5; i++) {
		/* The destination is asked for again, as tools do. */
		spec.dest =
		    ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
		snprintf(place, sizeof(place), "7/%u", i);
		snprintf(text, sizeof(text), "Subject: %u\r\n\r\nbody\r\n", i);
		ms_ingest_begin(in, &spec, NULL);
		ms_ingest_data(
		    in, (const unsigned char *)text, strlen(text), NULL);
		ms_ingest_end(in, NULL);
	}
	ok(ms_ingest_finish(in, &err) == 0, "%s: %s", name, err.msg);
	again = calls - first;
	ok(again <= 45 && pack_syncs == 0 && writes == before, "%s: %ld calls",
	    name, again);
	ms_archive_close(a);
}

int
main(void)
{
	struct ms_err err;
	unsigned before, left;
	if (make_archive(NULL)) {
		snprintf(now, sizeof(now), "%s/now", dir);
		make_state("now", "whole");
		missing(&before, &left);
		ok(run(0, EIO, before + 7, &err) == 0, "mail is stored");
		fail_each(EIO, before + 7);
		fail_each(MAP_FULL, before + 7);
		known(true, NULL, "known places");
		known(false, NULL, "known mail without a place");
		known(true, "Other", "mail that was moved long ago");
	}
	return end_states();
}
