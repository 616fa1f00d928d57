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
	    "%d attributes", MS_ENVELOPE_ATTRIBUTES);
	ms_envelope_release(&e);
	ms_buf_add_str(&b, "z=1");
	ok(ms_envelope_parse(&e, &t, ms_buf_slice(&b), &err) == -1, "one more");

	/* MS-Envelope: folder="..." LF has 22 bytes and the value. */
	value = ms_xmalloc(MS_ENVELOPE_MAX);
	memset(value, 'x', MS_ENVELOPE_MAX);
	value[MS_ENVELOPE_MAX - 23] = '\0';
	ms_envelope_set(&e, MS_ATTR_FOLDER, value);
	ok(ms_envelope_write(&line, &e, &err) == 0 && line.n == MS_ENVELOPE_MAX,
	    "the longest line");
	value[MS_ENVELOPE_MAX - 23] = 'x';
	value[MS_ENVELOPE_MAX - 22] = '\0';
	ms_envelope_set(&e, MS_ATTR_FOLDER, value);
	ok(ms_envelope_write(&line, &e, &err) == -1 &&
		line.n == MS_ENVELOPE_MAX,
	    "one byte more, nothing appended");
	free(value);

	ms_envelope_set(&e, MS_ATTR_FOLDER, "\xff");
	ok(ms_envelope_write(&line, &e, &err) == -1, "a value not in UTF-8");
	ms_envelope_set(&e, MS_ATTR_FOLDER, NULL);
	e.other = ms_xstrdup("a=b\nSubject: x");
	ok(ms_envelope_write(&line, &e, &err) == -1,
	    "further attributes cannot add a line");
	ms_envelope_release(&e);
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
	ok(ms_envelope_void(
	       ms_slice_str(" void; y=z; reason=\"a \\\"b\\\"\""), &reason) &&
		strcmp(ms_buf_str(&reason), "a \"b\"") == 0,
	    "the reason of a void line");
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
	rc |= ms_stream_data(s.w, (const unsigned char *)">From", 5, NULL);
	rc |= ms_stream_trailer(s.w, &t, NULL);
	sink_close(&s);
	ok(rc == 0 && s.n == sizeof(want) - 1 && memcmp(s.p, want, s.n) == 0,
	    "messages, a void one, one left open, the trailer");
	if (strcmp(s.p, want) != 0)
		printf("# %s\n", s.p);
	free(s.p);
	ms_envelope_release(&e);
}

static void
test_full(void)
{
	FILE *f = fopen("/dev/full", "w");
	struct ms_stream_writer *w;
	struct ms_trailer t = {0};
	struct ms_err err = {0};

	if (f == NULL) {
		ok(true, "a full disk # SKIP no /dev/full");
		return;
	}
	w = ms_stream_writer_new(f);
	ok(ms_stream_trailer(w, &t, &err) == -1 && err.code == MS_TEMP,
	    "a full disk is said at the trailer");
	ok(ms_stream_trailer(w, &t, &err) == -1, "and again");
	ms_stream_writer_free(w);
	fclose(f);
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
	ok(bad == 0, "2,000 streams come back, byte for byte (seed %u)", bad);
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
	test_writer();
	test_full();
	test_round_trips(seed);
	ms_stream_writer_free(NULL);
	return done();
}
