/*
 * plan.c - which messages of a surveyed folder are known, must be looked at,
 * are fetched or left out. ms-fetch(1), What is already there.
 */
#include "sync.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

void
ms_sync_plan_release(struct ms_sync_plan *plan)
{
	size_t i;

	for (i = 0; i < MS_SYNC_REASONS; i++)
		ms_uid_list_release(&plan->left_out[i].uids);
	ms_uid_list_release(&plan->shorts);
	free(plan->removed);
	*plan = (struct ms_sync_plan){0};
}

static void
leave_out(struct ms_sync_plan *plan, uint32_t uid, const char *reason)
{
	struct ms_left_out *l = plan->left_out;

	while (l->reason != NULL && strcmp(l->reason, reason) != 0)
		l++;
	assert(l < plan->left_out + MS_SYNC_REASONS);
	l->reason = reason;
	(void)ms_uid_list_add(&l->uids, uid, SIZE_MAX);
}

static void
leave_removed(
    struct ms_sync_plan *plan, const struct ms_mailbox_state *m, size_t i)
{
	if (plan->removed == NULL)
		plan->removed = ms_xcalloc(m->uids.n, sizeof(*plan->removed));
	plan->removed[plan->removed_count++] =
	    (struct ms_sync_removed){m->uids.v[i], m->removed[i]};
}

static void
plan_new(const struct ms_sync_rules *rules, struct ms_mailbox_state *m,
    uint32_t uid, bool heads, struct ms_sync_plan *plan)
{
	bool all = ms_choice_all(rules->choice);
	bool look =
	    heads ||
	    !(all || (rules->search_is_exact && ms_uid_list_has(&m->met, uid)));

	if (!all && ms_uid_list_has(&m->unmet, uid))
		leave_out(plan, uid, "not chosen");
	else
		ms_queue_add(
		    &m->queue[look ? MS_STAGE_LOOK : MS_STAGE_FETCH], uid);
}

static void
plan_fetch(const struct ms_sync_rules *rules, struct ms_mailbox_state *m,
    bool heads, struct ms_sync_plan *plan)
{
	size_t i;

	for (i = 0; i < m->uids.n; i++) {
		if (ms_mailbox_was_seen(m, i))
			continue;
		plan->seen++;
		if (m->occurrence[i] != 0 && m->removed[i] != 0)
			leave_removed(plan, m, i);
		else if (m->occurrence[i] != 0)
			plan->known++;
		else
			plan_new(rules, m, m->uids.v[i], heads, plan);
	}
}

/* Only a message that the archive has at the same place can be deleted. */
static void
plan_delete(const struct ms_sync_rules *rules, struct ms_mailbox_state *m,
    struct ms_sync_plan *plan)
{
	const char *unknown = "not archived";
	size_t i;

	if (plan->uids_reused)
		unknown = "the server's UIDs name other messages than in the "
			  "archive: fetch the folder again";
	else if (plan->renumbered)
		unknown = "not archived under this UIDVALIDITY: fetch the "
			  "folder again";
	plan->seen = m->uids.n;
	for (i = 0; i < m->uids.n; i++)
		if (m->occurrence[i] == 0)
			leave_out(plan, m->uids.v[i], unknown);
		else if (m->removed[i] != 0)
			leave_removed(plan, m, i);
		else if (!rules->force_short &&
			 ms_uid_list_has(&m->shorts, m->uids.v[i]))
			leave_out(plan, m->uids.v[i],
			    "the archive has a short body (--force-short)");
		else
			ms_queue_add(&m->queue[MS_STAGE_LOOK], m->uids.v[i]);
}

/* Is the whole folder unknown, because it has another UIDVALIDITY? */
static int
see_renumbering(struct ms_lookup *l, const struct ms_mailbox_state *m,
    struct ms_sync_plan *plan, struct ms_err *err)
{
	size_t i;
	int got;

	for (i = 0; i < m->uids.n; i++)
		if (m->occurrence[i] != 0)
			return 0;
	got = m->uids.n > 0 && !plan->uids_reused
		  ? ms_lookup_was_renumbered(l, m, err)
		  : 0;
	plan->renumbered = got == 1;
	return got < 0 ? -1 : 0;
}

/* m->occurrence is certain. */
static int
plan_folder(const struct ms_sync_rules *rules, struct ms_lookup *l,
    struct ms_mailbox_state *m, struct ms_sync_plan *plan, struct ms_err *err)
{
	bool heads = false, any_new = false;
	size_t i;

