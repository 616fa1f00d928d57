/* names.c - users, sources and folders by name and by number. */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "numbers.h"
#include "le.h"

/* The folders that were looked up, by number; their strings stay valid as long
 * as the handle. */
struct ms_names {
	struct ms_folder **folders; /* ascending */
	size_t count, room;
	bool checked; /* no names were lost by damage of the index */
};

struct ms_names *
ms_names_new(void)
{
	return ms_xcalloc(1, sizeof(struct ms_names));
}

static void
clear_folder(struct ms_folder *f)
{
	free((char *)f->name);
	free((char *)f->source_name);
	free((char *)f->user_name);
	free((char *)f->source_url);
	free((char *)f->label);
	*f = (struct ms_folder){0};
}

void
ms_names_free(struct ms_names *n)
{
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; i < n->count; i++) {
		clear_folder(n->folders[i]);
		free(n->folders[i]);
	}
	free(n->folders);
	free(n);
}

/* ---- by name ---- */

static int
find_name(struct ms_archive *a, enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name, uint64_t *number, struct ms_err *err)
{
	struct ms_txn txn;
	int got;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got =
		    ms_index_name(&txn, kind, user, source, name, number, err);
	} while (ms_index_end(&txn) != 0);
	return got;
}

int
ms_archive_user(struct ms_archive *a, const char *name, uint64_t *number,
    struct ms_err *err)
{
	return find_name(a, MS_NAME_USER, 0, 0, name, number, err);
}

int
ms_archive_active_user(struct ms_archive *a, const char *name, uint64_t *number,
    struct ms_err *err)
{
	struct ms_txn txn;
	int got;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = ms_index_active_user(&txn, name, number, err);
	} while (ms_index_end(&txn) != 0);
	return got;
}

int
ms_archive_source(
    struct ms_archive *a, const char *url, uint64_t *number, struct ms_err *err)
{
	return find_name(a, MS_NAME_SOURCE, 0, 0, url, number, err);
}

int
ms_archive_folder(struct ms_archive *a, uint64_t user, uint64_t source,
    const char *name, uint64_t *number, struct ms_err *err)
{
	return find_name(a, MS_NAME_FOLDER, user, source, name, number, err);
}

/* ---- by number ---- */

/* A row was not found: is that certain? 0; -1: the index is damaged. */
static int
check_names(struct ms_names *n, struct ms_txn *txn, struct ms_err *err)
{
	if (!n->checked && ms_index_check(txn, MS_INDEX_NAMES, err) < 0)
		return -1;
	n->checked = true;
	return 0;
}

/* A copy of the name of a user or a source; "?" if its row is missing. */
static int
get_name(struct ms_names *n, struct ms_txn *txn, enum ms_name_kind kind,
    uint64_t number, const char **out, bool *lost, struct ms_err *err)
{
	struct ms_slice v;
	int got = ms_index_name_of(txn, kind, number, &v, err);

	if (got < 0 || (got == 0 && check_names(n, txn, err) < 0))
		return -1;
	*lost = got == 0;
	*out = got == 1 ? ms_xstrndup(v.p, v.n) : ms_xstrdup("?");
	return 0;
}

/*
 * A source without a label is shown by its address: LOGIN, or LOGIN@HOST if
 * LOGIN has no domain; a source without a login by its scheme.
 */
static char *
default_label(const char *url)
{
	const char *login = strstr(url, "://"), *at, *end;
	struct ms_buf b = {0};
	unsigned char c;
	char *label;

	at = login != NULL ? strchr(login, '@') : NULL;
	if (at == NULL)
		return ms_xstrndup(url, strcspn(url, ":"));
	for (login += 3; login < at; login++) {
		if (*login == '%' && at - login > 2 &&
		    ms_unhex(
			(struct ms_slice){(const unsigned char *)login + 1, 2},
			&c, 1) == 1 &&
		    c >= 0x20) {
			ms_buf_add_byte(&b, c);
			login += 2;
		} else {
			ms_buf_add(&b, login, 1);
		}
	}
	if (b.n == 0 || memchr(b.p, '@', b.n) == NULL) {
		end = at + strcspn(at, ":/");
		ms_buf_add(&b, at, (size_t)(end - at));
	}
	label = ms_xstrndup(b.p, b.n);
	ms_buf_release(&b);
	return label;
}

static int
load_folder(struct ms_names *n, struct ms_txn *txn, uint64_t number,
    struct ms_folder *f, struct ms_err *err)
{
	struct ms_folder_row row;
	struct ms_label_row label;
	struct ms_slice shown;
	int got;

	got = ms_index_folder(txn, number, &row, err);
	if (got == 0)
		return check_names(n, txn, err);
	if (got < 0)
		return -1;
	f->number = number;
	f->user = row.user;
	f->source = row.source;
	f->source_name = ms_xstrndup(row.name.p, row.name.n);
	got = ms_index_shown(txn, number, &shown, err);
	if (got < 0)
		return -1;
	f->name = got == 1 ? ms_xstrndup(shown.p, shown.n)
			   : ms_xstrdup(f->source_name);
	if (get_name(n, txn, MS_NAME_USER, f->user, &f->user_name,
		&f->user_lost, err) < 0 ||
	    get_name(n, txn, MS_NAME_SOURCE, f->source, &f->source_url,
		&f->source_lost, err) < 0)
		return -1;
	got = ms_index_label(txn, f->user, f->source, &label, err);
	if (got < 0 || (got == 0 && check_names(n, txn, err) < 0))
		return -1;
	f->labelled = got == 1;
	f->label = got == 1 ? ms_xstrndup(label.label.p, label.label.n)
			    : default_label(f->source_url);
	return 1;
}

