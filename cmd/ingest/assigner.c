/* assigner.c - decides who gets a message, and begins it for these users. The
 * manual is ms-ingest(1), Assignment. */
#include "assigner.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor.h"
#include "assign.h"
#include "json.h"
#include "listing.h"
#include "run-impl.h"
#include "unwrap.h"
#include "utf8.h"

#define CATCHALL "catchall"
#define LEAVE "leave"

struct assigner {
	const struct assigner_options *options;
	struct ms_archive *archive;
	struct ms_buf names; /* of the envelope headers */
	struct ms_address_set own;
	struct ms_recipient_rules recipients;
	struct ms_assign_rules rules;
	const char *unknown; /* the user who gets unknown mail; NULL: leave */
	bool create_unknown; /* this user is created */
	struct unwrap_rules reports;
	struct unwrap *unwrap; /* NULL: reports do not count */
	/* The decision about the current message. */
	struct ms_parties parties;
	struct ms_assignment users;
	struct ms_buf who; /* assigner_users() */
};

/* ---- options ---- */

/* Calls fn for each word of the arguments, which are separated by commas. */
static int
each_word(const struct ms_opt_list *list,
    int (*fn)(void *ctx, const char *word, struct ms_err *err), void *ctx,
    struct ms_err *err)
{
	char word[MS_ADDRESS_MAX + 1];
	const char *s;
	size_t i, n;

	for (i = 0; i < list->n; i++)
		for (s = list->v[i]; *s != '\0'; s += n + (s[n] == ',')) {
			n = strcspn(s, ",");
			if (n == 0)
				continue;
			if (n >= sizeof(word))
				return ms_fail(
				    err, MS_USAGE, "'%.64s' is too long", s);
			memcpy(word, s, n);
			word[n] = '\0';
			if (fn(ctx, word, err) < 0)
				return -1;
		}
	return 0;
}

/* A name of a header field (RFC 5322, 2.2). ctx: NULL, or the list of names. */
static int
add_name(void *ctx, const char *word, struct ms_err *err)
{
	const char *p = word;

	while (*p > ' ' && *p < 0x7f && *p != ':')
		p++;
	if (*p != '\0')
		return ms_fail(
		    err, MS_USAGE, "'%.64s' is no name of a header", word);
	if (ctx != NULL)
		ms_buf_add(ctx, word, strlen(word) + 1);
	return 0;
}

/* An address of --own-address or --journal-sender. ctx: NULL, or the set. */
static int
add_own(void *ctx, const char *word, struct ms_err *err)
{
	if (!ms_account_address_ok(word))
		return ms_fail(
		    err, MS_USAGE, "'%.64s' is no e-mail address", word);
	if (ctx != NULL)
		ms_address_set_add(ctx, word);
	return 0;
}

static int
check_unused(const struct assigner_options *o, struct ms_err *err)
{
	const char *name = NULL;

	if (o->envelope.n > 0)
		name = "--envelope-header";
	else if (o->trusted_hop != 0)
		name = "--trusted-hop";
	else if (o->own.n > 0)
		name = "--own-address";
	else if (o->sent != NULL)
		name = "--sent-folder";
	else if (o->received != NULL)
		name = "--received-folder";
	else if (o->unknown != NULL && !o->by_folder)
		name = "--unknown";
	else if (o->journal)
		name = "--journal";
	else if (o->journal_senders.n > 0)
		name = "--journal-sender";
	else if (o->keep_reports)
		name = "--keep-reports";
	else if (o->json)
		name = "--json";
	return name == NULL ? 0
			    : ms_fail(err, MS_USAGE, "%s needs --assign", name);
}

int
assigner_options_check(const struct assigner_options *o, struct ms_err *err)
{
	if (!o->on)
		return check_unused(o, err);
	if (each_word(&o->envelope, add_name, NULL, err) < 0)
		return ms_context(err, "--envelope-header");
	if (each_word(&o->own, add_own, NULL, err) < 0)
		return ms_context(err, "--own-address");
	if (each_word(&o->journal_senders, add_own, NULL, err) < 0)
		return ms_context(err, "--journal-sender");
	if (o->keep_reports && !o->journal && o->journal_senders.n == 0)
		return ms_fail(err, MS_USAGE,
		    "--keep-reports needs --journal or --journal-sender");
	if (o->sent != NULL && ms_assign_pattern_ok(o->sent, err) < 0)
		return ms_context(err, "--sent-folder");
	if (o->received != NULL && ms_assign_pattern_ok(o->received, err) < 0)
		return ms_context(err, "--received-folder");
	return 0;
}

