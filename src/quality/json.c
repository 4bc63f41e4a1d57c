/*
 * json.c
 *		Reading the JSON of rule sets: fields by name, with errors that name them.
 */
#include "quality.h"

#include "utils/builtins.h"

static void
refuse_json(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid definition of a rule set"),
			 errdetail("%s", detail)));
}

/* The value of a key, NULL where it is absent or null. */
JsonbValue *
pf_json_field(JsonbContainer *object, const char *key)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, key, strlen(key), NULL);

	return value && value->type != jbvNull ? value : NULL;
}

static char *
string_of(const JsonbValue *value, const char *key)
{
	if (value->type != jbvString)
		refuse_json(psprintf("\"%s\" must be a string.", key));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

char *
pf_json_string(JsonbContainer *object, const char *key, bool required)
{
	JsonbValue *value = pf_json_field(object, key);

	if (value)
		return string_of(value, key);
	if (required)
		refuse_json(psprintf("\"%s\" is missing.", key));
	return NULL;
}

bool
pf_json_bool(JsonbContainer *object, const char *key, bool otherwise)
{
	JsonbValue *value = pf_json_field(object, key);

	if (value == NULL)
		return otherwise;
	if (value->type != jbvBool)
		refuse_json(psprintf("\"%s\" must be true or false.", key));
	return value->val.boolean;
}

JsonbContainer *
pf_json_array(JsonbContainer *object, const char *key)
{
	JsonbValue *value = pf_json_field(object, key);

	if (value == NULL)
		return NULL;
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		refuse_json(psprintf("\"%s\" must be an array.", key));
	return value->val.binary.data;
}

JsonbContainer *
pf_json_object_at(JsonbContainer *array, int i, const char *what)
{
	JsonbValue *value = getIthJsonbValueFromContainer(array, i);

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse_json(psprintf("Each of \"%s\" must be an object.", what));
	return value->val.binary.data;
}

/* An array of strings; absent is empty. */
char **
pf_json_strings(JsonbContainer *object, const char *key, int *n)
{
	JsonbContainer *array = pf_json_array(object, key);
	char	  **strings;

	*n = array ? JsonContainerSize(array) : 0;
	strings = palloc(sizeof(char *) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
		strings[i] = string_of(getIthJsonbValueFromContainer(array, i), key);
	return strings;
}

const char *const pf_on_null_names[3] = {"missing", "pass", "fail"};

PfOnNull
pf_on_null(const char *name)
{
	if (name == NULL)
		return PF_NULL_MISSING;
	for (int i = 0; i < lengthof(pf_on_null_names); i++)
		if (strcmp(name, pf_on_null_names[i]) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("on_null must not be \"%s\"", name),
			 errhint("It is missing, pass or fail.")));
}
