/*
 * tally.c
 *		The type tally, packed and opened, and its arithmetic.
 *
 * A tally is the count of what a rule set found. Packed, the only form that is ever stored or sent,
 * it is: version, fingerprint (8 bytes, big endian), numbers of rules, items and dimensions, records,
 * then the counts in the order of quality.h, zig-zag varints with runs of zeros folded. Counts may be
 * negative, so that a difference is a tally. Two tallies of one rule set add; of two sets they never do.
 * While rows are counted the same type lives as an expanded object (tally_state.c).
 */
#include "quality.h"

#include "common/int.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pf_tally_plus_tally);
PG_FUNCTION_INFO_V1(pf_tally_minus_tally);
PG_FUNCTION_INFO_V1(pf_tally_eq);
PG_FUNCTION_INFO_V1(pf_tally_ne);
PG_FUNCTION_INFO_V1(pf_tally_records);
PG_FUNCTION_INFO_V1(pf_tally_fingerprint);
PG_FUNCTION_INFO_V1(pf_empty_tally);

PfTally *
pf_tally_make(uint64 fingerprint, int nrules, int nitems, int ndimensions)
{
	PfTally    *tally = palloc0(sizeof(PfTally));

	tally->fingerprint = fingerprint;
	tally->nrules = nrules;
	tally->nitems = nitems;
	tally->ndimensions = ndimensions;
	tally->counts = palloc0(sizeof(int64) * PF_TALLY_COUNTS(tally));
	return tally;
}

void
pf_tally_pack(const PfTally *tally, StringInfo buf)
{
	int			n = PF_TALLY_COUNTS(tally);

	appendStringInfoChar(buf, PF_TALLY_VERSION);
	for (int shift = 56; shift >= 0; shift -= 8)
		appendStringInfoChar(buf, (char) (tally->fingerprint >> shift));
	pf_put_uint(buf, tally->nrules);
	pf_put_uint(buf, tally->nitems);
	pf_put_uint(buf, tally->ndimensions);
	pf_put_int(buf, tally->records);
	for (int i = 0; i < n;)
	{
		int			zeros = 0;

		while (i + zeros < n && tally->counts[i + zeros] == 0)
			zeros++;
		if (zeros > 0)
		{
			pf_put_uint(buf, 0);
			pf_put_uint(buf, zeros - 1);
			i += zeros;
		}
		else
			pf_put_int(buf, tally->counts[i++]);
	}
}

struct varlena *
pf_tally_value(const PfTally *tally)
{
	StringInfoData buf;

	initStringInfo(&buf);
	buf.len = VARHDRSZ;
	pf_tally_pack(tally, &buf);
	SET_VARSIZE(buf.data, buf.len);
	return (struct varlena *) buf.data;
}

PfTally *
pf_tally_open(const struct varlena *value)
{
	PfReader	reader = {(const unsigned char *) VARDATA_ANY(value),
	(const unsigned char *) VARDATA_ANY(value) + VARSIZE_ANY_EXHDR(value), "tally"};
	uint64		fingerprint = 0;
	int			nrules,
				nitems,
				ndimensions,
				n;
	PfTally    *tally;

	if (reader.end - reader.at < 9)
		pf_corrupt(&reader, "It ends too early.");
	if (*reader.at++ != PF_TALLY_VERSION)
		pf_corrupt(&reader, "Its version is not known.");
	for (int i = 0; i < 8; i++)
		fingerprint = fingerprint << 8 | *reader.at++;
	nrules = pf_get_uint(&reader, PF_MAX_RULES);
	nitems = pf_get_uint(&reader, PF_MAX_RULES);
	ndimensions = pf_get_uint(&reader, PF_MAX_DIMENSIONS);
	tally = pf_tally_make(fingerprint, nrules, nitems, ndimensions);
	tally->records = pf_get_int(&reader);
	n = PF_TALLY_COUNTS(tally);
	for (int i = 0; i < n;)
	{
		int64		count = pf_get_int(&reader);

		if (count != 0)
			tally->counts[i++] = count;
		else
			i += pf_get_uint(&reader, n - i - 1) + 1;
	}
	if (reader.at != reader.end)
		pf_corrupt(&reader, "There is something after its end.");
	return tally;
}

PfTally *
pf_get_tally(FunctionCallInfo fcinfo, int arg)
{
	return pf_tally_open(PG_DETOAST_DATUM_PACKED(fcinfo->args[arg].value));
}

void
pf_tally_same(uint64 a, uint64 b)
{
	if (a != b)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("tallies of different rule sets cannot be combined"),
				 errdetail("One is of rule set %016llx, the other of %016llx.",
						   (unsigned long long) a, (unsigned long long) b),
				 errhint("Sum the rows of tally_counts() by rule instead.")));
}

int64
pf_tally_plus(int64 a, int64 b)
{
	int64		sum;

	if (pg_add_s64_overflow(a, b, &sum))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("tally out of range")));
	return sum;
}

static int64
minus(int64 a, int64 b)
{
	int64		difference;

	if (pg_sub_s64_overflow(a, b, &difference))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("tally out of range")));
	return difference;
}

void
pf_tally_add(PfTally *into, const PfTally *from, int sign)
{
	int			n = PF_TALLY_COUNTS(into);

	pf_tally_same(into->fingerprint, from->fingerprint);
	if (into->nrules != from->nrules || into->nitems != from->nitems || into->ndimensions != from->ndimensions)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("tallies of one rule set differ in shape")));
	into->records = sign > 0 ? pf_tally_plus(into->records, from->records) : minus(into->records, from->records);
	for (int i = 0; i < n; i++)
		into->counts[i] = sign > 0 ? pf_tally_plus(into->counts[i], from->counts[i]) : minus(into->counts[i], from->counts[i]);
}

Datum
pf_tally_plus_tally(PG_FUNCTION_ARGS)
{
	PfTally    *sum = pf_get_tally(fcinfo, 0);

	pf_tally_add(sum, pf_get_tally(fcinfo, 1), 1);
	PG_RETURN_POINTER(pf_tally_value(sum));
}

Datum
pf_tally_minus_tally(PG_FUNCTION_ARGS)
{
	PfTally    *difference = pf_get_tally(fcinfo, 0);

	pf_tally_add(difference, pf_get_tally(fcinfo, 1), -1);
	PG_RETURN_POINTER(pf_tally_value(difference));
}

/* One tally has one packed form, so equality is that of bytes. */
static bool
tally_equal(FunctionCallInfo fcinfo)
{
	struct varlena *a = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	struct varlena *b = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(1));

	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

Datum
pf_tally_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(tally_equal(fcinfo));
}

Datum
pf_tally_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!tally_equal(fcinfo));
}

Datum
pf_tally_records(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(pf_get_tally(fcinfo, 0)->records);
}

Datum
pf_tally_fingerprint(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) pf_get_tally(fcinfo, 0)->fingerprint);
}

/* The tally of no rows at all. */
Datum
pf_empty_tally(PG_FUNCTION_ARGS)
{
	PfRuleSet  *set = pf_rule_set_open(pf_get_rule_set(fcinfo, 0));

	PG_RETURN_POINTER(pf_tally_value(pf_tally_make(set->fingerprint, set->nrules, set->nitems, set->ndimensions)));
}
