/*
 * pool.h - a fixed number of threads, which run jobs in the order of
 * submission. One thread, the owner, submits jobs and waits for them; it runs
 * jobs while it waits. Layer: bottom.
 */
#ifndef MS_POOL_H
#define MS_POOL_H
#include <stdbool.h>

#define MS_POOL_DEFAULT_MAX 8 /* threads, for any number of processors */

struct ms_pool;

/*
 * One piece of work. Embed it in a struct and set run. The other fields belong
 * to the pool from ms_pool_submit() until ms_pool_wait() returns.
 */
struct ms_job {
	/*
	 * worker is the number of the thread that runs the job: 0..threads - 1
	 * for the threads of the pool, `threads` for the owner in
	 * ms_pool_wait() or ms_pool_free(). Jobs that run at the same time have
	 * different numbers, so scratch memory can be an array of threads + 1
	 * elements.
	 */
	void (*run)(struct ms_job *job, unsigned worker);
	struct ms_job *next;
	bool done;
};

/*
 * The number of processors that this process may use, in
 * 1..MS_POOL_DEFAULT_MAX.
 */
unsigned ms_pool_default_threads(void);

/*
 * Starts threads. With 0 threads, ms_pool_wait() runs every job. If the system
 * refuses a thread, the pool works with fewer. The threads block all signals
 * except those that a fault of their own raises.
 */
struct ms_pool *ms_pool_new(unsigned threads);
/*
 * Runs the jobs that are still queued, and ends the threads. pool may be NULL.
 */
void ms_pool_free(struct ms_pool *pool);

/* Queues a job, which must not be moved before ms_pool_wait() returns. */
void ms_pool_submit(struct ms_pool *pool, struct ms_job *job);
/* Returns when a submitted job is done; may run other jobs in the meantime. */
void ms_pool_wait(struct ms_pool *pool, struct ms_job *job);

#endif
