/*
 * role_password.c
 *		role_passwords(): how passwords are kept; and verifiers for those who try guesses at them.
 *
 * pg_authid is read here and nowhere else: no caller can name a column or see a verifier. What leaves
 * is the kind, the iterations and a keyed hash, which tells that a password was set anew.
 */
#include "password.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_authid.h"
#include "fingerprint.h"
#include "funcapi.h"
#include "libpq/crypt.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(pf_role_passwords);

#define COL_ROLE		0
#define COL_NAME		1
#define COL_METHOD		2
#define COL_ITERATIONS	3
#define COL_LOGIN		4
#define COL_SUPERUSER	5
#define COL_VALID_UNTIL	6
#define COL_FINGERPRINT	7
#define NCOLS			8

#define SCRAM_PREFIX "SCRAM-SHA-256$"

/* The bytes of a base64 text, of which no other copy stays */
static bytea *
decode(const char *base64, int length)
{
	text	   *encoded = cstring_to_text_with_len(base64, length);
	bytea	   *decoded = DatumGetByteaPP(DirectFunctionCall2(binary_decode, PointerGetDatum(encoded),
															  CStringGetTextDatum("base64")));

	explicit_bzero(VARDATA(encoded), length);
	return decoded;
}

/* SCRAM-SHA-256$iterations:salt$stored key:server key, whose form the server has checked */
static void
open_scram(PfVerifier *verifier, const char *secret)
{
	char	   *salt;
	const char *server_key = strrchr(secret, ':') + 1;
	bytea	   *decoded;

	verifier->is_scram = true;
	verifier->iterations = (int) strtol(secret + strlen(SCRAM_PREFIX), &salt, 10);	/* cut off as the server does */
	salt++;
	decoded = decode(salt, strcspn(salt, "$"));
	verifier->salt_length = VARSIZE_ANY_EXHDR(decoded);
	verifier->salt = VARDATA_ANY(decoded);
	decoded = decode(server_key, strlen(server_key));
	if (VARSIZE_ANY_EXHDR(decoded) != sizeof(verifier->server_key))
		elog(ERROR, "unexpected length of a key");
	memcpy(verifier->server_key, VARDATA_ANY(decoded), sizeof(verifier->server_key));
	explicit_bzero(VARDATA_ANY(decoded), sizeof(verifier->server_key));
}

/* Fill *verifier, which is clear, from the row of a role; false where it has no password. */
static bool
open_verifier(HeapTuple tuple, TupleDesc desc, PfVerifier *verifier)
{
	Form_pg_authid form = (Form_pg_authid) GETSTRUCT(tuple);
	bool		isnull;
	Datum		password = heap_getattr(tuple, Anum_pg_authid_rolpassword, desc, &isnull);
	char	   *secret;

	if (isnull)
		return false;
	secret = TextDatumGetCString(password);
	verifier->role = form->oid;
	verifier->role_name = form->rolname;
	strlcpy(verifier->fingerprint, pf_keyed_hash(psprintf("password of role %u", form->oid), secret),
			sizeof(verifier->fingerprint));
	if (get_password_type(secret) == PASSWORD_TYPE_SCRAM_SHA_256)
		open_scram(verifier, secret);
	else
		strlcpy(verifier->md5, secret, sizeof(verifier->md5));
	explicit_bzero(secret, strlen(secret));
	pfree(secret);
	return true;
}

void
pf_clear_verifier(PfVerifier *verifier)
{
	if (verifier->prepared)
		explicit_bzero(verifier->prepared, strlen(verifier->prepared));
	explicit_bzero(verifier, sizeof(PfVerifier));
}

/* The verifier of a role as it is now; false where the role is gone or has no password. */
bool
pf_read_verifier(Oid role, PfVerifier *verifier)
{
	Relation	authid = table_open(AuthIdRelationId, AccessShareLock);
	HeapTuple	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
	bool		has_password = false;

	if (HeapTupleIsValid(tuple))
	{
		has_password = open_verifier(tuple, RelationGetDescr(authid), verifier);
		ReleaseSysCache(tuple);
	}
	table_close(authid, AccessShareLock);
	return has_password;
}

/* All roles with a password, by object id */
List *
pf_roles_with_password(void)
{
	Relation	authid = table_open(AuthIdRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(authid, InvalidOid, false, NULL, 0, NULL);
	List	   *roles = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		if (!heap_attisnull(tuple, Anum_pg_authid_rolpassword, RelationGetDescr(authid)))
			roles = lappend_oid(roles, ((Form_pg_authid) GETSTRUCT(tuple))->oid);
	}
	systable_endscan(scan);
	table_close(authid, AccessShareLock);
	list_sort(roles, list_oid_cmp);
	return roles;
}

static void
put_role(ReturnSetInfo *rsinfo, HeapTuple tuple, TupleDesc desc)
{
	Form_pg_authid form = (Form_pg_authid) GETSTRUCT(tuple);
	PfVerifier	verifier = {0};
	Datum		values[NCOLS] = {0};
	bool		nulls[NCOLS] = {false};
	const char *method = "none";

	nulls[COL_ITERATIONS] = nulls[COL_FINGERPRINT] = true;
	if (open_verifier(tuple, desc, &verifier))
	{
		method = verifier.is_scram ? "scram-sha-256" : "md5";
		nulls[COL_ITERATIONS] = !verifier.is_scram;
		nulls[COL_FINGERPRINT] = false;
		values[COL_ITERATIONS] = Int32GetDatum(verifier.iterations);
		values[COL_FINGERPRINT] = CStringGetTextDatum(verifier.fingerprint);
		pf_clear_verifier(&verifier);
	}
	values[COL_ROLE] = ObjectIdGetDatum(form->oid);
	values[COL_NAME] = NameGetDatum(&form->rolname);
	values[COL_METHOD] = CStringGetTextDatum(method);
	values[COL_LOGIN] = BoolGetDatum(form->rolcanlogin);
	values[COL_SUPERUSER] = BoolGetDatum(form->rolsuper);
	values[COL_VALID_UNTIL] = heap_getattr(tuple, Anum_pg_authid_rolvaliduntil, desc, &nulls[COL_VALID_UNTIL]);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* role_passwords() */
Datum
pf_role_passwords(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	authid;
	SysScanDesc scan;
	HeapTuple	tuple;

	pf_init_materialized_srf(fcinfo);
	authid = table_open(AuthIdRelationId, AccessShareLock);
	scan = systable_beginscan(authid, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		put_role(rsinfo, tuple, RelationGetDescr(authid));
	systable_endscan(scan);
	table_close(authid, AccessShareLock);
	return (Datum) 0;
}
