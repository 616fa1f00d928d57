/*
 * directory-search.c - searches a directory page by page, follows referrals,
 * and passes the entries of the child process on. RFC 4511, 4.5; RFC 2696;
 * directory.h has the contract.
 */
#include "directory-impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fs.h"
#include "le.h"
#include "map.h"
#include "utf8.h"

#define PAGE 500 /* entries of a page; Active Directory allows 1,000 */
#define FULL 65536

/*
 * What the child writes: frames of u8 type, u32 length and bytes.
 *   ENTRY   DN, NUL; then for each value u32 attribute, u32 length, bytes
 *   BASE    the base of the search
 *   FAILED  struct ms_err
 *   DONE    nothing: the result is complete
 */
enum {
	ENTRY,
	BASE,
	FAILED,
	DONE
};
#define FRAME 5

struct search {
	struct ms_directory where;
	const struct ms_directory_query *query;
	int fd;
	struct ms_buf out;
	struct ms_map members; /* of the groups */
	bool grouped;
	/* What is to be searched: URL, NUL, base, NUL, for each. */
	struct ms_buf places;
	size_t place_count;
};

/* ---- the child: output ---- */

static int
flush(struct search *s, struct ms_err *err)
{
	if (ms_fs_write(s->fd, s->out.p, s->out.n) < 0)
		return ms_fail_errno(err, "directory");
	ms_buf_clear(&s->out);
	return 0;
}

static int
put(struct search *s, int type, const void *p, size_t n, struct ms_err *err)
{
	unsigned char *head = ms_buf_room(&s->out, FRAME);

	head[0] = (unsigned char)type;
	ms_put_le32(head + 1, (uint32_t)n);
	s->out.n += FRAME;
	ms_buf_add(&s->out, p, n);
	return s->out.n < FULL ? 0 : flush(s, err);
}

/* ---- the child: groups ---- */

/* A key of a map for a DN, in whatever form it is written. */
static void
dn_digest(const char *dn, unsigned char digest[MS_SHA_LEN])
{
	struct ms_buf key = {0};
	LDAPDN parts = NULL;
	char *text = NULL;

	ms_buf_add_byte(&key, 'd');
	if (ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS)
		ldap_dn2str(parts, &text, LDAP_DN_FORMAT_LDAPV3);
	ms_utf8_text_key(ms_slice_str(text != NULL ? text : dn), &key);
	ms_sha256(key.p, key.n, digest);
	ldap_memfree(text);
	ldap_dnfree(parts);
	ms_buf_release(&key);
}

static void
name_digest(struct ms_slice name, unsigned char digest[MS_SHA_LEN])
{
	struct ms_buf key = {0};

	ms_buf_add_byte(&key, 'u');
	ms_utf8_text_key(name, &key);
	ms_sha256(key.p, key.n, digest);
	ms_buf_release(&key);
}

static void
add_members(struct search *s, LDAP *ld, LDAPMessage *e, const char *attribute)
{
	struct berval **v = ldap_get_values_len(ld, e, attribute);
	unsigned char digest[MS_SHA_LEN];
	char *dn;

	for (size_t i = 0; v != NULL && v[i] != NULL; i++) {
		if (strcasecmp(attribute, "memberUid") == 0) {
			name_digest(
			    (struct ms_slice){
				(unsigned char *)v[i]->bv_val, v[i]->bv_len},
			    digest);
		} else {
			dn = ms_xstrndup(
			    (unsigned char *)v[i]->bv_val, v[i]->bv_len);
			dn_digest(dn, digest);
			free(dn);
		}
		ms_map_add(&s->members, digest, 0, NULL);
	}
	ldap_value_free_len(v);
}

/*
 * Adds the members of a group. Active Directory returns 1,500 of them, as
 * `member;range=0-1499`, and the last part as `member;range=1500-*` ([MS-ADTS],
 * 3.1.1.3.1.3.3). *next receives where the next part begins; 0: nowhere.
 */
static void
add_group(struct search *s, LDAP *ld, LDAPMessage *e, unsigned long *next)
{
	BerElement *ber = NULL;
	char *a, *last;

	*next = 0;
	for (a = ldap_first_attribute(ld, e, &ber); a != NULL;
	     a = ldap_next_attribute(ld, e, ber)) {
		add_members(s, ld, e, a);
		if (strncasecmp(a, "member;range=", 13) == 0 &&
		    (last = strchr(a + 13, '-')) != NULL && last[1] != '*')
			*next = strtoul(last + 1, NULL, 10) + 1;
		ldap_memfree(a);
	}
	ber_free(ber, 0);
}

