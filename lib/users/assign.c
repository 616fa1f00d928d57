/* assign.c - which users get a message. ms-ingest(1), Assignment. */
#include "assign.h"

#include <string.h>

#include "map.h"
#include "utf8.h"

#define ADDRESS_WORD "{address}"

struct row {
	size_t user, folder, address; /* in the text */
	const char *why;
	uint64_t number;
	bool sent;
};

/* What is needed while a message is assigned. */
struct search {
	struct ms_txn *txn;
	const struct ms_assign_rules *rules;
	struct ms_assignment *out;
	struct ms_settings settings;
	struct ms_account account;
	struct ms_map seen; /* users with their folders */
	/* Alias domains: where the key of the other domain is in `domains`. */
	struct ms_map aliases;
	struct ms_buf domains;
	struct ms_buf key, base, other;
};

/* ---- addresses ---- */

/* Appends the key of a domain. */
static void
add_domain_key(const char *domain, size_t n, struct ms_buf *out)
{
	struct ms_buf address = {0};

	ms_buf_add_byte(&address, '@');
	ms_buf_add(&address, domain, n);
	ms_utf8_address_key(ms_buf_slice(&address), out);
	ms_buf_release(&address);
}

/* Fills the alias domains from the settings. */
static void
read_aliases(struct search *s)
{
	struct ms_slice list = s->settings.alias_domains;
	unsigned char digest[MS_SHA_LEN];
	const char *word, *to;

	ms_map_clear(&s->aliases);
	ms_buf_clear(&s->domains);
	for (word = ms_list_next(list, NULL); word != NULL;
	     word = ms_list_next(list, word)) {
		to = strchr(word, '=');
		if (to == NULL)
			continue;
		ms_buf_clear(&s->other);
		add_domain_key(word, (size_t)(to - word), &s->other);
		ms_sha256(s->other.p, s->other.n, digest);
		if (ms_map_add(&s->aliases, digest, s->domains.n, NULL))
			continue;
		add_domain_key(to + 1, strlen(to + 1), &s->domains);
		ms_buf_add_byte(&s->domains, '\0');
	}
}

/* Puts the address with another domain into s->other, if its domain, which
 * begins at `at`, is an alias. */
static bool
replace_domain(struct search *s, struct ms_slice address, size_t at)
{
	unsigned char digest[MS_SHA_LEN];
	uint64_t domain;

	ms_sha256(address.p + at, address.n - at, digest);
	if (!ms_map_get(&s->aliases, digest, &domain))
		return false;
	ms_buf_clear(&s->other);
	ms_buf_add(&s->other, address.p, at);
	ms_buf_add_str(&s->other, (const char *)s->domains.p + domain);
	return true;
}

/* Finds the user of an address that is a key: as it is, or in the domain of
 * which its domain is an alias. 1, 0, -1. */
static int
find_key(
    struct search *s, struct ms_buf *key, uint64_t *user, struct ms_err *err)
{
	const unsigned char *at = memrchr(key->p, '@', key->n);
	int got;

	got = ms_index_name(
	    s->txn, MS_NAME_ADDRESS, 0, 0, ms_buf_str(key), user, err);
	if (got == 0 && at != NULL &&
	    replace_domain(s, ms_buf_slice(key), (size_t)(at - key->p)))
		got = ms_index_name(s->txn, MS_NAME_ADDRESS, 0, 0,
		    ms_buf_str(&s->other), user, err);
	return got;
}

static int
find_user(
    struct search *s, const char *address, uint64_t *user, struct ms_err *err)
{
	int got;

	ms_buf_clear(&s->key);
	ms_buf_clear(&s->base);
	ms_utf8_address_key(ms_slice_str(address), &s->key);
	if (s->key.n == 0)
		return 0;
	if (s->key.p[s->key.n - 1] == '.') /* the root: example.org. */
		s->key.n--;
	got = find_key(s, &s->key, user, err);
	if (got == 0 && ms_address_without_tag(ms_buf_slice(&s->key), &s->base))
		got = find_key(s, &s->base, user, err);
	return got;
}

/* ---- folders ---- */

/* Appends one level of a folder name (ms-stream(5), Folders). */
static void
add_level(const char *s, struct ms_buf *out)
{
	for (; *s != '\0'; s++) {
		if (*s == '/' || *s == '\\')
			ms_buf_add_byte(out, '\\');
		ms_buf_add_byte(out, (unsigned char)*s);
	}
}

static void
add_folder(const char *pattern, const char *address, struct ms_buf *out)
{
	const char *at;

	while ((at = strstr(pattern, ADDRESS_WORD)) != NULL) {
		ms_buf_add(out, pattern, (size_t)(at - pattern));
		add_level(address, out);
		pattern = at + strlen(ADDRESS_WORD);
	}
	ms_buf_add_str(out, pattern);
}

int
ms_assign_pattern_ok(const char *pattern, struct ms_err *err)
{
	const char *at = pattern;

	if (*pattern == '\0' || !ms_account_text_ok(pattern, MS_PATTERN_MAX))
		return ms_fail(err, MS_USAGE,
		    "a pattern for folders is empty, too long, or not UTF-8");
	for (; (at = strchr(at, '{')) != NULL; at++)
		if (strncmp(at, ADDRESS_WORD, strlen(ADDRESS_WORD)) != 0)
			return ms_fail(err, MS_USAGE,
			    "'%.64s': only " ADDRESS_WORD
			    " can stand in braces",
			    pattern);
	return 0;
}

/* ---- the assignment ---- */

