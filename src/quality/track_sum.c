/*
 * track_sum.c
 *		The score of a tracked data set, as one snapshot sees it.
 *
 * Everything here reads with the snapshot that is active and with the rights of the caller, and
 * writes nothing: it works in a read-only transaction and on a standby.
 */
#include "track.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

PG_FUNCTION_INFO_V1(pf_current_tally);

/* Settings for our own statements: names are found where we mean them, and no policy hides rows. */
int
pf_track_settings(void)
{
	int			level = NewGUCNestLevel();

	pf_pin_setting("search_path", "pg_catalog, pg_temp");
	pf_pin_setting("row_security", "off");
	return level;
}

static void
ask(const char *sql, int nargs, Oid *argtypes, Datum *values, const char *nulls)
{
	int			rc = SPI_execute_with_args(sql, nargs, argtypes, values, nulls, true, 0);

	if (rc != SPI_OK_SELECT)
		elog(ERROR, "query of tracked data failed: %s", SPI_result_code_string(rc));
}

static char *
text_of(uint64 row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static int64
number_of(uint64 row, int column, bool *isnull)
{
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull));
}

static PfRuleSetValue *
rules_of(uint64 row, int column, bool *isnull)
{
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);

	return *isnull ? NULL : (PfRuleSetValue *) PG_DETOAST_DATUM_COPY(value);
}

static void
columns_of(PfTracked *tracked, uint64 row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);
	Datum	   *values;
	bool	   *nulls;

	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &tracked->ncolumns);
	tracked->columns = palloc(sizeof(char *) * Max(tracked->ncolumns, 1));
	for (int i = 0; i < tracked->ncolumns; i++)
		tracked->columns[i] = TextDatumGetCString(values[i]);
}

/*
 * A tracked data set by its code, in SPI's memory, and why nothing of it can be believed, or NULL.
 * What this transaction itself has changed was added to the latest tracking, which its snapshot may
 * be too old to see. Raises where the data set is not known or not tracked.
 */
PfTracked *
pf_tracked_by_code(Datum code, Oid *root, const char **doubt)
{
	Oid			argtype = TEXTOID;
	PfTracked  *tracked = palloc0(sizeof(PfTracked));
	PfTracked	latest;
	bool		isnull;

	*doubt = NULL;
	ask("SELECT d.id, t.tracking, t.rule_set, v.rules, t.filter, t.period, t.provider, t.columns,"
		" t.signature = portfolio.tracking_signature(d.code), portfolio.data_set_relation(d.code)::pg_catalog.oid"
		" FROM portfolio.get_data_set($1) d"
		" LEFT JOIN portfolio.tracked_data_set t ON t.data_set = d.id"
		" LEFT JOIN portfolio.rule_set_version v ON v.fingerprint = t.rule_set",
		1, &argtype, &code, NULL);
	if (SPI_processed != 1)
		elog(ERROR, "data set has " UINT64_FORMAT " rows", SPI_processed);
	tracked->data_set = number_of(0, 1, &isnull);
	tracked->tracking = number_of(0, 2, &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("data set \"%s\" is not tracked", TextDatumGetCString(code)),
				 errhint("SELECT portfolio.track_quality(%s); score_data_set() scores it without.",
						 quote_literal_cstr(TextDatumGetCString(code)))));
	tracked->fingerprint = number_of(0, 3, &isnull);
	tracked->rules = rules_of(0, 4, &isnull);
	tracked->filter = text_of(0, 5);
	tracked->period = text_of(0, 6);
	tracked->provider = text_of(0, 7);
	columns_of(tracked, 0, 8);
	if (!DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 9, &isnull)) || tracked->rules == NULL)
		*doubt = "its rules, items or declaration have changed since it was tracked; track_quality() takes the new ones";
	else if (!pf_read_tracked(tracked->data_set, &latest) || latest.tracking != tracked->tracking)
		*doubt = "tracking was begun anew after the snapshot of this transaction";
	*root = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 10, &isnull));
	return tracked;
}

