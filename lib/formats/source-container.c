/*
 * source-container.c - a container as a source: its files are read like those
 * of a directory, but in the order in which they are stored. Their paths are
 * names only. ms-stream(5), Containers.
 */
#include "source-impl.h"

#include <string.h>
#include <strings.h>
#include "client-impl.h"
#include "container.h"

/* The levels of a path that are not used yet, each ended by a NUL. */
struct levels {
	struct ms_slice rest;
};

static const char *
next_level(struct levels *l)
{
	const char *level = (const char *)l->rest.p;
	size_t n;

	if (l->rest.n == 0)
		return NULL;
	n = strlen(level) + 1;
	l->rest = (struct ms_slice){l->rest.p + n, l->rest.n - n};
	return level;
}

static bool
is_last(const struct levels *l)
{
	return l->rest.n == 0;
}

/* Whether the path is that of a message in a Maildir: .../cur/NAME. */
static bool
is_delivery(struct ms_slice path)
{
	struct levels l = {path};
	const char *level, *dir = NULL;

	while ((level = next_level(&l)) != NULL && !is_last(&l))
		dir = level;
	return dir != NULL &&
	       (strcmp(dir, "cur") == 0 || strcmp(dir, "new") == 0);
}

/* ---- containers ---- */

bool
ms_source_is_container(struct ms_source *src)
{
	struct ms_slice w = ms_input_window(&src->in);

	/* The header of a tar can come in pieces; text is not waited for. */
	while (w.n < MS_UNPACK_HEAD && memchr(w.p, '\0', w.n) != NULL &&
	       ms_input_more(&src->in, NULL) > 0)
		w = ms_input_window(&src->in);
	return ms_unpack_is(w);
}

static int
begin(struct ms_source *src, struct ms_err *err)
{
	return ms_container_begin(src->opt.containers, src->in.fd,
	    src->in.whole, ms_input_window(&src->in), err);
}

/* Unpacks what comes before the point. Returns whether it is the same. */
static bool
reach(struct ms_source *src)
{
	struct ms_source_container *c = &src->container;
	int rc = 1;

	while (rc != 0 && src->points.file < c->point.file) {
		rc = ms_container_next(src->opt.containers, &c->at, NULL);
		if (rc <= 0)
			continue;
		ms_source_points_file(src, &c->at);
		if (src->points.file < c->point.file)
			ms_source_points_drain(src);
	}
	return rc != 0 && ms_source_points_reach(src, &c->point);
}

int
ms_source_container_begin(struct ms_source *src, struct ms_err *err)
{
	struct ms_source_container *c = &src->container;

	if (src->opt.containers == NULL)
		return ms_source_refuse(ms_input_window(&src->in), err);
	if (src->client != NULL && ms_client_contained(src->client, err) < 0)
		return -1;
	if (begin(src, err) < 0)
		return -1;
	c->resumes = false;
	if (ms_source_points_begin(src, "container", &c->point)) {
		c->resumes = c->point.file > 0 && reach(src);
		if (!c->resumes) {
			src->points.file = 0;
			ms_sha_init(&src->points.hash);
			if (begin(src, err) < 0)
				return -1;
		}
	}
	c->open = true;
	c->found = src->found;
	c->failed = false;
	c->in_tree = src->file.in_tree;
	src->found = false;
	ms_buf_clear(&c->name);
	ms_buf_add(&c->name, src->file.name.p, src->file.name.n);
	ms_buf_clear(&c->folder);
	ms_buf_add(&c->folder, src->file.folder.p, src->file.folder.n);
	ms_buf_clear(&c->stem);
	ms_buf_add(&c->stem, src->file.stem.p, src->file.stem.n);
	c->stem.n = ms_unpack_stem((const char *)c->stem.p, c->stem.n);
	return 0;
}

/* The end of a container: it should have had mail. */
static int
end_container(struct ms_source *src, struct ms_err *err)
{
	struct ms_source_container *c = &src->container;
	bool empty = !src->found && !c->failed;

	c->open = false;
	src->done += ms_container_used(src->opt.containers);
	src->found |= c->found;
	if (!empty)
		return 0;
	ms_buf_clear(&src->file.name);
	ms_buf_add(&src->file.name, c->name.p, c->name.n);
	ms_source_where(src);
	return ms_fail(err, MS_NOINPUT, "contains no mail");
}

/* ---- files ---- */

/* Names the file in messages: "mail.zip: Inbox/1.eml". */
static void
name_file(struct ms_source *src, struct ms_slice path)
{
	struct ms_buf *name = &src->file.name;
	struct levels l = {path};
	const char *level, *between = ": ";

	ms_buf_clear(name);
	ms_buf_add(name, src->container.name.p, src->container.name.n);
	for (; (level = next_level(&l)) != NULL; between = "/") {
		ms_buf_add_str(name, between);
		ms_text_add(name, ms_slice_str(level), true);
	}
	ms_source_where(src);
}

/* Adds a directory to the folder. Thunderbird stores the folders below the mbox
 * Work in Work.sbd; Apple Mail stores the messages of Work in
 * Work.mbox/Messages. */
static void
add_folder(struct ms_buf *folder, const char *level, bool maildir)
{
	struct ms_slice s = ms_slice_str(level);

	if (maildir && level[0] == '.')
		ms_maildir_folder(folder, level);
	else if (ms_name_ends(level, ".sbd"))
		ms_folder_add(folder, (struct ms_slice){s.p, s.n - 4});
	else
		ms_folder_add(folder, ms_name_stem(level));
}

