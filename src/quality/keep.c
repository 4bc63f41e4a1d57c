/*
 * keep.c
 *		Keeping rule sets for as long as their tallies live.
 */
#include "quality.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(pf_keep_rule_set);

Datum
pf_keep_rule_set(PG_FUNCTION_ARGS)
{
	PfRuleSetValue *value = pf_get_rule_set(fcinfo, 0);
	Oid			argtypes[2] = {INT8OID, get_fn_expr_argtype(fcinfo->flinfo, 0)};
	Datum		values[2];
	PfAsOwner	owner;

	values[0] = Int64GetDatum((int64) value->fingerprint);
	values[1] = PointerGetDatum(value);
	pf_as_table_owner(&owner, "rule_set_version",
					  "INSERT INTO portfolio.rule_set_version (fingerprint, rules) VALUES ($1, $2) ON CONFLICT (fingerprint) DO NOTHING",
					  2, argtypes, values, NULL);
	pf_end_as_owner(&owner);
	PG_RETURN_INT64((int64) value->fingerprint);
}
