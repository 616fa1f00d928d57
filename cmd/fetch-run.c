/* fetch-run.c - a mailbox as a message stream. ms-fetch(1), ms-stream(5). */
#include "fetch-run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "imap.h"
#include "opt.h"

struct run {
	const struct options *opt;
	struct ms_report *report;
	struct ms_stream_writer *out;
	struct ms_trailer *t;
	struct ms_archive *archive; /* NULL: everything is new */
	uint64_t user, source;      /* their numbers; 0: not in the archive */
	const char *user_name;
	char *source_url;
	struct ms_imap *im;

	/* the folder that is being read */
	const char *folder;
	struct ms_imap_box box;
	struct ms_tally *tally;
	size_t left; /* messages asked for and not yet accounted for */
	size_t asked;
	bool broken; /* stdout takes nothing more */
	struct ms_envelope env;
};

/* ---- one message ---- */

static void
failed(struct run *r, const char *where, const char *reason, size_t count)
{
	ms_report_failed(r->report, where, reason);
	r->tally->failed += count;
	r->t->failed += count;
}

/* "INBOX/Projects, UID 17": for people, and for looking it up again. */
static const char *
place(struct ms_buf *b, const struct run *r, uint32_t uid)
{
	ms_buf_clear(b);
	ms_buf_printf(b, "%s, UID %" PRIu32, r->folder, uid);
	return ms_buf_str(b);
}

static void
on_failed(void *ctx, uint32_t uid, const char *reason)
{
	struct run *r = ctx;
	struct ms_buf where = {0};

	failed(r, place(&where, r, uid), reason, 1);
	r->left--;
	ms_buf_release(&where);
}

static void
on_gone(void *ctx, uint32_t uid)
{
	struct run *r = ctx;
	struct ms_buf where = {0};

	ms_report_left_out(
	    r->report, place(&where, r, uid), "gone from the server");
	r->tally->left_out++;
	r->left--;
	ms_buf_release(&where);
}

static int
emit(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct run *r = ctx;
	int rc = ms_stream_data(r->out, p, n, err);

	r->broken = rc < 0;
	return rc;
}

static void
remark(struct run *r, const struct ms_imap_message *m)
{
	struct ms_buf where = {0};
	uint64_t size = ms_spool_size(m->body);

	if (m->has_size && m->size != size)
		ms_report_note(r->report,
		    "%s: the server says %" PRIu32 " bytes and sends %" PRIu64,
		    place(&where, r, m->uid), m->size, size);
	if (m->flags_cut)
		ms_report_note(r->report, "%s: too many flags, some left out",
		    place(&where, r, m->uid));
	ms_buf_release(&where);
}

static void
describe(struct run *r, const struct ms_imap_message *m)
{
	char text[32];

	/* Without UIDVALIDITY a UID names nothing. */
	if (r->box.uidvalidity != 0) {
		snprintf(text, sizeof(text), "%" PRIu32 "/%" PRIu32,
		    r->box.uidvalidity, m->uid);
		ms_envelope_set(&r->env, MS_ATTR_UID, text);
	}
	ms_envelope_set(&r->env, MS_ATTR_FLAGS, m->flags);
	if (m->has_date)
		ms_time_format(m->date, text);
	ms_envelope_set(&r->env, MS_ATTR_DATE, m->has_date ? text : NULL);
}

static int
on_message(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	struct run *r = ctx;
	struct ms_err why = {0};

	describe(r, m);
	remark(r, m);
	if (ms_stream_begin(r->out, &r->env, &why) < 0) {
		if (why.code != MS_DATA) {
			*err = why;
			return -1;
		}
		on_failed(r, m->uid, why.msg);
		return 0;
	}
	if (ms_spool_emit(m->body, emit, r, &why) < 0) {
		if (!r->broken && ms_stream_void(r->out, why.msg, err) == 0) {
			on_failed(r, m->uid, why.msg);
			return 0;
		}
		if (r->broken)
			*err = why;
		return -1;
	}
	if (ms_stream_end(r->out, err) < 0)
		return -1;
	r->t->messages++;
	r->tally->fresh++;
	r->left--;
	ms_report_progress(
	    r->report, r->folder, r->asked - r->left, r->asked, "messages");
	return 0;
}

/* ---- one folder ---- */

/* Takes the UIDs that the archive knows out of the list; returns how many
 * are left. */
