/* sync-compare.c - finds out which user of the archive is which person of a
 * directory. ms-users(1), sync. */
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "sha.h"
#include "sync-impl.h"
#include "utf8.h"

/* What the archive knows of a user. */
struct known {
	uint64_t number;
	bool has_id, is_local, counted, vanished, deleted, matched;
};
struct known_users {
	struct ms_buf all;   /* struct known */
	struct ms_map by_id; /* indexes in `all` */
	struct ms_map by_dn;
};

static struct known *
known_at(const struct known_users *k, uint64_t i)
{
	return (struct known *)(void *)k->all.p + i;
}

static size_t
known_count(const struct known_users *k)
{
	return k->all.n / sizeof(struct known);
}

static void
digest(const char *text, unsigned char out[MS_SHA_LEN])
{
	struct ms_buf key = {0};

	ms_utf8_text_key(ms_slice_str(text), &key);
	ms_sha256(key.p, key.n, out);
	ms_buf_release(&key);
}

static void
add_known(struct sync *s, struct known_users *k, const struct ms_account *user)
{
	bool ours = strcmp(user->directory, s->directory) == 0;
	/* A user who was made by hand is connected by the DN. */
	bool is_local = *user->directory == '\0' && !user->deleted &&
			user->authentication == MS_LOGIN_DIRECTORY &&
			*user->dn != '\0';
	struct known new = {.number = user->number,
	    .has_id = *user->directory_id != '\0',
	    .is_local = is_local,
	    .vanished =
		strcmp(user->directory_state, MS_DIRECTORY_VANISHED) == 0,
	    .deleted = user->deleted};
	unsigned char key[MS_SHA_LEN];

	if (!ours && !is_local)
		return;
	new.counted = ours && !new.vanished && !new.deleted;
	s->total += new.counted;
	if (new.has_id) {
		digest(user->directory_id, key);
		ms_map_add(&k->by_id, key, known_count(k), NULL);
	}
	if (*user->dn != '\0') {
		digest(user->dn, key);
		ms_map_add(&k->by_dn, key, known_count(k), NULL);
	}
	ms_buf_add(&k->all, &new, sizeof(new));
}

static int
read_known(struct sync *s, struct known_users *k, struct ms_err *err)
{
	struct ms_record_store *w = ms_record_store_open(s->u->a, MS_ROW_USER);
	struct ms_account user = {0};
	int got;

	while ((got = ms_accounts_next(w, &user, err)) == 1)
		add_known(s, k, &user);
	ms_account_release(&user);
	ms_record_store_close(w);
	return got;
}

/*
 * Finds the user who is this person: by the id, or by the DN where one of them
 * has no id. An entry with another id is another person, even if the DN is the
 * same.
 */
static struct known *
find_known(const struct known_users *k, const struct person *p)
{
	unsigned char key[MS_SHA_LEN];
	struct known *one;
	uint64_t i;

	if (*p->id != '\0') {
		digest(p->id, key);
		if (ms_map_get(&k->by_id, key, &i))
			return known_at(k, i);
	}
	digest(p->dn, key);
	if (!ms_map_get(&k->by_dn, key, &i))
		return NULL;
	one = known_at(k, i);
	return one->has_id && *p->id != '\0' ? NULL : one;
}

static void
add_item(struct sync *s, const struct person *p, const struct known *k)
{
	struct item *it = &s->item[s->count++];

	*it = (struct item){.p = p,
	    .user = k != NULL ? k->number : 0,
	    .before.user = k != NULL ? k->number : 0,
	    .counted = k != NULL && k->counted};
}

/* Was this text seen before? */
static bool
seen(struct ms_map *m, const char *text)
{
	unsigned char key[MS_SHA_LEN];

	digest(text, key);
	return ms_map_add(m, key, 0, NULL);
}

/* Users who have vanished come first, because their addresses become free, and
 * new users last. */
static void
make_items(struct sync *s, const struct known_users *k)
{
	struct known **user =
	    ms_xcalloc(s->people.count, sizeof(struct known *));
	struct ms_map dns = {0}, ids = {0};
	bool *skip = ms_xcalloc(s->people.count, sizeof(*skip)), twice;
	const struct person *p = s->people.p;
	size_t i;

	for (i = 0; i < s->people.count; i++) {
		/* A referral can lead to an entry a second time. */
		skip[i] = seen(&dns, p[i].dn);
		twice = !skip[i] && *p[i].id != '\0' && seen(&ids, p[i].id);
		if (!skip[i])
			user[i] = find_known(k, &p[i]);
		if (twice || (user[i] != NULL && user[i]->matched)) {
			add_item(s, &p[i], NULL);
			s->item[s->count - 1].twice = true;
			s->item[s->count - 1].error =
			    ms_xstrdup("another entry is the same person");
			skip[i] = true;
		} else if (user[i] != NULL) {
			user[i]->matched = true;
		}
	}
	for (i = 0; i < known_count(k); i++) {
		struct known *one = known_at(k, i);

		if (!one->matched && !one->deleted && !one->is_local &&
		    (!one->vanished || s->u->opt->delete_vanished))
			add_item(s, NULL, one);
	}
	for (int new = 0; new < 2; new ++)
		for (i = 0; i < s->people.count; i++)
			if (!skip[i] && (user[i] == NULL) == (new == 1))
				add_item(s, &p[i], user[i]);
	ms_map_release(&dns);
	ms_map_release(&ids);
	free(user);
	free(skip);
}

int
sync_compare(struct sync *s, struct ms_err *err)
{
	struct known_users known = {0};
	int rc = read_known(s, &known, err);

	if (rc == 0) {
		s->item = ms_xcalloc(
		    s->people.count + known_count(&known), sizeof(*s->item));
		make_items(s, &known);
	}
	ms_buf_release(&known.all);
	ms_map_release(&known.by_id);
	ms_map_release(&known.by_dn);
	return rc;
}
