/*
 * estate.h
 *		check_estate(): what its parts share. estate.c is the SQL function, estate_wait.c waits for many
 *		targets at once, estate_target.c speaks with one.
 */
#ifndef PF_ESTATE_H
#define PF_ESTATE_H

#include "checks/run_checks.h"

#include "libpq-fe.h"

/* A shipped check as every target is asked it */
typedef struct PfRemoteCheck
{
	char	   *code;
	char	   *severity;
	char	   *message;		/* one simple-query message; NULL: it cannot be asked elsewhere */
	int			min_version;
	int			max_version;
} PfRemoteCheck;

typedef enum PfTargetState
{
	PF_TARGET_WAITING,			/* for its turn */
	PF_TARGET_CONNECTING,
	PF_TARGET_ASKING,
	PF_TARGET_DONE
} PfTargetState;

typedef struct PfTarget
{
	char	   *service;
	PfTargetState state;
	const char *outcome;		/* as target_result has it; NULL until it is done */
	char	   *problem;
	char	   *connection;		/* as check_run has it */
	PGconn	   *conn;			/* NULL before and after */
	bool		reads;			/* waits until its socket can be read */
	bool		writes;			/* waits until it can be written */
	int			place;			/* in the set of sockets */
	int			version;		/* major */
	int			asked;			/* number of the check that is being asked */
	int			results;		/* that it gave to the present check */
	bool		answered;		/* the present check has its rows, or its error */
	int64		received;		/* bytes; see count_received() */
	TimestampTz started;
	double		began;			/* these in ms of a clock that nobody sets */
	double		step_began;
	double		deadline;		/* of the whole */
	double		step_deadline;	/* of the connection, or of the present check */
	double		elapsed;
	int			capacity;		/* rows that the arrays of the present check hold */
	PfCheck    *checks;
} PfTarget;

typedef struct PfEstate
{
	PfRemoteCheck *remote;
	int			nchecks;
	PfTarget   *targets;
	int			ntargets;
	int			connections;	/* at once */
	int			connect_timeout;	/* seconds */
	int			timeout;		/* seconds for all of a target */
	struct WaitEventSet *set;	/* of the active targets; NULL: to be made */
	bool		moved;			/* it is not that of the active targets any more */
} PfEstate;

/* estate_target.c */
extern void pf_target_connect(PfEstate *estate, PfTarget *target);
extern void pf_target_advance(PfEstate *estate, PfTarget *target);
extern void pf_target_check_time(PfEstate *estate, PfTarget *target);
extern void pf_target_close(PfTarget *target);
extern double pf_estate_now(void);

/* estate_wait.c */
extern void pf_estate_ask_all(PfEstate *estate);

#endif							/* PF_ESTATE_H */
