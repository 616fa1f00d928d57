/* source-point.c - tests of lib/formats/source-point.c: from each point of a
 * file, reading goes on with the messages after it, and only if the bytes
 * before it are the same. */
#include "container.h"
#include "sourced.h"

#define POINTS 100

/* What a run through a file has found, or is told. */
struct trip {
	struct ms_source_options opt;
	struct ms_buf text, file;
	size_t n, end[POINTS]; /* bytes of the text before each point */
	struct ms_source_point point[POINTS];
	const struct ms_source_point *known;
	uint64_t resumed; /* messages, or UINT64_MAX */
};

static struct ms_container *containers;

static bool
find_point(void *ctx, struct ms_slice file, struct ms_source_point *p)
{
	struct trip *t = ctx;

	ms_buf_clear(&t->file);
	ms_buf_add(&t->file, file.p, file.n);
	if (t->known != NULL)
		*p = *t->known;
	return t->known != NULL;
}

static void
resumed(void *ctx, const char *where, const struct ms_source_point *p)
{
	(void)where;
	((struct trip *)ctx)->resumed = p->messages;
}

/* Reads all messages of a file; known: a point, or NULL. */
static void
travel(struct trip *t, const char *path, const struct ms_source_point *known)
{
	struct ms_source_options opt = t->opt;
	struct ms_source *src;
	struct ms_arrival a;
	struct ms_err err = {0};
	int rc;

	opt.containers = containers;
	opt.find_point = find_point;
	opt.resumed = resumed;
	opt.point_ctx = t;
	t->known = known;
	t->resumed = UINT64_MAX;
	t->n = 0;
	ms_buf_clear(&t->text);
	if (ms_source_open(&src, path, &opt, &err) < 0) {
		ms_buf_printf(&t->text, "%s\n", err.msg);
		return;
	}
	while ((rc = ms_source_next(src, &a, &err)) != 0) {
		if (rc < 0)
			ms_buf_printf(&t->text, "%s: %s\n", a.where, err.msg);
		else
			add_message(src, &a, &t->text);
		if (rc > 0 && t->n < POINTS &&
		    ms_source_point(src, &t->point[t->n]))
			t->end[t->n++] = t->text.n;
	}
	ms_source_close(src);
}

static void
release(struct trip *t)
{
	ms_buf_release(&t->text);
	ms_buf_release(&t->file);
}

/* Whether reading goes on from each point with what comes after it. */
static void
goes_on(const char *name, const char *path, struct ms_source_options opt,
    size_t points)
{
	struct trip one = {.opt = opt}, two = {.opt = opt};
	size_t same = 0, resumes = 0;

	travel(&one, path, NULL);
	ok(one.n == points, "%s: %zu points of %zu", name, one.n, points);
	for (size_t i = 0; i < one.n; i++) {
		travel(&two, path, &one.point[i]);
		resumes += two.resumed == one.point[i].messages;
		same += strcmp(ms_buf_str(&two.text),
			    ms_buf_str(&one.text) + one.end[i]) == 0;
		if (same != i + 1)
			printf("# from %zu: %s\n", i, ms_buf_str(&two.text));
	}
	ok(resumes == points, "  it is the same file");
	ok(same == points, "  the rest follows");
	release(&one);
	release(&two);
}

