/*
 * estate_target.c
 *		One target of check_estate(): its connection, the questions, and what may be believed of the answers.
 *
 * The other side is not trusted. It may be slow, silent, no PostgreSQL at all, or a server that somebody
 * has taken over. So
 *	- nothing waits for it: libpq is asked only what it can do at once, and every step has a deadline;
 *	- it gets at most MAX_RECEIVED bytes to fill our memory with, whatever it sends;
 *	- rows are text until they are judged: length, encoding, JSON, dates, and what run_checks() demands of
 *	  its own; an answer that fails is a finding about that check, an answer of the wrong kind ends the
 *	  connection;
 *	- it names no element of the portfolio: findings of a target are about the element of the target.
 *
 * Each check is one simple-query message and so one implicit transaction, which sets read-only mode, the
 * path and the limits for itself. Settings of the session would not do: behind a pooler the next message
 * may reach another session, where a path that somebody prepared would lend him our eyes.
 */
#include "estate.h"

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef __linux__
#include <linux/tcp.h>
#endif

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "pf_mask.h"

#define RECEIVE_BUFFER (32 * 1024)
#define MAX_RECEIVED (32 * 1024 * 1024)
#define MAX_DETAIL (64 * 1024)
#define MAX_MESSAGE 500			/* bytes that are kept of what it or libpq says */
#define MAX_RESULTS 16			/* of one message, rows not counted */
#define GRACE_MS 5000			/* for the way, beyond the time that a check may run there */
#define FIRST_MAJOR 15			/* releases before it lack catalogs that checks ask for */

/*
 * What a service that does not say gets instead of libpq's own default: the encrypted, verified way, and
 * no password in clear text. libpq reads the environment after the service and before its defaults.
 */
static const char *const defaults[][2] = {
	{"PGSSLMODE", "verify-full"},
	{"PGGSSENCMODE", "disable"},
	{"PGREQUIREAUTH", "!password"}	/* from libpq 16 on */
};

double
pf_estate_now(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return INSTR_TIME_GET_MILLISEC(now);
}

/* What somebody else wrote, as it may be kept: short, of one line, in our encoding */
static char *
clean_text(const char *given)
{
	char	   *clean = pstrdup(given == NULL ? "" : given);
	int			length = strlen(clean);
	bool		valid = pg_verifymbstr(clean, length, true);

	for (char *p = clean; *p != '\0'; p++)
	{
		if ((unsigned char) *p < ' ' || *p == 0x7f)
			*p = ' ';
		else if (!valid && IS_HIGHBIT_SET(*p))
			*p = '?';
	}
	while (length > 0 && clean[length - 1] == ' ')
		length--;
	clean[pg_mbcliplen(clean, length, MAX_MESSAGE)] = '\0';
	return clean;
}

void
pf_target_close(PfTarget *target)
{
	if (target->conn == NULL)
		return;
	PQfinish(target->conn);
	target->conn = NULL;
	ReleaseExternalFD();
}

static void
end_target(PfTarget *target, const char *outcome, char *problem)
{
	/* a part of an answer is none */
	if (target->state == PF_TARGET_ASKING && problem != NULL)
		target->checks[target->asked].state = "not_asked";
	target->state = PF_TARGET_DONE;
	target->outcome = outcome;
	target->problem = problem;
	target->elapsed = pf_estate_now() - target->began;
	pf_target_close(target);
}

/* The connection is of no use any more; what libpq says of it is the problem. */
static void
lose_target(PfTarget *target)
{
	end_target(target, target->state == PF_TARGET_CONNECTING ? "unreachable" : "broken",
			   clean_text(PQerrorMessage(target->conn)));
}

