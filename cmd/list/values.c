/* values.c - names for the completion of shells. See values.h. */
#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "archive.h"
#include "config.h"
#include "opt.h"
#include "profile-store.h"
#include "query.h"
#include "utf8.h"

/* What a terminal would interpret cannot be typed. */
static void
print_name(const char *name)
{
	if (ms_utf8_plain((const unsigned char *)name, strlen(name)))
		puts(name);
}

static int
print_users(struct ms_archive *a, struct ms_err *err)
{
	struct ms_record_store *w = ms_record_store_open(a, MS_ROW_USER);
	struct ms_account user = {0};
	int got;

	while ((got = ms_accounts_next(w, &user, err)) == 1)
		if (!user.deleted)
			print_name(user.name);
	ms_record_store_close(w);
	ms_account_release(&user);
	return got;
}

static int
print_profiles(struct ms_archive *a, struct ms_err *err)
{
	struct ms_record_store *w = ms_record_store_open(a, MS_ROW_PROFILE);
	struct ms_stored_profile p = {0};
	int got;

	while ((got = ms_profiles_next(w, &p, err)) == 1)
		print_name(p.name);
	ms_record_store_close(w);
	ms_stored_profile_release(&p);
	return got;
}

static int
print_folders(struct ms_archive *a, enum values kind, struct ms_err *err)
{
	const struct ms_folder **folders;
	size_t count;

	if (ms_archive_folders(a, &folders, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		print_name(kind == VALUES_FOLDERS ? folders[i]->name
						  : folders[i]->label);
	free(folders);
	return 0;
}

/* An ms_ini_fn: the name of a section is printed at its key `url`. */
static int
print_account(void *ctx, const struct ms_ini_value *v, struct ms_err *err)
{
	(void)ctx;
	(void)err;
	if (strcmp(v->key, "url") == 0)
		print_name(v->section);
	return 0;
}

static void
print_terms(void)
{
	for (size_t i = 0; ms_query_term(i) != NULL; i++)
		printf("%s:\n", ms_query_term(i));
}

int
values_print(enum values kind, const char *archive, struct ms_err *err)
{
	struct ms_archive *a = NULL;
	int rc = -1;

	if (kind == VALUES_TERMS) {
		print_terms();
		return 0;
	}
	if (kind == VALUES_ACCOUNTS)
		return ms_config_accounts(print_account, NULL, err);
	if (ms_opt_archive(&archive, archive, err) < 0)
		return -1;
	if (ms_archive_open(&a, archive, MS_ARCHIVE_READ, err) == 0)
		rc = kind == VALUES_USERS      ? print_users(a, err)
		     : kind == VALUES_PROFILES ? print_profiles(a, err)
					       : print_folders(a, kind, err);
	ms_archive_close(a);
	return rc;
}
