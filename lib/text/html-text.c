/*
 * html-text.c - the text of the tree that gumbo makes of HTML. The tree is
 * walked without recursion, because senders choose its depth, and its memory
 * is given back as a whole, because gumbo frees it with recursion.
 */
#include "html-impl.h"

#include <gumbo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#define CHUNK_FIRST ((size_t)16 << 10) /* bytes; later ones are larger */
#define CHUNK ((size_t)1 << 20)
#define MEMORY_MAX ((size_t)160 << 20) /* bytes of a tree */

/* ---- memory of gumbo ---- */

struct chunk {
	struct chunk *next;
};

struct memory {
	struct chunk *chunks;
	size_t left; /* in the first chunk */
	size_t total;
};

/* gumbo does not check what it gets: without memory the process, which is the
 * confined one, ends. */
_Noreturn static void
end_process(void)
{
	_exit(EX_OSERR);
}

static void *
allocate(void *ctx, size_t n)
{
	struct memory *m = ctx;
	struct chunk *c;
	size_t size = m->total == 0 ? CHUNK_FIRST : CHUNK;

	if (n > MEMORY_MAX)
		end_process();
	n = (n + 15) & ~(size_t)15;
	if (n > m->left) {
		if (n > size - 16)
			size = n + 16;
		if (size > MEMORY_MAX - m->total)
			end_process();
		c = ms_xmalloc(size);
		c->next = m->chunks;
		m->chunks = c;
		m->total += size;
		m->left = size - 16;
	}
	m->left -= n;
	return (unsigned char *)m->chunks + 16 + m->left;
}

static void
deallocate(void *ctx, void *p)
{
	(void)ctx;
	(void)p;
}

static void
free_memory(struct memory *m)
{
	struct chunk *next;

	for (struct chunk *c = m->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
}

/* ---- the walk ---- */

/* An element that is open. */
struct level {
	const GumboNode *node;
	unsigned next;      /* child */
	size_t start;       /* of its text in the output */
	unsigned long item; /* of a list: the number of the next one */
};

struct reader {
	struct ms_html_writer w;
	struct level *level;
	size_t depth, room;
	unsigned lists, links;
};

static const char *
attribute(const GumboNode *node, const char *name)
{
	const GumboAttribute *a =
	    gumbo_get_attribute(&node->v.element.attributes, name);

	return a != NULL && a->value != NULL ? a->value : "";
}

/* The elements of which nothing is text. */
static bool
is_left_out(GumboTag tag)
{
	switch (tag) {
	case GUMBO_TAG_HEAD:
	case GUMBO_TAG_TITLE:
	case GUMBO_TAG_SCRIPT:
	case GUMBO_TAG_STYLE:
	case GUMBO_TAG_TEMPLATE:
	case GUMBO_TAG_IFRAME:
	case GUMBO_TAG_NOFRAMES:
	case GUMBO_TAG_NOEMBED:
		return true;
	default:
		return false;
	}
}

static bool
is_list(GumboTag tag)
{
	return tag == GUMBO_TAG_UL || tag == GUMBO_TAG_OL ||
	       tag == GUMBO_TAG_MENU || tag == GUMBO_TAG_DIR;
}

static bool
is_pre(GumboTag tag)
{
	return tag == GUMBO_TAG_PRE || tag == GUMBO_TAG_LISTING ||
	       tag == GUMBO_TAG_XMP || tag == GUMBO_TAG_PLAINTEXT ||
	       tag == GUMBO_TAG_TEXTAREA;
}

static bool
is_cell(GumboTag tag)
{
	return tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH;
}

/* ---- links ---- */

/* A target without what people leave out when they write it. */
static struct ms_slice
essence(const char *p, size_t n)
{
	static const char *const prefixes[] = {
	    "mailto:", "http://", "https://", "www."};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t k = strlen(prefixes[i]);

		if (n >= k && strncasecmp(p, prefixes[i], k) == 0) {
			p += k;
			n -= k;
		}
	}
	while (n > 0 && (p[n - 1] == '/' || (unsigned char)p[n - 1] <= ' '))
		n--;
	while (n > 0 && (unsigned char)*p <= ' ') {
		p++;
		n--;
	}
	return (struct ms_slice){(const unsigned char *)p, n};
}

static bool
same_target(struct ms_slice text, const char *url)
{
	struct ms_slice a = essence((const char *)text.p, text.n);
	struct ms_slice b = essence(url, strlen(url));

	return a.n == b.n && (a.n == 0 || strncasecmp((const char *)a.p,
					      (const char *)b.p, a.n) == 0);
}

