/*
 * attr.c - parses the attributes of a message in an answer to FETCH: flags,
 * date, size, Gmail's labels. RFC 3501, 7.4.2;
 * developers.google.com/gmail/imap/imap-extensions.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail.h"

bool
ms_imap_is_date(struct ms_imap *im, int type,
    const struct mailimap_msg_att_body_section *section, const char *p,
    size_t n)
{
	const struct mailimap_section_spec *spec;

	if (type != MAILIMAP_MSG_ATT_BODY_SECTION || section == NULL ||
	    section->sec_section == NULL ||
	    section->sec_section->sec_spec == NULL)
		return false;
	/* Only this section of a part is ever requested. */
	spec = section->sec_section->sec_spec;
	if (spec->sec_type != MAILIMAP_SECTION_SPEC_SECTION_PART)
		return false;
	if (n > MS_IMAP_DATE_MAX - im->date_n)
		n = MS_IMAP_DATE_MAX - im->date_n;
	memcpy(im->date + im->date_n, p, n);
	im->date_n += n;
	return true;
}

static const char *
flag_name(const struct mailimap_flag *f)
{
	switch (f->fl_type) {
	case MAILIMAP_FLAG_ANSWERED:
		return "\\Answered";
	case MAILIMAP_FLAG_FLAGGED:
		return "\\Flagged";
	case MAILIMAP_FLAG_DELETED:
		return "\\Deleted";
	case MAILIMAP_FLAG_SEEN:
		return "\\Seen";
	case MAILIMAP_FLAG_DRAFT:
		return "\\Draft";
	case MAILIMAP_FLAG_KEYWORD:
		return f->fl_data.fl_keyword;
	case MAILIMAP_FLAG_EXTENSION:
		return f->fl_data.fl_extension;
	default:
		return NULL;
	}
}

/* Joins the flags by spaces. Returns false if they are too many. */
static bool
add_flags(struct ms_buf *out, const struct mailimap_msg_att_dynamic *d)
{
	const struct mailimap_flag_fetch *f;
	const char *name;
	clistiter *cur;

	if (d->att_list == NULL)
		return true;
	for (cur = clist_begin(d->att_list); cur != NULL;
	     cur = clist_next(cur)) {
		f = clist_content(cur);
		if (f->fl_type != MAILIMAP_FLAG_FETCH_OTHER ||
		    f->fl_flag == NULL ||
		    (name = flag_name(f->fl_flag)) == NULL)
			continue;
		if (out->n + strlen(name) + 2 > MS_IMAP_FLAGS_MAX)
			return false;
		if (out->n > 0)
			ms_buf_add_byte(out, ' ');
		if (f->fl_flag->fl_type == MAILIMAP_FLAG_EXTENSION)
			ms_buf_add_byte(out, '\\');
		ms_buf_add_str(out, name);
	}
	return true;
}

/* The system labels, and the uses of their folders. */
static const struct {
	const char *label;
	unsigned use; /* 0: INBOX */
} system_labels[] = {
    {"\\Inbox", 0},
    {"\\Sent", MS_USE_SENT},
    {"\\Draft", MS_USE_DRAFTS},
    {"\\Drafts", MS_USE_DRAFTS},
    {"\\Starred", MS_USE_FLAGGED},
    {"\\Flagged", MS_USE_FLAGGED},
    {"\\Important", MS_USE_IMPORTANT},
    {"\\Trash", MS_USE_TRASH},
    {"\\Junk", MS_USE_JUNK},
    {"\\Spam", MS_USE_JUNK},
};

/*
 * Returns the folder of a system label, or NULL if the label is hidden from
 * IMAP or unknown.
 */
static const char *
system_folder(const struct ms_imap *im, const char *label)
{
	size_t i, k;

	for (i = 0; i < sizeof(system_labels) / sizeof(system_labels[0]); i++) {
		if (strcasecmp(system_labels[i].label, label) != 0)
			continue;
		if (system_labels[i].use == 0)
			return "INBOX";
		for (k = 0; k < MS_IMAP_USES; k++)
			if (system_labels[i].use == 1u << k)
				return im->special[k];
	}
	return NULL;
}

/*
 * Writes the labels as names of folders, one in each line. Returns false if
 * they are too many.
 */
