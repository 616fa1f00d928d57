/* url.c - fuzzes URLs: the identity of a valid URL is a valid URL. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "url.h"

#define SCHEME 4 /* bytes of "imap", "pop3" */

const struct fuzz_seed fuzz_seeds[] = {SEED("imaps://alice@imap.example.org/"),
    SEED("imaps://alice%40example.com@IMAP.example.org.:1993/"),
    SEED("imaps://a@b@[2001:db8::1]:143"), SEED("imaps://a:b@h/INBOX"),
    SEED("IMAPS://gr%C3%BCn+x@127.0.0.1"), SEED("pop3s://a%25b@h:110/"),
    SEED("imap://a@h/"), SEED("pop3://a@h:995"), SEEDS_END};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = ms_xstrndup(p, n);
	struct ms_buf first = {0}, again = {0}, url = {0};
	struct ms_url a, b;

	if (ms_url_parse(&a, text, NULL) == 0 && a.login != NULL) {
		ms_url_source(&a, NULL, &first);
		require(first.n <= 2048); /* MS_SOURCE_MAX */
		/*
		 * imap://... with imaps://... in its place has the same source,
		 * and so has pop3://... with pop3s://...
		 */
		ms_buf_add(&url, first.p, SCHEME);
		ms_buf_add_str(&url, "s");
		ms_buf_add_str(&url, ms_buf_str(&first) + SCHEME);
		if (url.n > MS_URL_MAX)
			goto out;
		require(ms_url_parse(&b, ms_buf_str(&url), NULL) == 0);
		require(strcmp(a.login, b.login) == 0);
		require(strcmp(a.host, b.host) == 0);
		ms_url_source(&b, NULL, &again);
		require(
		    ms_slice_eq(ms_buf_slice(&first), ms_buf_slice(&again)));
		ms_url_release(&b);
	}
out:
	ms_url_release(&a);
	ms_buf_release(&first);
	ms_buf_release(&again);
	ms_buf_release(&url);
	free(text);
	return 0;
}
