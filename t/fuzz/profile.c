/*
 * profile.c - fuzzes profiles: what is read can be written and read again, and
 * renaming a user loses no byte.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "ini.h"
#include "profile.h"

const struct fuzz_seed fuzz_seeds[] = {
    SEED("kind = mailbox\nurl = imaps://a@h/\nuser = a\npassword = secret:x\n"
	 "folder = INBOX ; c\nschedule = daily 03:00\n"),
    SEED("kind: batch\r\nurl=imaps://m@h/\nusers = all\nexcept = b\n"
	 "password-command = pass x\nschedule = 0 3 13 * 5\njobs = 8\n"),
    SEED("kind = files\nuser = a\nfile = /x\n# c\nunquote = yes\n"),
    SEED("kind = export\noutput = /x\nquery = from:b\nschedule = weekly Mon "
	 "1:00\n"),
    SEED("kind = csv\nfile = /x\nurl = imaps://h\ndelete-archived = 1\n"
	 "archived-before = 7d\n"),
    SEED("* */2 1 * */7"), SEED("[x]\n"), SEED("  a = b\n"),
    SEED("\xef\xbb\xbfkind=x"), SEEDS_END};

/* Accepts every name as an option of ms-fetch. */
static bool
fetch(const char *name, bool *argument, bool *many, struct ms_nearest *near)
{
	(void)near;
	(void)name;
	*argument = *many = true;
	return true;
}

/* Parsing what was written gives the same items in the same order. */
static void
round_trip(const struct ms_profile *p)
{
	struct ms_buf text = {0};
	struct ms_profile again;
	bool written = true;

	for (size_t i = 0; i < p->count && written; i++) {
		const char *value = p->items[i].value;

		written = ms_profile_write(&text, p->items[i].key,
			      value[0] != '\0' ? value : "yes", NULL) == 0 &&
			  strlen(p->items[i].key) + strlen(value) <
			      MS_INI_VALUE_MAX - 3;
	}
	if (written &&
	    ms_profile_parse(&again, ms_buf_slice(&text), fetch, NULL) == 0) {
		require(again.count == p->count);
		for (size_t i = 0; i < p->count; i++)
			require(
			    strcmp(again.items[i].value, p->items[i].value) ==
				0 &&
			    strcmp(again.items[i].key, p->items[i].key) == 0);
		ms_profile_release(&again);
	}
	ms_buf_release(&text);
}

static void
schedules(const struct ms_schedule *s)
{
	struct ms_buf cron = {0}, calendar = {0}, again = {0};
	struct ms_schedule read;

	if (s->kind != MS_SCHEDULE_TIMES)
		return;
	ms_schedule_cron(s, &cron);
	ms_schedule_calendar(s, &calendar);
	require(ms_schedule_parse(&read, ms_buf_str(&cron), NULL) == 0);
	ms_schedule_calendar(&read, &again);
	require(strcmp(ms_buf_str(&calendar), ms_buf_str(&again)) == 0);
	ms_buf_release(&cron);
	ms_buf_release(&calendar);
	ms_buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_slice text = {p, n};
	struct ms_buf there = {0};
	struct ms_profile profile;
	struct ms_schedule s;
	char *line = ms_xstrndup(p, n);

	if (ms_profile_parse(&profile, text, fetch, NULL) == 0) {
		round_trip(&profile);
		schedules(&profile.schedule);
		ms_profile_release(&profile);
	}
	if (ms_schedule_parse(&s, line, NULL) == 0)
		schedules(&s);
	/* A longer name does not shorten the text. */
	ms_profile_rename_user(&there, text, "a", "somebody else");
	require(there.n >= n);
	ms_buf_release(&there);
	free(line);
	return 0;
}
