/*
 * native.c
 *		The common shapes of rules without PostgreSQL's evaluator.
 *
 * Known are, over one column of text, integer or date: IS [NOT] NULL; comparisons and BETWEEN with
 * constants; IN and = ANY of constants; length(x) against a constant; plain anchored regular
 * expressions (pattern.c); is_x of the types of text; and AND, OR, NOT of these. Whatever an
 * expression says beyond that is left to the evaluator, and so is a single value where the answer
 * depends on a collation: the result is exactly that of plain SQL, which a test compares.
 *
 * Native code is asked about values that are not NULL and not toasted.
 */
#include "native.h"

#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"

#include "memo_key.h"
#include "types/chi_number.h"
#include "types/icd10.h"
#include "types/nhs_number.h"
#include "types/ods_code.h"
#include "types/opcs4.h"
#include "types/postcode.h"
#include "types/sctid.h"

typedef enum NativeKind
{
	NATIVE_CONSTANT,
	NATIVE_AND,
	NATIVE_OR,
	NATIVE_NOT,
	NATIVE_RANGE,				/* an integer or date between low and high */
	NATIVE_OUTSIDE,				/* … or not */
	NATIVE_INTEGERS,			/* among sorted integers or dates */
	NATIVE_TEXTS,				/* among texts */
	NATIVE_LENGTH,				/* number of characters between low and high */
	NATIVE_PATTERN,
	NATIVE_IS					/* a valid value of a type */
} NativeKind;

struct PfNative
{
	NativeKind	kind;
	PfVerdict	constant;
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
	bool		(*is) (const char *data, size_t len);
};

static PfNative *
make_native(NativeKind kind)
{
	PfNative   *native = palloc0(sizeof(PfNative));

	native->kind = kind;
	native->low = PG_INT64_MIN;
	native->high = PG_INT64_MAX;
	return native;
}

/* ---- compiling ---- */

#define IS_VALID(x) \
	static bool \
	is_##x(const char *data, size_t len) \
	{ \
		return pf_##x##_problem(data, len) == 0; \
	}

IS_VALID(chi_number)
IS_VALID(icd10)
IS_VALID(nhs_number)
IS_VALID(ods_code)
IS_VALID(opcs4)
IS_VALID(postcode)
IS_VALID(sctid)

static const struct
{
	const char *name;
	bool		(*is) (const char *data, size_t len);
}			validators[] = {
	{"is_chi_number", is_chi_number},
	{"is_icd10", is_icd10},
	{"is_nhs_number", is_nhs_number},
	{"is_ods_code", is_ods_code},
	{"is_opcs4", is_opcs4},
	{"is_postcode", is_postcode},
	{"is_sctid", is_sctid},
};

static Node *
strip_relabel(Node *node)
{
	while (node && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

static bool
is_column(Node *node, Oid type)
{
	node = strip_relabel(node);
	if (!IsA(node, Var))
		return false;
	if (type == TEXTOID)
		return getBaseType(((Var *) node)->vartype) == TEXTOID || getBaseType(((Var *) node)->vartype) == VARCHAROID;
	return getBaseType(((Var *) node)->vartype) == type;
}

static bool
is_whole_number(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID || type == DATEOID;
}

static int64
whole_number(Datum value, Oid type)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT8OID:
			return DatumGetInt64(value);
		default:
			return DatumGetInt32(value);
	}
}

/* Texts are equal when their bytes are, unless the collation says otherwise. */
static bool
bytes_decide(Oid collation)
{
	return !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

/* The function of an operator, where it is one of the server's of that name; for int4lt: "lt". */
static const char *
comparison_of(Oid funcid, Oid left, Oid right)
{
	static const char *const names[] = {"eq", "ne", "lt", "le", "gt", "ge"};
	char	   *name = get_func_name(funcid);
	size_t		len = name ? strlen(name) : 0;

	if (len < 2 || funcid >= FirstNormalObjectId || !is_whole_number(left) || !is_whole_number(right) ||
		(left == DATEOID) != (right == DATEOID))
		return NULL;
	if (strncmp(name, "int", 3) != 0 && strncmp(name, "date_", 5) != 0)
		return NULL;
	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(name + len - 2, names[i]) == 0)
			return names[i];
	return NULL;
}

/* low and high of "is <comparison> limit"; false where it can be no int64 range */
static bool
set_range(PfNative *native, const char *comparison, int64 limit)
{
	if (strcmp(comparison, "eq") == 0 || strcmp(comparison, "ne") == 0)
		native->low = native->high = limit;
	else if (strcmp(comparison, "le") == 0)
		native->high = limit;
	else if (strcmp(comparison, "ge") == 0)
		native->low = limit;
	else if (strcmp(comparison, "lt") == 0 && limit > PG_INT64_MIN)
		native->high = limit - 1;
	else if (strcmp(comparison, "gt") == 0 && limit < PG_INT64_MAX)
		native->low = limit + 1;
	else
		return false;
	return true;
}

