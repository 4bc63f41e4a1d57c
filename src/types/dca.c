/*
 * dca.c
 *		Type dca: the delivery confidence assessment of a programme, on the scale it was given.
 *
 * The published scale had five points to March 2021 (Green, Amber/Green, Amber, Amber/Red, Red) and
 * has three since March 2022 (Green, Amber, Red). The words are the same and the meaning is not: the
 * Amber of three points holds what was Amber/Green and Amber/Red before. So a value carries its scale,
 * and the text says it: "Amber" is of five points, "Amber (3)" of three. Exempt, Reset and Not rated
 * stand on neither scale.
 *
 * A value is a number of two bytes, passed by value: scale, then place on it, worst first (dca.h).
 * That order is total, so a column of mixed ratings can be analysed, indexed, sorted and grouped, and
 * it is that of smallint (sql/10_types/21_dca.sql). It says nothing of which of two ratings on
 * different scales is the better: better_than() and worst() raise an error there.
 */
#include "pf.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "type_util.h"

/*
 * A value is its scale and its place on it, worst first. The numbers are on disk: places for other
 * scales are kept free, and none of these may ever change.
 */
typedef enum PfDca
{
	PF_DCA_RED = 11,			/* five points, published to March 2021 */
	PF_DCA_AMBER_RED = 12,
	PF_DCA_AMBER = 13,
	PF_DCA_AMBER_GREEN = 14,
	PF_DCA_GREEN = 15,
	PF_DCA_RED_3 = 21,			/* three points, published from March 2022 */
	PF_DCA_AMBER_3 = 22,
	PF_DCA_GREEN_3 = 23,
	PF_DCA_RESET = 91,			/* on neither scale: there is no rating */
	PF_DCA_EXEMPT = 92,
	PF_DCA_NOT_RATED = 93
} PfDca;

/* Why a text is not a rating, in the order in which the rules are asked. */
typedef enum PfDcaProblem
{
	PF_DCA_OK = 0,
	PF_DCA_EMPTY,
	PF_DCA_UNKNOWN_RATING,
	PF_DCA_UNKNOWN_SCALE,
	PF_DCA_NOT_ON_SCALE
} PfDcaProblem;

/* The longest rating that is written; what is longer than this is not shown in a message as it stands */
#define LONGEST_RATING 11
#define LONGEST_SCALE 10

PG_FUNCTION_INFO_V1(pf_dca_in);
PG_FUNCTION_INFO_V1(pf_dca_out);
PG_FUNCTION_INFO_V1(pf_dca_recv);
PG_FUNCTION_INFO_V1(pf_dca_send);
PG_FUNCTION_INFO_V1(pf_dca_from_text);
PG_FUNCTION_INFO_V1(pf_dca_from_text_scale);
PG_FUNCTION_INFO_V1(pf_dca_to_text);
PG_FUNCTION_INFO_V1(pf_is_dca);
PG_FUNCTION_INFO_V1(pf_try_dca);
PG_FUNCTION_INFO_V1(pf_dca_problem_code);
PG_FUNCTION_INFO_V1(pf_dca_scale);
PG_FUNCTION_INFO_V1(pf_dca_place);
PG_FUNCTION_INFO_V1(pf_worse_of);
PG_FUNCTION_INFO_V1(pf_better_than);

static const struct
{
	PfDca		value;
	const char *name;
}			ratings[] = {
	{PF_DCA_RED, "Red"},
	{PF_DCA_AMBER_RED, "Amber/Red"},
	{PF_DCA_AMBER, "Amber"},
	{PF_DCA_AMBER_GREEN, "Amber/Green"},
	{PF_DCA_GREEN, "Green"},
	{PF_DCA_RED_3, "Red (3)"},
	{PF_DCA_AMBER_3, "Amber (3)"},
	{PF_DCA_GREEN_3, "Green (3)"},
	{PF_DCA_RESET, "Reset"},
	{PF_DCA_EXEMPT, "Exempt"},
	{PF_DCA_NOT_RATED, "Not rated"},
};

/* How a rating may be written, in lower case; one space stands for any white space, slash or hyphen. */
static const struct
{
	const char *text;
	PfDca		value;
}			spellings[] = {
	{"green", PF_DCA_GREEN}, {"g", PF_DCA_GREEN},
	{"amber green", PF_DCA_AMBER_GREEN}, {"ag", PF_DCA_AMBER_GREEN}, {"a g", PF_DCA_AMBER_GREEN},
	{"amber", PF_DCA_AMBER}, {"a", PF_DCA_AMBER},
	{"amber red", PF_DCA_AMBER_RED}, {"ar", PF_DCA_AMBER_RED}, {"a r", PF_DCA_AMBER_RED},
	{"red", PF_DCA_RED}, {"r", PF_DCA_RED},
	{"reset", PF_DCA_RESET}, {"exempt", PF_DCA_EXEMPT}, {"not rated", PF_DCA_NOT_RATED},
};

/* The scale of a value: its number of points, 0 for a value without a rating. */
static int
scale_of(PfDca value)
{
	if (value <= PF_DCA_GREEN)
		return 5;
	return value <= PF_DCA_GREEN_3 ? 3 : 0;
}

