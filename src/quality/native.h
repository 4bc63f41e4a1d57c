/*
 * native.h
 *		Shapes of expressions that are judged without PostgreSQL's evaluator: recognised by native.c and
 *		pattern.c, asked by native_ask.c.
 */
#ifndef PF_NATIVE_H
#define PF_NATIVE_H

#include "engine.h"

#include "catalog/pg_type.h"
#include "types/value_set.h"

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

typedef enum NativeKind
{
	NATIVE_CONSTANT,
	NATIVE_AND,
	NATIVE_OR,
	NATIVE_NOT,
	NATIVE_BOOLEAN,				/* the value itself */
	NATIVE_CALL,				/* a strict function of the value, perhaps with a constant: no more overhead than that */
	NATIVE_TEST,				/* IS [NOT] TRUE, FALSE, UNKNOWN */
	NATIVE_RANGE,				/* an integer, date or time between low and high */
	NATIVE_OUTSIDE,				/* … or not */
	NATIVE_INTEGERS,			/* among sorted ones */
	NATIVE_TEXTS,				/* among texts */
	NATIVE_LENGTH,				/* number of characters between low and high */
	NATIVE_PATTERN,
	NATIVE_VALUE_SET			/* among the codes of a value set */
} NativeKind;

struct PfNative
{
	NativeKind	kind;
	PfVerdict	constant;
	BoolTestType test;
	PfVerdict	otherwise;		/* of IN: FALSE, or UNKNOWN where the list has a NULL */
	int			nchildren;
	struct PfNative **children;
	Oid			type;			/* of the integers */
	int64		low;
	int64		high;
	int64	   *integers;
	int			n;
	PfMemoKey  *texts;			/* open addressing; data NULL: free */
	uint32		mask;
	PfPattern  *pattern;
	FunctionCallInfo call;
	int			argument;		/* of call that is the value */
	PfValueSet *value_set;
	bool		has_day;		/* value_set is asked for this day */
	DateADT		day;
};

static inline int64
whole_number(Datum value, Oid type)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT8OID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return DatumGetInt64(value);
		default:
			return DatumGetInt32(value);
	}
}

/* pattern.c */
extern PfPattern *pf_pattern_compile(const char *regex);
extern PfPattern *pf_pattern_compile_like(const char *pattern);

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
		if (state == 0)
			return 0;			/* whatever follows */
	}
	return pattern->accepting[state];
}

#endif							/* PF_NATIVE_H */
