/*
 * delete.c - the deletion of archived messages at the source: requests and
 * their answers. ms-fetch(1), Deleting. lib/sync/expunge.c has the rules.
 */
#include "delete.h"

#include <stdio.h>

#include "account.h"

int
delete_request(struct run *r, struct worker *w, struct ms_err *err)
{
	struct task *t = &w->task;
	struct ms_mailbox_state *m = &t->folder->mailbox;
	struct ms_buf proofs = {0};
	struct ms_proof proof;
	struct ms_err why;
	size_t i, n = 0;
	int rc = 0;

	for (i = 0; i < t->n; i++) {
		why = (struct ms_err){0};
		if (ms_expunge_read_back(
			r->expunge, m, t->uid[i], &proof, &why) < 0) {
			ms_context(&why,
			    "not deleted: the archive's copy cannot be read");
			account_failed(r, t->folder, t->uid[i], why.msg);
			continue;
		}
		ms_buf_add(&proofs, &proof, sizeof(proof));
		t->uid[n++] = t->uid[i];
	}
	t->n = t->left = n;
	ms_expunge_distrust(r->expunge, (struct ms_proof *)(void *)proofs.p, n);
	if (n > 0 && !r->opt->dry_run)
		rc = ms_expunge_begin(r->expunge, m, t->uid, n, err);
	if (n > 0 && rc == 0)
		pool_send(
		    w, &(struct ipc_message){.type = ASK_DELETE,
			   .raw = t->folder->raw,
			   .uidvalidity = m->uidvalidity,
			   .uids = {t->uid, n},
			   .proofs = {(struct ms_proof *)(void *)proofs.p, n},
			   .dry_run = r->opt->dry_run});
	ms_buf_release(&proofs);
	return rc < 0 ? -1 : n == 0;
}

void
delete_done(struct run *r, struct folder *f, uint32_t uid)
{
	struct ms_buf where = {0};

	if (r->opt->dry_run)
		printf("%s\n", account_where(&where, f, uid));
	else
		ms_expunge_deleted(r->expunge, uid);
	f->tally->deleted++;
	ms_buf_release(&where);
}

void
delete_failed(struct run *r, struct folder *f, uint32_t uid, const char *reason)
{
	struct ms_buf why = {0};

	ms_buf_printf(&why, "not deleted: %s", reason);
	account_failed(r, f, uid, ms_buf_str(&why));
	ms_buf_release(&why);
}
