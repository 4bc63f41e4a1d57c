/*
 * ods_code.h
 *		The rules of an ODS code, for callers that judge text without leaving C.
 */
#ifndef PF_ODS_CODE_H
#define PF_ODS_CODE_H

#define PF_ODS_CODE_MIN_LENGTH 3
#define PF_ODS_CODE_MAX_LENGTH 8

/* Why a text is not an ODS code, in the order in which the rules are asked. */
typedef enum PfOdsCodeProblem
{
	PF_ODS_CODE_OK = 0,
	PF_ODS_CODE_EMPTY,
	PF_ODS_CODE_INVALID_CHARACTER,
	PF_ODS_CODE_TOO_SHORT,
	PF_ODS_CODE_TOO_LONG
} PfOdsCodeProblem;

/* Raises no error and allocates no memory; `s` need not end in a zero byte. */
extern PfOdsCodeProblem pf_ods_code_problem(const char *s, size_t len);

#endif							/* PF_ODS_CODE_H */
