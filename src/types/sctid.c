/*
 * sctid.c
 *		Type sctid: an identifier of SNOMED CT.
 *
 * A value is the identifier itself in an int64, passed by value, so comparison, sorting, hashing and
 * BRIN are those of bigint (sql/10_types/13_sctid.sql) and only input and output are here.
 *
 * The rules (SNOMED CT Release File Specification, 6 SNOMED CT Identifiers): 6 to 18 digits, the first
 * no zero. From the right: a check digit by Verhoeff's scheme; two digits of partition, 00 concept,
 * 01 description, 02 relationship, and 10, 11, 12 the same in an extension; for these seven digits of
 * namespace; and the item. Other partitions are reserved. Whether a component exists is a list.
 */
#include "pf.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "type_util.h"

#define PF_SCTID_MIN_DIGITS 6
#define PF_SCTID_MAX_DIGITS 18

/* Why a text is not an SCTID, in the order in which the rules are asked. */
typedef enum PfSctidProblem
{
	PF_SCTID_OK = 0,
	PF_SCTID_EMPTY,
	PF_SCTID_INVALID_CHARACTER,
	PF_SCTID_TOO_SHORT,
	PF_SCTID_TOO_LONG,
	PF_SCTID_LEADING_ZERO,
	PF_SCTID_WRONG_CHECK_DIGIT,
	PF_SCTID_INVALID_PARTITION,
	PF_SCTID_NO_NAMESPACE
} PfSctidProblem;

/* Digits of an identifier with a namespace: item, namespace, partition, check digit */
#define MIN_NAMESPACE_DIGITS (1 + 7 + 2 + 1)

PG_FUNCTION_INFO_V1(pf_sctid_in);
PG_FUNCTION_INFO_V1(pf_sctid_out);
PG_FUNCTION_INFO_V1(pf_sctid_recv);
PG_FUNCTION_INFO_V1(pf_sctid_send);
PG_FUNCTION_INFO_V1(pf_sctid_from_text);
PG_FUNCTION_INFO_V1(pf_sctid_to_text);
PG_FUNCTION_INFO_V1(pf_sctid_to_int8);
PG_FUNCTION_INFO_V1(pf_sctid_component);
PG_FUNCTION_INFO_V1(pf_sctid_namespace);
PG_FUNCTION_INFO_V1(pf_is_sctid);
PG_FUNCTION_INFO_V1(pf_try_sctid);
PG_FUNCTION_INFO_V1(pf_sctid_problem_code);