static bool
add_labels(const struct ms_imap *im, struct ms_buf *out, const clist *labels)
{
	const char *folder;
	char *label, *name;
	clistiter *cur;
	bool fits;

	for (cur = clist_begin(labels); cur != NULL; cur = clist_next(cur)) {
		label = clist_content(cur);
		name = NULL;
		if (label == NULL || strpbrk(label, "\r\n") != NULL)
			continue;
		if (*label == MS_IMAP_LABEL_MARK)
			*label = '\\';
		if (*label == '\\')
			folder = system_folder(im, label);
		else
			folder = name = ms_imap_folder_name(label, '/');
		fits = folder == NULL ||
		       out->n + strlen(folder) + 1 <= MS_IMAP_FLAGS_MAX;
		if (folder != NULL && *folder != '\0' && fits) {
			ms_buf_add_str(out, folder);
			ms_buf_add_byte(out, '\n');
		}
		free(name);
		if (!fits)
			return false;
	}
	return true;
}

static void
read_static(struct ms_imap_attr *a, const struct mailimap_msg_att_static *s)
{
	switch (s->att_type) {
	case MAILIMAP_MSG_ATT_UID:
		a->uid = s->att_data.att_uid;
		break;
	case MAILIMAP_MSG_ATT_RFC822_SIZE:
		a->has_size = true;
		a->size = s->att_data.att_rfc822_size;
		break;
	default:
		break;
	}
}

static void
read_extension(struct ms_imap *im, struct ms_imap_attr *a,
    const struct mailimap_extension_data *e)
{
	const struct mailimap_msg_att_xgmlabels *labels;

	if (e == NULL || e->ext_data == NULL ||
	    e->ext_extension->ext_id != MAILIMAP_EXTENSION_XGMLABELS)
		return;
	labels = e->ext_data;
	ms_buf_clear(&a->labels);
	a->has_labels = true;
	if (labels->att_labels != NULL &&
	    !add_labels(im, &a->labels, labels->att_labels))
		a->flags_cut = true;
}

void
ms_imap_attr_read(struct ms_imap *im, struct ms_imap_attr *a,
    const struct mailimap_msg_att *att)
{
	const struct mailimap_msg_att_item *item;
	clistiter *cur;

	for (cur = clist_begin(att->att_list); cur != NULL;
	     cur = clist_next(cur)) {
		item = clist_content(cur);
		switch (item->att_type) {
		case MAILIMAP_MSG_ATT_ITEM_DYNAMIC:
			ms_buf_clear(&a->flags);
			a->has_flags = true;
			if (!add_flags(&a->flags, item->att_data.att_dyn))
				a->flags_cut = true;
			break;
		case MAILIMAP_MSG_ATT_ITEM_STATIC:
			read_static(a, item->att_data.att_static);
			break;
		case MAILIMAP_MSG_ATT_ITEM_EXTENSION:
			read_extension(
			    im, a, item->att_data.att_extension_data);
			break;
		default:
			break;
		}
	}
	a->has_date = ms_mail_date(
	    (struct ms_slice){(unsigned char *)im->date, im->date_n}, &a->date);
	im->date_n = 0;
}

bool
ms_imap_has_flag(struct ms_imap_attr *a, const char *flag)
{
	const char *p = ms_buf_str(&a->flags);
	size_t n = strlen(flag);

	for (; *p != '\0'; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == n && strncasecmp(p, flag, n) == 0)
			return true;
	return false;
}

void
ms_imap_attr_release(struct ms_imap_attr *a)
{
	ms_buf_release(&a->flags);
	ms_buf_release(&a->labels);
}

void
ms_imap_attr_ask(struct ms_imap *im, struct ms_buf *command)
{
	struct ms_imap_folder *f;
	size_t n;

	ms_buf_add_str(command, "UID FLAGS INTERNALDATE RFC822.SIZE");
	if ((ms_imap_capabilities(im) & MS_CAP_GMAIL) == 0)
		return;
	ms_buf_add_str(command, " X-GM-LABELS");
	/* The list of folders has the local names of the system labels. */
	if (!im->listed && ms_imap_folders(im, &f, &n, NULL) == 0)
		ms_imap_folders_free(f, n);
}
