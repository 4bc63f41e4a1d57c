/*
 * file_permissions.c
 *		file_permissions(): who may read and write the files that decide who may do what.
 *
 * The paths are those of the server's own settings and, for passwords, those that libpq would take
 * in the server's process. No caller can name one, and nothing is opened.
 */
#include "pf.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "port.h"
#include "utils/builtins.h"
#include "utils/guc.h"

PG_FUNCTION_INFO_V1(pf_file_permissions);

#define COL_WHAT		0
#define COL_PATH		1
#define COL_MODE		2
#define COL_OWNER		3
#define COL_TRUSTED		4
#define COL_INSIDE		5
#define COL_READERS		6
#define COL_WRITERS		7
#define NCOLS			8

static const char *const settings[] = {
	"data_directory", "config_file", "hba_file", "ident_file", "ssl_key_file", "ssl_cert_file", "ssl_ca_file"
};

/* Whom the bits let in, given the one for the group and the one for all others */
static const char *
whom(mode_t mode, mode_t group, mode_t others)
{
	if (mode & others)
		return "everybody";
	return mode & group ? "group" : "owner";
}

/* A file that is not there has no row; one that cannot be looked at has a row without a mode. */
static void
put_file(ReturnSetInfo *rsinfo, const char *what, const char *path)
{
	Datum		values[NCOLS] = {0};
	bool		nulls[NCOLS] = {false};
	struct stat st;
	char	   *full = is_absolute_path(path) ? pstrdup(path) : psprintf("%s/%s", DataDir, path);
	int			length = strlen(DataDir);

	canonicalize_path(full);
	values[COL_WHAT] = CStringGetTextDatum(what);
	values[COL_PATH] = CStringGetTextDatum(full);
	values[COL_INSIDE] = BoolGetDatum(strncmp(full, DataDir, length) == 0 && full[length] == '/');
	if (stat(full, &st) == 0)
	{
		struct passwd *owner = getpwuid(st.st_uid);

		values[COL_MODE] = CStringGetTextDatum(psprintf("%04o", (unsigned int) (st.st_mode & 07777)));
		values[COL_OWNER] = CStringGetTextDatum(owner ? owner->pw_name : psprintf("%u", (unsigned int) st.st_uid));
		values[COL_TRUSTED] = BoolGetDatum(st.st_uid == geteuid() || st.st_uid == 0);
		values[COL_READERS] = CStringGetTextDatum(whom(st.st_mode, S_IRGRP, S_IROTH));
		values[COL_WRITERS] = CStringGetTextDatum(whom(st.st_mode, S_IWGRP, S_IWOTH));
	}
	else if (errno == ENOENT || errno == ENOTDIR)
		return;
	else
		nulls[COL_MODE] = nulls[COL_OWNER] = nulls[COL_TRUSTED] = nulls[COL_READERS] = nulls[COL_WRITERS] = true;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* A file of the server's user: where the environment says, or in the home directory */
static void
put_user_file(ReturnSetInfo *rsinfo, const char *what, const char *variable, const char *name)
{
	const char *path = getenv(variable);
	char		home[MAXPGPATH];

	if (path != NULL && path[0] != '\0')
		put_file(rsinfo, what, path);
	else if (get_home_path(home))
		put_file(rsinfo, what, psprintf("%s/%s", home, name));
}

Datum
pf_file_permissions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	pf_init_materialized_srf(fcinfo);
	for (int i = 0; i < lengthof(settings); i++)
	{
		const char *path = GetConfigOption(settings[i], true, false);

		if (path != NULL && path[0] != '\0')
			put_file(rsinfo, settings[i], path);
	}
	put_file(rsinfo, "auto_file", PG_AUTOCONF_FILENAME);
	put_user_file(rsinfo, "password_file", "PGPASSFILE", ".pgpass");
	put_user_file(rsinfo, "service_file", "PGSERVICEFILE", ".pg_service.conf");
	return (Datum) 0;
}
