/*
 * update.h - brings the text index of an archive up to date, and checks it.
 * ms-index(1); ms-archive(5), Text. Layer: above text.
 */
#ifndef MS_TEXT_UPDATE_H
#define MS_TEXT_UPDATE_H
#include "archive.h"
#include "store.h"

struct ms_text_update {
	/*
	 * Reads the text of MESSAGE m->number with m->id into m, which is empty
	 * otherwise. 0; -1: MS_DATA, the message cannot be read and is passed
	 * over; other errors end the update.
	 */
	int (*read)(void *ctx, struct ms_text_message *m, struct ms_err *err);
	/* How far the update is; bytes are those of messages in wire form. May
	 * be NULL. */
	void (*progress)(void *ctx, uint64_t messages, uint64_t messages_total,
	    uint64_t bytes);
	/* Something that a person should know: a database is made again, a
	 * message cannot be read. */
	void (*remark)(void *ctx, const struct ms_err *why);
	void *ctx;
	/* How attachments are converted: databases that were made otherwise are
	 * made again. */
	const char *converters;
	bool check; /* make what ms_text_check() finds again */
};

struct ms_text_sum {
	uint64_t messages, bytes; /* that were added */
	uint64_t skipped;         /* messages that could not be read */
	uint64_t made;            /* databases that were finished */
};

/*
 * Adds what the text index lacks. Only one process does so at a time. What was
 * added is durable after each 2,048 messages or 64 MiB of text, and when a
 * signal asks the process to stop (stop.h), after which the result is 1. 0, -1:
 * MS_TEMP, another process updates the index, or the disk is full.
 */
int ms_text_update(struct ms_archive *a, const struct ms_text_update *how,
    struct ms_text_sum *sum, struct ms_err *err);
/* Deletes the text index. MS_TEMP: another process updates it. */
int ms_text_delete(struct ms_archive *a, struct ms_err *err);
/*
 * Checks each database: its pages, and whether it has each message of the
 * archive between its ends. fault() receives what is wrong. 0, -1: the archive
 * cannot be read.
 */
int ms_text_check(struct ms_archive *a,
    void (*fault)(void *ctx, const struct ms_err *why), void *ctx,
    struct ms_err *err);

#endif