void
assigner_options_release(struct assigner_options *o)
{
	free(o->envelope.v);
	free(o->own.v);
	free(o->journal_senders.v);
}

static void
prepare_reports(struct assigner *as)
{
	const struct assigner_options *o = as->options;

	if (!o->journal && o->journal_senders.n == 0)
		return;
	as->reports.all = o->journal;
	as->reports.headers = &as->recipients;
	(void)each_word(
	    &o->journal_senders, add_own, &as->reports.senders, NULL);
	as->unwrap = unwrap_new(&as->reports);
}

/* Makes the array of the names, which do not move any more. */
static void
list_names(struct assigner *as)
{
	struct ms_slice list = ms_buf_slice(&as->names);
	const char **v, *name;
	size_t n = 0;

	v = ms_xcalloc(ms_list_count(list) + 1, sizeof(*v));
	for (name = ms_list_next(list, NULL); name != NULL;
	     name = ms_list_next(list, name))
		v[n++] = name;
	as->recipients.envelope = v;
	as->recipients.envelope_n = n;
}

int
assigner_find_unknown(struct ms_archive *a, const char *unknown,
    const char **user, struct ms_err *err)
{
	uint64_t number;
	int got;

	*user = unknown;
	if (unknown == NULL || strcmp(unknown, CATCHALL) == 0 ||
	    strcmp(unknown, MS_CATCHALL) == 0) {
		*user = MS_CATCHALL;
		return 0;
	}
	if (strcmp(unknown, LEAVE) == 0) {
		*user = NULL;
		return 0;
	}
	got = ms_archive_active_user(a, unknown, &number, err);
	if (got == 0)
		return ms_fail(err, MS_USAGE,
		    "--unknown: the archive has no user '%.64s' (try " CATCHALL
		    ", " LEAVE ", or the name of a user)",
		    unknown);
	return got < 0 ? -1 : 0;
}

int
assigner_new(struct assigner **out, struct ms_archive *a,
    const struct assigner_options *o, struct ms_err *err)
{
	struct assigner *as = ms_xcalloc(1, sizeof(*as));

	*out = as;
	as->options = o;
	as->archive = a;
	(void)each_word(&o->envelope, add_name, &as->names, NULL);
	(void)each_word(&o->own, add_own, &as->own, NULL);
	list_names(as);
	as->recipients.trusted_hop = (unsigned)o->trusted_hop;
	as->recipients.own = as->rules.own = &as->own;
	as->rules.sent = o->sent != NULL ? o->sent : MS_SENT_PATTERN;
	as->rules.received =
	    o->received != NULL ? o->received : MS_RECEIVED_PATTERN;
	prepare_reports(as);
	if (assigner_find_unknown(a, o->unknown, &as->unknown, err) < 0)
		return -1;
	as->create_unknown =
	    as->unknown != NULL && strcmp(as->unknown, MS_CATCHALL) == 0;
	return 0;
}

void
assigner_free(struct assigner *as)
{
	if (as == NULL)
		return;
	free((void *)as->recipients.envelope);
	ms_buf_release(&as->names);
	ms_address_set_release(&as->own);
	ms_address_set_release(&as->reports.senders);
	unwrap_free(as->unwrap);
	ms_parties_release(&as->parties);
	ms_assignment_release(&as->users);
	ms_buf_release(&as->who);
	free(as);
}

const struct ms_recipient_rules *
assigner_rules(const struct assigner *as)
{
	return &as->recipients;
}

struct unwrap *
assigner_unwrap(const struct assigner *as)
{
	return as->unwrap;
}

/* ---- the decision ---- */

struct ms_parties *
assigner_parties(struct assigner *as)
{
	ms_parties_clear(&as->parties);
	return &as->parties;
}

void
assigner_add_session(struct run *r)
{
	struct ms_parties *p = assigner_parties(r->assigner);
	struct ms_party party;

	for (size_t i = 0; i < r->session.n; i++) {
		party = ms_parties_at(&r->session, i);
		ms_parties_add(
		    p, party.role, ms_slice_str(party.address), party.why);
	}
}

