/*
 * folder-changes.c - tracks the state of the opened folder, as the server
 * reports it. RFC 3501, 2.3.1.1, 7.3, 7.4.1.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>
#include <string.h>

void
ms_imap_track_status(struct ms_imap *im, const char *line)
{
	static const char code[] = "[UIDVALIDITY ";
	const char *p = strcasestr(line, code);

	if (im->opened && p != NULL &&
	    strtoull(p + strlen(code), NULL, 10) != im->mailbox.uidvalidity)
		im->changes |= MS_CHANGE_UIDVALIDITY;
}

int
ms_imap_check_uidvalidity(const struct ms_imap *im, struct ms_err *err)
{
	if ((im->changes & MS_CHANGE_UIDVALIDITY) == 0)
		return 0;
	return ms_fail(
	    err, MS_NOINPUT, "UIDVALIDITY of the folder has changed");
}

static void
track_data(struct ms_imap *im, const struct mailimap_response_data *data)
{
	const struct mailimap_mailbox_data *mailbox;
	const struct mailimap_message_data *message;

	if (data->rsp_type == MAILIMAP_RESP_DATA_TYPE_MAILBOX_DATA) {
		mailbox = data->rsp_data.rsp_mailbox_data;
		if (mailbox->mbd_type != MAILIMAP_MAILBOX_DATA_EXISTS)
			return;
		if (mailbox->mbd_data.mbd_exists > im->mailbox.exists)
			im->changes |= MS_CHANGE_ARRIVED;
		if (mailbox->mbd_data.mbd_exists < im->mailbox.exists)
			im->changes |= MS_CHANGE_VANISHED;
		im->mailbox.exists = mailbox->mbd_data.mbd_exists;
	} else if (data->rsp_type == MAILIMAP_RESP_DATA_TYPE_MESSAGE_DATA) {
		message = data->rsp_data.rsp_message_data;
		if (message->mdt_type == MAILIMAP_MESSAGE_DATA_EXPUNGE &&
		    im->mailbox.exists > 0)
			im->mailbox.exists--;
	}
}

void
ms_imap_track_response(
    struct ms_imap *im, const struct mailimap_response *answer)
{
	const struct mailimap_cont_req_or_resp_data *part;
	clistiter *cur;

	if (answer->rsp_cont_req_or_resp_data_list == NULL)
		return;
	for (cur = clist_begin(answer->rsp_cont_req_or_resp_data_list);
	     cur != NULL; cur = clist_next(cur)) {
		part = clist_content(cur);
		if (part->rsp_type == MAILIMAP_RESP_RESP_DATA)
			track_data(im, part->rsp_data.rsp_resp_data);
	}
}

unsigned
ms_imap_changes(const struct ms_imap *im)
{
	return im->changes;
}
