/*
 * tally_agg.c
 *		The aggregates tally, tally_row and merge.
 *
 * The transition value is a tally in its expanded form (tally_state.c), changed in place where the
 * aggregate machinery says that it may be. The rule set is compiled at the first row and kept in
 * fn_extra; a row with another rule set is an error.
 *
 * A function takes at most 100 arguments, so tally() alone would stop at 98 columns. row_columns()
 * carries up to 99 more in one argument: its result, the by-value type column_values, is a ticket
 * that names the call whose arguments are still standing in memory. The aggregate honours a ticket
 * only when it is of the latest call of a carrier that is alive, so a ticket that was stored, sorted
 * or made up is an error and never a wild read. A carrier dies with the query that has it.
 */
#include "engine.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(pf_row_columns);
PG_FUNCTION_INFO_V1(pf_column_values_in);
PG_FUNCTION_INFO_V1(pf_column_values_out);
PG_FUNCTION_INFO_V1(pf_tally_accum);
PG_FUNCTION_INFO_V1(pf_tally_row_accum);
PG_FUNCTION_INFO_V1(pf_tally_merge);
PG_FUNCTION_INFO_V1(pf_tally_combine);
PG_FUNCTION_INFO_V1(pf_failed_rules);

/* ---- carriers ---- */

typedef struct PfCarrier
{
	dlist_node	node;
	uint32		id;
	uint32		calls;
	FunctionCallInfo call;
	MemoryContextCallback callback;
} PfCarrier;

static dlist_head carriers = DLIST_STATIC_INIT(carriers);
static uint32 last_carrier_id = 0;

static void
carrier_gone(void *arg)
{
	dlist_delete(&((PfCarrier *) arg)->node);
}

static PfCarrier *
carrier_of_ticket(uint64 ticket)
{
	dlist_iter	iter;

	dlist_foreach(iter, &carriers)
	{
		PfCarrier  *carrier = dlist_container(PfCarrier, node, iter.cur);

		if (carrier->id == ticket >> 32)
			return carrier;
	}
	return NULL;
}

Datum
pf_row_columns(PG_FUNCTION_ARGS)
{
	PfCarrier  *carrier = fcinfo->flinfo->fn_extra;

	if (carrier == NULL)
	{
		carrier = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(PfCarrier));
		carrier->id = ++last_carrier_id;
		carrier->callback.func = carrier_gone;
		carrier->callback.arg = carrier;
		dlist_push_head(&carriers, &carrier->node);
		MemoryContextRegisterResetCallback(fcinfo->flinfo->fn_mcxt, &carrier->callback);
		fcinfo->flinfo->fn_extra = carrier;
	}
	carrier->call = fcinfo;
	carrier->calls++;
	return Int64GetDatum((int64) ((uint64) carrier->id << 32 | carrier->calls));
}

static void
refuse_ticket(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("row_columns() can be used only as an argument of tally()"),
			 errdetail("Its result stands for values of the row that is being counted and cannot be kept.")));
}

Datum
pf_column_values_in(PG_FUNCTION_ARGS)
{
	refuse_ticket();
	return (Datum) 0;
}

Datum
pf_column_values_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pstrdup("(values of one row)"));
}

/* ---- tally(rule_set, VARIADIC "any") ---- */

typedef struct AccumSegment
{
	int			arg;			/* first argument of a run of plain ones, or the ticket */
	int			n;
	PfCarrier  *carrier;		/* NULL: plain arguments */
	uint32		carrier_id;
} AccumSegment;

typedef struct Accum
{
	PfEngine   *engine;
	const PfRuleSetValue *rules;	/* a copy: which set the engine was compiled from */
	struct varlena *raw;		/* the set as it came, where it came toasted */
	int			nsegments;
	AccumSegment *segments;
	PfSegment  *values;
	/* of tally_row */
	Oid			row_type;
	int32		row_typmod;
	TupleDesc	row_desc;
	int		   *row_map;		/* column → attribute index */
	Datum	   *row_values;
	bool	   *row_nulls;
	NullableDatum *row_columns;
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
		if (!same_header((PfRuleSetValue *) raw, accum->rules))
			pf_tally_same(accum->rules->fingerprint, ((PfRuleSetValue *) raw)->fingerprint);
		if (same_header((PfRuleSetValue *) raw, accum->rules))
			return;
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
add_segment(Accum *accum, int arg, PfCarrier *carrier)
{
	AccumSegment *segment = &accum->segments[accum->nsegments++];

	segment->arg = arg;
	segment->n = 0;
	segment->carrier = carrier;
	segment->carrier_id = carrier ? carrier->id : 0;
	return segment;
}

static Oid
ticket_type_oid(void)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("column_values"),
						   ObjectIdGetDatum(get_namespace_oid(PF_SCHEMA, false)));
}

/*
 * The carrier of a ticket, which must be the very call that stands in the aggregate's arguments: only
 * then are its arguments evaluated just before ours, row by row. From a subquery, a sort or a window
 * the values may be gone although the ticket is the latest.
 */
static PfCarrier *
carrier_of_argument(FunctionCallInfo fcinfo, int arg)
{
	PfCarrier  *carrier = PG_ARGISNULL(arg) ? NULL : carrier_of_ticket((uint64) PG_GETARG_INT64(arg));
	Aggref	   *aggref = AggGetAggref(fcinfo);

	if (carrier == NULL || aggref == NULL || aggref->aggorder || aggref->aggdistinct ||
		list_length(aggref->args) < arg ||
		(Node *) list_nth_node(TargetEntry, aggref->args, arg - 1)->expr != carrier->call->flinfo->fn_expr)
		refuse_ticket();
	return carrier;
}

