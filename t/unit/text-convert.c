/*
 * text-convert.c - the text of files: documents in zip archives, XML, RTF, and
 * what converters must not do. ms-index(1), Attachments.
 */
#include "convert.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "convert-impl.h"
#include "scratch.h"
#include "tap.h"

static const struct {
	const char *xml;
	bool only_t;
	const char *text;
} texts[] = {
    {"<?xml version='1.0'?><a>one <b>two</b></a>", false, "one two"},
    {"<text:p>one</text:p><text:p>two</text:p>", false, "\none\n\ntwo\n"},
    {"<w:r><w:t>hel</w:t></w:r><w:r><w:t>lo</w:t></w:r>", true, "hello"},
    {"<w:instrText>no</w:instrText><w:t>yes</w:t>", true, "yes"},
    {"<w:t/>no<w:t xml:space=\"preserve\"> a </w:t>", true, " a "},
    {"<a:t>x</a:t><a:br/><a:t>y</a:t>", true, "x\ny"},
    {"<a>&lt;&amp;&gt; &#228;&#xe4; &no; & x</a>", false,
	"<&> \u00e4\u00e4 &no; & x"},
    {"<!-- <t>no</t> --><a><![CDATA[a<b]]></a>", false, "a<b"},
    {"<!DOCTYPE x [<!ENTITY e 'no'>]><a>y</a>", false, "]>y"},
    {"<a>cut <b", false, "cut "},
    {"<", false, ""},
    {"<>", false, ""},
    {"</>x", false, "x"},
    {"", false, ""},
};

static void
test_xml(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ms_buf_clear(&out);
		ms_convert_xml(
		    ms_slice_str(texts[i].xml), texts[i].only_t, &out);
		ok(strcmp(ms_buf_str(&out), texts[i].text) == 0, "XML: %s",
		    texts[i].xml);
	}
	ms_buf_release(&out);
}

/* ---- files ---- */

static const struct {
	const char *type, *name, *bytes;
	const char *converter; /* its type, or NULL */
} files[] = {
    {"application/pdf", "", "", "application/pdf"},
    {"application/octet-stream", "a.PDF", "", "application/pdf"},
    {"application/octet-stream", "", "%PDF-1.4", "application/pdf"},
    {"application/x-unknown", "a.rtf", "", "application/rtf"},
    {"application/octet-stream", "x", "{\\rtf1", "application/rtf"},
    {"text/csv", "", "", "text/*"},
    {"application/octet-stream", "log.txt", "", "text/*"},
    {"application/octet-stream", "a.odt", "",
	"application/vnd.oasis.opendocument.text"},
    {"image/png", "a.png", "\x89PNG", NULL},
    {"application/octet-stream", "noend.", "", NULL},
    {"application/octet-stream", "pdf", "", NULL},
    {"image/png", "a.pdf", "%PDF-", NULL},
    {"application/octet-stream", "", "", NULL},
};

static void
test_files(void)
{
	struct ms_converters all;

	ok(ms_converters_read(&all, NULL) == 0, "the converters");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct ms_converter *c = ms_converters_find(&all,
		    files[i].type, files[i].name, ms_slice_str(files[i].bytes));
		const char *type = c != NULL ? c->type : "none";
		const char *want =
		    files[i].converter != NULL ? files[i].converter : "none";

		ok(strcmp(type, want) == 0 ||
			(c == NULL && strcmp(want, "application/pdf") == 0),
		    "%s \"%s\" \"%s\": %s", files[i].type, files[i].name,
		    files[i].bytes, type);
	}
	ms_converters_release(&all);
}

/* ---- documents ---- */

static void
add_member(struct archive *zip, const char *name, const char *text)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, (la_int64_t)strlen(text));
	archive_write_header(zip, entry);
	archive_write_data(zip, text, strlen(text));
	archive_entry_free(entry);
}

static void
make_document(char *to, size_t room, size_t *n)
{
	struct archive *zip = archive_write_new();

	archive_write_set_format_zip(zip);
	archive_write_open_memory(zip, to, room, n);
	add_member(zip, "[Content_Types].xml", "<x>no</x>");
	add_member(zip, "word/document.xml",
	    "<w:document><w:p><w:r><w:t>Gr\u00fc\u00dfe</w:t></w:r></w:p>"
	    "<w:p><w:t>zweite</w:t></w:p></w:document>");
	add_member(zip, "word/styles.xml", "<w:t>no</w:t>");
	add_member(zip, "word/footnotes.xml", "<w:t>note</w:t>");
	archive_write_close(zip);
	archive_write_free(zip);
}

/* 1; 0: nothing converts it; -1. */
static int
read_file(struct ms_convert *c, const char *type, const void *p, size_t n,
    struct ms_buf *out, struct ms_err *err)
{
	const struct ms_converter *how =
	    ms_convert_find(c, type, "", (struct ms_slice){p, n});
	int fd = memfd_create("file", MFD_CLOEXEC), rc;

	ms_buf_clear(out);
	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		exit(1);
	rc = how != NULL ? ms_convert_read(c, how, fd, out, err) : -1;
	close(fd);
	return how == NULL ? 0 : rc == 0 ? 1 : -1;
}

#define DOCX                                                                   \
	"application/vnd.openxmlformats-officedocument.wordprocessingml."      \
	"document"

