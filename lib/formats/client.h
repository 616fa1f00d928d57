/*
 * client.h - the stores of mail clients on disk, which ms_source_open() reads
 * by the rules of the client that the user names. ms-quirks(7), Mail clients.
 * Layer: above buf.
 */
#ifndef MS_CLIENT_H
#define MS_CLIENT_H
#include <stdbool.h>
#include <stddef.h>
#include "buf.h"

enum ms_client {
	MS_CLIENT_NONE, /* the rules of ms-stream(5) only */
	MS_CLIENT_THUNDERBIRD,
	MS_CLIENT_SEAMONKEY,
	MS_CLIENT_APPLE_MAIL,
	MS_CLIENT_TAKEOUT,
	MS_CLIENT_IMAP_BACKUP,
	MS_CLIENT_MAILSTORE,
	MS_CLIENT_EVOLUTION,
	MS_CLIENT_KMAIL,
	MS_CLIENT_MH,
	MS_CLIENT_MUTT,
	MS_CLIENT_MBSYNC,
	MS_CLIENT_OFFLINEIMAP,
	MS_CLIENT_GENERIC,
	MS_CLIENTS
};

/* The names, for messages. */
#define MS_CLIENT_LIST                                                         \
	"thunderbird, seamonkey, apple-mail, takeout, imap-backup, "           \
	"mailstore, evolution, kmail, mh, mutt, mbsync, offlineimap, generic"

/* The name of a client; "none". */
const char *ms_client_name(enum ms_client client);
/* Finds a client by its name. Returns false, with *out unchanged, if there is
 * none. */
bool ms_client_parse(const char *name, enum ms_client *out);

/* Stores in a home directory: paths with that of the home, each a string that
 * ms_client_stores_release() frees. {0} is empty. */
struct ms_client_stores {
	struct ms_client_store {
		enum ms_client client;
		char *path;
	} * v;
	size_t n;
};
/*
 * Finds the stores of a client, or of all for MS_CLIENT_NONE, in a home
 * directory: in the places where the clients put them, and where their
 * configuration says. A directory is found once, for the first client in the
 * order of the enum. MS_CLIENT_GENERIC, MAILSTORE: none is found.
 */
void ms_client_stores_find(
    struct ms_client_stores *out, enum ms_client client, const char *home);
void ms_client_stores_release(struct ms_client_stores *s);

#endif
