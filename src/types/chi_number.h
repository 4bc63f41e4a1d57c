/*
 * chi_number.h
 *		The rules of a CHI number, for callers that judge text without leaving C.
 */
#ifndef PF_CHI_NUMBER_H
#define PF_CHI_NUMBER_H

#include "ten_digits.h"

/* None of these raises an error or allocates memory; `s` need not end in a zero byte. */
extern PfNumberProblem pf_chi_number_problem(const char *s, size_t len);
extern PfNumberProblem pf_chi_number_parse(const char *s, size_t len, int64 *value);

#endif							/* PF_CHI_NUMBER_H */
