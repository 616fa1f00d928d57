/* serve.c - the process that reads a file of Outlook: confined, and started by
 * its keeper for this file. */
#include "frame.h"
#include "convert.h"
#include "msg.h"
#include "pst.h"
#include "tnef.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include "charset.h"

#define SECONDS_ITEM 60 /* of processor time for an item */
/* Bytes of address space, besides those of the file. A body of half a gigabyte
 * is in memory several times. */
#define MEMORY_MAX ((uint64_t)3 << 30)

/* ---- answers ---- */

static int
send_piece(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	const int *link = ctx;
	size_t take;

	(void)err;
	for (; n > 0; p += take, n -= take) {
		take = n < MS_FRAME_MAX ? n : MS_FRAME_MAX;
		ms_frame_send(*link, MS_MAPI_PIECE, 0, p, take);
	}
	return 0;
}

static void
add_text(struct ms_buf *texts, const char *text)
{
	ms_buf_add(texts, text, strlen(text) + 1);
}

/* folder: of an item, or "". */
static void
send_failure(int link, const struct ms_err *why, const char *folder)
{
	struct ms_buf texts = {0};

	add_text(&texts, why->msg);
	add_text(&texts, folder);
	if (texts.n > MS_FRAME_MAX)
		texts.n = MS_FRAME_MAX;
	ms_frame_send(link, MS_MAPI_FAILURE, why->code, texts.p, texts.n);
	ms_buf_release(&texts);
}

/* ---- items ---- */

/* The time of one item; SIGPROF ends the process. */
static void
set_timer(void)
{
	struct itimerval t = {.it_value = {.tv_sec = SECONDS_ITEM}};

	setitimer(ITIMER_PROF, &t, NULL);
}

/* place: NULL for a file with one item. */
static void
send_begin(
    int link, const struct ms_mapi_item *item, const struct ms_pst_place *place)
{
	struct ms_buf texts = {0};
	int64_t date;

	ms_mapi_flags(item, &texts);
	ms_buf_add_byte(&texts, '\0');
	add_text(&texts, place != NULL ? place->folder : "");
	add_text(&texts, place != NULL ? place->special : "");
	ms_mapi_describe(item, &texts);
	ms_buf_add_byte(&texts, '\0');
	if (texts.n > MS_FRAME_MAX)
		texts.n = MS_FRAME_MAX;
	ms_frame_send(link, MS_MAPI_BEGIN,
	    ms_mapi_date(item, &date) ? date : INT64_MIN, texts.p, texts.n);
	ms_buf_release(&texts);
}

/* Counts the attachments of an item, and of the items in it, which are at most
 * MS_MAPI_DEPTH_MAX deep. */
static void
count_content(/* NOLINT(misc-no-recursion) */
    const struct ms_mapi_item *item, struct ms_mapi_attached *c)
{
	for (size_t i = 0; i < item->attachment_count; i++) {
		const struct ms_mapi_attachment *a = &item->attachments[i];

		c->attachments++;
		if (a->content == MS_MAPI_ITEM) {
			c->embedded++;
			count_content(a->item, c);
		} else {
			c->bytes += a->size;
		}
	}
}

static void
send_item(int link, const struct ms_mapi_item *item,
    const struct ms_pst_place *place, const struct ms_mapi_request *request)
{
	const char *folder = place != NULL ? place->folder : "";
	struct ms_mapi_attached content = {0};
	struct ms_mapi_losses losses;
	struct ms_err err;

	if (request->mail_only && !ms_mapi_is_mail(ms_mapi_kind(item))) {
		ms_frame_send(
		    link, MS_MAPI_LEFT_OUT, 0, folder, strlen(folder) + 1);
		return;
	}
	send_begin(link, item, place);
	if (request->kind == MS_MAPI_FILE_TNEF)
		(void)ms_mapi_convert_part(
		    item, send_piece, &link, &losses, &err);
	else
		(void)ms_mapi_convert(item, send_piece, &link, &losses, &err);
	count_content(item, &content);
	ms_frame_send(link, MS_MAPI_CONTENT, 0, &content, sizeof(content));
	ms_frame_send(link, MS_MAPI_FINISH, losses.count, losses.first,
	    strlen(losses.first));
}

/* ---- files ---- */

static int
send_msg(int link, struct ms_slice file, const struct ms_mapi_request *request,
    struct ms_err *why)
{
	struct ms_msg *msg;

	if (ms_msg_open(&msg, file, request->codepage, why) < 0)
		return -1;
	send_item(link, ms_msg_item(msg), NULL, request);
	ms_msg_close(msg);
	return 0;
}

static int
send_tnef(int link, struct ms_slice file, const struct ms_mapi_request *request,
    struct ms_err *why)
{
	struct ms_mapi_item *item;

	if (ms_tnef_parse(file, &item, why) < 0)
		return -1;
	send_item(link, item, NULL, request);
	ms_mapi_item_free(item);
	return 0;
}

