/*
 * tnef-impl.h - the lists of properties in winmail.dat; for tnef.c.
 * [MS-OXTNEF]. Layer: private to mapi.
 */
#ifndef MS_TNEF_IMPL_H
#define MS_TNEF_IMPL_H
#include <stdint.h>
#include "item.h"

/* What is left to read. A read behind the end gives zero bytes and sets cut. */
struct ms_tnef_cursor {
	struct ms_slice in;
	bool cut;
};

uint16_t ms_tnef_u16(struct ms_tnef_cursor *c);
uint32_t ms_tnef_u32(struct ms_tnef_cursor *c);
/* The next n bytes, or as many as there are. */
struct ms_slice ms_tnef_take(struct ms_tnef_cursor *c, size_t n);

/*
 * Receives the content of an attachment (PidTagAttachDataBinary and
 * PidTagAttachDataObject, 0x3701) as a view of the input.
 */
typedef void ms_tnef_data_fn(void *ctx, unsigned type, struct ms_slice value);

/*
 * Reads a list of properties ([MS-OXTNEF], 2.1.3.4) into props. data: receives
 * property 0x3701; NULL: it is a property like others. -1 with MS_DATA: it is
 * damaged, and the properties before the damage are set.
 */
int ms_tnef_props(struct ms_tnef_cursor *c, struct ms_mapi_props *props,
    ms_tnef_data_fn *data, void *ctx, struct ms_err *err);

#endif
