/* pst-report.c - what a folder of a PST file has, and what came of it, for
 * ms-ingest(1). ms-json(5), Reports. */
#include "run-impl.h"

#include <inttypes.h>

#include "human.h"
#include "json.h"
#include "outlook.h"

static void
add_line(
    struct ms_report *report, const char *file, const struct ms_mapi_folder *f)
{
	const struct {
		const char *key;
		uint64_t n;
		bool always;
	} counts[] = {{"expected", f->expected, true},
	    {"skipped", f->skipped, false}, {"items", f->items, true},
	    {"left_out", f->left_out, true}, {"failed", f->failed, true},
	    {"incomplete", f->incomplete, true},
	    {"attachments", f->attachments, true},
	    {"embedded", f->embedded, true}, {"bytes", f->bytes, true}};
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("pst_folder"));
	ms_json_text(o, "file", ms_slice_str(file));
	ms_json_text(o, "folder", ms_slice_str(f->name));
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].always || counts[i].n > 0)
			json_object_set_new(o, counts[i].key,
			    json_integer((json_int_t)counts[i].n));
	ms_report_object(report, o);
	json_decref(o);
}

/* A sentence for people. */
static void
describe(const struct ms_mapi_folder *f, struct ms_buf *out)
{
	uint64_t items = f->skipped + f->items + f->left_out;

	ms_buf_printf(out, "%" PRIu64 " of ", items);
	ms_human_count(out, f->expected > items ? f->expected : items, "item");
	ms_buf_add_str(out, ", ");
	ms_human_count(out, f->attachments, "attachment");
	ms_buf_add_str(out, ", ");
	ms_human_count(out, f->embedded, "embedded message");
	ms_buf_add_str(out, ", ");
	ms_human_bytes(out, f->bytes);
	if (f->left_out > 0)
		ms_buf_printf(out, "; %" PRIu64 " left out", f->left_out);
	if (f->failed > 0)
		ms_buf_printf(out, "; %" PRIu64 " failed", f->failed);
	if (f->incomplete > 0)
		ms_buf_printf(out, "; %" PRIu64 " incomplete", f->incomplete);
}

void
run_add_pst_folder(
    void *ctx, const char *file, const struct ms_mapi_folder *folder)
{
	struct run *r = ctx;
	struct ms_buf text = {0};

	if (folder->expected == 0 && folder->items == 0 &&
	    folder->failed == 0 && folder->left_out == 0)
		return;
	describe(folder, &text);
	pthread_mutex_lock(&r->lock);
	add_line(r->report, file, folder);
	if (r->opt->report.verbose)
		ms_report_note(r->report, "%s: folder %.200s: %s", file,
		    folder->name, ms_buf_str(&text));
	pthread_mutex_unlock(&r->lock);
	ms_buf_release(&text);
}
