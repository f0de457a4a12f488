/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Model of live update: the global state, session states, their events, close()
 * and reboot(2), across kernels. See README for its scope.
 *
 * Names are those of kernel/liveupdate/ where they exist there. Variables that
 * begin with owed_ or said_ are not in the kernel: they record what userspace
 * relies on.
 */

#ifndef SESSIONS
#define SESSIONS	2
#endif
#ifndef FILES
#define FILES		1
#endif
#define OWNERS		2

/*
 * A mutant of mutants.h, to check that its mistake is found. With ANY_MUTANT,
 * its number is in the environment of the verifier.
 */
#include "mutants.h"
#ifndef MUTANT
#define MUTANT		0
#endif
#ifdef ANY_MUTANT
byte mutant;
#define IS(_mutant)	(mutant == _mutant)
#else
#define IS(_mutant)	(MUTANT == _mutant)
#endif

/* As in <uapi/linux/liveupdate.h>. */
#define NORMAL		1
#define PREPARED	2
#define FROZEN		3
#define UPDATED		4
#define BACK		5
#define REFUSED		0

#define PREPARE		0
#define FREEZE		1
#define FINISH		2
#define CANCEL		3

/* As in luo_machine.h. */
#define WHOLE		0
#define OUTGOING	1
#define INCOMING	2

/* Bit for the session itself in a set of its files. */
#define SELF		(1 << FILES)
#define BIT(file)	(1 << (file))

/* State of a file: PREPARED, FROZEN, or one of these. */
#define ORDINARY	0
#define PRESERVED	NORMAL

/* luo_state. A lock is held by its @readers, or by a @writer. */
byte whole = NORMAL;
byte before = NORMAL;
byte readers;
bool writer;
byte writers_waiting;

/* @order is the list of files; @files and @tokens are sets. */
typedef outgoing_session {
	bool there;
	byte state;
	byte refs;
	byte files;
	byte order[FILES];
	byte tokens;
	byte done[FILES];
	byte readers;
	bool writer
};

/* @open: files that were retrieved; @busy: files that are being retrieved. */
typedef incoming_session {
	bool there;
	byte state;
	byte refs;
	bool held;
	bool handed_on;
	byte files;
	byte open;
	byte busy;
	byte readers;
	bool writer
};

outgoing_session outgoing[SESSIONS];
incoming_session incoming[SESSIONS];

/* Reserved records of sessions, and number of unfinished incoming sessions. */
byte reserved;
byte waiting;

/* This kernel has had incoming sessions. */
bool had_incoming;

/*
 * A subsystem: whether this kernel has it, the state of its callbacks, and
 * whether there is incoming data for it.
 */
bool subsystem;
byte subsystem_done;
bool data_came;
bool data_handed_on;

/* Handover records for the next kernel. */
bool kexec;
byte record[SESSIONS];
bool data_record;

/* Sets of sessions that must not be lost, and the process to end the update. */
byte owed_outgoing[SESSIONS];
byte owed_incoming[SESSIONS];
bool owed_data;
byte said_settle;

/* Callbacks that a global event may have to undo, in reverse order. */
#define TRAIL	(2 * (SESSIONS * FILES + 1))
#define SUBSYSTEM (SESSIONS * FILES)
byte trail[TRAIL];
byte trail_len;

/* A kexec without handover, and the number of owners that have noticed it. */
bool kexec_is_plain;
byte stopped;

/* Variables of check(). */
byte n, k, sum_reserved, sum_waiting;

#define QUIET	(!readers && !writer)

inline look_up(_what, _state, _event)
{
	if
#define LUO_TRANSITION(_kind, _from, _how, _to)			\
	:: _what == _kind && _state == _from && _event == _how -> to = _to;
#include "luo_transitions.h"
	:: else -> to = REFUSED
	fi
}

/*
 * Invariants that hold whenever no lock is held. They are checked where the
 * last lock is released.
 */
