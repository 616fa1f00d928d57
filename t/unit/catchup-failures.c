/* catchup-failures.c - each call of LMDB and of the file system fails once
 * while an index is built or brought up to date, or a pack is sealed: the
 * failure is reported, and the archive is whole after it. */
#include "failing.h"
#include "states.h"

static char now[PATH]; /* in dir: the copy that is written to */

/* ---- writers ---- */

static int
catch_up(struct ms_err *err)
{
	struct ms_archive *a;
	int rc;

	if (ms_archive_open(&a, now, MS_ARCHIVE_WRITE, err) < 0)
		return -1;
	rc = ms_archive_lock(a, true, err) < 0 ? -1 : 0;
	if (rc == 0)
		rc = ms_archive_catch_up(a, true, err);
	ms_archive_close(a);
	return rc;
}

static bool trailer_ok;

/* Seals the pack. After a failure, a pack that is sealed as it is has the same
 * length as before. */
static int
seal(struct ms_err *err)
{
	struct ms_pack_trailer t;
	struct ms_archive *a;
	uint64_t size = 0;
	int rc;

	if (ms_archive_open(&a, now, MS_ARCHIVE_WRITE, err) < 0)
		return -1;
	a->seal_bytes = 1;
	trailer_ok = true;
	rc = ms_archive_lock(a, true, err) < 0 ? -1 : 0;
	if (rc == 0)
		rc = ms_archive_catch_up(a, true, err);
	if (rc == 0)
		rc = ms_archive_seal(a, err);
	atomic_store(&fail_at, 0);
	if (rc == 0)
		trailer_ok = ms_pack_check_seal(a->tail, &t, NULL) == 0 &&
			     t.last == a->checked.next - 1 &&
			     memcmp(t.chain, a->checked.chain, MS_SHA_LEN) == 0;
	else if (a->tail != NULL && a->tail->header.generation == 0 &&
		 a->checked.end > 0)
		trailer_ok = ms_pack_size(a->tail, &size, NULL) == 0 &&
			     size == a->checked.end;
	ms_archive_close(a);
	return rc;
}

static void
seal_as_it_is(void)
{
	const struct ms_position *end;
	struct ms_archive *a = NULL;

	ok(ms_archive_open(&a, now, MS_ARCHIVE_WRITE, NULL) == 0 &&
		ms_archive_lock(a, true, NULL) == 1 &&
		ms_archive_catch_up(a, true, NULL) == 0,
	    "a pack that will be sealed");
	end = &a->checked;
	ok(ms_pack_seal(a->tail, end->end, end->next - 1, end->chain, NULL) ==
		0,
	    "  is sealed as it is");
	ms_archive_close(a);
}

/* Begins the next pack, with the state of the archive. */
static int
begin_pack(struct ms_err *err)
{
	struct ms_archive *a;
	int rc;

	if (ms_archive_open(&a, now, MS_ARCHIVE_WRITE, err) < 0)
		return -1;
	rc = ms_archive_lock(a, true, err) < 0 ? -1 : 0;
	if (rc == 0)
		rc = ms_archive_catch_up(a, true, err);
	if (rc == 0)
		rc = ms_archive_begin_pack(a, err);
	atomic_store(&fail_at, 0);
	if (rc == 0 && (a->tail->header.number != 2 ||
			   a->tail->header.state == 0 || a->checked.pack != 2))
		rc = ms_fail(err, MS_BUG, "the next pack has not begun");
	ms_archive_close(a);
	return rc;
}

static void
no_damage(void *ctx, const char *what)
{
	(void)ctx;
	ok(false, "damage: %s", what);
}

static int
rebuild(struct ms_err *err)
{
	static const struct ms_damage_sink damage = {no_damage, NULL};
	struct ms_archive *a;
	uint64_t missing = 0;
	int rc;

	if (ms_archive_open_log(&a, now, MS_ARCHIVE_WRITE, err) < 0)
		return -1;
	rc = ms_archive_lock(a, true, err) < 0 ? -1 : 0;
	if (rc == 0)
		rc = ms_archive_rebuild(
		    a, NULL, &damage, &damage, &missing, err);
	ms_archive_close(a);
	return rc == 0 && missing != 0 ? -1 : rc;
}

