/*
 * msg.c - reads MSG files. [MS-OXMSG]: a storage for each object, in it a
 * stream for each long property and a list of the short ones.
 *
 * libgsf reads the OLE2 file: its table of sectors and its directory when the
 * file is opened, a stream when it is asked for. It refuses sizes that are
 * larger than the file, but follows what a chain of sectors says; loops and
 * impossible lengths end in an error or, at worst, in the end of the process,
 * which is confined for that (outlook.h). Our own limits are those of item.h.
 */
#include "msg.h"

#include <gsf/gsf-input-memory.h>
#include <gsf/gsf-outfile-msole.h>
#include <gsf/gsf-output-memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "msg-impl.h"

#define HEADER_TOP 32 /* bytes before the first property */
#define HEADER_EMBEDDED 24
#define HEADER_OTHER 8
#define OLE_MAX ((gsf_off_t)256 << 20) /* bytes of an OLE object */

/* ---- attachments ---- */

static int64_t
read_attachment(
    void *ctx, uint64_t at, unsigned char *p, size_t n, struct ms_err *err)
{
	GsfInput *in = ctx;

	if (gsf_input_seek(in, (gsf_off_t)at, G_SEEK_SET) ||
	    gsf_input_read(in, n, p) == NULL)
		return ms_fail(err, MS_DATA, "the file is damaged there");
	return (int64_t)n;
}

/* ---- OLE objects ---- */

/* A storage that is being copied. */
struct level {
	GsfInfile *from;
	GsfOutfile *to;
	int next;
};

static bool
copy_stream(GsfInput *from, GsfOutfile *dir, gsf_off_t *left)
{
	GsfOutput *to = gsf_outfile_new_child(dir, gsf_input_name(from), FALSE);
	bool ok;

	*left -= gsf_input_size(from);
	ok = to != NULL && *left >= 0 && gsf_input_copy(from, to) &&
	     gsf_output_close(to);
	if (to != NULL)
		g_object_unref(to);
	return ok;
}

/* Closes a storage that is copied. */
static bool
close_level(struct level *l)
{
	bool ok = gsf_output_close(GSF_OUTPUT(l->to));

	g_object_unref(l->from);
	g_object_unref(l->to);
	return ok;
}

/* Copies all that is in the first level, with storages in storages. */
static bool
copy_levels(struct level stack[MS_MAPI_DEPTH_MAX])
{
	gsf_off_t left = OLE_MAX;
	size_t depth = 1;
	bool ok = true;

	while (depth > 0) {
		struct level *l = &stack[depth - 1];
		GsfInput *in = NULL;

		if (ok && l->next < gsf_infile_num_children(l->from))
			in = gsf_infile_child_by_index(l->from, l->next++);
		else {
			ok = close_level(l) && ok;
			depth--;
			continue;
		}
		if (in == NULL) {
			ok = false;
		} else if (gsf_infile_num_children(GSF_INFILE(in)) < 0) {
			ok = copy_stream(in, l->to, &left);
			g_object_unref(in);
		} else if (depth == MS_MAPI_DEPTH_MAX) {
			ok = false;
			g_object_unref(in);
		} else {
			stack[depth++] = (struct level){GSF_INFILE(in),
			    GSF_OUTFILE(gsf_outfile_new_child(
				l->to, gsf_input_name(in), TRUE)),
			    0};
		}
	}
	return ok;
}

/* The storage of an OLE object becomes a file of its own. */
static bool
copy_object(struct ms_mapi_attachment *a, GsfInfile *from)
{
	struct level stack[MS_MAPI_DEPTH_MAX];
	GsfOutput *sink = gsf_output_memory_new();
	const guint8 *bytes;
	gsf_off_t size;
	bool ok;

	stack[0] =
	    (struct level){g_object_ref(from), gsf_outfile_msole_new(sink), 0};
	ok = copy_levels(stack);
	bytes = gsf_output_memory_get_bytes(GSF_OUTPUT_MEMORY(sink));
	size = gsf_output_size(sink);
	ok =
	    ok && bytes != NULL && size > 0 &&
	    ms_mapi_attach_copy(a, MS_MAPI_OLE, bytes, (size_t)size, NULL) == 0;
	g_object_unref(sink);
	return ok;
}

/* ---- items ---- */

