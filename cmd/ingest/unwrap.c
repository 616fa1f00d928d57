/* unwrap.c - takes the originals out of journal reports. */
#include "unwrap.h"

#include <stdlib.h>
#include <string.h>

#include "mail.h"
#include "spool.h"

#define LEVELS_MAX 8 /* reports in reports */

struct unwrap {
	const struct unwrap_rules *rules;
	struct ms_journal *reader;
	/* The message that came, and the report in it that is read, if that is
	 * another one. `other` is free for the next. */
	struct ms_spool came, inner, other;
	struct ms_spool *read;
	enum ms_journal_kind kind;
	const char *why;
};

/* ---- which reports count ---- */

struct search {
	const struct ms_address_set *senders;
	bool found;
};

static void
find_sender(void *ctx, struct ms_slice address)
{
	struct search *s = ctx;
	char *text = ms_xstrndup(address.p, address.n);

	s->found = s->found || ms_address_set_has(s->senders, text);
	free(text);
}

bool
unwrap_counts(
    const struct unwrap *u, struct ms_slice header, const char *return_path)
{
	struct ms_slice rest =
	    ms_trusted_part(header, u->rules->headers->trusted_hop);
	struct ms_slice name, body;
	struct search s = {.senders = &u->rules->senders};

	if (u->rules->all)
		return true;
	if (return_path != NULL)
		s.found = ms_address_set_has(s.senders, return_path);
	while (!s.found && ms_mail_next_field(&rest, &name, &body))
		if (ms_slice_is(name, "return-path") ||
		    ms_slice_is(name, "from"))
			ms_mail_addresses(body, find_sender, &s);
	return s.found;
}

/* The same for a report inside a report: the outer one names its sender. */
static bool
inner_counts(const struct unwrap_rules *rules, const struct ms_parties *outer)
{
	struct ms_party one;
	bool named = false, sent = false;

	for (size_t i = 0; i < outer->n; i++) {
		one = ms_parties_at(outer, i);
		if (one.role == MS_PARTY_SENDER)
			sent = sent ||
			       ms_address_set_has(&rules->senders, one.address);
		else
			named = true;
	}
	return named &&
	       !ms_recipients_has(
		   outer, MS_PARTY_RECIPIENT, rules->headers->own) &&
	       (rules->all || sent);
}

/* ---- one message ---- */

struct unwrap *
unwrap_new(const struct unwrap_rules *rules)
{
	struct unwrap *u = ms_xcalloc(1, sizeof(*u));

	u->rules = rules;
	u->reader = ms_journal_new();
	u->came.fd = u->inner.fd = u->other.fd = -1;
	u->read = &u->came;
	return u;
}

void
unwrap_free(struct unwrap *u)
{
	if (u == NULL)
		return;
	ms_journal_free(u->reader);
	ms_spool_release(&u->came);
	ms_spool_release(&u->inner);
	ms_spool_release(&u->other);
	free(u);
}

void
unwrap_begin(struct unwrap *u)
{
	ms_spool_clear(&u->came);
	ms_spool_clear(&u->inner);
	u->read = &u->came;
	ms_journal_clear(u->reader);
}

int
unwrap_add(void *unwrap, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct unwrap *u = unwrap;

	return ms_journal_add(u->reader, p, n, err) < 0 ||
		       ms_spool_add(&u->came, p, n, err) < 0
		   ? -1
		   : 0;
}

static int
add_to_spool(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	return ms_spool_add(ctx, p, n, err);
}

/* Emits the ith original of the report that is read. */
static int
emit_original(
    struct unwrap *u, size_t i, ms_emit_fn *emit, void *ctx, struct ms_err *err)
{
	size_t n;
	struct ms_journal_unpack p = {
	    .original = ms_journal_originals(u->reader, &n)[i],
	    .next = emit,
	    .ctx = ctx};
	int rc = ms_spool_emit(u->read, ms_journal_unpack, &p, err);

	if (rc == 0)
		rc = ms_journal_unpack_end(&p, err);
	ms_journal_unpack_release(&p);
	return rc;
}

/* Reads the message in a spool. */
static int
read_spool(struct unwrap *u, const struct ms_spool *sp, struct ms_err *err)
{
	ms_journal_clear(u->reader);
	if (ms_spool_emit(sp, ms_journal_add, u->reader, err) < 0)
		return -1;
	u->kind = ms_journal_end(u->reader, &u->why);
	return 0;
}

/*
 * If the only original of the report that is read is a report that counts, that
 * is read, too. 1; 0, it does not; -1.
 */
