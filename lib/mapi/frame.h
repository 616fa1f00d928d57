/*
 * frame.h - what a reader and its caller say to each other. Layer: private to
 * mapi.
 */
#ifndef MS_MAPI_FRAME_H
#define MS_MAPI_FRAME_H
#include "outlook.h"
#include "parser.h"

/* The request; the file comes with it as a descriptor. */
struct ms_mapi_request {
	uint64_t size; /* of the file */
	uint32_t kind; /* enum ms_mapi_file */
	uint32_t mail_only, recover, codepage;
	uint64_t skip; /* items at the beginning that are not asked for */
};

enum ms_mapi_frame_kind {
	/* Of a message: its flags, folder, the use of the folder, and what it
	 * is, each ended by a NUL; number: its date, or INT64_MIN. */
	MS_MAPI_BEGIN = MS_FRAME_READY + 1,
	MS_MAPI_PIECE,   /* bytes of it */
	MS_MAPI_CONTENT, /* of it, before the end: struct ms_mapi_attached */
	MS_MAPI_FINISH,  /* of it; number: parts that are missing; the first */
	/* Something cannot be read; number: an ms_code. Why; and the folder, if
	 * it is an item of a folder; each ended by a NUL. */
	MS_MAPI_FAILURE,
	MS_MAPI_LEFT_OUT, /* the folder of the item */
	MS_MAPI_FOLDER,   /* struct ms_mapi_expected, and the name */
	MS_MAPI_TOTAL,    /* number: the items of the file */
	MS_MAPI_DONE,     /* the end of the file */
	MS_MAPI_FRAMES
};

struct ms_mapi_attached {
	uint64_t attachments, embedded, bytes;
};

struct ms_mapi_expected {
	uint64_t items, skipped;
};

/* The reader; never returns. For keeper.h. */
void ms_mapi_serve(int link, int file);
/* Opens what the readers need of the C library: its character sets. */
void ms_mapi_warm_up(void);

#endif
