/*
 * shim.c
 *		The little of a backend that the input, output, receive and send functions of types call, so
 *		that they run outside of one, under libFuzzer and the sanitizers.
 *
 * Memory comes from an arena whose blocks have exactly the size that was asked for, poisoned before,
 * between and behind, so that AddressSanitizer sees every byte that is read or written beyond, and
 * after pfree() and shim_reset(), which gives all of it back. An error ends in a longjmp to shim_catch
 * with its SQLSTATE in shim_sqlstate; messages are formatted, as wrong arguments are mistakes too. The
 * encoding is UTF8; what libpgcommon and libpgport have is theirs.
 */
#include "postgres.h"

#include <sanitizer/asan_interface.h>
#include <setjmp.h>

/* Since 16 these two take const void: their declarations are kept away. */
#define appendBinaryStringInfo not_appendBinaryStringInfo
#define pq_sendbytes not_pq_sendbytes
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#undef appendBinaryStringInfo
#undef pq_sendbytes
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

#include "shim.h"

void		appendBinaryStringInfo(StringInfo str, const void *data, int datalen);
void		pq_sendbytes(StringInfo buf, const void *data, int datalen);

sigjmp_buf	shim_catch;
int			shim_sqlstate;
bool		pf_mask_identifiers = true;

/* What one execution can use; more is a mistake in itself. */
#define ARENA_SIZE (1024 * 1024)
#define MAX_BLOCKS 4096
#define GAP 16					/* never readable, between any two blocks */

static char arena[ARENA_SIZE] pg_attribute_aligned(16);
static size_t used;
static struct
{
	char	   *start;
	size_t		size;
}			blocks[MAX_BLOCKS];
static int	nblocks;

void
shim_reset(void)
{
	ASAN_POISON_MEMORY_REGION(arena, Max(used, GAP));
	used = GAP;
	nblocks = 0;
}

void *
palloc(Size size)
{
	char	   *block = arena + used;

	if (used == 0)				/* before the first execution */
	{
		used = ARENA_SIZE;
		shim_reset();
		block = arena + used;
	}
	if (size > ARENA_SIZE - used - 2 * GAP || nblocks == MAX_BLOCKS)
		abort();
	ASAN_UNPOISON_MEMORY_REGION(block, size);
	memset(block, 0x7f, size);
	blocks[nblocks].start = block;
	blocks[nblocks++].size = size;
	used += TYPEALIGN(GAP, size) + GAP;
	return block;
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

static int
find_block(const void *pointer)
{
	for (int i = nblocks; i-- > 0;)
		if (blocks[i].start == pointer)
			return i;
	abort();					/* not ours, or freed twice */
}

void
pfree(void *pointer)
{
	int			i = find_block(pointer);

	ASAN_POISON_MEMORY_REGION(blocks[i].start, blocks[i].size);
	blocks[i].start = NULL;
}

void *
repalloc(void *pointer, Size size)
{
	void	   *made = palloc(size);

	memcpy(made, pointer, Min(size, blocks[find_block(pointer)].size));
	pfree(pointer);
	return made;
}

char *
pstrdup(const char *in)
{
	return pnstrdup(in, strlen(in));
}

char *
pnstrdup(const char *in, Size len)
{
	char	   *out;

	len = strnlen(in, len);
	out = palloc(len + 1);
	memcpy(out, in, len);
	out[len] = '\0';
	return out;
}

/* A message formatted as it would be sent, for the sanitizers to watch */
static void
format(const char *fmt, va_list args)
{
	char		message[1024];

	vsnprintf(message, sizeof(message), fmt, args);
}

char *
psprintf(const char *fmt,...)
{
	char		message[1024];
	va_list		args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	return pstrdup(message);
}

bool
errstart(int elevel, const char *domain)
{
	shim_sqlstate = ERRCODE_INTERNAL_ERROR;
	return elevel >= ERROR;
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	siglongjmp(shim_catch, 1);
}

int
errcode(int sqlerrcode)
{
	shim_sqlstate = sqlerrcode;
	return 0;
}

#define FORMATTER(name) \
int \
name(const char *fmt,...) \
{ \
	va_list		args; \
	va_start(args, fmt); \
	format(fmt, args); \
	va_end(args); \
	return 0; \
}
FORMATTER(errmsg)
FORMATTER(errmsg_internal)
FORMATTER(errdetail)
FORMATTER(errdetail_internal)
FORMATTER(errhint)

/* 13 to 18 do not agree on the type of these arguments' answer, but all take one bool. */
int
errhidestmt(bool hide_stmt)
{
	return 0;
}

int
errhidecontext(bool hide_ctx)
{
	return 0;
}

/* From 16 on an input function asks here; without a place for a soft error it is a hard one. */
bool		errsave_start(struct Node *context, const char *domain);
void		errsave_finish(struct Node *context, const char *filename, int lineno, const char *funcname);

bool
errsave_start(struct Node *context, const char *domain)
{
	return errstart(ERROR, domain);
}

void
errsave_finish(struct Node *context, const char *filename, int lineno, const char *funcname)
{
	errfinish(filename, lineno, funcname);
}

void
enlargeStringInfo(StringInfo str, int needed)
{
	while (str->maxlen - str->len <= needed)
		str->maxlen *= 2;
	str->data = repalloc(str->data, str->maxlen);
}

void
initStringInfo(StringInfo str)
{
	str->maxlen = 64;
	str->data = palloc(str->maxlen);
	str->data[0] = '\0';
	str->len = str->cursor = 0;
}

void
appendBinaryStringInfo(StringInfo str, const void *data, int datalen)
{
	enlargeStringInfo(str, datalen);
	memcpy(str->data + str->len, data, datalen);
	str->len += datalen;
	str->data[str->len] = '\0';
}

void
pq_begintypsend(StringInfo buf)
{
	initStringInfo(buf);
	appendBinaryStringInfo(buf, "\0\0\0\0", VARHDRSZ);
}

bytea *
pq_endtypsend(StringInfo buf)
{
	SET_VARSIZE(buf->data, buf->len);
	return (bytea *) buf->data;
}

void
pq_sendbytes(StringInfo buf, const void *data, int datalen)
{
	appendBinaryStringInfo(buf, data, datalen);
}

const char *
pq_getmsgbytes(StringInfo msg, int datalen)
{
	const char *result = &msg->data[msg->cursor];

	if (datalen < 0 || datalen > msg->len - msg->cursor)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("insufficient data left in message")));
	msg->cursor += datalen;
	return result;
}

