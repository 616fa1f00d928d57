/*
 * mapi-mutants.c - damaged PST, MSG and TNEF files in the confined reader: it
 * does not hang, what it loses is named, and the next file is read as if
 * nothing had been.
 *
 * usage: mapi-mutants KIND COUNT SECONDS FILE... - for `make fuzz`: COUNT
 * mutants of the files, or as many as the seconds allow. KIND is pst, msg or
 * tnef. MS_SEED=N repeats a run.
 */
#include "tap.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "clock.h"
#include "le.h"
#include "map.h"
#include "msg-file.h"
#include "outlook.h"
#include "sha.h"

#define FILES_MAX 512
#define WAIT_MS 20000 /* for an answer; each mutant is small */
#define CHANGES_MAX 64

/* ---- random changes ---- */

static uint64_t state;

/* splitmix64 */
static uint64_t
next_random(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static size_t
below(size_t n)
{
	return n > 0 ? (size_t)(next_random() % n) : 0;
}

/* Writes something that sizes, offsets and counts are confused by. */
static void
change(unsigned char *p, size_t n)
{
	static const uint32_t odd[] = {
	    0, 1, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
	size_t at = below(n), count = 1 + below(n - at < 32 ? n - at : 32);

	switch (below(5)) {
	case 0:
		p[at] ^= (unsigned char)(1 << below(8));
		break;
	case 1:
		p[at] = (unsigned char)next_random();
		break;
	case 2:
		if (n - at >= 4)
			ms_put_le32(
			    p + at, odd[below(sizeof(odd) / sizeof(odd[0]))]);
		break;
	case 3:
		memset(p + at, (int)below(256), count);
		break;
	default:
		memmove(p + at, p + below(n - count + 1), count);
		break;
	}
}

/* Few changes are more frequent than many; one file in eight is cut. */
static void
make_mutant(struct ms_slice whole, struct ms_buf *out)
{
	size_t changes = 1 + below((size_t)1 << below(7));

	ms_buf_clear(out);
	ms_buf_add(out, whole.p, whole.n);
	if (below(8) == 0)
		out->n = below(out->n) + 1;
	for (; changes > 0 && out->n > 0; changes--)
		change(out->p, out->n);
}

/* ---- reading ---- */

/* What came out of a file. */
struct reading {
	unsigned items, same; /* messages; those that `known` has, too */
	unsigned failures;    /* that were named */
	bool died, slow, impossible;
};

static int
file_of(struct ms_slice bytes)
{
	int fd = memfd_create("mutant", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n) {
		perror("memfd_create");
		exit(1);
	}
	return fd;
}

/* Reads a message. Returns its digest, unless it is not whole. */
static bool
read_whole(struct ms_mapi_reader *r, unsigned char digest[MS_SHA_LEN],
    struct ms_err *err)
{
	struct ms_sha sha;
	struct ms_slice piece;
	int rc;

	ms_sha_init(&sha);
	while ((rc = ms_mapi_reader_read(r, &piece, err)) > 0)
		ms_sha_add(&sha, piece.p, piece.n);
	ms_sha_end(&sha, digest);
	return rc == 0;
}

static void
note_failure(struct reading *got, const struct ms_err *err)
{
	got->failures++;
	got->died |= strstr(err->msg, "its reader ended") != NULL;
	got->slow |= strstr(err->msg, "takes too long") != NULL;
	got->impossible |= strstr(err->msg, "impossible") != NULL;
}

/* known: receives the digests of the messages, or NULL. */
static struct reading
read_file(struct ms_mapi_reader *r, struct ms_slice bytes,
    enum ms_mapi_file kind, const struct ms_map *known, struct ms_map *add)
{
	static const struct ms_mapi_reader_options opt = {.recover = false};
	unsigned char digest[MS_SHA_LEN];
	struct ms_mapi_message m;
	struct reading got = {0};
	struct ms_err err = {0};
	int fd = file_of(bytes), rc;

	if (ms_mapi_reader_begin(r, fd, kind, &opt, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	ms_mapi_reader_set_wait(r, WAIT_MS);
	while ((rc = ms_mapi_reader_next(r, &m, &err)) != 0) {
		if (rc < 0) {
			note_failure(&got, &err);
			continue;
		}
		got.items++;
		if (!read_whole(r, digest, &err))
			note_failure(&got, &err);
		else if (add != NULL)
			ms_map_add(add, digest, 0, NULL);
		else if (known != NULL)
			got.same += ms_map_get(known, digest, NULL);
	}
	close(fd);
	return got;
}

/* ---- a run ---- */

struct original {
	struct ms_buf bytes;
	struct ms_map messages;
	unsigned items, failures;
};

struct sums {
	unsigned mutants, items, same, missing, failures, died, slow;
	unsigned impossible,
	    silent; /* silent: less came, and nothing is named */
	int64_t slowest_ms;
};

/* A file between the mutants, which must not notice them. */
static struct original neighbour;

static void
prepare(struct ms_mapi_reader *r, struct original *o, enum ms_mapi_file kind)
{
	struct reading got =
	    read_file(r, ms_buf_slice(&o->bytes), kind, NULL, &o->messages);

	o->items = got.items;
	o->failures = got.failures;
}

static void
run_mutant(struct ms_mapi_reader *r, const struct original *o,
    enum ms_mapi_file kind, struct sums *s)
{
	static struct ms_buf mutant;
	int64_t begin = ms_clock_ms(), took;
	struct reading got;

	make_mutant(ms_buf_slice(&o->bytes), &mutant);
	got = read_file(r, ms_buf_slice(&mutant), kind, &o->messages, NULL);
	took = ms_clock_ms() - begin;
	s->mutants++;
	s->items += got.items;
	s->same += got.same;
	s->missing += o->items > got.items ? o->items - got.items : 0;
	s->failures += got.failures;
	s->died += got.died;
	s->slow += got.slow;
	s->impossible += got.impossible;
	s->silent += got.items < o->items && got.failures <= o->failures;
	if (took > s->slowest_ms)
		s->slowest_ms = took;
}

/* Is the neighbour read as before? */
static bool
neighbour_is_whole(struct ms_mapi_reader *r)
{
	struct reading got = read_file(r, ms_buf_slice(&neighbour.bytes),
	    MS_MAPI_FILE_MSG, &neighbour.messages, NULL);

	return got.items == 1 && got.same == 1 && got.failures == 0;
}

static void
report(const char *kind, const struct sums *s, int64_t ms)
{
	printf("# %s: %u mutants in %" PRId64 ".%" PRId64
	       " s, the slowest in %" PRId64
	       " ms: %u items, %u of them as before, %u missing; "
	       "%u failures named, %u readers ended early, %u too slow; "
	       "%u with less and nothing named\n",
	    kind, s->mutants, ms / 1000, ms % 1000 / 100, s->slowest_ms,
	    s->items, s->same, s->missing, s->failures, s->died, s->slow,
	    s->silent);
}

/* Runs mutants of the files in turn. seconds: 0, as long as they need. */
static void
run(struct original *list, size_t n, const char *name, enum ms_mapi_file kind,
    unsigned count, unsigned seconds)
{
	struct ms_mapi_reader *r = NULL;
	struct ms_err err = {0};
	struct sums s = {0};
	unsigned bad = 0;
	int64_t begin;

	if (ms_mapi_reader_open(&r, &err) < 0) {
		ok(false, "the reader starts: %s", err.msg);
		return;
	}
	prepare(r, &neighbour, MS_MAPI_FILE_MSG);
	for (size_t i = 0; i < n; i++)
		prepare(r, &list[i], kind);
	begin = ms_clock_ms();
	for (unsigned i = 0;
	     i < count && n > 0 &&
	     (seconds == 0 || ms_clock_ms() - begin < seconds * 1000LL);
	     i++) {
		run_mutant(r, &list[i % n], kind, &s);
		if (i % 16 == 0)
			bad += !neighbour_is_whole(r);
	}
	report(name, &s, ms_clock_ms() - begin);
	ok(s.mutants > 0, "%s: %u mutants of %zu files", name, s.mutants, n);
	ok(s.slow == 0, "  none takes more than %d s", WAIT_MS / 1000);
	ok(s.impossible == 0, "  no reader says what is impossible");
	ok(bad == 0 && neighbour_is_whole(r),
	    "  other files are read as before");
	ms_mapi_reader_close(r);
}

static void
release(struct original *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ms_buf_release(&list[i].bytes);
		ms_map_release(&list[i].messages);
	}
}

/* A message with an attachment: [MS-OXTNEF], 2.1.3. */
static void
make_tnef(struct ms_buf *out)
{
	static const unsigned char bytes[] =
	    "\x78\x9f\x3e\x22\x01\0"
	    "\1\4\x80\1\0\x03\0\0\0Hi\0\xb1\0"
	    "\2\2\x90\6\0\2\0\0\0\1\0\1\0\2\x0f\x80\6\0\3\0\0\0abc\x26\1";

	ms_buf_add(out, bytes, sizeof(bytes) - 1);
}

static int
run_files(int argc, char *argv[])
{
	static struct original list[FILES_MAX];
	bool pst = strcmp(argv[1], "pst") == 0,
	     msg = strcmp(argv[1], "msg") == 0;
	size_t n = 0;

	for (int i = 4; i < argc && n < FILES_MAX; i++)
		if (ms_buf_read_file(
			&list[n].bytes, argv[i], (size_t)64 << 20, NULL) == 0)
			n++;
	run(list, n, argv[1],
	    pst   ? MS_MAPI_FILE_PST
	    : msg ? MS_MAPI_FILE_MSG
		  : MS_MAPI_FILE_TNEF,
	    (unsigned)strtoul(argv[2], NULL, 10),
	    (unsigned)strtoul(argv[3], NULL, 10));
	release(list, n);
	return done();
}

int
main(int argc, char *argv[])
{
	const char *seed = getenv("MS_SEED");
	struct original one = {0};
	int status;

	/* make check always tries the same ones. */
	state = seed != NULL ? strtoull(seed, NULL, 10)
		: argc > 4   ? (uint64_t)ms_clock_ms() ^ (uint64_t)getpid()
			     : 1;
	printf("# seed %" PRIu64 " (MS_SEED repeats it)\n", state);
	make_msg(&neighbour.bytes);
	if (argc > 4) {
		status = run_files(argc, argv);
	} else {
		ms_buf_add(&one.bytes, neighbour.bytes.p, neighbour.bytes.n);
		run(&one, 1, "msg", MS_MAPI_FILE_MSG, 64, 0);
		release(&one, 1);
		one = (struct original){0};
		make_tnef(&one.bytes);
		run(&one, 1, "tnef", MS_MAPI_FILE_TNEF, 64, 0);
		release(&one, 1);
		status = done();
	}
	release(&neighbour, 1);
	return status;
}
