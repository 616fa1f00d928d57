/*
 * msg-file.h - MSG files for the tests, made by libgsf. [MS-OXMSG].
 */
#ifndef MSG_FILE_H
#define MSG_FILE_H
#include <gsf/gsf-outfile-msole.h>
#include <gsf/gsf-output-memory.h>
#include <stdio.h>
#include <string.h>
#include "buf.h"
#include "le.h"

/* An object in the file: a storage, and its list of short properties. */
struct storage {
	GsfOutfile *dir;
	struct ms_buf list;
};

static inline void
add_stream(GsfOutfile *dir, const char *name, const void *p, size_t n)
{
	GsfOutput *out = gsf_outfile_new_child(dir, name, FALSE);

	gsf_output_write(out, n, p);
	gsf_output_close(out);
	g_object_unref(out);
}

static inline struct storage
begin_storage(GsfOutfile *dir, const char *name, size_t header)
{
	struct storage s = {
	    GSF_OUTFILE(gsf_outfile_new_child(dir, name, TRUE)), {0}};

	memset(ms_buf_room(&s.list, header), 0, header);
	s.list.n = header;
	return s;
}

static inline void
end_storage(struct storage *s)
{
	add_stream(s->dir, "__properties_version1.0", s->list.p, s->list.n);
	gsf_output_close(GSF_OUTPUT(s->dir));
	g_object_unref(s->dir);
	ms_buf_release(&s->list);
}

/* A property of at most 8 bytes. */
static inline void
put_short(struct storage *s, uint32_t tag, uint64_t value)
{
	unsigned char entry[16] = {0};

	ms_put_le32(entry, tag);
	ms_put_le32(entry + 4, 6);
	ms_put_le64(entry + 8, value);
	ms_buf_add(&s->list, entry, sizeof(entry));
}

static inline void
put_long(struct storage *s, uint32_t tag, const void *p, size_t n)
{
	char name[64];

	snprintf(name, sizeof(name), "__substg1.0_%08X", tag);
	put_short(s, tag, n);
	add_stream(s->dir, name, p, n);
}

/* ASCII, as UTF-16 if the type of the tag is that. */
static inline void
put_text(struct storage *s, uint32_t tag, const char *text)
{
	struct ms_buf wide = {0};

	for (const char *p = text; *p != '\0'; p++) {
		ms_buf_add_byte(&wide, (unsigned char)*p);
		if ((tag & 0xffff) == 0x1f)
			ms_buf_add_byte(&wide, 0);
	}
	put_long(s, tag, wide.n > 0 ? (char *)wide.p : "", wide.n);
	ms_buf_release(&wide);
}

/* Begins a file; end_file() appends its bytes to out. */
static inline struct storage
begin_file(GsfOutput **sink)
{
	struct storage s = {0};

	*sink = gsf_output_memory_new();
	s.dir = gsf_outfile_msole_new(*sink);
	memset(ms_buf_room(&s.list, 32), 0, 32);
	s.list.n = 32;
	return s;
}

static inline void
end_file(struct storage *s, GsfOutput *sink, struct ms_buf *out)
{
	end_storage(s);
	ms_buf_add(out, gsf_output_memory_get_bytes(GSF_OUTPUT_MEMORY(sink)),
	    (size_t)gsf_output_size(sink));
	g_object_unref(sink);
}

/* Named property 0x8000: Keywords of PS_PUBLIC_STRINGS. */
static inline void
put_names(struct storage *s)
{
	static const unsigned char text[] = "\20\0\0\0K\0e\0y\0w\0o\0r\0d\0s\0",
				   entry[8] = {0, 0, 0, 0, 5, 0, 0, 0};
	GsfOutfile *dir = GSF_OUTFILE(
	    gsf_outfile_new_child(s->dir, "__nameid_version1.0", TRUE));

	add_stream(dir, "__substg1.0_00020102", "", 0);
	add_stream(dir, "__substg1.0_00030102", entry, sizeof(entry));
	add_stream(dir, "__substg1.0_00040102", text, sizeof(text) - 1);
	gsf_output_close(GSF_OUTPUT(dir));
	g_object_unref(dir);
}

static inline void
put_recipient(struct storage *s, unsigned number, uint32_t type,
    const char *name, const char *address)
{
	char at[64];
	struct storage r;

	snprintf(at, sizeof(at), "__recip_version1.0_#%08X", number);
	r = begin_storage(s->dir, at, 8);
	put_short(&r, 0x0c150003, type);
	put_text(&r, 0x3001001f, name);
	put_text(&r, 0x3002001f, "SMTP");
	put_text(&r, 0x3003001f, address);
	end_storage(&r);
}

