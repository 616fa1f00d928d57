/*
 * tnef.h - reads winmail.dat, the form in which Exchange sends a MAPI item
 * inside a message. [MS-OXTNEF]. Takes bytes, does no input or output. Layer:
 * above item.
 */
#ifndef MS_TNEF_H
#define MS_TNEF_H
#include "item.h"

/* Whether bytes begin like TNEF. */
bool ms_tnef_is(struct ms_slice in);
/*
 * Fills a new item, which the caller owns; the bytes of its attachments are
 * views of `in`, which must outlive it. Attributes of TNEF that have no
 * property (attSubject, attDateSent, attAttachTitle ...) become properties. A
 * wrong checksum or a damaged list of properties is counted (ms_mapi_lost()),
 * and what can be read of it is kept; when the next attribute cannot be found,
 * the item has what came before. -1 with
 * MS_DATA: not TNEF.
 */
int ms_tnef_parse(
    struct ms_slice in, struct ms_mapi_item **out, struct ms_err *err);

#endif
