/*
 * undo.c - changes a folder into a state that a power loss could have left. The
 * journal is the one that unsynced.so has written while the process was alive.
 *   usage: undo JOURNAL FOLDER all|none|SEED
 * all: all data that no fsync has made durable is lost. none: nothing is lost.
 * SEED: each page and each length of a file gets one of its states since the
 * last fsync of the file, and each folder keeps some of its first changes of
 * names, at random for each file and folder. The program prints how much it has
 * undone.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"

enum mode {
	ALL,
	NONE,
	RANDOM
};

struct change {
	const struct journal_entry *e;
	const unsigned char *data; /* of J_WRITE */
	size_t order;
	bool live;  /* no sync came after it */
	bool drawn; /* a name: its folder was decided about */
};

/* The content of a page before a write. */
struct page {
	uint64_t file, number;
	const struct change *c;
};

/* The changes of a file or folder that a power loss undoes. */
struct luck {
	enum {
		LOST,
		KEPT,
		CUT_IN_TIME,
		MIXED
	} how;
	size_t cut; /* changes from this one on are lost */
};

static const char *journal, *folder;
static enum mode mode;
static uint64_t state;
static struct change *changes;
static size_t count;
static unsigned long pages_back, sizes_back, names_back, failures;

static void
fail(const char *what)
{
	fprintf(stderr, "undo: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t
random_below(size_t n)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (size_t)((z ^ z >> 31) % n);
}

static struct luck
draw(void)
{
	struct luck l = {.how = LOST};

	if (mode == NONE)
		l.how = KEPT;
	else if (mode == RANDOM)
		l.how = random_below(4);
	l.cut = random_below(count + 1);
	return l;
}

static void
read_log(void)
{
	char path[PATH_MAX];
	const unsigned char *p, *end;
	struct stat st;
	size_t cap = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/log", journal);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		fail(path);
	if (st.st_size == 0)
		return;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		fail(path);
	end = p + st.st_size;
	while ((size_t)(end - p) >= sizeof(struct journal_entry)) {
		if (count == cap) {
			cap = cap * 2 + 64;
			changes = reallocarray(changes, cap, sizeof(*changes));
			if (changes == NULL)
				fail("memory");
		}
		changes[count] = (struct change){.order = count, .live = true};
		changes[count].e = (const struct journal_entry *)p;
		p += sizeof(struct journal_entry);
		changes[count].data = p;
		p += JOURNAL_PAD(changes[count].e->data);
		count++;
	}
}

/* A change is durable if an fsync of its file or folder came later. */
static void
mark_durable(void)
{
	const struct journal_entry *e;
	size_t i, j;

	for (i = 0; i < count; i++) {
		if (changes[i].e->kind != J_SYNC)
			continue;
		changes[i].live = false;
		for (j = 0; j < i; j++) {
			e = changes[j].e;
			if (e->kind == J_WRITE ? e->file == changes[i].e->file
					       : e->dir == changes[i].e->file)
				changes[j].live = false;
		}
	}
}

/* ---- bytes ---- */

static int
compare_pages(const void *a, const void *b)
{
	const struct page *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->c->order < y->c->order ? -1 : 1;
}

/* Lists each change of each page; a change of a length is a row without page.
 */
static struct page *
list_pages(size_t *n)
{
	struct page *all = NULL;
	size_t cap = 0, i;
	uint64_t at;

	*n = 0;
	for (i = 0; i < count; i++) {
		const struct journal_entry *e = changes[i].e;

		if (e->kind != J_WRITE || !changes[i].live)
			continue;
		for (at = 0; at <= e->length; at += JOURNAL_PAGE) {
			if (*n == cap) {
				cap = cap * 2 + 1024;
				all = reallocarray(all, cap, sizeof(*all));
				if (all == NULL)
					fail("memory");
			}
			all[(*n)++] = (struct page){.file = e->file,
			    .number = at < e->length
					  ? (e->offset + at) / JOURNAL_PAGE
					  : UINT64_MAX,
			    .c = &changes[i]};
		}
	}
	if (*n > 0)
		qsort(all, *n, sizeof(*all), compare_pages);
	return all;
}

/* Returns how many of n changes, from the first on, are kept. */
static size_t
kept_of(const struct page *rows, size_t n, const struct luck *l)
{
	size_t k;

	if (l->how == KEPT || l->how == LOST)
		return l->how == KEPT ? n : 0;
	if (l->how == MIXED)
		return random_below(n + 1);
	for (k = 0; k < n && rows[k].c->order < l->cut; k++)
		;
	return k;
}

static void
put_page(int fd, const struct page *row)
{
	const struct journal_entry *e = row->c->e;
	unsigned char page[JOURNAL_PAGE] = {0};
	uint64_t from = row->number * JOURNAL_PAGE - e->offset;
	size_t n = 0;

	if (from < e->data)
		n = e->data - from < sizeof(page) ? e->data - from
						  : sizeof(page);
	memcpy(page, row->c->data + from, n);
	if (pwrite(fd, page, sizeof(page),
		(off_t)(row->number * JOURNAL_PAGE)) != sizeof(page))
		fail("page");
	pages_back++;
}

/* Restores a file; all rows belong to it. */
static void
restore_file(const struct page *rows, size_t n)
{
	struct luck l = draw();
	char path[PATH_MAX];
	struct stat st;
	size_t i, j, k;
	off_t size;
	int fd;

	snprintf(path, sizeof(path), "%s/files/%llu", journal,
	    (unsigned long long)rows[0].file);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		fail(path);
	size = st.st_size;
	for (i = 0; i < n; i = j) {
		for (j = i; j < n && rows[j].number == rows[i].number; j++)
			;
		k = kept_of(rows + i, j - i, &l);
		if (k == j - i)
			continue;
		if (rows[i].number == UINT64_MAX)
			size = (off_t)rows[i + k].c->e->size;
		else
			put_page(fd, &rows[i + k]);
	}
	sizes_back += size != st.st_size;
	if (ftruncate(fd, size) != 0)
		fail(path);
	close(fd);
}

static void
restore_files(void)
{
	size_t n, i, j;
	struct page *all = list_pages(&n);

	for (i = 0; i < n; i = j) {
		for (j = i; j < n && all[j].file == all[i].file; j++)
			;
		restore_file(all + i, j - i);
	}
	free(all);
}

/* ---- names ---- */

static uint64_t wanted;
static char found[PATH_MAX];

static int
look(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type != FTW_D || st->st_ino != wanted)
		return 0;
	snprintf(found, sizeof(found), "%s", path);
	return 1;
}

