/*
 * impl.h - what the parts of verify share: sets of record numbers, and
 * one pack while it is read. Layer: inside verify.
 */
#ifndef MS_VERIFY_IMPL_H
#define MS_VERIFY_IMPL_H
#include "index.h"
#include "verify.h"

/* ---- sets of record numbers, as ranges ---- */

struct ms_range {
	uint64_t first, last;
};
struct ms_ranges { /* {0} is empty */
	struct ms_range *p;
	size_t n, cap;
};
void ms_ranges_add(struct ms_ranges *r, uint64_t first, uint64_t last);
/* Sorts and joins. Returns a number that was added twice, or 0. */
uint64_t ms_ranges_settle(struct ms_ranges *r);
/*
 * The first range between from and to (both meant too) that is not in r,
 * which is settled. Returns whether there is one.
 */
bool ms_ranges_gap(const struct ms_ranges *r, uint64_t from, uint64_t to,
    struct ms_range *gap);
void ms_ranges_release(struct ms_ranges *r);

/* ---- leaves on disk, by record number ---- */

/* Zeros where none was written, which is no leaf's value. */
struct ms_leaves {
	int fd;
	uint64_t first, limit; /* numbers it takes: first <= n < limit */
	unsigned char *window; /* for reading in order */
	uint64_t window_first;
	size_t window_n;
};
int ms_leaves_open(struct ms_leaves *s, int dirfd, uint64_t first,
    uint64_t limit, struct ms_err *err);
int ms_leaves_put(struct ms_leaves *s, uint64_t number,
    const unsigned char *leaves, size_t count, struct ms_err *err);
/* MS_BUG if none was put. */
int ms_leaves_get(struct ms_leaves *s, uint64_t number,
    unsigned char leaf[MS_SHA_LEN], struct ms_err *err);
void ms_leaves_close(struct ms_leaves *s);

/* ---- one run over the packs ---- */

struct ms_verify_batch {
	uint64_t number;  /* of its COMMIT */
	uint64_t at, end; /* of the block that holds it */
	struct ms_commit commit;
};

struct ms_pack_fault {
	uint64_t at;
	char *reason;
};

/* What the parts work on. */
struct ms_verify_run {
	const struct ms_verify *v;
	struct ms_verify_sum *sum;
	int packfd;  /* ARCHIVE/pack */
	int spoolfd; /* a folder for files without a name */
	unsigned char archive[MS_ID_LEN];
	/* How far the index knows the log: that is no torn batch. Pack 0: no
	 * index says so. */
	struct ms_position known;
	bool known_met; /* a COMMIT of that number and chain was there */
	bool foreign;   /* the index belongs to other packs */

	uint64_t done, total;            /* bytes of all packs */
	uint64_t next;                   /* number after the last COMMIT */
	bool chain_known;                /* not behind a gap */
	unsigned char chain[MS_SHA_LEN]; /* of the last COMMIT */
	struct ms_ranges stubs, purged;  /* of all packs */
	struct ms_ranges bad;  /* MESSAGEs that are damaged or missing */
	bool missing_reported; /* by the archive's index */

	/* the pack at hand */
	struct ms_pack *pack;
	bool last, sealed;
	struct ms_pack_trailer trailer;
	uint64_t size;
	uint64_t directory; /* offset of its directory block, or 0 */
	uint64_t expect;    /* next number in the file, generation 0 */
	struct ms_ranges seen;
	struct ms_leaves leaves;
	struct ms_buf rows;    /* what its directory should say */
	struct ms_buf batches; /* struct ms_verify_batch */
	struct ms_buf faults;  /* struct ms_pack_fault */
};

/* Tells of damage at once. */
void ms_verify_fault(struct ms_verify_run *r, enum ms_fault_kind kind,
    const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Keeps damage at an offset of the pack at hand until it is known whether it
 * is a torn batch. */
void ms_verify_keep(struct ms_verify_run *r, uint64_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- packs: verify-pack.c, -walk.c, -chain.c ---- */

/* Reads all packs from end to end. Needs no lock where nobody writes; a batch
 * being written looks torn. */
int ms_verify_packs(struct ms_verify_run *r, struct ms_err *err);
/* Reads the blocks of r->pack. */
int ms_verify_walk(struct ms_verify_run *r, struct ms_err *err);
/* Its batches: numbers, roots, chain; what is torn; what its trailer says.
 * Tells what was kept. */
int ms_verify_batches(struct ms_verify_run *r, struct ms_err *err);

/* ---- mail: verify-mail.c ---- */

/* Puts every message together that the index of a knows, and looks for the
 * message of every occurrence. */
int ms_verify_mail(
    struct ms_verify_run *r, struct ms_archive *a, struct ms_err *err);

/* ---- the index, in a child: verify-index.c ---- */

/* How far the index in dir goes, or that it is another archive's. 0; -1:
 * MS_TEMP. */
int ms_verify_known(
    struct ms_verify_run *r, const char *dir, struct ms_err *err);
/* Opens the archive as a reader does, which brings its index up to date if
 * that can be done. 0, or -1: MS_TEMP. */
int ms_verify_catch_up(
    struct ms_verify_run *r, const char *dir, struct ms_err *err);
/*
 * Tells of the occurrences that the index in dir knows and that damage has
 * taken from that of fresh. 1; 0 there is no index that could be asked; -1.
 */
int ms_verify_missing(struct ms_verify_run *r, const char *dir,
    const char *fresh, struct ms_err *err);
/* Compares the index in dir with that of fresh (its
 * folder is fresh/index); tells of it if
 * they differ. The caller holds `lock` and has no index open. */
int ms_verify_index(struct ms_verify_run *r, const char *dir, const char *fresh,
    struct ms_err *err);

#endif
