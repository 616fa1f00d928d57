/*
 * pool.h - a fixed number of threads that run jobs in the order in which they
 * were submitted. One thread, the owner, submits and waits; while it waits it
 * works too. Layer: bottom.
 */
#ifndef MS_POOL_H
#define MS_POOL_H
#include <stdbool.h>

#define MS_POOL_DEFAULT_MAX 8 /* threads, however many processors there are */

struct ms_pool;

/*
 * One piece of work. Embed it in a struct of the caller's; set run. The rest
 * is the pool's from ms_pool_submit() to the end of ms_pool_wait().
 */
struct ms_job {
	/*
	 * worker tells who runs it: 0..threads - 1 are the pool's threads,
	 * threads is the owner in ms_pool_wait() or ms_pool_free(). Two jobs
	 * that run at once have different numbers, so scratch memory can be
	 * kept in an array of threads + 1.
	 */
	void (*run)(struct ms_job *job, unsigned worker);
	struct ms_job *next;
	bool done;
};

/* Processors this process may use, at most MS_POOL_DEFAULT_MAX, at least 1. */
unsigned ms_pool_default_threads(void);

/*
 * Starts threads; 0 is legal, all is then done in ms_pool_wait(). Where the
 * system refuses a thread the pool goes on with fewer. The threads take no
 * signals but those they raise themselves.
 */
struct ms_pool *ms_pool_new(unsigned threads);
/* Runs what is still queued, ends the threads. NULL is fine. */
void ms_pool_free(struct ms_pool *pool);

/* Queues a job, which must stay where it is until it has been waited for. */
void ms_pool_submit(struct ms_pool *pool, struct ms_job *job);
/* Returns when job, submitted before, is done; may run others meanwhile. */
void ms_pool_wait(struct ms_pool *pool, struct ms_job *job);

#endif
