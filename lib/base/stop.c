/* stop.c - signals that ask a tool to end. See stop.h. */
#include "stop.h"

#include <poll.h>
#include <stddef.h>

#include "clock.h"

#define TICK_MS 500 /* until a signal is noticed that came before poll(2) */

volatile sig_atomic_t ms_stopped;

static void
on_signal(int number)
{
	if (ms_stopped != 0) {
		signal(number, SIG_DFL);
		raise(number);
		return;
	}
	ms_stopped = number;
}

void
ms_stop_catch(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction before;

	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &sa, NULL);
}

bool
ms_stop_wait(int fd, int64_t grace_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	static int64_t until;

	for (;;) {
		if (ms_stopped != 0 && until == 0)
			until = ms_clock_ms() + grace_ms;
		if (ms_stopped != 0 && ms_clock_ms() >= until)
			return false;
		if (poll(&p, 1, TICK_MS) > 0)
			return true;
	}
}

void
ms_stop_end(int status)
{
	sigset_t set;
	int number = ms_stopped;

	if (number == 0 || status == 0)
		return;
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
}
