/*
 * plain_value.c
 *		The text and the JSON of a value, without running code of whoever owns its type.
 *
 * A cast of a user's type to text, json or jsonb is that user's function, and `x::text`, to_jsonb()
 * and all that builds JSON call it with the rights of whoever asks. So what shows values of somebody
 * else's table asks for them here: casts to text of pg_catalog and of pg_portfolio are used as
 * ever, any other type gives the text of its output function, which only a superuser can have made.
 */
#include "pf.h"

#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(pf_plain_text);
PG_FUNCTION_INFO_V1(pf_plain_json);

/* How values of one type become text, for one call in a query */
typedef struct PlainValue
{
	bool		is_text;		/* the datum is its own text */
	bool		is_cast;		/* call is a cast, else an output function */
	bool		is_plain;		/* a type of pg_catalog or of ours, down to its elements */
	FmgrInfo	call;
	FmgrInfo	to_json;
} PlainValue;

static bool
is_trusted(Oid classid, Oid objid)
{
	Oid			extension;

	if (objid < FirstNormalObjectId)
		return true;
	extension = get_extension_oid("pg_portfolio", true);
	return OidIsValid(extension) && getExtensionOfObject(classid, objid) == extension;
}

/* A record may hold anything, so it is not plain. */
static bool
is_plain(Oid type)
{
	Oid			element;

	type = getBaseType(type);
	while (OidIsValid(element = get_element_type(type)))
		type = getBaseType(element);
	return type != RECORDOID && is_trusted(TypeRelationId, type);
}

static PlainValue *
plain_value(FunctionCallInfo fcinfo)
{
	PlainValue *plain = fcinfo->flinfo->fn_extra;
	Oid			type;
	Oid			function = InvalidOid;
	bool		varlena;

	if (plain != NULL)
		return plain;
	type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	if (!OidIsValid(type))
		elog(ERROR, "could not determine the type of the value");
	type = getBaseType(type);
	plain = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(PlainValue));
	plain->is_plain = is_plain(type);
	switch (find_coercion_pathway(TEXTOID, type, COERCION_EXPLICIT, &function))
	{
		case COERCION_PATH_RELABELTYPE:
			plain->is_text = type < FirstNormalObjectId;
			break;
		case COERCION_PATH_FUNC:
			plain->is_cast = is_trusted(ProcedureRelationId, function) && get_func_nargs(function) == 1;
			break;
		default:
			break;
	}
	if (!plain->is_text && !plain->is_cast)
		getTypeOutputInfo(type, &function, &varlena);
	if (!plain->is_text)
		fmgr_info_cxt(function, &plain->call, fcinfo->flinfo->fn_mcxt);
	fcinfo->flinfo->fn_extra = plain;
	return plain;
}

static Datum
text_of(PlainValue *plain, Datum value)
{
	if (plain->is_text)
		return value;
	if (plain->is_cast)
		return FunctionCall1(&plain->call, value);
	return CStringGetTextDatum(OutputFunctionCall(&plain->call, value));
}

/* plain_text("any") → text */
Datum
pf_plain_text(PG_FUNCTION_ARGS)
{
	return text_of(plain_value(fcinfo), PG_GETARG_DATUM(0));
}

/* plain_json("any") → jsonb: to_jsonb() of the value, or of its text */
Datum
pf_plain_json(PG_FUNCTION_ARGS)
{
	PlainValue *plain = plain_value(fcinfo);
	Datum		value = PG_GETARG_DATUM(0);

	if (!OidIsValid(plain->to_json.fn_oid))
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		Oid			type = plain->is_plain ? get_fn_expr_argtype(fcinfo->flinfo, 0) : TEXTOID;

		/* to_jsonb() looks at the type of its argument */
		fmgr_info_cxt(F_TO_JSONB, &plain->to_json, fcinfo->flinfo->fn_mcxt);
		fmgr_info_set_expr((Node *) makeFuncExpr(F_TO_JSONB, JSONBOID, list_make1(makeNullConst(type, -1, InvalidOid)),
												 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL),
						   &plain->to_json);
		MemoryContextSwitchTo(old);
	}
	return FunctionCall1(&plain->to_json, plain->is_plain ? value : text_of(plain, value));
}
