/* worker-pool.c - starts workers, receives their messages, ends them. */
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

#define LOGOUT_MS 2000 /* for a worker to log out */

/* ---- beginning and end ---- */

/* In the new process: closes the connections of the other workers, so that each
 * ends when ms-fetch closes it. */
static _Noreturn void
become_worker(struct worker_pool *p, size_t me, const struct fetch_options *opt,
    struct ms_secret *password, int fd)
{
	size_t i;

	for (i = 0; i < me; i++)
		close(p->workers[i].ipc.fd);
	close(STDOUT_FILENO);
	worker_run(opt, password, fd);
}

int
pool_open(struct worker_pool *p, const struct fetch_options *opt,
    struct ms_secret *password, struct ms_err *err)
{
	struct worker *w;
	int pair[2];

	fflush(NULL); /* else both processes write what is buffered */
	*p = (struct worker_pool){0};
	p->workers = ms_xcalloc(opt->connections, sizeof(*p->workers));
	while (p->count < opt->connections) {
		w = p->workers + p->count;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) <
		    0)
			return ms_fail_errno(
			    err, "cannot connect to a worker process");
		w->ipc.fd = pair[0];
		w->pid = fork();
		if (w->pid == 0) {
			close(pair[0]);
			become_worker(p, p->count, opt, password, pair[1]);
		}
		close(pair[1]);
		if (w->pid < 0) {
			close(pair[0]);
			return ms_fail_errno(
			    err, "cannot start a worker process");
		}
		p->count++;
	}
	return 0;
}

static void
forget(struct worker *w)
{
	ipc_release(&w->ipc);
	w->state = WORKER_GONE;
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
pool_close(struct worker_pool *p)
{
	struct worker *w;

	for (w = p->workers; w < p->workers + p->count; w++) {
		if (w->state == WORKER_BUSY)
			kill(w->pid, SIGKILL);
		if (w->state != WORKER_GONE)
			forget(w); /* a free worker logs out now */
	}
	for (w = p->workers; w < p->workers + p->count; w++)
		if (w->pid > 0)
			reap(w->pid);
	free(p->workers);
	*p = (struct worker_pool){0};
}

void
pool_dismiss(struct worker *w)
{
	forget(w);
}

/* ---- messages ---- */

void
pool_begin_task(struct worker *w, enum ipc_type request, struct folder *f)
{
	w->task.folder = f;
	w->task.request = request;
	w->task.n = w->task.left = 0;
}

void
pool_send(struct worker *w, const struct ipc_message *m)
{
	if (ipc_send(&w->ipc, m, NULL) == 0)
		(void)ipc_flush(&w->ipc, NULL);
	w->state = WORKER_BUSY;
}

/* The reason why a worker's process has ended. */
static void
explain_end(int status, struct ms_err *err)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		ms_fail(err, MS_PROTO,
		    "reading the server's answer took more than %d seconds of "
		    "processor time",
		    WORKER_CPU);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		ms_fail(err, MS_PROTO,
		    "the process that reads the server's answers tried to "
		    "leave its sandbox; the server may be hostile");
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

/* A worker from which something can be read without waiting, or that is in the
 * middle of a message; NULL: none within wait_ms. */
static struct worker *
next_ready(struct worker_pool *p, int wait_ms)
{
	struct pollfd pfd[FETCH_CONNECTIONS_MAX];
	struct worker *w;
	size_t i, k;

	if (p->sending != NULL)
		return p->sending; /* the rest will come */
	for (i = 0; i < p->count; i++) {
		w = p->workers + (p->turn + i) % p->count;
		if (w->state != WORKER_GONE && ipc_ready(&w->ipc))
			return w;
	}
	for (i = 0; i < p->count; i++) {
		w = p->workers + i;
		pfd[i] = (struct pollfd){
		    .fd = w->state != WORKER_GONE ? w->ipc.fd : -1,
		    .events = POLLIN};
	}
	if (poll(pfd, (nfds_t)p->count, wait_ms) <= 0)
		return NULL;
	for (i = 0; i < p->count; i++) {
		k = (p->turn + i) % p->count;
		if (pfd[k].revents != 0)
			return p->workers + k;
	}
	return NULL;
}

bool
pool_ready(struct worker_pool *p, int wait_ms)
{
	return next_ready(p, wait_ms) != NULL;
}

enum pool_event
pool_wait(struct worker_pool *p, int wait_ms, struct worker **from,
    struct ipc_message *m, struct ms_err *err)
{
	struct worker *w = next_ready(p, wait_ms);
	int got, status;

	if (w == NULL)
		return POOL_NOTHING;
	*from = w;
	p->turn = (size_t)(w - p->workers);
	got = ipc_receive(&w->ipc, m, err);
	if (got == 1) {
		if (m->type == SAY_MESSAGE)
			p->sending = w;
		else if (m->type != SAY_DATA)
			p->sending = NULL;
		return POOL_MESSAGE;
	}
	if (got < 0) /* a server may have taken over the process */
		kill(w->pid, SIGKILL);
	status = reap(w->pid);
	if (got == 0)
		explain_end(status, err);
	w->pid = 0;
	forget(w);
	p->sending = NULL;
	return POOL_WORKER_DIED;
}
