/* sync-backoff.c - tests lib/sync/backoff.c: what a run does after a failure.
 */
#include "backoff.h"

#include <string.h>

#include "tap.h"

/* ---- pauses ---- */

static void
check_pauses(void)
{
	static const struct {
		unsigned failures, wait;
		int64_t want;
	} rows[] = {{0, 0, 200}, {1, 0, 200}, {2, 0, 1000}, {3, 0, 2000},
	    {4, 0, 4000}, {7, 0, 32000}, {8, 0, 64000}, {9, 0, 64000},
	    {4000000000, 0, 64000}, {1, 1, 1000}, {9, 1, 1000}, {0, 30, 30000},
	    {0, 4294967295, (int64_t)4294967295 * 1000}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct ms_backoff b = {
		    .consecutive_failures = rows[i].failures};
		const struct ms_failure f = {.wait = rows[i].wait};

		ok(ms_backoff_pause_ms(&b, &f) == rows[i].want,
		    "failure %u, wait %u: a pause of %lld ms", rows[i].failures,
		    rows[i].wait, (long long)rows[i].want);
	}
}

/* ---- lost sessions ---- */

struct lost {
	const char *name;
	struct ms_backoff before;
	struct ms_failure failure;
	bool progress, was_logged_in;
	enum ms_backoff_action want;
	unsigned failures;       /* after it */
	enum ms_code why, worst; /* why: with GIVE_UP */
};

#define IN .logged_in = true
#define TEMP .failure = {.err.code = MS_TEMP, .had_session = true}

static const struct lost rows[] = {
    {"the network, for the first time", {.retries = 3, IN}, TEMP,
	.was_logged_in = true, .want = MS_BACKOFF_RETRY, .failures = 1,
	.worst = MS_TEMP},
    {"the last retry", {.retries = 3, IN, .consecutive_failures = 2}, TEMP,
	.was_logged_in = true, .want = MS_BACKOFF_RETRY, .failures = 3},
    {"one more than the retries", {.retries = 3, IN, .consecutive_failures = 3},
	TEMP, .was_logged_in = true, .want = MS_BACKOFF_GIVE_UP, .failures = 4,
	.why = MS_TEMP, .worst = MS_TEMP},
    {"no retries", {.retries = 0, IN}, TEMP, .was_logged_in = true,
	.want = MS_BACKOFF_GIVE_UP, .failures = 1, .why = MS_TEMP},
    {"with --follow, the run goes on",
	{IN, .follows = true, .consecutive_failures = 99}, TEMP,
	.was_logged_in = true, .want = MS_BACKOFF_RETRY, .failures = 100},
    {"progress counts from the beginning",
	{.retries = 3, IN, .consecutive_failures = 3, .worst.code = MS_PROTO},
	TEMP, .progress = true, .was_logged_in = true, .want = MS_BACKOFF_RETRY,
	.failures = 1, .worst = MS_TEMP},
    {"the worst failure is the reason",
	{.retries = 1, IN, .consecutive_failures = 1, .worst.code = MS_PROTO},
	TEMP, .was_logged_in = true, .want = MS_BACKOFF_GIVE_UP, .failures = 2,
	.why = MS_PROTO, .worst = MS_PROTO},
    {"a worse failure than before",
	{.retries = 1, IN, .consecutive_failures = 1, .worst.code = MS_IO},
	TEMP, .was_logged_in = true, .want = MS_BACKOFF_GIVE_UP, .failures = 2,
	.why = MS_TEMP, .worst = MS_TEMP},

    {"never logged in", {.retries = 3}, TEMP, .want = MS_BACKOFF_GIVE_UP,
	.failures = 1, .why = MS_TEMP},
    {"never logged in, and the server asks to wait", {.retries = 3},
	.failure = {.err.code = MS_TEMP, .wait = 1}, .want = MS_BACKOFF_RETRY,
	.failures = 1},
    {"never logged in, with --follow", {.follows = true},
	.failure = {.err.code = MS_TEMP}, .want = MS_BACKOFF_RETRY,
	.failures = 1},

    {"a broken protocol in a session", {.retries = 3, IN},
	.failure = {.err.code = MS_PROTO, .had_session = true},
	.was_logged_in = true, .want = MS_BACKOFF_RETRY, .failures = 1},
    {"a broken protocol before there is a session", {.retries = 3, IN},
	.failure = {.err.code = MS_PROTO}, .was_logged_in = true,
	.want = MS_BACKOFF_GIVE_UP, .failures = 1, .why = MS_PROTO},
    {"a refused login", {.retries = 3, IN}, .failure = {.err.code = MS_AUTH},
	.was_logged_in = true, .want = MS_BACKOFF_GIVE_UP, .failures = 1,
	.why = MS_AUTH},
    {"any other failure, in a session", {.retries = 3, IN},
	.failure = {.err.code = MS_IO, .had_session = true},
	.was_logged_in = true, .want = MS_BACKOFF_GIVE_UP, .failures = 1,
	.why = MS_IO},
    {"a failure that is not temporary, though another was worse",
	{.retries = 3, IN, .consecutive_failures = 1, .worst.code = MS_PROTO},
	.failure = {.err.code = MS_IO, .had_session = true},
	.was_logged_in = true, .want = MS_BACKOFF_GIVE_UP, .failures = 2,
	.why = MS_IO, .worst = MS_PROTO},

    {"too many connections: another worker has logged in", {.retries = 3, IN},
	.failure = {.err.code = MS_TEMP}, .want = MS_BACKOFF_FEWER_CONNECTIONS,
	.failures = 0},
    {"too many connections does not count",
	{.retries = 3, IN, .consecutive_failures = 2},
	.failure = {.err.code = MS_AUTH}, .want = MS_BACKOFF_FEWER_CONNECTIONS,
	.failures = 2},
    {"this worker was logged in before", {.retries = 3, IN},
	.failure = {.err.code = MS_TEMP}, .was_logged_in = true,
	.want = MS_BACKOFF_RETRY, .failures = 1},
    {"this worker has a session", {.retries = 3, IN}, TEMP,
	.want = MS_BACKOFF_RETRY, .failures = 1},
};

