/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_WORKQUEUE_H
#define _KHO_TEST_LINUX_WORKQUEUE_H

struct work_struct {
	void (*func)(struct work_struct *work);
};

#define DECLARE_WORK(name, function)	\
	struct work_struct name = { .func = (function) }

/* Runs when the test calls sim_run_work(). */
void schedule_work(struct work_struct *work);

#endif /* _KHO_TEST_LINUX_WORKQUEUE_H */
