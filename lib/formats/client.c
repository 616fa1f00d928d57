/*
 * client.c - the table of mail clients, and the reading of their messages: what
 * is book-keeping is removed, and becomes flags and folders. ms-quirks(7), Mail
 * clients.
 */
#include "client-impl.h"

#include <stdlib.h>
#include <string.h>
#include "message-hasher.h"

/* Bytes of a message in which its book-keeping is looked for. */
#define HEAD_MAX ((size_t)1 << 20)

/* In the order of enum ms_client. */
static const struct ms_client_driver *const drivers[] = {NULL,
    &ms_client_thunderbird, &ms_client_seamonkey, &ms_client_apple_mail,
    &ms_client_takeout, &ms_client_imap_backup, &ms_client_mailstore,
    &ms_client_evolution, &ms_client_kmail, &ms_client_mh, &ms_client_mutt,
    &ms_client_mbsync, &ms_client_offlineimap, &ms_client_generic};

const char *
ms_client_name(enum ms_client client)
{
	return client == MS_CLIENT_NONE ? "none" : drivers[client]->name;
}

bool
ms_client_parse(const char *name, enum ms_client *out)
{
	for (int i = 0; i < MS_CLIENTS; i++)
		if (strcmp(name, ms_client_name((enum ms_client)i)) == 0) {
			*out = (enum ms_client)i;
			return true;
		}
	return false;
}

/* ---- the walk ---- */

struct ms_client_state *
ms_client_open(const struct ms_source_options *opt, const char *into)
{
	struct ms_client_state *c = ms_xcalloc(1, sizeof(*c));

	c->driver = drivers[opt->client];
	c->with_deleted = opt->with_deleted;
	c->opt = opt;
	c->into = into;
	c->spool.fd = -1;
	return c;
}

static void
release_records(struct ms_client_state *c)
{
	if (c->records != NULL)
		c->release(c->records);
	c->records = NULL;
}

void
ms_client_close(struct ms_client_state *c)
{
	struct ms_client_account *a;

	if (c == NULL)
		return;
	while ((a = c->accounts) != NULL) {
		c->accounts = a->next;
		free(a->source);
		free(a->label);
		free(a);
	}
	ms_prefs_release(&c->prefs);
	release_records(c);
	free(c->name);
	ms_client_message_release(&c->m);
	ms_buf_release(&c->head);
	ms_spool_release(&c->spool);
	ms_buf_release(&c->room);
	ms_buf_release(&c->fault_text);
	free(c);
}

enum ms_client_entry
ms_client_enter(struct ms_client_state *c, const struct ms_client_dir *parent,
    const struct ms_client_place *at, struct ms_client_dir *d,
    struct ms_buf *folder)
{
	*d = (struct ms_client_dir){0};
	if (parent != NULL) {
		d->kind = parent->kind;
		d->account = parent->account;
	}
	if (c->driver->enter == NULL)
		return MS_CLIENT_AS_USUAL;
	return c->driver->enter(c, at, d, folder);
}

void
ms_client_leave(struct ms_client_dir *d)
{
	ms_buf_release(&d->unseen);
	ms_buf_release(&d->flagged);
	ms_buf_release(&d->replied);
}

bool
ms_client_wants(const struct ms_client_state *c, const struct ms_client_dir *d,
    const char *name)
{
	const struct ms_client_driver *driver = c->driver;

	if (ms_client_matches(driver->no_mail, name) ||
	    (driver->only != NULL && !ms_client_matches(driver->only, name)))
		return false;
	return driver->wants == NULL || driver->wants(d, name);
}

void
ms_client_file(struct ms_source *src, const struct ms_client_dir *d, int dir,
    const char *name)
{
	static const struct ms_client_dir none = {0};
	struct ms_client_state *c = src->client;

	release_records(c);
	free(c->name);
	c->name = ms_xstrdup(name);
	c->dir = dir;
	c->account = d != NULL ? d->account : NULL;
	c->deleted = false;
	c->fault = NULL;
	if (c->driver->file != NULL)
		c->driver->file(c, d != NULL ? d : &none, &src->file, name);
}

int
ms_client_contained(const struct ms_client_state *c, struct ms_err *err)
{
	if (c->driver->contained)
		return 0;
	return ms_fail(err, MS_DATA,
	    "a container; %s keeps accounts, folders or flags in other files, "
	    "so unpack it, and read the directory with --client",
	    c->driver->name);
}

const struct ms_source_format *
ms_client_format(struct ms_source *src)
{
	struct ms_client_state *c = src->client;

	return c->driver->format != NULL ? c->driver->format(src) : NULL;
}

/* ---- messages ---- */

/* Whether the bytes have the empty line that ends a header, at or after *at,
 * which is moved to where the next search begins. */
static bool
has_header(const struct ms_buf *b, size_t *at)
{
	const unsigned char *lf;

	if (b->n == 0)
		return false;
	if (b->p[0] == '\n')
		return true;
	while ((lf = memchr(b->p + *at, '\n', b->n - *at)) != NULL) {
		size_t i = (size_t)(lf - b->p) + 1;

		if (i < b->n && b->p[i] == '\r')
			i++;
		if (i >= b->n)
			return false;
		if (b->p[i] == '\n')
			return true;
		*at = i;
	}
	*at = b->n;
	return false;
}

