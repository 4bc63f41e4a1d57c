/*
 * hba_matrix.c
 *		Who can connect how, and which lines of pg_hba.conf nobody meets.
 *
 * A database and a role meet the lines that name both. Walked in the order of the file, a line is met
 * where some transport and address of it is left over from the lines before: addresses are ranges, so
 * that "left over" is a subtraction and no guess. Most pairs meet the same lines; the walk is done once
 * for each set of lines and remembered.
 *
 * A line whose addresses are a host name, or a mask with holes, can be met wherever anything is left
 * over, and takes nothing away from the lines after it.
 */
#include "hba.h"

#ifdef PF_HAS_AUTH_TOKENS

#include <netinet/in.h>

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"
#include "postmaster/postmaster.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pf_hba_matrix);
PG_FUNCTION_INFO_V1(pf_hba_line_use);

/* Where a line is met by those who meet one set of lines */
typedef struct Meeting
{
	bool		met[PF_NTRANSPORTS];
	bool		whole;			/* nothing of its transports and addresses is taken by a line before */
	PfRange		example;		/* something of what is left; family 0 for a socket */
	Bitmapset  *takers;			/* lines that take something of it away */
} Meeting;

typedef struct Walk
{
	Bitmapset  *lines;			/* hash key: the lines that name the database and the role */
	Meeting    *meetings;		/* one for each line of the file */
} Walk;

typedef struct RangeSet
{
	int			n;
	PfRange    *ranges;
} RangeSet;

static uint32
hash_walk(const void *key, Size size)
{
	return bms_hash_value(*(Bitmapset *const *) key);
}

static int
match_walk(const void *a, const void *b, Size size)
{
	return bms_equal(*(Bitmapset *const *) a, *(Bitmapset *const *) b) ? 0 : 1;
}

