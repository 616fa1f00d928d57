/*
 * client-imap-backup.c - the pairs of files of imap-backup: NAME.mbox, and
 * NAME.imap, which has the boundaries and flags of its messages.
 * ms-quirks(7), Mail clients.
 */
#include "client-impl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "json.h"
#include "message-hasher.h"

#define IMAP_MAX ((size_t)64 << 20) /* bytes of NAME.imap */
#define MESSAGES_MAX 5000000

struct record {
	uint64_t offset, length;
	char *flags; /* words, separated by blanks */
};

struct pair {
	struct record *v;
	size_t n, next;
	uint64_t end;  /* of the records so far */
	uint64_t left; /* bytes of the current message */
	bool bol;      /* the window begins at the start of a line */
	bool from;     /* its From_ line is not read yet */
	struct ms_buf flags;
};

static void
release(void *records)
{
	struct pair *p = records;

	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].flags);
	free(p->v);
	ms_buf_release(&p->flags);
	free(p);
}

/* ---- NAME.imap ---- */

/* Flags of the system are written without their backslash. */
static char *
flags_of(const json_t *list)
{
	static const char *const system[] = {
	    "Seen", "Answered", "Flagged", "Deleted", "Draft"};
	struct ms_client_message m = {0};
	const json_t *item;
	const char *word;
	char *text;
	size_t i;

	json_array_foreach(list, i, item)
	{
		word = json_string_value(item);
		if (word == NULL || strcasecmp(word, "Recent") == 0)
			continue;
		word += word[0] == '\\';
		for (size_t k = 0; k < 5; k++)
			if (strcasecmp(word, system[k]) == 0) {
				char flag[12];

				snprintf(flag, sizeof(flag), "\\%s", system[k]);
				ms_client_flag(&m, flag);
				word = "";
			}
		ms_client_keyword(&m, ms_slice_str(word));
	}
	text = ms_xstrdup(ms_buf_str(&m.flags));
	ms_client_message_release(&m);
	return text;
}

static int
add_record(struct pair *p, const json_t *item, struct ms_err *err)
{
	struct record *r;
	uint64_t end =
	    p->n > 0 ? p->v[p->n - 1].offset + p->v[p->n - 1].length : 0;

	if (p->n == MESSAGES_MAX)
		return ms_fail(
		    err, MS_DATA, "more than %d messages", MESSAGES_MAX);
	if (!json_is_integer(json_object_get(item, "offset")) ||
	    !json_is_integer(json_object_get(item, "length")))
		return ms_fail(err, MS_DATA,
		    "a message without offset and length; it is of version 2 "
		    "or older");
	if (p->n % 1024 == 0)
		p->v = ms_xreallocarray(p->v, p->n + 1024, sizeof(*p->v));
	r = &p->v[p->n];
	*r = (struct record){.offset = ms_json_number_of(item, "offset"),
	    .length = ms_json_number_of(item, "length")};
	if (r->offset < end || r->length > MS_MESSAGE_MAX ||
	    r->offset > INT64_MAX / 2)
		return ms_fail(
		    err, MS_DATA, "the messages overlap, or are not in order");
	r->flags = flags_of(json_object_get(item, "flags"));
	p->n++;
	return 0;
}

static int
read_list(struct pair *p, struct ms_slice text, struct ms_err *err)
{
	json_error_t why;
	json_t *o = json_loadb((const char *)text.p, text.n, 0, &why), *list;
	const json_t *item;
	size_t i;
	int rc = 0;

	list = json_object_get(o, "messages");
	if (!json_is_array(list))
		rc = ms_fail(err, MS_DATA, "no list of messages");
	json_array_foreach(list, i, item) if (rc == 0) rc =
	    add_record(p, item, err);
	json_decref(o);
	return rc;
}

/* Whether NAME.imap beside the open file has the boundaries of its messages. A
 * remark says why not. */
static const struct ms_source_format *
format(struct ms_source *src)
{
	struct ms_client_state *c = src->client;
	struct ms_buf text = {0}, path = {0};
	struct ms_err err = {0};
	struct pair *p;
	int rc;

	if (!ms_name_ends(c->name, ".mbox"))
		return NULL;
	ms_buf_add(&path, c->name, strlen(c->name) - 5);
	ms_buf_add_str(&path, ".imap");
	p = ms_xcalloc(1, sizeof(*p));
	rc = ms_buf_read_at(
	    &text, c->dir, ms_buf_str(&path), ".imap", IMAP_MAX, &err);
	if (rc == 0) {
		rc = read_list(p, ms_buf_slice(&text), &err);
		if (rc < 0)
			ms_context(&err, ".imap");
	}
	if (rc < 0) {
		struct ms_buf remark = {0};

		ms_buf_printf(
		    &remark, "%s; its messages begin at From_ lines", err.msg);
		ms_source_remark(src, ms_buf_str(&remark));
		ms_buf_release(&remark);
		release(p);
	} else {
		c->records = p;
		c->release = release;
	}
	ms_buf_release(&text);
	ms_buf_release(&path);
	return rc < 0 ? NULL : &ms_client_pair;
}

/* ---- NAME.mbox ---- */

static void
begin(struct ms_source *src)
{
	ms_source_file_folder(src, true);
}

/* Moves the input to an offset at or after the current one. */
static int
move_to(struct ms_source *src, uint64_t offset, struct ms_err *err)
{
	struct ms_slice w;
	uint64_t skip;

	while (src->in.offset < offset) {
		w = ms_input_window(&src->in);
		skip = offset - src->in.offset;
		ms_input_use(&src->in, skip < w.n ? (size_t)skip : w.n);
		if (skip > w.n && ms_input_more(&src->in, err) <= 0)
			return src->in.failed
				   ? -1
				   : ms_fail(err, MS_DATA,
					 "the file ends before this message");
	}
	return 0;
}

