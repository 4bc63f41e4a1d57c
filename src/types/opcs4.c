/*
 * opcs4.c
 *		Type opcs4: the code of an operation or procedure in OPCS-4, a letter and three digits,
 *		printed without the dot as data sets send it: W381 for W38.1. Stored, ordered and searched as
 *		code_type.h says.
 *
 * The letter is the chapter; I is none, and O holds the codes that overflow from other chapters. A
 * category of three characters (W38) is no code, and a fifth character, which some sites add for
 * themselves, must be taken off before data is sent (NHS Data Dictionary, OPCS-4 CODE): both are
 * refused. Which codes a version of the classification has is a list, and belongs in a table.
 */
#include "pf.h"

#include "code_type.h"
#include "type_util.h"

/* Why a text is not an OPCS-4 code, in the order in which the rules are asked. */
typedef enum PfOpcs4Problem
{
	PF_OPCS4_OK = 0,
	PF_OPCS4_EMPTY,
	PF_OPCS4_INVALID_CHARACTER,
	PF_OPCS4_INCOMPLETE,
	PF_OPCS4_TOO_LONG,
	PF_OPCS4_MISPLACED_DOT,
	PF_OPCS4_WRONG_FORM,
	PF_OPCS4_UNKNOWN_CHAPTER
} PfOpcs4Problem;

#define LENGTH 4
#define DOT 3					/* after so many characters a dot may stand */

PG_FUNCTION_INFO_V1(pf_opcs4_chapter);

static const char *const reasons[] = {
	[PF_OPCS4_EMPTY] = "empty",
	[PF_OPCS4_INVALID_CHARACTER] = "invalid_character",
	[PF_OPCS4_INCOMPLETE] = "incomplete",
	[PF_OPCS4_TOO_LONG] = "too_long",
	[PF_OPCS4_MISPLACED_DOT] = "misplaced_dot",
	[PF_OPCS4_WRONG_FORM] = "wrong_form",
	[PF_OPCS4_UNKNOWN_CHAPTER] = "unknown_chapter",
};

/* The letters and digits of a trimmed text in `code`; any number of dots is only noted. */
static PfOpcs4Problem
collect(const char *s, size_t len, char *code)
{
	size_t		n = 0;
	bool		misplaced = false;

	for (size_t i = 0; i < len; i++)
	{
		char		c = pf_code_char(s[i]);

		if (c != 0)
		{
			if (n < LENGTH)
				code[n] = c;
			n++;
		}
		else if (s[i] != '.')
			return PF_OPCS4_INVALID_CHARACTER;
		else
			misplaced |= i != DOT || len == DOT + 1;
	}
	if (n < LENGTH)
		return PF_OPCS4_INCOMPLETE;
	if (n > LENGTH)
		return PF_OPCS4_TOO_LONG;
	return misplaced ? PF_OPCS4_MISPLACED_DOT : PF_OPCS4_OK;
}

static int
parse(const char *s, size_t len, int64 *value)
{
	char		code[LENGTH];
	PfOpcs4Problem problem;

	pf_trim(&s, &len);
	if (len == 0)
		return PF_OPCS4_EMPTY;
	problem = collect(s, len, code);
	if (problem != PF_OPCS4_OK)
		return problem;
	if (pf_is_digit(code[0]) || !pf_is_digit(code[1]) || !pf_is_digit(code[2]) || !pf_is_digit(code[3]))
		return PF_OPCS4_WRONG_FORM;
	if (code[0] == 'I')
		return PF_OPCS4_UNKNOWN_CHAPTER;
	*value = pf_pack_code(code, LENGTH);
	return PF_OPCS4_OK;
}

/* The DETAIL of a problem: the one place that words each rule. */
static char *
detail(int problem, const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;

	pf_trim(&p, &left);
	switch ((PfOpcs4Problem) problem)
	{
		case PF_OPCS4_OK:
			break;
		case PF_OPCS4_EMPTY:
			return pstrdup("It is empty.");
		case PF_OPCS4_INVALID_CHARACTER:
			while (pf_code_char(*p) != 0 || *p == '.')
				p++;
			return psprintf("Character %d is not a letter from A to Z, a digit or a dot.", pf_character_position(s, p));
		case PF_OPCS4_INCOMPLETE:
			return pstrdup("A code has four letters and digits, as in \"W38.1\"; with three it is a category.");
		case PF_OPCS4_TOO_LONG:
			return pstrdup("It has more than four letters and digits; a fifth is a local addition.");
		case PF_OPCS4_MISPLACED_DOT:
			return pstrdup("The dot does not stand after the third character.");
		case PF_OPCS4_WRONG_FORM:
			return pstrdup("It is not a letter and three digits.");
		case PF_OPCS4_UNKNOWN_CHAPTER:
			return pstrdup("There is no chapter I.");
	}
	return pstrdup("");			/* not reached */
}

static const PfCodeType opcs4_type = {
	.name = "opcs4",
	.bytes = "an OPCS-4 code, a letter and three digits",
	.reasons = reasons,
	.shown = LENGTH + 2,		/* with a dot and a local addition */
	.dotted = true,
	.parse = parse,
	.detail = detail,
};

PF_CODE_TYPE_FUNCTIONS(opcs4, opcs4_type)

/* The letter: chapters have no other name */
Datum
pf_opcs4_chapter(PG_FUNCTION_ARGS)
{
	char		code[PF_CODE_LENGTH + 1];

	pf_unpack_code(PG_GETARG_INT64(0), code);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(code, 1));
}
