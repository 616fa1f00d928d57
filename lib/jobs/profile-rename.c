/* profile-rename.c - profiles follow a user who gets another name.
 * profile-store.h. */
#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "record-row.h"
#include "profile-store.h"
#include "profile.h"

/* The new text of a profile; if it names the user. */
struct renamed {
	uint64_t number;
	char *text;
};

static int
look_at(struct ms_slice row, uint64_t number, const char *from, const char *to,
    struct ms_buf *list, struct ms_err *err)
{
	struct renamed r = {.number = number};
	struct ms_buf text = {0};
	struct ms_record_row o;

	if (ms_record_row_parse(&o, row, err) < 0)
		return -1;
	if (!ms_record_row_flag(&o, MS_FIELD_DELETED) &&
	    ms_profile_rename_user(&text,
		ms_slice_str(ms_record_row_text(&o, MS_FIELD_TEXT)), from,
		to) > 0) {
		r.text = ms_xstrdup(ms_buf_str(&text));
		ms_buf_add(list, &r, sizeof(r));
	}
	ms_buf_release(&text);
	return 0;
}

static int
gather(struct ms_txn *txn, const char *from, const char *to,
    struct ms_buf *list, struct ms_err *err)
{
	struct ms_slice row;
	uint64_t number;
	int got;

	for (number = 0; (got = ms_index_next_record_row(
			      txn, MS_ROW_PROFILE, &number, &row, err)) == 1;
	     number++)
		if (look_at(row, number, from, to, list, err) < 0)
			return -1;
	return got < 0 ? -1 : 0;
}

int
ms_profiles_rename_user(
    struct ms_change *ch, const char *from, const char *to, struct ms_err *err)
{
	struct ms_buf list = {0};
	struct renamed r;
	size_t i;
	int rc = gather(ms_change_txn(ch), from, to, &list, err);

	for (i = 0; i < list.n; i += sizeof(r)) {
		struct ms_stored_profile p = {0};

		memcpy(&r, list.p + i, sizeof(r));
		p.text = r.text;
		if (rc == 0)
			rc = ms_profile_set(
			    ch, r.number, &p, MS_PROFILE_SET_TEXT, err);
		free(r.text);
	}
	ms_buf_release(&list);
	return rc;
}
