/*
 * ten_digits.h
 *		Ten digits that identify a patient, as nhs_number and chi_number write, print and refuse them.
 */
#ifndef PF_TEN_DIGITS_H
#define PF_TEN_DIGITS_H

#define PF_TEN_DIGITS 10
#define PF_TEN_DIGITS_MAX INT64CONST(9999999999)

/* Why a text is not such a number, in the order in which the rules are asked. */
typedef enum PfNumberProblem
{
	PF_NUMBER_OK = 0,
	PF_NUMBER_EMPTY,
	PF_NUMBER_INVALID_CHARACTER,
	PF_NUMBER_WRONG_LENGTH,
	PF_NUMBER_MISPLACED_SEPARATOR,
	/* from here on it has the form, and breaks a rule of its type */
	PF_NUMBER_ALL_ZERO,
	PF_NUMBER_NOT_A_DATE,
	PF_NUMBER_NO_CHECK_DIGIT,
	PF_NUMBER_WRONG_CHECK_DIGIT
} PfNumberProblem;

/* The value of ten characters and the sum of their digits weighted 10, 9, ... 1; false if one is no digit. */
static inline bool
pf_ten_plain_digits(const char *s, uint32 *sum, int64 *value)
{
	uint32		total = 0;
	uint64		number = 0;

	for (int i = 0; i < PF_TEN_DIGITS; i++)
	{
		uint32		digit = (uint32) (unsigned char) s[i] - '0';

		if (digit > 9)
			return false;
		total += digit * (PF_TEN_DIGITS - i);
		number = number * 10 + digit;
	}
	*sum = total;
	*value = (int64) number;
	return true;
}

/* None of these raises an error or allocates memory; `s` need not end in a zero byte. */
extern PfNumberProblem pf_ten_spaced_digits(const char *s, size_t len, uint32 *sum, int64 *value);
extern const char *pf_number_reason(PfNumberProblem problem);
extern void pf_print_ten_digits(int64 value, char *buf);

/* The DETAIL of a problem of form; the others are worded by their type. */
extern char *pf_ten_digits_detail(PfNumberProblem problem, const char *s, size_t len);

/* Plain digits, which are what a column nearly always holds, without a call. */
static inline PfNumberProblem
pf_read_ten_digits(const char *s, size_t len, uint32 *sum, int64 *value)
{
	if (likely(len == PF_TEN_DIGITS && pf_ten_plain_digits(s, sum, value)))
		return PF_NUMBER_OK;
	return pf_ten_spaced_digits(s, len, sum, value);
}

#endif							/* PF_TEN_DIGITS_H */
