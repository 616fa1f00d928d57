/*
 * tally.c - counts of messages, by what a run did with them. ms-json(5),
 * Reports.
 */
#include "tally.h"

#include <inttypes.h>
#include <jansson.h>

#include "json.h"

void
ms_tally_add(struct ms_tally *sum, const struct ms_tally *t)
{
	sum->seen += t->seen;
	sum->new += t->new;
	sum->known += t->known;
	sum->left_out += t->left_out;
	sum->failed += t->failed;
	sum->occurrences += t->occurrences;
	sum->deleted += t->deleted;
	sum->exported += t->exported;
	sum->bytes += t->bytes;
	sum->bytes_compared += t->bytes_compared;
	sum->failed_folders += t->failed_folders;
}

void
ms_tally_text(struct ms_buf *out, const struct ms_tally *t, const char *unit,
    bool deleted)
{
	if (t->exported > 0) {
		ms_buf_printf(out,
		    "%" PRIu64 "%s seen: %" PRIu64 " exported, %" PRIu64
		    " failed",
		    t->seen, unit, t->exported, t->failed);
		return;
	}
	ms_buf_printf(out,
	    "%" PRIu64 "%s seen: %" PRIu64 " new, %" PRIu64 " known, %" PRIu64
	    " left out, %" PRIu64 " failed",
	    t->seen, unit, t->new, t->known, t->left_out, t->failed);
	if (deleted)
		ms_buf_printf(out, ", %" PRIu64 " deleted", t->deleted);
	if (t->bytes_compared > 0)
		ms_buf_printf(
		    out, ", %" PRIu64 " bytes compared", t->bytes_compared);
	if (t->failed_folders > 0)
		ms_buf_printf(out, "; %" PRIu64 " %s failed", t->failed_folders,
		    t->failed_folders == 1 ? "folder" : "folders");
}

void
ms_tally_json(json_t *o, const struct ms_tally *t, bool deleted)
{
	ms_json_number(o, "seen", t->seen);
	ms_json_number(o, "new", t->new);
	ms_json_number(o, "known", t->known);
	ms_json_number(o, "left_out", t->left_out);
	ms_json_number(o, "failed", t->failed);
	if (deleted)
		ms_json_number(o, "deleted", t->deleted);
	if (t->failed_folders > 0)
		ms_json_number(o, "failed_folders", t->failed_folders);
}

struct ms_tally
ms_tally_of_json(const json_t *o)
{
	return (struct ms_tally){.seen = ms_json_number_of(o, "seen"),
	    .new = ms_json_number_of(o, "new"),
	    .known = ms_json_number_of(o, "known"),
	    .left_out = ms_json_number_of(o, "left_out"),
	    .failed = ms_json_number_of(o, "failed"),
	    .occurrences = ms_json_number_of(o, "occurrences"),
	    .exported = ms_json_number_of(o, "exported"),
	    .deleted = ms_json_number_of(o, "deleted"),
	    .failed_folders = ms_json_number_of(o, "failed_folders")};
}
