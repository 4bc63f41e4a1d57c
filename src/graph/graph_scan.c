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
 * The columns of relationship that are wanted come first in it, and mostly none of them is NULL. Those of fixed width lie
 * as in Head below, as the rows of a catalog do, and the words after them have headers of one byte. A row that is
 * not so, however it came to be, is taken apart in the ordinary way: it may be older than a constraint, or than
 * a column, and ALTER TABLE ... SET STORAGE or a row's size may have moved its words elsewhere.
 *
 * What points into a row is good until the next one is asked for.
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
} Column;

#define N_ELEMENT_COLUMNS 8

static const Column element_columns[N_ELEMENT_COLUMNS] = {
	{"id", INT8OID}, {"kind", TEXTOID}, {"archimate_type", TEXTOID}, {"code", TEXTOID}, {"name", TEXTOID},
	{"description", TEXTOID}, {"owner", INT8OID}, {"valid", DATERANGEOID}
};

static const Column relationship_columns[PF_RELATIONSHIP_COLUMNS] = {
	{"id", INT8OID}, {"source", INT8OID}, {"target", INT8OID}, {"weight", FLOAT4OID},
	{"source_type", TEXTOID}, {"kind", TEXTOID}, {"target_type", TEXTOID},
	{"valid", DATERANGEOID}, {"attributes", JSONBOID}
};

/* A bit for each of them that is not NULL in a row as it was made: of element all but description and owner */
#define ELEMENT_NOT_NULL 0x9f
#define RELATIONSHIP_NOT_NULL 0x1ff

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

		if (attribute->attisdropped || attribute->attgenerated != '\0' || attribute->atttypid != columns[i].type ||
			strcmp(NameStr(attribute->attname), columns[i].name) != 0)
			return false;
	}
	return true;
}

static inline HeapTuple
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
	return tuple;
}

/* Where a value begins that comes here at the earliest. */
static inline char *
varlena_at(char *at)
{
	/* Padding is zero, as no header is; before a short one there is none. */
	return VARATT_NOT_PAD_BYTE(at) ? at : (char *) INTALIGN(at);
}

/* Are all of these columns in the row, and none of those with a bit here NULL? */
static inline bool
is_plain(HeapTupleHeader row, int count, uint32 not_null)
{
	uint32		present;

	if (HeapTupleHeaderGetNatts(row) < count)
		return false;
	if ((row->t_infomask & HEAP_HASNULL) == 0)
		return true;
	present = row->t_bits[0];
	if (count > BITS_PER_BYTE)
		present |= (uint32) row->t_bits[1] << BITS_PER_BYTE;
	return (present & not_null) == not_null;
}

/* False for an element that is left out: nobody knows when it exists. */
static bool
take_element_apart(HeapTuple tuple, TupleDesc desc, PfElementRow *element)
{
	bool		no_id;
	bool		no_days;

	element->id = DatumGetInt64(heap_getattr(tuple, 1, desc, &no_id));
	element->valid = heap_getattr(tuple, N_ELEMENT_COLUMNS, desc, &no_days);
	return !no_id && !no_days;
}

