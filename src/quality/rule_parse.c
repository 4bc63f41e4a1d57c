/*
 * rule_parse.c
 *		From the text of a rule to an expression that can be trusted, and back to text.
 *
 * A rule is code that runs inside the scan with the rights of whoever scores, so the way in is
 * narrow: the text must be one expression and nothing else; names in it are resolved under a fixed
 * search_path, never the caller's; a column reference becomes a Var by a hook of ours, so there is
 * no range table that could bring in anything but the columns of the one relation; and both the raw
 * parse tree (before the parser may call the input function of a type) and the finished one are
 * walked by rule_trust.c.
 *
 * :period_start, :period_end and :scored_on are read as Params of type date. Positions in errors
 * refer to the text as the user wrote it.
 */
#include "rule.h"

#include "access/relation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parser.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/varlena.h"

const char *const pf_param_names[PF_NPARAMS] = {"period_start", "period_end", "scored_on"};

/*
 * Rules mean the same whoever reads them: names by a fixed path, strings by the standard. Deparsed
 * text is also independent of the caller's way of writing dates and numbers, as pg_dump's is.
 */
void
pf_rule_settings_push(PfRuleSettings *state, PfRuleSettingsFor what)
{
	state->guc_level = NewGUCNestLevel();
	pf_pin_setting("search_path", what == PF_FOR_DEPARSE ? "pg_catalog, pg_temp" : "pg_catalog, portfolio, pg_temp");
	pf_pin_setting("standard_conforming_strings", "on");
	pf_pin_setting("transform_null_equals", "off");
	pf_pin_setting("quote_all_identifiers", "off");
	if (what != PF_FOR_PARSE)
	{
		pf_pin_writing();
		pf_pin_setting("timezone", "UTC");
	}
}

void
pf_rule_settings_pop(PfRuleSettings *state)
{
	AtEOXact_GUC(true, state->guc_level);
}

/* Does the character at p belong to a name that began before it? */
static bool
continues_name(const char *start, const char *p)
{
	return p > start && (isalnum((unsigned char) p[-1]) || p[-1] == '_' || p[-1] == '$' || IS_HIGHBIT_SET(p[-1]));
}

/* The end of the quoted thing or comment that begins at p, or p itself where none does. */
static const char *
skip_quoted(const char *start, const char *p)
{
	if (p[0] == '\'' || p[0] == '"')
	{
		char		quote = *p;
		bool		escapes = quote == '\'' && p > start && (p[-1] == 'e' || p[-1] == 'E') &&
			(p - 1 == start || !(isalnum((unsigned char) p[-2]) || p[-2] == '_' || IS_HIGHBIT_SET(p[-2])));

		for (p++; *p; p++)
		{
			if (escapes && *p == '\\' && p[1])
				p++;
			else if (*p == quote)
				return p + 1;
		}
		return p;
	}
	if (p[0] == '-' && p[1] == '-')
		return p + strcspn(p, "\r\n");
	if (p[0] == '/' && p[1] == '*')
	{
		int			depth = 0;

		for (; *p; p++)
		{
			if (p[0] == '/' && p[1] == '*')
				depth++, p++;
			else if (p[0] == '*' && p[1] == '/' && --depth == 0)
				return p + 2;
			else if (p[0] == '*' && p[1] == '/')
				p++;
		}
		return p;
	}
	if (p[0] == '$' && !continues_name(start, p))
	{
		const char *tag_end = p + 1;
		const char *close;

		while (isalpha((unsigned char) *tag_end) || *tag_end == '_' || IS_HIGHBIT_SET(*tag_end) ||
			   (tag_end > p + 1 && isdigit((unsigned char) *tag_end)))
			tag_end++;
		if (*tag_end != '$')
			return p;
		close = strstr(tag_end + 1, pnstrdup(p, tag_end - p + 1));
		return close ? close + (tag_end - p + 1) : p + strlen(p);
	}
	return p;
}

/*
 * The text with each :name outside quotes and comments replaced by values[i]. Where values is NULL
 * it is replaced by $i in as many characters, so that positions stay.
 */
