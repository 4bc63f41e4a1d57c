/*
 * value_set.c
 *		in_value_set(code, set [, on_date]): whether a code belongs to a list of reference values.
 *
 * A set is read once for each call site of a query, through SPI as the caller and with the query's
 * own snapshot, into a hash table that lives as long as the call site. Call sites can outlive a
 * snapshot: PL/pgSQL keeps its simple expressions for a transaction. So each call compares the
 * active snapshot with that of the table and reads again when they differ. Equal are two snapshots
 * that see the same transactions, the same commands of our own, and were used in the same
 * subtransaction: what a subtransaction wrote can vanish only together with the subtransactions
 * inside which it was seen.
 *
 * Codes are compared byte by byte: case and white space count, collations play no part.
 */
#include "pf.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "value_set.h"

PG_FUNCTION_INFO_V1(pf_in_value_set);
PG_FUNCTION_INFO_V1(pf_in_value_set_on);

/* From `from` until before `till`, as a daterange is stored; 64 bits have room for its open ends. */
typedef struct Period
{
	int64		from;
	int64		till;
} Period;

typedef struct Version
{
	int32		number;
	Period		valid;
} Version;

/* One row of value_set_code; rows of one code follow each other, newest version first. */
typedef struct CodeRow
{
	int			version;		/* index */
	Period		valid;
} CodeRow;

typedef struct Slot
{
	const char *code;			/* NULL: free */
	uint32		len;
	uint32		hash;
	uint32		first;			/* its rows */
	uint32		nrows;
} Slot;

struct PfValueSet
{
	struct PfValueSet *next;
	char	   *name;
	uint32		name_len;
	int			nversions;
	Version    *versions;		/* newest first */
	CodeRow    *rows;
	Slot	   *slots;
	uint32		mask;			/* number of slots, a power of two, less one */
};

/* What a call site has loaded, and for which snapshot */
typedef struct CallSite
{
	MemoryContext context;		/* of the sets */
	PfValueSet *sets;			/* the one used last first */
	TransactionId xmin;
	TransactionId xmax;
	uint32		xcnt;
	int32		subxcnt;
	CommandId	curcid;
	SubTransactionId subxact;
} CallSite;

static const char load_query[] =
"SELECT s.version, pg_catalog.lower(s.valid), pg_catalog.upper(s.valid), "
"c.code, pg_catalog.lower(c.valid), pg_catalog.upper(c.valid) "
"FROM portfolio.value_set s LEFT JOIN portfolio.value_set_code c "
"ON c.set OPERATOR(pg_catalog.=) s.code AND c.version OPERATOR(pg_catalog.=) s.version "
"WHERE s.code OPERATOR(pg_catalog.=) $1 "
"ORDER BY c.code COLLATE \"C\" USING OPERATOR(pg_catalog.<), s.version USING OPERATOR(pg_catalog.>)";

static inline bool
contains(Period period, DateADT day)
{
	return period.from <= day && day < period.till;
}

/* Columns n and n + 1 of a row of the query: the ends of a daterange, NULL where open. */
static Period
read_period(HeapTuple tuple, TupleDesc desc, int n)
{
	bool		isnull;
	Period		period = {PG_INT64_MIN, PG_INT64_MAX};
	Datum		end = SPI_getbinval(tuple, desc, n, &isnull);

	if (!isnull)
		period.from = DatumGetDateADT(end);
	end = SPI_getbinval(tuple, desc, n + 1, &isnull);
	if (!isnull)
		period.till = DatumGetDateADT(end);
	return period;
}

/* The slot of a code, or the free one where it would be. */
static inline Slot *
find_slot(const PfValueSet *set, const char *code, uint32 len, uint32 hash)
{
	uint32		at = hash & set->mask;

	while (set->slots[at].code != NULL &&
		   (set->slots[at].hash != hash || set->slots[at].len != len ||
			memcmp(set->slots[at].code, code, len) != 0))
		at = (at + 1) & set->mask;
	return &set->slots[at];
}

