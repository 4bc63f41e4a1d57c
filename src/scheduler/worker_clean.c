/*
 * worker_clean.c
 *		Between two jobs of one worker: what DISCARD ALL does for a pooled connection.
 *
 * All jobs of a worker have one owner, so this is hygiene, not a boundary. Loaded libraries, global
 * variables of procedural languages and connections of dblink and foreign data wrappers survive;
 * they end with the process. So do plans, ours and those of functions: they hold nothing that a job
 * could see, and making them anew would cost a short job more than it does itself.
 */
#include "worker.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_db_role_setting.h"
#include "commands/async.h"
#include "commands/prepare.h"
#include "commands/sequence.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/portal.h"
#include "utils/rel.h"

void
pf_clean_session(void)
{
	pf_begin_own_transaction();
	PortalHashTableDeleteAll();
	SetPGVariable("session_authorization", NIL, false);
	SetPGVariable("role", NIL, false);
	ResetAllOptions();			/* to what role and database set when we connected */
	DropAllPreparedStatements();
	Async_UnlistenAll();
	LockReleaseAll(USER_LOCKMETHOD, true);
	ResetTempTableNamespace();
	ResetSequenceCaches();
	pf_commit_own_transaction();
}

static uint64
fingerprint_of(Relation settings, Oid database, Oid role)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	uint64		fingerprint = 0;

	ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(database));
	ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(role));
	scan = systable_beginscan(settings, DbRoleSettingDatidRolidIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		fingerprint = DatumGetUInt64(hash_any_extended((unsigned char *) tuple->t_data + tuple->t_data->t_hoff,
													   tuple->t_len - tuple->t_data->t_hoff,
													   fingerprint + 1));
	systable_endscan(scan);
	return fingerprint;
}

/*
 * A number that changes when ALTER ROLE ... SET or ALTER DATABASE ... SET changes what a new
 * connection of this role to this database would start with. In a transaction.
 */
uint64
pf_role_settings_fingerprint(void)
{
	Relation	settings = table_open(DbRoleSettingRelationId, AccessShareLock);
	Oid			role = GetSessionUserId();
	uint64		fingerprint;

	fingerprint = hash_combine64(hash_combine64(fingerprint_of(settings, MyDatabaseId, role),
												fingerprint_of(settings, InvalidOid, role)),
								 hash_combine64(fingerprint_of(settings, MyDatabaseId, InvalidOid),
												fingerprint_of(settings, InvalidOid, InvalidOid)));
	table_close(settings, AccessShareLock);
	return fingerprint;
}
