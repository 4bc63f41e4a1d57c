/*
 * row_json.c
 *		A row as jsonb, the same as to_jsonb() makes of it but for less.
 *
 * to_jsonb() asks the catalogs about the type of every column of every row, sorts the keys each time and
 * sends integers through text. Here that is asked once and kept with the call (fn_extra): the columns in
 * the order of their keys, and how each becomes JSON. Columns of types that are not dealt with here go
 * to to_jsonb() one by one, so that the result is the same to the byte whatever a column holds.
 */
#include "portfolio/portfolio.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

typedef enum Form
{
	FORM_INTEGER,
	FORM_REAL,
	FORM_BOOLEAN,
	FORM_TEXT,
	FORM_JSONB,
	FORM_OUTPUT,				/* a string, by the type's output function */
	FORM_ANY					/* by to_jsonb() */
} Form;

typedef struct Column
{
	NameData	name;
	int			attribute;		/* from 0 */
	Oid			type;			/* that of a domain is what it is over */
	Form		form;
	FmgrInfo	function;		/* of FORM_OUTPUT and FORM_ANY */
} Column;

typedef struct RowPlan
{
	int			n_attributes;
	int			n_columns;		/* those that are not dropped */
	JsonbPair  *pairs;			/* keys are filled in, in their order */
	Column		columns[FLEXIBLE_ARRAY_MEMBER];
} RowPlan;

/* jsonb keeps short keys first, and those of one length by their bytes */
static int
compare_names(const void *a, const void *b)
{
	const char *a_name = NameStr(((const Column *) a)->name);
	const char *b_name = NameStr(((const Column *) b)->name);
	size_t		a_length = strlen(a_name);
	size_t		b_length = strlen(b_name);

	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return memcmp(a_name, b_name, a_length);
}

static Form
form_of(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return FORM_INTEGER;
		case FLOAT4OID:
			return FORM_REAL;
		case BOOLOID:
			return FORM_BOOLEAN;
		case TEXTOID:
		case VARCHAROID:
			return FORM_TEXT;
		case JSONBOID:
			return FORM_JSONB;
		default:
			/* a range of PostgreSQL's own has no cast to json */
			return type < FirstNormalObjectId && type_is_range(type) ? FORM_OUTPUT : FORM_ANY;
	}
}

/* The function that a column needs. to_jsonb() asks the call that it is in for the type of its argument. */
static void
look_up_function(Column *column, MemoryContext context)
{
	Oid			function = F_TO_JSONB;
	bool		is_varlena;
	MemoryContext old_context;

	if (column->form == FORM_OUTPUT)
		getTypeOutputInfo(column->type, &function, &is_varlena);
	else if (column->form != FORM_ANY)
		return;
	fmgr_info_cxt(function, &column->function, context);
	if (column->form == FORM_OUTPUT)
		return;
	old_context = MemoryContextSwitchTo(context);
	fmgr_info_set_expr((Node *) makeFuncExpr(F_TO_JSONB, JSONBOID,
											 list_make1(makeNullConst(column->type, -1, InvalidOid)),
											 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL),
					   &column->function);
	MemoryContextSwitchTo(old_context);
}

static RowPlan *
plan_row(TupleDesc desc, MemoryContext context)
{
	RowPlan    *plan = MemoryContextAllocZero(context, offsetof(RowPlan, columns) + desc->natts * sizeof(Column));

	plan->n_attributes = desc->natts;
	plan->pairs = MemoryContextAllocZero(context, desc->natts * sizeof(JsonbPair));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		Column	   *column = &plan->columns[plan->n_columns];

		if (attribute->attisdropped)
			continue;
		plan->n_columns++;
		column->name = attribute->attname;
		column->attribute = i;
		column->type = getBaseType(attribute->atttypid);
		column->form = form_of(column->type);
		look_up_function(column, context);
	}
	qsort(plan->columns, plan->n_columns, sizeof(Column), compare_names);
	for (int i = 0; i < plan->n_columns; i++)
	{
		JsonbValue *key = &plan->pairs[i].key;

		key->type = jbvString;
		key->val.string.val = NameStr(plan->columns[i].name);
		key->val.string.len = strlen(key->val.string.val);
	}
	return plan;
}

