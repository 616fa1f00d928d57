/* imap-impl.h - what imap*.c share. */
#ifndef MS_IMAP_IMPL_H
#define MS_IMAP_IMPL_H
#include <libetpan/libetpan.h>

#include "imap.h"

struct ms_imap {
	struct ms_conn *conn;
	mailimap *m;
	bool dead;         /* nothing more can be asked */
	struct ms_err err; /* why: the first thing that went wrong */
	int64_t text;      /* bytes come since the last answer began, but those
			      of bodies; see MS_IMAP_TEXT_MAX */
	struct ms_spool body;
};

/* From inside libetpan's calls: the session ends, for this reason. */
int ms_imap_kill(struct ms_imap *im, enum ms_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The result of one of libetpan's calls as ours; what names the command. */
int ms_imap_result(
    struct ms_imap *im, int result, const char *what, struct ms_err *err);
/*
 * Sends a command (without tag and line end) and takes its answer; what comes
 * with it has gone to the handlers and to m->imap_response_info.
 */
int ms_imap_command(struct ms_imap *im, const char *command, const char *what,
    struct ms_err *err);

#endif
