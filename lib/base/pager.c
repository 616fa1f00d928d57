/* pager.c - shows long output in a pager. See pager.h. */
#include "pager.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "term.h"

#define DEFAULT "if command -v less >/dev/null; then exec less; fi; exec cat"

static volatile pid_t pager; /* 0: none */

static const char *
command(void)
{
	const char *value = getenv("PAGER");

	if (value == NULL && ms_config_value("pager", &value, NULL) != 1)
		return DEFAULT;
	return *value == '\0' || strcmp(value, "cat") == 0 ? NULL : value;
}

static void
await(void)
{
	/* Only a signal interrupts this, and then the handler has waited. */
	(void)waitpid(pager, NULL, 0);
}

/* Ctrl-C: the pager shows what has come, until the user leaves it. Only then is
 * the terminal free for the shell. */
static void
on_signal(int number)
{
	close(STDOUT_FILENO);
	await();
	signal(number, SIG_DFL);
	raise(number);
}

static _Noreturn void
become_pager(const char *text, const int ends[2])
{
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	close(ends[1]);
	setenv("LESS", "FRX", 0);
	execl("/bin/sh", "sh", "-c", text, (char *)NULL);
	_exit(127);
}

void
ms_pager_start(void)
{
	const char *text;
	int ends[2];
	pid_t pid;

	if (!ms_term_stdout() || (text = command()) == NULL || pager != 0 ||
	    pipe(ends) < 0)
		return;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become_pager(text, ends);
	close(ends[0]);
	if (pid > 0 && dup2(ends[1], STDOUT_FILENO) >= 0) {
		pager = pid;
		signal(SIGINT, on_signal);
		signal(SIGTERM, on_signal);
	}
	close(ends[1]);
}

bool
ms_pager_is_on(void)
{
	return pager != 0;
}

void
ms_pager_end(void)
{
	if (pager == 0)
		return;
	close(STDOUT_FILENO);
	await();
	pager = 0;
}