/* What the archive has; each message is read. */
static int
show_all(struct ms_buf *out, struct ms_err *err)
{
	static const struct ms_select all = {.order = MS_BY_DATE};
	const struct ms_row *row;
	struct ms_archive *a;
	struct ms_walk *w;
	int got;

	ms_buf_clear(out);
	if (ms_archive_open(&a, now, MS_ARCHIVE_WRITE, err) < 0)
		return -1;
	got = ms_archive_lock(a, true, err) < 0 ||
		      ms_archive_catch_up(a, true, err) < 0
		  ? -1
		  : ms_walk_open(&w, a, &all, err);
	while (got >= 0 && (got = ms_walk_next(w, &row, err)) == 1) {
		show_row(out, row);
		got = ms_archive_check(a, row->message, row->id, err);
	}
	if (got >= 0)
		ms_walk_close(w);
	ms_archive_close(a);
	return got;
}

typedef int write_fn(struct ms_err *);

/* A state of the archive, and what is done with it. */
struct change {
	const char *name, *state;
	write_fn *fn;
	int harmless; /* failures that do not matter; -1: any number */
	int first;    /* the first write that finds the map full; 0: none */
};

static long
bad_result(const struct change *c, long call, int rc, const struct ms_err *err)
{
	bool good = c->harmless < 0 || (rc < 0 && err->code == MS_IO);

	if (txns == 0 && (NOT_FULL ? good : rc == 0))
		return 0;
	printf("# call %ld, %s: %d %s, %ld transactions\n", call, failed, rc,
	    err->msg, txns);
	return 1;
}

/* Each call fails once; after that, the archive has the messages of want. */
static void
fail_each(const struct change *c, const struct ms_buf *want, long call, int how)
{
	struct ms_buf out = {0};
	struct ms_err err;
	long bad = 0, first = call;
	char state[2 * PATH];
	int rc;

	snprintf(state, sizeof(state), "%s/%s", dir, c->state);
	for (;; call++) {
		copy(state, now);
		err = (struct ms_err){0};
		fail_call(call, how);
		rc = c->fn(&err);
		atomic_store(&fail_at, 0);
		if (!atomic_load(&has_failed))
			break;
		bad += bad_result(c, call, rc, &err);
		bad += c->fn == seal && !trailer_ok;
		err = (struct ms_err){0};
		if (show_all(&out, &err) == 0 &&
		    ms_slice_eq(ms_buf_slice(want), ms_buf_slice(&out)))
			continue;
		printf("# after call %ld, %s: %s\n", call, failed, err.msg);
		bad++;
	}
	if (NOT_FULL && c->harmless > 0)
		bad -= c->harmless;
	ok(call > first && bad == 0, "%s: %ld failures: %s", c->name,
	    call - first, NOT_FULL ? strerror(how) : "the map is full");
	ok(rc == 0 && (c->fn != seal || trailer_ok),
	    "%s: without a failure: %s", c->name, err.msg);
	ms_buf_release(&out);
}

/* An archive whose blocks are large already. */
static void
make_large(void)
{
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	struct ms_buf text = {0};
	char path[2 * PATH];
	unsigned seed = 1;

	snprintf(path, sizeof(path), "%s/large", dir);
	ok(ms_archive_init(path, "alice", &err) == 0 &&
		ms_archive_open(&a, path, MS_ARCHIVE_WRITE, &err) == 0,
	    "an archive with large blocks: %s", err.msg);
	ms_buf_add_str(&text, "Subject: x\r\n\r\n");
	while (text.n < 400000) {
		seed = seed * 1103515245 + 12345;
		ms_buf_printf(
		    &text, "%08x%s", seed, text.n % 80 > 70 ? "\r\n" : "");
	}
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
	store("7/1", ms_buf_str(&text));
	ok(ms_ingest_finish(in, NULL) == 0, "a large message");
	ms_archive_close(a);
	ms_buf_release(&text);
}

