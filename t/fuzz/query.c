/*
 * query.c - fuzzes the parser of queries, and the reader of lines of ms-list.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "listing.h"
#include "query.h"

const struct fuzz_seed fuzz_seeds[] = {
    SEED(""),
    SEED("from:bob and since:2024-03-01 before:90d"),
    SEED("subject:\"two \\\"words\\\"\" to:\xc3\xa4"),
    SEED("user:alice folder:INBOX/* label:* source:imap://a@h/"),
    SEED("id:0123456789abcdef id:01234567"),
    SEED("since:2024-02-29T10:00:00Z before:10y and since:3m"),
    SEED("is:moved and is:sent"),
    SEED("not (from:a or from:b) \"x"),
    SEED("-(to:a -cc:b) or 0123456789ab and not (on:2024 larger:10M)"),
    SEED("body:\"two words\" body:wor* has:attachment type:image/*"),
    SEED("thread:<a@b> msgid:a@b flag:\\Seen in:anywhere newer_than:2d"),
    SEED("arrived-since:2024-03-01T10:00+01:00 form:x"),
    SEED("0123456789abcdef\t2024-01-01T00:00:00Z\tal\\tice\tIN\\\\BOX\t7\ta\tb"
	 "\tlocal:\tmore"),
    SEED("01234567"),
    SEEDS_END,
};

static void
read_as_query(const uint8_t *p, size_t n)
{
	struct ms_query *q = NULL;
	struct ms_err err = {0};

	if (ms_query_parse(&q, (struct ms_slice){p, n}, 1795255200, &err) == 0)
		(void)ms_query_ids_only(q);
	else if (err.code != MS_USAGE || q != NULL)
		abort();
	ms_query_free(q);
}

static void
read_as_line(const uint8_t *p, size_t n)
{
	char *line = ms_xstrndup(p, n);
	struct ms_pick pick;
	struct ms_err err = {0};

	if (ms_pick_parse(&pick, line, &err) == 0 &&
	    ((pick.user == NULL) != (pick.folder == NULL) ||
		strlen(pick.digits) < 8))
		abort();
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	read_as_query(p, n);
	read_as_line(p, n);
	return 0;
}