static int
leave_known(struct run *r, uint32_t *uids, size_t *count, struct ms_err *err)
{
	uint32_t *known = NULL;
	uint64_t folder = 0;
	size_t n = 0, i, k = 0, kept = 0;
	int found;

	if (r->source == 0 || r->box.uidvalidity == 0)
		return 0;
	found = ms_archive_folder(
	    r->archive, r->user, r->source, r->folder, &folder, err);
	if (found <= 0)
		return found;
	if (ms_archive_uids(
		r->archive, folder, r->box.uidvalidity, &known, &n, err) < 0)
		return -1;
	for (i = 0; i < *count; i++) {
		while (k < n && known[k] < uids[i])
			k++;
		if (k < n && known[k] == uids[i])
			r->tally->known++;
		else
			uids[kept++] = uids[i];
	}
	free(known);
	*count = kept;
	return 0;
}

/* Fetches these messages, a command's worth at a time. */
static int
fetch_uids(
    struct run *r, const uint32_t *uids, size_t count, struct ms_err *err)
{
	const struct ms_imap_sink sink = {.message = on_message,
	    .failed = on_failed,
	    .gone = on_gone,
	    .ctx = r};
	struct ms_buf why = {0};
	size_t at, done;
	int rc = 0;

	r->left = r->asked = count;
	for (at = 0; at < count && rc == 0; at += done) {
		rc = ms_imap_fetch(
		    r->im, uids + at, count - at, &done, &sink, err);
	}
	if (rc < 0 && r->left > 0) {
		ms_buf_printf(&why, "%zu %s not fetched: %s", r->left,
		    r->left == 1 ? "message" : "messages", err->msg);
		failed(r, r->folder, ms_buf_str(&why), r->left);
		ms_buf_release(&why);
	}
	return rc;
}

/* A folder that can't be read counts as one failure. */
static int
folder_failed(struct run *r, const char *reason)
{
	r->tally->seen++;
	failed(r, r->folder, reason, 1);
	return ms_imap_usable(r->im) ? 0 : -1;
}

/* 0: accounted for, go on; -1: the run is over. */
static int
fetch_folder(struct run *r, const struct ms_imap_folder *f, struct ms_err *err)
{
	uint32_t *uids = NULL;
	size_t count = 0, missing = 0;
	struct ms_buf why = {0};
	int rc;

	r->folder = f->name;
	r->tally =
	    ms_report_tally(r->report, r->user_name, r->source_url, f->name);
	if (f->clash)
		return folder_failed(r, "another folder has the same name");
	if (strlen(f->name) > MS_FOLDER_MAX)
		return folder_failed(r, "its name is too long");
	if (ms_imap_examine(r->im, f->raw, &r->box, err) < 0 ||
	    ms_imap_uids(r->im, &r->box, &uids, &count, &missing, err) < 0)
		return folder_failed(r, err->msg);
	r->tally->seen += count + missing;
	if (missing > 0) {
		ms_buf_printf(
		    &why, "%zu messages not listed by the server", missing);
		failed(r, f->name, ms_buf_str(&why), missing);
		ms_buf_release(&why);
	}
	ms_envelope_set(&r->env, MS_ATTR_FOLDER, f->name);
	rc = leave_known(r, uids, &count, err);
	if (rc == 0 && count > 0)
		rc = fetch_uids(r, uids, count, err);
	else if (rc < 0)
		failed(r, f->name, err->msg, count);
	free(uids);
	return rc;
}

/* ---- the mailbox ---- */

static int
compare_name(const void *key, const void *folder)
{
	return strcmp(key, ((const struct ms_imap_folder *)folder)->name);
}

/* The folders that are named, or all. A name that is not there fails. */
static int
fetch_folders(struct run *r, const struct ms_imap_folder *all, size_t n,
    struct ms_err *err)
{
	const struct ms_imap_folder *f;
	size_t i, count = r->opt->folder_count > 0 ? r->opt->folder_count : n;
	int rc = 0;

	for (i = 0; i < count; i++) {
		f = all + i;
		if (r->opt->folder_count > 0) {
			r->folder = r->opt->folders[i];
			f = bsearch(
			    r->folder, all, n, sizeof(*all), compare_name);
			r->tally = ms_report_tally(
			    r->report, r->user_name, r->source_url, r->folder);
		}
		if (f == NULL) {
			folder_failed(r, "no such folder");
		} else if (rc == 0) {
			rc = fetch_folder(r, f, err);
		} else { /* the run is over: name what it leaves */
			r->folder = f->name;
			r->tally = ms_report_tally(
			    r->report, r->user_name, r->source_url, f->name);
			folder_failed(r, err->msg);
		}
	}
	return rc;
}

/* What has come may be archived while we wait for more. An error shows at the
 * next write. */
static void
flush(void *ctx)
{
	(void)ctx;
	(void)fflush(stdout);
}