inline check_session(n)
{
	assert(!outgoing[n].readers && !outgoing[n].writer);
	assert(!incoming[n].readers && !incoming[n].writer);
	assert(!incoming[n].busy);
	assert(owed_outgoing[n] ==
	       (outgoing[n].there -> SELF + outgoing[n].tokens : 0));
	assert(owed_incoming[n] ==
	       (incoming[n].there && incoming[n].state == UPDATED ->
			SELF + incoming[n].files : 0));
	assert(!outgoing[n].refs || outgoing[n].there);
	assert(!incoming[n].refs || incoming[n].held);
	assert(!incoming[n].there || incoming[n].held ||
	       incoming[n].state == UPDATED);
	assert(incoming[n].handed_on ==
	       ((whole == PREPARED || whole == FROZEN) &&
		incoming[n].there && incoming[n].state == UPDATED));
	k = 0;
	do
	:: k < FILES ->
		assert(outgoing[n].done[k] ==
		       (outgoing[n].tokens & BIT(k) -> outgoing[n].state :
			ORDINARY));
		k++
	:: else -> break
	od;
	k = 0;
	sum_reserved = sum_reserved + outgoing[n].there +
		       incoming[n].handed_on;
	sum_waiting = sum_waiting +
		      (incoming[n].there && incoming[n].state == UPDATED)
}

inline check()
{
	d_step {
		n = 0;
		do
		:: n < SESSIONS ->
			check_session(n);
			n++
		:: else -> break
		od;
		n = 0;
		assert(reserved == sum_reserved);
		assert(waiting == sum_waiting);
		sum_reserved = 0;
		sum_waiting = 0;
		assert(owed_data == data_came);
		assert(whole != NORMAL || (!waiting && !data_came));
		assert(whole != PREPARED || before != NORMAL ||
		       (!waiting && !data_came));
		assert(whole != UPDATED || waiting || said_settle ||
		       (data_came && !had_incoming));
		assert(!trail_len);
		assert((subsystem_done != ORDINARY) ==
		       ((whole == PREPARED || whole == FROZEN) && subsystem &&
			!data_came && !kexec_is_plain))
	}
}

/* The global lock: most readers queue behind waiting writers, too. */
inline enter()
{
	!writer && !writers_waiting;
	readers++
}

/* The update ends with its last session. */
inline finish_subsystems()
{
	data_came = false;
	owed_data = owed_data && !had_incoming
}

#define IS_SETTLED	(whole == UPDATED && !waiting && \
			 (had_incoming || IS(SETTLE_DATA)))

/* Who was in the way of another's luo_event_settle() does it instead. */
inline leave()
{
	readers--;
	if
	:: QUIET ->
		if
		:: IS_SETTLED && !said_settle && !IS(SETTLE_GIVES_UP) ->
			finish_subsystems();
			whole = NORMAL
		:: else
		fi;
		check()
	:: else
	fi
}

inline leave_event()
{
	d_step {
		/* A closer may have seen the event in progress, and left. */
		if
		:: IS_SETTLED && !IS(SETTLE_ONCE) ->
			finish_subsystems();
			whole = NORMAL
		:: else
		fi;
		/* Reset an unused variable, to have fewer states. */
		if
		:: whole != PREPARED -> before = NORMAL
		:: else
		fi;
		trail_len = 0;
		k = 0;
		do
		:: k < TRAIL -> trail[k] = 0; k++
		:: else -> break
		od;
		k = 0;
		writer = false;
		check()
	}
}

/*
 * Callbacks of files. Each may fail. None may be called twice, or out of order.
 */
inline log_done(what)
{
	trail[trail_len] = what;
	trail_len++
}

inline log_undone(what)
{
	assert(trail_len > 0);
	trail_len--;
	assert(trail[trail_len] == what);
	trail[trail_len] = 0
}

#define FILE_AT(s, place)	outgoing[s].order[place]
#define DONE_AT(s, place)	outgoing[s].done[FILE_AT(s, place)]
#define WHAT(s, place, state)	((state) * 16 + (s) * FILES + \
				 FILE_AT(s, place) + 1)

inline do_file(s, place, target, logged)
{
	d_step {
		assert(DONE_AT(s, place) == target - 1);
		assert(place == 0 || DONE_AT(s, place - 1) == target);
		DONE_AT(s, place) = target;
		if
		:: logged -> log_done(WHAT(s, place, target))
		:: else
		fi
	}
}

inline undo_file(s, place, target, logged)
{
	d_step {
		assert(DONE_AT(s, place) == target);
		assert(place + 1 >= outgoing[s].files ||
		       DONE_AT(s, place + 1) == target - 1);
		DONE_AT(s, place) = target - 1;
		if
		:: logged -> log_undone(WHAT(s, place, target))
		:: else
		fi
	}
}

