/*
 * job_links.c
 *		What jobs have to do with each other: a job may run after others have ended, and jobs may
 *		share resources of which there are only so many units.
 *
 * Both are read together with the jobs, and small: the lists are walked.
 */
#include "scheduler.h"

#include "catalog/pg_type.h"
#include "row.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Edges, with what is known of earlier ends. */
static void
read_edges(void)
{
	static const char *const sql =
	"SELECT d.job_id, d.after_job, d.on_outcome FROM portfolio.job_dependency d";
	List	   *before = pf_scheduler->edges;
	PfAsOwner	as_owner;
	MemoryContext old;

	pf_as_table_owner(&as_owner, "job_dependency", sql, 0, NULL, NULL, NULL);
	old = MemoryContextSwitchTo(pf_scheduler->context);
	pf_scheduler->edges = NIL;
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		PfJob	   *job = pf_find_job(int64_column(row, 1));
		PfEdge	   *edge;
		char	   *on;
		bool		null;
		ListCell   *lc;

		if (job == NULL || !job->listed)
			continue;
		edge = palloc0(sizeof(PfEdge));
		on = TextDatumGetCString(column(row, 3, &null));
		edge->job = job;
		edge->parent = int64_column(row, 2);
		edge->on_success = strcmp(on, "failure") != 0;
		edge->on_failure = strcmp(on, "success") != 0;
		edge->ended_at = DT_NOBEGIN;
		pfree(on);
		foreach(lc, before)
		{
			PfEdge	   *known = (PfEdge *) lfirst(lc);

			if (known->job == job && known->parent == edge->parent &&
				known->on_success == edge->on_success && known->on_failure == edge->on_failure)
				edge->ended_at = known->ended_at;
		}
		job->edges = lappend(job->edges, edge);
		pf_scheduler->edges = lappend(pf_scheduler->edges, edge);
	}
	list_free_deep(before);
	MemoryContextSwitchTo(old);
	pf_end_as_owner(&as_owner);
}

static PfResource *
find_resource(const char *name)
{
	ListCell   *lc;

	foreach(lc, pf_scheduler->resources)
	{
		PfResource *resource = (PfResource *) lfirst(lc);

		if (strcmp(NameStr(resource->name), name) == 0)
			return resource;
	}
	return NULL;
}

static void
read_resources(void)
{
	static const char *const sql =
	"SELECT r.name::text, r.units, n.job_id, n.units FROM portfolio.job_resource r"
	" LEFT JOIN portfolio.job_resource_need n ON n.resource = r.name";
	PfAsOwner	as_owner;
	MemoryContext old;

	list_free_deep(pf_scheduler->resources);
	pf_scheduler->resources = NIL;
	pf_as_table_owner(&as_owner, "job_resource", sql, 0, NULL, NULL, NULL);
	old = MemoryContextSwitchTo(pf_scheduler->context);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool		null;
		char	   *name = TextDatumGetCString(column(row, 1, &null));
		PfResource *resource = find_resource(name);
		Datum		job_id = column(row, 3, &null);
		PfJob	   *job = null ? NULL : pf_find_job(DatumGetInt64(job_id));
		PfNeed	   *need;

		if (resource == NULL)
		{
			resource = palloc0(sizeof(PfResource));
			namestrcpy(&resource->name, name);
			resource->units = DatumGetInt32(column(row, 2, &null));
			pf_scheduler->resources = lappend(pf_scheduler->resources, resource);
		}
		pfree(name);
		if (job == NULL)
			continue;
		need = palloc0(sizeof(PfNeed));
		need->resource = resource;
		need->units = DatumGetInt32(column(row, 4, &null));
		job->needs = lappend(job->needs, need);
		for (int i = 0; i < job->nlanes; i++)
			resource->used += job->lanes[i]->phase == PF_LANE_RUNNING ? need->units : 0;
	}
	MemoryContextSwitchTo(old);
	pf_end_as_owner(&as_owner);
}