/* An item whose storage is not read yet. */
struct pending {
	GsfInfile *dir;
	struct ms_mapi_item *item;
};

struct loader {
	struct ms_msg *msg;
	GArray *pending; /* of struct pending */
};

static bool
is_item(GsfInfile *dir)
{
	GsfInput *in = ms_msg_child(dir, "__properties_version1.0");

	if (in != NULL)
		g_object_unref(in);
	return in != NULL;
}

/* An item in an attachment, which is read later, or an OLE object. */
static void
read_storage(struct loader *l, struct ms_mapi_item *parent,
    struct ms_mapi_attachment *a, GsfInfile *dir)
{
	struct pending p = {dir, NULL};

	if (!is_item(dir)) {
		if (!copy_object(a, dir))
			snprintf(a->damage, sizeof(a->damage),
			    "the OLE object cannot be copied");
		g_object_unref(dir);
		return;
	}
	p.item = ms_mapi_item_new(parent, l->msg->codepage);
	if (p.item == NULL) {
		snprintf(a->damage, sizeof(a->damage),
		    "more than %d items in items", MS_MAPI_DEPTH_MAX);
		g_object_unref(dir);
		return;
	}
	ms_mapi_attach_item(a, p.item);
	g_array_append_val(l->pending, p);
}

static void
read_content(struct loader *l, struct ms_mapi_item *item,
    struct ms_mapi_attachment *a, GsfInfile *dir)
{
	GsfInput *in = ms_msg_child(dir, "__substg1.0_37010102");
	GsfInfile *object;
	gsf_off_t size;

	if (in != NULL) {
		size = gsf_input_size(in);
		g_ptr_array_add(l->msg->streams, in);
		if (size > 0 && (uint64_t)size > MS_MAPI_ATTACHMENT_MAX)
			snprintf(a->damage, sizeof(a->damage),
			    "larger than %llu bytes",
			    (unsigned long long)MS_MAPI_ATTACHMENT_MAX);
		else
			ms_mapi_attach_read(a, MS_MAPI_BYTES,
			    size > 0 ? (uint64_t)size : 0, read_attachment, in);
		return;
	}
	object = ms_msg_storage(dir, "__substg1.0_3701000D");
	if (object != NULL)
		read_storage(l, item, a, object);
}

