// SPDX-License-Identifier: GPL-2.0
/*
 * Serializing, deserializing and carrying forward sessions.
 *
 * The format is in <linux/kho/abi/luo.h>.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/list.h>
#include <linux/string.h>

#include "luo_internal.h"

static void write_session(struct luo_chain_writer *writer,
			  struct luo_session *session)
{
	struct luo_session_ser *ser = luo_chain_add(writer);

	strscpy_pad(ser->name, session->name);
	if (session->err) {
		ser->files = session->damaged.files;
		ser->count = session->damaged.count;
		return;
	}
	luo_files_write(&session->files, ser);
}

/*
 * Serializes all sessions that are frozen or carried forward. Cannot fail: the
 * room is reserved. Returns the pa of the records for the next kernel, 0 if
 * there are no sessions.
 */
u64 luo_sessions_write(void)
{
	struct luo_chain_writer writer;
	struct luo_session *session;

	luo_assert_event();

	luo_chain_write(&writer, &luo_outgoing.chain);
	list_for_each_entry(session, &luo_outgoing.list, list)
		write_session(&writer, session);
	list_for_each_entry(session, &luo_incoming.list, list) {
		if (session->handed_on)
			write_session(&writer, session);
	}
	return luo_chain_pa(&luo_outgoing.chain);
}

static int hand_on(struct luo_session *session)
{
	int err;

	/* Retrieved files are in use and cannot be handed over unchanged. */
	if (session->held || luo_files_any_retrieved(&session->files))
		return -EBUSY;
	if (luo_session_exists(session->name))
		return -EEXIST;
	err = luo_chain_reserve(&luo_outgoing.chain);
	if (err)
		return err;
	err = luo_files_reserve(&session->files);
	if (err) {
		luo_chain_unreserve(&luo_outgoing.chain);
		return err;
	}
	session->handed_on = true;
	return 0;
}

static void take_back(struct luo_session *session)
{
	if (!session->handed_on)
		return;
	session->handed_on = false;
	luo_files_unreserve(&session->files);
	luo_chain_unreserve(&luo_outgoing.chain);
}

/*
 * Carries forward all unfinished incoming sessions, or none; the caller carries
 * forward their memory. Fails with -EBUSY if a session is held, or has a
 * retrieved file that could not be finished; -EEXIST if an outgoing session has
 * the same name.
 */
int luo_sessions_hand_on(void)
{
	struct luo_session *session;
	int err;

	luo_assert_event();

	list_for_each_entry(session, &luo_incoming.list, list) {
		if (session->state != LIVEUPDATE_STATE_UPDATED)
			continue;
		err = hand_on(session);
		if (err) {
			luo_sessions_take_back();
			return err;
		}
	}
	return 0;
}

/* Undoes luo_sessions_hand_on(). */
void luo_sessions_take_back(void)
{
	struct luo_session *session;

	luo_assert_event();

	list_for_each_entry_reverse(session, &luo_incoming.list, list)
		take_back(session);
}

static int __init read_session(const struct luo_session_ser *ser)
{
	struct luo_session *session;

	if (!luo_name_is_valid((const u8 *)ser->name))
		return -EIO;
	session = luo_session_add_incoming(ser->name);
	if (IS_ERR(session))
		return PTR_ERR(session);
	session->damaged = *ser;
	return 0;
}

static void __init read_files(struct luo_session *session)
{
	int err = luo_files_read(&session->files, &session->damaged);

	if (!err)
		return;
	pr_err("session \"%s\": cannot read its files: %d\n", session->name, err);
	session->err = -EIO;
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
			pr_err("ignoring a session record of the previous kernel: %d\n", err);
	}
	return 0;
}

/*
 * Deserializes the sessions of the previous kernel. A malformed session does
 * not affect the others; an error means that the list of sessions is malformed.
 */
int __init luo_sessions_read(u64 pa)
{
	struct luo_session *session;
	int err;

	err = read_all(pa);
	if (err)
		return err;
	/*
	 * Freed first: a malformed session that refers to this list as its
	 * files then fails to read them.
	 */
	luo_chain_free_incoming(pa);
	list_for_each_entry(session, &luo_incoming.list, list)
		read_files(session);
	return 0;
}
