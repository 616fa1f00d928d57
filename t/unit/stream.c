/*
 * stream.c - reading and writing of envelopes; streams that are written in
 * pieces of any size and read again.
 */
#include "stream.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "mbox.h"
#include "tap.h"

/*
 * An envelope line, and the line that is written for it; NULL: it is refused.
 */
static const struct {
	const char *line, *again;
} envelopes[] = {
    {"", ""},
    {" ", ""},
    {" user=alice", "user=\"alice\""},
    {"user=alice;", "user=\"alice\""},
    {"  user=alice  ;  uid=1/2  ;  ", "user=\"alice\"; uid=\"1/2\""},
    {" uid=1/2;user=alice", "user=\"alice\"; uid=\"1/2\""},
    {" flags=\"\\\\Seen $x\"", "flags=\"\\\\Seen $x\""},
    {" folder=\"a \\\"b\\\" ; =\"", "folder=\"a \\\"b\\\" ; =\""},
    {" folder=\"a\\x0Ab\\x7f\\x01\"", "folder=\"a\\x0Ab\\x7F\\x01\""},
    {" folder=\"a\\x41\\x2f\"", "folder=\"aA/\""},
    {" folder=\"\xc3\xbc\"", "folder=\"\xc3\xbc\""},
    {" folder=\"\\xC3\\xBC\"", "folder=\"\xc3\xbc\""},
    {" folder=\"\"", "folder=\"\""},
    {" flags=\"\"; x-y2=a; z=\"b;c\"; date=d",
	"flags=\"\"; date=\"d\"; x-y2=\"a\"; z=\"b;c\""},
    {" moved-from=a; special=b; ref=c; label=d; source=e",
	"source=\"e\"; label=\"d\"; ref=\"c\"; special=\"b\"; "
	"moved-from=\"a\""},
    {" endless=1; void-of=2", "endless=\"1\"; void-of=\"2\""},
    {" end=1", "end=\"1\""},
    {" user", NULL},
    {" user=", NULL},
    {" user=;", NULL},
    {" user alice", NULL},
    {" user=alice uid=1", NULL},
    {" ;user=alice", NULL},
    {" =alice", NULL},
    {" User=alice", NULL},
    {" 2user=alice", NULL},
    {" user=\"alice", NULL},
    {" user=\"alice\\", NULL},
    {" user=\"alice\\\"", NULL},
    {" user=\"a\\nb\"", NULL},
    {" user=\"\\x0\"", NULL},
    {" user=\"a\\x41", NULL},
    {" user=", NULL},
    {" user=\"\\x\"", NULL},
    {" user=\"\\xgg\"", NULL},
    {" user=\"\\x00\"", NULL},
    {" user=\"a\tb\"", NULL},
    {" user=\"a\x7f\"", NULL},
    {" user=\"a\"b", NULL},
    {" user=a\"b\"", NULL},
    {" user=\xc3\xbc", NULL},
    {" user=\"\xc3\"", NULL},
    {" user=\"\\xC3\"", NULL},
    {" user=\"\xed\xa0\x80\"", NULL},
    {" user=a; user=a", NULL},
    {" x=a; x=a", NULL},
    {" x=a; xx=b; y=c; xx=d", NULL},
    {" user=alice\r", NULL},
    {"\tuser=alice", NULL},
};

/* Lines that are refused, and what the error says. The bytes after `|` are not
 * part of the line. */
static const struct {
	const char *line, *says;
} refused[] = {
    {" user=\"a\tb\"", "control byte"},
    {" user=\"a\x7f\"", "control byte"},
    {" user=\"\\x00\"", "contains NUL"},
    {" user=\"\\x0", "unknown escape"},
    {" user=\"\\n\"", "unknown escape"},
    {" user=\"\\x41", "quote is not closed"},
    {" user=\"a", "quote is not closed"},
    {" user=\"a|\"", "quote is not closed"},
    {" user=\"a\\|\"\"", "quote is not closed"},
    {" user=\"\xc3\"", "value is not UTF-8"},
    {" user=", "value is missing"},
    {" user=|\"a\"", "value is missing"},
    {" user=;", "value is missing"},
    {" user|=a", "expected name=value"},
    {" =a", "expected name=value"},
    {" user=a uid=1", "no ; after a value"},
    {" user=a; user=b", "user given twice"},
    {" x1=a; x2=b; x1=c", "x1 given twice"},
};