inline undo_files(s, target, logged)
{
	d_step {
		do
		:: IS(UNDO_FORWARD) ->
			j = 0;
			do
			:: j < i -> undo_file(s, j, target, logged); j++
			:: else -> break
			od;
			i = 0;
			j = 0;
			break
		:: !IS(UNDO_FORWARD) && i > 0 ->
			i--;
			undo_file(s, i, target, logged)
		:: else -> break
		od
	}
}

/* luo_files_prepare() and luo_files_freeze(): all files or none. */
inline do_files(s, target, logged)
{
	ok = true;
	i = 0;
	do
	:: ok && i < outgoing[s].files ->
		if
		:: atomic { do_file(s, i, target, logged); i++ }
		:: ok = false;
			i = i + (IS(DOUBLE_UNDO) -> 1 : 0)
		fi
	:: else -> break
	od;
	if
	:: !ok -> undo_files(s, target, logged)
	:: else
	fi;
	i = 0
}

inline lower(s, target, logged)
{
	d_step {
		do
		:: outgoing[s].state > target ->
			i = outgoing[s].files;
			undo_files(s, outgoing[s].state, logged);
			outgoing[s].state--
		:: else -> break
		od
	}
}

inline unpreserve_file(s, place)
{
	d_step {
		assert(DONE_AT(s, place) == PRESERVED);
		outgoing[s].tokens = outgoing[s].tokens & ~BIT(FILE_AT(s, place));
		DONE_AT(s, place) = ORDINARY;
		FILE_AT(s, place) = 0;
		outgoing[s].files--
	}
}

/* can_finish() of all files: luo_files_can_finish(). */
inline ask(s)
{
	if
	:: ok = true
	:: incoming[s].files -> ok = false
	fi
}

inline finish_session(s)
{
	d_step {
		assert(incoming[s].state == UPDATED);
		incoming[s].files = 0;
		incoming[s].open = 0;
		incoming[s].state = NORMAL;
		waiting--
	}
}

inline destroy_incoming(s)
{
	d_step {
		assert(!incoming[s].files);
		incoming[s].there = false;
		incoming[s].held = false;
		incoming[s].state = REFUSED
	}
}

/* luo_event_settle(), which does not wait. */
inline settle()
{
	atomic {
		said_settle--;
		if
		:: IS_SETTLED && QUIET ->
			writer = true;
			finish_subsystems();
			whole = NORMAL;
			leave_event()
		:: !IS_SETTLED && QUIET -> check()
		:: else
		fi
	}
}

/* Commands of the device, by a process without an fd of the session. */
inline open_session()
{
	if
	:: (whole == NORMAL || whole == UPDATED) && !outgoing[s].there ->
		/* LIVEUPDATE_IOCTL_CREATE_SESSION */
		outgoing[s].there = true;
		outgoing[s].state = NORMAL;
		outgoing[s].refs = 1;
		reserved++;
		owed_outgoing[s] = SELF;
		held = true
	:: (whole == NORMAL || whole == UPDATED || IS(RETRIEVE_IN_PREPARED)) &&
	   incoming[s].there && !incoming[s].held ->
		/* LIVEUPDATE_IOCTL_RETRIEVE_SESSION */
		incoming[s].held = true;
		incoming[s].refs = 1;
		held = true;
		is_incoming = true
	:: else -> s = 0
	fi
}

/* A process passes an fd to the other owner. */
inline share_session()
{
	if
	:: outgoing[s].refs && outgoing[s].refs < OWNERS ->
		outgoing[s].refs++;
		held = true
	:: incoming[s].refs && incoming[s].refs < OWNERS ->
		incoming[s].refs++;
		held = true;
		is_incoming = true
	:: else -> s = 0
	fi
}

inline forget_session()
{
	s = 0;
	held = false;
	is_incoming = false
}

/* An event that fails changes nothing. */
inline end_outgoing_event()
{
	outgoing[s].writer = false;
	i = 0;
	to = 0;
	ok = false;
	leave()
}

inline finish_incoming()
{
	if
	:: incoming[s].state == UPDATED ->
		look_up(INCOMING, incoming[s].state, FINISH);
		assert(to == NORMAL);
		to = 0;
		ask(s);
		if
		:: ok -> finish_session(s); owed_incoming[s] = 0
		:: else
		fi;
		ok = false
	:: else
	fi
}

