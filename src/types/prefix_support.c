/*
 * prefix_support.c
 *		How the planner treats `x ^@ 'LS1'` and starts_with(x, 'LS1') for our types of codes.
 *
 * The values that begin with a prefix are one range of the type's order (code_type.h), so the
 * condition is exactly x >= low AND x < high: a btree on x finds the rows, and a BRIN index the
 * blocks. Core does this for text, and only for a prefix that is a constant; here the ends of the
 * range are functions of the prefix (x_prefix_low, x_prefix_high), so that a parameter or a column
 * of another table serves as well: a join to a table of prefixes looks each one up.
 *
 * The ends are no valid codes (who would issue "LS1"?), so they are made in the planner alone: as
 * constants of the type in a plan, or as integers that a relabelling lets pass for the type. No SQL
 * expression can reach a value of the type by this way.
 */
#include "pf.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "code_type.h"

PG_FUNCTION_INFO_V1(pf_prefix_support);
PG_FUNCTION_INFO_V1(pf_prefix_selectivity);

/* x_prefix_low or x_prefix_high of the type that `funcid` tests; both stand in one schema. */
static Oid
end_function(Oid funcid, Oid type, const char *end)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Oid			arguments[] = {TEXTOID};
	List	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	name = list_make2(makeString(get_namespace_name(get_func_namespace(funcid))),
					  makeString(psprintf("%s_prefix_%s", NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname), end)));
	ReleaseSysCache(tuple);
	return LookupFuncName(name, 1, arguments, false);
}

static int64
end_of(Oid funcid, Oid type, const char *end, Const *prefix)
{
	return DatumGetInt64(OidFunctionCall1(end_function(funcid, type, end), prefix->constvalue));
}

/* One end of the range as an expression of the type: a constant where the prefix is one. */
static Expr *
end_expression(Oid funcid, Oid type, const char *end, Node *prefix)
{
	Expr	   *expr;

	if (IsA(prefix, Const))
		return (Expr *) makeConst(type, -1, InvalidOid, sizeof(int64),
								  Int64GetDatum(end_of(funcid, type, end, (Const *) prefix)),
								  false, FLOAT8PASSBYVAL);
	expr = (Expr *) makeFuncExpr(end_function(funcid, type, end), INT8OID, list_make1(copyObject(prefix)),
								 InvalidOid, exprCollation(prefix), COERCE_EXPLICIT_CALL);
	return (Expr *) makeRelabelType(expr, type, -1, InvalidOid, COERCE_IMPLICIT_CAST);
}

/* The type's own operator of a strategy, if an index on this family takes it for the same. */
static Oid
index_operator(Oid type, Oid opfamily, int strategy)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
	Oid			operator;

	if (!OidIsValid(entry->btree_opf))
		return InvalidOid;
	operator = get_opfamily_member(entry->btree_opf, entry->btree_opintype, entry->btree_opintype, strategy);
	if (!OidIsValid(operator) || get_op_opfamily_strategy(operator, opfamily) != strategy)
		return InvalidOid;
	return operator;
}

