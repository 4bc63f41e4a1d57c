/*
 * native.h
 *		Shapes of expressions that are judged without PostgreSQL's evaluator (native.c, pattern.c).
 */
#ifndef PF_NATIVE_H
#define PF_NATIVE_H

#include "engine.h"

/*
 * A regular expression over ASCII as a deterministic automaton. Strings with other characters are left
 * to the server, for what \d and the like say of them depends on the collation.
 */
typedef struct PfPattern
{
	int			nclasses;
	uint8		class_of[128];	/* character → class */
	uint8		accepting[256]; /* by state */
	uint8		next[FLEXIBLE_ARRAY_MEMBER];	/* state × class → state; 0 is the dead state, 1 the start */
} PfPattern;

/* pattern.c */
extern PfPattern *pf_pattern_compile(const char *regex);

/* 1: matches, 0: does not, -1: not for us */
static inline int
pf_pattern_match(const PfPattern *pattern, const char *data, int len)
{
	uint32		state = 1;

	for (int i = 0; i < len; i++)
	{
		unsigned char c = data[i];

		if (unlikely(c & 0x80))
			return -1;
		state = pattern->next[state * pattern->nclasses + pattern->class_of[c]];
	}
	return pattern->accepting[state];
}

#endif							/* PF_NATIVE_H */
