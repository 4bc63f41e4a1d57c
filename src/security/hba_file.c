/*
 * hba_file.c
 *		Reading pg_hba.conf, and which databases, roles and transports a line is for.
 */
#include "hba.h"

#ifdef PF_HAS_AUTH_TOKENS

#include "common/ip.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/memutils.h"

static void
put_tokens(StringInfo buf, List *tokens)
{
	ListCell   *cell;

	foreach(cell, tokens)
		appendStringInfo(buf, "%c%s", cell == list_head(tokens) ? ' ' : ',', ((AuthToken *) lfirst(cell))->string);
}

static void
put_address(StringInfo buf, const HbaLine *line)
{
	char		address[NI_MAXHOST];

	if (line->ip_cmp_method == ipCmpAll)
		appendStringInfoString(buf, " all");
	else if (line->ip_cmp_method == ipCmpSameHost)
		appendStringInfoString(buf, " samehost");
	else if (line->ip_cmp_method == ipCmpSameNet)
		appendStringInfoString(buf, " samenet");
	else if (line->hostname)
		appendStringInfo(buf, " %s", line->hostname);
	else if (pg_getnameinfo_all(&line->addr, line->addrlen, address, sizeof(address), NULL, 0, NI_NUMERICHOST) == 0)
		appendStringInfo(buf, " %s/%d", address, pf_mask_bits(&line->mask));
}

static char *
rule_of(const HbaLine *line)
{
	static const char *const types[] = {"local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"};
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, types[line->conntype]);
	put_tokens(&buf, line->databases);
	put_tokens(&buf, line->roles);
	if (line->conntype != ctLocal)
		put_address(&buf, line);
	appendStringInfo(&buf, " %s", hba_authname(line->auth_method));
	return buf.data;
}

static void
refuse_file(const char *message, int line)
{
	if (line > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("the server could not load \"%s\"", "pg_hba.conf"),
				 errdetail("Line %d: %s.", line, message),
				 errhint("It keeps the rules that it has until the file is right. SELECT * FROM pg_hba_file_rules WHERE error IS NOT NULL lists all errors.")));
	ereport(ERROR,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("the server could not load \"%s\"", "pg_hba.conf"),
			 errdetail("%s.", message),
			 errhint("It keeps the rules that it has until the file is right.")));
}

static PfHba *
parse_lines(List *lines)
{
	PfHba	   *hba = palloc0(sizeof(PfHba));
	ListCell   *cell;

	hba->lines = palloc0(sizeof(PfHbaLine) * Max(list_length(lines), 1));
	foreach(cell, lines)
	{
		TokenizedAuthLine *tokens = lfirst(cell);
		HbaLine    *line = tokens->err_msg ? NULL : parse_hba_line(tokens, DEBUG3);
		PfHbaLine  *into = &hba->lines[hba->nlines];

		if (line == NULL)
			refuse_file(tokens->err_msg, tokens->line_num);
		into->line = line;
		into->rule = rule_of(line);
		pf_hba_find_ranges(into);
		hba->nlines++;
	}
	if (hba->nlines == 0)
		refuse_file("The file has no entries", 0);
	return hba;
}

/*
 * All lines of the file, in CurrentMemoryContext. A file that the server would refuse is an error. What
 * the tokenizer holds goes with it: the server's contexts are children of CurrentMemoryContext, and
 * AllocateFile() closes what a transaction leaves open.
 */
PfHba *
pf_read_hba(void)
{
	List	   *lines = NIL;
	PfHba	   *hba;
	FILE	   *file;
#ifdef PF_AUTH_FILES_NEST
	char	   *error = NULL;

	file = open_auth_file(HbaFileName, DEBUG3, 0, &error);
	if (file == NULL)
		refuse_file(error, 0);
	tokenize_auth_file(HbaFileName, file, &lines, DEBUG3, 0);
	hba = parse_lines(lines);
	free_auth_file(file, 0);
#else
	MemoryContext tokens;

	file = AllocateFile(HbaFileName, "r");
	if (file == NULL)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open configuration file \"%s\": %m", HbaFileName)));
	tokens = tokenize_auth_file(HbaFileName, file, &lines, DEBUG3);
	hba = parse_lines(lines);
	FreeFile(file);
	MemoryContextDelete(tokens);
#endif
	return hba;
}

bool
pf_hba_takes_transport(const HbaLine *line, PfTransport transport)
{
	switch (line->conntype)
	{
		case ctLocal:
			return transport == PF_BY_SOCKET;
		case ctHost:
			return transport != PF_BY_SOCKET;
		case ctHostSSL:
			return transport == PF_BY_SSL;
		case ctHostNoSSL:
			return transport == PF_BY_PLAIN || transport == PF_BY_GSS;
		case ctHostGSS:
			return transport == PF_BY_GSS;
		case ctHostNoGSS:
			return transport == PF_BY_PLAIN || transport == PF_BY_SSL;
	}
	return false;
}

static bool
is_keyword(const AuthToken *token, const char *keyword)
{
	return !token->quoted && strcmp(token->string, keyword) == 0;
}

/* As the server does it, a superuser is not taken for a member of every role. */
static bool
is_member(Oid roleid, const char *group)
{
	Oid			groupid = OidIsValid(roleid) ? get_role_oid(group, true) : InvalidOid;

	return OidIsValid(groupid) && is_member_of_role_nosuper(roleid, groupid);
}

static bool
name_is(const AuthToken *token, const char *name)
{
#ifdef PF_AUTH_FILES_NEST
	if (token->regex)
	{
		pg_wchar   *wide = palloc((strlen(name) + 1) * sizeof(pg_wchar));
		int			length = pg_mb2wchar_with_len(name, wide, strlen(name));
		int			rc = pg_regexec(token->regex, wide, length, 0, NULL, 0, NULL, 0);

		pfree(wide);
		return rc == REG_OKAY;
	}
#endif
	return strcmp(token->string, name) == 0;
}

static bool
database_is(const AuthToken *token, const PfHbaWho *who)
{
	if (who->is_replication)
		return is_keyword(token, "replication");
	if (is_keyword(token, "all"))
		return true;
	if (is_keyword(token, "sameuser"))
		return strcmp(who->database, who->role) == 0;
	if (is_keyword(token, "samegroup") || is_keyword(token, "samerole"))
		return is_member(who->roleid, who->database);
	if (is_keyword(token, "replication"))
		return false;
	return name_is(token, who->database);
}

static bool
role_is(const AuthToken *token, const PfHbaWho *who)
{
	if (!token->quoted && token->string[0] == '+')
		return is_member(who->roleid, token->string + 1);
	return is_keyword(token, "all") || name_is(token, who->role);
}

bool
pf_hba_takes_who(const HbaLine *line, const PfHbaWho *who)
{
	bool		takes = false;
	ListCell   *cell;

	foreach(cell, line->databases)
		if ((takes = database_is(lfirst(cell), who)))
			break;
	if (!takes)
		return false;
	foreach(cell, line->roles)
		if (role_is(lfirst(cell), who))
			return true;
	return false;
}

#endif							/* PF_HAS_AUTH_TOKENS */