/* Edges and resources as the tables have them now. In a transaction. */
void
pf_read_links(void)
{
	HASH_SEQ_STATUS scan;
	PfJob	   *job;
	ListCell   *lc;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
	{
		list_free(job->edges);
		list_free_deep(job->needs);
		job->edges = job->needs = NIL;
		job->is_parent = false;
	}
	read_edges();
	read_resources();
	foreach(lc, pf_scheduler->edges)
	{
		job = pf_find_job(((PfEdge *) lfirst(lc))->parent);
		if (job != NULL)
			job->is_parent = true;
	}
}

/*
 * After a start history tells when jobs that others wait for last ended. What failed and is tried
 * again has not. In a transaction.
 */
void
pf_read_edge_ends(void)
{
	static const char *const sql =
	"SELECT (SELECT r.finished_at FROM portfolio.job_run r WHERE r.job_id = $1 AND r.finished_at IS NOT NULL"
	" AND ((r.outcome = 'succeeded' AND $2) OR (r.outcome = 'failed' AND $3)) ORDER BY r.run_id DESC LIMIT 1)";
	static const Oid types[] = {INT8OID, BOOLOID, BOOLOID};
	ListCell   *lc;

	foreach(lc, pf_scheduler->edges)
	{
		PfEdge	   *edge = (PfEdge *) lfirst(lc);
		PfJob	   *parent = pf_find_job(edge->parent);
		Datum		values[3];
		PfAsOwner	as_owner;
		bool		null;
		Datum		ended_at;

		values[0] = Int64GetDatum(edge->parent);
		values[1] = BoolGetDatum(edge->on_success);
		values[2] = BoolGetDatum(edge->on_failure && (parent == NULL || !pf_slot_goes_on(parent)));
		pf_as_table_owner(&as_owner, "job_run", sql, lengthof(types), types, values, NULL);
		ended_at = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
		if (!null)
			edge->ended_at = DatumGetTimestampTz(ended_at);
		pf_end_as_owner(&as_owner);
	}
}

/*
 * Have all jobs that this one runs after ended as they should, since they last had their effect?
 * Then *since is when the last of them did.
 */
bool
pf_edges_are_there(const PfJob *job, TimestampTz *since)
{
	TimestampTz last = DT_NOBEGIN;
	ListCell   *lc;

	foreach(lc, job->edges)
	{
		const PfEdge *edge = (const PfEdge *) lfirst(lc);

		if (edge->ended_at <= job->consumed_at)
			return false;
		last = Max(last, edge->ended_at);
	}
	if (since != NULL)
		*since = last;
	return since == NULL || job->edges != NIL;
}

/* The last attempt of a slot, or a run that was asked for, has ended. */
void
pf_tell_children(PfJob *job, bool succeeded, TimestampTz finished_at)
{
	ListCell   *lc;

	if (!job->is_parent)
		return;
	foreach(lc, pf_scheduler->edges)
	{
		PfEdge	   *edge = (PfEdge *) lfirst(lc);

		if (edge->parent != job->job_id || !(succeeded ? edge->on_success : edge->on_failure))
			continue;
		edge->ended_at = finished_at;
		if (edge->job->waiting || edge->job->schedule->kind == PF_SCHEDULE_CHAIN)
			pf_rest(edge->job);
	}
}

/* Take what a run of the job needs; false, and nothing taken, if something is not free. */
bool
pf_take_resources(PfJob *job)
{
	ListCell   *lc;

	foreach(lc, job->needs)
	{
		PfNeed	   *need = (PfNeed *) lfirst(lc);

		if (need->resource->used + need->units > need->resource->units)
			return false;
	}
	foreach(lc, job->needs)
	{
		PfNeed	   *need = (PfNeed *) lfirst(lc);

		need->resource->used += need->units;
	}
	return true;
}

void
pf_give_resources_back(PfJob *job)
{
	ListCell   *lc;

	foreach(lc, job->needs)
	{
		PfNeed	   *need = (PfNeed *) lfirst(lc);

		need->resource->used -= need->units;
	}
}
