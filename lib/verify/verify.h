/*
 * verify.h - is an archive whole? The packs are checked by structure,
 * checksums, chain and roots, the messages by their SHA-256, the index by a new
 * index. ms-archive(5), ms-verify(1). Layer: above archive.
 */
#ifndef MS_VERIFY_H
#define MS_VERIFY_H
#include <stdbool.h>
#include <stdint.h>
#include "archive.h"
#include "pack.h"

enum ms_fault_kind {
	MS_FAULT_REMARK,  /* valid, but worth a remark: a torn batch, an
			   index that is not up to date */
	MS_FAULT_PACK,    /* bytes or records were changed */
	MS_FAULT_MESSAGE, /* a message cannot be returned unchanged */
	MS_FAULT_INDEX    /* the index does not match the packs */
};

/* One finding, borrowed for the call. Unknown members are NULL. */
struct ms_fault {
	enum ms_fault_kind kind;
	const char *where;  /* "pack/00000001.pack, offset 752" */
	const char *reason; /* what is wrong */
	/* of a message: the id, and one of its places */
	const unsigned char *id;
	const char *user, *source, *folder, *subject;
	const int64_t *date;
};
typedef void ms_fault_fn(void *ctx, const struct ms_fault *f);

struct ms_verify_sum {
	uint64_t packs, bytes, blocks, batches, records;
	uint64_t messages, occurrences; /* checked with MS_VERIFY_DATA */
	uint64_t faults;                /* without remarks */
	uint64_t damaged;               /* damaged messages */
	uint64_t missing; /* messages that are not whole; ms_verify_rebuild() */
	uint64_t taken;   /* users, folders and the like that were taken from
			     the old index; ms_verify_rebuild() */
	unsigned char chain[MS_SHA_LEN]; /* of the last COMMIT */
};

enum ms_verify_how {
	MS_VERIFY_QUICK, /* structure, lengths, checksums, chain */
	MS_VERIFY_DATA   /* also roots, every message, the index */
};

struct ms_verify {
	enum ms_verify_how how;
	ms_fault_fn *fault;
	/* what: what is read; done and total: in bytes or messages. May be
	 * NULL. */
	void (*progress)(
	    void *ctx, const char *what, uint64_t done, uint64_t total);
	void *ctx; /* of both functions */
};

/*
 * ms_verify() checks the archive in dir. Findings are passed to v->fault and
 * counted in sum; nothing is repaired. With MS_VERIFY_DATA the function holds
 * `lock` and builds a second index in tmp/. The result is 0 whether or not
 * there was damage, or -1: MS_NOINPUT (there is no archive), MS_TEMP (disk
 * full, or the archive stays locked), MS_IO. The function forks: no other
 * thread may run, and no index may be open. It needs memory for some blocks,
 * and some bytes for each batch of one pack.
 */
int ms_verify(const struct ms_verify *v, const char *dir,
    struct ms_verify_sum *sum, struct ms_err *err);

/*
 * ms_verify_rebuild() builds a new index from the packs alone and replaces the
 * old index, under `lock`. Damage is passed to v->fault, counted in
 * sum->faults, and left out. Users, sources, folders, labels, profiles and
 * settings that only the old index has are written to the packs, and are
 * remarks of v->fault; sum->taken is their number. So are users, sources and
 * folders that have mail and whose names nothing has. Messages that are not
 * whole count as not stored until they come again; sum->missing is their
 * number. Results and errors are those of ms_verify().
 */
int ms_verify_rebuild(const struct ms_verify *v, const char *dir,
    struct ms_verify_sum *sum, struct ms_err *err);

#endif
