/*
 * native.c
 *		The common shapes of rules without PostgreSQL's evaluator.
 *
 * Known are, over one column: IS [NOT] NULL; comparisons and BETWEEN of numbers, dates and times with
 * constants; IN and = ANY of constants; length(x) against a constant; LIKE and plain regular
 * expressions (pattern.c); in_value_set; booleans and their tests; any other strict function of the
 * server or of ours over the value and at most a constant, is_x and all comparisons among them; and
 * AND, OR, NOT of these. Over several columns: comparisons of two that are numbers, dates or times, and
 * AND, OR, NOT of these and the former. Whatever an expression says beyond that is left to the evaluator, and so is a
 * single value where the answer depends on a collation: the result is exactly that of plain SQL, which
 * a test compares.
 *
 * Native code is asked about values that are not NULL and not toasted.
 */
#include "native.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "memo_key.h"

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
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

static bool
is_float(Oid type)
{
	return type == FLOAT4OID || type == FLOAT8OID;
}

static bool
is_whole_number(Oid type)
{
	return is_integer(type) || type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

/* Integers compare among each other, and so do floating-point numbers; dates, times, numeric with their own kind. */
static bool
are_comparable(Oid left, Oid right)
{
	if (is_integer(left) || is_float(left))
		return is_integer(left) ? is_integer(right) : is_float(right);
	return left == right && (is_whole_number(left) || left == NUMERICOID);
}

/* Texts are equal when their bytes are, unless the collation says otherwise. */
static bool
bytes_decide(Oid collation)
{
	return !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

/* The function of an operator, where it is one of the server's of that name; for int4lt: "lt" */
static const char *
comparison_of(Oid funcid, Oid left, Oid right)
{
	static const char *const types[] = {"int", "float", "date_", "timestamp", "numeric_"};
	static const char *const names[] = {"eq", "ne", "lt", "le", "gt", "ge"};
	char	   *name = get_func_name(funcid);
	size_t		len = name ? strlen(name) : 0;
	bool		known = false;

	if (len < 2 || funcid >= FirstNormalObjectId || !are_comparable(left, right))
		return NULL;
	for (int i = 0; i < lengthof(types); i++)
		known |= strncmp(name, types[i], strlen(types[i])) == 0;
	for (int i = 0; known && i < lengthof(names); i++)
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
	for (native->shift = 32 - 3; PF_MEMO_SLOTS(native) < 4 * n; native->shift--)
		;
	native->texts = palloc0(sizeof(PfMemoKey) * PF_MEMO_SLOTS(native));
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
		for (at = key.hash >> native->shift; native->texts[at].data; at = (at + 1) & (PF_MEMO_SLOTS(native) - 1))
			;
		native->texts[at] = key;
		native->lengths |= UINT64CONST(1) << Min(key.len, 63);
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
			native->integers[native->n++] = ordinal(values[i], type);
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
	if (ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) == 0)
		return NULL;			/* FALSE, and for NULL too */
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

static const struct
{
	const char *name;
	PfPattern  *(*compile) (const char *pattern);
	bool		negated;
}			patterns[] = {
	{"textregexeq", pf_pattern_compile, false},
	{"textregexne", pf_pattern_compile, true},
	{"textlike", pf_pattern_compile_like, false},
	{"textnlike", pf_pattern_compile_like, true},
};

/* column = 'text', column ~ 'pattern', column LIKE 'pattern' and their opposites */
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
	for (int i = 0; i < lengthof(patterns); i++)
	{
		if (strcmp(name, patterns[i].name) != 0)
			continue;
		native = make_native(NATIVE_PATTERN);
		native->pattern = patterns[i].compile(TextDatumGetCString(constant->constvalue));
		if (native->pattern == NULL)
			return NULL;
		return patterns[i].negated ? negated(native) : native;
	}
	return NULL;
}

/* Neither a function of a user nor one whose language may need more than its arguments. */
static bool
is_plain_function(Oid funcid)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	Form_pg_proc proc;
	bool		plain;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	proc = (Form_pg_proc) GETSTRUCT(tuple);
	plain = proc->proisstrict && proc->prorettype == BOOLOID &&
		(proc->prolang == INTERNALlanguageId || proc->prolang == ClanguageId) &&
		(funcid < FirstNormalObjectId || proc->pronamespace == get_namespace_oid(PF_SCHEMA, true));
	ReleaseSysCache(tuple);
	return plain;
}

