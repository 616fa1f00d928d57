/* url.c - a table of URLs with their parts and the identity of the source. */
#include "url.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static const struct row {
	const char *url;
	const char *login; /* NULL: no login */
	const char *host;  /* NULL: refused */
	unsigned port;
	const char *source;
} rows[] = {
    {"imaps://alice@imap.example.org/", "alice", "imap.example.org", 993,
	"imap://alice@imap.example.org/"},
    {"IMAPS://alice@IMAP.Example.ORG", "alice", "imap.example.org", 993,
	"imap://alice@imap.example.org/"},
    {"imaps://alice@imap.example.org./", "alice", "imap.example.org", 993,
	"imap://alice@imap.example.org/"},
    {"imaps://alice@example.com@imap.example.org/", "alice@example.com",
	"imap.example.org", 993,
	"imap://alice%40example.com@imap.example.org/"},
    {"imaps://alice%40example.com@imap.example.org/", "alice@example.com",
	"imap.example.org", 993,
	"imap://alice%40example.com@imap.example.org/"},
    {"imaps://Alice@h:993/", "Alice", "h", 993, "imap://Alice@h/"},
    {"imaps://alice@h:143/", "alice", "h", 143, "imap://alice@h/"},
    {"imaps://alice@h:1993", "alice", "h", 1993, "imap://alice@h:1993/"},
    {"imaps://h/", NULL, "h", 993, "imap://@h/"},
    {"imaps://a%3Ab%25c%2Fd@h/", "a:b%c/d", "h", 993,
	"imap://a%3Ab%25c%2Fd@h/"},
    {"imaps://gr\xc3\xbcn@h/", "gr\xc3\xbcn", "h", 993, "imap://gr%C3%BCn@h/"},
    {"imaps://a+b=c&d@h/", "a+b=c&d", "h", 993, "imap://a+b=c&d@h/"},
    {"imaps://user*master@h/", "user*master", "h", 993,
	"imap://user*master@h/"},
    {"imaps://alice@127.0.0.1:65535/", "alice", "127.0.0.1", 65535,
	"imap://alice@127.0.0.1:65535/"},
    {"imaps://alice@[::1]/", "alice", "::1", 993, "imap://alice@[::1]/"},
    {"imaps://alice@[2001:DB8:0:0:0:0:0:1]:9/", "alice", "2001:db8::1", 9,
	"imap://alice@[2001:db8::1]:9/"},
    {"imap://alice@h/", "alice", "h", 143, "imap://alice@h/"},
    {"imap://alice@h:993/", "alice", "h", 993, "imap://alice@h/"},
    {"imap://alice@h:110/", "alice", "h", 110, "imap://alice@h:110/"},
    {"pop3://alice@h/", "alice", "h", 110, "pop3://alice@h/"},
    {"POP3S://alice@h/", "alice", "h", 995, "pop3://alice@h/"},
    {"pop3s://alice@h:110/", "alice", "h", 110, "pop3://alice@h/"},
    {"pop3s://alice@h:143/", "alice", "h", 143, "pop3://alice@h:143/"},
    /* passwords and invalid URLs are refused */
    {"imaps://alice:secret@h/", NULL, NULL, 0, NULL},
    {"imaps://:secret@h/", NULL, NULL, 0, NULL},
    {"smtp://alice@h/", NULL, NULL, 0, NULL},
    {"pop3:/alice@h/", NULL, NULL, 0, NULL},
    {"alice@h", NULL, NULL, 0, NULL},
    {"", NULL, NULL, 0, NULL},
    {"imaps://", NULL, NULL, 0, NULL},
    {"imaps:///", NULL, NULL, 0, NULL},
    {"imaps://@h/", NULL, NULL, 0, NULL},
    {"imaps://alice@/", NULL, NULL, 0, NULL},
    {"imaps://alice@h/INBOX", NULL, NULL, 0, NULL},
    {"imaps://alice@h//", NULL, NULL, 0, NULL},
    {"imaps://alice@h?x", NULL, NULL, 0, NULL},
    {"imaps://alice@h#x", NULL, NULL, 0, NULL},
    {"imaps://alice@h:/", NULL, NULL, 0, NULL},
    {"imaps://alice@h:0/", NULL, NULL, 0, NULL},
    {"imaps://alice@h:65536/", NULL, NULL, 0, NULL},
    {"imaps://alice@h:4294968289/", NULL, NULL, 0, NULL},
    {"imaps://alice@h:99x/", NULL, NULL, 0, NULL},
    {"imaps://alice@h:1:2/", NULL, NULL, 0, NULL},
    {"imaps://alice@[::1/", NULL, NULL, 0, NULL},
    {"imaps://alice@[::1]x/", NULL, NULL, 0, NULL},
    {"imaps://alice@[h]/", NULL, NULL, 0, NULL},
    {"imaps://alice@[]/", NULL, NULL, 0, NULL},
    {"imaps://alice@::1/", NULL, NULL, 0, NULL},
    {"imaps://alice@h ost/", NULL, NULL, 0, NULL},
    {"imaps://alice@h\r\nost/", NULL, NULL, 0, NULL},
    {"imaps://alice@-h/", NULL, NULL, 0, NULL},
    {"imaps://alice@a..b/", NULL, NULL, 0, NULL},
    {"imaps://alice@a../", NULL, NULL, 0, NULL},
    {"imaps://alice@./", NULL, NULL, 0, NULL},
    {"imaps://alice@h%6f/", NULL, NULL, 0, NULL},
    {"imaps://a%0d%0ab@h/", NULL, NULL, 0, NULL},
    {"imaps://a%00b@h/", NULL, NULL, 0, NULL},
    {"imaps://a%@h/", NULL, NULL, 0, NULL},
    {"imaps://a%4@h/", NULL, NULL, 0, NULL},
    {"imaps://a%4x@h/", NULL, NULL, 0, NULL},
    {"imaps://a\tb@h/", NULL, NULL, 0, NULL},
};

