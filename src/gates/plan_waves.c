/*
 * plan_waves.c
 *		Which element goes in which wave, at the least total cost of waiting.
 *
 * An element has a size and a cost for each wave that it waits; a wave has a capacity. An element
 * goes in a later wave than all that it needs. What finds no place stands in the wave after the
 * last, which holds any number, so it costs as much as if its turn came then. The plan is the one
 * whose sum of cost x wave is least.
 *
 * Search: depth first and wave by wave, over every choice of a wave that is maximal. Others need not
 * be looked at: an element whose turn could come earlier, with room for it, only gains by it. A
 * branch ends where what is placed, and the rest packed as densely as capacity allows, cut into
 * units and none before the end of its longest chain of needs, cost no less than the best plan so
 * far; and where a wave begins after the same items as once before, at no less cost. Elements are
 * tried by promise, so that the first plan of all is that of a greedy scheduler which sees what an
 * element opens the way for. Where the search ends by itself its plan is optimal. It gives up after
 * max_steps, and then the best plan so far stands beside a bound under which no plan can be: the
 * packing of everything.
 */
#include "pf.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/hsearch.h"

/* Up to so many items, what was placed before a wave is kept as a set of bits. */
#define MAX_KEPT 64

PG_FUNCTION_INFO_V1(pf_plan_waves);

typedef struct WaveItem
{
	int32		size;
	int64		cost;			/* of one wave's waiting */
	int64		density;		/* cost of one unit of size, rounded down */
	double		promise;		/* the best of: its own cost a unit, and that with all it opens the way for */
	int			nneeds;
	int		   *needs;
} WaveItem;

typedef struct WavePlan
{
	int			nitems;
	WaveItem   *items;
	int		   *by_promise;	/* items, the most promising first */
	int		   *by_density;
	int		   *by_need;		/* items, each after all that it needs */
	int			nwaves;
	int32	   *capacity;
	int		   *wave;			/* of each item in the branch at hand; -1: none yet */
	int		   *best;			/* the best plan so far; the first is to do nothing */
	int64		best_cost;
	int		   *earliest;		/* for least_cost(): the first wave that an item can be in */
	int32	   *units;			/* and how much of it is not packed yet */
	HTAB	   *begun;			/* waves begun, by what was placed; NULL for more than MAX_KEPT items */
	int64		steps;
	int64		max_steps;
	bool		gave_up;
} WavePlan;

typedef struct BegunWave
{
	struct
	{
		uint64		placed;
		int64		wave;
	}			key;
	int64		cost;			/* the least at which it was begun */
} BegunWave;

static const WavePlan *sort_plan;	/* for the two comparisons, while qsort() runs */

static int
compare_promise(const void *a, const void *b)
{
	const WaveItem *x = &sort_plan->items[*(const int *) a];
	const WaveItem *y = &sort_plan->items[*(const int *) b];

	if (x->promise != y->promise)
		return x->promise > y->promise ? -1 : 1;
	return *(const int *) a - *(const int *) b;
}

static int
compare_density(const void *a, const void *b)
{
	const WaveItem *x = &sort_plan->items[*(const int *) a];
	const WaveItem *y = &sort_plan->items[*(const int *) b];

	if (x->density != y->density)
		return x->density > y->density ? -1 : 1;
	return *(const int *) a - *(const int *) b;
}

static int32 *
read_ints(ArrayType *array, int *n, const char *what)
{
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not contain nulls", what)));
	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	return (int32 *) ARR_DATA_PTR(array);
}

