/*
 * index-impl.h - what the files of the index module share. Not for others.
 * Layer: index.
 */
#ifndef MS_INDEX_IMPL_H
#define MS_INDEX_IMPL_H
#include <pthread.h>
#include <sys/types.h>
#include "index.h"

#define MESSAGE_FIXED (52 + MS_HEAD_START) /* bytes before the fields */
#define DIGEST_KEY 16                      /* bytes of a digest in a key */

struct ms_index {
	MDB_env *env;
	MDB_dbi dbi[MS_TABLES];
	char *path;
	dev_t dev; /* of data.mdb: another file there is another index */
	ino_t ino;
	bool read_only;
	bool no_locks; /* no reader locks can be had here */
	bool known;    /* whose it is: archive is filled */
	unsigned char archive[MS_ID_LEN];
	pthread_rwlock_t lock; /* shared: a transaction; alone: map changes */
};

/* Name and LMDB flags of each table. */
extern const struct ms_table_def {
	const char *name;
	unsigned flags;
} ms_tables[MS_TABLES];

/* An LMDB result as an error. */
int ms_lmdb_fail(int rc, struct ms_err *err);
int ms_index_damaged(struct ms_err *err, const char *what);

/* index.c. lock is held alone, but while a new one is opened. */
/* Opens what is in path now; make: a new one. */
int ms_index_open_env(struct ms_index *ix, bool make, struct ms_err *err);
void ms_index_close_env(struct ms_index *ix);
/* data.mdb, by its name. 0, -1. */
struct stat;
int ms_index_stat(struct ms_index *ix, struct stat *st);
/* mdb_txn_begin(), patiently. An LMDB result. */
int ms_index_begin_mdb(struct ms_index *ix, unsigned flags, MDB_txn **t);

/* Keys. */
#define PLACE_KEY_MAX (8 + 1 + DIGEST_KEY)
size_t ms_place_key(
    unsigned char key[PLACE_KEY_MAX], uint64_t folder, struct ms_slice place);
#define NAME_KEY (1 + DIGEST_KEY)
void ms_name_key(unsigned char key[NAME_KEY], enum ms_name_kind kind,
    uint64_t user, uint64_t source, const char *name);

#endif
