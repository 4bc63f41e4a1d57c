/*
 * fetch_rule_set.c
 *		A rule set from a query of one argument: what a data set's rules are, or what a fingerprint means.
 *
 * The query runs with the caller's own rights and under his snapshot.
 */
#include "quality.h"

#include "executor/spi.h"

/*
 * The only value of the only row of sql, copied into context; NULL when there is no row. *type, where
 * asked for, is the type's OID: a schema's type has none that C could know.
 */
PfRuleSetValue *
pf_fetch_rule_set(const char *sql, Oid argtype, Datum arg, MemoryContext context, Oid *type)
{
	PfRuleSetValue *value = NULL;
	int			rc;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	rc = SPI_execute_with_args(sql, 1, &argtype, &arg, NULL, true, 1);
	if (rc != SPI_OK_SELECT)
		elog(ERROR, "could not fetch a rule set: %s", SPI_result_code_string(rc));
	if (SPI_processed == 1)
	{
		bool		isnull;
		Datum		rules = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
		MemoryContext old = MemoryContextSwitchTo(context);

		if (isnull)
			elog(ERROR, "\"%s\" gave no rule set", sql);
		value = (PfRuleSetValue *) PG_DETOAST_DATUM_COPY(rules);
		MemoryContextSwitchTo(old);
		if (type)
			*type = SPI_gettypeid(SPI_tuptable->tupdesc, 1);
	}
	SPI_finish();
	return value;
}
