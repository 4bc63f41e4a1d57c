/*
 * postcode.c
 *		Type postcode: a full postcode of the United Kingdom and the Crown dependencies, printed with
 *		one space: LS1 4AP. Stored, ordered and searched as code_type.h says.
 *
 * The rules, those of Royal Mail's Postcode Address File (PAF) as its programmers' guide gives them:
 *
 *	outward		an area of one or two letters, out of the list below, and a district: a digit, two
 *				digits of which the first is not 0, or a digit and a letter (in central London)
 *	inward		a digit and two letters, never C, I, K, M, O or V
 *
 * besides GIR 0AA (Girobank, still found). A postcode that has been withdrawn is as good as a live
 * one here: the letters of districts are those in use and those of W1L to W1Y that were recoded in
 * 2000. BF1 are the British forces. The NHS adds pseudo postcodes, ZZ99, a digit, a letter and Z,
 * for what is no postal address (no fixed abode, not known, a country abroad); there the letters
 * that PAF avoids do occur (ZZ99 3CZ, ZZ99 3VZ).
 *
 * The schema of BS7666 is a pattern for the same rules, but accepts any pair of letters for an area,
 * districts of a zero and a digit, and refuses live districts (N1P) and all of ZZ99. Which postcodes
 * of a known area exist is a list, and belongs in a table.
 */
#include "pf.h"

#include "code_type.h"
#include "type_util.h"

/* Why a text is not a postcode, in the order in which the rules are asked. */
typedef enum PfPostcodeProblem
{
	PF_POSTCODE_OK = 0,
	PF_POSTCODE_EMPTY,
	PF_POSTCODE_INVALID_CHARACTER,
	PF_POSTCODE_INCOMPLETE,
	PF_POSTCODE_TOO_LONG,
	PF_POSTCODE_MISPLACED_SPACE,
	PF_POSTCODE_WRONG_INWARD,
	PF_POSTCODE_UNKNOWN_AREA,
	PF_POSTCODE_WRONG_DISTRICT
} PfPostcodeProblem;

#define SHORTEST 5				/* M1 1AE without its space */
#define LONGEST 7
#define INWARD 3

PG_FUNCTION_INFO_V1(pf_postcode_area);
PG_FUNCTION_INFO_V1(pf_postcode_outward);
PG_FUNCTION_INFO_V1(pf_postcode_sector);
PG_FUNCTION_INFO_V1(pf_postcode_inward);
PG_FUNCTION_INFO_V1(pf_is_pseudo_postcode);

static const char *const reasons[] = {
	[PF_POSTCODE_EMPTY] = "empty",
	[PF_POSTCODE_INVALID_CHARACTER] = "invalid_character",
	[PF_POSTCODE_INCOMPLETE] = "incomplete",
	[PF_POSTCODE_TOO_LONG] = "too_long",
	[PF_POSTCODE_MISPLACED_SPACE] = "misplaced_space",
	[PF_POSTCODE_WRONG_INWARD] = "wrong_inward_code",
	[PF_POSTCODE_UNKNOWN_AREA] = "unknown_area",
	[PF_POSTCODE_WRONG_DISTRICT] = "wrong_district",
};

/* Sets of letters, a bit each; bit 26 of an area's set stands for "no second letter". */
#define L(letter) (1U << ((letter) - 'A'))
#define ALONE (1U << 26)

/*
 * The areas by first letter, then second: 121 in the United Kingdom, GY, IM and JE, and those with
 * no place, BF (forces), BX (banks, tax offices) and XX (returns by post). ZZ and GIR are apart.
 */
