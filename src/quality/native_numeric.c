/*
 * native_numeric.c
 *		numeric as an integer that compares in the same order.
 *
 * The server keeps the layout of a numeric to itself (utils/adt/numeric.c), but not its meaning: it is
 * what stands on disk, the same since 9.1. A short one is a header of 16 bits and then digits to the
 * base of 10,000, the first of them of weight w, that is times 10,000 to the power of w. What is not
 * short, NaN and infinity among it, and what has digits outside of the eight decimals before and
 * after the point, is left to the server.
 */
#include "native.h"

#define SHORT_FORM 0x8000
#define FORM_MASK 0xc000
#define SHORT_NEGATIVE 0x2000
#define SHORT_WEIGHT_NEGATIVE 0x0040
#define SHORT_WEIGHT_MASK 0x003f
#define DIGITS_AFTER 2			/* to the base of 10,000, and as many before the point */

/* The value, which is given without its length word, times 10 to the power of eight; false where that is not exact or does not fit. */
bool
pf_ordinal_of_numeric(const char *data, int len, int64 *number)
{
	static const int64 powers[] = {1, 10000, 100000000, INT64CONST(1000000000000), INT64CONST(10000000000000000)};
	int			ndigits = (len - (int) sizeof(uint16)) / (int) sizeof(int16);
	uint16		header;
	int			weight;
	int64		sum = 0;

	memcpy(&header, data, sizeof(header));
	if ((header & FORM_MASK) != SHORT_FORM)
		return false;
	weight = header & SHORT_WEIGHT_MASK;
	if (header & SHORT_WEIGHT_NEGATIVE)
		weight -= SHORT_WEIGHT_MASK + 1;
	if (ndigits > 0 && (weight >= DIGITS_AFTER || ndigits - weight - 1 > DIGITS_AFTER))
		return false;
	for (int i = 0; i < ndigits; i++)
	{
		int16		digit;

		memcpy(&digit, data + sizeof(header) + i * sizeof(digit), sizeof(digit));
		sum = sum * 10000 + digit;
	}
	if (ndigits > 0)
		sum *= powers[DIGITS_AFTER + 1 + weight - ndigits];
	*number = header & SHORT_NEGATIVE ? -sum : sum;
	return true;
}
