/*
 * empty_trigger.c
 *		An AFTER ROW trigger that does nothing: what PostgreSQL itself takes for having one.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(empty_trigger);

Datum
empty_trigger(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(NULL);
}
