/*
 * mask_message.c
 *		What is kept of an error message: nothing that may identify a patient.
 *
 * Messages are kept in tables that more people read than may read the data (findings, runs of checks
 * and jobs), and messages quote data: "invalid input syntax for type integer: "9434765919"". While
 * pg_portfolio.mask_identifiers is on,
 *	- a message whose error class does more than name objects loses everything from its first quote
 *	  to its last: a value may hold quotes of its own, so what stands between two of them is no
 *	  safer than what stands within;
 *	- every message loses runs of nine digits and more, and ten digits written 3-3-4 as people write
 *	  NHS numbers: whoever writes RAISE EXCEPTION 'bad patient %' quotes nothing.
 * Names of patients in messages of RAISE cannot be told from other words; docs/security.md says so.
 */
#include "pf.h"

#include "lib/stringinfo.h"
#include "pf_mask.h"

#define DIGITS "0123456789"
#define MASKED "..."
#define MIN_DIGITS 9

/* Do messages of this class quote names of objects, words of a statement and settings, but no data? */
static bool
quotes_names_only(int sqlerrcode)
{
	switch (ERRCODE_TO_CATEGORY(sqlerrcode))
	{
		case ERRCODE_FEATURE_NOT_SUPPORTED:
		case ERRCODE_INVALID_TRANSACTION_STATE:
		case ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION:
		case ERRCODE_DEPENDENT_PRIVILEGE_DESCRIPTORS_STILL_EXIST:
		case ERRCODE_INVALID_CATALOG_NAME:
		case ERRCODE_INVALID_SCHEMA_NAME:
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
		case ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return true;
		default:
			return false;
	}
}

/* Bytes of the quotation mark at p, or 0: the plain one, and in UTF-8 those of translated messages. */
static size_t
quote_length(const char *p)
{
	static const char *const quotes[] = {"\"", "\xc2\xab", "\xc2\xbb", "\xe2\x80\x9c", "\xe2\x80\x9d",
	"\xe2\x80\x9e", "\xe2\x80\x9f", "\xe2\x80\xb9", "\xe2\x80\xba", "\xe3\x80\x8c", "\xe3\x80\x8d"};

	for (int i = 0; i < lengthof(quotes); i++)
		if (strncmp(p, quotes[i], strlen(quotes[i])) == 0)
			return strlen(quotes[i]);
	return 0;
}

/* From the first quote to behind the last; to the end of the message where there is only one. */
static bool
find_quoted(const char *message, const char **begin, const char **end)
{
	int			count = 0;

	*begin = *end = NULL;
	for (const char *p = message; *p;)
	{
		size_t		len = quote_length(p);

		if (len > 0)
		{
			if (*begin == NULL)
				*begin = p;
			*end = p + len;
			count++;
		}
		p += Max(len, 1);
	}
	if (count == 1)
		*end = message + strlen(message);
	return count > 0;
}

static bool
is_separator(char c)
{
	return c == ' ' || c == '-' || c == '.' || c == '/';
}

/* Bytes of the number at p, where digits begin; masked says whether it may be an identifier. */
static size_t
number_length(const char *p, bool *masked)
{
	size_t		len = strspn(p, DIGITS);

	*masked = len >= MIN_DIGITS;
	if (len == 3 && is_separator(p[3]) && strspn(p + 4, DIGITS) == 3 && is_separator(p[7]) &&
		strspn(p + 8, DIGITS) >= 4)
	{
		*masked = true;
		len = 8 + strspn(p + 8, DIGITS);
	}
	return len;
}

static void
append_masked(StringInfo kept, const char *begin, const char *end)
{
	for (const char *p = begin; p < end;)
	{
		bool		masked;
		size_t		len = number_length(p, &masked);

		if (masked)
			appendStringInfoString(kept, MASKED);
		else
			appendBinaryStringInfo(kept, p, Max(len, 1));
		p += Max(len, 1);
	}
}

char *
pf_mask_message(const char *message, int sqlerrcode)
{
	StringInfoData kept;
	const char *end = message + strlen(message);
	const char *first;
	const char *last;

	if (!pf_mask_identifiers)
		return pstrdup(message);
	initStringInfo(&kept);
	if (!quotes_names_only(sqlerrcode) && find_quoted(message, &first, &last))
	{
		append_masked(&kept, message, first);
		appendStringInfoString(&kept, "\"" MASKED "\"");
		append_masked(&kept, last, end);
	}
	else
		append_masked(&kept, message, end);
	return kept.data;
}
