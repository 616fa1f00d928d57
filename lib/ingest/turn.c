/* turn.c - lets the caller and the ticker use the pipeline in turns. */
#include "impl.h"

void
ms_ingest_enter(struct ms_ingest *in)
{
	pthread_mutex_lock(&in->lock);
	while (in->busy)
		pthread_cond_wait(&in->wake, &in->lock);
	in->busy = true;
}

void
ms_ingest_leave(struct ms_ingest *in)
{
	in->busy = false;
	pthread_mutex_unlock(&in->lock);
}
