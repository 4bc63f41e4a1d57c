/*
 * hba_match.c
 *		hba_match(): the line of pg_hba.conf that a connection meets first.
 *
 * The file is read once for each call site in a query, so that a million connections can be asked in
 * one query.
 */
#include "hba.h"

#ifdef PF_HAS_AUTH_TOKENS

#include "funcapi.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pf_hba_match);

#define COL_LINE	0
#define COL_RULE	1
#define COL_METHOD	2
#define COL_ADMITS	3
#define COL_CERTAIN	4
#define COL_REASON	5
#define NCOLS		6

static PfHba *
hba_of(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		fcinfo->flinfo->fn_extra = pf_read_hba();
		MemoryContextSwitchTo(old);
	}
	return fcinfo->flinfo->fn_extra;
}

static void
put_row(ReturnSetInfo *rsinfo, const PfHbaLine *line, bool certain, const char *reason)
{
	Datum		values[NCOLS];
	bool		nulls[NCOLS] = {false};

	nulls[COL_LINE] = nulls[COL_RULE] = nulls[COL_METHOD] = line == NULL;
	values[COL_ADMITS] = BoolGetDatum(line && line->line->auth_method != uaReject);
	values[COL_CERTAIN] = BoolGetDatum(certain);
	values[COL_REASON] = CStringGetTextDatum(reason);
	if (line)
	{
		values[COL_LINE] = Int32GetDatum(line->line->linenumber);
		values[COL_RULE] = CStringGetTextDatum(line->rule);
		values[COL_METHOD] = CStringGetTextDatum(hba_authname(line->line->auth_method));
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static const char *
why(const HbaLine *line)
{
	switch (line->auth_method)
	{
		case uaReject:
			return "This line rejects the connection.";
		case uaTrust:
			return "This line lets the connection in without any proof.";
		default:
			return psprintf("This line asks for proof by method %s.", hba_authname(line->auth_method));
	}
}

/* hba_lookup(database, role, address, ssl, gss, replication, resolve): the lines that may win, to the first that does */
Datum
pf_hba_match(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PfHba	   *hba;
	PfHbaWho	who = {0};
	PfTransport transport = PF_BY_SOCKET;
	struct sockaddr_storage address = {0};
	bool		resolve;

	pf_init_materialized_srf(fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	hba = hba_of(fcinfo);
	who.database = text_to_cstring(PG_GETARG_TEXT_PP(0));
	who.role = text_to_cstring(PG_GETARG_TEXT_PP(1));
	who.roleid = get_role_oid(who.role, true);
	who.is_replication = PG_GETARG_BOOL(5);
	resolve = PG_GETARG_BOOL(6);
	if (!PG_ARGISNULL(2))
	{
		pf_hba_sockaddr(PG_GETARG_INET_PP(2), &address);
		transport = PG_GETARG_BOOL(4) ? PF_BY_GSS : !PG_ARGISNULL(3) && PG_GETARG_BOOL(3) ? PF_BY_SSL : PF_BY_PLAIN;
	}
	for (int i = 0; i < hba->nlines; i++)
	{
		const PfHbaLine *line = &hba->lines[i];
		const char *hostname = line->line->hostname;

		if (!pf_hba_takes_transport(line->line, transport) || !pf_hba_takes_who(line->line, &who))
			continue;
		if (transport != PF_BY_SOCKET && (hostname ? resolve && !pf_hba_resolves(hostname, &address) : !pf_hba_takes_address(line, &address)))
			continue;
		if (hostname && !resolve)
		{
			put_row(rsinfo, line, false, psprintf("This line wins if the address has the name %s; option resolve asks the name server.", hostname));
			continue;
		}
		put_row(rsinfo, line, true, why(line->line));
		return (Datum) 0;
	}
	put_row(rsinfo, NULL, true, "No line is for this connection: it is rejected.");
	return (Datum) 0;
}

#endif							/* PF_HAS_AUTH_TOKENS */
