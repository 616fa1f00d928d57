/* people.c - reads the people of a directory: attributes as names, addresses
 * and states of users. The manual is ms-users(1). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "people.h"

#include "directory.h"
#include "report.h"
#include "sha.h"
#include "utf8.h"

#define ID_MAX 64 /* bytes of a value that identifies an entry */

/* Attributes that are asked for, after the name, the full name and before the
 * addresses. */
enum {
	NAME,
	FULL_NAME,
	OBJECT_GUID,
	ENTRY_UUID,
	ACCOUNT_CONTROL, /* userAccountControl of Active Directory */
	LOCKED_TIME,     /* pwdAccountLockedTime of OpenLDAP */
	SAMBA_FLAGS,     /* sambaAcctFlags */
	ADDRESSES
};

void
people_release(struct people *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct person *p = &all->p[i];

		free(p->dn);
		free(p->id);
		free(p->name);
		free(p->full_name);
		free(p->fault);
		ms_buf_release(&p->addresses);
	}
	free(all->p);
	ms_buf_release(&all->base);
	*all = (struct people){0};
}

int
directory_find(struct users *u, const char *name, struct ms_stored_directory *d,
    struct ms_err *err)
{
	struct ms_settings s = {0};
	int got = ms_settings_get(u->a, &s, err);

	if (got == 0)
		got = ms_stored_directory_find(&s, name, d);
	if (got == 0)
		ms_fail(err, MS_NOINPUT,
		    "no such directory '%.100s' (ms-users directory add makes "
		    "one)",
		    name);
	ms_settings_release(&s);
	return got == 1 ? 0 : -1;
}

/* ---- values ---- */

/* The first value of an attribute; {NULL, 0}: there is none. */
static struct ms_slice
first(const struct ms_directory_entry *e, unsigned attribute)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->values[i].attribute == attribute)
			return e->values[i].bytes;
	return (struct ms_slice){0};
}

/* A copy of a value that is text of at most max bytes, without controls; NULL:
 * the value is not. */
static char *
text_of(struct ms_slice v, size_t max)
{
	if (v.n > max || !ms_utf8_plain(v.p, v.n))
		return NULL;
	return ms_xstrndup(v.p, v.n);
}

/* Keeps the first fault of an entry. */
static void
fault(struct person *p, const char *what, struct ms_slice value)
{
	struct ms_buf b = {0};

	if (p->fault != NULL)
		return;
	ms_buf_add_str(&b, what);
	if (value.n > 0 && ms_utf8_plain(value.p, value.n))
		ms_buf_printf(&b, ": '%.*s'",
		    (int)(value.n < 150 ? value.n : 150), value.p);
	p->fault = ms_xstrdup(ms_buf_str(&b));
	ms_buf_release(&b);
}

/* The bytes of objectGUID in hex, or an entryUUID as it is. */
static char *
id_of(const struct ms_directory_entry *e)
{
	struct ms_slice guid = first(e, OBJECT_GUID);
	struct ms_slice uuid = first(e, ENTRY_UUID);
	char hex[2 * ID_MAX + 1], *text = NULL;

	if (guid.n > 0 && guid.n <= ID_MAX) {
		ms_hex(guid.p, guid.n, hex);
		return ms_xstrdup(hex);
	}
	if (uuid.n > 0)
		text = text_of(uuid, ID_MAX);
	return text != NULL ? text : ms_xstrdup("");
}

/* ADS_UF_ACCOUNTDISABLE is 2 ([MS-ADTS], 2.2.16). */
static bool
is_disabled(const struct ms_directory_entry *e)
{
	struct ms_slice control = first(e, ACCOUNT_CONTROL);
	struct ms_slice flags = first(e, SAMBA_FLAGS);
	char *text = text_of(control, 20);
	bool off = text != NULL && (strtoull(text, NULL, 10) & 2) != 0;

	free(text);
	return off || first(e, LOCKED_TIME).n > 0 ||
	       (flags.n > 0 && memchr(flags.p, 'D', flags.n) != NULL);
}

/* ---- addresses ---- */

static bool
is_known(struct ms_slice list, const char *address)
{
	struct ms_buf a = {0}, b = {0};
	bool known = false;
	const char *s;

	ms_utf8_address_key(ms_slice_str(address), &a);
	for (s = ms_list_next(list, NULL); s != NULL && !known;
	     s = ms_list_next(list, s)) {
		ms_buf_clear(&b);
		ms_utf8_address_key(ms_slice_str(s), &b);
		known = ms_slice_eq(ms_buf_slice(&a), ms_buf_slice(&b));
	}
	ms_buf_release(&a);
	ms_buf_release(&b);
	return known;
}