/* So little that a call of libpq's soon finds nothing more to read */
static void
limit_receive_buffer(const PfTarget *target)
{
	int			size = RECEIVE_BUFFER;

	if (PQsocket(target->conn) >= 0)
		(void) setsockopt(PQsocket(target->conn), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/*
 * libpq keeps a message until it is complete, and does not say how much it has. The kernel knows what a
 * connection brought; where it does not tell, we look before libpq reads how much there is, which counts
 * some bytes twice and misses those that come while libpq reads. One call of libpq's may take more than
 * the limit, but only as long as bytes come faster than it copies them.
 */
static void
count_received(PfTarget *target)
{
	int			waiting = 0;
#ifdef __linux__
	struct tcp_info info = {0};
	socklen_t	length = sizeof(info);

	if (getsockopt(PQsocket(target->conn), IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_bytes_received > 0)
	{
		target->received = (int64) info.tcpi_bytes_received;
		return;
	}
#endif
	if (ioctl(PQsocket(target->conn), FIONREAD, &waiting) == 0)
		target->received += waiting;
}

static bool
received_too_much(PfTarget *target)
{
	count_received(target);
	if (target->received <= MAX_RECEIVED)
		return false;
	end_target(target, target->state == PF_TARGET_CONNECTING ? "unreachable" : "broken",
			   psprintf("it sent more than %d MB", MAX_RECEIVED / (1024 * 1024)));
	return true;
}

static void
ignore_notice(void *arg, const PGresult *result)
{
}

static PGconn *
start_connection(const char *service)
{
	const char *keywords[] = {"service", "client_encoding", "fallback_application_name", NULL};
	const char *values[] = {service, GetDatabaseEncodingName(), "pg_portfolio", NULL};
	bool		ours[lengthof(defaults)];
	PGconn	   *conn;

	for (int i = 0; i < lengthof(defaults); i++)
		ours[i] = getenv(defaults[i][0]) == NULL && setenv(defaults[i][0], defaults[i][1], 0) == 0;
	conn = PQconnectStartParams(keywords, values, 0);
	for (int i = 0; i < lengthof(defaults); i++)
		if (ours[i])
			unsetenv(defaults[i][0]);
	return conn;
}

/* Begin the connection. The caller has acquired a file for it. */
void
pf_target_connect(PfEstate *estate, PfTarget *target)
{
	target->started = GetCurrentTimestamp();
	target->began = target->step_began = pf_estate_now();
	target->deadline = target->began + estate->timeout * 1000.0;
	target->step_deadline = target->began + estate->connect_timeout * 1000.0;
	target->state = PF_TARGET_CONNECTING;
	target->writes = true;
	target->conn = start_connection(target->service);
	if (target->conn == NULL)
	{
		ReleaseExternalFD();
		end_target(target, "unreachable", pstrdup("out of memory"));
		return;
	}
	(void) PQsetNoticeReceiver(target->conn, ignore_notice, NULL);
	if (PQstatus(target->conn) == CONNECTION_BAD || PQsocket(target->conn) < 0)
		lose_target(target);
	else
		limit_receive_buffer(target);
}

/* How we are connected, for check target-connection-weak */
static char *
describe_connection(const PfTarget *target)
{
	struct sockaddr_storage address;
	socklen_t	length = sizeof(address);
	PQconninfoOption *options = PQconninfo(target->conn);
	const char *superuser = PQparameterStatus(target->conn, "is_superuser");
	const char *sslmode = "none";
	char	   *result;

	if (getsockname(PQsocket(target->conn), (struct sockaddr *) &address, &length) == 0 && address.ss_family == AF_UNIX)
		sslmode = "socket";
	else if (PQsslInUse(target->conn))
	{
		for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
			if (strcmp(o->keyword, "sslmode") == 0 && o->val != NULL)
				sslmode = o->val;
	}
	result = psprintf("{\"sslmode\": \"%s\", \"superuser\": %s, \"version\": %d}", sslmode,
					  superuser != NULL && strcmp(superuser, "on") == 0 ? "true" : "false", target->version);
	PQconninfoFree(options);
	return result;
}

/* Does the check that is being asked apply to this target? */
static bool
applies(const PfRemoteCheck *remote, const PfTarget *target)
{
	return remote->message != NULL && target->version >= remote->min_version && target->version <= remote->max_version;
}

/* Send the next check that applies, or end well. */
static void
ask_next(PfEstate *estate, PfTarget *target)
{
	PfCheck    *check;
	int			flushed;

	while (++target->asked < estate->nchecks && !applies(&estate->remote[target->asked], target))
		target->checks[target->asked].state = "not_applicable";
	if (target->asked >= estate->nchecks)
	{
		end_target(target, "ok", NULL);
		return;
	}
	check = &target->checks[target->asked];
	target->results = 0;
	target->answered = false;
	target->capacity = 0;
	check->state = NULL;
	target->step_began = pf_estate_now();
	target->step_deadline = target->step_began + pf_stored_query_timeout + GRACE_MS;
	if (!PQsendQuery(target->conn, estate->remote[target->asked].message) || !PQsetSingleRowMode(target->conn) ||
		(flushed = PQflush(target->conn)) < 0)
	{
		lose_target(target);
		return;
	}
	target->reads = true;
	target->writes = flushed > 0;
}

static void
advance_connection(PfEstate *estate, PfTarget *target)
{
	PostgresPollingStatusType status;

	if (received_too_much(target))
		return;
	status = PQconnectPoll(target->conn);
	target->reads = status == PGRES_POLLING_READING;
	target->writes = status == PGRES_POLLING_WRITING;
	if (status == PGRES_POLLING_FAILED)
		lose_target(target);
	else if (status != PGRES_POLLING_OK)
		limit_receive_buffer(target);
	else if (PQserverVersion(target->conn) < 90000 || PQsetnonblocking(target->conn, 1) != 0)
		end_target(target, "unreachable", pstrdup("it does not say which version of PostgreSQL it is"));
	else
	{
		target->version = PQserverVersion(target->conn) / 10000;
		target->connection = describe_connection(target);
		target->state = PF_TARGET_ASKING;
		target->asked = -1;
		ask_next(estate, target);
	}
}

static void
fail_check(PfCheck *check, PfStoredOutcome outcome, int sqlstate, char *message)
{
	check->outcome = outcome;
	check->sqlstate = sqlstate;
	check->message = message;
	if (outcome != PF_STORED_TOO_MANY_ROWS)
		check->nrows = 0;
}

/* Room for so many rows and the one about the check itself */
static void
make_room(PfTarget *target, PfCheck *check, int nrows)
{
	int			capacity;

	if (target->capacity > nrows)
		return;
	capacity = Max(2 * nrows, 1) + 1;
	for (int c = 0; c < PF_CHECK_NCOLS; c++)
	{
		Datum	   *values = palloc0(sizeof(Datum) * capacity);
		bool	   *nulls = palloc(sizeof(bool) * capacity);

		memset(nulls, true, sizeof(bool) * capacity);
		if (target->capacity > 0)
		{
			memcpy(values, check->values[c], sizeof(Datum) * check->nrows);
			memcpy(nulls, check->nulls[c], sizeof(bool) * check->nrows);
			pfree(check->values[c]);
			pfree(check->nulls[c]);
		}
		check->values[c] = values;
		check->nulls[c] = nulls;
	}
	target->capacity = capacity;
}

/* A value of a row as text that is fit to be kept; NULL where it has none. Complains of what is not fit. */
static const char *
take_value(PfCheck *check, const PGresult *result, const char *column)
{
	int			number = PQfnumber(result, column);
	const char *value;

	if (number < 0 || PQgetisnull(result, 0, number))
		return NULL;
	value = PQgetvalue(result, 0, number);
	if (strlen(value) > MAX_DETAIL)
		fail_check(check, PF_STORED_ERROR, ERRCODE_PROGRAM_LIMIT_EXCEEDED,
				   psprintf("the target returned a value of more than %d kB", MAX_DETAIL / 1024));
	else if (!pg_verifymbstr(value, strlen(value), true))
		fail_check(check, PF_STORED_ERROR, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
				   pstrdup("the target returned text that is not in the encoding of this database"));
	else
		return value;
	return NULL;
}

/* Keep a row; detail and since stay C strings until all rows are there. False: no honest server sends it. */
static bool
take_row(PfTarget *target, PfCheck *check, const PGresult *result)
{
	static const int columns[] = {PF_CHECK_COL_SUBJECT, PF_CHECK_COL_DETAIL, PF_CHECK_COL_SEVERITY, PF_CHECK_COL_SINCE};
	int			at = check->nrows;

	if (check->outcome == PF_STORED_TOO_MANY_ROWS)
		return false;
	if (check->outcome != PF_STORED_OK)
		return true;
	if (at >= pf_stored_query_max_rows)
	{
		fail_check(check, PF_STORED_TOO_MANY_ROWS, ERRCODE_PROGRAM_LIMIT_EXCEEDED,
				   psprintf("the query returned more rows than pg_portfolio.stored_query_max_rows (%d)", pf_stored_query_max_rows));
		return true;
	}
	make_room(target, check, at + 1);
	for (int i = 0; i < lengthof(columns); i++)
	{
		int			c = columns[i];
		const char *value = take_value(check, result, pf_check_columns[c].name);

		check->nulls[c][at] = value == NULL;
		if (value != NULL)
			check->values[c][at] = pf_check_columns[c].type == TEXTOID ? CStringGetTextDatum(value) :
				CStringGetDatum(pstrdup(value));
	}
	if (check->outcome == PF_STORED_OK)
		check->nrows++;
	return true;
}

/* An error that the target reports of the check */
static void
take_error(PfTarget *target, PfCheck *check, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	int			sqlstate = ERRCODE_INTERNAL_ERROR;

	if (state != NULL && strlen(state) == 5 && strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5)
		sqlstate = MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]);
	if (target->version < FIRST_MAJOR &&
		(sqlstate == ERRCODE_UNDEFINED_TABLE || sqlstate == ERRCODE_UNDEFINED_COLUMN ||
		 sqlstate == ERRCODE_UNDEFINED_FUNCTION || sqlstate == ERRCODE_UNDEFINED_OBJECT))
		check->state = "not_applicable";
	fail_check(check, sqlstate == ERRCODE_QUERY_CANCELED ? PF_STORED_TIMED_OUT : PF_STORED_ERROR, sqlstate,
			   pf_mask_message(clean_text(message), sqlstate));
}

/* Make jsonb and dates of the rows; whatever cannot be one fails the check. */
static void
convert_rows(PfCheck *check)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		for (int i = 0; i < check->nrows; i++)
		{
			if (!check->nulls[PF_CHECK_COL_DETAIL][i])
				check->values[PF_CHECK_COL_DETAIL][i] = DirectFunctionCall1(jsonb_in, check->values[PF_CHECK_COL_DETAIL][i]);
			if (!check->nulls[PF_CHECK_COL_SINCE][i])
				check->values[PF_CHECK_COL_SINCE][i] = DirectFunctionCall1(date_in, check->values[PF_CHECK_COL_SINCE][i]);
		}
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *edata;

		MemoryContextSwitchTo(context);
		edata = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (edata->sqlerrcode == ERRCODE_QUERY_CANCELED)
			ReThrowError(edata);
		fail_check(check, PF_STORED_ERROR, edata->sqlerrcode,
				   psprintf("the target returned what is no finding: %s", pf_mask_message(edata->message, edata->sqlerrcode)));
		FreeErrorData(edata);
	}
	PG_END_TRY();
}

