/*
 * score.c
 *		Scoring a relation: the SQL around the aggregate, run to completion as the caller.
 *
 * The statement runs through SPI without a cursor, so that the planner may make it parallel, and with
 * the caller's rights and row security. Only names that we quote and expressions that rule_parse.c
 * has accepted get into its text.
 */
#include "engine.h"
#include "progress.h"

#include "access/relation.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "tcop/tcopprot.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(pf_tally_relation);
PG_FUNCTION_INFO_V1(pf_rule_set_sql);

#define MIN_GROUPS 1000			/* room for so many at least, for estimates of groups are often poor */
#define COLUMNS_A_CALL 98		/* of the 100 arguments a function takes, less rule set and state */

static char **
text_array_strings(ArrayType *array, const char *what, int *n)
{
	Datum	   *values;
	bool	   *nulls;
	char	  **strings;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, n);
	strings = palloc(sizeof(char *) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not hold a null", what)));
		strings[i] = TextDatumGetCString(values[i]);
	}
	return strings;
}

static char *
qualified_relation(Oid relid)
{
	char	   *name = get_rel_name(relid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), name);
}

/* The literals of the dates that a set has; what it has not stays :name. */
static char **
date_literals(const PfRuleSetValue *value)
{
	char	  **literals = palloc(sizeof(char *) * PF_NPARAMS);

	for (int i = 0; i < PF_NPARAMS; i++)
	{
		if (value->flags & (2 << i))
			literals[i] = psprintf("('2000-01-01'::pg_catalog.date + (%d))", value->dates[i]);
		else
			literals[i] = psprintf(":%s", pf_param_names[i]);
	}
	return literals;
}

/* A filter or grouping expression, accepted and qualified. */
static char *
accepted_expression(Oid relid, const char *source, Oid result_type, const PfRuleSetValue *value)
{
	Relation	rel = pf_open_relation(relid);
	PfRuleSettings settings;
	PfExpression *expression;
	char	  **literals = date_literals(value);

	pf_rule_settings_push(&settings, PF_FOR_PARSE);
	expression = pf_rule_parse(RelationGetDescr(rel), RelationGetRelationName(rel), source, result_type, true);
	pf_rule_settings_pop(&settings);
	relation_close(rel, NoLock);
	for (int i = 0; i < PF_NPARAMS; i++)
		if ((expression->params & (1 << i)) && literals[i][0] == ':')
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("\":%s\" has no value", pf_param_names[i]),
					 errhint("Give the rule set its dates: dated_rules(rules, period_start, period_end, scored_on).")));
	return pf_replace_params(pf_rule_deparse(expression, relid), (const char *const *) literals);
}

/* May a part of the relation be on another server, which would be asked for the sums? */
static bool
may_be_remote(Oid relid)
{
	ListCell   *lc;

	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_FOREIGN_TABLE)
			return true;
	return false;
}

/*
 * tally($1, columns…): read where they stand, see carrier.c, except that what is asked of another
 * server is written as plainly as can be.
 */
static void
put_aggregate(StringInfo sql, Oid relid, const PfRuleSet *set)
{
	const char *wrapper = "";
	int			ncalls = (set->ncolumns + COLUMNS_A_CALL - 1) / COLUMNS_A_CALL;
	bool		plain = ncalls == 1 && may_be_remote(relid);

	if (set->parallel != PROPARALLEL_SAFE || (set->may_raise && !PF_SUBTRANSACTION_IN_PARALLEL))
		wrapper = "portfolio.serial_rules";
	else if (set->volatility != PROVOLATILE_IMMUTABLE)
		wrapper = "portfolio.stable_rules";
	if (set->ncolumns == 0)
	{
		appendStringInfo(sql, "portfolio.tally_row(%s($1), ROW())", wrapper);
		return;
	}
	appendStringInfo(sql, "portfolio.tally(%s($1)", wrapper);
	for (int c = 0; c < set->ncolumns; c++)
	{
		int			a_call = (set->ncolumns + ncalls - 1) / ncalls;

		appendStringInfoString(sql, ", ");
		if (!plain && c % a_call == 0)
			appendStringInfoString(sql, "COALESCE(portfolio.row_in_place(), portfolio.row_columns(");
		appendStringInfo(sql, "r.%s", quote_identifier(set->columns[c].name));
		if (!plain && (c % a_call == a_call - 1 || c == set->ncolumns - 1))
			appendStringInfoString(sql, "))");
	}
	appendStringInfoChar(sql, ')');
}

typedef struct Groups
{
	int			n;
	char	  **names;
	char	  **expressions;
} Groups;

