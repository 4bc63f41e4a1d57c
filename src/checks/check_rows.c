/*
 * check_rows.c
 *		What a check returned: whether its rows can be findings, and the finding about the check itself
 *		where they cannot or where it did not run well.
 */
#include "run_checks.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/json.h"

#define MAX_SUBJECT 2000		/* bytes: it is part of a key */
/* Days from which deadlines can be counted */
#define FIRST_DATE (date2j(1900, 1, 1) - POSTGRES_EPOCH_JDATE)
#define LAST_DATE (date2j(9999, 12, 31) - POSTGRES_EPOCH_JDATE)

static int
compare_subjects(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static bool
is_severity(Datum value)
{
	static const char *const severities[] = {"critical", "high", "medium", "low"};
	char	   *word = TextDatumGetCString(value);

	for (int i = 0; i < lengthof(severities); i++)
		if (strcmp(word, severities[i]) == 0)
			return true;
	return false;
}

/*
 * A subject is the identity of a finding: never NULL, ours or twice; and a severity is one of four.
 * The reason why a row cannot be a finding, or NULL when all can.
 */
static char *
row_problem(const PfCheck *check)
{
	char	  **sorted = palloc(sizeof(char *) * (check->nrows + 1));
	char	   *problem = NULL;

	for (int i = 0; i < check->nrows; i++)
	{
		DateADT		since = DatumGetDateADT(check->values[PF_CHECK_COL_SINCE][i]);

		if (DatumGetPointer(check->values[PF_CHECK_COL_SUBJECT][i]) == NULL)
			return pstrdup("the query returned a row without a subject");
		sorted[i] = TextDatumGetCString(check->values[PF_CHECK_COL_SUBJECT][i]);
		if (strcmp(sorted[i], PF_CHECK_SUBJECT) == 0)
			return pstrdup("the query returned the subject \"" PF_CHECK_SUBJECT "\", which is reserved");
		if (strlen(sorted[i]) > MAX_SUBJECT)
			return psprintf("the query returned a subject of more than %d bytes", MAX_SUBJECT);
		if (!check->nulls[PF_CHECK_COL_SINCE][i] && (since < FIRST_DATE || since > LAST_DATE))
			return pstrdup("the query returned a date that is not of this age");
		if (!check->nulls[PF_CHECK_COL_SEVERITY][i] && !is_severity(check->values[PF_CHECK_COL_SEVERITY][i]))
			return pstrdup("the query returned a severity that is none of critical, high, medium and low");
	}
	qsort(sorted, check->nrows, sizeof(char *), compare_subjects);
	for (int i = 1; i < check->nrows && problem == NULL; i++)
	{
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			problem = pstrdup("the query returned one subject more than once; a subject is the key of a finding");
	}
	return problem;
}

/* The row by which a check that did not run well is a finding itself */
static void
add_own_finding(PfCheck *check)
{
	StringInfoData json;
	int			at = check->nmerged++;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"outcome\": \"%s\", \"sqlstate\": \"%s\", \"message\": ",
					 pf_outcome_name(check->outcome), unpack_sql_state(check->sqlstate));
	escape_json(&json, check->message ? check->message : "");
	appendStringInfoChar(&json, '}');
	for (int c = 0; c < PF_CHECK_NCOLS; c++)
		check->nulls[c][at] = c != PF_CHECK_COL_SUBJECT && c != PF_CHECK_COL_DETAIL;
	check->values[PF_CHECK_COL_SUBJECT][at] = CStringGetTextDatum(PF_CHECK_SUBJECT);
	check->values[PF_CHECK_COL_DETAIL][at] = DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/* Once the rows of a check are there, or it failed: judge them, and put in the finding about the check itself. */
void
pf_end_check(PfCheck *check)
{
	char	   *problem = check->nrows > 0 ? row_problem(check) : NULL;

	if (problem != NULL)
	{
		check->outcome = PF_STORED_ERROR;
		check->sqlstate = ERRCODE_CARDINALITY_VIOLATION;
		check->message = problem;
		check->nrows = 0;
	}
	check->nmerged = check->nrows;
	if (check->outcome != PF_STORED_OK)
		add_own_finding(check);
}
