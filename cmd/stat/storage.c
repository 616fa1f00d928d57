/* storage.c - what the files of an archive take on disk. See stat.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pack.h"
#include "stat.h"
#include "text.h"

/* Opens a folder of the archive. */
static int
open_folder(const struct ms_archive *a, const char *name, struct ms_err *err)
{
	struct ms_buf path = {0};
	int fd;

	ms_buf_printf(&path, "%s/%s", ms_archive_path(a), name);
	fd = open(ms_buf_str(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		ms_fail_errno(err, "%s", ms_buf_str(&path));
	ms_buf_release(&path);
	return fd;
}

/* The size of a file; 0 if it is missing. */
static int
size_in(int dirfd, const char *name, uint64_t *size, struct ms_err *err)
{
	struct stat st;

	*size = 0;
	if (fstatat(dirfd, name, &st, 0) == 0)
		*size = (uint64_t)st.st_size;
	else if (errno != ENOENT)
		return ms_fail_errno(err, "%s", name);
	return 0;
}

static int
read_packs(struct storage *s, int dirfd, struct ms_err *err)
{
	struct ms_pack_name *names = NULL;
	size_t count = 0, i;
	uint64_t size = 0;
	char name[32];
	int rc = ms_pack_list(dirfd, &names, &count, err);

	count = rc == 0 ? ms_pack_newest(names, count) : 0;
	s->ends = ms_xcalloc(count + 1, sizeof(*s->ends));
	for (i = 0; i < count && rc == 0; i++) {
		ms_pack_name_format(names[i], name);
		rc = size_in(dirfd, name, &size, err);
		s->pack_bytes += size;
		s->ends[s->packs++] =
		    (struct pack_end){names[i].number, s->pack_bytes};
	}
	free(names);
	return rc;
}

int
storage_read(struct storage *s, struct ms_archive *a, struct ms_err *err)
{
	int packs = open_folder(a, "pack", err), index = -1, rc = -1;

	if (packs < 0 || read_packs(s, packs, err) < 0)
		goto out;
	index = open_folder(a, "index", err);
	if (index >= 0)
		rc = size_in(index, "data.mdb", &s->index_bytes, err);
out:
	if (packs >= 0)
		close(packs);
	if (index >= 0)
		close(index);
	return rc;
}

int
storage_read_text(struct storage *s, struct ms_archive *a, struct ms_err *err)
{
	struct ms_text_coverage c = {0};
	uint64_t databases = 0;
	struct ms_text *t;
	int rc;

	if (ms_text_open(&t, a, err) < 0)
		return -1;
	rc = ms_text_coverage(t, &c, err);
	ms_text_close(t);
	s->text_messages = c.indexed;
	s->text_missing = c.missing;
	return rc < 0 ? -1 : ms_text_size(a, &databases, &s->text_bytes, err);
}

uint64_t
storage_before(const struct storage *s, uint32_t pack, uint64_t offset)
{
	uint64_t before = 0;

	for (uint64_t i = 0; i < s->packs && s->ends[i].number < pack; i++)
		before = s->ends[i].end;
	return before + offset;
}

void
storage_release(struct storage *s)
{
	free(s->ends);
}
