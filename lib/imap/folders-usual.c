/*
 * folders-usual.c - the names that mail programs and web mailers give to
 * folders with a special use, in the common languages, for servers without
 * SPECIAL-USE (RFC 6154).
 */
#include "folders.h"
#include "utf8.h"

#include <string.h>

/*
 * English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech,
 * Slovak, Hungarian, Romanian, Swedish, Danish and Norwegian, Finnish, Russian,
 * Ukrainian, Greek, Turkish, Japanese, Chinese, Korean, Hebrew, Arabic. A name
 * that means "outbox" in one program and "sent" in another is not listed,
 * because sent mail must not be left out.
 */
static const struct {
	unsigned use;
	const char *names; /* each ends with a bar */
} usual[] = {
    {MS_USE_TRASH,
	"Trash|Deleted Items|Deleted Messages|Deleted Mail|Deleted|Bin|Rubbish|"
	"Papierkorb|Gelöschte Elemente|Gelöschte Objekte|Gelöschte Nachrichten|"
	"Gelöscht|Corbeille|Éléments supprimés|Messages supprimés|Poubelle|"
	"Papelera|Papelera de reciclaje|Elementos eliminados|Mensajes "
	"eliminados|"
	"Eliminados|Cestino|Posta eliminata|Elementi eliminati|"
	"Messaggi eliminati|Eliminati|Lixeira|Lixo|Itens excluídos|"
	"Itens eliminados|Mensagens excluídas|Prullenbak|Prullenmand|"
	"Verwijderde items|Verwijderde berichten|Kosz|Elementy "
	"usunięte|Usunięte|"
	"Koš|Odstraněná pošta|Odstraněné položky|Kôš|Odstránená pošta|"
	"Odstránené položky|Kuka|Lomtár|Törölt elemek|Coș de gunoi|Coş de "
	"gunoi|"
	"Elemente șterse|Elemente şterse|Papperskorg|Papperskorgen|Borttaget|"
	"Borttagna objekt|Papirkurv|Slettet post|Slettede elementer|"
	"Slettede meldinger|Roskakori|Poistetut|Poistetut viestit|Корзина|"
	"Удаленные|Удалённые|Удаленные сообщения|Кошик|Видалені|Κάδος|"
	"Κάδος απορριμμάτων|Διαγραμμένα|Çöp|Çöp Kutusu|Silinmiş Öğeler|ゴミ箱|"
	"削除済みアイテム|已删除|已删除邮件|已刪除的郵件|垃圾桶|回收站|휴지통|"
	"지운 편지함|אשפה|פריטים שנמחקו|المهملات|العناصر المحذوفة|"},
    {MS_USE_JUNK,
	"Junk|Junk E-mail|Junk Email|Junk Mail|Spam|Spambox|Bulk Mail|"
	"Junk-E-Mail|Spamverdacht|Unerwünscht|Unerwünschte Werbung|"
	"Courrier indésirable|Indésirables|Pourriel|Correo no deseado|"
	"Correo basura|No deseado|Posta indesiderata|Indesiderata|"
	"Lixo eletrônico|Lixo eletrónico|Correio não solicitado|"
	"Ongewenste e-mail|Ongewenste berichten|Ongewenst|Wiadomości-śmieci|"
	"Wiadomości śmieci|Niechciane|Nevyžádaná pošta|Nevyžádané|"
	"Nevyžiadaná pošta|Nevyžiadané|Levélszemét|E-mail nedorit|Nedorite|"
	"Skräppost|Uønsket mail|Uønsket e-mail|Uønsket e-post|Søppelpost|"
	"Roskaposti|Спам|Нежелательная почта|Небажана пошта|Ανεπιθύμητα|"
	"Ανεπιθύμητη αλληλογραφία|Gereksiz|Gereksiz E-posta|Önemsiz|"
	"Önemsiz "
	"E-posta|迷惑メール|垃圾邮件|垃圾郵件|스팸|스팸메일함|스팸편지함|"
	"정크 메일|דואר זבל|ספאם|البريد العشوائي|البريد غير الهام|"},
    {MS_USE_DRAFTS, "Drafts|Draft|Entwürfe|Entwurf|Brouillons|Brouillon|"
		    "Borradores|Borrador|"
		    "Bozze|Rascunhos|Rascunho|Concepten|Kopie robocze|Wersje "
		    "robocze|Szkice|"
		    "Koncepty|Rozepsané|Rozpísané|Piszkozatok|Vázlatok|Ciorne|"
		    "Schițe|Utkast|"
		    "Kladder|Udkast|Luonnokset|Черновики|Чернетки|Πρόχειρα|"
		    "Taslaklar|下書き|"
		    "草稿|草稿箱|草稿夹|草稿匣|임시 "
		    "보관함|임시보관함|טיוטות|المسودات|مسودات|"},
    {MS_USE_OUTBOX,
	"Outbox|Postausgang|Boîte d'envoi|Bandeja de salida|Posta in uscita|"
	"Caixa de saída|Postvak UIT|Skrzynka nadawcza|Pošta k odeslání|"
	"Pošta na odoslanie|Postázandó "
	"üzenetek|Utkorgen|Udbakke|Utboks|Lähtevät|"
	"送信トレイ|"},
    {MS_USE_SENT,
	"Sent|Sent Items|Sent Messages|Sent Mail|Sent-mail|Gesendet|"
	"Gesendete Elemente|Gesendete Objekte|Gesendete Nachrichten|Envoyés|"
	"Envoyé|Éléments envoyés|Messages envoyés|Objets envoyés|Enviados|"
	"Enviado|Elementos enviados|Mensajes enviados|Correo enviado|Inviati|"
	"Inviata|Posta inviata|Messaggi inviati|Enviadas|Itens enviados|"
	"Mensagens enviadas|E-mails enviados|Verzonden|Verzonden items|"
	"Verzonden berichten|Wysłane|Elementy wysłane|Odeslané|Odeslaná pošta|"
	"Odoslané|Odoslaná pošta|Elküldött|Elküldött elemek|Elküldött üzenetek|"
	"Trimise|Elemente trimise|Mesaje trimise|Skickat|Skickade|"
	"Skickade objekt|Sendt|Sendt post|Sendte elementer|Lähetetyt|"
	"Lähetetyt viestit|Отправленные|Отправленные сообщения|Надіслані|"
	"Відправлені|Απεσταλμένα|Gönderilmiş|Gönderilen|Gönderilmiş Öğeler|"
	"Gönderilmiş Postalar|送信済み|送信済みアイテム|送信済みメール|已发送|"
	"已发送邮件|寄件備份|已傳送郵件|보낸편지함|보낸 편지함|보낸메일함|"
	"דואר שנשלח|פריטים שנשלחו|المرسل|البريد المرسل|العناصر المرسلة|"},
};

/* Longer than any of the names. */
#define USUAL_MAX 64

unsigned
ms_folders_usual(const char *level)
{
	struct ms_buf given = {0}, name = {0};
	const char *p;
	unsigned uses = 0;
	size_t i, n;

	if (strlen(level) > USUAL_MAX)
		return 0;
	ms_utf8_text_key(ms_slice_str(level), &given);
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		for (p = usual[i].names; *p != '\0'; p += n + 1) {
			n = strcspn(p, "|");
			ms_buf_clear(&name);
			ms_utf8_text_key(
			    (struct ms_slice){(const unsigned char *)p, n},
			    &name);
			if (ms_slice_eq(
				ms_buf_slice(&given), ms_buf_slice(&name)))
				uses |= usual[i].use;
		}
	ms_buf_release(&given);
	ms_buf_release(&name);
	return uses;
}

const char *
ms_folders_use(unsigned use)
{
	static const char *const names[MS_IMAP_USES] = {"Sent", "Trash", "Junk",
	    "Drafts", "Archive", "All", "Flagged", "Important", "Outbox"};
	size_t i;

	for (i = 0; i < MS_IMAP_USES; i++)
		if (use == 1u << i)
			return names[i];
	return "";
}
