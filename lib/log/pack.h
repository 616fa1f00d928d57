/*
 * pack.h - blocks in append-only files. ms-archive(5), Packs. One writer (who
 * holds `lock`), many readers. Layer: above block.
 */
#ifndef MS_PACK_H
#define MS_PACK_H
#include <stdbool.h>
#include <stdint.h>
#include "block.h"

#define MS_PACK_HEADER 256
#define MS_PACK_TRAILER 128
#define MS_PACK_SEAL ((uint64_t)1 << 30) /* bytes; a longer pack is sealed */
#define MS_PACK_BLOCKS_MAX 200000        /* one with more blocks is, too */
#define MS_DIRECTORY_ROW 64
#define MS_ID_LEN 16 /* bytes of an archive id */

/* Features of a pack that a reader, a writer must know. None yet. */
#define MS_PACK_READ_FEATURES ((uint64_t)0)
#define MS_PACK_WRITE_FEATURES ((uint64_t)0)

struct ms_pack_header {
	unsigned char archive[MS_ID_LEN], key[MS_KEY_LEN];
	uint32_t number, generation;
	uint64_t first;                  /* number of its first record */
	unsigned char chain[MS_SHA_LEN]; /* of the last COMMIT before it */
	uint64_t read_features, write_features, made;
};

void ms_pack_header_write(
    const struct ms_pack_header *h, unsigned char out[MS_PACK_HEADER]);
/* MS_DATA: not a pack header, checksum wrong, a version or a read feature
 * this program does not know. */
int ms_pack_header_parse(struct ms_pack_header *h,
    const unsigned char in[MS_PACK_HEADER], struct ms_err *err);

struct ms_pack_trailer {
	uint64_t directory, blocks, first, last; /* offset, count, records */
	unsigned char chain[MS_SHA_LEN], key[MS_KEY_LEN];
};

void ms_pack_trailer_write(
    const struct ms_pack_trailer *t, unsigned char out[MS_PACK_TRAILER]);
int ms_pack_trailer_parse(struct ms_pack_trailer *t,
    const unsigned char in[MS_PACK_TRAILER], struct ms_err *err);

/* An open pack. */
struct ms_pack {
	int fd;
	struct ms_pack_header header;
	bool header_damaged; /* number, generation and key are known all the
				same: from its name and its first block */
	char name[32];       /* "00000001.2.pack" */
};

struct ms_pack_name {
	uint32_t number, generation;
};

/* "NNNNNNNN.pack" or "NNNNNNNN.G.pack". */
void ms_pack_name_format(struct ms_pack_name n, char out[32]);

/*
 * The packs in a folder, ascending by number, then generation; free() them.
 * Files of other names are passed over.
 */
int ms_pack_list(
    int dirfd, struct ms_pack_name **out, size_t *count, struct ms_err *err);
/* Keeps the highest generation of each number; returns how many are left. */
size_t ms_pack_newest(struct ms_pack_name *names, size_t count);

/*
 * Opens a pack and checks its header. MS_NOINPUT: there is no such file (it
 * was rewritten as a later generation); MS_DATA: header damaged and nothing
 * to read it by.
 */
int ms_pack_open(struct ms_pack **out, int dirfd, struct ms_pack_name name,
    bool write, struct ms_err *err);
void ms_pack_close(struct ms_pack *pk);
/* Bytes of the file now. */
int ms_pack_size(const struct ms_pack *pk, uint64_t *size, struct ms_err *err);

/*
 * Reads the block at offset into b (header, stored bytes, views) and checks
 * both checksums. 1: got it; 0: nothing but the end of the file there, or a
 * sealed pack's trailer; -1: MS_DATA (not whole), MS_IO. b->header is valid
 * when only the stored bytes were wrong: *header_ok says so.
 */
int ms_pack_read(const struct ms_pack *pk, uint64_t offset, struct ms_block *b,
    bool *header_ok, struct ms_err *err);
/*
 * The offset of the next valid block header at or behind offset, by looking
 * at every byte. 1 found, 0 none, -1 MS_IO.
 */
int ms_pack_resync(const struct ms_pack *pk, uint64_t offset, uint64_t *found,
    struct ms_err *err);
/* Bytes that a block takes in the file. */
uint64_t ms_block_length(const struct ms_block_header *h);
/*
 * ms_pack_next_header() finds the first valid block header at or after *at,
 * without the block, and moves *at to it; the next one is ms_block_length()
 * further. 1; 0: none before end; -1: MS_IO.
 */
int ms_pack_next_header(const struct ms_pack *pk, uint64_t *at, uint64_t end,
    struct ms_block_header *h, struct ms_err *err);
/* A part of a pack that is no whole block. */
struct ms_pack_damage {
	uint64_t at, length;                  /* bytes that are passed over */
	const struct ms_block_header *header; /* if that is valid, else NULL */
	const struct ms_err *why;
};
typedef void ms_pack_damage_fn(void *ctx, const struct ms_pack_damage *d);
/*
 * ms_pack_next_block() reads the first whole block at or after *at into b and
 * moves *at to it. `damage` is called for each part that is passed over. 1; 0:
 * there is none before end, or the trailer stands there; -1: MS_IO.
 */
int ms_pack_next_block(const struct ms_pack *pk, uint64_t *at, uint64_t end,
    struct ms_block *b, ms_pack_damage_fn *damage, void *ctx,
    struct ms_err *err);

/* Begins a pack: tmp/pack.new with its header. A new pack id is drawn.
 * MS_TEMP: disk full. */
int ms_pack_begin(struct ms_pack **out, int tmpfd,
    const struct ms_pack_header *like, struct ms_err *err);
/* Gives tmp/pack.new its name in pack/: synced before, and that folder
 * after. */
int ms_pack_install(
    const struct ms_pack *pk, int packfd, int tmpfd, struct ms_err *err);
/* Both. */
int ms_pack_create(struct ms_pack **out, int packfd, int tmpfd,
    const struct ms_pack_header *like, struct ms_err *err);
/* Removes tmp/pack.new. */
void ms_pack_discard(int tmpfd);
/* Writes n bytes at offset. */
int ms_pack_write(const struct ms_pack *pk, uint64_t offset,
    const unsigned char *p, size_t n, struct ms_err *err);
int ms_pack_sync(const struct ms_pack *pk, struct ms_err *err);
/* Cuts the pack back to size and syncs. */
int ms_pack_cut(const struct ms_pack *pk, uint64_t size, struct ms_err *err);
/*
 * Seals: directory block and trailer behind `end`, synced. chain and last are
 * those of the last COMMIT.
 */
int ms_pack_seal(const struct ms_pack *pk, uint64_t end, uint64_t last,
    const unsigned char chain[MS_SHA_LEN], struct ms_err *err);
/* 1: sealed, *t filled; 0: not. */
int ms_pack_sealed(
    const struct ms_pack *pk, struct ms_pack_trailer *t, struct ms_err *err);
/*
 * Reads what seals a pack: its trailer, into *t, and the directory, which must
 * have just the blocks that are there. MS_DATA: it does not hold.
 */
int ms_pack_check_seal(
    const struct ms_pack *pk, struct ms_pack_trailer *t, struct ms_err *err);
/*
 * May nothing be appended or cut off any more? It is sealed, or of a higher
 * generation, which was sealed before it got its name. 1, 0, -1.
 */
int ms_pack_closed(const struct ms_pack *pk, struct ms_err *err);

#endif
