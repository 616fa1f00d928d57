/* run.c - a run of ms-ingest(1): adds the messages of its inputs to the archive
 * and reports the results. */
#include "run.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "ingest.h"
#include "opt.h"
#include "report.h"
#include "utf8.h"

/* One run. Results arrive on another thread; `lock` protects the report and the
 * counts. */
struct run {
	const struct ingest_options *opt;
	const char *user; /* of messages whose envelope has no user */
	struct ms_archive *archive;
	struct ms_ingest *ingest;
	struct ms_report *report;
	pthread_mutex_t lock;
	uint64_t failed;          /* messages and inputs */
	unsigned opened, missing; /* inputs; missing: could not be read */
	uint64_t source_missing;  /* messages whose old folder is unknown */
	bool cut;                 /* a stream had no trailer */
	int stream_status;        /* the highest status of the trailers */
	int stdout_errno; /* of the first id that could not be printed */
};

/* ---- results ---- */

static void
add_failed(
    struct run *r, const struct ms_dest *d, const char *where, const char *why)
{
	const char *folder = r->opt->source.into;
	struct ms_tally *t;

	pthread_mutex_lock(&r->lock);
	r->failed++;
	/* A message that fails before it has a folder counts in the folder
	 * that it would have gone to. */
	if (d != NULL)
		t = ms_report_tally(r->report, d->user, d->source, d->folder);
	else
		t = ms_report_tally(r->report, r->user,
		    "local:", folder != NULL ? folder : "INBOX");
	t->seen++;
	t->failed++;
	ms_report_failed(r->report, where, why);
	pthread_mutex_unlock(&r->lock);
}

static void
print_id(struct run *r, const struct ms_deposit *d)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(d->id, MS_SHA_LEN, hex);
	if (printf("%s\t%s\n", hex,
		d->outcome == MS_OUTCOME_NEW ? "new" : "known") < 0 &&
	    r->stdout_errno == 0)
		r->stdout_errno = errno;
}

static void
handle_result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	struct run *r = ctx;
	struct ms_tally *t;
	char *place;

	if (d->outcome == MS_OUTCOME_FAILED) {
		place = ms_xstrndup(where.p, where.n);
		add_failed(r, d->dest, place, d->err->msg);
		free(place);
		return;
	}
	pthread_mutex_lock(&r->lock);
	t = ms_report_tally(
	    r->report, d->dest->user, d->dest->source, d->dest->folder);
	t->seen++;
	*(d->outcome == MS_OUTCOME_NEW ? &t->new : &t->known) += 1;
	t->occurrences += d->occurrence;
	r->source_missing += d->source_missing;
	pthread_mutex_unlock(&r->lock);
	if (r->opt->print_ids)
		print_id(r, d);
}

/* ---- one message ---- */

/* Appends the attributes of the envelope that an occurrence has no field for. A
 * move has a record of its own. */
static void
other_attributes(const struct ms_envelope *env, struct ms_buf *out)
{
	static const char field[] = "MS-Envelope: ";
	struct ms_envelope some = {.other = env->other};

	some.value[MS_ATTR_SPECIAL] = env->value[MS_ATTR_SPECIAL];
	if (some.other == NULL && some.value[MS_ATTR_SPECIAL] == NULL)
		return;
	if (ms_envelope_write(out, &some, NULL) < 0)
		return;
	out->n--; /* the line end */
	memmove(out->p, out->p + sizeof(field) - 1, out->n - sizeof(field) + 1);
	out->n -= sizeof(field) - 1;
}

/* Names become parts of events, which are UTF-8 (ms-archive(5), EVENT). */
static bool
name_ok(const char *s, size_t max)
{
	return s == NULL ||
	       (strlen(s) <= max &&
		   ms_utf8_valid((const unsigned char *)s, strlen(s)));
}

/* Returns the destination of a message, or NULL with err set. */
static struct ms_dest *
destination(struct run *r, const struct ms_arrival *m, struct ms_err *err)
{
	const struct ms_envelope *env = &m->env;
	const char *user = env->value[MS_ATTR_USER];
	const char *source = env->value[MS_ATTR_SOURCE];
	const char *label = r->opt->label;

	if (user == NULL || r->opt->user != NULL)
		user = r->user;
	if (source == NULL)
		source = "local:";
	if (label == NULL)
		label = env->value[MS_ATTR_LABEL];
	if (!ms_user_name_ok(user)) {
		ms_fail(err, MS_DATA, "'%.64s' is not a user name", user);
		return NULL;
	}
	if (!name_ok(source, MS_SOURCE_MAX) ||
	    !name_ok(env->value[MS_ATTR_FOLDER], MS_FOLDER_MAX) ||
	    !name_ok(label, MS_FOLDER_MAX)) {
		ms_fail(err, MS_DATA,
		    "source, folder or label: too long, or not UTF-8");
		return NULL;
	}
	return ms_ingest_dest(r->ingest, user, source,
	    env->value[MS_ATTR_FOLDER], label, r->opt->create_user);
}

