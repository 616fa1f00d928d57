/* feed.c - adds the bytes of a message to the archive, or counts it with -n,
 * for ms-ingest(1). */
#include "receipt.h"

#include "stop.h"

void
run_message_failed(struct run *r, const struct ms_dest *d, const char *where,
    const struct ms_err *why)
{
	if (ms_stopped == 0)
		run_add_failed(r, d, where, why->msg);
}

/* With -n: counts what was looked up. got: as of dry_run_message(). */
static int
count(struct run *r, int got, bool known, const char *where,
    const struct ms_err *why, uint64_t *whole)
{
	const struct ms_dest *d = &r->dry_dest;
	struct ms_tally *t;

	if (got <= 0) {
		if (got == 0)
			run_message_failed(r, d, where, why);
		return got;
	}
	++*whole;
	t = ms_report_tally(r->report, d->user, d->source, d->folder);
	t->seen++;
	*(known ? &t->known : &t->new) += 1;
	return 0;
}

int
run_count_known(struct run *r, const char *where, uint64_t *whole)
{
	return count(r, 1, true, where, NULL, whole);
}

int
run_count_message(struct run *r, struct ms_source *src, struct ms_slice read,
    const char *where, uint64_t *whole, struct ms_err *err)
{
	struct ms_err why = {0};
	bool known;
	int got = dry_run_message(r->dry, src, read, &known, &why, err);

	return count(r, got, known, where, &why, whole);
}

int
run_count_reference(struct run *r, const unsigned char id[MS_SHA_LEN],
    const char *where, uint64_t *whole, struct ms_err *err)
{
	struct ms_err why = {0};
	int got = dry_run_reference(r->dry, id, &why, err);

	*whole += got == 0; /* it arrived, but is wrong */
	return count(r, got, true, where, &why, whole);
}

static int
feed(struct run *r, struct ms_slice piece, struct ms_err *err)
{
	receipt_given(r, piece.p, piece.n);
	return ms_ingest_data(r->ingest, piece.p, piece.n, err);
}

int
run_feed(struct run *r, struct ms_source *src, struct ms_slice read,
    const struct ms_dest *d, const char *where, uint64_t *whole,
    struct ms_err *err)
{
	struct ms_slice piece;
	struct ms_err why = {0};
	int got = 0, rc = 0;

	if (read.n > 0)
		rc = feed(r, read, err);
	while (rc == 0 && src != NULL &&
	       (got = ms_source_read(src, &piece, &why)) == 1)
		rc = feed(r, piece, err);
	if (rc == 0 && got == 0) {
		++*whole;
		return ms_ingest_end(r->ingest, err);
	}
	ms_ingest_drop(r->ingest);
	receipt_refuse(r);
	if (rc == 0)
		run_message_failed(r, d, where, &why);
	return rc;
}
