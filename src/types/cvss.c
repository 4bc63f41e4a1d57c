/*
 * cvss.c
 *		Type cvss: a vector of the Common Vulnerability Scoring System, with its score.
 *
 * A value is eight bytes, passed by value, that hold the score and the whole vector (cvss_pack.c). So a
 * score costs a shift, and comparison, sorting, hashing and BRIN are those of bigint
 * (sql/10_types/20_cvss.sql): by score, then version, then vector. A vector is judged and scored once,
 * when it is read. On the wire it is its text, so that no client needs to know the packing. What a vector
 * says is told by the functions of cvss_func.c.
 */
#include "pf.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "cvss.h"
#include "type_util.h"

PG_FUNCTION_INFO_V1(pf_cvss_in);
PG_FUNCTION_INFO_V1(pf_cvss_out);
PG_FUNCTION_INFO_V1(pf_cvss_recv);
PG_FUNCTION_INFO_V1(pf_cvss_send);
PG_FUNCTION_INFO_V1(pf_cvss_from_text);
PG_FUNCTION_INFO_V1(pf_cvss_to_text);
PG_FUNCTION_INFO_V1(pf_is_cvss);
PG_FUNCTION_INFO_V1(pf_try_cvss);
PG_FUNCTION_INFO_V1(pf_cvss_problem_code);

/* A name or value of the user's is quoted in a message only if it is as short as any that exist, and of letters */
#define MAX_QUOTED 5

/* A value as metrics. A stored value that input cannot have made must not read beyond a table. */
void
pf_cvss_from_datum(Datum value, PfCvss *vector)
{
	uint64		packed = (uint64) DatumGetInt64(value);

	if (pf_cvss_packed_score(packed) > PF_CVSS_HIGHEST_SCORE)
		elog(ERROR, "invalid %s value", "cvss");
	pf_cvss_unpack(packed, vector);
}

bool
pf_cvss_may_be_quoted(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		if (!((s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= 'a' && s[i] <= 'z')))
			return false;
	}
	return len > 0 && len <= MAX_QUOTED;
}

/* As N, A, L or P */
static char *
list_values(const PfCvssMetric *metric)
{
	char	   *list = pstrdup(metric->value[0]);

	for (int i = 1; i < metric->values; i++)
		list = psprintf("%s%s%s", list, i == metric->values - 1 ? " or " : ", ", metric->value[i]);
	return list;
}

/* The DETAIL of a problem: the one place that words each rule. s is the whole text. */
char *
pf_cvss_problem_detail(const PfCvssFault *fault, const char *s)
{
	const PfCvssSpec *spec = &pf_cvss_spec[fault->version];
	const PfCvssMetric *metric = fault->metric >= 0 ? &spec->metric[fault->metric] : NULL;
	int			position = pg_mbstrlen_with_len(s, (int) (fault->at - s)) + 1;

	switch (fault->problem)
	{
		case PF_CVSS_OK:
			break;
		case PF_CVSS_EMPTY:
			return pstrdup("It is empty.");
		case PF_CVSS_UNKNOWN_VERSION:
			return pstrdup("The version is not 2.0, 3.0, 3.1 or 4.0.");
		case PF_CVSS_MALFORMED:
			return psprintf("At character %d a metric and its value are expected, as in AV:N, with a slash between metrics.", position);
		case PF_CVSS_UNKNOWN_METRIC:
			if (pf_cvss_may_be_quoted(fault->at, fault->len))
				return psprintf("CVSS %s has no metric \"%.*s\"%s.", spec->name, (int) fault->len, fault->at,
								fault->version == PF_CVSS_2_0 ? "; vectors of later versions begin with theirs, as CVSS:3.1/" : "");
			return psprintf("At character %d stands no metric of CVSS %s.", position, spec->name);
		case PF_CVSS_UNKNOWN_VALUE:
			if (pf_cvss_may_be_quoted(fault->at, fault->len))
				return psprintf("Metric %s of CVSS %s has no value \"%.*s\", expected %s.", metric->name, spec->name,
								(int) fault->len, fault->at, list_values(metric));
			return psprintf("At character %d stands no value of metric %s of CVSS %s, expected %s.", position, metric->name,
							spec->name, list_values(metric));
		case PF_CVSS_REPEATED_METRIC:
			return psprintf("Metric %s is there twice.", metric->name);
		case PF_CVSS_WRONG_ORDER:
			return psprintf("Metric %s stands too late: CVSS %s prescribes the order of metrics.", metric->name, spec->name);
		case PF_CVSS_MISSING_METRIC:
			return psprintf("Metric %s is missing: CVSS %s needs all of its base metrics.", metric->name, spec->name);
	}
	return pstrdup("");			/* not reached */
}

