/*
 * tally_agg.c
 *		The aggregates tally, tally_row and merge.
 *
 * The transition value is a tally in its expanded form (tally_state.c), changed in place where the
 * aggregate machinery says that it may be. The rule set is compiled at the first row and kept in
 * fn_extra; a row with another rule set is an error.
 * Where the columns of tally() come from is written in carrier.c.
 */
#include "engine.h"
#include "carrier.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(pf_tally_accum);
PG_FUNCTION_INFO_V1(pf_tally_row_accum);
PG_FUNCTION_INFO_V1(pf_tally_merge);
PG_FUNCTION_INFO_V1(pf_tally_combine);
PG_FUNCTION_INFO_V1(pf_failed_rules);

/* ---- tally(rule_set, VARIADIC "any") ---- */

typedef struct AccumSegment
{
	int			arg;			/* first argument of a run of plain ones, or the ticket */
	int			n;
	PfCarrier  *carrier;		/* NULL: plain arguments */
	uint32		carrier_id;
	const Node *place;			/* the call of row_in_place() beside it, or NULL */
	uint64		place_ticket;	/* that it gave last */
} AccumSegment;

typedef struct Accum
{
	PfEngine   *engine;
	const PfRuleSetValue *rules;	/* a copy: which set the engine was compiled from */
	struct varlena *raw;		/* the set as it came, where it came toasted */
	MemoryContext states;		/* of an aggregate, NULL while that is not known */
	PfRow		row;			/* that is being counted */
	int		   *attr;			/* column → where it is in row */
	Datum	   *values;			/* of row, where they are not read in place */
	bool	   *isnull;
	/* of tally */
	int			nsegments;
	AccumSegment *segments;
	bool		in_place;		/* columns may be read from the slot that the aggregate is given: */
	int		   *slot_attr;
	int			last_attr;
	/* of tally_row */
	Oid			row_type;
	int32		row_typmod;
	TupleDesc	row_desc;
} Accum;

static bool
same_header(const PfRuleSetValue *a, const PfRuleSetValue *b)
{
	return a->fingerprint == b->fingerprint && VARSIZE(a) == VARSIZE(b) && a->flags == b->flags &&
		memcmp(a->dates, b->dates, sizeof(a->dates)) == 0;
}

/* Is this the rule set that we have compiled? Asked for every row, so first what is cheap. */
static void
check_rules(Accum *accum, Datum datum)
{
	struct varlena *raw = (struct varlena *) DatumGetPointer(datum);
	PfRuleSetValue *value;
	bool		same;

	if (VARATT_IS_4B_U(raw))
	{
		if (likely(same_header((PfRuleSetValue *) raw, accum->rules)))
			return;
		pf_tally_same(accum->rules->fingerprint, ((PfRuleSetValue *) raw)->fingerprint);
	}
	else if (accum->raw && VARSIZE_ANY(raw) == VARSIZE_ANY(accum->raw) && memcmp(raw, accum->raw, VARSIZE_ANY(raw)) == 0)
		return;
	value = (PfRuleSetValue *) PG_DETOAST_DATUM(datum);
	same = same_header(value, accum->rules);
	if (!same)
	{
		pf_tally_same(accum->rules->fingerprint, value->fingerprint);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the rule set must be the same for all rows"),
				 errdetail("The dates of its rules differ.")));
	}
	if ((void *) value != (void *) raw)
		pfree(value);
}

static Accum *
create_accum(FunctionCallInfo fcinfo, int rules_arg)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	Accum	   *accum = palloc0(sizeof(Accum));
	struct varlena *raw = (struct varlena *) DatumGetPointer(fcinfo->args[rules_arg].value);

	accum->rules = (PfRuleSetValue *) PG_DETOAST_DATUM_COPY(fcinfo->args[rules_arg].value);
	if (!VARATT_IS_4B_U(raw))
	{
		accum->raw = palloc(VARSIZE_ANY(raw));
		memcpy(accum->raw, raw, VARSIZE_ANY(raw));
	}
	accum->engine = pf_engine_compile(accum->rules, fcinfo->flinfo->fn_mcxt);
	pf_engine_batch(accum->engine);
	MemoryContextSwitchTo(old);
	return accum;
}

