/*
 * graph_rule.c
 *		Which way impact travels along a relationship.
 *
 * The matrix of legal relationships tells, unless the relationship itself does. Relationships are many
 * and cells that they use are few, so while a graph is loaded each cell is asked for once, with the
 * caller's rights and in his snapshot as all the rest, and remembered until the graph is there. Those
 * that were met last are found without hashing all of their names.
 */
#include "graph.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(pf_access_propagates);

#define ACCESS "access"			/* a kind of relationship, and the attribute that narrows it */

static const char rule_sql[] =
"SELECT propagates FROM portfolio.relationship_rule WHERE source_type OPERATOR(pg_catalog.=) $1"
" AND kind OPERATOR(pg_catalog.=) $2 AND target_type OPERATOR(pg_catalog.=) $3";

static SPIPlanPtr rule_plan = NULL;

/*
 * The key of a cell are its three texts, one after the other and each with a header of one byte, as a row mostly has
 * them. Constraints of relationship_rule see to it that no text of the matrix is too long for that.
 */
typedef struct Cell
{
	const char *bytes;
	int			length;
} Cell;

typedef struct CellEntry
{
	Cell		cell;			/* hash key */
	PfRule		rule;
} CellEntry;

#define N_RECENT 64

struct PfRules
{
	MemoryContext context;
	HTAB	   *cells;
	CellEntry  *recent[N_RECENT];
};

static uint32
hash_cell(const void *key, Size size)
{
	const Cell *cell = key;

	return hash_bytes((const unsigned char *) cell->bytes, cell->length);
}

static int
compare_cells(const void *a, const void *b, Size size)
{
	const Cell *x = a;
	const Cell *y = b;

	return x->length != y->length || memcmp(x->bytes, y->bytes, x->length) != 0;
}

/* Write the key of a cell, given its three texts; its length, or 0 where one is longer than any of the matrix. */
int
pf_graph_write_cell(char *cell, const Datum *parts)
{
	char	   *at = cell;

	for (int i = 0; i < PF_CELL_PARTS; i++)
	{
		text	   *part = DatumGetTextPP(parts[i]);
		Size		length = VARSIZE_ANY_EXHDR(part) + VARHDRSZ_SHORT;

		if (length > VARATT_SHORT_MAX)
			return 0;
		SET_VARSIZE_SHORT(at, length);
		memcpy(VARDATA_SHORT(at), VARDATA_ANY(part), length - VARHDRSZ_SHORT);
		at += length;
		if (PointerGetDatum(part) != parts[i])
			pfree(part);
	}
	return at - cell;
}

/* What is remembered belongs to the caller's context. */
PfRules *
pf_graph_make_rules(void)
{
	PfRules    *rules = palloc0(sizeof(PfRules));
	HASHCTL		ctl = {0};

	rules->context = CurrentMemoryContext;
	ctl.keysize = sizeof(Cell);
	ctl.entrysize = sizeof(CellEntry);
	ctl.hash = hash_cell;
	ctl.match = compare_cells;
	ctl.hcxt = CurrentMemoryContext;
	rules->cells = hash_create("pg_portfolio graph rules", 64, &ctl,
							   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	return rules;
}

/* fwd, rev, both or none */
uint8
pf_graph_read_travels(Datum propagates)
{
	text	   *value = DatumGetTextPP(propagates);

	switch (VARSIZE_ANY_EXHDR(value) > 0 ? VARDATA_ANY(value)[0] : '\0')
	{
		case 'f':
			return PF_TRAVELS_FORWARD;
		case 'r':
			return PF_TRAVELS_BACK;
		case 'b':
			return PF_TRAVELS_FORWARD | PF_TRAVELS_BACK;
		default:
			return 0;
	}
}

/* Does a text say just this? */
static bool
says(const text *value, const char *what)
{
	return VARSIZE_ANY_EXHDR(value) == strlen(what) && memcmp(VARDATA_ANY(value), what, strlen(what)) == 0;
}

/*
 * The way in which impact travels along an access with these attributes: bits as of PfRows.travels, 0 where
 * they do not tell. Most relationships have none, which their size says: an empty object is a header.
 */
uint8
pf_graph_access_travels(Datum attributes)
{
	uint8		travels = 0;
	Jsonb	   *object;
	JsonbValue	value;

	if (VARSIZE_ANY_EXHDR(DatumGetPointer(attributes)) <= sizeof(uint32))
		return 0;
	object = DatumGetJsonbP(attributes);
	if (JB_ROOT_IS_OBJECT(object) &&
		getKeyJsonValueFromContainer(&object->root, ACCESS, strlen(ACCESS), &value) != NULL && value.type == jbvString)
	{
		const char *string = value.val.string.val;

		if (value.val.string.len == 4 && memcmp(string, "read", 4) == 0)
			travels = PF_TRAVELS_BACK;
		else if (value.val.string.len == 5 && memcmp(string, "write", 5) == 0)
			travels = PF_TRAVELS_FORWARD;
	}
	if (PointerGetDatum(object) != attributes)
		pfree(object);
	return travels;
}

/* access_propagates(kind text, attributes jsonb) → fwd or rev, NULL where the matrix decides */
Datum
pf_access_propagates(PG_FUNCTION_ARGS)
{
	uint8		travels = says(PG_GETARG_TEXT_PP(0), ACCESS) ? pf_graph_access_travels(PG_GETARG_DATUM(1)) : 0;

	if (travels == 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(travels == PF_TRAVELS_FORWARD ? "fwd" : "rev"));
}

static void
ask_matrix(const Cell *cell, PfRule *rule)
{
	Oid			argtypes[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[PF_CELL_PARTS];
	const char *at = cell->bytes;
	bool		isnull;

	for (int i = 0; i < PF_CELL_PARTS; i++)
	{
		values[i] = PointerGetDatum(at);
		at += VARSIZE_SHORT(at);
	}
	rule->kind = -1;
	rule->kind_name = text_to_cstring((const text *) DatumGetPointer(values[1]));
	rule->access = strcmp(rule->kind_name, ACCESS) == 0;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	pf_keep_plan(&rule_plan, rule_sql, lengthof(argtypes), argtypes, 0);
	if (SPI_execute_plan(rule_plan, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the matrix of relationships");
	rule->legal = SPI_processed > 0;
	rule->travels = 0;
	if (rule->legal)
		rule->travels = pf_graph_read_travels(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
}

/* What the matrix says of a cell. */
PfRule *
pf_graph_rule(PfRules *rules, const char *cell, int length)
{
	Cell		key = {cell, length};
	CellEntry **recent = &rules->recent[((uint32) length * 31 + (unsigned char) cell[length / 2]) % N_RECENT];
	CellEntry  *entry;
	bool		found;

	if (*recent != NULL && compare_cells(&(*recent)->cell, &key, sizeof(Cell)) == 0)
		return &(*recent)->rule;
	entry = hash_search(rules->cells, &key, HASH_ENTER, &found);
	if (!found)
	{
		MemoryContext old_context = MemoryContextSwitchTo(rules->context);

		entry->cell.bytes = memcpy(palloc(length), cell, length);
		ask_matrix(&entry->cell, &entry->rule);
		MemoryContextSwitchTo(old_context);
	}
	*recent = entry;
	return &entry->rule;
}