static size_t
keep(struct ms_buf *text, const char *s)
{
	size_t at = text->n;

	ms_buf_add(text, s, strlen(s) + 1);
	return at;
}

static void
add_row(struct search *s, const struct ms_party *party, const char *folder)
{
	struct ms_assignment *out = s->out;
	const struct row row = {.user = keep(&out->text, s->account.name),
	    .folder = keep(&out->text, folder),
	    .address = keep(&out->text, party->address),
	    .why = party->why,
	    .number = s->account.number,
	    .sent = party->role == MS_PARTY_SENDER};

	ms_buf_add(&out->rows, &row, sizeof(row));
	out->n++;
}

/* Has the user the message in this folder already? */
static bool
is_second(struct search *s, uint64_t user, const char *pattern)
{
	unsigned char digest[MS_SHA_LEN];

	ms_buf_clear(&s->other);
	ms_buf_printf(&s->other, "%llu %s", (unsigned long long)user, pattern);
	ms_sha256(s->other.p, s->other.n, digest);
	return ms_map_add(&s->seen, digest, 0, NULL);
}

static int
assign_party(struct search *s, const struct ms_party *party, struct ms_err *err)
{
	const char *pattern = party->role == MS_PARTY_SENDER
				  ? s->rules->sent
				  : s->rules->received;
	uint64_t user;
	int got;

	if (ms_address_set_has(s->rules->own, party->address))
		return 0;
	got = find_user(s, party->address, &user, err);
	if (got <= 0 || is_second(s, user, pattern))
		return got < 0 ? -1 : 0;
	got = ms_account_get_in(s->txn, user, &s->account, err);
	if (got <= 0 || s->account.deleted)
		return got < 0 ? -1 : 0;
	ms_buf_clear(&s->other);
	add_folder(
	    pattern, ms_list_next(s->account.addresses, NULL), &s->other);
	add_row(s, party, ms_buf_str(&s->other));
	return 0;
}

/* Assigns in the transaction of s. */
static int
assign_all(struct search *s, const struct ms_parties *p, struct ms_err *err)
{
	struct ms_party party;

	ms_buf_clear(&s->out->rows);
	ms_buf_clear(&s->out->text);
	ms_map_clear(&s->seen);
	s->out->n = 0;
	if (ms_settings_get_in(s->txn, &s->settings, err) < 0)
		return -1;
	read_aliases(s);
	for (size_t i = 0; i < p->n; i++) {
		party = ms_parties_at(p, i);
		if (assign_party(s, &party, err) < 0)
			return -1;
	}
	return 0;
}

int
ms_assign(struct ms_archive *a, const struct ms_parties *p,
    const struct ms_assign_rules *rules, struct ms_assignment *out,
    struct ms_err *err)
{
	struct search s = {.rules = rules, .out = out};
	struct ms_txn txn;
	int rc;

	s.txn = &txn;
	do {
		rc = ms_index_begin(ms_archive_index(a), &txn, err);
		if (rc < 0)
			break;
		rc = assign_all(&s, p, err);
	} while (ms_index_end(&txn) != 0);
	ms_settings_release(&s.settings);
	ms_account_release(&s.account);
	ms_map_release(&s.seen);
	ms_map_release(&s.aliases);
	ms_buf_release(&s.domains);
	ms_buf_release(&s.key);
	ms_buf_release(&s.base);
	ms_buf_release(&s.other);
	return rc;
}

struct ms_assigned
ms_assigned_at(const struct ms_assignment *as, size_t i)
{
	const char *text = (const char *)as->text.p;
	struct row row;

	memcpy(&row, as->rows.p + i * sizeof(row), sizeof(row));
	return (struct ms_assigned){.user = text + row.user,
	    .folder = text + row.folder,
	    .number = row.number,
	    .sent = row.sent,
	    .address = text + row.address,
	    .why = row.why};
}

void
ms_assignment_release(struct ms_assignment *as)
{
	ms_buf_release(&as->rows);
	ms_buf_release(&as->text);
	*as = (struct ms_assignment){0};
}

/* ---- alias domains ---- */

/* Is a word old.example=new.example? */
static bool
is_alias(const char *word)
{
	struct ms_buf address = {0};
	const char *to = strchr(word, '=');
	bool fine = to != NULL && to != word && strchr(to + 1, '=') == NULL &&
		    strchr(word, '@') == NULL;

	if (fine) {
		ms_buf_printf(&address, "a@%.*s", (int)(to - word), word);
		fine = ms_account_address_ok(ms_buf_str(&address));
		ms_buf_clear(&address);
		ms_buf_printf(&address, "a@%s", to + 1);
		fine = fine && ms_account_address_ok(ms_buf_str(&address));
	}
	ms_buf_release(&address);
	return fine;
}

int
ms_alias_domains_parse(
    const char *text, struct ms_buf *list, struct ms_err *err)
{
	static const char separators[] = ", ";
	char word[2 * MS_ACCOUNT_ADDRESS_MAX];
	size_t n, count = 0;

	for (text += strspn(text, separators); *text != '\0';
	     text += n + strspn(text + n, separators)) {
		n = strcspn(text, separators);
		if (n < sizeof(word)) {
			memcpy(word, text, n);
			word[n] = '\0';
		}
		if (n >= sizeof(word) || !is_alias(word))
			return ms_fail(err, MS_USAGE,
			    "'%.*s' is not old.example=new.example",
			    n < 64 ? (int)n : 64, text);
		if (++count > MS_LIST_MAX)
			return ms_fail(err, MS_USAGE,
			    "more than %d alias domains", MS_LIST_MAX);
		ms_buf_add(list, word, n + 1);
	}
	return 0;
}
