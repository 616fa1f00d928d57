/*
 * report.c - counts by folder, messages on stderr, JSON Lines in a file.
 * ms-json(5), Reports.
 */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"
#include "color.h"
#include "fs.h"
#include "human.h"
#include "json.h"
#include "term.h"
#include "utf8.h"

#define PROGRESS_MS 100    /* minimum between two updates */
#define JSON_MS 1000       /* the same, as JSON */
#define UNOPENED_OPTIONS 4 /* that are named in the summary */
#define UNOPENED_NAMES 200 /* bytes of folder names in the summary */
#define TEXT_MAX 65536     /* bytes of a string that are written to a report */

struct folder {
	struct ms_tally tally;
	char *user,
	    *source; /* shared with the folder before if the name is the same */
	char *name;
	struct folder *next;
};

struct ms_report {
	char *tool, *path;
	FILE *file; /* NULL: no report file */
	bool quiet, verbose, exports, dry_run, terminal;
	char *sentence; /* at the end; NULL: the sums */
	int broken;     /* errno of the first failed write, or 0 */
	enum ms_report_how how;
	struct ms_meter meter;
	int64_t drawn_ms;
	/*
	 * A balanced tree by name (tsearch(3)), not a hash table: servers
	 * choose folder names, and could choose names whose hashes collide. The
	 * list has the folders in order of their first use.
	 */
	void *tree;
	struct folder *first, *last;
	struct ms_tally all;   /* replaces the folders if nothing shows them */
	struct folder *recent; /* the last folder that was asked for, which is
				  mostly the next one too */
	/* Folders that were not opened. */
	uint64_t unopened, unopened_messages;
	struct unopened {
		const char *option;
		uint64_t folders, messages;
		bool unknown; /* of some the messages are not known */
		struct ms_buf names;
	} by_option[UNOPENED_OPTIONS];
};

void
ms_term_sanitize(struct ms_buf *b, const char *text)
{
	struct ms_slice rest = ms_slice_str(text);
	uint32_t c;
	size_t n;

	for (; rest.n > 0; rest.p += n, rest.n -= n) {
		n = ms_utf8_step(rest.p, rest.n, &c);
		if (ms_utf8_control(c) || c == MS_NOT_UTF8)
			ms_buf_add_byte(b, '?');
		else
			ms_buf_add(b, rest.p, n);
	}
}

/* A line is one write(2), so that lines of several tools are not mixed. */
static void
put_stderr(const struct ms_buf *line)
{
	(void)!write(STDERR_FILENO, line->p, line->n);
}

/* On the terminal there is a line that this tool has drawn, or there may be one
 * of another tool. */
static bool drawn, shared;

static void
clear_progress(void)
{
	static const char erase[] = "\r\033[K";

	if (drawn || shared)
		(void)!write(STDERR_FILENO, erase, sizeof(erase) - 1);
	drawn = false;
}

/* Writes "tool: a: b", or "tool: a" if b is NULL, and the lines of an excerpt.
 * The name of the tool is red for a failure. */
static void
put_lines(const char *tool, bool failed, const char *a, const char *b,
    const char *excerpt)
{
	struct ms_buf line = {0};

	clear_progress();
	if (failed)
		ms_color_begin(&line, STDERR_FILENO, MS_STYLE_FAILED);
	ms_term_sanitize(&line, tool);
	ms_buf_add_byte(&line, ':');
	if (failed)
		ms_color_end(&line, STDERR_FILENO);
	ms_buf_add_byte(&line, ' ');
	ms_term_sanitize(&line, a);
	if (b != NULL) {
		ms_buf_add_str(&line, ": ");
		ms_term_sanitize(&line, b);
	}
	ms_buf_add_byte(&line, '\n');
	if (*excerpt != '\0') {
		ms_buf_add_str(&line, excerpt);
		ms_buf_add_byte(&line, '\n');
	}
	put_stderr(&line);
	ms_buf_release(&line);
}

