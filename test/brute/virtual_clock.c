/*
 * virtual_clock.c
 *		set_virtual_clock(instant): from now on the scheduler of this session takes its time from a
 *		clock that stands still, and jumps when it is waited for. NULL puts the real clock back.
 *
 * Built and loaded by test/t/360_scheduler_virtual.pl; uses the clock interface of
 * src/scheduler/clock.h, whose two members are repeated here.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/timestamp.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(set_virtual_clock);

typedef struct PfClock
{
	TimestampTz (*now) (void);
	void		(*wait_until) (TimestampTz until);
} PfClock;

extern const PfClock *pf_clock;

static TimestampTz virtual_time;

static TimestampTz
virtual_now(void)
{
	return virtual_time;
}

static void
virtual_wait_until(TimestampTz until)
{
	if (until > virtual_time)
		virtual_time = until;
}

static const PfClock virtual_clock = {virtual_now, virtual_wait_until};

Datum
set_virtual_clock(PG_FUNCTION_ARGS)
{
	static const PfClock *real_clock = NULL;

	if (real_clock == NULL)
		real_clock = pf_clock;
	pf_clock = PG_ARGISNULL(0) ? real_clock : &virtual_clock;
	if (!PG_ARGISNULL(0))
		virtual_time = PG_GETARG_TIMESTAMPTZ(0);
	PG_RETURN_VOID();
}
