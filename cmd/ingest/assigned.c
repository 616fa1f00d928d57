/* assigned.c - reads a message of an input, and adds it for the users who get
 * it. The manual is ms-ingest(1), Assignment. */
#include "assigner.h"

#include <string.h>

#include "mail.h"
#include "receipt.h"
#include "reported.h"
#include "unwrap.h"

/* A message that is being read. */
struct reading {
	struct ms_source *src;
	struct ms_buf head; /* what was read so far */
	size_t header;      /* bytes of the header in it */
	bool ended;         /* this is all */
};

/* Reads at least the header. 0; -1: the message did not arrive whole. */
static int
read_header(struct reading *m, struct ms_err *why)
{
	struct ms_slice piece;
	size_t line = 0; /* the last line; the header does not end before */
	const unsigned char *lf;
	int got;

	do {
		got = ms_source_read(m->src, &piece, why);
		if (got == 1)
			ms_buf_add(&m->head, piece.p, piece.n);
		m->header = line + ms_mail_header_length(
				       m->head.p + line, m->head.n - line);
		lf = m->head.n > line
			 ? memrchr(m->head.p + line, '\n', m->head.n - line)
			 : NULL;
		if (lf != NULL)
			line = (size_t)(lf + 1 - m->head.p);
	} while (got == 1 && m->header == m->head.n &&
		 m->head.n < ASSIGNER_HEADER_MAX);
	m->ended = got == 0;
	return got < 0 ? -1 : 0;
}

/* Names the addresses that were not looked at. */
static void
name_dropped(struct run *r, const struct reading *m, const char *where)
{
	if (m->header == m->head.n && !m->ended)
		run_add_remark(r, where,
		    "the header is too long: addresses after its first 4 MiB "
		    "do not count");
	if (assigner_dropped(r->assigner))
		run_add_remark(
		    r, where, "too many addresses: the last do not count");
}

/* Reads the rest of a message that is not stored. 0; -1: it did not arrive
 * whole, which was reported. */
static int
skip(struct run *r, struct reading *m, const struct ms_dest *mailbox,
    const char *where, uint64_t *whole)
{
	struct ms_slice piece;
	struct ms_err why = {0};
	int got = m->ended ? 0 : 1;

	while (got == 1)
		got = ms_source_read(m->src, &piece, &why);
	if (got < 0) {
		run_message_failed(r, mailbox, where, &why);
		return -1;
	}
	++*whole;
	return 0;
}

/* Counts a message that no user gets, and names it. */
static void
leave(struct run *r, struct reading *m, const struct ms_dest *mailbox,
    const char *where, uint64_t *whole)
{
	receipt_refuse(r);
	if (skip(r, m, mailbox, where, whole) == 0 &&
	    !assigner_refuses(r, mailbox, where))
		assigner_leave(r, mailbox, where);
}

static int
add(struct run *r, struct reading *m, const struct ms_arrival *arrival,
    struct ms_dest *mailbox, uint64_t *whole, struct ms_err *err)
{
	const char *where = arrival->where;
	struct ms_slice head = ms_buf_slice(&m->head);

	name_dropped(r, m, where);
	if (r->dry != NULL && assigner_may(r, NULL) == 0)
		assigner_print(r, where);
	if (assigner_leaves(r->assigner) || assigner_may(r, NULL) < 0) {
		leave(r, m, mailbox, where, whole);
		return 0;
	}
	if (r->dry != NULL)
		return run_count_message(
		    r, m->ended ? NULL : m->src, head, where, whole, err);
	if (assigner_begin(r, mailbox, arrival->raw, where, err) < 0)
		return -1;
	receipt_begin(r, mailbox, head);
	receipt_users(r, NULL);
	if (run_feed(r, m->ended ? NULL : m->src, head, mailbox, where, whole,
		err) < 0)
		return -1;
	return receipt_end(r, mailbox, arrival, err);
}

int
assigner_message(struct run *r, struct ms_source *src,
    const struct ms_arrival *arrival, struct ms_dest *mailbox, uint64_t *whole,
    struct ms_err *err)
{
	const struct unwrap *u = assigner_unwrap(r->assigner);
	struct reading m = {.src = src};
	struct ms_err why = {0};
	int rc = 0;

	if (read_header(&m, &why) < 0) {
		run_message_failed(r, mailbox, arrival->where, &why);
	} else if (u != NULL &&
		   unwrap_counts(u, (struct ms_slice){m.head.p, m.header},
		       r->return_path)) {
		rc = reported_message(r, m.ended ? NULL : src,
		    ms_buf_slice(&m.head), m.header, arrival, mailbox, whole,
		    err);
	} else {
		assigner_add_session(r);
		rc = assigner_decide(
		    r->assigner, (struct ms_slice){m.head.p, m.header}, err);
		if (rc == 0)
			rc = add(r, &m, arrival, mailbox, whole, err);
	}
	ms_buf_release(&m.head);
	return rc;
}
