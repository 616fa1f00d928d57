/* lmtp.c - the server's side of an LMTP session. RFC 2033. */
#include "lmtp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dots.h"
#include "mail.h"
#include "utf8.h"

#define PATH_MAX_BYTES 1024 /* RFC 5321, 4.5.3.1.3, has 256 */

struct ms_lmtp {
	struct ms_lmtp_options opt;
	enum ms_lmtp_state state;
	struct ms_buf out;
	struct ms_buf line; /* the command that is being read */
	bool too_long;      /* it has more than MS_LMTP_LINE_MAX bytes */
	unsigned errors;
	/* The transaction. */
	bool greeted, has_sender, in_data;
	struct ms_buf sender;
	struct ms_buf recipients; /* strings, one after another */
	struct ms_buf starts;     /* size_t: where each begins */
	/* The text after DATA. */
	struct ms_dots dots;
	uint64_t size;
	bool too_large, failed;
};

/* ---- replies ---- */

static void
reply(struct ms_lmtp *s, const char *text)
{
	ms_buf_add_str(&s->out, text);
	ms_buf_add_str(&s->out, "\r\n");
}

/* A client that makes too many errors speaks another protocol, or attacks. */
static void
refuse(struct ms_lmtp *s, const char *text)
{
	if (++s->errors < MS_LMTP_ERRORS_MAX) {
		reply(s, text);
		return;
	}
	ms_lmtp_close(s, "421 4.7.0 Too many errors");
}

void
ms_lmtp_close(struct ms_lmtp *s, const char *text)
{
	reply(s, text);
	s->state = MS_LMTP_ENDED;
}

/* ---- the transaction ---- */

static void
reset(struct ms_lmtp *s)
{
	s->has_sender = false;
	ms_buf_clear(&s->sender);
	ms_buf_clear(&s->recipients);
	ms_buf_clear(&s->starts);
	s->dots = (struct ms_dots){0};
	s->size = 0;
	s->too_large = s->failed = false;
}

size_t
ms_lmtp_recipients(const struct ms_lmtp *s)
{
	return s->starts.n / sizeof(size_t);
}

const char *
ms_lmtp_recipient(const struct ms_lmtp *s, size_t i)
{
	size_t at;

	memcpy(&at, s->starts.p + i * sizeof(at), sizeof(at));
	return (const char *)s->recipients.p + at;
}

const char *
ms_lmtp_sender(const struct ms_lmtp *s)
{
	return s->sender.n > 0 ? (const char *)s->sender.p : "";
}

/* ---- commands ---- */

/* If the text begins with this word, in any case, removes it. */
static bool
take_word(struct ms_slice *text, const char *word)
{
	size_t n = strlen(word);

	if (text->n < n || strncasecmp((const char *)text->p, word, n) != 0)
		return false;
	*text = (struct ms_slice){text->p + n, text->n - n};
	return true;
}

static void
skip_blanks(struct ms_slice *text)
{
	while (text->n > 0 && (*text->p == ' ' || *text->p == '\t'))
		*text = (struct ms_slice){text->p + 1, text->n - 1};
}

/* The end of the path that begins at text->p[1]: the first > that is not in a
 * quoted string. Returns text->n if there is none. */
static size_t
path_end(const struct ms_slice *text)
{
	bool quoted = false;

	for (size_t i = 1; i < text->n; i++)
		if (quoted && text->p[i] == '\\')
			i++;
		else if (text->p[i] == '"')
			quoted = !quoted;
		else if (!quoted && text->p[i] == '>')
			return i;
	return text->n;
}

/* Takes "<path>" and leaves the parameters. A source route is not used: RFC
 * 5321, 4.1.1.3. Appends the address, without unnecessary quotes, and a NUL. */
static bool
take_path(struct ms_slice *text, struct ms_buf *out)
{
	const unsigned char *colon;
	struct ms_slice path;
	size_t end;

	skip_blanks(text);
	if (text->n == 0 || *text->p != '<' ||
	    (end = path_end(text)) >= text->n)
		return false;
	path = (struct ms_slice){text->p + 1, end - 1};
	*text = (struct ms_slice){text->p + end + 1, text->n - end - 1};
	if (text->n > 0 && *text->p != ' ')
		return false;
	if (path.n > 0 && *path.p == '@' &&
	    (colon = memchr(path.p, ':', path.n)) != NULL)
		path = (struct ms_slice){
		    colon + 1, (size_t)(path.p + path.n - colon) - 1};
	if (path.n > PATH_MAX_BYTES || !ms_utf8_plain(path.p, path.n))
		return false;
	if (!ms_mail_add_unquoted(path, out))
		ms_buf_add(out, path.p, path.n);
	ms_buf_add_byte(out, '\0');
	return true;
}