static int
read_group(struct search *s, LDAP *ld, const char *group, struct ms_err *err)
{
	char range[48] = "member", name[] = "uniqueMember", uid[] = "memberUid";
	char *attributes[] = {range, name, uid, NULL};
	unsigned long from = 0, next = 0;
	LDAPMessage *result, *e;
	int rc, left = 10000; /* parts of 1,000 or more */

	do {
		result = NULL;
		from = next;
		rc = ldap_search_ext_s(ld, group, LDAP_SCOPE_BASE, NULL,
		    attributes, 0, NULL, NULL, NULL, 0, &result);
		e = rc == LDAP_SUCCESS ? ldap_first_entry(ld, result) : NULL;
		if (e != NULL)
			add_group(s, ld, e, &next);
		ldap_msgfree(result);
		snprintf(range, sizeof(range), "member;range=%lu-*", next);
	} while (e != NULL && next > from && --left > 0);
	if (e != NULL && next == 0)
		return 0;
	if (rc != LDAP_SUCCESS && rc != LDAP_NO_SUCH_OBJECT)
		return ms_directory_failed(ld, rc, "group", err);
	return e != NULL
		   ? ms_fail(err, MS_TEMP,
			 "directory: group '%.200s': too many members", group)
		   : ms_fail(err, MS_NOINPUT,
			 "directory: group '%.200s' does not exist or "
			 "cannot be read",
			 group);
}

static int
read_groups(struct search *s, LDAP *ld, struct ms_err *err)
{
	for (size_t i = 0; i < s->query->group_count; i++)
		if (read_group(s, ld, s->query->groups[i], err) < 0)
			return -1;
	s->grouped = s->query->group_count > 0;
	return 0;
}

static bool
is_member(const struct search *s, LDAP *ld, LDAPMessage *e, const char *dn)
{
	unsigned char digest[MS_SHA_LEN];
	struct berval **v;
	uint64_t any;
	bool yes;

	dn_digest(dn, digest);
	yes = ms_map_get(&s->members, digest, &any);
	v = ldap_get_values_len(ld, e, s->query->attributes[0]);
	for (size_t i = 0; !yes && v != NULL && v[i] != NULL; i++) {
		name_digest((struct ms_slice){(unsigned char *)v[i]->bv_val,
				v[i]->bv_len},
		    digest);
		yes = ms_map_get(&s->members, digest, &any);
	}
	ldap_value_free_len(v);
	return yes;
}

/* ---- the child: entries and referrals ---- */

/* false: the entry is too long. */
static bool
add_values(struct ms_buf *out, LDAP *ld, LDAPMessage *e, unsigned i,
    const char *attribute)
{
	struct berval **v = ldap_get_values_len(ld, e, attribute);
	unsigned char head[8];
	bool fits = true;

	for (size_t k = 0; fits && v != NULL && v[k] != NULL; k++) {
		fits = out->n + sizeof(head) + v[k]->bv_len <=
		       MS_DIRECTORY_ENTRY_MAX;
		if (!fits)
			break;
		ms_put_le32(head, i);
		ms_put_le32(head + 4, (uint32_t)v[k]->bv_len);
		ms_buf_add(out, head, sizeof(head));
		ms_buf_add(out, v[k]->bv_val, v[k]->bv_len);
	}
	ldap_value_free_len(v);
	return fits;
}

static int
put_entry(struct search *s, LDAP *ld, LDAPMessage *e, struct ms_err *err)
{
	char *dn = ldap_get_dn(ld, e);
	struct ms_buf b = {0};
	bool fits = true;
	int rc = 0;

	if (dn == NULL)
		return ms_fail(err, MS_TEMP,
		    "directory: an entry cannot be read: it has no DN");
	if (!s->grouped || is_member(s, ld, e, dn)) {
		ms_buf_add(&b, dn, strlen(dn) + 1);
		for (size_t i = 0; fits && i < s->query->attribute_count; i++)
			fits = add_values(
			    &b, ld, e, (unsigned)i, s->query->attributes[i]);
		rc = fits ? put(s, ENTRY, b.p, b.n, err)
			  : ms_fail(err, MS_TEMP,
				"directory: the entry '%.150s' cannot be "
				"read: longer than %d bytes",
				dn, MS_DIRECTORY_ENTRY_MAX);
	}
	ms_buf_release(&b);
	ldap_memfree(dn);
	return rc;
}

/* Does the URL name a partition that has no users? Every search from the root
 * of a domain of Active Directory refers to these. */