char *
pf_replace_params(const char *rule, const char *const *values)
{
	StringInfoData buf;
	const char *p = rule;

	initStringInfo(&buf);
	while (*p)
	{
		const char *end = skip_quoted(rule, p);
		int			param = -1;

		if (end > p)
		{
			appendBinaryStringInfo(&buf, p, end - p);
			p = end;
			continue;
		}
		if (*p == ':' && p[1] != ':' && (p == rule || p[-1] != ':'))
		{
			for (int i = 0; i < PF_NPARAMS; i++)
			{
				size_t		len = strlen(pf_param_names[i]);

				if (pg_strncasecmp(p + 1, pf_param_names[i], len) == 0 &&
					!(isalnum((unsigned char) p[1 + len]) || p[1 + len] == '_'))
					param = i;
			}
		}
		if (param < 0)
			appendStringInfoChar(&buf, *p++);
		else
		{
			size_t		len = strlen(pf_param_names[param]) + 1;

			if (values)
				appendStringInfoString(&buf, values[param]);
			else
				appendStringInfo(&buf, "$%d%*s", param + 1, (int) len - 2, "");
			p += len;
		}
	}
	return buf.data;
}

/* Errors point into the user's text, which is not the text of the statement that is running. */
static void
parse_error_callback(void *arg)
{
	PfRuleParse *context = arg;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(Max(position - PF_RAW_PARSE_SHIFT, 1));
		internalerrquery(context->text);
	}
	else
		errcontext("rule expression \"%s\"", context->text);
}

static void
refuse_syntax(ParseState *pstate, int location)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("a rule must be one expression and nothing else"),
			 errhint("Write what would stand in a CHECK constraint, for example: age BETWEEN 0 AND 120."),
			 parser_errposition(pstate, location)));
}

/* Where that begins which is more than one expression; -1 where the parser's tree does not tell. */
static int
surplus_location(const SelectStmt *select)
{
	const void *parts[] = {
		list_copy_tail(select->targetList, 1), select->distinctClause, select->intoClause, select->fromClause,
		select->whereClause, select->groupClause, select->havingClause, select->windowClause, select->valuesLists,
		select->sortClause, select->limitOffset, select->limitCount, select->withClause,
	};
	int			location = -1;

	for (int i = 0; i < lengthof(parts) && location < 0; i++)
		location = exprLocation(parts[i]);
	return location;
}

/* The raw tree of the one expression that the text must be. */
static Node *
raw_expression(const char *source, ParseState *pstate)
{
	List	   *raw = pf_raw_parse_expression(source);
	SelectStmt *select;
	ResTarget  *target;

	if (list_length(raw) != 1 || !IsA(linitial_node(RawStmt, raw)->stmt, SelectStmt))
		refuse_syntax(pstate, -1);
	select = castNode(SelectStmt, linitial_node(RawStmt, raw)->stmt);
	if (select->op != SETOP_NONE || list_length(select->targetList) != 1 || select->distinctClause ||
		select->intoClause || select->fromClause || select->whereClause || select->groupClause ||
		select->havingClause || select->windowClause || select->valuesLists || select->sortClause ||
		select->limitOffset || select->limitCount || select->lockingClause || select->withClause)
		refuse_syntax(pstate, surplus_location(select));
	target = linitial_node(ResTarget, select->targetList);
	if (target->name || target->indirection)
		refuse_syntax(pstate, target->location);
	return target->val;
}

static void
refuse_column(ParseState *pstate, PfRuleParse *context, const char *name, int location)
{
	const char *closest = NULL;
	int			best = strlen(name) < 2 ? 1 : Min(4, (strlen(name) + 1) / 2 + 1);

	for (int i = 0; i < context->desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(context->desc, i);
		int			distance;

		if (att->attisdropped)
			continue;
		distance = varstr_levenshtein_less_equal(name, Min(strlen(name), 255), NameStr(att->attname),
												 strlen(NameStr(att->attname)), 1, 1, 1, best, true);
		if (distance < best)
		{
			best = distance;
			closest = NameStr(att->attname);
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 context->relname ? errmsg("column \"%s\" of relation \"%s\" does not exist", name, context->relname)
			 : errmsg("column \"%s\" does not exist", name),
			 closest ? errhint("Perhaps you meant the column \"%s\".", closest) : 0,
			 parser_errposition(pstate, location)));
}