static inline struct storage
begin_attachment(struct storage *s, unsigned number, uint32_t method)
{
	char at[64];
	struct storage a;

	snprintf(at, sizeof(at), "__attach_version1.0_#%08X", number);
	a = begin_storage(s->dir, at, 8);
	put_short(&a, 0x37050003, method);
	return a;
}

#define BIG 4000000

/*
 * Makes a file: a message with two recipients, a file of `size` bytes, at most
 * BIG, a message with a file in it, an OLE object, and a category.
 */
static inline void
make_msg_of(size_t size, struct ms_buf *out)
{
	static char big[BIG];
	GsfOutput *sink;
	struct storage s = begin_file(&sink), a, inner, deep;
	GsfOutfile *object;

	memset(big, 'b', size);
	put_text(&s, 0x001a001f, "IPM.Note");
	put_text(&s, 0x0037001f, "Made by hand");
	put_text(&s, 0x1000001f, "The text");
	put_text(&s, 0x0042001f, "Ann");
	put_text(&s, 0x0064001f, "SMTP");
	put_text(&s, 0x0065001f, "ann@example.org");
	put_short(&s, 0x0e070003, 1);
	put_short(&s, 0x00390040, UINT64_C(134117856000000000));
	put_names(&s);
	put_long(&s, 0x8000101f, "\6\0\0\0", 4);
	add_stream(s.dir, "__substg1.0_8000101F-00000000", "R\0e\0d\0", 6);
	put_recipient(&s, 0, 1, "Ben", "ben@example.org");
	put_recipient(&s, 1, 3, "Cy", "cy@example.org");
	a = begin_attachment(&s, 0, 1);
	put_text(&a, 0x3707001f, "big.bin");
	put_long(&a, 0x37010102, big, size);
	end_storage(&a);
	a = begin_attachment(&s, 1, 5);
	inner = begin_storage(a.dir, "__substg1.0_3701000D", 24);
	put_text(&inner, 0x001a001f, "IPM.Note");
	put_text(&inner, 0x0037001f, "Inner");
	deep = begin_attachment(&inner, 0, 1);
	put_text(&deep, 0x3707001f, "small.txt");
	put_long(&deep, 0x37010102, "small", 5);
	end_storage(&deep);
	end_storage(&inner);
	end_storage(&a);
	a = begin_attachment(&s, 2, 6);
	object = GSF_OUTFILE(
	    gsf_outfile_new_child(a.dir, "__substg1.0_3701000D", TRUE));
	add_stream(object, "CONTENTS", "drawing", 7);
	gsf_output_close(GSF_OUTPUT(object));
	g_object_unref(object);
	end_storage(&a);
	end_file(&s, sink, out);
}

static inline void
make_msg(struct ms_buf *out)
{
	make_msg_of(70000, out);
}

/* Makes a journal report of Exchange: the envelope is its text, the original an
 * item in it. */
static inline void
make_journal(struct ms_buf *out)
{
	GsfOutput *sink;
	struct storage s = begin_file(&sink), a, inner;

	put_text(&s, 0x001a001f, "IPM.Note");
	put_text(&s, 0x0037001f, "Secret");
	put_text(&s, 0x0042001f, "Microsoft Outlook");
	put_text(&s, 0x0064001f, "SMTP");
	put_text(&s, 0x0065001f, "journal-sender@firm.example");
	put_recipient(&s, 0, 1, "Journal", "journal@firm.example");
	put_text(&s, 0x1000001f,
	    "Sender: anna@firm.example\r\nSubject: Secret\r\n"
	    "Message-Id: <1@firm.example>\r\nTo: ben@firm.example\r\n"
	    "Bcc: cleo@firm.example\r\n");
	a = begin_attachment(&s, 0, 5);
	inner = begin_storage(a.dir, "__substg1.0_3701000D", 24);
	put_text(&inner, 0x001a001f, "IPM.Note");
	put_text(&inner, 0x0037001f, "Secret");
	put_text(&inner, 0x1035001f, "<1@firm.example>");
	put_text(&inner, 0x0042001f, "Anna");
	put_text(&inner, 0x0064001f, "SMTP");
	put_text(&inner, 0x0065001f, "anna@firm.example");
	put_text(&inner, 0x1000001f, "The original");
	put_recipient(&inner, 0, 1, "Ben", "ben@firm.example");
	end_storage(&inner);
	end_storage(&a);
	end_file(&s, sink, out);
}

#endif