/*
 * A rejected value as a message may show it: one that begins as a vector does, with a colon behind a
 * short word, and holds no number. In a file whose columns have slipped this may be somebody's NHS number.
 */
char *
pf_cvss_shown(const char *s, size_t len)
{
	size_t		left = len;
	const char *p = s;
	int			digits = 0;
	size_t		most;

	pf_trim(&p, &left);
	for (size_t i = 0; i < left && digits <= 2; i++)
		digits = p[i] >= '0' && p[i] <= '9' ? digits + 1 : 0;
	if (digits > 2 || memchr(p, ':', Min(left, 5)) == NULL)
		return pf_mask_identifier(p, left);
	most = pg_mbcharcliplen(p, (int) left, PF_CVSS_MAX_TEXT);
	return most < left ? psprintf("%.*s...", (int) most, p) : pnstrdup(p, left);
}

/* The value of a text that must be a vector; an error of the caller's kind otherwise. */
static Datum
must_be(const char *s, size_t len, Node *escontext)
{
	PfCvss		vector;
	PfCvssFault fault;

	if (pf_cvss_parse(s, len, &vector, &fault) != PF_CVSS_OK)
		pf_ereturn(escontext, (Datum) 0,
				   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type %s: \"%s\"", "cvss", pf_cvss_shown(s, len)),
					errdetail_internal("%s", pf_cvss_problem_detail(&fault, s)),
					errhint(PF_HINT_LANDING, "cvss_problem"),
					errhidestmt(pf_mask_identifiers),
					errhidecontext(pf_mask_identifiers)));
	return Int64GetDatum((int64) pf_cvss_pack(&vector));
}

Datum
pf_cvss_in(PG_FUNCTION_ARGS)
{
	char	   *s = PG_GETARG_CSTRING(0);

	return must_be(s, strlen(s), PF_ESCONTEXT);
}

Datum
pf_cvss_out(PG_FUNCTION_ARGS)
{
	char	   *buf = palloc(PF_CVSS_MAX_TEXT);
	PfCvss		vector;

	pf_cvss_from_datum(PG_GETARG_DATUM(0), &vector);
	pf_cvss_print(&vector, buf);
	PG_RETURN_CSTRING(buf);
}

/* Only the text that the type prints is taken; the score is computed here, not received. */
Datum
pf_cvss_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	const char *s = pq_getmsgbytes(buf, len);
	char		canonical[PF_CVSS_MAX_TEXT];
	PfCvss		vector;
	PfCvssFault fault;

	if (pf_cvss_parse(s, len, &vector, &fault) == PF_CVSS_OK &&
		pf_cvss_print(&vector, canonical) == len && memcmp(canonical, s, len) == 0)
		PG_RETURN_INT64((int64) pf_cvss_pack(&vector));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary value for type %s", "cvss"),
			 errdetail("The bytes are not a vector as the type prints it."),
			 errhidestmt(pf_mask_identifiers),
			 errhidecontext(pf_mask_identifiers)));
}

Datum
pf_cvss_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;
	char		printed[PF_CVSS_MAX_TEXT];
	PfCvss		vector;

	pf_cvss_from_datum(PG_GETARG_DATUM(0), &vector);
	pq_begintypsend(&buf);
	pq_sendbytes(&buf, printed, pf_cvss_print(&vector, printed));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pf_cvss_from_text(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);

	return must_be(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), NULL);
}

Datum
pf_cvss_to_text(PG_FUNCTION_ARGS)
{
	char		printed[PF_CVSS_MAX_TEXT];
	PfCvss		vector;

	pf_cvss_from_datum(PG_GETARG_DATUM(0), &vector);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(printed, pf_cvss_print(&vector, printed)));
}

Datum
pf_is_cvss(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	PfCvss		vector;
	PfCvssFault fault;
	bool		valid = pf_cvss_parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &vector, &fault) == PF_CVSS_OK;

	PG_FREE_IF_COPY(t, 0);
	PG_RETURN_BOOL(valid);
}

Datum
pf_try_cvss(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	PfCvss		vector;
	PfCvssFault fault;

	if (pf_cvss_parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &vector, &fault) != PF_CVSS_OK)
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) pf_cvss_pack(&vector));
}

/* SQL cvss_problem(text) */
Datum
pf_cvss_problem_code(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	PfCvss		vector;
	PfCvssFault fault;
	const char *reason = pf_cvss_reason(pf_cvss_parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &vector, &fault));

	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}