/* f(column), f(column, constant) or f(constant, column) */
static PfNative *
compile_call(Expr *expr, Oid funcid, Oid collation, List *args)
{
	PfNative   *native;
	FmgrInfo   *function;
	int			nargs = list_length(args);
	int			i = 0;
	ListCell   *lc;

	if (nargs < 1 || nargs > 2 || !is_plain_function(funcid))
		return NULL;
	native = make_native(NATIVE_CALL);
	native->argument = -1;
	native->call = palloc0(SizeForFunctionCallInfo(2));
	foreach(lc, args)
	{
		Node	   *arg = strip_relabel(lfirst(lc));

		if (IsA(arg, Var) && native->argument < 0)
			native->argument = i;
		else if (IsA(arg, Const) && !((Const *) arg)->constisnull)
			native->call->args[i].value = ((Const *) arg)->constvalue;
		else
			return NULL;
		i++;
	}
	if (native->argument < 0)
		return NULL;
	function = palloc(sizeof(FmgrInfo));
	fmgr_info(funcid, function);
	fmgr_info_set_expr((Node *) expr, function);
	InitFunctionCallInfoData(*native->call, function, nargs, collation, NULL, NULL);
	return native;
}

/* in_value_set(column, constant [, constant]): the set is loaded once, with the query's snapshot. */
static PfNative *
compile_value_set(FuncExpr *expr)
{
	int			nargs = list_length(expr->args);
	Const	   *name,
			   *day = NULL;
	PfNative   *native;

	if (nargs < 2 || nargs > 3 || strcmp(get_func_name(expr->funcid), "in_value_set") != 0 ||
		get_func_namespace(expr->funcid) != get_namespace_oid(PF_SCHEMA, true) || !is_column(linitial(expr->args), TEXTOID))
		return NULL;
	name = (Const *) strip_relabel(lsecond(expr->args));
	if (nargs == 3)
		day = (Const *) lthird(expr->args);
	if (!IsA(name, Const) || name->constisnull || (day && (!IsA(day, Const) || day->constisnull)))
		return NULL;
	native = make_native(NATIVE_VALUE_SET);
	native->value_set = pf_value_set_load(TextDatumGetCString(name->constvalue), CurrentMemoryContext, false);
	native->has_day = day != NULL;
	native->day = day ? DatumGetDateADT(day->constvalue) : 0;
	return native;
}

static PfNative *
compile_operator(OpExpr *expr, Oid type)
{
	Const	   *constant;
	const char *comparison;
	int64		limit;
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
	if (constant->consttype != NUMERICOID)
		limit = ordinal(constant->constvalue, constant->consttype);
	else
	{
		struct varlena *numeric = PG_DETOAST_DATUM_PACKED(constant->constvalue);

		if (!pf_ordinal_of_numeric(VARDATA_ANY(numeric), VARSIZE_ANY_EXHDR(numeric), &limit))
			return NULL;
	}
	if (type == TEXTOID)
		return compile_length(expr, comparison, limit);
	if (!is_column(linitial(expr->args), type))
		return NULL;
	native = make_native(strcmp(comparison, "ne") == 0 ? NATIVE_OUTSIDE : NATIVE_RANGE);
	native->type = type;
	return set_range(native, comparison, limit) ? native : NULL;
}

/* AND of two ranges is a range: BETWEEN, above all. */
static bool
narrow_range(PfNative *range, const PfNative *other)
{
	if (range->kind != NATIVE_RANGE || other->kind != NATIVE_RANGE || range->type != other->type)
		return false;
	range->low = Max(range->low, other->low);
	range->high = Min(range->high, other->high);
	return true;
}

/* type is that of the one column, InvalidOid where there are several */
static PfNative *
compile_bool(BoolExpr *expr, Oid type)
{
	PfNative   *native = make_native(expr->boolop == AND_EXPR ? NATIVE_AND : expr->boolop == OR_EXPR ? NATIVE_OR : NATIVE_NOT);
	ListCell   *lc;

	native->children = palloc(sizeof(PfNative *) * list_length(expr->args));
	foreach(lc, expr->args)
	{
		PfNative   *child = OidIsValid(type) ? pf_native_compile(lfirst(lc), type) : pf_native_compile_row(lfirst(lc));

		if (child == NULL)
			return NULL;
		if (native->kind != NATIVE_AND || native->nchildren == 0 || !narrow_range(native->children[native->nchildren - 1], child))
			native->children[native->nchildren++] = child;
	}
	return native->kind == NATIVE_AND && native->nchildren == 1 ? native->children[0] : native;
}

static PfNative *
compile_test(BooleanTest *expr, Oid type)
{
	PfNative   *native = make_native(NATIVE_TEST);
	PfNative   *child = pf_native_compile(expr->arg, type);

	if (child == NULL)
		return NULL;
	native->test = expr->booltesttype;
	native->nchildren = 1;
	native->children = palloc(sizeof(PfNative *));
	native->children[0] = child;
	return native;
}

