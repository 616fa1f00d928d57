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
/* A message is left out. */
void account_left_out(
    struct run *r, struct folder *f, uint32_t uid, const char *reason);
/* Several messages of a folder have failed. */
void account_folder_failed(
    struct run *r, struct folder *f, const char *reason, uint64_t messages);
/* The folder cannot be read; this counts as one failure. */
void account_folder_unreadable(
    struct run *r, struct folder *f, const char *reason);
/* The run ends early: reports what it leaves. */
void account_rest(struct run *r);
/* Ends the run: nothing more is asked. The first reason counts. */
void account_abort(struct run *r, const struct ms_err *why);
/* The exit status. */
int account_status(const struct run *r);

#endif