static void
read_items(WavePlan *plan, ArrayType *sizes, ArrayType *costs)
{
	int			ncosts;
	int32	   *size = read_ints(sizes, &plan->nitems, "sizes");
	int64	   *cost = (int64 *) read_ints(costs, &ncosts, "costs");

	if (ncosts != plan->nitems)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("sizes and costs must have the same number of elements")));
	plan->items = palloc0(sizeof(WaveItem) * (plan->nitems + 1));
	for (int i = 0; i < plan->nitems; i++)
	{
		int64		most;

		if (size[i] < 1 || cost[i] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a size must be positive and a cost must not be negative")));
		/* the sum of all costs in the last wave must be a number */
		if (pg_mul_s64_overflow(cost[i], plan->nwaves + 1, &most) ||
			pg_add_s64_overflow(plan->best_cost, most, &plan->best_cost))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("costs are too high")));
		plan->items[i].size = size[i];
		plan->items[i].cost = cost[i];
		plan->items[i].density = cost[i] / size[i];
	}
}

/* WaveItem items[i] needs needs[i], both counted from 1. */
static void
read_needs(WavePlan *plan, ArrayType *items, ArrayType *needs)
{
	int			n;
	int			nneeds;
	int32	   *item = read_ints(items, &n, "items");
	int32	   *needed = read_ints(needs, &nneeds, "needs");

	if (nneeds != n)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("items and needs must have the same number of elements")));
	for (int i = 0; i < n; i++)
	{
		if (item[i] < 1 || item[i] > plan->nitems || needed[i] < 1 || needed[i] > plan->nitems)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there is no item %d", item[i] < 1 || item[i] > plan->nitems ? item[i] : needed[i])));
		plan->items[item[i] - 1].nneeds++;
	}
	for (int i = 0; i < plan->nitems; i++)
	{
		plan->items[i].needs = palloc(sizeof(int) * (plan->items[i].nneeds + 1));
		plan->items[i].nneeds = 0;
	}
	for (int i = 0; i < n; i++)
	{
		WaveItem	   *it = &plan->items[item[i] - 1];

		it->needs[it->nneeds++] = needed[i] - 1;
	}
}

/* Mark all that an item needs, directly or not. The depth is that of the longest chain. */
static void
mark_needed(const WavePlan *plan, int item, bool *marked)
{
	check_stack_depth();
	for (int k = 0; k < plan->items[item].nneeds; k++)
	{
		int			needed = plan->items[item].needs[k];

		if (!marked[needed])
		{
			marked[needed] = true;
			mark_needed(plan, needed, marked);
		}
	}
}

/* Append an item to by_need after all that it needs. The depth is that of the longest chain. */
static void
place_by_need(WavePlan *plan, int item, bool *placed, int *n)
{
	check_stack_depth();
	if (placed[item])
		return;
	placed[item] = true;
	for (int k = 0; k < plan->items[item].nneeds; k++)
		place_by_need(plan, plan->items[item].needs[k], placed, n);
	plan->by_need[(*n)++] = item;
}

/* How promising each item is, and the three orders in which items are looked at. */
static void
order_items(WavePlan *plan)
{
	int			n = plan->nitems;
	double	   *cost = palloc(sizeof(double) * (n + 1));
	double	   *size = palloc(sizeof(double) * (n + 1));
	bool	   *marked = palloc(sizeof(bool) * (n + 1));
	bool	   *placed = palloc0(sizeof(bool) * (n + 1));
	int			nplaced = 0;

	plan->by_need = palloc(sizeof(int) * (n + 1));
	plan->by_promise = palloc(sizeof(int) * (n + 1));
	plan->by_density = palloc(sizeof(int) * (n + 1));
	for (int i = 0; i < n; i++)
	{
		cost[i] = (double) plan->items[i].cost;
		size[i] = plan->items[i].size;
		plan->by_promise[i] = plan->by_density[i] = i;
	}
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		memset(marked, 0, sizeof(bool) * n);
		mark_needed(plan, i, marked);
		if (marked[i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("item %d needs itself", i + 1)));
		for (int k = 0; k < n; k++)
		{
			if (marked[k])
			{
				cost[k] += (double) plan->items[i].cost;
				size[k] += plan->items[i].size;
			}
		}
	}
	for (int i = 0; i < n; i++)
		plan->items[i].promise = Max((double) plan->items[i].cost / plan->items[i].size, cost[i] / size[i]);
	for (int i = 0; i < n; i++)
		place_by_need(plan, i, placed, &nplaced);
	sort_plan = plan;
	qsort(plan->by_promise, n, sizeof(int), compare_promise);
	qsort(plan->by_density, n, sizeof(int), compare_density);
}

