/* owner.c - the user whom the first level of a folder names. ms-ingest(1),
 * Users by folder. */
#include "owner.h"
#include "assign.h"

#include <string.h>

const char *
ms_owner_split(const char *folder, struct ms_buf *level)
{
	ms_buf_clear(level);
	for (; *folder != '\0' && *folder != '/'; folder++) {
		if (*folder == '\\' && (folder[1] == '/' || folder[1] == '\\'))
			folder++;
		ms_buf_add_byte(level, (unsigned char)*folder);
	}
	return *folder == '/' ? folder + 1 : folder;
}

/* The user who has this address. */
static int
find_address(struct ms_archive *a, const char *text, struct ms_buf *user,
    struct ms_err *err)
{
	static const struct ms_assign_rules rules = {
	    .sent = MS_SENT_PATTERN, .received = MS_RECEIVED_PATTERN};
	struct ms_parties parties = {0};
	struct ms_assignment found = {0};
	int rc;

	ms_parties_add(
	    &parties, MS_PARTY_RECIPIENT, ms_slice_str(text), "folder");
	rc = ms_assign(a, &parties, &rules, &found, err);
	if (rc == 0 && found.n > 0)
		ms_buf_add_str(user, ms_assigned_at(&found, 0).user);
	rc = rc < 0 ? -1 : found.n > 0;
	ms_assignment_release(&found);
	ms_parties_release(&parties);
	return rc;
}

int
ms_owner_find(struct ms_archive *a, const char *text, struct ms_buf *user,
    struct ms_err *err)
{
	uint64_t number;
	int got = 0;

	ms_buf_clear(user);
	if (ms_user_name_ok(text))
		got = ms_archive_active_user(a, text, &number, err);
	if (got == 1)
		ms_buf_add_str(user, text);
	return got == 0 ? find_address(a, text, user, err) : got;
}
