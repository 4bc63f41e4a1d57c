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
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "nhs_number.h"
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

/* Weighted sum and value of ten digits; false if one of them is not a digit. */
static inline bool
add_up(const char *s, uint32 *sum, int64 *value)
{
	uint32		total = 0;
	uint64		number = 0;

	for (int i = 0; i < PF_NHS_NUMBER_DIGITS; i++)
	{
		uint32		digit = (uint32) (unsigned char) s[i] - '0';

		if (digit > 9)
			return false;
		total += digit * (PF_NHS_NUMBER_DIGITS - i);
		number = number * 10 + digit;
	}
	*sum = total;
	*value = (int64) number;
	return true;
}

/* The digit that the first nine ask for; 10 if there is none. */
static int
expected_check_digit(uint32 sum, int64 value)
{
	return (int) (11 - (sum - (uint32) (value % 10)) % 11) % 11;
}

static PfNhsNumberProblem
judge_digits(uint32 sum, int64 value)
{
	if (value == 0)
		return PF_NHS_NUMBER_ALL_ZERO;
	if (sum % 11 == 0)
		return PF_NHS_NUMBER_OK;
	return expected_check_digit(sum, value) == 10 ? PF_NHS_NUMBER_NO_CHECK_DIGIT : PF_NHS_NUMBER_WRONG_CHECK_DIGIT;
}

static inline bool
is_separator(char c)
{
	return c == ' ' || c == '-';
}

/* What is wrong with a trimmed text that is not in one of the accepted forms. */
static PfNhsNumberProblem
judge_form(const char *s, size_t len)
{
	int			digits = 0;

	if (len == 0)
		return PF_NHS_NUMBER_EMPTY;
	for (size_t i = 0; i < len; i++)
	{
		if (s[i] >= '0' && s[i] <= '9')
			digits++;
		else if (!is_separator(s[i]))
			return PF_NHS_NUMBER_INVALID_CHARACTER;
	}
	return digits == PF_NHS_NUMBER_DIGITS ? PF_NHS_NUMBER_MISPLACED_SEPARATOR : PF_NHS_NUMBER_WRONG_LENGTH;
}

/* Everything but ten plain digits: white space around, 3-3-4 with one kind of separator. */
static PfNhsNumberProblem
parse_spaced(const char *s, size_t len, uint32 *sum, int64 *value)
{
	char		digits[PF_NHS_NUMBER_DIGITS];

	pf_trim(&s, &len);
	if (len == PF_NHS_NUMBER_DIGITS && add_up(s, sum, value))
		return PF_NHS_NUMBER_OK;
	if (len == PF_NHS_NUMBER_DIGITS + 2 && is_separator(s[3]) && s[7] == s[3])
	{
		memcpy(digits, s, 3);
		memcpy(digits + 3, s + 4, 3);
		memcpy(digits + 6, s + 8, 4);
		if (add_up(digits, sum, value))
			return PF_NHS_NUMBER_OK;
	}
	return judge_form(s, len);
}

PfNhsNumberProblem
pf_nhs_number_parse(const char *s, size_t len, int64 *value)
{
	uint32		sum = 0;

	if (len != PF_NHS_NUMBER_DIGITS || !add_up(s, &sum, value))
	{
		PfNhsNumberProblem problem = parse_spaced(s, len, &sum, value);

		if (problem != PF_NHS_NUMBER_OK)
			return problem;
	}
	return judge_digits(sum, *value);
}

PfNhsNumberProblem
pf_nhs_number_problem(const char *s, size_t len)
{
	int64		value;

	return pf_nhs_number_parse(s, len, &value);
}

const char *
pf_nhs_number_reason(PfNhsNumberProblem problem)
{
	switch (problem)
	{
		case PF_NHS_NUMBER_OK:
			return NULL;
		case PF_NHS_NUMBER_EMPTY:
			return "empty";
		case PF_NHS_NUMBER_INVALID_CHARACTER:
			return "invalid_character";
		case PF_NHS_NUMBER_WRONG_LENGTH:
			return "wrong_length";
		case PF_NHS_NUMBER_MISPLACED_SEPARATOR:
			return "misplaced_separator";
		case PF_NHS_NUMBER_ALL_ZERO:
			return "all_zero";
		case PF_NHS_NUMBER_NO_CHECK_DIGIT:
			return "no_check_digit";
		case PF_NHS_NUMBER_WRONG_CHECK_DIGIT:
			return "wrong_check_digit";
	}
	return NULL;				/* not reached; keeps the compiler quiet */
}

