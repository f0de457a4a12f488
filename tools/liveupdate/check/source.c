// SPDX-License-Identifier: GPL-2.0
/*
 * Find the format catalog of a kernel: in its image, compressed or not, in the
 * file next to it, in its modules, or in sysfs.
 */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog.h"
#include "source.h"

#define SYSFS	"/sys/kernel/liveupdate/catalog"

/* The modinfo field of modules, and of code that is built in. */
#define MODINFO	"liveupdate="

/* nftw() does not pass an argument to its callback. */
static struct catalog *walk_catalog;
static const char *walk_culprit;

static int scan_mapped(struct catalog *catalog, int fd, size_t size)
{
	char *map;
	int err;

	if (!size)
		return 0;
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	err = catalog_scan(catalog, map, size);
	munmap(map, size);
	return err;
}

static int scan_file(struct catalog *catalog, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) ? -errno : scan_mapped(catalog, fd, st.st_size);
	close(fd);
	return err;
}

/* The size of a sysfs file is not known before it is read. */
static int scan_sysfs(struct catalog *catalog)
{
	const char *root = getenv("LUO_CHECK_SYSFS");
	int fd = open(root ? root : SYSFS, O_RDONLY | O_CLOEXEC);
	char text[65536];
	ssize_t n, used = 0;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + used, sizeof(text) - used)) > 0)
		used += n;
	close(fd);
	if (n < 0)
		return -errno;
	return catalog_scan(catalog, text, used);
}

/*
 * Lines end with @end: a newline from modinfo, a NUL in
 * modules.builtin.modinfo.
 */
static int scan_stream(struct catalog *catalog, FILE *f, int end,
		       const char *key)
{
	size_t room = 0;
	char *line = NULL, *at;
	int err = 0;

	while (!err && getdelim(&line, &room, end, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		at = *key ? strstr(line, key) : line;
		if (at)
			err = catalog_add_line(catalog, at + strlen(key));
	}
	free(line);
	return err;
}

static int scan_builtin(struct catalog *catalog, const char *path)
{
	FILE *f = fopen(path, "re");
	int err;

	if (!f)
		return -errno;
	err = scan_stream(catalog, f, '\0', "." MODINFO);
	fclose(f);
	/* modules.builtin.modinfo covers everything that is built in. */
	if (!err)
		catalog->complete = true;
	return err;
}

static _Noreturn void exec_modinfo(int out, const char *path)
{
	dup2(out, STDOUT_FILENO);
	execlp("modinfo", "modinfo", "-F", "liveupdate", path, (char *)NULL);
	_exit(127);
}

/* modinfo decompresses modules. */
static int scan_packed(struct catalog *catalog, const char *path)
{
	int fds[2], err = -EIO, status;
	pid_t pid;
	FILE *f;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		exec_modinfo(fds[1], path);
	close(fds[1]);
	f = fdopen(fds[0], "r");
	if (f) {
		err = scan_stream(catalog, f, '\n', "");
		fclose(f);
	} else {
		close(fds[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return -EIO;
	return err;
}

static bool ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len >= n && !strcmp(path + len - n, end);
}

static int scan_entry(const char *path)
{
	if (ends_with(path, "/modules.builtin.modinfo"))
		return scan_builtin(walk_catalog, path);
	if (ends_with(path, ".ko"))
		return scan_file(walk_catalog, path);
	if (ends_with(path, ".ko.xz") || ends_with(path, ".ko.zst") ||
	    ends_with(path, ".ko.gz"))
		return scan_packed(walk_catalog, path);
	return 0;
}

static int visit(const char *path, const struct stat *st, int type,
		 struct FTW *ftw)
{
	int err;

	(void)st;
	(void)ftw;
	if (type != FTW_F)
		return 0;
	err = scan_entry(path);
	if (err)
		walk_culprit = strdup(path);
	return err;
}

static int scan_directory(struct catalog *catalog, const char *path,
			  const char **culprit)
{
	int err;

	walk_catalog = catalog;
	walk_culprit = NULL;
	err = nftw(path, visit, 16, FTW_PHYS);
	if (walk_culprit)
		*culprit = walk_culprit;
	return err == -1 ? -errno : err;
}

int source_read(struct catalog *catalog, const char *source,
		const char **culprit)
{
	struct stat st;
	int err;

	catalog_init(catalog, source);
	*culprit = source;
	if (!strcmp(source, SOURCE_RUNNING)) {
		catalog->running = true;
		*culprit = SYSFS;
		err = scan_sysfs(catalog);
	} else if (stat(source, &st)) {
		err = -errno;
	} else if (S_ISDIR(st.st_mode)) {
		err = scan_directory(catalog, source, culprit);
	} else {
		err = scan_file(catalog, source);
	}
	if (err)
		catalog_free(catalog);
	else
		catalog_sort(catalog);
	return err;
}