static void
test_refused(void)
{
	struct ms_envelope e = {0};
	struct ms_trailer t = {0};
	struct ms_slice line;
	struct ms_err err;
	struct ms_buf b = {0};
	const char *bar;
	int rc;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		bar = strchr(refused[i].line, '|');
		line = ms_slice_str(refused[i].line);
		ms_buf_clear(&b);
		ms_buf_add(&b, line.p, line.n);
		if (bar != NULL) {
			line.n = (size_t)(bar - refused[i].line);
			b.n = line.n;
			ms_buf_add_str(&b, bar + 1);
			line.p = b.p;
		}
		err = (struct ms_err){0};
		rc = ms_envelope_parse(&e, &t, line, &err);
		ok(rc == -1 && err.code == MS_DATA &&
			strstr(err.msg, refused[i].says) != NULL &&
			e.value[MS_ATTR_USER] == NULL && e.other == NULL,
		    "refused: row %zu: %s", i, err.msg);
	}
	ok(ms_envelope_parse(&e, &t,
	       (struct ms_slice){(const unsigned char *)"user=alice2", 10},
	       NULL) == MS_STREAM_ENVELOPE &&
		strcmp(e.value[MS_ATTR_USER], "alice") == 0,
	    "a value ends with the line");
	ms_envelope_set(&e, MS_ATTR_USER, "bob");
	ok(strcmp(e.value[MS_ATTR_USER], "bob") == 0, "a value is replaced");
	ms_envelope_release(&e);
	ms_buf_release(&b);
}

static void
test_envelopes(void)
{
	struct ms_buf out = {0}, again = {0};
	struct ms_trailer t = {0};
	struct ms_envelope e = {0};
	struct ms_err err = {0};
	const char *want;
	int rc;

	for (size_t i = 0; i < sizeof(envelopes) / sizeof(envelopes[0]); i++) {
		want = envelopes[i].again;
		ms_buf_clear(&out);
		rc = ms_envelope_parse(
		    &e, &t, ms_slice_str(envelopes[i].line), &err);
		if (want == NULL) {
			ok(rc == -1 && err.code == MS_DATA, "refused:%s",
			    envelopes[i].line);
			continue;
		}
		ok(rc == MS_STREAM_ENVELOPE &&
			ms_envelope_write(&out, &e, &err) == 0,
		    "accepted:%s", envelopes[i].line);
		ms_buf_clear(&again);
		ms_buf_printf(&again, "MS-Envelope: %s\n", want);
		ok(ms_slice_eq(ms_buf_slice(&out), ms_buf_slice(&again)),
		    "written again:%s", envelopes[i].line);
		ms_envelope_release(&e);
	}
	ms_buf_release(&out);
	ms_buf_release(&again);
}

