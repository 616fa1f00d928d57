/*
 * client-takeout.c - mboxes of Google Takeout, whose X-Gmail-Labels become
 * flags and folders. ms-quirks(7), Mail clients.
 */
#include "client-impl.h"

#include <string.h>
#include "mail.h"
#include "utf8.h"

/* What a label of the system means. */
enum meaning {
	NOTHING,
	UNREAD,
	OPENED,
	STARRED,
	IMPORTANT,
	INBOX,
	SENT,
	DRAFTS,
	SPAM,
	TRASH,
	CHAT,
	ARCHIVED,
	MEANINGS
};

/* The folder, or the flag with a "\" or "$", of a meaning. */
static const char *const meanings[MEANINGS] = {[OPENED] = "\\Seen",
    [STARRED] = "\\Flagged",
    [IMPORTANT] = "$Important",
    [INBOX] = "INBOX",
    [SENT] = "Sent",
    [DRAFTS] = "Drafts",
    [SPAM] = "Spam",
    [TRASH] = "Trash",
    [CHAT] = "Chat",
    [ARCHIVED] = "Archived"};

/* The words of the languages of Google, as ms_utf8_text_key() writes them. */
static const struct {
	enum meaning meaning;
	const char *const words[40];
} labels[] = {
    {UNREAD, {"unread", "ungelesen", "non lus", "non lu", "no leídos",
		 "no leído", "sin leer", "da leggere", "non letti", "não lidos",
		 "não lidas", "não lido", "ongelezen", "nieprzeczytane",
		 "olästa", "oläst", "ulæste", "ulæst", "uleste", "ulest",
		 "lukemattomat", "nepřečtené", "olvasatlan", "okunmamış",
		 "okunmadı", "непрочитанные", "непрочитанное", "непрочитані",
		 "未読", "未读", "未讀", "읽지않음", "읽지 않음", "necitite"}},
    {OPENED, {"opened", "geöffnet", "ouvert", "ouverts", "messages ouverts",
		 "abierto", "abiertos", "aperto", "aperti", "già aperto",
		 "aberto", "abertos", "aberta", "abertas", "geopend", "otwarte",
		 "otworzono", "öppnat", "öppnad", "öppnade", "åbnet", "åpnet",
		 "avattu", "otevřeno", "otevřené", "megnyitva", "megnyitott",
		 "açıldı", "открытые", "открыто", "прочитанные", "відкриті",
		 "開封済み", "已打开", "已開啟", "열림", "열어봄", "deschise"}},
    {STARRED,
	{"starred", "markiert", "suivis", "messages suivis", "suivi",
	    "destacados", "destacado", "speciali", "com estrela", "met ster",
	    "oznaczone gwiazdką", "stjärnmärkt", "stjärnmärkta",
	    "stjernemarkeret", "stjernemerket", "tähdellä merkitty",
	    "tähdelliset", "s hvězdičkou", "csillagozott", "yıldızlı",
	    "помеченные", "із зірочкою", "スター付き", "已加星标", "已加星號",
	    "별표편지함", "별표", "cu stea"}},
    {IMPORTANT,
	{"important", "wichtig", "importants", "importante", "importantes",
	    "importanti", "belangrijk", "ważne", "viktigt", "viktiga",
	    "vigtigt", "viktig", "tärkeät", "tärkeä", "důležité", "fontos",
	    "önemli", "важное", "важные", "важливі", "重要", "重要邮件",
	    "重要郵件", "중요편지함", "중요"}},
    {INBOX, {"inbox", "posteingang", "boîte de réception", "recibidos",
		"bandeja de entrada", "posta in arrivo", "caixa de entrada",
		"a receber", "postvak in", "odebrane", "inkorg", "inkorgen",
		"indbakke", "innboks", "postilaatikko", "saapuneet",
		"doručená pošta", "doručené", "beérkező levelek",
		"gelen kutusu", "входящие", "вхідні", "受信トレイ", "收件箱",
		"收件匣", "받은편지함", "mesaje primite"}},
    {SENT, {"sent", "sent mail", "gesendet", "envoyé", "envoyés",
	       "messages envoyés", "enviados", "enviado", "inviati", "inviata",
	       "posta inviata", "verzonden", "wysłane", "skickat", "skickade",
	       "sendt", "sendte", "lähetetyt", "odeslaná pošta", "odeslané",
	       "odesláno", "elküldött", "elküldött levelek",
	       "gönderilmiş postalar", "gönderilenler", "gönderildi",
	       "отправленные", "надіслані", "送信済み", "送信済みメール",
	       "已发邮件", "已发送", "寄件備份", "보낸편지함", "trimise",
	       "mesaje trimise"}},
    {DRAFTS,
	{"draft", "drafts", "entwurf", "entwürfe", "brouillon", "brouillons",
	    "borrador", "borradores", "bozza", "bozze", "rascunho", "rascunhos",
	    "concept", "concepten", "wersje robocze", "wersja robocza",
	    "utkast", "kladde", "kladder", "luonnokset", "luonnos", "koncept",
	    "koncepty", "piszkozat", "piszkozatok", "taslak", "taslaklar",
	    "черновики", "черновик", "чернетки", "下書き", "草稿", "임시보관함",
	    "mesaje nefinalizate"}},
    {SPAM, {"spam", "correo no deseado", "lixo eletrônico", "skräppost",
	       "søppelpost", "roskaposti", "спам", "迷惑メール", "垃圾邮件",
	       "垃圾郵件", "스팸함", "스팸"}},
    {TRASH, {"trash", "bin", "papierkorb", "corbeille", "papelera", "cestino",
		"lixeira", "lixo", "reciclagem", "prullenbak", "kosz",
		"papperskorg", "papperskorgen", "papirkurv", "papirkurven",
		"roskakori", "koš", "kuka", "lomtár", "çöp kutusu", "çöp",
		"корзина", "кошик", "ゴミ箱", "已删除邮件", "垃圾桶", "휴지통",
		"coș de gunoi"}},
    {CHAT, {"chat", "chats", "чаты", "チャット", "聊天", "채팅"}},
    {ARCHIVED,
	{"archived", "archiviert", "archivé", "archivés", "messages archivés",
	    "archivado", "archivados", "archiviato", "archiviati", "arquivado",
	    "arquivados", "gearchiveerd", "zarchiwizowane", "zarchiwizowano",
	    "arkiverat", "arkiverade", "arkiveret", "arkivert", "arkistoitu",
	    "archivováno", "archivované", "archivált", "arşivlendi", "архив",
	    "архивные", "заархивировано", "заархивированные", "архівовані",
	    "アーカイブ", "アーカイブ済み", "已归档", "已封存", "보관됨",
	    "보관처리됨", "arhivate"}}};

