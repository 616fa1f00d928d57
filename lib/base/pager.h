/*
 * pager.h - shows long output on a terminal in a pager, as git does. Layer:
 * above term.
 */
#ifndef MS_PAGER_H
#define MS_PAGER_H
#include <stdbool.h>

/*
 * From now on, standard output goes through the pager, if it is a terminal: the
 * command of PAGER, else of the key `pager` of ms-config(5), else less(1),
 * which gets LESS=FRX if LESS is not set, so that a short output is just
 * printed. "cat" and "" are no pager.
 */
void ms_pager_start(void);
/* Whether standard output goes through a pager. A user can leave it before it
 * has read everything, which is no error. */
bool ms_pager_is_on(void);
/* Waits for the end of the pager, if there is one, after standard output was
 * closed. */
void ms_pager_end(void);

#endif