/* luo_session_release() */
inline release()
{
	if
	:: incoming[s].state == NORMAL -> destroy_incoming(s)
	:: incoming[s].state == UPDATED &&
	   incoming[s].open == incoming[s].files ->
		finish_incoming();
		if
		:: incoming[s].state == NORMAL -> destroy_incoming(s)
		:: else
		fi
	:: else ->
		ask(s);
		if
		:: ok ->
			owed_incoming[s] = owed_incoming[s] & ~incoming[s].open;
			incoming[s].files = incoming[s].files &
					    ~incoming[s].open;
			incoming[s].open = 0
		:: else
		fi;
		ok = false;
		if
		:: IS(CLOSE_DROPS_INCOMING) ->
			finish_session(s);
			destroy_incoming(s)
		:: else
		fi
	fi;
	incoming[s].held = false
}

#define MAY_ENTER	(!writer && !writers_waiting)

/*
 * An owner has at most one fd of a session, and may share it with the other
 * owner. A fatal signal acts like close(), except during a callback. While the
 * owner waits for the lock of a session, a signal makes it give up.
 *
 * An owner takes a lock and chooses its next action in one step, as other
 * processes cannot observe when it has chosen.
 */
proctype owner()
{
	byte s, f, i, j, to;
	bool held, is_incoming, ok;

again:
	{
	held = false;
idle:
	atomic {
		if
		:: !held -> goto end_done
		:: !held && MAY_ENTER ->
			readers++;
			select (s : 0 .. SESSIONS - 1);
			open_session();
			leave();
			goto idle
		:: !held ->
			select (s : 0 .. SESSIONS - 1);
			share_session();
			goto idle
		:: held && is_incoming && incoming[s].refs > 1 ->
			incoming[s].refs--;
			forget_session();
			goto idle
		:: held && !is_incoming && outgoing[s].refs > 1 ->
			outgoing[s].refs--;
			forget_session();
			goto idle
		:: held && is_incoming && incoming[s].refs == 1 ->
			incoming[s].refs = 0;
			goto close
		:: held && !is_incoming && outgoing[s].refs == 1 ->
			outgoing[s].refs = 0;
			goto close
		:: held && !writer && whole != FROZEN &&
		   (!is_incoming || MAY_ENTER) ->
			readers++;
			if
			:: is_incoming -> goto event_incoming
			:: is_incoming -> goto retrieve
			:: !is_incoming -> goto event_outgoing
			:: !is_incoming && MAY_ENTER &&
			   (whole == NORMAL || whole == UPDATED) ->
				goto change
			fi
		fi
	};

	/* LIVEUPDATE_SESSION_PRESERVE_FD and LIVEUPDATE_SESSION_UNPRESERVE_FD */
change:
	atomic {
		if
		:: outgoing[s].writer -> leave(); goto idle
		:: !outgoing[s].writer && outgoing[s].state != NORMAL ->
			leave();
			goto idle
		:: !outgoing[s].writer && outgoing[s].state == NORMAL ->
			select (f : 0 .. FILES - 1);
			if
			:: !(outgoing[s].tokens & BIT(f)) ->
				outgoing[s].readers++;
				outgoing[s].tokens = outgoing[s].tokens | BIT(f)
			:: outgoing[s].files &&
			   f == FILE_AT(s, outgoing[s].files - 1) ->
				unpreserve_file(s, outgoing[s].files - 1);
				owed_outgoing[s] = owed_outgoing[s] & ~BIT(f);
				f = 0;
				leave();
				goto idle
			:: else -> f = 0; leave(); goto idle
			fi
		fi
	};
	atomic {
		if
		:: outgoing[s].order[outgoing[s].files] = f;
			outgoing[s].done[f] = PRESERVED;
			outgoing[s].files++;
			owed_outgoing[s] = owed_outgoing[s] | BIT(f)
		:: outgoing[s].tokens = outgoing[s].tokens & ~BIT(f)
		fi;
		f = 0;
		outgoing[s].readers--;
		leave();
		goto idle
	};

	/*
	 * LIVEUPDATE_SESSION_SET_EVENT; FINISH is rejected. CANCEL does not
	 * queue behind waiting writers.
	 */
event_outgoing:
	atomic {
		if
		:: outgoing[s].readers || outgoing[s].writer ->
			if
			:: !IS(KILL_KEEPS_LOCK) -> leave()
			:: else
			fi;
			goto idle
		:: (!outgoing[s].readers && !outgoing[s].writer) ||
		   IS(NO_SESSION_LOCK) ->
			outgoing[s].writer = true;
			if
			:: MAY_ENTER ->
				look_up(OUTGOING, outgoing[s].state, PREPARE)
			:: MAY_ENTER ->
				look_up(OUTGOING, outgoing[s].state, FREEZE)
			:: true -> look_up(OUTGOING, outgoing[s].state, CANCEL)
			fi;
			if
			:: to == PREPARED || to == FROZEN
			:: to == NORMAL ->
				lower(s, NORMAL, false);
				end_outgoing_event();
				goto idle
			:: else -> end_outgoing_event(); goto idle
			fi
		fi
	};
next_file:
	atomic {
		if
		:: i < outgoing[s].files ->
			if
			:: do_file(s, i, to, false); i++; goto next_file
			:: i = i + (IS(DOUBLE_UNDO) -> 1 : 0);
				undo_files(s, to, false)
			fi
		:: else -> outgoing[s].state = to
		fi;
		end_outgoing_event();
		goto idle
	};

	/* LIVEUPDATE_SESSION_FINISH, and the equivalent event */
event_incoming:
	atomic {
		if
		:: incoming[s].readers || incoming[s].writer ->
			leave();
			goto idle
		:: !incoming[s].readers && !incoming[s].writer ->
			finish_incoming();
			said_settle++;
			leave();
			goto settle_it
		fi
	};

	/* LIVEUPDATE_SESSION_RETRIEVE_FD */
retrieve:
	atomic {
		incoming[s].readers++;
		select (f : 0 .. FILES - 1)
	};
	atomic {
		!(incoming[s].busy & BIT(f)) ->
		incoming[s].busy = incoming[s].busy | BIT(f)
	};
	atomic {
		if
		:: incoming[s].files & BIT(f) ->
			incoming[s].open = incoming[s].open | BIT(f)
		:: true
		fi;
		incoming[s].busy = incoming[s].busy & ~BIT(f);
		f = 0;
		incoming[s].readers--;
		leave();
		goto idle
	};

	/*
	 * close() cannot fail, and sleeps while the global state is FROZEN. It
	 * does not queue behind waiting writers.
	 */
close:
	atomic {
		!writer && (whole != FROZEN || IS(CLOSE_IN_FROZEN)) ->
		readers++;
		if
		:: is_incoming -> release()
		:: else ->
			lower(s, NORMAL, false);
			do
			:: outgoing[s].files ->
				unpreserve_file(s, outgoing[s].files - 1)
			:: else -> break
			od;
			outgoing[s].there = false;
			outgoing[s].state = REFUSED;
			reserved--;
			owed_outgoing[s] = 0
		fi;
		forget_session();
		said_settle++;
		if
		:: !IS(SETTLE_INSIDE) -> leave()
		:: else
		fi
	};
settle_it:
	settle();
	goto idle;

end_done:
	false
	} unless {
		atomic {
			kexec -> stopped++;
			s = 0;
			f = 0;
			i = 0;
			j = 0;
			to = 0;
			held = false;
			is_incoming = false;
			ok = false
		}
	};
	atomic { !kexec -> stopped--; goto again }
}

