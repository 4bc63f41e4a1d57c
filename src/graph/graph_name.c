/*
 * graph_name.c
 *		Names of elements, and the columns that every result has.
 *
 * The graph holds numbers only. Names are read when a result is made, for the elements in it, with the
 * caller's rights and in his snapshot: by index for a few, in one pass over the table for many.
 */
#include "graph.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "tcop/dest.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Fewer than this, or than so large a part of all elements, are looked up one by one. */
#define FEW_NAMES 500
#define FEW_NAMES_PART 50

static const char few_sql[] =
"SELECT id, kind, code, name FROM portfolio.element WHERE id OPERATOR(pg_catalog.=) ANY ($1)";
static const char all_sql[] = "SELECT id, kind, code, name FROM portfolio.element";

static SPIPlanPtr few_plan = NULL;
static SPIPlanPtr all_plan = NULL;


typedef struct Reader
{
	DestReceiver pub;
	PfNames    *names;
	MemoryContext context;
} Reader;

/* Kind, code and name in one piece of memory. */
static PfName *
copy_name(MemoryContext context, const Datum *values)
{
	struct varlena *from[3];
	Size		size[3];
	char	   *at;
	PfName	   *name;
	Size		total = MAXALIGN(sizeof(PfName));

	for (int i = 0; i < 3; i++)
	{
		from[i] = PG_DETOAST_DATUM_PACKED(values[i]);
		size[i] = VARSIZE_ANY(from[i]);
		total += MAXALIGN(size[i]);
	}
	name = MemoryContextAlloc(context, total);
	at = (char *) name + MAXALIGN(sizeof(PfName));
	name->kind = memcpy(at, from[0], size[0]);
	name->code = memcpy(at + MAXALIGN(size[0]), from[1], size[1]);
	name->name = memcpy(at + MAXALIGN(size[0]) + MAXALIGN(size[1]), from[2], size[2]);
	return name;
}

static int
compare_places(const void *a, const void *b)
{
	int32		x = *(const int32 *) a;
	int32		y = *(const int32 *) b;

	return x < y ? -1 : x > y;
}

/* Where the name of an element is kept; NULL if it was not asked for. */
static PfName **
name_of(const PfNames *names, int32 place)
{
	const int32 *found;

	if (names->asked == NULL)
		return &names->name[place];
	found = bsearch(&place, names->asked, names->count, sizeof(int32), compare_places);
	return found == NULL ? NULL : &names->name[found - names->asked];
}

static void
read_name(Reader *reader, const Datum *values, const bool *nulls)
{
	int32		place = pf_graph_place(reader->names->graph, DatumGetInt64(values[0]));
	PfName	  **name = place < 0 ? NULL : name_of(reader->names, place);

	/* who has dropped a NOT NULL may find elements without a name */
	if (name != NULL && !nulls[1] && !nulls[2] && !nulls[3])
		*name = copy_name(reader->context, values + 1);
}

static bool
receive_name(TupleTableSlot *slot, DestReceiver *self)
{
	slot_getallattrs(slot);
	read_name((Reader *) self, slot->tts_values, slot->tts_isnull);
	return true;
}

