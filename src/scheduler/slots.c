/*
 * slots.c
 *		What becomes of each slot of a schedule.
 *
 * `accounted` is the last slot that has its end (or is that of a run), so the slots between it and
 * now are exactly those still to be decided, whatever happened in between. While all lanes of a job
 * are busy its timer is not set (unless a new slot replaces a run), and the slots that passed are
 * settled when a run ends. What is decided is written before anything that follows from it is handed
 * to a worker; therefore the history of a job never has a hole behind its last row, and after a
 * crash the scheduler simply goes on from there.
 */
#include "scheduler.h"

#include "clock.h"
#include "utils/elog.h"
#include "utils/timestamp.h"

/* A slot that is no later than this runs even where missed slots are not made up for */
#define MISFIRE_GRACE	USECS_PER_MINUTE

/* The next slot is later than this. */
static TimestampTz
settled_upto(const PfJob *job)
{
	return TIMESTAMP_IS_NOBEGIN(job->valid_from) ? job->accounted : Max(job->accounted, job->valid_from - 1);
}

/* Slots between the last that is settled and an instant */
static PfSlots
open_slots(PfJob *job, TimestampTz upto)
{
	PfSlots		slots = {0};

	upto = Min(upto, job->valid_until);
	if (job->when.schedule == NULL || settled_upto(job) >= upto)
		return slots;
	if (job->schedule->kind != PF_SCHEDULE_AFTER)
		return pf_schedule_slots(&job->when, settled_upto(job), upto);
	/* there is never more than one: the next depends on the end of its run */
	if (pf_schedule_next(&job->when, settled_upto(job), &slots.first) == PF_NEXT_FOUND && slots.first <= upto)
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

/* Settle all open slots but the last `keep`; the first of these is now the last accounted, and given. */
static TimestampTz
settle_but(PfJob *job, const PfSlots *slots, int64 keep, const char *outcome, const char *reason)
{
	int64		settled = slots->count - keep;
	TimestampTz before = slots->before_last;
	TimestampTz kept = slots->last;

	if (keep > 1)
	{
		kept = slots->first;
		for (int64 i = 0; i < settled; i++)
		{
			before = kept;
			(void) pf_schedule_next(&job->when, before, &kept);
		}
	}
	if (settled > 0)
		pf_record_range(job, slots->first, before, settled, outcome, reason);
	pf_scheduler->counted.due += settled + 1;
	job->accounted = kept;
	return kept;
}

/*
 * May one more run of the job begin? Where several go on, the slot of each has a row before it is
 * handed over: a later one may end first, and a crash must not leave a hole behind its row.
 */
static bool
has_room(const PfJob *job)
{
	if (job->busy >= job->parallel)
		return false;
	for (int i = 0; i < job->nlanes; i++)
	{
		if (job->lanes[i]->phase != PF_LANE_FREE && !job->lanes[i]->recorded)
			return false;		/* it began when there could be no other */
	}
	return true;
}

/* A lane for one more run, or NULL. */
static PfLane *
free_lane(PfJob *job)
{
	if (!has_room(job))
		return NULL;
	for (int i = 0; i < job->nlanes; i++)
	{
		if (job->lanes[i]->phase == PF_LANE_FREE)
			return job->lanes[i];
	}
	return pf_add_lane(job);
}

/* The lane's run waits for a worker from now on. */
void
pf_make_ready(PfLane *lane, TimestampTz due_at, TimestampTz queued_at, int64 run_id, int32 attempt,
			  int waiter)
{
	PfJob	   *job = lane->job;

	if (lane->phase == PF_LANE_FREE)
		job->busy++;
	lane->run.job_id = job->job_id;
	lane->run.run_id = run_id;
	lane->run.due_at = due_at;
	lane->run.queued_at = queued_at;
	lane->run.attempt = attempt;
	lane->waiter = waiter;
	lane->recorded = PF_ASKED_FOR(&lane->run) || run_id != 0 || attempt > 1;
	pf_ready_put(lane);
}

/* The row of a slot that waits for a worker, written where other runs may overtake it. */
static int64
record_queued_slot(const PfJob *job, TimestampTz slot, TimestampTz now)
{
	PfRunRecord record = {0};

	record.run.run_id = pf_next_run_id();
	record.run.job_id = job->job_id;
	record.run.due_at = slot;
	record.run.queued_at = now;
	record.run.attempt = 1;
	record.job_name = job->name;
	record.owner = job->owner_name;
	record.started_at = record.finished_at = DT_NOBEGIN;
	record.outcome = "queued";
	pf_record_run(&record);
	return record.run.run_id;
}

/* The run of a slot begins to wait for a worker; what it waited for before has had its effect. */
static void
begin_slot(PfJob *job, PfLane *lane, TimestampTz slot, TimestampTz now)
{
	job->waiting = false;
	job->consumed_at = job->schedule->kind == PF_SCHEDULE_CHAIN ? slot : now;
	pf_make_ready(lane, slot, now, job->parallel > 1 ? record_queued_slot(job, slot, now) : 0, 1, -1);
}

/* All jobs that this one runs after have ended: a slot of a chain. False if they have not. */
static bool
begin_chain(PfJob *job)
{
	TimestampTz since;
	PfLane	   *lane;

	if (!pf_edges_are_there(job, &since) || since <= job->state_since || since > job->valid_until ||
		(lane = free_lane(job)) == NULL)
		return false;
	since = Max(since, job->accounted + 1);
	pf_scheduler->counted.due++;
	job->accounted = since;
	begin_slot(job, lane, since, Max(since, pf_clock_now()));
	return true;
}

/* Begin runs that were asked for, then set the timer to the next slot, if one could run. */
void
pf_rest(PfJob *job)
{
	TimestampTz next;
	PfLane	   *lane;

	pf_timer_clear(&job->timer);
	job->waiting = false;
	while (job->asked != NIL && (lane = free_lane(job)) != NULL)
	{
		PfAsked    *asked = (PfAsked *) linitial(job->asked);

		job->asked = list_delete_first(job->asked);
		pf_make_ready(lane, DT_NOBEGIN, asked->queued_at, asked->run_id, 1, asked->waiter);
		pfree(asked);
	}
	if (!job->listed || !job->active || job->when.schedule == NULL)
		return;
	settle(job, job->state_since, "skipped", "not active");
	if (!has_room(job) && job->overlap != PF_OVERLAP_REPLACE)
		return;
	if (job->schedule->kind == PF_SCHEDULE_CHAIN)
	{
		if (!begin_chain(job) && job->busy == 0 && pf_clock_now() > job->valid_until)
			pf_record_ended(job);
		return;
	}
	switch (pf_schedule_next(&job->when, settled_upto(job), &next))
	{
		case PF_NEXT_FOUND:
			if (next <= job->valid_until)
				pf_timer_set(&job->timer, next);
			else if (job->busy == 0)
				pf_record_ended(job);
			break;
		case PF_NEXT_NEVER:
			if (job->schedule->kind != PF_SCHEDULE_REBOOT && job->busy == 0)
				pf_record_ended(job);
			break;
		case PF_NEXT_UNKNOWN:
			if (job->busy == 0)
				pf_record_broken(job, psprintf("Calendar \"%s\" does not know the days of the next slot.",
											   job->when.unknown->code));
			break;
	}
}

/* How many of the open slots, from the last, may each get a run of their own though they are late? */
static int64
slots_to_catch_up(PfJob *job, const PfSlots *slots, TimestampTz now)
{
	PfSlots		too_old = open_slots(job, now - job->misfire_window - 1);

	return Min(slots->count - too_old.count, job->misfire_limit);
}

/* Open slots, of which the last is due now or was due some time ago. */
static void
begin_open_slots(PfJob *job, PfLane *lane, const PfSlots *slots, TimestampTz now)
{
	bool		in_time = now - slots->last <= MISFIRE_GRACE;
	int64		keep;

	switch (job->misfire)
	{
		case PF_MISFIRE_ALL:
			keep = slots_to_catch_up(job, slots, now);
			if (keep == 0 && !in_time)
				break;
			keep = Max(keep, 1);
			job->catch_up = slots->last;
			begin_slot(job, lane, settle_but(job, slots, keep, "missed", "misfire"), now);
			return;
		case PF_MISFIRE_ONCE:
			begin_slot(job, lane, settle_but(job, slots, 1, "coalesced", "misfire"), now);
			return;
		case PF_MISFIRE_SKIP:
			if (!in_time)
				break;
			begin_slot(job, lane, settle_but(job, slots, 1, now - slots->first <= MISFIRE_GRACE ? "coalesced" : "missed",
											 "misfire"), now);
			return;
	}
	settle(job, now, "missed", "misfire");
}

/* A run that no worker has makes room for a later slot. */
static void
replace_waiting_run(PfLane *lane)
{
	PfJob	   *job = lane->job;

	if (lane->phase == PF_LANE_RETRYING)
		pf_timer_clear(&lane->timer);
	else
	{
		pf_ready_remove(lane);
		pf_answer_waiter(lane->waiter, 0);
	}
	if (!PF_ASKED_FOR(&lane->run) && lane->run.attempt == 1)
		pf_record_range(job, lane->run.due_at, lane->run.due_at, 1, "coalesced", "overlap");
	else if (!PF_ASKED_FOR(&lane->run))
		pf_scheduler->counted.ran++;	/* an earlier attempt did */
	if (lane->run.run_id != 0)
		pf_close_run(job->job_id, lane->run.run_id, "withdrawn", NULL, "a later slot has replaced the run");
	lane->phase = PF_LANE_FREE;
	job->busy--;
}

/* A slot is due and no lane is free: what is under way makes room for it. */
static void
replace_run(PfJob *job, const PfSlots *slots, TimestampTz now)
{
	PfLane	   *lane;

	for (int i = 0; i < job->nlanes; i++)
	{
		lane = job->lanes[i];
		if (lane->phase == PF_LANE_RUNNING)
		{
			lane->replaced = true;
			pf_cancel_lane(lane);	/* its end begins the slot */
		}
		else if (lane->phase != PF_LANE_FREE)
			replace_waiting_run(lane);
	}
	lane = free_lane(job);
	if (lane == NULL)
		return;
	begin_slot(job, lane, settle_but(job, slots, 1, "coalesced", "overlap"), now);
	pf_rest(job);
}

/* The instant of a timer has come. */
void
pf_fall_due(PfTimer *timer, TimestampTz now)
{
	PfJob	   *job = timer->job;
	PfLane	   *lane = timer->lane;
	PfSlots		slots;

	pf_timer_clear(timer);
	if (lane != NULL)
	{
		pf_scheduler->counted.retried++;
		lane->run.queued_at = now;
		pf_ready_put(lane);
		return;
	}
	slots = open_slots(job, now);
	if (slots.count == 0)
	{
		pf_rest(job);			/* the clock was set back */
		return;
	}
	if (!pf_edges_are_there(job, NULL))
	{
		job->waiting = true;	/* pf_tell_children() comes back here */
		return;
	}
	lane = free_lane(job);
	if (lane == NULL)
		replace_run(job, &slots, now);
	else
	{
		begin_open_slots(job, lane, &slots, now);
		pf_rest(job);
	}
}

/* Longer after each failure, and a little different each time. */
static TimestampTz
retry_time(const PfLane *lane, TimestampTz now)
{
	const PfRetry *retry = lane->job->retry;
	double		delay = retry->delay;
	double		longest = Max(retry->delay, retry->cap);
	uint64		draw = (uint64) lane->job->job_id * UINT64CONST(0x9E3779B97F4A7C15) +
		(uint64) lane->run.attempt * UINT64CONST(0xBF58476D1CE4E5B9);

	for (int i = 1; i < lane->run.attempt && delay < longest; i++)
		delay *= retry->factor;
	delay = Min(delay, longest);
	/* so that jobs that failed together do not come back together: a number from -1 to 1 */
	draw ^= draw >> 31;
	delay += delay * retry->jitter * ((double) (draw % 2001) / 1000.0 - 1.0);
	return now + (int64) delay;
}

static bool
retry_helps(const PfRetry *retry, int sqlstate)
{
	const char *state;
	const char *at;

	if (retry->on == NULL)
		return true;
	state = unpack_sql_state(sqlstate);
	for (at = retry->on; *at; at = strchr(at, ' ') + 1)
	{
		size_t		length = strcspn(at, " ");

		if (strncmp(at, state, length) == 0)
			return true;
	}
	return false;
}

/* Is the slot of a run that ended so tried once more? */
static bool
tries_again(const PfLane *lane, PfRunOutcome outcome, int sqlstate)
{
	const PfJob *job = lane->job;

	if (PF_ASKED_FOR(&lane->run) || !job->listed || !job->active || lane->replaced)
		return false;
	if (outcome == PF_RUN_UNKNOWN)
		return job->rerun_unknown;
	return outcome == PF_RUN_FAILED && job->retry != NULL && lane->run.attempt <= job->retry->limit &&
		retry_helps(job->retry, sqlstate);
}

static void
try_again(PfLane *lane, TimestampTz at)
{
	lane->phase = PF_LANE_RETRYING;
	pf_timer_set(&lane->timer, at);
	lane->run.attempt++;
	lane->run.run_id = 0;
	lane->recorded = true;
}

/* The slots that passed while all lanes were busy; true if one of them runs now. */
static bool
settle_overlap(PfJob *job, PfLane *lane, TimestampTz finished_at)
{
	PfSlots		slots;

	if (job->overlap == PF_OVERLAP_SKIP || job->schedule->kind == PF_SCHEDULE_AFTER)
	{
		settle(job, finished_at, "skipped", "overlap");
		return false;
	}
	slots = open_slots(job, finished_at);
	if (slots.count == 0 || job->asked != NIL || !has_room(job) || !pf_edges_are_there(job, NULL))
		return false;
	begin_slot(job, lane, settle_but(job, &slots, Min(slots.count, job->queue_limit), "coalesced", "overlap"), finished_at);
	return true;
}

/*
 * A run has ended. Slots that passed while it waited for a worker are coalesced into it; those that
 * passed while it ran are settled by the overlap policy.
 */
void
pf_finish_run(PfLane *lane, TimestampTz finished_at, PfRunOutcome outcome, int sqlstate)
{
	PfJob	   *job = lane->job;
	bool		is_slot = !PF_ASKED_FOR(&lane->run);
	bool		was_full = !has_room(job);
	TimestampTz handed_over_at = lane->handed_over_at;

	if (outcome == PF_RUN_FAILED)
		pf_scheduler->counted.failed++;
	if (tries_again(lane, outcome, sqlstate))
	{
		try_again(lane, outcome == PF_RUN_FAILED ? retry_time(lane, finished_at) : finished_at);
		return;
	}
	if (is_slot && outcome == PF_RUN_UNKNOWN)
		pf_scheduler->counted.unknown++;
	else if (is_slot && (outcome == PF_RUN_SUCCEEDED || outcome == PF_RUN_FAILED))
		pf_scheduler->counted.ran++;
	lane->phase = PF_LANE_FREE;
	job->busy--;
	if (lane->replaced && outcome != PF_RUN_SUCCEEDED)
		outcome = PF_RUN_WITHDRAWN; /* nobody's failure: it made room for a later slot */
	lane->replaced = false;
	if (job->listed && outcome != PF_RUN_WITHDRAWN && job->failing != (outcome != PF_RUN_SUCCEEDED))
		pf_record_alert(job, outcome != PF_RUN_SUCCEEDED, lane->run.run_id, sqlstate);
	if (outcome == PF_RUN_SUCCEEDED || outcome == PF_RUN_FAILED)
		pf_tell_children(job, outcome == PF_RUN_SUCCEEDED, finished_at);
	if (!job->listed || !job->active || job->when.schedule == NULL)
	{
		pf_rest(job);
		return;
	}
	if (job->catch_up > job->accounted)
	{
		PfSlots		slots = open_slots(job, job->catch_up);

		if (slots.count > 0)
		{
			begin_slot(job, lane, settle_but(job, &slots, slots.count, "missed", "misfire"), finished_at);
			pf_rest(job);
			return;
		}
	}
	if (is_slot && was_full && job->schedule->kind != PF_SCHEDULE_AFTER)
		settle(job, Min(handed_over_at, finished_at), "coalesced", "waiting");
	if (was_full && job->schedule->kind != PF_SCHEDULE_CHAIN)
		(void) settle_overlap(job, lane, finished_at);
	pf_rest(job);
}

/* Somebody asked for a run: now, or when a lane is free. */
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
	pf_rest(job);
}

