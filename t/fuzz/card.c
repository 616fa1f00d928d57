/*
 * card.c - fuzzes what reads the lines of a text: calendars, cards and
 * format=flowed. What comes before in the buffer stays.
 */
#include "fuzz.h"
#include "text/body-impl.h"

#include <string.h>

const struct fuzz_seed fuzz_seeds[] = {
    SEED(
	"BEGIN:VEVENT\r\nSUMMARY;LANGUAGE=de:a\\, b\\nc\r\n d\r\n"
	"DTSTART;TZID=Europe/Berlin:20240131T090000\r\nDTEND:20240131T100000Z"
	"\r\nORGANIZER;CN=\"X; Y\":mailto:x\r\nBEGIN:VALARM\r\nEND:VALARM\r\n"),
    SEED("BEGIN:VCARD\nN:B;A;;;\nitem1.TEL;TYPE=work:1\nBDAY:20240131\n"
	 "NOTE;ENCODING=QUOTED-PRINTABLE:a=\nb=3Dc\nEND:VCARD\n"),
    SEED("a \nb\n> c \n>> d \n\n-- \n From \n  x \r\n>"), SEEDS_END};

static void
check(const struct ms_buf *out)
{
	require(out->n >= 6 && memcmp(out->p, "before", 6) == 0);
	require(out->n == 6 || out->p[out->n - 1] == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ms_slice text = {data, n};
	struct ms_buf out = {0};

	ms_buf_add_str(&out, "before");
	ms_card_text(text, &out);
	check(&out);
	for (int del_sp = 0; del_sp < 2; del_sp++) {
		out.n = 6;
		ms_flowed_text(text, del_sp != 0, &out);
		check(&out);
		require(out.n <= 6 + 2 * n + 2);
	}
	ms_buf_release(&out);
	return 0;
}
