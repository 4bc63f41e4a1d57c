/*
 * merge_findings.c
 *		Brings the findings of the checks that ran up to date: the second half of run_checks().
 *
 * One statement takes many checks, or what a statement costs would be paid for each of them, and not
 * all, or the parameters of a large run would outgrow an array. Whoever calls holds the lock of each.
 */
#include "run_checks.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define MERGE_ROWS 10000		/* rows of a batch, unless a single check has more */

/*
 * The checks of a batch ($1 to $3), and what they found ($4 to $9; n counts the checks from 1),
 * in the database of the estate that $10 names or, where it is NULL, in this one. The full
 * join tells what is new, still there and gone; it is hashed or merged however few rows the planner
 * expects, so no number of findings makes it slow. Only what changes hands is looked up: who answers
 * for an element is asked where a finding has no owner.
 */
static const char merge_sql[] =
"WITH ran AS MATERIALIZED ("
"  SELECT r.n::integer AS n, r.code, r.severity, r.good, c.area"
"    FROM unnest($1, $2, $3) WITH ORDINALITY AS r(code, severity, good, n)"
"    JOIN portfolio.check_definition c ON c.code = r.code),"
" matched AS MATERIALIZED ("
"  SELECT x.n, r.code, x.subject, x.here, x.id, x.status, e.id AS element, coalesce(x.detail, '{}') AS detail,"
"         v.severity, coalesce(x.since, current_date) + d.days AS due_on,"
"         CASE WHEN x.owner IS NULL THEN portfolio.answerable(e.id) END AS owner"
"    FROM ((SELECT true AS here, u.* FROM unnest($4, $5, $6, $7, $8, $9) AS u(n, subject, element, detail, severity, since)) s"
"          FULL JOIN (SELECT r.n, f.subject, f.id, f.status, f.owner"
"                       FROM ran r JOIN portfolio.finding f ON f.check_code = r.code AND f.target IS NOT DISTINCT FROM $10) f USING (n, subject)) AS x"
"    JOIN ran r ON r.n = x.n"
"    CROSS JOIN LATERAL (SELECT CASE WHEN x.subject = '" PF_CHECK_SUBJECT "' THEN 'medium'"
"                                    ELSE coalesce(x.severity, r.severity) END AS severity) v"
"    LEFT JOIN portfolio.effective_deadline d ON d.area = r.area AND d.severity = v.severity"
"    LEFT JOIN portfolio.element e ON e.id = coalesce(x.element, (SELECT t.element FROM portfolio.database_target t WHERE t.service = $10))"
"   WHERE x.here OR (r.good AND x.status <> 'resolved')),"
" gone AS ("
"  UPDATE portfolio.finding f SET status = 'resolved', resolved_at = now()"
"    FROM matched m WHERE m.here IS NULL AND f.id = m.id AND f.status <> 'resolved'"
"  RETURNING m.n),"
" touched AS ("
"  UPDATE portfolio.finding f SET"
"    element = m.element, severity = m.severity, detail = m.detail,"
"    last_seen = now(), resolved_at = NULL,"
"    opened_at = CASE WHEN f.status = 'resolved' THEN now() ELSE f.opened_at END,"
"    times_opened = f.times_opened + (f.status = 'resolved')::integer,"
"    due_on = CASE WHEN f.status = 'resolved' THEN m.due_on"
"                  WHEN portfolio.severity_rank(m.severity) < portfolio.severity_rank(f.severity)"
"                  THEN least(f.due_on, m.due_on)"
"                  ELSE coalesce(f.due_on, m.due_on) END,"
"    owner = coalesce(f.owner, m.owner),"
"    status = CASE WHEN f.accepted_until >= current_date THEN 'risk_accepted' ELSE 'open' END"
"    FROM matched m WHERE m.here AND f.id = m.id"
"  RETURNING m.n, m.status = 'resolved' AS opened),"
" made AS ("
"  INSERT INTO portfolio.finding AS f (check_code, subject, element, severity, detail, due_on, owner, target)"
"  SELECT m.code, m.subject, m.element, m.severity, m.detail, m.due_on, m.owner, $10 FROM matched m WHERE m.id IS NULL"
"  ON CONFLICT (check_code, subject, target) DO NOTHING"
"  RETURNING f.check_code)"
" SELECT n, count(*) FILTER (WHERE opened), count(*) FILTER (WHERE NOT opened)"
"   FROM (SELECT t.n, true AS opened FROM touched t WHERE t.opened"
"         UNION ALL SELECT r.n, true FROM made m JOIN ran r ON r.code = m.check_code"
"         UNION ALL SELECT g.n, false FROM gone g) x GROUP BY n";

