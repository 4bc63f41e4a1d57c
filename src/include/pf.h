/*
 * pf.h
 *		What every C file of pg_portfolio shares: settings and the one way to act as a table's owner.
 */
#ifndef PF_H
#define PF_H

#include "postgres.h"

#include "fmgr.h"

#include "pf_compat.h"

#define PF_SCHEMA "portfolio"

/* Job workers of one server: shared memory has room for so many */
#define PF_MAX_WORKERS 128

/* Settings (pg_portfolio.c), in alphabetical order of their names */
extern bool pf_allow_drop;
extern bool pf_allow_superuser_jobs;
extern char *pf_as_of;
extern int	pf_graph_mem;			/* kB */
extern int	pf_idle_timeout;		/* ms */
extern bool pf_log_findings;
extern bool pf_mask_identifiers;
extern int	pf_max_workers;
extern int	pf_max_workers_per_owner;
extern char *pf_reason;
extern bool pf_run_jobs;
extern int	pf_score_mem;			/* kB */
extern int	pf_stored_query_max_rows;
extern int	pf_stored_query_timeout;	/* ms */
extern int	pf_worker_max_runs;

/*
 * Run one fixed statement on a table of ours as that table's owner (owner.c). `sql` must be a
 * string constant: its address is the key of the saved plan. Returns SPI's result code; the rows
 * are in SPI_tuptable until the caller's pf_end_as_owner().
 */
typedef struct PfAsOwner
{
	Oid			saved_user;
	int			saved_sec_context;
	int			guc_level;
	bool		pushed_snapshot;
} PfAsOwner;

extern Oid	pf_relation_oid(const char *table);
extern Oid	pf_relation_owner(Oid relid);
extern int	pf_as_table_owner(PfAsOwner *state, const char *table, const char *sql, int nargs,
							  const Oid *argtypes, const Datum *values, const char *nulls);

/* The same for a statement that is put together for one table, of its quoted names alone: its plan is not kept */
extern int	pf_as_table_owner_once(PfAsOwner *state, const char *table, const char *sql, int nargs,
								   const Oid *argtypes, const Datum *values, const char *nulls);

/* The same for a statement that selects from rows of the caller's, under the name that they bring along */
struct EphemeralNamedRelationData;
extern int	pf_as_table_owner_from(PfAsOwner *state, const char *table, const char *sql,
								   struct EphemeralNamedRelationData *rows);
extern void pf_end_as_owner(PfAsOwner *state);

/* Settings of the session that what we do must not hang on (pin_settings.c) */
extern void pf_pin_setting(const char *name, const char *value);
extern void pf_pin_writing(void);

/* The plan of a statement, made at its first use in this session (keep_plan.c) */
struct _SPI_plan;
extern void pf_keep_plan(struct _SPI_plan **plan, const char *sql, int nargs, const Oid *argtypes, int cursor_options);

/* Refuses DROP EXTENSION while user rows exist (drop_guard.c) */
extern void pf_drop_guard_init(void);

/* Warns once a session where library and SQL objects differ in version (version.c) */
extern void pf_check_version(void);

/* Shared memory of pg_stat_portfolio_progress (quality/progress.c), at library start */
extern void pf_progress_init(void);

/* Scheduler (scheduler/hooks.c): launcher, hooks and shared memory, at library start. */
extern void pf_scheduler_init(void);

#endif							/* PF_H */
