/*
 * opcs4.h
 *		The rules of an OPCS-4 code, for callers that judge text without leaving C.
 */
#ifndef PF_OPCS4_H
#define PF_OPCS4_H

/* Why a text is not an OPCS-4 code, in the order in which the rules are asked. */
typedef enum PfOpcs4Problem
{
	PF_OPCS4_OK = 0,
	PF_OPCS4_EMPTY,
	PF_OPCS4_INVALID_CHARACTER,
	PF_OPCS4_INCOMPLETE,
	PF_OPCS4_TOO_LONG,
	PF_OPCS4_MISPLACED_DOT,
	PF_OPCS4_WRONG_FORM,
	PF_OPCS4_UNKNOWN_CHAPTER
} PfOpcs4Problem;

/* Raises no error and allocates no memory; `s` need not end in a zero byte. */
extern PfOpcs4Problem pf_opcs4_problem(const char *s, size_t len);

#endif							/* PF_OPCS4_H */
