/*
 * sctid.h
 *		The rules of a SNOMED CT identifier, for callers that judge text without leaving C.
 */
#ifndef PF_SCTID_H
#define PF_SCTID_H

#define PF_SCTID_MIN_DIGITS 6
#define PF_SCTID_MAX_DIGITS 18

/* Why a text is not an SCTID, in the order in which the rules are asked. */
typedef enum PfSctidProblem
{
	PF_SCTID_OK = 0,
	PF_SCTID_EMPTY,
	PF_SCTID_INVALID_CHARACTER,
	PF_SCTID_TOO_SHORT,
	PF_SCTID_TOO_LONG,
	PF_SCTID_LEADING_ZERO,
	PF_SCTID_WRONG_CHECK_DIGIT,
	PF_SCTID_INVALID_PARTITION,
	PF_SCTID_NO_NAMESPACE
} PfSctidProblem;

/* None of these raises an error or allocates memory; `s` need not end in a zero byte. */
extern PfSctidProblem pf_sctid_problem(const char *s, size_t len);
extern PfSctidProblem pf_sctid_parse(const char *s, size_t len, int64 *value);

/* The reason code of a problem: a constant, NULL for PF_SCTID_OK. */
extern const char *pf_sctid_reason(PfSctidProblem problem);

#endif							/* PF_SCTID_H */
