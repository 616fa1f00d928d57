/* sink.c - calls the functions of a format. */
#include "sink.h"

#include "sink-impl.h"

int
ms_sink_begin(
    struct ms_sink *s, const struct ms_out_message *m, struct ms_err *err)
{
	return s->ops->begin(s, m, err);
}

int
ms_sink_data(
    struct ms_sink *s, const unsigned char *p, size_t n, struct ms_err *err)
{
	return s->ops->data(s, p, n, err);
}

int
ms_sink_end(struct ms_sink *s, struct ms_err *err)
{
	return s->ops->end(s, err);
}

int
ms_sink_cancel(struct ms_sink *s, const char *reason, struct ms_err *err)
{
	return s->ops->cancel(s, reason, err);
}

bool
ms_sink_can_cancel(const struct ms_sink *s)
{
	return s->can_cancel;
}

int
ms_sink_flush(struct ms_sink *s, struct ms_err *err)
{
	return s->ops->flush(s, err);
}

int
ms_sink_close(struct ms_sink *s, const struct ms_trailer *t, struct ms_err *err)
{
	return s == NULL ? 0 : s->ops->close(s, t, err);
}

bool
ms_sink_complete(const struct ms_trailer *t)
{
	return t->status == 0 || t->status == MS_STATUS_SOME ||
	       t->status == ms_status(MS_EXISTS);
}
