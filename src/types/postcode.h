/*
 * postcode.h
 *		The rules of a postcode, for callers that judge text without leaving C.
 */
#ifndef PF_POSTCODE_H
#define PF_POSTCODE_H

/* Why a text is not a postcode, in the order in which the rules are asked. */
typedef enum PfPostcodeProblem
{
	PF_POSTCODE_OK = 0,
	PF_POSTCODE_EMPTY,
	PF_POSTCODE_INVALID_CHARACTER,
	PF_POSTCODE_INCOMPLETE,
	PF_POSTCODE_TOO_LONG,
	PF_POSTCODE_MISPLACED_SPACE,
	PF_POSTCODE_WRONG_INWARD,
	PF_POSTCODE_UNKNOWN_AREA,
	PF_POSTCODE_WRONG_DISTRICT
} PfPostcodeProblem;

/* Raises no error and allocates no memory; `s` need not end in a zero byte. */
extern PfPostcodeProblem pf_postcode_problem(const char *s, size_t len);

#endif							/* PF_POSTCODE_H */
