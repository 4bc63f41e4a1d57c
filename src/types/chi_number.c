/*
 * chi_number.c
 *		Type chi_number: the Community Health Index number of a patient in Scotland.
 *
 * A value is the number itself in an int64, passed by value, as for nhs_number (which see), so that
 * comparison, sorting, hashing and BRIN are those of bigint (sql/10_types/12_chi_number.sql).
 *
 * The rules (NHS Scotland data dictionary; Public Health Scotland's chi_check): ten digits; the first
 * six are a day of birth, DDMMYY; the ninth is odd for men and even for women; the tenth is a check
 * digit. That digit was always the modulus 11 one of NHS numbers. For days of birth on which those
 * have run out, Scotland decided in 2025 to issue numbers with the modulus 10 (Luhn) digit instead. A
 * number does not say which it has, so both are taken; chi_modulus() tells whoever wants only one.
 *
 * The year has two digits: chi_birth_date() asks for a day by which the person was born.
 */
#include "pf.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "ten_digits.h"
#include "type_util.h"

PG_FUNCTION_INFO_V1(pf_chi_number_in);
PG_FUNCTION_INFO_V1(pf_chi_number_out);
PG_FUNCTION_INFO_V1(pf_chi_number_recv);
PG_FUNCTION_INFO_V1(pf_chi_number_send);
PG_FUNCTION_INFO_V1(pf_chi_number_from_text);
PG_FUNCTION_INFO_V1(pf_chi_number_to_text);
PG_FUNCTION_INFO_V1(pf_chi_birth_date);
PG_FUNCTION_INFO_V1(pf_chi_sex);
PG_FUNCTION_INFO_V1(pf_chi_modulus);
PG_FUNCTION_INFO_V1(pf_is_chi_number);
PG_FUNCTION_INFO_V1(pf_try_chi_number);
PG_FUNCTION_INFO_V1(pf_chi_number_problem_code);

/* Day, month and two-digit year of birth */
typedef struct BirthDay
{
	int			day;
	int			month;
	int			year;
} BirthDay;

static inline BirthDay
birth_day(int64 value)
{
	int			date = (int) (value / 10000);

	return (BirthDay) {date / 10000, date / 100 % 100, date % 100};
}

/* Years divisible by four have a 29 February; in year 00 that can only be the one of 2000, as 1900 had none. */
static inline bool
is_a_date(BirthDay birth)
{
	static const int longest[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (birth.month < 1 || birth.month > 12 || birth.day < 1 || birth.day > longest[birth.month - 1])
		return false;
	return birth.month != 2 || birth.day < 29 || birth.year % 4 == 0;
}

/* The sum of Luhn's modulus 10: every second digit doubled, from the last but one leftwards; 9 less where that has two digits. */
static uint32
luhn_sum(int64 value)
{
	uint32		sum = 0;

	for (int i = 0; i < PF_TEN_DIGITS; i++)
	{
		uint32		digit = (uint32) (value % 10) << (i % 2);

		sum += digit > 9 ? digit - 9 : digit;
		value /= 10;
	}
	return sum;
}

/* The sum weighted 10, 9, ... 1, for a value whose text is not at hand. */
static uint32
weighted_sum(int64 value)
{
	uint32		sum = 0;

	for (int i = 1; i <= PF_TEN_DIGITS; i++)
	{
		sum += (uint32) (value % 10) * i;
		value /= 10;
	}
	return sum;
}

static inline PfNumberProblem
judge_digits(uint32 sum, int64 value)
{
	if (!is_a_date(birth_day(value)))
		return PF_NUMBER_NOT_A_DATE;
	if (sum % 11 == 0 || luhn_sum(value) % 10 == 0)
		return PF_NUMBER_OK;
	return PF_NUMBER_WRONG_CHECK_DIGIT;
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

static char *
check_digit_detail(uint32 sum, int64 value)
{
	int			given = (int) (value % 10);
	int			modulus_10 = (int) (10 - (luhn_sum(value) - given) % 10) % 10;
	int			modulus_11 = (int) (11 - (sum - given) % 11) % 11;

	if (modulus_11 == 10)
		return psprintf("Check digit is %d, expected %d by modulus 10; no digit fits by modulus 11.", given, modulus_10);
	if (modulus_11 == modulus_10)
		return psprintf("Check digit is %d, expected %d.", given, modulus_11);
	return psprintf("Check digit is %d, expected %d by modulus 11 or %d by modulus 10.", given, modulus_11, modulus_10);
}

/* The DETAIL of a problem: the one place that words each rule. It names no day: that is half of the identifier. */
static char *
problem_detail(PfNumberProblem problem, const char *s, size_t len)
{
	uint32		sum = 0;
	int64		value = 0;

	switch (problem)
	{
		case PF_NUMBER_NOT_A_DATE:
			return pstrdup("The first six digits are no day of birth, DDMMYY.");
		case PF_NUMBER_WRONG_CHECK_DIGIT:
			(void) pf_read_ten_digits(s, len, &sum, &value);
			return check_digit_detail(sum, value);
		default:
			return pf_ten_digits_detail(problem, s, len);
	}
}

/* The value of a text that must be a CHI number; an error of the caller's kind otherwise. */
static Datum
must_be(const char *s, size_t len, Node *escontext)
{
	int64		value;
	PfNumberProblem problem = parse(s, len, &value);

	if (unlikely(problem != PF_NUMBER_OK))
		pf_ereturn(escontext, (Datum) 0,
				   (errcode(problem == PF_NUMBER_NOT_A_DATE ? ERRCODE_DATETIME_FIELD_OVERFLOW :
							ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type %s: \"%s\"", "chi_number", pf_mask_identifier(s, len)),
					errdetail_internal("%s", problem_detail(problem, s, len)),
					errhint(PF_HINT_LANDING, "chi_number_problem"),
					errhidestmt(pf_mask_identifiers),
					errhidecontext(pf_mask_identifiers)));
	return Int64GetDatum(value);
}

Datum
pf_chi_number_in(PG_FUNCTION_ARGS)
{
	char	   *s = PG_GETARG_CSTRING(0);

	return must_be(s, strlen(s), PF_ESCONTEXT);
}

Datum
pf_chi_number_out(PG_FUNCTION_ARGS)
{
	char	   *buf = palloc(PF_TEN_DIGITS + 1);

	pf_print_ten_digits(PG_GETARG_INT64(0), buf);
	PG_RETURN_CSTRING(buf);
}

/* Eight bytes in network order, as bigint sends them; only a valid number is taken. */
Datum
pf_chi_number_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int64		number = pq_getmsgint64(buf);

	if (number >= 0 && number <= PF_TEN_DIGITS_MAX &&
		judge_digits(weighted_sum(number), number) == PF_NUMBER_OK)
		PG_RETURN_INT64(number);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary value for type %s", "chi_number"),
			 errdetail("The eight bytes are not a number that begins with a day of birth and has a valid check digit."),
			 errhidestmt(pf_mask_identifiers),
			 errhidecontext(pf_mask_identifiers)));
}

