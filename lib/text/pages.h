/*
 * pages.h - a file system layer for SQLite that keeps a checksum in each page
 * of a database and compares it whenever the page is read: a damaged database
 * is an error, and never an answer that lacks something. Layer: above sha;
 * SQLite, sqlite.org/vfs.html.
 */
#ifndef MS_TEXT_PAGES_H
#define MS_TEXT_PAGES_H

#define MS_PAGES_VFS "ms-pages"
#define MS_PAGE_SIZE 4096
#define MS_PAGE_CHECK                                                          \
	8 /* bytes that SQLite leaves free at the end of a page                \
	   */

/*
 * Registers the layer. A database that is opened with it must have pages of
 * MS_PAGE_SIZE with MS_PAGE_CHECK reserved bytes, and a rollback journal. A
 * page whose checksum is wrong fails with SQLITE_IOERR_DATA. Returns a result
 * of SQLite.
 */
int ms_pages_register(void);

#endif