static inline char
small_letter(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static inline bool
is_separator(char c)
{
	return pf_is_space(c) || c == '/' || c == '-';
}

/* Does the text spell it? One slash or hyphen may stand between two words, with white space around. */
static bool
is_spelled(const char *s, size_t len, const char *spelling)
{
	const char *end = s + len;

	for (; *spelling; spelling++)
	{
		if (*spelling == ' ')
		{
			int			signs = 0;

			if (s == end || !is_separator(*s))
				return false;
			for (; s < end && is_separator(*s); s++)
				signs += !pf_is_space(*s);
			if (signs > 1)
				return false;
		}
		else if (s == end || small_letter(*s++) != *spelling)
			return false;
	}
	return s == end;
}

/* Takes "(3)", "(5)", "(3-point)" or "(5 point)" off the end; false if what stands in brackets is no scale. */
static bool
take_scale(const char **s, size_t *len, int *scale)
{
	const char *open = memchr(*s, '(', *len);
	const char *p;
	size_t		left;

	if (open == NULL)
		return true;
	p = open + 1;
	left = *s + *len - p;
	*len = open - *s;
	pf_trim(s, len);
	if (left == 0 || p[--left] != ')')
		return false;
	pf_trim(&p, &left);
	if (left == 0 || (*p != '3' && *p != '5'))
		return false;
	*scale = *p - '0';
	return left == 1 || is_spelled(p + 1, left - 1, " point");
}

static PfDcaProblem
parse(const char *s, size_t len, int scale, PfDca *value)
{
	int			written = 0;
	bool		known_scale;

	pf_trim(&s, &len);
	if (len == 0)
		return PF_DCA_EMPTY;
	known_scale = take_scale(&s, &len, &written);
	for (int i = 0; i < lengthof(spellings); i++)
	{
		PfDca		found = spellings[i].value;

		if (!is_spelled(s, len, spellings[i].text))
			continue;
		if (!known_scale)
			return PF_DCA_UNKNOWN_SCALE;
		if (scale_of(found) == 0)
		{
			*value = found;
			return written == 0 ? PF_DCA_OK : PF_DCA_NOT_ON_SCALE;
		}
		if ((written != 0 ? written : scale) == 3)
		{
			if (found == PF_DCA_AMBER_RED || found == PF_DCA_AMBER_GREEN)
				return PF_DCA_NOT_ON_SCALE;
			found = found == PF_DCA_RED ? PF_DCA_RED_3 : found == PF_DCA_AMBER ? PF_DCA_AMBER_3 : PF_DCA_GREEN_3;
		}
		*value = found;
		return PF_DCA_OK;
	}
	return PF_DCA_UNKNOWN_RATING;
}

static const char *
reason_of(PfDcaProblem problem)
{
	switch (problem)
	{
		case PF_DCA_OK:
			return NULL;
		case PF_DCA_EMPTY:
			return "empty";
		case PF_DCA_UNKNOWN_RATING:
			return "unknown_rating";
		case PF_DCA_UNKNOWN_SCALE:
			return "unknown_scale";
		case PF_DCA_NOT_ON_SCALE:
			return "not_on_scale";
	}
	return NULL;				/* not reached; keeps the compiler quiet */
}

/* The DETAIL of a problem: the one place that words each rule. */
static const char *
problem_detail(PfDcaProblem problem)
{
	switch (problem)
	{
		case PF_DCA_OK:
			break;
		case PF_DCA_EMPTY:
			return "It is empty.";
		case PF_DCA_UNKNOWN_RATING:
			return "A rating is Green, Amber/Green, Amber, Amber/Red or Red, or Exempt, Reset or Not rated.";
		case PF_DCA_UNKNOWN_SCALE:
			return "The scale in brackets is not (5) or (3).";
		case PF_DCA_NOT_ON_SCALE:
			return "The scale of three points has Green, Amber and Red only; Exempt, Reset and Not rated are on no scale.";
	}
	return "";					/* not reached */
}

/*
 * A rejected value as a message may show it: what is no longer than a rating, and has no digits but
 * for one behind a bracket. In a file whose columns have slipped this may be somebody's NHS number.
 */
static char *
shown(const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;
	const char *bracket;

	pf_trim(&p, &left);
	bracket = memchr(p, '(', left);
	if (left > LONGEST_RATING + LONGEST_SCALE || (bracket ? (size_t) (bracket - p) > LONGEST_RATING + 1 : left > LONGEST_RATING))
		return pf_mask_identifier(p, left);
	for (size_t i = 0; i < left; i++)
	{
		if (p[i] >= '0' && p[i] <= '9' && !(i > 0 && p[i - 1] == '('))
			return pf_mask_identifier(p, left);
	}
	return pnstrdup(p, left);
}

/* The value of a text that must be a rating; an error of the caller's kind otherwise. */
static Datum
must_be(const char *s, size_t len, int scale, Node *escontext)
{
	PfDca		value = PF_DCA_NOT_RATED;
	PfDcaProblem problem = parse(s, len, scale, &value);

	if (problem != PF_DCA_OK)
		pf_ereturn(escontext, (Datum) 0,
				   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type %s: \"%s\"", "dca", shown(s, len)),
					errdetail_internal("%s", problem_detail(problem)),
					errhint(PF_HINT_LANDING, "dca_problem"),
					errhidestmt(pf_mask_identifiers),
					errhidecontext(pf_mask_identifiers)));
	return Int16GetDatum((int16) value);
}

