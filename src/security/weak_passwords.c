/*
 * weak_passwords.c
 *		guess_passwords(): tries names and the words of dictionaries on the verifiers of pg_authid.
 *
 * A guess at a SCRAM verifier costs about 3 ms, so a run has a budget and the next one goes on where
 * it ended: password_guess remembers how far each role and dictionary has come, with a fingerprint of
 * the verifier and a digest of the words tried. A new password, or words that are other than those
 * that were tried, begin anew; words added at the end are tried alone.
 *
 * Nothing tells a guess. A role that was found is marked in all its rows, as if every word of every
 * dictionary had been tried, at the time of the transaction: neither the dictionary nor the place of
 * the word, nor the time that it took, can be read from them. Dictionaries go one after the other,
 * each over all roles, names first: what is likely is found early.
 *
 * Concurrency: one run at a time, by an object lock held until the transaction ends; a second one
 * says so and tries nothing. A run can be cancelled between any two guesses. Verifier and hashes lie
 * in one struct, which is cleared before the next role and whichever way the run ends.
 */
#include "password.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "storage/lock.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_guess_passwords);

#define NAMES "names"			/* the dictionary of a role's own name and those of databases */

/* Words in the order in which they are tried; digests[i] is of all words up to words[i]. */
typedef struct Dictionary
{
	char	   *name;
	int			nwords;
	char	  **words;
	uint64	   *digests;
} Dictionary;

/* How far a role has come in a dictionary: a row of password_guess */
typedef struct Progress
{
	int			tried;
	uint64		digest;
	char	   *fingerprint;	/* NULL: there is no row */
	bool		found;
	bool		is_changed;
} Progress;

typedef struct Run
{
	int			nroles;
	Oid		   *roles;			/* with a password, by object id */
	int			ndictionaries;
	Dictionary *dictionaries;	/* the first is NAMES, with the role's own name yet to be put */
	Progress   *progress;		/* nroles times ndictionaries */
	instr_time	start;
	double		budget_ms;
	int64		guesses;
	PfVerifier	verifier;
	MemoryContext pair_context; /* what one role and dictionary need */
} Run;

static const char words_sql[] =
"SELECT x.dictionary, x.word"
"  FROM (SELECT 1 AS turn, 'common' AS dictionary, s.place::bigint AS place, s.word FROM portfolio.shipped_password_word s"
"         UNION ALL"
"        SELECT 2, w.dictionary, w.id, w.word FROM portfolio.password_word w) x"
" ORDER BY x.turn, x.dictionary COLLATE \"C\", x.place";

static const char progress_sql[] =
"SELECT g.role, g.dictionary, g.fingerprint, g.tried, g.digest, g.found_at IS NOT NULL FROM portfolio.password_guess g";

static const char keep_sql[] =
"INSERT INTO portfolio.password_guess AS g (role, dictionary, fingerprint, tried, digest, found_at, tried_at)"
" SELECT u.role, u.dictionary, u.fingerprint, u.tried, u.digest, CASE WHEN u.found THEN now() END, now()"
"   FROM unnest($1, $2, $3, $4, $5, $6) AS u(role, dictionary, fingerprint, tried, digest, found)"
" ON CONFLICT (role, dictionary) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, tried = EXCLUDED.tried,"
"    digest = EXCLUDED.digest, found_at = EXCLUDED.found_at, tried_at = EXCLUDED.tried_at";

static const char forget_sql[] =
"DELETE FROM portfolio.password_guess g WHERE g.role <> ALL ($1) OR g.dictionary <> ALL ($2)";

static void
compute_digests(Dictionary *d)
{
	uint64		digest = 0;

	for (int i = 0; i < d->nwords; i++)
		digest = d->digests[i] = hash_bytes_extended((const unsigned char *) d->words[i], strlen(d->words[i]), digest);
}

/* The digest of the first so many words */
static uint64
digest_of(const Dictionary *d, int nwords)
{
	return nwords > 0 ? d->digests[nwords - 1] : 0;
}

