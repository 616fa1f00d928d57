/*
 * uids.c - lists the messages of a folder by SEARCH or FETCH, and those that
 * meet criteria. RFC 3501, 6.4.4, 6.4.8 and 7.2.5; RFC 4731 and RFC 9051, 7.3.4
 * (ESEARCH).
 */
#include "imap.h"
#include "impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"

#define SEARCH_PART 50000 /* messages of an answer to SEARCH */

/* One ms_imap_list(). */
struct listing {
	struct ms_imap_list *l;
	struct ms_imap_attr attr;
};

static void
add_uid(struct ms_imap *im, struct ms_imap_list *l, uint32_t uid)
{
	if (uid == 0)
		return;
	ms_imap_progress_list(im);
	if (l->n == l->cap) {
		if (l->cap >= MS_IMAP_UIDS_MAX) {
			ms_imap_kill(im, MS_PROTO,
			    "the server lists more than %d messages",
			    MS_IMAP_UIDS_MAX);
			return;
		}
		l->cap = l->cap < 1024 ? 1024 : 2 * l->cap;
		l->v = ms_xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = uid;
}

/* Removes the text before a byte, and the byte, from *text and returns it. */
static struct ms_slice
cut(struct ms_slice *text, char at)
{
	const unsigned char *end = memchr(text->p, at, text->n);
	struct ms_slice before = {
	    text->p, end != NULL ? (size_t)(end - text->p) : text->n};

	text->p += before.n + (end != NULL);
	text->n -= before.n + (end != NULL);
	return before;
}

/* Adds `5,7:9`, without what cannot be read. */
static void
add_set(struct ms_imap *im, struct ms_imap_list *l, struct ms_slice text)
{
	struct ms_slice last, first;
	uint64_t from, to, uid;

	while (text.n > 0 && !im->dead) {
		last = cut(&text, ',');
		first = cut(&last, ':');
		if (last.p == first.p + first.n) /* no colon */
			last = first;
		if (!ms_imap_number(first, UINT32_MAX, &from) ||
		    !ms_imap_number(last, UINT32_MAX, &to))
			continue;
		for (uid = from < to ? from : to;
		     uid <= (from < to ? to : from) && !im->dead; uid++)
			add_uid(im, l, (uint32_t)uid);
	}
}

/* `SEARCH 2 3 5 (MODSEQ 9)`, or `ESEARCH (TAG "a1") UID COUNT 3 ALL 2:3,5`. */
static void
read_search(struct ms_imap *im, struct ms_imap_list *l, bool extended)
{
	struct ms_imap_value v = {0};
	bool wanted = !extended;

	for (ms_imap_value_next(&im->reader, &v);
	     v.type != MS_IMAP_END && !im->dead;
	     ms_imap_value_next(&im->reader, &v)) {
		if (wanted && (extended || v.type == MS_IMAP_ATOM))
			add_set(im, l, v.text);
		if (extended)
			wanted = !wanted && ms_slice_is(v.text, "ALL");
	}
}

static void
handle_response(struct ms_imap *im, void *ctx)
{
	struct listing *to = ctx;

	switch (im->reader.word) {
	case MS_IMAP_SEARCH:
	case MS_IMAP_ESEARCH:
		read_search(im, to->l, im->reader.word == MS_IMAP_ESEARCH);
		break;
	case MS_IMAP_FETCH:
		ms_imap_attr_read(im, &to->attr, MS_IMAP_NO_PART);
		add_uid(im, to->l, to->attr.m.uid);
		break;
	default:
		break;
	}
}

int
ms_imap_list(struct ms_imap *im, const char *command, const char *what,
    struct ms_imap_list *l, struct ms_err *err)
{
	struct listing to = {.l = l};
	const struct ms_imap_handler handler = {handle_response, NULL, &to};
	uint64_t expunged = im->expunged;
	int rc = ms_imap_command(im, command, what, &handler, err);

	l->expunged += im->expunged - expunged;
	ms_imap_attr_release(&to.attr);
	return rc;
}

void
ms_imap_sort(struct ms_imap_list *l)
{
	size_t i, kept = 0;

	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), ms_compare_u32);
	for (i = 0; i < l->n; i++)
		if (kept == 0 || l->v[i] != l->v[kept - 1])
			l->v[kept++] = l->v[i];
	l->n = kept;
}

/* ---- a whole folder ---- */

/*
 * Lists UIDs by SEARCH, a part of a large folder at a time, because the length
 * of an answer is limited. Messages that are expunged meanwhile shift the later
 * ones, so the next part begins earlier by their number; duplicates are removed
 * later.
 */
static int
list_all(struct ms_imap *im, struct ms_imap_list *l, uint32_t exists,
    struct ms_err *err)
{
	char command[64] = "UID SEARCH ALL";
	uint64_t from = 1, gone;