/* All that belongs to the present check is there. */
static void
end_check(PfTarget *target, PfCheck *check)
{
	check->elapsed_ms = pf_estate_now() - target->step_began;
	make_room(target, check, check->nrows + 1);
	if (!target->answered)
		fail_check(check, PF_STORED_ERROR, ERRCODE_PROTOCOL_VIOLATION, pstrdup("the target returned no rows and no error"));
	if (check->state != NULL)
		return;
	if (check->nrows > 0)
		convert_rows(check);
	pf_end_check(check);
}

/* What is there of the present check; false when something came that no answer holds */
static bool
take_result(PfTarget *target, PfCheck *check, const PGresult *result)
{
	switch (PQresultStatus(result))
	{
		case PGRES_SINGLE_TUPLE:
			return take_row(target, check, result);
		case PGRES_TUPLES_OK:
			target->answered = true;
			break;
		case PGRES_FATAL_ERROR:
			target->answered = true;
			take_error(target, check, result);
			break;
		case PGRES_COMMAND_OK:
			break;
		default:
			return false;
	}
	return ++target->results <= MAX_RESULTS;
}

/* The memory of a result is libpq's: it goes whatever is thrown. */
static bool
take_and_clear(PfTarget *target, PfCheck *check, PGresult *result)
{
	bool		taken;

	PG_TRY();
	{
		taken = PQstatus(target->conn) == CONNECTION_OK && take_result(target, check, result);
	}
	PG_CATCH();
	{
		PQclear(result);
		PG_RE_THROW();
	}
	PG_END_TRY();
	PQclear(result);
	return taken;
}

