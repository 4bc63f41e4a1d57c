/*
 * password.h
 *		Verifiers of passwords in pg_authid: what kind they are, and whether a guess fits.
 */
#ifndef PF_PASSWORD_H
#define PF_PASSWORD_H

#include "pf.h"

#include "common/md5.h"
#include "common/sha2.h"
#include "nodes/pg_list.h"

/*
 * More iterations than that make one guess, which nothing can interrupt, longer than about a second;
 * PostgreSQL writes 4096.
 */
#define PF_MAX_ITERATIONS 1000000

/* A verifier, and what is computed of it. Whoever fills one clears it, also where an error passes. */
typedef struct PfVerifier
{
	Oid			role;
	NameData	role_name;
	bool		is_scram;		/* else md5 */
	int			iterations;		/* SCRAM */
	int			salt_length;
	char	   *salt;
	uint8		server_key[PG_SHA256_DIGEST_LENGTH];
	char		md5[MD5_PASSWD_LEN + 1];
	uint8		computed_key[PG_SHA256_DIGEST_LENGTH];
	uint8		salted[PG_SHA256_DIGEST_LENGTH];
	char		computed_md5[MD5_PASSWD_LEN + 1];
	char	   *prepared;		/* the guess as SCRAM takes it, while it is looked at */
	char		fingerprint[2 * PG_SHA256_DIGEST_LENGTH + 1];
} PfVerifier;

/* role_password.c */
extern bool pf_read_verifier(Oid role, PfVerifier *verifier);
extern void pf_clear_verifier(PfVerifier *verifier);
extern List *pf_roles_with_password(void);

/* guess.c */
extern bool pf_guess_fits(PfVerifier *verifier, const char *guess);

#endif							/* PF_PASSWORD_H */
