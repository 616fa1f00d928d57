/* sandbox-impl.h - shared by the files of the sandbox. Layer: private to it. */
#ifndef MS_SANDBOX_IMPL_H
#define MS_SANDBOX_IMPL_H
#include <stdbool.h>
#include "sandbox.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define MS_SANDBOX_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define MS_SANDBOX_ASAN 1
#endif

/* The version of Landlock that the kernel reports; 0 with errno: none. */
int ms_sandbox_landlock(void);
/* Does the kernel filter system calls? */
bool ms_sandbox_seccomp(void);
/* Can Landlock do what the profile needs? */
bool ms_sandbox_landlock_fits(enum ms_sandbox_profile profile, int version);
/* Is MS_SANDBOX this word? */
bool ms_sandbox_word(const char *word);

/* The parts of ms_sandbox_enter(). */
int ms_sandbox_files(
    const struct ms_sandbox *sb, int version, struct ms_err *err);
int ms_sandbox_calls(enum ms_sandbox_profile profile, struct ms_err *err);

#endif