static void
check_lost(const struct lost *t)
{
	struct ms_backoff b = t->before;
	struct ms_err why = {0};
	enum ms_backoff_action got = ms_backoff_session_lost(
	    &b, &t->failure, t->progress, t->was_logged_in, &why);

	ok(got == t->want && b.consecutive_failures == t->failures &&
		why.code == t->why &&
		(t->worst == MS_OK || b.worst.code == t->worst),
	    "lost: %s: action %d, %u failures, reason %d", t->name, (int)got,
	    b.consecutive_failures, (int)why.code);
}

/* ---- folders ---- */

static void
check_blame(void)
{
	struct ms_folder_backoff f = {0};
	struct ms_backoff b = {0};

	ok(!ms_backoff_blame(&b, &f, 10, 9, true) && !f.one_at_a_time,
	    "blame: an answer came: ask again");
	ok(!ms_backoff_blame(&b, &f, 10, 10, false) && !f.one_at_a_time,
	    "  no session: ask again");
	ok(!ms_backoff_blame(&b, &f, 0, 0, true) && !f.one_at_a_time,
	    "  no messages were asked for");
	ok(!ms_backoff_blame(&b, &f, 2, 2, true) && f.one_at_a_time,
	    "  no answer: one at a time");
	ok(!ms_backoff_blame(&b, &f, 1, 1, true), "  one message: ask again");
	ok(ms_backoff_blame(&b, &f, 1, 1, true),
	    "  the second time, the message has failed");
	ok(!ms_backoff_blame(&b, &f, 1, 1, true) &&
		ms_backoff_blame(&b, &f, 1, 1, true),
	    "  the next message has two tries, too");
	ms_backoff_blame(&b, &f, 1, 1, true);
	ms_backoff_blame(&b, &f, 2, 2, true);
	ok(!ms_backoff_blame(&b, &f, 1, 1, true),
	    "  several messages: the counting begins again");
}

/* Every message costs its sessions, which are excused for 20 messages. */
static void
check_unreadable(unsigned retries, int want)
{
	const struct ms_failure lost = {
	    .err.code = MS_PROTO, .had_session = true};
	struct ms_backoff b = {.retries = retries, .logged_in = true};
	struct ms_folder_backoff f = {0};
	enum ms_backoff_action next = MS_BACKOFF_RETRY;
	struct ms_err why;
	int failed = 0, i;

	for (i = 0; i < 200 && next == MS_BACKOFF_RETRY; i++) {
		failed += ms_backoff_blame(
		    &b, &f, i == 0 ? 9 : 1, i == 0 ? 9 : 1, true);
		next = ms_backoff_session_lost(&b, &lost, false, true, &why);
	}
	ok(next == MS_BACKOFF_GIVE_UP && failed == want,
	    "unreadable: with %u retries, the run ends after %d messages in a "
	    "row",
	    retries, failed);
	ms_backoff_success(&b, &f);
	ok(b.unreadable == 0, "  after a success, the counting begins again");
	b.unreadable = 20;
	ms_backoff_session_lost(&b, &lost, true, true, &why);
	ok(b.unreadable == 0,
	    "  also after an answer before a session is lost");
}

/* An excused session is one, and the next one counts again. */
static void
check_excused(void)
{
	const struct ms_failure lost = {
	    .err.code = MS_TEMP, .had_session = true};
	struct ms_backoff b = {
	    .retries = 1, .logged_in = true, .consecutive_failures = 1};
	struct ms_folder_backoff f = {0};
	struct ms_err why;

	ms_backoff_blame(&b, &f, 9, 9, true);
	ok(ms_backoff_session_lost(&b, &lost, false, true, &why) ==
		    MS_BACKOFF_RETRY &&
		b.consecutive_failures == 1,
	    "a session that messages have cost does not count");
	ok(ms_backoff_session_lost(&b, &lost, false, true, &why) ==
		    MS_BACKOFF_GIVE_UP &&
		b.consecutive_failures == 2,
	    "  the next one does");
}

static void
check_folder(void)
{
	const struct ms_failure wait = {.wait = 1}, no_wait = {0};
	struct ms_folder_backoff f = {0};
	struct ms_backoff b = {.consecutive_failures = 7};
	int i, n;

	for (n = 0; n < 9 && ms_backoff_postpone(&f, &wait); n++)
		ok(!ms_backoff_postpone(&f, &no_wait),
		    "a refusal without a time to wait");
	ok(n == 3, "a folder is postponed %d times", n);
	for (i = 1; i <= 4; i++)
		ok(ms_backoff_renumbered(&f) == (i <= 3) &&
			f.renumbered == (unsigned)i,
		    "a folder is renumbered %d times", i);
	f.one_at_a_time = true;
	f.blamed = 1;
	ms_backoff_success(&b, &f);
	ok(b.consecutive_failures == 0 && !f.one_at_a_time && f.blamed == 0 &&
		f.renumbered == 4,
	    "a success resets the failures");
	b.consecutive_failures = 7;
	ms_backoff_success(&b, NULL);
	ok(b.consecutive_failures == 0, "a success without a folder");
}

int
main(void)
{
	size_t i;

	check_pauses();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_lost(&rows[i]);
	check_blame();
	check_unreadable(0, 20);
	check_unreadable(1, 21);
	check_unreadable(3, 22);
	check_excused();
	check_folder();
	return done();
}
