/*
 * buf.h - memory: borrowed slices, growing buffers, and allocation that cannot
 * fail. The caller compares every size that comes from input with a named
 * limit. Layer: bottom.
 */
#ifndef MS_BUF_H
#define MS_BUF_H
#include <stdbool.h>
#include <stddef.h>
#include "err.h"

/* A view of bytes that belong to another object. */
struct ms_slice {
	const unsigned char *p;
	size_t n;
};

/* A growing buffer; zero is a valid, empty value. */
struct ms_buf {
	unsigned char *p;
	size_t n, cap;
};

/*
 * Receives the next bytes of a sequence. Returns 0, or -1 with err set to stop
 * the sequence.
 */
typedef int ms_emit_fn(
    void *ctx, const unsigned char *p, size_t n, struct ms_err *err);

/* Ends the program with status 71 (EX_OSERR). */
_Noreturn void ms_out_of_memory(void);
/* These functions call ms_out_of_memory() if an allocation fails. */
void *ms_xmalloc(size_t n);
void *ms_xcalloc(size_t count, size_t size);
void *ms_xreallocarray(void *p, size_t count, size_t size);
char *ms_xstrdup(const char *s);
char *ms_xstrndup(const void *p, size_t n);

/*
 * Makes room for n more bytes, and returns a pointer to it. The caller adds to
 * b->n what it has written.
 */
unsigned char *ms_buf_room(struct ms_buf *b, size_t n);
void ms_buf_add(struct ms_buf *b, const void *p, size_t n);
void ms_buf_add_str(struct ms_buf *b, const char *s);
void ms_buf_add_byte(struct ms_buf *b, unsigned char c);
void ms_buf_printf(struct ms_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Ends the buffer with a NUL that is not counted, and returns the contents as a
 * string.
 */
char *ms_buf_str(struct ms_buf *b);
/* Removes the contents and keeps the memory. */
void ms_buf_clear(struct ms_buf *b);
void ms_buf_release(struct ms_buf *b);
/* As ms_buf_add(), for functions that pass bytes on to such a function. ctx is
 * the struct ms_buf. 0. */
int ms_buf_append(
    void *ctx, const unsigned char *p, size_t n, struct ms_err *err);
/* Returns unused memory to the allocator. */
void ms_buf_trim(struct ms_buf *b);

/* The contents of the buffer; valid until the buffer is changed. */
struct ms_slice ms_buf_slice(const struct ms_buf *b);
struct ms_slice ms_slice_str(const char *s);
bool ms_slice_eq(struct ms_slice a, struct ms_slice b);
/* Is this the word, in any case (of ASCII)? */
bool ms_slice_is(struct ms_slice s, const char *word);
/* Is this word, in any case, among words that are separated by blanks? */
bool ms_words_have(const char *words, const char *word);

/*
 * Appends the contents of a file. Errors: MS_NOINPUT, the file does not exist;
 * MS_DATA, the file has more than max bytes; MS_IO.
 */
int ms_buf_read_file(
    struct ms_buf *b, const char *path, size_t max, struct ms_err *err);
/* The same for a file of a folder, which must not be a link. path: its name in
 * errors. */
int ms_buf_read_at(struct ms_buf *b, int dirfd, const char *name,
    const char *path, size_t max, struct ms_err *err);
/* The same for an open file, which stays open. */
int ms_buf_read_fd(
    struct ms_buf *b, int fd, const char *path, size_t max, struct ms_err *err);

#endif
