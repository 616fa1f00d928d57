/*
 * search.c - runs a SEARCH and its opposite, and uses the results as far as
 * they agree: some servers cut an answer or refuse, and a missing message is no
 * proof. RFC 3501, 6.4.4.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>

#include "numbers.h"

#define PART                                                                   \
	50000 /* messages of an answer, which libetpan keeps as a whole        \
	       */

/* The sorted UIDs of one answer. A refusal has none. */
static int
ask(struct ms_imap *im, const uint32_t *all, size_t count, const char *before,
    const char *criteria, const char *after, struct ms_imap_list *found,
    struct ms_err *err)
{
	struct ms_buf command = {0};
	struct ms_err no = {0};
	int rc;

	ms_buf_printf(&command, "UID SEARCH UID %u:%u %s%s%s", all[0],
	    all[count - 1], before, criteria, after);
	rc = ms_imap_search_into(im, ms_buf_str(&command), found, &no);
	ms_buf_release(&command);
	if (im->dead) {
		if (err != NULL)
			*err = im->err;
		return -1;
	}
	if (rc < 0)
		found->n = 0;
	ms_imap_sort(found);
	return 0;
}

static int
search_part(struct ms_imap *im, const char *criteria, const uint32_t *all,
    size_t count, unsigned char *matches, struct ms_err *err)
{
	struct ms_imap_list yes = {0}, no = {0};
	bool is, isnt;
	size_t i;
	int rc;

	rc = ask(im, all, count, "", criteria, "", &yes, err);
	if (rc == 0)
		rc = ask(im, all, count, "NOT (", criteria, ")", &no, err);
	for (i = 0; rc == 0 && i < count; i++) {
		is = ms_find_u32(yes.v, yes.n, all[i]) != NULL;
		isnt = ms_find_u32(no.v, no.n, all[i]) != NULL;
		matches[i] = is == isnt ? MS_MATCH_UNSURE
			     : is       ? MS_MATCH_YES
					: MS_MATCH_NO;
	}
	free(yes.v);
	free(no.v);
	return rc;
}

int
ms_imap_search(struct ms_imap *im, const char *criteria, const uint32_t *all,
    size_t count, unsigned char *matches, struct ms_err *err)
{
	size_t i, n;

	for (i = 0; i < count; i += n) {
		n = count - i < PART ? count - i : PART;
		if (search_part(im, criteria, all + i, n, matches + i, err) < 0)
			return -1;
	}
	return ms_imap_check_uidvalidity(im, err);
}