/* A data set as it would be tracked now: the rules in force, the expressions as they are declared. */
PfTracked *
pf_tracked_anew(Datum code, Oid root)
{
	Oid			argtypes[2] = {TEXTOID, OIDOID};
	Datum		values[2] = {code, ObjectIdGetDatum(root)};
	PfTracked  *tracked = palloc0(sizeof(PfTracked));
	bool		isnull;

	ask("SELECT d.id, portfolio.rule_set(d.code),"
		" portfolio.check_expression($2::pg_catalog.regclass, d.filter, 'boolean'),"
		" portfolio.check_expression($2::pg_catalog.regclass, d.period, 'text'),"
		" portfolio.check_expression($2::pg_catalog.regclass, d.provider, 'text')"
		" FROM portfolio.get_data_set($1) d",
		2, argtypes, values, NULL);
	tracked->data_set = number_of(0, 1, &isnull);
	tracked->rules = rules_of(0, 2, &isnull);
	tracked->fingerprint = (int64) tracked->rules->fingerprint;
	tracked->filter = text_of(0, 3);
	tracked->period = text_of(0, 4);
	tracked->provider = text_of(0, 5);
	return tracked;
}

static PfLeaf *
find_leaf(List *leaves, PfLeaf *last, Oid relid, Oid file)
{
	ListCell   *cell;

	if (last && last->relid == relid && last->file == file)
		return last;
	foreach(cell, leaves)
	{
		PfLeaf	   *leaf = lfirst(cell);

		if (leaf->relid == relid && leaf->file == file)
			return leaf;
	}
	return NULL;
}

/* Give the leaves that have changed since they were counted a doubt. */
void
pf_judge_leaves(const PfTracked *tracked, List *leaves)
{
	Oid			argtype = INT8OID;
	Datum		tracking = Int64GetDatum(tracked->tracking);
	Bitmapset  *counted = NULL;
	ListCell   *cell;
	int			i = 0;

	ask("SELECT l.leaf, l.file, l.triggers, l.columns FROM portfolio.tracked_leaf l WHERE l.tracking = $1",
		1, &argtype, &tracking, NULL);
	foreach(cell, leaves)
	{
		PfLeaf	   *leaf = lfirst(cell);

		for (uint64 row = 0; row < SPI_processed; row++)
		{
			bool		isnull;
			TupleDesc	desc = SPI_tuptable->tupdesc;

			if (DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[row], desc, 1, &isnull)) != leaf->relid ||
				DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[row], desc, 2, &isnull)) != leaf->file)
				continue;
			counted = bms_add_member(counted, i);
			if (leaf->doubt)
				continue;
			if (strcmp(text_of(row, 3), leaf->triggers) != 0)
				leaf->doubt = "a trigger that tracks it was disabled, or made anew, since it was counted";
			else if (strcmp(text_of(row, 4), leaf->columns) != 0)
			{
				leaf->doubt = "a column that rules look at has been altered since it was counted";
				leaf->altered = true;
			}
		}
		if (leaf->doubt == NULL && !bms_is_member(i, counted))
			leaf->doubt = "it was attached, rewritten or restored since the data set was counted";
		if (leaf->doubt == NULL)
			leaf->doubt = unconstify(char *, pf_deltas_doubt(tracked->tracking, leaf->relid, leaf->file));
		i++;
	}
}

/*
 * Add up what is stored of the leaves that are not in doubt, and what this transaction has not yet
 * written. A doubt that is stored among the tallies is found here.
 */
