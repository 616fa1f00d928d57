/* lines.c - exports the messages that lines of ms-list(1) refer to, in the
 * order of the lines. The manual is ms-export(1). */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "listing.h"

/* Does the line refer to occurrences in this folder? */
static bool
fits(const struct export_run *r, const struct ms_pick *pick,
    const struct ms_folder *f)
{
	return (r->user == NULL || strcmp(r->user, f->user_name) == 0) &&
	       (pick->user == NULL || ms_pick_fits(pick, f));
}

/* Exports the occurrences of a message that a line refers to, or the message
 * if the line refers to no folder. *some: at least one was found. */
static int
pick_occurrences(struct export_run *r, const struct ms_pick *pick,
    uint64_t message, bool *some, struct ms_err *err)
{
	struct export_choice c = {.bare = false};
	const struct ms_folder *f;
	const struct ms_row *row;

	if (export_look_up(r, message, err) < 0)
		return -1;
	for (size_t i = 0; (row = export_row(r, i)) != NULL; i++) {
		int rc =
		    ms_archive_folder_get(r->archive, row->folder, &f, err);

		if (rc < 0)
			return -1;
		if (rc == 0 || (row->bits & MS_ROW_REMOVED) != 0 ||
		    !fits(r, pick, f))
			continue;
		*some = true;
		if (pick->user == NULL)
			return export_message(r, message, err);
		c.row = *row;
		if (export_choose(r, &c, err) < 0)
			return -1;
	}
	return 0;
}

/* A line that refers to nothing is named. -1: the run cannot go on. */
static int
export_line(
    struct export_run *r, char *line, uint64_t number, struct ms_err *err)
{
	struct ms_pick pick;
	struct ms_err why = {0};
	uint64_t found[2];
	char where[64];
	bool some = false;
	int count;

	if (ms_pick_parse(&pick, line, &why) < 0)
		goto failed;
	count = ms_archive_find(r->archive, pick.digits, found, 2, err);
	if (count < 0)
		return -1;
	if (count > 1) {
		ms_fail(&why, MS_USAGE,
		    "%s is the beginning of more than one id", pick.digits);
		goto failed;
	}
	if (count == 1 && pick_occurrences(r, &pick, found[0], &some, err) < 0)
		return -1;
	if (some)
		return 0;
	ms_fail(&why, MS_NOINPUT, "%s: not in the archive%s", pick.digits,
	    count == 1 ? " under this user, folder and source" : "");
failed:
	snprintf(where, sizeof(where), "standard input, line %llu",
	    (unsigned long long)number);
	export_failed(r, NULL, where, &why);
	return 0;
}

/* Writes all that was requested, because the writer of the lines may wait for
 * it. */
static int
flush(void *ctx, struct ms_err *err)
{
	struct export_run *r = ctx;

	if (r->window == NULL)
		return 0;
	if (export_window_drain(r->window, err) < 0)
		return -1;
	return ms_sink_flush(r->sink, err);
}

int
export_lines(struct export_run *r, int fd, struct ms_err *err)
{
	struct ms_lines lines = {.fd = fd, .idle = flush, .ctx = r};
	char *line;
	int rc;

	if (!r->dry_run)
		r->window =
		    export_window_new(r->archive, r->eol, export_write, r);
	while ((rc = ms_lines_next(&lines, &line, err)) == 1) {
		rc = export_line(r, line, lines.number, err);
		if (rc < 0)
			break;
	}
	if (rc == 0 && r->window != NULL)
		rc = export_window_drain(r->window, err);
	export_window_free(r->window);
	r->window = NULL;
	ms_lines_release(&lines);
	return rc;
}
