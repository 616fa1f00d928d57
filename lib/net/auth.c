/* auth.c - the choice of a login mechanism. RFC 4422, RFC 4616. */
#include "auth.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

static const char *const names[] = {
    [MS_MECH_AUTO] = "a login",
    [MS_MECH_LOGIN] = "LOGIN",
    [MS_MECH_PLAIN] = "PLAIN",
    [MS_MECH_CRAM_MD5] = "CRAM-MD5",
    [MS_MECH_SCRAM_SHA_1] = "SCRAM-SHA-1",
    [MS_MECH_SCRAM_SHA_256] = "SCRAM-SHA-256",
    [MS_MECH_XOAUTH2] = "XOAUTH2",
    [MS_MECH_OAUTHBEARER] = "OAUTHBEARER",
};
#define MECHS (sizeof(names) / sizeof(names[0]))

/* The mechanisms that use a token, and those that can name another mailbox. */
#define WITH_TOKEN                                                             \
	(MS_MECH_BIT(MS_MECH_XOAUTH2) | MS_MECH_BIT(MS_MECH_OAUTHBEARER))
#define WITH_AUTHZID                                                           \
	(MS_MECH_BIT(MS_MECH_PLAIN) | MS_MECH_BIT(MS_MECH_SCRAM_SHA_1) |       \
	    MS_MECH_BIT(MS_MECH_SCRAM_SHA_256) | WITH_TOKEN)

#define NEEDS_TOKEN                                                            \
	"the server requires a token instead of a password (--token-command)"

enum ms_mech
ms_mech_of(const char *name, size_t n)
{
	size_t i;

	for (i = MS_MECH_LOGIN; i < MECHS; i++)
		if (strlen(names[i]) == n &&
		    strncasecmp(name, names[i], n) == 0)
			return (enum ms_mech)i;
	return MS_MECH_AUTO;
}

const char *
ms_mech_name(enum ms_mech mech)
{
	return names[mech];
}

/* The order in which AUTO tries the mechanisms. */
static const enum ms_mech with_token[] = {
    MS_MECH_OAUTHBEARER, MS_MECH_XOAUTH2, MS_MECH_AUTO};
static const enum ms_mech on_tls[] = {MS_MECH_LOGIN, MS_MECH_PLAIN,
    MS_MECH_SCRAM_SHA_256, MS_MECH_SCRAM_SHA_1, MS_MECH_CRAM_MD5, MS_MECH_AUTO};
static const enum ms_mech in_the_clear[] = {MS_MECH_SCRAM_SHA_256,
    MS_MECH_SCRAM_SHA_1, MS_MECH_CRAM_MD5, MS_MECH_LOGIN, MS_MECH_PLAIN,
    MS_MECH_AUTO};

/* The mechanisms that the parts of the login allow. */
static unsigned
fitting(const struct ms_login *l)
{
	unsigned set = l->token ? WITH_TOKEN : ~WITH_TOKEN;

	return l->authzid != NULL ? set & WITH_AUTHZID : set;
}

static int
check_strings(const struct ms_login *l, struct ms_err *err)
{
	const char *const all[] = {l->login, l->authzid, l->secret};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] != NULL &&
		    !ms_secret_text_ok(all[i], strlen(all[i])))
			return ms_fail(err, MS_USAGE,
			    "login or password contains CR or LF");
	return 0;
}

int
ms_auth_choose(const struct ms_login *l, unsigned offered, enum ms_mech *mech,
    struct ms_err *err)
{
	const enum ms_mech *order = l->token ? with_token
				    : l->tls ? on_tls
					     : in_the_clear;
	unsigned fits = fitting(l);

	if (check_strings(l, err) < 0)
		return -1;
	if (l->mech != MS_MECH_AUTO) {
		if ((fits & MS_MECH_BIT(l->mech)) == 0)
			return ms_fail(err, MS_USAGE, "%s takes no %s",
			    names[l->mech],
			    (WITH_TOKEN & MS_MECH_BIT(l->mech)) != 0 &&
				    !l->token
				? "password"
			    : l->token ? "token"
				       : "authorization identity");
		if ((offered & MS_MECH_BIT(l->mech)) == 0)
			return ms_fail(err, MS_NOINPUT,
			    "the server does not offer %s", names[l->mech]);
		*mech = l->mech;
		return 0;
	}
	for (; *order != MS_MECH_AUTO; order++)
		if ((fits & offered & MS_MECH_BIT(*order)) != 0) {
			*mech = *order;
			return 0;
		}
	if (!l->token && (offered & WITH_TOKEN) != 0)
		return ms_fail(err, MS_NOINPUT, NEEDS_TOKEN);
	return ms_fail(err, MS_NOINPUT, "the server offers no %s",
	    l->token             ? "OAUTHBEARER or XOAUTH2"
	    : l->authzid != NULL ? "mechanism that takes an authorization "
				   "identity"
				 : "known login mechanism");
}

void
ms_auth_explain(const struct ms_login *l, unsigned mechs, struct ms_err *err)
{
	size_t n;

	/* MS_MECH_AUTO stands for unknown mechanisms. */
	mechs &= ~MS_MECH_BIT(MS_MECH_AUTO);
	if (err == NULL || err->code != MS_AUTH || l->token || mechs == 0 ||
	    (mechs & ~WITH_TOKEN) != 0)
		return;
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof(err->msg) - n, "; %s", NEEDS_TOKEN);
}
