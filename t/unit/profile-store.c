/* profile-store.c - tests lib/jobs: profiles and runs in the archive. */
#include "profile-store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-writer.h"
#include "run.h"
#include "scratch.h"
#include "tap.h"

struct wish {
	enum {
		ADD,
		SET,
		DELETE
	} what;
	uint64_t number;
	struct ms_stored_profile want;
	unsigned set;
};

static int
do_wish(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct wish *w = ctx;

	switch (w->what) {
	case ADD:
		return ms_profile_add(ch, &w->want, &w->number, err);
	case SET:
		return ms_profile_set(ch, w->number, &w->want, w->set, err);
	default:
		return ms_profile_delete(ch, w->number, err);
	}
}

static enum ms_code
wish(struct ms_archive *a, struct wish *w)
{
	struct ms_err err = {0};

	ms_archive_change(a, NULL, do_wish, w, &err);
	return err.code;
}

static enum ms_code
add(struct ms_archive *a, const char *name, const char *text, uint64_t *number)
{
	struct wish w = {
	    .what = ADD, .want = {.name = name, .text = text, .enabled = true}};
	enum ms_code code = wish(a, &w);

	*number = w.number;
	return code;
}

static void
profiles(struct ms_archive *a)
{
	struct ms_stored_profile p = {0};
	struct wish w = {.what = SET};
	uint64_t one = 0, two = 0, n;

	ok(add(a, "one", "[mailbox]\nuser = alice\n", &one) == MS_OK &&
		add(a, "two", "", &two) == MS_OK,
	    "two profiles are added");
	ok(add(a, "one", "", &n) == MS_EXISTS &&
		add(a, "a/b", "", &n) == MS_USAGE &&
		add(a, ".x", "", &n) == MS_USAGE &&
		add(a, "x", "\xff", &n) == MS_USAGE,
	    "invalid names and texts are refused");
	ok(ms_profile_find(a, "one", &p, NULL) == 1 && p.number == one &&
		p.enabled && strcmp(p.text, "[mailbox]\nuser = alice\n") == 0,
	    "a profile is found by its name");
	w.number = two;
	w.want.name = "one";
	w.set = MS_PROFILE_SET_NAME;
	ok(wish(a, &w) == MS_EXISTS,
	    "a profile cannot get the name of another one");
	w = (struct wish){.what = DELETE, .number = one};
	ok(wish(a, &w) == MS_OK && ms_profile_find(a, "one", &p, NULL) == 0,
	    "a profile is deleted");
	ok(wish(a, &w) == MS_NOINPUT,
	    "a deleted profile cannot be deleted again");
	ok(ms_profile_get(a, one, &p, NULL) == 1 && p.deleted,
	    "a deleted profile is found by its number");
	w = (struct wish){.what = SET,
	    .number = two,
	    .want = {.name = "one", .enabled = false},
	    .set = MS_PROFILE_SET_NAME | MS_PROFILE_SET_ENABLED};
	ok(wish(a, &w) == MS_OK && ms_profile_find(a, "one", &p, NULL) == 1 &&
		p.number == two && !p.enabled &&
		ms_profile_find(a, "two", &p, NULL) == 0,
	    "the name can be used again");
	ms_stored_profile_release(&p);
}

static int
do_rename(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	(void)ctx;
	return ms_profiles_rename_user(ch, "alice", "alix", err);
}

/* A renamed user gets the new name in the texts of profiles. */
static void
renamed(struct ms_archive *a)
{
	struct ms_stored_profile p = {0};
	uint64_t n;

	add(a, "hers", "kind = mailbox\nuser = alice\n", &n);
	add(a, "another's", "kind = mailbox\nuser = alice2\n", &n);
	ok(ms_archive_change(a, NULL, do_rename, NULL, NULL) == 0 &&
		ms_profile_find(a, "hers", &p, NULL) == 1 &&
		strcmp(p.text, "kind = mailbox\nuser = alix\n") == 0,
	    "a profile has the new name of its user");
	ok(ms_profile_find(a, "another's", &p, NULL) == 1 &&
		strcmp(p.text, "kind = mailbox\nuser = alice2\n") == 0,
	    "the other profiles do not change");
	ms_stored_profile_release(&p);
}

static int
look(void *ctx, const struct ms_run_mailbox *m, struct ms_err *err)
{
	int *n = ctx;

	(void)err;
	if (*n == 0)
		ok(strcmp(m->user, "alice") == 0 &&
			m->result == MS_RUN_SUCCEEDED && m->counts.new == 5 &&
			m->seconds == 3 && m->failure_count == 0 &&
			m->reason == NULL,
		    "the first mailbox is recorded");
	else
		ok(m->status == 76 &&
			strcmp(m->reason, "it broke \xef\xbf\xbd") == 0 &&
			m->failure_count == MS_RUN_FAILURES && m->more == 50 &&
			strcmp(m->failures[99].where, "INBOX/1") == 0,
		    "the second mailbox is recorded, with failures up to the "
		    "limit");
	++*n;
	return 0;
}