/* A value's ten digits with leading zeros; buf has room for them and a zero byte. */
static void
print_digits(int64 value, char *buf)
{
	for (int i = PF_NHS_NUMBER_DIGITS - 1; i >= 0; i--)
	{
		buf[i] = '0' + (char) (value % 10);
		value /= 10;
	}
	buf[PF_NHS_NUMBER_DIGITS] = '\0';
}

static int
count_digits(const char *s, size_t len)
{
	int			digits = 0;

	for (size_t i = 0; i < len; i++)
		digits += s[i] >= '0' && s[i] <= '9';
	return digits;
}

/* Where a person would look for the first character that cannot be there: counted from 1. */
static int
invalid_character_position(const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;

	pf_trim(&p, &left);
	while (left > 0 && ((*p >= '0' && *p <= '9') || is_separator(*p)))
	{
		p++;
		left--;
	}
	return pg_mbstrlen_with_len(s, (int) (p - s)) + 1;
}

/* The DETAIL of a problem: the one place that words each rule. */
static char *
problem_detail(PfNhsNumberProblem problem, const char *s, size_t len)
{
	uint32		sum = 0;
	int64		value;

	switch (problem)
	{
		case PF_NHS_NUMBER_OK:
			break;
		case PF_NHS_NUMBER_EMPTY:
			return pstrdup("It is empty.");
		case PF_NHS_NUMBER_INVALID_CHARACTER:
			return psprintf("Character %d is not a digit.", invalid_character_position(s, len));
		case PF_NHS_NUMBER_WRONG_LENGTH:
			return psprintf("Number of digits is %d, expected %d.", count_digits(s, len), PF_NHS_NUMBER_DIGITS);
		case PF_NHS_NUMBER_MISPLACED_SEPARATOR:
			return pstrdup("Separators do not stand as in \"999 000 0018\" or \"999-000-0018\".");
		case PF_NHS_NUMBER_ALL_ZERO:
			return pstrdup("Ten zeros are never issued.");
		case PF_NHS_NUMBER_NO_CHECK_DIGIT:
			return pstrdup("These first nine digits are never issued: no check digit fits them.");
		case PF_NHS_NUMBER_WRONG_CHECK_DIGIT:
			if (parse_spaced(s, len, &sum, &value) == PF_NHS_NUMBER_OK)
				return psprintf("Check digit is %d, expected %d.",
								(int) (value % 10), expected_check_digit(sum, value));
			break;
	}
	return pstrdup("");			/* not reached */
}

/* The value of a text that must be an NHS number; an error of the caller's kind otherwise. */
static Datum
must_be(const char *s, size_t len, Node *escontext)
{
	int64		value;
	PfNhsNumberProblem problem = pf_nhs_number_parse(s, len, &value);

	if (problem != PF_NHS_NUMBER_OK)
		pf_ereturn(escontext, (Datum) 0,
				   (errcode(problem >= PF_NHS_NUMBER_ALL_ZERO ? ERRCODE_DATA_EXCEPTION :
							ERRCODE_INVALID_TEXT_REPRESENTATION),
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
	char	   *buf = palloc(PF_NHS_NUMBER_DIGITS + 1);

	print_digits(PG_GETARG_INT64(0), buf);
	PG_RETURN_CSTRING(buf);
}

/* Eight bytes in network order, as bigint sends them; only a valid number is taken. */
Datum
pf_nhs_number_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int64		number = pq_getmsgint64(buf);
	char		digits[PF_NHS_NUMBER_DIGITS + 1];

	if (number >= 0 && number <= PF_NHS_NUMBER_MAX)
	{
		print_digits(number, digits);
		if (pf_nhs_number_problem(digits, PF_NHS_NUMBER_DIGITS) == PF_NHS_NUMBER_OK)
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
	char		buf[PF_NHS_NUMBER_DIGITS + 1];

	print_digits(PG_GETARG_INT64(0), buf);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buf, PF_NHS_NUMBER_DIGITS));
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
		{PF_NHS_NUMBER_MAX, "test"},
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
	bool		valid = pf_nhs_number_problem(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)) == PF_NHS_NUMBER_OK;

	PG_FREE_IF_COPY(t, 0);
	PG_RETURN_BOOL(valid);
}

Datum
pf_try_nhs_number(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	int64		value;

	if (pf_nhs_number_parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &value) != PF_NHS_NUMBER_OK)
		PG_RETURN_NULL();
	PG_RETURN_INT64(value);
}

/* SQL nhs_number_problem(text) */
Datum
pf_nhs_number_problem_code(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	const char *reason = pf_nhs_number_reason(pf_nhs_number_problem(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)));

	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}
