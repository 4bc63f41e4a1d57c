/*
 * track_leaf.c
 *		The leaf partitions of tracked data as the catalogs have them, and what makes them doubtful.
 *
 * No trigger fires when a partition is attached or detached, when a table is rewritten, when a
 * trigger is disabled, or when a column makes room for another of its name. Each of these leaves a
 * trace: the list of leaves, the relfilenode, the version (xmin and ctid) of the trigger's row in
 * pg_trigger, the number and type of the column. A tally is believed only where all of them are as
 * they were when the file was counted.
 */
#include "track.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#define ROW_EVENTS (TRIGGER_TYPE_ROW | TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE)

/* Is it our trigger, unrestricted, and does it fire whatever session_replication_role says? */
static bool
trigger_works(HeapTuple tuple, TupleDesc desc, bool truncate)
{
	Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);
	HeapTuple	function = SearchSysCache1(PROCOID, ObjectIdGetDatum(trigger->tgfoid));
	bool		ours;
	bool		conditional;

	if (!HeapTupleIsValid(function))
		return false;
	ours = strcmp(NameStr(((Form_pg_proc) GETSTRUCT(function))->proname), "track_change") == 0 &&
		strcmp(get_namespace_name(((Form_pg_proc) GETSTRUCT(function))->pronamespace), PF_SCHEMA) == 0;
	ReleaseSysCache(function);
	(void) heap_getattr(tuple, Anum_pg_trigger_tgqual, desc, &conditional);
	conditional = !conditional || trigger->tgattr.dim1 > 0;
	return ours && !conditional && trigger->tgenabled == TRIGGER_FIRES_ALWAYS &&
		trigger->tgtype == (truncate ? TRIGGER_TYPE_TRUNCATE : ROW_EVENTS);
}

/* The version of a trigger's row, "" where there is no such trigger; sets whether it works. */
static char *
trigger_version(Relation pg_trigger, Oid relid, int64 data_set, bool truncate, bool *works)
{
	NameData	name;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *version = "";

	*works = false;
	namestrcpy(&name, pf_trigger_name(data_set, truncate));
	ScanKeyInit(&keys[0], Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	ScanKeyInit(&keys[1], Anum_pg_trigger_tgname, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&name));
	scan = systable_beginscan(pg_trigger, TriggerRelidNameIndexId, true, NULL, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		version = psprintf("%u (%u,%u)", HeapTupleHeaderGetRawXmin(tuple->t_data),
						   ItemPointerGetBlockNumber(&tuple->t_self), ItemPointerGetOffsetNumber(&tuple->t_self));
		*works = trigger_works(tuple, RelationGetDescr(pg_trigger), truncate);
	}
	systable_endscan(scan);
	return version;
}

/* Numbers, types and collations of the columns that the expressions name; NULL and a reason where one is gone. */
static char *
columns_version(const PfTracked *tracked, TupleDesc desc, char **doubt)
{
	StringInfoData version;

	initStringInfo(&version);
	for (int c = 0; c < tracked->ncolumns; c++)
	{
		Form_pg_attribute found = NULL;

		for (int i = 0; i < desc->natts && found == NULL; i++)
			if (!TupleDescAttr(desc, i)->attisdropped &&
				strcmp(NameStr(TupleDescAttr(desc, i)->attname), tracked->columns[c]) == 0)
				found = TupleDescAttr(desc, i);
		if (found == NULL)
		{
			*doubt = psprintf("column \"%s\" is gone", tracked->columns[c]);
			return NULL;
		}
		if (found->attgenerated != '\0' && found->attgenerated != ATTRIBUTE_GENERATED_STORED)
		{
			*doubt = psprintf("column \"%s\" is generated when it is read, which no trigger sees", tracked->columns[c]);
			return NULL;
		}
		appendStringInfo(&version, "%d %u %d %u;", found->attnum, found->atttypid, found->atttypmod, found->attcollation);
	}
	return version.data;
}

/* Was the row of pg_class written by this transaction, and so perhaps the file made by it? */
bool
pf_leaf_is_new(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		is_new;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	is_new = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));
	ReleaseSysCache(tuple);
	return is_new;
}

/* One leaf. Its doubt is what the catalogs alone give a reason for. */
PfLeaf *
pf_leaf(const PfTracked *tracked, Relation rel)
{
	PfLeaf	   *leaf = palloc0(sizeof(PfLeaf));
	Relation	pg_trigger = table_open(TriggerRelationId, AccessShareLock);
	bool		row_works;
	bool		truncate_works;
	char	   *row_version;
	char	   *truncate_version;

	leaf->relid = RelationGetRelid(rel);
	leaf->file = rel->rd_rel->relfilenode;
	leaf->name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel));
	row_version = trigger_version(pg_trigger, leaf->relid, tracked->data_set, false, &row_works);
	truncate_version = trigger_version(pg_trigger, leaf->relid, tracked->data_set, true, &truncate_works);
	table_close(pg_trigger, AccessShareLock);
	leaf->triggers = psprintf("%s/%s", row_version, truncate_version);
	if (rel->rd_rel->relkind != RELKIND_RELATION)
		leaf->doubt = "it is not a table, so changes of it go unseen";
	else if (rel->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT)
		leaf->doubt = "it is unlogged, so a crash empties it unseen";
	else if (!row_works)
		leaf->doubt = row_version[0] == '\0' ? "it has no trigger that tracks it" : "the trigger that tracks it is disabled or altered";
	else if (!truncate_works && pf_leaf_is_new(leaf->relid))
		leaf->doubt = "it was made in this transaction";
	else
	{
		leaf->columns = columns_version(tracked, RelationGetDescr(rel), &leaf->doubt);
		leaf->altered = leaf->columns == NULL;
	}
	return leaf;
}

/*
 * All leaves below a relation, itself where it has no partitions, locked until the end of the
 * transaction. A leaf that a statement of this session is still changing is doubtful, and cannot be
 * counted for keeping: its triggers may not have fired yet.
 */
List *
pf_leaves(const PfTracked *tracked, Oid root, LOCKMODE lockmode)
{
	List	   *leaves = NIL;
	ListCell   *cell;

	foreach(cell, find_all_inheritors(root, lockmode, NULL))
	{
		Relation	rel = relation_open(lfirst_oid(cell), NoLock);

		if (rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		{
			PfLeaf	   *leaf = pf_leaf(tracked, rel);

			if (leaf->doubt == NULL && rel->rd_refcnt > 1 && TransactionIdIsValid(GetTopTransactionIdIfAny()))
			{
				leaf->doubt = "a statement that may change it is not finished";
				leaf->columns = NULL;
			}
			leaves = lappend(leaves, leaf);
		}
		relation_close(rel, NoLock);
	}
	return leaves;
}

/* May the current role count it, and would it see all of its rows? */
bool
pf_leaf_readable(Oid relid)
{
	return pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
		check_enable_rls(relid, InvalidOid, true) != RLS_ENABLED;
}