/* Recipients and attachments have numbers in their names, in hex. */
static int
by_number(const void *a, const void *b, gpointer unused)
{
	uint64_t x, y;

	(void)unused;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* The children with this prefix: number and index of each, sorted. */
static size_t
list_children(GsfInfile *dir, const char *prefix, uint64_t **list)
{
	int n = gsf_infile_num_children(dir);
	size_t count = 0, prefix_n = strlen(prefix);
	const char *name;

	*list = ms_xcalloc((size_t)n + 1, sizeof(**list));
	for (int i = 0; i < n; i++) {
		name = gsf_infile_name_by_index(dir, i);
		if (name != NULL && strncasecmp(name, prefix, prefix_n) == 0)
			(*list)[count++] =
			    (strtoull(name + prefix_n, NULL, 16) & UINT32_MAX)
				<< 32 |
			    (unsigned)i;
	}
	/* qsort(3) asks for the size of the memory, and is not allowed to. */
	g_qsort_with_data(*list, (int)count, sizeof(**list), by_number, NULL);
	return count;
}

static GsfInfile *
child_storage(GsfInfile *dir, uint64_t entry)
{
	GsfInput *in = gsf_infile_child_by_index(dir, (int)(entry & INT32_MAX));

	if (in == NULL || gsf_infile_num_children(GSF_INFILE(in)) >= 0)
		return (GsfInfile *)in;
	g_object_unref(in);
	return NULL;
}

static void
read_recipients(struct loader *l, const struct pending *p)
{
	uint64_t *list;
	size_t n = list_children(p->dir, "__recip_version1.0_#", &list);
	struct ms_mapi_recipient *r;

	for (size_t i = 0; i < n; i++) {
		GsfInfile *dir = child_storage(p->dir, list[i]);

		r = dir != NULL ? ms_mapi_recipient_add(p->item) : NULL;
		if (r != NULL)
			ms_msg_properties(
			    &(struct ms_msg_object){l->msg, dir, p->item,
				&r->props, "recipient", i},
			    HEADER_OTHER);
		else
			ms_mapi_lost(
			    p->item, "recipient %zu cannot be read", i + 1);
		if (dir != NULL)
			g_object_unref(dir);
	}
	free(list);
}

static void
read_attachments(struct loader *l, const struct pending *p)
{
	uint64_t *list;
	size_t n = list_children(p->dir, "__attach_version1.0_#", &list);
	struct ms_mapi_attachment *a;

	for (size_t i = 0; i < n; i++) {
		GsfInfile *dir = child_storage(p->dir, list[i]);

		a = dir != NULL ? ms_mapi_attachment_add(p->item) : NULL;
		if (a != NULL) {
			ms_msg_properties(
			    &(struct ms_msg_object){l->msg, dir, p->item,
				&a->props, "attachment", i},
			    HEADER_OTHER);
			read_content(l, p->item, a, dir);
		} else {
			ms_mapi_lost(
			    p->item, "attachment %zu cannot be read", i + 1);
		}
		if (dir != NULL)
			g_object_unref(dir);
	}
	free(list);
}

static void
read_item(struct loader *l, const struct pending *p, size_t header)
{
	ms_msg_properties(&(struct ms_msg_object){l->msg, p->dir, p->item,
			      &p->item->props, "item", 0},
	    header);
	ms_mapi_item_end(p->item); /* what comes now has its code page */
	read_recipients(l, p);
	read_attachments(l, p);
	ms_mapi_item_end(p->item);
	g_object_unref(p->dir);
}

/* Reads the item of the file, and then those in it, level by level. */
static void
read_items(struct ms_msg *msg)
{
	struct loader l = {
	    msg, g_array_new(FALSE, FALSE, sizeof(struct pending))};
	struct pending p = {g_object_ref(msg->root), msg->item};

	read_item(&l, &p, HEADER_TOP);
	for (guint i = 0; i < l.pending->len; i++) {
		p = g_array_index(l.pending, struct pending, i);
		read_item(&l, &p, HEADER_EMBEDDED);
	}
	g_array_free(l.pending, TRUE);
}

/* ---- the file ---- */

static void
ignore(
    const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer data)
{
	(void)domain;
	(void)level;
	(void)text;
	(void)data;
}

static void
unref(gpointer p)
{
	g_object_unref(p);
}

int
ms_msg_open(struct ms_msg **out, struct ms_slice file, unsigned codepage,
    struct ms_err *err)
{
	struct ms_msg *msg;
	GsfInput *in;
	GsfInfile *root;

	*out = NULL;
	if (file.n == 0 || file.n > MS_MSG_MAX)
		return ms_fail(err, MS_DATA, "not an MSG file");
	/* What libgsf has to say about a damaged file is in our words. */
	g_log_set_default_handler(ignore, NULL);
	in = gsf_input_memory_new(file.p, (gsf_off_t)file.n, FALSE);
	root = gsf_infile_msole_new(in, NULL);
	g_object_unref(in);
	if (root == NULL)
		return ms_fail(err, MS_DATA, "a damaged OLE2 file");
	if (!is_item(root)) {
		g_object_unref(root);
		return ms_fail(err, MS_NOINPUT,
		    "not a mail message: this is an OLE2 file, "
		    "such as a document, without a message of Outlook");
	}
	msg = ms_xcalloc(1, sizeof(*msg));
	msg->root = root;
	msg->codepage = codepage;
	msg->streams = g_ptr_array_new_with_free_func(unref);
	msg->item = ms_mapi_item_new(NULL, codepage);
	ms_msg_names_read(msg);
	read_items(msg);
	*out = msg;
	return 0;
}

struct ms_mapi_item *
ms_msg_item(const struct ms_msg *msg)
{
	return msg->item;
}

void
ms_msg_close(struct ms_msg *msg)
{
	if (msg == NULL)
		return;
	ms_mapi_item_free(msg->item);
	g_ptr_array_free(msg->streams, TRUE);
	ms_msg_names_free(msg);
	g_object_unref(msg->root);
	free(msg);
}

void
ms_msg_warm_up(void)
{
	GDateTime *date;
	struct ms_msg *msg;

	/* GLib keeps a zone only if TZ names it. */
	setenv("TZ", "UTC", 1);
	date = g_date_time_new_from_unix_local(0);
	if (date != NULL)
		g_date_time_unref(date);
	(void)ms_msg_open(&msg, ms_slice_str("x"), 0, NULL);
}
