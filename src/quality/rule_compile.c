/*
 * rule_compile.c
 *		From a rule set to an engine: parse, judge, plan and group by column. Once per query.
 *
 * The set may come from anybody and from long ago, so every expression is parsed and judged again,
 * and what the set claims about volatility and parallel safety is not believed: a set that is worse
 * than it says is refused, for the planner has been told otherwise.
 */
#include "engine.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/regproc.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

typedef struct CompileContext
{
	PfEngine   *engine;
	const char *what;			/* rule or item that is being compiled */
	const char *name;
} CompileContext;

static void
compile_error_callback(void *arg)
{
	CompileContext *context = arg;

	if (context->name)
		errcontext("compilation of %s \"%s\"", context->what, context->name);
}

static TupleDesc
make_descriptor(PfRuleSet *set)
{
	TupleDesc	desc = CreateTemplateTupleDesc(set->ncolumns);

	for (int i = 0; i < set->ncolumns; i++)
	{
		PfRuleColumn *column = &set->columns[i];
		Oid			type;
		int32		typmod;

		pf_parse_type(column->type, &type, &typmod);
		if (get_typtype(type) == TYPTYPE_PSEUDO)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" cannot have pseudo-type %s", column->name, column->type)));
		TupleDescInitEntry(desc, i + 1, column->name, type, column->typmod, 0);
		if (column->collation[0])
			TupleDescInitEntryCollation(desc, i + 1, get_collation_oid(pf_qualified_name_list(column->collation), false));
	}
	return desc;
}

/* Params become the dates of the rule set. */
static Node *
bind_dates(Node *node, void *arg)
{
	CompileContext *context = arg;
	PfRuleSet  *set = context->engine->set;

	if (node == NULL)
		return NULL;
	if (IsA(node, Param))
	{
		int			i = ((Param *) node)->paramid - 1;

		if (!set->date_set[i])
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("\":%s\" has no value", pf_param_names[i]),
					 errhint("Give the rule set its dates: dated_rules(rules, period_start, period_end, scored_on).")));
		return (Node *) makeConst(DATEOID, -1, InvalidOid, sizeof(DateADT), DateADTGetDatum(set->dates[i]), false, true);
	}
	return expression_tree_mutator(node, bind_dates, arg);
}

static bool
is_fragile_function(Oid funcid, void *arg)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	Oid			language;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	language = ((Form_pg_proc) GETSTRUCT(tuple))->prolang;
	ReleaseSysCache(tuple);
	return language != INTERNALlanguageId && language != ClanguageId;
}

static bool
fragile_walker(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_fragile_function, arg))
		return true;
	return expression_tree_walker(node, fragile_walker, arg);
}

/* (Re)make the executable form; after an error in a function of SQL or PL its state is thrown away. */
void
pf_predicate_init(PfEngine *engine, PfPredicate *predicate)
{
	MemoryContext old;

	if (predicate->context)
		MemoryContextReset(predicate->context);
	else if (predicate->fragile)
		predicate->context = AllocSetContextCreate(engine->context, "pg_portfolio rule", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(predicate->context ? predicate->context : engine->context);
	predicate->state = ExecInitExpr(predicate->expr, NULL);
	MemoryContextSwitchTo(old);
}

/*
 * The expression as it is run. What folds to an error only under the dates of this score (100 / (:period_start - date '...'))
 * stays as it is written, so that the rule meets its error on each row and the others are asked.
 */
static Expr *
plan_expression(const PfExpression *expression, Node *node)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Expr	   *volatile planned = NULL;

	if (!expression->may_raise || (IsInParallelMode() && !PF_SUBTRANSACTION_IN_PARALLEL))
		return expression_planner((Expr *) node);
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		planned = expression_planner((Expr *) copyObject(node));
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (!pf_is_the_rules_error(error->sqlerrcode))
			ReThrowError(error);
		fix_opfuncids(node);
		planned = (Expr *) node;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return planned;
}