/* A column reference becomes a Var over range table entry 1, which exists only in our minds. */
static Node *
column_hook(ParseState *pstate, ColumnRef *cref)
{
	PfRuleParse *context = pstate->p_ref_hook_state;
	const char *name;

	if (IsA(llast(cref->fields), A_Star))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a rule cannot refer to the whole row"),
				 errhint("Name the columns."),
				 parser_errposition(pstate, cref->location)));
	if (list_length(cref->fields) > 2 ||
		(list_length(cref->fields) == 2 &&
		 (context->relname == NULL || strcmp(strVal(linitial(cref->fields)), context->relname) != 0)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("a rule can refer only to columns of its own relation"),
				 errhint("Write the column's name alone."),
				 parser_errposition(pstate, cref->location)));
	name = strVal(llast(cref->fields));
	for (int i = 0; i < context->desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(context->desc, i);
		Var		   *var;

		if (att->attisdropped || strcmp(NameStr(att->attname), name) != 0)
			continue;
		pf_trust_column_type(att->atttypid, name, pstate, cref->location);
		var = makeVar(1, att->attnum, att->atttypid, att->atttypmod, att->attcollation, 0);
		var->location = cref->location;
		return (Node *) var;
	}
	if (context->relname && strcmp(name, context->relname) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a rule cannot refer to the whole row"),
				 errhint("Name the columns."),
				 parser_errposition(pstate, cref->location)));
	refuse_column(pstate, context, name, cref->location);
	return NULL;
}

/* $n stands for :period_start and so on; a user cannot write it, for we look at his text first. */
static Node *
param_hook(ParseState *pstate, ParamRef *pref)
{
	PfRuleParse *context = pstate->p_ref_hook_state;
	Param	   *param;

	if (pref->number < 1 || pref->number > PF_NPARAMS || context->text[pref->location - PF_RAW_PARSE_SHIFT] != ':')
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_PARAMETER),
				 errmsg("there is no parameter $%d", pref->number),
				 errhint("A rule may use :period_start, :period_end and :scored_on."),
				 parser_errposition(pstate, pref->location)));
	if (!context->allow_params)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_PARAMETER),
				 errmsg("\":%s\" cannot be used here", pf_param_names[pref->number - 1]),
				 errdetail("It has a value only while rules are scored."),
				 parser_errposition(pstate, pref->location)));
	param = makeNode(Param);
	param->paramkind = PARAM_EXTERN;
	param->paramid = pref->number;
	param->paramtype = DATEOID;
	param->paramtypmod = -1;
	param->paramcollid = InvalidOid;
	param->location = pref->location;
	return (Node *) param;
}

static Node *
coerce_result(ParseState *pstate, Node *node, Oid wanted)
{
	Oid			type = exprType(node);
	Node	   *coerced;

	if (wanted == BOOLOID)
		return coerce_to_boolean(pstate, node, "a rule");
	if (!OidIsValid(wanted))
		wanted = type == UNKNOWNOID ? TEXTOID : type;
	coerced = coerce_to_target_type(pstate, node, type, wanted, -1, COERCION_ASSIGNMENT,
									COERCE_IMPLICIT_CAST, -1);
	if (coerced == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the expression must be of type %s, not type %s",
						format_type_be(wanted), format_type_be(type)),
				 errhint("Add a cast."),
				 parser_errposition(pstate, exprLocation(node))));
	return coerced;
}

/*
 * Begin to parse rule, the one expression that a user wrote, and give its raw tree. desc has the
 * columns that may be named, relname the name by which they may be qualified (or NULL); both may be
 * exchanged between transformations. source is what the parser sees: the rule, or as many characters.
 * Until pf_rule_parse_end() errors point into the rule. The caller has pushed the settings.
 */
