/* body.c - the bodies of an item: text, HTML and RTF. [MS-OXBBODY]; ms-mapi(7),
 * Bodies. */
#include "impl.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "charset.h"
#include "rtf.h"
#include "utf8.h"

#define META_MAX 4096 /* bytes of HTML in which <meta> is looked for */

void
ms_mapi_body_release(struct ms_mapi_body *body)
{
	ms_buf_release(&body->text);
	ms_buf_release(&body->html);
	ms_buf_release(&body->rtf);
}

static void
set_charset(struct ms_mapi_body *body, struct ms_slice name)
{
	if (name.n >= sizeof(body->html_charset))
		name.n = 0;
	memcpy(body->html_charset, name.p, name.n);
	body->html_charset[name.n] = '\0';
}

static void
exchange(struct ms_buf *a, struct ms_buf *b)
{
	struct ms_buf c = *a;

	*a = *b;
	*b = c;
}

/* The charset that HTML says itself. */
static struct ms_slice
meta_charset(struct ms_slice html)
{
	static const char word[] = "charset=";
	struct ms_slice s = {html.p, 0};
	size_t i, max = html.n < META_MAX ? html.n : META_MAX;

	for (i = 0; i + sizeof(word) < max; i++)
		if (strncasecmp(
			(const char *)html.p + i, word, sizeof(word) - 1) == 0)
			break;
	if (i + sizeof(word) >= max)
		return s;
	s.p = html.p + i + sizeof(word) - 1;
	if (*s.p == '"' || *s.p == '\'')
		s.p++;
	while (s.p + s.n < html.p + max &&
	       (strchr("-_.:", s.p[s.n]) != NULL
		       ? s.p[s.n] != '\0'
		       : (s.p[s.n] >= '0' && s.p[s.n] <= '9') ||
			     ((s.p[s.n] | 0x20) >= 'a' &&
				 (s.p[s.n] | 0x20) <= 'z')))
		s.n++;
	return s;
}

static bool
is_ascii(struct ms_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

/*
 * Names the charset of HTML in bytes: that of PidTagInternetCodepage, else the
 * one that it says itself, else the code page of the item. ASCII that is not
 * ASCII is UTF-8 if it is valid.
 */
static void
find_charset(const struct ms_mapi_item *item, struct ms_mapi_body *body)
{
	struct ms_slice html = ms_buf_slice(&body->html);
	int64_t codepage =
	    ms_mapi_number_or(&item->props, MS_MAPI_ID(0x3fde), 0);
	const char *name = NULL;

	if (codepage > 0 && codepage < 100000)
		name = ms_mapi_charset((unsigned)codepage);
	if (name != NULL && strcmp(name, "us-ascii") == 0 && !is_ascii(html))
		name = NULL;
	if (name != NULL) {
		set_charset(body, ms_slice_str(name));
		return;
	}
	set_charset(body, meta_charset(html));
	if (ms_charset_is_known(ms_slice_str(body->html_charset)))
		return;
	name = ms_mapi_charset(item->props.codepage);
	if (ms_utf8_valid(html.p, html.n))
		name = is_ascii(html) ? "us-ascii" : "UTF-8";
	set_charset(body, ms_slice_str(name != NULL ? name : "windows-1252"));
}

/* HTML in sets of 16 or 32 bits becomes UTF-8, which mail can hold. */
static void
make_bytes(struct ms_mapi_body *body)
{
	struct ms_slice html = ms_buf_slice(&body->html);
	struct ms_buf room = {0}, out = {0};
	bool le = html.n >= 2 && memcmp(html.p, "\xff\xfe", 2) == 0;
	bool be = html.n >= 2 && memcmp(html.p, "\xfe\xff", 2) == 0;
	const char *name = le ? "UTF-16LE" : be ? "UTF-16BE" : NULL;

	if (name == NULL && strncmp(body->html_charset, "UTF-16", 6) != 0 &&
	    strncmp(body->html_charset, "UTF-32", 6) != 0)
		return;
	if (name == NULL)
		name = body->html_charset;
	/* Some programs name UTF-16 and store bytes. */
	if (le || be || memchr(html.p, 0, html.n) != NULL)
		html = ms_charset_utf8(
		    ms_charset_find(ms_slice_str(name)), html, &room);
	ms_buf_add(&out, html.p, html.n);
	ms_buf_release(&body->html);
	body->html = out;
	ms_buf_release(&room);
	set_charset(body, ms_slice_str("UTF-8"));
}

static void
read_html(const struct ms_mapi_item *item, struct ms_mapi_body *body)
{
	const struct ms_mapi_key key = MS_MAPI_ID(0x1013);
	struct ms_slice bytes;

	if (ms_mapi_text(&item->props, key, &body->html)) {
		set_charset(body, ms_slice_str("UTF-8"));
		return;
	}
	bytes = ms_mapi_bytes(&item->props, key);
	ms_buf_add(&body->html, bytes.p, bytes.n);
	if (body->html.n == 0)
		return;
	find_charset(item, body);
	make_bytes(body);
	while (body->html.n > 0 && body->html.p[body->html.n - 1] == '\0')
		body->html.n--;
}

/*
 * The body in RTF, if there is no HTML: the HTML or text that Outlook has put
 * into it, or the text of RTF that was written as such, which is kept, too.
 */
static void
read_rtf(const struct ms_mapi_item *item, struct ms_mapi_body *body)
{
	struct ms_slice packed =
	    ms_mapi_bytes(&item->props, MS_MAPI_ID(0x1009));
	struct ms_buf rtf = {0}, text = {0};
	enum ms_rtf_kind kind = MS_RTF_NATIVE;
	struct ms_err why = {0};
	int rc;

	if (packed.n == 0)
		return;
	rc = ms_rtf_decompress(packed, &rtf, &why);
	if (rtf.n > 0 && ms_rtf_extract(ms_buf_slice(&rtf), &kind, &text,
			     rc == 0 ? &why : NULL) < 0)
		rc = -1;
	if (rc < 0)
		snprintf(body->damage, sizeof(body->damage),
		    "the body in RTF: %.100s", why.msg);
	if (kind == MS_RTF_HTML) {
		exchange(&body->html, &text);
		set_charset(body, ms_slice_str("UTF-8"));
	} else if (body->text.n == 0) {
		exchange(&body->text, &text);
	}
	if (kind == MS_RTF_NATIVE)
		exchange(&body->rtf, &rtf);
	ms_buf_release(&rtf);
	ms_buf_release(&text);
}

static bool
has_picture(const struct ms_buf *rtf)
{
	return rtf->n > 0 &&
	       (memmem(rtf->p, rtf->n, "\\pict", 5) != NULL ||
		   memmem(rtf->p, rtf->n, "\\objdata", 8) != NULL);
}

static bool
is_blank(const struct ms_buf *text)
{
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] > ' ')
			return false;
	return true;
}

void
ms_mapi_body_read(const struct ms_mapi_item *item, struct ms_mapi_body *body)
{
	*body = (struct ms_mapi_body){0};
	/* Of a report that has no other text, PidTagReportText. */
	if (!ms_mapi_text(&item->props, MS_MAPI_ID(0x1000), &body->text))
		(void)ms_mapi_text(
		    &item->props, MS_MAPI_ID(0x1001), &body->text);
	read_html(item, body);
	if (body->html.n == 0)
		read_rtf(item, body);
	if (!is_blank(&body->text))
		return;
	/* Outlook's text and RTF of an empty item. */
	ms_buf_clear(&body->text);
	if (!has_picture(&body->rtf))
		ms_buf_clear(&body->rtf);
}