static void
add_user(struct ms_buf *who, const char *user, const char *folder)
{
	ms_buf_add(who, user, strlen(user) + 1);
	ms_buf_add(who, folder, strlen(folder) + 1);
}

int
assigner_decide(struct assigner *as, struct ms_slice header, struct ms_err *err)
{
	struct ms_assigned one;

	ms_recipients_add(header, &as->recipients, &as->parties);
	if (ms_assign(as->archive, &as->parties, &as->rules, &as->users, err) <
	    0)
		return -1;
	ms_buf_clear(&as->who);
	for (size_t i = 0; i < as->users.n; i++) {
		one = ms_assigned_at(&as->users, i);
		add_user(&as->who, one.user, one.folder);
	}
	if (as->users.n == 0 && as->unknown != NULL)
		add_user(&as->who, as->unknown, MS_UNKNOWN_FOLDER);
	return 0;
}

struct ms_slice
assigner_users(const struct assigner *as)
{
	return ms_buf_slice(&as->who);
}

bool
assigner_dropped(const struct assigner *as)
{
	return as->parties.dropped > 0;
}

bool
assigner_leaves(const struct assigner *as)
{
	return as->who.n == 0;
}

/* Appends all addresses of the message, each once, as texts that end with a
 * NUL. */
static void
list_addresses(const struct assigner *as, struct ms_buf *out)
{
	struct ms_map seen = {0};
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf key = {0};
	const char *address;

	for (size_t i = 0; i < as->parties.n; i++) {
		address = ms_parties_at(&as->parties, i).address;
		ms_buf_clear(&key);
		ms_utf8_address_key(ms_slice_str(address), &key);
		ms_sha256(key.p, key.n, digest);
		if (!ms_map_add(&seen, digest, 0, NULL))
			ms_buf_add(out, address, strlen(address) + 1);
	}
	ms_map_release(&seen);
	ms_buf_release(&key);
}

/* Appends them as one text. */
static void
add_addresses(const struct assigner *as, struct ms_buf *out)
{
	struct ms_buf list = {0};
	const char *a = NULL;

	list_addresses(as, &list);
	while ((a = ms_list_next(ms_buf_slice(&list), a)) != NULL)
		ms_buf_printf(out, "%s%s",
		    (const unsigned char *)a > list.p ? ", " : "", a);
	ms_buf_release(&list);
}

void
assigner_leave(struct run *r, const struct ms_dest *mailbox, const char *where)
{
	struct ms_buf why = {0};
	struct ms_tally *t;

	ms_buf_add_str(&why, "unknown addresses: ");
	add_addresses(r->assigner, &why);
	if (r->assigner->parties.n == 0)
		ms_buf_add_str(&why, "none");
	pthread_mutex_lock(&r->lock);
	t = ms_report_tally(
	    r->report, mailbox->user, mailbox->source, mailbox->folder);
	t->seen++;
	t->left_out++;
	ms_report_left_out(r->report, where, ms_buf_str(&why));
	ms_report_note(r->report, "%s: left out: %s", where, ms_buf_str(&why));
	pthread_mutex_unlock(&r->lock);
	ms_buf_release(&why);
}

/* The error does not name the user of an address. */
static int
forbid(const char *limited, struct ms_err *err)
{
	return ms_fail(err, MS_AUTH,
	    "'%s' may not give this message to all whom it names", limited);
}

int
assigner_may(struct run *r, struct ms_err *err)
{
	const struct ms_slice who = assigner_users(r->assigner);
	const char *limited = ms_actor_limited(), *user, *folder = NULL;

	if (limited == NULL)
		return 0;
	/* Nor does the error tell whether somebody has an address. */
	if (who.n == 0)
		return forbid(limited, err);
	for (; (user = ms_list_next(who, folder)) != NULL;) {
		folder = ms_list_next(who, user);
		if (strcmp(user, limited) != 0 &&
		    ms_actor_user(r->archive, user, MS_RIGHT_WRITE, NULL) < 0)
			return forbid(limited, err);
	}
	return 0;
}

bool
assigner_refuses(
    struct run *r, const struct ms_dest *mailbox, const char *where)
{
	struct ms_err why = {0};

