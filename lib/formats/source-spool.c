/* source-spool.c - a message that was received into a spool. */
#include "source-impl.h"

#define FOLDER "INBOX"

static int
next(struct ms_source *src, struct ms_err *err)
{
	(void)err;
	if (src->count > 0)
		return 0;
	ms_envelope_set(&src->env, MS_ATTR_SOURCE, src->origin);
	ms_envelope_set(&src->env, MS_ATTR_FOLDER, FOLDER);
	return 1;
}

static int
read_piece(struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	return ms_spool_read(src->spool, src->given, &src->folder, piece, err);
}

static const struct ms_source_format format = {
    .one = true, .next = next, .read = read_piece};

struct ms_source *
ms_source_of_spool(
    const struct ms_spool *spool, const char *origin, const char *where)
{
	struct ms_source *src = ms_xcalloc(1, sizeof(*src));

	src->in.eof = true;
	src->format = &format;
	src->spool = spool;
	src->origin = origin;
	ms_buf_add_str(&src->where, where);
	return src;
}
