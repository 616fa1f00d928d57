/* output.c - messages and references in the stream. ms-stream(5). */
#include "run.h"
#include "time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct output {
	struct run *r;
	struct ms_stream_writer *out;
	struct ms_envelope env;
	/* the message that is being written */
	struct box *box;
	uint32_t uid;
	uint64_t bytes;
	struct ms_message_hasher *wire; /* for its id, if it has labels */
	struct ms_buf labels;           /* folders, each with a newline */
	bool fresh;   /* something was written since output_rest() */
	bool refused; /* it can't be written; what comes of it is dropped */
};

struct output *
output_new(struct run *r, struct ms_stream_writer *out)
{
	struct output *o = ms_xcalloc(1, sizeof(*o));

	o->r = r;
	o->out = out;
	if (r->opt->user != NULL)
		ms_envelope_set(&o->env, MS_ATTR_USER, r->opt->user);
	ms_envelope_set(&o->env, MS_ATTR_SOURCE, r->source);
	return o;
}

void
output_free(struct output *o)
{
	if (o == NULL)
		return;
	ms_envelope_clear(&o->env);
	ms_message_hasher_free(o->wire);
	ms_buf_release(&o->labels);
	free(o);
}

bool
output_busy(const struct output *o)
{
	return o->box != NULL;
}

static void
describe(struct output *o, const struct box *b, const struct sight *s)
{
	char text[32];

	ms_envelope_set(&o->env, MS_ATTR_FOLDER, b->name);
	ms_envelope_set(&o->env, MS_ATTR_UID, box_place(b, s->uid, text));
	ms_envelope_set(&o->env, MS_ATTR_FLAGS,
	    (s->has & HAS_FLAGS) != 0 ? s->flags : NULL);
	if ((s->has & HAS_DATE) != 0)
		ms_time_format(s->date, text);
	ms_envelope_set(
	    &o->env, MS_ATTR_DATE, (s->has & HAS_DATE) != 0 ? text : NULL);
	ms_envelope_set(&o->env, MS_ATTR_SPECIAL,
	    (b->uses & MS_USE_SENT) != 0 ? "\\Sent" : NULL);
	ms_envelope_set(&o->env, MS_ATTR_REF, NULL);
	ms_envelope_set(&o->env, MS_ATTR_MOVED_FROM, NULL);
}

static void
remark(struct output *o, const struct box *b, const struct sight *s)
{
	if ((s->has & HAS_SIZE) != 0 && s->size != s->bytes)
		ms_report_note(o->r->report,
		    "%s, UID %" PRIu32 ": the server says %" PRIu64
		    " bytes and sends %" PRIu64,
		    b->name, s->uid, s->size, s->bytes);
	if ((s->has & FLAGS_CUT) != 0)
		ms_report_note(o->r->report,
		    "%s, UID %" PRIu32 ": too many flags, some left out",
		    b->name, s->uid);
}

static void
add_label(void *ctx, size_t i)
{
	struct output *o = ctx;

	ms_buf_add_str(&o->labels, o->r->folders[i].name);
	ms_buf_add_byte(&o->labels, '\n');
}

/*
 * A message of All Mail: the folders that it is in by its labels, as far as
 * they are read. false: it is in folders that are left out, and in no other.
 */
static bool
take_labels(struct output *o, const struct box *b, const struct sight *s,
    const char **why)
{
	ms_buf_clear(&o->labels);
	if (!b->labels || *s->labels == '\0')
		return true;
	return ms_folders_labels(o->r->folders, o->r->verdicts,
	    o->r->folder_count, s->labels, add_label, o, why);
}

int
output_begin(
    struct output *o, struct box *b, const struct sight *s, struct ms_err *err)
{
	struct ms_err why = {0};
	const char *rule = "";