static void
read_few(Reader *reader, const int32 *places, int32 count)
{
	Oid			argtypes[1] = {INT8ARRAYOID};
	Datum	   *ids = palloc(Max(count, 1) * sizeof(Datum));
	Datum		values[1];

	for (int32 i = 0; i < count; i++)
		ids[i] = Int64GetDatum(reader->names->graph->ids[places[i]]);
	values[0] = PointerGetDatum(construct_array(ids, count, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	/* how to look for a few does not depend on which they are */
	pf_keep_plan(&few_plan, few_sql, 1, argtypes, CURSOR_OPT_GENERIC_PLAN);
	if (SPI_execute_plan(few_plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look up names");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		columns[4];
		bool		nulls[4];

		for (int c = 0; c < 4; c++)
			columns[c] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, c + 1, &nulls[c]);
		read_name(reader, columns, nulls);
	}
}

static void
read_all(Reader *reader)
{
	pf_keep_plan(&all_plan, all_sql, 0, NULL, 0);
	if (pf_spi_execute_into(all_plan, &reader->pub, receive_name) != SPI_OK_SELECT)
		elog(ERROR, "could not read names");
}

/*
 * The names of these elements, in the caller's context. A policy that hides from this query what it
 * showed to the one that loaded the graph leaves no name.
 */
PfNames *
pf_graph_names(const PfGraph *graph, const int32 *places, int32 count)
{
	PfNames    *names = palloc0(sizeof(PfNames));
	Reader		reader = {0};
	bool		few = count < FEW_NAMES || count < graph->n_elements / FEW_NAMES_PART;
	bool		sparse = few || count < graph->n_elements / 4;

	names->graph = graph;
	names->count = sparse ? count : graph->n_elements;
	names->name = MemoryContextAllocExtended(CurrentMemoryContext, Max(names->count, 1) * sizeof(PfName *),
											 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	if (sparse)
	{
		names->asked = MemoryContextAllocHuge(CurrentMemoryContext, Max(count, 1) * sizeof(int32));
		memcpy(names->asked, places, count * sizeof(int32));
		qsort(names->asked, count, sizeof(int32), compare_places);
	}
	reader.names = names;
	reader.context = CurrentMemoryContext;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (few)
		read_few(&reader, places, count);
	else
		read_all(&reader);
	SPI_finish();
	return names;
}

/* kind:code */
static void
append_label(StringInfo path, const PfNames *names, int32 place)
{
	const PfName *name = *name_of(names, place);

	if (name == NULL)
	{
		appendStringInfoChar(path, '?');
		return;
	}
	appendBinaryStringInfo(path, VARDATA_ANY(name->kind), VARSIZE_ANY_EXHDR(name->kind));
	appendStringInfoChar(path, ':');
	appendBinaryStringInfo(path, VARDATA_ANY(name->code), VARSIZE_ANY_EXHDR(name->code));
}

/* These elements, after what is there already. */
void
pf_graph_append_path(StringInfo path, const PfNames *names, const int32 *places, int32 count)
{
	for (int32 i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoString(path, PF_PATH_SEPARATOR);
		append_label(path, names, places[i]);
	}
}

/* kind:code > kind:code > …, shortened where it is long */
void
pf_graph_write_path(StringInfo path, const PfNames *names, const int32 *places, int32 count)
{
	resetStringInfo(path);
	if (count <= PF_LONG_PATH)
	{
		pf_graph_append_path(path, names, places, count);
		return;
	}
	pf_graph_append_path(path, names, places, PF_LONG_PATH_BEGINNING);
	appendStringInfo(path, PF_PATH_GAP, count - PF_LONG_PATH);
	pf_graph_append_path(path, names, places + count - PF_LONG_PATH_END, PF_LONG_PATH_END);
}

/* element, kind, code, name */
void
pf_graph_fill_element(const PfNames *names, int32 place, Datum *values, bool *nulls)
{
	const PfName *name = *name_of(names, place);

	values[0] = Int64GetDatum(names->graph->ids[place]);
	nulls[0] = false;
	nulls[1] = nulls[2] = nulls[3] = name == NULL;
	if (name != NULL)
	{
		values[1] = PointerGetDatum(name->kind);
		values[2] = PointerGetDatum(name->code);
		values[3] = PointerGetDatum(name->name);
	}
}

/* The columns of reached_element. What is allocated belongs to the caller's context. */
void
pf_graph_fill_step(const PfNames *names, const PfStep *step, const char *path, int length,
				   Datum *values, bool *nulls)
{
	const PfGraph *graph = names->graph;

	pf_graph_fill_element(names, step->place, values, nulls);
	memset(nulls + 4, false, (PF_STEP_COLUMNS - 4) * sizeof(bool));
	values[4] = Int32GetDatum(step->depth);
	nulls[5] = step->via < 0;
	if (step->via >= 0)
		values[5] = Int64GetDatum(graph->ids[step->via]);
	values[6] = PointerGetDatum(cstring_to_text_with_len(path, length));
	nulls[7] = step->row < 0 || graph->rows.relationship[step->row] == 0;
	if (!nulls[7])
		values[7] = Int64GetDatum(graph->rows.relationship[step->row]);
	nulls[8] = step->row < 0;
	if (!nulls[8])
		values[8] = CStringGetTextDatum(graph->kinds[graph->rows.kind[step->row]]);
}

/* impact or arrows */
PfAlong
pf_graph_along(const text *along)
{
	const char *value = text_to_cstring(along);

	if (strcmp(value, "impact") == 0)
		return PF_ALONG_IMPACT;
	if (strcmp(value, "arrows") == 0)
		return PF_ALONG_ARROWS;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"along\" must be \"impact\" or \"arrows\", not \"%s\"", value),
			 errhint("Impact goes the way that column propagates of portfolio.dependency tells; arrows go from source to target, whatever it tells.")));
	return PF_ALONG_IMPACT;		/* keep compiler quiet */
}
