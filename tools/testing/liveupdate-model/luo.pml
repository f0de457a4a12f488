/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live update as a model: the state of the whole and of sessions, their events,
 * close() and reboot(2), kernel after kernel. See README for what is in it.
 *
 * Names are those of kernel/liveupdate/, as far as there are any. What begins
 * with owed_ or said_ is not in the kernel: it is what userspace may rely on.
 */

#ifndef SESSIONS
#define SESSIONS	2
#endif
#ifndef FILES
#define FILES		1
#endif
#define OWNERS		2

/*
 * One of mutants.h, to see whether it is found. With ANY_MUTANT it is named by
 * its number in the environment of the checker.
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

/* A session in a set of its files. */
#define SELF		(1 << FILES)
#define BIT(file)	(1 << (file))

/* What has been done to a file: PREPARED and FROZEN, or one of these. */
#define ORDINARY	0
#define PRESERVED	NORMAL

/* luo_state. A lock is taken by its @readers, or by a @writer. */
byte whole = NORMAL;
byte before = NORMAL;
byte readers;
bool writer;
byte writers_waiting;

/* @order is the list of files, @files and @tokens are sets. */
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

/* @open are the files that were retrieved, @busy those that are worked on. */
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

/* Room for records of sessions, and incoming sessions that are not finished. */
byte reserved;
byte waiting;

/* There were incoming sessions in this kernel. */
bool had_incoming;

/*
 * A subsystem: whether this kernel has it, what was done to it, and whether
 * there is data of the previous kernel's.
 */
bool subsystem;
byte subsystem_done;
bool data_came;
bool data_handed_on;

/* What the next kernel finds. */
bool kexec;
byte record[SESSIONS];
bool data_record;

/* Sets of what may not be lost, and who will see to the end of the update. */
byte owed_outgoing[SESSIONS];
byte owed_incoming[SESSIONS];
bool owed_data;
byte said_settle;

/* Callbacks that an event of the whole can have to undo, the last one last. */
#define TRAIL	(2 * (SESSIONS * FILES + 1))
#define SUBSYSTEM (SESSIONS * FILES)
byte trail[TRAIL];
byte trail_len;

/* A jump that nothing comes along with; owners that have seen it. */
bool kexec_is_plain;
byte stopped;

/* Of those who look at it all. */
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
 * What holds whenever nobody is at work. The locks are free, so this is looked
 * at where the last one is released.
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

/* Locks of the whole: a reader waits for writers that wait, too. */
inline enter()
{
	!writer && !writers_waiting;
	readers++
}

inline leave()
{
	readers--;
	if
	:: QUIET -> check()
	:: else
	fi
}

/* The update ends with its last session. */
inline finish_subsystems()
{
	data_came = false;
	owed_data = owed_data && !had_incoming
}

#define IS_SETTLED	(whole == UPDATED && !waiting && \
			 (had_incoming || IS(SETTLE_DATA)))

inline leave_event()
{
	d_step {
		/* Somebody may have seen the middle of the event, and gone away. */
		if
		:: IS_SETTLED && !IS(SETTLE_ONCE) ->
			finish_subsystems();
			whole = NORMAL
		:: else
		fi;
		/* Nobody asks for it. */
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
 * Callbacks of files. Each may fail, none may be called twice, nor for a file
 * whose neighbour has not had its turn.
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

/* luo_files_prepare() and luo_files_freeze(): all files, or none. */
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

/* luo_event_settle(), in two steps: it looks first without the lock. */
inline settle()
{
	if
	:: atomic {
		!IS_SETTLED -> said_settle--;
		if
		:: QUIET -> check()
		:: else
		fi
	   }
	:: atomic { IS_SETTLED -> writers_waiting++ };
		/* Not killable: nobody else would do it. */
		atomic {
			QUIET -> writers_waiting--;
			writer = true;
			said_settle--;
			if
			:: IS_SETTLED -> finish_subsystems(); whole = NORMAL
			:: else
			fi;
			leave_event()
		}
	fi
}

/* The device's commands for sessions, by who has no fd of one. */
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

/* An fd is handed from one process to another. */
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

/* An event that is refused, or taken back, changes nothing. */
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
 * Somebody who has at most one fd of a session, and may share it with the
 * other. A signal that kills him is as good as close() wherever he is not at
 * work. While he waits for the lock of a session it makes him give up.
 *
 * He takes a lock and decides what to do with it in one step: it makes no
 * difference to the others when he decided.
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
		:: held && MAY_ENTER && whole != FROZEN ->
			readers++;
			if
			:: is_incoming -> goto event_incoming
			:: is_incoming -> goto retrieve
			:: !is_incoming -> goto event_outgoing
			:: !is_incoming && (whole == NORMAL ||
					    whole == UPDATED) ->
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

	/* LIVEUPDATE_SESSION_SET_EVENT, of which FINISH is refused */
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
			:: true -> look_up(OUTGOING, outgoing[s].state, PREPARE)
			:: true -> look_up(OUTGOING, outgoing[s].state, FREEZE)
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

	/* LIVEUPDATE_SESSION_FINISH, and the same as an event */
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

	/* close(), which nothing can refuse, sleeps while everything is frozen. */
close:
	atomic {
		MAY_ENTER && (whole != FROZEN || IS(CLOSE_IN_FROZEN)) ->
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

/* The state that a session had before it was raised to @target. */
#define WAS(s, target)	was[2 * (s) + (target) - PREPARED]

/* What was the case when an event began, and has to be so if it fails. */
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

/* Data of the previous kernel's is handed on, and the subsystem left alone. */
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

/* All are asked before the first one is finished. */
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

/* The records, which are there when all is frozen. */
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
 * The jump: the records have to tell of all that is owed, and the memory that
 * they tell of has to be there. That of an open file is in use, not preserved.
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

/* Of the previous kernel nothing is left but records. */
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

/* Who has the device open: events for all, and reboot(2). */
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
	/* Who is killed gives up, and nobody else does. */
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
		/* By reboot(2) alone. */
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
		/* The image cannot take over, or none is loaded. */
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
	/* Those who do not take the lock can see that it is PREPARED here. */
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