Node *
pf_rule_parse_begin(PfRuleParse *parse, TupleDesc desc, const char *relname, const char *rule,
					const char *source, bool allow_params)
{
	parse->desc = desc;
	parse->relname = relname;
	parse->text = rule;
	parse->allow_params = allow_params;
	parse->callback.previous = error_context_stack;
	parse->callback.callback = parse_error_callback;
	parse->callback.arg = parse;
	error_context_stack = &parse->callback;

	source = pf_replace_params(source, NULL);
	parse->pstate = make_parsestate(NULL);
	parse->pstate->p_sourcetext = pf_raw_parse_source(source);
	parse->pstate->p_pre_columnref_hook = column_hook;
	parse->pstate->p_paramref_hook = param_hook;
	parse->pstate->p_ref_hook_state = parse;
	return raw_expression(source, parse->pstate);
}

/* Transform and judge one raw expression. result_type: BOOLOID for rules, InvalidOid for whatever it is. */
PfExpression *
pf_rule_transform(PfRuleParse *parse, Node *raw, Oid result_type)
{
	ParseState *pstate = parse->pstate;
	PfExpression *expression = palloc0(sizeof(PfExpression));
	Node	   *node;

	pf_trust_raw(raw, pstate);
	node = transformExpr(pstate, raw, EXPR_KIND_OTHER);
	node = coerce_result(pstate, node, result_type);
	assign_expr_collations(pstate, node);

	expression->node = node;
	expression->type = exprType(node);
	expression->volatility = PROVOLATILE_IMMUTABLE;
	expression->parallel = PROPARALLEL_SAFE;
	pf_trust_node(node, pstate, expression);
	return expression;
}

void
pf_rule_parse_end(PfRuleParse *parse)
{
	free_parsestate(parse->pstate);
	error_context_stack = parse->callback.previous;
}

/* A regclass may hold a number that is of no relation. */
Relation
pf_open_relation(Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);

	if (rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	return rel;
}

/* All three for a rule over one row: raises on anything that is not one trusted expression. */
PfExpression *
pf_rule_parse(TupleDesc desc, const char *relname, const char *rule, Oid result_type,
			  bool allow_params)
{
	PfRuleParse parse;
	Node	   *raw;
	PfExpression *expression;

	if (strcmp(pf_rule_kind(rule), "row") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a rule about the whole set cannot be judged row by row"),
				 errhint("add_rule() keeps it with a data set, try_rule() tries it, check_whole_set() judges it."),
				 internalerrposition(1),
				 internalerrquery(rule)));
	raw = pf_rule_parse_begin(&parse, desc, relname, rule, rule, allow_params);
	expression = pf_rule_transform(&parse, raw, result_type);
	pf_rule_parse_end(&parse);
	return expression;
}

/*
 * The text of an expression, fully qualified and independent of any setting: under PF_FOR_DEPARSE.
 * context is a deparse context of the relation, which is dear to make where there are many columns.
 */
char *
pf_rule_deparse_in(const PfExpression *expression, List *context)
{
	char	   *deparsed = deparse_expression(expression->node, context, false, false);
	StringInfoData buf;

	if (expression->params == 0)
		return deparsed;

	/* $1 back to :period_start; only Params print a $ outside quotes */
	initStringInfo(&buf);
	for (const char *p = deparsed; *p;)
	{
		const char *end = skip_quoted(deparsed, p);

		if (end > p)
			appendBinaryStringInfo(&buf, p, end - p);
		else if (*p == '$' && p[1] >= '1' && p[1] < '1' + PF_NPARAMS && !continues_name(deparsed, p))
		{
			appendStringInfo(&buf, ":%s", pf_param_names[p[1] - '1']);
			end = p + 2;
		}
		else
		{
			appendStringInfoChar(&buf, *p);
			end = p + 1;
		}
		p = end;
	}
	return buf.data;
}

/* As above, for one expression. */
char *
pf_rule_deparse(const PfExpression *expression, Oid relid)
{
	PfRuleSettings settings;
	char	   *deparsed;

	pf_rule_settings_push(&settings, PF_FOR_DEPARSE);
	deparsed = pf_rule_deparse_in(expression, deparse_context_for(get_rel_name(relid), relid));
	pf_rule_settings_pop(&settings);
	return deparsed;
}