static PfPredicate *
compile_predicate(CompileContext *context, const char *rule)
{
	PfEngine   *engine = context->engine;
	PfRuleSet  *set = engine->set;
	PfExpression *expression = pf_rule_parse(engine->desc, NULL, rule, BOOLOID, true);
	PfPredicate *predicate = palloc0(sizeof(PfPredicate));
	int			attno = -1;

	if ((expression->volatility == PROVOLATILE_STABLE && set->volatility == PROVOLATILE_IMMUTABLE) ||
		(expression->parallel == PROPARALLEL_UNSAFE && set->parallel != PROPARALLEL_UNSAFE) ||
		(expression->parallel == PROPARALLEL_RESTRICTED && set->parallel == PROPARALLEL_SAFE))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the rule set says less of its rules than is true"),
				 errdetail("Expression %s is less stable or less parallel than the set claims.", rule),
				 errhint("Make the rule set again.")));
	if (expression->parallel != PROPARALLEL_SAFE && IsInParallelMode())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("rule set is not parallel safe"),
				 errhint("Use score(), or wrap the rule set: tally(portfolio.serial_rules(rules), ...).")));

	predicate->may_raise = expression->may_raise;
	while ((attno = bms_next_member(expression->columns, attno)) >= 0)
		predicate->columns = bms_add_member(predicate->columns, attno - 1);
	predicate->column = bms_membership(predicate->columns) == BMS_SINGLETON ? bms_singleton_member(predicate->columns) : -1;
	predicate->expr = plan_expression(expression, bind_dates(expression->node, context));
	predicate->fragile = predicate->may_raise && fragile_walker((Node *) predicate->expr, NULL);
	if (!predicate->may_raise)
		predicate->native = predicate->column < 0 ? pf_native_compile_row(predicate->expr) :
			pf_native_compile(predicate->expr, engine->columns[predicate->column].type);
	pf_predicate_init(engine, predicate);
	return predicate;
}

static PfPredicate *
compile_codes(CompileContext *context, int column, int n, char **values)
{
	PfEngine   *engine = context->engine;

	if (n == 0 || column < 0)
		return NULL;
	return compile_predicate(context, pf_codes_expression(engine->set->columns[column].name, engine->columns[column].type, n, values));
}

/*
 * Put a predicate where it is asked: with its column, or per row. Of two that ask the same the first
 * serves both.
 */
static PfPredicate *
place(PfEngine *engine, PfPredicate *predicate)
{
	if (predicate == NULL)
		return NULL;
	if (predicate->column >= 0)
	{
		PfEngineColumn *column = &engine->columns[predicate->column];

		for (int i = 0; i < column->npredicates; i++)
			if (equal(column->predicates[i]->expr, predicate->expr))
				return column->predicates[i];
		predicate->slot = column->npredicates++;
		column->predicates = column->predicates
			? repalloc(column->predicates, sizeof(PfPredicate *) * column->npredicates) : palloc(sizeof(PfPredicate *));
		column->predicates[predicate->slot] = predicate;
	}
	else
	{
		predicate->slot = engine->nrow_predicates++;
		engine->row_predicates = engine->row_predicates
			? repalloc(engine->row_predicates, sizeof(PfPredicate *) * engine->nrow_predicates) : palloc(sizeof(PfPredicate *));
		engine->row_predicates[predicate->slot] = predicate;
	}
	return predicate;
}

static void
compile_items(CompileContext *context)
{
	PfEngine   *engine = context->engine;
	PfRuleSet  *set = engine->set;

	engine->nitems = set->nitems;
	engine->items = palloc0(sizeof(PfEngineItem) * Max(set->nitems, 1));
	context->what = "item";
	for (int i = 0; i < set->nitems; i++)
	{
		PfEngineItem *item = &engine->items[i];
		PfPredicate *missing;

		context->name = set->items[i].name;
		item->column = set->items[i].column;
		if (set->items[i].applies_when)
			item->applies = compile_predicate(context, set->items[i].applies_when);
		item->is_default = compile_codes(context, item->column, set->items[i].ndefaults, set->items[i].defaults);
		missing = compile_codes(context, item->column, set->items[i].nmissing, set->items[i].missing);
		if (missing)
			engine->columns[item->column].is_missing = missing;
		item->applies = place(engine, item->applies);
		item->is_default = place(engine, item->is_default);
	}
}

