/*
 * carrier.h
 *		How tally() gets at more columns than a function takes arguments, and at rows where they stand.
 */
#ifndef PF_CARRIER_H
#define PF_CARRIER_H

#include "postgres.h"

#include "fmgr.h"
#include "lib/ilist.h"

/* One call of row_columns() or row_in_place() in a query that is running. */
typedef struct PfCarrier
{
	dlist_node	node;
	uint32		id;
	uint32		calls;
	bool		is_place;		/* of row_in_place() */
	bool		in_place;		/* it says so: tally() reads the row by itself */
	FunctionCallInfo call;
	MemoryContextCallback callback;
} PfCarrier;

extern PfCarrier *pf_carrier_of_ticket(uint64 ticket);
extern void pf_read_in_place(const Node *call);
pf_noreturn extern void pf_refuse_ticket(void);

#endif							/* PF_CARRIER_H */