static void
test_limits(void)
{
	struct ms_buf b = {0}, line = {0};
	struct ms_envelope e = {0};
	struct ms_trailer t = {0};
	struct ms_err err = {0};
	char *value;

	for (unsigned i = 0; i < MS_ENVELOPE_ATTRIBUTES; i++)
		ms_buf_printf(&b, "a%u=1;", i);
	ok(ms_envelope_parse(&e, &t, ms_buf_slice(&b), &err) == 1,
	    "%d attributes are accepted", MS_ENVELOPE_ATTRIBUTES);
	ms_envelope_release(&e);
	ms_buf_add_str(&b, "z=1");
	ok(ms_envelope_parse(&e, &t, ms_buf_slice(&b), &err) == -1,
	    "one attribute more is refused");

	/* MS-Envelope: folder="..." LF has 22 bytes and the value. */
	value = ms_xmalloc(MS_ENVELOPE_MAX);
	memset(value, 'x', MS_ENVELOPE_MAX);
	value[MS_ENVELOPE_MAX - 23] = '\0';
	ms_envelope_set(&e, MS_ATTR_FOLDER, value);
	ok(ms_envelope_write(&line, &e, &err) == 0 && line.n == MS_ENVELOPE_MAX,
	    "the longest line is written");
	value[MS_ENVELOPE_MAX - 23] = 'x';
	value[MS_ENVELOPE_MAX - 22] = '\0';
	ms_envelope_set(&e, MS_ATTR_FOLDER, value);
	ok(ms_envelope_write(&line, &e, &err) == -1 &&
		line.n == MS_ENVELOPE_MAX,
	    "with one byte more, nothing is appended");
	free(value);

	ms_envelope_set(&e, MS_ATTR_FOLDER, "\xff");
	ok(ms_envelope_write(&line, &e, &err) == -1 &&
		line.n == MS_ENVELOPE_MAX,
	    "a value that is not UTF-8 is not written");
	ms_envelope_set(&e, MS_ATTR_FOLDER, NULL);
	e.other = ms_xstrdup("a=b\nSubject: x");
	ok(ms_envelope_write(&line, &e, &err) == -1 &&
		line.n == MS_ENVELOPE_MAX,
	    "further attributes cannot add a line");
	ms_envelope_release(&e);
	ok(ms_envelope_write(&line, &e, &err) == 0 &&
		line.n == MS_ENVELOPE_MAX + 14,
	    "only the line that is written has a limit");

	ms_buf_room(&b, MS_ENVELOPE_MAX + 1);
	memset(b.p, ' ', MS_ENVELOPE_MAX + 1);
	b.n = MS_ENVELOPE_MAX;
	ok(ms_envelope_parse(&e, &t, ms_buf_slice(&b), &err) == 1,
	    "the longest line is read");
	b.n++;
	ok(ms_envelope_parse(&e, &t, ms_buf_slice(&b), &err) == -1,
	    "with one byte more it is refused");
	for (int n = 64; n <= 65; n++) {
		ms_buf_clear(&b);
		ms_buf_printf(&b, "%0*d=1", n, 0);
		memset(b.p, 'n', (size_t)n);
		ok(ms_envelope_parse(&e, &t, ms_buf_slice(&b), &err) ==
			(n == 64 ? 1 : -1),
		    "a name of %d bytes", n);
		ok(n > 64 || (e.other != NULL && strlen(e.other) == 64 + 4),
		    "  is kept, or not");
		ms_envelope_release(&e);
	}
	ms_buf_release(&b);
	ms_buf_release(&line);
}

static void
test_trailers(void)
{
	static const struct {
		const char *line;
		int rc;
	} rows[] = {{" end; messages=3; failed=2; status=76", 2},
	    {"end;messages=\"3\";failed=2;status=76;x=y", 2}, {" status=76", 1},
	    {" end", -1}, {" end; messages=3; failed=2", -1},
	    {" end; messages=3; failed=2; status=256", -1},
	    {" end; messages=3; failed=-1; status=0", -1},
	    {" end; messages=3; messages=3; failed=2; status=76", -1},
	    {" end; messages=99999999999999999999; failed=2; status=76", -1},
	    {" void", 3}, {" void; reason=\"x\"", 3}, {" void; \"", 3}};
	static const struct {
		const char *text;
		bool good;
	} ids[] = {{"00112233445566778899aabbccddeeff", true},
	    {"00112233445566778899aabbccddeef", false},
	    {"00112233445566778899aabbccddeeff0", false},
	    {"00112233445566778899AABBCCDDEEFF", false}};
	struct ms_envelope e = {0};
	struct ms_buf reason = {0};
	struct ms_trailer t;
	int rc;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		t = (struct ms_trailer){0};
		rc =
		    ms_envelope_parse(&e, &t, ms_slice_str(rows[i].line), NULL);
		ok(rc == rows[i].rc &&
			(rc != 2 || (t.messages == 3 && t.failed == 2 &&
					t.status == 76)),
		    "line:%s", rows[i].line);
		ms_envelope_release(&e);
	}
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		ms_buf_clear(&reason);
		ms_buf_printf(&reason,
		    " end; messages=3; failed=2; status=76; archive=%s",
		    ids[i].text);
		memset(&t, 'x', sizeof(t));
		rc = ms_envelope_parse(&e, &t, ms_buf_slice(&reason), NULL);
		ok(rc == (ids[i].good ? 2 : -1) &&
			(rc != 2 || strcmp(t.archive, ids[i].text) == 0),
		    "the id of an archive, %s", ids[i].text);
		ms_envelope_release(&e);
	}
	memset(&t, 'x', sizeof(t));
	rc = ms_envelope_parse(&e, &t,
	    ms_slice_str(
		"end; messages=9223372036854775807; failed=90; status=255"),
	    NULL);
	ok(rc == 2 && t.messages == INT64_MAX && t.failed == 90 &&
		t.status == 255 && t.archive[0] == '\0',
	    "the highest numbers, and no archive");
	ok(ms_envelope_parse(&e, &t,
	       ms_slice_str(
		   "end; messages=9223372036854775808; failed=0; status=0"),
	       NULL) == -1,
	    "one more is refused");
	ms_buf_clear(&reason);
	ok(ms_envelope_void(
	       ms_slice_str("void; reason=one; reason=two"), &reason) &&
		strcmp(ms_buf_str(&reason), "one") == 0,
	    "the first reason counts");
	ok(ms_envelope_void(ms_slice_str("void; reason=x"), NULL),
	    "a reason that is not asked for");
	ms_buf_clear(&reason);
	ok(ms_envelope_void(
	       ms_slice_str(" void; y=z; reason=\"a \\\"b\\\"\""), &reason) &&
		strcmp(ms_buf_str(&reason), "a \"b\"") == 0,
	    "a void line has a reason");
	ok(!ms_envelope_void(ms_slice_str(" reason=\"a\""), &reason),
	    "an envelope is not void");
	ms_buf_release(&reason);
}

