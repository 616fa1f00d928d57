/* pipeline.c - opens the pipeline of a run of ms-ingest(1). */
#include "run-impl.h"

void
run_open_pipeline(struct run *r)
{
	r->ingest = ms_ingest_new(
	    r->archive, (unsigned)r->opt->threads, run_handle_result, r);
	/* Programs delete what this option calls known. */
	if (r->opt->print_ids)
		ms_ingest_read_back(r->ingest);
	if (r->opt->restore_removed)
		ms_ingest_restore(r->ingest);
}
