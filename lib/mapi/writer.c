/* writer.c - where the message goes that is made of an item. */
#include "impl.h"

#include <stdarg.h>
#include <stdio.h>

#define FLUSH ((size_t)256 << 10) /* bytes that are emitted at once */

void
ms_mapi_flush(struct ms_mapi_writer *w, bool all)
{
	if (w->out.n == 0 || (!all && w->out.n < FLUSH))
		return;
	if (w->rc == 0)
		w->rc = w->emit(w->ctx, w->out.p, w->out.n, w->err);
	ms_buf_clear(&w->out);
}

/* No text contains it, because the digest covers all text. */
void
ms_mapi_boundary(struct ms_mapi_writer *w, char out[MS_MAPI_BOUNDARY])
{
	snprintf(out, MS_MAPI_BOUNDARY, "=_%s.%u", w->hash, ++w->boundaries);
}

void
ms_mapi_loss(struct ms_mapi_writer *w, const char *fmt, ...)
{
	va_list ap;

	if (w->losses->count++ > 0)
		return;
	va_start(ap, fmt);
	vsnprintf(w->losses->first, sizeof(w->losses->first), fmt, ap);
	va_end(ap);
}