static void
check_argument_type(PfEngine *engine, int c, Oid type)
{
	Oid			wanted;

	if (c >= engine->ncolumns)
		return;
	wanted = engine->columns[c].type;
	if (type != wanted && getBaseType(type) != getBaseType(wanted))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" must be of type %s, not type %s", engine->set->columns[c].name,
						format_type_be(wanted), format_type_be(type)),
				 errhint("rule_set_columns(rules) gives the columns and their order.")));
}

static AccumSegment *
add_segment(Accum *accum, int arg)
{
	AccumSegment *segment = &accum->segments[accum->nsegments++];

	memset(segment, 0, sizeof(AccumSegment));
	segment->arg = arg;
	return segment;
}

static Oid
ticket_type_oid(void)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("column_values"),
						   ObjectIdGetDatum(get_namespace_oid(PF_SCHEMA, false)));
}

/* The expression of an argument of the aggregate; NULL where it is no aggregate that judges row by row. */
static Expr *
argument_expression(FunctionCallInfo fcinfo, int arg)
{
	Aggref	   *aggref = AggGetAggref(fcinfo);

	if (aggref == NULL || aggref->aggorder || aggref->aggdistinct || list_length(aggref->args) < arg)
		return NULL;
	return list_nth_node(TargetEntry, aggref->args, arg - 1)->expr;
}

/*
 * A ticket: its carrier must be the very call that stands in the aggregate's arguments. Only then are
 * its arguments evaluated just before ours, row by row; from a subquery, a sort or a window the values
 * may be gone although the ticket is the latest.
 */
static void
plan_ticket(FunctionCallInfo fcinfo, Accum *accum, AccumSegment *segment)
{
	Expr	   *expr = argument_expression(fcinfo, segment->arg);

	if (expr && IsA(expr, CoalesceExpr) && list_length(((CoalesceExpr *) expr)->args) == 2)
	{
		segment->place = linitial(((CoalesceExpr *) expr)->args);
		expr = lsecond(((CoalesceExpr *) expr)->args);
	}
	segment->carrier = PG_ARGISNULL(segment->arg) ? NULL : pf_carrier_of_ticket((uint64) PG_GETARG_INT64(segment->arg));
	if (segment->carrier == NULL || expr == NULL || (Node *) expr != segment->carrier->call->flinfo->fn_expr)
		pf_refuse_ticket();
	segment->carrier_id = segment->carrier->id;
	segment->n = segment->carrier->call->nargs;
}

/* Are all columns of a ticket plain ones of the slot that the aggregate reads? */
static bool
plan_place(Accum *accum, const AccumSegment *segment, int column)
{
	ListCell   *lc;

	if (segment->place == NULL || column + segment->n > accum->engine->ncolumns)
		return false;
	foreach(lc, ((FuncExpr *) segment->carrier->call->flinfo->fn_expr)->args)
	{
		Var		   *var = lfirst(lc);

		if (!IsA(var, Var) || var->varno != OUTER_VAR || var->varattno <= 0)
			return false;
		accum->slot_attr[column++] = var->varattno - 1;
		accum->last_attr = Max(accum->last_attr, var->varattno);
	}
	return true;
}

/*
 * Where each column's value will come from, and that their number and types are right. Done again
 * where the executor has made the expressions of the arguments anew, as it does for groups that spill.
 */
