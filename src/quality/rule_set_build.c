/*
 * rule_set_build.c
 *		Making a rule set from a relation and the texts of its rules.
 *
 * Each expression is parsed and judged by rule_parse.c and kept deparsed. With `report`, what does not
 * compile becomes a problem of the set instead of an error, so that one broken rule (its column is
 * gone, say) does not keep the others from being scored; an item whose applies_when or column is
 * broken takes its rules with it, for without it they would count other rows.
 */
#include "quality.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

typedef struct Builder
{
	Relation	rel;
	TupleDesc	desc;
	const char *relname;
	bool		report;
	PfRuleSet  *set;
	Bitmapset  *columns;		/* attribute numbers that some expression needs */
	PfProblem **item_problems;	/* by item, NULL while it works */
	AttrNumber *item_attnos;	/* by item, 0: none */
	List	   *asides;			/* items that wait for a rule: JsonbContainer * */
	List	   *expressions;	/* to be deparsed, and */
	List	   *targets;		/* where to: char ** */
} Builder;

char *
pf_qualified_type(Oid type)
{
	return format_type_extended(type, -1, FORMAT_TYPE_FORCE_QUALIFY);
}

char *
pf_qualified_collation(Oid collation)
{
	HeapTuple	tuple;
	Form_pg_collation form;
	char	   *name;

	if (!OidIsValid(collation))
		return pstrdup("");
	tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	form = (Form_pg_collation) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->collnamespace), NameStr(form->collname));
	ReleaseSysCache(tuple);
	return name;
}

/*
 * "The column's value is one of these codes", trimmed where it is text: how missing values and
 * default codes are asked.
 */
char *
pf_codes_expression(const char *column, Oid type, int n, char **values)
{
	StringInfoData buf;
	bool		textual = TypeCategory(getBaseType(type)) == TYPCATEGORY_STRING;

	initStringInfo(&buf);
	appendStringInfo(&buf, textual ? "btrim(%s) IN (" : "%s IN (", quote_identifier(column));
	for (int i = 0; i < n; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "", quote_literal_cstr(values[i]));
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* Parse, judge, and see that it can be planned: constant folding may raise as well (a > 1/0). */
static PfExpression *
parse_planned(Builder *b, const char *rule)
{
	PfExpression *expression = pf_rule_parse(b->desc, b->relname, rule, BOOLOID, true);

	(void) expression_planner((Expr *) copyObject(expression->node));
	return expression;
}

/* The expression, or NULL and what is wrong with it. */
static PfExpression *
parse_reporting(Builder *b, const char *rule, PfProblem *problem)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	PfExpression *volatile expression = NULL;

	if (!b->report)
		return parse_planned(b, rule);
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		expression = parse_planned(b, rule);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION ||
			ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INSUFFICIENT_RESOURCES)
			ReThrowError(error);
		problem->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
		problem->problem = error->message;
		expression = NULL;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return expression;
}

/* What an accepted expression adds to the whole; its text goes to *target in the end. */
static void
take_expression(Builder *b, PfExpression *expression, char **target)
{
	b->columns = bms_add_members(b->columns, expression->columns);
	if (expression->volatility == PROVOLATILE_STABLE)
		b->set->volatility = PROVOLATILE_STABLE;
	if (expression->parallel == PROPARALLEL_UNSAFE ||
		(expression->parallel == PROPARALLEL_RESTRICTED && b->set->parallel == PROPARALLEL_SAFE))
		b->set->parallel = expression->parallel;
	b->set->may_raise |= expression->may_raise;
	if (target)
	{
		b->expressions = lappend(b->expressions, expression);
		b->targets = lappend(b->targets, target);
	}
}

static void
deparse_expressions(Builder *b)
{
	List	   *context = deparse_context_for(b->relname, RelationGetRelid(b->rel));
	PfRuleSettings settings;
	ListCell   *expression;
	ListCell   *target;

	pf_rule_settings_push(&settings, PF_FOR_DEPARSE);
	forboth(expression, b->expressions, target, b->targets)
		*((char **) lfirst(target)) = pf_rule_deparse_in(lfirst(expression), context);
	pf_rule_settings_pop(&settings);
}

static AttrNumber
find_attribute(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped && strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return i + 1;
	return InvalidAttrNumber;
}

static int
add_item(Builder *b, char *name, AttrNumber attno)
{
	PfRuleSet  *set = b->set;

	memset(&set->items[set->nitems], 0, sizeof(PfItem));
	set->items[set->nitems].name = name;
	set->items[set->nitems].column = -1;
	b->item_attnos[set->nitems] = attno;
	b->item_problems[set->nitems] = NULL;
	if (attno != InvalidAttrNumber)
		b->columns = bms_add_member(b->columns, attno);
	return set->nitems++;
}

static char **
trimmed(int n, char **values)
{
	for (int i = 0; i < n; i++)
	{
		char	   *end;

		while (*values[i] == ' ')
			values[i]++;
		for (end = values[i] + strlen(values[i]); end > values[i] && end[-1] == ' '; end--)
			;
		*end = '\0';
	}
	return values;
}

