/*
 * view-state.c - random changes of the view, read from their events, from
 * repeated states, and from a mixture of both, give the same index.
 * ms-archive(5), EVENT and View. MS_SEED repeats a run.
 */
#include "state.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

#define RUNS 12
#define EVENTS 40
#define FIRST 1000   /* number of the first event */
#define HIGHEST 2000 /* number of an OCCURRENCE or a folder */

static const unsigned char archive[MS_ID_LEN] = "an archive's id";
static char dir[SCRATCH_MAX];
static uint64_t dice;
static struct ms_buf event[EVENTS]; /* JSON */
/* What the events of each change list. */
static bool occurrences[EVENTS][HIGHEST], folders[EVENTS][HIGHEST];

static unsigned
roll(unsigned sides)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice >> 33) % sides;
}

/* ---- events ---- */

/* Numbers that no other event of the change lists. */
static json_t *
numbers(bool listed[HIGHEST], unsigned n, unsigned step)
{
	json_t *list = json_array();
	unsigned last = 0;

	for (; n > 0; n--) {
		last += 1 + roll(step);
		if (last >= HIGHEST || listed[last])
			continue;
		listed[last] = true;
		json_array_append_new(list, json_integer(last));
	}
	return list;
}

static void
add_folders(json_t *o, unsigned change)
{
	json_object_set_new(o, "folders", numbers(folders[change], 3, 4));
	json_object_set_new(o, "names", json_pack("[sss]", "A", "B", "C"));
}

static void
add_occurrences(json_t *o, unsigned change)
{
	json_object_set_new(o, "occurrences",
	    numbers(occurrences[change], roll(200), 1 + roll(9)));
	json_object_set_new(o, "from", json_integer(3));
	if (roll(2) == 0)
		json_object_set_new(o, "folder", json_integer(4 + roll(3)));
}

/* An event of number FIRST + i; an earlier event can be its change. */
static json_t *
random_event(unsigned i)
{
	json_t *o = json_object();
	unsigned change = i > 0 && roll(2) == 0 ? roll(i) : i;
	bool undo = change != i && roll(2) == 0;

	json_object_set_new(o, "actor", json_string("anna"));
	json_object_set_new(o, "time", json_integer(1700000000 + i));
	json_object_set_new(o, "event", json_string(undo ? "undo" : "view"));
	if (change != i)
		json_object_set_new(o, "change", json_integer(FIRST + change));
	if (undo)
		return o;
	if (roll(3) == 0)
		json_object_set_new(o, "parts", json_integer(roll(4)));
	if (roll(4) == 0)
		json_object_set_new(o, "added", json_true());
	if (roll(5) == 0)
		json_object_set_new(o, "later", json_string("unknown"));
	json_object_set_new(
	    o, "what", json_string(roll(2) == 0 ? "move" : "rename"));
	if (roll(3) == 0)
		add_folders(o, change);
	else
		add_occurrences(o, change);
	return o;
}

static void
make_events(void)
{
	memset(occurrences, 0, sizeof(occurrences));
	memset(folders, 0, sizeof(folders));
	for (unsigned i = 0; i < EVENTS; i++) {
		json_t *o = random_event(i);
		char *text = json_dumps(o, 0);

		ms_buf_clear(&event[i]);
		ms_buf_add_str(&event[i], text);
		free(text);
		json_decref(o);
	}
}

/* ---- indexes ---- */