/* The state of a session before it was raised to @target. */
#define WAS(s, target)	was[2 * (s) + (target) - PREPARED]

/* State at the beginning of an event, which a failed event has to restore. */
#define AS_BEFORE(n)	((outgoing[n].there -> outgoing[n].state : REFUSED) == \
			 said_state[n])

inline remember()
{
	d_step {
		said_whole = whole;
		s = 0;
		do
		:: s < SESSIONS ->
			said_state[s] = (outgoing[s].there -> outgoing[s].state :
					 REFUSED);
			s++
		:: else -> break
		od;
		s = 0
	}
}

inline forget()
{
	d_step {
		event = 0;
		to = 0;
		said_whole = 0;
		s = 0;
		do
		:: s < SESSIONS ->
			said_state[s] = 0;
			WAS(s, PREPARED) = 0;
			WAS(s, FROZEN) = 0;
			s++
		:: else -> break
		od;
		s = 0;
		ok = false
	}
}

inline assert_as_before()
{
	d_step {
		assert(whole == said_whole);
		assert(!trail_len);
		s = 0;
		do
		:: s < SESSIONS -> assert(AS_BEFORE(s)); s++
		:: else -> break
		od;
		s = 0
	}
}

/* luo_sessions_hand_on() */
inline take_back()
{
	d_step {
		s = 0;
		do
		:: s < SESSIONS ->
			if
			:: incoming[s].handed_on ->
				incoming[s].handed_on = false;
				reserved--
			:: else
			fi;
			s++
		:: else -> break
		od;
		s = 0;
		data_handed_on = false
	}
}

