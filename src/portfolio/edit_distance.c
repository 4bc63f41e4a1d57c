/*
 * edit_distance.c
 *		How far a name is from what was typed.
 */
#include "pf.h"

#include "utils/builtins.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(pf_edit_distance);

/* Longer texts are no names, and the work is the product of the lengths. */
#define MAX_NAME_LENGTH 255

/* edit_distance(text, text, at_most integer): NULL when it is more than at_most */
Datum
pf_edit_distance(PG_FUNCTION_ARGS)
{
	text	   *a = PG_GETARG_TEXT_PP(0);
	text	   *b = PG_GETARG_TEXT_PP(1);
	int32		at_most = PG_GETARG_INT32(2);
	int			distance;

	if (at_most < 0 || VARSIZE_ANY_EXHDR(a) > MAX_NAME_LENGTH || VARSIZE_ANY_EXHDR(b) > MAX_NAME_LENGTH)
		PG_RETURN_NULL();
	distance = varstr_levenshtein_less_equal(VARDATA_ANY(a), VARSIZE_ANY_EXHDR(a),
											 VARDATA_ANY(b), VARSIZE_ANY_EXHDR(b),
											 1, 1, 1, at_most, false);
	if (distance > at_most)
		PG_RETURN_NULL();
	PG_RETURN_INT32(distance);
}
