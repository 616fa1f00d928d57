/*
 * short-body.c - bodies that are much shorter than the server has announced.
 * ms-fetch(1), Short messages.
 */
#include "short-body.h"

#define ID_DIGITS 16 /* of the id in a place */

bool
ms_body_is_short(const struct ms_msg_info *info)
{
	bool announced = (info->has & MS_HAS_SIZE) != 0;

	if (info->bytes == 0)
		return !announced || info->size > 0;
	return announced && info->size > info->bytes &&
	       info->size - info->bytes > info->size / 10 + info->lines;
}

/* The place for a number of runs. */
static const char *
short_place(struct ms_buf *out, unsigned runs, const unsigned char *id,
    const char *place)
{
	char hex[MS_SHA_HEX + 1];

	ms_buf_clear(out);
	if (runs == MS_SHORT_RUNS) {
		ms_buf_printf(out, "short %u %s", runs, place);
	} else {
		ms_hex(id, MS_SHA_LEN, hex);
		ms_buf_printf(
		    out, "short %u %.*s %s", runs, ID_DIGITS, hex, place);
	}
	return ms_buf_str(out);
}

int
ms_short_runs(struct ms_archive *archive, const struct ms_mailbox_state *m,
    const struct ms_msg_info *info, struct ms_buf *place, struct ms_err *err)
{
	const char *own, *text;
	uint64_t occurrence;
	char buffer[32];
	int runs, got = 1;

	ms_buf_clear(place);
	own = ms_mailbox_place(m, info->uid, buffer);
	if (own == NULL)
		return 1;
	for (runs = 1; runs < MS_SHORT_RUNS; runs++) {
		text = short_place(place, (unsigned)runs, info->id, own);
		got = archive == NULL ? 0
				      : ms_archive_place(archive, m->number,
					    text, &occurrence, err);
		if (got <= 0)
			return got < 0 ? -1 : runs;
	}
	short_place(place, MS_SHORT_RUNS, info->id, own);
	return MS_SHORT_RUNS;
}

int
ms_short_known(struct ms_archive *archive, const struct ms_mailbox_state *m,
    const char *place, uint64_t *occurrence, struct ms_err *err)
{
	struct ms_buf text = {0};
	int got;

	got = ms_archive_place(archive, m->number,
	    short_place(&text, MS_SHORT_RUNS, NULL, place), occurrence, err);
	ms_buf_release(&text);
	return got;
}
