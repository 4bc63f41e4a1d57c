/*
 * clock.h
 *		The clock of the scheduler, as an interface (see clock.c).
 */
#ifndef PF_CLOCK_H
#define PF_CLOCK_H

#include "pf.h"

#include "datatype/timestamp.h"

typedef struct PfClock
{
	TimestampTz (*now) (void);
	void		(*wait_until) (TimestampTz until);
} PfClock;

/* Visible outside the library: that is how a test puts another clock in its place */
extern PGDLLEXPORT const PfClock *pf_clock;

extern TimestampTz pf_clock_now(void);
extern void pf_clock_wait_until(TimestampTz until);

#endif							/* PF_CLOCK_H */
