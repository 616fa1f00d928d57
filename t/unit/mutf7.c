/* mutf7.c - folder names in modified UTF-7, decoded and encoded. */

#include <string.h>
#include "tap.h"
#include "utf8.h"

static const struct {
	const char *utf8, *encoded;
} names[] = {
    {"", ""},
    {"INBOX", "INBOX"},
    {"A & B", "A &- B"},
    {"&", "&-"},
    {"&&", "&-&-"},
    {"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/"
     "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
	"~peter/mail/&U,BTFw-/&ZeVnLIqe-"}, /* RFC 3501, 5.1.3 */
    {"Entw\xc3\xbcrfe", "Entw&APw-rfe"},
    {"\xc3\xa9", "&AOk-"},
    {"\xc3\xa9\xc3\xa9", "&AOkA6Q-"},
    {"\xc3\xa9\xc3\xa9\xc3\xa9", "&AOkA6QDp-"},
    {"\xc3\xa9-", "&AOk--"},
    {"\xc3\xa9&", "&AOk-&-"},
    {"\xf0\x9f\x98\x80", "&2D3eAA-"},
    {"a\xf0\x9f\x98\x80\xc3\xa9z", "a&2D3eAADp-z"},
    {"\t", "&AAk-"},
    {"\x7f", "&AH8-"},
    {"\xef\xbf\xbd", "&,,0-"},
};

static const struct {
	const char *rule, *encoded;
} bad[] = {
    {"& at the end", "a&"},
    {"no -", "&AOk"},
    {"a byte outside the alphabet", "&A/k-"},
    {"padding", "&AOk=-"},
    {"too few bits", "&AO-"},
    {"one digit", "&A-"},
    {"bits that are not zero", "&AOl-"},
    {"printable ASCII", "&AGE-"},
    {"an encoded &", "&ACY-"},
    {"printable ASCII among others", "&AOkAYQ-"},
    {"one shift after another", "&AOk-&AOk-"},
    {"a zero digit too many", "&AOkA-"},
    {"NUL", "&AAA-"},
    {"a high surrogate alone", "&2D0-"},
    {"a low surrogate alone", "&3gA-"},
    {"two high ones", "&2D3YPQ-"},
    {"a high one before a letter", "&2D0A6Q-"},
    {"raw UTF-8", "\xc3\xa9"},
    {"a raw control", "a\tb"},
    {"a raw DEL", "\x7f"},
};

static bool
is(const struct ms_buf *b, const char *want)
{
	return ms_slice_eq(ms_buf_slice(b), ms_slice_str(want));
}

int
main(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ms_buf_clear(&out);
		ms_mutf7_encode(ms_slice_str(names[i].utf8), &out);
		ok(is(&out, names[i].encoded), "%s is written %s",
		    names[i].utf8, names[i].encoded);
		ms_buf_clear(&out);
		ok(ms_mutf7_decode(ms_slice_str(names[i].encoded), &out) == 0 &&
			is(&out, names[i].utf8),
		    "it is decoded again");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ms_buf_clear(&out);
		ms_buf_add_str(&out, "before");
		ok(ms_mutf7_decode(ms_slice_str(bad[i].encoded), &out) == -1 &&
			is(&out, "before"),
		    "refused: %s", bad[i].rule);
	}
	ms_buf_clear(&out);
	ms_mutf7_encode(ms_slice_str("a\xff\xff"
				     "b"),
	    &out);
	ok(is(&out, "a&,,3,,Q-b"), "bytes that are not UTF-8 become U+FFFD");
	ms_buf_release(&out);
	return done();
}