static void
runs(struct ms_archive *a)
{
	static char where[] = "INBOX/1", why[] = "why";
	struct ms_run_failure failures[MS_RUN_FAILURES + 50];
	struct ms_run_mailbox m = {.user = "alice",
	    .source = "imap://a@h/",
	    .result = MS_RUN_SUCCEEDED,
	    .counts = {.seen = 5, .new = 5},
	    .seconds = 3};
	struct ms_run r = {.name = "one", .kind = "batch", .mailboxes = 2};
	struct ms_stored_profile p = {0};
	uint64_t first, second, third;
	struct ms_run_log *one, *other;
	struct ms_runs *w;
	int n = 0;
	size_t i;

	for (i = 0; i < MS_RUN_FAILURES + 50; i++)
		failures[i] = (struct ms_run_failure){where, why};
	ms_profile_find(a, "one", &p, NULL);
	r.profile = p.number;
	ok(ms_run_log_begin(&one, a, NULL, &r, NULL) == 0, "a run begins");
	first = ms_run_log_number(one);
	r.profile = 0;
	ok(ms_run_log_begin(&other, a, "alice", &r, NULL) == 0,
	    "another run begins");
	second = ms_run_log_number(other);
	ok(ms_run_log_add(one, &m) == 0 && ms_run_log_add(other, &m) == 0,
	    "a mailbox of each run is recorded");
	ok(ms_run_log_flush(other, NULL) == 0, "one mailbox is read back");
	m.status = 76;
	m.reason = "it broke \xff";
	m.result = MS_RUN_FAILED;
	m.failures = failures;
	m.failure_count = MS_RUN_FAILURES + 50;
	ok(ms_run_log_add(one, &m) == 0, "another mailbox is recorded");
	r.result = MS_RUN_ERRORS;
	r.status = 1;
	r.counts.seen = 5;
	r.counts.failed_folders = 2;
	ok(ms_run_log_end(one, &r, NULL) == 0, "the first run ends");
	ok(ms_run_get(a, first, &r, NULL) == 1 && r.result == MS_RUN_ERRORS &&
		r.status == 1 && r.counts.seen == 5 &&
		r.counts.failed_folders == 2 && r.ended >= r.began &&
		r.profile == p.number && r.mailboxes == 2,
	    "the end of the first run is read back");
	ok(ms_run_get(a, second, &r, NULL) == 1 && r.result == MS_RUN_OPEN &&
		r.ended == 0,
	    "the second run has no end");
	r = (struct ms_run){.row = r.row, .number = second};
	ok(ms_run_log_begin(&one, a, NULL, &r, NULL) == 0 &&
		ms_run_log_number(one) == second &&
		ms_run_log_add(one, &m) == 0 &&
		ms_run_log_end(one, &r, NULL) == 0 &&
		ms_run_get(a, second, &r, NULL) == 1 && r.result == MS_RUN_OPEN,
	    "a run that another process began is not ended");
	ok(ms_run_log_add(NULL, &m) == 0 && ms_run_log_number(NULL) == 0 &&
		ms_run_log_tick(NULL) == 0 &&
		ms_run_log_end(NULL, &r, NULL) == 0,
	    "a run without a log is not recorded");
	ok(ms_run_mailboxes(a, first, look, &n, NULL) == 0 && n == 2,
	    "only the mailboxes of the first run are found");
	ok(ms_profile_get(a, p.number, &p, NULL) == 1 && p.last_run == first,
	    "the profile knows its latest run");
	r = (struct ms_run){
	    .row = r.row, .profile = p.number, .name = "one", .kind = ""};
	ms_run_log_begin(&one, a, NULL, &r, NULL);
	third = ms_run_log_number(one);
	free(one); /* its process is killed, as that of the other */
	free(other);
	w = ms_runs_open(a, p.number, 0);
	ok(ms_runs_next(w, &r, NULL) == 1 && r.number == third &&
		ms_runs_next(w, &r, NULL) == 1 && r.number == first &&
		ms_runs_next(w, &r, NULL) == 0,
	    "the runs of a profile are found, the newest first");
	ms_runs_close(w);
	w = ms_runs_open(a, 0, r.began + 1000);
	ok(ms_runs_next(w, &r, NULL) == 0, "no run of the future is found");
	ms_runs_close(w);
	ms_run_release(&r);
	ms_stored_profile_release(&p);
}

static void
no_damage(void *ctx, const char *what)
{
	(void)ctx;
	ok(false, "%s", what);
}

static void
anew(struct ms_archive *a)
{
	const struct ms_damage_sink none = {no_damage, NULL};
	struct ms_index *ix = NULL;
	const char *table = "";

	if (ms_archive_lock(a, true, NULL) != 1 ||
	    ms_index_create(&ix, "anew", a->id, NULL) < 0 ||
	    ms_archive_index_all(a, ix, NULL, &none, NULL) < 0) {
		ok(false, "the index is rebuilt");
		return;
	}
	ok(ms_index_equal(a->ix, ix, &table, NULL) == 1,
	    "every table is equal (%s)", table);
	ms_index_close(ix);
	ms_archive_unlock(a);
}

int
main(void)
{
	char dir[SCRATCH_MAX];
	struct ms_archive *a = NULL;

	if (scratch_make(dir) == NULL || chdir(dir) < 0)
		return 1;
	if (ms_archive_init("arc", "alice", NULL) < 0 ||
	    ms_archive_open(&a, "arc", MS_ARCHIVE_WRITE, NULL) < 0)
		return 1;
	profiles(a);
	renamed(a);
	runs(a);
	anew(a);
	ms_archive_close(a);
	scratch_remove(dir);
	return done();
}
