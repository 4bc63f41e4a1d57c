/*
 * code_type.c
 *		Input, output and judgement of the types of short codes, by their descriptions (code_type.h).
 */
#include "pf.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"

#include "code_type.h"
#include "type_util.h"

const char	pf_code_character[256] = {
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
	['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
	['A'] = 'A', ['B'] = 'B', ['C'] = 'C', ['D'] = 'D', ['E'] = 'E', ['F'] = 'F', ['G'] = 'G',
	['H'] = 'H', ['I'] = 'I', ['J'] = 'J', ['K'] = 'K', ['L'] = 'L', ['M'] = 'M', ['N'] = 'N',
	['O'] = 'O', ['P'] = 'P', ['Q'] = 'Q', ['R'] = 'R', ['S'] = 'S', ['T'] = 'T', ['U'] = 'U',
	['V'] = 'V', ['W'] = 'W', ['X'] = 'X', ['Y'] = 'Y', ['Z'] = 'Z',
	['a'] = 'A', ['b'] = 'B', ['c'] = 'C', ['d'] = 'D', ['e'] = 'E', ['f'] = 'F', ['g'] = 'G',
	['h'] = 'H', ['i'] = 'I', ['j'] = 'J', ['k'] = 'K', ['l'] = 'L', ['m'] = 'M', ['n'] = 'N',
	['o'] = 'O', ['p'] = 'P', ['q'] = 'Q', ['r'] = 'R', ['s'] = 'S', ['t'] = 'T', ['u'] = 'U',
	['v'] = 'V', ['w'] = 'W', ['x'] = 'X', ['y'] = 'Y', ['z'] = 'Z',
};

/* Where a person would look for *p in s: characters counted from 1. */
int
pf_character_position(const char *s, const char *p)
{
	return pg_mbstrlen_with_len(s, (int) (p - s)) + 1;
}

/*
 * A rejected value as a message may show it. What is longer than any form of the code may be
 * somebody's NHS number, as in a file whose columns have slipped: it is masked.
 */
static char *
shown(const PfCodeType *type, const char *s, size_t len)
{
	pf_trim(&s, &len);
	return len > type->shown ? pf_mask_identifier(s, len) : pnstrdup(s, len);
}

/* The value of a text that must be a code; an error of the caller's kind otherwise. */
static Datum
must_be(const PfCodeType *type, const char *s, size_t len, Node *escontext)
{
	int64		value;
	int			problem = type->parse(s, len, &value);

	if (problem != 0)
		pf_ereturn(escontext, (Datum) 0,
				   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type %s: \"%s\"", type->name, shown(type, s, len)),
					errdetail_internal("%s", type->detail(problem, s, len)),
					errhint(PF_HINT_LANDING, psprintf("%s_problem", type->name)),
					errhidestmt(pf_mask_identifiers),
					errhidecontext(pf_mask_identifiers)));
	return Int64GetDatum(value);
}

Datum
pf_code_in(const PfCodeType *type, FunctionCallInfo fcinfo)
{
	char	   *s = PG_GETARG_CSTRING(0);

	return must_be(type, s, strlen(s), PF_ESCONTEXT);
}

Datum
pf_code_out(FunctionCallInfo fcinfo)
{
	char	   *buf = palloc(PF_CODE_LENGTH + 1);

	pf_unpack_code(PG_GETARG_INT64(0), buf);
	PG_RETURN_CSTRING(buf);
}

/* On the wire a code is its canonical characters, so that no client needs to know how we store it. */
Datum
pf_code_recv(const PfCodeType *type, FunctionCallInfo fcinfo)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	const char *s = pq_getmsgbytes(buf, len);
	char		canonical[PF_CODE_LENGTH + 1];
	int64		value;

	if (type->parse(s, len, &value) == 0 &&
		pf_unpack_code(value, canonical) == len && memcmp(canonical, s, len) == 0)
		PG_RETURN_INT64(value);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary value for type %s", type->name),
			 errdetail_internal("The bytes are not %s.", type->bytes),
			 errhidestmt(pf_mask_identifiers),
			 errhidecontext(pf_mask_identifiers)));
}

