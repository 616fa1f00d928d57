/* expand.c - ms-export --expand-tnef: messages with the parts of winmail.dat.
 * ms-export(1), Winmail.dat. */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "message-hasher.h"

int
export_expand_open(struct export_run *r, struct ms_err *err)
{
	if (ms_report_sandbox(r->report, MS_SANDBOX_PARSE, err) < 0 ||
	    ms_expander_open(&r->expander, err) < 0)
		return -1;
	/* What the system lacks was named. */
	*err = (struct ms_err){0};
	return 0;
}

/* A part that stays as it is, in a message that is exported. */
static void
report_failed(struct export_run *r, const struct export_choice *c,
    const struct ms_expansion *x, const char *hex)
{
	char why[sizeof(x->why.msg) + 64];

	snprintf(
	    why, sizeof(why), "winmail.dat is kept as it is: %s", x->why.msg);
	ms_report_failed(r->report, hex, why);
	export_tally(r, c)->failed += x->failed;
	r->sum.failed += x->failed;
	if (r->sum.status == 0)
		r->sum.status = MS_STATUS_SOME;
}

static void
report(struct export_run *r, const struct export_choice *c,
    const struct ms_expansion *x)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(c->row.id, MS_SHA_LEN, hex);
	if (x->sealed > 0)
		ms_report_remark(r->report, hex,
		    "winmail.dat is kept as it is, because it is signed");
	if (x->failed > 0)
		report_failed(r, c, x, hex);
}

static int
hash(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_message_hasher_add(ctx, p, n);
	return 0;
}

/* The id of the message as it is written; a stream refers to it. */
static int
set_id(struct export_run *r, struct ms_out_message *m, struct ms_err *err)
{
	struct ms_message_hasher *h = ms_message_hasher_new();
	struct ms_identity id;
	int rc = ms_expander_emit(r->expander, hash, h, err);

	ms_message_hasher_end(h, &id);
	ms_message_hasher_free(h);
	memcpy(r->id, id.id, sizeof(r->id));
	m->id = r->id;
	return rc;
}

int
export_expand(struct export_run *r, const struct export_choice *c,
    struct ms_out_message *m, struct ms_err *err)
{
	struct ms_expansion x;
	int rc;

	if (c->damage.code != MS_OK)
		return 0;
	ms_expander_clear(r->expander);
	if (c->loaded)
		rc = ms_expander_add(r->expander, c->bytes.p, c->bytes.n, err);
	else
		rc = ms_archive_emit(r->archive, c->row.message, c->row.id,
		    export_form(r->eol, &c->row), ms_expander_add, r->expander,
		    err);
	if (rc < 0 || ms_expander_end(r->expander, &x, err) < 0)
		return -1;
	report(r, c, &x);
	return x.replaced > 0 ? set_id(r, m, err) : 0;
}
