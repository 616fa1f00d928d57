/* listing.c - writes the lines of ms-list and reads them back. ms-list(1),
 * Output. */
#include "listing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static void
field(struct ms_desc_field *f, const char *s)
{
	f->n = (uint8_t)strlen(s);
	memcpy(f->s, s, f->n);
}

static struct ms_row
sample(void)
{
	struct ms_row row = {.sent = 1795255200, .size = 4321};

	memset(row.id, 0xab, sizeof(row.id));
	field(&row.desc.from, "Bob <bob@example.org>");
	field(&row.desc.subject, "a\\b");
	return row;
}

static const struct ms_folder place = {.user_name = "alice",
    .source_url = "imap://a@h/",
    .name = "a\tb\nc\\/\x1b[0md",
    .label = ""};

#define ID "abababababababababababababababababababababababababababababababab"

static void
test_write(void)
{
	struct ms_row row = sample();
	struct ms_buf out = {0};

	ms_listing_write(&out, &row, &place, '\n');
	ok(strcmp(ms_buf_str(&out), ID
	       "\t2026-11-21T10:00:00Z\talice\ta\\tb\\nc\\\\/\\x1b[0md\t4321\t"
	       "Bob <bob@example.org>\ta\\\\b\timap://a@h/\n") == 0,
	    "a line is written");
	ms_buf_clear(&out);
	row.bits = MS_ROW_UNDATED;
	row.desc.bits = MS_DESC_SUBJECT_CUT;
	ms_listing_write(&out, &row, &place, '\0');
	ok(strcmp((char *)out.p, ID "\t\talice\ta\\tb\\nc\\\\/"
				    "\\x1b[0md\t4321\tBob <bob@example.org>\t"
				    "a\\\\b\xe2\x80\xa6\timap://a@h/") == 0 &&
		out.p[out.n - 1] == '\0',
	    "a line without a date, with a cut subject and NUL is written");
	ms_buf_release(&out);
}

static void
test_round(void)
{
	struct ms_row row = sample();
	struct ms_buf out = {0};
	struct ms_pick pick;
	struct ms_folder other = place;
	struct ms_err err = {0};

	ms_listing_write(&out, &row, &place, '\0');
	ok(ms_pick_parse(&pick, (char *)out.p, &err) == 0 &&
		strcmp(pick.digits, ID) == 0 && ms_pick_fits(&pick, &place),
	    "a line refers to its occurrence");
	other.source_url = "local:";
	ok(!ms_pick_fits(&pick, &other),
	    "the line does not match another source");
	other = place;
	other.name = "a";
	ok(!ms_pick_fits(&pick, &other),
	    "the line does not match another folder");
	other = place;
	other.user_name = "bob";
	ok(!ms_pick_fits(&pick, &other),
	    "the line does not match another user");
	ms_buf_release(&out);
}

static const struct {
	const char *line;
	bool good;
	const char *digits, *user, *folder, *source; /* "" for none */
} lines[] = {
    {"01234567", true, "01234567", "", "", ""},
    {"0123456789ABCDEF", true, "0123456789abcdef", "", "", ""},
    {"01234567\t", true, "01234567", "", "", ""},
    {"01234567\tx\tal", true, "01234567", "", "", ""},
    {"01234567\tx\tal\tINBOX", true, "01234567", "al", "INBOX", ""},
    {"01234567\tx\tal\t", true, "01234567", "", "", ""},
    {"01234567\tx\t\tINBOX", true, "01234567", "", "", ""},
    {"01234567\tx\tal\tIN\\tB\\\\\\n\\x\\\t1", true, "01234567", "al",
	"IN\tB\\\n\\x\\", ""},
    {"01234567\tx\tal\tINBOX\t1\tf\ts\t", true, "01234567", "al", "INBOX", ""},
    {"01234567\tx\tal\tINBOX\t1\tf\ts\tlocal:", true, "01234567", "al", "INBOX",
	"local:"},
    {"01234567\tx\tal\tINBOX\t1\tf\ts\tlocal:\tmore\tand more", true,
	"01234567", "al", "INBOX", "local:"},
    {"", false, "", "", "", ""},
    {"0123456", false, "", "", "", ""},
    {"0123456g", false, "", "", "", ""},
    {" 01234567", false, "", "", "", ""},
    {ID "0", false, "", "", "", ""},
    {"\t01234567", false, "", "", "", ""},
};

