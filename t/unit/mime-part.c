/* mime-part.c - types, names and bodies of parts. */
#include "mime/part.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guarded.h"
#include "tap.h"

#define HANG_S                                                                 \
	120 /* time limit in seconds; the tests take a tenth of a second */

static bool
holds(const struct ms_buf *b, const char *want)
{
	if (b->n == strlen(want) &&
	    (b->n == 0 || memcmp(b->p, want, b->n) == 0))
		return true;
	printf("# got:  %.*s\n# want: %s\n", (int)b->n,
	    b->n > 0 ? (const char *)b->p : "", want);
	return false;
}

/* ---- parameters ---- */

static const struct {
	const char *rule, *field, *want; /* NULL: there is none */
} parameters[] = {
    {"a word", "text/plain; name=a.txt", "a.txt"},
    {"quoted", "text/plain; name=\"a b.txt\"", "a b.txt"},
    {"a name in capitals, with blanks", "a/b;NAME = \"x\" ; y=z", "x"},
    {"folded", "a/b;\r\n\tname=\r\n \"x y\"", "x y"},
    {"two parameters of the same name: the first counts", "a/b; name=x; name=y",
	"x"},
    {"other parameters with similar names", "a/b; x-name=1; name=2; names=3",
	"2"},
    {"no such parameter", "a/b; charset=x", NULL},
    {"an empty value", "a/b; name=\"\"", ""},
    {"no value", "a/b; name", NULL},
    {"nothing after =", "a/b; name=", ""},
    {"blanks without quotes", "a/b; name=my file.doc; x=y", "my file.doc"},
    {"no ; before the next parameter", "a/b; name=my file.doc charset=x",
	"my file.doc"},
    {"no ; before the first parameter", "text/html name=x", "x"},
    {"no end of the quotes", "a/b; name=\"x y", "x y"},
    {"quoted quotes", "a/b; name=\"a\\\"b\\\\c\"", "a\"b\\c"},
    {"a path of Windows", "a/b; name=\"C:\\dir\\new.txt\"", "C:\\dir\\new.txt"},
    {"; in quotes", "a/b; x=\"; name=no\"; name=yes", "yes"},
    {"an encoded word", "a/b; name=\"=?utf-8?Q?=C3=A4.txt?=\"", "ä.txt"},
    {"two encoded words with a fold",
	"a/b; name=\"=?utf-8?B?w6Q=?=\r\n =?utf-8?Q?=C3=B6?=\"", "äö"},
    {"an encoded word without quotes", "a/b; name==?utf-8?Q?=C3=A4?=", "ä"},
    {"raw UTF-8", "a/b; name=\"ä.txt\"", "ä.txt"},
    {"raw Latin-1", "a/b; name=\"\xe4.txt\"", "ä.txt"},
    {"controls are blanks", "a/b; name=\"a\001\033b\"", "a b"},
    {"RFC 2231: a character set", "a/b; name*=iso-8859-1'de'%E4.txt", "ä.txt"},
    {"RFC 2231 in quotes", "a/b; name*=\"utf-8''%c3%a4.txt\"", "ä.txt"},
    {"RFC 2231 has precedence", "a/b; name=x; name*=utf-8''y", "y"},
    {"RFC 2231 without a character set", "a/b; name*=%C3%A4", "ä"},
    {"RFC 2231 without a language", "a/b; name*=utf-8'%C3%A4", "ä"},
    {"% without digits", "a/b; name*=utf-8''100%", "100%"},
    {"% and a control", "a/b; name*=utf-8''a%0Ab%00", "a b"},
    {"sections", "a/b; name*0=one; name*1=\" two\"; name*2=three",
	"one twothree"},
    {"sections in disorder", "a/b; name*1=b; name*0=a", "ab"},
    {"sections in a character set",
	"a/b; name*0*=iso-8859-1''%E4; name*1*=%F6; name*2=\" c\"", "äö c"},
    {"a character cut in two", "a/b; name*0*=utf-8''%C3; name*1*=%A4", "ä"},
    {"a section is missing", "a/b; name*0=a; name*2=c", "a"},
    {"no first section", "a/b; name*1=b", NULL},
    {"sections of encoded words",
	"a/b; name*0=\"=?utf-8?Q?=C3=A4\"; name*1=\"=C3=B6?=\"", "äö"},
};

static void
test_parameters(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]);
	     i++) {
		const char *want = parameters[i].want;
		bool has;

		ms_buf_clear(&out);
		has = ms_mime_parameter(
		    guarded(ms_slice_str(parameters[i].field)), "name", &out);
		ok(has == (want != NULL) && holds(&out, has ? want : ""),
		    "parameter: %s", parameters[i].rule);
	}
	ms_buf_release(&out);
}

/* ---- headers ---- */

