/*
 * view-model.c - random removals, moves, renamed folders, undos, mail that
 * arrives again, and new indexes, compared with a model. After each run, all of
 * its changes are undone, and the next run goes on with the same archive: a new
 * one would cost more than the run. ms-archive(5), View.
 * There are 10,000 runs, or 200,000 with MS_SOAK; MS_SEED repeats an archive.
 */
#include "view-change.h"

#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "stored.h"
#include "verify.h"

#define RUNS 20 /* with an archive */
#define STEPS 8 /* of a run, at most */
#define OCCURRENCES 8
#define FOLDERS 64
#define FOLDERS_OF_RUN (2 * STEPS) /* a step adds one for each user */
#define NAME_MAX_BYTES 64          /* a step adds at most 4 */
#define ALL_KINDS (~0u)

enum {
	UNLISTED = -2,
	NOWHERE = -1
};
static const char *const names[] = {"A", "B", "C", "A/x", "B/x", "A/x/y"};
#define NAMES (sizeof(names) / sizeof(names[0]))
static const char *const users[] = {"anna", "bob"};

/* What a change says about each occurrence and each folder. */
struct change {
	uint64_t number;
	bool undone;
	int where[OCCURRENCES];
	char name[FOLDERS][NAME_MAX_BYTES]; /* "": it is not renamed */
};

static struct {
	struct {
		int user;
		const char *own;
	} folder[FOLDERS];
	int own[OCCURRENCES];
	struct ms_view_item item[OCCURRENCES]; /* as the archive numbers them */
	uint64_t user[2];
	struct change change[STEPS];
	int folders, changes;
	unsigned uid; /* of the message that came last */
} model;

static uint64_t dice;
static char dir[SCRATCH_MAX];
static struct ms_archive *a;

static unsigned
roll(unsigned sides)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice >> 33) % sides;
}

/* ---- the model ---- */

static const char *
name_of(int folder)
{
	for (int c = model.changes - 1; c >= 0; c--)
		if (!model.change[c].undone &&
		    model.change[c].name[folder][0] != '\0')
			return model.change[c].name[folder];
	return model.folder[folder].own;
}

static int
place_of(int occurrence)
{
	for (int c = model.changes - 1; c >= 0; c--)
		if (!model.change[c].undone &&
		    model.change[c].where[occurrence] != UNLISTED)
			return model.change[c].where[occurrence];
	return model.own[occurrence];
}

static int
folder_of(int user, const char *name)
{
	int f;

	for (f = 0; f < model.folders; f++)
		if (model.folder[f].user == user &&
		    strcmp(name_of(f), name) == 0)
			return f;
	model.folder[f].user = user;
	model.folder[f].own = name;
	model.folders++;
	return f;
}

/* The change that a step fills; it is kept if model.changes is raised. */
static struct change *
new_change(void)
{
	struct change *c = &model.change[model.changes];

	memset(c, 0, sizeof(*c));
	for (int i = 0; i < OCCURRENCES; i++)
		c->where[i] = UNLISTED;
	return c;
}

static void
expect(struct ms_buf *out)
{
	for (int i = 0; i < OCCURRENCES; i++) {
		int f = place_of(i);

		if (f == NOWHERE)
			ms_buf_printf(out, "%d: removed\n", i);
		else
			ms_buf_printf(out, "%d: %s %s\n", i,
			    users[model.folder[f].user], name_of(f));
	}
}

/* ---- the archive ---- */

static int
index_of(uint64_t number)
{
	int i = 0;

	while (i < OCCURRENCES - 1 && model.item[i].occurrence != number)
		i++;
	return i;
}

/* Appends what the archive shows. */
static int
look(struct ms_archive *reader, struct ms_buf *out)
{
	const struct ms_select all = {.order = MS_BY_FOLDER};
	char line[OCCURRENCES][NAME_MAX_BYTES + 32] = {""};
	const struct ms_folder *f;
	const struct ms_row *row;
	struct ms_walk *w;
	int got, i;

	if (ms_walk_open(&w, reader, &all, NULL) < 0)
		return -1;
	while ((got = ms_walk_next(w, &row, NULL)) == 1) {
		i = index_of(row->number);
		snprintf(line[i], sizeof(line[i]), "%d: removed\n", i);
		if (!ms_row_in_view(row))
			continue;
		if (ms_archive_folder_get(reader, row->folder, &f, NULL) != 1)
			break;
		snprintf(line[i], sizeof(line[i]), "%d: %s %s\n", i,
		    f->user_name, f->name);
	}
	ms_walk_close(w);
	for (i = 0; i < OCCURRENCES; i++)
		ms_buf_add_str(out, line[i]);
	return got;
}

