/*
 * pass.h - passes an open descriptor to another process, with a message.
 * unix(7), SCM_RIGHTS. Layer: bottom.
 */
#ifndef MS_PASS_H
#define MS_PASS_H
#include <stddef.h>

/*
 * Sends n bytes (at least 1) and a descriptor, which stays open here, over a
 * socket; fd -1: the bytes alone. Returns 0, or -1 with errno.
 */
int ms_pass_send(int socket, const void *p, size_t n, int fd);
/*
 * Waits for one message of at most n bytes. Returns its length, 0 at the end
 * of the connection, or -1 with errno. *fd receives the descriptor, which is
 * closed at execve(2) and belongs to the caller, or -1.
 */
int ms_pass_receive(int socket, void *p, size_t n, int *fd);

#endif