/* ---- the writer ---- */

/* A stream in memory. */
struct sink {
	char *p;
	size_t n;
	FILE *f;
	struct ms_stream_writer *w;
};

static void
sink_open(struct sink *s)
{
	s->f = open_memstream(&s->p, &s->n);
	if (s->f == NULL)
		abort();
	s->w = ms_stream_writer_new(s->f);
}

static void
sink_close(struct sink *s)
{
	ms_stream_writer_free(s->w);
	fclose(s->f);
}

static void
test_writer(void)
{
	static const char want[] = MS_STREAM_FROM
	    "MS-Envelope: user=\"alice\"\n>From x\n>>From y\nFro\nFrom\n"
	    "\n" MS_STREAM_FROM "MS-Envelope: \n\n" MS_STREAM_FROM
	    "MS-Envelope: \nhalf\n" MS_STREAM_FROM
	    "MS-Envelope: void; reason=\"gone \\\"away\\\"\"\n\n" MS_STREAM_FROM
	    "MS-Envelope: \nlost\n" MS_STREAM_FROM
	    "MS-Envelope: void\n\n" MS_STREAM_FROM
	    "MS-Envelope: \n>From\n" MS_STREAM_FROM
	    "MS-Envelope: void\n\n" MS_STREAM_FROM
	    "MS-Envelope: end; messages=2; failed=2; status=75\n\n";
	static const char body[] = "From x\n>From y\nFro\nFrom\n";
	struct ms_trailer t = {.messages = 2, .failed = 2, .status = 75};
	struct ms_envelope e = {0}, none = {0};
	struct sink s;
	int rc = 0;

	sink_open(&s);
	ms_envelope_set(&e, MS_ATTR_USER, "alice");
	rc |= ms_stream_begin(s.w, &e, NULL);
	for (size_t i = 0; i < sizeof(body) - 1; i++)
		rc |= ms_stream_data(
		    s.w, (const unsigned char *)body + i, 1, NULL);
	rc |= ms_stream_end(s.w, NULL);
	rc |= ms_stream_cancel(s.w, "nothing is open", NULL);
	rc |= ms_stream_begin(s.w, &none, NULL);
	rc |= ms_stream_end(s.w, NULL);
	rc |= ms_stream_begin(s.w, &none, NULL);
	rc |= ms_stream_data(s.w, (const unsigned char *)"half", 4, NULL);
	rc |= ms_stream_cancel(s.w, "gone \"away\"", NULL);
	rc |= ms_stream_begin(s.w, &none, NULL);
	rc |= ms_stream_data(s.w, (const unsigned char *)"lost", 4, NULL);
	rc |= ms_stream_begin(s.w, &none, NULL);
	rc |= ms_stream_data(s.w, (const unsigned char *)">From", 5, NULL);
	rc |= ms_stream_trailer(s.w, &t, NULL);
	sink_close(&s);
	ok(rc == 0 && s.n == sizeof(want) - 1 && memcmp(s.p, want, s.n) == 0,
	    "messages, a cancelled one, an incomplete one and the trailer are "
	    "written");
	if (strcmp(s.p, want) != 0)
		printf("# %s\n", s.p);
	free(s.p);
	ms_envelope_release(&e);
}

