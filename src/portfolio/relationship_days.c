/*
 * relationship_days.c
 *		The same relationship with a day in common: what two rows of portfolio.relationship must not be.
 *
 * An exclusion constraint of five columns needs GiST, whose search and entry cost as much as all else
 * that PostgreSQL does for a row of relationship. Hash indexes serve exclusion constraints too: they
 * keep nothing but a hash, so the constraint asks the operator itself about each row of equal hash. Here
 * the hash is that of everything but the days, and the operator compares the days as well. It is no
 * equality (periods that overlap one after the other need not overlap at the ends), so it is not
 * marked HASHES, the operator class is nobody's default, and nothing but the constraint uses them: all
 * that an index scan relies on is that rows for which the operator is true have one hash.
 *
 * Text is compared by its bytes, as = does under a deterministic collation, which the default one is.
 */
#include "portfolio/portfolio.h"

#include "access/htup_details.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(pf_relationship_days_overlap);
PG_FUNCTION_INFO_V1(pf_relationship_days_hash);

/* Attributes of the composite type relationship_days */
enum
{
	SOURCE, TARGET, KIND, CODE, VALID, N_ATTRIBUTES
};

typedef struct RelationshipDays
{
	Datum		values[N_ATTRIBUTES];
	bool		nulls[N_ATTRIBUTES];
} RelationshipDays;

static void
open_row(HeapTupleHeader header, RelationshipDays *row)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
	HeapTupleData tuple = {0};

	if (desc->natts != N_ATTRIBUTES)
		elog(ERROR, "type relationship_days has %d attributes, not %d", desc->natts, N_ATTRIBUTES);
	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_data = header;
	heap_deform_tuple(&tuple, desc, row->values, row->nulls);
	ReleaseTupleDesc(desc);
}

Datum
pf_relationship_days_overlap(PG_FUNCTION_ARGS)
{
	RelationshipDays a;
	RelationshipDays b;
	RangeType  *a_days;
	RangeType  *b_days;

	open_row(PG_GETARG_HEAPTUPLEHEADER(0), &a);
	open_row(PG_GETARG_HEAPTUPLEHEADER(1), &b);
	for (int i = 0; i < N_ATTRIBUTES; i++)
		if (a.nulls[i] || b.nulls[i])
			PG_RETURN_BOOL(false);
	if (DatumGetInt64(a.values[SOURCE]) != DatumGetInt64(b.values[SOURCE]) ||
		DatumGetInt64(a.values[TARGET]) != DatumGetInt64(b.values[TARGET]) ||
		!datum_image_eq(a.values[KIND], b.values[KIND], false, -1) ||
		!datum_image_eq(a.values[CODE], b.values[CODE], false, -1))
		PG_RETURN_BOOL(false);
	a_days = DatumGetRangeTypeP(a.values[VALID]);
	b_days = DatumGetRangeTypeP(b.values[VALID]);
	PG_RETURN_BOOL(range_overlaps_internal(range_get_typcache(fcinfo, RangeTypeGetOid(a_days)), a_days, b_days));
}

static uint32
hash_text(Datum value)
{
	text	   *string = DatumGetTextPP(value);

	return hash_bytes((unsigned char *) VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
}

/* Indexes on disk hold it: it must stay what it is. The parts are put together as hash_array() does. */
Datum
pf_relationship_days_hash(PG_FUNCTION_ARGS)
{
	RelationshipDays row;
	int64		ends[2];
	uint32		hash;

	open_row(PG_GETARG_HEAPTUPLEHEADER(0), &row);
	ends[0] = row.nulls[SOURCE] ? 0 : DatumGetInt64(row.values[SOURCE]);
	ends[1] = row.nulls[TARGET] ? 0 : DatumGetInt64(row.values[TARGET]);
	hash = hash_bytes((unsigned char *) ends, sizeof(ends));
	for (int i = KIND; i <= CODE; i++)
		hash = (hash << 5) - hash + (row.nulls[i] ? 0 : hash_text(row.values[i]));
	PG_RETURN_UINT32(hash);
}
