/* body-impl.h - the parts and the text of a message. Layer: private to text. */
#ifndef MS_BODY_IMPL_H
#define MS_BODY_IMPL_H
#include "body.h"
#include "html.h"
#include "mime.h"

struct ms_body {
	struct ms_mime *mime;
	struct ms_html *html;
	struct ms_body_part *part;
	size_t count, room;
	/* Of each part: how well people can read it, the best of its parts. */
	unsigned char *rank;
	struct ms_body_strings *strings; /* types and names of parts */
	struct ms_buf remarks;           /* each with a NUL */
	size_t remark_count;
	unsigned state;
	struct ms_buf decoded, converted, utf8; /* scratch */
};

/* A part of a digest whose header is that of an embedded message. */
#define MS_PART_HEADLESS 0x10000U

/* What text can be made of, in rising order of preference. */
enum ms_body_rank {
	MS_RANK_NONE,
	MS_RANK_OTHER,
	MS_RANK_HTML,
	MS_RANK_PLAIN
};

void ms_body_drop_strings(struct ms_body *b);
void ms_body_add_remark(struct ms_body *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Sets bits, numbers and ranks of the parts that MIME has found. */
void ms_body_classify(struct ms_body *b);
/* The kind of text of a type; NONE: it is not shown. */
enum ms_body_rank ms_body_rank(const char *type);
/* Is it a type of calendars or cards? */
bool ms_body_is_card(const char *type);

/*
 * Appends text of format=flowed with its paragraphs as one line each (RFC
 * 3676). The text is UTF-8 with either kind of line end.
 */
void ms_flowed_text(struct ms_slice text, bool del_sp, struct ms_buf *out);
/*
 * Appends the lines of a calendar (RFC 5545) or a card (RFC 6350, and version
 * 2.1) that say something to people, as "Summary: ..."
 */
void ms_card_text(struct ms_slice text, struct ms_buf *out);

#endif