static void
test_documents(struct ms_convert *c)
{
	struct ms_buf out = {0};
	struct ms_err err = {0};
	char zip[8192];
	size_t n = 0;

	make_document(zip, sizeof(zip), &n);
	ok(read_file(c, DOCX, zip, n, &out, &err) == 1 &&
		strcmp(ms_buf_str(&out),
		    "\nGr\u00fc\u00dfe\n\nzweite\n\nnote\n") == 0,
	    "a document of Word (%s)", err.msg);
	ok(read_file(c, DOCX, zip, n / 2, &out, &err) == -1 &&
		err.code == MS_DATA,
	    "a part of it: %s", err.msg);
	ok(read_file(c, DOCX, "", 0, &out, &err) == -1, "nothing: %s", err.msg);
	ok(read_file(c, "application/rtf", "{\\rtf1 Hello\\par}", 17, &out,
	       &err) == 1 &&
		strstr(ms_buf_str(&out), "Hello") != NULL,
	    "RTF");
	ok(read_file(c, "text/csv", "a;\xe4\n", 5, &out, &err) == 1 &&
		strcmp(ms_buf_str(&out), "a;\u00e4\n") == 0,
	    "a text file");
	ok(read_file(c, "image/png", "x", 1, &out, &err) == 0,
	    "nothing converts an image");
	ms_buf_release(&out);
}

/* ---- converters that do what they must not do ---- */

static char dir[SCRATCH_MAX];

/* Programs, and what is said of them. */
static const struct {
	const char *name, *script, *why;
} evil[] = {
    {"loops", "#!/bin/sh\nwhile :; do :; done\n", "took too long"},
    {"forks", "#!/bin/sh\n/bin/ls | cat\n", "more than read"},
    {"connects", "#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/9\n",
	"more than read"},
    {"prints", "#!/usr/bin/perl\nprint \"x\" x 1000000 while 1;\n",
	"wrote too much"},
    {"allocates", "#!/usr/bin/perl\nmy $x = \"x\" x 10_000_000_000;\n",
	"cannot read it"},
    {"writes", "#!/bin/sh\necho x >\"${0%/*}/written\" && exit\nexit 1\n",
	"cannot read it"},
    {"reads", "#!/bin/sh\nread x </etc/passwd && echo \"$x\"\n",
	"cannot read it"},
    {"crashes", "#!/bin/sh\nkill -SEGV $$\n", "signal 11"},
    {"missing", NULL, NULL},
};

static void
write_file(const char *name, const char *text, mode_t mode)
{
	char path[SCRATCH_MAX + 32];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0 ||
	    chmod(path, mode) != 0)
		exit(1);
}

static void
configure(void)
{
	struct ms_buf config = {0};
	char ms[SCRATCH_MAX + 8];

	snprintf(ms, sizeof(ms), "%s/ms", dir);
	if (mkdir(ms, 0700) < 0)
		exit(1);
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		if (evil[i].script != NULL)
			write_file(evil[i].name, evil[i].script, 0700);
		ms_buf_printf(&config, "converter = x/%s %s/%s a\n",
		    evil[i].name, dir, evil[i].name);
	}
	ms_buf_printf(&config, "converter = x/cat cat\n");
	write_file("ms/config", ms_buf_str(&config), 0600);
	ms_buf_release(&config);
	setenv("XDG_CONFIG_HOME", dir, 1);
	setenv("MS_CONVERTER_SECONDS", "1", 1);
}

static void
test_evil(struct ms_convert *c)
{
	struct ms_buf out = {0};
	char type[32], path[SCRATCH_MAX + 32];
	struct ms_err err = {0};
	struct stat st;
	int got;

	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		snprintf(type, sizeof(type), "x/%s", evil[i].name);
		err = (struct ms_err){0};
		got = read_file(c, type, "bytes", 5, &out, &err);
		if (evil[i].why == NULL)
			ok(got == 0, "a program that is not installed");
		else
			ok(got == -1 && err.code == MS_DATA &&
				strstr(err.msg, evil[i].why) != NULL,
			    "a program that %s: %s", evil[i].name, err.msg);
		ok(read_file(c, "x/cat", "next", 4, &out, &err) == 1 &&
			strcmp(ms_buf_str(&out), "next") == 0,
		    "  and the next file (%s)", err.msg);
	}
	snprintf(path, sizeof(path), "%s/written", dir);
	ok(stat(path, &st) < 0, "nothing was written");
	ms_buf_release(&out);
}

int
main(void)
{
	struct ms_convert *c = NULL;
	struct ms_err err = {0};
	char name[MS_SHA_HEX + 1];
	int confined;

	if (scratch_make(dir) == NULL)
		return 1;
	configure();
	test_xml();
	test_files();
	confined = ms_convert_open(&c, &err);
	if (confined != 0) {
		printf("# %s\n", err.msg);
		ok(confined == 1, "nothing is converted without a sandbox");
		ms_convert_close(c);
		return done();
	}
	ms_convert_name(c, name);
	ok(strlen(name) == MS_SHA_HEX, "the converters have a name");
	test_documents(c);
	test_evil(c);
	ms_convert_close(c);
	scratch_remove(dir);
	return done();
}
