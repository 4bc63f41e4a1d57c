/*
 * schedule.h
 *		The type "schedule": when a job is due.
 *
 * A schedule is either a set of minutes of the local calendar (cron) or a fixed grid of instants
 * ("every 10 seconds"), whose zero is 2000-01-01 00:00 UTC. Equal schedules have equal bytes, so
 * equality and hash look at the bytes; there is no order.
 */
#ifndef PF_SCHEDULE_H
#define PF_SCHEDULE_H

#include "pf.h"

#include "datatype/timestamp.h"
#include "pgtime.h"

typedef enum PfScheduleKind
{
	PF_SCHEDULE_CRON = 1,
	PF_SCHEDULE_EVERY = 2
} PfScheduleKind;

/* Fields whose text begins with a star; only these two change what a schedule means */
#define PF_STAR_HOUR	0x01	/* follows the clock through daylight saving changes */
#define PF_STAR_DAY		0x02	/* day of month and day of week must both match ... */
#define PF_STAR_WEEKDAY	0x04	/* ... if one of the two is a star; else one of them is enough */

typedef struct PfSchedule
{
	int32		vl_len_;		/* varlena header */
	uint8		kind;			/* PfScheduleKind */
	uint8		stars;			/* PF_STAR_* */
	uint8		weekday;		/* bits 0 (Sunday) to 6 */
	uint8		unused;			/* zero */
	uint16		month;			/* bits 1 to 12 */
	uint16		unused2;		/* zero */
	uint32		hour;			/* bits 0 to 23 */
	uint32		day;			/* bits 1 to 31 */
	uint32		unused3;		/* zero: keeps the next field aligned on every platform */
	uint64		minute;			/* bits 0 to 59 */
	int64		every;			/* microseconds between two instants of a grid */
} PfSchedule;

#define PF_EVERY_MIN	(100 * INT64CONST(1000))
#define PF_EVERY_MAX	(24 * 7 * (int64) USECS_PER_HOUR)

/* What is wrong with a text, and where */
typedef struct PfScheduleError
{
	char		detail[256];
	char		hint[256];
} PfScheduleError;

#define DatumGetPfScheduleP(d) ((PfSchedule *) PG_DETOAST_DATUM(d))
#define PG_GETARG_SCHEDULE_P(n) DatumGetPfScheduleP(PG_GETARG_DATUM(n))

/* cron_parse.c */
extern bool pf_schedule_parse(const char *input, PfSchedule *out, PfScheduleError *error);
extern bool pf_schedule_check(const PfSchedule *schedule, PfScheduleError *error);
extern char *pf_schedule_text(const PfSchedule *schedule);

/* next_run.c */
extern bool pf_schedule_next(const PfSchedule *schedule, const pg_tz *tz, TimestampTz after,
							 TimestampTz *next);
extern int64 pf_schedule_count(const PfSchedule *schedule, const pg_tz *tz, TimestampTz after,
							   TimestampTz upto, TimestampTz *first, TimestampTz *before_last,
							   TimestampTz *last);

#endif							/* PF_SCHEDULE_H */
