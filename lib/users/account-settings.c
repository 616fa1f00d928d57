/* account-settings.c - the settings: privileges of new users and the directory
 * server. ms-archive(5), EVENT. */
#include <string.h>

#include "account-impl.h"
#include "event.h"

void
ms_settings_release(struct ms_settings *s)
{
	ms_buf_release(&s->row);
	ms_buf_release(&s->lists);
	*s = (struct ms_settings){0};
}

static unsigned
defaults(const struct ms_record_row *o, enum ms_field f, unsigned otherwise)
{
	uint64_t n = ms_record_row_number(o, f);

	return n == 0 ? otherwise : (unsigned)(n - 1);
}

/* Reads the settings from the archive or in a transaction. */
static int
look_up(struct ms_archive *a, struct ms_txn *txn, struct ms_settings *s,
    struct ms_err *err)
{
	struct ms_record_key key = {.kind = MS_ROW_SETTINGS};
	struct ms_record_row o;

	if (ms_record_store_get(a, txn, &key, &s->row, err) < 0)
		return -1;
	if (ms_record_row_parse(&o, ms_buf_slice(&s->row), err) < 0)
		return -1;
	s->default_privileges =
	    defaults(&o, MS_FIELD_DEFAULT_PRIVILEGES, MS_DEFAULT_PRIVILEGES);
	s->default_privileges_synced = defaults(&o,
	    MS_FIELD_DEFAULT_PRIVILEGES_SYNCED, MS_DEFAULT_PRIVILEGES_SYNCED);
	s->directory_url = ms_record_row_text(&o, MS_FIELD_DIRECTORY_URL);
	s->directory_ca_file =
	    ms_record_row_text(&o, MS_FIELD_DIRECTORY_CA_FILE);
	s->directory_timeout =
	    (unsigned)ms_record_row_number(&o, MS_FIELD_DIRECTORY_TIMEOUT);
	s->directories = o.field[MS_FIELD_DIRECTORIES];
	s->alias_domains = o.field[MS_FIELD_ALIAS_DOMAINS];
	if (s->directory_timeout == 0)
		s->directory_timeout = MS_DIRECTORY_TIMEOUT;
	return 0;
}

int
ms_settings_get(struct ms_archive *a, struct ms_settings *s, struct ms_err *err)
{
	return look_up(a, NULL, s, err);
}

int
ms_settings_get_in(
    struct ms_txn *txn, struct ms_settings *s, struct ms_err *err)
{
	return look_up(NULL, txn, s, err);
}

int
ms_settings_set(struct ms_change *ch, const struct ms_settings *want,
    bool *changed, struct ms_err *err)
{
	json_t *keys = json_object();
	struct ms_settings now = {0};
	int rc = -1;

	if (ms_settings_get_in(ms_change_txn(ch), &now, err) < 0)
		goto out;
	if (now.default_privileges != want->default_privileges)
		json_object_set_new(keys, "default_privileges",
		    ms_privileges_json(want->default_privileges));
	if (now.default_privileges_synced != want->default_privileges_synced)
		json_object_set_new(keys, "default_privileges_synced",
		    ms_privileges_json(want->default_privileges_synced));
	if (strcmp(now.directory_url, want->directory_url) != 0)
		json_object_set_new(
		    keys, "directory_url", json_string(want->directory_url));
	if (strcmp(now.directory_ca_file, want->directory_ca_file) != 0)
		json_object_set_new(keys, "directory_ca_file",
		    json_string(want->directory_ca_file));
	if (now.directory_timeout != want->directory_timeout)
		json_object_set_new(keys, "directory_timeout",
		    json_integer(want->directory_timeout));
	if (!ms_slice_eq(now.directories, want->directories))
		json_object_set_new(
		    keys, "directories", ms_event_list_json(want->directories));
	if (!ms_slice_eq(now.alias_domains, want->alias_domains))
		json_object_set_new(keys, "alias_domains",
		    ms_event_list_json(want->alias_domains));
	*changed = json_object_size(keys) > 0;
	rc = 0;
	if (*changed)
		rc = ms_change_event(
		    ch, "settings", json_incref(keys), NULL, err);
out:
	json_decref(keys);
	ms_settings_release(&now);
	return rc;
}