/* Room for the role's own name, then the names of all databases */
static void
read_names(Dictionary *d)
{
	Relation	pg_database = table_open(DatabaseRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(pg_database, DatabaseOidIndexId, true, NULL, 0, NULL);
	List	   *names = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		names = lappend(names, pstrdup(NameStr(((Form_pg_database) GETSTRUCT(tuple))->datname)));
	systable_endscan(scan);
	table_close(pg_database, AccessShareLock);
	d->name = NAMES;
	d->nwords = list_length(names) + 1;
	d->words = palloc0(mul_size(sizeof(char *), d->nwords));
	d->digests = palloc(mul_size(sizeof(uint64), d->nwords));
	for (int i = 1; i < d->nwords; i++)
		d->words[i] = list_nth(names, i - 1);
}

/* All dictionaries, NAMES first; the others share one array of words and one of digests. */
static void
read_dictionaries(Run *run)
{
	MemoryContext context = CurrentMemoryContext;
	PfAsOwner	state;
	Dictionary *d;
	char	  **words;
	uint64	   *digests;
	int			nrows;

	pf_as_table_owner(&state, "password_word", words_sql, 0, NULL, NULL, NULL);
	MemoryContextSwitchTo(context);
	nrows = (int) SPI_processed;
	words = palloc(mul_size(sizeof(char *), (Size) nrows + 1));
	digests = palloc(mul_size(sizeof(uint64), (Size) nrows + 1));
	run->dictionaries = d = palloc0(mul_size(sizeof(Dictionary), (Size) nrows + 1));
	read_names(d);
	for (int i = 0; i < nrows; i++)
	{
		char	   *name = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

		words[i] = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);
		if (strcmp(d->name, name) != 0)
		{
			d++;
			d->name = name;
			d->words = &words[i];
			d->digests = &digests[i];
		}
		d->nwords++;
	}
	pf_end_as_owner(&state);
	run->ndictionaries = d - run->dictionaries + 1;
	for (int i = 1; i < run->ndictionaries; i++)
		compute_digests(&run->dictionaries[i]);
}

static void
read_roles(Run *run)
{
	List	   *roles = pf_roles_with_password();

	run->nroles = list_length(roles);
	run->roles = palloc(mul_size(sizeof(Oid), (Size) run->nroles + 1));
	for (int i = 0; i < run->nroles; i++)
		run->roles[i] = list_nth_oid(roles, i);
	run->progress = palloc0(mul_size(sizeof(Progress), mul_size(run->nroles, run->ndictionaries) + 1));
}

static int
compare_oids(const void *a, const void *b)
{
	return oid_cmp(a, b);
}

/* Where this row of progress belongs; NULL where role or dictionary are not there any more. */
static Progress *
progress_of(Run *run, Oid role, const char *dictionary)
{
	Oid		   *at = bsearch(&role, run->roles, run->nroles, sizeof(Oid), compare_oids);

	for (int d = 0; at != NULL && d < run->ndictionaries; d++)
	{
		if (strcmp(run->dictionaries[d].name, dictionary) == 0)
			return &run->progress[(Size) (at - run->roles) * run->ndictionaries + d];
	}
	return NULL;
}

static void
read_progress(Run *run)
{
	MemoryContext context = CurrentMemoryContext;
	PfAsOwner	state;

	pf_as_table_owner(&state, "password_guess", progress_sql, 0, NULL, NULL, NULL);
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Progress   *p = progress_of(run, DatumGetObjectId(SPI_getbinval(row, desc, 1, &isnull)),
									SPI_getvalue(row, desc, 2));

		if (p == NULL)
			continue;
		p->fingerprint = SPI_getvalue(row, desc, 3);
		p->tried = DatumGetInt32(SPI_getbinval(row, desc, 4, &isnull));
		p->digest = (uint64) DatumGetInt64(SPI_getbinval(row, desc, 5, &isnull));
		p->found = DatumGetBool(SPI_getbinval(row, desc, 6, &isnull));
	}
	pf_end_as_owner(&state);
}