static void
string_value(JsonbValue *value, char *string, int length)
{
	value->type = jbvString;
	value->val.string.val = string;
	value->val.string.len = length;
}

/* The parts of a jsonb, which is put into another by its parts. */
static void
jsonb_value(JsonbValue *value, Jsonb *jsonb)
{
	JsonbIterator *iterator = JsonbIteratorInit(&jsonb->root);
	JsonbParseState *state = NULL;
	JsonbValue *whole = NULL;
	JsonbValue	part;
	JsonbIteratorToken token;

	if (JB_ROOT_IS_SCALAR(jsonb))
	{
		/* an array of one element around it, and then the element */
		(void) JsonbIteratorNext(&iterator, value, true);
		(void) JsonbIteratorNext(&iterator, value, true);
		return;
	}
	while ((token = JsonbIteratorNext(&iterator, &part, false)) != WJB_DONE)
		whole = pushJsonbValue(&state, token, token < WJB_BEGIN_ARRAY ? &part : NULL);
	*value = *whole;
}

static Numeric
integer_value(Oid type, Datum datum)
{
	int64		integer = type == INT8OID ? DatumGetInt64(datum) : type == INT4OID ? DatumGetInt32(datum) : DatumGetInt16(datum);

	return DatumGetNumeric(DirectFunctionCall1(int8_numeric, Int64GetDatum(integer)));
}

/* The number that stands for it in text; NaN and infinity are strings. */
static void
real_value(JsonbValue *value, Datum datum)
{
	char	   *string = DatumGetCString(DirectFunctionCall1(float4out, datum));

	if (isnan(DatumGetFloat4(datum)) || isinf(DatumGetFloat4(datum)))
	{
		string_value(value, string, strlen(string));
		return;
	}
	value->type = jbvNumeric;
	value->val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(string),
															 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

static void
column_value(JsonbValue *value, Column *column, Datum datum)
{
	text	   *string;
	char	   *output;

	switch (column->form)
	{
		case FORM_INTEGER:
			value->type = jbvNumeric;
			value->val.numeric = integer_value(column->type, datum);
			break;
		case FORM_REAL:
			real_value(value, datum);
			break;
		case FORM_BOOLEAN:
			value->type = jbvBool;
			value->val.boolean = DatumGetBool(datum);
			break;
		case FORM_TEXT:
			string = DatumGetTextPP(datum);
			string_value(value, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
			break;
		case FORM_JSONB:
			jsonb_value(value, DatumGetJsonbP(datum));
			break;
		case FORM_OUTPUT:
			output = OutputFunctionCall(&column->function, datum);
			string_value(value, output, strlen(output));
			break;
		case FORM_ANY:
			jsonb_value(value, DatumGetJsonbP(FunctionCall1(&column->function, datum)));
			break;
	}
}

/* The row of one relation as to_jsonb() makes it, by a function that is called for rows of this relation alone. */
Jsonb *
pf_row_to_jsonb(FmgrInfo *caller, HeapTuple tuple, TupleDesc desc)
{
	RowPlan    *plan = caller->fn_extra;
	JsonbValue	object;
	Datum	   *values;
	bool	   *nulls;

	if (plan == NULL)
		caller->fn_extra = plan = plan_row(desc, caller->fn_mcxt);
	Assert(plan->n_attributes == desc->natts);
	values = palloc(desc->natts * sizeof(Datum));
	nulls = palloc(desc->natts * sizeof(bool));
	heap_deform_tuple(tuple, desc, values, nulls);
	for (int i = 0; i < plan->n_columns; i++)
	{
		Column	   *column = &plan->columns[i];

		if (nulls[column->attribute])
			plan->pairs[i].value.type = jbvNull;
		else
			column_value(&plan->pairs[i].value, column, values[column->attribute]);
	}
	object.type = jbvObject;
	object.val.object.nPairs = plan->n_columns;
	object.val.object.pairs = plan->pairs;
	return JsonbValueToJsonb(&object);
}
