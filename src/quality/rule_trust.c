/*
 * rule_trust.c
 *		What may stand in a rule, seen twice: raw, before the parser can call a type's input function
 *		for a literal, and transformed, when every function is known.
 *
 * Both walkers name what they allow and refuse the rest. Trusted are the server's own functions,
 * operators, types and casts that neither write, execute text, read tables nor the clock; members of
 * pg_portfolio in schema portfolio; and functions a superuser named in portfolio.trusted_function.
 * That "pg_catalog only" is not enough was learnt from table_to_xml('a view of mine') and from a cast
 * to a domain whose CHECK calls a function; docs/quality_engine.md lists the doors and their locks.
 */
#include "rule.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/tuptable.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_node.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

typedef struct TrustContext
{
	ParseState *pstate;
	PfExpression *expression;
	int			location;		/* of the nearest node around that has one */
} TrustContext;

typedef enum TypeTrust
{
	TYPE_TRUSTED,
	TYPE_ENUM,					/* a user's enum, or array of it: harmless for enum functions alone */
	TYPE_UNTRUSTED
} TypeTrust;

#define HINT_TRUST "A rule may use functions, operators and types of pg_catalog, of pg_portfolio, and functions that a superuser has named in portfolio.trusted_function."

static bool trust_raw_walker(Node *node, void *arg);
static bool trust_walker(Node *node, TrustContext *context);

static bool
is_member(Oid classid, Oid objid)
{
	Oid			extension = get_extension_oid("pg_portfolio", true);

	return OidIsValid(extension) && getExtensionOfObject(classid, objid) == extension;
}

/* Does a signature of trusted_function name this function? name: qualified, with the parenthesis. */
static bool
signature_names(Datum signature, const char *name, Oid funcid)
{
	LOCAL_FCINFO(fcinfo, 1);
	Datum		oid;

	/* Only then resolve it: types of other signatures may be gone, which is an error */
	if (strncmp(TextDatumGetCString(signature), name, strlen(name)) != 0)
		return false;
	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = signature;
	fcinfo->args[0].isnull = false;
	oid = to_regprocedure(fcinfo);
	return !fcinfo->isnull && DatumGetObjectId(oid) == funcid;
}

/* Is the function named in portfolio.trusted_function? No privilege is needed to be judged. */
static bool
is_named_trusted(Oid funcid)
{
	Relation	rel = table_open(pf_relation_oid("trusted_function"), AccessShareLock);
	TableScanDesc scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	char	   *name = psprintf("%s(", quote_qualified_identifier(get_namespace_name(get_func_namespace(funcid)),
																   get_func_name(funcid)));
	bool		found = false;

	while (!found && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool		isnull;
		Datum		signature = slot_getattr(slot, 1, &isnull);

		found = !isnull && signature_names(signature, name, funcid);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

/*
 * The types whose text is a name: it is looked up, and written, by the search_path and with the
 * privileges of whoever scores, so one rule would mean two things.
 */
static bool
resolves_names(Oid type)
{
	switch (type)
	{
		case REGCLASSOID:
		case REGCOLLATIONOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
		case REGNAMESPACEOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGPROCOID:
		case REGPROCEDUREOID:
		case REGROLEOID:
		case REGTYPEOID:
			return true;
		default:
			return false;
	}
}

/*
 * Judge a type down to its parts. A domain or composite of a user may call his functions whenever a
 * value is read or written, so only the server's and our own are trusted; a domain over a trusted
 * type may be read (a column has it) but not be cast to, which trust_walker sees to.
 */
static TypeTrust
type_trust(Oid type, bool column)
{
	Oid			element = get_element_type(type);
	TypeTrust	trust;

	if (OidIsValid(element))
		return type_trust(element, false);
	if (resolves_names(type))
		return TYPE_UNTRUSTED;
	if (column && get_typtype(type) == TYPTYPE_DOMAIN)
		return type_trust(getBaseType(type), false);
	if (type == RECORDOID || type == UNKNOWNOID)
		return TYPE_TRUSTED;
	if (type < FirstNormalObjectId && get_typtype(type) != TYPTYPE_DOMAIN && get_typtype(type) != TYPTYPE_COMPOSITE)
		return TYPE_TRUSTED;
	if (is_member(TypeRelationId, type))
		return TYPE_TRUSTED;
	trust = get_typtype(type) == TYPTYPE_ENUM ? TYPE_ENUM : TYPE_UNTRUSTED;
	return trust;
}

static void
refuse_type(Oid type, ParseState *pstate, int location)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("type %s is not trusted in rules", format_type_be(type)),
			 resolves_names(type) || resolves_names(get_element_type(type)) ?
			 errdetail("What a name stands for depends on the search_path of whoever scores.") :
			 errdetail("Its input, output or constraint may call functions of its owner with the rights of whoever scores."),
			 errhint(HINT_TRUST),
			 parser_errposition(pstate, location)));
}

