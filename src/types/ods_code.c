/*
 * ods_code.c
 *		Type ods_code: the code of an organisation or site, as the Organisation Data Service issues
 *		them: three to eight letters and digits, letters in upper case.
 *
 * A value is the code as a number to base 37 in an int64, passed by value: eight places from the
 * left, 0 for "no character", 1-10 for digits and 11-36 for letters. So the order of the numbers is
 * the order of the texts under COLLATE "C", and comparison, sorting, hashing and BRIN are those of
 * bigint (sql/10_types/11_ods_code.sql).
 *
 * Only the form is judged. Which codes exist is a list, and belongs in a table.
 */
#include "pf.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "ods_code.h"
#include "type_util.h"

#define BASE 37

PG_FUNCTION_INFO_V1(pf_ods_code_in);
PG_FUNCTION_INFO_V1(pf_ods_code_out);
PG_FUNCTION_INFO_V1(pf_ods_code_recv);
PG_FUNCTION_INFO_V1(pf_ods_code_send);
PG_FUNCTION_INFO_V1(pf_ods_code_from_text);
PG_FUNCTION_INFO_V1(pf_ods_code_to_text);
PG_FUNCTION_INFO_V1(pf_is_ods_code);
PG_FUNCTION_INFO_V1(pf_try_ods_code);
PG_FUNCTION_INFO_V1(pf_ods_code_problem_code);

/* The place of a character in the order of codes; 0 if it cannot be in one. */
static inline int
place_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0' + 1;
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 11;
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 11;
	return 0;
}

/* How many characters of a text can be in a code before the first that cannot. */
static size_t
leading_places(const char *s, size_t len)
{
	size_t		n = 0;

	while (n < len && place_of(s[n]) != 0)
		n++;
	return n;
}

PfOdsCodeProblem
pf_ods_code_parse(const char *s, size_t len, int64 *value)
{
	int64		number = 0;

	pf_trim(&s, &len);
	if (len == 0)
		return PF_ODS_CODE_EMPTY;
	if (len > PF_ODS_CODE_MAX_LENGTH)
		return leading_places(s, len) < len ? PF_ODS_CODE_INVALID_CHARACTER : PF_ODS_CODE_TOO_LONG;
	for (size_t i = 0; i < PF_ODS_CODE_MAX_LENGTH; i++)
	{
		int			place = 0;

		if (i < len && (place = place_of(s[i])) == 0)
			return PF_ODS_CODE_INVALID_CHARACTER;
		number = number * BASE + place;
	}
	if (len < PF_ODS_CODE_MIN_LENGTH)
		return PF_ODS_CODE_TOO_SHORT;
	*value = number;
	return PF_ODS_CODE_OK;
}

PfOdsCodeProblem
pf_ods_code_problem(const char *s, size_t len)
{
	int64		value;

	return pf_ods_code_parse(s, len, &value);
}

const char *
pf_ods_code_reason(PfOdsCodeProblem problem)
{
	switch (problem)
	{
		case PF_ODS_CODE_OK:
			return NULL;
		case PF_ODS_CODE_EMPTY:
			return "empty";
		case PF_ODS_CODE_INVALID_CHARACTER:
			return "invalid_character";
		case PF_ODS_CODE_TOO_SHORT:
			return "too_short";
		case PF_ODS_CODE_TOO_LONG:
			return "too_long";
	}
	return NULL;				/* not reached; keeps the compiler quiet */
}

/* A value's characters and a zero byte; the number of characters. */
static int
print_code(int64 value, char *buf)
{
	static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	int			len = 0;

	for (int i = PF_ODS_CODE_MAX_LENGTH - 1; i >= 0; i--)
	{
		int			place = (int) (value % BASE);

		buf[i] = place == 0 ? '\0' : characters[place - 1];
		if (place != 0 && len == 0)
			len = i + 1;
		value /= BASE;
	}
	buf[PF_ODS_CODE_MAX_LENGTH] = '\0';
	return len;
}

