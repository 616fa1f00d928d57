/* profile-try.h - ms-fetch's own opinion of a command line. Part of ms-profile.
 */
#ifndef PROFILE_TRY_H
#define PROFILE_TRY_H
#include "err.h"

/* Reads the arguments, of which [0] is the program, as ms-fetch does. MS_USAGE
 * and its sentence. */
int profile_try_fetch(int argc, char *argv[], struct ms_err *err);

#endif