static void
plan_arguments(FunctionCallInfo fcinfo, Accum *accum)
{
	Oid			ticket_type = ticket_type_oid();
	AccumSegment *plain = NULL;
	int			c = 0;

	accum->nsegments = 0;
	accum->in_place = true;
	for (int arg = 2; arg < PG_NARGS(); arg++)
	{
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo, arg);

		if (type != ticket_type)
		{
			if (plain == NULL)
				plain = add_segment(accum, arg);
			plain->n++;
			accum->in_place = false;
			check_argument_type(accum->engine, c++, type);
		}
		else
		{
			AccumSegment *segment = add_segment(accum, arg);

			plain = NULL;
			plan_ticket(fcinfo, accum, segment);
			accum->in_place &= plan_place(accum, segment, c);
			for (int i = 0; i < segment->n; i++)
				check_argument_type(accum->engine, c++, get_fn_expr_argtype(segment->carrier->call->flinfo, i));
		}
	}
	if (c != accum->engine->ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the rule set has %d columns, but tally() was given %d", accum->engine->ncolumns, c),
				 errhint("rule_set_columns(rules) gives the columns and their order.")));
	for (int s = 0; accum->in_place && s < accum->nsegments; s++)
		pf_read_in_place(accum->segments[s].place);
}

/* Was this ticket given by the call of row_in_place() that we have told to? */
static pg_noinline bool
is_place(AccumSegment *segment, uint64 ticket)
{
	PfCarrier  *carrier = pf_carrier_of_ticket(ticket);

	if (carrier == NULL || !carrier->in_place || carrier->call->flinfo->fn_expr != segment->place)
		return false;
	segment->place_ticket = ticket;
	return true;
}

static inline bool
row_is_in_place(FunctionCallInfo fcinfo, Accum *accum)
{
	if (!accum->in_place)
		return false;
	for (int s = 0; s < accum->nsegments; s++)
	{
		AccumSegment *segment = &accum->segments[s];
		NullableDatum *ticket = &fcinfo->args[segment->arg];

		if (ticket->isnull || (ticket->value != segment->place_ticket && !is_place(segment, ticket->value)))
			return false;
	}
	return true;
}

/* Copy what the arguments hold; false where a ticket is of another call than we know. */
static bool
copy_arguments(FunctionCallInfo fcinfo, Accum *accum)
{
	int			c = 0;

	for (int s = 0; s < accum->nsegments; s++)
	{
		AccumSegment *segment = &accum->segments[s];
		NullableDatum *from = &fcinfo->args[segment->arg];

		if (segment->carrier)
		{
			uint64		ticket = (uint64) from->value;

			/* The id is compared first: only our own carrier, alive as long as this call's query */
			if (from->isnull || ticket >> 32 != segment->carrier_id ||
				pf_carrier_of_ticket(ticket) != segment->carrier || (uint32) ticket != segment->carrier->calls)
				return false;
			from = segment->carrier->call->args;
		}
		for (int i = 0; i < segment->n; i++, c++)
		{
			accum->values[c] = from[i].value;
			accum->isnull[c] = from[i].isnull;
		}
	}
	return true;
}

/* Find the row: in the slot that the aggregate was given, or in its arguments. */
static inline void
fetch_arguments(FunctionCallInfo fcinfo, Accum *accum)
{
	if (likely(row_is_in_place(fcinfo, accum)))
	{
		TupleTableSlot *slot = castNode(AggState, fcinfo->context)->tmpcontext->ecxt_outertuple;

		slot_getsomeattrs(slot, accum->last_attr);
		pf_row_of_slot(&accum->row, slot, accum->slot_attr);
		return;
	}
	if (!copy_arguments(fcinfo, accum))
	{
		plan_arguments(fcinfo, accum);
		if (!copy_arguments(fcinfo, accum))
			pf_refuse_ticket();
	}
	accum->row = (PfRow) {accum->values, accum->isnull, accum->attr, NULL, 0};
}