/* The DETAIL of a problem: the one place that words each rule. */
static char *
problem_detail(PfOdsCodeProblem problem, const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;

	pf_trim(&p, &left);
	switch (problem)
	{
		case PF_ODS_CODE_OK:
			break;
		case PF_ODS_CODE_EMPTY:
			return pstrdup("It is empty.");
		case PF_ODS_CODE_INVALID_CHARACTER:
			p += leading_places(p, left);
			return psprintf("Character %d is not a letter from A to Z or a digit.",
							pg_mbstrlen_with_len(s, (int) (p - s)) + 1);
		case PF_ODS_CODE_TOO_SHORT:
			return psprintf("Length is %d, expected at least %d.", (int) left, PF_ODS_CODE_MIN_LENGTH);
		case PF_ODS_CODE_TOO_LONG:
			return psprintf("Length is %d, expected at most %d.",
							(int) left, PF_ODS_CODE_MAX_LENGTH);
	}
	return pstrdup("");			/* not reached */
}

/*
 * A rejected value as a message may show it. A code names no patient, but in a file whose columns
 * have slipped this is somebody's NHS number: what is longer than any code is masked.
 */
static char *
shown(const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;

	pf_trim(&p, &left);
	return left > PF_ODS_CODE_MAX_LENGTH ? pf_mask_identifier(p, left) : pnstrdup(p, left);
}

/* The value of a text that must be an ODS code; an error of the caller's kind otherwise. */
static Datum
must_be(const char *s, size_t len, Node *escontext)
{
	int64		value;
	PfOdsCodeProblem problem = pf_ods_code_parse(s, len, &value);

	if (problem != PF_ODS_CODE_OK)
		pf_ereturn(escontext, (Datum) 0,
				   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type %s: \"%s\"", "ods_code", shown(s, len)),
					errdetail_internal("%s", problem_detail(problem, s, len)),
					errhint(PF_HINT_LANDING, "ods_code_problem"),
					errhidestmt(pf_mask_identifiers),
					errhidecontext(pf_mask_identifiers)));
	return Int64GetDatum(value);
}

Datum
pf_ods_code_in(PG_FUNCTION_ARGS)
{
	char	   *s = PG_GETARG_CSTRING(0);

	return must_be(s, strlen(s), PF_ESCONTEXT);
}

Datum
pf_ods_code_out(PG_FUNCTION_ARGS)
{
	char	   *buf = palloc(PF_ODS_CODE_MAX_LENGTH + 1);

	print_code(PG_GETARG_INT64(0), buf);
	PG_RETURN_CSTRING(buf);
}

/* On the wire a code is its characters, so that no client needs to know base 37; nothing else is taken. */
Datum
pf_ods_code_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	const char *s = pq_getmsgbytes(buf, len);
	char		canonical[PF_ODS_CODE_MAX_LENGTH + 1];
	int64		value;

	if (pf_ods_code_parse(s, len, &value) == PF_ODS_CODE_OK &&
		print_code(value, canonical) == len && memcmp(canonical, s, len) == 0)
		PG_RETURN_INT64(value);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary value for type %s", "ods_code"),
			 errdetail("The bytes are not three to eight upper-case letters and digits."),
			 errhidestmt(pf_mask_identifiers),
			 errhidecontext(pf_mask_identifiers)));
}

Datum
pf_ods_code_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;
	char		code[PF_ODS_CODE_MAX_LENGTH + 1];
	int			len = print_code(PG_GETARG_INT64(0), code);

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, code, len);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pf_ods_code_from_text(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);

	return must_be(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), NULL);
}

Datum
pf_ods_code_to_text(PG_FUNCTION_ARGS)
{
	char		code[PF_ODS_CODE_MAX_LENGTH + 1];
	int			len = print_code(PG_GETARG_INT64(0), code);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(code, len));
}

Datum
pf_is_ods_code(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	bool		valid = pf_ods_code_problem(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)) == PF_ODS_CODE_OK;

	PG_FREE_IF_COPY(t, 0);
	PG_RETURN_BOOL(valid);
}

Datum
pf_try_ods_code(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	int64		value;

	if (pf_ods_code_parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &value) != PF_ODS_CODE_OK)
		PG_RETURN_NULL();
	PG_RETURN_INT64(value);
}

/* SQL ods_code_problem(text) */
Datum
pf_ods_code_problem_code(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	const char *reason = pf_ods_code_reason(pf_ods_code_problem(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)));

	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}
