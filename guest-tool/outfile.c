// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outfile.h"
#include "util.h"

/* A device, a pipe or /dev/stdout cannot be replaced. */
static bool is_special(const char *path)
{
	struct stat status;

	return !stat(path, &status) && !S_ISREG(status.st_mode);
}

static FILE *open_temporary(struct outfile *out)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&out->temporary, "%s.XXXXXX", out->path) < 0) {
		out->temporary = NULL;
		return NULL;
	}
	fd = mkostemp(out->temporary, O_CLOEXEC);
	if (fd < 0) {
		free(out->temporary);
		out->temporary = NULL;
		return NULL;
	}
	fchmod(fd, 0666 & ~mask);
	return fdopen(fd, "w");
}

int outfile_open(struct outfile *out, const char *path)
{
	*out = (struct outfile) { .path = path };
	out->file = is_special(path) ? fopen(path, "we") : open_temporary(out);
	if (!out->file)
		return fail(STATUS_FAILURE, "cannot write %s: %s", path, strerror(errno));
	return STATUS_OK;
}

int outfile_close(struct outfile *out, bool good)
{
	int error = 0;

	if (fflush(out->file) || ferror(out->file))
		error = errno ? errno : EIO;
	if (fclose(out->file) && !error)
		error = errno;
	if (out->temporary) {
		if (good && !error && rename(out->temporary, out->path))
			error = errno;
		if (!good || error)
			unlink(out->temporary);
		free(out->temporary);
	}
	if (error)
		return fail(STATUS_FAILURE, "cannot write %s: %s", out->path, strerror(error));
	return STATUS_OK;
}