/* Multiplication in the dihedral group of order ten */
static const uint8 verhoeff_product[10][10] = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
	{1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
	{2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
	{3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
	{4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
	{5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
	{6, 5, 9, 8, 7, 1, 0, 4, 3, 2},
	{7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
	{8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
	{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
};

/* What a digit stands for at each place from the right; the places repeat after eight */
static const uint8 verhoeff_place[8][10] = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
	{1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
	{5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
	{8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
	{9, 4, 5, 3, 1, 2, 6, 8, 7, 0},
	{4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
	{2, 7, 9, 3, 8, 0, 6, 4, 1, 5},
	{7, 0, 4, 6, 9, 1, 3, 2, 5, 8}
};

static inline int
partition_of(int64 value)
{
	return (int) (value / 10 % 100);
}

/* Whether a number of so many digits obeys the rules; the order is that of the problems. */
static PfSctidProblem
judge_number(int64 value, int digits)
{
	int64		rest = value;
	int			check = 0;
	int			partition = partition_of(value);

	if (digits < PF_SCTID_MIN_DIGITS)
		return PF_SCTID_TOO_SHORT;
	for (int place = 0; place < digits; place++)
	{
		check = verhoeff_product[check][verhoeff_place[place % 8][rest % 10]];
		rest /= 10;
	}
	if (check != 0)
		return PF_SCTID_WRONG_CHECK_DIGIT;
	if (partition % 10 > 2 || partition / 10 > 1)
		return PF_SCTID_INVALID_PARTITION;
	if (partition >= 10 && digits < MIN_NAMESPACE_DIGITS)
		return PF_SCTID_NO_NAMESPACE;
	return PF_SCTID_OK;
}

static PfSctidProblem
parse(const char *s, size_t len, int64 *value)
{
	int64		number = 0;

	pf_trim(&s, &len);
	if (len == 0)
		return PF_SCTID_EMPTY;
	for (size_t i = 0; i < len; i++)
	{
		uint32		digit = (uint32) (unsigned char) s[i] - '0';

		if (digit > 9)
			return PF_SCTID_INVALID_CHARACTER;
		if (i < PF_SCTID_MAX_DIGITS)
			number = number * 10 + digit;
	}
	if (len < PF_SCTID_MIN_DIGITS)
		return PF_SCTID_TOO_SHORT;
	if (len > PF_SCTID_MAX_DIGITS)
		return PF_SCTID_TOO_LONG;
	if (s[0] == '0')
		return PF_SCTID_LEADING_ZERO;
	*value = number;
	return judge_number(number, (int) len);
}

static PfSctidProblem
problem_of(const char *s, size_t len)
{
	int64		value;

	return parse(s, len, &value);
}

static const char *
reason_of(PfSctidProblem problem)
{
	switch (problem)
	{
		case PF_SCTID_OK:
			return NULL;
		case PF_SCTID_EMPTY:
			return "empty";
		case PF_SCTID_INVALID_CHARACTER:
			return "invalid_character";
		case PF_SCTID_TOO_SHORT:
			return "too_short";
		case PF_SCTID_TOO_LONG:
			return "too_long";
		case PF_SCTID_LEADING_ZERO:
			return "leading_zero";
		case PF_SCTID_WRONG_CHECK_DIGIT:
			return "wrong_check_digit";
		case PF_SCTID_INVALID_PARTITION:
			return "invalid_partition";
		case PF_SCTID_NO_NAMESPACE:
			return "no_namespace";
	}
	return NULL;				/* not reached; keeps the compiler quiet */
}

/* The DETAIL of a problem: the one place that words each rule. */
static char *
problem_detail(PfSctidProblem problem, const char *s, size_t len)
{
	const char *p = s;
	size_t		left = len;

	pf_trim(&p, &left);
	switch (problem)
	{
		case PF_SCTID_OK:
			break;
		case PF_SCTID_EMPTY:
			return pstrdup("It is empty.");
		case PF_SCTID_INVALID_CHARACTER:
			while (left > 0 && *p >= '0' && *p <= '9')
				p++, left--;
			return psprintf("Character %d is not a digit.", pg_mbstrlen_with_len(s, (int) (p - s)) + 1);
		case PF_SCTID_TOO_SHORT:
			return psprintf("Number of digits is %d, expected at least %d.", (int) left, PF_SCTID_MIN_DIGITS);
		case PF_SCTID_TOO_LONG:
			return psprintf("Number of digits is %d, expected at most %d.", (int) left, PF_SCTID_MAX_DIGITS);
		case PF_SCTID_LEADING_ZERO:
			return pstrdup("It begins with a zero.");
		case PF_SCTID_WRONG_CHECK_DIGIT:
			return pstrdup("The last digit is not the check digit of the others.");
		case PF_SCTID_INVALID_PARTITION:
			return psprintf("The second and third digit from the right are %c%c, expected 00, 01, 02, 10, 11 or 12.",
							p[left - 3], p[left - 2]);
		case PF_SCTID_NO_NAMESPACE:
			return psprintf("By its partition %c%c it has a namespace, and so at least %d digits, not %d.",
							p[left - 3], p[left - 2], MIN_NAMESPACE_DIGITS, (int) left);
	}
	return pstrdup("");			/* not reached */
}

/*
 * The value of a text that must be an SCTID; an error of the caller's kind otherwise. It names no
 * patient, but in a file whose columns have slipped ten digits are somebody's NHS number: masked.
 */
static Datum
must_be(const char *s, size_t len, Node *escontext)
{
	int64		value;
	PfSctidProblem problem = parse(s, len, &value);

	if (unlikely(problem != PF_SCTID_OK))
		pf_ereturn(escontext, (Datum) 0,
				   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type %s: \"%s\"", "sctid", pf_mask_identifier(s, len)),
					errdetail_internal("%s", problem_detail(problem, s, len)),
					errhint(PF_HINT_LANDING, "sctid_problem"),
					errhidestmt(pf_mask_identifiers),
					errhidecontext(pf_mask_identifiers)));
	return Int64GetDatum(value);
}

Datum
pf_sctid_in(PG_FUNCTION_ARGS)
{
	char	   *s = PG_GETARG_CSTRING(0);

	return must_be(s, strlen(s), PF_ESCONTEXT);
}

Datum
pf_sctid_out(PG_FUNCTION_ARGS)
{
	char	   *buf = palloc(MAXINT8LEN + 1);

	pg_lltoa(PG_GETARG_INT64(0), buf);
	PG_RETURN_CSTRING(buf);
}

/* Eight bytes in network order, as bigint sends them; only a valid identifier is taken. */
Datum
pf_sctid_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int64		number = pq_getmsgint64(buf);
	int			digits = 0;

	if (number > 0 && number < INT64CONST(1000000000000000000))
	{
		for (int64 rest = number; rest > 0; rest /= 10)
			digits++;
		if (judge_number(number, digits) == PF_SCTID_OK)
			PG_RETURN_INT64(number);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary value for type %s", "sctid"),
			 errdetail("The eight bytes are not an identifier with a valid check digit and partition."),
			 errhidestmt(pf_mask_identifiers),
			 errhidecontext(pf_mask_identifiers)));
}

Datum
pf_sctid_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, PG_GETARG_INT64(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pf_sctid_from_text(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);

	return must_be(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), NULL);
}

Datum
pf_sctid_to_text(PG_FUNCTION_ARGS)
{
	char		buf[MAXINT8LEN + 1];

	PG_RETURN_TEXT_P(cstring_to_text_with_len(buf, pf_lltoa_length(PG_GETARG_INT64(0), buf)));
}

Datum
pf_sctid_to_int8(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_INT64(0));
}

Datum
pf_sctid_component(PG_FUNCTION_ARGS)
{
	static const char *const components[] = {"concept", "description", "relationship"};

	PG_RETURN_TEXT_P(cstring_to_text(components[partition_of(PG_GETARG_INT64(0)) % 10]));
}

/* The seven digits of the organisation that made the identifier; NULL for the international core. */
Datum
pf_sctid_namespace(PG_FUNCTION_ARGS)
{
	int64		value = PG_GETARG_INT64(0);
	char		buf[8];

	if (partition_of(value) < 10)
		PG_RETURN_NULL();
	snprintf(buf, sizeof(buf), "%07d", (int) (value / 1000 % 10000000));
	PG_RETURN_TEXT_P(cstring_to_text(buf));
}

Datum
pf_is_sctid(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	bool		valid = problem_of(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)) == PF_SCTID_OK;

	PG_FREE_IF_COPY(t, 0);
	PG_RETURN_BOOL(valid);
}

Datum
pf_try_sctid(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	int64		value;

	if (parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &value) != PF_SCTID_OK)
		PG_RETURN_NULL();
	PG_RETURN_INT64(value);
}

/* SQL sctid_problem(text) */
Datum
pf_sctid_problem_code(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	const char *reason = reason_of(problem_of(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)));

	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}
