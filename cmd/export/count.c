/* count.c - what became of each message, by folder. ms-json(5), Reports. */
#include "run.h"

struct ms_tally *
export_tally(struct export_run *r, const struct export_choice *c)
{
	const struct ms_folder *f = NULL;

	if (c != NULL && !c->bare)
		(void)ms_archive_folder_get(
		    r->archive, c->row.folder, &f, NULL);
	if (f == NULL)
		return ms_report_tally(r->report, "", "", "");
	return ms_report_tally(r->report, f->user_name, f->source_url, f->name);
}

void
export_failed(struct export_run *r, const struct export_choice *c,
    const char *where, const struct ms_err *why)
{
	struct ms_tally *t = export_tally(r, c);

	t->seen++;
	t->failed++;
	ms_report_failed(r->report, where, why->msg);
	r->sum.failed++;
	if (r->sum.status == 0 || why->code == MS_EXISTS)
		r->sum.status = why->code == MS_EXISTS ? ms_status(MS_EXISTS)
						       : MS_STATUS_SOME;
}