/* Removes the next parameter from the text. Returns false if there is none. */
static bool
take_parameter(struct ms_slice *text, struct ms_slice *parameter)
{
	skip_blanks(text);
	parameter->p = text->p;
	parameter->n = 0;
	while (parameter->n < text->n && text->p[parameter->n] != ' ')
		parameter->n++;
	*text =
	    (struct ms_slice){text->p + parameter->n, text->n - parameter->n};
	return parameter->n > 0;
}

/* What is no number is no reason to refuse the message: SIZE is an estimate. */
static bool
is_too_large(const struct ms_lmtp *s, struct ms_slice digits)
{
	uint64_t size = 0;

	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		size = size * 10 + (uint64_t)(digits.p[i] - '0');
		if (size > s->opt.size_max)
			return true;
	}
	return false;
}

/* Returns NULL, or the reply to a parameter of MAIL that is refused. */
static const char *
mail_parameter(const struct ms_lmtp *s, struct ms_slice p)
{
	if (take_word(&p, "SIZE="))
		return is_too_large(s, p) ? "552 5.3.4 Message too large"
					  : NULL;
	if (ms_slice_is(p, "BODY=7BIT") || ms_slice_is(p, "BODY=8BITMIME") ||
	    ms_slice_is(p, "SMTPUTF8"))
		return NULL;
	return "555 5.5.4 Unknown parameter";
}

static void
do_mail(struct ms_lmtp *s, struct ms_slice text)
{
	struct ms_slice parameter;
	const char *why = NULL;

	if (!s->greeted || s->has_sender) {
		refuse(s, s->greeted ? "503 5.5.1 There is a sender already"
				     : "503 5.5.1 Send LHLO first");
		return;
	}
	if (!take_word(&text, "FROM:") || !take_path(&text, &s->sender)) {
		reset(s);
		refuse(s, "501 5.5.4 Use MAIL FROM:<address>");
		return;
	}
	while (why == NULL && take_parameter(&text, &parameter))
		why = mail_parameter(s, parameter);
	if (why != NULL) {
		reset(s);
		refuse(s, why);
		return;
	}
	s->has_sender = true;
	reply(s, "250 2.1.0 OK");
}

/* Returns NULL if mail for the address that was appended is accepted. */
static const char *
ask(struct ms_lmtp *s, size_t at)
{
	const char *address = (const char *)s->recipients.p + at;

	if (*address == '\0')
		return "501 5.1.3 No address";
	if (strlen(address) > MS_LMTP_ADDRESS_MAX)
		return "501 5.1.3 Address too long";
	if (ms_lmtp_recipients(s) >= MS_LMTP_RECIPIENTS_MAX ||
	    s->recipients.n > MS_LMTP_RECIPIENTS_ROOM)
		return "452 4.5.3 Too many recipients";
	return s->opt.recipient(s->opt.recipient_ctx, address);
}

static void
do_rcpt(struct ms_lmtp *s, struct ms_slice text)
{
	size_t at = s->recipients.n;
	struct ms_slice parameter;
	const char *why;

	if (!s->has_sender) {
		refuse(s, "503 5.5.1 Send MAIL first");
		return;
	}
	if (!take_word(&text, "TO:") || !take_path(&text, &s->recipients)) {
		refuse(s, "501 5.5.4 Use RCPT TO:<address>");
		return;
	}
	why = take_parameter(&text, &parameter) ? "555 5.5.4 Unknown parameter"
						: ask(s, at);
	if (why != NULL) {
		s->recipients.n = at;
		/* An unknown address is no error of the client. */
		reply(s, why);
		return;
	}
	ms_buf_add(&s->starts, &at, sizeof(at));
	reply(s, "250 2.1.5 OK");
}

static void
do_data(struct ms_lmtp *s, struct ms_slice text)
{
	if (text.n > 0) {
		refuse(s, "501 5.5.4 DATA has no parameters");
	} else if (ms_lmtp_recipients(s) == 0) {
		refuse(s, "503 5.5.1 No valid recipients");
	} else {
		s->in_data = true;
		reply(s, "354 End the message with a line of one dot");
	}
}

static void
do_lhlo(struct ms_lmtp *s, struct ms_slice text)
{
	skip_blanks(&text);
	if (text.n == 0) {
		refuse(s, "501 5.5.4 Use LHLO name");
		return;
	}
	reset(s);
	s->greeted = true;
	ms_buf_printf(&s->out,
	    "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n250 SIZE %llu\r\n",
	    s->opt.host, (unsigned long long)s->opt.size_max);
}

static void
do_rset(struct ms_lmtp *s, struct ms_slice text)
{
	(void)text;
	reset(s);
	reply(s, "250 2.0.0 OK");
}

static void
do_noop(struct ms_lmtp *s, struct ms_slice text)
{
	(void)text;
	reply(s, "250 2.0.0 OK");
}

static void
do_vrfy(struct ms_lmtp *s, struct ms_slice text)
{
	(void)text;
	reply(s, "252 2.1.5 Send the message to find out");
}

static void
do_quit(struct ms_lmtp *s, struct ms_slice text)
{
	(void)text;
	ms_lmtp_close(s, "221 2.0.0 Bye");
}