static int
enter(struct unwrap *u, struct ms_err *err)
{
	struct ms_spool swap;
	size_t n;

	(void)ms_journal_originals(u->reader, &n);
	if (n != 1 || !inner_counts(u->rules, ms_journal_parties(u->reader)))
		return 0;
	ms_spool_clear(&u->other);
	if (emit_original(u, 0, add_to_spool, &u->other, err) < 0 ||
	    read_spool(u, &u->other, err) < 0)
		return -1;
	if (u->kind != MS_JOURNAL_WHOLE && u->kind != MS_JOURNAL_BROKEN)
		return read_spool(u, u->read, err);
	swap = u->inner;
	u->inner = u->other;
	u->other = swap;
	u->read = &u->inner;
	return 1;
}

int
unwrap_end(struct unwrap *u, struct ms_err *err)
{
	int got = 1;

	u->kind = ms_journal_end(u->reader, &u->why);
	for (unsigned level = 0;
	     got == 1 && u->kind == MS_JOURNAL_WHOLE && level < LEVELS_MAX;
	     level++)
		got = enter(u, err);
	return got < 0 ? -1 : 0;
}

enum ms_journal_kind
unwrap_kind(const struct unwrap *u, const char **why)
{
	*why = u->why;
	return u->kind;
}

size_t
unwrap_count(const struct unwrap *u)
{
	size_t n;

	(void)ms_journal_originals(u->reader, &n);
	return u->kind == MS_JOURNAL_WHOLE ? n : 1;
}

int
unwrap_emit(
    struct unwrap *u, size_t i, ms_emit_fn *emit, void *ctx, struct ms_err *err)
{
	return u->kind == MS_JOURNAL_WHOLE
		   ? emit_original(u, i, emit, ctx, err)
		   : ms_spool_emit(u->read, emit, ctx, err);
}

int
unwrap_emit_report(
    struct unwrap *u, ms_emit_fn *emit, void *ctx, struct ms_err *err)
{
	return ms_spool_emit(&u->came, emit, ctx, err);
}

/* ---- senders and recipients ---- */

#define HEADER_MAX (4 << 20) /* bytes of a header that is looked at */

/* Keeps the beginning of a message, and ends the sequence after that. */
struct beginning {
	struct ms_buf text;
	bool enough;
};

static int
keep_beginning(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct beginning *b = ctx;

	(void)err;
	ms_buf_add(&b->text, p, n);
	b->enough = b->text.n >= HEADER_MAX ||
		    ms_mail_header_length(b->text.p, b->text.n) < b->text.n;
	return b->enough ? -1 : 0;
}

/* Has the header a Bcc field? Then the message is the copy that Exchange 2003
 * made for a journal; no other server passes this field on. */
static bool
has_bcc(struct ms_slice header)
{
	struct ms_slice body;

	return ms_mail_find(header, "bcc", &body);
}

/* Completes the parties by the header of the message that they belong to. Its
 * sender has written all of it, so it has no envelope headers. */
static void
add_header(
    const struct unwrap *u, struct ms_slice header, struct ms_parties *out)
{
	struct ms_recipient_rules rules = *u->rules->headers;

	rules.envelope_n = 0;
	ms_recipients_add(header, &rules, out);
}

/* X.500 addresses of Exchange are no mail addresses: whom they name is left to
 * the header. */
static void
copy_parties(const struct ms_parties *from, struct ms_parties *out)
{
	struct ms_party one;

	for (size_t i = 0; i < from->n; i++) {
		one = ms_parties_at(from, i);
		if (strchr(one.address, '@') == NULL)
			continue;
		ms_parties_add(
		    out, one.role, ms_slice_str(one.address), one.why);
	}
}

int
unwrap_parties(
    struct unwrap *u, size_t i, struct ms_parties *out, struct ms_err *err)
{
	struct beginning b = {0};
	struct ms_slice header;
	int rc = 0;

	copy_parties(ms_journal_parties(u->reader), out);
	if (u->kind == MS_JOURNAL_BROKEN)
		return 0;
	if (unwrap_emit(u, i, keep_beginning, &b, err) < 0 && !b.enough)
		rc = -1;
	header = ms_buf_slice(&b.text);
	if (rc == 0 && (u->kind == MS_JOURNAL_WHOLE ||
			   u->kind == MS_JOURNAL_COPY || has_bcc(header)))
		add_header(u, header, out);
	ms_buf_release(&b.text);
	return rc;
}