void
pf_trust_column_type(Oid type, const char *column, ParseState *pstate, int location)
{
	if (type_trust(type, true) == TYPE_UNTRUSTED)
		refuse_type(type, pstate, location);
}

static void
refuse_kind(const char *what, ParseState *pstate, int location)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s cannot be used in a rule", what),
			 errhint("A rule looks at one row by itself; it may compare, compute and call trusted functions."),
			 parser_errposition(pstate, location)));
}

static void
refuse_clock(const char *what, ParseState *pstate, int location)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s cannot be used in a rule", what),
			 errdetail("The same data would score differently tomorrow."),
			 errhint("Use :period_start, :period_end or :scored_on."),
			 parser_errposition(pstate, location)));
}

/* ---- raw ---- */

static void
trust_raw_name(List *name, const char *what, bool function, ParseState *pstate, int location)
{
	const char *schema;

	if (list_length(name) == 1)
		return;					/* found in pg_catalog or portfolio, or not at all */
	schema = strVal(linitial(name));
	if (list_length(name) == 2 && (strcmp(schema, "pg_catalog") == 0 || strcmp(schema, PF_SCHEMA) == 0))
		return;
	if (list_length(name) == 2 && function)
	{
		/* Only a function that somebody trusted may have its arguments' types looked at */
		FuncCandidateList candidate = pf_funcname_candidates(name);

		for (; candidate; candidate = candidate->next)
			if (is_named_trusted(candidate->oid))
				return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s %s is not trusted in rules", what, NameListToString(name)),
			 errhint(HINT_TRUST),
			 parser_errposition(pstate, location)));
}

static void
trust_raw_type(const TypeName *name, ParseState *pstate)
{
	Type		tuple;
	Oid			type;

	if (name->setof || name->pct_type)
		refuse_kind("SETOF or %TYPE", pstate, name->location);
	tuple = LookupTypeName(pstate, name, NULL, false);
	if (tuple == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("type \"%s\" does not exist", TypeNameToString(name)),
				 errhint(HINT_TRUST),
				 parser_errposition(pstate, name->location)));
	type = typeTypeId(tuple);
	ReleaseSysCache(tuple);
	if (type_trust(type, false) == TYPE_UNTRUSTED)
		refuse_type(type, pstate, name->location);
}

/* f(x) may be a cast in disguise, so the name must not be that of an untrusted type either. */
static void
trust_raw_call(FuncCall *call, ParseState *pstate)
{
	if (call->over || call->agg_order || call->agg_filter || call->agg_within_group ||
		call->agg_star || call->agg_distinct)
		refuse_kind(call->over ? "a window function" : "an aggregate function", pstate, call->location);
	trust_raw_name(call->funcname, "function", true, pstate, call->location);
	if (list_length(call->args) == 1)
	{
		Type		tuple = LookupTypeName(NULL, makeTypeNameFromNameList(call->funcname), NULL, true);

		if (tuple != NULL)
		{
			Oid			type = typeTypeId(tuple);

			ReleaseSysCache(tuple);
			if (type_trust(type, false) == TYPE_UNTRUSTED)
				refuse_type(type, pstate, call->location);
		}
	}
}

static bool
trust_raw_walker(Node *node, void *arg)
{
	ParseState *pstate = arg;

	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_SubLink:
			refuse_kind("a subquery", pstate, ((SubLink *) node)->location);
			break;
		case T_SQLValueFunction:
			if (((SQLValueFunction *) node)->op <= SVFOP_LOCALTIMESTAMP_N)
				refuse_clock("the current date or time", pstate, ((SQLValueFunction *) node)->location);
			refuse_kind("the current user or database", pstate, ((SQLValueFunction *) node)->location);
			break;
		case T_FuncCall:
			trust_raw_call((FuncCall *) node, pstate);
			break;
		case T_A_Expr:
			trust_raw_name(((A_Expr *) node)->name, "operator", false, pstate, ((A_Expr *) node)->location);
			break;
		case T_TypeCast:
			trust_raw_type(((TypeCast *) node)->typeName, pstate);
			break;
		case T_TypeName:
			trust_raw_type((TypeName *) node, pstate);
			break;
		default:
			break;
	}
	return raw_expression_tree_walker(node, trust_raw_walker, arg);
}

void
pf_trust_raw(Node *raw, ParseState *pstate)
{
	(void) trust_raw_walker(raw, pstate);
}

/* ---- transformed ---- */