	do {
		if (exists > SEARCH_PART)
			snprintf(command, sizeof(command),
			    from + SEARCH_PART > exists
				? "UID SEARCH %llu:*"
				: "UID SEARCH %llu:%llu",
			    (unsigned long long)from,
			    (unsigned long long)from + SEARCH_PART - 1);
		gone = l->expunged;
		if (ms_imap_list(im, command, "SEARCH", l, err) < 0)
			return -1;
		gone = l->expunged - gone;
		from += SEARCH_PART;
		from -= gone < from ? gone : from - 1;
	} while (from <= exists && l->expunged < exists && !im->dead);
	return 0;
}

static void
count_unlisted(const struct ms_imap_mailbox *mailbox, size_t known,
    struct ms_imap_unlisted *unlisted)
{
	if (known < mailbox->exists)
		unlisted->missing = mailbox->exists - known;
	if (known + unlisted->missing < mailbox->most)
		unlisted->withdrawn = mailbox->most - known - unlisted->missing;
}

int
ms_imap_uids(struct ms_imap *im, const struct ms_imap_mailbox *mailbox,
    uint32_t **uids, size_t *count, struct ms_imap_unlisted *unlisted,
    struct ms_err *err)
{
	struct ms_imap_list l = {0};
	struct ms_err why = {0};
	int rc;

	*uids = NULL;
	*count = 0;
	*unlisted = (struct ms_imap_unlisted){0};
	/* The search shows whether there are none. A folder that never had
	 * messages needs no search. */
	if (mailbox->most == 0 && mailbox->uidnext == 1)
		return 0;
	if (mailbox->exists > MS_IMAP_UIDS_MAX)
		return ms_fail(err, MS_NOINPUT,
		    "%" PRIu32 " messages, more than %d", mailbox->exists,
		    MS_IMAP_UIDS_MAX);
	rc = list_all(im, &l, mailbox->exists, &why);
	ms_imap_sort(&l);
	/*
	 * Some servers cut or refuse a SEARCH. FETCH is reliable, but takes 20
	 * times as long.
	 */
	if (!im->dead && (rc < 0 || l.n + l.expunged < mailbox->most))
		rc = ms_imap_list(im, "UID FETCH 1:* (UID)", "FETCH", &l, &why);
	if (mailbox->exists == 0) /* some servers refuse both then */
		rc = 0;
	if (rc == 0)
		rc = ms_imap_check_uidvalidity(im, &why);
	if (im->dead || rc < 0) {
		free(l.v);
		return ms_fail_as(err, im->dead ? &im->err : &why);
	}
	ms_imap_sort(&l);
	*uids = l.v;
	*count = l.n;
	count_unlisted(mailbox, *count + (size_t)l.expunged, unlisted);
	return 0;
}

/* ---- criteria ---- */

/* Asks which messages meet the criteria, or do not, and sets bit 1 or 2 of
 * those that the server lists. A refusal lists none. */
static int
ask(struct ms_imap *im, const char *criteria, bool opposite,
    const uint32_t *all, size_t count, unsigned char *bits, struct ms_err *err)
{
	struct ms_imap_list found = {0};
	struct ms_buf command = {0};
	size_t i;
	int rc;

	ms_buf_printf(&command, "UID SEARCH UID %u:%u %s%s%s", all[0],
	    all[count - 1], opposite ? "NOT (" : "", criteria,
	    opposite ? ")" : "");
	rc = ms_imap_list(im, ms_buf_str(&command), "SEARCH", &found, NULL);
	ms_imap_sort(&found);
	for (i = 0; rc == 0 && i < count; i++)
		if (ms_find_u32(found.v, found.n, all[i]) != NULL)
			bits[i] |= opposite ? 2 : 1;
	ms_buf_release(&command);
	free(found.v);
	return ms_imap_check(im, err);
}

/* Some servers cut an answer or refuse, and a missing message is no proof; so
 * the opposite is asked, too. */
int
ms_imap_search(struct ms_imap *im, const char *criteria, const uint32_t *all,
    size_t count, unsigned char *matches, struct ms_err *err)
{
	static const unsigned char by_bits[] = {
	    MS_MATCH_UNSURE, MS_MATCH_YES, MS_MATCH_NO, MS_MATCH_UNSURE};
	size_t i, n;

	memset(matches, 0, count);
	for (i = 0; i < count; i += n) {
		n = count - i < SEARCH_PART ? count - i : SEARCH_PART;
		if (ask(im, criteria, false, all + i, n, matches + i, err) <
			0 ||
		    ask(im, criteria, true, all + i, n, matches + i, err) < 0)
			return -1;
	}
	for (i = 0; i < count; i++)
		matches[i] = by_bits[matches[i]];
	return ms_imap_check_uidvalidity(im, err);
}
