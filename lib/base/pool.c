/* pool.c - a queue of jobs, threads that run them, and an owner that helps. */
#include "pool.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "buf.h"

struct worker {
	struct ms_pool *pool;
	pthread_t thread;
	unsigned number;
};

struct ms_pool {
	pthread_mutex_t lock;
	pthread_cond_t work; /* signalled for a new job, and at the end */
	pthread_cond_t done; /* signalled when a job is done */
	struct ms_job *first, **last;
	bool ending;
	unsigned threads; /* requested number of threads */
	unsigned started;
	struct worker *workers;
};

unsigned
ms_pool_default_threads(void)
{
	cpu_set_t set;
	int n;

	/* The call fails on systems with more than 1,024 processors. */
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return MS_POOL_DEFAULT_MAX;
	n = CPU_COUNT(&set);
	if (n < 1)
		return 1;
	return n < MS_POOL_DEFAULT_MAX ? (unsigned)n : MS_POOL_DEFAULT_MAX;
}

/*
 * Removes the first job from the queue and runs it. The caller holds the lock,
 * which is released while the job runs.
 */
static void
run_first(struct ms_pool *pool, unsigned number)
{
	struct ms_job *job = pool->first;

	pool->first = job->next;
	if (pool->first == NULL)
		pool->last = &pool->first;
	pthread_mutex_unlock(&pool->lock);
	job->run(job, number);
	pthread_mutex_lock(&pool->lock);
	job->done = true;
	pthread_cond_signal(&pool->done);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct ms_pool *pool = w->pool;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		if (pool->first != NULL)
			run_first(pool, w->number);
		else if (pool->ending)
			break;
		else
			pthread_cond_wait(&pool->work, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/*
 * Only the owner receives signals, except those that a fault of a thread
 * raises.
 */
static void
start_workers(struct ms_pool *pool)
{
	sigset_t all, old;
	struct worker *w;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGABRT);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGSYS); /* is named: sandbox.h */
	sigdelset(&all, SIGILL);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (pool->started < pool->threads) {
		w = &pool->workers[pool->started];
		w->pool = pool;
		w->number = pool->started;
		if (pthread_create(&w->thread, NULL, work, w) != 0)
			break;
		pool->started++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct ms_pool *
ms_pool_new(unsigned threads)
{
	struct ms_pool *pool = ms_xcalloc(1, sizeof(*pool));

	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->done, NULL);
	pool->last = &pool->first;
	pool->threads = threads;
	pool->workers = ms_xcalloc(threads, sizeof(*pool->workers));
	start_workers(pool);
	return pool;
}

void
ms_pool_free(struct ms_pool *pool)
{
	unsigned i;

	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->work);
	while (pool->first != NULL)
		run_first(pool, pool->threads);
	pthread_mutex_unlock(&pool->lock);
	for (i = 0; i < pool->started; i++)
		pthread_join(pool->workers[i].thread, NULL);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool->workers);
	free(pool);
}

void
ms_pool_submit(struct ms_pool *pool, struct ms_job *job)
{
	assert(job->run != NULL);
	job->next = NULL;
	job->done = false;
	pthread_mutex_lock(&pool->lock);
	*pool->last = job;
	pool->last = &job->next;
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
}

void
ms_pool_wait(struct ms_pool *pool, struct ms_job *job)
{
	pthread_mutex_lock(&pool->lock);
	while (!job->done) {
		if (pool->first != NULL)
			run_first(pool, pool->threads);
		else
			pthread_cond_wait(&pool->done, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
}
