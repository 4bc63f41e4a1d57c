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
#include "fingerprint.h"

#include "access/xlog.h"
#include "catalog/pg_control.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#define HMAC_BLOCK 64

PG_FUNCTION_INFO_V1(pf_keyed_fingerprint);

/* SHA-256 of the key, each byte of its block combined with pad, and what follows; leaves no copy of either */
static bytea *
hash_with_pad(unsigned char pad, const char *data, int length)
{
	const char *nonce = GetMockAuthenticationNonce();
	bytea	   *buf = palloc(VARHDRSZ + HMAC_BLOCK + length);
	char	   *block = VARDATA(buf);
	bytea	   *hash;

	SET_VARSIZE(buf, VARHDRSZ + HMAC_BLOCK + length);
	memset(block, pad, HMAC_BLOCK);
	for (int i = 0; i < MOCK_AUTH_NONCE_LEN; i++)
		block[i] ^= nonce[i];
	memcpy(block + HMAC_BLOCK, data, length);
	hash = DatumGetByteaPP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(buf)));
	explicit_bzero(block, HMAC_BLOCK + length);
	pfree(buf);
	return hash;
}

char *
pf_keyed_hash(const char *purpose, const char *value)
{
	/* the end of the purpose is kept, so that no two pairs are the same message */
	int			purpose_size = strlen(purpose) + 1;
	int			value_length = strlen(value);
	char	   *message = palloc(purpose_size + value_length);
	bytea	   *inner;
	bytea	   *outer;

	memcpy(message, purpose, purpose_size);
	memcpy(message + purpose_size, value, value_length);
	inner = hash_with_pad(0x36, message, purpose_size + value_length);
	explicit_bzero(message, purpose_size + value_length);
	pfree(message);
	outer = hash_with_pad(0x5c, VARDATA_ANY(inner), VARSIZE_ANY_EXHDR(inner));
	return TextDatumGetCString(DirectFunctionCall2(binary_encode, PointerGetDatum(outer), CStringGetTextDatum("hex")));
}

/* keyed_fingerprint(purpose text, value text) */
Datum
pf_keyed_fingerprint(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(pf_keyed_hash(text_to_cstring(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)))));
}
