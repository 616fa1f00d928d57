/* reported.c - adds what journal reports contain. The manual is ms-ingest(1),
 * Journal reports. */
#include "reported.h"

#include "assigner.h"
#include "receipt.h"
#include "unwrap.h"

static int
add_given(
    struct run *r, struct unwrap *u, struct ms_slice piece, struct ms_err *err)
{
	receipt_given(r, piece.p, piece.n);
	return unwrap_add(u, piece.p, piece.n, err);
}

/* Reads the message into the spool. 1; 0: it did not arrive whole; -1. */
static int
read_all(struct run *r, struct unwrap *u, struct ms_source *src,
    struct ms_slice head, struct ms_err *why, struct ms_err *err)
{
	struct ms_slice piece;
	int got = 0;

	unwrap_begin(u);
	if (add_given(r, u, head, err) < 0)
		return -1;
	while (src != NULL && (got = ms_source_read(src, &piece, why)) == 1)
		if (add_given(r, u, piece, err) < 0)
			return -1;
	if (got < 0)
		return 0;
	return unwrap_end(u, err) < 0 ? -1 : 1;
}

static int
to_pipeline(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct run *r = ctx;

	receipt_part(r, p, n);
	return ms_ingest_data(r->ingest, p, n, err);
}

static int
to_dry_run(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	dry_run_add(ctx, p, n);
	return 0;
}

/* Ends the message that was begun in the pipeline: it was emitted, or not. */
static int
end(struct run *r, int emitted, struct ms_err *err)
{
	if (emitted == 0)
		return ms_ingest_end(r->ingest, err);
	ms_ingest_drop(r->ingest);
	return -1;
}

/* Adds the ith message for those who get it. */
static int
add(struct run *r, struct unwrap *u, size_t i, const struct ms_arrival *m,
    struct ms_dest *mailbox, struct ms_err *err)
{
	uint64_t counted = 0;

	if (assigner_dropped(r->assigner))
		run_add_remark(
		    r, m->where, "too many addresses: the last do not count");
	if (assigner_refuses(r, mailbox, m->where)) {
		receipt_refuse(r);
		return 0;
	}
	if (r->dry != NULL)
		assigner_print(r, m->where);
	if (assigner_leaves(r->assigner)) {
		receipt_refuse(r);
		assigner_leave(r, mailbox, m->where);
		return 0;
	}
	if (r->dry != NULL)
		return unwrap_emit(u, i, to_dry_run, r->dry, err) < 0
			   ? -1
			   : run_count_message(r, NULL, (struct ms_slice){0},
				 m->where, &counted, err);
	if (assigner_begin(r, mailbox, m->raw, m->where, err) < 0)
		return -1;
	if (end(r, unwrap_emit(u, i, to_pipeline, r, err), err) < 0)
		return -1;
	receipt_part_users(r);
	return 0;
}

/* --keep-reports: the report is mail of the mailbox itself. */
static int
keep(struct run *r, struct unwrap *u, const struct ms_arrival *m,
    struct ms_dest *mailbox, struct ms_err *err)
{
	const struct ms_spec spec = {
	    .dest = mailbox, .raw = m->raw, .where = m->where};

	if (!r->opt->assign.keep_reports || r->dry != NULL)
		return 0;
	if (ms_ingest_begin(r->ingest, &spec, err) < 0)
		return -1;
	receipt_also(r, NULL, mailbox->user, mailbox->folder);
	return end(r, unwrap_emit_report(u, to_pipeline, r, err), err);
}

static void
name_broken(struct run *r, const char *where, const char *why)
{
	struct ms_buf text = {0};

	ms_buf_printf(
	    &text, "the journal report is broken, and is kept whole: %s", why);
	run_add_remark(r, where, ms_buf_str(&text));
	ms_buf_release(&text);
}

/* An ordinary message has the recipients of its session, too. */
static int
find_parties(struct run *r, struct unwrap *u, size_t i,
    enum ms_journal_kind kind, struct ms_err *err)
{
	struct ms_parties *p = assigner_parties(r->assigner);

	if (kind == MS_JOURNAL_NO)
		assigner_add_session(r);
	return unwrap_parties(u, i, p, err);
}

static int
add_all(struct run *r, struct unwrap *u, struct ms_slice header,
    const struct ms_arrival *m, struct ms_dest *mailbox, struct ms_err *err)
{
	const char *why;
	enum ms_journal_kind kind = unwrap_kind(u, &why);
	bool report = kind == MS_JOURNAL_WHOLE || kind == MS_JOURNAL_BROKEN;
	int rc = 0;

	r->reports += report;
	if (kind == MS_JOURNAL_BROKEN)
		name_broken(r, m->where, why);
	if (report) /* the header is that of the report */
		header.n = 0;
	for (size_t i = 0; rc == 0 && i < unwrap_count(u); i++) {
		rc = find_parties(r, u, i, kind, err);
		if (rc == 0)
			rc = assigner_decide(r->assigner, header, err);
		if (rc == 0)
			rc = add(r, u, i, m, mailbox, err);
	}
	if (rc == 0 && kind == MS_JOURNAL_WHOLE)
		rc = keep(r, u, m, mailbox, err);
	return rc;
}

int
reported_message(struct run *r, struct ms_source *src, struct ms_slice head,
    size_t header, const struct ms_arrival *m, struct ms_dest *mailbox,
    uint64_t *whole, struct ms_err *err)
{
	struct unwrap *u = assigner_unwrap(r->assigner);
	struct ms_err why = {0};
	int got;

	receipt_begin(r, mailbox, (struct ms_slice){head.p, header});
	got = read_all(r, u, src, head, &why, err);
	if (got < 0)
		return -1;
	if (got == 0) {
		run_message_failed(r, mailbox, m->where, &why);
		return 0;
	}
	++*whole;
	if (add_all(r, u, (struct ms_slice){head.p, header}, m, mailbox, err) <
	    0)
		return -1;
	return receipt_end(r, mailbox, m, err);
}
