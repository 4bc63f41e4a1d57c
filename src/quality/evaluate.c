/*
 * evaluate.c
 *		Asking expressions: native code where there is some, PostgreSQL's evaluator otherwise, with
 *		errors caught where they can come.
 *
 * An error is caught in a subtransaction, never without one: PG_TRY alone would leak locks and pins.
 * All expressions that may raise are asked in one subtransaction; only after an error is there a next.
 */
#include "engine.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

static uint8
ask(PfEngine *engine, PfPredicate *predicate)
{
	bool		isnull;
	Datum		result = ExecEvalExprSwitchContext(predicate->state, engine->econtext, &isnull);

	return isnull ? PF_UNKNOWN : DatumGetBool(result) ? PF_TRUE : PF_FALSE;
}

/* Errors that are about the server or the user's wish to stop are not the rule's. */
bool
pf_is_the_rules_error(int sqlerrcode)
{
	switch (ERRCODE_TO_CATEGORY(sqlerrcode))
	{
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return false;
		default:
			return true;
	}
}

/* Ask those from *next on that may raise; at an error note it and stop behind it. */
static void
ask_raising(PfEngine *engine, PfPredicate **predicates, int n, uint8 *verdicts, volatile int *next)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		for (; *next < n; (*next)++)
			if (predicates[*next]->may_raise)
				verdicts[predicates[*next]->slot] = ask(engine, predicates[*next]);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		PfPredicate *predicate = predicates[*next];
		ErrorData  *error;

		MemoryContextSwitchTo(engine->econtext->ecxt_per_tuple_memory);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (!pf_is_the_rules_error(error->sqlerrcode))
			ReThrowError(error);
		verdicts[predicate->slot] = PF_ERROR;
		if (predicate->fragile)
			pf_predicate_init(engine, predicate);
		(*next)++;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

static void
ask_all_raising(PfEngine *engine, PfPredicate **predicates, int n, uint8 *verdicts)
{
	volatile int next = 0;

	if (IsInParallelMode() && !PF_SUBTRANSACTION_IN_PARALLEL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("a rule that may raise an error cannot run in a parallel plan"),
				 errhint("Use score(), or wrap the rule set: tally(portfolio.serial_rules(rules), ...).")));
	while (next < n)
		ask_raising(engine, predicates, n, verdicts, &next);
}

/*
 * The verdicts of predicates on what stands in the engine's slot. value is the one column's, where
 * there is one and it is not NULL: of one column native code knows only values. Raises nothing that a rule raised.
 */
void
pf_evaluate(PfEngine *engine, PfPredicate **predicates, int n, const Datum *value, uint8 *verdicts)
{
	bool		raising = false;
	bool		evaluated = false;

	for (int i = 0; i < n; i++)
	{
		PfPredicate *predicate = predicates[i];

		if (predicate->native && (value || predicate->column < 0))
		{
			int			verdict = value ? pf_native_ask(predicate->native, *value) : pf_native_ask_row(predicate->native, engine->slot);

			if (verdict == PF_NATIVE_DEFER)
			{
				verdict = ask(engine, predicate);
				evaluated = true;
			}
			verdicts[predicate->slot] = verdict;
		}
		else if (predicate->may_raise)
			raising = true;
		else
		{
			verdicts[predicate->slot] = ask(engine, predicate);
			evaluated = true;
		}
	}
	if (raising)
		ask_all_raising(engine, predicates, n, verdicts);
	if (raising || evaluated)
		MemoryContextReset(engine->econtext->ecxt_per_tuple_memory);
}
