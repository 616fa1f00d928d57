/* fault.c - findings: reported at once, or kept until it is known what they
 * mean. ms-verify(1). */
#include "impl.h"

#include <stdarg.h>
#include <stdio.h>

#define FAULTS_MAX 100000 /* maximum for one pack */

void
ms_verify_fault(struct ms_verify_run *r, enum ms_fault_kind kind,
    const char *where, const char *fmt, ...)
{
	struct ms_fault fault = {.kind = kind, .where = where};
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fault.reason = text;
	if (kind != MS_FAULT_REMARK)
		r->sum->faults++;
	r->v->fault(r->v->ctx, &fault);
}

void
ms_verify_keep(struct ms_verify_run *r, uint64_t at, const char *fmt, ...)
{
	struct ms_pack_fault fault = {.at = at};
	char text[512];
	va_list ap;

	if (r->faults.n / sizeof(fault) >= FAULTS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fault.reason = ms_xstrdup(text);
	ms_buf_add(&r->faults, &fault, sizeof(fault));
}