static bool
equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
check(const struct row *row)
{
	struct ms_url u;
	struct ms_err err = {0};
	struct ms_buf source = {0};
	int rc = ms_url_parse(&u, row->url, &err);

	if (row->host == NULL) {
		ok(rc < 0 && err.code == MS_USAGE && u.host == NULL &&
			u.login == NULL,
		    "refused: %.20s",
		    row->url[0] == '\0' ? "nothing" : err.msg);
		return;
	}
	ok(rc == 0, "accepted: %s", row->url);
	if (rc < 0)
		return;
	ms_url_source(&u, NULL, &source);
	ok(equal(u.login, row->login) && equal(u.host, row->host) &&
		u.port == row->port,
	    "the parts of the URL: %s %s %u", u.login ? u.login : "-", u.host,
	    u.port);
	ok(equal(ms_buf_str(&source), row->source),
	    "the identity of the URL: %s", ms_buf_str(&source));
	ms_buf_release(&source);
	ms_url_release(&u);
}

static const struct endpoint {
	const char *text;
	const char *host; /* NULL: refused */
	unsigned port;
} endpoints[] = {
    {"mx.example.org:1993", "mx.example.org", 1993},
    {"127.0.0.1:1", "127.0.0.1", 1},
    {"[::1]:143", "::1", 143},
    {"[0:0::1]:143", "::1", 143},
    {"h", NULL, 0},
    {"h:", NULL, 0},
    {"h:0", NULL, 0},
    {":143", NULL, 0},
    {"::1:143", NULL, 0},
    {"[::1]", NULL, 0},
    {"a@h:143", NULL, 0},
    {"imaps://h:143", NULL, 0},
    {"h:143/", NULL, 0},
};

static void
check_endpoint(const struct endpoint *row)
{
	struct ms_url u = {0};
	struct ms_err err = {0};
	int rc = ms_url_endpoint(&u, row->text, &err);

	if (row->host == NULL)
		ok(rc < 0 && err.code == MS_USAGE && u.host == NULL,
		    "an invalid endpoint: %s", row->text);
	else
		ok(rc == 0 && equal(u.host, row->host) && u.port == row->port,
		    "a valid endpoint: %s", row->text);
	ms_url_release(&u);
}

/* The owner of the mailbox can differ from the login. */
static void
check_authzid(void)
{
	struct ms_buf source = {0};
	struct ms_url u;

	if (ms_url_parse(&u, "imaps://master@h/", NULL) == 0) {
		ms_url_source(&u, "alice@example.org", &source);
		ms_url_release(&u);
	}
	ok(equal(ms_buf_str(&source), "imap://alice%40example.org@h/"),
	    "the source has the name of the authorization identity");
	ms_buf_release(&source);
}

int
main(void)
{
	char longest[2 * MS_URL_MAX];
	struct ms_url u;
	struct ms_err err = {0};
	size_t i;

	for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
		check_endpoint(&endpoints[i]);
	check_authzid();

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "imaps://", 8);
	longest[sizeof(longest) - 1] = '\0';
	ok(ms_url_parse(&u, longest, &err) < 0,
	    "a URL that is too long is refused");
	return done();
}
