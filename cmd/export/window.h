/*
 * window.h - reads messages in the order of the archive and writes them in the
 * order in which they were requested. Without this window, each message that
 * is requested out of order would cost the decompression of a block. Part of
 * ms-export.
 */
#ifndef EXPORT_WINDOW_H
#define EXPORT_WINDOW_H
#include "archive.h"
#include "sink.h"

/* A message to export: one occurrence of it, or only the message. */
struct export_choice {
	struct ms_row row;
	bool bare; /* only the message, without an occurrence */
	/* Occurrences in the output that were moved to this one. */
	const struct ms_row *const *from;
	size_t from_count;
	bool away; /* it was moved to another one in the output */
	/* Set by the window: the bytes of the message, or the reason why they
	 * cannot be read. */
	bool loaded;
	struct ms_slice bytes;
	struct ms_err damage;
};

/* Writes a message. -1: the run cannot go on. */
typedef int export_write_fn(
    void *ctx, const struct export_choice *c, struct ms_err *err);

/* The form of a message with these line ends. */
enum ms_form export_form(enum ms_eol eol, const struct ms_row *row);

struct export_window;

/* a is borrowed until the window is freed. */
struct export_window *export_window_new(
    struct ms_archive *a, enum ms_eol eol, export_write_fn *write, void *ctx);
void export_window_free(struct export_window *w);
/* Adds a copy of c. A full window is drained first. -1: as write(). */
int export_window_add(
    struct export_window *w, const struct export_choice *c, struct ms_err *err);
/* Writes all messages of the window. -1: as write(). */
int export_window_drain(struct export_window *w, struct ms_err *err);

#endif
