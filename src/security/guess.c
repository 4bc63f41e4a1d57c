/*
 * guess.c
 *		Is this the password of a verifier?
 *
 * The answer is that of the server's plain_crypt_verify(), by the same functions; they are called one
 * by one so that everything that was computed of the guess is in memory of ours and can be cleared.
 * One guess costs as many rounds of HMAC as the verifier has iterations, and before PostgreSQL 17
 * nothing interrupts them: callers leave out what is above PF_MAX_ITERATIONS.
 */
#include "password.h"

#include "common/saslprep.h"
#include "common/scram-common.h"

static void
no_hash(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INTERNAL_ERROR),
			 errmsg("could not compute a verifier: %s", why ? why : "out of memory")));
}

/* A guess that is no UTF-8, or has characters that no password may have, is taken as it is. */
static bool
scram_fits(PfVerifier *verifier, const char *guess)
{
	const char *why = NULL;
	bool		computed;

	if (pg_saslprep(guess, &verifier->prepared) != SASLPREP_SUCCESS)
		verifier->prepared = pstrdup(guess);
	computed = pf_scram_salted_password(verifier->prepared, verifier->salt, verifier->salt_length,
										verifier->iterations, verifier->salted, &why) &&
		pf_scram_server_key(verifier->salted, verifier->computed_key, &why);
	explicit_bzero(verifier->prepared, strlen(verifier->prepared));
	pfree(verifier->prepared);
	verifier->prepared = NULL;
	if (!computed)
		no_hash(why);
	return memcmp(verifier->computed_key, verifier->server_key, PG_SHA256_DIGEST_LENGTH) == 0;
}

/* Where md5 is forbidden, as in FIPS mode, nobody can log in by such a verifier: no guess fits. */
static bool
md5_fits(PfVerifier *verifier, const char *guess)
{
	const char *role = NameStr(verifier->role_name);
	const char *why = NULL;

	return pf_md5_encrypt(guess, role, strlen(role), verifier->computed_md5, &why) &&
		strcmp(verifier->computed_md5, verifier->md5) == 0;
}

bool
pf_guess_fits(PfVerifier *verifier, const char *guess)
{
	return verifier->is_scram ? scram_fits(verifier, guess) : md5_fits(verifier, guess);
}
