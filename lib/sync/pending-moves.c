/*
 * pending-moves.c - recognised messages that may have come from another folder.
 * ms-fetch(1), What is already there.
 */
#include "sync.h"

#include <stdlib.h>
#include <string.h>

void
ms_pending_moves_add(struct ms_pending_moves *p, void *folder,
    const struct ms_msg_info *info, const struct ms_sync_decision *decision)
{
	struct ms_pending_move move = {.folder = folder,
	    .uid = info->uid,
	    .has = info->has,
	    .date = info->date,
	    .flags = ms_xstrdup(info->flags),
	    .message = decision->message};

	memcpy(move.id, decision->id, sizeof(move.id));
	ms_buf_add(&p->moves, &move, sizeof(move));
}

int
ms_pending_moves_next(struct ms_pending_moves *p, struct ms_lookup *l,
    const struct ms_folder_content *content, size_t n,
    const struct ms_pending_move **out, struct ms_err *err)
{
	struct ms_pending_move *move =
	    (struct ms_pending_move *)(void *)p->moves.p + p->next;

	if (p->next == p->moves.n / sizeof(*move))
		return 0;
	p->next++;
	*out = move;
	if (ms_lookup_moved_from(
		l, content, n, move->message, &move->from, err) < 0)
		return -1;
	return 1;
}

void
ms_pending_moves_release(struct ms_pending_moves *p)
{
	struct ms_pending_move *move =
	    (struct ms_pending_move *)(void *)p->moves.p;
	size_t i;

	for (i = 0; i < p->moves.n / sizeof(*move); i++)
		free(move[i].flags);
	ms_buf_release(&p->moves);
	p->next = 0;
}