static void
item_column(Builder *b, const char *name, AttrNumber *attno, PfProblem *problem)
{
	*attno = find_attribute(b->desc, name);
	if (*attno != InvalidAttrNumber)
		return;
	if (!b->report)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist", name, b->relname)));
	problem->sqlstate = "42703";
	problem->problem = psprintf("column \"%s\" of relation \"%s\" does not exist", name, b->relname);
}

static int
build_item(Builder *b, JsonbContainer *object)
{
	PfProblem	problem = {0};
	char	   *column = pf_json_string(object, "column", false);
	char	   *applies = pf_json_string(object, "applies_when", false);
	AttrNumber	attno = InvalidAttrNumber;
	PfExpression *expression;
	PfItem	   *item;
	int			i;

	if (column)
		item_column(b, column, &attno, &problem);
	i = add_item(b, pf_json_string(object, "name", true), attno);
	item = &b->set->items[i];
	item->mandatory = pf_json_bool(object, "mandatory", false);
	item->missing = trimmed(0, pf_json_strings(object, "missing_values", &item->nmissing));
	item->defaults = trimmed(0, pf_json_strings(object, "default_codes", &item->ndefaults));
	trimmed(item->nmissing, item->missing);
	trimmed(item->ndefaults, item->defaults);
	for (int k = 0; attno != InvalidAttrNumber && k < 2; k++)
	{
		int			n = k == 0 ? item->nmissing : item->ndefaults;

		if (n == 0)
			continue;
		expression = parse_reporting(b, pf_codes_expression(column, TupleDescAttr(b->desc, attno - 1)->atttypid,
															n, k == 0 ? item->missing : item->defaults), &problem);
		if (expression)
			take_expression(b, expression, NULL);
	}
	if (applies)
	{
		expression = parse_reporting(b, applies, &problem);
		if (expression)
			take_expression(b, expression, &item->applies_when);
	}
	if (attno == InvalidAttrNumber || problem.problem)
		item->nmissing = item->ndefaults = 0;
	if (problem.problem)
	{
		b->item_problems[i] = palloc(sizeof(PfProblem));
		*b->item_problems[i] = problem;
	}
	return i;
}

static int
item_of_column(Builder *b, AttrNumber attno)
{
	for (int i = 0; attno != InvalidAttrNumber && i < b->set->nitems; i++)
		if (b->item_attnos[i] == attno)
			return i;
	return -1;
}

static AttrNumber
aside_column(Builder *b, JsonbContainer *object)
{
	char	   *column = pf_json_string(object, "column", false);

	return column ? find_attribute(b->desc, column) : InvalidAttrNumber;
}

static char *
new_item_name(Builder *b, const char *wanted)
{
	char	   *name = pstrdup(wanted);

	for (int i = 0; i < b->set->nitems; i++)
		if (strcmp(b->set->items[i].name, name) == 0)
			name = psprintf("%s *", name), i = -1;
	return name;
}

/* Without an item of his a rule over one column belongs to that column, any other to itself. */
static int
item_of_rule(Builder *b, const char *code, PfExpression *expression)
{
	AttrNumber	attno = InvalidAttrNumber;
	int			item;
	ListCell   *cell;

	if (bms_membership(expression->columns) == BMS_SINGLETON)
		attno = bms_singleton_member(expression->columns);
	item = item_of_column(b, attno);
	if (item >= 0)
		return item;
	foreach(cell, b->asides)
		if (attno != InvalidAttrNumber && aside_column(b, lfirst(cell)) == attno)
			return build_item(b, lfirst(cell));
	return add_item(b, new_item_name(b, attno != InvalidAttrNumber ? NameStr(TupleDescAttr(b->desc, attno - 1)->attname) : code), attno);
}

/*
 * What means missing in a column means it in every rule that reads the column, also where its item has no rule
 * and is not scored. Such an item gets a name under which nobody looks for it.
 */
static void
keep_missing_values(Builder *b)
{
	ListCell   *cell;

	foreach(cell, b->asides)
	{
		JsonbContainer *object = lfirst(cell);
		AttrNumber	attno = aside_column(b, object);
		int			nmissing;

		pf_json_strings(object, "missing_values", &nmissing);
		if (nmissing > 0 && bms_is_member(attno, b->columns) && item_of_column(b, attno) < 0)
		{
			int			item = build_item(b, object);

			b->set->items[item].name = new_item_name(b, psprintf("missing values of %s", b->set->items[item].name));
		}
	}
}