static void
put_message(const char *tool, bool failed, const char *a, const char *b)
{
	put_lines(tool, failed, a, b, "");
}

void
ms_warn(const char *tool, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	put_message(tool, true, text != NULL ? text : fmt, NULL);
	free(text);
}

int
ms_warn_err(const char *tool, const struct ms_err *err)
{
	struct ms_buf text = {0};

	if (err->option != NULL)
		ms_buf_printf(&text, "--%s: ", err->option);
	ms_buf_add_str(&text, err->msg);
	put_lines(tool, true, ms_buf_str(&text), NULL, err->excerpt);
	ms_buf_release(&text);
	return ms_status(err->code);
}

int
ms_warn_end(const char *tool, int status, const struct ms_err *err)
{
	int failed = ms_warn_err(tool, err);

	return status != 0 ? status : failed;
}

/* ---- JSON ---- */

static void
set_text(json_t *o, const char *key, const char *text)
{
	ms_json_text(o, key,
	    (struct ms_slice){
		(const unsigned char *)text, strnlen(text, TEXT_MAX)});
}

static json_t *
line_new(const char *type)
{
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string(type));
	return o;
}

static void
set_tally(const struct ms_report *r, json_t *o, const struct ms_tally *t)
{
	if (r->exports) {
		ms_json_number(o, "seen", t->seen);
		ms_json_number(o, "exported", t->exported);
		ms_json_number(o, "failed", t->failed);
		ms_json_number(o, "bytes", t->bytes);
		return;
	}
	ms_tally_json(o, t, false);
	ms_json_number(o, "occurrences", t->occurrences);
	if (t->deleted > 0)
		ms_json_number(o, "deleted", t->deleted);
	if (t->bytes_compared > 0)
		ms_json_number(o, "bytes_compared", t->bytes_compared);
}

/* Writes the object as a line and frees it. */
static void
put_line(struct ms_report *r, json_t *o)
{
	struct ms_buf line = {0};

	ms_json_line(&line, o);
	ms_buf_add_byte(&line, '\n');
	errno = 0;
	if (fwrite(line.p, 1, line.n, r->file) != line.n && r->broken == 0)
		r->broken = errno != 0 ? errno : EIO;
	ms_buf_release(&line);
	json_decref(o);
}

static void
put_event(struct ms_report *r, const char *type, const char *where,
    const char *reason)
{
	json_t *o;

	if (r->file == NULL)
		return;
	o = line_new(type);
	set_text(o, "where", where);
	set_text(o, "reason", reason);
	put_line(r, o);
}

/* ---- the report ---- */

int
ms_report_sandbox(
    struct ms_report *r, enum ms_sandbox_profile profile, struct ms_err *err)
{
	struct ms_err why = {0};
	int rc = ms_sandbox_check(profile, &why);

	if (rc < 0 && err != NULL)
		*err = why;
	if (rc > 0)
		ms_report_note(r, "%s", why.msg);
	return rc < 0 ? -1 : 0;
}

static FILE *
open_file(const char *path, struct ms_err *err)
{
	int fd = ms_fs_create(path, err);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (fd >= 0 && file == NULL) {
		ms_fail_errno(err, "%s", path);
		close(fd);
	}
	if (file == NULL) {
		ms_context(err, "report");
		return NULL;
	}
	/* A process that follows the file sees each line at once. */
	setvbuf(file, NULL, _IOLBF, 0);
	return file;
}

int
ms_report_open(struct ms_report **out, const char *tool,
    const struct ms_report_options *opt, struct ms_err *err)
{
	struct ms_report *r;
	FILE *file = NULL;

	if (opt->path != NULL) {
		file = open_file(opt->path, err);
		if (file == NULL)
			return -1;
	}
	r = ms_xcalloc(1, sizeof(*r));
	r->tool = ms_xstrdup(tool);
	r->path = opt->path != NULL ? ms_xstrdup(opt->path) : NULL;
	r->file = file;
	r->quiet = opt->quiet;
	r->verbose = opt->verbose && !opt->quiet;
	r->exports = opt->exports;
	r->how = opt->how;
	r->dry_run = opt->dry_run;
	r->terminal = isatty(STDERR_FILENO) == 1;
	*out = r;
	return 0;
}