static void
test_mbox(void)
{
	static const struct ms_source_options none;
	const struct ms_source_options unquote = {.unquote = true},
				       mbox = {.format = MS_FORMAT_MBOX},
				       thunderbird = {
					   .client = MS_CLIENT_THUNDERBIRD};

	put_str("plain.mbox", D1 "A: 1\n\nx\n\n" D2 "A: 2\n\n" D1
				 "A: 3\n\n>From x\n" D2 "A: 4\n");
	goes_on("an mbox", "plain.mbox", none, 3);
	goes_on("an mbox that is unquoted", "plain.mbox", unquote, 3);
	put_str("crlf.mbox",
	    "From a@b Mon Jan  5 10:00:00 2026\r\nA: 1\r\n\r\nx\r\n\r\n"
	    "From c@d Mon Jan  5 10:00:00 2026\r\nA: 2\r\n\r\n\r\n\r\n"
	    "From e@f Mon Jan  5 10:00:00 2026\r\nA: 3\r\n");
	goes_on("an mbox with CRLF", "crlf.mbox", none, 2);
	put_str("word.mbox", "From 1@xxx\nTo: a\nSubject: 1\n\nx\n\n"
			     "From 2@xxx\nTo: a\nSubject: 2\n\ny\n\n"
			     "From 3@xxx\nTo: a\nSubject: 3\n");
	goes_on("an mbox without dates", "word.mbox", none, 2);
	put_str("mark.mbox",
	    D1 "A: 1\n\nx\n\n\xef\xbb\xbf" D2 "A: 2\n\n" D1 "A: 3\n");
	goes_on("an mbox with a byte order mark", "mark.mbox", none, 2);
	put_str("rest.mbox", "rest\n\n" D1 "A: 1\n\nx\n\n" D2 "A: 2\n\n");
	goes_on("an mbox whose beginning is missing", "rest.mbox", mbox, 1);
	put_str("moz", "From - Mon Jan  5 10:00:00 2026\n"
		       "X-Mozilla-Status: 0009\nA: 1\n\n"
		       "From - Mon Jan  5 10:00:00 2026\n"
		       "X-Mozilla-Status: 0001\nA: 2\n\n"
		       "From - Mon Jan  5 10:00:00 2026\n"
		       "X-Mozilla-Status: 0000\nA: 3\n\n");
	goes_on("an mbox of Thunderbird", "moz", thunderbird, 2);
	mkdir("tree", 0700);
	put_str("tree/in.mbox", D1 "A: 1\n\n" D1 "A: 2\n\n");
	goes_on("an mbox in a directory", "tree", none, 1);
}

static void
test_takeout(void)
{
	const struct ms_source_options opt = {.client = MS_CLIENT_TAKEOUT};

	put_str("All mail.mbox", "From 1@xxx Mon Oct 16 23:18:56 +0000 2023\n"
				 "X-Gmail-Labels: Inbox,One,Two\nA: 1\n\n"
				 "From 2@xxx Mon Oct 16 23:18:56 +0000 2023\n"
				 "X-Gmail-Labels: Three,Four\nA: 2\n\n"
				 "From 3@xxx Mon Oct 16 23:18:56 +0000 2023\n"
				 "X-Gmail-Labels: Inbox\nA: 3\n");
	goes_on("a message in several folders comes whole", "All mail.mbox",
	    opt, 2);
}

static void
test_changes(void)
{
	static const struct ms_source_options none;
	struct trip one = {.opt = none}, two = {.opt = none};
	struct ms_source_point last;
	struct ms_buf all = {0};

	put_str("c.mbox", D1 "A: 1\n\nx\n\n" D1 "A: 2\n\ny\n\n" D1 "A: 3\n");
	travel(&one, "c.mbox", NULL);
	last = one.point[1];
	ms_buf_add(&all, one.text.p, one.text.n);
	put_str("c.mbox", D1 "A: 1\n\nx\n\n" D1 "A: 2\n\nz\n\n" D1 "A: 3\n");
	travel(&two, "c.mbox", &last);
	ok(two.resumed == UINT64_MAX, "a changed byte before the point");
	ok(two.text.n == all.n, "  all messages are read");
	put_str("c.mbox", D1 "A: 1\n");
	travel(&two, "c.mbox", &last);
	ok(two.resumed == UINT64_MAX &&
		strcmp(ms_buf_str(&two.text), "c.mbox @ 0|c||2026-01-05T10:00:"
					      "00Z|A: 1~\n") == 0,
	    "a file that is shorter than the point");
	put_str("c.mbox",
	    D1 "A: 1\n\nx\n\n" D1 "A: 2\n\ny\n\n" D1 "A: 3\n\n" D1 "A: 4\n");
	travel(&two, "c.mbox", &last);
	ok(two.resumed == 2 && strstr(ms_buf_str(&two.text), "A: 4") != NULL &&
		strstr(ms_buf_str(&two.text), "A: 2") == NULL,
	    "a file that has grown");
	two.opt.into = "other";
	travel(&two, "c.mbox", NULL);
	ok(two.file.n == one.file.n, "the folder is for the caller to tell");
	rename("c.mbox", "d.mbox");
	travel(&two, "d.mbox", NULL);
	ok(!ms_slice_eq(ms_buf_slice(&two.file), ms_buf_slice(&one.file)),
	    "the name of an mbox is a part of its identity");
	release(&one);
	release(&two);
	ms_buf_release(&all);
}

