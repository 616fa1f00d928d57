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
#include "json.h"
#include "utf8.h"

#define PROGRESS_MS 100 /* minimum between two updates */
#define TEXT_MAX 65536  /* bytes of a string that are written to a report */

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
	bool quiet, terminal, drawn;
	int broken; /* errno of the first failed write, or 0 */
	int64_t drawn_ms;
	/*
	 * A balanced tree by name (tsearch(3)), not a hash table: servers
	 * choose folder names, and could choose names whose hashes collide. The
	 * list has the folders in order of their first use.
	 */
	void *tree;
	struct folder *first, *last;
	struct ms_tally
	    all; /* replaces the folders if there is no report file */
	struct folder *recent; /* the last folder that was asked for, which is
				  mostly the next one too */
};

void
ms_term_sanitize(struct ms_buf *b, const char *text)
{
	struct ms_slice rest = ms_slice_str(text);
	uint32_t c;
	size_t n;

	for (; rest.n > 0; rest.p += n, rest.n -= n) {
		n = ms_utf8_step(rest.p, rest.n, &c);
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == MS_NOT_UTF8)
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

static void
clear_progress(struct ms_report *r)
{
	static const char erase[] = "\r\033[K";

	if (!r->drawn)
		return;
	(void)!write(STDERR_FILENO, erase, sizeof(erase) - 1);
	r->drawn = false;
}

/* Writes "tool: a: b", or "tool: a" if b is NULL. */
static void
put_message(const char *tool, const char *a, const char *b)
{
	struct ms_buf line = {0};

	ms_term_sanitize(&line, tool);
	ms_buf_add_str(&line, ": ");
	ms_term_sanitize(&line, a);
	if (b != NULL) {
		ms_buf_add_str(&line, ": ");
		ms_term_sanitize(&line, b);
	}
	ms_buf_add_byte(&line, '\n');
	put_stderr(&line);
	ms_buf_release(&line);
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
	put_message(tool, text != NULL ? text : fmt, NULL);
	free(text);
}

int
ms_warn_err(const char *tool, const struct ms_err *err)
{
	if (err->option != NULL)
		ms_warn(tool, "--%s: %s", err->option, err->msg);
	else
		ms_warn(tool, "%s", err->msg);
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
set_tally(json_t *o, const struct ms_tally *t)
{
	ms_tally_json(o, t, false);
	ms_json_number(o, "occurrences", t->occurrences);
	if (t->deleted > 0)
		ms_json_number(o, "deleted", t->deleted);
}

/* Writes the object as a line and frees it. */
static void
put_line(struct ms_report *r, json_t *o)
{
	errno = 0;
	if ((json_dumpf(o, r->file, JSON_COMPACT) < 0 ||
		putc('\n', r->file) == EOF) &&
	    r->broken == 0)
		r->broken = errno != 0 ? errno : EIO;
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
ms_report_open(struct ms_report **out, const char *tool, const char *path,
    bool quiet, struct ms_err *err)
{
	struct ms_report *r;
	FILE *file = NULL;
	int fd;

	if (path != NULL) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0)
			return ms_fail_errno(err, "report %s", path);
		file = fdopen(fd, "w");
		if (file == NULL) {
			ms_fail_errno(err, "report %s", path);
			close(fd);
			return -1;
		}
		/*
		 * Line buffering: a process that follows the file sees each
		 * line at once.
		 */
		setvbuf(file, NULL, _IOLBF, 0);
	}
	r = ms_xcalloc(1, sizeof(*r));
	r->tool = ms_xstrdup(tool);
	r->path = path != NULL ? ms_xstrdup(path) : NULL;
	r->file = file;
	r->quiet = quiet;
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

	if (r->file == NULL)
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
	clear_progress(r);
	put_message(r->tool, where, reason);
	put_event(r, "failed", where, reason);
}

void
ms_report_left_out(struct ms_report *r, const char *where, const char *reason)
{
	put_event(r, "left_out", where, reason);
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
	clear_progress(r);
	put_message(r->tool, text != NULL ? text : fmt, NULL);
	free(text);
}

void
ms_report_progress(struct ms_report *r, const char *what, uint64_t done,
    uint64_t total, const char *unit)
{
	struct ms_buf line = {0};
	int64_t now;

	if (r->quiet || !r->terminal)
		return;
	now = ms_clock_ms();
	if (now - r->drawn_ms < PROGRESS_MS)
		return;
	ms_buf_add_str(&line, "\r\033[K");
	ms_term_sanitize(&line, what);
	ms_buf_printf(&line, ": %" PRIu64, done);
	if (total > 0)
		ms_buf_printf(&line, " of %" PRIu64, total);
	ms_buf_printf(&line, " %s", unit);
	put_stderr(&line);
	ms_buf_release(&line);
	r->drawn = true;
	r->drawn_ms = now;
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
		set_tally(o, &f->tally);
		put_line(r, o);
	}
}

static json_t *
end_line(const struct ms_report *r, int status)
{
	json_t *o = line_new("end");

	set_text(o, "tool", r->tool);
	json_object_set_new(o, "status", json_integer(status));
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

	clear_progress(r);
	if (r->file != NULL) {
		put_folders(r);
		o = end_line(r, status);
		set_tally(o, &t);
		rc = finish(r, o, err);
	}
	ms_tally_text(&text, &t, "", t.deleted > 0);
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

	clear_progress(r);
	if (r->file != NULL) {
		o = end_line(r, status);
		for (i = 0; i < n; i++)
			ms_json_number(o, counts[i].key, counts[i].n);
		rc = finish(r, o, err);
	}
	report_free(r);
	return rc;
}
