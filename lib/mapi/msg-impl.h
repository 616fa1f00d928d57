/*
 * msg-impl.h - the properties of objects in MSG files; for msg.c. Layer:
 * private to mapi.
 */
#ifndef MS_MSG_IMPL_H
#define MS_MSG_IMPL_H
#include <gsf/gsf-infile-msole.h>
#include "msg.h"

#define MS_MSG_NAME_LEN 96 /* bytes of the name of a stream */

/* A named property of the file. */
struct ms_msg_name {
	enum ms_mapi_set set;
	uint32_t id;
	char *text; /* owned, or NULL */
};

struct ms_msg {
	GsfInfile *root;
	struct ms_mapi_item *item;
	unsigned codepage;
	struct ms_msg_name *names;
	size_t name_count;
	GPtrArray *streams; /* of attachments; closed with the file */
};

/* An object that is being read: a storage and the item that it belongs to. */
struct ms_msg_object {
	struct ms_msg *msg;
	GsfInfile *dir;
	struct ms_mapi_item *item;
	struct ms_mapi_props *props;
	const char *what; /* "recipient", for losses */
	size_t number;
};

/* A stream or storage, or NULL. */
GsfInput *ms_msg_child(GsfInfile *dir, const char *name);
/* A storage, or NULL if there is none or a stream has this name. */
GsfInfile *ms_msg_storage(GsfInfile *dir, const char *name);

/* Reads the list of named properties of the file. */
void ms_msg_names_read(struct ms_msg *msg);
void ms_msg_names_free(struct ms_msg *msg);
/*
 * Reads the properties of an object; damage is counted (ms_mapi_lost()).
 *   header   bytes before the list of the short ones
 */
void ms_msg_properties(const struct ms_msg_object *o, size_t header);

#endif
