/*
 * file_permissions.c
 *		file_permissions(): who may read and write the files that decide who may do what.
 *
 * The paths are those of the server's own settings, for passwords those that libpq would take in the
 * server's process, and what lies in the data directory and is not PostgreSQL's. No caller can name
 * one, and no file is opened.
 */
#include "pf.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "port.h"
#include "storage/fd.h"
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

/* Settings that may name something in the data directory */
static const char *const naming_settings[] = {
	"external_pid_file", "krb_server_keyfile", "log_directory", "ssl_ca_file", "ssl_cert_file", "ssl_crl_dir",
	"ssl_crl_file", "ssl_dh_params_file", "ssl_key_file", "stats_temp_directory"
};

/* What initdb, the server of any release and its backup tools make there */
static const char *const known_entries[] = {
	"PG_VERSION", "backup_label", "backup_label.old", "backup_manifest", "base", "current_logfiles",
	"current_logfiles.tmp", "global", "log", "pg_commit_ts", "pg_dynshmem", "pg_logical", "pg_multixact",
	"pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat", "pg_stat_tmp", "pg_subtrans",
	"pg_tblspc", "pg_twophase", "pg_upgrade_output.d", "pg_wal", "pg_xact", "postgresql.auto.conf.tmp",
	"postmaster.opts", "postmaster.pid", "promote", "recovery.done", "recovery.signal", "standby.signal",
	"tablespace_map", "tablespace_map.old"
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

/* Does a setting name the entry of the data directory, or something in it? */
static bool
named_by_setting(const char *entry)
{
	char	   *full = psprintf("%s/%s", DataDir, entry);
	int			length = strlen(full);

	for (int i = 0; i < lengthof(naming_settings); i++)
	{
		const char *value = GetConfigOption(naming_settings[i], true, false);
		char	   *path;

		if (value == NULL || value[0] == '\0')
			continue;
		path = is_absolute_path(value) ? pstrdup(value) : psprintf("%s/%s", DataDir, value);
		canonicalize_path(path);
		if (strncmp(path, full, length) == 0 && (path[length] == '\0' || path[length] == '/'))
			return true;
	}
	return false;
}

/* Files of configuration may include others, of any name that ends so. */
static bool
is_known(const char *entry)
{
	int			length = strlen(entry);

	if (length > 5 && strcmp(entry + length - 5, ".conf") == 0)
		return true;
	for (int i = 0; i < lengthof(known_entries); i++)
		if (strcmp(entry, known_entries[i]) == 0)
			return true;
	return named_by_setting(entry);
}

static void
put_unknown_files(ReturnSetInfo *rsinfo)
{
	DIR		   *dir = AllocateDir(DataDir);
	struct dirent *entry;

	while ((entry = ReadDir(dir, DataDir)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !is_known(entry->d_name))
			put_file(rsinfo, "unknown_file", entry->d_name);
	}
	FreeDir(dir);
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
	put_unknown_files(rsinfo);
	return (Datum) 0;
}
