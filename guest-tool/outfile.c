// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outfile.h"
#include "util.h"

/* What a link that leads nowhere yet would lead to.  Returns NULL with errno set. */
static char *read_link(const char *path)
{
	char to[PATH_MAX], *copy, *target = NULL;
	ssize_t length = readlink(path, to, sizeof(to) - 1);

	if (length < 0)
		return NULL;
	to[length] = '\0';
	if (*to == '/')
		return strdup(to);
	copy = strdup(path);
	if (!copy || asprintf(&target, "%s/%s", dirname(copy), to) < 0)
		target = NULL;
	free(copy);
	return target;
}

/* Where a path leads through links, be it to nothing yet.  Returns NULL with errno set. */
static char *follow_links(const char *path)
{
	char *place = realpath(path, NULL), *next;

	/* A circle of links is ELOOP. */
	if (place || errno != ENOENT)
		return place;
	place = strdup(path);
	while (place && (next = read_link(place))) {
		free(place);
		place = next;
	}
	return place;
}

/* The owner and the mode are the old file's, or nobody may more than before. */
static void become(int fd, const struct stat *old)
{
	mode_t mode = old->st_mode & 0777;

	(void)!fchown(fd, old->st_uid, -1);
	if (fchown(fd, -1, old->st_gid))
		mode &= ~0070;
	fchmod(fd, mode);
}

static void become_new(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	fchmod(fd, 0666 & ~mask);
}

/* What has no name yet needs none to be taken away, however this program ends. */
static int open_nameless(const struct outfile *out)
{
	char *copy = strdup(out->place);
	int fd = -1;

	/* By its entry there it gets a name in the end. */
	if (copy && !access("/proc/self/fd", X_OK))
		fd = open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	free(copy);
	return fd;
}

/* Where the file system has no such files */
static int open_named(struct outfile *out)
{
	char *temporary;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", out->place) < 0)
		return -1;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		free(temporary);
	else
		out->temporary = temporary;
	return fd;
}

/* old is what is there, or NULL. */
static FILE *open_temporary(struct outfile *out, const struct stat *old)
{
	FILE *file;
	int fd, error;

	/* What may not be written is not to be replaced either. */
	if (old && access(out->place, W_OK))
		return NULL;
	fd = open_nameless(out);
	if (fd < 0)
		fd = open_named(out);
	if (fd < 0)
		return NULL;
	if (old)
		become(fd, old);
	else
		become_new(fd);
	file = fdopen(fd, "w");
	if (!file) {
		error = errno;
		close(fd);
		if (out->temporary)
			unlink(out->temporary);
		errno = error;
	}
	return file;
}

static int link_as(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) ? errno : 0;
}

/* With a name beside its place, where an old one is.  Returns 0 or an error number. */
static int replace_old(const struct outfile *out, const char *from)
{
	unsigned int number;
	char *beside;
	int error;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number) ||
	    asprintf(&beside, "%s.%06x", out->place, number & 0xffffff) < 0)
		return ENOMEM;
	error = link_as(from, beside);
	if (!error && rename(beside, out->place)) {
		error = errno;
		unlink(beside);
	}
	free(beside);
	return error;
}

/* Put what has no name in its place.  Returns 0 or an error number. */
static int give_name(const struct outfile *out)
{
	char from[32];
	int error;

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fileno(out->file));
	error = link_as(from, out->place);
	while (error == EEXIST)
		error = replace_old(out, from);
	return error;
}

/* An open file under another name: who reads that is not to be left with the old one. */
static bool is_open_file(const char *path)
{
	return !strncmp(path, "/dev/std", 8) || !strncmp(path, "/dev/fd/", 8) ||
	       !strncmp(path, "/proc/", 6);
}

static FILE *open_place(struct outfile *out)
{
	struct stat old;
	bool exists = !stat(out->path, &old);

	/* A device or a pipe cannot be replaced. */
	if (is_open_file(out->path) || (exists && !S_ISREG(old.st_mode)))
		return fopen(out->path, "we");
	out->place = follow_links(out->path);
	return out->place ? open_temporary(out, exists ? &old : NULL) : NULL;
}

static void forget(struct outfile *out)
{
	free(out->temporary);
	free(out->place);
}

int outfile_open(struct outfile *out, const char *path)
{
	int error;

	*out = (struct outfile) { .path = path };
	out->file = open_place(out);
	if (out->file)
		return STATUS_OK;
	error = errno;
	forget(out);
	return fail(STATUS_FAILURE, "cannot write %s: %s", path, strerror(error));
}

int outfile_close(struct outfile *out, bool good)
{
	int error = 0;

	if (fflush(out->file) || ferror(out->file))
		error = errno ? errno : EIO;
	if (good && !error && out->place && !out->temporary)
		error = give_name(out);
	if (fclose(out->file) && !error)
		error = errno;
	if (out->temporary) {
		if (good && !error && rename(out->temporary, out->place))
			error = errno;
		if (!good || error)
			unlink(out->temporary);
	}
	forget(out);
	if (error)
		return fail(STATUS_FAILURE, "cannot write %s: %s", out->path, strerror(error));
	return STATUS_OK;
}