static int
compare_folders(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;
	int c;

	c = strcmp(x->name, y->name);
	if (c == 0)
		c = strcmp(x->source, y->source);
	if (c == 0)
		c = strcmp(x->user, y->user);
	return c;
}

static char *
same_or_copy(char *before, const char *name)
{
	return before != NULL && strcmp(before, name) == 0 ? before
							   : ms_xstrdup(name);
}

static struct folder *
folder_new(struct ms_report *r, const struct folder *key)
{
	struct folder *f = ms_xcalloc(1, sizeof(*f)), *before = r->last;

	f->user = same_or_copy(before != NULL ? before->user : NULL, key->user);
	f->source =
	    same_or_copy(before != NULL ? before->source : NULL, key->source);
	f->name = ms_xstrdup(key->name);
	*(before != NULL ? &before->next : &r->first) = f;
	r->last = f;
	return f;
}

struct ms_tally *
ms_report_tally(struct ms_report *r, const char *user, const char *source,
    const char *folder)
{
	struct folder key = {.user = (char *)user,
	    .source = (char *)source,
	    .name = (char *)folder};
	struct folder **node;

	if (r->file == NULL && !r->verbose)
		return &r->all;
	if (r->recent != NULL && compare_folders(r->recent, &key) == 0)
		return &r->recent->tally;
	node = tfind(&key, &r->tree, compare_folders);
	if (node == NULL) {
		node = tsearch(folder_new(r, &key), &r->tree, compare_folders);
		if (node == NULL) {
			ms_warn(r->tool, "out of memory");
			_exit(EX_OSERR);
		}
	}
	r->recent = *node;
	return &r->recent->tally;
}

void
ms_report_failed(struct ms_report *r, const char *where, const char *reason)
{
	put_message(r->tool, true, where, reason);
	put_event(r, "failed", where, reason);
}

void
ms_report_left_out(struct ms_report *r, const char *where, const char *reason)
{
	put_event(r, "left_out", where, reason);
}

void
ms_report_remark(struct ms_report *r, const char *where, const char *text)
{
	ms_report_note(r, "%s: %s", where, text);
	put_event(r, "note", where, text);
}

/* Adds a folder to what the summary says of an option. */
static void
add_unopened(struct unopened *u, const char *option, const char *folder,
    uint64_t messages)
{
	while (u->option != NULL && strcmp(u->option, option) != 0)
		u++;
	u->option = option;
	u->folders++;
	u->unknown = u->unknown || messages == MS_REPORT_UNKNOWN;
	u->messages += messages != MS_REPORT_UNKNOWN ? messages : 0;
	if (u->names.n > UNOPENED_NAMES)
		return;
	ms_buf_add_str(&u->names, u->names.n > 0 ? ", " : "");
	ms_buf_add_str(&u->names, u->names.n > UNOPENED_NAMES ? "..." : folder);
}

void
ms_report_unopened(struct ms_report *r, const char *folder, uint64_t messages,
    const char *reason, const char *option)
{
	json_t *o;

	r->unopened++;
	r->unopened_messages += messages != MS_REPORT_UNKNOWN ? messages : 0;
	if (option != NULL)
		add_unopened(r->by_option, option, folder, messages);
	if (r->file == NULL)
		return;
	o = line_new("left_out");
	set_text(o, "where", folder);
	set_text(o, "reason", reason);
	if (messages != MS_REPORT_UNKNOWN)
		ms_json_number(o, "messages", messages);
	if (option != NULL)
		set_text(o, "option", option);
	put_line(r, o);
}