void
pf_sum_leaves(const PfTracked *tracked, List *leaves, PfGroups *sums)
{
	Oid			argtypes[2] = {INT8OID, OIDOID};
	Datum		values[2] = {Int64GetDatum(tracked->tracking), (Datum) 0};
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_portfolio sum", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;
	PfLeaf	   *leaf = NULL;
	ListCell   *cell;

	if (list_length(leaves) == 1)
		values[1] = ObjectIdGetDatum(((PfLeaf *) linitial(leaves))->relid);
	ask(list_length(leaves) == 1
		? "SELECT t.leaf, t.file, t.period, t.provider, t.tally, t.doubt FROM portfolio.tracked_tally t WHERE t.tracking = $1 AND t.leaf = $2"
		: "SELECT t.leaf, t.file, t.period, t.provider, t.tally, t.doubt FROM portfolio.tracked_tally t WHERE t.tracking = $1",
		list_length(leaves) == 1 ? 2 : 1, argtypes, values, NULL);
	old = MemoryContextSwitchTo(scratch);
	for (int pass = 0; pass < 2; pass++)
	{
		for (uint64 row = 0; row < SPI_processed; row++)
		{
			Datum		columns[6];
			bool		nulls[6];
			PfGroupKey	key;

			CHECK_FOR_INTERRUPTS();
			heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, columns, nulls);
			leaf = find_leaf(leaves, leaf, DatumGetObjectId(columns[0]), DatumGetObjectId(columns[1]));
			if (leaf == NULL || leaf->doubt)
				continue;
			if (pass == 0)
			{
				if (!nulls[5])
					leaf->doubt = MemoryContextStrdup(old, TextDatumGetCString(columns[5]));
				continue;
			}
			for (int i = 0; i < 2; i++)
			{
				struct varlena *part = nulls[2 + i] ? NULL : PG_DETOAST_DATUM_PACKED(columns[2 + i]);

				key.len[i] = part ? VARSIZE_ANY_EXHDR(part) : -1;
				key.part[i] = part ? VARDATA_ANY(part) : NULL;
			}
			pf_groups_add(sums, &key, pf_tally_open(PG_DETOAST_DATUM_PACKED(columns[4])), 1);
			MemoryContextReset(scratch);
		}
	}
	foreach(cell, leaves)
	{
		leaf = lfirst(cell);
		if (leaf->doubt == NULL)
			pf_deltas_add(tracked->tracking, leaf->relid, leaf->file, sums, 1);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

static Datum
optional_text(const char *string, char *null)
{
	*null = string ? ' ' : 'n';
	return string ? CStringGetTextDatum(string) : (Datum) 0;
}

static void
scan(const PfTracked *tracked, Oid relid, PfGroups *groups)
{
	Oid			argtypes[5] = {OIDOID, pf_type_oid("rule_set"), TEXTOID, TEXTOID, TEXTOID};
	Datum		values[5];
	char		nulls[5] = {' ', ' ', ' ', ' ', ' '};

	values[0] = ObjectIdGetDatum(relid);
	values[1] = PointerGetDatum(tracked->rules);
	values[2] = optional_text(tracked->filter, &nulls[2]);
	values[3] = optional_text(tracked->period, &nulls[3]);
	values[4] = optional_text(tracked->provider, &nulls[4]);
	ask("SELECT g.group_key->>'period', g.group_key->>'provider', g.tally"
		" FROM portfolio.tally_relation($1::pg_catalog.regclass, $2,"
		"  pg_catalog.array_remove(ARRAY[CASE WHEN $4 IS NOT NULL THEN 'period' END, CASE WHEN $5 IS NOT NULL THEN 'provider' END], NULL),"
		"  $3, pg_catalog.array_remove(ARRAY[$4, $5], NULL)) g",
		5, argtypes, values, nulls);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		PfGroupKey	key;
		bool		isnull;
		PfTally    *tally = pf_tally_open(PG_DETOAST_DATUM_PACKED(
										 SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 3, &isnull)));

		for (int i = 0; i < 2; i++)
		{
			key.part[i] = text_of(row, i + 1);
			key.len[i] = key.part[i] ? strlen(key.part[i]) : -1;
		}
		if (tally->records > 0)
			pf_groups_add(groups, &key, tally, 1);
	}
}

/* Raises what tally_data_set() raises where filter, period or provider fail on a row. */
static void
raise_on_a_row(int64 data_set, int sqlerrcode)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {Int64GetDatum(data_set), CStringGetTextDatum(unpack_sql_state(sqlerrcode))};

	ask("SELECT portfolio.raise_on_a_row(d.code, $2) FROM portfolio.data_set d WHERE d.id = $1", 2, argtypes, values, NULL);
}

/*
 * Count a relation with the snapshot that is active, into the groups. The engine keeps errors of
 * rules to itself; those of the other expressions would show a value of a row.
 */
void
pf_scan(const PfTracked *tracked, Oid relid, PfGroups *groups)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int sqlerrcode = 0;

	if (tracked->filter == NULL && tracked->period == NULL && tracked->provider == NULL)
	{
		scan(tracked, relid, groups);
		return;
	}
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		scan(tracked, relid, groups);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
			ReThrowError(error);
		sqlerrcode = error->sqlerrcode;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (sqlerrcode != 0)
		raise_on_a_row(tracked->data_set, sqlerrcode);
}

/* ---- current_tally(data_set, rescan) ---- */

