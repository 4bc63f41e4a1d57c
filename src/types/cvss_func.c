/*
 * cvss_func.c
 *		What a vector of type cvss says: its score, severity, version and metrics.
 */
#include "pf.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "cvss.h"

PG_FUNCTION_INFO_V1(pf_cvss_score_numeric);
PG_FUNCTION_INFO_V1(pf_cvss_severity);
PG_FUNCTION_INFO_V1(pf_cvss_version);
PG_FUNCTION_INFO_V1(pf_cvss_base);
PG_FUNCTION_INFO_V1(pf_cvss_metric);
PG_FUNCTION_INFO_V1(pf_cvss_has);
PG_FUNCTION_INFO_V1(pf_cvss_with);

/*
 * SQL cvss_score(cvss). There are 101 scores, and arithmetic on numeric would be most of the cost: they are
 * made once a session, and a caller gets a copy.
 */
Datum
pf_cvss_score_numeric(PG_FUNCTION_ARGS)
{
	static char scores[PF_CVSS_HIGHEST_SCORE + 1][16];
	static bool made = false;
	int			score = pf_cvss_packed_score((uint64) PG_GETARG_INT64(0));
	char	   *copy;
	Size		size;

	if (!made)
	{
		for (int i = 0; i <= PF_CVSS_HIGHEST_SCORE; i++)
		{
			char		digits[8];
			Numeric		number;

			snprintf(digits, sizeof(digits), "%d.%d", i / 10, i % 10);
			number = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(digits), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
			if (VARSIZE(number) > sizeof(scores[i]))
				elog(ERROR, "numeric is larger than expected");
			memcpy(scores[i], number, VARSIZE(number));
			pfree(number);
		}
		made = true;
	}
	if (score > PF_CVSS_HIGHEST_SCORE)
		elog(ERROR, "invalid %s value", "cvss");
	size = VARSIZE(scores[score]);
	copy = palloc(size);
	memcpy(copy, scores[score], size);
	PG_RETURN_POINTER(copy);
}

/* Version 2.0 names no severities: these are those of the National Vulnerability Database. */
Datum
pf_cvss_severity(PG_FUNCTION_ARGS)
{
	uint64		packed = (uint64) PG_GETARG_INT64(0);
	int			score = pf_cvss_packed_score(packed);
	const char *severity;

	if (pf_cvss_packed_version(packed) == PF_CVSS_2_0)
		severity = score < 40 ? "low" : score < 70 ? "medium" : "high";
	else
		severity = score == 0 ? "none" : score < 40 ? "low" : score < 70 ? "medium" : score < 90 ? "high" : "critical";
	PG_RETURN_TEXT_P(cstring_to_text(severity));
}

Datum
pf_cvss_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(pf_cvss_spec[pf_cvss_packed_version((uint64) PG_GETARG_INT64(0))].name));
}

/* The vector with its base metrics only */
Datum
pf_cvss_base(PG_FUNCTION_ARGS)
{
	PfCvss		vector;

	pf_cvss_from_datum(PG_GETARG_DATUM(0), &vector);
	for (int i = pf_cvss_spec[vector.version].base_end; i < pf_cvss_spec[vector.version].metrics; i++)
		vector.value[i] = 0;
	PG_RETURN_INT64((int64) pf_cvss_pack(&vector));
}

/* SQL cvss_metric(cvss, text): NULL where the version has no such metric; a name that none has is an error */
Datum
pf_cvss_metric(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(1);
	const char *name = VARDATA_ANY(t);
	size_t		len = VARSIZE_ANY_EXHDR(t);
	PfCvss		vector;
	int			metric;

	pf_cvss_from_datum(PG_GETARG_DATUM(0), &vector);
	metric = pf_cvss_find_metric(vector.version, name, len);
	if (metric >= 0)
		PG_RETURN_TEXT_P(cstring_to_text(pf_cvss_spec[vector.version].metric[metric].value[vector.value[metric]]));
	for (int i = 0; i < PF_CVSS_VERSIONS; i++)
	{
		if (pf_cvss_find_metric(i, name, len) >= 0)
			PG_RETURN_NULL();
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 pf_cvss_may_be_quoted(name, len) ? errmsg("no version of CVSS has a metric \"%.*s\"", (int) len, name) :
			 errmsg("no version of CVSS has such a metric"),
			 errhint("Names are written as in vectors: AV, Au, VC.")));
}

/* The partial vector of a call, parsed anew only if it is another one than in the call before */
typedef struct PartialCache
{
	PfCvssPartial partial;
	size_t		len;
	char		text[PF_CVSS_MAX_TEXT];
} PartialCache;

static const PfCvssPartial *
partial_argument(FunctionCallInfo fcinfo, int n)
{
	text	   *t = PG_GETARG_TEXT_PP(n);
	const char *s = VARDATA_ANY(t);
	size_t		len = VARSIZE_ANY_EXHDR(t);
	PartialCache *cache = fcinfo->flinfo->fn_extra;
	PfCvssFault fault;

	if (cache && cache->len == len && memcmp(cache->text, s, len) == 0)
		return &cache->partial;
	if (cache == NULL)
		cache = fcinfo->flinfo->fn_extra = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(PartialCache));
	cache->len = 0;				/* an empty text is none */
	if (pf_cvss_parse_partial(s, len, &cache->partial, &fault) != PF_CVSS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid partial CVSS vector: \"%s\"", pf_cvss_shown(s, len)),
				 errdetail_internal("%s", pf_cvss_problem_detail(&fault, s)),
				 errhint("A partial vector names some metrics, as AV:N/PR:N, and may begin with a version, as CVSS:4.0/AV:N.")));
	if (len <= sizeof(cache->text))
	{
		memcpy(cache->text, s, len);
		cache->len = len;
	}
	return &cache->partial;
}

Datum
pf_cvss_has(PG_FUNCTION_ARGS)
{
	const PfCvssPartial *partial = partial_argument(fcinfo, 1);
	PfCvssVersion version = pf_cvss_packed_version((uint64) PG_GETARG_INT64(0));
	PfCvss		vector;

	if (!partial->possible[version])
		PG_RETURN_BOOL(false);
	pf_cvss_from_datum(PG_GETARG_DATUM(0), &vector);
	for (int i = 0; i < pf_cvss_spec[version].metrics; i++)
	{
		if (partial->wanted[version][i] != 0 && partial->wanted[version][i] - 1 != vector.value[i])
			PG_RETURN_BOOL(false);
	}
	PG_RETURN_BOOL(true);
}

/* The vector with the metrics of a partial vector in place of its own */
Datum
pf_cvss_with(PG_FUNCTION_ARGS)
{
	const PfCvssPartial *partial = partial_argument(fcinfo, 1);
	PfCvss		vector;

	pf_cvss_from_datum(PG_GETARG_DATUM(0), &vector);
	if (!partial->possible[vector.version])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a vector of CVSS %s cannot have these metrics", pf_cvss_spec[vector.version].name),
				 errhint("Take vectors of one version, as in WHERE portfolio.cvss_version(...) = '4.0'.")));
	for (int i = 0; i < pf_cvss_spec[vector.version].metrics; i++)
	{
		if (partial->wanted[vector.version][i] != 0)
			vector.value[i] = partial->wanted[vector.version][i] - 1;
	}
	PG_RETURN_INT64((int64) pf_cvss_pack(&vector));
}
