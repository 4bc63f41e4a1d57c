/*
 * pg_portfolio.c
 *		Magic block, settings and library start. Nothing else lives here.
 */
#include "pf.h"

#include <limits.h>

#include "miscadmin.h"
#include "utils/guc.h"

#include "pf_checks.h"
#include "portfolio/portfolio.h"

PF_MODULE_MAGIC;

bool		pf_allow_drop = false;
bool		pf_allow_superuser_jobs = false;
char	   *pf_as_of = NULL;
int			pf_graph_mem = 524288;
int			pf_idle_timeout = 60000;
bool		pf_log_findings = false;
bool		pf_mask_identifiers = true;
int			pf_max_workers = 4;
int			pf_max_workers_per_owner = 0;
char	   *pf_reason = NULL;
bool		pf_run_jobs = true;
int			pf_score_mem = 262144;
int			pf_stored_query_max_rows = 10000;
int			pf_stored_query_timeout = 60000;
int			pf_worker_max_runs = 1000;

void		_PG_init(void);

/* In alphabetical order of the names; contrib/ci/guards/gucs_sorted.sh checks it. */
static void
define_settings(void)
{
	DefineCustomBoolVariable("pg_portfolio.allow_drop",
							 "Allows DROP EXTENSION pg_portfolio while it holds user rows.",
							 NULL, &pf_allow_drop, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_portfolio.allow_superuser_jobs",
							 "Allows jobs that are owned by a superuser.",
							 NULL, &pf_allow_superuser_jobs, false, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_portfolio.as_of",
							   "Sets the day that views and graph functions show; empty means today.",
							   "It moves reads only: constraints, policies and gates use the clock.",
							   &pf_as_of, "", PGC_USERSET, 0,
							   pf_as_of_check, pf_as_of_assign, NULL);
	pf_as_of_defined();
	DefineCustomIntVariable("pg_portfolio.graph_mem",
							"Sets the maximum memory that the graph of a session may use.",
							NULL, &pf_graph_mem, 524288, 64, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("pg_portfolio.idle_timeout",
							"Sets how long scheduler and workers of a database stay without work.",
							NULL, &pf_idle_timeout, 60000, 100, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_portfolio.log_findings",
							 "Logs each finding that is opened, accepted or resolved as one line of JSON.",
							 NULL, &pf_log_findings, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_portfolio.mask_identifiers",
							 "Masks patient identifiers in messages, findings and failing rows.",
							 NULL, &pf_mask_identifiers, true, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_portfolio.max_workers",
							"Sets the maximum number of job workers of the whole server.",
							NULL, &pf_max_workers, 4, 1, PF_MAX_WORKERS, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_portfolio.max_workers_per_owner",
							"Sets the maximum number of job workers of one role; 0 means no limit of its own.",
							NULL, &pf_max_workers_per_owner, 0, 0, PF_MAX_WORKERS, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_portfolio.reason",
							   "Sets the reason that the change journal records.",
							   "Use SET LOCAL in the transaction that makes the change.",
							   &pf_reason, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_portfolio.run_jobs",
							 "Runs scheduled jobs; off holds all of them.",
							 NULL, &pf_run_jobs, true, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_portfolio.score_mem",
							"Sets the maximum memory that one score may use for its groups.",
							NULL, &pf_score_mem, 262144, 64, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("pg_portfolio.stored_query_max_rows",
							"Sets how many rows a stored check or criterion query may return.",
							NULL, &pf_stored_query_max_rows, 10000, 1, INT_MAX, PGC_SUSET, 0,
							NULL, NULL, NULL);
	DefineCustomIntVariable("pg_portfolio.stored_query_timeout",
							"Sets how long a stored check or criterion query may run.",
							NULL, &pf_stored_query_timeout, 60000, 1, INT_MAX, PGC_SUSET, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable("pg_portfolio.worker_max_runs",
							"Sets how many runs a job worker does before it is replaced.",
							NULL, &pf_worker_max_runs, 1000, 1, INT_MAX, PGC_SIGHUP, 0,
							NULL, NULL, NULL);
	pf_reserve_guc_prefix("pg_portfolio");
}

void
_PG_init(void)
{
	define_settings();
	pf_drop_guard_init();
	pf_session_locks_init();
	pf_progress_init();
	pf_scheduler_init();
}