static const uint32 areas[26] = {
	['A' - 'A'] = L('B') | L('L'),
	['B' - 'A'] = ALONE | L('A') | L('B') | L('D') | L('F') | L('H') | L('L') | L('N') | L('R') | L('S') | L('T') | L('X'),
	['C' - 'A'] = L('A') | L('B') | L('F') | L('H') | L('M') | L('O') | L('R') | L('T') | L('V') | L('W'),
	['D' - 'A'] = L('A') | L('D') | L('E') | L('G') | L('H') | L('L') | L('N') | L('T') | L('Y'),
	['E' - 'A'] = ALONE | L('C') | L('H') | L('N') | L('X'),
	['F' - 'A'] = L('K') | L('Y'),
	['G' - 'A'] = ALONE | L('L') | L('U') | L('Y'),
	['H' - 'A'] = L('A') | L('D') | L('G') | L('P') | L('R') | L('S') | L('U') | L('X'),
	['I' - 'A'] = L('G') | L('M') | L('P') | L('V'),
	['J' - 'A'] = L('E'),
	['K' - 'A'] = L('A') | L('T') | L('W') | L('Y'),
	['L' - 'A'] = ALONE | L('A') | L('D') | L('E') | L('L') | L('N') | L('S') | L('U'),
	['M' - 'A'] = ALONE | L('E') | L('K') | L('L'),
	['N' - 'A'] = ALONE | L('E') | L('G') | L('N') | L('P') | L('R') | L('W'),
	['O' - 'A'] = L('L') | L('X'),
	['P' - 'A'] = L('A') | L('E') | L('H') | L('L') | L('O') | L('R'),
	['R' - 'A'] = L('G') | L('H') | L('M'),
	['S' - 'A'] = ALONE | L('A') | L('E') | L('G') | L('K') | L('L') | L('M') | L('N') | L('O') | L('P') | L('R') |
	L('S') | L('T') | L('W') | L('Y'),
	['T' - 'A'] = L('A') | L('D') | L('F') | L('N') | L('Q') | L('R') | L('S') | L('W'),
	['U' - 'A'] = L('B'),
	['W' - 'A'] = ALONE | L('A') | L('C') | L('D') | L('F') | L('N') | L('R') | L('S') | L('V'),
	['X' - 'A'] = L('X'),
	['Y' - 'A'] = L('O'),
	['Z' - 'A'] = L('E'),
};

#define ALL_LETTERS ((1U << 26) - 1)

/* Letters of the inward code */
static const uint32 unit_letters = ALL_LETTERS & ~(L('C') | L('I') | L('K') | L('M') | L('O') | L('V'));

/* Letters that end a district, after an area of one letter (E1W, N1P, W1A) and of two (EC1A, SW1Y) */
static const uint32 district_letters[] = {
	ALL_LETTERS & ~(L('I') | L('O') | L('Q') | L('Z')),
	L('A') | L('B') | L('E') | L('H') | L('M') | L('N') | L('P') | L('R') | L('V') | L('W') | L('X') | L('Y'),
};

/* Whether a letter is in a set; what is no letter is in none. */
static inline bool
is_one_of(char c, uint32 set)
{
	return c >= 'A' && (set & (1U << (c - 'A'))) != 0;
}

/* Letters at the beginning of an outward code */
static inline size_t
area_length(const char *code)
{
	return code[1] < 'A' ? 1 : code[2] < 'A' ? 2 : 3;
}

static inline bool
is_pseudo(const char *code)
{
	return memcmp(code, "ZZ99", 4) == 0;
}

static PfPostcodeProblem
judge_outward(const char *code, size_t len)
{
	const char *district;
	size_t		letters;

	if (code[0] < 'A' || (letters = area_length(code)) > 2)
		return PF_POSTCODE_UNKNOWN_AREA;
	if ((areas[code[0] - 'A'] & (letters == 1 ? ALONE : L(code[1]))) == 0)
		return PF_POSTCODE_UNKNOWN_AREA;
	district = code + letters;
	if (len == letters + 1)		/* area_length() has seen that it is a digit */
		return PF_POSTCODE_OK;
	if (len == letters + 2 &&
		(pf_is_digit(district[1]) ? district[0] != '0' : is_one_of(district[1], district_letters[letters - 1])))
		return PF_POSTCODE_OK;
	return PF_POSTCODE_WRONG_DISTRICT;
}

/* The rules for the letters and digits of a postcode, its space left out. */
static PfPostcodeProblem
judge(const char *code, size_t len)
{
	const char *inward = code + len - INWARD;
	bool		pseudo = len == LONGEST && is_pseudo(code);

	if (!pf_is_digit(inward[0]))
		return PF_POSTCODE_WRONG_INWARD;
	if (pseudo)
		return inward[1] >= 'A' && inward[2] == 'Z' ? PF_POSTCODE_OK : PF_POSTCODE_WRONG_INWARD;
	if (!is_one_of(inward[1], unit_letters) || !is_one_of(inward[2], unit_letters))
		return PF_POSTCODE_WRONG_INWARD;
	if (len == 6 && memcmp(code, "GIR0AA", 6) == 0)
		return PF_POSTCODE_OK;
	return judge_outward(code, len - INWARD);
}

/*
 * The letters and digits of a trimmed text in `code`, how many, and after how many of them the one
 * gap stands (0: there is none).
 */
