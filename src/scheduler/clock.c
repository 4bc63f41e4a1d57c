/*
 * clock.c
 *		The only clock of the scheduler. No other file here asks for the time or sleeps, so that a
 *		test can put another clock in its place.
 */
#include "clock.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/timestamp.h"

/* One wait is at most a day: milliseconds are an int somewhere below us */
#define LONGEST_WAIT_MS (24L * 3600 * 1000)

static TimestampTz
real_now(void)
{
	return GetCurrentTimestamp();
}

/*
 * Sleep until the latch is set or the instant has come; DT_NOEND waits for the latch alone. A latch
 * waits for whole milliseconds: the rest, less than one, is slept through without looking at it.
 */
static void
real_wait_until(TimestampTz until)
{
	int			events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;
	long		ms = -1;

	if (!TIMESTAMP_IS_NOEND(until))
	{
		int64		left = Max(until - GetCurrentTimestamp(), 0);

		ms = (long) Min(left / 1000, LONGEST_WAIT_MS);
		events |= WL_TIMEOUT;
	}
	if ((WaitLatch(MyLatch, events, ms, PG_WAIT_EXTENSION) & WL_TIMEOUT) != 0 && ms < LONGEST_WAIT_MS)
		pg_usleep(Min(Max(until - GetCurrentTimestamp(), 0), 1000));	/* the clock may have been set back */
	ResetLatch(MyLatch);
}

static const PfClock real_clock = {real_now, real_wait_until};

const PfClock *pf_clock = &real_clock;

TimestampTz
pf_clock_now(void)
{
	return pf_clock->now();
}

void
pf_clock_wait_until(TimestampTz until)
{
	pf_clock->wait_until(until);
}
