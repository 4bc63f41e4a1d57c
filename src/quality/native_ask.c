/*
 * native_ask.c
 *		What native code says of a value: never NULL, never toasted.
 */
#include "native.h"

#include "mb/pg_wchar.h"

#include "memo_key.h"

/* Always the same for a value that is not NULL? */
bool
pf_native_is_constant(const PfNative *native)
{
	return native->kind == NATIVE_CONSTANT;
}

static int
characters(const char *data, int len)
{
	const char *end = data + len;
	const char *at = data;

	for (; at + 8 <= end; at += 8)
	{
		uint64		word;

		memcpy(&word, at, 8);
		if (word & UINT64CONST(0x8080808080808080))
			return pg_mbstrlen_with_len(data, len);
	}
	for (; at < end; at++)
		if (IS_HIGHBIT_SET(*at))
			return pg_mbstrlen_with_len(data, len);
	return len;
}

static bool
among_integers(const PfNative *native, int64 value)
{
	int			low = 0,
				high = native->n - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;

		if (native->integers[middle] == value)
			return true;
		if (native->integers[middle] < value)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return false;
}

static bool
among_texts(const PfNative *native, const char *data, int len)
{
	PfMemoKey	key;

	make_key(&key, data, len);
	for (uint32 at = key.hash & native->mask; native->texts[at].data; at = (at + 1) & native->mask)
		if (same_key(&native->texts[at], &key))
			return true;
	return false;
}

/* SQL's AND and OR; a child that defers makes all defer. */
static int
ask_children(const PfNative *native, Datum value)
{
	PfVerdict	decisive = native->kind == NATIVE_AND ? PF_FALSE : PF_TRUE;
	PfVerdict	result = native->kind == NATIVE_AND ? PF_TRUE : PF_FALSE;

	for (int i = 0; i < native->nchildren; i++)
	{
		int			verdict = pf_native_ask(native->children[i], value);

		if (verdict == PF_NATIVE_DEFER || verdict == decisive)
			return verdict;
		if (verdict == PF_UNKNOWN)
			result = PF_UNKNOWN;
	}
	return result;
}

/* IS [NOT] TRUE, FALSE, UNKNOWN: never unknown itself */
static int
ask_test(const PfNative *native, Datum value)
{
	int			verdict = pf_native_ask(native->children[0], value);

	if (verdict == PF_NATIVE_DEFER)
		return verdict;
	switch (native->test)
	{
		case IS_TRUE:
			return verdict == PF_TRUE ? PF_TRUE : PF_FALSE;
		case IS_NOT_TRUE:
			return verdict == PF_TRUE ? PF_FALSE : PF_TRUE;
		case IS_FALSE:
			return verdict == PF_FALSE ? PF_TRUE : PF_FALSE;
		case IS_NOT_FALSE:
			return verdict == PF_FALSE ? PF_FALSE : PF_TRUE;
		case IS_UNKNOWN:
			return verdict == PF_UNKNOWN ? PF_TRUE : PF_FALSE;
		case IS_NOT_UNKNOWN:
			return verdict == PF_UNKNOWN ? PF_FALSE : PF_TRUE;
	}
	return PF_NATIVE_DEFER;
}

static int
ask_call(const PfNative *native, Datum value)
{
	FunctionCallInfo fcinfo = native->call;
	Datum		result;

	fcinfo->args[native->argument].value = value;
	fcinfo->isnull = false;
	result = FunctionCallInvoke(fcinfo);
	return fcinfo->isnull ? PF_UNKNOWN : DatumGetBool(result) ? PF_TRUE : PF_FALSE;
}

static int
ask_value_set(const PfNative *native, const char *data, int len)
{
	bool		in_force = true;
	bool		has = native->has_day ? pf_value_set_has_on(native->value_set, data, len, native->day, &in_force)
		: pf_value_set_has(native->value_set, data, len);

	return !in_force ? PF_UNKNOWN : has ? PF_TRUE : PF_FALSE;
}

/* A PfVerdict, or PF_NATIVE_DEFER: ask the evaluator about this value. */
int
pf_native_ask(const PfNative *native, Datum value)
{
	const char *data = NULL;
	int			len = 0;
	int64		number;
	int			verdict;

	if (native->kind >= NATIVE_TEXTS)
	{
		data = VARDATA_ANY(DatumGetPointer(value));
		len = VARSIZE_ANY_EXHDR(DatumGetPointer(value));
	}
	switch (native->kind)
	{
		case NATIVE_CONSTANT:
			return native->constant;
		case NATIVE_AND:
		case NATIVE_OR:
			return ask_children(native, value);
		case NATIVE_NOT:
			verdict = pf_native_ask(native->children[0], value);
			return verdict == PF_TRUE ? PF_FALSE : verdict == PF_FALSE ? PF_TRUE : verdict;
		case NATIVE_BOOLEAN:
			return DatumGetBool(value) ? PF_TRUE : PF_FALSE;
		case NATIVE_TEST:
			return ask_test(native, value);
		case NATIVE_CALL:
			return ask_call(native, value);
		case NATIVE_RANGE:
		case NATIVE_OUTSIDE:
			number = whole_number(value, native->type);
			return (number >= native->low && number <= native->high) == (native->kind == NATIVE_RANGE) ? PF_TRUE : PF_FALSE;
		case NATIVE_INTEGERS:
			return among_integers(native, whole_number(value, native->type)) ? PF_TRUE : native->otherwise;
		case NATIVE_TEXTS:
			return among_texts(native, data, len) ? PF_TRUE : native->otherwise;
		case NATIVE_LENGTH:
			number = characters(data, len);
			return number >= native->low && number <= native->high ? PF_TRUE : PF_FALSE;
		case NATIVE_PATTERN:
			verdict = pf_pattern_match(native->pattern, data, len);
			return verdict < 0 ? PF_NATIVE_DEFER : verdict ? PF_TRUE : PF_FALSE;
		case NATIVE_VALUE_SET:
			return ask_value_set(native, data, len);
	}
	return PF_NATIVE_DEFER;
}