static char *
score_statement(Oid relid, const PfRuleSet *set, const Groups *groups, const char *filter)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT pg_catalog.jsonb_build_object(");
	for (int i = 0; i < groups->n; i++)
		appendStringInfo(&sql, "%s%s, portfolio.plain_json(s.g%d)", i > 0 ? ", " : "", quote_literal_cstr(groups->names[i]), i + 1);
	appendStringInfoString(&sql, "), pg_catalog.concat_ws(', '");
	for (int i = 0; i < groups->n; i++)
		appendStringInfo(&sql, ", COALESCE(portfolio.plain_text(s.g%d), '(null)')", i + 1);
	appendStringInfoString(&sql, groups->n == 0 ? ", 'all'), s.t FROM (SELECT " : "), s.t FROM (SELECT ");
	put_aggregate(&sql, relid, set);
	appendStringInfoString(&sql, " AS t");
	for (int i = 0; i < groups->n; i++)
		appendStringInfo(&sql, ", (%s) AS g%d", groups->expressions[i], i + 1);
	appendStringInfo(&sql, " FROM %s AS r", qualified_relation(relid));
	if (filter)
		appendStringInfo(&sql, " WHERE (%s)", filter);
	for (int i = 0; i < groups->n; i++)
		appendStringInfo(&sql, "%s%d", i > 0 ? ", " : " GROUP BY ", i + 2);
	appendStringInfoString(&sql, ") AS s");
	for (int i = 0; i < groups->n; i++)
		appendStringInfo(&sql, "%ss.g%d", i > 0 ? ", " : " ORDER BY ", i + 1);
	return sql.data;
}

/* Names of columns, or names for the expressions that are given beside them. */
static Groups
read_groups(FunctionCallInfo fcinfo, int by_arg, int expressions_arg, Oid relid, const PfRuleSetValue *value)
{
	Groups		groups = {0, NULL, NULL};
	char	  **sources = NULL;
	int			nsources = 0;

	if (!PG_ARGISNULL(by_arg))
		groups.names = text_array_strings(PG_GETARG_ARRAYTYPE_P(by_arg), "by", &groups.n);
	if (!PG_ARGISNULL(expressions_arg))
		sources = text_array_strings(PG_GETARG_ARRAYTYPE_P(expressions_arg), "by_expressions", &nsources);
	if (nsources > 0 && nsources != groups.n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("by has %d names, by_expressions %d expressions", groups.n, nsources)));
	if (groups.n > 32)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot group by more than %d columns", 32)));
	groups.expressions = palloc(sizeof(char *) * Max(groups.n, 1));
	for (int i = 0; i < groups.n; i++)
	{
		if (nsources > 0)
			groups.expressions[i] = accepted_expression(relid, sources[i], InvalidOid, value);
		else if (get_attnum(relid, groups.names[i]) <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist", groups.names[i], get_rel_name(relid)),
					 errhint("by names columns of the relation.")));
		else
			groups.expressions[i] = psprintf("r.%s", quote_identifier(groups.names[i]));
	}
	return groups;
}

/* How many rows the planner expects of "SELECT … FROM relation [WHERE filter] [GROUP BY groups]". */
static double
estimated_rows(Oid relid, const Groups *groups, const char *filter)
{
	StringInfoData sql;
	Query	   *query;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT FROM %s AS r", qualified_relation(relid));
	if (filter)
		appendStringInfo(&sql, " WHERE (%s)", filter);
	for (int i = 0; groups && i < groups->n; i++)
		appendStringInfo(&sql, "%s(%s)", i > 0 ? ", " : " GROUP BY ", groups->expressions[i]);
	query = linitial_node(Query, pf_analyze_and_rewrite(linitial_node(RawStmt, pf_raw_parser(sql.data)), sql.data));
	return pg_plan_query(query, sql.data, 0, NULL)->planTree->plan_rows;
}

/*
 * Groups are counted in memory, one tally each: give the statement what they need, as far as score_mem
 * goes; what needs more PostgreSQL spills. Hashing may use hash_mem_multiplier times work_mem.
 */
static void
raise_work_mem(double groups, const PfRuleSet *set)
{
	double		wanted = Max(1.5 * groups, MIN_GROUPS) * (pf_state_memory(set) + 256) / 1024;
	char		kilobytes[32];

	wanted = Min(wanted, (double) pf_score_mem) / hash_mem_multiplier;
	if (wanted <= work_mem)
		return;
	snprintf(kilobytes, sizeof(kilobytes), "%d", (int) wanted);
	pf_pin_setting("work_mem", kilobytes);
}

