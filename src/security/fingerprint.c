/*
 * fingerprint.c
 *		Keyed hashes of secrets: they tell that something changed, and nothing else.
 *
 * A plain hash of a password lets everybody who reads it try guesses. So the key is the nonce that
 * initdb writes to pg_control (it makes up the salts of roles that do not exist): 32 random bytes that
 * no SQL can read and that every standby shares. In another cluster the same value gives another
 * fingerprint, and what it guards is looked at anew there.
 *
 * HMAC by hand, of sha256_bytea(): the server has pg_hmac only from version 15 on.
 */
#include "pf.h"

#include "access/xlog.h"
#include "catalog/pg_control.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#define HMAC_BLOCK 64

PG_FUNCTION_INFO_V1(pf_keyed_fingerprint);

/* SHA-256 of the key, each byte of its block combined with pad, and what follows */
static bytea *
hash_with_pad(unsigned char pad, const char *data, int length)
{
	const char *nonce = GetMockAuthenticationNonce();
	bytea	   *buf = palloc(VARHDRSZ + HMAC_BLOCK + length);
	char	   *block = VARDATA(buf);

	SET_VARSIZE(buf, VARHDRSZ + HMAC_BLOCK + length);
	memset(block, pad, HMAC_BLOCK);
	for (int i = 0; i < MOCK_AUTH_NONCE_LEN; i++)
		block[i] ^= nonce[i];
	memcpy(block + HMAC_BLOCK, data, length);
	return DatumGetByteaPP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(buf)));
}

Datum
pf_keyed_fingerprint(PG_FUNCTION_ARGS)
{
	const char *purpose = text_to_cstring(PG_GETARG_TEXT_PP(0));
	StringInfoData message;
	bytea	   *inner;
	bytea	   *outer;

	/* the end of the purpose is kept, so that no two pairs are the same message */
	initStringInfo(&message);
	appendBinaryStringInfo(&message, purpose, strlen(purpose) + 1);
	appendStringInfoString(&message, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	inner = hash_with_pad(0x36, message.data, message.len);
	outer = hash_with_pad(0x5c, VARDATA_ANY(inner), VARSIZE_ANY_EXHDR(inner));
	return DirectFunctionCall2(binary_encode, PointerGetDatum(outer), CStringGetTextDatum("hex"));
}
