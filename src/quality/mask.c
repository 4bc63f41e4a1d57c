/*
 * mask.c
 *		Masking of identifying values, and the record of who looked at them unmasked.
 *
 * A masked value is the beginning of a keyed hash. The key is drawn at random once in a session and
 * never leaves the process: within one session equal values look equal, so rows can be told apart
 * and counted, but a token means nothing in the next session, in another one, or to whoever finds
 * it in a report. It protects what is shown and sent on; it is no substitute for not granting SELECT
 * on the table below.
 */
#include "pf.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#define MASK_KEY_LEN 32
#define MASK_SHOWN 8			/* bytes of the hash that are shown */

static uint8 mask_key[MASK_KEY_LEN];
static bool mask_key_drawn = false;

PG_FUNCTION_INFO_V1(pf_mask_value);
PG_FUNCTION_INFO_V1(pf_log_access);

static void
draw_mask_key(void)
{
	if (mask_key_drawn)
		return;
	if (!pg_strong_random(mask_key, MASK_KEY_LEN))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not draw a random masking key")));
	mask_key_drawn = true;
}

/* mask_value(text) → text: the key goes before and behind the value, so that nothing can be appended to it */
Datum
pf_mask_value(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	Size		value_len = VARSIZE_ANY_EXHDR(value);
	Size		len = VARHDRSZ + 2 * MASK_KEY_LEN + value_len;
	bytea	   *input = palloc(len);
	char	   *p = VARDATA(input);
	bytea	   *hash;
	char		shown[2 * MASK_SHOWN + 1];

	draw_mask_key();
	SET_VARSIZE(input, len);
	memcpy(p, mask_key, MASK_KEY_LEN);
	memcpy(p + MASK_KEY_LEN, VARDATA_ANY(value), value_len);
	memcpy(p + MASK_KEY_LEN + value_len, mask_key, MASK_KEY_LEN);
	hash = DatumGetByteaPP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(input)));
	hex_encode(VARDATA_ANY(hash), MASK_SHOWN, shown);
	shown[2 * MASK_SHOWN] = '\0';
	explicit_bzero(input, len);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("*%s", shown)));
}

/*
 * log_access(action text, data_set bigint, detail jsonb): the caller, not the table's owner, is
 * recorded; EXECUTE on this function is what allows a role to see identifying values.
 */
Datum
pf_log_access(PG_FUNCTION_ARGS)
{
	static const Oid argtypes[] = {NAMEOID, TEXTOID, INT8OID, JSONBOID, TEXTOID};
	Datum		values[5];
	char		nulls[5] = {' ', ' ', ' ', ' ', ' '};
	PfAsOwner	state;
	NameData	role;

	namestrcpy(&role, GetUserNameFromId(GetUserId(), false));
	values[0] = NameGetDatum(&role);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_GETARG_DATUM(1);
	values[3] = PG_GETARG_DATUM(2);
	if (pf_reason != NULL && pf_reason[0] != '\0')
		values[4] = CStringGetTextDatum(pf_reason);
	else
	{
		values[4] = (Datum) 0;
		nulls[4] = 'n';
	}
	pf_as_table_owner(&state, "access_log",
					  "INSERT INTO portfolio.access_log (role, action, data_set, detail, reason) VALUES ($1, $2, $3, $4, $5)",
					  5, argtypes, values, nulls);
	pf_end_as_owner(&state);
	PG_RETURN_VOID();
}