/* Take all that libpq has complete of the answer to the present check. */
static void
advance_check(PfEstate *estate, PfTarget *target)
{
	PfCheck    *check = &target->checks[target->asked];
	int			flushed = 0;

	if (received_too_much(target))
		return;
	if (!PQconsumeInput(target->conn) || (flushed = PQflush(target->conn)) < 0)
	{
		lose_target(target);
		return;
	}
	target->writes = flushed > 0;
	while (!PQisBusy(target->conn))
	{
		PGresult   *result = PQgetResult(target->conn);

		if (result == NULL)
		{
			end_check(target, check);
			ask_next(estate, target);
			return;
		}
		if (take_and_clear(target, check, result))
			continue;
		if (PQstatus(target->conn) == CONNECTION_OK)
			end_target(target, "broken", pstrdup("it sent what is no answer to a check"));
		else
			lose_target(target);
		return;
	}
}

/* Do what can be done without waiting, now that the socket has something to read or can be written. */
void
pf_target_advance(PfEstate *estate, PfTarget *target)
{
	if (target->state == PF_TARGET_CONNECTING)
		advance_connection(estate, target);
	else
		advance_check(estate, target);
}

/* Give up a target that took too long. */
void
pf_target_check_time(PfEstate *estate, PfTarget *target)
{
	double		now = pf_estate_now();

	if (now < target->deadline && now < target->step_deadline)
		return;
	if (target->state == PF_TARGET_CONNECTING)
		end_target(target, "unreachable", psprintf("no connection within %d s",
												   Min(estate->connect_timeout, estate->timeout)));
	else if (now < target->deadline)
		end_target(target, "timed_out", psprintf("no answer to check \"%s\" within %d s", estate->remote[target->asked].code,
												 (pf_stored_query_timeout + GRACE_MS) / 1000));
	else
		end_target(target, "timed_out", psprintf("not all checks were answered within %d s", estate->timeout));
}