/* Reads the beginning of the message, with its header. -1: reading failed. */
static int
read_head(struct ms_source *src, struct ms_buf *head, struct ms_err *err)
{
	struct ms_client_state *c = src->client;
	struct ms_slice piece;
	size_t at = 0;
	int rc;

	while (head->n < HEAD_MAX && !has_header(head, &at)) {
		rc = src->format->read(src, &piece, err);
		if (rc < 0)
			return -1;
		if (rc == 0) {
			c->ended = true;
			break;
		}
		ms_buf_add(head, piece.p, piece.n);
	}
	return 0;
}

static void
read_fields(struct ms_source *src, const struct ms_buf *raw)
{
	struct ms_client_state *c = src->client;
	const struct ms_client_driver *d = c->driver;

	ms_buf_clear(&c->head);
	ms_client_fields(d->fields, d->anywhere, d->from && src->file.delivery,
	    ms_buf_slice(raw), &c->head, &c->m);
	if (d->message != NULL)
		d->message(src, &c->m);
	c->m.expunged |= c->deleted;
	if (c->m.expunged && c->with_deleted)
		ms_client_flag(&c->m, "\\Deleted");
}

static void
set_folder(struct ms_source *src)
{
	struct ms_client_state *c = src->client;
	const char *p = (const char *)c->m.folders.p;

	for (size_t i = 0; i < c->folder; i++)
		p += strlen(p) + 1;
	ms_source_folder(src, p);
	ms_source_set_folder(src);
	c->folder++;
}

static void
set_attributes(struct ms_source *src)
{
	struct ms_client_state *c = src->client;
	struct ms_client_message *m = &c->m;

	if (c->account != NULL) {
		ms_envelope_set(&src->env, MS_ATTR_SOURCE, c->account->source);
		ms_envelope_set(&src->env, MS_ATTR_LABEL, c->account->label);
	}
	if (m->flags.n > 0)
		ms_envelope_set(
		    &src->env, MS_ATTR_FLAGS, ms_buf_str(&m->flags));
	if (m->has_date)
		ms_source_set_date(src, MS_RAW_INTERNALDATE, m->date);
	if (m->folder_count > 0)
		set_folder(src);
}

/* Keeps all of the message, which comes again in its other folders. */
static int
keep(struct ms_source *src, struct ms_err *err)
{
	struct ms_client_state *c = src->client;
	struct ms_slice piece;
	uint64_t size = 0;
	int rc;

	ms_spool_clear(&c->spool);
	src->reading = true; /* what is not read here is skipped */
	while ((rc = ms_client_read(src, &piece, err)) > 0) {
		size += piece.n;
		if (size > MS_MESSAGE_MAX)
			return ms_fail(err, MS_DATA, "larger than %llu bytes",
			    (unsigned long long)MS_MESSAGE_MAX);
		if (ms_spool_add(&c->spool, piece.p, piece.n, err) < 0)
			return -1;
	}
	src->reading = rc == 0;
	c->spooled = rc == 0;
	c->spool_given = 0;
	return rc;
}

/* The flags of the file, which stand in its name, come first. */
static void
add_file_flags(struct ms_source *src)
{
	const char *p = ms_buf_str(&src->file.flags);
	char *word;
	size_t n;

	for (; *p != '\0'; p += n + (p[n] != '\0')) {
		n = strcspn(p, " ");
		word = ms_xstrndup(p, n);
		ms_client_flag(&src->client->m, word);
		free(word);
	}
}

int
ms_client_begin(struct ms_source *src, struct ms_err *err)
{
	struct ms_client_state *c = src->client;
	struct ms_buf raw = {0};
	int rc;

	ms_client_message_clear(&c->m);
	ms_buf_clear(&c->head);
	c->head_given = c->folder = 0;
	c->spooled = c->ended = false;
	if (src->format == &ms_source_stream)
		return 1;
	src->reading = false; /* if reading fails, the message ends */
	add_file_flags(src);
	rc = read_head(src, &raw, err);
	if (rc == 0) {
		read_fields(src, &raw);
		set_attributes(src);
	}
	ms_buf_release(&raw);
	if (rc == 0 && c->m.folder_count > 1 && ms_client_left_out(c) == NULL)
		rc = keep(src, err);
	return rc < 0 ? -1 : 1;
}

bool
ms_client_again(struct ms_source *src)
{
	struct ms_client_state *c = src->client;

	if (!c->spooled || c->folder >= c->m.folder_count)
		return false;
	set_folder(src);
	c->spool_given = 0;
	c->fault = NULL;
	c->m.dropped = false;
	return true;
}

int
ms_client_read(
    struct ms_source *src, struct ms_slice *piece, struct ms_err *err)
{
	struct ms_client_state *c = src->client;
	int rc;

	if (c->spooled) {
		rc = ms_spool_read(
		    &c->spool, c->spool_given, &c->room, piece, err);
		if (rc > 0)
			c->spool_given += piece->n;
		return rc;
	}
	if (c->head_given < c->head.n) {
		*piece = (struct ms_slice){
		    c->head.p + c->head_given, c->head.n - c->head_given};
		c->head_given = c->head.n;
		return 1;
	}
	return c->ended ? 0 : src->format->read(src, piece, err);
}

const char *
ms_client_left_out(const struct ms_client_state *c)
{
	if (c->m.internal)
		return "data of the mail server, not a message";
	if (c->m.expunged && !c->with_deleted)
		return "deleted in the client (--with-deleted adds it)";
	return NULL;
}

const char *
ms_client_fault(const struct ms_client_state *c)
{
	if (c->fault == NULL && c->m.dropped)
		return "has more than 500 folders; it is not in the others";
	return c->fault;
}