/*
 * What items without a wave cost at least: cut into units and packed into the waves from `wave` on,
 * of which the first has `room` left, the dearest first of those whose turn can have come. For units
 * with a first wave each that is the cheapest packing there is.
 */
static int64
least_cost(const WavePlan *plan, int wave, int32 room)
{
	int64		cost = 0;
	int			left = 0;

	for (int i = 0; i < plan->nitems; i++)
	{
		int			item = plan->by_need[i];
		int			first = wave;

		plan->units[item] = 0;
		if (plan->wave[item] >= 0)
			continue;
		for (int k = 0; k < plan->items[item].nneeds; k++)
		{
			int			needed = plan->items[item].needs[k];

			first = Max(first, (plan->wave[needed] >= 0 ? plan->wave[needed] : plan->earliest[needed]) + 1);
		}
		plan->earliest[item] = first;
		plan->units[item] = plan->items[item].size;
		left++;
	}
	for (; left > 0 && wave < plan->nwaves; room = ++wave < plan->nwaves ? plan->capacity[wave] : 0)
	{
		for (int i = 0; i < plan->nitems && room > 0; i++)
		{
			int			item = plan->by_density[i];
			int32		here = Min(plan->units[item], room);

			if (here == 0 || plan->earliest[item] > wave)
				continue;
			cost += here * plan->items[item].density * (wave + 1);
			room -= here;
			plan->units[item] -= here;
			if (plan->units[item] == 0)
				left--;
		}
	}
	for (int i = 0; i < plan->nitems && left > 0; i++)
		cost += plan->units[i] * plan->items[i].density * (plan->nwaves + 1);
	return cost;
}

/* Has this wave been begun before with the same items placed, and at no higher cost? Keeps that it is now. */
static bool
begun_before(WavePlan *plan, int wave, int64 cost)
{
	BegunWave	now;
	BegunWave  *before;
	bool		found;

	memset(&now, 0, sizeof(now));
	for (int i = 0; i < plan->nitems; i++)
	{
		if (plan->wave[i] >= 0)
			now.key.placed |= UINT64CONST(1) << i;
	}
	now.key.wave = wave;
	before = hash_search(plan->begun, &now.key, HASH_ENTER, &found);
	if (found && before->cost <= cost)
		return true;
	before->cost = cost;
	return false;
}

static bool
can_go(const WavePlan *plan, int item, int wave)
{
	if (plan->wave[item] >= 0)
		return false;
	for (int k = 0; k < plan->items[item].nneeds; k++)
	{
		int			needed = plan->wave[plan->items[item].needs[k]];

		if (needed < 0 || needed >= wave)
			return false;
	}
	return true;
}

static void
end_of_branch(WavePlan *plan, int64 cost)
{
	for (int i = 0; i < plan->nitems; i++)
	{
		if (plan->wave[i] < 0)
			cost += plan->items[i].cost * (plan->nwaves + 1);
	}
	if (cost < plan->best_cost)
	{
		plan->best_cost = cost;
		memcpy(plan->best, plan->wave, sizeof(int) * plan->nitems);
	}
}

/* Is there an item that could go in this wave and was left out although there is room? */
static bool
leaves_room(const WavePlan *plan, int wave, int32 room)
{
	for (int i = 0; i < plan->nitems; i++)
	{
		if (plan->items[i].size <= room && can_go(plan, i, wave))
			return true;
	}
	return false;
}

