/*
 * type_util.c
 *		How a rejected value may appear in a message.
 *
 * Whatever fails to become a value is still somebody's data: the text given for an NHS number may
 * be a name, a postcode or the right number of the wrong patient. So with
 * pg_portfolio.mask_identifiers on (the default) a message shows at most the last four digits.
 */
#include "pf.h"

#include "mb/pg_wchar.h"

#include "type_util.h"

/* As many characters of a rejected value as a message shows; a landing column can hold megabytes (but never INT_MAX bytes) */
#define MAX_SHOWN 40
#define DIGITS_SHOWN 4

/* The value as it stands, or its beginning if it is long. */
static char *
clip(const char *s, size_t len)
{
	size_t		shown = pg_mbcharcliplen(s, (int) len, MAX_SHOWN);

	return shown < len ? psprintf("%.*s...", (int) shown, s) : pnstrdup(s, len);
}

/*
 * The value with every character replaced by an asterisk, but for digits among the last four
 * characters and for spaces and hyphens: "943 476 5918" gives "*** *** 5918". A setting, not a
 * caller, decides whether it is masked at all.
 */
char *
pf_mask_identifier(const char *s, size_t len)
{
	const char *end;
	char	   *masked;
	char	   *out;
	int			left;

	pf_trim(&s, &len);
	if (!pf_mask_identifiers)
		return clip(s, len);

	left = pg_mbstrlen_with_len(s, (int) len);
	end = s + len;
	for (; left > MAX_SHOWN; left--)	/* of a long value, the end */
		s += pg_mblen(s);
	out = masked = palloc(left + 1);
	for (; left > 0 && s < end; left--)
	{
		bool		digit = *s >= '0' && *s <= '9';

		*out++ = *s == ' ' || *s == '-' || (digit && left <= DIGITS_SHOWN) ? *s : '*';
		s += pg_mblen(s);
	}
	*out = '\0';
	return masked;
}