static void
prepare_arguments(FunctionCallInfo fcinfo, Accum *accum)
{
	int			n = Max(accum->engine->ncolumns, 1);
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

	accum->segments = palloc(sizeof(AccumSegment) * PG_NARGS());
	accum->values = palloc(sizeof(Datum) * n);
	accum->isnull = palloc(sizeof(bool) * n);
	accum->attr = palloc(sizeof(int) * n);
	accum->slot_attr = palloc(sizeof(int) * n);
	for (int c = 0; c < n; c++)
		accum->attr[c] = c;
	MemoryContextSwitchTo(old);
	plan_arguments(fcinfo, accum);
}

/* Only an aggregate may call us; whether one does is found out once. */
static void
require_aggregate(FunctionCallInfo fcinfo, Accum *accum)
{
	if (!AggCheckCallContext(fcinfo, &accum->states))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("aggregate function called in non-aggregate context")));
}

/* The state to count into: what we were given, or a new one. */
static PfTallyState *
transition_state(FunctionCallInfo fcinfo, Accum *accum)
{
	PfEngine   *engine = accum->engine;
	PfTallyState *state;

	if (unlikely(accum->states == NULL))
		require_aggregate(fcinfo, accum);
	if (unlikely(PG_ARGISNULL(0)))
	{
		/* Groups of other grouping sets have a context of their own */
		require_aggregate(fcinfo, accum);
		return pf_state_create(accum->states, &engine->shape);
	}
	state = pf_state_of_datum(PG_GETARG_DATUM(0));
	if (state == NULL)
	{
		/* somebody flattened it: go on from there */
		PfTally    *tally = pf_get_tally(fcinfo, 0);

		pf_tally_same(tally->fingerprint, engine->shape.fingerprint);
		require_aggregate(fcinfo, accum);
		state = pf_state_create(accum->states, &engine->shape);
		pf_state_add(state, tally);
	}
	pf_tally_same(state->shape.fingerprint, engine->shape.fingerprint);
	return state;
}

static void
refuse_null_rules(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("rule set must not be null")));
}

Datum
pf_tally_accum(PG_FUNCTION_ARGS)
{
	Accum	   *accum = fcinfo->flinfo->fn_extra;
	PfTallyState *state;

	if (PG_ARGISNULL(1))
		refuse_null_rules();
	if (likely(accum != NULL))
		check_rules(accum, fcinfo->args[1].value);
	else
	{
		accum = create_accum(fcinfo, 1);
		prepare_arguments(fcinfo, accum);
		fcinfo->flinfo->fn_extra = accum;
	}
	state = transition_state(fcinfo, accum);
	fetch_arguments(fcinfo, accum);
	pf_engine_count(accum->engine, state, &accum->row);
	return EOHPGetRWDatum(&state->hdr);
}

/* ---- tally_row(rule_set, record) ---- */

/* Columns by name; a plain ROW(…), whose columns have none, by order. */
static void
map_row(FunctionCallInfo fcinfo, Accum *accum, HeapTupleHeader row)
{
	PfEngine   *engine = accum->engine;
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	TupleDesc	desc = lookup_rowtype_tupdesc_copy(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	bool		by_order = HeapTupleHeaderGetTypeId(row) == RECORDOID && desc->natts == engine->ncolumns;

	for (int i = 0; by_order && i < desc->natts; i++)
		by_order = strcmp(NameStr(TupleDescAttr(desc, i)->attname), psprintf("f%d", i + 1)) == 0;
	accum->row_type = HeapTupleHeaderGetTypeId(row);
	accum->row_typmod = HeapTupleHeaderGetTypMod(row);
	accum->row_desc = desc;
	accum->attr = palloc(sizeof(int) * Max(engine->ncolumns, 1));
	accum->values = palloc(sizeof(Datum) * Max(desc->natts, 1));
	accum->isnull = palloc(sizeof(bool) * Max(desc->natts, 1));
	for (int c = 0; c < engine->ncolumns; c++)
	{
		accum->attr[c] = by_order ? c : -1;
		for (int i = 0; !by_order && i < desc->natts; i++)
			if (!TupleDescAttr(desc, i)->attisdropped &&
				strcmp(NameStr(TupleDescAttr(desc, i)->attname), engine->set->columns[c].name) == 0)
				accum->attr[c] = i;
		if (accum->attr[c] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("the row has no column \"%s\", which the rule set needs", engine->set->columns[c].name),
					 errhint("Pass a row of the relation, or ROW(...) with the columns that rule_set_columns(rules) gives.")));
		check_argument_type(engine, c, TupleDescAttr(desc, accum->attr[c])->atttypid);
	}
	MemoryContextSwitchTo(old);
}