/* Lines between messages, which are not written within a message. */
static void
test_idle(void)
{
	static const char idle[] = MS_STREAM_FROM "MS-Envelope: idle\n\n";
	static const char progress[] = MS_STREAM_FROM
	    "MS-Envelope: idle; folder=\"a \\\"b\\\"\"; messages=3; total=40; "
	    "bytes=500\n\n";
	static const char message[] = MS_STREAM_FROM "MS-Envelope: \n\n";
	static const char trailer[] =
	    MS_STREAM_FROM "MS-Envelope: end; messages=1; failed=0; status=0; "
			   "archive=00112233445566778899aabbccddeeff\n\n";
	static const struct ms_progress p = {.messages = 3,
	    .messages_total = 40,
	    .bytes = 500,
	    .what = "a \"b\""};
	const struct ms_trailer t = {
	    .messages = 1, .archive = "00112233445566778899aabbccddeeff"};
	struct ms_envelope none = {0};
	struct ms_buf want = {0};
	struct sink s;
	int bad = 0;

	sink_open(&s);
	bad |= ms_stream_idle(s.w, NULL);
	ms_buf_add_str(&want, idle);
	bad |= ms_stream_begin(s.w, &none, NULL);
	bad |= ms_stream_idle(s.w, NULL);
	bad |= ms_stream_progress(s.w, &p, NULL);
	bad |= ms_stream_end(s.w, NULL);
	ms_buf_add_str(&want, message);
	bad |= ms_stream_progress(s.w, &p, NULL);
	ms_buf_add_str(&want, progress);
	bad |= ms_stream_trailer(s.w, &t, NULL);
	ms_buf_add_str(&want, trailer);
	ok(bad == 0 && strcmp(s.p, ms_buf_str(&want)) == 0,
	    "idle lines, a progress line and the id of an archive are written");
	sink_close(&s);
	free(s.p);
	ms_buf_release(&want);
}

/* What a progress line says. */
static void
test_progress(void)
{
	static const struct {
		const char *line;
		bool is;
		uint64_t messages, total, bytes;
		const char *folder;
	} rows[] = {
	    {" idle; folder=\"a \\\"b\"; messages=3; total=40; bytes=500", true,
		3, 40, 500, "a \"b"},
	    {"idle; bytes=9223372036854775807", true, 7, 7, 9223372036854775807,
		"before"},
	    {"idle; total=1", true, 7, 1, 7, "before"},
	    {"idle; messages=0", true, 0, 7, 7, "before"},
	    {"idle; messages=1; x=2; total=x", true, 1, 7, 7, "before"},
	    {"idle; folder=\"\"", false, 7, 7, 7, ""},
	    {"idle; messages=x", false, 7, 7, 7, "before"},
	    {"idle", false, 7, 7, 7, "before"},
	    {"idle; \"", false, 7, 7, 7, "before"},
	    {"messages=1", false, 7, 7, 7, NULL},
	    {"void; messages=1", false, 7, 7, 7, NULL},
	};
	struct ms_buf folder = {0};
	struct ms_progress p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p = (struct ms_progress){
		    .messages = 7, .messages_total = 7, .bytes = 7};
		ms_buf_clear(&folder);
		ms_buf_add_str(&folder, "before");
		ok(ms_envelope_progress(
		       ms_slice_str(rows[i].line), &p, &folder) == rows[i].is &&
			p.messages == rows[i].messages &&
			p.messages_total == rows[i].total &&
			p.bytes == rows[i].bytes &&
			(rows[i].folder == NULL
				? p.what == NULL
				: strcmp(p.what, rows[i].folder) == 0),
		    "progress: %s", rows[i].line);
	}
	ms_buf_release(&folder);
}

/* A reason is written if it is UTF-8 and not too long. */
static void
test_reasons(void)
{
	char text[1026];
	static const struct {
		size_t n;
		char c;
		bool written;
	} rows[] = {{0, 'r', true}, {1024, 'r', true}, {1025, 'r', false},
	    {5, '\xff', false}};
	struct ms_envelope none = {0};
	struct sink s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(text, rows[i].c, rows[i].n);
		text[rows[i].n] = '\0';
		sink_open(&s);
		ms_stream_begin(s.w, &none, NULL);
		ok(ms_stream_cancel(s.w, text, NULL) == 0, "cancelled");
		sink_close(&s);
		ok((strstr(s.p, "void; reason=\"") != NULL) ==
			    rows[i].written &&
			strstr(s.p, "MS-Envelope: void") != NULL,
		    "a reason of %zu bytes is written: %d", rows[i].n,
		    rows[i].written);
		free(s.p);
	}
}