/* Bytes between the messages of the list belong to none of them. */
static int
gap(struct ms_source *src, struct pair *p, uint64_t offset, struct ms_err *err)
{
	uint64_t bytes = offset - p->end;

	ms_source_where_at(src, " @ ", p->end);
	p->end = offset;
	return ms_fail(err, MS_DATA,
	    "%llu bytes that are of no message of the .imap file",
	    (unsigned long long)bytes);
}

/* After the last message. */
static int
rest(struct ms_source *src, struct pair *p, struct ms_err *err)
{
	struct ms_err why = {0};
	struct ms_slice w;
	int rc;

	/* If the file is shorter, its last messages have failed already. */
	if (move_to(src, p->end, &why) < 0)
		return 0;
	while ((rc = ms_input_more(&src->in, err)) > 0 ||
	       ms_input_window(&src->in).n > 0) {
		w = ms_input_window(&src->in);
		ms_input_use(&src->in, w.n);
	}
	if (rc < 0)
		return -1;
	return src->in.offset > p->end ? gap(src, p, src->in.offset, err) : 0;
}

static int
next(struct ms_source *src, struct ms_err *err)
{
	struct ms_client_state *c = src->client;
	struct pair *p = c->records;
	struct record *r;

	if (p->next == p->n)
		return rest(src, p, err);
	r = &p->v[p->next];
	if (r->offset > p->end)
		return gap(src, p, r->offset, err);
	p->next++;
	p->end = r->offset + r->length;
	p->left = r->length;
	p->bol = p->from = true;
	ms_source_where_at(src, " @ ", r->offset);
	ms_source_set_folder(src);
	ms_buf_clear(&src->file.flags);
	ms_buf_add_str(&src->file.flags, r->flags);
	return move_to(src, r->offset, err) < 0 ? -1 : 1;
}

/* Makes the window have a line end, or a part of a long line. */
static int
fill(struct ms_source *src, const struct pair *p, struct ms_slice *w,
    struct ms_err *err)
{
	int rc;

	for (;;) {
		*w = ms_input_window(&src->in);
		if (w->n > p->left)
			w->n = (size_t)p->left;
		if (memchr(w->p, '\n', w->n) != NULL || w->n == p->left ||
		    w->n >= MS_MBOX_FROM_MAX)
			return 0;
		rc = ms_input_more(&src->in, err);
		if (rc == 0)
			return ms_fail(
			    err, MS_DATA, "the file ends in this message");
		if (rc < 0)
			return -1;
	}
}

/* Skips the From_ line. */
static int
skip_from(struct ms_source *src, struct pair *p, struct ms_err *err)
{
	const unsigned char *lf;
	struct ms_slice w;
	size_t n;

	if (fill(src, p, &w, err) < 0)
		return -1;
	lf = memchr(w.p, '\n', w.n);
	if (lf == NULL || memcmp(w.p, "From ", w.n < 5 ? w.n : 5) != 0)
		return ms_fail(err, MS_DATA,
		    "no From_ line where the .imap file has a message");
	n = (size_t)(lf + 1 - w.p);
	ms_input_use(&src->in, n);
	p->left -= n;
	p->from = false;
	return 0;
}

/* Whether a line is quoted: >From, >>From. */
static bool
is_quoted(struct ms_slice w)
{
	size_t quotes = 0;

	while (quotes < w.n && w.p[quotes] == '>')
		quotes++;
	return quotes > 0 && w.n - quotes >= 4 &&
	       memcmp(w.p + quotes, "From", 4) == 0;
}

/* Returns lines up to the next one that begins with ">". */
static int
read_piece(struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	struct pair *p = src->client->records;
	const unsigned char *end;
	struct ms_slice w;
	size_t n;

	if (p->from && skip_from(src, p, err) < 0)
		return -1;
	if (p->left == 0 || fill(src, p, &w, err) < 0)
		return p->left == 0 ? 0 : -1;
	if (p->bol && is_quoted(w)) {
		ms_input_use(&src->in, 1);
		p->left--;
		w = (struct ms_slice){w.p + 1, w.n - 1};
	}
	end = memmem(w.p, w.n, "\n>", 2);
	if (end == NULL)
		end = memrchr(w.p, '\n', w.n);
	n = end != NULL ? (size_t)(end + 1 - w.p) : w.n;
	ms_input_use(&src->in, n);
	p->bol = end != NULL;
	p->left -= n;
	/* imap-backup adds a line end to the message. */
	*piece = (struct ms_slice){w.p, n - (p->left == 0 && p->bol)};
	return piece->n > 0;
}

const struct ms_source_format ms_client_pair = {
    .format = MS_FORMAT_MBOX,
    .begin = begin,
    .next = next,
    .read = read_piece,
};

/* ---- the walk ---- */

/* A directory of the first level is an account. */
static enum ms_client_entry
enter(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	(void)folder;
	if (at->root) {
		d->kind = ms_client_has_any(at->fd, "*.mbox");
		return MS_CLIENT_AS_USUAL;
	}
	if (d->kind != 0)
		return MS_CLIENT_AS_USUAL;
	d->kind = 1;
	d->account = ms_client_account_new(c, at->name, at->name);
	return MS_CLIENT_ENTER;
}

static const char *const only[] = {"*.mbox", NULL};

const struct ms_client_driver ms_client_imap_backup = {
    .name = "imap-backup",
    .only = only,
    .enter = enter,
    .format = format,
};