#define MAY_HAND_ON(s)	((!incoming[s].held || IS(HAND_ON_HELD)) &&	\
			 (!incoming[s].open || IS(HAND_ON_OPEN)) &&	\
			 (!outgoing[s].there || IS(HAND_ON_TWICE)))

inline hand_on()
{
	ok = true;
	s = 0;
	do
	:: ok && s < SESSIONS ->
		if
		:: incoming[s].there && incoming[s].state == UPDATED ->
			if
			:: MAY_HAND_ON(s) ->
				incoming[s].handed_on = true;
				reserved++
			:: ok = false
			fi
		:: else
		fi;
		s++
	:: else -> break
	od;
	s = 0;
	if
	:: ok -> data_handed_on = data_came
	:: !ok && !IS(NO_TAKE_BACK) -> take_back()
	:: else
	fi
}

/*
 * Incoming data is handed over unchanged, without a callback of the subsystem.
 */
inline do_subsystem(target)
{
	if
	:: ok && subsystem && !data_came ->
		if
		:: assert(subsystem_done ==
			  (target == PREPARED -> ORDINARY : PREPARED));
			subsystem_done = target;
			log_done(target * 16)
		:: ok = false
		fi
	:: else
	fi
}

inline undo_subsystem(target)
{
	if
	:: subsystem_done == target ->
		subsystem_done = (target == PREPARED -> ORDINARY : PREPARED);
		log_undone(target * 16)
	:: else
	fi
}

#define STEP(s)	(outgoing[s].state == NORMAL -> PREPARE : FREEZE)

/* luo_sessions_lower() */
inline lower_all(target)
{
	do
	:: s > 0 ->
		s--;
		if
		:: outgoing[s].there ->
			lower(s, (IS(RESTORE_TO_NORMAL) -> NORMAL : WAS(s, target)),
			      true)
		:: else
		fi
	:: else -> break
	od
}

/* luo_sessions_raise() */
inline raise_all(target)
{
	s = 0;
	do
	:: ok && s < SESSIONS && outgoing[s].there ->
		WAS(s, target) = outgoing[s].state;
		do
		:: ok && outgoing[s].state < target ->
			look_up(OUTGOING, outgoing[s].state, STEP(s));
			do_files(s, to, true);
			if
			:: ok -> outgoing[s].state = to
			:: else
			fi
		:: else -> break
		od;
		s++
	:: ok && s < SESSIONS && !outgoing[s].there -> s++
	:: else -> break
	od;
	if
	:: !ok -> lower_all(target)
	:: else
	fi;
	s = 0;
	to = 0
}

inline prepare()
{
	hand_on();
	if
	:: ok ->
		do_subsystem(PREPARED);
		if
		:: ok ->
			raise_all(PREPARED);
			if
			:: !ok -> undo_subsystem(PREPARED)
			:: else
			fi
		:: else
		fi;
		if
		:: !ok && !IS(NO_TAKE_BACK) -> take_back()
		:: else
		fi
	:: else
	fi;
	if
	:: ok -> before = whole; whole = PREPARED
	:: else
	fi
}

inline unprepare()
{
	d_step {
		if
		:: IS(SUBSYSTEM_UNDONE_FIRST) -> undo_subsystem(PREPARED)
		:: else
		fi;
		s = SESSIONS;
		lower_all(PREPARED);
		undo_subsystem(PREPARED);
		if
		:: !IS(NO_TAKE_BACK) -> take_back()
		:: else
		fi;
		whole = before
	}
}

inline freeze()
{
	raise_all(FROZEN);
	if
	:: ok ->
		do_subsystem(FROZEN);
		if
		:: !ok -> s = SESSIONS; lower_all(FROZEN)
		:: else
		fi
	:: else
	fi;
	if
	:: ok || IS(FREEZE_FAIL_STAYS_FROZEN) -> whole = FROZEN
	:: else
	fi
}

inline cancel()
{
	d_step {
		s = SESSIONS;
		do
		:: s > 0 ->
			s--;
			if
			:: outgoing[s].there -> lower(s, NORMAL, false)
			:: else
			fi
		:: else -> break
		od;
		if
		:: whole == PREPARED ->
			subsystem_done = ORDINARY;
			if
			:: !IS(NO_TAKE_BACK) -> take_back()
			:: else
			fi;
			whole = before
		:: else
		fi
	}
}

