/*
 * launcher.h
 *		Entry points of the scheduler's processes and how they are started.
 */
#ifndef PF_LAUNCHER_H
#define PF_LAUNCHER_H

#include "pf.h"

#include "postmaster/bgworker.h"

#define PF_LIBRARY "pg_portfolio"

extern void pf_register_launcher(void);
extern bool pf_register_scheduler(Oid database, bool resident, BackgroundWorkerHandle **handle);
extern bool pf_register_worker(int slot, uint32 generation, Oid database,
							   BackgroundWorkerHandle **handle);

/* Main functions: the postmaster finds them by name */
extern PGDLLEXPORT void pf_launcher_main(Datum arg);
extern PGDLLEXPORT void pf_scheduler_main(Datum arg);
extern PGDLLEXPORT void pf_worker_main(Datum arg);

#endif							/* PF_LAUNCHER_H */
