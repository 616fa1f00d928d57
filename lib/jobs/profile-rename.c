/* profile-rename.c - replaces the name of a user in the texts of all profiles.
 */
#include "profile-store.h"

#include "profile.h"
#include "record-row.h"

static int
rename_in(struct ms_change *ch, uint64_t number, struct ms_slice row,
    const char *from, const char *to, struct ms_err *err)
{
	struct ms_stored_profile p = {0};
	struct ms_buf text = {0};
	struct ms_record_row o;
	int rc = 0;

	if (ms_record_row_parse(&o, row, err) < 0)
		return -1;
	if (!ms_record_row_flag(&o, MS_FIELD_DELETED) &&
	    ms_profile_rename_user(&text,
		ms_slice_str(ms_record_row_text(&o, MS_FIELD_TEXT)), from,
		to) > 0) {
		p.text = ms_buf_str(&text);
		rc = ms_profile_set(ch, number, &p, MS_PROFILE_SET_TEXT, err);
	}
	ms_buf_release(&text);
	return rc;
}

int
ms_profiles_rename_user(
    struct ms_change *ch, const char *from, const char *to, struct ms_err *err)
{
	struct ms_slice row;
	uint64_t number;
	int got;

	for (number = 0; (got = ms_index_next_record_row(ms_change_txn(ch),
			      MS_ROW_PROFILE, &number, &row, err)) == 1;
	     number++)
		if (rename_in(ch, number, row, from, to, err) < 0)
			return -1;
	return got;
}
