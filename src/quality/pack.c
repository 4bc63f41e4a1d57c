/*
 * pack.c
 *		Bytes of a packed rule_set or tally: varints and strings, the same on every machine.
 *
 * The reader trusts nothing: every length is checked against what is left and against a limit, so a
 * hostile value from a client is an error (22P03) and never a wild read.
 */
#include "quality.h"

#include "mb/pg_wchar.h"

void
pf_put_uint(StringInfo buf, uint64 value)
{
	while (value >= 0x80)
	{
		appendStringInfoCharMacro(buf, (char) (value | 0x80));
		value >>= 7;
	}
	appendStringInfoCharMacro(buf, (char) value);
}

/* Zig-zag: small numbers of either sign are short. */
void
pf_put_int(StringInfo buf, int64 value)
{
	pf_put_uint(buf, ((uint64) value << 1) ^ (uint64) (value >> 63));
}

void
pf_put_string(StringInfo buf, const char *string)
{
	size_t		len = strlen(string);

	pf_put_uint(buf, len);
	appendBinaryStringInfo(buf, string, len);
}

void
pf_corrupt(const PfReader *reader, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary representation of type %s", reader->type),
			 errdetail("%s", detail)));
}

uint64
pf_get_uint(PfReader *reader, uint64 max)
{
	uint64		value = 0;

	for (int shift = 0; shift < 64; shift += 7)
	{
		unsigned char byte;

		if (reader->at >= reader->end)
			pf_corrupt(reader, "It ends too early.");
		byte = *reader->at++;
		if (shift == 63 && byte > 1)
			break;
		value |= (uint64) (byte & 0x7f) << shift;
		if (byte < 0x80)
		{
			if (value > max)
				pf_corrupt(reader, "A number is out of range.");
			return value;
		}
	}
	pf_corrupt(reader, "A number is too long.");
}

int64
pf_get_int(PfReader *reader)
{
	uint64		value = pf_get_uint(reader, PG_UINT64_MAX);

	return (int64) (value >> 1) ^ -(int64) (value & 1);
}

char *
pf_get_string(PfReader *reader)
{
	size_t		len = pf_get_uint(reader, reader->end - reader->at);
	char	   *string;

	if (len > (size_t) (reader->end - reader->at))
		pf_corrupt(reader, "It ends too early.");
	if (memchr(reader->at, 0, len) != NULL)
		pf_corrupt(reader, "A string holds a zero byte.");
	if (!pg_verifymbstr((const char *) reader->at, len, true))
		pf_corrupt(reader, "A string is not valid in the database's encoding.");
	string = pnstrdup((const char *) reader->at, len);
	reader->at += len;
	return string;
}

/*
 * FNV-1a with a final mix: kept for ever in stored tallies, so it is ours and not the server's hash,
 * which differs between machines and may differ between versions.
 */
uint64
pf_fingerprint(const char *data, size_t len)
{
	uint64		hash = UINT64CONST(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char) data[i]) * UINT64CONST(0x100000001b3);
	hash ^= hash >> 32;
	hash *= UINT64CONST(0xd6e8feb86659fd93);
	return hash ^ (hash >> 32);
}