static void
compile_rules(CompileContext *context)
{
	PfEngine   *engine = context->engine;
	PfRuleSet  *set = engine->set;

	engine->nrules = set->nrules;
	engine->rules = palloc0(sizeof(PfEngineRule) * Max(set->nrules, 1));
	context->what = "rule";
	for (int i = 0; i < set->nrules; i++)
	{
		PfEngineRule *rule = &engine->rules[i];
		PfEngineItem *item = &engine->items[set->rules[i].item];

		context->name = set->rules[i].code;
		rule->predicate = compile_predicate(context, set->rules[i].expression);
		rule->item = set->rules[i].item;
		rule->dimension = set->rules[i].dimension;
		rule->on_null = set->rules[i].on_null;
		rule->predicate = place(engine, rule->predicate);
		item->rules = item->rules ? repalloc(item->rules, sizeof(int) * (item->nrules + 1)) : palloc(sizeof(int));
		item->rules[item->nrules++] = i;
	}
	context->name = NULL;
}

/* The column with which an item can be judged once and for all, -1 where several are looked at. */
static int
home_of_item(PfEngine *engine, PfEngineItem *item)
{
	int			home = item->column;
	PfPredicate *others[2] = {item->applies, item->is_default};

	for (int k = 0; k < item->nrules + 2; k++)
	{
		PfPredicate *predicate = k < 2 ? others[k] : engine->rules[item->rules[k - 2]].predicate;

		if (predicate == NULL)
			continue;
		if (predicate->column < 0 || (home >= 0 && predicate->column != home))
			return -1;
		home = predicate->column;
	}
	return home;
}

/* An item that is judged per row: what decides about it makes a code, where it is not too much. */
static void
add_row_item(PfEngine *engine, int i)
{
	PfEngineItem *item = &engine->items[i];
	PfRowItem  *row_item = &engine->row_items[engine->nrow_items++];
	PfPredicate *others[2] = {item->applies, item->is_default};

	row_item->item = i;
	for (int k = 0; k < item->nrules + 2; k++)
	{
		PfPredicate *predicate = k < 2 ? others[k] : engine->rules[item->rules[k - 2]].predicate;

		if (predicate == NULL)
			continue;
		if (row_item->nasked == PF_MAX_CODED)
		{
			row_item->nasked = 0;
			return;
		}
		row_item->asked[row_item->nasked++] = predicate;
	}
	row_item->by_code = palloc0(sizeof(PfOutcome *) * 2 * PF_NCODES);
}

static void
settle_items(PfEngine *engine)
{
	engine->row_items = palloc0(sizeof(PfRowItem) * Max(engine->nitems, 1));
	for (int c = 0; c < engine->ncolumns; c++)
		engine->columns[c].items = palloc(sizeof(int) * Max(engine->nitems, 1));
	for (int i = 0; i < engine->nitems; i++)
	{
		PfEngineItem *item = &engine->items[i];

		item->home = home_of_item(engine, item);
		if (item->home >= 0)
		{
			PfEngineColumn *column = &engine->columns[item->home];

			column->items[column->nitems++] = i;
		}
		else
			add_row_item(engine, i);
	}
}

static void
list_row_columns(PfEngine *engine)
{
	Bitmapset  *columns = NULL;
	int			c = -1;

	for (int i = 0; i < engine->nrow_predicates; i++)
		columns = bms_add_members(columns, engine->row_predicates[i]->columns);
	engine->row_columns = palloc(sizeof(int) * Max(bms_num_members(columns), 1));
	while ((c = bms_next_member(columns, c)) >= 0)
		engine->row_columns[engine->nrow_columns++] = c;
	engine->row_compares = engine->nrow_predicates > 0;
	for (int i = 0; i < engine->nrow_predicates; i++)
		engine->row_compares &= pf_native_is_comparison(engine->row_predicates[i]->native);
	bms_free(columns);
}

