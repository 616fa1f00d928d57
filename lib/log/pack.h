/*
 * pack.h - blocks in append-only files. There is one writer, which holds
 * `lock`, and any number of readers. ms-archive(5), Packs. Layer: above block.
 */
#ifndef MS_PACK_H
#define MS_PACK_H
#include <stdbool.h>
#include <stdint.h>
#include "block.h"

#define MS_PACK_HEADER 256
#define MS_PACK_TRAILER 128
#define MS_PACK_SEAL ((uint64_t)1 << 30) /* bytes; a longer pack is sealed */
#define MS_PACK_BLOCKS_MAX 200000        /* a pack with more blocks, too */
#define MS_DIRECTORY_ROW 64
#define MS_ID_LEN 16 /* bytes of an archive id */

/* The features that a reader or a writer of this version knows. */
#define MS_PACK_VIEW ((uint64_t)1 << 3) /* view and undo events */
#define MS_PACK_READ_FEATURES MS_PACK_VIEW
#define MS_PACK_WRITE_FEATURES ((uint64_t)0)

struct ms_pack_header {
	unsigned char archive[MS_ID_LEN], key[MS_KEY_LEN];
	uint32_t number, generation;
	uint64_t first; /* number of its first record */
	unsigned char
	    chain[MS_SHA_LEN]; /* of the last COMMIT before the pack */
	uint64_t read_features, write_features, made;
	uint64_t state; /* bytes of the repeated state, at the beginning */
};

void ms_pack_header_write(
    const struct ms_pack_header *h, unsigned char out[MS_PACK_HEADER]);
/* MS_DATA: not a pack header, a wrong checksum, an unknown version or read
 * feature. */
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
	bool header_damaged; /* number, generation and key come from the name
				and the first block then */
	char name[32];       /* "00000001.2.pack" */
};

struct ms_pack_name {
	uint32_t number, generation;
};

/* "NNNNNNNN.pack" or "NNNNNNNN.G.pack". */
void ms_pack_name_format(struct ms_pack_name n, char out[32]);

/*
 * The packs in a folder, ascending by number, then generation; the caller frees
 * the array. Files of other names are ignored.
 */
int ms_pack_list(
    int dirfd, struct ms_pack_name **out, size_t *count, struct ms_err *err);
/* Keeps the highest generation of each number; returns the new count. */
size_t ms_pack_newest(struct ms_pack_name *names, size_t count);

/*
 * ms_pack_open() opens a pack and checks its header. MS_NOINPUT: there is no
 * such file (the pack was regrouped); MS_DATA: the header is damaged, and the
 * key cannot be found elsewhere.
 */
int ms_pack_open(struct ms_pack **out, int dirfd, struct ms_pack_name name,
    bool write, struct ms_err *err);
void ms_pack_close(struct ms_pack *pk);
/* The current length of the file. */
int ms_pack_size(const struct ms_pack *pk, uint64_t *size, struct ms_err *err);

/*
 * ms_pack_read() reads the block at offset into b (header, stored bytes, views)
 * and checks both checksums. 1; 0: the end of the file or the trailer is there;
 * -1: MS_DATA (not whole), MS_IO. *header_ok: b->header is valid, also if the
 * stored bytes are wrong.
 */
int ms_pack_read(const struct ms_pack *pk, uint64_t offset, struct ms_block *b,
    bool *header_ok, struct ms_err *err);
/*
 * ms_pack_resync() searches for a valid block header at or after offset, at
 * every byte. 1 found, 0 none, -1 MS_IO.
 */
int ms_pack_resync(const struct ms_pack *pk, uint64_t offset, uint64_t *found,
    struct ms_err *err);
/* The length of a block in the file. */
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

/* Creates tmp/pack.new with its header, which receives a new pack id. MS_TEMP:
 * disk full. */
int ms_pack_begin(struct ms_pack **out, int tmpfd,
    const struct ms_pack_header *like, struct ms_err *err);
/* Writes the header again, after a change of its `state`. */
int ms_pack_rewrite_header(const struct ms_pack *pk, struct ms_err *err);
/* Syncs tmp/pack.new, renames it into pack/ and syncs that folder. */
int ms_pack_install(
    const struct ms_pack *pk, int packfd, int tmpfd, struct ms_err *err);
/* ms_pack_begin() and ms_pack_install(). */
int ms_pack_create(struct ms_pack **out, int packfd, int tmpfd,
    const struct ms_pack_header *like, struct ms_err *err);
/* Removes tmp/pack.new. */
void ms_pack_discard(int tmpfd);
/* Writes n bytes at offset. MS_DATA, here and where a pack is cut, sealed or
 * begun like another one: it has write features that are unknown. */
int ms_pack_write(const struct ms_pack *pk, uint64_t offset,
    const unsigned char *p, size_t n, struct ms_err *err);
int ms_pack_sync(const struct ms_pack *pk, struct ms_err *err);
/* Cuts the pack back to size and syncs. */
int ms_pack_cut(const struct ms_pack *pk, uint64_t size, struct ms_err *err);
/*
 * ms_pack_seal() writes the directory block and the trailer at `end`, and
 * syncs. chain and last are those of the last COMMIT.
 */
int ms_pack_seal(const struct ms_pack *pk, uint64_t end, uint64_t last,
    const unsigned char chain[MS_SHA_LEN], struct ms_err *err);
/* Is the pack sealed? 1 (*t receives its trailer), 0, -1. */
int ms_pack_sealed(
    const struct ms_pack *pk, struct ms_pack_trailer *t, struct ms_err *err);
/*
 * ms_pack_check_seal() reads the trailer into *t, and the directory, which must
 * list exactly the blocks of the pack. MS_DATA: trailer or directory is wrong.
 */
int ms_pack_check_seal(
    const struct ms_pack *pk, struct ms_pack_trailer *t, struct ms_err *err);
/*
 * Is the pack closed, so that it may not be appended to or cut? It is sealed,
 * or of a higher generation, which is sealed before the rename. 1, 0, -1.
 */
int ms_pack_closed(const struct ms_pack *pk, struct ms_err *err);

#endif