Datum
pf_code_send(FunctionCallInfo fcinfo)
{
	StringInfoData buf;
	char		code[PF_CODE_LENGTH + 1];
	size_t		len = pf_unpack_code(PG_GETARG_INT64(0), code);

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, code, (int) len);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pf_code_from_text(const PfCodeType *type, FunctionCallInfo fcinfo)
{
	text	   *t = PG_GETARG_TEXT_PP(0);

	return must_be(type, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), NULL);
}

Datum
pf_code_to_text(FunctionCallInfo fcinfo)
{
	char		code[PF_CODE_LENGTH + 1];
	size_t		len = pf_unpack_code(PG_GETARG_INT64(0), code);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(code, (int) len));
}

Datum
pf_code_is(const PfCodeType *type, FunctionCallInfo fcinfo)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	int64		value;
	bool		valid = type->parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &value) == 0;

	PG_FREE_IF_COPY(t, 0);
	PG_RETURN_BOOL(valid);
}

Datum
pf_code_try(const PfCodeType *type, FunctionCallInfo fcinfo)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	int64		value;

	if (type->parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &value) != 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(value);
}

Datum
pf_code_problem(const PfCodeType *type, FunctionCallInfo fcinfo)
{
	text	   *t = PG_GETARG_TEXT_PP(0);
	int64		value;
	int			problem = type->parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &value);

	if (problem == 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(type->reasons[problem]));
}

/*
 * The values that begin with a prefix are those from *low up to but not including *high; where
 * nothing can begin so, both are 0. The prefix may be written as a value may: letters in any case,
 * a dot after the third character, more than one space. No value has a byte of 0x7F, so adding one
 * to the last character of the prefix never carries.
 */
void
pf_prefix_range(const PfCodeType *type, const char *s, size_t len, int64 *low, int64 *high)
{
	char		prefix[PF_CODE_LENGTH];
	size_t		n = 0;

	*low = *high = 0;
	for (size_t i = 0; i < len; i++)
	{
		char		c = pf_code_char(s[i]) != 0 ? pf_code_char(s[i]) : s[i];

		if (c == '.' && type->dotted && i == 3)
			continue;
		if (c == ' ' && n > 0 && prefix[n - 1] == ' ')
			continue;
		if (n == PF_CODE_LENGTH || c < ' ' || c > '~')	/* with the top bit set c is one or the other */
			return;
		prefix[n++] = c;
	}
	*low = pf_pack_code(prefix, n);
	*high = n == 0 ? PG_INT64_MAX : *low + (INT64CONST(1) << (8 * (PF_CODE_LENGTH - n)));
}

Datum
pf_code_starts_with(const PfCodeType *type, FunctionCallInfo fcinfo)
{
	int64		value = PG_GETARG_INT64(0);
	text	   *prefix = PG_GETARG_TEXT_PP(1);
	int64		low;
	int64		high;

	pf_prefix_range(type, VARDATA_ANY(prefix), VARSIZE_ANY_EXHDR(prefix), &low, &high);
	PG_RETURN_BOOL(value >= low && value < high);
}

/* The ends of the range, as the integers that values are: for index conditions (prefix_support.c). */
Datum
pf_code_prefix_low(const PfCodeType *type, FunctionCallInfo fcinfo)
{
	text	   *prefix = PG_GETARG_TEXT_PP(0);
	int64		low;
	int64		high;

	pf_prefix_range(type, VARDATA_ANY(prefix), VARSIZE_ANY_EXHDR(prefix), &low, &high);
	PG_RETURN_INT64(low);
}

Datum
pf_code_prefix_high(const PfCodeType *type, FunctionCallInfo fcinfo)
{
	text	   *prefix = PG_GETARG_TEXT_PP(0);
	int64		low;
	int64		high;

	pf_prefix_range(type, VARDATA_ANY(prefix), VARSIZE_ANY_EXHDR(prefix), &low, &high);
	PG_RETURN_INT64(high);
}
