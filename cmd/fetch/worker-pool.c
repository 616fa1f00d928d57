/* worker-pool.c - starting workers, hearing from them, ending them. */
#include "worker-pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "worker.h"

#define LOGOUT_MS 2000 /* time for saying goodbye */

volatile sig_atomic_t crew_stopped;

static void
on_signal(int number)
{
	(void)number;
	crew_stopped = 1;
}

void
crew_catch_signals(void)
{
	/* The second one ends the process: who asks twice is in a hurry. */
	struct sigaction sa = {
	    .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

/* ---- beginning and end ---- */

/* In the new process: what belongs to the others is closed, so that each link
 * has two ends only. */
static _Noreturn void
become_worker(struct crew *c, size_t me, const struct fetch_options *opt,
    struct ms_secret *password, int fd)
{
	size_t i;

	for (i = 0; i < me; i++)
		close(c->hands[i].link.fd);
	close(STDOUT_FILENO);
	worker_run(opt, password, fd);
}

int
crew_open(struct crew *c, const struct fetch_options *opt,
    struct ms_secret *password, struct ms_err *err)
{
	struct hand *h;
	int pair[2];

	fflush(NULL); /* what is buffered must not be written twice */
	*c = (struct crew){0};
	c->hands = ms_xcalloc(opt->connections, sizeof(*c->hands));
	while (c->count < opt->connections) {
		h = c->hands + c->count;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) <
		    0)
			return ms_fail_errno(err, "no link to a worker");
		h->link.fd = pair[0];
		h->pid = fork();
		if (h->pid == 0) {
			close(pair[0]);
			become_worker(c, c->count, opt, password, pair[1]);
		}
		close(pair[1]);
		if (h->pid < 0) {
			close(pair[0]);
			return ms_fail_errno(err, "no worker");
		}
		c->count++;
	}
	return 0;
}

static void
forget(struct hand *h)
{
	link_release(&h->link);
	h->state = HAND_GONE;
}

/* Waits for a process that is about to end; kills it if that takes long. */
static int
reap(pid_t pid)
{
	const struct timespec tick = {.tv_nsec = 2000000};
	int status = 0, ms;

	for (ms = 0; ms < LOGOUT_MS; ms += 2) {
		if (waitpid(pid, &status, WNOHANG) != 0)
			return status;
		nanosleep(&tick, NULL);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

void
crew_close(struct crew *c)
{
	struct hand *h;

	for (h = c->hands; h < c->hands + c->count; h++) {
		if (h->state == HAND_BUSY)
			kill(h->pid, SIGKILL);
		if (h->state != HAND_GONE)
			forget(h); /* a free one logs out now */
	}
	for (h = c->hands; h < c->hands + c->count; h++)
		if (h->pid > 0)
			reap(h->pid);
	free(c->hands);
	*c = (struct crew){0};
}

void
crew_dismiss(struct hand *h)
{
	forget(h);
}

/* ---- talking ---- */

void
crew_send(struct hand *h)
{
	if (link_end(&h->link, NULL) == 0)
		(void)link_flush(&h->link, NULL);
	h->state = HAND_BUSY;
}

/* A process is no more: of what did it die? */
static void
lost(struct hand *h, struct ms_err *err)
{
	int status = reap(h->pid);

	h->pid = 0;
	forget(h);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		ms_fail(err, MS_PROTO,
		    "reading the server's answer took more than %d seconds of "
		    "processor time",
		    WORKER_CPU);
	else if (WIFSIGNALED(status))
		ms_fail(err, MS_PROTO,
		    "the process that reads the server's answers was ended by "
		    "signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 71)
		ms_fail(err, MS_PROTO,
		    "the server's answer takes more than %llu bytes of memory",
		    (unsigned long long)WORKER_MEMORY);
	else
		ms_fail(err, MS_PROTO,
		    "the process that reads the server's answers ended with "
		    "status %d",
		    WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* A hand from which something can be read without waiting, or that is waited
 * for anyway; NULL: none in time. */
static struct hand *
listen_all(struct crew *c, int wait_ms)
{
	struct pollfd pfd[FETCH_CONNECTIONS_MAX];
	struct hand *h;
	size_t i, k;

	if (c->talking != NULL)
		return c->talking; /* the rest of it is on its way */
	for (i = 0; i < c->count; i++) {
		h = c->hands + (c->turn + i) % c->count;
		if (h->state != HAND_GONE && link_ready(&h->link))
			return h;
	}
	for (i = 0; i < c->count; i++)
		pfd[i] = (struct pollfd){.fd = c->hands[i].state != HAND_GONE
						   ? c->hands[i].link.fd
						   : -1,
		    .events = POLLIN};
	if (poll(pfd, (nfds_t)c->count, wait_ms) <= 0)
		return NULL;
	for (i = 0; i < c->count; i++) {
		k = (c->turn + i) % c->count;
		if (pfd[k].revents != 0)
			return c->hands + k;
	}
	return NULL;
}

bool
crew_ready(struct crew *c)
{
	return crew_ready_within(c, 0);
}

bool
crew_ready_within(struct crew *c, int wait_ms)
{
	return listen_all(c, wait_ms) != NULL;
}

enum crew_event
crew_wait(struct crew *c, int wait_ms, struct hand **who, struct frame *f,
    struct ms_err *err)
{
	struct hand *h = listen_all(c, wait_ms);
	int got;

	if (h == NULL)
		return CREW_NOTHING;
	*who = h;
	c->turn = (size_t)(h - c->hands);
	got = link_next(&h->link, f, err);
	if (got == 1) {
		if (f->word == SAY_MESSAGE)
			c->talking = h;
		else if (f->word != SAY_DATA)
			c->talking = NULL;
		return CREW_FRAME;
	}
	if (got < 0) /* what it says makes no sense: it is not ours any more */
		kill(h->pid, SIGKILL);
	c->talking = NULL;
	lost(h, err);
	return CREW_LOST;
}