/* can_finish() of all files is called before the first one is finished. */
inline finish()
{
	ok = true;
	s = 0;
	do
	:: ok && s < SESSIONS ->
		if
		:: incoming[s].there && incoming[s].state == UPDATED ->
			if
			:: incoming[s].held -> ok = false
			:: else -> ask(s)
			fi
		:: else
		fi;
		s++
	:: else -> break
	od;
	s = 0;
	if
	:: ok ->
		do
		:: s < SESSIONS ->
			if
			:: incoming[s].there && incoming[s].state == UPDATED ->
				if
				:: IS(ASK_TWICE) -> ask(s)
				:: else
				fi;
				if
				:: ok ->
					finish_session(s);
					owed_incoming[s] = 0;
					destroy_incoming(s)
				:: else
				fi;
				ok = true
			:: else
			fi;
			s++
		:: else -> break
		od;
		s = 0;
		finish_subsystems();
		owed_data = false;
		whole = NORMAL
	:: else
	fi
}

/* Writes the records, in FROZEN. */
inline write()
{
	d_step {
		s = 0;
		do
		:: s < SESSIONS ->
			assert(!outgoing[s].there || !incoming[s].handed_on);
			if
			:: outgoing[s].there -> record[s] = SELF + outgoing[s].tokens
			:: else
			fi;
			if
			:: incoming[s].handed_on -> record[s] = SELF + incoming[s].files
			:: else
			fi;
			s++
		:: else -> break
		od;
		s = 0;
		data_record = data_handed_on || subsystem_done == FROZEN
	}
}

/*
 * The kexec: the records have to contain everything that is owed, and the
 * memory in them has to be preserved. Memory of a retrieved file is in use, not
 * preserved.
 */
inline jump()
{
	d_step {
		s = 0;
		do
		:: s < SESSIONS ->
			assert(!owed_outgoing[s] || !owed_incoming[s]);
			assert(record[s] == owed_outgoing[s] + owed_incoming[s]);
			assert(!owed_incoming[s] || !incoming[s].open);
			i = 0;
			do
			:: i < outgoing[s].files ->
				assert(outgoing[s].done[outgoing[s].order[i]] ==
				       FROZEN);
				i++
			:: else -> break
			od;
			owed_incoming[s] = record[s];
			owed_outgoing[s] = 0;
			s++
		:: else -> break
		od;
		s = 0;
		i = 0;
		assert(data_record == (owed_data || subsystem_done == FROZEN));
		assert(subsystem_done != PREPARED);
		owed_data = data_record;
		kexec = true
	}
}

inline boot_session(s)
{
	d_step {
		outgoing[s].there = false;
		outgoing[s].state = REFUSED;
		outgoing[s].refs = 0;
		outgoing[s].files = 0;
		outgoing[s].tokens = 0;
		outgoing[s].readers = 0;
		outgoing[s].writer = false;
		i = 0;
		do
		:: i < FILES ->
			outgoing[s].order[i] = 0;
			outgoing[s].done[i] = ORDINARY;
			i++
		:: else -> break
		od;
		i = 0;
		incoming[s].there = record[s] > 0;
		incoming[s].state = (record[s] -> UPDATED : REFUSED);
		incoming[s].refs = 0;
		incoming[s].held = false;
		incoming[s].handed_on = false;
		incoming[s].files = record[s] & ~SELF;
		incoming[s].open = 0;
		incoming[s].busy = 0;
		incoming[s].readers = 0;
		incoming[s].writer = false;
		waiting = waiting + (record[s] > 0);
		record[s] = 0
	}
}

/* Only the records of the previous kernel survive. */
inline boot()
{
	readers = 0;
	writer = false;
	writers_waiting = 0;
	reserved = 0;
	waiting = 0;
	s = 0;
	do
	:: s < SESSIONS -> boot_session(s); s++
	:: else -> break
	od;
	s = 0;
	had_incoming = waiting > 0;
	data_came = data_record;
	data_handed_on = false;
	data_record = false;
	subsystem_done = ORDINARY;
	said_settle = 0;
	kexec_is_plain = false;
	before = NORMAL;
	whole = (waiting || data_came -> UPDATED : NORMAL);
	if
	:: subsystem = false
	:: subsystem = true
	fi;
	check()
}

