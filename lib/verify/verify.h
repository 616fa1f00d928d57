/*
 * verify.h - is an archive whole? Its packs by structure, checksums, chain
 * and roots, its messages by their SHA-256, its index by one built anew.
 * ms-archive(5), ms-verify(1). Layer: above archive.
 */
#ifndef MS_VERIFY_H
#define MS_VERIFY_H
#include <stdbool.h>
#include <stdint.h>
#include "archive.h"
#include "pack.h"

enum ms_fault_kind {
	MS_FAULT_NOTE,    /* legal, but worth a word: a torn batch, an index
			     that lags behind */
	MS_FAULT_PACK,    /* bytes or records that are not what they were */
	MS_FAULT_MESSAGE, /* a message that cannot be given back */
	MS_FAULT_INDEX    /* the index is not what the packs say */
};

/* One finding. All is borrowed for the call; what is not known is NULL. */
struct ms_fault {
	enum ms_fault_kind kind;
	const char *where;  /* "pack/00000001.pack, offset 752" */
	const char *reason; /* a sentence */
	/* of a message: its id, and one place where it lies */
	const unsigned char *id;
	const char *user, *source, *folder, *subject;
	const int64_t *date;
};
typedef void ms_fault_fn(void *ctx, const struct ms_fault *f);

struct ms_verify_sum {
	uint64_t packs, bytes, blocks, batches, records;
	uint64_t messages, occurrences; /* checked, with data */
	uint64_t faults;                /* notes not counted */
	uint64_t damaged;               /* messages among them */
	uint64_t lost; /* messages not whole; of ms_verify_rebuild() */
	unsigned char chain[MS_SHA_LEN]; /* of the last COMMIT */
};

enum ms_verify_how {
	MS_VERIFY_QUICK, /* structure, lengths, checksums, chain */
	MS_VERIFY_DATA   /* also roots, every message, the index */
};

struct ms_verify {
	enum ms_verify_how how;
	ms_fault_fn *fault;
	/* What is being read, how much of it, of how much; may be NULL. */
	void (*progress)(
	    void *ctx, const char *what, uint64_t done, uint64_t total);
	void *ctx; /* of both */
};

/*
 * Checks the archive in dir. What is wrong goes to v->fault and is counted in
 * sum; repairs nothing. With data it holds `lock` meanwhile and makes a second
 * index in tmp/. Returns 0 whether or not there was damage; -1: MS_NOINPUT,
 * there is no archive; MS_TEMP, disk full or the archive stays locked; MS_IO.
 * Forks: no other thread may run, no index be open. Memory: some blocks, and
 * some bytes a batch of one pack.
 */
int ms_verify(const struct ms_verify *v, const char *dir,
    struct ms_verify_sum *sum, struct ms_err *err);

/*
 * Makes a new index from the packs alone and puts it in the place of the old
 * one, holding `lock`. What is damaged goes to v->fault, is counted in
 * sum->faults, and is left out. Messages that are not whole then count as not
 * there until they come again; sum->lost says how many there are. Returns and
 * errors as above.
 */
int ms_verify_rebuild(const struct ms_verify *v, const char *dir,
    struct ms_verify_sum *sum, struct ms_err *err);

#endif
