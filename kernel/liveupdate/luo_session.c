// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: named sets of files, outgoing ones and incoming ones.
 *
 * A session that has an fd belongs to the fd, and is given back when the fd is
 * closed. An incoming session that has none belongs to the list.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "luo_internal.h"

static const struct rhashtable_params name_params = {
	.key_len = LUO_NAME_SIZE,
	.key_offset = offsetof(struct luo_session, name),
	.head_offset = offsetof(struct luo_session, hash),
	.automatic_shrinking = true,
};

/**
 * struct luo_session_list - the sessions of one direction
 * @lock: protects everything in here, and what changes in the sessions
 * @names: the sessions by name
 * @list: the sessions in the order of creation
 * @chain: room for the records of outgoing sessions
 * @waiting: number of incoming sessions that are neither finished nor damaged
 */
struct luo_session_list {
	struct mutex lock;
	struct rhashtable names;
	struct list_head list;
	struct luo_chain chain;
	unsigned long waiting;
};

static struct luo_session_list outgoing = {
	.lock = __MUTEX_INITIALIZER(outgoing.lock),
	.list = LIST_HEAD_INIT(outgoing.list),
};

static struct luo_session_list incoming = {
	.lock = __MUTEX_INITIALIZER(incoming.lock),
	.list = LIST_HEAD_INIT(incoming.list),
};

int __init luo_session_init(void)
{
	int err;

	luo_chain_init(&outgoing.chain, sizeof(struct luo_session_ser));
	err = rhashtable_init(&outgoing.names, &name_params);
	if (err)
		return err;
	err = rhashtable_init(&incoming.names, &name_params);
	if (err)
		rhashtable_destroy(&outgoing.names);
	return err;
}

static struct luo_session *alloc_session(const char *name, bool is_incoming,
					 gfp_t gfp)
{
	struct luo_session *session = kzalloc(sizeof(*session), gfp);

	if (!session)
		return NULL;
	strscpy_pad(session->name, name);
	session->incoming = is_incoming;
	luo_files_init(&session->files);
	return session;
}

static void free_session(struct luo_session *session)
{
	luo_files_destroy(&session->files);
	kfree(session);
}

static int insert_session(struct luo_session_list *list,
			  struct luo_session *session)
{
	int err;

	lockdep_assert_held(&list->lock);

	err = rhashtable_lookup_insert_fast(&list->names, &session->hash,
					    name_params);
	if (!err)
		list_add_tail(&session->list, &list->list);
	return err;
}

static void remove_session(struct luo_session_list *list,
			   struct luo_session *session)
{
	lockdep_assert_held(&list->lock);

	rhashtable_remove_fast(&list->names, &session->hash, name_params);
	list_del(&session->list);
}

static int insert_outgoing(struct luo_session *session)
{
	int err;

	lockdep_assert_held(&outgoing.lock);

	err = luo_chain_reserve(&outgoing.chain);
	if (err)
		return err;
	err = insert_session(&outgoing, session);
	if (err)
		luo_chain_unreserve(&outgoing.chain);
	return err;
}

/*
 * A new outgoing session, without files. @name is NUL-terminated and not
 * empty. -EEXIST if there is one of that name.
 */
struct luo_session *luo_session_create(const char *name)
{
	struct luo_session *session;
	int err;

	session = alloc_session(name, false, GFP_KERNEL_ACCOUNT);
	if (!session)
		return ERR_PTR(-ENOMEM);
	scoped_guard(mutex, &outgoing.lock)
		err = insert_outgoing(session);
	if (err) {
		free_session(session);
		return ERR_PTR(err);
	}
	return session;
}

/* Drops an outgoing session: its files are ordinary files again. */
void luo_session_destroy(struct luo_session *session)
{
	luo_files_unpreserve(&session->files);
	scoped_guard(mutex, &outgoing.lock) {
		remove_session(&outgoing, session);
		luo_chain_unreserve(&outgoing.chain);
	}
	free_session(session);
}

static struct luo_session *find_incoming(const char *name)
{
	char key[LUO_NAME_SIZE];

	lockdep_assert_held(&incoming.lock);

	strscpy_pad(key, name);
	return rhashtable_lookup_fast(&incoming.names, key, name_params);
}

/*
 * Takes hold of an incoming session. -ENOENT if there is none of that name,
 * -EINVAL if somebody holds it, -EIO if it is damaged.
 */
struct luo_session *luo_session_claim(const char *name)
{
	struct luo_session *session;