/*
 * A slot that has a row and no run: it waited for a worker when the scheduler or the server ended, or
 * when the job was held.
 */
void
pf_take_queued_slot(PfJob *job, const PfRun *run)
{
	TimestampTz now = pf_clock_now();
	PfLane	   *lane = NULL;

	job->accounted = Max(job->accounted, run->due_at);
	if (!job->active || (job->misfire == PF_MISFIRE_SKIP && now - run->due_at > MISFIRE_GRACE))
	{
		pf_record_range(job, run->due_at, run->due_at, 1, job->active ? "missed" : "skipped",
						job->active ? "misfire" : "not active");
		pf_close_run(job->job_id, run->run_id, "withdrawn", NULL, "its slot was not made up for");
		return;
	}
	for (int i = 0; i < job->nlanes && lane == NULL; i++)
	{
		if (job->lanes[i]->phase == PF_LANE_FREE)
			lane = job->lanes[i];
	}
	pf_make_ready(lane != NULL ? lane : pf_add_lane(job), run->due_at, run->queued_at, run->run_id, run->attempt, -1);
}

/*
 * A slot whose run failed, and that was to be tried again when the scheduler or the server ended. It
 * is, unless a later slot has come meanwhile: then the misfire policy decides what runs.
 */
void
pf_take_failed_slot(PfJob *job, const PfRun *run, TimestampTz finished_at, int sqlstate)
{
	PfLane	   *lane;

	for (int i = 0; i < job->nlanes; i++)
	{
		if (job->lanes[i]->phase != PF_LANE_FREE && job->lanes[i]->run.due_at == run->due_at)
			return;				/* a worker is at it */
	}
	if ((job->schedule->kind != PF_SCHEDULE_CHAIN && open_slots(job, pf_clock_now()).count > 0) ||
		(lane = free_lane(job)) == NULL)
		return;
	lane->run = *run;
	if (!tries_again(lane, PF_RUN_FAILED, sqlstate))
		return;
	job->busy++;
	try_again(lane, retry_time(lane, finished_at));
}
