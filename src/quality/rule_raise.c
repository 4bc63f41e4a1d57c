/*
 * rule_raise.c
 *		Which functions can never fail, whatever values they are given.
 *
 * A rule made of these alone needs no subtransaction and may run in a parallel worker on every
 * version. Leakproof functions are total by definition; the list adds the server's text functions
 * that fail for no value, given the constants they are called with. In doubt a function may raise.
 */
#include "rule.h"

#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "types/value_set.h"

/* Total for every argument: by name, for text, bpchar, numeric and the small integers. */
static const char *const total_functions[] = {
	"length", "char_length", "character_length", "octet_length", "upper", "lower", "initcap", "btrim",
	"ltrim", "rtrim", "reverse", "starts_with", "strpos", "left", "right", "text", "int8", "numeric",
	"text_lt", "text_le", "text_gt", "text_ge", "texteq", "textne", "bpchareq", "bpcharne", "bpcharlt",
	"bpcharle", "bpchargt", "bpcharge", "numeric_eq", "numeric_ne", "numeric_lt", "numeric_le",
	"numeric_gt", "numeric_ge"
};

/* Total when the pattern is a constant that works: regular expressions and LIKE. */
static const char *const pattern_functions[] = {
	"textregexeq", "textregexne", "texticregexeq", "texticregexne", "bpcharregexeq", "bpcharregexne",
	"bpcharicregexeq", "bpcharicregexne", "textlike", "textnlike", "texticlike", "texticnlike",
	"bpcharlike", "bpcharnlike"
};

static bool
in_list(const char *name, const char *const *list, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static bool
is_total(const char *name, List *args)
{
	ListCell   *lc;

	if (!in_list(name, total_functions, lengthof(total_functions)))
		return false;
	foreach(lc, args)
	{
		switch (exprType(lfirst(lc)))
		{
			case TEXTOID:
			case VARCHAROID:
			case BPCHAROID:
			case NUMERICOID:
			case INT2OID:
			case INT4OID:
			case INT8OID:
				break;
			default:
				return false;
		}
	}
	return true;
}

/* The constant pattern must at least work on the empty string; LIKE must not end in an escape. */
static bool
pattern_works(Oid funcid, const char *name, List *args)
{
	Const	   *pattern;
	char	   *source;

	if (list_length(args) != 2 || !IsA(lsecond(args), Const))
		return false;
	pattern = lsecond_node(Const, args);
	if (pattern->constisnull)
		return true;
	if (pattern->consttype != TEXTOID)
		return false;
	source = TextDatumGetCString(pattern->constvalue);
	if (strstr(name, "like"))
	{
		int			backslashes = 0;

		for (const char *end = source + strlen(source); end > source && end[-1] == '\\'; end--)
			backslashes++;
		return backslashes % 2 == 0;
	}
	(void) OidFunctionCall2Coll(funcid, DEFAULT_COLLATION_OID, CStringGetTextDatum(""),
								pattern->constvalue);
	return true;
}

/*
 * in_value_set fails only where there is no such set, and a constant one is looked for at once. Where it is
 * missing every value fails, and is counted so, as plain SQL has it: the other rules of the scan go on.
 */
static bool
asks_value_set(Oid funcid, List *args)
{
	Node	   *set;

	if (get_func_namespace(funcid) != get_namespace_oid(PF_SCHEMA, true) || strcmp(get_func_name(funcid), "in_value_set") != 0)
		return false;
	set = lsecond(args);
	if (!IsA(set, Const))
		return false;
	return ((Const *) set)->constisnull ||
		pf_value_set_load(TextDatumGetCString(((Const *) set)->constvalue), CurrentMemoryContext, true) != NULL;
}

/*
 * Where two columns' collations conflict none is given, and comparisons of text raise an error; one that
 * calls different bytes equal is refused by patterns and searches.
 */
static bool
collation_may_raise(const char *name, List *args, Oid collation)
{
	static const char *const searches[] = {"starts_with", "strpos"};
	ListCell   *lc;

	if (OidIsValid(collation))
		return !get_collation_isdeterministic(collation) &&
			(in_list(name, pattern_functions, lengthof(pattern_functions)) || in_list(name, searches, lengthof(searches)));
	foreach(lc, args)
		if (OidIsValid(get_typcollation(exprType(lfirst(lc)))))
			return true;
	return false;
}

/* collation: as the call has it. */
bool
pf_function_may_raise(Oid funcid, List *args, Oid collation)
{
	char	   *name;

	if (collation_may_raise(get_func_name(funcid), args, collation))
		return true;
	/* is_x, try_x and x_problem of our types are leakproof: they judge any text without an error */
	if (get_func_leakproof(funcid) || asks_value_set(funcid, args))
		return false;
	if (funcid >= FirstNormalObjectId)
		return true;
	name = get_func_name(funcid);
	if (in_list(name, pattern_functions, lengthof(pattern_functions)))
		return !pattern_works(funcid, name, args);
	return !is_total(name, args);
}