static bool
name_begins(const char *name, const char *const *list, int n)
{
	for (int i = 0; i < n; i++)
		if (strncmp(name, list[i], strlen(list[i])) == 0)
			return true;
	return false;
}

/* Functions of the server that are not volatile and yet read the clock. */
static bool
reads_clock(Form_pg_proc proc)
{
	static const char *const clocks[] = {"now", "transaction_timestamp", "statement_timestamp"};

	for (int i = 0; i < lengthof(clocks); i++)
		if (strcmp(NameStr(proc->proname), clocks[i]) == 0)
			return true;
	return strcmp(NameStr(proc->proname), "age") == 0 && proc->pronargs == 1;
}

/*
 * Functions of the server that are not volatile and yet reach beyond their arguments: tables by name,
 * types by number or name, settings, sessions, catalogs. Whoever takes cstring is an input function
 * called by hand (domain_in can be told any domain).
 */
static bool
reaches_out(Form_pg_proc proc)
{
	static const char *const begins[] = {
		"pg_", "has_", "txid_", "to_reg", "inet_client", "inet_server", "current_", "lo_", "binary_upgrade",
		"row_security", "satisfies_hash", "col_description", "obj_description", "shobj_description",
		"session_user", "getpgusername", "get", "ri_", "ts_rewrite", "ts_stat", "amvalidate", "nextval",
		"currval", "lastval", "set_config", "query_", "table_", "cursor_", "schema_", "database_", "dblink",
	"json_populate", "jsonb_populate", "format_type", "information_schema", "version"};
	const char *name = NameStr(proc->proname);
	bool		getter = strcmp(name, "get_bit") == 0 || strcmp(name, "get_byte") == 0 ||
		strncmp(name, "pg_size_pretty", 14) == 0;

	for (int i = 0; i < proc->pronargs; i++)
	{
		Oid			type = proc->proargtypes.values[i];

		if (type == CSTRINGOID || type == INTERNALOID || type == OIDVECTOROID)
			return true;
	}
	if (proc->prorettype == CSTRINGOID || proc->prorettype == INTERNALOID || proc->prorettype == TRIGGEROID)
		return true;
	return !getter && (name_begins(name, begins, lengthof(begins)) || strstr(name, "_to_xml") || strstr(name, "xmlschema"));
}

static void
refuse_function(Oid funcid, const char *detail, TrustContext *context)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("function %s is not trusted in rules", format_procedure(funcid)),
			 detail ? errdetail("%s", detail) : 0,
			 errhint(HINT_TRUST),
			 parser_errposition(context->pstate, context->location)));
}

/* check_function_callback: raises, or notes what the function does to the whole. */
static bool
trust_function(Oid funcid, void *arg)
{
	TrustContext *context = arg;
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	Form_pg_proc proc;
	bool		builtin;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	proc = (Form_pg_proc) GETSTRUCT(tuple);
	builtin = funcid < FirstNormalObjectId && proc->pronamespace == PG_CATALOG_NAMESPACE;

	if (!builtin && !(proc->pronamespace == get_namespace_oid(PF_SCHEMA, true) && is_member(ProcedureRelationId, funcid)) &&
		!is_named_trusted(funcid))
		refuse_function(funcid, NULL, context);
	if (proc->proretset)
		refuse_kind("a set-returning function", context->pstate, context->location);
	if (builtin && reads_clock(proc))
		refuse_clock(psprintf("function %s", format_procedure(funcid)), context->pstate, context->location);
	if (proc->provolatile == PROVOLATILE_VOLATILE)
		refuse_function(funcid, "It is volatile: it may write, or give another answer each time.", context);
	if (proc->provolatile == PROVOLATILE_STABLE)
		context->expression->volatility = PROVOLATILE_STABLE;
	if (proc->proparallel == PROPARALLEL_UNSAFE ||
		(proc->proparallel == PROPARALLEL_RESTRICTED && context->expression->parallel == PROPARALLEL_SAFE))
		context->expression->parallel = proc->proparallel;
	ReleaseSysCache(tuple);
	return false;
}

/* A function called by name, or an operator: its reach, and what it is handed. */
static void
trust_call(Oid funcid, List *args, Node *node, TrustContext *context)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	Form_pg_proc proc;
	int			i = 0;
	ListCell   *lc;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	proc = (Form_pg_proc) GETSTRUCT(tuple);
	if (funcid < FirstNormalObjectId && reaches_out(proc) && !reads_clock(proc))
		refuse_function(funcid, "It reaches beyond the values of the row.", context);
	foreach(lc, args)
	{
		Oid			type = exprType(lfirst(lc));
		Oid			declared = i < proc->pronargs ? proc->proargtypes.values[i] : InvalidOid;

		/* to_json and the like look for casts of the type, which its owner may have made */
		if (type_trust(type, true) == TYPE_ENUM && declared != ANYENUMOID && declared != ANYARRAYOID)
			refuse_type(type, context->pstate, context->location);
		i++;
	}
	ReleaseSysCache(tuple);
	if (pf_function_may_raise(funcid, args, exprInputCollation(node)))
		context->expression->may_raise = true;
}

