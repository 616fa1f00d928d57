/* demoted.c - finds profiles whose files and commands were chosen by an admin
 * who is none any more. ms-profile(1), Owners. */
#include "common.h"

#include <string.h>

#include "history.h"
#include "json.h"

static bool
uses_host(const struct ms_profile *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (ms_profile_is_path(p->items[i].key) ||
		    ms_profile_is_command(p->items[i].key))
			return true;
	return false;
}

/* The next event, as JSON. Returns 1, 0 at the end, or -1. */
static int
next_event(struct ms_archive *a, struct ms_history *h, uint64_t *number,
    json_t **event, struct ms_err *err)
{
	struct ms_event_row row;
	struct ms_buf json = {0};
	int got = ms_history_next(h, &row, err);

	*event = NULL;
	if (got == 1 && ms_history_read(a, row.number, &json, err) < 0)
		got = -1;
	if (got == 1) {
		*number = row.number;
		*event = json_loadb((const char *)json.p, json.n, 0, NULL);
	}
	ms_buf_release(&json);
	return got;
}

static bool
has_word(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s != NULL && strcmp(s, word) == 0)
			return true;
	}
	return false;
}

/* Was the user an admin when this event was written? Returns 1, 0 or -1. */
static int
was_admin(
    struct ms_archive *a, uint64_t user, uint64_t event, struct ms_err *err)
{
	const struct ms_history_select sel = {
	    .class = MS_HISTORY_USERS, .target = user, .below = event};
	struct ms_history *h = ms_history_open(a, &sel);
	const json_t *list = NULL;
	uint64_t number;
	json_t *e = NULL;
	int got;

	do {
		json_decref(e);
		got = next_event(a, h, &number, &e, err);
		list = json_object_get(e, "privileges");
	} while (got == 1 && list == NULL);
	if (got == 1)
		got = has_word(list, "admin");
	json_decref(e);
	ms_history_close(h);
	return got;
}

/*
 * Finds the user who chose text and owner, by the last event with `by`. Events
 * of earlier versions do not have it; then the owner has chosen them, if the
 * owner was an admin. Returns 1, 0 if no user has, or -1.
 */
static int
find_chooser(struct tool *t, const struct ms_stored_profile *stored,
    uint64_t *chooser, struct ms_err *err)
{
	const struct ms_history_select sel = {.class = MS_HISTORY_RUNS,
	    .target = stored->number,
	    .kinds = 1U << MS_EVENT_PROFILE | 1U << MS_EVENT_PROFILE_SET};
	struct ms_history *h = ms_history_open(t->archive, &sel);
	json_t *e, *by;
	uint64_t number;
	bool told = false;
	int got = 0, was = 0;

	*chooser = stored->owner;
	while (!told && was >= 0 &&
	       (got = next_event(t->archive, h, &number, &e, err)) == 1) {
		by = json_object_get(e, "by");
		told = json_is_integer(by);
		if (told)
			*chooser = (uint64_t)json_integer_value(by);
		if (told)
			was = *chooser != 0;
		else if (was == 0 && json_object_get(e, "text") != NULL)
			was = was_admin(t->archive, *chooser, number, err);
		json_decref(e);
	}
	ms_history_close(h);
	return got < 0 ? -1 : was;
}

int
profile_check_demoted(struct tool *t, const struct ms_stored_profile *stored,
    const struct ms_account *owner, const struct ms_profile *p,
    struct ms_err *err)
{
	struct ms_account u = {0};
	uint64_t chooser;
	int got;

	if (!uses_host(p))
		return 0;
	got = find_chooser(t, stored, &chooser, err);
	if (got <= 0)
		return got;
	got = ms_account_get(t->archive, chooser, &u, err);
	if (got >= 0 && !ms_account_has(&u, MS_PRIVILEGE_ADMIN))
		got = ms_fail(err, MS_AUTH,
		    "user '%.99s' has chosen files or commands of this host in "
		    "it, and is not an admin any more; an admin can allow "
		    "them: "
		    "ms-profile edit --owner %.99s %.99s",
		    u.name != NULL ? u.name : "?", owner->name, stored->name);
	ms_account_release(&u);
	return got < 0 ? -1 : 0;
}