static bool
read_element(HeapTuple tuple, TupleDesc desc, PfElementRow *element)
{
	HeapTupleHeader row = tuple->t_data;
	bool		has_nulls = (row->t_infomask & HEAP_HASNULL) != 0;
	char	   *at = (char *) row + row->t_hoff;

	if (!is_plain(row, N_ELEMENT_COLUMNS, ELEMENT_NOT_NULL))
		return take_element_apart(tuple, desc, element);
	element->id = *(int64 *) at;
	at += sizeof(int64);
	for (int i = 1; i < N_ELEMENT_COLUMNS - 1; i++)
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
	return true;
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

/*
 * Make a row of its columns, in their order; false where it is left out, as the view leaves it out: what it needs is
 * NULL, or its words are in no cell.
 */
bool
pf_graph_fill_relationship(PfRelationshipRow *row, const Datum *values, const bool *nulls)
{
	if (memchr(nulls, true, PF_RELATIONSHIP_COLUMNS - 1) != NULL)
		return false;
	row->id = DatumGetInt64(values[0]);
	row->source = DatumGetInt64(values[1]);
	row->target = DatumGetInt64(values[2]);
	row->weight = DatumGetFloat4(values[3]);
	row->cell = row->written;
	row->cell_length = pf_graph_write_cell(row->written, &values[4]);
	row->valid = values[7];
	row->attributes = nulls[8] ? NULL : (struct varlena *) DatumGetPointer(values[8]);
	return row->cell_length > 0;
}

static bool
take_relationship_apart(HeapTuple tuple, TupleDesc desc, PfRelationshipRow *relationship)
{
	Datum		values[PF_RELATIONSHIP_COLUMNS];
	bool		nulls[PF_RELATIONSHIP_COLUMNS];

	for (int i = 0; i < PF_RELATIONSHIP_COLUMNS; i++)
		values[i] = heap_getattr(tuple, i + 1, desc, &nulls[i]);
	return pf_graph_fill_relationship(relationship, values, nulls);
}

/* False for a relationship that is left out. */
static bool
read_relationship(HeapTuple tuple, TupleDesc desc, PfRelationshipRow *relationship)
{
	HeapTupleHeader row = tuple->t_data;
	Head	   *head = (Head *) ((char *) row + row->t_hoff);
	char	   *at = head->cell;

	if (!is_plain(row, PF_RELATIONSHIP_COLUMNS, RELATIONSHIP_NOT_NULL) || (relationship->cell_length = cell_length(at)) == 0)
		return take_relationship_apart(tuple, desc, relationship);
	relationship->id = head->id;
	relationship->source = head->source;
	relationship->target = head->target;
	relationship->weight = head->weight;
	relationship->cell = at;
	at = varlena_at(at + relationship->cell_length);
	relationship->valid = PointerGetDatum(at);
	relationship->attributes = (struct varlena *) varlena_at(at + VARSIZE_ANY(at));
	return true;
}

/* NULL when reading this table takes a query. */
static TableScanDesc
begin_scan(const char *table, const Column *columns, int count)
{
	Relation	rel = table_open(pf_relation_oid(table), AccessShareLock);

	if (can_scan(rel, columns, count))
		return table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
	table_close(rel, NoLock);
	return NULL;
}

/* The lock stays until the transaction ends, as that of a query does. */
static void
end_scan(TableScanDesc scan)
{
	Relation	rel = scan->rs_rd;

	table_endscan(scan);
	table_close(rel, NoLock);
}

/* Give every element to `add`; false when that takes a query. */
bool
pf_graph_scan_elements(void (*add) (void *state, const PfElementRow *row), void *state)
{
	TableScanDesc scan = begin_scan("element", element_columns, N_ELEMENT_COLUMNS);
	HeapTuple	tuple;
	PfElementRow element;

	if (scan == NULL)
		return false;
	while ((tuple = next_row(scan)) != NULL)
		if (read_element(tuple, RelationGetDescr(scan->rs_rd), &element))
			add(state, &element);
	end_scan(scan);
	return true;
}

/* Give every relationship to `add`; false when that takes a query. */
bool
pf_graph_scan_relationships(void (*add) (void *state, const PfRelationshipRow *row), void *state)
{
	TableScanDesc scan = begin_scan("relationship", relationship_columns, PF_RELATIONSHIP_COLUMNS);
	HeapTuple	tuple;
	PfRelationshipRow relationship;

	if (scan == NULL)
		return false;
	while ((tuple = next_row(scan)) != NULL)
		if (read_relationship(tuple, RelationGetDescr(scan->rs_rd), &relationship))
			add(state, &relationship);
	end_scan(scan);
	return true;
}