static bool
budget_is_spent(const Run *run)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, run->start);
	return INSTR_TIME_GET_MILLISEC(now) >= run->budget_ms;
}

/* Was this role's password, as it is now, found before, in whichever dictionary? */
static bool
is_found(const Run *run, int role)
{
	const Progress *p = &run->progress[(Size) role * run->ndictionaries];

	for (int d = 0; d < run->ndictionaries; d++)
	{
		if (p[d].found && strcmp(p[d].fingerprint, run->verifier.fingerprint) == 0)
			return true;
	}
	return false;
}

static void
keep(Run *run, int role, int dictionary, int tried, bool found)
{
	Progress   *p = &run->progress[(Size) role * run->ndictionaries + dictionary];

	p->tried = tried;
	p->digest = digest_of(&run->dictionaries[dictionary], tried);
	p->fingerprint = MemoryContextStrdup(GetMemoryChunkContext(run->progress), run->verifier.fingerprint);
	p->found = found;
	p->is_changed = true;
}

/* How many words of the dictionary need not be tried again on the verifier that is open */
static int
tried_before(const Run *run, int role, int dictionary)
{
	const Progress *p = &run->progress[(Size) role * run->ndictionaries + dictionary];
	const Dictionary *d = &run->dictionaries[dictionary];

	if (p->fingerprint == NULL || strcmp(p->fingerprint, run->verifier.fingerprint) != 0 ||
		p->tried > d->nwords || p->digest != digest_of(d, p->tried))
		return 0;
	return p->tried;
}

/* Try what is left of a dictionary on the verifier that is open; false when the budget is spent. */
static bool
try_words(Run *run, int role, int dictionary)
{
	Dictionary *d = &run->dictionaries[dictionary];
	int			first;
	int			n;
	bool		goes_on = true;
	bool		found = false;

	if (dictionary == 0)
	{
		d->words[0] = NameStr(run->verifier.role_name);
		compute_digests(d);
	}
	first = n = tried_before(run, role, dictionary);
	while (n < d->nwords && !found)
	{
		CHECK_FOR_INTERRUPTS();
		/* at least one guess, so that runs come to an end however small their budget */
		if (run->guesses > 0 && budget_is_spent(run))
		{
			goes_on = false;
			break;
		}
		found = pf_guess_fits(&run->verifier, d->words[n++]);
		run->guesses++;
	}
	if (n > first && !found)
		keep(run, role, dictionary, n, false);
	for (int i = 0; found && i < run->ndictionaries; i++)
		keep(run, role, i, run->dictionaries[i].nwords, true);
	return goes_on;
}

/* All dictionaries over all roles, as far as the budget reaches */
static void
try_all(Run *run)
{
	for (int d = 0; d < run->ndictionaries; d++)
	{
		for (int r = 0; r < run->nroles; r++)
		{
			MemoryContext old = MemoryContextSwitchTo(run->pair_context);
			bool		goes_on = true;

			if (pf_read_verifier(run->roles[r], &run->verifier) &&
				run->verifier.iterations <= PF_MAX_ITERATIONS && !is_found(run, r))
				goes_on = try_words(run, r, d);
			pf_clear_verifier(&run->verifier);
			MemoryContextSwitchTo(old);
			MemoryContextReset(run->pair_context);
			if (!goes_on)
				return;
		}
	}
}

static Datum
array_of(Datum *values, int n, Oid type)
{
	int16		length;
	bool		byval;
	char		align;

	get_typlenbyvalalign(type, &length, &byval, &align);
	return PointerGetDatum(construct_array(values, n, type, length, byval, align));
}

