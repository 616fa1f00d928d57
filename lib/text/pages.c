/*
 * pages.c - the layer between SQLite and the files. A checksum is the first
 * bytes of the SHA-256 of the position of the page and its other bytes.
 */
#include "pages.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "le.h"
#include "sha.h"

/* A database; the file of the layer below follows it. Other files, such as the
 * journal, are only that file. */
struct database {
	sqlite3_file base;
};

static sqlite3_vfs *
below(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static sqlite3_file *
real(sqlite3_file *file)
{
	return (sqlite3_file *)((struct database *)file + 1);
}

static bool
is_page(int n, sqlite3_int64 at)
{
	return n == MS_PAGE_SIZE && at % MS_PAGE_SIZE == 0;
}

static void
checksum(
    const unsigned char *page, sqlite3_int64 at, unsigned char out[MS_SHA_LEN])
{
	unsigned char position[8];
	struct ms_sha sha;

	ms_put_le64(position, (uint64_t)at);
	ms_sha_init(&sha);
	ms_sha_add(&sha, position, sizeof(position));
	ms_sha_add(&sha, page, MS_PAGE_SIZE - MS_PAGE_CHECK);
	ms_sha_end(&sha, out);
}

static int
read_page(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	unsigned char sum[MS_SHA_LEN];
	const unsigned char *page = p;
	int rc = real(file)->pMethods->xRead(real(file), p, n, at);

	if (rc != SQLITE_OK || !is_page(n, at))
		return rc;
	checksum(page, at, sum);
	return memcmp(
		   sum, page + MS_PAGE_SIZE - MS_PAGE_CHECK, MS_PAGE_CHECK) == 0
		   ? SQLITE_OK
		   : SQLITE_IOERR_DATA;
}

static int
write_page(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	unsigned char page[MS_PAGE_SIZE], sum[MS_SHA_LEN];

	if (!is_page(n, at))
		return SQLITE_IOERR_WRITE; /* a database has no other writes */
	memcpy(page, p, sizeof(page));
	checksum(page, at, sum);
	memcpy(page + MS_PAGE_SIZE - MS_PAGE_CHECK, sum, MS_PAGE_CHECK);
	return real(file)->pMethods->xWrite(real(file), page, n, at);
}

/* ---- what is passed on ---- */

static int
close_file(sqlite3_file *file)
{
	return real(file)->pMethods->xClose(real(file));
}

static int
truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
	return real(file)->pMethods->xTruncate(real(file), size);
}

static int
sync_file(sqlite3_file *file, int flags)
{
	return real(file)->pMethods->xSync(real(file), flags);
}

static int
file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int
lock_file(sqlite3_file *file, int kind)
{
	return real(file)->pMethods->xLock(real(file), kind);
}

static int
unlock_file(sqlite3_file *file, int kind)
{
	return real(file)->pMethods->xUnlock(real(file), kind);
}

static int
is_reserved(sqlite3_file *file, int *result)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), result);
}

static int
control(sqlite3_file *file, int op, void *arg)
{
	return real(file)->pMethods->xFileControl(real(file), op, arg);
}

static int
sector_size(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int
characteristics(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

/* Version 1: without shared memory and without maps, which would bypass the
 * checksums. */
static const sqlite3_io_methods methods = {1, close_file, read_page, write_page,
    truncate_file, sync_file, file_size, lock_file, unlock_file, is_reserved,
    control, sector_size, characteristics, NULL, NULL, NULL, NULL, NULL, NULL};

static int
open_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file,
    int flags, int *out)
{
	int rc;

	if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
		return below(vfs)->xOpen(below(vfs), name, file, flags, out);
	file->pMethods = NULL;
	rc = below(vfs)->xOpen(below(vfs), name, real(file), flags, out);
	if (real(file)->pMethods != NULL)
		file->pMethods = &methods;
	return rc;
}

int
ms_pages_register(void)
{
	static sqlite3_vfs layer;
	sqlite3_vfs *unix_vfs = sqlite3_vfs_find(NULL);

	if (sqlite3_vfs_find(MS_PAGES_VFS) != NULL)
		return SQLITE_OK;
	if (unix_vfs == NULL)
		return SQLITE_ERROR;
	layer = *unix_vfs;
	layer.iVersion = 2;
	layer.pNext = NULL;
	layer.zName = MS_PAGES_VFS;
	layer.pAppData = unix_vfs;
	layer.szOsFile += (int)sizeof(struct database);
	layer.xOpen = open_file;
	return sqlite3_vfs_register(&layer, 0);
}