	o->box = b;
	o->uid = s->uid;
	o->bytes = 0;
	o->refused = false;
	o->fresh = true;
	describe(o, b, s);
	remark(o, b, s);
	if (!take_labels(o, b, s, &rule)) {
		o->refused = true;
		run_left_out(o->r, b, s->uid, rule);
		return 0;
	}
	if (o->labels.n > 0 && o->wire == NULL)
		o->wire = ms_message_hasher_new();
	if (ms_stream_begin(o->out, &o->env, &why) == 0)
		return 0;
	if (why.code != MS_DATA) {
		*err = why;
		return -1;
	}
	o->refused = true;
	run_failed(o->r, b, s->uid, why.msg);
	return 0;
}

int
output_data(
    struct output *o, const unsigned char *p, size_t n, struct ms_err *err)
{
	o->bytes += n;
	if (o->refused)
		return 0;
	if (o->labels.n > 0)
		ms_message_hasher_add(o->wire, p, n);
	return ms_stream_data(o->out, p, n, err);
}

int
output_rest(struct output *o, struct ms_err *err)
{
	if (o->box != NULL || !o->fresh)
		return 0;
	o->fresh = false;
	return ms_stream_idle(o->out, err);
}

/* The message lies in the folders of its labels too: the same id there. */
static int
write_labels(struct output *o, struct ms_err *err)
{
	struct ms_identity identity;
	char hex[MS_SHA_HEX + 1], *label, *next;
	struct ms_err why = {0};
	int rc = 0;

	ms_message_hasher_end(o->wire, &identity);
	ms_hex(identity.id, MS_SHA_LEN, hex);
	ms_envelope_set(&o->env, MS_ATTR_UID, NULL);
	ms_envelope_set(&o->env, MS_ATTR_REF, hex);
	for (label = ms_buf_str(&o->labels); rc == 0 && *label != '\0';
	     label = next) {
		next = strchrnul(label, '\n');
		if (*next == '\n')
			*next++ = '\0';
		if (strcmp(label, o->box->name) == 0)
			continue;
		ms_envelope_set(&o->env, MS_ATTR_FOLDER, label);
		rc = ms_stream_begin(o->out, &o->env, &why);
		if (rc < 0 && why.code == MS_DATA) {
			run_failed(o->r, o->box, o->uid, why.msg);
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = ms_stream_end(o->out, &why);
		o->r->t->messages += rc == 0;
	}
	if (rc < 0)
		*err = why;
	return rc;
}

static void
done(struct output *o)
{
	if (o->wire != NULL) /* what was not asked for its id begins anew */
		ms_message_hasher_end(o->wire, &(struct ms_identity){0});
	ms_buf_clear(&o->labels);
	o->box = NULL;
}

int
output_end(struct output *o, struct ms_err *err)
{
	int rc = 0;

	if (!o->refused) {
		rc = ms_stream_end(o->out, err);
		if (rc == 0) {
			o->r->t->messages++;
			o->box->tally->new ++;
			o->r->bytes += o->bytes;
			o->r->messages++;
			rc = 1;
		}
		if (rc == 1 && o->labels.n > 0 && write_labels(o, err) < 0)
			rc = -1;
	}
	done(o);
	return rc;
}

int
output_void(struct output *o, const char *reason, struct ms_err *err)
{
	int rc = 0;

	if (!o->refused)
		rc = ms_stream_cancel(o->out, reason, err);
	done(o);
	return rc;
}

int
output_reference(struct output *o, struct box *b, const struct sight *s,
    const unsigned char id[MS_SHA_LEN], const char *moved_from,
    struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];
	struct ms_err why = {0};

	o->fresh = true;
	describe(o, b, s);
	ms_hex(id, MS_SHA_LEN, hex);
	ms_envelope_set(&o->env, MS_ATTR_REF, hex);
	ms_envelope_set(&o->env, MS_ATTR_MOVED_FROM, moved_from);
	if (ms_stream_begin(o->out, &o->env, &why) < 0) {
		if (why.code != MS_DATA) {
			*err = why;
			return -1;
		}
		run_failed(o->r, b, s->uid, why.msg);
		return 0;
	}
	if (ms_stream_end(o->out, err) < 0)
		return -1;
	o->r->t->messages++;
	b->tally->known++;
	return 0;
}
