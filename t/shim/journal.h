/*
 * journal.h - what unsynced.c writes down and undo.c reads: the file `log` in
 * the folder MS_SHIM_JOURNAL, entries one after another, each a struct entry,
 * and its data, padded. Beside it `files/INODE`, a link to each file
 * that was written, and `kept/NUMBER`, what was unlinked or replaced.
 */
#ifndef JOURNAL_H
#define JOURNAL_H
#include <stdint.h>

#define JOURNAL_PAGE 4096
#define JOURNAL_PAD(n) (((n) + 7) / 8 * 8)
#define JOURNAL_NAME 256 /* bytes of a name, with its NUL */

enum journal_kind {
	J_WRITE = 1, /* bytes of file are about to change, or its length */
	J_SYNC,      /* all of file, or folder, is durable */
	J_CREATE,    /* name in folder dir is new: file, link or folder */
	J_REMOVE,    /* name is gone; kept, or a folder */
	J_RENAME,   /* name2 in dir2 became name in dir; what was there: kept */
	J_EXCHANGE, /* the two changed places */
};

struct journal_entry {
	uint32_t kind;
	uint32_t is_dir; /* J_CREATE, J_REMOVE */
	uint64_t file;   /* inode; of J_WRITE and J_SYNC */
	uint64_t offset; /* J_WRITE: pages from here */
	uint64_t length; /* so many bytes of them */
	uint64_t size;   /* how long the file was */
	uint64_t data;   /* bytes that follow: what was there, until its end */
	uint64_t kept;   /* number in kept/, 0: nothing was */
	uint64_t dir, dir2; /* inodes */
	char name[JOURNAL_NAME], name2[JOURNAL_NAME];
};

#endif
