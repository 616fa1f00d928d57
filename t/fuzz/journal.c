/* journal.c - fuzzes journal reports. */
#include "fuzz.h"
#include "mime/journal.h"

#include <string.h>

#define REPORT                                                                 \
	"X-MS-Journal-Report:\r\nContent-Type: multipart/mixed; boundary=b"    \
	"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"       \
	"Sender: a@x.org\r\nSubject: x\r\nMessage-Id: <1@x.org>\r\n"           \
	"To: \"b, c\"@x.org, Expanded: l@x.org\r\n"                            \
	"Bcc: Ben <d@x.org>, Forwarded: e@x.org\r\n\r\n--b\r\n"                \
	"Content-Type: message/rfc822\r\n"

const struct fuzz_seed fuzz_seeds[] = {
    SEED(REPORT "\r\nFrom: a@x.org\r\n\r\nx\r\n\r\n--b--\r\n"),
    SEED(REPORT "Content-Transfer-Encoding: base64\r\n\r\nQTpiCgpj\r\n--b\r\n"
		"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: "
		"quoted-printable\r\n\r\nA: =3D=\r\n\r\nx \r\n--b--"),
    SEED("Content-Identifer: ExJournalReport\nContent-Type: multipart/signed;"
	 " boundary=s\n\n--s\nContent-Type: multipart/mixed; boundary=t\n\n"
	 "--t\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
	 "U2VuZGVyOiBhQHgKUmVjaXBpZW50czoKCWJAeAo=\n--t\n"
	 "Content-Type: message/rfc822\n\nA: b\n\n--t--\n--s\n"
	 "Content-Type: application/pgp-signature\n\nx\n--s--\n"),
    SEED("Content-Identifer: ExJournalData\nBcc: a@x.org\n\nx"), SEEDS_END};

/* Reads the message in pieces. */
static enum ms_journal_kind
read_message(struct ms_journal *j, const uint8_t *p, size_t n, size_t piece)
{
	const char *why;
	enum ms_journal_kind kind;

	ms_journal_clear(j);
	for (size_t i = 0, k; i < n; i += k) {
		k = n - i < piece ? n - i : piece;
		(void)ms_journal_add(j, p + i, k, NULL);
	}
	kind = ms_journal_end(j, &why);
	require((kind == MS_JOURNAL_BROKEN) == (why != NULL));
	return kind;
}

/* Unpacks the message in pieces. */
static void
unpack(const struct ms_journal_original *o, const uint8_t *p, size_t n,
    size_t piece, struct ms_buf *out)
{
	struct ms_journal_unpack u = {
	    .original = *o, .next = ms_buf_append, .ctx = out};

	ms_buf_clear(out);
	for (size_t i = 0, k; i < n; i += k) {
		k = n - i < piece ? n - i : piece;
		require(ms_journal_unpack(&u, p + i, k, NULL) == 0);
	}
	require(ms_journal_unpack_end(&u, NULL) == 0);
	ms_journal_unpack_release(&u);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_journal *j = ms_journal_new();
	const struct ms_journal_original *o;
	struct ms_buf whole = {0}, pieces = {0};
	uint64_t end = 0;
	size_t count, again, people;
	enum ms_journal_kind kind = read_message(j, p, n, n);

	o = ms_journal_originals(j, &count);
	people = ms_journal_parties(j)->n;
	require((kind == MS_JOURNAL_WHOLE) == (count > 0));
	require(kind != MS_JOURNAL_WHOLE || people > 0);
	for (size_t i = 0; i < count; i++) {
		require(o[i].at >= end && o[i].size > 0);
		end = o[i].at + o[i].size;
		require(end <= n);
		unpack(&o[i], p, n, n, &whole);
		unpack(&o[i], p, n, 3, &pieces);
		require(whole.n <= o[i].size);
		require(
		    ms_slice_eq(ms_buf_slice(&whole), ms_buf_slice(&pieces)));
	}
	require(read_message(j, p, n, 3) == kind);
	(void)ms_journal_originals(j, &again);
	require(again == count && ms_journal_parties(j)->n == people);
	ms_buf_release(&whole);
	ms_buf_release(&pieces);
	ms_journal_free(j);
	return 0;
}
