/*
 * graph_rule.c
 *		Which way impact travels along a relationship.
 *
 * The matrix of legal relationships tells, unless the relationship itself does. Relationships are many
 * and cells that they use are few, so while a graph is loaded each cell is asked for once, with the
 * caller's rights and in his snapshot as all the rest, and remembered until the graph is there.
 */
#include "graph.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

static const char rule_sql[] =
"SELECT propagates FROM portfolio.relationship_rule WHERE source_type OPERATOR(pg_catalog.=) $1"
" AND kind OPERATOR(pg_catalog.=) $2 AND target_type OPERATOR(pg_catalog.=) $3";

static SPIPlanPtr rule_plan = NULL;

/* Type of the source, kind, type of the target */
typedef struct Cell
{
	text	   *part[3];
} Cell;

typedef struct CellEntry
{
	Cell		cell;			/* hash key */
	PfRule		rule;
} CellEntry;

struct PfRules
{
	MemoryContext context;
	HTAB	   *cells;
	CellEntry  *last;			/* the one that was asked for last */
};

static uint32
hash_cell(const void *key, Size size)
{
	const Cell *cell = key;
	uint32		hash = 0;

	for (int i = 0; i < lengthof(cell->part); i++)
		hash = hash_combine(hash, hash_bytes((unsigned char *) VARDATA_ANY(cell->part[i]), VARSIZE_ANY_EXHDR(cell->part[i])));
	return hash;
}

static int
compare_cells(const void *a, const void *b, Size size)
{
	const Cell *x = a;
	const Cell *y = b;

	for (int i = 0; i < lengthof(x->part); i++)
		if (VARSIZE_ANY_EXHDR(x->part[i]) != VARSIZE_ANY_EXHDR(y->part[i]) ||
			memcmp(VARDATA_ANY(x->part[i]), VARDATA_ANY(y->part[i]), VARSIZE_ANY_EXHDR(x->part[i])) != 0)
			return 1;
	return 0;
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

static void
ask_matrix(const Cell *cell, PfRule *rule)
{
	Oid			argtypes[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[lengthof(argtypes)];
	bool		isnull;

	for (int i = 0; i < lengthof(values); i++)
		values[i] = PointerGetDatum(cell->part[i]);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (rule_plan == NULL)
	{
		SPIPlanPtr	made = SPI_prepare(rule_sql, lengthof(argtypes), argtypes);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare the query that reads the matrix of relationships");
		rule_plan = made;
	}
	if (SPI_execute_plan(rule_plan, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the matrix of relationships");
	rule->kind = -1;
	rule->legal = SPI_processed > 0;
	rule->travels = 0;
	if (rule->legal)
		rule->travels = pf_graph_read_travels(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
}

/* What the matrix says of a cell: type of the source, kind, type of the target, none of them NULL. */
PfRule *
pf_graph_rule(PfRules *rules, const Datum *cell)
{
	Cell		key;
	CellEntry  *entry;
	bool		found;

	for (int i = 0; i < lengthof(key.part); i++)
		key.part[i] = DatumGetTextPP(cell[i]);
	if (rules->last != NULL && compare_cells(&rules->last->cell, &key, sizeof(Cell)) == 0)
		return &rules->last->rule;
	entry = hash_search(rules->cells, &key, HASH_ENTER, &found);
	if (!found)
	{
		MemoryContext old_context = MemoryContextSwitchTo(rules->context);

		for (int i = 0; i < lengthof(key.part); i++)
			entry->cell.part[i] = DatumGetTextPCopy(cell[i]);
		MemoryContextSwitchTo(old_context);
		ask_matrix(&entry->cell, &entry->rule);
	}
	rules->last = entry;
	return &entry->rule;
}