/* pq_copymsgbytes() and its users: bytes in network order */
static uint64
get_number(StringInfo msg, int len)
{
	const unsigned char *bytes = (const unsigned char *) pq_getmsgbytes(msg, len);
	uint64		number = 0;

	for (int i = 0; i < len; i++)
		number = number << 8 | bytes[i];
	return number;
}

int64
pq_getmsgint64(StringInfo msg)
{
	return (int64) get_number(msg, 8);
}

unsigned int
pq_getmsgint(StringInfo msg, int b)
{
	return (unsigned int) get_number(msg, b);
}

int
pq_getmsgbyte(StringInfo msg)
{
	return (int) get_number(msg, 1);
}

char *
pq_getmsgtext(StringInfo msg, int rawbytes, int *nbytes)
{
	const char *bytes = pq_getmsgbytes(msg, rawbytes);
	char	   *text = palloc(rawbytes + 1);

	memcpy(text, bytes, rawbytes);
	text[rawbytes] = '\0';
	*nbytes = rawbytes;
	if (!shim_is_text(text, rawbytes))
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("invalid byte sequence for encoding")));
	return text;
}

void
pq_sendtext(StringInfo buf, const char *str, int slen)
{
	appendBinaryStringInfo(buf, str, slen);
}

text *
cstring_to_text_with_len(const char *s, int len)
{
	text	   *result = palloc(len + VARHDRSZ);

	SET_VARSIZE(result, len + VARHDRSZ);
	memcpy(VARDATA(result), s, len);
	return result;
}

text *
cstring_to_text(const char *s)
{
	return cstring_to_text_with_len(s, (int) strlen(s));
}

char *
text_to_cstring(const text *t)
{
	return pnstrdup(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
}

struct varlena *
pg_detoast_datum_packed(struct varlena *datum)
{
	return datum;
}

int
pg_lltoa(int64 value, char *a)
{
	return snprintf(a, 32, INT64_FORMAT, value);
}

int
pg_mblen(const char *mbstr)
{
	return pg_utf_mblen((const unsigned char *) mbstr);
}

int
pg_mbstrlen_with_len(const char *mbstr, int limit)
{
	int			len = 0;

	while (limit > 0 && *mbstr)
	{
		int			l = pg_mblen(mbstr);

		limit -= l;
		mbstr += l;
		len++;
	}
	return len;
}

int
pg_mbcharcliplen(const char *mbstr, int len, int limit)
{
	int			clipped = 0;

	for (int n = 0; len > 0 && *mbstr && n < limit; n++)
	{
		int			l = pg_mblen(mbstr);

		if (l > len)
			break;
		clipped += l;
		mbstr += l;
		len -= l;
	}
	return clipped;
}

/* Whether the server would hand this to an input function: no zero bytes, and valid in the encoding. */
bool
shim_is_text(const char *s, size_t len)
{
	for (size_t i = 0; i < len;)
	{
		int			l = pg_utf_mblen((const unsigned char *) s + i);

		if (s[i] == '\0' || l > len - i || !pg_utf8_islegal((const unsigned char *) s + i, l))
			return false;
		i += l;
	}
	return true;
}

/* Accessors use the calendar, input and output do not. */
int
date2j(int y, int m, int d)
{
	abort();
}

void
j2date(int jd, int *year, int *month, int *day)
{
	abort();
}
