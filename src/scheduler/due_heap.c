/*
 * due_heap.c
 *		The two queues of a scheduler: jobs by the instant at which they need attention, and runs
 *		that wait for a worker by priority, then age.
 *
 * Pairing heaps, since a job that is changed or removed must leave from the middle. The nodes are
 * part of the jobs, so nothing is allocated.
 */
#include "scheduler.h"

static int
compare_due(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	const PfJob *ja = pairingheap_const_container(PfJob, due_node, a);
	const PfJob *jb = pairingheap_const_container(PfJob, due_node, b);

	/* the greatest comes out first, so earlier is greater */
	return ja->wake_at < jb->wake_at ? 1 : ja->wake_at > jb->wake_at ? -1 : 0;
}

static int
compare_ready(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	const PfJob *ja = pairingheap_const_container(PfJob, ready_node, a);
	const PfJob *jb = pairingheap_const_container(PfJob, ready_node, b);

	if (ja->priority != jb->priority)
		return ja->priority > jb->priority ? 1 : -1;
	return ja->run.queued_at < jb->run.queued_at ? 1 : ja->run.queued_at > jb->run.queued_at ? -1 : 0;
}

void
pf_heaps_init(PfScheduler *scheduler)
{
	scheduler->due = pairingheap_allocate(compare_due, NULL);
	scheduler->ready = pairingheap_allocate(compare_ready, NULL);
}

void
pf_due_put(PfJob *job, TimestampTz at)
{
	pf_due_remove(job);
	job->wake_at = at;
	job->in_due_heap = true;
	pairingheap_add(pf_scheduler->due, &job->due_node);
}

void
pf_due_remove(PfJob *job)
{
	if (!job->in_due_heap)
		return;
	pairingheap_remove(pf_scheduler->due, &job->due_node);
	job->in_due_heap = false;
}

/* NULL if the heap is empty */
PfJob *
pf_due_first(void)
{
	return pairingheap_is_empty(pf_scheduler->due) ? NULL :
		pairingheap_container(PfJob, due_node, pairingheap_first(pf_scheduler->due));
}

void
pf_ready_put(PfJob *job)
{
	job->phase = PF_JOB_READY;
	pairingheap_add(pf_scheduler->ready, &job->ready_node);
}

void
pf_ready_remove(PfJob *job)
{
	pairingheap_remove(pf_scheduler->ready, &job->ready_node);
}

/* NULL if the heap is empty */
PfJob *
pf_ready_first(void)
{
	return pairingheap_is_empty(pf_scheduler->ready) ? NULL :
		pairingheap_container(PfJob, ready_node, pairingheap_first(pf_scheduler->ready));
}
