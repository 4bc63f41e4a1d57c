/*
 * slots.c
 *		What becomes of each slot of a schedule.
 *
 * A job has at most one run under way. `accounted` is the last slot that has its end (or is that
 * of the run), so the slots between it and now are exactly those still to be decided, whatever
 * happened in between: while a run is under way its job sleeps in no heap, and the slots that
 * passed are settled when it ends. What is decided is written before anything that follows from it
 * is handed to a worker; therefore the history of a job never has a hole behind its last row, and
 * after a crash the scheduler simply goes on from there.
 */
#include "scheduler.h"

#include "clock.h"
#include "utils/timestamp.h"

/* A slot that is no later than this runs even where missed slots are not made up for */
#define MISFIRE_GRACE	USECS_PER_MINUTE
#define LONGEST_RETRY_DELAY	USECS_PER_HOUR

/* Slots between the last that is settled and an instant */
static PfSlots
open_slots(PfJob *job, TimestampTz upto)
{
	PfSlots		slots = {0};

	if (job->when.schedule == NULL || job->accounted >= upto)
		return slots;
	if (job->schedule->kind != PF_SCHEDULE_AFTER)
		return pf_schedule_slots(&job->when, job->accounted, upto);
	/* there is never more than one: the next depends on the end of its run */
	if (pf_schedule_next(&job->when, job->accounted, &slots.first) == PF_NEXT_FOUND && slots.first <= upto)
	{
		slots.count = 1;
		slots.last = slots.first;
	}
	return slots;
}

/* Settle all open slots up to an instant in one way. */
static void
settle(PfJob *job, TimestampTz upto, const char *outcome, const char *reason)
{
	PfSlots		slots;

	if (job->schedule->kind == PF_SCHEDULE_AFTER)
	{
		job->accounted = Max(job->accounted, upto); /* the pause begins anew */
		return;
	}
	slots = open_slots(job, upto);
	if (slots.count == 0)
		return;
	pf_record_range(job, slots.first, slots.last, slots.count, outcome, reason);
	pf_scheduler->counted.due += slots.count;
	job->accounted = slots.last;
}

/* Settle all open slots but the last, which gets a run. */
static void
settle_all_but_last(PfJob *job, const PfSlots *slots, const char *outcome, const char *reason)
{
	if (slots->count > 1)
		pf_record_range(job, slots->first, slots->before_last, slots->count - 1, outcome, reason);
	pf_scheduler->counted.due += slots->count;
	job->accounted = slots->last;
}

void
pf_make_ready(PfJob *job, TimestampTz due_at, TimestampTz queued_at, int64 run_id, int32 attempt,
			  int waiter)
{
	pf_due_remove(job);
	job->run.job_id = job->job_id;
	job->run.run_id = run_id;
	job->run.due_at = due_at;
	job->run.queued_at = queued_at;
	job->run.attempt = attempt;
	job->waiter = waiter;
	pf_ready_put(job);
}

/* The job has no run: begin one that was asked for, or wait for the next slot. */
void
pf_rest(PfJob *job)
{
	TimestampTz next;

	job->phase = PF_JOB_RESTING;
	job->waiter = -1;
	pf_due_remove(job);
	if (!job->listed && job->asked == NIL)
		return;
	if (job->asked != NIL)
	{
		PfAsked    *asked = (PfAsked *) linitial(job->asked);

		job->asked = list_delete_first(job->asked);
		pf_make_ready(job, DT_NOBEGIN, asked->queued_at, asked->run_id, 1, asked->waiter);
		pfree(asked);
		return;
	}
	if (!job->active || job->when.schedule == NULL)
		return;
	settle(job, job->state_since, "skipped", "not active");
	switch (pf_schedule_next(&job->when, job->accounted, &next))
	{
		case PF_NEXT_FOUND:
			pf_due_put(job, next);
			break;
		case PF_NEXT_NEVER:
			if (job->schedule->kind != PF_SCHEDULE_REBOOT)
				pf_record_ended(job);
			break;
		case PF_NEXT_UNKNOWN:
			pf_record_broken(job, psprintf("Calendar \"%s\" does not know the days of the next slot.",
										   job->when.unknown->code));
			break;
	}
}

