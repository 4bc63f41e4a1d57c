/*
 * full_disk.c
 *		A disk without space, for a server that is started with this as LD_PRELOAD: while the file that
 *		PF_DISK_FULL names exists, no file of a database grows. What is there can be written, and so can
 *		the WAL, as on a server whose tablespace is full.
 *
 * Built by test/t/390_scheduler_states.pl.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef ssize_t (*pwrite_function) (int fd, const void *data, size_t length, off_t at);

/* Would the write make a file of a database longer than it is? */
static int
grows(int fd, size_t length, off_t at)
{
	const char *full = getenv("PF_DISK_FULL");
	char		link[64];
	char		path[4096];
	ssize_t		n;
	struct stat st;

	if (full == NULL || access(full, F_OK) != 0 || fstat(fd, &st) != 0 || at + (off_t) length <= st.st_size)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return 0;
	path[n] = '\0';
	return strstr(path, "/base/") != NULL;
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t at)
{
	static pwrite_function next = NULL;

	if (next == NULL)
		next = (pwrite_function) dlsym(RTLD_NEXT, "pwrite");
	if (grows(fd, length, at))
	{
		errno = ENOSPC;
		return -1;
	}
	return next(fd, data, length, at);
}