#define PENDING	(whole == PREPARED || outgoing_sessions || waiting || \
		 (data_came && !IS(PLAIN_KEXEC_WITH_DATA)))

inline count_outgoing()
{
	d_step {
		s = 0;
		do
		:: s < SESSIONS ->
			outgoing_sessions = outgoing_sessions || outgoing[s].there;
			s++
		:: else -> break
		od;
		s = 0
	}
}

/* The process that has the device open: global events and reboot(2). */
proctype driver()
{
	byte s, i, j, to, event;
	byte was[2 * SESSIONS];
	byte said_whole, said_state[SESSIONS];
	bool ok, outgoing_sessions;

idle:
	atomic {
		if
		:: goto end_done
		:: MAY_ENTER -> readers++; goto discard
		:: QUIET -> writer = true
		:: !QUIET -> writers_waiting++; goto killed
		:: !QUIET -> writers_waiting++; goto wait
		fi;
		goto locked
	};
	/* A killed process gives up; other processes do not. */
killed:
	atomic { writers_waiting--; goto idle };
wait:
	atomic { QUIET -> writers_waiting--; writer = true };
locked:
	atomic {
		remember();
		if
		:: event = PREPARE
		:: event = FINISH
		:: event = CANCEL
		/* Only by reboot(2). */
		:: event = FREEZE -> goto reboot
		fi;
		look_up(WHOLE, whole, event);
		if
		:: event == CANCEL && (to == BACK || whole == NORMAL ||
				       whole == UPDATED) -> cancel()
		:: event == PREPARE && to == PREPARED ->
			prepare();
			if
			:: !ok -> assert_as_before()
			:: else
			fi
		:: event == FINISH && to == NORMAL ->
			finish();
			if
			:: !ok -> assert_as_before()
			:: else
			fi
		:: else
		fi;
		forget();
		leave_event();
		goto idle
	};

	/* liveupdate_reboot() */
reboot:
	atomic {
		count_outgoing();
		if
		/* No image is loaded, or it does not support live update. */
		:: goto refused
		:: !PENDING ->
			kexec_is_plain = true;
			if
			:: !IS(PLAIN_KEXEC_OPEN) -> whole = FROZEN
			:: else
			fi;
			goto frozen
		:: PENDING ->
			ok = true;
			if
			:: whole != PREPARED -> prepare()
			:: else
			fi;
			if
			:: !ok -> goto refused
			:: else ->
				look_up(WHOLE, whole, FREEZE);
				assert(to == FROZEN)
			fi
		fi
	};
	/* Processes without the lock can observe PREPARED here. */
	atomic {
		freeze();
		if
		:: !ok && said_whole != PREPARED &&
		   !IS(FREEZE_FAIL_STAYS_FROZEN) -> unprepare()
		:: else
		fi;
		if
		:: !ok -> goto refused
		:: else -> write(); goto frozen
		fi
	};
refused:
	atomic {
		if
		:: !IS(FREEZE_FAIL_STAYS_FROZEN) -> assert_as_before()
		:: else
		fi;
		outgoing_sessions = false;
		forget();
		leave_event();
		goto idle
	};
frozen:
	atomic {
		outgoing_sessions = false;
		forget();
		leave_event()
	};
	atomic { jump() };
	atomic { stopped == OWNERS -> boot(); kexec = false };
	!stopped -> goto idle;

	/* LIVEUPDATE_IOCTL_DISCARD_SESSION */
discard:
	atomic {
		select (s : 0 .. SESSIONS - 1);
		if
		:: (whole == NORMAL || whole == UPDATED ||
		    IS(DISCARD_IN_PREPARED)) && incoming[s].there &&
		   !incoming[s].held -> incoming[s].held = true
		:: else -> s = 0; leave(); goto idle
		fi
	};
	atomic {
		ask(s);
		if
		:: ok ->
			finish_session(s);
			owed_incoming[s] = 0;
			destroy_incoming(s)
		:: else -> incoming[s].held = false
		fi;
		ok = false;
		s = 0;
		said_settle++;
		leave()
	};
	settle();
	goto idle;

end_done:
	false
}

init {
	atomic {
#ifdef ANY_MUTANT
		c_code { now.mutant = atoi(getenv("MUTANT")); };
#endif
		if
		:: subsystem = true
		:: subsystem = false
		fi;
		run driver();
		run owner();
		run owner()
	}
}
