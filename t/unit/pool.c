/*
 * pool.c - every job runs once, in order; two jobs that run at the same time
 * have different worker numbers.
 */
#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

#define JOBS 2000
#define THREADS 3

struct square {
	struct ms_job job; /* first, so that a pointer to the job is a pointer
			      to the square */
	int in, out, runs;
};

static atomic_int busy[THREADS + 1];
static atomic_int clashes, out_of_range;
static atomic_int order[JOBS], started;

static void
run_square(struct ms_job *job, unsigned worker)
{
	struct square *s = (struct square *)job;

	if (worker > THREADS) {
		out_of_range++;
		return;
	}
	if (atomic_fetch_add(&busy[worker], 1) != 0)
		clashes++;
	if (s->in < JOBS)
		order[started++] = s->in;
	s->out = s->in * s->in;
	s->runs++;
	if (s->in % 64 == 0)
		usleep(100);
	atomic_fetch_sub(&busy[worker], 1);
}

static int
count_wrong(const struct square *jobs)
{
	int i, wrong = 0;

	for (i = 0; i < JOBS; i++)
		wrong += jobs[i].out != i * i || jobs[i].runs != 1;
	return wrong;
}

static void
test_all_run(unsigned threads)
{
	struct square *jobs = calloc(JOBS, sizeof(*jobs));
	struct ms_pool *pool = ms_pool_new(threads);
	int i, late = 0;

	started = 0;
	for (i = 0; i < JOBS; i++) {
		jobs[i].job.run = run_square;
		jobs[i].in = i;
		ms_pool_submit(pool, &jobs[i].job);
		/* A window of 8 jobs, like that of a pipeline. */
		if (i >= 8) {
			ms_pool_wait(pool, &jobs[i - 8].job);
			late += jobs[i - 8].runs != 1;
		}
	}
	for (i = JOBS - 8; i < JOBS; i++)
		ms_pool_wait(pool, &jobs[i].job);
	ok(late == 0, "%u threads: a job is done when wait returns", threads);
	ok(count_wrong(jobs) == 0, "%u threads: each job runs once", threads);
	ms_pool_free(pool);
	free(jobs);
}

static void
test_order(void)
{
	struct square *jobs = calloc(JOBS, sizeof(*jobs));
	struct ms_pool *pool = ms_pool_new(0);
	int i, wrong = 0;

	started = 0;
	for (i = 0; i < JOBS; i++) {
		jobs[i].job.run = run_square;
		jobs[i].in = i;
		ms_pool_submit(pool, &jobs[i].job);
	}
	ms_pool_wait(pool, &jobs[9].job);
	ok(jobs[9].runs == 1 && jobs[10].runs == 0,
	    "wait runs only the jobs that were queued before");
	ms_pool_free(pool);
	ok(count_wrong(jobs) == 0, "free runs the jobs that are still queued");
	for (i = 0; i < JOBS; i++)
		wrong += order[i] != i;
	ok(wrong == 0, "the jobs run in the order in which they were queued");
	free(jobs);
}

static volatile sig_atomic_t alarmed;
static pthread_t owner, alarmed_thread;

static void
on_alarm(int sig)
{
	(void)sig;
	alarmed_thread = pthread_self();
	alarmed = 1;
}

static void
test_signals(void)
{
	struct ms_pool *pool;
	int i, wrong = 0;

	owner = pthread_self();
	pool = ms_pool_new(THREADS);
	signal(SIGUSR1, on_alarm);
	for (i = 0; i < 50; i++) {
		alarmed = 0;
		kill(getpid(), SIGUSR1);
		while (!alarmed)
			usleep(10);
		wrong += !pthread_equal(alarmed_thread, owner);
	}
	ok(wrong == 0, "the main thread gets the signals");
	ms_pool_free(pool);
}

int
main(void)
{
	unsigned n = ms_pool_default_threads();

	ok(n >= 1 && n <= MS_POOL_DEFAULT_MAX,
	    "the default number of threads is %u", n);
	test_all_run(0);
	test_all_run(1);
	test_all_run(THREADS);
	test_order();
	test_signals();
	ok(clashes == 0,
	    "no two jobs had the same worker number at the same time");
	ok(out_of_range == 0, "the worker numbers are 0..threads");
	ms_pool_free(NULL);
	return done();
}