/* Adds a file to a tar. */
static void
add_tar(struct ms_buf *out, const char *name, const char *bytes)
{
	unsigned char head[512] = {0};
	unsigned sum = 8 * ' ';
	size_t n = strlen(bytes);

	snprintf((char *)head, 100, "%s", name);
	memcpy(head + 100, "0000644", 8);
	memcpy(head + 108, "0000000", 8);
	memcpy(head + 116, "0000000", 8);
	snprintf((char *)head + 124, 12, "%011o", (unsigned)n);
	snprintf((char *)head + 136, 12, "%011o", 1700000000U);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += i >= 148 && i < 156 ? 0 : head[i];
	snprintf((char *)head + 148, 8, "%06o", sum);
	ms_buf_add(out, head, sizeof(head));
	ms_buf_add(out, bytes, n);
	memset(ms_buf_room(out, 512), 0, 512);
	out->n += (512 - n % 512) % 512;
}

static void
test_container(void)
{
	static const struct ms_source_options none;
	struct trip one = {.opt = none}, two = {.opt = none};
	struct ms_source_point last;
	struct ms_buf tar = {0};

	add_tar(&tar, "a/one.eml", "From: a@b\nA: 1\n\nx\n");
	add_tar(&tar, "a/.hidden/two.eml", "From: a@b\nA: 2\n\nx\n");
	add_tar(&tar, "a/none.pdf", "%PDF-1.4");
	add_tar(&tar, "box",
	    D1 "A: 3\n\nx\n\n" D2 "A: 4\n\ny\n\n" D1 "A: 5\n\nz\n");
	add_tar(&tar, "a/Info.plist", "<xml>");
	add_tar(&tar, "z.eml", "From: a@b\nA: 6\n\nx\n");
	memset(ms_buf_room(&tar, 1024), 0, 1024);
	tar.n += 1024;
	put("in.tar", (char *)tar.p, tar.n);
	goes_on("a tar", "in.tar", none, 5);

	travel(&one, "in.tar", NULL);
	last = one.point[2];
	tar.p[512 + 17] = 'y'; /* in one.eml */
	put("in.tar", (char *)tar.p, tar.n);
	travel(&two, "in.tar", &last);
	ok(two.resumed == UINT64_MAX, "a changed byte in an earlier file");
	ok(two.text.n == one.text.n, "  all files are read");
	tar.p[512 + 17] = 'x';
	put("in.tar", (char *)tar.p, 4 * 512);
	travel(&two, "in.tar", &last);
	ok(two.resumed == UINT64_MAX, "a container that is shorter");
	release(&one);
	release(&two);
	ms_buf_release(&tar);
}

static void
test_none(void)
{
	static const struct ms_source_options none;
	struct trip t = {.opt = none};

	put_str("one.eml", "From: a@b\n\nx\n");
	travel(&t, "one.eml", NULL);
	ok(t.n == 0 && t.file.n == 0, "a message has no points");
	put_str("x.eml", D1 "A: 1\n\n" D1 "A: 2\n");
	travel(&t, "x.eml", NULL);
	ok(t.n == 0 && t.file.n == 0, "nor has one under a From_ line");
	if (freopen("plain.mbox", "r", stdin) == NULL)
		perror("plain.mbox");
	travel(&t, "-", NULL);
	ok(t.n == 0 && t.file.n == 0, "nor has standard input");
	release(&t);
}

int
main(void)
{
	char dir[SCRATCH_MAX];
	struct ms_err err = {0};

	enter_scratch(dir);
	if (ms_container_open(&containers, &err) < 0)
		printf("# %s\n", err.msg);
	test_mbox();
	test_takeout();
	test_changes();
	test_container();
	test_none();
	ms_container_close(containers);
	leave_scratch(dir);
	return done();
}
