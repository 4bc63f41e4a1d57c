/*
 * stored_query.c
 *		What text may be stored as a check or criterion query, and by whom a row of it is changed.
 *
 * A stored query is one SELECT. That is judged on the raw parse tree, which knows syntax and no
 * names: a query over tables that are not there yet (a restore, a later release) is still fine.
 * Everything that needs names is found when it runs, and then it is a finding and not an error.
 */
#include "pf_checks.h"

#include "access/htup_details.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "portfolio/portfolio.h"

PG_FUNCTION_INFO_V1(pf_guard_stored_query);

/* The parser counts positions in the stored text, not in the statement that the client sent. */
static void
stored_query_error_position(void *arg)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery((const char *) arg);
	}
	errcontext("stored query");
}

static void
refuse(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("a stored query must be a single SELECT"),
			 errdetail("%s", why),
			 errhint("Write one SELECT, without a semicolon after it; it runs read-only as its author.")));
}

/* Raise unless the text is exactly one SELECT that changes nothing by its form. */
void
pf_check_stored_query(const char *query)
{
	ErrorContextCallback callback = {0};
	List	   *statements;
	SelectStmt *select;
	ListCell   *lc;

	callback.callback = stored_query_error_position;
	callback.arg = unconstify(char *, query);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	statements = pf_raw_parser(query);
	error_context_stack = callback.previous;

	if (statements == NIL)
		refuse("The text holds no statement.");
	if (list_length(statements) > 1)
		refuse("The text holds more than one statement.");
	select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!IsA(select, SelectStmt))
		refuse("The statement is not a SELECT.");
	if (select->intoClause != NULL)
		refuse("SELECT INTO makes a table.");
	if (select->lockingClause != NIL)
		refuse("FOR UPDATE and FOR SHARE lock rows.");
	if (select->withClause == NULL)
		return;
	foreach(lc, select->withClause->ctes)
	{
		if (!IsA(lfirst_node(CommonTableExpr, lc)->ctequery, SelectStmt))
			refuse("A WITH clause changes data.");
	}
}

/*
 * A row that was legal under an older grammar must not stop a restore. It comes in with a warning
 * and is a finding when it runs.
 */
static void
check_query_or_warn(const char *query, Relation rel)
{
	MemoryContext context = CurrentMemoryContext;

	if (!pf_restoring(rel))
	{
		pf_check_stored_query(query);
		return;
	}
	PG_TRY();
	{
		pf_check_stored_query(query);
	}
	PG_CATCH();
	{
		ErrorData  *edata;

		MemoryContextSwitchTo(context);
		edata = CopyErrorData();
		FlushErrorState();
		ereport(WARNING,
				(errcode(edata->sqlerrcode),
				 errmsg("stored query restored although it can no longer run: %s", edata->message)));
		FreeErrorData(edata);
	}
	PG_END_TRY();
}

static char *
column_text(HeapTuple tuple, TupleDesc desc, const char *column)
{
	int			attnum = SPI_fnumber(desc, column);

	if (attnum <= 0)
		elog(ERROR, "trigger pf_guard_stored_query needs a column \"%s\"", column);
	return SPI_getvalue(tuple, desc, attnum);
}

static bool
same_text(const char *a, const char *b)
{
	return (a == NULL || b == NULL) ? a == b : strcmp(a, b) == 0;
}

/* Whoever changes the text of a query is its author from then on, or he would borrow the former's rights. */
static HeapTuple
take_authorship(HeapTuple tuple, TupleDesc desc)
{
	int			attnum = SPI_fnumber(desc, "author");
	Datum		author;
	bool		isnull = false;

	author = DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(GetUserId(), false)));
	return heap_modify_tuple_by_cols(tuple, desc, 1, &attnum, &author, &isnull);
}

/* The n-th column with a query: "query", then those that the trigger's arguments name; NULL after the last. */
static const char *
query_column(const Trigger *trigger, int n)
{
	if (n == 0)
		return "query";
	return n < trigger->tgnargs ? trigger->tgargs[n] : NULL;
}

static void
refuse_shipped_row(TriggerData *trigger)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);

	if (creating_extension || !same_text(column_text(trigger->tg_trigtuple, desc, "builtin"), "t"))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("row \"%s\" of %s is shipped with the extension and belongs to its releases",
					column_text(trigger->tg_trigtuple, desc, "code"),
					RelationGetRelationName(trigger->tg_relation)),
			 errhint("%s", trigger->tg_trigger->tgnargs > 0 ? trigger->tg_trigger->tgargs[0] :
					 "Make a row of your own.")));
}

/*
 * pf_guard_stored_query(hint, further columns ...) BEFORE INSERT OR UPDATE OR DELETE FOR EACH ROW,
 * on tables with columns query, author and builtin. Shipped rows belong to releases: only the
 * extension's owner, which is who runs its scripts, changes them.
 */
Datum
pf_guard_stored_query(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	HeapTuple	row;
	bool		update;
	bool		changed = false;
	const char *column;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		elog(ERROR, "pf_guard_stored_query() is a BEFORE ROW trigger");
	desc = RelationGetDescr(trigger->tg_relation);
	update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	row = update ? trigger->tg_newtuple : trigger->tg_trigtuple;

	if (!TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		refuse_shipped_row(trigger);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		return PointerGetDatum(row);

	for (int n = 0; (column = query_column(trigger->tg_trigger, n)) != NULL; n++)
	{
		char	   *query = column_text(row, desc, column);

		if (update && same_text(query, column_text(trigger->tg_trigtuple, desc, column)))
			continue;
		changed = true;
		if (query != NULL)
			check_query_or_warn(query, trigger->tg_relation);
	}
	if (update && changed && !creating_extension)
		row = take_authorship(row, desc);
	return PointerGetDatum(row);
}