/* The index of a folder in the array, or where it would be. */
static size_t
place_of(const struct ms_names *n, uint64_t number)
{
	size_t low = 0, high = n->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (n->folders[mid]->number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int
ms_archive_folder_get(struct ms_archive *a, uint64_t number,
    const struct ms_folder **out, struct ms_err *err)
{
	struct ms_names *n = a->names;
	size_t at = place_of(n, number);
	struct ms_folder *f;
	struct ms_txn txn;
	int got;

	if (at < n->count && n->folders[at]->number == number) {
		*out = n->folders[at];
		return 1;
	}
	f = ms_xcalloc(1, sizeof(*f));
	do {
		clear_folder(f);
		if (ms_index_begin(a->ix, &txn, err) < 0) {
			free(f);
			return -1;
		}
		got = load_folder(n, &txn, number, f, err);
	} while (ms_index_end(&txn) != 0);
	if (got <= 0) {
		clear_folder(f);
		free(f);
		return got;
	}
	if (n->count == n->room) {
		n->room = n->room == 0 ? 64 : n->room * 2;
		n->folders = ms_xreallocarray(
		    n->folders, n->room, sizeof(struct ms_folder *));
	}
	memmove(n->folders + at + 1, n->folders + at,
	    (n->count - at) * sizeof(*n->folders));
	n->folders[at] = f;
	n->count++;
	*out = f;
	return 1;
}

int
ms_archive_folders(struct ms_archive *a, const struct ms_folder ***out,
    size_t *count, struct ms_err *err)
{
	struct ms_buf numbers = {0}, list = {0};
	const struct ms_folder *f;
	struct ms_folder_row row = {0};
	struct ms_txn txn;
	uint64_t number;
	size_t i;
	int got;

	do {
		ms_buf_clear(&numbers);
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		for (row.number = 0;
		     (got = ms_index_next_folder(&txn, &row, err)) == 1;
		     row.number++)
			ms_buf_add(&numbers, &row.number, sizeof(row.number));
	} while (ms_index_end(&txn) != 0);
	for (i = 0; got == 0 && i < numbers.n / sizeof(number); i++) {
		memcpy(&number, numbers.p + i * sizeof(number), sizeof(number));
		got = ms_archive_folder_get(a, number, &f, err);
		if (got == 1)
			ms_buf_add(&list, &f, sizeof(const struct ms_folder *));
		got = got < 0 ? -1 : 0;
	}
	ms_buf_release(&numbers);
	if (got < 0) {
		ms_buf_release(&list);
		return -1;
	}
	*count = list.n / sizeof(f);
	*out = (const struct ms_folder **)(void *)list.p;
	return 0;
}

int
ms_archive_lost_folders(
    struct ms_archive *a, struct ms_buf *numbers, struct ms_err *err)
{
	size_t start = numbers->n;
	struct ms_folder_count count;
	struct ms_folder_row row;
	struct ms_txn txn;
	int got, found;

	do {
		numbers->n = start;
		count = (struct ms_folder_count){0};
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		for (; (got = ms_index_next_count(&txn, &count, err)) == 1;
		     count.folder++) {
			found = ms_index_folder(&txn, count.folder, &row, err);
			if (found < 0) {
				got = -1;
				break;
			}
			if (found == 0)
				ms_buf_add(numbers, &count.folder,
				    sizeof(count.folder));
		}
	} while (ms_index_end(&txn) != 0);
	return got < 0 ? -1 : 0;
}

/* ---- what has no name ---- */

/* Reports each number (uint64_t) once, and empties the list. */
static void
report_numbers(
    const struct ms_damage_sink *sink, const char *what, struct ms_buf *numbers)
{
	size_t i, n = numbers->n / sizeof(uint64_t);
	uint64_t number, before = 0;
	char text[64];

	if (n > 0)
		qsort(numbers->p, n, sizeof(uint64_t), ms_compare_u64);
	for (i = 0; i < n; i++, before = number) {
		memcpy(
		    &number, numbers->p + i * sizeof(number), sizeof(number));
		snprintf(text, sizeof(text), "%s number %llu", what,
		    (unsigned long long)number);
		if (number != before)
			sink->fn(sink->ctx, text);
	}
	ms_buf_clear(numbers);
}

int
ms_archive_nameless(
    struct ms_archive *a, const struct ms_damage_sink *sink, struct ms_err *err)
{
	struct ms_buf users = {0}, sources = {0}, folders = {0};
	const struct ms_folder **all = NULL;
	size_t n = 0, i;
	int rc = ms_archive_folders(a, &all, &n, err);

	for (i = 0; i < n && rc == 0; i++) {
		if (all[i]->user_lost)
			ms_buf_add(&users, &all[i]->user, sizeof(uint64_t));
		if (all[i]->source_lost)
			ms_buf_add(&sources, &all[i]->source, sizeof(uint64_t));
	}
	if (rc == 0)
		rc = ms_archive_lost_folders(a, &folders, err);
	if (rc == 0) {
		report_numbers(sink, "user", &users);
		report_numbers(sink, "source", &sources);
		report_numbers(sink, "folder", &folders);
	}
	ms_buf_release(&users);
	ms_buf_release(&sources);
	ms_buf_release(&folders);
	free(all);
	return rc;
}