Datum
pf_chi_number_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, PG_GETARG_INT64(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pf_chi_number_from_text(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);

	return must_be(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), NULL);
}

Datum
pf_chi_number_to_text(PG_FUNCTION_ARGS)
{
	char		buf[PF_TEN_DIGITS + 1];

	pf_print_ten_digits(PG_GETARG_INT64(0), buf);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buf, PF_TEN_DIGITS));
}

/*
 * The latest such day in the hundred years that end on born_by: on an admission of 2018, 01..18 is
 * this century unless the day is still to come. NULL where there is none, which is 29 February 2000
 * for somebody born before it, and for an infinite born_by.
 */
Datum
pf_chi_birth_date(PG_FUNCTION_ARGS)
{
	BirthDay	birth = birth_day(PG_GETARG_INT64(0));
	DateADT		born_by = PG_GETARG_DATEADT(1);
	int			year,
				month,
				day;

	if (DATE_NOT_FINITE(born_by))
		PG_RETURN_NULL();
	j2date(born_by + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (year < 100)
		PG_RETURN_NULL();		/* no CHI number is that old */
	if (birth.year > year % 100 ||
		(birth.year == year % 100 &&
		 (birth.month > month || (birth.month == month && birth.day > day))))
		year -= 100;
	year += birth.year - year % 100;
	if (birth.month == 2 && birth.day == 29 && !isleap(year))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(date2j(year, birth.month, birth.day) - POSTGRES_EPOCH_JDATE);
}

/* Odd ninth digit: male. */
Datum
pf_chi_sex(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(PG_GETARG_INT64(0) / 10 % 2 == 1 ? "male" : "female"));
}

/* Which rule of the check digit the number satisfies; about one in ten satisfies both. */
Datum
pf_chi_modulus(PG_FUNCTION_ARGS)
{
	int64		number = PG_GETARG_INT64(0);
	bool		by_11 = weighted_sum(number) % 11 == 0;
	bool		by_10 = luhn_sum(number) % 10 == 0;

	PG_RETURN_TEXT_P(cstring_to_text(by_11 && by_10 ? "both" : by_11 ? "11" : "10"));
}

Datum
pf_is_chi_number(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	bool		valid = problem_of(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)) == PF_NUMBER_OK;

	PG_FREE_IF_COPY(t, 0);
	PG_RETURN_BOOL(valid);
}

Datum
pf_try_chi_number(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	int64		value;

	if (parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &value) != PF_NUMBER_OK)
		PG_RETURN_NULL();
	PG_RETURN_INT64(value);
}

/* SQL chi_number_problem(text) */
Datum
pf_chi_number_problem_code(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	const char *reason = pf_number_reason(problem_of(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)));

	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}