/*
 * Adds a message. A message that fails is reported; *whole counts the messages
 * that arrived whole. -1: the archive cannot be written.
 */
static int
add_message(struct run *r, struct ms_source *src, const struct ms_arrival *m,
    uint64_t *whole, struct ms_err *err)
{
	const struct ms_envelope *env = &m->env;
	struct ms_spec spec = {.place = env->value[MS_ATTR_UID],
	    .flags = env->value[MS_ATTR_FLAGS],
	    .from = env->value[MS_ATTR_MOVED_FROM],
	    .where = m->where,
	    .has_date = m->has_date,
	    .date = m->date,
	    .has_fallback = m->has_fallback_date,
	    .fallback = m->fallback_date};
	const char *ref = env->value[MS_ATTR_REF];
	unsigned char id[MS_SHA_LEN];
	struct ms_buf other = {0};
	struct ms_err why = {0};
	struct ms_slice piece;
	int got, rc = 0;

	spec.dest = destination(r, m, &why);
	if (spec.dest == NULL) {
		add_failed(r, NULL, m->where, why.msg);
		return 0;
	}
	if (ref != NULL &&
	    ms_unhex(ms_slice_str(ref), id, MS_SHA_LEN) != MS_SHA_LEN) {
		add_failed(r, spec.dest, m->where, "ref: not an id");
		return 0;
	}
	other_attributes(env, &other);
	spec.other = other.n > 0 ? ms_buf_str(&other) : NULL;
	if (ref != NULL) {
		++*whole;
		rc = ms_ingest_reference(r->ingest, &spec, id, err);
		goto out;
	}
	if (ms_ingest_begin(r->ingest, &spec, err) < 0) {
		rc = -1;
		goto out;
	}
	while (rc == 0 && (got = ms_source_read(src, &piece, &why)) == 1)
		rc = ms_ingest_data(r->ingest, piece.p, piece.n, err);
	if (rc == 0 && got == 0) {
		++*whole;
		rc = ms_ingest_end(r->ingest, err);
	} else {
		ms_ingest_drop(r->ingest);
	}
	if (rc == 0 && got < 0)
		add_failed(r, spec.dest, m->where, why.msg);
out:
	ms_buf_release(&other);
	return rc;
}

/* ---- one input ---- */

static void
handle_trailer(struct run *r, const struct ms_source *src, const char *name,
    uint64_t arrived)
{
	struct ms_trailer t;
	bool whole;

	if (ms_source_trailer(src, &t, &whole) != 1)
		return;
	if (!whole) {
		r->cut = true;
		ms_warn(TOOL,
		    "%s: the stream has no trailer, so its writer was "
		    "interrupted; its whole messages were added",
		    name);
		return;
	}
	if (t.status > r->stream_status)
		r->stream_status = t.status;
	if (t.messages == arrived)
		return;
	pthread_mutex_lock(&r->lock);
	ms_report_note(r->report, "%s: %llu messages were sent, %llu arrived",
	    name, (unsigned long long)t.messages, (unsigned long long)arrived);
	pthread_mutex_unlock(&r->lock);
}

static void
show_progress(struct run *r, const struct ms_source *src, const char *name)
{
	uint64_t done, total;

	ms_source_progress(src, &done, &total);
	pthread_mutex_lock(&r->lock);
	ms_report_progress(r->report, name, done, total, "bytes");
	pthread_mutex_unlock(&r->lock);
}

/* An unknown user is an error before anything is read. */
static int
check_user(struct run *r, const char *user, struct ms_err *err)
{
	uint64_t number;
	int got;

	if (!ms_user_name_ok(user))
		return ms_fail(
		    err, MS_USAGE, "'%.64s' is not a user name", user);
	if (r->opt->create_user)
		return 0;
	got = ms_archive_active_user(r->archive, user, &number, err);
	if (got == 0)
		return ms_fail(err, MS_USAGE,
		    "the archive has no user '%s'; use --create-user to create "
		    "this user",
		    user);
	return got < 0 ? -1 : 0;
}

