/*
 * estate_wait.c
 *		Asks all targets of check_estate(), many at once, without waiting for any one of them.
 *
 * One WaitEventSet holds the sockets of all targets that are being asked, and our latch, so that a
 * cancel is taken at once whatever the targets do. It is made anew when a target begins, ends or may
 * have another socket, which libpq can do at any step of a connection; otherwise events are modified.
 *
 * Connections are outside of PostgreSQL's resource owners: whatever is thrown, they are closed here.
 * That takes no time, as no socket ever blocks. What libpq itself does not do without blocking is to
 * resolve the name of a host; docs/security.md says so.
 */
#include "estate.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "storage/latch.h"

static bool
is_active(const PfTarget *target)
{
	return target->state == PF_TARGET_CONNECTING || target->state == PF_TARGET_ASKING;
}

static int
count_active(const PfEstate *estate)
{
	int			n = 0;

	for (int i = 0; i < estate->ntargets; i++)
		n += is_active(&estate->targets[i]);
	return n;
}

static void
forget_set(PfEstate *estate)
{
	if (estate->set != NULL)
		FreeWaitEventSet(estate->set);
	estate->set = NULL;
	estate->moved = false;
}

/* Begin with targets that wait for their turn, as long as connections may be added. */
static void
begin_targets(PfEstate *estate)
{
	int			active = count_active(estate);

	for (int i = 0; i < estate->ntargets && active < estate->connections; i++)
	{
		PfTarget   *target = &estate->targets[i];

		if (target->state != PF_TARGET_WAITING)
			continue;
		/* Where this process has no file left, the next one has to wait until another ends. */
		if (!AcquireExternalFD())
		{
			if (active > 0)
				return;
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not open a connection to target \"%s\": %m", target->service)));
		}
		pf_target_connect(estate, target);
		active += is_active(target);
		estate->moved = true;
	}
}

/* The events that a target waits for; not none, or it could not be told that its connection is lost. */
static uint32
wanted_events(const PfTarget *target)
{
	return target->writes ? (target->reads ? WL_SOCKET_READABLE | WL_SOCKET_WRITEABLE : WL_SOCKET_WRITEABLE) :
		WL_SOCKET_READABLE;
}

/* A set with all active targets; the latch comes first, then targets in their order. */
static void
make_set(PfEstate *estate)
{
	estate->set = pf_create_wait_event_set(estate->connections + 2);
	AddWaitEventToSet(estate->set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(estate->set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (int i = 0; i < estate->ntargets; i++)
	{
		PfTarget   *target = &estate->targets[i];

		if (is_active(target))
			target->place = AddWaitEventToSet(estate->set, wanted_events(target), PQsocket(target->conn), NULL, target);
	}
}

/* How long nothing can be overdue, in ms */
static long
time_left(const PfEstate *estate)
{
	double		now = pf_estate_now();
	double		first = now + 60000;

	for (int i = 0; i < estate->ntargets; i++)
	{
		const PfTarget *target = &estate->targets[i];

		if (is_active(target))
			first = Min(first, Min(target->deadline, target->step_deadline));
	}
	return first <= now ? 0 : (long) (first - now) + 1;
}

/* A step of one target, after which it may wait for something else, for another socket, or be done */
static void
advance(PfEstate *estate, PfTarget *target)
{
	uint32		before = wanted_events(target);
	bool		connecting = target->state == PF_TARGET_CONNECTING;

	pf_target_advance(estate, target);
	if (connecting || !is_active(target))
		estate->moved = true;
	else if (wanted_events(target) != before)
		ModifyWaitEvent(estate->set, target->place, wanted_events(target), NULL);
}

static void
wait_and_advance(PfEstate *estate, WaitEvent *events)
{
	int			n;

	if (estate->set == NULL)
		make_set(estate);
	n = WaitEventSetWait(estate->set, time_left(estate), events, estate->connections + 2, PG_WAIT_EXTENSION);
	for (int i = 0; i < n; i++)
	{
		if (events[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
		else if (events[i].user_data != NULL)
			advance(estate, events[i].user_data);
	}
	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < estate->ntargets; i++)
	{
		if (!is_active(&estate->targets[i]))
			continue;
		pf_target_check_time(estate, &estate->targets[i]);
		estate->moved |= !is_active(&estate->targets[i]);
	}
}

void
pf_estate_ask_all(PfEstate *estate)
{
	WaitEvent  *events = palloc(sizeof(WaitEvent) * (estate->connections + 2));

	PG_TRY();
	{
		for (;;)
		{
			begin_targets(estate);
			if (estate->moved)
				forget_set(estate);
			if (count_active(estate) == 0)
				break;
			wait_and_advance(estate, events);
		}
	}
	PG_FINALLY();
	{
		forget_set(estate);
		for (int i = 0; i < estate->ntargets; i++)
			pf_target_close(&estate->targets[i]);
	}
	PG_END_TRY();
}
