/* output.c - writes messages and references to the stream. ms-stream(5). */
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "time.h"

struct output {
	struct run *r;
	struct ms_stream_writer *out;
	struct ms_envelope env;
	struct folder *folder; /* of the message that is being written; NULL */
	uint32_t uid;
	uint64_t bytes;
	struct ms_message_hasher *hasher; /* for its id, if it has labels */
	struct ms_buf labels;             /* folders, each with a newline */
	bool written; /* something was, since output_idle() */
	bool refused; /* the message cannot be written; its bytes are dropped */
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
	ms_envelope_release(&o->env);
	ms_message_hasher_free(o->hasher);
	ms_buf_release(&o->labels);
	free(o);
}

bool
output_busy(const struct output *o)
{
	return o->folder != NULL;
}

static void
describe(
    struct output *o, const struct folder *f, const struct ms_msg_info *info)
{
	char text[32];

	ms_envelope_set(&o->env, MS_ATTR_FOLDER, f->mailbox.name);
	ms_envelope_set(&o->env, MS_ATTR_UID,
	    ms_mailbox_place(&f->mailbox, info->uid, text));
	ms_envelope_set(&o->env, MS_ATTR_FLAGS,
	    (info->has & MS_HAS_FLAGS) != 0 ? info->flags : NULL);
	if ((info->has & MS_HAS_DATE) != 0)
		ms_time_format(info->date, text);
	ms_envelope_set(&o->env, MS_ATTR_DATE,
	    (info->has & MS_HAS_DATE) != 0 ? text : NULL);
	ms_envelope_set(&o->env, MS_ATTR_SPECIAL,
	    (f->uses & MS_USE_SENT) != 0 ? "\\Sent" : NULL);
	ms_envelope_set(&o->env, MS_ATTR_REF, NULL);
	ms_envelope_set(&o->env, MS_ATTR_MOVED_FROM, NULL);
}

static void
remark(struct output *o, const struct folder *f, const struct ms_msg_info *info)
{
	struct ms_buf where = {0};

	if ((info->has & MS_HAS_SIZE) != 0 && info->size != info->bytes)
		ms_report_note(o->r->report,
		    "%s: the server says %" PRIu64 " bytes and sends %" PRIu64,
		    account_where(&where, f, info->uid), info->size,
		    info->bytes);
	if ((info->has & MS_HAS_FLAGS_CUT) != 0)
		ms_report_note(o->r->report,
		    "%s: too many flags; some are left out",
		    account_where(&where, f, info->uid));
	ms_buf_release(&where);
}

static void
add_label(void *ctx, size_t i)
{
	struct output *o = ctx;

	ms_buf_add_str(&o->labels, o->r->listed[i].name);
	ms_buf_add_byte(&o->labels, '\n');
}

/*
 * Gmail: finds the folders of a message of All Mail, by its labels. Returns
 * false if the message is in folders that are left out and in no other.
 */
static bool
find_labels(struct output *o, const struct folder *f,
    const struct ms_msg_info *info, const char **why)
{
	ms_buf_clear(&o->labels);
	if (!f->labels || *info->labels == '\0')
		return true;
	return ms_folders_labels(o->r->listed, o->r->verdicts,
	    o->r->listed_count, info->labels, add_label, o, why);
}

int
output_begin(struct output *o, struct folder *f, const struct ms_msg_info *info,
    struct ms_err *err)
{
	struct ms_err why = {0};
	const char *rule = "";

	o->folder = f;
	o->uid = info->uid;
	o->bytes = 0;
	o->refused = false;
	o->written = true;
	describe(o, f, info);
	remark(o, f, info);
	if (!find_labels(o, f, info, &rule)) {
		o->refused = true;
		account_left_out(o->r, f, info->uid, rule);
		return 0;
	}
	if (o->labels.n > 0 && o->hasher == NULL)
		o->hasher = ms_message_hasher_new();
	if (ms_stream_begin(o->out, &o->env, &why) == 0)
		return 0;
	if (why.code != MS_DATA) {
		*err = why;
		return -1;
	}
	o->refused = true;
	account_failed(o->r, f, info->uid, why.msg);
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
		ms_message_hasher_add(o->hasher, p, n);
	return ms_stream_data(o->out, p, n, err);
}

int
output_idle(struct output *o, struct ms_err *err)
{
	if (o->folder != NULL || !o->written)
		return 0;
	o->written = false;
	return ms_stream_idle(o->out, err);
}

/* Writes a reference to the message for each folder of its labels. */
static int
write_labels(struct output *o, struct ms_err *err)
{
	struct ms_identity identity;
	char hex[MS_SHA_HEX + 1], *label, *next;
	struct ms_err why = {0};
	int rc = 0;

	ms_message_hasher_end(o->hasher, &identity);
	ms_hex(identity.id, MS_SHA_LEN, hex);
	ms_envelope_set(&o->env, MS_ATTR_UID, NULL);
	ms_envelope_set(&o->env, MS_ATTR_REF, hex);
	for (label = ms_buf_str(&o->labels); rc == 0 && *label != '\0';
	     label = next) {
		next = strchrnul(label, '\n');
		if (*next == '\n')
			*next++ = '\0';
		if (strcmp(label, o->folder->mailbox.name) == 0)
			continue;
		ms_envelope_set(&o->env, MS_ATTR_FOLDER, label);
		rc = ms_stream_begin(o->out, &o->env, &why);
		if (rc < 0 && why.code == MS_DATA) {
			account_failed(o->r, o->folder, o->uid, why.msg);
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = ms_stream_end(o->out, &why);
		o->r->trailer->messages += rc == 0;
	}
	if (rc < 0)
		*err = why;
	return rc;
}

static void
finish(struct output *o)
{
	if (o->hasher != NULL) /* of a cancelled message: begin again */
		ms_message_hasher_end(o->hasher, &(struct ms_identity){0});
	ms_buf_clear(&o->labels);
	o->folder = NULL;
}

int
output_end(struct output *o, struct ms_err *err)
{
	int rc = 0;

	if (!o->refused) {
		rc = ms_stream_end(o->out, err);
		if (rc == 0) {
			o->r->trailer->messages++;
			o->folder->tally->new ++;
			o->r->bytes += o->bytes;
			o->r->messages++;
			rc = 1;
		}
		if (rc == 1 && o->labels.n > 0 && write_labels(o, err) < 0)
			rc = -1;
	}
	finish(o);
	return rc;
}

int
output_cancel(struct output *o, const char *reason, struct ms_err *err)
{
	int rc = 0;

	if (!o->refused)
		rc = ms_stream_cancel(o->out, reason, err);
	finish(o);
	return rc;
}

int
output_reference(struct output *o, struct folder *f,
    const struct ms_msg_info *info, const unsigned char id[MS_SHA_LEN],
    const char *moved_from, struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];
	struct ms_err why = {0};

	o->written = true;
	describe(o, f, info);
	ms_hex(id, MS_SHA_LEN, hex);
	ms_envelope_set(&o->env, MS_ATTR_REF, hex);
	ms_envelope_set(&o->env, MS_ATTR_MOVED_FROM, moved_from);
	if (ms_stream_begin(o->out, &o->env, &why) < 0) {
		if (why.code != MS_DATA) {
			*err = why;
			return -1;
		}
		account_failed(o->r, f, info->uid, why.msg);
		return 0;
	}
	if (ms_stream_end(o->out, err) < 0)
		return -1;
	o->r->trailer->messages++;
	f->tally->known++;
	return 0;
}
