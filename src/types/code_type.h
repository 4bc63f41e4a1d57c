/*
 * code_type.h
 *		What the types of short codes share: ods_code, postcode, icd10, opcs4.
 *
 * A value is its canonical text, at most eight ASCII characters, in an int64 passed by value: the
 * first character in the highest byte, zero bytes after the last. No byte has its top bit set, so
 * the order of the integers is the order of the texts under COLLATE "C", prefixes before what they
 * begin; comparison, sort support, hashing and BRIN are those of bigint, and the values that begin
 * with a prefix are one range of integers (pf_prefix_range), which is what lets a btree find them
 * (prefix_support.c).
 *
 * A type describes itself in a PfCodeType; PF_CODE_TYPE_FUNCTIONS makes its SQL entry points.
 */
#ifndef PF_CODE_TYPE_H
#define PF_CODE_TYPE_H

#include "port/pg_bswap.h"
#include "utils/builtins.h"

#define PF_CODE_LENGTH 8

typedef struct PfCodeType
{
	const char *name;
	const char *bytes;			/* what binary input must be: "The bytes are not ..." */
	const char *const *reasons; /* reason codes by problem; [0] stands for none */
	size_t		shown;			/* a rejected text longer than this may be anything, and is masked */
	bool		dotted;			/* people write a dot after the third character */

	/* 0 and the value, or what is wrong; never raises an error, allocates nothing */
	int			(*parse) (const char *s, size_t len, int64 *value);
	/* the DETAIL of a problem that parse found */
	char	   *(*detail) (int problem, const char *s, size_t len);
} PfCodeType;

/* A letter (in upper case) or a digit, 0 for what can be in no code. */
extern const char pf_code_character[256];

static inline char
pf_code_char(char c)
{
	return pf_code_character[(unsigned char) c];
}

static inline bool
pf_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline int64
pf_pack_code(const char *code, size_t len)
{
	uint64		packed = 0;

	memcpy(&packed, code, len);
	return (int64) pg_ntoh64(packed);
}

/* The characters and a zero byte, for which buf has room; their number. */
static inline size_t
pf_unpack_code(int64 value, char *buf)
{
	uint64		packed = pg_hton64((uint64) value);

	memcpy(buf, &packed, PF_CODE_LENGTH);
	buf[PF_CODE_LENGTH] = '\0';
	return strlen(buf);
}

extern int	pf_character_position(const char *s, const char *p);
extern void pf_prefix_range(const PfCodeType *type, const char *s, size_t len, int64 *low, int64 *high);

extern Datum pf_code_in(const PfCodeType *type, FunctionCallInfo fcinfo);
extern Datum pf_code_out(FunctionCallInfo fcinfo);
extern Datum pf_code_recv(const PfCodeType *type, FunctionCallInfo fcinfo);
extern Datum pf_code_send(FunctionCallInfo fcinfo);
extern Datum pf_code_from_text(const PfCodeType *type, FunctionCallInfo fcinfo);
extern Datum pf_code_to_text(FunctionCallInfo fcinfo);
extern Datum pf_code_is(const PfCodeType *type, FunctionCallInfo fcinfo);
extern Datum pf_code_try(const PfCodeType *type, FunctionCallInfo fcinfo);
extern Datum pf_code_problem(const PfCodeType *type, FunctionCallInfo fcinfo);
extern Datum pf_code_starts_with(const PfCodeType *type, FunctionCallInfo fcinfo);
extern Datum pf_code_prefix_low(const PfCodeType *type, FunctionCallInfo fcinfo);
extern Datum pf_code_prefix_high(const PfCodeType *type, FunctionCallInfo fcinfo);

#define PF_CODE_FUNCTION(name, call) \
	PG_FUNCTION_INFO_V1(name); \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		return call; \
	}

/* The SQL entry points of type x, described by `static const PfCodeType type` */
#define PF_CODE_TYPE_FUNCTIONS(x, type) \
	PF_CODE_FUNCTION(pf_##x##_in, pf_code_in(&(type), fcinfo)) \
	PF_CODE_FUNCTION(pf_##x##_out, pf_code_out(fcinfo)) \
	PF_CODE_FUNCTION(pf_##x##_recv, pf_code_recv(&(type), fcinfo)) \
	PF_CODE_FUNCTION(pf_##x##_send, pf_code_send(fcinfo)) \
	PF_CODE_FUNCTION(pf_##x##_from_text, pf_code_from_text(&(type), fcinfo)) \
	PF_CODE_FUNCTION(pf_##x##_to_text, pf_code_to_text(fcinfo)) \
	PF_CODE_FUNCTION(pf_is_##x, pf_code_is(&(type), fcinfo)) \
	PF_CODE_FUNCTION(pf_try_##x, pf_code_try(&(type), fcinfo)) \
	PF_CODE_FUNCTION(pf_##x##_problem_code, pf_code_problem(&(type), fcinfo)) \
	PF_CODE_FUNCTION(pf_##x##_starts_with, pf_code_starts_with(&(type), fcinfo)) \
	PF_CODE_FUNCTION(pf_##x##_prefix_low, pf_code_prefix_low(&(type), fcinfo)) \
	PF_CODE_FUNCTION(pf_##x##_prefix_high, pf_code_prefix_high(&(type), fcinfo))

#endif							/* PF_CODE_TYPE_H */