/*
 * The address of a value, and whether it is the primary one. In proxyAddresses
 * of Active Directory, `SMTP:` precedes the primary address, `smtp:` the
 * others, and other words addresses of other kinds. {NULL, 0}: no mail address.
 */
static struct ms_slice
mail_address(struct ms_slice v, bool *primary)
{
	const unsigned char *colon = v.n > 0 ? memchr(v.p, ':', v.n) : NULL;
	const unsigned char *at = v.n > 0 ? memchr(v.p, '@', v.n) : NULL;

	*primary = v.n > 5 && memcmp(v.p, "SMTP:", 5) == 0;
	if (v.n > 5 && strncasecmp((const char *)v.p, "smtp:", 5) == 0)
		return (struct ms_slice){v.p + 5, v.n - 5};
	if (colon != NULL && (at == NULL || colon < at))
		return (struct ms_slice){0};
	return v;
}

/* Adds the primary addresses, or the others. */
static void
add_addresses(
    struct person *p, const struct ms_directory_entry *e, bool primary)
{
	struct ms_slice v;
	char *address;
	bool is_primary;

	for (size_t i = 0; i < e->count; i++) {
		if (e->values[i].attribute < ADDRESSES)
			continue;
		v = mail_address(e->values[i].bytes, &is_primary);
		if (v.p == NULL || is_primary != primary)
			continue;
		address = text_of(v, MS_ACCOUNT_ADDRESS_MAX);
		if (address == NULL || !ms_account_address_ok(address))
			fault(p, "invalid mail address", v);
		else if (!is_known(ms_buf_slice(&p->addresses), address))
			ms_buf_add(&p->addresses, address, strlen(address) + 1);
		free(address);
	}
}

/* ---- entries ---- */

struct reading {
	const struct ms_stored_directory *d;
	struct people *all;
};

/* The name of a person: the value, or its local part. */
static void
set_name(struct person *p, struct ms_slice v, bool local_part)
{
	const unsigned char *at = local_part ? memchr(v.p, '@', v.n) : NULL;

	if (at != NULL)
		v.n = (size_t)(at - v.p);
	p->name = text_of(v, MS_USER_MAX);
	if (p->name != NULL &&
	    (!ms_user_name_ok(p->name) || p->name[0] == '@')) {
		free(p->name);
		p->name = NULL;
	}
	if (p->name == NULL)
		fault(p, "invalid name of a user", v);
}

static int
take_person(void *ctx, const struct ms_directory_entry *e, struct ms_err *err)
{
	struct reading *r = ctx;
	struct ms_slice name = first(e, NAME), full = first(e, FULL_NAME);
	struct people *all = r->all;
	struct person *p;

	if (name.n == 0)
		return ms_fail(err, MS_TEMP,
		    "directory: the entry '%.150s' has no readable '%s'", e->dn,
		    ms_stored_directory_value(
			r->d, MS_DIRECTORY_NAME_ATTRIBUTE));
	if (all->count == all->room) {
		all->room = all->room > 0 ? 2 * all->room : 256;
		all->p = ms_xreallocarray(all->p, all->room, sizeof(*all->p));
	}
	p = &all->p[all->count++];
	*p = (struct person){.dn = ms_xstrdup(e->dn),
	    .id = id_of(e),
	    .full_name = text_of(full, MS_FULL_NAME_MAX),
	    .disabled = is_disabled(e)};
	set_name(p, name,
	    *ms_stored_directory_value(r->d, MS_DIRECTORY_LOCAL_PART) != '\0');
	if (p->full_name == NULL)
		fault(p, "invalid full name", full);
	if (!ms_account_text_ok(p->dn, MS_DN_MAX)) {
		free(p->name);
		p->name = NULL;
		fault(p, "invalid DN", (struct ms_slice){0});
	}
	add_addresses(p, e, true);
	add_addresses(p, e, false);
	if (ms_list_count(ms_buf_slice(&p->addresses)) > MS_LIST_MAX) {
		fault(p, "too many addresses", (struct ms_slice){0});
		ms_buf_clear(&p->addresses);
	}
	return 0;
}

/* ---- the search ---- */

/* The values of a key as an array; NULL: none. */
static const char **
array_of(const struct ms_stored_directory *d, enum ms_directory_key key,
    size_t *count)
{
	struct ms_slice list = ms_buf_slice(&d->values[key]);
	const char **v, *s;

	*count = 0;
	v = ms_xcalloc(ms_list_count(list) + 1, sizeof(*v));
	for (s = ms_list_next(list, NULL); s != NULL; s = ms_list_next(list, s))
		v[(*count)++] = s;
	return v;
}