/* What stands before the name of a category, with a colon after it. */
static const char *const categories[] = {"category", "kategorie", "catégorie",
    "categoría", "categoria", "categorie", "kategoria", "kategori", "kategória",
    "luokka", "категория", "категорія", "カテゴリ", "カテゴリー", "类别",
    "分类", "類別", "카테고리", NULL};
/* In English, it has no colon. */
static const char *const tabs[] = {"category personal", "category social",
    "category promotions", "category updates", "category forums",
    "category purchases", "category reservations", "category travel", NULL};

static bool
same_as_one(const struct ms_buf *key, const char *const *words)
{
	for (; *words != NULL; words++)
		if (ms_slice_eq(ms_buf_slice(key), ms_slice_str(*words)))
			return true;
	return false;
}

/* Whether a label is that of a category, as in "Kategorie: Werbung". */
static bool
is_category(const struct ms_buf *key)
{
	const unsigned char *colon = memchr(key->p, ':', key->n);
	struct ms_buf begin = *key; /* borrowed */

	if (same_as_one(key, tabs))
		return true;
	if (colon == NULL)
		return false;
	begin.n = (size_t)(colon - key->p);
	while (begin.n > 0 && begin.p[begin.n - 1] == ' ')
		begin.n--;
	return same_as_one(&begin, categories);
}

