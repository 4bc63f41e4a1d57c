/*
 * schedule.h
 *		The type "schedule": when a job is due.
 *
 * A schedule is a set of seconds of the local calendar (cron), a fixed grid of instants ("every 10
 * seconds", whose zero is 2000-01-01 00:00 UTC), a pause after each run, one instant, the start of
 * the server, or the end of other jobs. It may name a calendar on whose days alone it is due, and one on whose days it is
 * not. Equal schedules have equal bytes, so equality and hash look at the bytes; there is no order.
 */
#ifndef PF_SCHEDULE_H
#define PF_SCHEDULE_H

#include "pf.h"

#include "datatype/timestamp.h"
#include "pgtime.h"

typedef enum PfScheduleKind
{
	PF_SCHEDULE_CRON = 1,
	PF_SCHEDULE_EVERY = 2,		/* a grid */
	PF_SCHEDULE_AFTER = 3,		/* so long after the end of each run */
	PF_SCHEDULE_ONCE = 4,
	PF_SCHEDULE_REBOOT = 5,
	PF_SCHEDULE_CHAIN = 6		/* whenever the jobs have ended that it runs after */
} PfScheduleKind;

/* Fields whose text is a star (or ?), with or without a step; these change what a schedule means */
#define PF_STAR_HOUR	0x01	/* follows the clock through daylight saving changes */
#define PF_STAR_DAY		0x02	/* day of month and day of week must both match ... */
#define PF_STAR_WEEKDAY	0x04	/* ... if one of the two is a star; else one of them is enough */

/* Bit of "the nth such weekday of the month"; n is 1 to 5, or PF_NTH_LAST */
#define PF_NTH_LAST			6
#define PF_NTH_BIT(weekday, n) (UINT64CONST(1) << ((weekday) * 6 + (n) - 1))

typedef struct PfSchedule
{
	int32		vl_len_;		/* varlena header */
	uint8		kind;			/* PfScheduleKind */
	uint8		stars;			/* PF_STAR_* */
	uint8		weekday;		/* bits 0 (Sunday) to 6 */
	uint8		on_length;		/* of the name of the calendar on whose days it is due; 0: any day */
	uint16		month;			/* bits 1 to 12 */
	uint8		except_length;	/* of the name of the calendar on whose days it is not due */
	uint8		unused;			/* zero */
	uint32		hour;			/* bits 0 to 23 */
	uint32		day;			/* bits 1 to 31 */
	uint32		from_end;		/* bit n: n days before the last day of the month */
	uint32		nearest;		/* bits 1 to 31: the weekday nearest to that day; 0: to the last */
	uint32		unused2;		/* zero: keeps the next field aligned on every platform */
	uint64		minute;			/* bits 0 to 59 */
	uint64		second;			/* bits 0 to 59 */
	uint64		nth;			/* PF_NTH_BIT */
	int64		every;			/* EVERY, AFTER: microseconds; ONCE: the instant */
	char		names[FLEXIBLE_ARRAY_MEMBER];	/* of both calendars, without terminators */
} PfSchedule;

#define PF_SCHEDULE_FIXED_SIZE	offsetof(PfSchedule, names)
#define PF_SCHEDULE_SIZE(s) (PF_SCHEDULE_FIXED_SIZE + (s)->on_length + (s)->except_length)

/* Its slots can be told from the schedule alone */
#define PF_SLOTS_ARE_FIXED(s) ((s)->kind != PF_SCHEDULE_AFTER && (s)->kind < PF_SCHEDULE_REBOOT)

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

/* A calendar, as far as it is known: whole years, from that of its first day to that of its last */
typedef struct PfCalendar
{
	char		code[NAMEDATALEN];
	int32		known_from;		/* days since 1970-01-01; empty if known_upto < known_from */
	int32		known_upto;
	int			ndays;
	int32		days[FLEXIBLE_ARRAY_MEMBER];	/* in order */
} PfCalendar;

/* A schedule in its place: all that is needed to tell when it is due */
typedef struct PfWhen
{
	const PfSchedule *schedule;
	const pg_tz *tz;
	const PfCalendar *on;		/* or NULL */
	const PfCalendar *except;	/* or NULL */
	const PfCalendar *closed;	/* of the job: not due on its days either; or NULL */
	const PfCalendar *unknown;	/* with PF_NEXT_UNKNOWN: the calendar that does not reach so far */
	int32		unknown_day;
} PfWhen;

typedef enum PfNext
{
	PF_NEXT_FOUND,
	PF_NEXT_NEVER,
	PF_NEXT_UNKNOWN				/* a calendar does not reach so far */
} PfNext;

/* Slots in a range of time; `first` and so on are only set where there are so many */
typedef struct PfSlots
{
	int64		count;
	TimestampTz first;
	TimestampTz before_last;
	TimestampTz last;
	PfNext		end;			/* PF_NEXT_UNKNOWN: a calendar ended before the range did */
} PfSlots;

/* schedule_parse.c */
extern PfSchedule *pf_schedule_parse(const char *input, PfScheduleError *error);
extern bool pf_schedule_check(const PfSchedule *schedule, PfScheduleError *error);
extern bool pf_is_calendar_code(const char *code, size_t length);

/* cron_parse.c */
extern bool pf_cron_parse(const char *whole, const char *at, PfSchedule *out, PfScheduleError *error);
extern bool pf_star_pattern(uint64 bits, int low, int high, int *step);
extern const char *const pf_schedule_forms;

/* schedule_text.c */
extern char *pf_schedule_text(const PfSchedule *schedule);

/* schedule_describe.c */
extern char *pf_schedule_describe(const PfSchedule *schedule);

/* next_run.c */
extern bool pf_schedule_day_matches(const PfSchedule *schedule, int year, int month, int day, int weekday);
extern PfNext pf_schedule_next(PfWhen *when, TimestampTz after, TimestampTz *next);
extern PfSlots pf_schedule_slots(PfWhen *when, TimestampTz after, TimestampTz upto);

/* calendar.c */
extern PfCalendar *pf_calendar_read(const char *code);
extern bool pf_when_set(PfWhen *when, const PfSchedule *schedule, const pg_tz *tz, const char *closed,
						PfCalendar *(*find) (const char *code), char *missing);
pf_noreturn extern void pf_calendar_ends(const PfWhen *when);

#endif							/* PF_SCHEDULE_H */
