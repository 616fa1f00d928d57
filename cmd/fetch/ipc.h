/*
 * ipc.h - what ms-fetch and its workers tell each other: frames over a
 * socket pair. A frame is a word, and numbers and strings in the order that
 * the word's line below gives. Neither side believes the other's lengths: a
 * worker may be what a server has made of it.
 */
#ifndef FETCH_LINK_H
#define FETCH_LINK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define LINK_FRAME_MAX (1024 * 1024) /* bytes of a frame */
#define LINK_PIECE 131072            /* bytes of a body in one frame */
#define LINK_UIDS 16384              /* UIDs in one frame */

enum word {
	/* To a worker. Each but TOKEN is answered until DONE. */
	ASK_FOLDERS = 1, /* */
	ASK_SURVEY,      /* raw, SEARCH criteria or "" */
	ASK_ATTRIBUTES,  /* raw, uidvalidity, count, uid ... */
	ASK_HEADS,       /* the same */
	ASK_FETCH,       /* the same */
	ASK_DELETE,      /* the same, but uid, size, head each; dry run */
	ASK_IDLE,        /* raw, seconds; any further frame ends it */
	ASK_STOP,        /* ends ASK_IDLE; not answered itself */
	GIVE_TOKEN,      /* secret */

	/* From a worker. */
	SAY_WANT_TOKEN, /* to be answered by GIVE_TOKEN */
	SAY_LOGGED_IN,  /* capabilities */
	SAY_FOLDER,     /* raw, name, uses, space, prefix, selectable, clash */
	SAY_BOX,        /* uidvalidity, messages that were not listed */
	SAY_UIDS,       /* count, uid ... */
	SAY_MET,        /* count, uid ...: they meet the criteria */
	SAY_UNMET,      /* count, uid ...: they do not; others are unsure */
	SAY_PLACE,      /* uid, UIDL or "": POP3's items */
	SAY_HEAD,       /* uid, has, date, sent, size, head, flags, labels */
	SAY_MESSAGE,    /* uid, has, date, size, bytes, flags, labels */
	SAY_DATA,       /* bytes */
	SAY_END,        /* the message is whole */
	SAY_VOID,       /* it can't be completed: reason */
	SAY_FAILED,     /* uid, reason */
	SAY_GONE,       /* uid */
	SAY_DELETED,    /* uid */
	SAY_KEPT,       /* uid, reason */
	SAY_NOTE,       /* text for the person */
	SAY_DONE        /* code, reason, is the session lost, was
			   there one, seconds to wait */
};

/* What a SAY_HEAD or SAY_MESSAGE has. */
enum {
	HAS_DATE = 1,
	HAS_SIZE = 2,
	HAS_FLAGS = 4,
	FLAGS_CUT = 8,
	HAS_SENT = 16,
	HAS_HEAD = 32
};

struct link {
	int fd;
	struct ms_buf out, in;
	size_t begun; /* where the frame in the making begins in out */
	size_t taken; /* bytes of in that were read */
};

/* One that came. The bytes live until the next is read. */
struct frame {
	enum word word;
	const unsigned char *p;
	size_t n;
	bool bad; /* something was asked of it that it does not hold */
};

void link_release(struct link *l);

/* Writing: begin, the fields, end. */
void link_begin(struct link *l, enum word word);
void link_u32(struct link *l, uint32_t v);
void link_u64(struct link *l, uint64_t v);
void link_bytes(struct link *l, const void *p, size_t n);
void link_str(struct link *l, const char *s); /* NULL is "" */
/* Ends the frame; what has gathered is sent when it is much. MS_IO: the other
 * side is gone. */
int link_end(struct link *l, struct ms_err *err);
/* Forgets the frame in the making. */
void link_drop(struct link *l);
int link_flush(struct link *l, struct ms_err *err);

/* Is a whole frame here already? */
bool link_ready(const struct link *l);
/* Waits for a frame. 1, 0 the other side is gone, -1 (MS_PROTO, MS_IO). */
int link_next(struct link *l, struct frame *f, struct ms_err *err);

/* Reading fields in order; what is not there is 0 or "" and makes it bad. */
uint32_t frame_u32(struct frame *f);
uint64_t frame_u64(struct frame *f);
const unsigned char *frame_bytes(struct frame *f, size_t n);
const char *frame_str(struct frame *f);

#endif
