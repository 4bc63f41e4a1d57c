/*
 * nhs_number.c
 *		Type nhs_number: the ten-digit number of a patient, with its check digit proved.
 *
 * A value is the number itself in an int64, passed by value, so comparison, sorting, hashing and
 * BRIN are those of bigint (sql/10_types/10_nhs_number.sql) and only input and output are here.
 * Every value that exists satisfies every rule; bad data stays in text columns and is judged by
 * is_nhs_number, try_nhs_number and nhs_number_problem, which never raise an error.
 *
 * The rules (NHS Data Dictionary, NHS NUMBER): ten digits; the tenth makes the sum of the digits,
 * weighted 10, 9, ... 2, 1, a multiple of 11. Nine digits whose check digit would be 10 are never
 * issued. Ten zeros satisfy the sum, but are what systems write for "none": refused here.
 */
#include "pf.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "ten_digits.h"
#include "type_util.h"

PG_FUNCTION_INFO_V1(pf_nhs_number_in);
PG_FUNCTION_INFO_V1(pf_nhs_number_out);
PG_FUNCTION_INFO_V1(pf_nhs_number_recv);
PG_FUNCTION_INFO_V1(pf_nhs_number_send);
PG_FUNCTION_INFO_V1(pf_nhs_number_from_text);
PG_FUNCTION_INFO_V1(pf_nhs_number_to_text);
PG_FUNCTION_INFO_V1(pf_nhs_number_to_int8);
PG_FUNCTION_INFO_V1(pf_nhs_number_range);
PG_FUNCTION_INFO_V1(pf_is_nhs_number);
PG_FUNCTION_INFO_V1(pf_try_nhs_number);
PG_FUNCTION_INFO_V1(pf_nhs_number_problem_code);

/* The digit that the first nine ask for; 10 if there is none. */
static int
expected_check_digit(uint32 sum, int64 value)
{
	return (int) (11 - (sum - (uint32) (value % 10)) % 11) % 11;
}

static PfNumberProblem
judge_digits(uint32 sum, int64 value)
{
	if (value == 0)
		return PF_NUMBER_ALL_ZERO;
	if (sum % 11 == 0)
		return PF_NUMBER_OK;
	return expected_check_digit(sum, value) == 10 ? PF_NUMBER_NO_CHECK_DIGIT : PF_NUMBER_WRONG_CHECK_DIGIT;
}

static PfNumberProblem
parse(const char *s, size_t len, int64 *value)
{
	uint32		sum = 0;
	PfNumberProblem problem = pf_read_ten_digits(s, len, &sum, value);

	return problem == PF_NUMBER_OK ? judge_digits(sum, *value) : problem;
}

static PfNumberProblem
problem_of(const char *s, size_t len)
{
	int64		value;

	return parse(s, len, &value);
}

/* The DETAIL of a problem: the one place that words each rule. */
static char *
problem_detail(PfNumberProblem problem, const char *s, size_t len)
{
	uint32		sum = 0;
	int64		value = 0;

	switch (problem)
	{
		case PF_NUMBER_ALL_ZERO:
			return pstrdup("Ten zeros are never issued.");
		case PF_NUMBER_NO_CHECK_DIGIT:
			return pstrdup("These first nine digits are never issued: no check digit fits them.");
		case PF_NUMBER_WRONG_CHECK_DIGIT:
			(void) pf_read_ten_digits(s, len, &sum, &value);
			return psprintf("Check digit is %d, expected %d.",
							(int) (value % 10), expected_check_digit(sum, value));
		default:
			return pf_ten_digits_detail(problem, s, len);
	}
}

