/*
 * event.c - fuzzes EVENT records: each is valid or refused, and the event of a
 * user, profile or run is a row that can be parsed, merged and written again.
 */
#include "event.h"

#include <stdlib.h>
#include "fuzz.h"

const struct fuzz_seed fuzz_seeds[] = {
    SEED("{\"event\":\"user\",\"name\":\"a\",\"addresses\":[\"a@x\",7,\"\"],"
	 "\"privileges\":[\"admin\",\"login\",\"other\"],\"time\":1}"),
    SEED("{\"event\":\"user-set\",\"user\":2,\"deleted\":true,"
	 "\"rights\":[[2,\"read write\"],[0,\"  delete x\"],[-1,\"read\"],"
	 "[],7],\"password\":\"set\",\"dn\":\"\"}"),
    SEED("{\"event\":\"settings\",\"default_privileges\":[],"
	 "\"directory_timeout\":-7,\"directory_url\":\"ldaps://x\"}"),
    SEED("{\"event\":\"profile\",\"name\":\"n\",\"text\":\"[x]\\ny = z\","
	 "\"owner\":2,\"enabled\":true}"),
    SEED("{\"event\":\"ran\",\"run\":9223372036854775807,\"status\":1,"
	 "\"seen\":18446744073709551615,\"result\":\"failed\"}"),
    SEED("{\"event\":\"mailbox\",\"run\":3,\"failures\":[{}]}"),
    SEED("{\"event\":\"purge\",\"records\":[1,2],\"reason\":null}"),
    SEED("{\"event\":\"folder\",\"name\":\"\",\"user\":1,\"source\":0}"),
    SEEDS_END};

/* Each text is a string, and each list ends. */
static size_t
read_fields(const struct ms_record_row *o)
{
	size_t sum = 0;
	const char *s;
	int f;

	for (f = 1; f < MS_FIELDS; f++) {
		sum += *ms_record_row_text(o, (enum ms_field)f) != '\0';
		sum += ms_record_row_number(o, (enum ms_field)f) != 0;
		for (s = ms_list_next(o->field[f], NULL); s != NULL;
		     s = ms_list_next(o->field[f], s))
			sum += (unsigned char)*s;
	}
	return sum;
}

static void
merge(const struct ms_buf *fields)
{
	struct ms_record_row says, now = {0}, again;
	struct ms_buf row = {0};

	/* A row that we have written is valid. */
	if (ms_record_row_parse(&says, ms_buf_slice(fields), NULL) < 0)
		abort();
	ms_record_row_merge(&now, &says);
	ms_record_row_write(&row, &now);
	if (ms_record_row_parse(&again, ms_buf_slice(&row), NULL) < 0 ||
	    read_fields(&again) != read_fields(&now))
		abort();
	ms_buf_release(&row);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_slice in = {p, n};
	struct ms_record_row o;
	struct ms_event ev;

	if (ms_event_parse(&ev, in, NULL) == 0) {
		merge(&ev.fields);
		ms_event_release(&ev);
	}
	/* A row of a damaged index can contain any bytes. */
	if (ms_record_row_parse(&o, in, NULL) == 0)
		(void)read_fields(&o);
	return 0;
}