/* An envelope that is too long is refused, and the message is not begun. */
static void
test_too_long(void)
{
	struct ms_envelope e = {0};
	struct ms_err err = {0};
	struct sink s;
	char *user = ms_xmalloc(MS_ENVELOPE_MAX + 1);
	int rc;

	memset(user, 'u', MS_ENVELOPE_MAX);
	user[MS_ENVELOPE_MAX] = '\0';
	ms_envelope_set(&e, MS_ATTR_USER, user);
	sink_open(&s);
	rc = ms_stream_begin(s.w, &e, &err);
	ok(rc < 0 && err.code != MS_OK, "a long envelope: %s", err.msg);
	ok(ms_stream_cancel(s.w, NULL, NULL) == 0, "nothing is open");
	sink_close(&s);
	ok(s.n == 0, "and nothing is written");
	free(s.p);
	free(user);
	ms_envelope_release(&e);
}

static void
test_full(void)
{
	FILE *f = fopen("/dev/full", "w");
	struct ms_stream_writer *w;
	struct ms_trailer t = {0};
	struct ms_envelope none = {0};
	const struct ms_progress p = {.what = "x"};
	struct ms_err err = {0};

	if (f == NULL) {
		ok(true, "a full disk # SKIP no /dev/full");
		return;
	}
	w = ms_stream_writer_new(f);
	ok(ms_stream_trailer(w, &t, &err) == -1 && err.code == MS_TEMP,
	    "the trailer reports a full disk");
	ok(ms_stream_trailer(w, &t, &err) == -1 && err.code == MS_IO,
	    "the error is reported again");
	ms_stream_writer_free(w);
	fclose(f);

	/* Without a buffer, each write fails at once. */
	f = fopen("/dev/full", "w");
	if (f == NULL || setvbuf(f, NULL, _IONBF, 0) != 0)
		return;
	w = ms_stream_writer_new(f);
	ok(ms_stream_idle(w, &err) == -1 && err.code == MS_TEMP,
	    "a line without a message: %s", err.msg);
	ok(ms_stream_idle(w, &err) == -1 && err.code == MS_IO,
	    "nothing is written after it: %s", err.msg);
	ms_stream_writer_free(w);
	w = ms_stream_writer_new(f);
	ok(ms_stream_begin(w, &none, &err) == -1 && err.code == MS_TEMP,
	    "a message cannot be begun");
	ok(ms_stream_cancel(w, NULL, &err) == 0, "it is not open");
	ms_stream_writer_free(w);
	w = ms_stream_writer_new(f);
	ok(ms_stream_data(w, (const unsigned char *)"xy\n", 3, &err) == -1 &&
		err.code == MS_TEMP && ms_stream_end(w, &err) == -1 &&
		err.code == MS_IO,
	    "bytes cannot be written, and no end");
	ms_stream_writer_free(w);
	w = ms_stream_writer_new(f);
	ok(ms_stream_progress(w, &p, &err) == -1 && err.code == MS_TEMP,
	    "the progress cannot be written");
	ms_stream_writer_free(w);
	fclose(f);
}