/* The value of a text that must be an NHS number; an error of the caller's kind otherwise. */
static Datum
must_be(const char *s, size_t len, Node *escontext)
{
	int64		value;
	PfNumberProblem problem = parse(s, len, &value);

	if (unlikely(problem != PF_NUMBER_OK))
		pf_ereturn(escontext, (Datum) 0,
				   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type %s: \"%s\"", "nhs_number", pf_mask_identifier(s, len)),
					errdetail_internal("%s", problem_detail(problem, s, len)),
					errhint(PF_HINT_LANDING, "nhs_number_problem"),
					errhidestmt(pf_mask_identifiers),
					errhidecontext(pf_mask_identifiers)));
	return Int64GetDatum(value);
}

Datum
pf_nhs_number_in(PG_FUNCTION_ARGS)
{
	char	   *s = PG_GETARG_CSTRING(0);

	return must_be(s, strlen(s), PF_ESCONTEXT);
}

Datum
pf_nhs_number_out(PG_FUNCTION_ARGS)
{
	char	   *buf = palloc(PF_TEN_DIGITS + 1);

	pf_print_ten_digits(PG_GETARG_INT64(0), buf);
	PG_RETURN_CSTRING(buf);
}

/* Eight bytes in network order, as bigint sends them; only a valid number is taken. */
Datum
pf_nhs_number_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int64		number = pq_getmsgint64(buf);
	char		digits[PF_TEN_DIGITS + 1];

	if (number >= 0 && number <= PF_TEN_DIGITS_MAX)
	{
		pf_print_ten_digits(number, digits);
		if (problem_of(digits, PF_TEN_DIGITS) == PF_NUMBER_OK)
			PG_RETURN_INT64(number);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary value for type %s", "nhs_number"),
			 errdetail("The eight bytes are not a number with a valid check digit."),
			 errhidestmt(pf_mask_identifiers),
			 errhidecontext(pf_mask_identifiers)));
}

Datum
pf_nhs_number_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, PG_GETARG_INT64(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pf_nhs_number_from_text(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);

	return must_be(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), NULL);
}

Datum
pf_nhs_number_to_text(PG_FUNCTION_ARGS)
{
	char		buf[PF_TEN_DIGITS + 1];

	pf_print_ten_digits(PG_GETARG_INT64(0), buf);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buf, PF_TEN_DIGITS));
}

Datum
pf_nhs_number_to_int8(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_INT64(0));
}

/*
 * Who issues numbers of this range. The ranges are an issuing convention and no part of validity:
 * a number outside them all is "unassigned", not wrong.
 */
Datum
pf_nhs_number_range(PG_FUNCTION_ARGS)
{
	static const struct
	{
		int64		last;
		const char *range;
	}			ranges[] = {
		{INT64CONST(99999999), "unassigned"},
		{INT64CONST(3112999999), "scotland_chi"},	/* begins with a day of birth, DDMMYY */
		{INT64CONST(3199999999), "unassigned"},
		{INT64CONST(3999999999), "northern_ireland"},
		{INT64CONST(4999999999), "england_wales_iom"},
		{INT64CONST(5999999999), "unassigned"},
		{INT64CONST(7999999999), "england_wales_iom"},
		{INT64CONST(8599999999), "ireland"},
		{INT64CONST(8999999999), "unassigned"},
		{PF_TEN_DIGITS_MAX, "test"},
	};
	int64		number = PG_GETARG_INT64(0);
	int			i = 0;

	while (number > ranges[i].last)
		i++;
	PG_RETURN_TEXT_P(cstring_to_text(ranges[i].range));
}

Datum
pf_is_nhs_number(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	bool		valid = problem_of(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)) == PF_NUMBER_OK;

	PG_FREE_IF_COPY(t, 0);
	PG_RETURN_BOOL(valid);
}

Datum
pf_try_nhs_number(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	int64		value;

	if (parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &value) != PF_NUMBER_OK)
		PG_RETURN_NULL();
	PG_RETURN_INT64(value);
}

/* SQL nhs_number_problem(text) */
Datum
pf_nhs_number_problem_code(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	const char *reason = pf_number_reason(problem_of(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)));

	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}