/* Write what has changed, and forget roles and dictionaries that are gone. */
static void
keep_progress(Run *run)
{
	static const Oid types[] = {OIDARRAYOID, TEXTARRAYOID, TEXTARRAYOID, INT4ARRAYOID, INT8ARRAYOID, BOOLARRAYOID};
	static const Oid elements[] = {OIDOID, TEXTOID, TEXTOID, INT4OID, INT8OID, BOOLOID};
	Size		ncells = mul_size(run->nroles, run->ndictionaries);
	Datum	   *columns[lengthof(elements)];
	Datum		args[lengthof(elements)];
	PfAsOwner	state;
	int			n = 0;

	for (int c = 0; c < lengthof(elements); c++)
		columns[c] = palloc(mul_size(sizeof(Datum), Max(ncells, Max(run->nroles, run->ndictionaries))));
	for (Size i = 0; i < ncells; i++)
	{
		const Progress *p = &run->progress[i];

		if (!p->is_changed)
			continue;
		columns[0][n] = ObjectIdGetDatum(run->roles[i / run->ndictionaries]);
		columns[1][n] = CStringGetTextDatum(run->dictionaries[i % run->ndictionaries].name);
		columns[2][n] = CStringGetTextDatum(p->fingerprint);
		columns[3][n] = Int32GetDatum(p->tried);
		columns[4][n] = Int64GetDatum((int64) p->digest);
		columns[5][n++] = BoolGetDatum(p->found);
	}
	for (int c = 0; c < lengthof(elements); c++)
		args[c] = array_of(columns[c], n, elements[c]);
	pf_as_table_owner(&state, "password_guess", keep_sql, lengthof(types), types, args, NULL);
	pf_end_as_owner(&state);

	for (int r = 0; r < run->nroles; r++)
		columns[0][r] = ObjectIdGetDatum(run->roles[r]);
	for (int d = 0; d < run->ndictionaries; d++)
		columns[1][d] = CStringGetTextDatum(run->dictionaries[d].name);
	args[0] = array_of(columns[0], run->nroles, OIDOID);
	args[1] = array_of(columns[1], run->ndictionaries, TEXTOID);
	pf_as_table_owner(&state, "password_guess", forget_sql, 2, types, args, NULL);
	pf_end_as_owner(&state);
}

/* False where another transaction tries guesses. */
static bool
lock_guessing(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, RelationRelationId, pf_relation_oid("password_guess"), 1);
	return LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

/* Milliseconds of a budget; a month counts as thirty days. */
static double
budget_of(const Interval *budget)
{
	double		ms = budget->time / 1000.0 + (budget->day + budget->month * (double) DAYS_PER_MONTH) * SECS_PER_DAY * 1000.0;

	if (ms < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("budget must not be negative"),
				 errhint("SELECT * FROM portfolio.weak_passwords('1 minute');")));
	return ms;
}

/* guess_passwords(budget interval): number of guesses */
Datum
pf_guess_passwords(PG_FUNCTION_ARGS)
{
	Run		   *run = palloc0(sizeof(Run));

	run->budget_ms = budget_of(PG_GETARG_INTERVAL_P(0));
	if (run->budget_ms == 0)
		PG_RETURN_INT64(0);
	PreventCommandIfReadOnly("weak_passwords()");
	if (!lock_guessing())
	{
		ereport(NOTICE,
				(errmsg("another session tries guesses at passwords now"),
				 errdetail("What is known so far is shown, and nothing is tried.")));
		PG_RETURN_INT64(0);
	}
	INSTR_TIME_SET_CURRENT(run->start);
	run->pair_context = AllocSetContextCreate(CurrentMemoryContext, "password guesses", ALLOCSET_DEFAULT_SIZES);
	read_dictionaries(run);
	read_roles(run);
	read_progress(run);
	PG_TRY();
	{
		try_all(run);
	}
	PG_FINALLY();
	{
		pf_clear_verifier(&run->verifier);
	}
	PG_END_TRY();
	keep_progress(run);
	PG_RETURN_INT64(run->guesses);
}
