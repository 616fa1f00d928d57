/* by-folder.c - gives each message to the user whom its folder names.
 * ms-ingest(1), Users by folder. */
#include "by-folder.h"

#include <stdlib.h>
#include <string.h>

#include "owner.h"
#include "map.h"
#include "run-impl.h"

#define NO_USER "no user has this name or address"

struct owner {
	const char *unknown; /* the user who gets unknown mail; NULL: leave */
	struct ms_buf level; /* of the message */
	struct ms_buf last;  /* of the message before */
	struct ms_buf user;  /* who gets the mail of this level */
	int found;           /* was the user found? -1: there was no message */
	struct ms_buf folder;
	struct ms_map named; /* the levels that were named as unknown */
};

int
owner_new(struct owner **out, struct run *r, struct ms_err *err)
{
	struct owner *o = ms_xcalloc(1, sizeof(*o));

	o->found = -1;
	*out = o;
	return assigner_find_unknown(
	    r->archive, r->opt->assign.unknown, &o->unknown, err);
}

void
owner_free(struct owner *o)
{
	if (o == NULL)
		return;
	ms_buf_release(&o->level);
	ms_buf_release(&o->user);
	ms_buf_release(&o->last);
	ms_buf_release(&o->folder);
	ms_map_release(&o->named);
	free(o);
}

/* Finds the user of o->level, if it is another one than the last. Another
 * process can add users, which counts from the next folder on. */
static int
find(struct run *r, struct ms_err *err)
{
	struct owner *o = r->owner;
	bool same = o->found >= 0 && o->last.n == o->level.n &&
		    memcmp(ms_buf_str(&o->last), ms_buf_str(&o->level),
			o->level.n) == 0;

	if (same)
		return o->found;
	o->found =
	    ms_owner_find(r->archive, ms_buf_str(&o->level), &o->user, err);
	ms_buf_clear(&o->last);
	ms_buf_add(&o->last, o->level.p, o->level.n);
	if (o->found == 0 && r->opt->create_user &&
	    ms_user_name_ok(ms_buf_str(&o->level))) {
		ms_buf_add(&o->user, o->level.p, o->level.n);
		o->found = 1;
	}
	if (o->found == 0 && o->unknown != NULL)
		ms_buf_add_str(&o->user, o->unknown);
	return o->found;
}

/* Names a level that is no user, once. */
static void
name_unknown(struct run *r)
{
	struct owner *o = r->owner;
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(o->level.p, o->level.n, digest);
	if (ms_map_add(&o->named, digest, 0, NULL))
		return;
	pthread_mutex_lock(&r->lock);
	ms_report_note(r->report, "folder %.200s: " NO_USER "; %s%s",
	    ms_buf_str(&o->level),
	    o->unknown != NULL ? "its mail goes to " : "its mail is left out",
	    o->unknown != NULL ? o->unknown : "");
	pthread_mutex_unlock(&r->lock);
}

static void
leave(struct run *r, const struct ms_arrival *m)
{
	struct ms_tally *t;

	pthread_mutex_lock(&r->lock);
	t = ms_report_tally(
	    r->report, "", MS_SOURCE_LOCAL, m->env.value[MS_ATTR_FOLDER]);
	t->seen++;
	t->left_out++;
	ms_report_left_out(r->report, m->where, NO_USER);
	pthread_mutex_unlock(&r->lock);
}

/* Sets the folder, below that of -d. */
static void
set_folder(struct run *r, struct ms_arrival *m, const char *rest)
{
	const char *into = r->opt->source.into;
	struct ms_buf *folder = &r->owner->folder;

	ms_buf_clear(folder);
	if (into != NULL)
		ms_buf_add_str(folder, into);
	if (folder->n > 0 && *rest != '\0')
		ms_buf_add_byte(folder, '/');
	ms_buf_add_str(folder, rest);
	if (folder->n == 0)
		ms_buf_add_str(folder, "INBOX");
	m->env.value[MS_ATTR_FOLDER] = ms_buf_str(folder);
}

int
owner_apply(struct run *r, struct ms_arrival *m, struct ms_err *err)
{
	struct owner *o = r->owner;
	const char *whole = m->env.value[MS_ATTR_FOLDER], *rest;
	int rc;

	if (m->env.value[MS_ATTR_USER] != NULL)
		return 1;
	rest = ms_owner_split(whole, &o->level);
	rc = find(r, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		name_unknown(r);
	if (rc == 0 && o->unknown == NULL) {
		leave(r, m);
		return 0;
	}
	m->env.value[MS_ATTR_USER] = ms_buf_str(&o->user);
	set_folder(r, m, rc == 1 ? rest : whole);
	return 1;
}