static bool
is_system_partition(const LDAPURLDesc *u)
{
	static const char *const names[] = {
	    "DC=ForestDnsZones,", "DC=DomainDnsZones,", "CN=Configuration,"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (u->lud_dn != NULL &&
		    strncasecmp(u->lud_dn, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* Adds a place to search, unless it is there already. */
static int
add_place(
    struct search *s, const char *url, const char *base, struct ms_err *err)
{
	const char *at = (const char *)s->places.p, *b;
	size_t i;

	for (i = 0; i < s->place_count; i++, at = b + strlen(b) + 1) {
		b = at + strlen(at) + 1;
		if (strcasecmp(at, url) == 0 && strcasecmp(b, base) == 0)
			return 0;
	}
	if (s->place_count == MS_DIRECTORY_REFERRALS)
		return ms_fail(err, MS_TEMP,
		    "directory: more than %d referrals",
		    MS_DIRECTORY_REFERRALS);
	ms_buf_add(&s->places, url, strlen(url) + 1);
	ms_buf_add(&s->places, base, strlen(base) + 1);
	s->place_count++;
	return 0;
}

static int
refer_to(
    struct search *s, const char *url, const char *base, struct ms_err *err)
{
	struct ms_buf server = {0};
	LDAPURLDesc *u = NULL;
	int rc = 0;

	if (ldap_url_parse(url, &u) != LDAP_URL_SUCCESS || u->lud_host == NULL)
		rc = ms_fail(err, MS_TEMP,
		    "directory: the referral '%.200s' cannot be followed", url);
	else if (s->query->active_directory && is_system_partition(u))
		rc = 0;
	else if (!s->query->follow)
		rc = ms_fail(err, MS_TEMP,
		    "directory: the result is not complete: the referral to "
		    "'%.150s' is not followed (see --follow-referrals)",
		    url);
	else {
		ms_buf_printf(&server,
		    strchr(u->lud_host, ':') != NULL ? "%s://[%s]:%d"
						     : "%s://%s:%d",
		    u->lud_scheme, u->lud_host, u->lud_port);
		rc = add_place(s, ms_buf_str(&server),
		    u->lud_dn != NULL && *u->lud_dn != '\0' ? u->lud_dn : base,
		    err);
	}
	ms_buf_release(&server);
	ldap_free_urldesc(u);
	return rc;
}

/* A list of URLs that are equal: the first is followed. */
static int
refer(struct search *s, char **urls, const char *base, struct ms_err *err)
{
	int rc = 0;

	if (urls == NULL || urls[0] == NULL)
		rc =
		    ms_fail(err, MS_TEMP, "directory: a referral to no server");
	else
		rc = refer_to(s, urls[0], base, err);
	ldap_memvfree((void **)urls);
	return rc;
}

/* ---- the child: pages ---- */

/* The end of a page. *cookie receives that of the next page; empty: none. */
static int
end_page(struct search *s, LDAP *ld, LDAPMessage *m, const char *base,
    struct berval *cookie, struct ms_err *err)
{
	LDAPControl **controls = NULL, *page;
	char **referrals = NULL;
	ber_int_t total;
	int code, rc;

	rc = ldap_parse_result(
	    ld, m, &code, NULL, NULL, &referrals, &controls, 0);
	ber_memfree(cookie->bv_val);
	*cookie = (struct berval){0};
	if (rc != LDAP_SUCCESS)
		code = rc;
	if (code == LDAP_REFERRAL)
		return refer(s, referrals, base, err);
	ldap_memvfree((void **)referrals);
	page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	rc = 0;
	if (code == LDAP_NO_SUCH_OBJECT)
		rc = ms_fail(err, MS_NOINPUT,
		    "directory: the base '%.200s' does not exist", base);
	else if (code != LDAP_SUCCESS)
		rc = ms_directory_failed(ld, code, "search", err);
	else if (page != NULL && ldap_parse_pageresponse_control(
				     ld, page, &total, cookie) != LDAP_SUCCESS)
		rc = ms_fail(err, MS_TEMP, "directory: invalid page");
	ldap_controls_free(controls);
	return rc;
}

static int
read_message(struct search *s, LDAP *ld, LDAPMessage *m, const char *base,
    struct berval *cookie, bool *ended, struct ms_err *err)
{
	char **urls = NULL;

	switch (ldap_msgtype(m)) {
	case LDAP_RES_SEARCH_ENTRY:
		return put_entry(s, ld, m, err);
	case LDAP_RES_SEARCH_REFERENCE:
		if (ldap_parse_reference(ld, m, &urls, NULL, 0) != 0)
			return ms_fail(
			    err, MS_TEMP, "directory: invalid referral");
		return refer(s, urls, base, err);
	case LDAP_RES_SEARCH_RESULT:
		*ended = true;
		return end_page(s, ld, m, base, cookie, err);
	default:
		return 0;
	}
}

static int
read_page(struct search *s, LDAP *ld, const char *base, struct berval *cookie,
    struct ms_err *err)
{
	struct timeval wait = {.tv_sec = s->where.timeout};
	LDAPControl *page = NULL, *controls[2] = {NULL, NULL};
	LDAPMessage *m;
	bool ended = false;
	int id = 0, rc;

	rc = ldap_create_page_control(ld, PAGE, cookie, 0, &page);
	controls[0] = page;
	if (rc == LDAP_SUCCESS)
		rc = ldap_search_ext(ld, base, LDAP_SCOPE_SUBTREE,
		    s->query->filter, (char **)s->query->attributes, 0,
		    controls, NULL, NULL, 0, &id);
	ldap_control_free(page);
	if (rc != LDAP_SUCCESS)
		return ms_directory_failed(ld, rc, "search", err);
	while (!ended) {
		m = NULL;
		rc = ldap_result(ld, id, LDAP_MSG_ONE, &wait, &m);
		if (rc <= 0) {
			ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &id);
			return ms_directory_failed(
			    ld, rc == 0 ? LDAP_TIMEOUT : id, "search", err);
		}
		rc = read_message(s, ld, m, base, cookie, &ended, err);
		ldap_msgfree(m);
		if (rc < 0)
			return -1;
	}
	return flush(s, err);
}

/* The base that the root DSE names. */
static int
find_base(LDAP *ld, struct ms_buf *base, struct ms_err *err)
{
	char domain[] = "defaultNamingContext", all[] = "namingContexts";
	char *attributes[] = {domain, all, NULL};
	struct berval **one = NULL, **v = NULL;
	LDAPMessage *result = NULL, *e;
	int rc;

	rc = ldap_search_ext_s(ld, "", LDAP_SCOPE_BASE, NULL, attributes, 0,
	    NULL, NULL, NULL, 0, &result);
	e = rc == LDAP_SUCCESS ? ldap_first_entry(ld, result) : NULL;
	if (rc != LDAP_SUCCESS)
		rc = ms_directory_failed(ld, rc, "root DSE", err);
	if (e != NULL) {
		one = ldap_get_values_len(ld, e, domain);
		v = ldap_get_values_len(ld, e, all);
	}
	if (one == NULL && ldap_count_values_len(v) == 1)
		one = v;
	if (rc == 0 && one != NULL)
		ms_buf_add(base, one[0]->bv_val, one[0]->bv_len);
	else if (rc == 0)
		rc = ms_fail(err, MS_USAGE,
		    "directory: the server does not name one base; give "
		    "--base");
	if (one != v)
		ldap_value_free_len(one);
	ldap_value_free_len(v);
	ldap_msgfree(result);
	return rc;
}

/* Searches one server. */
static int
search_place(struct search *s, const char *url, const char *base, bool first,
    struct ms_err *err)
{
	ber_len_t most = 2 * MS_DIRECTORY_ENTRY_MAX;
	struct berval cookie = {0};
	struct ms_buf found = {0};
	Sockbuf *sb = NULL;
	LDAP *ld = NULL;
	int rc = -1, got;

	s->where.url = url;
	if (ms_directory_connect(&ld, &s->where, err) < 0)
		goto out;
	got = ms_directory_bind(ld, s->query->bind_dn, s->query->password, err);
	if (got == 0)
		ms_fail(err, MS_AUTH,
		    "directory: the server refuses the DN or its password");
	if (got <= 0)
		goto out;
	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) == 0)
		ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &most);
	if (*base == '\0') {
		if (find_base(ld, &found, err) < 0)
			goto out;
		base = ms_buf_str(&found);
	}
	if (first && (put(s, BASE, base, strlen(base), err) < 0 ||
			 read_groups(s, ld, err) < 0))
		goto out;
	do
		rc = read_page(s, ld, base, &cookie, err);
	while (rc == 0 && cookie.bv_len > 0);
	ber_memfree(cookie.bv_val);
out:
	if (ld != NULL)
		ldap_unbind_ext_s(ld, NULL, NULL);
	ms_buf_release(&found);
	return rc;
}