static Datum
make_array(Oid type, Datum *values, bool *nulls, int n)
{
	int			dims[1] = {n};
	int			lower[1] = {1};
	int16		len;
	bool		byval;
	char		align;

	if (n == 0)
		return PointerGetDatum(construct_empty_array(type));
	get_typlenbyvalalign(type, &len, &byval, &align);
	return PointerGetDatum(construct_md_array(values, nulls, 1, dims, lower, type, len, byval, align));
}

/* The end of the batch that begins with a check: as many as have MERGE_ROWS rows together, one at least */
static int
end_of_batch(const PfCheck *checks, int nchecks, int first)
{
	int			nrows = checks[first].nmerged;
	int			end = first + 1;

	while (end < nchecks && nrows + checks[end].nmerged <= MERGE_ROWS)
		nrows += checks[end++].nmerged;
	return end;
}

/* The checks of a batch that ran, as the first three parameters of merge_sql */
static void
checks_as_arrays(PfCheck **ran, int nran, Datum *args)
{
	Datum	   *codes = palloc(sizeof(Datum) * nran);
	Datum	   *severities = palloc(sizeof(Datum) * nran);
	Datum	   *good = palloc(sizeof(Datum) * nran);

	for (int i = 0; i < nran; i++)
	{
		codes[i] = CStringGetTextDatum(ran[i]->code);
		severities[i] = CStringGetTextDatum(ran[i]->severity);
		good[i] = BoolGetDatum(ran[i]->outcome == PF_STORED_OK);
	}
	args[0] = make_array(TEXTOID, codes, NULL, nran);
	args[1] = make_array(TEXTOID, severities, NULL, nran);
	args[2] = make_array(BOOLOID, good, NULL, nran);
}

/* What they found, as the others */
static void
rows_as_arrays(PfCheck **ran, int nran, int nrows, Datum *args)
{
	Datum	   *values = palloc(sizeof(Datum) * (nrows + 1));
	bool	   *nulls = palloc(sizeof(bool) * (nrows + 1));
	int			n = 0;

	for (int i = 0; i < nran; i++)
		for (int r = 0; r < ran[i]->nmerged; r++)
			values[n++] = Int32GetDatum(i + 1);
	args[3] = make_array(INT4OID, values, NULL, n);
	for (int c = 0; c < PF_CHECK_NCOLS; c++)
	{
		n = 0;
		for (int i = 0; i < nran; i++)
		{
			memcpy(values + n, ran[i]->values[c], sizeof(Datum) * ran[i]->nmerged);
			memcpy(nulls + n, ran[i]->nulls[c], sizeof(bool) * ran[i]->nmerged);
			n += ran[i]->nmerged;
		}
		args[4 + c] = make_array(pf_check_columns[c].type, values, nulls, n);
	}
}

/* Bring the findings of the checks first to end - 1 up to date. */
static void
merge_batch(PfCheck *checks, int first, int end, const char *target)
{
	static const Oid types[] = {TEXTARRAYOID, TEXTARRAYOID, BOOLARRAYOID, INT4ARRAYOID, TEXTARRAYOID,
	INT8ARRAYOID, JSONBARRAYOID, TEXTARRAYOID, DATEARRAYOID, TEXTOID};
	PfCheck   **ran = palloc(sizeof(PfCheck *) * (end - first));
	PfAsOwner	state;
	Datum		args[lengthof(types)];
	int			nran = 0;
	int			nrows = 0;
	bool		isnull;

	for (int i = first; i < end; i++)
	{
		if (checks[i].state != NULL)
			continue;
		ran[nran++] = &checks[i];
		nrows += checks[i].nmerged;
	}
	if (nran == 0)
		return;
	checks_as_arrays(ran, nran, args);
	rows_as_arrays(ran, nran, nrows, args);
	args[9] = target == NULL ? (Datum) 0 : CStringGetTextDatum(target);
	pf_as_table_owner(&state, "finding", merge_sql, lengthof(types), types, args,
					  target == NULL ? "         n" : NULL);
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		HeapTuple	row = SPI_tuptable->vals[r];
		PfCheck    *check = ran[DatumGetInt32(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull)) - 1];

		check->opened = DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull));
		check->resolved = DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 3, &isnull));
	}
	pf_end_as_owner(&state);
}

void
pf_merge_findings(PfCheck *checks, int nchecks, const char *target)
{
	for (int first = 0, end; first < nchecks; first = end)
	{
		end = end_of_batch(checks, nchecks, first);
		merge_batch(checks, first, end, target);
	}
}