static List *
index_conditions(SupportRequestIndexCondition *request)
{
	List	   *args;
	Node	   *value;
	Node	   *prefix;
	Oid			type;
	Oid			ge;
	Oid			lt;

	if (is_funcclause(request->node))
		args = ((FuncExpr *) request->node)->args;
	else if (is_opclause(request->node))
		args = ((OpExpr *) request->node)->args;
	else
		return NIL;
	if (list_length(args) != 2 || request->indexarg != 0)
		return NIL;
	value = linitial(args);
	prefix = lsecond(args);
	type = exprType(value);
	ge = index_operator(type, request->opfamily, BTGreaterEqualStrategyNumber);
	lt = index_operator(type, request->opfamily, BTLessStrategyNumber);
	if (!OidIsValid(ge) || !OidIsValid(lt) || !pf_is_pseudo_constant_for_index(request->root, prefix, request->index))
		return NIL;
	/* nothing to look for: nothing matches NULL, and everything begins with nothing */
	if (IsA(prefix, Const) &&
		(((Const *) prefix)->constisnull || end_of(request->funcid, type, "high", (Const *) prefix) == PG_INT64_MAX))
		return NIL;
	request->lossy = false;
	return list_make2(make_opclause(ge, BOOLOID, false, (Expr *) value,
									end_expression(request->funcid, type, "low", prefix), InvalidOid, InvalidOid),
					  make_opclause(lt, BOOLOID, false, (Expr *) copyObject(value),
									end_expression(request->funcid, type, "high", prefix), InvalidOid, InvalidOid));
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SIGNS " !-."			/* a space or hyphen, and what ends its range */

/*
 * Where a character stands: digits, then letters, after the signs where there are any. The ends of
 * ranges, one past ' ', '-', '9' or 'Z', stand one further.
 */
static double
place_of(char c, bool signs)
{
	if (c < '0')
		return signs && (c == '!' || c == '.') ? 1 : 0;
	return (c >= 'A' ? c - 'A' + 10 : c - '0') + (signs ? 1 : 0);
}

/* The characters of a code from `skip` on, as a fraction in `base`. */
static double
fraction_of(const char *code, int skip, int base, bool signs)
{
	double		fraction = 0.0;
	double		weight = 1.0;

	for (int i = skip; i < PF_CODE_LENGTH && code[i] != '\0'; i++)
	{
		weight /= base;
		fraction += place_of(code[i], signs) * weight;
	}
	return fraction;
}

/*
 * How far a value lies between two ends of a histogram's bucket, 0 to 1. As for text in core, what
 * all begin with does not count, and where the ends have but digits from there on, so has what is
 * between them.
 */
static double
part_of_bucket(int64 from, int64 to, int64 value)
{
	char		low[PF_CODE_LENGTH + 1];
	char		high[PF_CODE_LENGTH + 1];
	char		code[PF_CODE_LENGTH + 1];
	int			skip = 0;
	int			base;
	bool		signs;
	double		begin;
	double		width;

	pf_unpack_code(from, low);
	pf_unpack_code(to, high);
	pf_unpack_code(value, code);
	while (low[skip] != '\0' && low[skip] == high[skip] && low[skip] == code[skip])
		skip++;
	signs = strpbrk(low + skip, SIGNS) || strpbrk(high + skip, SIGNS) || strpbrk(code + skip, SIGNS);
	base = (strpbrk(low + skip, LETTERS) || strpbrk(high + skip, LETTERS) ? 36 : 10) + (signs ? 1 : 0);
	begin = fraction_of(low, skip, base, signs);
	width = fraction_of(high, skip, base, signs) - begin;
	if (width <= 0.0)
		return 0.5;
	return Min(Max((fraction_of(code, skip, base, signs) - begin) / width, 0.0), 1.0);
}

/* Which part of a histogram lies below a value, 0 to 1. */
static double
part_below(const AttStatsSlot *histogram, int64 value)
{
	int			low = 0;
	int			high = histogram->nvalues - 1;

	if (value <= DatumGetInt64(histogram->values[low]))
		return 0.0;
	if (value >= DatumGetInt64(histogram->values[high]))
		return 1.0;
	while (high - low > 1)
	{
		int			middle = low + (high - low) / 2;

		if (DatumGetInt64(histogram->values[middle]) <= value)
			low = middle;
		else
			high = middle;
	}
	return (low + part_of_bucket(DatumGetInt64(histogram->values[low]), DatumGetInt64(histogram->values[high]), value)) /
		(histogram->nvalues - 1);
}

/*
 * Which part of a column's rows has a value of the range, by its statistics. A range within the
 * histogram holds as much as one value does at least: a bucket knows nothing finer.
 */
static double
range_selectivity(VariableStatData *variable, int64 low, int64 high)
{
	double		nullfrac = ((Form_pg_statistic) GETSTRUCT(variable->statsTuple))->stanullfrac;
	double		common = 0.0;
	double		common_in_range = 0.0;
	double		rest = 0.0;
	bool		is_default;
	double		distinct = get_variable_numdistinct(variable, &is_default);
	AttStatsSlot slot;

	if (get_attstatsslot(&slot, variable->statsTuple, STATISTIC_KIND_MCV, InvalidOid,
						 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
	{
		for (int i = 0; i < Min(slot.nvalues, slot.nnumbers); i++)
		{
			int64		value = DatumGetInt64(slot.values[i]);

			common += slot.numbers[i];
			if (value >= low && value < high)
				common_in_range += slot.numbers[i];
		}
		distinct -= slot.nvalues;
		free_attstatsslot(&slot);
	}
	if (get_attstatsslot(&slot, variable->statsTuple, STATISTIC_KIND_HISTOGRAM, InvalidOid, ATTSTATSSLOT_VALUES))
	{
		if (slot.nvalues > 1 && high > DatumGetInt64(slot.values[0]) && low <= DatumGetInt64(slot.values[slot.nvalues - 1]))
			rest = Max(part_below(&slot, high) - part_below(&slot, low), 1.0 / Max(distinct, 1.0));
		free_attstatsslot(&slot);
	}
	else if (common == 0.0)
		return DEFAULT_MATCH_SEL;
	return common_in_range + rest * Max(1.0 - nullfrac - common, 0.0);
}

/* Which part of the rows `funcid` (column, prefix) is true for. */
static double
prefix_selectivity(PlannerInfo *root, Oid funcid, List *args, int varRelid)
{
	VariableStatData variable;
	Node	   *prefix;
	bool		value_first;
	double		selectivity = DEFAULT_MATCH_SEL;

	if (!get_restriction_variable(root, args, varRelid, &variable, &prefix, &value_first))
		return DEFAULT_MATCH_SEL;
	if (value_first && IsA(prefix, Const))
	{
		Const	   *constant = (Const *) prefix;

		if (constant->constisnull)
			selectivity = 0.0;
		else if (HeapTupleIsValid(variable.statsTuple) && statistic_proc_security_check(&variable, funcid))
			selectivity = range_selectivity(&variable, end_of(funcid, variable.vartype, "low", constant),
											end_of(funcid, variable.vartype, "high", constant));
	}
	ReleaseVariableStats(variable);
	CLAMP_PROBABILITY(selectivity);
	return selectivity;
}

/* SQL prefix_support(internal): the SUPPORT of every starts_with(x, text) */
Datum
pf_prefix_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(index_conditions((SupportRequestIndexCondition *) request));
	if (IsA(request, SupportRequestSelectivity))
	{
		SupportRequestSelectivity *wanted = (SupportRequestSelectivity *) request;

		wanted->selectivity = wanted->is_join ? DEFAULT_MATCH_SEL :
			prefix_selectivity(wanted->root, wanted->funcid, wanted->args, wanted->varRelid);
		PG_RETURN_POINTER(request);
	}
	PG_RETURN_POINTER(NULL);
}

/* SQL prefix_selectivity(internal, oid, internal, integer): the RESTRICT of every ^@ */
Datum
pf_prefix_selectivity(PG_FUNCTION_ARGS)
{
	PlannerInfo *root = (PlannerInfo *) PG_GETARG_POINTER(0);
	Oid			operator = PG_GETARG_OID(1);
	List	   *args = (List *) PG_GETARG_POINTER(2);
	int			varRelid = PG_GETARG_INT32(3);

	PG_RETURN_FLOAT8(prefix_selectivity(root, get_opcode(operator), args, varRelid));
}