	guard(mutex)(&incoming.lock);
	session = find_incoming(name);
	if (!session)
		return ERR_PTR(-ENOENT);
	if (session->err)
		return ERR_PTR(session->err);
	if (session->held)
		return ERR_PTR(-EINVAL);
	session->held = true;
	return session;
}

/* Takes back luo_session_claim(). */
void luo_session_unclaim(struct luo_session *session)
{
	guard(mutex)(&incoming.lock);
	session->held = false;
}

static void mark_finished(struct luo_session *session)
{
	guard(mutex)(&incoming.lock);
	if (!session->finished)
		incoming.waiting--;
	session->finished = true;
}

/*
 * Ends the update for an incoming session, which stays there, without files,
 * until its fd is closed.
 */
int luo_session_finish(struct luo_session *session)
{
	int err;

	err = luo_files_finish(&session->files);
	if (!err)
		mark_finished(session);
	return err;
}

static void destroy_incoming(struct luo_session *session)
{
	scoped_guard(mutex, &incoming.lock)
		remove_session(&incoming, session);
	free_session(session);
}

/*
 * The fd of an incoming session is closed. If there are files that nobody
 * retrieved, the session waits for the next holder.
 */
void luo_session_release(struct luo_session *session)
{
	if (!session->finished) {
		if (!luo_files_settle(&session->files)) {
			luo_session_unclaim(session);
			return;
		}
		mark_finished(session);
	}
	destroy_incoming(session);
}

bool luo_sessions_outgoing(void)
{
	guard(mutex)(&outgoing.lock);
	return !list_empty(&outgoing.list);
}

bool luo_sessions_incoming(void)
{
	guard(mutex)(&incoming.lock);
	return incoming.waiting;
}

static int freeze_all(void)
{
	struct luo_session *session;
	int err;

	list_for_each_entry(session, &outgoing.list, list) {
		err = luo_files_freeze(&session->files);
		if (err) {
			list_for_each_entry_continue_reverse(session,
							     &outgoing.list,
							     list)
				luo_files_unfreeze(&session->files);
			return err;
		}
	}
	return 0;
}

static u64 write_all(void)
{
	struct luo_chain_writer writer;
	struct luo_session_ser *ser;
	struct luo_session *session;

	luo_chain_write(&writer, &outgoing.chain);
	list_for_each_entry(session, &outgoing.list, list) {
		ser = luo_chain_add(&writer);
		strscpy_pad(ser->name, session->name);
		luo_files_write(&session->files, ser);
	}
	return luo_chain_pa(&outgoing.chain);
}

/*
 * Freezes all outgoing sessions, or none, and writes their records. @pa is
 * what the next kernel has to be told, 0 if there are no sessions.
 */
int luo_sessions_freeze(u64 *pa)
{
	int err;

	guard(mutex)(&outgoing.lock);
	err = freeze_all();
	if (!err)
		*pa = write_all();
	return err;
}

static bool name_is_sane(const char *name)
{
	return *name && strnlen(name, LUO_NAME_SIZE) < LUO_NAME_SIZE;
}

static int __init read_session(const struct luo_session_ser *ser)
{
	struct luo_session *session;
	int err;

	if (!name_is_sane(ser->name))
		return -EIO;
	session = alloc_session(ser->name, true, GFP_KERNEL);
	if (!session)
		return -ENOMEM;
	err = insert_session(&incoming, session);
	if (err) {
		free_session(session);
		return err;
	}
	session->err = luo_files_read(&session->files, ser);
	if (session->err)
		pr_err("session %s is damaged: %d\n", session->name,
		       session->err);
	else
		incoming.waiting++;
	return 0;
}

static int __init read_all(u64 pa)
{
	const struct luo_session_ser *ser;
	struct luo_chain_reader reader;
	int err;

	luo_chain_read(&reader, pa, sizeof(*ser));
	while ((ser = luo_chain_next(&reader))) {
		if (IS_ERR(ser))
			return PTR_ERR(ser);
		err = read_session(ser);
		if (err)
			pr_err("a session cannot be taken over: %d\n", err);
	}
	return 0;
}

/*
 * Reads the sessions that the previous kernel left. What is wrong with one of
 * them does not harm the others; an error means that the list is damaged.
 */
int __init luo_sessions_read(u64 pa)
{
	int err;

	guard(mutex)(&incoming.lock);
	err = read_all(pa);
	if (!err)
		luo_chain_free_incoming(pa);
	return err;
}