static struct ms_index *
new_index(const char *name)
{
	struct ms_index *ix = NULL;
	char path[SCRATCH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (ms_index_create(&ix, path, archive, NULL) < 0)
		exit(1);
	return ix;
}

/* Indexes an EVENT. */
static void
put(struct ms_index *ix, uint64_t number, struct ms_slice json)
{
	struct ms_record rec = {.type = MS_EVENT, .content = json};
	struct ms_indexer *in = ms_indexer_new();
	struct ms_txn txn;
	struct ms_err err = {0};

	if (ms_index_begin_write(ix, &txn, &err) < 0 ||
	    ms_indexer_record(in, &txn, number, &rec, &err) < 0 ||
	    ms_indexer_put(in, &txn, &err) < 0 ||
	    ms_index_commit(&txn, &err) < 0) {
		printf("# %s\n", err.msg);
		exit(1);
	}
	ms_indexer_free(in);
}

static void
put_events(struct ms_index *ix, unsigned from, unsigned to)
{
	for (; from < to; from++)
		put(ix, FIRST + from, ms_buf_slice(&event[from]));
}

/* Indexes the state of `from` in `to`. */
static void
put_state(struct ms_index *to, struct ms_index *from)
{
	struct ms_state_key at = {0};
	struct ms_buf json = {0};
	struct ms_txn txn;
	int got;

	do {
		if (ms_index_begin(from, &txn, NULL) < 0)
			exit(1);
		got = ms_state_event(&txn, &at, NULL, &json, NULL);
		ms_index_end(&txn);
		if (got == 1)
			put(to, FIRST + EVENTS, ms_buf_slice(&json));
	} while (got == 1);
	ms_buf_release(&json);
}

static bool
same(struct ms_index *a, struct ms_index *b)
{
	const char *table = "";
	int got = ms_index_equal(a, b, &table, NULL);

	if (got != 1)
		printf("# %s\n", table);
	return got == 1;
}

static void
forget(struct ms_index *ix, const char *name)
{
	char path[SCRATCH_MAX + 16];

	ms_index_close(ix);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	scratch_remove(path);
}

/* ---- tests ---- */

enum how {
	STATE_ALONE,
	STATE_TWICE,
	STATE_AFTER,  /* all events */
	STATE_BEFORE, /* all events */
	STATE_MIDDLE, /* of half of the events: some events are lost */
	STATE_OF_LESS /* a state whose writer knew only some events */
};
static const char *const names[] = {"a state alone", "a state twice",
    "a state after its events", "a state before its events",
    "a state and some of its events", "a state of half of the events"};

static bool
run(enum how how)
{
	struct ms_index *all, *ix = new_index("b"), *less = new_index("c");
	unsigned half = roll(EVENTS), from = roll(EVENTS);
	bool good;

	make_events();
	all = new_index("a");
	put_events(all, 0, EVENTS);
	put_events(less, half / 2, half);
	if (how == STATE_AFTER || how == STATE_OF_LESS)
		put_events(ix, 0, EVENTS);
	if (how == STATE_MIDDLE)
		put_events(ix, from, EVENTS);
	put_state(ix, how == STATE_OF_LESS ? less : all);
	if (how == STATE_TWICE)
		put_state(ix, all);
	if (how == STATE_BEFORE)
		put_events(ix, 0, EVENTS);
	good = same(all, ix);
	forget(all, "a");
	forget(ix, "b");
	forget(less, "c");
	return good;
}

/* Many events that are as long as they may be. */
static void
large(void)
{
	struct ms_index *all = new_index("a"), *ix = new_index("b");
	uint64_t occurrence = 0;
	json_int_t last = 0;
	struct ms_view_row view;
	struct ms_txn txn;
	json_t *o;
	char *text;

	for (unsigned i = 0; i < 20; i++) {
		o = json_pack("{ss ss si s[]}", "event", "view", "actor", "x",
		    "time", 1, "occurrences");
		for (unsigned k = 0; k < 16384; k++) {
			last += 1 + roll(1000000);
			json_array_append_new(json_object_get(o, "occurrences"),
			    json_integer(last));
		}
		if (i > 0)
			json_object_set_new(o, "change", json_integer(FIRST));
		else
			json_object_set_new(o, "parts", json_integer(20));
		text = json_dumps(o, JSON_COMPACT);
		put(all, FIRST + i, ms_slice_str(text));
		free(text);
		json_decref(o);
	}
	put_state(ix, all);
	ok(same(all, ix), "a change of 327,680 occurrences is restored");
	ok(ms_index_begin(ix, &txn, NULL) == 0 &&
		ms_index_next_view(&txn, &occurrence, &view, NULL) == 1 &&
		ms_index_view(&txn, occurrence, &view, NULL) == 1 &&
		view.change == FIRST && view.folder == 0,
	    "it counts");
	ms_index_end(&txn);
	forget(all, "a");
	forget(ix, "b");
}

/* Objects that no writer has written. */
static void
hostile(void)
{
	static const char *const objects[] = {
	    "7",
	    "{}",
	    "{\"event\":\"view\"}",
	    "{\"event\":\"view\",\"number\":-1,\"ranges\":[1]}",
	    "{\"event\":\"undo\",\"number\":9}",
	    "{\"event\":\"user\",\"number\":9,\"name\":\"x\"}",
	    "{\"event\":\"view\",\"number\":9,\"ranges\":[[1,600000]]}",
	    "{\"event\":\"view\",\"number\":9,\"ranges\":[1,0]}",
	    "{\"event\":\"view\",\"number\":9,\"ranges\":[[1,1],[]]}",
	};
	struct ms_index *none = new_index("a"), *ix = new_index("b");
	struct ms_buf json = {0};

	put(none, FIRST,
	    ms_slice_str("{\"event\":\"state\",\"time\":1,"
			 "\"actor\":\"x\"}"));
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		ms_buf_clear(&json);
		ms_buf_printf(&json,
		    "{\"event\":\"state\",\"time\":1,\"actor\":\"x\","
		    "\"changes\":[%s]}",
		    objects[i]);
		put(ix, FIRST, ms_buf_slice(&json));
		ok(same(none, ix), "%s is ignored", objects[i]);
	}
	ms_buf_release(&json);
	forget(none, "a");
	forget(ix, "b");
}

int
main(void)
{
	const char *s = getenv("MS_SEED");
	uint64_t seed = s != NULL ? strtoull(s, NULL, 10) : (uint64_t)getpid();
	enum how how;
	int i;

	if (getenv("TMPDIR") == NULL && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	if (scratch_make(dir) == NULL)
		return 1;
	printf("# seed %llu (MS_SEED repeats it)\n", (unsigned long long)seed);
	dice = seed;
	for (how = STATE_ALONE; how <= STATE_OF_LESS; how++) {
		for (i = 0; i < RUNS && run(how); i++)
			;
		ok(i == RUNS, "%s, %d runs", names[how], RUNS);
	}
	large();
	hostile();
	for (i = 0; i < EVENTS; i++)
		ms_buf_release(&event[i]);
	scratch_remove(dir);
	return done();
}
