/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All allowed state transitions: LUO_TRANSITION(object, from, event, to). All
 * others are rejected. There is no include guard: each includer defines
 * LUO_TRANSITION() as it needs it.
 *
 * The object is WHOLE for the global state, or an OUTGOING or INCOMING session.
 * BACK is the state before the last PREPARE.
 *
 * luo_machine.c and the tests include this file, and the table in
 * Documentation/userspace-api/liveupdate.rst is generated from it.
 */
LUO_TRANSITION(WHOLE, NORMAL, PREPARE, PREPARED)
LUO_TRANSITION(WHOLE, UPDATED, PREPARE, PREPARED)
LUO_TRANSITION(WHOLE, PREPARED, FREEZE, FROZEN)
LUO_TRANSITION(WHOLE, PREPARED, CANCEL, BACK)
LUO_TRANSITION(WHOLE, UPDATED, FINISH, NORMAL)
LUO_TRANSITION(OUTGOING, NORMAL, PREPARE, PREPARED)
LUO_TRANSITION(OUTGOING, PREPARED, FREEZE, FROZEN)
LUO_TRANSITION(OUTGOING, PREPARED, CANCEL, NORMAL)
LUO_TRANSITION(OUTGOING, FROZEN, CANCEL, NORMAL)
LUO_TRANSITION(INCOMING, UPDATED, FINISH, NORMAL)