/* A file with one item, which is in memory as a whole. */
static void
read_one(int link, int file, const struct ms_mapi_request *request)
{
	uint64_t size = request->size;
	bool msg = request->kind == MS_MAPI_FILE_MSG;
	struct ms_err why = {0};
	struct ms_slice s;
	void *p = MAP_FAILED;

	if (size == 0 || size > MS_MSG_MAX)
		ms_fail(&why, MS_DATA, "%s of %llu bytes",
		    msg ? "an MSG file" : "TNEF", (unsigned long long)size);
	else
		p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
	if (p == MAP_FAILED && why.code == MS_OK)
		ms_fail_errno(&why, "the file cannot be read");
	s = (struct ms_slice){p, size};
	if (p == MAP_FAILED || (msg ? send_msg(link, s, request, &why)
				    : send_tnef(link, s, request, &why)) < 0)
		send_failure(link, &why, "");
	if (p != MAP_FAILED)
		munmap(p, size);
}

/* Names an item or a folder that cannot be read. */
static void
send_lost_item(
    int link, const struct ms_pst_place *place, const struct ms_err *why)
{
	struct ms_err named = {0};

	if (place->number == 0)
		ms_fail(&named, MS_DATA, "folder %.200s: %.200s", place->folder,
		    why->msg);
	else
		ms_fail(&named, MS_DATA, "folder %.200s, item %llu: %.200s",
		    place->folder, (unsigned long long)place->number, why->msg);
	send_failure(link, &named, place->number == 0 ? "" : place->folder);
}

/* Names the folders that say that they have more than was there. */
static void
send_missing(int link, const struct ms_pst *pst)
{
	struct ms_err why = {0};
	size_t n;
	const struct ms_pst_folder *f = ms_pst_folders(pst, &n);

	for (; n > 0; n--, f++) {
		uint64_t found = f->produced + f->failed;

		if (found >= f->expected)
			continue;
		ms_fail(&why, MS_DATA,
		    "folder %.200s: %llu of %llu items are missing", f->name,
		    (unsigned long long)(f->expected - found),
		    (unsigned long long)f->expected);
		send_failure(link, &why, "");
	}
}

/* Says which folders there are, before their items come. */
static void
send_folders(int link, const struct ms_pst *pst)
{
	struct ms_buf text = {0};
	size_t n;
	const struct ms_pst_folder *f = ms_pst_folders(pst, &n);

	for (; n > 0; n--, f++) {
		struct ms_mapi_expected e = {f->expected, f->produced};

		ms_buf_clear(&text);
		ms_buf_add(&text, &e, sizeof(e));
		add_text(&text, f->name);
		if (text.n <= MS_FRAME_MAX)
			ms_frame_send(link, MS_MAPI_FOLDER, 0, text.p, text.n);
	}
	ms_buf_release(&text);
}

static void
send_items(int link, struct ms_pst *pst, const struct ms_mapi_request *request)
{
	struct ms_mapi_item *item;
	struct ms_pst_place place;
	struct ms_err why = {0};
	uint64_t total = 0;
	int rc;

	while ((rc = ms_pst_next(pst, &item, &place, &why)) != 0) {
		set_timer();
		if (place.total != total)
			ms_frame_send(
			    link, MS_MAPI_TOTAL, (int64_t)place.total, NULL, 0);
		total = place.total;
		if (rc < 0) {
			send_lost_item(link, &place, &why);
			continue;
		}
		send_item(link, item, &place, request);
		ms_mapi_item_free(item);
	}
	send_missing(link, pst);
}

static void
read_pst(int link, int file, const struct ms_mapi_request *request)
{
	const struct ms_pst_options opt = {
	    .codepage = request->codepage, .recover = request->recover != 0};
	struct ms_err why = {0};
	struct ms_pst *pst;

	if (ms_pst_open(&pst, file, request->size, &opt, &why) < 0) {
		send_failure(link, &why, "");
		return;
	}
	ms_pst_skip(pst, request->skip);
	send_folders(link, pst);
	send_items(link, pst, request);
	ms_pst_close(pst);
}

void
ms_mapi_warm_up(void)
{
	static const char *const names[] = {"IBM437", "CP737", "CP775",
	    "IBM850", "IBM852", "IBM857", "IBM00858", "IBM862", "IBM864",
	    "IBM866", "windows-874", "Shift_JIS", "GBK", "EUC-KR", "Big5",
	    "UTF-16LE", "UTF-16BE", "windows-1250", "windows-1251",
	    "windows-1253", "windows-1254", "windows-1255", "windows-1256",
	    "windows-1257", "windows-1258", "johab", "macintosh",
	    "x-mac-cyrillic", "UTF-32LE", "UTF-32BE", "KOI8-R", "EUC-JP",
	    "KOI8-U", "ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5",
	    "ISO-8859-6", "ISO-8859-7", "ISO-8859-13", "ISO-8859-15",
	    "ISO-2022-KR", "ISO-2022-CN", "EUC-TW", "UTF-7"};
	struct ms_buf room = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)ms_charset_utf8(ms_charset_find(ms_slice_str(names[i])),
		    ms_slice_str("x\x80"), &room);
	ms_buf_release(&room);
	ms_msg_warm_up();
}

void
ms_mapi_serve(int link, int unused)
{
	struct ms_sandbox sb = {
	    .profile = MS_SANDBOX_PARSE, .memory = MEMORY_MAX};
	struct ms_mapi_request request = {0};
	int file = ms_parser_confine(link, &request, sizeof(request), &sb);

	(void)unused;
	set_timer();
	if (request.kind == MS_MAPI_FILE_PST)
		read_pst(link, file, &request);
	else
		read_one(link, file, &request);
	ms_frame_send(link, MS_MAPI_DONE, 0, NULL, 0);
	_exit(0);
}
