/* output.c - writes messages and references to the stream. ms-stream(5). */
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "short-body.h"
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
	struct ms_buf short_reason;       /* empty: the body is not short */
	const struct folder *odd_flags;   /* the last one with a remark */
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
	ms_buf_release(&o->short_reason);
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
	ms_envelope_set(&o->env, MS_ATTR_EMAIL_ID, NULL);
	ms_envelope_set(&o->env, MS_ATTR_MOVED_FROM, NULL);
	free(o->env.other);
	o->env.other = NULL;
}

/* A short body is written, but not under the place of the message, and the
 * message has failed. */
static int
describe_short(struct output *o, struct folder *f,
    const struct ms_msg_info *info, struct ms_err *err)
{
	struct ms_buf place = {0}, other = {0};
	int runs;

	ms_buf_clear(&o->short_reason);
	if (!ms_body_is_short(info))
		return 0;
	runs = ms_short_runs(
	    ms_lookup_archive(o->r->lookup), &f->mailbox, info, &place, err);
	if (runs > 0) {
		ms_envelope_set(&o->env, MS_ATTR_UID,
		    place.n > 0 ? ms_buf_str(&place) : NULL);
		ms_buf_printf(&other, "short=\"%" PRIu64 "\"", info->size);
		o->env.other = ms_xstrdup(ms_buf_str(&other));
		ms_buf_printf(&o->short_reason,
		    "short: the server says %" PRIu64
		    " bytes and sends %" PRIu64 " (run %d of %d)",
		    info->size, info->bytes, runs, MS_SHORT_RUNS);
	}
	ms_buf_release(&place);
	ms_buf_release(&other);
	return runs < 0 ? -1 : 0;
}

/* The EMAILID of a message, which a reference has not: its body was not read.
 */
static void
describe_email_id(struct output *o, const struct ms_msg_info *info)
{
	struct ms_buf text = {0};

	ms_expunge_email_id(info, &text);
	ms_envelope_set(
	    &o->env, MS_ATTR_EMAIL_ID, text.n > 0 ? ms_buf_str(&text) : NULL);
	ms_buf_release(&text);
}

static void
remark(struct output *o, const struct folder *f, const struct ms_msg_info *info)
{
	struct ms_buf where = {0}, text = {0};

	ms_buf_printf(&text,
	    "the server says %" PRIu64 " bytes and sends %" PRIu64, info->size,
	    info->bytes);
	if ((info->has & MS_HAS_SIZE) != 0 && info->size != info->bytes &&
	    o->short_reason.n == 0)
		ms_report_remark(o->r->report,
		    account_where(&where, f, info->uid), ms_buf_str(&text));
	if ((info->has & MS_HAS_FLAGS_CUT) != 0)
		ms_report_remark(o->r->report,
		    account_where(&where, f, info->uid),
		    "too many flags; some are left out");
	if (strstr(info->flags, "\\x") != NULL && o->odd_flags != f) {
		o->odd_flags = f;
		ms_report_remark(o->r->report,
		    account_where(&where, f, info->uid),
		    "bytes of flags that are not UTF-8 text are written as "
		    "\\xE9");
	}
	ms_buf_release(&where);
	ms_buf_release(&text);
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
	if (describe_short(o, f, info, err) < 0)
		return -1;
	describe_email_id(o, info);
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

void
output_progress(struct output *o, const struct ms_progress *p)
{
	/* An error shows at the next message. */
	if (o->folder == NULL)
		(void)ms_stream_progress(o->out, p, NULL);
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
	ms_envelope_set(&o->env, MS_ATTR_EMAIL_ID, NULL);
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
			if (o->short_reason.n > 0)
				account_failed(o->r, o->folder, o->uid,
				    ms_buf_str(&o->short_reason));
			else
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

	if (!o->refused) {
		rc = ms_stream_cancel(o->out, reason, err);
		account_failed(o->r, o->folder, o->uid, reason);
	}
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
