/*
 * mend_text.c
 *		Text as it was before a spreadsheet and a loader got hold of it.
 *
 * A file in UTF-8 that was read as Windows-1252 shows each character beyond ASCII as two to four
 * ("Â£" for a pound sign); one in Windows-1252 that was read as Latin-1 has control characters where
 * quotes and dashes were. Both can be told from what people write, because bytes of Windows-1252 that
 * happen to form a UTF-8 sequence make no sense as text, and nobody writes the controls U+0080 to
 * U+009F. Byte order marks and zero-width spaces go, no-break spaces become spaces.
 *
 * Only in a database in UTF-8; elsewhere the text is returned as it is.
 */
#include "portfolio/portfolio.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pf_mend_text);

/* Windows-1252 from 0x80 to 0x9F; 0 where it has no character. */
static const pg_wchar cp1252[32] = {
	0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
	0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178
};

/* The byte beyond ASCII that a character was in Windows-1252, or -1. */
static int
byte_of(pg_wchar c)
{
	if (c >= 0x80 && c <= 0xFF)
		return (int) c;
	for (int i = 0; i < lengthof(cp1252); i++)
		if (cp1252[i] == c && c != 0)
			return 0x80 + i;
	return -1;
}

/*
 * When the characters from wide[0] on were the bytes of one UTF-8 sequence, the character that it
 * stood for, and how many they are in *used; otherwise 0.
 */
static pg_wchar
misread_character(const pg_wchar *wide, int len, int *used)
{
	unsigned char bytes[4];
	int			first = byte_of(wide[0]);
	int			n;

	if (first < 0xC2 || first > 0xF4)
		return 0;
	n = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	if (n > len)
		return 0;
	for (int i = 0; i < n; i++)
	{
		int			byte = byte_of(wide[i]);

		if (byte < 0)
			return 0;
		bytes[i] = (unsigned char) byte;
	}
	if (!pg_utf8_islegal(bytes, n))
		return 0;
	*used = n;
	return utf8_to_unicode(bytes);
}

/* One pass over the characters, in place; the new length. */
static int
mend(pg_wchar *wide, int len, bool *changed)
{
	int			out = 0;

	*changed = false;
	for (int i = 0; i < len;)
	{
		int			used = 1;
		pg_wchar	c = misread_character(wide + i, len - i, &used);

		if (c == 0)
		{
			c = wide[i];
			if (c >= 0x80 && c <= 0x9F && cp1252[c - 0x80] != 0)
				c = cp1252[c - 0x80];
			else if (c == 0xA0 || c == 0x2007 || c == 0x202F)
				c = ' ';
		}
		if (used > 1 || c != wide[i])
			*changed = true;
		i += used;
		if (c == 0xFEFF || c == 0x200B)
			*changed = true;
		else
			wide[out++] = c;
	}
	return out;
}

Datum
pf_mend_text(PG_FUNCTION_ARGS)
{
	text	   *arg = PG_GETARG_TEXT_PP(0);
	const unsigned char *in = (const unsigned char *) VARDATA_ANY(arg);
	int			in_len = VARSIZE_ANY_EXHDR(arg);
	pg_wchar   *wide;
	int			len = 0;
	bool		changed;
	bool		changed_ever = false;
	text	   *result;
	unsigned char *out;
	bool		ascii = true;

	for (int i = 0; i < in_len && ascii; i++)
		ascii = in[i] < 0x80;
	if (ascii || GetDatabaseEncoding() != PG_UTF8)
		PG_RETURN_TEXT_P(arg);

	wide = palloc(sizeof(pg_wchar) * in_len);
	for (int i = 0; i < in_len; i += pg_utf_mblen(in + i))
		wide[len++] = utf8_to_unicode(in + i);
	/* A text may have been misread more than once; a pass shortens it or turns characters into ones that no pass changes. */
	do
	{
		len = mend(wide, len, &changed);
		changed_ever |= changed;
	} while (changed);
	if (!changed_ever)
		PG_RETURN_TEXT_P(arg);

	result = palloc(VARHDRSZ + 4 * (Size) len);
	out = (unsigned char *) VARDATA(result);
	for (int i = 0; i < len; i++)
	{
		unicode_to_utf8(wide[i], out);
		out += pg_utf_mblen(out);
	}
	SET_VARSIZE(result, (char *) out - (char *) result);
	PG_RETURN_TEXT_P(result);
}