/* Does a target say nothing to people, or nothing that can be followed? */
static bool
is_dull(const char *url)
{
	static const char *const schemes[] = {
	    "#", "javascript:", "vbscript:", "data:", "cid:", "about:"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return *url == '\0';
}

static void
add_bracketed(struct ms_html_writer *w, const char *text)
{
	unsigned pre = w->pre;

	w->pre = 0;
	ms_html_add_apart(w, w->out->n > w->start, "[", 1);
	ms_html_add(w, text, strlen(text));
	ms_html_add(w, "]", 1);
	w->pre = pre;
}

static void
end_link(struct reader *r, const struct level *l)
{
	const char *url = attribute(l->node, "href");
	const struct ms_buf *out = r->w.out;
	unsigned breaks = r->w.breaks;
	struct ms_slice text = {0};

	url += strspn(url, " \t\r\n\f");
	if (out->n > l->start)
		text = (struct ms_slice){out->p + l->start, out->n - l->start};
	if (is_dull(url) || same_target(text, url))
		return;
	if (text.n > 0)
		r->w.breaks = 0;
	add_bracketed(&r->w, url);
	ms_html_break(&r->w, breaks);
}

/* ---- elements ---- */

/* The marker of an item, and the blanks before its other lines. */
static void
begin_item(struct reader *r)
{
	struct level *list = NULL;
	struct ms_html_writer *w = &r->w;
	size_t n;

	for (size_t i = r->depth; i > 0 && list == NULL; i--)
		if (is_list(r->level[i - 1].node->v.element.tag))
			list = &r->level[i - 1];
	if (list != NULL && list->node->v.element.tag == GUMBO_TAG_OL)
		snprintf(w->marker, sizeof(w->marker), "%lu. ",
		    list->item++ % 100000000);
	else
		snprintf(w->marker, sizeof(w->marker), "* ");
	n = strlen(w->marker);
	ms_html_enter(w, (unsigned char)n);
}

static unsigned long
first_number(const GumboNode *list)
{
	const char *start = attribute(list, "start");

	return *start >= '0' && *start <= '9' ? strtoul(start, NULL, 10) : 1;
}

/* The line ends around an element. A list in a list has no empty lines. */
static void
break_around(struct reader *r, GumboTag tag)
{
	unsigned n = ms_html_breaks(gumbo_normalized_tagname(tag));

	if (n == 2 && is_list(tag) && r->lists > 0)
		n = 1;
	if (n > 0)
		ms_html_break(&r->w, n);
}

static void
begin_element(struct reader *r, const GumboNode *node)
{
	GumboTag tag = node->v.element.tag;
	struct ms_html_writer *w = &r->w;

	if (tag == GUMBO_TAG_BR) {
		/* Two of them make an empty line. */
		w->breaks += w->breaks < 2;
		w->blanks = 0;
		return;
	}
	break_around(r, tag);
	r->lists += is_list(tag);
	w->pre += is_pre(tag);
	if (tag == GUMBO_TAG_BLOCKQUOTE)
		ms_html_enter(w, 0);
	else if (tag == GUMBO_TAG_LI)
		begin_item(r);
	else if (tag == GUMBO_TAG_DD)
		ms_html_enter(w, 4);
	else if (is_cell(tag) && w->breaks == 0 && w->out->n > w->start)
		w->blanks = 2;
	else if (tag == GUMBO_TAG_HR)
		ms_html_add(w, "----------", 10);
	else if (tag == GUMBO_TAG_Q)
		ms_html_add(w, "\"", 1);
	else if (tag == GUMBO_TAG_IMG && *attribute(node, "alt") != '\0')
		add_bracketed(w, attribute(node, "alt"));
	if (tag == GUMBO_TAG_HR)
		ms_html_break(w, 2);
}

static void
end_element(struct reader *r, const struct level *l)
{
	GumboTag tag = l->node->v.element.tag;

	if (tag == GUMBO_TAG_BR || tag == GUMBO_TAG_HR)
		return;
	if (tag == GUMBO_TAG_A)
		end_link(r, l);
	if (tag == GUMBO_TAG_Q)
		ms_html_add(&r->w, "\"", 1);
	r->lists -= is_list(tag);
	break_around(r, tag);
	r->w.pre -= is_pre(tag);
	if (tag == GUMBO_TAG_BLOCKQUOTE || tag == GUMBO_TAG_LI ||
	    tag == GUMBO_TAG_DD)
		ms_html_leave(&r->w);
}

static void
push(struct reader *r, const GumboNode *node)
{
	if (r->depth == r->room) {
		r->room = r->room * 2 + 64;
		r->level =
		    ms_xreallocarray(r->level, r->room, sizeof(*r->level));
	}
	begin_element(r, node);
	r->level[r->depth++] = (struct level){
	    .node = node, .start = r->w.out->n, .item = first_number(node)};
}

static void
visit(struct reader *r, const GumboNode *node)
{
	switch (node->type) {
	case GUMBO_NODE_TEXT:
	case GUMBO_NODE_CDATA:
	case GUMBO_NODE_WHITESPACE:
		ms_html_add(
		    &r->w, node->v.text.text, strlen(node->v.text.text));
		break;
	case GUMBO_NODE_ELEMENT:
		if (!is_left_out(node->v.element.tag))
			push(r, node);
		break;
	default:
		break;
	}
}

static void
walk(struct reader *r, const GumboNode *root)
{
	visit(r, root);
	while (r->depth > 0 && !r->w.cut) {
		struct level *l = &r->level[r->depth - 1];
		const GumboVector *children = &l->node->v.element.children;

		if (l->next < children->length) {
			visit(r, children->data[l->next++]);
			continue;
		}
		r->depth--;
		end_element(r, l);
	}
}

bool
ms_html_text(struct ms_slice html, struct ms_buf *out)
{
	struct memory memory = {0};
	struct reader r = {.w = {.out = out, .start = out->n}};
	GumboOptions options = kGumboDefaultOptions;
	const GumboOutput *tree;

	options.allocator = allocate;
	options.deallocator = deallocate;
	options.userdata = &memory;
	options.max_errors = 0;
	tree = gumbo_parse_with_options(
	    &options, html.n > 0 ? (const char *)html.p : "", html.n);
	walk(&r, tree->root);
	free(r.level);
	free_memory(&memory);
	return ms_html_finish(&r.w);
}