static inline uint32
hash_code(const char *code, uint32 len)
{
	return hash_bytes((const unsigned char *) code, (int) len);
}

static int
compare_versions(const void *a, const void *b)
{
	int32		left = ((const Version *) a)->number;
	int32		right = ((const Version *) b)->number;

	return (left < right) - (left > right);
}

/* The versions of the set among the rows of the query, each once, newest first. */
static void
take_versions(PfValueSet *set, SPITupleTable *table, uint64 nrows)
{
	int			n = 0;
	bool		isnull;

	set->versions = palloc_extended(nrows * sizeof(Version), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < nrows; i++)
	{
		set->versions[i].number = DatumGetInt32(SPI_getbinval(table->vals[i], table->tupdesc, 1, &isnull));
		set->versions[i].valid = read_period(table->vals[i], table->tupdesc, 2);
	}
	qsort(set->versions, nrows, sizeof(Version), compare_versions);
	for (uint64 i = 0; i < nrows; i++)
		if (n == 0 || set->versions[n - 1].number != set->versions[i].number)
			set->versions[n++] = set->versions[i];
	set->nversions = n;
}

static int
version_index(const PfValueSet *set, int32 number)
{
	Version		key = {number, {0, 0}};
	Version    *found = bsearch(&key, set->versions, set->nversions, sizeof(Version), compare_versions);

	return (int) (found - set->versions);
}

/* The codes: rows of one code are next to each other. */
static void
take_codes(PfValueSet *set, SPITupleTable *table, uint64 nrows)
{
	Slot	   *slot = NULL;

	set->rows = palloc_extended(nrows * sizeof(CodeRow), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < nrows; i++)
	{
		bool		isnull;
		int32		number = DatumGetInt32(SPI_getbinval(table->vals[i], table->tupdesc, 1, &isnull));
		Datum		datum = SPI_getbinval(table->vals[i], table->tupdesc, 4, &isnull);
		text	   *code;
		uint32		len;

		if (isnull)
			continue;			/* a version without codes */
		code = DatumGetTextPP(datum);
		len = VARSIZE_ANY_EXHDR(code);
		if (slot == NULL || slot->len != len || memcmp(slot->code, VARDATA_ANY(code), len) != 0)
		{
			uint32		hash = hash_code(VARDATA_ANY(code), len);

			slot = find_slot(set, VARDATA_ANY(code), len, hash);
			slot->code = pnstrdup(VARDATA_ANY(code), len);
			slot->len = len;
			slot->hash = hash;
			slot->first = (uint32) i;
		}
		slot->nrows = (uint32) i - slot->first + 1;
		set->rows[i].version = version_index(set, number);
		set->rows[i].valid = read_period(table->vals[i], table->tupdesc, 5);
	}
}

PfValueSet *
pf_value_set_load(const char *name, MemoryContext context, bool missing_ok)
{
	static SPIPlanPtr load_plan = NULL;
	static const Oid type = TEXTOID;
	PfValueSet *set;
	MemoryContext old;
	Datum		arg;
	uint32		nslots;
	int			rc;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	arg = CStringGetTextDatum(name);
	pf_keep_plan(&load_plan, load_query, 1, &type, 0);
	/* read only: with the snapshot of the calling query, not a newer one */
	rc = SPI_execute_plan(load_plan, &arg, NULL, true, 0);
	if (rc != SPI_OK_SELECT)
		elog(ERROR, "could not read value sets: %s", SPI_result_code_string(rc));
	if (SPI_processed == 0 && missing_ok)
	{
		SPI_finish();
		return NULL;
	}
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("value set \"%s\" does not exist", name),
				 errhint("SELECT code, version, name FROM portfolio.value_set lists them.")));

	old = MemoryContextSwitchTo(context);
	set = palloc0(sizeof(PfValueSet));
	set->name = pstrdup(name);
	set->name_len = (uint32) strlen(name);
	nslots = pg_nextpower2_32(Max(16, (uint32) Min(SPI_processed, 1 << 29) * 2));
	set->slots = MemoryContextAllocExtended(context, nslots * sizeof(Slot), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	set->mask = nslots - 1;
	take_versions(set, SPI_tuptable, SPI_processed);
	take_codes(set, SPI_tuptable, SPI_processed);
	MemoryContextSwitchTo(old);
	SPI_finish();
	return set;
}

