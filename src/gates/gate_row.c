/*
 * gate_row.c
 *		What the database itself does when evidence, a waiver, a condition or a decision is written.
 *
 * Concurrency: evidence, waivers, conditions and decisions of one run must not race, or a gate
 * would be passed on evidence that is being taken back. Each of them locks its process_run row FOR
 * NO KEY UPDATE before anything is read, and keeps the lock until the transaction ends; the
 * statements after it take new snapshots and see what the one before has committed. The lock is
 * taken as the table's owner, so that writing evidence needs no right to update the run.
 *
 * A decision records what it rests on before it is judged (judge_decision in SQL). A restore brings
 * these rows itself, before the decision that refers to them, and nothing is computed again.
 */
#include "pf.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(pf_lock_run);
PG_FUNCTION_INFO_V1(pf_take_basis);

static const char lock_sql[] =
"SELECT process, version FROM portfolio.process_run WHERE id = $1 FOR NO KEY UPDATE";

static const char basis_sql[] =
"INSERT INTO portfolio.gate_decision_evidence (decision, criterion, run, process, version, mandatory, status, decided_at,"
"       evidence, evidence_status, evidence_at, evidence_expires, waiver, waiver_at, waiver_expires, condition)"
" SELECT $1, s.criterion, s.run, s.process, s.version, s.mandatory, s.status, $4,"
"       s.evidence, s.evidence_status, s.evidence_at, s.evidence_expires, s.waiver, s.waiver_at, s.waiver_expires, s.condition"
"   FROM portfolio.run_standing($2, $4) s WHERE s.gate = $3";

/* The key to the basis, and who else approved it where the decider gave some of the evidence. */
static const char basis_key_sql[] =
"SELECT (SELECT min(criterion) FROM portfolio.gate_decision_evidence WHERE decision = $1),"
"       (SELECT a.id FROM portfolio.gate_approval a"
"         WHERE a.run = $2 AND a.gate = $3 AND a.by <> $5"
"           AND EXISTS (SELECT FROM portfolio.decision_evidence($1) e WHERE e.by = $5)"
"           AND NOT EXISTS (SELECT FROM portfolio.decision_evidence($1) e WHERE e.by = a.by OR e.id <> ALL (a.evidence))"
"         ORDER BY a.id DESC LIMIT 1)";

static Datum
row_value(HeapTuple row, TupleDesc desc, const char *column, bool *isnull)
{
	int			attnum = SPI_fnumber(desc, column);

	if (attnum <= 0)
		elog(ERROR, "a table of gates has no column \"%s\"", column);
	return heap_getattr(row, attnum, desc, isnull);
}

static TriggerData *
before_insert(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || !TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		elog(ERROR, "this function is a BEFORE INSERT FOR EACH ROW trigger");
	return trigger;
}

/* Lock the run of a new row, and give the row the run's process and version. */
Datum
pf_lock_run(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {INT8OID};
	TriggerData *trigger = before_insert(fcinfo);
	HeapTuple	row = trigger->tg_trigtuple;
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	PfAsOwner	state;
	int			attnums[2];
	Datum		values[2];
	bool		isnull;
	Datum		run = row_value(row, desc, "run", &isnull);

	if (isnull)
		return PointerGetDatum(row);	/* the NOT NULL constraint says so */
	pf_as_table_owner(&state, "process_run", lock_sql, 1, types, &run, NULL);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("run " INT64_FORMAT " does not exist", DatumGetInt64(run)),
				 errhint("Start one: SELECT portfolio.start_process(element, process);")));
	attnums[0] = SPI_fnumber(desc, "process");
	attnums[1] = SPI_fnumber(desc, "version");
	values[0] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	values[1] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull);
	row = SPI_modifytuple(trigger->tg_relation, row, 2, attnums, values, "  ");
	if (row == NULL)
		elog(ERROR, "could not fill the row: %s", SPI_result_code_string(SPI_result));
	pf_end_as_owner(&state);
	return PointerGetDatum(row);
}

/* Write down what a new decision rests on, and give it the keys of that. */
Datum
pf_take_basis(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID, NAMEOID};
	static const char *const columns[] = {"id", "run", "gate", "at", "by"};
	TriggerData *trigger = before_insert(fcinfo);
	HeapTuple	row = trigger->tg_trigtuple;
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	PfAsOwner	state;
	Datum		args[lengthof(types)];
	Datum		keys[2];
	char		nulls[2];
	int			attnums[2];
	bool		isnull;

	(void) row_value(row, desc, "basis", &isnull);
	if (!isnull)
		return PointerGetDatum(row);	/* a restore */
	for (int i = 0; i < (int) lengthof(types); i++)
	{
		args[i] = row_value(row, desc, columns[i], &isnull);
		if (isnull)
			return PointerGetDatum(row);	/* a constraint will say so */
	}
	pf_as_table_owner(&state, "gate_decision_evidence", basis_sql, 4, types, args, NULL);
	pf_end_as_owner(&state);
	pf_as_table_owner(&state, "gate_decision_evidence", basis_key_sql, 5, types, args, NULL);
	attnums[0] = SPI_fnumber(desc, "basis");
	attnums[1] = SPI_fnumber(desc, "approval");
	for (int i = 0; i < 2; i++)
	{
		keys[i] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull);
		nulls[i] = isnull ? 'n' : ' ';
	}
	row = SPI_modifytuple(trigger->tg_relation, row, 2, attnums, keys, nulls);
	if (row == NULL)
		elog(ERROR, "could not fill the row: %s", SPI_result_code_string(SPI_result));
	pf_end_as_owner(&state);
	return PointerGetDatum(row);
}
