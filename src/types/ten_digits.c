/*
 * ten_digits.c
 *		Ten digits that identify a patient: the written forms, the printed one, and what is wrong
 *		with a text that is neither. What the digits must satisfy is for each type to say.
 */
#include "pf.h"

#include "mb/pg_wchar.h"

#include "ten_digits.h"
#include "type_util.h"

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_separator(char c)
{
	return c == ' ' || c == '-';
}

/* What is wrong with a trimmed text that is not in one of the accepted forms. */
static PfNumberProblem
judge_form(const char *s, size_t len)
{
	int			digits = 0;

	if (len == 0)
		return PF_NUMBER_EMPTY;
	for (size_t i = 0; i < len; i++)
	{
		/* more are too many, however many: so that the count cannot overflow */
		if (is_digit(s[i]))
			digits += digits <= PF_TEN_DIGITS;
		else if (!is_separator(s[i]))
			return PF_NUMBER_INVALID_CHARACTER;
	}
	return digits == PF_TEN_DIGITS ? PF_NUMBER_MISPLACED_SEPARATOR : PF_NUMBER_WRONG_LENGTH;
}

/* Everything but ten plain digits: white space around, 3-3-4 with one kind of separator. */
PfNumberProblem
pf_ten_spaced_digits(const char *s, size_t len, uint32 *sum, int64 *value)
{
	char		digits[PF_TEN_DIGITS];

	pf_trim(&s, &len);
	if (len == PF_TEN_DIGITS && pf_ten_plain_digits(s, sum, value))
		return PF_NUMBER_OK;
	if (len == PF_TEN_DIGITS + 2 && is_separator(s[3]) && s[7] == s[3])
	{
		memcpy(digits, s, 3);
		memcpy(digits + 3, s + 4, 3);
		memcpy(digits + 6, s + 8, 4);
		if (pf_ten_plain_digits(digits, sum, value))
			return PF_NUMBER_OK;
	}
	return judge_form(s, len);
}

/* The reason code of a problem: a constant, NULL for PF_NUMBER_OK. */
const char *
pf_number_reason(PfNumberProblem problem)
{
	switch (problem)
	{
		case PF_NUMBER_OK:
			return NULL;
		case PF_NUMBER_EMPTY:
			return "empty";
		case PF_NUMBER_INVALID_CHARACTER:
			return "invalid_character";
		case PF_NUMBER_WRONG_LENGTH:
			return "wrong_length";
		case PF_NUMBER_MISPLACED_SEPARATOR:
			return "misplaced_separator";
		case PF_NUMBER_ALL_ZERO:
			return "all_zero";
		case PF_NUMBER_NOT_A_DATE:
			return "not_a_date";
		case PF_NUMBER_NO_CHECK_DIGIT:
			return "no_check_digit";
		case PF_NUMBER_WRONG_CHECK_DIGIT:
			return "wrong_check_digit";
	}
	return NULL;				/* not reached; keeps the compiler quiet */
}

/* A value's ten digits with leading zeros; buf has room for them and a zero byte. */
void
pf_print_ten_digits(int64 value, char *buf)
{
	for (int i = PF_TEN_DIGITS - 1; i >= 0; i--)
	{
		buf[i] = '0' + (char) (value % 10);
		value /= 10;
	}
	buf[PF_TEN_DIGITS] = '\0';
}

static int
count_digits(const char *s, size_t len)
{
	int			digits = 0;

	for (size_t i = 0; i < len; i++)
		digits += is_digit(s[i]);
	return digits;
}

/* Where a person would look for the first character that cannot be there: counted from 1. */
static int
invalid_character_position(const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;

	pf_trim(&p, &left);
	while (left > 0 && (is_digit(*p) || is_separator(*p)))
	{
		p++;
		left--;
	}
	return pg_mbstrlen_with_len(s, (int) (p - s)) + 1;
}

char *
pf_ten_digits_detail(PfNumberProblem problem, const char *s, size_t len)
{
	switch (problem)
	{
		case PF_NUMBER_EMPTY:
			return pstrdup("It is empty.");
		case PF_NUMBER_INVALID_CHARACTER:
			return psprintf("Character %d is not a digit.", invalid_character_position(s, len));
		case PF_NUMBER_WRONG_LENGTH:
			return psprintf("Number of digits is %d, expected %d.", count_digits(s, len), PF_TEN_DIGITS);
		case PF_NUMBER_MISPLACED_SEPARATOR:
			return pstrdup("Separators do not stand as in \"999 000 0018\" or \"999-000-0018\".");
		default:
			return pstrdup("");	/* not reached: the type words these */
	}
}