bool
pf_value_set_has(const PfValueSet *set, const char *code, size_t len)
{
	const Slot *slot = find_slot(set, code, (uint32) len, hash_code(code, (uint32) len));

	/* the newest version is the first, and so are its rows */
	return slot->code != NULL && set->rows[slot->first].version == 0;
}

bool
pf_value_set_has_on(const PfValueSet *set, const char *code, size_t len, DateADT day, bool *in_force)
{
	const Slot *slot;
	int			version = 0;

	while (version < set->nversions && !contains(set->versions[version].valid, day))
		version++;
	*in_force = version < set->nversions;
	if (!*in_force)
		return false;
	slot = find_slot(set, code, (uint32) len, hash_code(code, (uint32) len));
	if (slot->code == NULL)
		return false;
	for (uint32 i = slot->first; i < slot->first + slot->nrows; i++)
		if (set->rows[i].version == version && contains(set->rows[i].valid, day))
			return true;
	return false;
}

/* Whether what was loaded is what the active snapshot shows (see the top of this file). */
static inline bool
is_current(const CallSite *site, Snapshot snapshot)
{
	return site->curcid == snapshot->curcid && site->xmax == snapshot->xmax &&
		site->xmin == snapshot->xmin && site->xcnt == snapshot->xcnt &&
		site->subxcnt == snapshot->subxcnt && site->subxact == GetCurrentSubTransactionId();
}

static CallSite *
get_call_site(FmgrInfo *flinfo)
{
	CallSite   *site = flinfo->fn_extra;
	Snapshot	snapshot = GetActiveSnapshot();

	if (likely(site != NULL && is_current(site, snapshot)))
		return site;
	if (site == NULL)
	{
		site = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(CallSite));
		site->context = AllocSetContextCreate(flinfo->fn_mcxt, "value sets", ALLOCSET_DEFAULT_SIZES);
		flinfo->fn_extra = site;
	}
	site->sets = NULL;
	MemoryContextReset(site->context);
	site->xmin = snapshot->xmin;
	site->xmax = snapshot->xmax;
	site->xcnt = snapshot->xcnt;
	site->subxcnt = snapshot->subxcnt;
	site->curcid = snapshot->curcid;
	site->subxact = GetCurrentSubTransactionId();
	return site;
}

static PfValueSet *
get_set(FmgrInfo *flinfo, const text *name)
{
	CallSite   *site = get_call_site(flinfo);
	uint32		len = VARSIZE_ANY_EXHDR(name);
	PfValueSet *set = NULL;

	for (PfValueSet **link = &site->sets; *link != NULL; link = &(*link)->next)
	{
		set = *link;
		if (set->name_len == len && memcmp(set->name, VARDATA_ANY(name), len) == 0)
		{
			*link = set->next;
			break;
		}
		set = NULL;
	}
	if (set == NULL)
		set = pf_value_set_load(text_to_cstring(name), site->context, false);
	set->next = site->sets;
	site->sets = set;
	return set;
}

Datum
pf_in_value_set(PG_FUNCTION_ARGS)
{
	text	   *code = PG_GETARG_TEXT_PP(0);
	PfValueSet *set = get_set(fcinfo->flinfo, PG_GETARG_TEXT_PP(1));

	PG_RETURN_BOOL(pf_value_set_has(set, VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code)));
}

Datum
pf_in_value_set_on(PG_FUNCTION_ARGS)
{
	text	   *code = PG_GETARG_TEXT_PP(0);
	PfValueSet *set = get_set(fcinfo->flinfo, PG_GETARG_TEXT_PP(1));
	bool		in_force;
	bool		found = pf_value_set_has_on(set, VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code),
											PG_GETARG_DATEADT(2), &in_force);

	if (!in_force)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(found);
}
