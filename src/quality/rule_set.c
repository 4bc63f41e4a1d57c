/*
 * rule_set.c
 *		The type rule_set: a self-contained description of columns, rules, items and dimensions.
 *
 * The value holds names, never OIDs, so that it means the same after a restore and on another
 * server. It is packed; engine and functions open it into a PfRuleSet.
 */
#include "quality.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "utils/builtins.h"

static void
put_strings(StringInfo buf, int n, char **strings)
{
	pf_put_uint(buf, n);
	for (int i = 0; i < n; i++)
		pf_put_string(buf, strings[i]);
}

static char **
get_strings(PfReader *reader, int *n)
{
	char	  **strings;

	*n = pf_get_uint(reader, reader->end - reader->at);
	strings = palloc(sizeof(char *) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
		strings[i] = pf_get_string(reader);
	return strings;
}

static void
put_definition(StringInfo buf, const PfRuleSet *set)
{
	pf_put_uint(buf, set->ncolumns);
	for (int i = 0; i < set->ncolumns; i++)
	{
		pf_put_string(buf, set->columns[i].name);
		pf_put_string(buf, set->columns[i].type);
		pf_put_int(buf, set->columns[i].typmod);
		pf_put_string(buf, set->columns[i].collation);
	}
	put_strings(buf, set->ndimensions, set->dimensions);
	pf_put_uint(buf, set->nitems);
	for (int i = 0; i < set->nitems; i++)
	{
		PfItem	   *item = &set->items[i];

		pf_put_string(buf, item->name);
		pf_put_uint(buf, item->column + 1);
		put_strings(buf, item->nmissing, item->missing);
		put_strings(buf, item->ndefaults, item->defaults);
		pf_put_uint(buf, item->applies_when != NULL);
		if (item->applies_when)
			pf_put_string(buf, item->applies_when);
		pf_put_uint(buf, item->mandatory);
	}
	pf_put_uint(buf, set->nrules);
	for (int i = 0; i < set->nrules; i++)
	{
		PfRule	   *rule = &set->rules[i];

		pf_put_string(buf, rule->code);
		pf_put_string(buf, rule->expression);
		pf_put_uint(buf, rule->item);
		pf_put_uint(buf, rule->dimension);
		pf_put_uint(buf, rule->on_null);
	}
}

static void
get_definition(PfReader *reader, PfRuleSet *set)
{
	set->ncolumns = pf_get_uint(reader, MaxTupleAttributeNumber);
	set->columns = palloc0(sizeof(PfRuleColumn) * Max(set->ncolumns, 1));
	for (int i = 0; i < set->ncolumns; i++)
	{
		int64		typmod;

		set->columns[i].name = pf_get_string(reader);
		set->columns[i].type = pf_get_string(reader);
		typmod = pf_get_int(reader);
		if (typmod < -1 || typmod > PG_INT32_MAX)
			pf_corrupt(reader, "A type modifier is out of range.");
		set->columns[i].typmod = typmod;
		set->columns[i].collation = pf_get_string(reader);
	}
	set->dimensions = get_strings(reader, &set->ndimensions);
	set->nitems = pf_get_uint(reader, PF_MAX_RULES);
	set->items = palloc0(sizeof(PfItem) * Max(set->nitems, 1));
	for (int i = 0; i < set->nitems; i++)
	{
		PfItem	   *item = &set->items[i];

		item->name = pf_get_string(reader);
		item->column = (int) pf_get_uint(reader, MaxTupleAttributeNumber) - 1;
		item->missing = get_strings(reader, &item->nmissing);
		item->defaults = get_strings(reader, &item->ndefaults);
		if (pf_get_uint(reader, 1))
			item->applies_when = pf_get_string(reader);
		item->mandatory = pf_get_uint(reader, 1);
	}
	set->nrules = pf_get_uint(reader, PF_MAX_RULES);
	set->rules = palloc0(sizeof(PfRule) * Max(set->nrules, 1));
	for (int i = 0; i < set->nrules; i++)
	{
		PfRule	   *rule = &set->rules[i];

		rule->code = pf_get_string(reader);
		rule->expression = pf_get_string(reader);
		rule->item = pf_get_uint(reader, PF_MAX_RULES);
		rule->dimension = pf_get_uint(reader, PF_MAX_DIMENSIONS);
		rule->on_null = pf_get_uint(reader, PF_NULL_FAIL);
	}
}

/* What is derived or only told: not part of the fingerprint. */
static void
put_rest(StringInfo buf, const PfRuleSet *set)
{
	for (int i = 0; i < set->nrules; i++)
		pf_put_uint(buf, set->rules[i].may_raise);
	pf_put_uint(buf, set->nproblems);
	for (int i = 0; i < set->nproblems; i++)
	{
		pf_put_string(buf, set->problems[i].code);
		pf_put_string(buf, set->problems[i].expression);
		pf_put_string(buf, set->problems[i].item);
		pf_put_string(buf, set->problems[i].sqlstate);
		pf_put_string(buf, set->problems[i].problem);
	}
}

static void
get_rest(PfReader *reader, PfRuleSet *set)
{
	for (int i = 0; i < set->nrules; i++)
		set->rules[i].may_raise = pf_get_uint(reader, 1);
	set->nproblems = pf_get_uint(reader, PF_MAX_RULES);
	set->problems = palloc0(sizeof(PfProblem) * Max(set->nproblems, 1));
	for (int i = 0; i < set->nproblems; i++)
	{
		set->problems[i].code = pf_get_string(reader);
		set->problems[i].expression = pf_get_string(reader);
		set->problems[i].item = pf_get_string(reader);
		set->problems[i].sqlstate = pf_get_string(reader);
		set->problems[i].problem = pf_get_string(reader);
	}
}

static void
refuse_set(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid rule set"),
			 errdetail("%s", detail)));
}

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
check_unique(int n, char **names, const char *what)
{
	qsort(names, n, sizeof(char *), compare_strings);
	for (int i = 0; i < n; i++)
	{
		if (names[i][0] == '\0')
			refuse_set(psprintf("A %s has an empty name.", what));
		if (i > 0 && strcmp(names[i - 1], names[i]) == 0)
			refuse_set(psprintf("There are two %ss \"%s\".", what, names[i]));
	}
}