/* `first` and `whole` were made by ms-ingest. */
static void
make_states(void)
{
	struct ms_err err = {0};
	char path[2 * PATH];

	make_state("older", "whole");
	put_into("older", "first", "index");
	tear("older", PACK);
	make_state("none", "whole");
	snprintf(path, sizeof(path), "%s/none/index", dir);
	scratch_remove(path);
	tear("none", PACK);
	/* The pack was regrouped, and the process ended before the index was
	 * written, or before the old pack was deleted. */
	make_state("now", "whole");
	ok(seal(&err) == 0, "a regrouped pack: %s", err.msg);
	make_state("regrouped", "now");
	put_into("regrouped", "whole", "index");
	make_state("twice", "now");
	put_into("twice", "whole", "pack/" PACK);
	make_state("within", "now");
	put_into("within", "first", "index");
	make_state("now", "whole");
	seal_as_it_is();
	make_state("sealed", "now");
	ok(begin_pack(&err) == 0, "a second pack: %s", err.msg);
	make_state("packs", "now");
	put_into("packs", "first", "index");
}

static void
writers(void)
{
	static const struct change all[] = {
	    {"nothing new", "whole", catch_up, 1, 0},
	    {"an older index", "older", catch_up, 1, 1},
	    {"no index", "none", catch_up, 1, 4},
	    {"a rebuilt index", "whole", rebuild, 0, 4},
	    {"a regrouped pack", "regrouped", catch_up, 1, 1},
	    {"an old generation", "twice", catch_up, 2, 0},
	    {"a regrouped pack and an older index", "within", catch_up, 1, 1},
	    {"a full pack", "whole", seal, -1, 1},
	    {"the next pack", "sealed", begin_pack, 1, 1},
	    {"two packs and an older index", "packs", catch_up, 1, 1},
	};
	static const struct change as_it_is = {
	    "a full pack of large blocks", "large", seal, 1, 0};
	struct ms_buf want = {0};
	struct ms_err err = {0};
	size_t i;

	snprintf(now, sizeof(now), "%s/now", dir);
	make_states();
	make_state("now", "whole");
	ok(show_all(&want, &err) == 0, "the archive is whole: %s", err.msg);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		fail_each(&all[i], &want, 1, EIO);
		if (all[i].first > 0)
			fail_each(&all[i], &want, all[i].first, MAP_FULL);
	}
	make_large();
	make_state("now", "large");
	ok(show_all(&want, &err) == 0, "it is whole: %s", err.msg);
	fail_each(&as_it_is, &want, 1, EIO);
	ms_buf_release(&want);
}

/* An archive that could not be made is made later, or exists. */
static void
init(void)
{
	struct ms_archive *a = NULL;
	struct ms_err err;
	long call, bad = 0;
	int rc;

	for (call = 1;; call++) {
		scratch_remove(now);
		err = (struct ms_err){0};
		fail_call(call, EIO);
		rc = ms_archive_init(now, "alice", &err);
		atomic_store(&fail_at, 0);
		if (!atomic_load(&has_failed))
			break;
		bad += rc == 0 || err.code != MS_IO;
		rc = ms_archive_init(now, "alice", &err);
		bad += rc < 0 && err.code != MS_EXISTS;
		rc = ms_archive_open(&a, now, MS_ARCHIVE_WRITE, &err);
		bad += rc < 0;
		if (rc == 0)
			ms_archive_close(a);
		if (bad > 0)
			break;
	}
	ok(bad == 0 && rc == 0, "a new archive: %ld failures: %s %s", call - 1,
	    failed, err.msg);
}

int
main(void)
{
	if (make_archive(keep_first)) {
		writers();
		init();
	}
	return end_states();
}
