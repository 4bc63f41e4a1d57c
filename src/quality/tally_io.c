/*
 * tally_io.c
 *		Text and binary I/O of the type tally, and its rows.
 *
 * Text: version:fingerprint:rules,items,dimensions:records:counts, where 0*45 stands for 45 zeros.
 * Both forms are lossless; input is validated and made canonical.
 */
#include "quality.h"

#include "catalog/pg_type.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pf_tally_in);
PG_FUNCTION_INFO_V1(pf_tally_out);
PG_FUNCTION_INFO_V1(pf_tally_recv);
PG_FUNCTION_INFO_V1(pf_tally_send);
PG_FUNCTION_INFO_V1(pf_tally_counts);

static void
refuse_text(const char *input, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%.*s\"", "tally",
					pg_mbcliplen(input, strlen(input), 64), input),
			 errdetail("%s", detail)));
}

/* A number, up to one of the characters of stops; where may_end is set, or to the end of the text. */
static int64
read_number(const char *input, const char **at, const char *stops, bool may_end)
{
	char	   *end;
	int64		number;

	errno = 0;
	if (!isdigit((unsigned char) **at) && !(**at == '-' && isdigit((unsigned char) (*at)[1])))
		refuse_text(input, "A number is expected.");
	number = strtoll(*at, &end, 10);
	if (errno == ERANGE)
		refuse_text(input, "A number is out of range.");
	if (*end == '\0' ? !may_end : strchr(stops, *end) == NULL)
		refuse_text(input, "It is not of the form version:fingerprint:rules,items,dimensions:records:counts.");
	*at = end;
	return number;
}

static int
read_size(const char *input, const char **at, const char *stop, int max)
{
	int64		number = read_number(input, at, stop, false);

	if (number < 0 || number > max)
		refuse_text(input, "A number is out of range.");
	(*at)++;
	return number;
}

static uint64
read_fingerprint(const char *input, const char **at)
{
	uint64		fingerprint = 0;

	for (int i = 0; i < 16; i++, (*at)++)
	{
		const char *digits = "0123456789abcdef";
		const char *digit = **at ? strchr(digits, **at) : NULL;

		if (digit == NULL)
			refuse_text(input, "The fingerprint must be 16 hexadecimal digits.");
		fingerprint = fingerprint << 4 | (digit - digits);
	}
	if (*(*at)++ != ':')
		refuse_text(input, "The fingerprint must be 16 hexadecimal digits.");
	return fingerprint;
}

Datum
pf_tally_in(PG_FUNCTION_ARGS)
{
	const char *input = PG_GETARG_CSTRING(0);
	const char *at = input;
	uint64		fingerprint;
	int			nrules,
				nitems,
				ndimensions,
				n,
				i = 0;
	PfTally    *tally;

	if (read_size(input, &at, ":", 255) != PF_TALLY_VERSION)
		refuse_text(input, "Its version is not known.");
	fingerprint = read_fingerprint(input, &at);
	nrules = read_size(input, &at, ",", PF_MAX_RULES);
	nitems = read_size(input, &at, ",", PF_MAX_RULES);
	ndimensions = read_size(input, &at, ":", PF_MAX_DIMENSIONS);
	tally = pf_tally_make(fingerprint, nrules, nitems, ndimensions);
	tally->records = read_number(input, &at, ":", false);
	n = PF_TALLY_COUNTS(tally);
	while (*at)
	{
		int64		count,
					times = 1;

		at++;
		count = read_number(input, &at, ",*", true);
		if (*at == '*')
		{
			at++;
			times = read_number(input, &at, ",", true);
			if (count != 0 || times < 2)
				refuse_text(input, "Only a run of two or more zeros can be folded.");
		}
		if (times > n - i)
			refuse_text(input, "There are too many counts.");
		tally->counts[i] = count;
		i += times;
	}
	if (i != n)
		refuse_text(input, psprintf("There are %d counts, not %d.", i, n));
	PG_RETURN_POINTER(pf_tally_value(tally));
}

Datum
pf_tally_out(PG_FUNCTION_ARGS)
{
	PfTally    *tally = pf_get_tally(fcinfo, 0);
	int			n = PF_TALLY_COUNTS(tally);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d:%016llx:%d,%d,%d:" INT64_FORMAT, PF_TALLY_VERSION, (unsigned long long) tally->fingerprint,
					 tally->nrules, tally->nitems, tally->ndimensions, tally->records);
	for (int i = 0; i < n;)
	{
		int			zeros = 0;

		while (i + zeros < n && tally->counts[i + zeros] == 0)
			zeros++;
		appendStringInfoChar(&buf, i == 0 ? ':' : ',');
		if (zeros > 1)
			appendStringInfo(&buf, "0*%d", zeros);
		else
			appendStringInfo(&buf, INT64_FORMAT, tally->counts[i]);
		i += Max(zeros, 1);
	}
	PG_RETURN_CSTRING(buf.data);
}

Datum
pf_tally_send(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pf_tally_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	struct varlena *value = palloc(VARHDRSZ + len);

	SET_VARSIZE(value, VARHDRSZ + len);
	memcpy(VARDATA(value), pq_getmsgbytes(buf, len), len);
	/* Opening validates, packing again makes it canonical */
	PG_RETURN_POINTER(pf_tally_value(pf_tally_open(value)));
}

