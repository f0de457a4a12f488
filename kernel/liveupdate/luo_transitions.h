/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which event takes what from which state to which. What is not listed is
 * refused. There is no include guard: whoever includes this has defined
 * LUO_TRANSITION() to make of a line what he needs.
 *
 * The first word says what changes its state: the WHOLE, an OUTGOING session or
 * an INCOMING one. BACK is the state that the last PREPARE came from.
 *
 * luo_machine.c goes by it, the tests go through it, and the table in
 * Documentation/userspace-api/liveupdate.rst is made of it.
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