/* RFC 2033, 4.1: a server of LMTP refuses the greetings of SMTP. */
static void
do_helo(struct ms_lmtp *s, struct ms_slice text)
{
	(void)text;
	refuse(s, "500 5.5.1 This is LMTP: use LHLO");
}

static const struct {
	const char *name;
	void (*run)(struct ms_lmtp *s, struct ms_slice text);
} commands[] = {
    {"LHLO", do_lhlo},
    {"MAIL", do_mail},
    {"RCPT", do_rcpt},
    {"DATA", do_data},
    {"RSET", do_rset},
    {"NOOP", do_noop},
    {"VRFY", do_vrfy},
    {"QUIT", do_quit},
    {"HELO", do_helo},
    {"EHLO", do_helo},
};

/* Carries out a command, a line without its end. */
static void
command(struct ms_lmtp *s, struct ms_slice line)
{
	struct ms_slice verb = line;

	verb.n = 0;
	while (verb.n < line.n && line.p[verb.n] != ' ')
		verb.n++;
	while (line.n > 0 && line.p[line.n - 1] == ' ')
		line.n--;
	line = line.n > verb.n
		   ? (struct ms_slice){line.p + verb.n + 1, line.n - verb.n - 1}
		   : (struct ms_slice){line.p, 0};
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (ms_slice_is(verb, commands[i].name)) {
			commands[i].run(s, line);
			return;
		}
	}
	refuse(s, "500 5.5.1 Unknown command");
}

/* Takes input up to the end of a command. Returns how much. */
static size_t
read_command(struct ms_lmtp *s, const unsigned char *p, size_t n)
{
	const unsigned char *nl = memchr(p, '\n', n);
	size_t used = nl != NULL ? (size_t)(nl - p) + 1 : n;

	if (s->line.n + used > MS_LMTP_LINE_MAX)
		s->too_long = true;
	else
		ms_buf_add(&s->line, p, used);
	if (nl == NULL)
		return used;
	if (s->too_long) {
		refuse(s, "500 5.5.2 Line too long");
	} else if (memchr(s->line.p, '\0', s->line.n) != NULL) {
		refuse(s, "500 5.5.2 NUL in a command");
	} else {
		s->line.n -=
		    s->line.n > 1 && s->line.p[s->line.n - 2] == '\r' ? 2 : 1;
		command(s, ms_buf_slice(&s->line));
	}
	ms_buf_clear(&s->line);
	s->too_long = false;
	return used;
}

/* ---- the text ---- */

static void
add_data(void *ctx, const unsigned char *p, size_t n)
{
	struct ms_lmtp *s = ctx;
	struct ms_err err = {0};

	s->size += n;
	s->too_large = s->size > s->opt.size_max;
	if (!s->too_large && !s->failed)
		s->failed = s->opt.data(s->opt.data_ctx, p, n, &err) < 0;
}

static size_t
read_data(struct ms_lmtp *s, const unsigned char *p, size_t n)
{
	bool end;
	size_t used = ms_dots_remove(&s->dots, p, n, add_data, s, &end);

	if (end) {
		s->in_data = false;
		s->state = MS_LMTP_MESSAGE;
	}
	return used;
}

const char *
ms_lmtp_refusal(const struct ms_lmtp *s)
{
	if (s->too_large)
		return "552 5.3.4 Message too large";
	return s->failed ? "452 4.3.1 No room for the message" : NULL;
}

void
ms_lmtp_reply(struct ms_lmtp *s, const char *text)
{
	for (size_t n = ms_lmtp_recipients(s); n > 0; n--)
		reply(s, text);
	reset(s);
	s->state = MS_LMTP_READS;
}

/* ---- the session ---- */

struct ms_lmtp *
ms_lmtp_new(const struct ms_lmtp_options *options)
{
	struct ms_lmtp *s = ms_xcalloc(1, sizeof(*s));

	s->opt = *options;
	ms_buf_printf(&s->out, "220 %s LMTP\r\n", s->opt.host);
	return s;
}

void
ms_lmtp_free(struct ms_lmtp *s)
{
	if (s == NULL)
		return;
	ms_buf_release(&s->out);
	ms_buf_release(&s->line);
	ms_buf_release(&s->sender);
	ms_buf_release(&s->recipients);
	ms_buf_release(&s->starts);
	free(s);
}

size_t
ms_lmtp_read(struct ms_lmtp *s, const unsigned char *p, size_t n)
{
	size_t used = 0;

	while (used < n && s->state == MS_LMTP_READS)
		used += s->in_data ? read_data(s, p + used, n - used)
				   : read_command(s, p + used, n - used);
	return used;
}

enum ms_lmtp_state
ms_lmtp_state(const struct ms_lmtp *s)
{
	return s->state;
}

struct ms_buf *
ms_lmtp_output(struct ms_lmtp *s)
{
	return &s->out;
}
