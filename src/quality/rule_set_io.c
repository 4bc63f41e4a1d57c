/*
 * rule_set_io.c
 *		Text, binary, equality and hash of the type rule_set.
 *
 * The text form is JSON with keys in a fixed order. What is derived (may_raise, volatility, parallel)
 * is read back but trusted by nobody: the engine finds it out again when it compiles the rules.
 */
#include "quality.h"

#include "catalog/pg_proc.h"
#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/json.h"

PG_FUNCTION_INFO_V1(pf_rule_set_in);
PG_FUNCTION_INFO_V1(pf_rule_set_out);
PG_FUNCTION_INFO_V1(pf_rule_set_recv);
PG_FUNCTION_INFO_V1(pf_rule_set_send);
PG_FUNCTION_INFO_V1(pf_rule_set_eq);
PG_FUNCTION_INFO_V1(pf_rule_set_ne);
PG_FUNCTION_INFO_V1(pf_rule_set_hash);

static void
put_key(StringInfo buf, const char *key)
{
	if (buf->data[buf->len - 1] != '{')
		appendStringInfoString(buf, ", ");
	escape_json(buf, key);
	appendStringInfoString(buf, ": ");
}

static void
put_text(StringInfo buf, const char *key, const char *value)
{
	put_key(buf, key);
	escape_json(buf, value);
}

static void
put_texts(StringInfo buf, const char *key, int n, char **values)
{
	put_key(buf, key);
	appendStringInfoChar(buf, '[');
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(buf, ", ");
		escape_json(buf, values[i]);
	}
	appendStringInfoChar(buf, ']');
}

static void
open_object(StringInfo buf, int i)
{
	appendStringInfoString(buf, i > 0 ? ", {" : "{");
}