static const char *
value(const struct ms_stored_directory *d, enum ms_directory_key key)
{
	return ms_stored_directory_value(d, key);
}

/* The password for the search: from the file, or the secret. */
static int
get_password(struct users *u, const struct ms_stored_directory *d,
    struct ms_secret *s, struct ms_err *err)
{
	const char *file = value(d, MS_DIRECTORY_PASSWORD_FILE);
	int got;

	if (*value(d, MS_DIRECTORY_BIND_DN) == '\0')
		return 0;
	if (*file != '\0' && ms_secret_file_exposed(file))
		ms_warn(TOOL, MS_SECRET_EXPOSED, file);
	if (*file != '\0')
		return ms_secret_file(s, file, err);
	got = ms_directory_secret_read(
	    ms_archive_path(u->a), (const char *)d->name.p, s, err);
	if (got == 0)
		ms_fail(err, MS_NOINPUT,
		    "secret/directory/%s: the password is missing; delete and "
		    "add the directory again",
		    d->name.p);
	return got == 1 ? 0 : -1;
}

static int
server_of(struct users *u, const struct ms_stored_directory *d,
    struct ms_directory *where, const char ***pins, struct ms_err *err)
{
	struct ms_settings s = {0};

	if (ms_settings_get(u->a, &s, err) < 0)
		return -1;
	*where = (struct ms_directory){.url = value(d, MS_DIRECTORY_URL),
	    .ca_file = value(d, MS_DIRECTORY_CA_FILE),
	    .timeout = s.directory_timeout,
	    .accept_any = *value(d, MS_DIRECTORY_ANY_CERTIFICATE) != '\0'};
	*pins = array_of(d, MS_DIRECTORY_PIN, &where->pin_count);
	where->pins = *pins;
	ms_settings_release(&s);
	return 0;
}

int
directory_read(struct users *u, const struct ms_stored_directory *d,
    struct people *all, struct ms_err *err)
{
	static const char *const fixed[] = {"objectGUID", "entryUUID",
	    "userAccountControl", "pwdAccountLockedTime", "sambaAcctFlags"};
	const char *attributes[MS_DIRECTORY_ATTRIBUTES + 1] = {
	    value(d, MS_DIRECTORY_NAME_ATTRIBUTE),
	    value(d, MS_DIRECTORY_FULL_NAME_ATTRIBUTE)};
	struct ms_directory_query q = {
	    .bind_dn = value(d, MS_DIRECTORY_BIND_DN),
	    .base = value(d, MS_DIRECTORY_BASE),
	    .filter = value(d, MS_DIRECTORY_FILTER),
	    .attributes = attributes,
	    .attribute_count = ADDRESSES,
	    .follow = *value(d, MS_DIRECTORY_FOLLOW_REFERRALS) != '\0',
	    .active_directory =
		strcmp(value(d, MS_DIRECTORY_PRESET), "openldap") != 0};
	struct reading r = {d, all};
	const char **groups = NULL, **pins = NULL, **addresses = NULL;
	struct ms_directory where;
	struct ms_secret password = {0};
	size_t n;
	int rc = -1;

	memcpy(attributes + OBJECT_GUID, fixed, sizeof(fixed));
	addresses = array_of(d, MS_DIRECTORY_ADDRESS_ATTRIBUTE, &n);
	for (size_t i = 0; i < n && q.attribute_count < MS_DIRECTORY_ATTRIBUTES;
	     i++)
		attributes[q.attribute_count++] = addresses[i];
	groups = array_of(d, MS_DIRECTORY_GROUP, &q.group_count);
	q.groups = groups;
	q.password = password.s;
	if (server_of(u, d, &where, &pins, err) == 0 &&
	    get_password(u, d, &password, err) == 0) {
		if (where.accept_any)
			ms_warn(TOOL, "%s: the certificate is not verified",
			    d->name.p);
		rc = ms_directory_search(
		    &where, &q, take_person, &r, &all->base, err);
	}
	ms_buf_str(&all->base);
	ms_secret_wipe(&password);
	free(groups);
	free(pins);
	free(addresses);
	return rc;
}

int
directory_check(struct users *u, const struct ms_account *user,
    const char *password, struct ms_err *err)
{
	struct ms_stored_directory d = {0};
	const char **pins = NULL;
	struct ms_directory where;
	int got = -1;

	if (directory_find(u, user->directory, &d, err) == 0 &&
	    server_of(u, &d, &where, &pins, err) == 0)
		got = ms_directory_check(&where, user->dn, password, err);
	free(pins);
	ms_stored_directory_release(&d);
	return got;
}