/* Where each column's value will come from, and that their number and types are right. */
static void
plan_arguments(FunctionCallInfo fcinfo, Accum *accum)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	Oid			ticket_type = ticket_type_oid();
	AccumSegment *plain = NULL;
	int			c = 0;

	accum->segments = palloc0(sizeof(AccumSegment) * PG_NARGS());
	for (int arg = 2; arg < PG_NARGS(); arg++)
	{
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo, arg);

		if (type != ticket_type)
		{
			if (plain == NULL)
				plain = add_segment(accum, arg, NULL);
			plain->n++;
			check_argument_type(accum->engine, c++, type);
		}
		else
		{
			PfCarrier  *carrier = carrier_of_argument(fcinfo, arg);
			AccumSegment *segment;

			plain = NULL;
			segment = add_segment(accum, arg, carrier);
			segment->n = carrier->call->nargs;
			for (int i = 0; i < segment->n; i++)
				check_argument_type(accum->engine, c++, get_fn_expr_argtype(carrier->call->flinfo, i));
		}
	}
	if (c != accum->engine->ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the rule set has %d columns, but tally() was given %d", accum->engine->ncolumns, c),
				 errhint("rule_set_columns(rules) gives the columns and their order.")));
	accum->values = palloc(sizeof(PfSegment) * Max(accum->nsegments, 1));
	MemoryContextSwitchTo(old);
}

static inline void
fetch_arguments(FunctionCallInfo fcinfo, Accum *accum)
{
	for (int s = 0; s < accum->nsegments; s++)
	{
		AccumSegment *segment = &accum->segments[s];

		accum->values[s].n = segment->n;
		if (segment->carrier == NULL)
			accum->values[s].values = &fcinfo->args[segment->arg];
		else
		{
			uint64		ticket = (uint64) PG_GETARG_INT64(segment->arg);

			/* The id is compared first: only our own carrier, alive as long as this call's query */
			if (fcinfo->args[segment->arg].isnull || ticket >> 32 != segment->carrier_id ||
				carrier_of_ticket(ticket) != segment->carrier || (uint32) ticket != segment->carrier->calls)
				refuse_ticket();
			accum->values[s].values = segment->carrier->call->args;
		}
	}
}

/* The state to count into: what we were given, or a new one. */
static PfTallyState *
transition_state(FunctionCallInfo fcinfo, PfEngine *engine)
{
	MemoryContext aggcontext;
	PfTallyState *state;

	if (!AggCheckCallContext(fcinfo, &aggcontext))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("aggregate function called in non-aggregate context")));
	if (PG_ARGISNULL(0))
		return pf_state_create(aggcontext, &engine->shape);
	state = pf_state_of_datum(PG_GETARG_DATUM(0));
	if (state == NULL)
	{
		/* somebody flattened it: go on from there */
		PfTally    *tally = pf_get_tally(fcinfo, 0);

		pf_tally_same(tally->fingerprint, engine->shape.fingerprint);
		state = pf_state_create(aggcontext, &engine->shape);
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
		plan_arguments(fcinfo, accum);
		fcinfo->flinfo->fn_extra = accum;
	}
	state = transition_state(fcinfo, accum->engine);
	fetch_arguments(fcinfo, accum);
	pf_engine_count(accum->engine, state, accum->values, accum->nsegments);
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
	accum->row_map = palloc(sizeof(int) * Max(engine->ncolumns, 1));
	accum->row_values = palloc(sizeof(Datum) * Max(desc->natts, 1));
	accum->row_nulls = palloc(sizeof(bool) * Max(desc->natts, 1));
	accum->row_columns = palloc(sizeof(NullableDatum) * Max(engine->ncolumns, 1));
	accum->values = palloc(sizeof(PfSegment));
	accum->values[0].values = accum->row_columns;
	accum->values[0].n = engine->ncolumns;
	for (int c = 0; c < engine->ncolumns; c++)
	{
		accum->row_map[c] = by_order ? c : -1;
		for (int i = 0; !by_order && i < desc->natts; i++)
			if (!TupleDescAttr(desc, i)->attisdropped &&
				strcmp(NameStr(TupleDescAttr(desc, i)->attname), engine->set->columns[c].name) == 0)
				accum->row_map[c] = i;
		if (accum->row_map[c] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("the row has no column \"%s\", which the rule set needs", engine->set->columns[c].name),
					 errhint("Pass a row of the relation, or ROW(...) with the columns that rule_set_columns(rules) gives.")));
		check_argument_type(engine, c, TupleDescAttr(desc, accum->row_map[c])->atttypid);
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
	heap_deform_tuple(&tuple, accum->row_desc, accum->row_values, accum->row_nulls);
	for (int c = 0; c < accum->engine->ncolumns; c++)
	{
		accum->row_columns[c].value = accum->row_values[accum->row_map[c]];
		accum->row_columns[c].isnull = accum->row_nulls[accum->row_map[c]];
	}
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
	state = transition_state(fcinfo, accum->engine);
	if (!PG_ARGISNULL(2))
	{
		fetch_row(fcinfo, accum, PG_GETARG_HEAPTUPLEHEADER(2));
		pf_engine_count(accum->engine, state, accum->values, 1);
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
	failed = pf_engine_failures(accum->engine, accum->values, 1);
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