static PfNative *
compile_texts(ArrayType *array, PfVerdict otherwise)
{
	PfNative   *native = make_native(NATIVE_TEXTS);
	Datum	   *values;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &n);
	native->otherwise = otherwise;
	for (native->mask = 7; native->mask < 4 * n; native->mask = 2 * native->mask + 1)
		;
	native->texts = palloc0(sizeof(PfMemoKey) * (native->mask + 1));
	for (int i = 0; i < n; i++)
	{
		text	   *value;
		PfMemoKey	key;
		uint32		at;

		if (nulls[i])
		{
			native->otherwise = PF_UNKNOWN;
			continue;
		}
		value = DatumGetTextPP(values[i]);
		make_key(&key, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
		for (at = key.hash & native->mask; native->texts[at].data; at = (at + 1) & native->mask)
			;
		native->texts[at] = key;
	}
	return native;
}

static int
compare_integers(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x < y ? -1 : x > y;
}

static PfNative *
compile_integers(ArrayType *array, Oid type)
{
	PfNative   *native = make_native(NATIVE_INTEGERS);
	int16		typlen;
	bool		typbyval;
	char		typalign;
	Datum	   *values;
	bool	   *nulls;
	int			n;

	get_typlenbyvalalign(type, &typlen, &typbyval, &typalign);
	deconstruct_array(array, type, typlen, typbyval, typalign, &values, &nulls, &n);
	native->otherwise = PF_FALSE;
	native->integers = palloc(sizeof(int64) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			native->otherwise = PF_UNKNOWN;
		else
			native->integers[native->n++] = whole_number(values[i], type);
	}
	qsort(native->integers, native->n, sizeof(int64), compare_integers);
	return native;
}

/* column = ANY (constant array) */
static PfNative *
compile_any(ScalarArrayOpExpr *expr, Oid type)
{
	Const	   *constant = (Const *) strip_relabel(lsecond(expr->args));
	char	   *name = get_func_name(expr->opfuncid);
	ArrayType  *array;
	PfNative   *native;

	if (!expr->useOr || !IsA(constant, Const) || constant->constisnull || expr->opfuncid >= FirstNormalObjectId)
		return NULL;
	array = DatumGetArrayTypeP(constant->constvalue);
	if (type == TEXTOID && strcmp(name, "texteq") == 0 && ARR_ELEMTYPE(array) == TEXTOID &&
		is_column(linitial(expr->args), TEXTOID) && bytes_decide(expr->inputcollid))
		return compile_texts(array, PF_FALSE);
	if (is_whole_number(type) && is_column(linitial(expr->args), type) && is_whole_number(ARR_ELEMTYPE(array)))
	{
		const char *comparison = comparison_of(expr->opfuncid, type, ARR_ELEMTYPE(array));

		if (comparison == NULL || strcmp(comparison, "eq") != 0)
			return NULL;
		native = compile_integers(array, ARR_ELEMTYPE(array));
		native->type = type;
		return native;
	}
	return NULL;
}

/* length(column) <comparison> constant */
static PfNative *
compile_length(OpExpr *expr, const char *comparison, int64 limit)
{
	FuncExpr   *call = (FuncExpr *) linitial(expr->args);
	PfNative   *native = make_native(NATIVE_LENGTH);

	if (!IsA(call, FuncExpr) || call->funcid >= FirstNormalObjectId || list_length(call->args) != 1 ||
		!is_column(linitial(call->args), TEXTOID) || strcmp(comparison, "ne") == 0)
		return NULL;
	if (strcmp(get_func_name(call->funcid), "length") != 0 && strcmp(get_func_name(call->funcid), "char_length") != 0 &&
		strcmp(get_func_name(call->funcid), "character_length") != 0)
		return NULL;
	return set_range(native, comparison, limit) ? native : NULL;
}

static PfNative *
negated(PfNative *native)
{
	PfNative   *not = make_native(NATIVE_NOT);

	if (native == NULL)
		return NULL;
	not->nchildren = 1;
	not->children = palloc(sizeof(PfNative *));
	not->children[0] = native;
	return not;
}

