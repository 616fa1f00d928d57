/*
 * journal.h - the format in which unsynced.c records changes for undo.c. In the
 * folder MS_SHIM_JOURNAL, the file `log` is a sequence of entries, each a
 * struct journal_entry and its data, padded. `files/INODE` is a link to each
 * file that was written, and `kept/NUMBER` is a link to each file that was
 * unlinked or replaced.
 */
#ifndef JOURNAL_H
#define JOURNAL_H
#include <stdint.h>

#define JOURNAL_PAGE 4096
#define JOURNAL_PAD(n) (((n) + 7) / 8 * 8)
#define JOURNAL_NAME 256 /* bytes of a name, with its NUL */

enum journal_kind {
	J_WRITE = 1, /* bytes of the file, or its length, are about to change */
	J_SYNC,      /* the whole file or folder is durable */
	J_CREATE,    /* the name in the folder dir is new: file, link, folder */
	J_REMOVE,    /* the name was removed; a file is in kept/ */
	J_RENAME,    /* name2 in dir2 became name; what it replaced: kept/ */
	J_EXCHANGE,  /* the two names were exchanged */
};

struct journal_entry {
	uint32_t kind;
	uint32_t is_dir;    /* J_CREATE, J_REMOVE */
	uint64_t file;      /* J_WRITE, J_SYNC: the inode */
	uint64_t offset;    /* J_WRITE: the first page begins here */
	uint64_t length;    /* J_WRITE: bytes of the pages */
	uint64_t size;      /* J_WRITE: the length of the file before */
	uint64_t data;      /* bytes that follow: the pages before */
	uint64_t kept;      /* the number in kept/; 0: none */
	uint64_t dir, dir2; /* inodes */
	char name[JOURNAL_NAME], name2[JOURNAL_NAME];
};

#endif