/* "; 3 folders with 5 messages left out: Trash, Junk, Drafts (--all-folders)"
 */
static void
unopened_text(const struct ms_report *r, struct ms_buf *out)
{
	const struct unopened *u;

	for (u = r->by_option; u->option != NULL; u++) {
		ms_buf_printf(out, "; %" PRIu64 " %s", u->folders,
		    u->folders == 1 ? "folder" : "folders");
		if (!u->unknown || u->messages > 0)
			ms_buf_printf(out, " with %s%" PRIu64 " %s",
			    u->unknown ? "at least " : "", u->messages,
			    u->messages == 1 ? "message" : "messages");
		ms_buf_printf(out, " left out: %s (%s)",
		    ms_buf_str((struct ms_buf *)&u->names), u->option);
	}
}

void
ms_report_note(struct ms_report *r, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (r->quiet)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	put_message(r->tool, false, text != NULL ? text : fmt, NULL);
	free(text);
}

bool
ms_report_draws(const struct ms_report *r)
{
	return r->how == MS_REPORT_TERMINAL && r->terminal && !r->quiet;
}

bool
ms_report_shows(const struct ms_report *r)
{
	return r->how == MS_REPORT_JSON || ms_report_draws(r);
}

void
ms_report_share(void)
{
	shared = true;
}

/* The last column stays free: some terminals wrap after it. */
static void
draw(struct ms_report *r, const struct ms_progress *p, struct ms_buf *line)
{
	ms_buf_add_str(line, "\r\033[K");
	ms_progress_line(line, p, &r->meter, ms_term_width(STDERR_FILENO) - 1);
	drawn = true;
}

void
ms_report_progress(struct ms_report *r, const struct ms_progress *p)
{
	bool json = r->how == MS_REPORT_JSON;
	struct ms_buf line = {0};
	int64_t now;

	if (!json && !ms_report_draws(r))
		return;
	now = ms_clock_ms();
	if (now - r->drawn_ms < (json ? JSON_MS : PROGRESS_MS))
		return;
	ms_meter_add(&r->meter, p, now);
	if (json)
		ms_progress_json(&line, r->tool, p, &r->meter);
	else
		draw(r, p, &line);
	put_stderr(&line);
	ms_buf_release(&line);
	r->drawn_ms = now;
}

void
ms_report_sentence(struct ms_report *r, const char *text)
{
	free(r->sentence);
	r->sentence = ms_xstrdup(text);
}

struct ms_tally
ms_report_total(const struct ms_report *r)
{
	struct ms_tally sum = r->all;
	const struct folder *f;

	for (f = r->first; f != NULL; f = f->next)
		ms_tally_add(&sum, &f->tally);
	return sum;
}

static void
put_folders(struct ms_report *r)
{
	const struct folder *f;
	json_t *o;

	for (f = r->first; f != NULL; f = f->next) {
		o = line_new("folder");
		set_text(o, "user", f->user);
		set_text(o, "source", f->source);
		set_text(o, "folder", f->name);
		set_tally(r, o, &f->tally);
		put_line(r, o);
	}
}

/* The counts of a run, as a sentence. */
static void
sums_text(
    const struct ms_report *r, const struct ms_tally *t, struct ms_buf *out)
{
	if (!r->exports) {
		ms_tally_text(out, t, "", t->deleted > 0);
		if (r->dry_run && t->deleted > 0)
			ms_buf_add_str(out, "; a dry run deletes nothing");
		return;
	}
	ms_human_count(out, t->exported, "message");
	ms_buf_add_str(out, " exported, ");
	ms_human_bytes(out, t->bytes);
	if (t->failed > 0)
		ms_buf_printf(out, ", %" PRIu64 " failed", t->failed);
}

