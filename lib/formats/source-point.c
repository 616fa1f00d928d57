/*
 * source-point.c - points of a file between two messages, from which a later
 * run can go on if the bytes before them are the same: their position and their
 * hash. ms-archive(5), Interrupted imports.
 */
#include "client-impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "container.h"
#include "le.h"
#include "outlook.h"
#include "stop.h"

#define PIECE ((size_t)1 << 20)
/* Bytes of a PST file that are hashed before each of its items: less work than
 * to read the item, and the file is hashed long before its last item. */
#define PIECES_PST 4

/* ---- the hash of a file ---- */

/*
 * Adds the bytes from `from` up to `to`. Returns false if the file is shorter,
 * or cannot be read, or a signal came.
 */
static bool
hash_file(struct ms_sha *hash, int fd, uint64_t from, uint64_t to)
{
	unsigned char *p = ms_xmalloc(PIECE);
	ssize_t n = 1;

	while (from < to && n > 0 && ms_stopped == 0) {
		n = pread(fd, p,
		    to - from < PIECE ? (size_t)(to - from) : PIECE,
		    (off_t)from);
		if (n > 0) {
			ms_sha_add(hash, p, (size_t)n);
			from += (uint64_t)n;
		}
	}
	free(p);
	return from == to;
}

static bool
is_hash(const struct ms_sha *hash, const unsigned char want[MS_SHA_LEN])
{
	unsigned char got[MS_SHA_LEN];

	ms_sha_peek(hash, got);
	return memcmp(got, want, MS_SHA_LEN) == 0;
}

/* ---- points ---- */

static void
add_text(struct ms_buf *out, const struct ms_buf *text)
{
	ms_buf_add(out, text->p, text->n);
	ms_buf_add_byte(out, '\0');
}

/* What the file is, and what its place says about its messages. */
static void
identify(const struct ms_source *src, const char *kind, const struct stat *st,
    struct ms_buf *out)
{
	const struct ms_source_file *f = &src->file;
	const struct ms_client_account *account =
	    src->client != NULL ? src->client->account : NULL;

	ms_buf_printf(out, "%s %ju %ju %d %d", kind, (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino, f->in_tree, f->eml);
	ms_buf_add_byte(out, '\0');
	add_text(out, &f->folder);
	add_text(out, &f->stem);
	if (account != NULL)
		ms_buf_add_str(out, account->source);
	ms_buf_add_byte(out, '\0');
	if (account != NULL && account->label != NULL)
		ms_buf_add_str(out, account->label);
}

bool
ms_source_points_begin(
    struct ms_source *src, const char *kind, struct ms_source_point *p)
{
	struct ms_source_points *points = &src->points;
	struct ms_buf file = {0};
	struct stat st;
	bool found;