/* The special uses of a folder. */
static void
test_special(void)
{
	static const struct {
		const char *special, *use;
		bool has;
	} rows[] = {
	    {"", "\\Sent", false},
	    {"\\Sent", "\\Sent", true},
	    {"\\SENT", "\\sent", true},
	    {"\\Sent2", "\\Sent", false},
	    {"\\Sen", "\\Sent", false},
	    {"\\Archive \\Sent", "\\Sent", true},
	    {"\\Archive \\All \\Sent", "\\All", true},
	    {"\\Archive \\All", "\\Sent", false},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(ms_special_has(rows[i].special, rows[i].use) == rows[i].has,
		    "'%s' has %s: %d", rows[i].special, rows[i].use,
		    rows[i].has);
}

/* ---- round trips ---- */

/* Makes a message of pieces that are difficult to quote. */
static void
hostile(struct ms_buf *b, unsigned *seed)
{
	static const char *const pieces[] = {"From ", ">", "\n", "\r\n", "F",
	    "From", "\nFrom ", "\n>From ", MS_STREAM_FROM, "MS-Envelope: end",
	    "x", "\0", "\n\n", ">>>>>>>>"};
	size_t k;

	ms_buf_clear(b);
	for (int i = rand_r(seed) % 12; i > 0; i--) {
		k = (size_t)rand_r(seed) % (sizeof(pieces) / sizeof(char *));
		ms_buf_add(
		    b, pieces[k], pieces[k][0] != '\0' ? strlen(pieces[k]) : 1);
	}
}

/* Writes b in random pieces as one message. */
static int
write_message(
    struct ms_stream_writer *w, const struct ms_buf *b, unsigned *seed)
{
	struct ms_envelope e = {0};
	size_t n;
	int rc;

	rc = ms_stream_begin(w, &e, NULL);
	for (size_t i = 0; i < b->n; i += n) {
		n = 1 + (size_t)rand_r(seed) % 9;
		if (n > b->n - i)
			n = b->n - i;
		rc |= ms_stream_data(w, b->p + i, n, NULL);
	}
	return rc | ms_stream_end(w, NULL);
}

/* Reads the next message of a stream in memory, with its envelope line. */
static bool
read_message(struct ms_mbox *m, const struct sink *s, size_t *at,
    unsigned *seed, struct ms_buf *out)
{
	enum ms_mbox_event event;
	struct ms_slice piece;
	size_t window = 0, used;

	ms_buf_clear(out);
	for (;;) {
		if (window > s->n - *at)
			window = s->n - *at;
		event = ms_mbox_next(m, (unsigned char *)s->p + *at, window,
		    *at + window == s->n, &used, &piece);
		*at += used;
		window -= used;
		if (event == MS_MBOX_MORE)
			window += 1 + (size_t)rand_r(seed) % 9;
		else if (event == MS_MBOX_DATA)
			ms_buf_add(out, piece.p, piece.n);
		else if (event == MS_MBOX_END)
			return ms_mbox_ended(m);
		else if (event == MS_MBOX_DONE)
			return false;
	}
}

static void
test_round_trips(unsigned seed)
{
	static const char line[] = "MS-Envelope: \n";
	struct ms_buf in[8] = {{0}}, out = {0};
	struct ms_trailer t = {0};
	unsigned now = seed, bad = 0;
	struct ms_mbox m;
	struct sink s;
	size_t at, n = sizeof(line) - 1;
	int rc;

	for (int round = 0; round < 2000 && bad == 0; round++) {
		seed = now;
		rc = 0;
		sink_open(&s);
		for (int i = 0; i < 8; i++) {
			hostile(&in[i], &now);
			rc |= write_message(s.w, &in[i], &now);
		}
		rc |= ms_stream_trailer(s.w, &t, NULL);
		sink_close(&s);
		ms_mbox_init(&m, MS_MBOX_STREAM, true);
		at = 0;
		for (int i = 0; i < 8; i++)
			if (rc != 0 || !read_message(&m, &s, &at, &now, &out) ||
			    out.n != in[i].n + n ||
			    memcmp(out.p, line, n) != 0 ||
			    (in[i].n > 0 &&
				memcmp(out.p + n, in[i].p, in[i].n) != 0))
				bad = seed;
		free(s.p);
	}
	ok(bad == 0,
	    "2,000 streams have the same bytes when they are read (seed %u)",
	    bad);
	for (int i = 0; i < 8; i++)
		ms_buf_release(&in[i]);
	ms_buf_release(&out);
}

int
main(void)
{
	unsigned seed = (unsigned)time(NULL) | 1;
	const char *given = getenv("MS_SEED");

	if (given != NULL)
		seed = (unsigned)strtoul(given, NULL, 10);
	printf("# seed %u (MS_SEED repeats it)\n", seed);
	test_envelopes();
	test_limits();
	test_trailers();
	test_refused();
	test_writer();
	test_idle();
	test_progress();
	test_reasons();
	test_too_long();
	test_full();
	test_special();
	test_round_trips(seed);
	ms_stream_writer_free(NULL);
	return done();
}
