/*
 * icd10.c
 *		Type icd10: a diagnosis coded in ICD-10, in the form of the NHS (NHS Data Dictionary, ICD-10
 *		CODE): four to six characters without a dot. Stored, ordered and searched as code_type.h says.
 *
 *	1-3		the category: a letter and two digits
 *	4		the subcategory, or X where the category has none: I10 is I10X
 *	5		a supplementary digit (place of the body, open or closed); - where only the sixth is there
 *	6		D marks the dagger code of a pair (the disease), A the asterisk code (its manifestation)
 *
 * People also write the dot (I21.0), leave out X and -, and put + and * for D and A, as ICD-10 does
 * where it has no dagger. All is read; one form is kept, so that equal means equal. I20.- stands for
 * several codes and is none.
 *
 * Only the form is judged. Which categories and subdivisions an edition has, and so whether X was
 * right, is a list, and belongs in a table; chapter and block of a category that no edition has are
 * NULL.
 */
#include "pf.h"

#include "code_type.h"
#include "icd10_data.h"
#include "type_util.h"

/* Why a text is not an ICD-10 code, in the order in which the rules are asked. */
typedef enum PfIcd10Problem
{
	PF_ICD10_OK = 0,
	PF_ICD10_EMPTY,
	PF_ICD10_INVALID_CHARACTER,
	PF_ICD10_INCOMPLETE,
	PF_ICD10_TOO_LONG,
	PF_ICD10_MISPLACED_DOT,
	PF_ICD10_WRONG_CATEGORY,
	PF_ICD10_WRONG_SUBDIVISION,
	PF_ICD10_WRONG_MARK
} PfIcd10Problem;

#define CATEGORY 3				/* its length; after so many characters a dot may stand */
#define LONGEST 6

PG_FUNCTION_INFO_V1(pf_icd10_chapter);
PG_FUNCTION_INFO_V1(pf_icd10_block);

static const char *const reasons[] = {
	[PF_ICD10_EMPTY] = "empty",
	[PF_ICD10_INVALID_CHARACTER] = "invalid_character",
	[PF_ICD10_INCOMPLETE] = "incomplete",
	[PF_ICD10_TOO_LONG] = "too_long",
	[PF_ICD10_MISPLACED_DOT] = "misplaced_dot",
	[PF_ICD10_WRONG_CATEGORY] = "wrong_category",
	[PF_ICD10_WRONG_SUBDIVISION] = "wrong_subdivision",
	[PF_ICD10_WRONG_MARK] = "wrong_mark",
};

/* The character as it is kept, 0 if it can be in no code. */
static inline char
icd10_char(char c)
{
	return c == '-' ? '-' : c == '+' ? 'D' : c == '*' ? 'A' : pf_code_char(c);
}

/* The characters of a trimmed text but for its dot in `code`, and how many. */
static PfIcd10Problem
collect(const char *s, size_t len, char *code, size_t *n)
{
	bool		misplaced = false;

	*n = 0;
	for (size_t i = 0; i < len; i++)
	{
		char		c = icd10_char(s[i]);

		if (c != 0)
		{
			if (*n < LONGEST)
				code[*n] = c;
			(*n)++;
		}
		else if (s[i] != '.')
			return PF_ICD10_INVALID_CHARACTER;
		else
			misplaced |= i != CATEGORY || len == CATEGORY + 1;
	}
	if (*n < CATEGORY)
		return PF_ICD10_INCOMPLETE;
	if (*n > LONGEST)
		return PF_ICD10_TOO_LONG;
	return misplaced ? PF_ICD10_MISPLACED_DOT : PF_ICD10_OK;
}

/*
 * What follows the category, in `rest`, in its full form to `full`. There are at most three
 * characters, so what is left over after the fifth is one.
 */
static PfIcd10Problem
subdivide(const char *rest, size_t n, char *full, size_t *len)
{
	size_t		i = 0;

	full[0] = 'X';
	full[1] = '-';
	if (i < n && (pf_is_digit(rest[i]) || rest[i] == 'X'))
	{
		full[0] = rest[i++];
		if (i < n && (pf_is_digit(rest[i]) || rest[i] == '-'))
			full[1] = rest[i++];
	}
	*len = full[1] == '-' ? 1 : 2;
	if (i == n)
		return PF_ICD10_OK;
	if (i + 1 < n || (rest[i] != 'A' && rest[i] != 'D'))
		return i < 2 ? PF_ICD10_WRONG_SUBDIVISION : PF_ICD10_WRONG_MARK;
	full[2] = rest[i];
	*len = 3;
	return PF_ICD10_OK;
}

