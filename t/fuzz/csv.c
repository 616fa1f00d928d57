/* csv.c - fuzzes tables of mailboxes: all rows that are returned are valid. */
#include "fuzz.h"

#include <string.h>

#include "csv-mailbox.h"
#include "secret.h"
#include "url.h"

const struct fuzz_seed fuzz_seeds[] = {SEED("u;p;e;a\nalice;pw;a@x;al\n"),
    SEED("sep=|\r\nu|p\r\n\"al\"\"ice\"|'p''w'\r\n"),
    SEED("\xef\xbb\xbfu,p,e,a,n\na,p,,\"x;y\",\"one\ntwo\"\n,,\nb,\"q\n"),
    SEED("\xff\xfeu\0;\0p\0\r\0\n\0a\0;\0\xfc\0\r\0\n\0"),
    SEED("\0u\0,\0p\0\n\0a\0,\x20\xac\0\n"), SEED("u\tp\nj\xfc\t\x80\x81\n"),
    SEEDS_END};

static void
check(const struct ms_csv_mailbox *b, uint64_t line)
{
	size_t i;

	require(b->line > line);
	if (b->fault != NULL) {
		require(*b->fault != '\0');
		return;
	}
	require(ms_url_login_ok(b->login, strlen(b->login)));
	require(*b->password != '\0' && strlen(b->password) <= MS_SECRET_MAX);
	require(b->user_count > 0);
	for (i = 0; i < b->user_count; i++)
		require(*b->users[i] != '\0' && *b->users[i] != '-');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_csv_mailboxes m;
	struct ms_err err = {0};
	uint64_t line = 0;
	size_t i;

	if (ms_csv_mailboxes_read(
		&m, (struct ms_slice){p, n}, NULL, NULL, &err) < 0) {
		require(err.code != MS_OK && err.msg[0] != '\0');
		return 0;
	}
	require(m.n > 0);
	for (i = 0; i < m.n; i++) {
		check(m.v + i, line);
		line = m.v[i].line;
	}
	ms_csv_mailboxes_release(&m);
	return 0;
}