static void
put_columns_and_items(StringInfo buf, const PfRuleSet *set)
{
	put_key(buf, "columns");
	appendStringInfoChar(buf, '[');
	for (int i = 0; i < set->ncolumns; i++)
	{
		open_object(buf, i);
		put_text(buf, "name", set->columns[i].name);
		put_text(buf, "type", set->columns[i].type);
		put_key(buf, "typmod");
		appendStringInfo(buf, "%d", set->columns[i].typmod);
		put_text(buf, "collation", set->columns[i].collation);
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoChar(buf, ']');
	put_texts(buf, "dimensions", set->ndimensions, set->dimensions);
	put_key(buf, "items");
	appendStringInfoChar(buf, '[');
	for (int i = 0; i < set->nitems; i++)
	{
		PfItem	   *item = &set->items[i];

		open_object(buf, i);
		put_text(buf, "name", item->name);
		if (item->column >= 0)
			put_text(buf, "column", set->columns[item->column].name);
		if (item->nmissing > 0)
			put_texts(buf, "missing_values", item->nmissing, item->missing);
		if (item->ndefaults > 0)
			put_texts(buf, "default_codes", item->ndefaults, item->defaults);
		if (item->applies_when)
			put_text(buf, "applies_when", item->applies_when);
		put_key(buf, "mandatory");
		appendStringInfoString(buf, item->mandatory ? "true" : "false");
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoChar(buf, ']');
}

static void
put_rules(StringInfo buf, const PfRuleSet *set)
{
	put_key(buf, "rules");
	appendStringInfoChar(buf, '[');
	for (int i = 0; i < set->nrules; i++)
	{
		PfRule	   *rule = &set->rules[i];

		open_object(buf, i);
		put_text(buf, "code", rule->code);
		put_text(buf, "expression", rule->expression);
		put_text(buf, "item", set->items[rule->item].name);
		put_text(buf, "dimension", set->dimensions[rule->dimension]);
		put_text(buf, "on_null", pf_on_null_names[rule->on_null]);
		put_key(buf, "may_raise");
		appendStringInfoString(buf, rule->may_raise ? "true" : "false");
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoChar(buf, ']');
	put_key(buf, "problems");
	appendStringInfoChar(buf, '[');
	for (int i = 0; i < set->nproblems; i++)
	{
		open_object(buf, i);
		put_text(buf, "code", set->problems[i].code);
		put_text(buf, "expression", set->problems[i].expression);
		put_text(buf, "item", set->problems[i].item);
		put_text(buf, "sqlstate", set->problems[i].sqlstate);
		put_text(buf, "problem", set->problems[i].problem);
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoChar(buf, ']');
}

static void
put_date(StringInfo buf, const char *key, DateADT date)
{
	struct pg_tm tm;
	char		text_of[MAXDATELEN + 1];

	j2date(date + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	EncodeDateOnly(&tm, USE_ISO_DATES, text_of);
	put_text(buf, key, text_of);
}

static bool
some_rule_may_raise(const PfRuleSet *set)
{
	for (int i = 0; i < set->nrules; i++)
		if (set->rules[i].may_raise)
			return true;
	return false;
}

Datum
pf_rule_set_out(PG_FUNCTION_ARGS)
{
	PfRuleSet  *set = pf_rule_set_open(pf_get_rule_set(fcinfo, 0));
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	put_columns_and_items(&buf, set);
	put_rules(&buf, set);
	for (int i = 0; i < PF_NPARAMS; i++)
		if (set->date_set[i])
			put_date(&buf, pf_param_names[i], set->dates[i]);
	put_text(&buf, "volatility", set->volatility == PROVOLATILE_IMMUTABLE ? "immutable" : "stable");
	put_text(&buf, "parallel", set->parallel == PROPARALLEL_SAFE ? "safe" :
			 set->parallel == PROPARALLEL_RESTRICTED ? "restricted" : "unsafe");
	if (set->may_raise && !some_rule_may_raise(set))
	{
		put_key(&buf, "may_raise");	/* a condition of an item may */
		appendStringInfoString(&buf, "true");
	}
	put_text(&buf, "fingerprint", psprintf("%016llx", (unsigned long long) set->fingerprint));
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

/* The index of a name, or an error that says who refers to it. */
static int
find_name(const char *name, int n, char *const *names, const char *what)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid definition of a rule set"),
			 errdetail("There is no %s \"%s\".", what, name)));
}

static void
read_columns(JsonbContainer *root, PfRuleSet *set)
{
	JsonbContainer *array = pf_json_array(root, "columns");

	set->ncolumns = array ? JsonContainerSize(array) : 0;
	set->columns = palloc0(sizeof(PfRuleColumn) * Max(set->ncolumns, 1));
	for (int i = 0; i < set->ncolumns; i++)
	{
		JsonbContainer *object = pf_json_object_at(array, i, "columns");
		JsonbValue *typmod = pf_json_field(object, "typmod");
		char	   *collation = pf_json_string(object, "collation", false);

		set->columns[i].name = pf_json_string(object, "name", true);
		set->columns[i].type = pf_json_string(object, "type", true);
		set->columns[i].collation = collation ? collation : pstrdup("");
		set->columns[i].typmod = -1;
		if (typmod && typmod->type == jbvNumeric)
			set->columns[i].typmod = DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(typmod->val.numeric)));
	}
}

static void
read_items(JsonbContainer *root, PfRuleSet *set)
{
	JsonbContainer *array = pf_json_array(root, "items");
	char	  **columns = palloc(sizeof(char *) * Max(set->ncolumns, 1));

	for (int i = 0; i < set->ncolumns; i++)
		columns[i] = set->columns[i].name;
	set->nitems = array ? JsonContainerSize(array) : 0;
	set->items = palloc0(sizeof(PfItem) * Max(set->nitems, 1));
	for (int i = 0; i < set->nitems; i++)
	{
		JsonbContainer *object = pf_json_object_at(array, i, "items");
		PfItem	   *item = &set->items[i];
		char	   *column = pf_json_string(object, "column", false);

		item->name = pf_json_string(object, "name", true);
		item->column = column ? find_name(column, set->ncolumns, columns, "column") : -1;
		item->missing = pf_json_strings(object, "missing_values", &item->nmissing);
		item->defaults = pf_json_strings(object, "default_codes", &item->ndefaults);
		item->applies_when = pf_json_string(object, "applies_when", false);
		item->mandatory = pf_json_bool(object, "mandatory", false);
	}
}

static void
read_rules(JsonbContainer *root, PfRuleSet *set)
{
	JsonbContainer *array = pf_json_array(root, "rules");
	char	  **items = palloc(sizeof(char *) * Max(set->nitems, 1));

	for (int i = 0; i < set->nitems; i++)
		items[i] = set->items[i].name;
	set->nrules = array ? JsonContainerSize(array) : 0;
	set->rules = palloc0(sizeof(PfRule) * Max(set->nrules, 1));
	for (int i = 0; i < set->nrules; i++)
	{
		JsonbContainer *object = pf_json_object_at(array, i, "rules");
		PfRule	   *rule = &set->rules[i];

		rule->code = pf_json_string(object, "code", true);
		rule->expression = pf_json_string(object, "expression", true);
		rule->item = find_name(pf_json_string(object, "item", true), set->nitems, items, "item");
		rule->dimension = find_name(pf_json_string(object, "dimension", true), set->ndimensions, set->dimensions, "dimension");
		rule->on_null = pf_on_null(pf_json_string(object, "on_null", false));
		rule->may_raise = pf_json_bool(object, "may_raise", true);
	}
	array = pf_json_array(root, "problems");
	set->nproblems = array ? JsonContainerSize(array) : 0;
	set->problems = palloc0(sizeof(PfProblem) * Max(set->nproblems, 1));
	for (int i = 0; i < set->nproblems; i++)
	{
		JsonbContainer *object = pf_json_object_at(array, i, "problems");

		set->problems[i].code = pf_json_string(object, "code", true);
		set->problems[i].expression = pf_json_string(object, "expression", true);
		set->problems[i].item = pf_json_string(object, "item", true);
		set->problems[i].sqlstate = pf_json_string(object, "sqlstate", true);
		set->problems[i].problem = pf_json_string(object, "problem", true);
	}
	if (set->nrules + set->nproblems > PF_MAX_RULES || set->nitems > PF_MAX_RULES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a rule set cannot have more than %d rules", PF_MAX_RULES)));
}

static void
read_properties(JsonbContainer *root, PfRuleSet *set)
{
	char	   *volatility = pf_json_string(root, "volatility", false);
	char	   *parallel = pf_json_string(root, "parallel", false);

	set->volatility = volatility && strcmp(volatility, "immutable") == 0 ? PROVOLATILE_IMMUTABLE : PROVOLATILE_STABLE;
	set->parallel = parallel == NULL || strcmp(parallel, "unsafe") == 0 ? PROPARALLEL_UNSAFE :
		strcmp(parallel, "safe") == 0 ? PROPARALLEL_SAFE : PROPARALLEL_RESTRICTED;
	set->may_raise = some_rule_may_raise(set) || pf_json_bool(root, "may_raise", false);
	for (int i = 0; i < PF_NPARAMS; i++)
	{
		char	   *date = pf_json_string(root, pf_param_names[i], false);

		if (date == NULL)
			continue;
		set->dates[i] = DatumGetDateADT(DirectFunctionCall1(date_in, CStringGetDatum(date)));
		set->date_set[i] = !DATE_NOT_FINITE(set->dates[i]);
	}
}

/*
 * PostgreSQL takes rule_set('MY-SET') for a literal of this type, not for the call of the function of
 * that name. So a text that is no JSON object names a data set, as a regclass literal names a table.
 */
Datum
pf_rule_set_in(PG_FUNCTION_ARGS)
{
	const char *input = PG_GETARG_CSTRING(0);
	Jsonb	   *json;
	PfRuleSet  *set = palloc0(sizeof(PfRuleSet));
	PfRuleSetValue *value;
	char	   *fingerprint;

	if (input[strspn(input, " \t\r\n")] != '{')
		PG_RETURN_POINTER(pf_fetch_rule_set("SELECT portfolio.rule_set($1)", TEXTOID, CStringGetTextDatum(input),
											CurrentMemoryContext, NULL));
	json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(input)));
	read_columns(&json->root, set);
	set->dimensions = pf_json_strings(&json->root, "dimensions", &set->ndimensions);
	read_items(&json->root, set);
	read_rules(&json->root, set);
	read_properties(&json->root, set);
	pf_rule_set_check(set);
	value = pf_rule_set_pack(set);
	fingerprint = pf_json_string(&json->root, "fingerprint", false);
	if (fingerprint && strcmp(fingerprint, psprintf("%016llx", (unsigned long long) value->fingerprint)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s", "rule_set"),
				 errdetail("Its fingerprint is %016llx, not %s: something in it has been changed.",
						   (unsigned long long) value->fingerprint, fingerprint),
				 errhint("Make one with rule_set(relation, rules).")));
	PG_RETURN_POINTER(value);
}