/*
 * The engine's memory goes: what it still owes its states is settled first. Rows of a batch are judged
 * only where that may ask the catalogs; in a transaction that has failed nobody will read the states.
 */
static void
engine_gone(void *arg)
{
	PfEngine   *engine = arg;
	dlist_mutable_iter iter;

	if (!IsTransactionState())
		engine->batch = NULL;
	HOLD_INTERRUPTS();
	dlist_foreach_modify(iter, &engine->states)
	{
		PfTallyState *state = dlist_container(PfTallyState, node, iter.cur);

		pf_state_settle(state);
		dlist_delete(&state->node);
		state->engine = NULL;
	}
	RESUME_INTERRUPTS();
}

/* Before anything else of the engine goes, and so from a context that is the last of its children. */
static void
notice_end(PfEngine *engine)
{
	MemoryContext last = AllocSetContextCreate(engine->context, "pg_portfolio engine's end", ALLOCSET_SMALL_SIZES);

	engine->callback.func = engine_gone;
	engine->callback.arg = engine;
	MemoryContextRegisterResetCallback(last, &engine->callback);
}

static PfEngine *
create_engine(const PfRuleSetValue *value, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "pg_portfolio engine", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	PfEngine   *engine = palloc0(sizeof(PfEngine));

	engine->context = context;
	pf_remember_rule_set(value);
	engine->set = pf_rule_set_open(value);
	engine->shape.fingerprint = engine->set->fingerprint;
	engine->shape.nrules = engine->set->nrules;
	engine->shape.nitems = engine->set->nitems;
	engine->shape.ndimensions = engine->set->ndimensions;
	engine->ncolumns = engine->set->ncolumns;
	engine->next_id = engine->ncolumns;
	dlist_init(&engine->states);
	MemoryContextSwitchTo(old);
	return engine;
}

PfEngine *
pf_engine_compile(const PfRuleSetValue *value, MemoryContext parent)
{
	PfEngine   *engine = create_engine(value, parent);
	MemoryContext old = MemoryContextSwitchTo(engine->context);
	CompileContext context = {engine, NULL, NULL};
	ErrorContextCallback callback = {error_context_stack, compile_error_callback, &context};
	PfRuleSettings settings;
	int			widest = 0;

	error_context_stack = &callback;
	pf_rule_settings_push(&settings, PF_FOR_COMPILE);
	engine->desc = make_descriptor(engine->set);
	engine->columns = palloc0(sizeof(PfEngineColumn) * Max(engine->ncolumns, 1));
	for (int c = 0; c < engine->ncolumns; c++)
	{
		engine->columns[c].type = TupleDescAttr(engine->desc, c)->atttypid;
		engine->columns[c].typlen = TupleDescAttr(engine->desc, c)->attlen;
		engine->columns[c].typbyval = TupleDescAttr(engine->desc, c)->attbyval;
	}
	compile_items(&context);
	compile_rules(&context);
	pf_rule_settings_pop(&settings);
	error_context_stack = callback.previous;

	settle_items(engine);
	list_row_columns(engine);
	for (int c = 0; c < engine->ncolumns; c++)
		widest = Max(widest, engine->columns[c].npredicates);
	engine->verdicts = palloc0(widest + 1);
	engine->row_verdicts = palloc0(engine->nrow_predicates + 1);
	engine->current = palloc0(sizeof(PfOutcome *) * Max(engine->ncolumns, 1));
	engine->pending = palloc(sizeof(PfPending) * Max(engine->ncolumns, 1));
	engine->slot = MakeSingleTupleTableSlot(engine->desc, &TTSOpsVirtual);
	engine->econtext = CreateStandaloneExprContext();
	engine->econtext->ecxt_scantuple = engine->slot;
	pf_engine_start(engine);
	notice_end(engine);
	MemoryContextSwitchTo(old);
	return engine;
}