/* The instant of a job in the due heap has come. */
void
pf_fall_due(PfJob *job, TimestampTz now)
{
	PfSlots		slots;

	pf_due_remove(job);
	if (job->phase == PF_JOB_RETRYING)
	{
		pf_scheduler->counted.retried++;
		job->run.queued_at = now;
		pf_ready_put(job);
		return;
	}
	slots = open_slots(job, now);
	if (slots.count == 0)
		pf_rest(job);			/* the clock was set back */
	else if (job->misfire_once || now - slots.last <= MISFIRE_GRACE)
	{
		bool		stands_for_all = job->misfire_once || now - slots.first <= MISFIRE_GRACE;

		settle_all_but_last(job, &slots, stands_for_all ? "coalesced" : "missed", "misfire");
		pf_make_ready(job, slots.last, now, 0, 1, -1);
	}
	else
	{
		settle(job, now, "missed", "misfire");
		pf_rest(job);
	}
}

/* Twice as long after each failure, and a little different each time. */
static TimestampTz
retry_time(const PfJob *job, TimestampTz now)
{
	int64		delay = job->retry_delay;
	int64		longest = Max(delay, LONGEST_RETRY_DELAY);
	int64		jitter;

	for (int i = 1; i < job->run.attempt && delay < longest; i++)
		delay *= 2;
	delay = Min(delay, longest);
	/* up to an eighth either way, so that jobs that failed together do not come back together */
	jitter = (job->job_id * INT64CONST(2654435761) + job->run.attempt * INT64CONST(40503)) % (delay / 4 + 1);
	return now + delay - delay / 8 + jitter;
}

/*
 * The run of a job has ended. Slots that passed while it waited are coalesced into it; those that
 * passed while it ran are settled by the overlap policy.
 */
void
pf_finish_run(PfJob *job, TimestampTz finished_at, PfRunOutcome outcome)
{
	bool		is_slot = !PF_ASKED_FOR(&job->run);
	PfSlots		slots;

	if (outcome == PF_RUN_FAILED)
		pf_scheduler->counted.failed++;
	if (is_slot && job->listed && job->active &&
		((outcome == PF_RUN_FAILED && job->run.attempt <= job->retry_limit) ||
		 (outcome == PF_RUN_UNKNOWN && job->rerun_unknown)))
	{
		job->phase = PF_JOB_RETRYING;
		pf_due_put(job, outcome == PF_RUN_FAILED ? retry_time(job, finished_at) : finished_at);
		job->run.attempt++;
		job->run.run_id = 0;
		return;
	}
	if (is_slot && outcome == PF_RUN_UNKNOWN)
		pf_scheduler->counted.unknown++;
	else if (is_slot && (outcome == PF_RUN_SUCCEEDED || outcome == PF_RUN_FAILED))
		pf_scheduler->counted.ran++;
	if (!job->listed || !job->active)
	{
		pf_rest(job);
		return;
	}

	if (is_slot && job->schedule->kind != PF_SCHEDULE_AFTER)
		settle(job, Min(job->handed_over_at, finished_at), "coalesced", "waiting");
	if (job->queue_overlap && job->schedule->kind != PF_SCHEDULE_AFTER)
	{
		slots = open_slots(job, finished_at);
		if (slots.count > 0 && job->asked == NIL)
		{
			settle_all_but_last(job, &slots, "coalesced", "overlap");
			pf_make_ready(job, slots.last, finished_at, 0, 1, -1);
			return;
		}
	}
	else
		settle(job, finished_at, "skipped", "overlap");
	pf_rest(job);
}

/* Somebody asked for a run: now, or when the one under way has ended. */
void
pf_ask(PfJob *job, int64 run_id, TimestampTz queued_at, int waiter)
{
	MemoryContext old = MemoryContextSwitchTo(pf_scheduler->context);
	PfAsked    *asked = palloc(sizeof(PfAsked));

	asked->run_id = run_id;
	asked->queued_at = queued_at;
	asked->waiter = waiter;
	job->asked = lappend(job->asked, asked);
	MemoryContextSwitchTo(old);
	if (job->phase == PF_JOB_RESTING)
		pf_rest(job);
}