/* A handle keeps the names that it has looked up, so each look has its own. */
static int
look_anew(struct ms_buf *out)
{
	struct ms_archive *reader;
	int rc;

	if (ms_archive_open(&reader, dir, MS_ARCHIVE_READ, NULL) < 0)
		return -1;
	rc = look(reader, out);
	ms_archive_close(reader);
	return rc;
}

/* ---- steps ---- */

/* Removes or moves some occurrences; to < 0: each stays with its user. */
static int
change_some(const char *name, int to)
{
	struct ms_view_item item[OCCURRENCES];
	struct ms_view_change v = {
	    .kind = name == NULL ? MS_VIEW_REMOVE : MS_VIEW_MOVE,
	    .items = item,
	    .folder = name};
	struct change *c = new_change();
	uint64_t count;
	int user;

	for (int i = 0; i < OCCURRENCES; i++) {
		if (place_of(i) == NOWHERE || roll(3) > 0)
			continue;
		user = model.folder[place_of(i)].user;
		item[v.count] = model.item[i];
		item[v.count++].user = model.user[user];
		c->where[i] = name == NULL
				  ? NOWHERE
				  : folder_of(to < 0 ? user : to, name);
	}
	if (v.count == 0)
		return 0;
	v.user = to < 0 ? 0 : model.user[to];
	model.changes++;
	return ms_view_write(a, &v, &c->number, &count, NULL);
}

static int
rename_folder(int user, const char *from, const char *to)
{
	struct ms_view_change v = {.kind = MS_VIEW_RENAME,
	    .from = from,
	    .folder = to,
	    .user = model.user[user]};
	struct change *c = new_change();
	size_t n = strlen(from);
	struct ms_err err = {0};
	uint64_t count, expected = 0;

	for (int f = 0; f < model.folders; f++) {
		const char *name = name_of(f);

		if (model.folder[f].user != user ||
		    strncmp(name, from, n) != 0 ||
		    (name[n] != '\0' && name[n] != '/'))
			continue;
		snprintf(c->name[f], NAME_MAX_BYTES, "%s%s", to, name + n);
		expected++;
	}
	if (ms_view_write(a, &v, &c->number, &count, &err) < 0)
		return expected == 0 && err.code == MS_NOINPUT ? 0 : -1;
	model.changes++;
	return count == expected ? 0 : -1;
}

static int
undo(struct change *c)
{
	struct ms_change_row row;
	struct ms_err err = {0};
	int rc = ms_view_undo(a, c->number, ALL_KINDS, NULL, NULL, &row, &err);

	if (c->undone)
		return rc < 0 && err.code == MS_NOINPUT ? 0 : -1;
	c->undone = true;
	return rc;
}

/* Undoes what is left of the run, in a random order. */
static int
undo_all(void)
{
	while (model.changes > 0) {
		int c = (int)roll((unsigned)model.changes);

		if (!model.change[c].undone && undo(&model.change[c]) < 0)
			return -1;
		model.change[c] = model.change[--model.changes];
	}
	return 0;
}

/* ---- mail ---- */

static void
compare_outcome(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	int *occurrence = ctx;
	enum ms_outcome want = place_of(*occurrence) == NOWHERE
				   ? MS_OUTCOME_LEFT_OUT
				   : MS_OUTCOME_KNOWN;

	(void)where;
	if (d->outcome != want)
		*occurrence = -1;
}

static void
deliver(int i)
{
	char text[64], place[16];

	dest = ms_ingest_dest(in, users[i % 3 == 0], SOURCE,
	    model.folder[model.own[i]].own, NULL, true);
	snprintf(text, sizeof(text), "Subject: %d\r\n\r\nx\r\n", i);
	snprintf(place, sizeof(place), "7/%u", ++model.uid);
	store(place, text);
}

/* A message comes once more, with another UID. That changes nothing. */
static int
arrive_again(int i)
{
	in = ms_ingest_new(a, 1, compare_outcome, &i);
	deliver(i);
	return ms_ingest_finish(in, NULL) < 0 || i < 0 ? -1 : 0;
}

static void
ignore_fault(void *ctx, const struct ms_fault *f)
{
	(void)f;
	++*(int *)ctx;
}

static int
rebuild(void)
{
	int faults = 0;
	struct ms_verify v = {
	    .how = MS_VERIFY_QUICK, .fault = ignore_fault, .ctx = &faults};
	struct ms_verify_sum sum = {0};

	ms_archive_close(a);
	a = NULL;
	if (ms_verify_rebuild(&v, dir, &sum, NULL) < 0 || faults > 0)
		return -1;
	return ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL);
}

