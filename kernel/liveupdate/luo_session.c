// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: named sets of files, outgoing and incoming.
 *
 * A session with an fd is owned by the fd and released when the fd is closed.
 * An incoming session without an fd is owned by the list.
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

struct luo_session_list luo_outgoing = {
	.lock = __MUTEX_INITIALIZER(luo_outgoing.lock),
	.list = LIST_HEAD_INIT(luo_outgoing.list),
};

struct luo_session_list luo_incoming = {
	.lock = __MUTEX_INITIALIZER(luo_incoming.lock),
	.list = LIST_HEAD_INIT(luo_incoming.list),
};

int __init luo_session_init(void)
{
	int err;

	luo_chain_init(&luo_outgoing.chain, sizeof(struct luo_session_ser));
	err = rhashtable_init(&luo_outgoing.names, &name_params);
	if (err)
		return err;
	err = rhashtable_init(&luo_incoming.names, &name_params);
	if (err)
		rhashtable_destroy(&luo_outgoing.names);
	return err;
}

static struct luo_session *alloc_session(const char *name, bool incoming,
					 gfp_t gfp)
{
	struct luo_session *session = kzalloc(sizeof(*session), gfp);

	if (!session)
		return NULL;
	strscpy_pad(session->name, name);
	session->incoming = incoming;
	session->state = incoming ? LIVEUPDATE_STATE_UPDATED :
				    LIVEUPDATE_STATE_NORMAL;
	luo_watch_init(&session->watch);
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
	if (err)
		return err;
	session->id = ++list->last_id;
	list_add_tail(&session->list, &list->list);
	return 0;
}

static void remove_session(struct luo_session_list *list,
			   struct luo_session *session)
{
	lockdep_assert_held(&list->lock);

	rhashtable_remove_fast(&list->names, &session->hash, name_params);
	list_del(&session->list);
}

static struct luo_session *find_session(struct luo_session_list *list,
					const char *name)
{
	char key[LUO_NAME_SIZE];

	lockdep_assert_held(&list->lock);

	strscpy_pad(key, name);
	return rhashtable_lookup_fast(&list->names, key, name_params);
}

static int insert_outgoing(struct luo_session *session)
{
	int err;

	lockdep_assert_held(&luo_outgoing.lock);

	err = luo_chain_reserve(&luo_outgoing.chain);
	if (err)
		return err;
	err = insert_session(&luo_outgoing, session);
	if (err)
		luo_chain_unreserve(&luo_outgoing.chain);
	return err;
}

/*
 * Creates an outgoing session without files. @name is NUL-terminated and not
 * empty. Fails with -EEXIST if an outgoing session has that name.
 */
struct luo_session *luo_session_create(const char *name)
{
	struct luo_session *session;
	int err;

	session = alloc_session(name, false, GFP_KERNEL_ACCOUNT);
	if (!session)
		return ERR_PTR(-ENOMEM);
	scoped_guard(mutex, &luo_outgoing.lock)
		err = insert_outgoing(session);
	if (err) {
		free_session(session);
		return ERR_PTR(err);
	}
	return session;
}

/* Destroys an outgoing session and unpreserves its files. */
void luo_session_destroy(struct luo_session *session)
{
	luo_session_cancel(session);
	scoped_guard(rwsem_write, &session->files.lock)
		luo_files_unpreserve(&session->files);
	scoped_guard(mutex, &luo_outgoing.lock) {
		remove_session(&luo_outgoing, session);
		luo_chain_unreserve(&luo_outgoing.chain);
	}
	free_session(session);
}

/* True if an outgoing session has that name. */
bool luo_session_exists(const char *name)
{
	guard(mutex)(&luo_outgoing.lock);
	return find_session(&luo_outgoing, name);
}

/*
 * Marks an incoming session as held. Fails with -ENOENT if there is none of
 * that name, and with @held_err if it is already held.
 */
static struct luo_session *claim(const char *name, int held_err)
{
	struct luo_session *session;

	guard(mutex)(&luo_incoming.lock);
	session = find_session(&luo_incoming, name);
	if (!session)
		return ERR_PTR(-ENOENT);
	if (session->held)
		return ERR_PTR(held_err);
	session->held = true;
	return session;
}

/* Claims a session to retrieve files; -EIO if its records are malformed. */
struct luo_session *luo_session_claim(const char *name)
{
	struct luo_session *session = claim(name, -EINVAL);
	int err;

	if (IS_ERR(session) || !session->err)
		return session;
	err = session->err;
	luo_session_unclaim(session);
	return ERR_PTR(err);
}

/* Undoes luo_session_claim(). */
void luo_session_unclaim(struct luo_session *session)
{
	guard(mutex)(&luo_incoming.lock);
	session->held = false;
}

static void destroy_incoming(struct luo_session *session)
{
	scoped_guard(mutex, &luo_incoming.lock)
		remove_session(&luo_incoming, session);
	free_session(session);
}

/*
 * Called when the fd of an incoming session is closed. The session is destroyed
 * if it is finished or all its files are retrieved and can be finished;
 * otherwise it can be claimed again.
 */
void luo_session_release(struct luo_session *session)
{
	if (luo_session_settle(session))
		destroy_incoming(session);
	else
		luo_session_unclaim(session);
}

/*
 * Discards an incoming session with all its files. Fails with -EBUSY if it is
 * held, or with the error of luo_session_event().
 */
int luo_session_discard(const char *name)
{
	struct luo_session *session = claim(name, -EBUSY);
	int err;

	if (IS_ERR(session))
		return PTR_ERR(session);
	err = luo_session_event(session, LIVEUPDATE_FINISH);
	if (err)
		luo_session_unclaim(session);
	else
		destroy_incoming(session);
	return err;
}

/* Destroys all incoming sessions that are finished and not held. */
void luo_sessions_reap(void)
{
	struct luo_session *session, *tmp;

	luo_assert_event();

	list_for_each_entry_safe(session, tmp, &luo_incoming.list, list) {
		if (!session->held &&
		    session->state == LIVEUPDATE_STATE_NORMAL)
			destroy_incoming(session);
	}
}

/*
 * Adds an incoming session, which luo_session_handover.c fills in. Fails with
 * -EEXIST if an incoming session has that name.
 */
struct luo_session *__init luo_session_add_incoming(const char *name)
{
	struct luo_session *session = alloc_session(name, true, GFP_KERNEL);
	int err;

	if (!session)
		return ERR_PTR(-ENOMEM);
	scoped_guard(mutex, &luo_incoming.lock) {
		err = insert_session(&luo_incoming, session);
		if (!err)
			luo_incoming.waiting++;
	}
	if (err) {
		free_session(session);
		return ERR_PTR(err);
	}
	return session;
}

/*
 * Describes up to @room sessions of one direction with an id greater than
 * *@seen, returns their number, and sets *@seen to the last id.
 */
unsigned int luo_session_list_fill(struct luo_session_list *list, u64 *seen,
				   struct liveupdate_session_info *info,
				   unsigned int room)
{
	struct luo_session *session;
	unsigned int nr = 0;

	guard(mutex)(&list->lock);
	list_for_each_entry(session, &list->list, list) {
		if (session->id <= *seen)
			continue;
		if (nr == room)
			break;
		luo_session_describe(session, &info[nr++]);
		*seen = session->id;
	}
	return nr;
}