/* The folder, from the directories of the path; delivery: without the last. */
static void
set_folder(struct ms_source *src, struct ms_slice path, bool delivery)
{
	struct ms_source_file *f = &src->file;
	struct levels l = {path};
	const char *level = next_level(&l), *before = "";

	ms_buf_clear(&f->folder);
	ms_buf_add(
	    &f->folder, src->container.folder.p, src->container.folder.n);
	if (src->container.in_tree && path.n > 0)
		ms_folder_add(&f->folder, ms_buf_slice(&src->container.stem));
	for (; level != NULL && !is_last(&l); level = next_level(&l)) {
		struct levels after = l;

		(void)next_level(&after);
		if ((delivery && is_last(&after)) ||
		    (ms_name_ends(before, ".mbox") &&
			strcmp(level, "Messages") == 0))
			continue;
		add_folder(&f->folder, level, delivery);
		before = level;
	}
}

/* The name of the file itself; "" if it is only compressed. */
static const char *
base_of(struct ms_slice path)
{
	struct levels l = {path};
	const char *level, *base = "";

	while ((level = next_level(&l)) != NULL)
		base = level;
	return base;
}

/* Sets the attributes of a file, which its path shows. */
static void
set_file(struct ms_source *src, const struct ms_unpacked *file)
{
	struct ms_source_file *f = &src->file;
	static const struct ms_keywords none;
	const char *base = base_of(file->path);

	f->delivery = is_delivery(file->path);
	set_folder(src, file->path, f->delivery);
	ms_buf_clear(&f->stem);
	ms_buf_clear(&f->flags);
	if (f->delivery)
		ms_maildir_flags(&f->flags, base, &none);
	else if (file->path.n == 0) /* a file that is only compressed */
		ms_folder_add(
		    &f->stem, ms_name_stem(ms_buf_str(&src->container.stem)));
	else if (strcmp(base, "mbox") != 0)
		ms_folder_add(&f->stem, ms_name_stem(base));
	f->mtime = file->mtime;
	f->has_mtime = file->has_mtime;
	f->named = f->message = false;
	f->in_tree = file->path.n > 0 || src->container.in_tree;
	f->eml = ms_name_ends(base, ".eml");
	f->emlx = ms_name_ends(base, ".emlx");
	f->partial = ms_name_ends(base, ".partial.emlx");
	if (src->client != NULL && file->path.n > 0)
		ms_client_file(src, NULL, -1, base);
}

/* Whether the client has a file that is no mail. */
static bool
is_client_data(const struct ms_source *src, struct ms_slice path)
{
	static const struct ms_client_dir none;

	return src->client != NULL && path.n > 0 && !is_delivery(path) &&
	       !ms_client_wants(src->client, &none, base_of(path));
}

/* Whether a file is one of a program and no mail, by its path. */
static bool
is_bookkeeping(struct ms_slice path)
{
	struct levels l = {path};
	const char *level;

	while ((level = next_level(&l)) != NULL)
		if (is_last(&l) ? ms_is_bookkeeping(level) ||
				      strcmp(level, "table_of_contents") == 0 ||
				      strcmp(level, "Info.plist") == 0
				: strcmp(level, "__MACOSX") == 0)
			return true;
	return false;
}

/* Whether the file is below a hidden directory that is no part of a Maildir. */
static bool
is_hidden(struct ms_slice path)
{
	struct levels l = {path};
	const char *level;

	if (is_delivery(path))
		return false;
	while ((level = next_level(&l)) != NULL && !is_last(&l))
		if (level[0] == '.')
			return true;
	return false;
}

void
ms_source_container_input(struct ms_source *src)
{
	src->in.container = src->opt.containers;
	if (src->points.on)
		src->in.hash = &src->points.hash;
}

void
ms_source_container_resume(struct ms_source *src)
{
	struct ms_source_container *c = &src->container;

	if (!c->resumes)
		return;
	ms_source_points_resumed(src, &c->point);
	name_file(src, c->at.path);
	set_file(src, &c->at);
	if (c->point.style == 0) { /* the file ends there */
		ms_source_points_drain(src);
		return;
	}
	ms_input_begin(&src->in, -1, true);
	ms_source_container_input(src);
	src->in.offset = c->point.at;
	src->format = &ms_source_mbox;
	ms_source_mbox.begin(src);
	ms_mbox_resume(&src->mbox, (enum ms_mbox_style)(c->point.style - 1));
}

int
ms_source_container_next(struct ms_source *src, struct ms_err *err)
{
	struct ms_unpacked file;
	int rc;

	for (;;) {
		rc = ms_container_next(src->opt.containers, &file, err);
		name_file(src, file.path);
		if (rc == 0)
			return end_container(src, err);
		src->container.failed |= rc < 0;
		if (rc < 0)
			return -1;
		ms_source_points_file(src, &file);
		if (is_hidden(file.path))
			ms_source_remark(
			    src, "in a hidden directory, not read");
		else if (!is_bookkeeping(file.path) &&
			 !is_client_data(src, file.path))
			break;
		ms_source_points_drain(src);
	}
	set_file(src, &file);
	return 1;
}
