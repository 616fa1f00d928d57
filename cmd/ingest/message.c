/* message.c - adds one message of an input to the archive, for ms-ingest(1). */
#include "receipt.h"

#include <string.h>

#include "assign.h"
#include "stop.h"
#include "time.h"
#include "utf8.h"

/* Appends the attributes of the envelope that an occurrence has no field for. A
 * move has a record of its own. */
static void
other_attributes(const struct ms_envelope *env, struct ms_buf *out)
{
	static const char field[] = "MS-Envelope: ";
	struct ms_envelope some = {.other = env->other};

	some.value[MS_ATTR_SPECIAL] = env->value[MS_ATTR_SPECIAL];
	if (some.other == NULL && some.value[MS_ATTR_SPECIAL] == NULL)
		return;
	if (ms_envelope_write(out, &some, NULL) < 0)
		return;
	out->n--; /* the line end */
	memmove(out->p, out->p + sizeof(field) - 1, out->n - sizeof(field) + 1);
	out->n -= sizeof(field) - 1;
}

bool
run_name_ok(const char *s, size_t max)
{
	return s == NULL ||
	       (strlen(s) <= max &&
		   ms_utf8_valid((const unsigned char *)s, strlen(s)));
}

/* Returns the destination of a message, or NULL with err set. */
static struct ms_dest *
destination(struct run *r, const struct ms_arrival *m, struct ms_err *err)
{
	const struct ms_envelope *env = &m->env;
	const char *user = env->value[MS_ATTR_USER];
	const char *source = env->value[MS_ATTR_SOURCE];
	const char *label = r->opt->label;

	if (user == NULL || r->opt->user != NULL)
		user = r->user;
	if (source == NULL)
		source = MS_SOURCE_LOCAL;
	if (label == NULL)
		label = env->value[MS_ATTR_LABEL];
	if (!ms_user_name_ok(user)) {
		ms_fail(err, MS_DATA, "'%.64s' is not a user name", user);
		return NULL;
	}
	if (!run_name_ok(source, MS_SOURCE_MAX) ||
	    !run_name_ok(env->value[MS_ATTR_FOLDER], MS_FOLDER_MAX) ||
	    !run_name_ok(label, MS_FOLDER_MAX)) {
		ms_fail(err, MS_DATA,
		    "source, folder or label: too long, or not UTF-8");
		return NULL;
	}
	if (r->dry != NULL) {
		r->dry_dest.user = (char *)user;
		r->dry_dest.source = (char *)source;
		r->dry_dest.folder = env->value[MS_ATTR_FOLDER];
		return &r->dry_dest;
	}
	return ms_ingest_dest(r->ingest, user, source,
	    env->value[MS_ATTR_FOLDER], label,
	    r->opt->create_user || strcmp(user, MS_MULTIDROP) == 0 ||
		(r->owner != NULL && strcmp(user, MS_CATCHALL) == 0));
}

/* Fills where another archive shows the message; -u names its user anyway. */
static void
set_shown(struct ms_spec *spec, const struct ms_envelope *env, const char *user)
{
	const char *shown = env->value[MS_ATTR_SHOWN];

	if (shown == NULL || *shown == '\0' ||
	    !run_name_ok(shown, MS_FOLDER_MAX))
		return;
	spec->shown = shown;
	if (user == NULL)
		spec->shown_user = env->value[MS_ATTR_SHOWN_USER];
}

void
run_distrust(struct ms_envelope *env)
{
	static const int dropped[] = {MS_ATTR_USER, MS_ATTR_SOURCE, MS_ATTR_UID,
	    MS_ATTR_EMAIL_ID, MS_ATTR_MOVED_FROM, MS_ATTR_MOVED_AT,
	    MS_ATTR_MOVED_AWAY, MS_ATTR_MOVED_PLACES, MS_ATTR_SHOWN,
	    MS_ATTR_SHOWN_USER};

	const char *source = env->value[MS_ATTR_SOURCE];
	bool local = source != NULL && ms_source_is_local(source);

	/* The name of a part of a store says nothing about other sources. */
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (dropped[i] != MS_ATTR_SOURCE || !local)
			env->value[dropped[i]] = NULL;
}

/* Fills what the envelope says of a move. Without a time, the move is one that
 * was just seen. */
static void
set_moves(struct ms_spec *spec, const struct ms_envelope *env)
{
	const char *at = env->value[MS_ATTR_MOVED_AT];

	spec->from = env->value[MS_ATTR_MOVED_FROM];
	spec->gone = env->value[MS_ATTR_MOVED_AWAY] != NULL;
	if (at != NULL && ms_time_parse(at, &spec->moved_at))
		spec->left = env->value[MS_ATTR_MOVED_PLACES];
}

int
run_add_message(struct run *r, struct ms_source *src,
    const struct ms_arrival *m, uint64_t *whole, struct ms_err *err)
{
	const struct ms_envelope *env = &m->env;
	struct ms_spec spec = {.place = env->value[MS_ATTR_UID],
	    .flags = env->value[MS_ATTR_FLAGS],
	    .email_id = env->value[MS_ATTR_EMAIL_ID],
	    .where = m->where,
	    .raw = m->raw};
	const char *ref = env->value[MS_ATTR_REF];
	unsigned char id[MS_SHA_LEN];
	struct ms_buf other = {0};
	struct ms_err why = {0};
	int rc = 0;

	set_moves(&spec, env);
	set_shown(&spec, env, r->opt->user);
	spec.dest = destination(r, m, &why);
	if (spec.dest == NULL) {
		run_add_failed(r, NULL, m->where, why.msg);
		return 0;
	}
	if (ref != NULL && r->untrusted) {
		run_add_failed(r, spec.dest, m->where,
		    "ref: not in a stream that is not trusted");
		return 0;
	}
	if (ref != NULL &&
	    ms_unhex(ms_slice_str(ref), id, MS_SHA_LEN) != MS_SHA_LEN) {
		run_add_failed(r, spec.dest, m->where, "ref: not an id");
		return 0;
	}
	if (ref != NULL && r->assigner != NULL && r->dry != NULL)
		return run_count_known(r, m->where, whole);
	if (r->dry != NULL && ref != NULL)
		return run_count_reference(r, id, m->where, whole, err);
	if (ref != NULL && r->assigner != NULL) {
		++*whole;
		return ms_ingest_receipt_again(r->ingest, &spec, id, err);
	}
	if (r->assigner != NULL)
		return assigner_message(r, src, m, spec.dest, whole, err);
	if (r->dry != NULL)
		return run_count_message(
		    r, src, (struct ms_slice){0}, m->where, whole, err);
	other_attributes(env, &other);
	spec.other = other.n > 0 ? ms_buf_str(&other) : NULL;
	if (ref != NULL) {
		++*whole;
		rc = ms_ingest_reference(r->ingest, &spec, id, err);
		goto out;
	}
	rc = ms_ingest_begin(r->ingest, &spec, err);
	if (rc == 0)
		rc = run_feed(r, src, (struct ms_slice){0}, spec.dest, m->where,
		    whole, err);
out:
	ms_buf_release(&other);
	return rc;
}
