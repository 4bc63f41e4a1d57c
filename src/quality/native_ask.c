/*
 * native_ask.c
 *		What native code says of a value, never NULL, never toasted, and of a row.
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

/* Does it compare two columns, and no more? */
bool
pf_native_is_comparison(const PfNative *native)
{
	return native && native->kind == NATIVE_COMPARE;
}

/* What it costs to ask, a comparison of integers being one. */
int
pf_native_cost(const PfNative *native)
{
	int			cost = 1;

	switch (native->kind)
	{
		case NATIVE_CONSTANT:
			return 0;
		case NATIVE_BOOLEAN:
		case NATIVE_LENGTH:
			return 1;
		case NATIVE_RANGE:
		case NATIVE_OUTSIDE:
			return native->type == NUMERICOID ? 4 : 1;
		case NATIVE_INTEGERS:
		case NATIVE_TEXTS:
			return 5;
		case NATIVE_PATTERN:
			return native->pattern->is_chain ? 5 : 20;
		case NATIVE_AND:
		case NATIVE_OR:
		case NATIVE_NOT:
		case NATIVE_TEST:
			for (int i = 0; i < native->nchildren; i++)
				cost += 1 + pf_native_cost(native->children[i]);
			return cost;
		default:
			return 100;
	}
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

/* Text of so many bytes, a character being one to four: PF_NATIVE_DEFER where they must be counted. */
static int
length_verdict(const PfNative *native, int bytes)
{
	if (bytes <= native->high && (bytes + 3) / 4 >= native->low)
		return PF_TRUE;
	if (bytes < native->low || (bytes + 3) / 4 > native->high)
		return PF_FALSE;
	return PF_NATIVE_DEFER;
}

static int
ask_length(const PfNative *native, const char *data, int len)
{
	int			verdict = length_verdict(native, len);

	if (verdict == PF_NATIVE_DEFER)
	{
		int			number = characters(data, len);

		verdict = number >= native->low && number <= native->high ? PF_TRUE : PF_FALSE;
	}
	return verdict;
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

	if (!(native->lengths & UINT64CONST(1) << Min(len, 63)))
		return false;
	make_key(&key, data, len);
	for (uint32 at = key.hash >> native->shift; native->texts[at].data; at = (at + 1) & (PF_MEMO_SLOTS(native) - 1))
		if (same_key(&native->texts[at], &key))
			return true;
	return false;
}

static int
negated(int verdict)
{
	return verdict == PF_TRUE ? PF_FALSE : verdict == PF_FALSE ? PF_TRUE : verdict;
}

/* What to ask: a row where there is a slot, any text of so many bytes, or a value. */
typedef struct Question
{
	const TupleTableSlot *slot;
	int			bytes;			/* or -1 */
	Datum		value;
} Question;

/* SQL's AND and OR; a child that defers makes all defer. */
static int
ask_children(const PfNative *native, const Question *question)
{
	PfVerdict	decisive = native->kind == NATIVE_AND ? PF_FALSE : PF_TRUE;
	PfVerdict	result = native->kind == NATIVE_AND ? PF_TRUE : PF_FALSE;

	for (int i = 0; i < native->nchildren; i++)
	{
		int			verdict = question->slot ? pf_native_ask_row(native->children[i], question->slot) :
			question->bytes >= 0 ? pf_native_ask_length(native->children[i], question->bytes) :
			pf_native_ask(native->children[i], question->value);

		if (verdict == PF_NATIVE_DEFER || verdict == decisive)
			return verdict;
		if (verdict == PF_UNKNOWN)
			result = PF_UNKNOWN;
	}
	return result;
}

/* What is said of all texts of so many bytes, or PF_NATIVE_DEFER. */
int
pf_native_ask_length(const PfNative *native, int bytes)
{
	Question	question = {NULL, bytes, (Datum) 0};

	switch (native->kind)
	{
		case NATIVE_CONSTANT:
			return native->constant;
		case NATIVE_AND:
		case NATIVE_OR:
			return ask_children(native, &question);
		case NATIVE_NOT:
			return negated(pf_native_ask_length(native->children[0], bytes));
		case NATIVE_LENGTH:
			return length_verdict(native, bytes);
		default:
			return PF_NATIVE_DEFER;
	}
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
			return ask_children(native, &(Question) {NULL, -1, value});
		case NATIVE_NOT:
			return negated(pf_native_ask(native->children[0], value));
		case NATIVE_BOOLEAN:
			return DatumGetBool(value) ? PF_TRUE : PF_FALSE;
		case NATIVE_TEST:
			return ask_test(native, value);
		case NATIVE_CALL:
			return ask_call(native, value);
		case NATIVE_RANGE:
		case NATIVE_OUTSIDE:
			if (native->type != NUMERICOID)
				number = ordinal(value, native->type);
			else if (!pf_ordinal_of_numeric(VARDATA_ANY(DatumGetPointer(value)), VARSIZE_ANY_EXHDR(DatumGetPointer(value)), &number))
				return PF_NATIVE_DEFER;
			return (number >= native->low && number <= native->high) == (native->kind == NATIVE_RANGE) ? PF_TRUE : PF_FALSE;
		case NATIVE_INTEGERS:
			return among_integers(native, ordinal(value, native->type)) ? PF_TRUE : native->otherwise;
		case NATIVE_TEXTS:
			return among_texts(native, data, len) ? PF_TRUE : native->otherwise;
		case NATIVE_LENGTH:
			return ask_length(native, data, len);
		case NATIVE_PATTERN:
			verdict = pf_pattern_match(native->pattern, data, len);
			return verdict < 0 ? PF_NATIVE_DEFER : verdict ? PF_TRUE : PF_FALSE;
		case NATIVE_VALUE_SET:
			return ask_value_set(native, data, len);
		case NATIVE_COMPARE:
		case NATIVE_IS_NULL:
		case NATIVE_COLUMN:
			break;
	}
	return PF_NATIVE_DEFER;
}

/* ---- of several columns ---- */

static int
ask_comparison(const PfNative *native, const TupleTableSlot *slot)
{
	if (slot->tts_isnull[native->attr[0]] || slot->tts_isnull[native->attr[1]])
		return PF_UNKNOWN;
	return pf_native_compare(native, slot->tts_values[native->attr[0]], slot->tts_values[native->attr[1]]);
}

static int
ask_column(const PfNative *native, const TupleTableSlot *slot)
{
	Datum		value = slot->tts_values[native->attr[0]];

	if (slot->tts_isnull[native->attr[0]])
		return PF_UNKNOWN;
	if (TupleDescAttr(slot->tts_tupleDescriptor, native->attr[0])->attlen == -1 &&
		(VARATT_IS_COMPRESSED(DatumGetPointer(value)) || VARATT_IS_EXTERNAL(DatumGetPointer(value))))
		return PF_NATIVE_DEFER;
	return pf_native_ask(native->children[0], value);
}

/* The same of what the engine's slot holds; values may be NULL, and toasted. */
int
pf_native_ask_row(const PfNative *native, const TupleTableSlot *slot)
{
	switch (native->kind)
	{
		case NATIVE_COMPARE:
			return ask_comparison(native, slot);
		case NATIVE_IS_NULL:
			return slot->tts_isnull[native->attr[0]] ? negated(native->constant) : native->constant;
		case NATIVE_COLUMN:
			return ask_column(native, slot);
		case NATIVE_AND:
		case NATIVE_OR:
			return ask_children(native, &(Question) {slot, -1, (Datum) 0});
		case NATIVE_NOT:
			return negated(pf_native_ask_row(native->children[0], slot));
		default:
			return PF_NATIVE_DEFER;
	}
}