/* column = 'text', column ~ 'pattern' and their opposites */
static PfNative *
compile_text_operator(OpExpr *expr, Const *constant)
{
	char	   *name = get_func_name(expr->opfuncid);
	PfNative   *native;

	if (expr->opfuncid >= FirstNormalObjectId || constant->consttype != TEXTOID || !is_column(linitial(expr->args), TEXTOID) ||
		!bytes_decide(expr->inputcollid))
		return NULL;
	if (strcmp(name, "texteq") == 0 || strcmp(name, "textne") == 0)
	{
		native = compile_texts(construct_array(&constant->constvalue, 1, TEXTOID, -1, false, TYPALIGN_INT), PF_FALSE);
		return strcmp(name, "texteq") == 0 ? native : negated(native);
	}
	if (strcmp(name, "textregexeq") == 0 || strcmp(name, "textregexne") == 0)
	{
		native = make_native(NATIVE_PATTERN);
		native->pattern = pf_pattern_compile(TextDatumGetCString(constant->constvalue));
		if (native->pattern == NULL)
			return NULL;
		return strcmp(name, "textregexeq") == 0 ? native : negated(native);
	}
	return NULL;
}

static PfNative *
compile_operator(OpExpr *expr, Oid type)
{
	Const	   *constant;
	const char *comparison;
	PfNative   *native;

	if (list_length(expr->args) != 2)
		return NULL;
	constant = (Const *) strip_relabel(lsecond(expr->args));
	if (!IsA(constant, Const) || constant->constisnull)
		return NULL;
	if (type == TEXTOID && (native = compile_text_operator(expr, constant)) != NULL)
		return native;
	comparison = comparison_of(expr->opfuncid, exprType(linitial(expr->args)), constant->consttype);
	if (comparison == NULL)
		return NULL;
	if (type == TEXTOID)
		return compile_length(expr, comparison, whole_number(constant->constvalue, constant->consttype));
	if (!is_column(linitial(expr->args), type))
		return NULL;
	native = make_native(strcmp(comparison, "ne") == 0 ? NATIVE_OUTSIDE : NATIVE_RANGE);
	native->type = type;
	return set_range(native, comparison, whole_number(constant->constvalue, constant->consttype)) ? native : NULL;
}

static PfNative *
compile_function(FuncExpr *expr)
{
	const char *name;

	if (list_length(expr->args) != 1 || !is_column(linitial(expr->args), TEXTOID) ||
		get_func_namespace(expr->funcid) != get_namespace_oid(PF_SCHEMA, true))
		return NULL;
	name = get_func_name(expr->funcid);
	for (size_t i = 0; i < lengthof(validators); i++)
	{
		PfNative   *native;

		if (strcmp(name, validators[i].name) != 0)
			continue;
		native = make_native(NATIVE_IS);
		native->is = validators[i].is;
		return native;
	}
	return NULL;
}

static PfNative *
compile_bool(BoolExpr *expr, Oid type)
{
	PfNative   *native = make_native(expr->boolop == AND_EXPR ? NATIVE_AND : expr->boolop == OR_EXPR ? NATIVE_OR : NATIVE_NOT);
	ListCell   *lc;

	native->children = palloc(sizeof(PfNative *) * list_length(expr->args));
	foreach(lc, expr->args)
	{
		PfNative   *child = pf_native_compile(lfirst(lc), type);

		if (child == NULL)
			return NULL;
		native->children[native->nchildren++] = child;
	}
	return native;
}

/* NULL where the expression has no such shape. column_type is that of the one column in it. */
PfNative *
pf_native_compile(Expr *expr, Oid column_type)
{
	Oid			type = getBaseType(column_type);

	if (type == VARCHAROID)
		type = TEXTOID;
	switch (nodeTag(expr))
	{
		case T_NullTest:
			if (!((NullTest *) expr)->argisrow && IsA(((NullTest *) expr)->arg, Var))
			{
				PfNative   *native = make_native(NATIVE_CONSTANT);

				native->constant = ((NullTest *) expr)->nulltesttype == IS_NOT_NULL ? PF_TRUE : PF_FALSE;
				return native;
			}
			return NULL;
		case T_BoolExpr:
			return compile_bool((BoolExpr *) expr, column_type);
		case T_ScalarArrayOpExpr:
			return compile_any((ScalarArrayOpExpr *) expr, type);
		case T_OpExpr:
			return compile_operator((OpExpr *) expr, type);
		case T_FuncExpr:
			return type == TEXTOID ? compile_function((FuncExpr *) expr) : NULL;
		default:
			return NULL;
	}
}

/* Always the same for a value that is not NULL? */
bool
pf_native_is_constant(const PfNative *native)
{
	return native->kind == NATIVE_CONSTANT;
}

/* ---- asking ---- */

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
		case NATIVE_IS:
			return native->is(data, len) ? PF_TRUE : PF_FALSE;
	}
	return PF_NATIVE_DEFER;
}
