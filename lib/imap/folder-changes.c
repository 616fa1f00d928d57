/* folder-changes.c - what becomes of the opened folder, as far as the server
 * says. RFC 3501, 2.3.1.1, 7.3, 7.4.1. */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>
#include <string.h>

void
ms_imap_note_status(struct ms_imap *im, const char *line)
{
	static const char code[] = "[UIDVALIDITY ";
	const char *p = strcasestr(line, code);

	if (im->opened && p != NULL &&
	    strtoull(p + strlen(code), NULL, 10) != im->box.uidvalidity)
		im->moved |= MS_MOVED_RENUMBERED;
}

int
ms_imap_still(const struct ms_imap *im, struct ms_err *err)
{
	if ((im->moved & MS_MOVED_RENUMBERED) == 0)
		return 0;
	return ms_fail(err, MS_NOINPUT,
	    "the folder has got another UIDVALIDITY meanwhile");
}

static void
note_data(struct ms_imap *im, const struct mailimap_response_data *data)
{
	const struct mailimap_mailbox_data *box;
	const struct mailimap_message_data *message;

	if (data->rsp_type == MAILIMAP_RESP_DATA_TYPE_MAILBOX_DATA) {
		box = data->rsp_data.rsp_mailbox_data;
		if (box->mbd_type != MAILIMAP_MAILBOX_DATA_EXISTS)
			return;
		if (box->mbd_data.mbd_exists > im->box.exists)
			im->moved |= MS_MOVED_MORE;
		if (box->mbd_data.mbd_exists < im->box.exists)
			im->moved |= MS_MOVED_LESS;
		im->box.exists = box->mbd_data.mbd_exists;
	} else if (data->rsp_type == MAILIMAP_RESP_DATA_TYPE_MESSAGE_DATA) {
		message = data->rsp_data.rsp_message_data;
		if (message->mdt_type == MAILIMAP_MESSAGE_DATA_EXPUNGE &&
		    im->box.exists > 0)
			im->box.exists--;
	}
}

void
ms_imap_note(struct ms_imap *im, const struct mailimap_response *answer)
{
	const struct mailimap_cont_req_or_resp_data *part;
	clistiter *cur;

	if (answer->rsp_cont_req_or_resp_data_list == NULL)
		return;
	for (cur = clist_begin(answer->rsp_cont_req_or_resp_data_list);
	     cur != NULL; cur = clist_next(cur)) {
		part = clist_content(cur);
		if (part->rsp_type == MAILIMAP_RESP_RESP_DATA)
			note_data(im, part->rsp_data.rsp_resp_data);
	}
}

unsigned
ms_imap_moved_on(const struct ms_imap *im)
{
	return im->moved;
}