/* Greeting, TLS, login. */
static int
log_in(struct ms_imap **im, const struct options *opt,
    const struct ms_secret *password, struct ms_err *err)
{
	const struct ms_conn_options where = {.host = opt->url.host,
	    .port = opt->url.port,
	    .timeout = opt->timeout,
	    .ca_file = opt->ca_file,
	    .idle = flush};
	const enum ms_tls tls =
	    opt->url.scheme == MS_IMAPS ? MS_TLS_DONE : MS_TLS_UPGRADE;
	const struct ms_login login = {.login = opt->url.login,
	    .secret = password->s,
	    .host = opt->url.host,
	    .port = opt->url.port,
	    .tls = true};
	struct ms_conn *conn;

	if (ms_conn_open(&conn, &where, err) < 0)
		return -1;
	if (tls == MS_TLS_DONE && ms_conn_tls(conn, err) < 0) {
		ms_conn_close(conn);
		return -1;
	}
	if (ms_imap_open(im, conn, tls, err) < 0)
		return -1;
	if (ms_imap_login(*im, &login, err) < 0) {
		ms_imap_close(*im);
		*im = NULL;
		return -1;
	}
	return 0;
}

/* The server's folders. A NO to LIST makes no sense: nobody can work then. */
static int
list_folders(struct ms_imap *im, struct ms_imap_folder **out, size_t *n,
    struct ms_err *err)
{
	size_t i, kept = 0;

	if (ms_imap_folders(im, out, n, err) == 0) {
		for (i = 0; i < *n; i++)
			if ((*out)[i].selectable) {
				(*out)[kept++] = (*out)[i];
			} else {
				free((*out)[i].raw);
				free((*out)[i].name);
			}
		*n = kept;
		return 0;
	}
	if (err->code == MS_NOINPUT)
		err->code = MS_PROTO;
	return -1;
}

int
fetch_check(const struct options *opt, const struct ms_secret *password,
    struct ms_err *err)
{
	struct ms_imap_folder *folders = NULL;
	struct ms_imap *im = NULL;
	size_t n = 0;
	int rc;

	rc = log_in(&im, opt, password, err);
	if (rc == 0)
		rc = list_folders(im, &folders, &n, err);
	if (rc == 0 && !opt->quiet)
		ms_complain(TOOL, "%s: logged in as %s, %zu %s", opt->url.host,
		    opt->url.login, n, n == 1 ? "folder" : "folders");
	ms_imap_folders_free(folders, n);
	ms_imap_close(im);
	return rc;
}

/* What the archive has of this mailbox. A user or source that it does not
 * have yet lacks everything. */
static int
open_archive(struct run *r, struct ms_err *err)
{
	int found;

	if (r->opt->archive == NULL)
		return 0;
	if (ms_archive_open(
		&r->archive, r->opt->archive, MS_ARCHIVE_READ, err) < 0)
		return -1;
	found = ms_archive_user(r->archive, r->user_name, &r->user, err);
	if (found <= 0)
		return found;
	found = ms_archive_source(r->archive, r->source_url, &r->source, err);
	if (found == 0)
		r->source = 0;
	return found < 0 ? -1 : 0;
}

void
fetch_mailbox(const struct options *opt, const struct ms_secret *password,
    struct ms_stream_writer *out, struct ms_report *report,
    struct ms_trailer *t)
{
	struct run r = {.opt = opt, .report = report, .out = out, .t = t};
	struct ms_imap_folder *folders = NULL;
	struct ms_buf source = {0};
	struct ms_err err = {0};
	size_t n = 0;
	int rc;

	ms_url_source(&opt->url, NULL, &source);
	r.source_url = ms_buf_str(&source);
	r.user_name = ms_opt_user(opt->user, NULL);
	if (opt->user != NULL)
		ms_envelope_set(&r.env, MS_ATTR_USER, opt->user);
	ms_envelope_set(&r.env, MS_ATTR_SOURCE, r.source_url);
	rc = open_archive(&r, &err);
	if (rc == 0)
		rc = log_in(&r.im, opt, password, &err);
	if (rc == 0)
		rc = list_folders(r.im, &folders, &n, &err);
	if (rc < 0)
		ms_report_failed(report, r.source_url, err.msg);
	else
		rc = fetch_folders(&r, folders, n, &err);
	t->status = rc < 0          ? ms_status(err.code)
		    : t->failed > 0 ? MS_STATUS_SOME
				    : 0;
	ms_imap_folders_free(folders, n);
	ms_imap_close(r.im);
	if (r.archive != NULL)
		ms_archive_close(r.archive);
	ms_envelope_clear(&r.env);
	ms_buf_release(&source);
}
