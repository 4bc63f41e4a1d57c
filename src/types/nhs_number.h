/*
 * nhs_number.h
 *		The rules of an NHS number, for callers that judge text without leaving C.
 */
#ifndef PF_NHS_NUMBER_H
#define PF_NHS_NUMBER_H

#define PF_NHS_NUMBER_DIGITS 10
#define PF_NHS_NUMBER_MAX INT64CONST(9999999999)

/* Why a text is not an NHS number, in the order in which the rules are asked. */
typedef enum PfNhsNumberProblem
{
	PF_NHS_NUMBER_OK = 0,
	PF_NHS_NUMBER_EMPTY,
	PF_NHS_NUMBER_INVALID_CHARACTER,
	PF_NHS_NUMBER_WRONG_LENGTH,
	PF_NHS_NUMBER_MISPLACED_SEPARATOR,
	PF_NHS_NUMBER_ALL_ZERO,
	PF_NHS_NUMBER_NO_CHECK_DIGIT,
	PF_NHS_NUMBER_WRONG_CHECK_DIGIT
} PfNhsNumberProblem;

/* None of these raises an error or allocates memory; `s` need not end in a zero byte. */
extern PfNhsNumberProblem pf_nhs_number_problem(const char *s, size_t len);
extern PfNhsNumberProblem pf_nhs_number_parse(const char *s, size_t len, int64 *value);

/* The reason code of a problem: a constant, NULL for PF_NHS_NUMBER_OK. */
extern const char *pf_nhs_number_reason(PfNhsNumberProblem problem);

#endif							/* PF_NHS_NUMBER_H */
