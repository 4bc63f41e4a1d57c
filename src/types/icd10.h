/*
 * icd10.h
 *		The rules of an ICD-10 code, for callers that judge text without leaving C.
 */
#ifndef PF_ICD10_H
#define PF_ICD10_H

/* Why a text is not an ICD-10 code, in the order in which the rules are asked. */
typedef enum PfIcd10Problem
{
	PF_ICD10_OK = 0,
	PF_ICD10_EMPTY,
	PF_ICD10_INVALID_CHARACTER,
	PF_ICD10_INCOMPLETE,
	PF_ICD10_TOO_LONG,
	PF_ICD10_MISPLACED_DOT,
	PF_ICD10_WRONG_CATEGORY,
	PF_ICD10_WRONG_SUBDIVISION,
	PF_ICD10_WRONG_MARK
} PfIcd10Problem;

/* Raises no error and allocates no memory; `s` need not end in a zero byte. */
extern PfIcd10Problem pf_icd10_problem(const char *s, size_t len);

#endif							/* PF_ICD10_H */