static bool
is(const char *got, const char *want)
{
	return got == NULL ? want[0] == '\0' : strcmp(got, want) == 0;
}

static void
test_parse(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *line = ms_xstrdup(lines[i].line);
		struct ms_pick p;
		struct ms_err err = {0};
		int rc = ms_pick_parse(&p, line, &err);

		if (lines[i].good)
			ok(rc == 0 && is(p.digits, lines[i].digits) &&
				is(p.user, lines[i].user) &&
				is(p.folder, lines[i].folder) &&
				is(p.source, lines[i].source),
			    "line %zu is accepted", i);
		else
			ok(rc == -1 && err.code == MS_DATA,
			    "line %zu is refused: %s", i, err.msg);
		free(line);
	}
}

static unsigned waits;

static int
count_waits(void *ctx, struct ms_err *err)
{
	int *fd = ctx;

	waits++;
	if (*fd < 0)
		return ms_fail(err, MS_TEMP, "full");
	close(*fd);
	*fd = -1;
	return 0;
}

static void
test_lines(void)
{
	struct ms_lines l = {.idle = count_waits};
	struct ms_err err = {0};
	char *line = NULL;
	int fd[2], none = -1;

	if (pipe(fd) < 0 || write(fd[1], "one\ntwo\0\nfive", 13) != 13)
		return;
	l.fd = fd[0];
	l.ctx = &fd[1];
	ok(ms_lines_next(&l, &line, &err) == 1 && strcmp(line, "one") == 0,
	    "a line ends with a newline");
	ok(ms_lines_next(&l, &line, &err) == 1 && strcmp(line, "two") == 0,
	    "a line ends with NUL");
	ok(ms_lines_next(&l, &line, &err) == 1 && line[0] == '\0',
	    "a line is empty");
	ok(waits == 0, "idle() is not called while there is input");
	ok(ms_lines_next(&l, &line, &err) == 1 && strcmp(line, "five") == 0 &&
		l.number == 4,
	    "the last line needs no end");
	ok(waits == 1, "idle() was called once for it");
	ok(ms_lines_next(&l, &line, &err) == 0, "the end is reached");
	ms_lines_release(&l);
	close(fd[0]);
	if (pipe(fd) < 0)
		return;
	l = (struct ms_lines){.fd = fd[0], .idle = count_waits, .ctx = &none};
	ok(ms_lines_next(&l, &line, &err) == -1 && err.code == MS_TEMP,
	    "idle() can stop the reading");
	close(fd[0]);
	close(fd[1]);
	ms_lines_release(&l);
}

static void
test_long_line(void)
{
	struct ms_lines l = {0};
	struct ms_err err = {0};
	char *line = NULL, name[] = "/tmp/ms-unit.XXXXXX";
	static char text[MS_LISTING_MAX + 2];

	l.fd = mkstemp(name);
	if (l.fd < 0)
		return;
	unlink(name);
	memset(text, 'a', sizeof(text));
	text[MS_LISTING_MAX] = '\n';
	if (write(l.fd, text, sizeof(text)) < 0 ||
	    write(l.fd, text, MS_LISTING_MAX) < 0 ||
	    lseek(l.fd, 0, SEEK_SET) < 0)
		return;
	ok(ms_lines_next(&l, &line, &err) == 1 &&
		strlen(line) == MS_LISTING_MAX,
	    "a line of the maximal length is read");
	ok(ms_lines_next(&l, &line, &err) == -1 && err.code == MS_DATA,
	    "a line with one byte more is refused: %s", err.msg);
	close(l.fd);
	ms_lines_release(&l);
}

int
main(void)
{
	test_write();
	test_round();
	test_parse();
	test_lines();
	test_long_line();
	return done();
}