static void
put_row(ReturnSetInfo *rsinfo, const PfGroup *group, const char *state, const char *reason)
{
	Datum		values[5] = {0};
	bool		nulls[5] = {false};

	for (int i = 0; i < 2; i++)
	{
		nulls[i] = group == NULL || group->key.len[i] < 0;
		if (!nulls[i])
			values[i] = PointerGetDatum(cstring_to_text_with_len(group->key.part[i], group->key.len[i]));
	}
	nulls[2] = group == NULL;
	if (group)
		values[2] = PointerGetDatum(pf_tally_value(group->tally));
	values[3] = CStringGetTextDatum(state);
	nulls[4] = reason == NULL;
	if (reason)
		values[4] = CStringGetTextDatum(reason);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Does a rule name a date? Such rules are counted period by period. */
bool
pf_rules_name_dates(const PfRuleSetValue *value)
{
	PfRuleSet  *set = pf_rule_set_open(value);
	static const char *const nothing[PF_NPARAMS] = {"", "", ""};

	for (int i = 0; i < set->nrules; i++)
		if (strcmp(pf_replace_params(set->rules[i].expression, nothing), set->rules[i].expression) != 0)
			return true;
	for (int i = 0; i < set->nitems; i++)
		if (set->items[i].applies_when &&
			strcmp(pf_replace_params(set->items[i].applies_when, nothing), set->items[i].applies_when) != 0)
			return true;
	return false;
}

/* The whole relation, by the rules as they are now; gives why it cannot be, or NULL. */
static const char *
rescan_all(Datum code, Oid root, PfGroups *sums)
{
	PfTracked  *anew = pf_tracked_anew(code, root);

	if (pf_rules_name_dates(anew->rules))
		return "rules speak of :period_start, :period_end or :scored_on";
	if (!pf_leaf_readable(root))
		return "its rows may not be read by you";
	pf_remember_rule_set(anew->rules);
	pf_scan(anew, root, sums);
	return NULL;
}

/*
 * Sums what is sure and counts what is not; gives the state, and sets the reason of any other than
 * current. Where columns were altered the rules of the tracking do not fit any more.
 */
static const char *
sum_leaves(PfTracked *tracked, Oid root, bool rescan, PfGroups *sums, char **reason)
{
	List	   *leaves = pf_leaves(tracked, root, AccessShareLock);
	const char *state = "current";
	ListCell   *cell;

	pf_remember_rule_set(tracked->rules);
	pf_judge_leaves(tracked, leaves);
	pf_sum_leaves(tracked, leaves, sums);
	foreach(cell, leaves)
	{
		PfLeaf	   *leaf = lfirst(cell);

		if (leaf->doubt == NULL)
			continue;
		if (*reason == NULL || leaf->altered)
			*reason = psprintf("%s: %s", leaf->name, leaf->doubt);
		if (!rescan)
			return "stale";
		if (leaf->altered)
			return "altered";
		if (!pf_leaf_readable(leaf->relid))
		{
			*reason = psprintf("%s: %s, and its rows may not be read by you", leaf->name, leaf->doubt);
			return "stale";
		}
		pf_scan(tracked, leaf->relid, sums);
		state = "rescanned";
	}
	return state;
}

Datum
pf_current_tally(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		rescan = PG_GETARG_BOOL(1);
	int			guc_level = pf_track_settings();
	const char *state = "altered";
	const char *why_not;
	char	   *reason = NULL;
	PfTracked  *tracked;
	PfGroups   *sums;
	Oid			root;
	const char *doubt;

	pf_init_materialized_srf(fcinfo);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	tracked = pf_tracked_by_code(PG_GETARG_DATUM(0), &root, &doubt);
	sums = pf_groups_create(CurrentMemoryContext);
	if (doubt)
		reason = pstrdup(doubt);
	else
		state = sum_leaves(tracked, root, rescan, sums, &reason);
	if (strcmp(state, "altered") == 0)
	{
		sums = pf_groups_create(CurrentMemoryContext);
		why_not = rescan ? rescan_all(PG_GETARG_DATUM(0), root, sums) : "";
		if (why_not && why_not[0] != '\0')
			reason = psprintf("%s; and %s", reason, why_not);
		state = why_not ? "stale" : "rescanned";
	}
	if (strcmp(state, "stale") == 0)
		put_row(rsinfo, NULL, state, reason);
	for (uint32 b = 0; b < sums->nbuckets && strcmp(state, "stale") != 0; b++)
		for (PfGroup *group = sums->buckets[b]; group; group = group->next)
			if (group->tally && group->tally->records != 0)
				put_row(rsinfo, group, state, reason);
	SPI_finish();
	AtEOXact_GUC(true, guc_level);
	return (Datum) 0;
}