/* NULL where the expression has no such shape. column_type is that of the one column in it. */
PfNative *
pf_native_compile(Expr *expr, Oid column_type)
{
	Oid			type = getBaseType(column_type);
	PfNative   *native;

	if (type == VARCHAROID)
		type = TEXTOID;
	switch (nodeTag(expr))
	{
		case T_Var:
			return type == BOOLOID ? make_native(NATIVE_BOOLEAN) : NULL;
		case T_NullTest:
			if (!((NullTest *) expr)->argisrow && IsA(((NullTest *) expr)->arg, Var))
			{
				native = make_native(NATIVE_CONSTANT);
				native->constant = ((NullTest *) expr)->nulltesttype == IS_NOT_NULL ? PF_TRUE : PF_FALSE;
				return native;
			}
			return NULL;
		case T_BooleanTest:
			return compile_test((BooleanTest *) expr, column_type);
		case T_BoolExpr:
			return compile_bool((BoolExpr *) expr, column_type);
		case T_ScalarArrayOpExpr:
			return compile_any((ScalarArrayOpExpr *) expr, type);
		case T_OpExpr:
			native = compile_operator((OpExpr *) expr, type);
			return native ? native : compile_call(expr, ((OpExpr *) expr)->opfuncid, ((OpExpr *) expr)->inputcollid, ((OpExpr *) expr)->args);
		case T_FuncExpr:
			native = compile_value_set((FuncExpr *) expr);
			return native ? native : compile_call(expr, ((FuncExpr *) expr)->funcid, ((FuncExpr *) expr)->inputcollid, ((FuncExpr *) expr)->args);
		default:
			return NULL;
	}
}

/* ---- of several columns ---- */

static PfNative *
compile_comparison(OpExpr *expr)
{
	static const struct
	{
		const char *comparison;
		int			accepted;
	}			signs[] = {
		{"eq", SIGN_EQUAL}, {"ne", SIGN_LESS | SIGN_GREATER}, {"lt", SIGN_LESS},
		{"le", SIGN_LESS | SIGN_EQUAL}, {"gt", SIGN_GREATER}, {"ge", SIGN_GREATER | SIGN_EQUAL},
	};
	Var		   *left,
			   *right;
	const char *comparison;
	PfNative   *native;

	if (list_length(expr->args) != 2)
		return NULL;
	left = (Var *) strip_relabel(linitial(expr->args));
	right = (Var *) strip_relabel(lsecond(expr->args));
	if (!IsA(left, Var) || !IsA(right, Var))
		return NULL;
	native = make_native(NATIVE_COMPARE);
	native->type = getBaseType(left->vartype);
	native->right_type = getBaseType(right->vartype);
	comparison = comparison_of(expr->opfuncid, native->type, native->right_type);
	if (comparison == NULL || native->type == NUMERICOID)
		return NULL;
	native->attr[0] = left->varattno - 1;
	native->attr[1] = right->varattno - 1;
	for (int i = 0; i < lengthof(signs); i++)
		if (strcmp(comparison, signs[i].comparison) == 0)
			native->accepted = signs[i].accepted;
	return native;
}

static bool
find_only_column(Node *node, void *arg)
{
	Var		  **only = arg;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		if (*only && (*only)->varattno != ((Var *) node)->varattno)
			return true;
		*only = (Var *) node;
	}
	return expression_tree_walker(node, find_only_column, arg);
}

/* What looks at one column only. Being no AND, OR, NOT and no test, it is strict where it is native. */
static PfNative *
compile_part(Expr *expr)
{
	Var		   *only = NULL;
	PfNative   *child,
			   *native;

	if (IsA(expr, BooleanTest) || find_only_column((Node *) expr, &only) || only == NULL)
		return NULL;
	child = pf_native_compile(expr, only->vartype);
	if (child == NULL)
		return NULL;
	native = make_native(child->kind == NATIVE_CONSTANT ? NATIVE_IS_NULL : NATIVE_COLUMN);
	native->attr[0] = only->varattno - 1;
	native->nchildren = 1;
	native->children = palloc(sizeof(PfNative *));
	native->children[0] = child;
	native->constant = child->constant;
	return native;
}

/* As pf_native_compile, for an expression over several columns. */
PfNative *
pf_native_compile_row(Expr *expr)
{
	PfNative   *native = NULL;

	if (IsA(expr, BoolExpr))
		return compile_bool((BoolExpr *) expr, InvalidOid);
	if (IsA(expr, OpExpr))
		native = compile_comparison((OpExpr *) expr);
	return native ? native : compile_part(expr);
}