/* Finds a folder by its inode, because its name may have changed since. */
static bool
path_of(uint64_t dir, const char *name, char path[PATH_MAX])
{
	wanted = dir;
	if (nftw(folder, look, 16, FTW_PHYS) != 1)
		return false;
	return snprintf(path, PATH_MAX, "%s/%s", found, name) < PATH_MAX;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static bool
put_kept(const struct journal_entry *e, const char *path)
{
	char kept[PATH_MAX];

	if (e->kept == 0)
		return true;
	snprintf(kept, sizeof(kept), "%s/kept/%llu", journal,
	    (unsigned long long)e->kept);
	return link(kept, path) == 0;
}

static bool
restore_name(const struct journal_entry *e)
{
	char path[PATH_MAX], path2[PATH_MAX];

	if (!path_of(e->dir, e->name, path))
		return true; /* the folder itself is gone */
	switch (e->kind) {
	case J_CREATE:
		if (e->is_dir)
			return nftw(path, remove_one, 16,
				   FTW_PHYS | FTW_DEPTH) == 0;
		/* A durable rename may have moved it. */
		return unlink(path) == 0 || errno == ENOENT;
	case J_REMOVE:
		return e->is_dir ? mkdir(path, 0700) == 0 : put_kept(e, path);
	case J_RENAME:
		return path_of(e->dir2, e->name2, path2) &&
		       rename(path, path2) == 0 && put_kept(e, path);
	case J_EXCHANGE:
		return path_of(e->dir2, e->name2, path2) &&
		       renameat2(AT_FDCWD, path, AT_FDCWD, path2,
			   RENAME_EXCHANGE) == 0;
	default:
		return true;
	}
}

static bool
is_name_in(const struct change *c, uint64_t dir)
{
	return c->live && c->e->kind > J_SYNC && c->e->dir == dir;
}

/* The last changes of a folder are lost, because a file system keeps their
 * order. */
static void
choose_names(void)
{
	size_t i, j, n, k;
	struct luck l;

	for (i = 0; i < count; i++) {
		uint64_t dir = changes[i].e->dir;

		if (changes[i].drawn || !is_name_in(&changes[i], dir))
			continue;
		for (j = i, n = 0; j < count; j++)
			n += is_name_in(&changes[j], dir);
		l = draw();
		k = l.how == LOST ? 0 : l.how == KEPT ? n : random_below(n + 1);
		for (j = i; j < count; j++) {
			if (!is_name_in(&changes[j], dir))
				continue;
			changes[j].drawn = true;
			if (k > 0) {
				changes[j].live = false;
				k--;
			}
		}
	}
}

static void
restore_names(void)
{
	size_t i;

	choose_names();
	for (i = count; i-- > 0;) {
		if (!changes[i].live || changes[i].e->kind == J_WRITE)
			continue;
		names_back++;
		if (restore_name(changes[i].e))
			continue;
		failures++;
		fprintf(stderr, "undo: %s %s: %s\n", changes[i].e->name,
		    changes[i].e->name2, strerror(errno));
	}
}

int
main(int argc, char *argv[])
{
	if (argc != 4) {
		fprintf(stderr, "usage: undo JOURNAL FOLDER all|none|SEED\n");
		return 64;
	}
	journal = argv[1];
	folder = argv[2];
	mode = strcmp(argv[3], "all") == 0    ? ALL
	       : strcmp(argv[3], "none") == 0 ? NONE
					      : RANDOM;
	state = strtoull(argv[3], NULL, 10);
	read_log();
	mark_durable();
	restore_files();
	restore_names();
	printf("%lu pages, %lu lengths, %lu names put back\n", pages_back,
	    sizes_back, names_back);
	return failures > 0 ? 1 : 0;
}