static void
search_in_child(int fd, const void *ctx)
{
	struct search s = *(const struct search *)ctx;
	struct ms_err err = {0};
	char *url, *base;
	size_t at = 0;
	int rc;

	s.fd = fd;
	rc = add_place(&s, s.where.url, s.query->base, &err);
	for (size_t i = 0; rc == 0 && i < s.place_count; i++) {
		/* The list grows, and moves, while it is walked. */
		url = ms_xstrdup((const char *)s.places.p + at);
		at += strlen(url) + 1;
		base = ms_xstrdup((const char *)s.places.p + at);
		at += strlen(base) + 1;
		rc = search_place(&s, url, base, i == 0, &err);
		free(url);
		free(base);
	}
	if (rc == 0)
		put(&s, DONE, "", 0, &err);
	else
		put(&s, FAILED, &err, sizeof(err), &err);
	flush(&s, &err);
}

/* ---- the parent ---- */

struct reader {
	struct search search;
	ms_directory_entry_fn *fn;
	void *ctx;
	struct ms_buf *base;
	struct ms_buf values; /* struct ms_directory_value */
	size_t entries, bytes;
	struct ms_err failed; /* after some of the entries */
};

static int
take_entry(
    struct reader *r, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_directory_entry e = {.dn = (const char *)p};
	struct ms_directory_value v;
	size_t at = strlen(e.dn) + 1;

	if (++r->entries > MS_DIRECTORY_ENTRIES)
		return ms_fail(err, MS_TEMP, "directory: more than %d entries",
		    MS_DIRECTORY_ENTRIES);
	ms_buf_clear(&r->values);
	while (at < n) {
		v.attribute = ms_le32(p + at);
		v.bytes = (struct ms_slice){p + at + 8, ms_le32(p + at + 4)};
		at += 8 + v.bytes.n;
		ms_buf_add(&r->values, &v, sizeof(v));
	}
	e.values = (const struct ms_directory_value *)(const void *)r->values.p;
	e.count = r->values.n / sizeof(v);
	return r->fn(r->ctx, &e, err);
}

