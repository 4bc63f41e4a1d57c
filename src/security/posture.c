/*
 * posture.c
 *		posture_snapshot(): what of the posture changed since the last snapshot goes into the chain.
 *
 * Two fixed statements run as the owner of posture_record: a lock, so that snapshots come one after
 * the other, and one INSERT, which finds what changed, numbers it and hashes it. They read catalogs,
 * settings and files through pg_catalog and functions of ours; no table, view or expression of a
 * user is evaluated, only deparsed.
 */
#include "pf.h"

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

PG_FUNCTION_INFO_V1(pf_posture_snapshot);

static const char *const lock_sql =
	"LOCK TABLE portfolio.posture_record IN SHARE ROW EXCLUSIVE MODE";

static const char *const snapshot_sql =
	"WITH tail AS ("
	"  SELECT coalesce(max(r.record), 0) AS record, coalesce(max(r.snapshot), 0) + 1 AS snapshot,"
	"         coalesce((SELECT l.hash FROM portfolio.posture_record l ORDER BY l.record DESC LIMIT 1), '') AS hash"
	"    FROM portfolio.posture_record r"
	"), changed AS ("
	"  SELECT kind, name, now.value"
	"    FROM (SELECT * FROM portfolio.posture_server_items() UNION ALL SELECT * FROM portfolio.posture_database_items()) now"
	"    FULL JOIN (SELECT i.* FROM tail t, portfolio.posture_at(t.snapshot) i) before USING (kind, name)"
	"   WHERE now.value IS DISTINCT FROM before.value"
	"), numbered AS ("
	"  SELECT row_number() OVER (ORDER BY kind COLLATE \"C\", name COLLATE \"C\") AS n, kind, name, value FROM changed"
	"  UNION ALL"
	"  SELECT count(*) + 1, 'snapshot', (SELECT snapshot FROM tail)::text,"
	"         jsonb_build_object('at', now(), 'by', $1, 'changes', count(*), 'version', current_setting('server_version'),"
	"                            'system', (SELECT system_identifier::text FROM pg_control_system()))::text"
	"    FROM changed"
	"), written AS ("
	"  INSERT INTO portfolio.posture_record (record, snapshot, kind, name, value, hash)"
	"  SELECT t.record + n.n, t.snapshot, n.kind, n.name, n.value,"
	"         portfolio.posture_chain(t.hash, t.record + n.n, t.snapshot, n.kind, n.name, n.value) OVER (ORDER BY n.n ROWS UNBOUNDED PRECEDING)"
	"    FROM tail t, numbered n"
	"  RETURNING record, snapshot, hash)"
	"SELECT w.snapshot, count(*) OVER () - 1, encode(w.hash, 'hex') FROM written w ORDER BY w.record DESC LIMIT 1";

Datum
pf_posture_snapshot(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID};
	Datum		caller = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	PfAsOwner	state;
	HeapTuple	row;
	TupleDesc	desc;
	bool		isnull;
	int64		snapshot;
	int64		changes;
	int			guc_level;

	PreventCommandIfReadOnly("posture_snapshot()");
	guc_level = NewGUCNestLevel();
	/* bodies of functions and conditions of rules are compared as they are written */
	pf_pin_writing();
	pf_pin_setting("timezone", "UTC");
	pf_as_table_owner(&state, "posture_record", lock_sql, 0, NULL, NULL, NULL);
	pf_end_as_owner(&state);
	pf_as_table_owner(&state, "posture_record", snapshot_sql, 1, types, &caller, NULL);
	if (SPI_processed != 1)
		elog(ERROR, "snapshot wrote no record");
	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	snapshot = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
	changes = DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull));
	ereport(LOG,
			(errmsg("posture snapshot %lld of database \"%s\": %lld changes, head %s",
					(long long) snapshot, get_database_name(MyDatabaseId), (long long) changes, SPI_getvalue(row, desc, 3)),
			 errhidestmt(true)));
	pf_end_as_owner(&state);
	AtEOXact_GUC(true, guc_level);
	PG_RETURN_INT64(snapshot);
}