/* The name of a value; NULL if the number is none. */
static const char *
name_of(int value)
{
	for (int i = 0; i < lengthof(ratings); i++)
	{
		if ((int) ratings[i].value == value)
			return ratings[i].name;
	}
	return NULL;
}

static const char *
must_have_name(Datum value)
{
	const char *name = name_of(DatumGetInt16(value));

	if (name == NULL)
		elog(ERROR, "invalid %s value: %d", "dca", DatumGetInt16(value));
	return name;
}

Datum
pf_dca_in(PG_FUNCTION_ARGS)
{
	char	   *s = PG_GETARG_CSTRING(0);

	return must_be(s, strlen(s), 5, PF_ESCONTEXT);
}

Datum
pf_dca_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pstrdup(must_have_name(PG_GETARG_DATUM(0))));
}

/* On the wire a rating is its name, so that no client needs to know the numbers; nothing else is taken. */
Datum
pf_dca_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	size_t		len = buf->len - buf->cursor;
	const char *s = pq_getmsgbytes(buf, (int) len);

	for (int i = 0; i < lengthof(ratings); i++)
	{
		if (strlen(ratings[i].name) == len && memcmp(ratings[i].name, s, len) == 0)
			PG_RETURN_INT16((int16) ratings[i].value);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary value for type %s", "dca"),
			 errdetail("The bytes are not a rating as the type prints it."),
			 errhidestmt(pf_mask_identifiers),
			 errhidecontext(pf_mask_identifiers)));
}

Datum
pf_dca_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;
	const char *name = must_have_name(PG_GETARG_DATUM(0));

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, name, (int) strlen(name));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pf_dca_from_text(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);

	return must_be(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), 5, NULL);
}

/* SQL dca(text, integer): a published word, with the scale of the edition that it stands in */
Datum
pf_dca_from_text_scale(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	int			scale = PG_GETARG_INT32(1);

	if (scale != 3 && scale != 5)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("delivery confidence has no scale of %d points", scale),
				 errhint("The scale is 5 (published to March 2021) or 3 (from March 2022).")));
	return must_be(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), scale, NULL);
}

Datum
pf_dca_to_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(must_have_name(PG_GETARG_DATUM(0))));
}

Datum
pf_is_dca(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	PfDca		value;
	bool		valid = parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), 5, &value) == PF_DCA_OK;

	PG_FREE_IF_COPY(t, 0);
	PG_RETURN_BOOL(valid);
}

Datum
pf_try_dca(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	PfDca		value;

	if (parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), 5, &value) != PF_DCA_OK)
		PG_RETURN_NULL();
	PG_RETURN_INT16((int16) value);
}

/* SQL dca_problem(text) */
Datum
pf_dca_problem_code(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	PfDca		value;
	const char *reason = reason_of(parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), 5, &value));

	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}

Datum
pf_dca_scale(PG_FUNCTION_ARGS)
{
	int			scale = scale_of((PfDca) PG_GETARG_INT16(0));

	if (scale == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(scale);
}

Datum
pf_dca_place(PG_FUNCTION_ARGS)
{
	PfDca		value = PG_GETARG_INT16(0);

	if (scale_of(value) == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(value - (scale_of(value) == 5 ? PF_DCA_RED : PF_DCA_RED_3) + 1);
}

/* Refuses to say which of two ratings on different scales is better. */
static void
check_one_scale(PfDca a, PfDca b)
{
	if (scale_of(a) != 0 && scale_of(b) != 0 && scale_of(a) != scale_of(b))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot compare delivery confidence on different scales: %s and %s", name_of(a), name_of(b)),
				 errdetail("The scales of five and of three points do not compare: Amber does not mean the same on both."),
				 errhint("Take one scale, as in WHERE portfolio.dca_scale(...) = 3, or GROUP BY portfolio.dca_scale(...).")));
}

/* Transition and combination of worst(dca): any rating is worse than none. */
Datum
pf_worse_of(PG_FUNCTION_ARGS)
{
	PfDca		a = PG_GETARG_INT16(0);
	PfDca		b = PG_GETARG_INT16(1);

	check_one_scale(a, b);
	PG_RETURN_INT16((int16) Min(a, b));
}

/* NULL where one of them is no rating */
Datum
pf_better_than(PG_FUNCTION_ARGS)
{
	PfDca		a = PG_GETARG_INT16(0);
	PfDca		b = PG_GETARG_INT16(1);

	check_one_scale(a, b);
	if (scale_of(a) == 0 || scale_of(b) == 0)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(a > b);
}