/* tally_relation(relation, rules, by, filter, by_expressions) */
Datum
pf_tally_relation(PG_FUNCTION_ARGS)
{
	Oid			relid;
	PfRuleSetValue *value;
	PfRuleSet  *set;
	Groups		groups;
	char	   *filter = NULL;
	char	   *sql;
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		empty;
	Oid			argtype;
	Datum		arg;
	int			guc_level;
	bool		announced;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("relation and rules must not be null")));
	pf_init_materialized_srf(fcinfo);
	relid = PG_GETARG_OID(0);
	value = pf_get_rule_set(fcinfo, 1);
	set = pf_rule_set_open(value);
	groups = read_groups(fcinfo, 2, 4, relid, value);
	if (!PG_ARGISNULL(3))
		filter = accepted_expression(relid, text_to_cstring(PG_GETARG_TEXT_PP(3)), BOOLOID, value);
	sql = score_statement(relid, set, &groups, filter);
	empty = DirectFunctionCall1(pf_empty_tally, PointerGetDatum(value));
	argtype = get_fn_expr_argtype(fcinfo->flinfo, 1);
	arg = PointerGetDatum(value);

	guc_level = NewGUCNestLevel();
	/* what was accepted is written with the names of pg_catalog bare */
	pf_pin_setting("search_path", "pg_catalog, pg_temp");
	if (groups.n > 0)
		raise_work_mem(estimated_rows(relid, &groups, filter), set);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	announced = pf_progress_wanted();
	if (announced)
		pf_progress_begin(relid, estimated_rows(relid, NULL, filter));
	PG_TRY();
	{
		if (SPI_execute_with_args(sql, 1, &argtype, &arg, NULL, true, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not score relation %u", relid);
	}
	PG_FINALLY();
	{
		if (announced)
			pf_progress_end();
	}
	PG_END_TRY();
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		values[3];
		bool		nulls[3];

		for (int k = 0; k < 3; k++)
			values[k] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, k + 1, &nulls[k]);
		if (nulls[2])
		{
			values[2] = empty;
			nulls[2] = false;
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	SPI_finish();
	AtEOXact_GUC(true, guc_level);
	return (Datum) 0;
}

/* ---- the plain SQL behind the numbers ---- */

/* A column as the rules see it: what means missing is NULL. */
static void
put_source(StringInfo sql, const PfRuleSet *set, Oid relid)
{
	appendStringInfoString(sql, "FROM (SELECT ");
	for (int c = 0; c < set->ncolumns; c++)
	{
		const char *name = quote_identifier(set->columns[c].name);
		const PfItem *item = NULL;

		for (int i = 0; i < set->nitems; i++)
			if (set->items[i].column == c && set->items[i].nmissing > 0)
				item = &set->items[i];
		appendStringInfoString(sql, c > 0 ? ", " : "");
		if (item)
		{
			Oid			type;
			int32		typmod;

			pf_parse_type(set->columns[c].type, &type, &typmod);
			appendStringInfo(sql, "CASE WHEN %s THEN NULL ELSE %s END AS %s",
							 pf_codes_expression(set->columns[c].name, type, item->nmissing, item->missing), name, name);
		}
		else
			appendStringInfoString(sql, name);
	}
	appendStringInfo(sql, "\n        FROM %s) AS r,\n", qualified_relation(relid));
}

static void
put_rule(StringInfo sql, const PfRuleSet *set, int i, const char *const *literals)
{
	const PfRule *rule = &set->rules[i];
	const char *applies = set->items[rule->item].applies_when;
	char	   *expression = pf_replace_params(rule->expression, literals);

	appendStringInfo(sql, "%s(%d, %s, ", i > 0 ? ",\n          " : "", i + 1, quote_literal_cstr(rule->code));
	if (rule->on_null == PF_NULL_MISSING)
		appendStringInfoString(sql, expression);
	else
		appendStringInfo(sql, "COALESCE(%s, %s)", expression, rule->on_null == PF_NULL_PASS ? "true" : "false");
	if (applies)
		appendStringInfo(sql, ", (%s) IS TRUE)", pf_replace_params(applies, literals));
	else
		appendStringInfoString(sql, ", true)");
}

Datum
pf_rule_set_sql(PG_FUNCTION_ARGS)
{
	PfRuleSetValue *value = pf_get_rule_set(fcinfo, 0);
	PfRuleSet  *set = pf_rule_set_open(value);
	char	  **literals = date_literals(value);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT v.rule, count(*) AS records,\n"
						   "       count(*) FILTER (WHERE v.applies AND v.verdict) AS passed,\n"
						   "       count(*) FILTER (WHERE v.applies AND NOT v.verdict) AS failed,\n"
						   "       count(*) FILTER (WHERE v.applies AND v.verdict IS NULL) AS missing,\n"
						   "       count(*) FILTER (WHERE NOT v.applies) AS not_applicable\n  ");
	put_source(&sql, set, PG_GETARG_OID(1));
	appendStringInfoString(&sql, "       LATERAL (VALUES\n          ");
	for (int i = 0; i < set->nrules; i++)
		put_rule(&sql, set, i, (const char *const *) literals);
	if (set->nrules == 0)
		appendStringInfoString(&sql, "(0, '', NULL::boolean, false)");
	appendStringInfoString(&sql, "\n       ) AS v(ord, rule, verdict, applies)\n GROUP BY v.ord, v.rule ORDER BY v.ord");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(sql.data, sql.len));
}