/* Choose for this wave among the items from place `from` on in by_promise; then go on to the next. */
static void
search(WavePlan *plan, int wave, int from, int32 room, int64 cost)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (plan->gave_up)
		return;
	plan->steps += 1 + plan->nitems / MAX_KEPT;	/* a step is dearer where there is more to pack */
	if (plan->steps > plan->max_steps)
	{
		plan->gave_up = true;
		return;
	}
	if (wave == plan->nwaves)
	{
		end_of_branch(plan, cost);
		return;
	}
	if (cost + least_cost(plan, wave, room) >= plan->best_cost)
		return;
	if (from == 0 && plan->begun != NULL && begun_before(plan, wave, cost))
		return;
	for (int i = from; i < plan->nitems; i++)
	{
		int			item = plan->by_promise[i];

		if (plan->items[item].size > room || !can_go(plan, item, wave))
			continue;
		plan->wave[item] = wave;
		search(plan, wave, i + 1, room - plan->items[item].size, cost + plan->items[item].cost * (wave + 1));
		plan->wave[item] = -1;
		/* and without it: the loop goes on, and what is chosen then must leave no room for it */
	}
	if (!leaves_room(plan, wave, room))
		search(plan, wave + 1, 0, wave + 1 < plan->nwaves ? plan->capacity[wave + 1] : 0, cost);
}

/*
 * plan_waves(sizes integer[], costs bigint[], items integer[], needs integer[], capacities integer[],
 * max_steps bigint)
 */
Datum
pf_plan_waves(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	WavePlan		plan = {0};
	int64		bound;

	pf_init_materialized_srf(fcinfo);
	for (int i = 0; i < 6; i++)
	{
		if (PG_ARGISNULL(i))
			return (Datum) 0;
	}
	plan.capacity = read_ints(PG_GETARG_ARRAYTYPE_P(4), &plan.nwaves, "capacities");
	for (int k = 0; k < plan.nwaves; k++)
	{
		if (plan.capacity[k] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a capacity must not be negative")));
	}
	read_items(&plan, PG_GETARG_ARRAYTYPE_P(0), PG_GETARG_ARRAYTYPE_P(1));
	read_needs(&plan, PG_GETARG_ARRAYTYPE_P(2), PG_GETARG_ARRAYTYPE_P(3));
	order_items(&plan);
	/* enough for one plan at least, the greedy one */
	plan.max_steps = Max(PG_GETARG_INT64(5), ((int64) plan.nitems + plan.nwaves + 1) * (1 + plan.nitems / MAX_KEPT));
	plan.earliest = palloc(sizeof(int) * (plan.nitems + 1));
	plan.units = palloc(sizeof(int32) * (plan.nitems + 1));
	if (plan.nitems <= MAX_KEPT)
	{
		HASHCTL		ctl = {0};

		ctl.keysize = sizeof(((BegunWave *) NULL)->key);
		ctl.entrysize = sizeof(BegunWave);
		ctl.hcxt = CurrentMemoryContext;
		plan.begun = hash_create("pg_portfolio waves", 1024, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	plan.wave = palloc(sizeof(int) * (plan.nitems + 1));
	plan.best = palloc(sizeof(int) * (plan.nitems + 1));
	for (int i = 0; i < plan.nitems; i++)
		plan.wave[i] = plan.best[i] = -1;
	bound = least_cost(&plan, 0, plan.nwaves > 0 ? plan.capacity[0] : 0);
	search(&plan, 0, 0, plan.nwaves > 0 ? plan.capacity[0] : 0, 0);
	for (int i = 0; i < plan.nitems; i++)
	{
		Datum		values[4];
		bool		nulls[4] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = Int32GetDatum(plan.best[i] + 1);
		nulls[1] = plan.best[i] < 0;
		values[2] = Int64GetDatum(plan.best_cost);
		values[3] = Int64GetDatum(plan.gave_up ? bound : plan.best_cost);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	if (plan.begun != NULL)
		hash_destroy(plan.begun);
	return (Datum) 0;
}