/* A copy of the rule set of a fingerprint: this session's, or from rule_set_version with the caller's own rights. */
static const PfRuleSetValue *
kept_rule_set(uint64 fingerprint)
{
	const PfRuleSetValue *value = pf_remembered_rule_set(fingerprint);
	PfRuleSetValue *copy;

	if (value == NULL)
		return pf_fetch_rule_set("SELECT rules FROM portfolio.rule_set_version WHERE fingerprint OPERATOR(pg_catalog.=) $1",
								 INT8OID, Int64GetDatum((int64) fingerprint), CurrentMemoryContext, NULL);
	copy = palloc(VARSIZE(value));
	memcpy(copy, value, VARSIZE(value));
	return copy;
}

/* The set that was opened last for one call in a query, which mostly opens tallies of one set by the hundred */
typedef struct OpenedSet
{
	MemoryContext context;		/* holds the set, and goes with the query */
	uint64		fingerprint;
	PfRuleSet  *set;
} OpenedSet;

static PfRuleSet *
opened_rule_set(FunctionCallInfo fcinfo, uint64 fingerprint)
{
	OpenedSet  *opened = fcinfo->flinfo->fn_extra;
	MemoryContext old;
	const PfRuleSetValue *value;

	if (opened == NULL)
	{
		opened = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(OpenedSet));
		opened->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "rule set of tally_counts", ALLOCSET_SMALL_SIZES);
		fcinfo->flinfo->fn_extra = opened;
	}
	if (opened->set && opened->fingerprint == fingerprint)
		return opened->set;
	opened->set = NULL;
	MemoryContextReset(opened->context);
	old = MemoryContextSwitchTo(opened->context);
	value = kept_rule_set(fingerprint);
	opened->set = value ? pf_rule_set_open(value) : NULL;
	opened->fingerprint = fingerprint;
	MemoryContextSwitchTo(old);
	return opened->set;
}

typedef struct CountRows
{
	ReturnSetInfo *rsinfo;
	const PfTally *tally;
} CountRows;

/* What was neither failed, missing, in error nor beside the point has passed. */
static void
put_counts(CountRows *rows, const char *level, const char *name, int64 failed, int64 missing, int64 errors,
		   int64 not_applicable, int64 defaults)
{
	int64		records = rows->tally->records;
	Datum		values[9];
	bool		nulls[9] = {0};

	values[0] = CStringGetTextDatum(level);
	values[1] = CStringGetTextDatum(name);
	values[2] = Int64GetDatum(records);
	values[3] = Int64GetDatum(records - failed - missing - errors - not_applicable);
	values[4] = Int64GetDatum(failed);
	values[5] = Int64GetDatum(missing);
	values[6] = Int64GetDatum(errors);
	values[7] = Int64GetDatum(not_applicable);
	values[8] = Int64GetDatum(defaults);
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc, values, nulls);
}

Datum
pf_tally_counts(PG_FUNCTION_ARGS)
{
	PfTally    *tally;
	PfRuleSet  *set;
	CountRows	rows;
	int64	   *c;

	pf_init_materialized_srf(fcinfo);
	rows.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	rows.tally = tally = pf_get_tally(fcinfo, 0);
	set = PG_ARGISNULL(1) ? opened_rule_set(fcinfo, tally->fingerprint) : pf_rule_set_open(pf_get_rule_set(fcinfo, 1));
	if (set == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("rule set %016llx is not known here", (unsigned long long) tally->fingerprint),
				 errdetail("A tally holds counts without names; neither this session nor rule_set_version has a rule set of this fingerprint."),
				 errhint("Give it as the second argument, tally_counts(tally, rules), or keep it with keep_rule_set(rules).")));
	pf_tally_same(tally->fingerprint, set->fingerprint);
	if (tally->nrules != set->nrules || tally->nitems != set->nitems || tally->ndimensions != set->ndimensions)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("tally and rule set differ in shape")));
	c = tally->counts;
	for (int i = 0; i < set->nrules; i++)
		put_counts(&rows, "rule", set->rules[i].code, c[PF_RULE_FAILED(tally, i)], c[PF_RULE_MISSING(tally, i)],
				   c[PF_RULE_ERRORS(tally, i)], c[PF_RULE_NA(tally, i)], 0);
	for (int i = 0; i < set->nitems; i++)
		put_counts(&rows, "item", set->items[i].name, c[PF_ITEM_FAILED(tally, i)], c[PF_ITEM_MISSING(tally, i)],
				   c[PF_ITEM_ERRORS(tally, i)], c[PF_ITEM_NA(tally, i)], c[PF_ITEM_DEFAULTS(tally, i)]);
	for (int i = 0; i < set->ndimensions; i++)
		put_counts(&rows, "dimension", set->dimensions[i], c[PF_DIM_FAILED(tally, i)], c[PF_DIM_MISSING(tally, i)],
				   c[PF_DIM_ERRORS(tally, i)], c[PF_DIM_NA(tally, i)], 0);
	put_counts(&rows, "clean", "clean", c[PF_CLEAN_FAILED(tally)], 0, c[PF_CLEAN_ERRORS(tally)], 0, 0);
	return (Datum) 0;
}