static void
note_column(Var *var, TrustContext *context)
{
	if (var->varno != 1 || var->varattno <= 0 || var->varlevelsup != 0)
		refuse_kind("a system column", context->pstate, context->location);
	context->expression->columns = bms_add_member(context->expression->columns, var->varattno);
}

static void
trust_enum_free(List *args, TrustContext *context)
{
	ListCell   *lc;

	foreach(lc, args)
		if (type_trust(exprType(lfirst(lc)), true) != TYPE_TRUSTED)
			refuse_type(exprType(lfirst(lc)), context->pstate, context->location);
}

/*
 * Are values of this type written in a way that the session's settings choose (extra_float_digits, bytea_output), although
 * PostgreSQL calls their output functions immutable?
 */
static bool
text_depends_on_settings(Oid type)
{
	char		category;
	bool		preferred;

	type = getBaseType(type);
	get_type_category_preferred(type, &category, &preferred);
	return type == FLOAT4OID || type == FLOAT8OID || type == BYTEAOID || category == TYPCATEGORY_GEOMETRIC;
}

static bool
trust_walker(Node *node, TrustContext *context)
{
	bool		outer = false;

	if (node == NULL)
		return false;
	if (!IsA(node, List) && exprLocation(node) >= 0)
		context->location = exprLocation(node);
	switch (nodeTag(node))
	{
		case T_List:
		case T_CaseWhen:
		case T_BoolExpr:
		case T_NullTest:
		case T_BooleanTest:
			outer = true;
			break;
		case T_Var:
			note_column((Var *) node, context);
			break;
		case T_Param:
			context->expression->params |= 1 << (((Param *) node)->paramid - 1);
			break;
		case T_FuncExpr:
			trust_call(((FuncExpr *) node)->funcid, ((FuncExpr *) node)->args, node, context);
			break;
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			set_opfuncid((OpExpr *) node);
			trust_call(((OpExpr *) node)->opfuncid, ((OpExpr *) node)->args, node, context);
			break;
		case T_ScalarArrayOpExpr:
			set_sa_opfuncid((ScalarArrayOpExpr *) node);
			trust_call(((ScalarArrayOpExpr *) node)->opfuncid,
					   list_make1(linitial(((ScalarArrayOpExpr *) node)->args)), node, context);
			break;
		case T_RowExpr:
			trust_enum_free(((RowExpr *) node)->args, context);
			break;
		case T_CoerceViaIO:
			if (text_depends_on_settings(exprType((Node *) ((CoerceViaIO *) node)->arg)))
				context->expression->volatility = PROVOLATILE_STABLE;
			context->expression->may_raise = true;
			break;
		case T_ArrayCoerceExpr:
		case T_SubscriptingRef:
		case T_CoerceToDomain:
			context->expression->may_raise = true;
			break;
		case T_RelabelType:
		case T_Const:
		case T_ArrayExpr:
		case T_CaseExpr:
		case T_CaseTestExpr:
		case T_CoalesceExpr:
		case T_CollateExpr:
		case T_CoerceToDomainValue:
		case T_NamedArgExpr:
			break;
		case T_MinMaxExpr:
			trust_enum_free(((MinMaxExpr *) node)->args, context);
			context->expression->may_raise = true;
			break;
		case T_RowCompareExpr:
			trust_enum_free(((RowCompareExpr *) node)->largs, context);
			context->expression->may_raise = true;
			break;
		case T_Aggref:
		case T_GroupingFunc:
			refuse_kind("an aggregate function", context->pstate, context->location);
			break;
		case T_WindowFunc:
			refuse_kind("a window function", context->pstate, context->location);
			break;
		default:
			refuse_kind("this kind of expression", context->pstate, context->location);
	}
	if (!outer)
	{
		Oid			type = exprType(node);

		if (type_trust(type, IsA(node, Var) || IsA(node, RelabelType)) == TYPE_UNTRUSTED)
			refuse_type(type, context->pstate, context->location);
		(void) check_functions_in_node(node, trust_function, context);
	}
	return expression_tree_walker(node, trust_walker, context);
}

void
pf_trust_node(Node *node, ParseState *pstate, PfExpression *expression)
{
	TrustContext context = {pstate, expression, -1};

	(void) trust_walker(node, &context);
}