	*points = (struct ms_source_points){0};
	if (src->opt.find_point == NULL || !src->in.owned ||
	    src->in.container != NULL || fstat(src->in.fd, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	points->on = true;
	points->size = (uint64_t)st.st_size;
	points->mtime = st.st_mtim;
	ms_sha_init(&points->hash);
	identify(src, kind, &st, &file);
	found = src->opt.find_point(src->opt.point_ctx, ms_buf_slice(&file), p);
	ms_buf_release(&file);
	return found;
}

void
ms_source_points_resumed(struct ms_source *src, const struct ms_source_point *p)
{
	src->points.messages = src->count = p->messages;
	src->points.file = p->file;
	src->found |= p->messages > 0;
	if (src->opt.resumed != NULL)
		src->opt.resumed(
		    src->opt.point_ctx, ms_buf_str(&src->where), p);
}

/* Whether the current message comes again in another folder. */
static bool
comes_again(const struct ms_client_state *c)
{
	return c != NULL && c->spooled && c->folder < c->m.folder_count;
}

static bool
pst_point(const struct ms_source *src, struct ms_source_point *p)
{
	const struct ms_source_points *points = &src->points;

	memcpy(p->hash, points->whole, MS_SHA_LEN);
	return points->hashed == points->size && !points->changed &&
	       ms_mapi_reader_passed(src->opt.outlook, &p->at);
}

bool
ms_source_point(const struct ms_source *src, struct ms_source_point *p)
{
	const struct ms_source_points *points = &src->points;
	bool mbox = src->format == &ms_source_mbox;
	bool between = mbox && ms_mbox_between(&src->mbox);

	*p = (struct ms_source_point){.file = points->file,
	    .at = src->in.offset,
	    .style = between ? 1 + (uint64_t)src->mbox.style : 0,
	    .messages = points->messages};
	if (!points->on || src->reading || src->format == NULL ||
	    comes_again(src->client))
		return false;
	if (src->format->format == MS_FORMAT_OUTLOOK)
		return !src->container.open && pst_point(src, p);
	/* In a container, the end of a file is a point, too. */
	if (!between && (!src->container.open || !(mbox || src->format->one) ||
			    ms_input_window(&src->in).n > 0))
		return false;
	ms_sha_peek(&points->hash, p->hash);
	return true;
}

/* ---- an mbox ---- */

void
ms_source_points_mbox(struct ms_source *src)
{
	struct ms_source_points *points = &src->points;
	struct ms_source_point p;
	struct ms_sha hash;

	if (src->container.open || src->mbox.kind != MS_MBOX_FOREIGN)
		return;
	if (ms_source_points_begin(src, "mbox", &p) && p.style > 0) {
		ms_sha_init(&hash);
		if (hash_file(&hash, src->in.fd, 0, p.at) &&
		    is_hash(&hash, p.hash) &&
		    ms_input_seek(&src->in, p.at, NULL) == 0) {
			points->hash = hash;
			ms_mbox_resume(
			    &src->mbox, (enum ms_mbox_style)(p.style - 1));
			ms_source_points_resumed(src, &p);
		}
	}
	if (points->on)
		src->in.hash = &points->hash;
}

/* ---- a PST file ---- */

/* The file is whole in the hash, which is that of the items that were read if
 * the file did not change meanwhile. */
static void
end_hash(struct ms_source *src)
{
	struct ms_source_points *points = &src->points;
	struct stat st;

	ms_sha_peek(&points->hash, points->whole);
	points->changed = fstat(src->in.fd, &st) < 0 ||
			  (uint64_t)st.st_size != points->size ||
			  st.st_mtim.tv_sec != points->mtime.tv_sec ||
			  st.st_mtim.tv_nsec != points->mtime.tv_nsec;
}

/* Hashes the file up to a position. */
static void
hash_more(struct ms_source *src, uint64_t to)
{
	struct ms_source_points *points = &src->points;

	if (!points->on || src->container.open ||
	    points->hashed == points->size)
		return;
	if (!hash_file(&points->hash, src->in.fd, points->hashed, to)) {
		points->on = false;
		return;
	}
	points->hashed = to;
	if (to == points->size)
		end_hash(src);
}

uint64_t
ms_source_points_pst(struct ms_source *src)
{
	struct ms_source_point p;

	/* What was deleted is found by another search each time. */
	if (src->opt.recover || !ms_source_points_begin(src, "pst", &p))
		return 0;
	hash_more(src, src->points.size);
	if (!src->points.on ||
	    memcmp(src->points.whole, p.hash, MS_SHA_LEN) != 0)
		return 0;
	ms_source_points_resumed(src, &p);
	return p.at;
}

void
ms_source_points_pst_more(struct ms_source *src)
{
	const struct ms_source_points *points = &src->points;
	uint64_t left = points->size - points->hashed;

	hash_more(
	    src, points->hashed +
		     (left < PIECES_PST * PIECE ? left : PIECES_PST * PIECE));
}

/* ---- a container ---- */

void
ms_source_points_file(struct ms_source *src, const struct ms_unpacked *file)
{
	struct ms_source_points *points = &src->points;
	unsigned char about[16];

	if (!points->on)
		return;
	points->file++;
	ms_put_le64(about, file->path.n);
	ms_put_le64(
	    about + 8, (uint64_t)(file->has_mtime ? file->mtime : INT64_MIN));
	ms_sha_add(&points->hash, about, sizeof(about));
	ms_sha_add(&points->hash, file->path.p, file->path.n);
}

/* Reads the rest of the file, or n bytes of it, from the container. */
static bool
pass(struct ms_source *src, uint64_t n)
{
	unsigned char *p = ms_xmalloc(PIECE);
	int64_t got = 1;

	while (n > 0 && got > 0) {
		got = ms_container_read(src->opt.containers, p,
		    n < PIECE ? (size_t)n : PIECE, NULL);
		if (got > 0) {
			ms_sha_add(&src->points.hash, p, (size_t)got);
			n -= (uint64_t)got;
		}
	}
	free(p);
	return n == 0;
}

void
ms_source_points_drain(struct ms_source *src)
{
	if (!src->points.on)
		return;
	if (src->in.container != NULL)
		ms_input_use(&src->in, ms_input_window(&src->in).n);
	(void)pass(src, UINT64_MAX);
}

bool
ms_source_points_reach(struct ms_source *src, const struct ms_source_point *p)
{
	return pass(src, p->at) && is_hash(&src->points.hash, p->hash);
}