static PfPostcodeProblem
collect(const char *s, size_t len, char *code, size_t *n, size_t *gap)
{
	bool		second_gap = false;

	*n = *gap = 0;
	for (size_t i = 0; i < len; i++)
	{
		char		c = pf_code_char(s[i]);

		if (c != 0)
		{
			if (*n < LONGEST)
				code[*n] = c;
			(*n)++;
		}
		else if (s[i] != ' ')
			return PF_POSTCODE_INVALID_CHARACTER;
		else if (*gap == 0)
			*gap = *n;
		else if (*gap != *n)
			second_gap = true;
	}
	if (*n < SHORTEST)
		return PF_POSTCODE_INCOMPLETE;
	if (*n > LONGEST)
		return PF_POSTCODE_TOO_LONG;
	return second_gap || (*gap != 0 && *gap != *n - INWARD) ? PF_POSTCODE_MISPLACED_SPACE : PF_POSTCODE_OK;
}

static int
parse(const char *s, size_t len, int64 *value)
{
	char		code[LONGEST + 1];
	size_t		n;
	size_t		gap;
	PfPostcodeProblem problem;

	pf_trim(&s, &len);
	if (len == 0)
		return PF_POSTCODE_EMPTY;
	problem = collect(s, len, code, &n, &gap);
	if (problem == PF_POSTCODE_OK)
		problem = judge(code, n);
	if (problem != PF_POSTCODE_OK)
		return problem;
	memmove(code + n - INWARD + 1, code + n - INWARD, INWARD);
	code[n - INWARD] = ' ';
	*value = pf_pack_code(code, n + 1);
	return PF_POSTCODE_OK;
}

/* The DETAIL of a problem: the one place that words each rule. It repeats nothing of the value. */
static char *
detail(int problem, const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;

	pf_trim(&p, &left);
	switch ((PfPostcodeProblem) problem)
	{
		case PF_POSTCODE_OK:
			break;
		case PF_POSTCODE_EMPTY:
			return pstrdup("It is empty.");
		case PF_POSTCODE_INVALID_CHARACTER:
			while (pf_code_char(*p) != 0 || *p == ' ')
				p++;
			return psprintf("Character %d is not a letter from A to Z, a digit or a space.", pf_character_position(s, p));
		case PF_POSTCODE_INCOMPLETE:
			return pstrdup("A full postcode has five to seven letters and digits, as in \"LS1 4AP\".");
		case PF_POSTCODE_TOO_LONG:
			return pstrdup("It has more than seven letters and digits.");
		case PF_POSTCODE_MISPLACED_SPACE:
			return pstrdup("The space does not stand before the last three characters.");
		case PF_POSTCODE_WRONG_INWARD:
			return pstrdup("The last three characters are not a digit and two letters other than C, I, K, M, O and V.");
		case PF_POSTCODE_UNKNOWN_AREA:
			return pstrdup("The letters at the beginning are no postcode area.");
		case PF_POSTCODE_WRONG_DISTRICT:
			return pstrdup("After the area there is no district as in \"LS1\", \"LS10\" or \"SW1A\".");
	}
	return pstrdup("");			/* not reached */
}

static const PfCodeType postcode_type = {
	.name = "postcode",
	.bytes = "a postcode in upper case with one space",
	.reasons = reasons,
	.shown = 0,					/* where somebody lives */
	.parse = parse,
	.detail = detail,
};

PF_CODE_TYPE_FUNCTIONS(postcode, postcode_type)

static Datum
part_of(const char *code, size_t len)
{
	return PointerGetDatum(cstring_to_text_with_len(code, (int) len));
}

Datum
pf_postcode_area(PG_FUNCTION_ARGS)
{
	char		code[PF_CODE_LENGTH + 1];

	pf_unpack_code(PG_GETARG_INT64(0), code);
	return part_of(code, area_length(code));
}

/* SQL postcode_outward(postcode) and postcode_district(postcode): two names of one thing */
Datum
pf_postcode_outward(PG_FUNCTION_ARGS)
{
	char		code[PF_CODE_LENGTH + 1];
	size_t		len = pf_unpack_code(PG_GETARG_INT64(0), code);

	return part_of(code, len - INWARD - 1);
}

Datum
pf_postcode_sector(PG_FUNCTION_ARGS)
{
	char		code[PF_CODE_LENGTH + 1];
	size_t		len = pf_unpack_code(PG_GETARG_INT64(0), code);

	return part_of(code, len - INWARD + 1);
}

Datum
pf_postcode_inward(PG_FUNCTION_ARGS)
{
	char		code[PF_CODE_LENGTH + 1];
	size_t		len = pf_unpack_code(PG_GETARG_INT64(0), code);

	return part_of(code + len - INWARD, INWARD);
}

Datum
pf_is_pseudo_postcode(PG_FUNCTION_ARGS)
{
	char		code[PF_CODE_LENGTH + 1];

	pf_unpack_code(PG_GETARG_INT64(0), code);
	PG_RETURN_BOOL(is_pseudo(code));
}
