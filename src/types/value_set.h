/*
 * value_set.h
 *		Codes of a value set, for callers that judge text without leaving C.
 */
#ifndef PF_VALUE_SET_H
#define PF_VALUE_SET_H

#include "utils/date.h"

typedef struct PfValueSet PfValueSet;

/*
 * All versions of a set as the active snapshot shows them, in one allocation context. Where there is
 * none of that name: NULL if missing_ok, else an error. Valid only for that snapshot: load again for the next statement.
 */
extern PfValueSet *pf_value_set_load(const char *name, MemoryContext context, bool missing_ok);

/* None of these raises an error or allocates memory; `code` need not end in a zero byte. */
extern bool pf_value_set_has(const PfValueSet *set, const char *code, size_t len);

/* False in *in_force: no version of the set is in force on that day, and there is no answer. */
extern bool pf_value_set_has_on(const PfValueSet *set, const char *code, size_t len, DateADT day, bool *in_force);

#endif							/* PF_VALUE_SET_H */