static int
dimension_of_rule(Builder *b, const char *name, PfExpression *expression)
{
	PfRuleSet  *set = b->set;

	if (name == NULL)
		name = IsA(expression->node, NullTest) && ((NullTest *) expression->node)->nulltesttype == IS_NOT_NULL
			? "completeness" : "validity";
	for (int i = 0; i < set->ndimensions; i++)
		if (strcmp(set->dimensions[i], name) == 0)
			return i;
	if (set->ndimensions == PF_MAX_DIMENSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a rule set cannot have more than %d dimensions", PF_MAX_DIMENSIONS)));
	set->dimensions[set->ndimensions] = pstrdup(name);
	return set->ndimensions++;
}

static void
build_rule(Builder *b, JsonbContainer *object)
{
	PfRuleSet  *set = b->set;
	PfProblem	problem = {0};
	char	   *code = pf_json_string(object, "code", true);
	char	   *source = pf_json_string(object, "expression", true);
	char	   *item = pf_json_string(object, "item", false);
	char	   *dimension = pf_json_string(object, "dimension", false);
	PfOnNull	on_null = pf_on_null(pf_json_string(object, "on_null", false));
	int			item_index = -1;
	PfExpression *expression;
	PfRule	   *rule;

	for (int i = 0; item && i < set->nitems; i++)
		if (strcmp(set->items[i].name, item) == 0)
			item_index = i;
	if (item && item_index < 0)
		item_index = add_item(b, item, find_attribute(b->desc, item));
	if (item_index >= 0 && b->item_problems[item_index])
		problem = *b->item_problems[item_index];
	expression = problem.problem ? NULL : parse_reporting(b, source, &problem);
	if (expression == NULL)
	{
		problem.code = code;
		problem.expression = source;
		problem.item = item ? item : "";
		set->problems[set->nproblems++] = problem;
		return;
	}
	rule = &set->rules[set->nrules++];
	rule->code = code;
	take_expression(b, expression, &rule->expression);
	rule->item = item_index >= 0 ? item_index : item_of_rule(b, code, expression);
	rule->dimension = dimension_of_rule(b, dimension, expression);
	rule->on_null = on_null;
	rule->may_raise = expression->may_raise;
}

/* The columns that something needs, in the relation's order; items point to them. */
static void
build_columns(Builder *b)
{
	PfRuleSet  *set = b->set;
	int			attno = -1;

	set->columns = palloc0(sizeof(PfRuleColumn) * Max(bms_num_members(b->columns), 1));
	while ((attno = bms_next_member(b->columns, attno)) >= 0)
	{
		Form_pg_attribute att = TupleDescAttr(b->desc, attno - 1);
		PfRuleColumn *column = &set->columns[set->ncolumns];

		column->name = pstrdup(NameStr(att->attname));
		column->type = pf_qualified_type(att->atttypid);
		column->typmod = att->atttypmod;
		column->collation = pf_qualified_collation(att->attcollation);
		for (int i = 0; i < set->nitems; i++)
			if (b->item_attnos[i] == attno)
				set->items[i].column = set->ncolumns;
		set->ncolumns++;
	}
}

static Relation
open_relation(Oid relid)
{
	Relation	rel = pf_open_relation(relid);

	switch (rel->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			return rel;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" cannot be scored", RelationGetRelationName(rel)),
					 errdetail("It is not a table, partitioned table, view, materialized view or foreign table.")));
	}
}

PfRuleSet *
pf_rule_set_build(Oid relid, JsonbContainer *definition, bool report)
{
	Builder		b = {0};
	JsonbContainer *items = pf_json_array(definition, "items");
	JsonbContainer *rules = pf_json_array(definition, "rules");
	int			nitems = items ? JsonContainerSize(items) : 0;
	int			nrules = rules ? JsonContainerSize(rules) : 0;
	PfRuleSettings settings;

	if (nrules > PF_MAX_RULES || nitems > PF_MAX_RULES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a rule set cannot have more than %d rules", PF_MAX_RULES)));
	b.rel = open_relation(relid);
	b.desc = RelationGetDescr(b.rel);
	b.relname = RelationGetRelationName(b.rel);
	b.report = report;
	b.set = palloc0(sizeof(PfRuleSet));
	b.set->volatility = PROVOLATILE_IMMUTABLE;
	b.set->parallel = PROPARALLEL_SAFE;
	b.set->items = palloc0(sizeof(PfItem) * (nitems + nrules + 1));
	b.set->rules = palloc0(sizeof(PfRule) * (nrules + 1));
	b.set->problems = palloc0(sizeof(PfProblem) * (nrules + 1));
	b.set->dimensions = palloc0(sizeof(char *) * PF_MAX_DIMENSIONS);
	b.item_problems = palloc0(sizeof(PfProblem *) * (nitems + nrules + 1));
	b.item_attnos = palloc0(sizeof(AttrNumber) * (nitems + nrules + 1));

	pf_rule_settings_push(&settings, PF_FOR_PARSE);
	for (int i = 0; i < nitems; i++)
	{
		JsonbContainer *object = pf_json_object_at(items, i, "items");

		if (pf_json_bool(object, "if_ruled", false))
			b.asides = lappend(b.asides, object);
		else
			build_item(&b, object);
	}
	for (int i = 0; i < nrules; i++)
		build_rule(&b, pf_json_object_at(rules, i, "rules"));
	keep_missing_values(&b);
	pf_rule_settings_pop(&settings);
	deparse_expressions(&b);
	build_columns(&b);
	relation_close(b.rel, NoLock);
	pf_rule_set_check(b.set);
	return b.set;
}