/* 1: the end; 0; -1. */
static int
take_frame(struct reader *r, int type, const unsigned char *p, size_t n,
    struct ms_err *err)
{
	if (type == ENTRY)
		return take_entry(r, p, n, err);
	if (type == BASE && r->base != NULL)
		ms_buf_add(r->base, p, n);
	if (type == FAILED && err != NULL)
		memcpy(err, p, sizeof(*err));
	return type == FAILED ? -1 : type == DONE;
}

/* Takes the whole frames of the buffer; as take_frame(). */
static int
take_frames(struct reader *r, struct ms_buf *in, struct ms_err *err)
{
	size_t at = 0, n;
	int got = 0;

	while (got == 0 && in->n - at >= FRAME) {
		n = ms_le32(in->p + at + 1);
		if (in->n - at - FRAME < n)
			break;
		got = take_frame(r, in->p[at], in->p + at + FRAME, n, err);
		at += FRAME + n;
	}
	if (at > 0)
		memmove(in->p, in->p + at, in->n - at);
	in->n -= at;
	return got;
}

static int
read_all(struct reader *r, struct ms_directory_child *c, struct ms_err *err)
{
	struct ms_buf in = {0};
	int got = 0, more = 1;
	size_t had;

	while (got == 0 && more == 1) {
		had = in.n;
		more = ms_directory_read(c, &in, err);
		if (more == 1) {
			r->bytes += in.n - had;
			got = take_frames(r, &in, err);
		}
		if (got == 0 && r->bytes > MS_DIRECTORY_BYTES)
			got = ms_fail(err, MS_TEMP, "directory: too much data");
	}
	ms_buf_release(&in);
	if (more == 0 && got == 0)
		return ms_fail(err, MS_TEMP, "directory: libldap failed");
	return more < 0 || got < 0 ? -1 : 0;
}

static int
search_at(void *ctx, const char *url, struct ms_err *err)
{
	struct reader *r = ctx;
	struct ms_directory_child child;
	int rc;

	/* Another server must not continue what this one has begun. */
	if (r->entries > 0) {
		if (err != NULL)
			*err = r->failed;
		return -1;
	}
	r->search.where.url = url;
	if (ms_directory_start(&child, r->search.where.timeout, search_in_child,
		&r->search, err) < 0)
		return -1;
	rc = read_all(r, &child, err);
	ms_directory_stop(&child);
	if (rc < 0 && err != NULL)
		r->failed = *err;
	return rc;
}

int
ms_directory_search(const struct ms_directory *where,
    const struct ms_directory_query *query, ms_directory_entry_fn *fn,
    void *ctx, struct ms_buf *base, struct ms_err *err)
{
	struct reader r = {.search = {.where = *where, .query = query},
	    .fn = fn,
	    .ctx = ctx,
	    .base = base};
	int rc = ms_directory_try(where->url, search_at, &r, err);

	ms_buf_release(&r.values);
	return rc;
}
