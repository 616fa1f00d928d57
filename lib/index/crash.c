/* crash.c - a damaged index crashes LMDB: such a crash becomes an error, or
 * ends the program with a message. ms-archive(5), Index. */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "impl.h"

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGABRT};
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static int open_count;
/* Where the current call of LMDB returns to if it crashes; NULL: no call. */
static _Thread_local sigjmp_buf *way_out;

static void
crashed(int sig)
{
	static const char msg[] =
	    "index: damaged; run ms-verify --rebuild-index\n";

	(void)sig;
	if (way_out != NULL)
		siglongjmp(*way_out, 1);
	(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
	_exit(EX_DATAERR);
}

/* Sanitizers give a better report of a crash. */
#if defined(__SANITIZE_ADDRESS__)
#define CATCH_CRASHES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CATCH_CRASHES 0
#endif
#endif
#ifndef CATCH_CRASHES
#define CATCH_CRASHES 1
#endif

void
ms_index_catch_crashes(int by)
{
	/* The handler may return to the program, so the signal stays open. */
	struct sigaction sa = {.sa_flags = SA_NODEFER};
	size_t i;

	pthread_mutex_lock(&open_lock);
	open_count += by;
	if (CATCH_CRASHES && (open_count == 0 || (by > 0 && open_count == 1))) {
		sa.sa_handler = open_count > 0 ? crashed : SIG_DFL;
		for (i = 0; i < 3; i++)
			sigaction(crash_signals[i], &sa, NULL);
	}
	pthread_mutex_unlock(&open_lock);
}

int
ms_index_guarded(ms_lmdb_call *call, void *ctx)
{
	sigjmp_buf here, *before = way_out;
	int rc;

	if (sigsetjmp(here, 0) != 0) {
		way_out = before;
		return MDB_PANIC;
	}
	way_out = &here;
	rc = call(ctx);
	way_out = before;
	return rc;
}
