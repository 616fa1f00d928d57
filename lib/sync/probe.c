/*
 * probe.c - messages that are compared with the archive before the places of a
 * folder are trusted.
 */
#include "probe.h"

#include <stdlib.h>

#include "numbers.h"

#define SAMPLES 5 /* known messages of a POP3 mailbox */

static void
compare_later(struct ms_mailbox_state *m, size_t i, bool sample)
{
	m->probing++;
	ms_queue_add(&m->queue[MS_STAGE_LOOK], m->uids.v[i]);
	if (sample)
		(void)ms_uid_list_add(&m->samples, m->uids.v[i], SIZE_MAX);
}

/* Is m->uids.v[i] known, with its whole body? */
static bool
is_known(const struct ms_mailbox_state *m, size_t i)
{
	return m->occurrence[i] != 0 &&
	       !ms_uid_list_has(&m->shorts, m->uids.v[i]);
}

/* ---- by size ---- */

/* How the sizes of the server relate to those of the archive. */
struct sizes {
	uint64_t *stored; /* of each message, or MS_SIZE_UNKNOWN */
	size_t known;     /* messages */
	bool exact;       /* the server counts bytes as the archive does */
};

static bool
has_sizes(const struct ms_mailbox_state *m, const struct sizes *s, size_t i)
{
	return m->sizes[i] != MS_SIZE_UNKNOWN &&
	       s->stored[i] != MS_SIZE_UNKNOWN;
}

static void
compare_sizes(const struct ms_mailbox_state *m, struct sizes *s)
{
	size_t i, equal = 0, different = 0;

	for (i = 0; i < m->uids.n; i++) {
		if (!is_known(m, i))
			continue;
		s->known++;
		if (!has_sizes(m, s, i))
			continue;
		if (m->sizes[i] == s->stored[i])
			equal++;
		else
			different++;
	}
	s->exact = equal >= different;
}

/* Does the size of a known message say that it is another one? A server that
 * counts LF for CRLF, or estimates, differs by some percent. */
static bool
looks_wrong(const struct ms_mailbox_state *m, const struct sizes *s, size_t i)
{
	uint64_t a = m->sizes[i], b = s->stored[i], difference;

	if (!has_sizes(m, s, i))
		return false;
	difference = a > b ? a - b : b - a;
	return s->exact ? difference != 0 : difference > b / 10 + 64;
}

/*
 * Without TOP, a server sends no headers, and reading the bodies of all samples
 * in every run is expensive. If the sizes are exact, those with the right size
 * are not read, except for the last: where numbers serve as UIDLs, each message
 * that was deleted before it gives it another number.
 */
static void
spare_samples(struct ms_mailbox_state *m, const struct sizes *s)
{
	const struct ms_uid_list *all = &m->samples;
	size_t i, k;

	for (k = 0; s->exact && k + 1 < all->n; k++) {
		i = all->v[k] - 1; /* a POP3 item */
		if (has_sizes(m, s, i) && m->sizes[i] == s->stored[i])
			(void)ms_uid_list_add(&m->by_size, all->v[k], SIZE_MAX);
	}
}

static int
choose_by_size(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	struct sizes s = {.stored = ms_xcalloc(m->uids.n, sizeof(*s.stored))};
	size_t i, at = 0, next = 0;
	bool sample;
	int rc;

	rc = ms_lookup_sizes(l, m, s.stored, err);
	if (rc == 0)
		compare_sizes(m, &s);
	for (i = 0; rc == 0 && i < m->uids.n; i++) {
		if (!is_known(m, i))
			continue;
		/* The samples are spread evenly, with the first and the last.
		 */
		sample = at++ == next * (s.known - 1) / (SAMPLES - 1);
		while (
		    next * (s.known - 1) / (SAMPLES - 1) < at && next < SAMPLES)
			next++;
		if (sample || looks_wrong(m, &s, i))
			compare_later(m, i, sample);
	}
	if (rc == 0)
		spare_samples(m, &s);
	free(s.stored);
	return rc;
}

int
ms_probes_choose(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	size_t i;

	for (i = m->uids.n; i > 0 && !is_known(m, i - 1); i--)
		;
	if (i == 0)
		return 0;
	if (m->places != NULL)
		return choose_by_size(l, m, err);
	compare_later(m, i - 1, true);
	return 0;
}

/* ---- answers ---- */

/* Compares the header, or the body. Returns 1, 0, or -1. An OCCURRENCE that is
 * damaged proves nothing. */
static int
is_same(struct ms_lookup *l, uint64_t occurrence,
    const struct ms_msg_info *info, struct ms_err *err)
{
	struct ms_err why = {0};
	int same = 0;

	if (info != NULL && (info->has & MS_HAS_ID) != 0)
		same = ms_lookup_same_body(l, occurrence, info, &why);
	else if (info != NULL && (info->has & MS_HAS_TOP) != 0)
		same = ms_lookup_same_top(l, occurrence, info, &why);
	else if (info != NULL && (info->has & MS_HAS_HEAD) != 0)
		same = ms_lookup_same_head(l, occurrence, info, &why);
	if (same >= 0 || why.code == MS_DATA)
		return same > 0;
	if (err != NULL)
		*err = why;
	return -1;
}

int
ms_probe_answered(struct ms_lookup *l, struct ms_mailbox_state *m, uint32_t uid,
    const struct ms_msg_info *info, struct ms_err *err)
{
	const uint32_t *at = ms_find_u32(m->uids.v, m->uids.n, uid);
	size_t i = (size_t)(at - m->uids.v);
	int same = is_same(l, m->occurrence[i], info, err);

	if (same < 0)
		return -1;
	if (same == 0 && info != NULL &&
	    (info->has & (MS_HAS_ID | MS_HAS_HEAD)) == 0 &&
	    ms_uid_list_has(&m->by_size, uid))
		same = 1;
	if (same == 0 && info != NULL && (info->has & MS_HAS_ID) == 0) {
		ms_queue_add(&m->queue[MS_STAGE_FETCH], uid);
		return 0;
	}
	m->probing--;
	if (same == 0) {
		m->occurrence[i] = 0;
		m->sample_differs =
		    m->sample_differs || ms_uid_list_has(&m->samples, uid);
	}
	return 0;
}
