/*
 * virtual_clock.c
 *		Clocks that tests put in the place of the scheduler's.
 *
 * set_virtual_clock(instant): from now on the scheduler of this session takes its time from a clock
 * that stands still, and jumps when it is waited for. NULL puts the real clock back.
 *
 * Preloaded behind pg_portfolio, with a file named in the environment as PF_CLOCK_FILE, every
 * process of the server takes its time from a clock that goes ahead of the real one by as many
 * microseconds as the file says, a 64-bit integer that a test may overwrite at any moment.
 *
 * Built by clock_module() of test/perl/PfScheduler.pm; uses the clock interface of
 * src/scheduler/clock.h, whose two members are repeated here.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/timestamp.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(set_virtual_clock);

void		_PG_init(void);

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

static const PfClock *true_clock;
static const volatile int64 *ahead;

static TimestampTz
shifted_now(void)
{
	return true_clock->now() + *ahead;
}

static void
shifted_wait_until(TimestampTz until)
{
	true_clock->wait_until(TIMESTAMP_NOT_FINITE(until) ? until : until - *ahead);
}

static const PfClock shifted_clock = {shifted_now, shifted_wait_until};

void
_PG_init(void)
{
	const char *file = getenv("PF_CLOCK_FILE");
	int			fd;

	if (file == NULL || true_clock != NULL)
		return;
	fd = open(file, O_RDONLY);
	if (fd < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\": %m", file)));
	ahead = mmap(NULL, sizeof(int64), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (ahead == MAP_FAILED)
		ereport(ERROR, (errmsg("could not map file \"%s\": %m", file)));
	true_clock = pf_clock;
	pf_clock = &shifted_clock;
}

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
