/*
 * imap-reader.c - fuzzes the reader of IMAP responses. Bytes must give the same
 * events in pieces of any length: the first byte of the input is that length.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "reader.h"

const struct fuzz_seed fuzz_seeds[] = {
    SEED("\x01* OK [CAPABILITY IMAP4rev1] hi\r\nt OK [X] done\r\n+ go\r\n"),
    SEED("\x03* LIST (\\Sent) \"/\" {5}\r\nT\0ash\r\n* LIST () NIL a b\r\n"),
    SEED("\x05* 1 FETCH (UID 3 BODY[] {5}\r\nabcde FLAGS (\\Seen))\r\nt OK "
	 "done\r\n"),
    SEED("\x02* 1 FETCH (BODY[HEADER.FIELDS (DATE)]<0> {3}\r\nabc\r\n)\r\n\r\n"
	 "* 4 EXPUNGE\r\n"),
    SEED("\x09* 12 fetch (RFC822 \"a\\\"b\" X-A (1 (\"\" {2}\r\n((\t) y) "
	 "BINARY[1] ~{3+}\r\na\r\n)\r\n+\r\n"),
    SEED("\x04* NAMESPACE ((\"\" \"/\" \"X\" (\"a\"))) NIL NIL\r\n* BYE\r\n"),
    SEED("\x07* ESEARCH (TAG \"t\") UID ALL 1:3,5\r\n* SEARCH 1 2 (MODSEQ 3)"
	 "\r\n"),
    SEED("\x01* 99999999999 EXISTS\r\n* 1 FETCH (BODY[] 5}\r\n"),
    SEED("\x01* 1 FETCH (X {y}\r\n"),
    SEED("\x01* LIST () \"/\" \"torn\r\n* LIST () \"/\" {old}\r\n* X {}\r\n"),
    SEED("\x06* 1 FETCH (BODY[] {3}\r\nabcd\r\n"),
    SEED("\x06* 1 FETCH (BODY[] \"a\"\r\n"),
    SEED("\x06* 1 FETCH (BODY[] {1}\r\na)\r\nx\r\n"),
    SEED("\x06* X \"torn }\r\n"),
    SEED("\x06t WHAT\r\n"),
    SEED("\x06* X {70000}\r\nabc"),
    SEEDS_END,
};

static void
add(struct ms_buf *out, struct ms_slice text)
{
	ms_buf_printf(out, "%zu:", text.n);
	ms_buf_add(out, text.p, text.n);
}

static void
add_response(struct ms_buf *out, struct ms_imap_reader *r)
{
	struct ms_imap_value v;
	struct ms_slice rest;

	ms_buf_printf(out, "\n%d %d %u ", (int)r->kind, (int)r->word,
	    (unsigned)r->number);
	if (r->kind != MS_IMAP_DATA) {
		ms_buf_add_str(out, ms_imap_reader_text(r));
		return;
	}
	do {
		rest = ms_imap_value_rest(r);
		ms_imap_value(r, &v);
		ms_buf_printf(out, " %d,%zu", (int)v.type, rest.n);
		add(out, v.text);
		if (v.type == MS_IMAP_OPEN && rest.n % 4 == 0)
			ms_imap_value_next(r, &v);
	} while (v.type != MS_IMAP_END);
}

/* Reads p in pieces of n bytes, and writes the events. */
static void
read_all(struct ms_buf *out, const uint8_t *p, size_t size, size_t n)
{
	struct ms_imap_reader r = {.tag = "t"};
	struct ms_err err = {0};
	bool in_piece = false;
	int event = 0;
	size_t part;

	for (; event >= 0 && size > 0; p += part, size -= part) {
		part = size < n ? size : n;
		ms_imap_reader_push(&r, p, part);
		while ((event = ms_imap_reader_next(&r, &err)) > 0) {
			if (event == MS_IMAP_RESPONSE) {
				add_response(out, &r);
			} else {
				if (!in_piece)
					add(out, r.section);
				ms_buf_add(out, r.piece.p, r.piece.n);
			}
			in_piece = event == MS_IMAP_PIECE;
		}
	}
	if (event < 0)
		ms_buf_add_str(out, err.msg);
	ms_imap_reader_release(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_buf whole = {0}, parts = {0};

	if (n < 2)
		return 0;
	read_all(&whole, p + 1, n - 1, n);
	read_all(&parts, p + 1, n - 1, p[0] > 0 ? p[0] : 1);
	if (whole.n != parts.n ||
	    (whole.n > 0 && memcmp(whole.p, parts.p, whole.n) != 0))
		abort();
	ms_buf_release(&whole);
	ms_buf_release(&parts);
	return 0;
}