/* A set from wherever is whole: indexes point into it, names are unique, there is something to count. */
void
pf_rule_set_check(const PfRuleSet *set)
{
	int			n = Max(Max(set->ncolumns, set->nrules + set->nproblems), Max(set->nitems, set->ndimensions));
	char	  **names = palloc(sizeof(char *) * Max(n, 1));

	if (set->ndimensions > PF_MAX_DIMENSIONS)
		refuse_set(psprintf("It has %d dimensions, at most %d are possible.", set->ndimensions, PF_MAX_DIMENSIONS));
	for (int i = 0; i < set->nrules; i++)
	{
		if (set->rules[i].item >= set->nitems || set->rules[i].dimension >= set->ndimensions)
			refuse_set(psprintf("Rule \"%s\" has no item or dimension.", set->rules[i].code));
		names[i] = set->rules[i].code;
	}
	for (int i = 0; i < set->nproblems; i++)
		names[set->nrules + i] = set->problems[i].code;
	check_unique(set->nrules + set->nproblems, names, "rule");
	for (int i = 0; i < set->nitems; i++)
	{
		PfItem	   *item = &set->items[i];

		if (item->column >= set->ncolumns || (item->column < 0 && (item->nmissing || item->ndefaults)))
			refuse_set(psprintf("Item \"%s\" has no column.", item->name));
		for (int j = 0; j < i; j++)
			if (item->column >= 0 && set->items[j].column == item->column && (set->items[j].nmissing || item->nmissing))
				refuse_set(psprintf("Items \"%s\" and \"%s\" both say what means missing in one column.",
									set->items[j].name, item->name));
		names[i] = item->name;
	}
	check_unique(set->nitems, names, "item");
	for (int i = 0; i < set->ncolumns; i++)
		names[i] = set->columns[i].name;
	check_unique(set->ncolumns, names, "column");
	memcpy(names, set->dimensions, sizeof(char *) * set->ndimensions);
	check_unique(set->ndimensions, names, "dimension");
	pfree(names);
}

PfRuleSetValue *
pf_rule_set_pack(const PfRuleSet *set)
{
	StringInfoData buf;
	PfRuleSetValue *value;
	int			definition_len;

	initStringInfo(&buf);
	put_definition(&buf, set);
	definition_len = buf.len;
	put_rest(&buf, set);

	value = palloc0(PF_RULE_SET_HEADER + buf.len);
	SET_VARSIZE(value, PF_RULE_SET_HEADER + buf.len);
	value->version = PF_RULE_SET_VERSION;
	value->volatility = set->volatility;
	value->parallel = set->parallel;
	value->flags = set->may_raise ? PF_RULES_MAY_RAISE : 0;
	for (int i = 0; i < PF_NPARAMS; i++)
	{
		if (set->date_set[i])
			value->flags |= 2 << i;
		value->dates[i] = set->date_set[i] ? set->dates[i] : 0;
	}
	value->fingerprint = pf_fingerprint(buf.data, definition_len);
	value->definition_len = definition_len;
	memcpy(value->payload, buf.data, buf.len);
	pfree(buf.data);
	pf_remember_rule_set(value);
	return value;
}

PfRuleSet *
pf_rule_set_open(const PfRuleSetValue *value)
{
	PfRuleSet  *set = palloc0(sizeof(PfRuleSet));
	PfReader	reader;

	reader.type = "rule_set";
	reader.at = (const unsigned char *) value->payload;
	reader.end = (const unsigned char *) value + VARSIZE(value);
	get_definition(&reader, set);
	get_rest(&reader, set);
	if (reader.at != reader.end)
		pf_corrupt(&reader, "There is something after its end.");
	set->fingerprint = value->fingerprint;
	set->volatility = value->volatility;
	set->parallel = value->parallel;
	set->may_raise = (value->flags & PF_RULES_MAY_RAISE) != 0;
	for (int i = 0; i < PF_NPARAMS; i++)
	{
		set->date_set[i] = (value->flags & (2 << i)) != 0;
		set->dates[i] = value->dates[i];
	}
	return set;
}

PfRuleSetValue *
pf_get_rule_set(FunctionCallInfo fcinfo, int arg)
{
	return (PfRuleSetValue *) PG_DETOAST_DATUM(fcinfo->args[arg].value);
}