	if (assigner_may(r, &why) == 0)
		return false;
	r->forbidden = true;
	run_add_failed(r, mailbox, where, why.msg);
	return true;
}

/* ---- storing and printing ---- */

static struct ms_dest *
next_dest(struct run *r, const struct ms_dest *mailbox, const char **folder)
{
	const struct assigner *as = r->assigner;
	const char *user = ms_list_next(ms_buf_slice(&as->who), *folder);

	if (user == NULL)
		return NULL;
	*folder = ms_list_next(ms_buf_slice(&as->who), user);
	return ms_ingest_dest(r->ingest, user, mailbox->source, *folder,
	    mailbox->label, as->users.n == 0 && as->create_unknown);
}

int
assigner_begin(struct run *r, struct ms_dest *mailbox, struct ms_raw_date raw,
    const char *where, struct ms_err *err)
{
	struct ms_spec spec = {.mailbox = mailbox, .raw = raw, .where = where};
	const char *folder = NULL;
	struct ms_dest *dest;

	assert(!assigner_leaves(r->assigner));
	spec.dest = next_dest(r, mailbox, &folder);
	if (ms_ingest_begin(r->ingest, &spec, err) < 0)
		return -1;
	while ((dest = next_dest(r, mailbox, &folder)) != NULL)
		ms_ingest_also(r->ingest, dest);
	return 0;
}

/* Prints fields that are separated by TAB. */
static void
print_line(const char *const *fields, size_t n)
{
	struct ms_buf line = {0};

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			ms_buf_add_byte(&line, '\t');
		ms_listing_escape(&line, fields[i], strlen(fields[i]));
	}
	ms_buf_add_byte(&line, '\n');
	(void)fwrite(line.p, 1, line.n, stdout);
	ms_buf_release(&line);
}

static void
print_unknown(const struct assigner *as, const char *where)
{
	struct ms_buf addresses = {0};
	const char *user = as->unknown != NULL ? as->unknown : "";

	add_addresses(as, &addresses);
	print_line(
	    (const char *const[]){where, user,
		*user != '\0' ? MS_UNKNOWN_FOLDER : "",
		*user != '\0' ? "unknown" : "left", ms_buf_str(&addresses), ""},
	    6);
	ms_buf_release(&addresses);
}

static void
set_text(json_t *o, const char *key, const char *text)
{
	ms_json_text(o, key, ms_slice_str(text));
}

/* Prints a line about a user who gets the message; NULL: no user does. */
static void
print_json(
    const struct assigner *as, const char *where, const struct ms_assigned *one)
{
	const char *user = one != NULL ? one->user : as->unknown, *a = NULL;
	struct ms_buf list = {0}, line = {0};
	json_t *o = json_object(), *addresses;

	set_text(o, "where", where);
	if (user != NULL)
		set_text(o, "user", user);
	if (user != NULL)
		set_text(
		    o, "folder", one != NULL ? one->folder : MS_UNKNOWN_FOLDER);
	if (one != NULL) {
		set_text(o, "result", one->sent ? "sent" : "received");
		set_text(o, "address", one->address);
		set_text(o, "field", one->why);
	} else {
		set_text(o, "result", user != NULL ? "unknown" : "left");
		addresses = json_array();
		list_addresses(as, &list);
		while ((a = ms_list_next(ms_buf_slice(&list), a)) != NULL)
			json_array_append_new(addresses, json_string(a));
		json_object_set_new(o, "addresses", addresses);
	}
	ms_json_line(&line, o);
	ms_buf_add_byte(&line, '\n');
	(void)fwrite(line.p, 1, line.n, stdout);
	json_decref(o);
	ms_buf_release(&line);
	ms_buf_release(&list);
}

void
assigner_print(const struct run *r, const char *where)
{
	const struct assigner *as = r->assigner;
	struct ms_assigned one;

	if (as->users.n == 0 && as->options->json)
		print_json(as, where, NULL);
	else if (as->users.n == 0)
		print_unknown(as, where);
	for (size_t i = 0; i < as->users.n; i++) {
		one = ms_assigned_at(&as->users, i);
		if (as->options->json) {
			print_json(as, where, &one);
			continue;
		}
		print_line(
		    (const char *const[]){where, one.user, one.folder,
			one.sent ? "sent" : "received", one.address, one.why},
		    6);
	}
}
