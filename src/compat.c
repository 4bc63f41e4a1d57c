/*
 * compat.c
 *		Functions that older servers lack, and what wraps one that they have otherwise.
 */
#include "pf.h"

#include "executor/spi.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#ifndef pf_init_materialized_srf
void
pf_init_materialized_srf(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old_context;
	TupleDesc	desc;

	if (rsinfo == NULL || !IsA(rsinfo, ReturnSetInfo) || (rsinfo->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	old_context = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	rsinfo->returnMode = SFRM_Materialize;
	rsinfo->setResult = tuplestore_begin_heap((rsinfo->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
	rsinfo->setDesc = desc;
	MemoryContextSwitchTo(old_context);
}
#endif

#ifdef PF_SPI_TAKES_RECEIVER
static void
receiver_startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
receiver_nothing(DestReceiver *self)
{
}
#endif

/* Read with the active snapshot; each row goes to receive(), with dest, which is the caller's. SPI's result code. */
int
pf_spi_execute_into(struct _SPI_plan *plan, struct _DestReceiver *dest, pf_receive_slot receive)
{
#ifdef PF_SPI_TAKES_RECEIVER
	SPIExecuteOptions options = {0};

	dest->receiveSlot = receive;
	dest->rStartup = receiver_startup;
	dest->rShutdown = receiver_nothing;
	dest->rDestroy = receiver_nothing;
	dest->mydest = DestTuplestore;
	options.read_only = true;
	options.dest = dest;
	return SPI_execute_plan_extended(plan, &options);
#else
	Portal		portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(portal->tupDesc, &TTSOpsHeapTuple);

	for (;;)
	{
		SPI_cursor_fetch(portal, true, 1000);
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			ExecStoreHeapTuple(SPI_tuptable->vals[i], slot, false);
			(void) receive(slot, dest);
		}
		if (SPI_processed == 0)
			break;
		SPI_freetuptable(SPI_tuptable);
	}
	ExecDropSingleTupleTableSlot(slot);
	SPI_cursor_close(portal);
	return SPI_OK_SELECT;
#endif
}
