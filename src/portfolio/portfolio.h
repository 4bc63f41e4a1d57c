/*
 * portfolio.h
 *		What the files of the portfolio share.
 */
#ifndef PF_PORTFOLIO_H
#define PF_PORTFOLIO_H

#include "pf.h"

#include "utils/date.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/rel.h"

/* as_of.c: hooks of pg_portfolio.as_of */
extern bool pf_as_of_check(char **newval, void **extra, GucSource source);
extern void pf_as_of_assign(const char *newval, void *extra);
extern void pf_as_of_defined(void);
extern DateADT pf_as_of_shown(void);

/* register.c: is element being written because a concept's own row was? */
extern bool pf_registering(void);

/* record_change.c: are rows of this table being loaded from a dump? */
extern bool pf_restoring(Relation rel);

/* row_json.c: a row as to_jsonb() makes it */
extern Jsonb *pf_row_to_jsonb(FmgrInfo *caller, HeapTuple tuple, TupleDesc desc);

/* change_queue.c: rows of the journal on their way to it */
extern void pf_queue_change(const char *table, const Datum *element, const char *operation,
							const Jsonb *old_row, const Jsonb *new_row);
extern void pf_write_changes(void);

#endif							/* PF_PORTFOLIO_H */
