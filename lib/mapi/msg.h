/*
 * msg.h - reads an MSG file, an OLE2 file with one MAPI item, by libgsf.
 * [MS-OXMSG]. For a confined process (outlook.h): takes bytes, opens nothing.
 * Layer: above item.
 */
#ifndef MS_MSG_H
#define MS_MSG_H
#include "item.h"

#define MS_MSG_MAX ((uint64_t)2 << 30) /* bytes of a file */

struct ms_msg;

/*
 * Reads an MSG file.
 *   file      its bytes, which outlive the reader
 *   codepage  for text without a known code page; 0: 1252
 * Damage costs the object that it is in, and is counted (ms_mapi_lost()). -1:
 * MS_DATA, this is no OLE2 file, or its directory is damaged; MS_NOINPUT, one
 * without an item.
 */
int ms_msg_open(struct ms_msg **out, struct ms_slice file, unsigned codepage,
    struct ms_err *err);
/* The item; it belongs to the reader. */
struct ms_mapi_item *ms_msg_item(const struct ms_msg *msg);
void ms_msg_close(struct ms_msg *msg);

/* Call it before the process is confined: GLib reads the time zone, which is
 * UTC from now on, when it makes its first date, and libgsf makes the types of
 * its objects. */
void ms_msg_warm_up(void);

#endif
