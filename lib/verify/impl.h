/*
 * impl.h - what the files of lib/verify share: sets of record numbers, and the
 * state of a run. Private to the folder. Layer: verify.
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
/* Sorts and joins the ranges. Returns a number that was added twice, or 0. */
uint64_t ms_ranges_sort(struct ms_ranges *r);
/*
 * Finds the first range from `from` to `to`, both inclusive, that is not in r.
 * r must be sorted. Returns false if there is none.
 */
bool ms_ranges_gap(const struct ms_ranges *r, uint64_t from, uint64_t to,
    struct ms_range *gap);
void ms_ranges_release(struct ms_ranges *r);

/* ---- leaves on disk, by record number ---- */

/* The file is sparse: a leaf that was not written reads as zeros. */
struct ms_leaves {
	int fd;
	uint64_t first, limit; /* valid numbers: first <= n < limit */
	unsigned char *window; /* read ahead */
	uint64_t window_first;
	size_t window_n;
};
int ms_leaves_open(struct ms_leaves *s, int dirfd, uint64_t first,
    uint64_t limit, struct ms_err *err);
int ms_leaves_put(struct ms_leaves *s, uint64_t number,
    const unsigned char *leaves, size_t count, struct ms_err *err);
/* MS_BUG: the leaf was not put. */
int ms_leaves_get(struct ms_leaves *s, uint64_t number,
    unsigned char leaf[MS_SHA_LEN], struct ms_err *err);
void ms_leaves_close(struct ms_leaves *s);

/* ---- one run over the packs ---- */

struct ms_verify_batch {
	uint64_t number;  /* of its COMMIT */
	uint64_t at, end; /* of the block with the COMMIT */
	struct ms_commit commit;
};

struct ms_pack_fault {
	uint64_t at;
	char *reason;
};

/* The state of a run. */
struct ms_verify_run {
	const struct ms_verify *v;
	struct ms_verify_sum *sum;
	int packfd;  /* ARCHIVE/pack */
	int spoolfd; /* a folder for temporary files */
	unsigned char archive[MS_ID_LEN];
	/* The position of the index: batches before it are not torn. Pack 0:
	 * unknown. */
	struct ms_position known;
	bool known_found; /* a COMMIT with that number and chain exists */
	bool foreign;     /* the index belongs to other packs */

	uint64_t done, total;            /* bytes, of all packs */
	uint64_t next;                   /* number after the last COMMIT */
	bool chain_known;                /* false after a gap */
	unsigned char chain[MS_SHA_LEN]; /* of the last COMMIT */
	struct ms_ranges stubs, purged;  /* of all packs */
	struct ms_ranges bad;  /* MESSAGEs that are damaged or missing */
	bool missing_reported; /* with the index of the archive */
	bool refused; /* readers refuse what the packs were found to have */

	/* the current pack */
	struct ms_pack *pack;
	bool last, sealed;
	struct ms_pack_trailer trailer;
	uint64_t size;
	uint64_t directory; /* offset of the directory block, or 0 */
	uint64_t expect;    /* next number in the file, generation 0 */
	struct ms_ranges seen;
	struct ms_leaves leaves;
	struct ms_buf rows;    /* the expected payload of the directory */
	struct ms_buf batches; /* struct ms_verify_batch */
	struct ms_buf faults;  /* struct ms_pack_fault */
};

/* Reports damage at once. */
void ms_verify_fault(struct ms_verify_run *r, enum ms_fault_kind kind,
    const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Keeps damage at an offset of the current pack until it is known whether that
 * is a torn batch. */
void ms_verify_keep(struct ms_verify_run *r, uint64_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- packs: pack.c, walk.c, chain.c ---- */

/* Reads all packs. This does not need the lock, but a batch that is being
 * written looks torn. */
int ms_verify_packs(struct ms_verify_run *r, struct ms_err *err);
/* Reads the blocks of r->pack. */
int ms_verify_walk(struct ms_verify_run *r, struct ms_err *err);
/* Checks the batches of r->pack (numbers, roots, chain), its end and its
 * trailer. Reports what was kept. */
int ms_verify_batches(struct ms_verify_run *r, struct ms_err *err);

/* ---- mail: mail.c ---- */

/* Assembles every message of the index of a, and looks for the message of every
 * occurrence. */
int ms_verify_mail(
    struct ms_verify_run *r, struct ms_archive *a, struct ms_err *err);

/* ---- the index, in a child process: index.c ---- */

/* Sets r->known to the position of the index in dir, or r->foreign. 0; -1:
 * MS_TEMP.
 */
int ms_verify_known(
    struct ms_verify_run *r, const char *dir, struct ms_err *err);
/* Opens the archive as a reader, which brings the index up to date if possible.
 * 0; -1: MS_TEMP. */
int ms_verify_catch_up(
    struct ms_verify_run *r, const char *dir, struct ms_err *err);
/*
 * Reports the occurrences that are in the index in dir but, because of damage,
 * not in the index in new_dir. 1; 0: the index in dir cannot be read; -1.
 */
int ms_verify_missing(struct ms_verify_run *r, const char *dir,
    const char *new_dir, struct ms_err *err);
/* Reads all rows of the index in dir, and reports if some are damaged or lost.
 */
int ms_verify_rows(
    struct ms_verify_run *r, const char *dir, struct ms_err *err);
/* Compares the index in dir with the one in new_dir (its path is
 * new_dir/index), and reports a difference. The caller holds `lock` and has no
 * index open. */
int ms_verify_index(struct ms_verify_run *r, const char *dir,
    const char *new_dir, struct ms_err *err);

#endif
