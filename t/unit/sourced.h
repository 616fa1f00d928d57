/*
 * sourced.h - for tests of sources: creates files in a scratch folder, and
 * describes all messages of an input as text.
 */
#ifndef SOURCED_H
#define SOURCED_H
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "source.h"
#include "scratch.h"
#include "tap.h"
#include "time.h"

#define D1 "From a@b Mon Jan  5 10:00:00 2026\n"
#define D2 "From c@d Tue Jan  6 11:00:00 2026\n"
#define MTIME 1767607200 /* 2026-01-05T10:00:00Z */

static inline void
put(const char *path, const char *p, size_t n)
{
	struct timespec times[2] = {{.tv_sec = MTIME}, {.tv_sec = MTIME}};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n || futimens(fd, times) < 0)
		perror(path);
	close(fd);
}

static inline void
put_str(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

/*
 * Describes a message as a line "where|folder|flags|date|bytes", and "!" before
 * the user of a trusted envelope. The date is "*" if it is the mtime of a file,
 * which also follows "T" of Thunderbird and "M" of a Maildir. Failures are
 * "where: message".
 */
static inline void
add_message(
    struct ms_source *src, const struct ms_arrival *a, struct ms_buf *out)
{
	char *const *v = a->env.value;
	static const char *const kinds[MS_RAW_KINDS] = {
	    [MS_RAW_THUNDERBIRD] = "T", [MS_RAW_MTIME] = "M"};
	const char *kind = kinds[a->raw.kind];
	char date[21] = "";
	struct ms_buf bytes = {0};
	struct ms_err err = {0};
	struct ms_slice piece;
	int rc;

	while ((rc = ms_source_read(src, &piece, &err)) > 0)
		ms_buf_add(&bytes, piece.p, piece.n);
	if (a->raw.kind != MS_RAW_NONE && a->raw.kind != MS_RAW_FILE)
		ms_time_format(a->raw.date, date);
	ms_buf_printf(out, "%s|%s|%s|%s%s%s|", a->where, v[MS_ATTR_FOLDER],
	    v[MS_ATTR_FLAGS] != NULL ? v[MS_ATTR_FLAGS] : "",
	    kind != NULL ? kind : "", date,
	    a->raw.kind == MS_RAW_FILE && a->raw.date == MTIME ? "*" : "");
	if (a->trusted)
		ms_buf_printf(out, "!%s|",
		    v[MS_ATTR_USER] != NULL ? v[MS_ATTR_USER] : "");
	for (size_t i = 0; i < bytes.n; i++)
		ms_buf_printf(out, bytes.p[i] == '\n' ? "~" : "%c", bytes.p[i]);
	ms_buf_printf(out, "%s\n", rc < 0 ? err.msg : "");
	ms_buf_release(&bytes);
}

/* Describes a remark as a line "where ? text". */
static inline void
add_remark(void *ctx, const char *where, const char *text)
{
	ms_buf_printf(ctx, "%s ? %s\n", where, text);
}

static inline void
read_all(const char *path, const struct ms_source_options *options,
    struct ms_buf *out)
{
	struct ms_source_options opt = *options;
	struct ms_source *src;
	struct ms_arrival a;
	struct ms_trailer t;
	struct ms_err err = {0};
	bool whole;
	int rc;

	ms_buf_clear(out);
	opt.remark = add_remark;
	opt.remark_ctx = out;
	if (ms_source_open(&src, path, &opt, &err) < 0) {
		ms_buf_printf(out, "%d %s\n", ms_status(err.code), err.msg);
		return;
	}
	while ((rc = ms_source_next(src, &a, &err)) != 0) {
		if (rc < 0)
			ms_buf_printf(out, "%s: %s\n", a.where, err.msg);
		else
			add_message(src, &a, out);
	}
	if (ms_source_trailer(src, &t, &whole) == 1)
		ms_buf_printf(out, "%s, %d messages, status %d\n",
		    whole ? "whole" : "cut", (int)t.messages, t.status);
	ms_source_close(src);
}

static inline void
expect(const char *name, const char *path, struct ms_source_options opt,
    const char *want)
{
	struct ms_buf out = {0};

	read_all(path, &opt, &out);
	ok(strcmp(ms_buf_str(&out), want) == 0, "%s", name);
	if (strcmp(ms_buf_str(&out), want) != 0)
		printf("# got:\n%s# want:\n%s", ms_buf_str(&out), want);
	ms_buf_release(&out);
}

/* Makes and enters a scratch folder; dir receives its name. */
static inline void
enter_scratch(char dir[SCRATCH_MAX])
{
	if (scratch_make(dir) == NULL || chdir(dir) < 0) {
		perror(dir);
		exit(1);
	}
}

static inline void
leave_scratch(const char *dir)
{
	if (chdir("/") < 0 || scratch_remove(dir) < 0)
		perror(dir);
}

#endif