/* Binary form: version, properties, dates, length of the definition, payload. */
Datum
pf_rule_set_send(PG_FUNCTION_ARGS)
{
	PfRuleSetValue *value = pf_get_rule_set(fcinfo, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint8(&buf, value->version);
	pq_sendint8(&buf, value->volatility);
	pq_sendint8(&buf, value->parallel);
	pq_sendint8(&buf, value->flags);
	for (int i = 0; i < PF_NPARAMS; i++)
		pq_sendint32(&buf, value->dates[i]);
	pq_sendbytes(&buf, value->payload, VARSIZE(value) - PF_RULE_SET_HEADER);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pf_rule_set_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	PfRuleSetValue head = {0};
	PfReader	reader = {NULL, NULL, "rule_set"};
	PfRuleSetValue *value;
	PfRuleSet  *set;
	int			len;

	head.version = pq_getmsgbyte(buf);
	head.volatility = pq_getmsgbyte(buf);
	head.parallel = pq_getmsgbyte(buf);
	head.flags = pq_getmsgbyte(buf);
	for (int i = 0; i < PF_NPARAMS; i++)
	{
		head.dates[i] = pq_getmsgint(buf, 4);
		if (head.dates[i] != 0 && !IS_VALID_DATE(head.dates[i]))
			pf_corrupt(&reader, "A date is out of range.");
	}
	if (head.version != PF_RULE_SET_VERSION || head.flags >= 2 << PF_NPARAMS)
		pf_corrupt(&reader, "Its version is not known.");
	if ((head.volatility != PROVOLATILE_IMMUTABLE && head.volatility != PROVOLATILE_STABLE) ||
		(head.parallel != PROPARALLEL_SAFE && head.parallel != PROPARALLEL_RESTRICTED && head.parallel != PROPARALLEL_UNSAFE))
		pf_corrupt(&reader, "Its volatility or parallel class is not known.");
	len = buf->len - buf->cursor;
	value = palloc0(PF_RULE_SET_HEADER + len);
	memcpy(value, &head, PF_RULE_SET_HEADER);
	SET_VARSIZE(value, PF_RULE_SET_HEADER + len);
	memcpy(value->payload, pq_getmsgbytes(buf, len), len);

	/* Opening validates, packing again makes it canonical */
	set = pf_rule_set_open(value);
	pf_rule_set_check(set);
	set->may_raise |= some_rule_may_raise(set);
	PG_RETURN_POINTER(pf_rule_set_pack(set));
}

static bool
rule_set_equal(FunctionCallInfo fcinfo)
{
	PfRuleSetValue *a = pf_get_rule_set(fcinfo, 0);
	PfRuleSetValue *b = pf_get_rule_set(fcinfo, 1);

	return a->fingerprint == b->fingerprint && a->definition_len == b->definition_len &&
		a->flags >> 1 == b->flags >> 1 && memcmp(a->dates, b->dates, sizeof(a->dates)) == 0 &&
		memcmp(a->payload, b->payload, a->definition_len) == 0;
}

Datum
pf_rule_set_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(rule_set_equal(fcinfo));
}

Datum
pf_rule_set_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!rule_set_equal(fcinfo));
}

Datum
pf_rule_set_hash(PG_FUNCTION_ARGS)
{
	uint64		fingerprint = pf_get_rule_set(fcinfo, 0)->fingerprint;

	PG_RETURN_INT32((int32) (fingerprint ^ (fingerprint >> 32)));
}
