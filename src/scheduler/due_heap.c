/*
 * due_heap.c
 *		The two queues of a scheduler: timers (the next slot of a job, the next attempt of a run), and
 *		runs that wait for a worker.
 *
 * Who waits grows older: each minute of waiting is worth one point of priority. As all grow at the
 * same rate, the order between two never changes, and a heap can keep it.
 *
 * Pairing heaps, since what is changed or removed must leave from the middle. The nodes are part of
 * jobs and lanes, so nothing is allocated.
 */
#include "scheduler.h"

#define AGE_OF_A_POINT	USECS_PER_MINUTE

static int
compare_timers(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	const PfTimer *ta = pairingheap_const_container(PfTimer, node, a);
	const PfTimer *tb = pairingheap_const_container(PfTimer, node, b);

	/* the greatest comes out first, so earlier is greater */
	return ta->at < tb->at ? 1 : ta->at > tb->at ? -1 : 0;
}

static int64
ready_key(const PfLane *lane)
{
	return lane->run.queued_at - lane->job->priority * AGE_OF_A_POINT;
}

static int
compare_ready(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	int64		ka = ready_key(pairingheap_const_container(PfLane, ready_node, a));
	int64		kb = ready_key(pairingheap_const_container(PfLane, ready_node, b));

	return ka < kb ? 1 : ka > kb ? -1 : 0;
}

void
pf_heaps_init(PfScheduler *scheduler)
{
	scheduler->due = pairingheap_allocate(compare_timers, NULL);
	scheduler->ready = pairingheap_allocate(compare_ready, NULL);
}

void
pf_timer_set(PfTimer *timer, TimestampTz at)
{
	pf_timer_clear(timer);
	timer->at = at;
	timer->is_set = true;
	pairingheap_add(pf_scheduler->due, &timer->node);
}

void
pf_timer_clear(PfTimer *timer)
{
	if (!timer->is_set)
		return;
	pairingheap_remove(pf_scheduler->due, &timer->node);
	timer->is_set = false;
}

/* NULL if the heap is empty */
PfTimer *
pf_timer_first(void)
{
	return pairingheap_is_empty(pf_scheduler->due) ? NULL :
		pairingheap_container(PfTimer, node, pairingheap_first(pf_scheduler->due));
}

void
pf_ready_put(PfLane *lane)
{
	lane->phase = PF_LANE_READY;
	pairingheap_add(pf_scheduler->ready, &lane->ready_node);
}

void
pf_ready_remove(PfLane *lane)
{
	pairingheap_remove(pf_scheduler->ready, &lane->ready_node);
}

/* NULL if the heap is empty */
PfLane *
pf_ready_first(void)
{
	return pairingheap_is_empty(pf_scheduler->ready) ? NULL :
		pairingheap_container(PfLane, ready_node, pairingheap_first(pf_scheduler->ready));
}