static int
width_of(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* The neighbour of an address, 1 above or 1 below. The caller knows that there is one. */
static void
step(unsigned char *address, int family, int by)
{
	for (int i = width_of(family) - 1; i >= 0; i--)
	{
		address[i] += by;
		if (address[i] != (by > 0 ? 0 : 0xff))
			break;
	}
}

static void
put_range(RangeSet *set, PfRange range)
{
	set->ranges = set->ranges ? repalloc(set->ranges, sizeof(PfRange) * (set->n + 1)) : palloc(sizeof(PfRange));
	set->ranges[set->n++] = range;
}

/* What is left of the set when a range is taken out of it; did they have anything in common? */
static bool
take_range(RangeSet *set, const PfRange *taken)
{
	RangeSet	left = {0};
	bool		common = false;

	for (int i = 0; i < set->n; i++)
	{
		PfRange		range = set->ranges[i];
		int			width = width_of(range.family);

		if (range.family != taken->family || memcmp(range.high, taken->low, width) < 0 || memcmp(taken->high, range.low, width) < 0)
		{
			put_range(&left, range);
			continue;
		}
		common = true;
		if (memcmp(range.low, taken->low, width) < 0)
		{
			PfRange		below = range;

			memcpy(below.high, taken->low, width);
			step(below.high, below.family, -1);
			put_range(&left, below);
		}
		if (memcmp(taken->high, range.high, width) < 0)
		{
			PfRange		above = range;

			memcpy(above.low, taken->high, width);
			step(above.low, above.family, 1);
			put_range(&left, above);
		}
	}
	if (set->ranges)
		pfree(set->ranges);
	*set = left;
	return common;
}

/* One line against those before it that are met by the same pairs, for one transport */
static void
meet_by_transport(const PfHba *hba, const Bitmapset *lines, int no, PfTransport transport, Meeting *meeting)
{
	const PfHbaLine *line = &hba->lines[no];
	RangeSet	left = {0};
	bool		taken = false;

	for (int i = 0; i < line->nranges; i++)
		put_range(&left, line->ranges[i]);
	for (int before = -1; (before = bms_next_member(lines, before)) >= 0 && before < no;)
	{
		const PfHbaLine *other = &hba->lines[before];
		bool		takes = transport == PF_BY_SOCKET;

		if (!other->is_certain || !pf_hba_takes_transport(other->line, transport))
			continue;
		for (int i = 0; i < other->nranges; i++)
			takes |= take_range(&left, &other->ranges[i]);
		if (takes)
			meeting->takers = bms_add_member(meeting->takers, before);
		taken |= takes;
	}
	meeting->met[transport] = transport == PF_BY_SOCKET ? !taken : left.n > 0;
	if (taken)
		meeting->whole = false;
	if (left.n > 0)
		meeting->example = left.ranges[0];
}

static const Meeting *
walk_lines(const PfHba *hba, HTAB *walks, Bitmapset *lines)
{
	bool		found;
	Walk	   *walk = hash_search(walks, &lines, HASH_ENTER, &found);

	if (found)
		return walk->meetings;
	walk->meetings = palloc0(sizeof(Meeting) * hba->nlines);
	for (int no = -1; (no = bms_next_member(lines, no)) >= 0;)
	{
		CHECK_FOR_INTERRUPTS();
		walk->meetings[no].whole = true;
		for (int transport = 0; transport < PF_NTRANSPORTS; transport++)
			if (pf_hba_takes_transport(hba->lines[no].line, transport) && (transport != PF_BY_SSL || EnableSSL))
				meet_by_transport(hba, lines, no, transport, &walk->meetings[no]);
	}
	return walk->meetings;
}

static HTAB *
make_walks(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(Bitmapset *);
	ctl.entrysize = sizeof(Walk);
	ctl.hash = hash_walk;
	ctl.match = match_walk;
	ctl.hcxt = CurrentMemoryContext;
	return hash_create("walks of pg_hba.conf", 64, &ctl, HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* Databases that take connections, or roles that may log in (with replicating: of these only who may replicate) */
static List *
names_of(Oid relation, bool replicating)
{
	List	   *names = NIL;
	Relation	rel = table_open(relation, AccessShareLock);
	TableScanDesc scan = table_beginscan_catalog(rel, 0, NULL);
	HeapTuple	tuple;

	while ((tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		if (relation == DatabaseRelationId)
		{
			Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

			if (database->datallowconn)
				names = lappend(names, pstrdup(NameStr(database->datname)));
		}
		else
		{
			Form_pg_authid role = (Form_pg_authid) GETSTRUCT(tuple);
			PfHbaWho   *who = palloc0(sizeof(PfHbaWho));

			if (!role->rolcanlogin || (replicating && !role->rolreplication && !role->rolsuper))
				continue;
			who->role = pstrdup(NameStr(role->rolname));
			who->roleid = role->oid;
			names = lappend(names, who);
		}
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	return names;
}

static Bitmapset *
lines_for(const PfHba *hba, const PfHbaWho *who)
{
	Bitmapset  *lines = NULL;

	for (int i = 0; i < hba->nlines; i++)
		if (pf_hba_takes_who(hba->lines[i].line, who))
			lines = bms_add_member(lines, i);
	return lines;
}

typedef void (*PairFunction) (const PfHba *hba, const PfHbaWho *who, const Bitmapset *lines, const Meeting *meetings, void *data);

/* Every database with every role, then physical replication with every role that may */
static void
each_pair(const PfHba *hba, PairFunction function, void *data)
{
	HTAB	   *walks = make_walks();
	List	   *roles = names_of(AuthIdRelationId, false);
	List	   *replicating = names_of(AuthIdRelationId, true);
	List	   *databases = lappend(names_of(DatabaseRelationId, false), NULL);
	ListCell   *database;
	ListCell   *role;

	foreach(database, databases)
	{
		foreach(role, lfirst(database) ? roles : replicating)
		{
			PfHbaWho	who = *(PfHbaWho *) lfirst(role);
			Bitmapset  *lines;

			CHECK_FOR_INTERRUPTS();
			who.database = lfirst(database);
			who.is_replication = who.database == NULL;
			lines = lines_for(hba, &who);
			if (lines)
				function(hba, &who, lines, walk_lines(hba, walks, lines), data);
		}
	}
}

static Datum
transports_array(const Meeting *meeting)
{
	static const char *const names[PF_NTRANSPORTS] = {"local", "plain", "ssl", "gss"};
	Datum		elements[PF_NTRANSPORTS];
	int			n = 0;

	for (int i = 0; i < PF_NTRANSPORTS; i++)
		if (meeting->met[i])
			elements[n++] = CStringGetTextDatum(names[i]);
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static bool
is_met(const Meeting *meeting)
{
	for (int i = 0; i < PF_NTRANSPORTS; i++)
		if (meeting->met[i])
			return true;
	return false;
}

typedef struct MatrixRows
{
	ReturnSetInfo *rsinfo;
	MemoryContext pair;			/* for the values of one pair */
} MatrixRows;

static void
put_matrix_rows(const PfHba *hba, const PfHbaWho *who, const Bitmapset *lines, const Meeting *meetings, void *data)
{
	MatrixRows *rows = data;
	MemoryContext old = MemoryContextSwitchTo(rows->pair);

	for (int no = -1; (no = bms_next_member(lines, no)) >= 0;)
	{
		const PfHbaLine *line = &hba->lines[no];
		const Meeting *meeting = &meetings[no];
		Datum		values[9];
		bool		nulls[9] = {false};

		if (line->line->auth_method == uaReject || !is_met(meeting))
			continue;
		nulls[0] = who->database == NULL;
		values[0] = who->database ? CStringGetTextDatum(who->database) : (Datum) 0;
		values[1] = CStringGetTextDatum(who->role);
		values[2] = transports_array(meeting);
		values[3] = CStringGetTextDatum(hba_authname(line->line->auth_method));
		values[4] = Int32GetDatum(line->line->linenumber);
		values[5] = CStringGetTextDatum(line->rule);
		values[6] = BoolGetDatum(meeting->whole);
		nulls[7] = meeting->example.family == 0 || !line->is_certain;
		values[7] = nulls[7] ? (Datum) 0 : pf_range_low(&meeting->example);
		values[8] = BoolGetDatum(line->is_certain);
		tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc, values, nulls);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(rows->pair);
}

/* hba_matrix(): one row for each line that a role meets on its way to a database and that does not reject him */
Datum
pf_hba_matrix(PG_FUNCTION_ARGS)
{
	MatrixRows	rows;

	pf_init_materialized_srf(fcinfo);
	rows.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	rows.pair = AllocSetContextCreate(CurrentMemoryContext, "hba_matrix pair", ALLOCSET_SMALL_SIZES);
	each_pair(pf_read_hba(), put_matrix_rows, &rows);
	return (Datum) 0;
}

/* Of a line: has it a database and a role, do they meet it, and what takes it away from those who do not */
typedef struct Use
{
	bool		named;
	bool		met;
	Bitmapset  *takers;
} Use;

static void
note_use(const PfHba *hba, const PfHbaWho *who, const Bitmapset *lines, const Meeting *meetings, void *data)
{
	Use		   *uses = data;

	for (int no = -1; (no = bms_next_member(lines, no)) >= 0;)
	{
		uses[no].named = true;
		uses[no].met |= is_met(&meetings[no]);
		uses[no].takers = bms_add_members(uses[no].takers, meetings[no].takers);
	}
}

static Datum
line_numbers(const PfHba *hba, const Bitmapset *lines)
{
	Datum	   *numbers = palloc(sizeof(Datum) * Max(hba->nlines, 1));
	int			n = 0;

	for (int no = -1; (no = bms_next_member(lines, no)) >= 0;)
		numbers[n++] = Int32GetDatum(hba->lines[no].line->linenumber);
	return PointerGetDatum(construct_array(numbers, n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* hba_line_use(): every line, and whether anybody can meet it */
Datum
pf_hba_line_use(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PfHba	   *hba;
	Use		   *uses;

	pf_init_materialized_srf(fcinfo);
	hba = pf_read_hba();
	uses = palloc0(sizeof(Use) * hba->nlines);
	each_pair(hba, note_use, uses);
	for (int no = 0; no < hba->nlines; no++)
	{
		const PfHbaLine *line = &hba->lines[no];
		bool		shadowed = uses[no].named && !uses[no].met && uses[no].takers != NULL;
		Datum		values[5];
		bool		nulls[5] = {false};

		values[0] = Int32GetDatum(line->line->linenumber);
		values[1] = CStringGetTextDatum(line->rule);
		values[2] = CStringGetTextDatum(hba_authname(line->line->auth_method));
		values[3] = CStringGetTextDatum(uses[no].met ? "met" : shadowed ? "shadowed" : "never met");
		nulls[4] = !shadowed;
		values[4] = shadowed ? line_numbers(hba, uses[no].takers) : (Datum) 0;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

#endif							/* PF_HAS_AUTH_TOKENS */
