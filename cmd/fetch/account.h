/*
 * account.h - counts what becomes of messages, and reports failures.
 */
#ifndef FETCH_ACCOUNT_H
#define FETCH_ACCOUNT_H
#include "folder.h"

/* "INBOX/Projects, UID 17". The text is b's. */
const char *account_where(
    struct ms_buf *b, const struct folder *f, uint32_t uid);
/* A message has failed. */
void account_failed(
    struct run *r, struct folder *f, uint32_t uid, const char *reason);
/* Several have, for the same reason; the UIDs are sorted. */
void account_all_failed(struct run *r, struct folder *f, uint32_t *uids,
    size_t n, const char *reason);
/* A message is left out. It is reported at the end, together with the others
 * that are left out for the same reason. */
void account_left_out(
    struct run *r, struct folder *f, uint32_t uid, const char *reason);
/* The archive has only short bodies of these. */
void account_shorts(
    struct run *r, const struct folder *f, const struct ms_uid_list *uids);
/* Reports the messages that were left out, of a folder or of all. */
void account_report_folder(struct run *r, struct folder *f);
void account_report_left_out(struct run *r);
/* Forgets the messages of a folder that were left out. */
void account_forget_left_out(struct folder *f);
/* These messages will be surveyed again: they do not count as seen. */
void account_uncount(struct folder *f, uint64_t messages);
/* Messages of a folder that were not planned have been seen, and failed. */
void account_folder_messages_failed(
    struct run *r, struct folder *f, const char *reason, uint64_t messages);
/* A folder of this name has failed; its messages are not seen. */
void account_folder_failed(
    struct run *r, struct ms_tally *t, const char *name, const char *reason);
/* The same for a folder of the run, which is left. */
void account_folder_unreadable(
    struct run *r, struct folder *f, const char *reason);
/* The run ends early: reports what it leaves. */
void account_rest(struct run *r);
/* Ends the run: nothing more is asked. The first reason counts. */
void account_abort(struct run *r, const struct ms_err *why);
/* The exit status. */
int account_status(const struct run *r);

#endif
