/*
 * native.h
 *		Shapes of expressions that are judged without PostgreSQL's evaluator: recognised by native.c and
 *		pattern.c, asked by native_ask.c and, many values at once, native_queue.c.
 */
#ifndef PF_NATIVE_H
#define PF_NATIVE_H

#include "engine.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "types/value_set.h"

/*
 * A regular expression over ASCII as a deterministic automaton. Strings with other characters are left
 * to the server, for what \d and the like say of them depends on the collation.
 */
typedef struct PfPattern
{
	/*
	 * Most codes are so many characters, each of some set: then no state needs to be known to look at
	 * the next character. The automaton is a chain of states, the last of which may lead to itself.
	 */
	bool		is_chain;
	bool		repeats;		/* the last state does */
	bool		repeats_any;	/* … with every character */
	int			last;			/* the last state */
	uint64		takes[128];		/* character → in which states, less one, it is taken */
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
	NATIVE_COMPARE,				/* of a row: two columns */
	NATIVE_IS_NULL,				/* of a row: a column */
	NATIVE_COLUMN,				/* of a row: the child, asked about a column */
	NATIVE_RANGE,				/* a number, date or time between low and high */
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
	Oid			type;			/* of the values, where they are numbers */
	int64		low;			/* as ordinal() gives them */
	int64		high;
	PfVerdict	constant;
	BoolTestType test;
	PfVerdict	otherwise;		/* of IN: FALSE, or UNKNOWN where the list has a NULL */
	int			nchildren;
	struct PfNative **children;
	int			attr[2];		/* of a row: indexes of columns */
	Oid			right_type;		/* of NATIVE_COMPARE */
	int			accepted;		/* of NATIVE_COMPARE: set of the signs that are true */
	int64	   *integers;
	int			n;
	PfMemoKey  *texts;			/* open addressing; data NULL: free */
	uint64		lengths;		/* of texts, as a set; 63 and more are one */
	int			shift;			/* a hash shifted by this is an index into texts */
	PfPattern  *pattern;
	FunctionCallInfo call;
	int			argument;		/* of call that is the value */
	PfValueSet *value_set;
	bool		has_day;		/* value_set is asked for this day */
	DateADT		day;
};

/* For NATIVE_COMPARE: left is less, equal, greater */
#define SIGN_LESS 1
#define SIGN_EQUAL 2
#define SIGN_GREATER 4

/* Floating-point numbers in the server's order as integers: NaN is the greatest, -0 equals 0. */
static inline int64
ordinal_of_float(float8 number)
{
	int64		bits;

	if (unlikely(isnan(number)))
		return PG_INT64_MAX;
	number += 0.0;
	memcpy(&bits, &number, sizeof(bits));
	return bits >= 0 ? bits : bits ^ PG_INT64_MAX;
}

/*
 * A value of a type that is a number, date or time as an integer, in the same order: what compares
 * natively are such integers. numeric is not among them, see pf_ordinal_of_numeric().
 */
static inline int64
ordinal(Datum value, Oid type)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT8OID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return DatumGetInt64(value);
		case FLOAT4OID:
			return ordinal_of_float(DatumGetFloat4(value));
		case FLOAT8OID:
			return ordinal_of_float(DatumGetFloat8(value));
		default:
			return DatumGetInt32(value);
	}
}

/* As pf_native_ask, without a call for the simplest. */
static inline int
pf_native_ask_quickly(const PfNative *native, Datum value)
{
	if ((native->kind == NATIVE_RANGE || native->kind == NATIVE_OUTSIDE) && native->type != NUMERICOID)
	{
		int64		number = ordinal(value, native->type);

		return ((number >= native->low) & (number <= native->high)) == (native->kind == NATIVE_RANGE) ? PF_TRUE : PF_FALSE;
	}
	return pf_native_ask(native, value);
}

/* What NATIVE_COMPARE says of two values that are not NULL */
static inline int
pf_native_compare(const PfNative *native, Datum left, Datum right)
{
	int64		l = ordinal(left, native->type);
	int64		r = ordinal(right, native->right_type);

	return (native->accepted >> ((l >= r) + (l > r))) & 1 ? PF_TRUE : PF_FALSE;
}

/* native_queue.c */
extern void pf_native_ask_queue(const PfNative *native, const PfQueue *queue, bool byval, uint8 *verdicts);

/* native_numeric.c */
extern bool pf_ordinal_of_numeric(const char *data, int len, int64 *number);

/* pattern.c */
extern PfPattern *pf_pattern_compile(const char *regex);
extern PfPattern *pf_pattern_compile_like(const char *pattern);

static inline int
pf_chain_match(const PfPattern *pattern, const char *data, int len)
{
	int			n = Min(len, pattern->last - 1);
	unsigned char any = 0;
	uint64		taken = 1;

	for (int i = 0; i < n; i++)
	{
		any |= data[i];
		taken &= pattern->takes[data[i] & 0x7f] >> i;
	}
	for (int i = n; i < len; i++)
	{
		any |= data[i];
		taken &= pattern->takes[data[i] & 0x7f] >> (pattern->last - 1);
	}
	if (unlikely(any & 0x80))
		return -1;
	return taken && (len == n || pattern->repeats) && pattern->accepting[n + 1];
}

/* 1: matches, 0: does not, -1: not for us */
static inline int
pf_pattern_match(const PfPattern *pattern, const char *data, int len)
{
	uint32		state = 1;

	if (pattern->is_chain)
		return pf_chain_match(pattern, data, len);
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
