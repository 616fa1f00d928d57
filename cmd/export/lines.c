/* lines.c - what lines of ms-list point at, in their order.
 * ms-export(1). */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "listing.h"

/* Does an occurrence in this folder belong to what a line points at? */
static bool
fits(const struct export_run *r, const struct ms_pick *pick,
    const struct ms_folder *f)
{
	return (r->user == NULL || strcmp(r->user, f->user_name) == 0) &&
	       (pick->user == NULL || ms_pick_fits(pick, f));
}

/* The occurrences of a message that a line points at; bare: the message, if
 * it has any that would fit. */
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
		if (rc == 0 || !fits(r, pick, f))
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

/* -1: the run can't go on; a line that points at nothing is a failure. */
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
	ms_fail(&why, MS_NOINPUT, "%s is not in the archive%s", pick.digits,
	    count == 1 ? " under this user, folder and source" : "");
failed:
	snprintf(where, sizeof(where), "standard input, line %llu",
	    (unsigned long long)number);
	export_warn(r, where, &why);
	return 0;
}

/* Whoever waits for what was asked so far gets it. */
static int
answer(void *ctx, struct ms_err *err)
{
	struct export_run *r = ctx;

	return export_window_drain(r, err) < 0 ? -1
					       : ms_sink_flush(r->sink, err);
}

int
export_lines(struct export_run *r, int fd, struct ms_err *err)
{
	struct ms_lines lines = {.fd = fd, .idle = answer, .ctx = r};
	char *line;
	int rc;

	r->window = export_window_new();
	while ((rc = ms_lines_next(&lines, &line, err)) == 1) {
		rc = export_line(r, line, lines.number, err);
		if (rc < 0)
			break;
	}
	if (rc == 0)
		rc = export_window_drain(r, err);
	export_window_free(r->window);
	r->window = NULL;
	ms_lines_release(&lines);
	return rc;
}