static int
parse(const char *s, size_t len, int64 *value)
{
	char		code[LONGEST];
	char		full[LONGEST];
	size_t		n;
	PfIcd10Problem problem;

	pf_trim(&s, &len);
	if (len == 0)
		return PF_ICD10_EMPTY;
	problem = collect(s, len, code, &n);
	if (problem != PF_ICD10_OK)
		return problem;
	if (code[0] < 'A' || !pf_is_digit(code[1]) || !pf_is_digit(code[2]))
		return PF_ICD10_WRONG_CATEGORY;
	memcpy(full, code, CATEGORY);
	problem = subdivide(code + CATEGORY, n - CATEGORY, full + CATEGORY, &len);
	if (problem != PF_ICD10_OK)
		return problem;
	*value = pf_pack_code(full, CATEGORY + len);
	return PF_ICD10_OK;
}

/* The DETAIL of a problem: the one place that words each rule. */
static char *
detail(int problem, const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;

	pf_trim(&p, &left);
	switch ((PfIcd10Problem) problem)
	{
		case PF_ICD10_OK:
			break;
		case PF_ICD10_EMPTY:
			return pstrdup("It is empty.");
		case PF_ICD10_INVALID_CHARACTER:
			while (icd10_char(*p) != 0 || *p == '.')
				p++;
			return psprintf("Character %d is not a letter from A to Z, a digit, a dot, -, + or *.", pf_character_position(s, p));
		case PF_ICD10_INCOMPLETE:
			return pstrdup("A category has three characters, as in \"I21\".");
		case PF_ICD10_TOO_LONG:
			return pstrdup("It has more than six characters, its dot left out.");
		case PF_ICD10_MISPLACED_DOT:
			return pstrdup("The dot does not stand between the third character and a fourth.");
		case PF_ICD10_WRONG_CATEGORY:
			return pstrdup("The first three characters are not a letter and two digits.");
		case PF_ICD10_WRONG_SUBDIVISION:
			return pstrdup("After the category there is no digit or X, or after that no digit or -.");
		case PF_ICD10_WRONG_MARK:
			return pstrdup("The last character is not D (dagger) or A (asterisk).");
	}
	return pstrdup("");			/* not reached */
}

static const PfCodeType icd10_type = {
	.name = "icd10",
	.bytes = "an ICD-10 code of four to six characters without a dot",
	.reasons = reasons,
	.shown = LONGEST + 1,
	.dotted = true,
	.parse = parse,
	.detail = detail,
};

PF_CODE_TYPE_FUNCTIONS(icd10, icd10_type)

/* Whether a code's category lies before (-1), in (0) or after (1) a range of categories. */
static int
compare(const char *code, const PfIcd10Range *range)
{
	if (memcmp(code, range->first, CATEGORY) < 0)
		return -1;
	return memcmp(code, range->last, CATEGORY) > 0 ? 1 : 0;
}

static int
compare_chapter(const void *code, const void *chapter)
{
	return compare(code, &((const PfIcd10Chapter *) chapter)->range);
}

static int
compare_block(const void *code, const void *block)
{
	return compare(code, block);
}

Datum
pf_icd10_chapter(PG_FUNCTION_ARGS)
{
	char		code[PF_CODE_LENGTH + 1];
	const PfIcd10Chapter *chapter;

	pf_unpack_code(PG_GETARG_INT64(0), code);
	chapter = bsearch(code, icd10_chapters, lengthof(icd10_chapters), sizeof(icd10_chapters[0]), compare_chapter);
	if (chapter == NULL)
		PG_RETURN_NULL();
	PG_RETURN_INT32(chapter->number);
}

/* As the classification names it, I20-I25; a block of one category as that: B99 */
Datum
pf_icd10_block(PG_FUNCTION_ARGS)
{
	char		code[PF_CODE_LENGTH + 1];
	char		name[2 * CATEGORY + 1];
	const PfIcd10Range *block;

	pf_unpack_code(PG_GETARG_INT64(0), code);
	block = bsearch(code, icd10_blocks, lengthof(icd10_blocks), sizeof(icd10_blocks[0]), compare_block);
	if (block == NULL)
		PG_RETURN_NULL();
	memcpy(name, block->first, CATEGORY);
	name[CATEGORY] = '-';
	memcpy(name + CATEGORY + 1, block->last, CATEGORY);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(name, strcmp(block->first, block->last) == 0 ? CATEGORY : sizeof(name)));
}