static void
fetch_row(FunctionCallInfo fcinfo, Accum *accum, HeapTupleHeader row)
{
	HeapTupleData tuple;

	if (accum->row_desc == NULL || HeapTupleHeaderGetTypeId(row) != accum->row_type ||
		HeapTupleHeaderGetTypMod(row) != accum->row_typmod)
		map_row(fcinfo, accum, row);
	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	heap_deform_tuple(&tuple, accum->row_desc, accum->values, accum->isnull);
	accum->row = (PfRow) {accum->values, accum->isnull, accum->attr, (char *) row, pf_row_reach(tuple.t_len)};
}

static Accum *
row_accum(FunctionCallInfo fcinfo, int rules_arg)
{
	Accum	   *accum = fcinfo->flinfo->fn_extra;

	if (accum)
		check_rules(accum, fcinfo->args[rules_arg].value);
	else
		fcinfo->flinfo->fn_extra = accum = create_accum(fcinfo, rules_arg);
	return accum;
}

Datum
pf_tally_row_accum(PG_FUNCTION_ARGS)
{
	Accum	   *accum;
	PfTallyState *state;

	if (PG_ARGISNULL(1))
		refuse_null_rules();
	accum = row_accum(fcinfo, 1);
	state = transition_state(fcinfo, accum);
	if (!PG_ARGISNULL(2))
	{
		fetch_row(fcinfo, accum, PG_GETARG_HEAPTUPLEHEADER(2));
		pf_engine_count(accum->engine, state, &accum->row);
	}
	return EOHPGetRWDatum(&state->hdr);
}

/* Codes of the rules that a row fails, in the order of the set. */
Datum
pf_failed_rules(PG_FUNCTION_ARGS)
{
	Accum	   *accum = row_accum(fcinfo, 0);
	Bitmapset  *failed;
	Datum	   *codes;
	int			n = 0;
	int			r = -1;

	fetch_row(fcinfo, accum, PG_GETARG_HEAPTUPLEHEADER(1));
	failed = pf_engine_failures(accum->engine, &accum->row);
	codes = palloc(sizeof(Datum) * Max(bms_num_members(failed), 1));
	while ((r = bms_next_member(failed, r)) >= 0)
		codes[n++] = CStringGetTextDatum(accum->engine->set->rules[r].code);
	PG_RETURN_ARRAYTYPE_P(construct_array(codes, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* ---- merge(tally), and combining ---- */

static Datum
add_tally(FunctionCallInfo fcinfo)
{
	MemoryContext aggcontext;
	PfTallyState *state;
	PfTally    *tally;

	if (!AggCheckCallContext(fcinfo, &aggcontext))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("aggregate function called in non-aggregate context")));
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	tally = pf_get_tally(fcinfo, 1);
	state = PG_ARGISNULL(0) ? pf_state_create(aggcontext, tally) : pf_state_of_datum(PG_GETARG_DATUM(0));
	if (state == NULL)
	{
		PfTally    *before = pf_get_tally(fcinfo, 0);

		state = pf_state_create(aggcontext, before);
		pf_state_add(state, before);
	}
	pf_state_add(state, tally);
	return EOHPGetRWDatum(&state->hdr);
}

Datum
pf_tally_merge(PG_FUNCTION_ARGS)
{
	return add_tally(fcinfo);
}

Datum
pf_tally_combine(PG_FUNCTION_ARGS)
{
	return add_tally(fcinfo);
}