static const struct {
	const char *rule, *header, *type, *name, *charset;
	enum ms_mime_encoding encoding;
	bool digest, attachment;
} infos[] = {
    {"no header", "", "text/plain", "", "", MS_MIME_AS_IS, false, false},
    {"in a digest", "Subject: x\n\n", "message/rfc822", "", "", MS_MIME_AS_IS,
	true, false},
    {"all fields",
	"Content-Type: Image/PNG; name=x\nContent-Transfer-Encoding: BASE64\n"
	"Content-Disposition: attachment; filename=y.png\n\n",
	"image/png", "y.png", "", MS_MIME_BASE64, false, true},
    {"the name of the type",
	"content-type:text/html;charset=koi8-r;name=\"x\"\n"
	"Content-Disposition: inline\nContent-transfer-encoding:\n"
	" quoted-printable (really)\n\n",
	"text/html", "x", "koi8-r", MS_MIME_QUOTED, false, false},
    {"a charset without ;", "Content-Type: text/html charset=koi8-r\n\n",
	"text/html", "", "koi8-r", MS_MIME_AS_IS, false, false},
    {"no subtype", "Content-Type: text\n\n", "text/plain", "", "",
	MS_MIME_AS_IS, false, false},
    {"half a type", "Content-Type: text/\n\n", "text/plain", "", "",
	MS_MIME_AS_IS, false, false},
    {"a comment", "Content-Type: (x) text/html\n\n", "text/plain", "", "",
	MS_MIME_AS_IS, false, false},
    {"an unknown encoding",
	"Content-Type: a/b\nContent-Transfer-Encoding: x-zip\n\n", "a/b", "",
	"", MS_MIME_AS_IS, false, false},
    {"the body does not count", "\nContent-Type: a/b\n", "text/plain", "", "",
	MS_MIME_AS_IS, false, false},
};

static void
test_infos(void)
{
	struct ms_mime_info info = {0};

	for (size_t i = 0; i < sizeof(infos) / sizeof(infos[0]); i++) {
		ms_mime_info_read(&info, guarded(ms_slice_str(infos[i].header)),
		    infos[i].digest);
		ok(strcmp(info.type, infos[i].type) == 0 &&
			holds(&info.name, infos[i].name) &&
			info.charset ==
			    ms_charset_find(ms_slice_str(infos[i].charset)) &&
			info.encoding == infos[i].encoding &&
			info.attachment == infos[i].attachment,
		    "header: %s", infos[i].rule);
	}
	ms_mime_info_release(&info);
}

/* ---- bodies ---- */

static const struct {
	const char *rule;
	enum ms_mime_encoding encoding;
	const char *body, *want;
} bodies[] = {
    {"no encoding", MS_MIME_AS_IS, "a=3D\n", "a=3D\n"},
    {"hex digits", MS_MIME_QUOTED, "=C3=A4=c3=b6", "äö"},
    {"a soft line break", MS_MIME_QUOTED, "a=\nb=\r\nc", "abc"},
    {"a soft line break after blanks", MS_MIME_QUOTED, "a= \t\r\nb", "ab"},
    {"a soft line break at the end", MS_MIME_QUOTED, "a=", "a"},
    {"a stray =", MS_MIME_QUOTED, "a=zz = b=4", "a=zz = b=4"},
    {"blanks at the end of a line", MS_MIME_QUOTED, "a \t\nb  \r\nc=20\n",
	"a\nb\r\nc \n"},
    {"blanks before a soft break stay", MS_MIME_QUOTED, "a =\n\nb", "a \nb"},
    {"an empty line", MS_MIME_QUOTED, "\n\n", "\n\n"},
    {"base64", MS_MIME_BASE64, "w6Rh\r\nYg==\r\n", "äab"},
    {"base64 with other bytes", MS_MIME_BASE64, "w6!R-h\n \tYg", "äab"},
    {"base64 that goes on after padding", MS_MIME_BASE64, "YQ==YQ==", "aa"},
    {"base64 that is cut", MS_MIME_BASE64, "YWJjZ", "abc"},
    {"nothing", MS_MIME_QUOTED, "", ""},
};

static void
test_bodies(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		ms_buf_clear(&out);
		ms_mime_decode(bodies[i].encoding,
		    guarded(ms_slice_str(bodies[i].body)), &out);
		ok(holds(&out, bodies[i].want), "body: %s", bodies[i].rule);
	}
	ms_buf_release(&out);
}

/* A parser that is quadratic in these fields exceeds the time limit. */
static void
test_huge(void)
{
	static const char *const units[] = {"name*0=", ";", " ", "a=b;", "a ",
	    "\"", "\\", "name*=%", "=", "(", "a=\"b\" ", "name*1=x;"};
	struct ms_buf b = {0}, out = {0};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		ms_buf_clear(&b);
		ms_buf_clear(&out);
		ms_buf_add_str(&b, "a/b; x=");
		while (b.n < 200000)
			ms_buf_add_str(&b, units[i]);
		(void)ms_mime_parameter(ms_buf_slice(&b), "name", &out);
		ok(out.n <= b.n, "200,000 bytes of '%s'", units[i]);
	}
	ms_buf_release(&b);
	ms_buf_release(&out);
}

int
main(void)
{
	alarm(HANG_S);
	test_parameters();
	test_infos();
	test_bodies();
	test_huge();
	return done();
}
