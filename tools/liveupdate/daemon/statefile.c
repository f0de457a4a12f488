// SPDX-License-Identifier: GPL-2.0
/*
 * The state file: a memfd with a header and two slots for a text. The header
 * says which slot is valid, and is written last. A reader finds either the old
 * or the new text, no matter when the writer was killed.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "luod.h"

#define MAGIC		0x54534f554c444f55ULL
#define VERSION		1
#define HEADER_SIZE	4096
#define FILE_SIZE	(HEADER_SIZE + 2 * STATE_SLOT_SIZE)

/* All fields in native byte order. */
struct header {
	uint64_t magic;
	uint32_t version;
	uint32_t slot;		/* 0 or 1 */
	uint64_t len;		/* of the text in the slot */
};

static off_t slot_offset(uint32_t slot)
{
	return HEADER_SIZE + slot * STATE_SLOT_SIZE;
}

int statefile_make(void)
{
	int fd = memfd_create("luod-state", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, FILE_SIZE)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static bool header_is_valid(const struct header *header)
{
	return header->magic == MAGIC && header->version == VERSION &&
	       header->slot < 2 && header->len <= STATE_SLOT_SIZE;
}

static int write_all(int fd, const void *data, size_t len, off_t offset)
{
	ssize_t n = pwrite(fd, data, len, offset);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int statefile_write(int fd, const char *text, size_t len)
{
	struct header header = { 0 };
	int err;

	if (len > STATE_SLOT_SIZE)
		return -E2BIG;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		return -EIO;
	header = (struct header) {
		.magic = MAGIC,
		.version = VERSION,
		.slot = header_is_valid(&header) ? !header.slot : 0,
		.len = len,
	};
	err = write_all(fd, text, len, slot_offset(header.slot));
	return err ?: write_all(fd, &header, sizeof(header), 0);
}

int statefile_read(int fd, char **text, size_t *len)
{
	struct header header;
	struct stat st;
	char *buf;

	if (fstat(fd, &st) || st.st_size != FILE_SIZE ||
	    pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    !header_is_valid(&header))
		return -EBADMSG;
	buf = malloc(header.len + 1);
	if (!buf)
		return -ENOMEM;
	if (pread(fd, buf, header.len, slot_offset(header.slot)) !=
	    (ssize_t)header.len) {
		free(buf);
		return -EBADMSG;
	}
	buf[header.len] = '\0';
	*text = buf;
	*len = header.len;
	return 0;
}
