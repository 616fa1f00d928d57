/*
 * parser.h - a confined parser that answers with frames, a kind, a number and
 * bytes; the process that asks for them checks each, because the input can have
 * taken the parser over. Layer: above keeper, sandbox.
 */
#ifndef MS_PARSER_H
#define MS_PARSER_H
#include <stdbool.h>
#include "buf.h"
#include "keeper.h"
#include "sandbox.h"

#define MS_PARSER_WAIT_MS 120000              /* for the next frame */
#define MS_FRAME_MAX ((size_t)1 << 20)        /* bytes after a frame */
#define MS_PARSER_MAP_MAX ((uint64_t)2 << 30) /* bytes of a file in memory */

/* Comes from the parser, with `size` bytes after it. */
struct ms_frame {
	uint32_t kind, size;
	int64_t number;
};
/* The first frame; number: an errno if the parser cannot be confined. */
#define MS_FRAME_READY 0U

/* ---- the process that asks ---- */

struct ms_parser {
	struct ms_keeper keeper;
	int link;       /* -1: there is no input, or its parser has ended */
	int wait_ms;    /* for a frame; -1: for ever */
	uint32_t kinds; /* frames have a kind below this one */
	uint64_t output, output_max; /* bytes of an input, with the frames */
	struct ms_frame frame;       /* the last one */
	struct ms_buf bytes;         /* after it */
};

/*
 * Starts the process that starts parsers. Call it before the archive is opened
 * or a secret is read. Results: 0; 1, the system cannot confine parsers
 * completely, and `err` is the warning; -1. ms_parser_close() accepts zero.
 */
int ms_parser_open(struct ms_parser *p, const struct ms_keeper_job *job,
    uint32_t kinds, struct ms_err *err);
void ms_parser_close(struct ms_parser *p);

/*
 * Starts a parser for an input, and ends the one before.
 *   request     n bytes, which come with the descriptor fd
 *   output_max  bytes that can come out of this input
 * Returns when the parser has confined itself. -1: MS_IO or MS_TEMP.
 */
int ms_parser_begin(struct ms_parser *p, const void *request, size_t n, int fd,
    uint64_t output_max, struct ms_err *err);
/* The input has no more frames. */
void ms_parser_end(struct ms_parser *p);
/*
 * Reads a frame and its bytes. Returns 1; 0, the parser has ended; -1 with
 * errno: ETIMEDOUT, or EPROTO if it says what is impossible.
 */
int ms_parser_receive(struct ms_parser *p);
/* The bytes of the frame as text for people. Valid until the next frame. */
const char *ms_parser_text(struct ms_parser *p);
/*
 * Says why there is no frame, and ends the input. rc: the result of
 * ms_parser_receive(), or -1 with errno EPROTO for a frame that cannot come
 * now. Returns -1 with MS_DATA, or MS_TEMP: a signal came (stop.h).
 */
int ms_parser_failed(struct ms_parser *p, int rc, struct ms_err *err);

/* ---- the parser ---- */

/* Sends a frame. Without a process that asks, the parser ends. */
void ms_frame_send(
    int link, uint32_t kind, int64_t number, const void *p, size_t n);
/* Receives a request of n bytes and a descriptor, confines the process, and
 * says MS_FRAME_READY. Ends the process if that fails. memory: bytes of address
 * space, to which those of the file are added, at most MS_PARSER_MAP_MAX.
 * Returns the descriptor. */
int ms_parser_confine(
    int link, void *request, size_t n, struct ms_sandbox *sandbox);

#endif