/* With -v: "alice, imap://alice@host/, INBOX: 5 seen: ...". */
static void
note_folders(struct ms_report *r)
{
	const struct folder *f;
	struct ms_buf text = {0};

	for (f = r->first; r->verbose && f != NULL; f = f->next) {
		ms_buf_clear(&text);
		if (f->name[0] != '\0')
			ms_buf_printf(
			    &text, "%s, %s, %s: ", f->user, f->source, f->name);
		sums_text(r, &f->tally, &text);
		ms_report_note(r, "%s", ms_buf_str(&text));
	}
	ms_buf_release(&text);
}

static json_t *
end_line(const struct ms_report *r, int status)
{
	json_t *o = line_new("end");
	char sandbox[MS_SANDBOX_TEXT];

	ms_sandbox_describe(sandbox);
	set_text(o, "tool", r->tool);
	json_object_set_new(o, "status", json_integer(status));
	set_text(o, "sandbox", sandbox);
	if (r->dry_run)
		json_object_set_new(o, "dry_run", json_true());
	return o;
}

static void
keep_node(void *node)
{
	(void)node; /* folders are freed through the list */
}

static void
report_free(struct ms_report *r)
{
	struct folder *f, *next;
	size_t i;

	shared = false;
	for (i = 0; i < UNOPENED_OPTIONS; i++)
		ms_buf_release(&r->by_option[i].names);
	tdestroy(r->tree, keep_node);
	for (f = r->first; f != NULL; f = next) {
		next = f->next;
		if (next == NULL || next->user != f->user)
			free(f->user);
		if (next == NULL || next->source != f->source)
			free(f->source);
		free(f->name);
		free(f);
	}
	free(r->sentence);
	free(r->path);
	free(r->tool);
	free(r);
}

/* Writes the last line and closes the file. */
static int
finish(struct ms_report *r, json_t *end, struct ms_err *err)
{
	put_line(r, end);
	if (fclose(r->file) != 0)
		return ms_fail_errno(err, "report %s", r->path);
	if (r->broken != 0) {
		errno = r->broken;
		return ms_fail_errno(err, "report %s", r->path);
	}
	return 0;
}

int
ms_report_close(struct ms_report *r, int status, struct ms_err *err)
{
	struct ms_tally t = ms_report_total(r);
	json_t *o;
	struct ms_buf text = {0};
	int rc = 0;

	clear_progress();
	if (r->file != NULL) {
		put_folders(r);
		o = end_line(r, status);
		set_tally(r, o, &t);
		if (r->unopened > 0) {
			ms_json_number(o, "unopened_folders", r->unopened);
			ms_json_number(
			    o, "unopened_messages", r->unopened_messages);
		}
		rc = finish(r, o, err);
	}
	note_folders(r);
	if (r->sentence != NULL)
		ms_buf_add_str(&text, r->sentence);
	else
		sums_text(r, &t, &text);
	unopened_text(r, &text);
	if (text.n > 0)
		ms_report_note(r, "%s", ms_buf_str(&text));
	ms_buf_release(&text);
	report_free(r);
	return rc;
}

void
ms_report_line(struct ms_report *r, const char *type,
    const struct ms_report_text *texts, size_t n)
{
	json_t *o;
	size_t i;

	if (r->file == NULL)
		return;
	o = line_new(type);
	for (i = 0; i < n; i++)
		if (texts[i].text != NULL)
			set_text(o, texts[i].key, texts[i].text);
	put_line(r, o);
}

void
ms_report_object(struct ms_report *r, const struct json_t *line)
{
	if (r->file != NULL)
		put_line(r, json_deep_copy(line));
}

int
ms_report_end(struct ms_report *r, int status,
    const struct ms_report_count *counts, size_t n, struct ms_err *err)
{
	json_t *o;
	size_t i;
	int rc = 0;

	clear_progress();
	if (r->file != NULL) {
		o = end_line(r, status);
		for (i = 0; i < n; i++)
			ms_json_number(o, counts[i].key, counts[i].n);
		rc = finish(r, o, err);
	}
	report_free(r);
	return rc;
}