static int
step(void)
{
	static const char *const parts[] = {"1,1", "1,2", "2,1", "100,10"};
	const char *name = names[roll(NAMES)], *other = names[roll(NAMES)];
	int user = (int)roll(2);

	setenv("MS_VIEW_PART", parts[roll(4)], 1);
	if (roll(100) == 0)
		return rebuild();
	switch (roll(12)) {
	case 0:
		return arrive_again((int)roll(OCCURRENCES));
	case 1:
	case 2:
		return change_some(NULL, NOWHERE);
	case 3:
	case 4:
		return change_some(name, NOWHERE);
	case 5:
		return change_some(name, user);
	case 6:
	case 7:
	case 8:
		return rename_folder(user, name, other);
	default:
		return model.changes == 0
			   ? 0
			   : undo(&model.change[roll((unsigned)model.changes)]);
	}
}

/* ---- runs ---- */

/* Learns how the archive numbers what it has. */
static int
learn_numbers(void)
{
	const struct ms_select all = {.order = MS_BY_RECORD};
	const struct ms_folder *f;
	const struct ms_row *row;
	struct ms_walk *w;
	int i = 0;

	if (ms_walk_open(&w, a, &all, NULL) < 0)
		return -1;
	while (i < OCCURRENCES && ms_walk_next(w, &row, NULL) == 1 &&
	       ms_archive_folder_get(a, row->folder, &f, NULL) == 1)
		model.item[i++] = (struct ms_view_item){.own = row->own,
		    .source = f->source,
		    .occurrence = row->number};
	ms_walk_close(w);
	for (int u = 0; u < 2; u++)
		if (ms_archive_user(a, users[u], &model.user[u], NULL) != 1)
			return -1;
	return i == OCCURRENCES ? 0 : -1;
}

/* Makes an archive with a message for each occurrence. */
static int
make(void)
{
	memset(&model, 0, sizeof(model));
	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, users[0], NULL) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0)
		return -1;
	in = ms_ingest_new(a, 1, store_result, NULL);
	for (int i = 0; i < OCCURRENCES; i++) {
		model.own[i] = folder_of(i % 3 == 0, names[roll(NAMES)]);
		deliver(i);
	}
	return ms_ingest_finish(in, NULL) < 0 ? -1 : learn_numbers();
}

static int
compare(void)
{
	struct ms_buf got = {0}, want = {0};
	int rc = look_anew(&got);

	expect(&want);
	if (rc == 0 && strcmp(ms_buf_str(&got), ms_buf_str(&want)) != 0)
		rc = -1;
	if (rc < 0)
		printf("# want:\n%s# got:\n%s", ms_buf_str(&want),
		    ms_buf_str(&got));
	ms_buf_release(&got);
	ms_buf_release(&want);
	return rc;
}

static int
run(void)
{
	int rc = 0;

	for (unsigned n = 1 + roll(STEPS); n > 0 && rc == 0; n--)
		rc = step();
	return rc < 0 || compare() < 0 ? -1 : undo_all();
}

/* Runs with an archive of their own. Returns their number, or -1. */
static int
runs_of_archive(void)
{
	int rc = make(), i = 0;

	while (
	    rc == 0 && i < RUNS && model.folders <= FOLDERS - FOLDERS_OF_RUN) {
		rc = run();
		i++;
	}
	if (rc == 0)
		rc = compare();
	ms_archive_close(a);
	a = NULL;
	scratch_remove(dir);
	if (rc < 0)
		printf("# run %d of the archive\n", i);
	return rc < 0 ? -1 : i;
}

static int
count_of_runs(void)
{
	if (getenv("MS_SOAK") != NULL)
		return 200000;
#if defined(__SANITIZE_ADDRESS__)
	return 1000;
#else
	return getenv("MUTANTS") != NULL ? 1000 : 10000;
#endif
}

int
main(void)
{
	const char *s = getenv("MS_SEED");
	uint64_t seed = s != NULL ? strtoull(s, NULL, 10) : (uint64_t)getpid();
	int wanted = count_of_runs(), runs = 0, now = 0;

	/* Each step is synced to the disk, which is slow. */
	if (getenv("TMPDIR") == NULL && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	for (; runs < wanted && now >= 0; runs += now) {
		dice = seed++;
		now = runs_of_archive();
	}
	printf("# seed %llu (MS_SEED repeats it)\n",
	    (unsigned long long)(seed - 1));
	ok(now >= 0, "%d runs: the archive shows what the model shows", runs);
	return done();
}