/* Whether a label of the system was recognized. */
static bool
system_label(struct ms_slice label, enum meaning *meaning)
{
	struct ms_buf key = {0};
	bool found;

	ms_utf8_text_key(label, &key);
	ms_buf_str(&key); /* also an empty key is not NULL */
	found = is_category(&key);
	*meaning = NOTHING;
	for (size_t i = 0; !found && i < sizeof(labels) / sizeof(labels[0]);
	     i++) {
		found = same_as_one(&key, labels[i].words);
		if (found)
			*meaning = labels[i].meaning;
	}
	ms_buf_release(&key);
	return found;
}

/* A label of the user is a folder; "/" separates its levels. */
static void
user_label(struct ms_client_message *m, struct ms_slice label)
{
	struct ms_buf folder = {0};
	const unsigned char *slash;
	size_t n;

	/* Takeout writes keywords of IMAP as labels. */
	if (label.n > 5 && memcmp(label.p, "IMAP_", 5) == 0) {
		ms_client_keyword(
		    m, (struct ms_slice){label.p + 5, label.n - 5});
		return;
	}
	while (label.n > 0) {
		slash = memchr(label.p, '/', label.n);
		n = slash != NULL ? (size_t)(slash - label.p) : label.n;
		if (n > 0)
			ms_folder_add(&folder, (struct ms_slice){label.p, n});
		n += slash != NULL;
		label = (struct ms_slice){label.p + n, label.n - n};
	}
	ms_client_folder(m, ms_buf_slice(&folder));
	ms_buf_release(&folder);
}

static void
add_label(struct ms_client_message *m, struct ms_slice label)
{
	enum meaning meaning;

	while (label.n > 0 && label.p[0] == ' ')
		label = (struct ms_slice){label.p + 1, label.n - 1};
	while (label.n > 0 && label.p[label.n - 1] == ' ')
		label.n--;
	if (label.n == 0)
		return;
	if (!system_label(label, &meaning)) {
		user_label(m, label);
		return;
	}
	if (meaning == DRAFTS)
		ms_client_flag(m, "\\Draft");
	if (meanings[meaning] == NULL)
		return;
	if (strchr("\\$", meanings[meaning][0]) != NULL)
		ms_client_flag(m, meanings[meaning]);
	else
		ms_client_folder(m, ms_slice_str(meanings[meaning]));
}

/* One label of the list, as in CSV: in quotes if it has a comma. Returns its
 * bytes with the comma. */
static size_t
next_label(struct ms_slice s, struct ms_buf *label)
{
	bool quoted = s.n > 0 && s.p[0] == '"';

	ms_buf_clear(label);
	for (size_t i = quoted; i < s.n; i++) {
		if (!quoted && s.p[i] == ',')
			return i + 1;
		if (quoted && s.p[i] == '"') {
			quoted = i + 1 < s.n && s.p[i + 1] == '"';
			if (!quoted)
				continue;
			i++; /* two of them are one */
		}
		ms_buf_add_byte(label, s.p[i]);
	}
	return s.n;
}

static void
gmail_labels(struct ms_client_message *m, struct ms_slice body)
{
	struct ms_buf text = {0}, label = {0};
	struct ms_slice rest;
	size_t n;

	ms_mail_decode_text(body, &text);
	for (rest = ms_buf_slice(&text); rest.n > 0;
	     rest = (struct ms_slice){rest.p + n, rest.n - n}) {
		n = next_label(rest, &label);
		add_label(m, ms_buf_slice(&label));
	}
	ms_buf_release(&text);
	ms_buf_release(&label);
}

const struct ms_client_field ms_takeout_fields[] = {{"x-gm-thrid", NULL},
    {"x-gm-msgid", NULL}, {"x-gmail-labels", gmail_labels}, {NULL, NULL}};

static void
message(struct ms_source *src, struct ms_client_message *m)
{
	(void)src;
	if (m->folder_count == 0)
		ms_client_folder(m, ms_slice_str(meanings[ARCHIVED]));
}

/* Beside the mail are the data of other products. */
static const char *const only[] = {"*.mbox", "*.eml", NULL};

const struct ms_client_driver ms_client_takeout = {
    .name = "takeout",
    .contained = true,
    .only = only,
    .fields = ms_takeout_fields,
    .message = message,
};