	ms_lookup_confirm(l, m);
	if (ms_lookup_removed(l, m, err) < 0)
		return -1;
	if (see_renumbering(l, m, plan, err) < 0)
		return -1;
	for (i = 0; i < m->uids.n && !any_new; i++)
		any_new = m->occurrence[i] == 0 && !ms_mailbox_was_seen(m, i);
	if (any_new && !rules->delete_archived &&
	    ms_lookup_has_heads(l, &heads, err) < 0)
		return -1;
	if (rules->delete_archived)
		plan_delete(rules, m, plan);
	else
		plan_fetch(rules, m, heads, plan);
	plan->shorts = m->shorts;
	m->shorts = (struct ms_uid_list){0};
	free(m->occurrence);
	free(m->removed);
	m->occurrence = NULL;
	m->removed = NULL;
	ms_uid_list_release(&m->met);
	ms_uid_list_release(&m->unmet);
	ms_uid_list_release(&m->samples);
	ms_uid_list_release(&m->by_size);
	return 0;
}

int
ms_sync_surveyed(const struct ms_sync_rules *rules, struct ms_lookup *l,
    struct ms_mailbox_state *m, struct ms_sync_plan *plan, struct ms_err *err)
{
	m->occurrence = ms_xcalloc(m->uids.n, sizeof(*m->occurrence));
	if (ms_lookup_places(l, m, err) < 0)
		return -1;
	/* In a run that follows the mailbox, the first survey has proved it. */
	if (m->seen.n == 0 && ms_probes_choose(l, m, err) < 0)
		return -1;
	return m->probing > 0 ? 1 : plan_folder(rules, l, m, plan, err);
}

int
ms_sync_probed(const struct ms_sync_rules *rules, struct ms_lookup *l,
    struct ms_mailbox_state *m, uint32_t uid, const struct ms_msg_info *info,
    struct ms_sync_plan *plan, struct ms_err *err)
{
	if (ms_probe_answered(l, m, uid, info, err) < 0)
		return -1;
	if (m->probing > 0)
		return 1;
	plan->uids_reused = m->sample_differs;
	if (m->sample_differs)
		memset(m->occurrence, 0, m->uids.n * sizeof(*m->occurrence));
	return plan_folder(rules, l, m, plan, err);
}

/* ---- a message ---- */

bool
ms_sync_needs_heads(const struct ms_sync_rules *rules, struct ms_lookup *l)
{
	bool heads = false;

	/* A failure was reported when the folder was planned. */
	if (!rules->delete_archived)
		(void)ms_lookup_has_heads(l, &heads, NULL);
	return heads || ms_choose_needs_head(rules->choice);
}

enum ms_chosen
ms_sync_choose(const struct ms_choice *choice, const struct ms_msg_info *info,
    const char **why)
{
	const struct ms_attributes a = {
	    .flags = (info->has & MS_HAS_FLAGS) != 0 ? info->flags : NULL,
	    .has_date = (info->has & MS_HAS_DATE) != 0,
	    .has_sent = (info->has & MS_HAS_SENT) != 0,
	    .has_received = (info->has & MS_HAS_RECEIVED) != 0,
	    .has_size = (info->has & MS_HAS_SIZE) != 0,
	    .date = info->date,
	    .sent = info->sent,
	    .received = info->received,
	    .size = info->size};

	return ms_choose(choice, &a, why);
}

int
ms_sync_message(const struct ms_sync_rules *rules, struct ms_lookup *l,
    struct ms_mailbox_state *m, const struct ms_msg_info *info,
    struct ms_sync_decision *out, struct ms_err *err)
{
	const char *why = "";
	int got;

	*out = (struct ms_sync_decision){.action = MS_SYNC_FETCH};
	if (ms_sync_choose(rules->choice, info, &why) == MS_LEFT_OUT) {
		out->action = MS_SYNC_LEFT_OUT;
		ms_fail(&out->reason, MS_DATA, "%s", why);
		return 0;
	}
	got = ms_lookup_recognise(l, info, out->id, &out->message, err);
	if (got == 0)
		ms_queue_add(&m->queue[MS_STAGE_FETCH], info->uid);
	if (got <= 0)
		return got;
	got = ms_lookup_elsewhere(l, m, out->message, err);
	out->action = got == 1 ? MS_SYNC_MAYBE_MOVED : MS_SYNC_REFERENCE;
	return got < 0 ? -1 : 0;
}
