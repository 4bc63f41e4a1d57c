/*
 * graph_scan.c
 *		Elements and relationships straight from their pages.
 *
 * Of a row of 120 bytes an executor's way to hand it over costs as much as everything that is done with it. So where
 * nothing but rows can come of a query, the table is scanned here, as ANALYZE or CREATE INDEX do. That is so where
 * the caller may SELECT the whole table, row security does not apply for him, no other table inherits from it,
 * no extension wants to be asked about rights, and the table is a heap whose columns lie where they were made.
 * Whatever else it is, pf_graph_load() reads it by a query.
 *
 * The columns of relationship that are wanted come first in it, and none of them may be NULL. Those of fixed width lie
 * as in Head below, as the rows of a catalog do. What points into a row is good until the next one is asked for.
 */
#include "graph.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

/*
 * Rows fill a page from its end, so one that comes soon lies so many bytes before: lines of the cache that
 * the processor would otherwise wait for, two for a row and with the first of a page all until then.
 */
#define AHEAD 512
#define LINE 64

typedef struct Column
{
	const char *name;
	Oid			type;
	bool		not_null;
} Column;

static const Column element_columns[] = {
	{"id", INT8OID, true}, {"kind", TEXTOID, true}, {"archimate_type", TEXTOID, true}, {"code", TEXTOID, true},
	{"name", TEXTOID, true}, {"description", TEXTOID, false}, {"owner", INT8OID, false}, {"valid", DATERANGEOID, true}
};

static const Column relationship_columns[] = {
	{"id", INT8OID, true}, {"source", INT8OID, true}, {"target", INT8OID, true}, {"weight", FLOAT4OID, true},
	{"source_type", TEXTOID, true}, {"kind", TEXTOID, true}, {"target_type", TEXTOID, true},
	{"valid", DATERANGEOID, true}, {"attributes", JSONBOID, true}
};

/* How a row of relationship begins */
typedef struct Head
{
	int64		id;
	int64		source;
	int64		target;
	float4		weight;
	char		cell[FLEXIBLE_ARRAY_MEMBER];	/* source_type, kind and target_type, as PfRelationshipRow.cell */
} Head;

/* See above: may the rows be taken from the pages, and are these its first columns? */
static bool
can_scan(Relation rel, const Column *columns, int count)
{
	TupleDesc	desc = RelationGetDescr(rel);

	if (rel->rd_rel->relkind != RELKIND_RELATION || rel->rd_rel->relhassubclass || rel->rd_tableam != GetHeapamTableAmRoutine() ||
		ExecutorCheckPerms_hook != NULL ||
		pg_class_aclcheck(RelationGetRelid(rel), GetUserId(), ACL_SELECT) != ACLCHECK_OK ||
		check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED ||
		desc->natts < count)
		return false;
	for (int i = 0; i < count; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped || attribute->atttypid != columns[i].type ||
			attribute->attnotnull != columns[i].not_null ||
			strcmp(NameStr(attribute->attname), columns[i].name) != 0)
			return false;
	}
	return true;
}

static inline HeapTupleHeader
next_row(TableScanDesc scan)
{
	HeapTuple	tuple = heap_getnext(scan, ForwardScanDirection);

	if (tuple == NULL)
		return NULL;
	if (ItemPointerGetOffsetNumber(&tuple->t_self) == FirstOffsetNumber)
		for (int before = LINE; before < AHEAD; before += LINE)
			pf_prefetch((char *) tuple->t_data - before);
	pf_prefetch((char *) tuple->t_data - AHEAD);
	pf_prefetch((char *) tuple->t_data - AHEAD + LINE);
	return tuple->t_data;
}

/* Where a value begins that comes here at the earliest. */
static inline char *
varlena_at(char *at)
{
	/* Padding is zero, as no header is; before a short one there is none. */
	return VARATT_NOT_PAD_BYTE(at) ? at : (char *) INTALIGN(at);
}

static void
read_element(HeapTupleHeader row, PfElementRow *element)
{
	bool		has_nulls = (row->t_infomask & HEAP_HASNULL) != 0;
	char	   *at = (char *) row + row->t_hoff;

	element->id = *(int64 *) at;
	at += sizeof(int64);
	for (int i = 1; i < lengthof(element_columns) - 1; i++)
	{
		if (has_nulls && att_isnull(i, row->t_bits))
			continue;
		if (element_columns[i].type == INT8OID)
			at = (char *) DOUBLEALIGN(at) + sizeof(int64);
		else
		{
			at = varlena_at(at);
			at += VARSIZE_ANY(at);
		}
	}
	element->valid = PointerGetDatum(varlena_at(at));
}

/* So long are the three texts, each with a header of a byte; 0 where one has a longer one. */
static inline int
cell_length(const char *cell)
{
	const char *at = cell;

	for (int i = 0; i < PF_CELL_PARTS; i++)
	{
		if (!VARATT_IS_SHORT(at) || VARATT_IS_EXTERNAL(at))
			return 0;
		at += VARSIZE_SHORT(at);
	}
	return at - cell;
}

static void
read_relationship(HeapTupleHeader row, PfRelationshipRow *relationship)
{
	Head	   *head = (Head *) ((char *) row + row->t_hoff);
	char	   *at = head->cell;

	relationship->id = head->id;
	relationship->source = head->source;
	relationship->target = head->target;
	relationship->weight = head->weight;
	relationship->cell = at;
	relationship->cell_length = cell_length(at);
	if (relationship->cell_length == 0)
		return;
	at = varlena_at(at + relationship->cell_length);
	relationship->valid = PointerGetDatum(at);
	relationship->attributes = PointerGetDatum(varlena_at(at + VARSIZE_ANY(at)));
}

/* Give every element to `add`; false when that takes a query. */
bool
pf_graph_scan_elements(void (*add) (void *state, const PfElementRow *row), void *state)
{
	Relation	rel = table_open(pf_relation_oid("element"), AccessShareLock);
	bool		able = can_scan(rel, element_columns, lengthof(element_columns));

	if (able)
	{
		TableScanDesc scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
		HeapTupleHeader row;
		PfElementRow element;

		while ((row = next_row(scan)) != NULL)
		{
			read_element(row, &element);
			add(state, &element);
		}
		table_endscan(scan);
	}
	table_close(rel, NoLock);
	return able;
}

/* Give every relationship to `add`; false when that takes a query. */
bool
pf_graph_scan_relationships(void (*add) (void *state, const PfRelationshipRow *row), void *state)
{
	Relation	rel = table_open(pf_relation_oid("relationship"), AccessShareLock);
	bool		able = can_scan(rel, relationship_columns, lengthof(relationship_columns));

	if (able)
	{
		TableScanDesc scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
		HeapTupleHeader row;
		PfRelationshipRow relationship;

		while ((row = next_row(scan)) != NULL)
		{
			read_relationship(row, &relationship);
			add(state, &relationship);
		}
		table_endscan(scan);
	}
	table_close(rel, NoLock);
	return able;
}
