/*
 * folders.c - fuzzes the selection of folders: for any patterns and names, the
 * verdict on each folder keeps the promises of the rules.
 *
 * The first byte of the input contains options. The rest is lines: the first
 * three are patterns (include, exclude, sent folder), the others are folders,
 * whose first byte describes them.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "folders.h"
#include "utf8.h"

#define FOLDERS_MAX 64

const struct fuzz_seed fuzz_seeds[] = {
    SEED("\x20\n\n\n0INBOX\n0INBOX/Trash\n2Papierkorb\n2Papierkorb/x\n"),
    SEED("\x01Private/.\n||^a|b$\nSent\n0Private\n0Private/b\n\x10Sent\n"),
    SEED("\x0f|i|gr(\xc3\xbc|u)n\nx/\n\n0Gr\xc3\x9cn\n0x\n\x41Others/b/Spam\n"),
    SEED("\x10\nPrivate\n\n\x06"
	 "All\n0Private\n0Work\n2Trash\n"),
    SEEDS_END};

/* Returns the next line as a string. */
static char *
line(const uint8_t **p, size_t *n)
{
	const uint8_t *end = *n > 0 ? memchr(*p, '\n', *n) : NULL;
	size_t length = end != NULL ? (size_t)(end - *p) : *n;
	char *s = ms_xstrndup(*p, length);

	*p += length + (end != NULL);
	*n -= length + (end != NULL);
	return s;
}

static void
check(const struct ms_folders_options *o, const struct ms_imap_folder *f,
    const struct ms_folder_verdict *v)
{
	require(memchr(v->why, '\0', sizeof(v->why)) != NULL);
	require(v->mode != MS_FOLDER_SKIP || v->why[0] != '\0');
	require(f->selectable || v->mode == MS_FOLDER_SKIP);
	require(v->mode != MS_FOLDER_LABELS || o->gmail);
	require(ms_utf8_valid((const unsigned char *)v->why, strlen(v->why)));
	if (o->all && o->others && o->shared && o->include_count == 0 &&
	    o->exclude_count == 0 && f->selectable)
		require(v->mode != MS_FOLDER_SKIP);
}

static void
count(void *ctx, size_t i)
{
	require(i < FOLDERS_MAX);
	++*(size_t *)ctx;
}

static void
decide(const struct ms_folders_options *o, const struct ms_imap_folder *f,
    size_t n, const char *labels)
{
	struct ms_folder_verdict v[FOLDERS_MAX];
	struct ms_folders *r;
	const char *why = NULL;
	size_t at = 0, in = 0;

	if (ms_folders_new(&r, o, NULL) < 0)
		return;
	ms_folders_match(r, f, n, v);
	for (size_t i = 0; i < n; i++)
		check(o, f + i, v + i);
	while (ms_folders_unmatched(r, f, n, &at) != NULL)
		;
	require(ms_folders_labels(f, v, n, labels, count, &in, &why) ||
		(why != NULL && in == 0));
	ms_folders_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_imap_folder f[FOLDERS_MAX] = {0};
	struct ms_folders_options o = {0};
	char *include, *exclude, *sent, *labels;
	size_t count_f = 0, length;

	if (n == 0 || n > 4096 || memchr(p, '\0', n) != NULL)
		return 0;
	o.all = *p & 1;
	o.others = *p & 2;
	o.shared = *p & 4;
	o.gmail = *p & 16;
	p++;
	n--;
	include = line(&p, &n);
	exclude = line(&p, &n);
	sent = line(&p, &n);
	o.include = (const char *const *)&include;
	o.include_count = *include != '\0';
	o.exclude = (const char *const *)&exclude;
	o.exclude_count = *exclude != '\0';
	o.sent = *sent != '\0' ? sent : NULL;
	labels = ms_xstrndup(p, n);
	for (; n > 1 && count_f < FOLDERS_MAX; count_f++) {
		f[count_f].uses = 1u << (*p & 15) & 0x1ff;
		f[count_f].space = (enum ms_imap_space)((*p >> 6) % 3);
		f[count_f].selectable = (*p & 32) != 0;
		p++;
		n--;
		f[count_f].name = line(&p, &n);
		/* ms_imap_folders() converts every name to UTF-8. */
		if (!ms_utf8_valid((const unsigned char *)f[count_f].name,
			strlen(f[count_f].name)))
			f[count_f].name[0] = '\0';
		length = strcspn(f[count_f].name, "/");
		if (f[count_f].space != MS_SPACE_PERSONAL)
			f[count_f].prefix =
			    length + (f[count_f].name[length] == '/');
	}
	decide(&o, f, count_f, labels);
	while (count_f > 0)
		free(f[--count_f].name);
	free(include);
	free(exclude);
	free(sent);
	free(labels);
	return 0;
}
