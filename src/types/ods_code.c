/*
 * ods_code.c
 *		Type ods_code: the code of an organisation or site, as the Organisation Data Service issues
 *		them: three to eight letters and digits, letters in upper case.
 *
 * Stored, ordered and searched as code_type.h says. Only the form is judged: which codes exist is
 * a list, and belongs in a table.
 */
#include "pf.h"

#include "code_type.h"
#include "type_util.h"

#define PF_ODS_CODE_MIN_LENGTH 3
#define PF_ODS_CODE_MAX_LENGTH 8

/* Why a text is not an ODS code, in the order in which the rules are asked. */
typedef enum PfOdsCodeProblem
{
	PF_ODS_CODE_OK = 0,
	PF_ODS_CODE_EMPTY,
	PF_ODS_CODE_INVALID_CHARACTER,
	PF_ODS_CODE_TOO_SHORT,
	PF_ODS_CODE_TOO_LONG
} PfOdsCodeProblem;

static const char *const reasons[] = {
	[PF_ODS_CODE_EMPTY] = "empty",
	[PF_ODS_CODE_INVALID_CHARACTER] = "invalid_character",
	[PF_ODS_CODE_TOO_SHORT] = "too_short",
	[PF_ODS_CODE_TOO_LONG] = "too_long",
};

/* How many characters of a text can be in a code before the first that cannot. */
static size_t
leading_characters(const char *s, size_t len)
{
	size_t		n = 0;

	while (n < len && pf_code_char(s[n]) != 0)
		n++;
	return n;
}

static int
parse(const char *s, size_t len, int64 *value)
{
	char		code[PF_ODS_CODE_MAX_LENGTH];

	pf_trim(&s, &len);
	if (len == 0)
		return PF_ODS_CODE_EMPTY;
	if (len > PF_ODS_CODE_MAX_LENGTH)
		return leading_characters(s, len) < len ? PF_ODS_CODE_INVALID_CHARACTER : PF_ODS_CODE_TOO_LONG;
	for (size_t i = 0; i < len; i++)
	{
		if ((code[i] = pf_code_char(s[i])) == 0)
			return PF_ODS_CODE_INVALID_CHARACTER;
	}
	if (len < PF_ODS_CODE_MIN_LENGTH)
		return PF_ODS_CODE_TOO_SHORT;
	*value = pf_pack_code(code, len);
	return PF_ODS_CODE_OK;
}

/* The DETAIL of a problem: the one place that words each rule. */
static char *
detail(int problem, const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;

	pf_trim(&p, &left);
	switch ((PfOdsCodeProblem) problem)
	{
		case PF_ODS_CODE_OK:
			break;
		case PF_ODS_CODE_EMPTY:
			return pstrdup("It is empty.");
		case PF_ODS_CODE_INVALID_CHARACTER:
			return psprintf("Character %d is not a letter from A to Z or a digit.",
							pf_character_position(s, p + leading_characters(p, left)));
		case PF_ODS_CODE_TOO_SHORT:
			return psprintf("Length is %d, expected at least %d.", (int) left, PF_ODS_CODE_MIN_LENGTH);
		case PF_ODS_CODE_TOO_LONG:
			return psprintf("Length is %d, expected at most %d.",
							(int) left, PF_ODS_CODE_MAX_LENGTH);
	}
	return pstrdup("");			/* not reached */
}

static const PfCodeType ods_code_type = {
	.name = "ods_code",
	.bytes = "three to eight upper-case letters and digits",
	.reasons = reasons,
	.shown = PF_ODS_CODE_MAX_LENGTH,
	.parse = parse,
	.detail = detail,
};

PF_CODE_TYPE_FUNCTIONS(ods_code, ods_code_type)