static int
add_input(struct run *r, const char *path, struct ms_err *err)
{
	const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
	struct ms_arrival m;
	struct ms_source *src;
	struct ms_err why = {0};
	bool checked = r->opt->user != NULL;
	uint64_t seen = 0, whole = 0;
	int got, rc = 0;

	if (ms_source_open(&src, path, &r->opt->source, &why) < 0) {
		r->missing += why.code == MS_NOINPUT || why.code == MS_IO;
		add_failed(r, NULL, name, why.msg);
		return 0;
	}
	r->opened++;
	while (rc == 0 && (got = ms_source_next(src, &m, &why)) != 0) {
		if (got < 0) {
			add_failed(r, NULL, m.where, why.msg);
			continue;
		}
		if (!checked && m.env.value[MS_ATTR_USER] == NULL) {
			rc = check_user(r, r->user, err);
			checked = true;
		}
		if (rc == 0)
			rc = add_message(r, src, &m, &whole, err);
		if ((++seen & 63) == 0)
			show_progress(r, src, name);
	}
	if (rc == 0)
		handle_trailer(r, src, name, whole);
	ms_source_close(src);
	return rc;
}

/* ---- the run ---- */

static int
final_status(const struct run *r, int rc, const struct ms_err *err)
{
	if (rc < 0) /* not 0, even if the error has no code */
		return err->code != MS_OK ? ms_status(err->code) : EX_SOFTWARE;
	if (r->opened == 0 && r->missing > 0 && r->missing == r->failed)
		return EX_NOINPUT;
	if (r->cut)
		return EX_PROTOCOL;
	if (r->failed > 0)
		return MS_STATUS_SOME;
	return r->stream_status;
}

static int
add_all(struct run *r, char *paths[], struct ms_err *err)
{
	static char stdin_name[] = "-";
	static char *only_stdin[] = {stdin_name, NULL};
	int rc = 0;

	if (!name_ok(r->opt->label, MS_FOLDER_MAX) ||
	    !name_ok(r->opt->source.into, MS_FOLDER_MAX))
		return ms_fail(
		    err, MS_USAGE, "folder or label: too long, or not UTF-8");
	if (r->opt->user != NULL && check_user(r, r->opt->user, err) < 0)
		return -1;
	r->ingest = ms_ingest_new(
	    r->archive, (unsigned)r->opt->threads, handle_result, r);
	if (paths[0] == NULL)
		paths = only_stdin;
	for (; rc == 0 && *paths != NULL; paths++)
		rc = add_input(r, *paths, err);
	/* After a failure, the whole messages are still added if possible. */
	if (ms_ingest_finish(r->ingest, rc == 0 ? err : NULL) < 0)
		rc = -1;
	if (r->source_missing > 0)
		ms_report_note(r->report,
		    "%llu messages were moved from folders that do not have "
		    "them; they were added without the move",
		    (unsigned long long)r->source_missing);
	return rc;
}

/* An id that cannot be printed does not stop the run; the error is returned
 * here. */
static int
close_stdout(const struct run *r, struct ms_err *err)
{
	int rc = ms_close_stdout(err);

	if (r->stdout_errno == 0)
		return rc;
	errno = r->stdout_errno;
	return ms_fail_errno(err, "standard output");
}

int
ingest_run(const struct ingest_options *opt, char *paths[])
{
	struct run r = {.opt = opt,
	    .user = ms_opt_user(opt->user, NULL),
	    .lock = PTHREAD_MUTEX_INITIALIZER};
	struct ms_err err = {0}, why = {0};
	const char *dir;
	int rc, status;

	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_report_open(&r.report, TOOL, opt->report, opt->quiet, &err) < 0)
		return ms_warn_err(TOOL, &err);
	rc = ms_archive_open(&r.archive, dir, MS_ARCHIVE_WRITE, &err);
	if (rc == 0) {
		rc = add_all(&r, paths, &err);
		ms_archive_close(r.archive);
	}
	if (rc < 0)
		ms_warn_err(TOOL, &err);
	status = final_status(&r, rc, &err);
	if (close_stdout(&r, &why) < 0)
		status = ms_warn_end(TOOL, status, &why);
	if (ms_report_close(r.report, status, &why) < 0)
		status = ms_warn_end(TOOL, status, &why);
	return status;
}
