/*
 * cvss_v4.c
 *		Scores of CVSS version 4.0, and the place of a vector among those of its score.
 *
 * Source: "CVSS v4.0 Specification Document", section 8; the numbers are FIRST's (cvss_v4_data.h).
 *
 * The effective values of a vector (modified metrics where defined; E:X is A, CR:X, IR:X and AR:X are H)
 * give its macrovector: a level in each of the classes EQ1, EQ2, EQ3 and EQ6 jointly, EQ4 and EQ5. The
 * macrovector has a score. From it is taken the mean over the classes that have a lower level of
 *		(score - score of the macrovector with the next lower level) * steps / depth
 * where steps is how far the vector lies below the highest vector of its level. EQ5 has one vector a
 * level, so it counts in the mean and adds nothing. In tenths, with n classes and 840 as a multiple of
 * every depth, that is (score * 840 n - sum) / 840 n: integers, rounded half up as the specification has
 * it. 4,818 of the 104,976 base vectors lie on a half exactly, where floating point is a matter of luck.
 *
 * The search for a highest vector separates by class. So level and steps of each class are in a table
 * of all its combinations of values, and a score is four look-ups and one division.
 *
 * A place (cvss_pack.c) is the number of a vector among those of one score: first by macrovector, of which
 * only those count that reach the score (together a "cell"), then by the effective values of its classes,
 * then by how these came about: base and modified metric, and supplemental metrics.
 */
#include "pf.h"

#include "cvss.h"

typedef struct PfCvss4Member
{
	uint8		level;
	uint8		steps;
	uint16		place;			/* among those of the level */
} PfCvss4Member;

typedef struct PfCvss4Macro
{
	uint8		score;			/* tenths */
	uint8		classes;		/* with a lower level, EQ5 included */
	uint8		drop[4];		/* tenths to the next lower level of EQ1, EQ2, EQ3 and EQ6, EQ4; 0 if there is none */
} PfCvss4Macro;

#include "cvss_v4_data.h"

/* Metrics, in the order of the vector */
enum
{
	AV, AC, AT, PR, UI, VC, VI, VA, SC, SI, SA, E, CR, IR, AR,
	MAV, MAC, MAT, MPR, MUI, MVC, MVI, MVA, MSC, MSI, MSA, S, AU, R, V, RE, U
};

#define COMMON_DEPTH 840
#define NO_IMPACT_36 1664		/* VC:N/VI:N/VA:N: the members from here on */
#define NO_IMPACT_4 47			/* SC:N/SI:N/SA:N */

/* EQ5 by E: X and A, P, U */
static const uint8 eq5_level[] = {0, 0, 1, 2};
static const uint8 eq5_place[] = {0, 1, 0, 0};
static const uint8 eq5_members[] = {2, 1, 1};

/* Which combination of effective values a vector has in each class */
typedef struct Combination
{
	int			eq1;
	int			eq2;
	int			eq36;
	int			eq4;
} Combination;

/* A metric's effective value: the modified one, where X comes first, or the base value */
static inline int
effective(const uint8 *v, int base, int modified)
{
	return v[modified] == 0 ? v[base] : v[modified] - 1;
}

/* The same for SI and SA, whose modified metrics have S before the base metric's values */
static inline int
effective_safety(const uint8 *v, int base, int modified)
{
	return v[modified] == 0 ? v[base] + 1 : v[modified] - 1;
}

static inline void
combine(const uint8 *v, Combination *c)
{
	c->eq1 = (effective(v, AV, MAV) * 3 + effective(v, PR, MPR)) * 3 + effective(v, UI, MUI);
	c->eq2 = effective(v, AC, MAC) * 2 + effective(v, AT, MAT);
	c->eq36 = (effective(v, VC, MVC) * 3 + effective(v, VI, MVI)) * 3 + effective(v, VA, MVA);
	c->eq36 = ((c->eq36 * 4 + v[CR]) * 4 + v[IR]) * 4 + v[AR];
	c->eq4 = (effective(v, SC, MSC) * 4 + effective_safety(v, SI, MSI)) * 4 + effective_safety(v, SA, MSA);
}

static inline int
macrovector_of(const Combination *c, int e)
{
	int			macro = eq1_member[c->eq1].level;

	macro = macro * 2 + eq2_member[c->eq2].level;
	macro = macro * 5 + eq3eq6_member[c->eq36].level;
	macro = macro * 3 + eq4_member[c->eq4].level;
	return macro * 3 + eq5_level[e];
}

static inline int
score_of(const Combination *c, const PfCvss4Macro *macro)
{
	const PfCvss4Member *m1 = &eq1_member[c->eq1];
	const PfCvss4Member *m2 = &eq2_member[c->eq2];
	const PfCvss4Member *m36 = &eq3eq6_member[c->eq36];
	const PfCvss4Member *m4 = &eq4_member[c->eq4];
	unsigned	whole = COMMON_DEPTH * macro->classes;
	unsigned	lost;

	if (c->eq36 >= NO_IMPACT_36 && c->eq4 == NO_IMPACT_4)
		return 0;
	if (whole == 0)
		return macro->score;
	lost = macro->drop[0] * m1->steps * (COMMON_DEPTH / eq1_depth[m1->level]);
	lost += macro->drop[1] * m2->steps * (COMMON_DEPTH / eq2_depth[m2->level]);
	lost += macro->drop[2] * m36->steps * (COMMON_DEPTH / eq3eq6_depth[m36->level]);
	lost += macro->drop[3] * m4->steps * (COMMON_DEPTH / eq4_depth[m4->level]);
	return (int) ((2 * (macro->score * whole - lost) + whole) / (2 * whole));
}

/* How an effective value came about: 0 from the base metric, else from the modified one above base value - 1 */
static inline int
origin(const uint8 *v, int base, int modified)
{
	return v[modified] == 0 ? 0 : v[base] + 1;
}

/* Undoes effective() and origin() */
static inline void
set_metric(uint8 *v, int base, int modified, int effective_value, int from)
{
	v[modified] = from == 0 ? 0 : (uint8) (effective_value + 1);
	v[base] = (uint8) (from == 0 ? effective_value : from - 1);
}

/* The place of a vector among those of its score, which it finds on the way */
uint64
pf_cvss_v4_place(const PfCvss *vector, int *score)
{
	const uint8 *v = vector->value;
	const PfCvss4Member *m;
	Combination c;
	int			macro;
	uint64		place;
	int			cell;

	combine(v, &c);
	macro = macrovector_of(&c, v[E]);
	*score = score_of(&c, &macrovector[macro]);
	Assert(*score >= macro_low[macro] && *score <= macrovector[macro].score);
	cell = cell_of[macro_first[macro] + *score - macro_low[macro]];

	place = eq1_member[c.eq1].place;
	m = &eq2_member[c.eq2];
	place = place * (eq2_first[m->level + 1] - eq2_first[m->level]) + m->place;
	m = &eq3eq6_member[c.eq36];
	place = place * (eq3eq6_first[m->level + 1] - eq3eq6_first[m->level]) + m->place;
	m = &eq4_member[c.eq4];
	place = place * (eq4_first[m->level + 1] - eq4_first[m->level]) + m->place;
	place = place * eq5_members[eq5_level[v[E]]] + eq5_place[v[E]];
	place = place * 5 + origin(v, AV, MAV);
	place = place * 3 + origin(v, AC, MAC);
	place = place * 3 + origin(v, AT, MAT);
	place = place * 4 + origin(v, PR, MPR);
	place = place * 4 + origin(v, UI, MUI);
	for (int i = 0; i < 6; i++)
		place = place * 4 + origin(v, VC + i, MVC + i);
	place = ((place * 3 + v[S]) * 3 + v[AU]) * 4 + v[R];
	place = ((place * 3 + v[V]) * 4 + v[RE]) * 5 + v[U];
	return cell_start[cell] + place;
}

/* Takes the last digit off a place */
static inline int
take(uint64 *place, unsigned base)
{
	int			digit = (int) (*place % base);

	*place /= base;
	return digit;
}

/* The effective values behind a combination, for set_metric(); the last changes fastest. */
static inline int
member_at(const uint16 *of_level, const uint16 *first, int level, uint64 *place)
{
	return of_level[first[level] + take(place, first[level + 1] - first[level])];
}

/* The last cell of the score that begins at or before the place */
static int
find_cell(int score, uint64 place)
{
	int			low = score_first[score];
	int			high = score_first[score + 1];

	while (high - low > 1)
	{
		int			middle = (low + high) / 2;

		if (cell_start[middle] <= place)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Undoes pf_cvss_v4_place() */
void
pf_cvss_v4_find(int score, uint64 place, PfCvss *vector)
{
	static const uint8 e_of_level[] = {0, 2, 3};
	uint8	   *v = vector->value;
	int			cell = find_cell(score, place);
	int			macro = cell_macro[cell];
	int			level5 = macro % 3;
	int			level4 = macro / 3 % 3;
	int			level36 = macro / 9 % 5;
	int			level2 = macro / 45 % 2;
	int			level1 = macro / 90;
	int			from[11];
	int			m;

	place -= cell_start[cell];
	v[U] = (uint8) take(&place, 5);
	v[RE] = (uint8) take(&place, 4);
	v[V] = (uint8) take(&place, 3);
	v[R] = (uint8) take(&place, 4);
	v[AU] = (uint8) take(&place, 3);
	v[S] = (uint8) take(&place, 3);
	for (int i = SA; i >= PR; i--)
		from[i] = take(&place, 4);
	from[AT] = take(&place, 3);
	from[AC] = take(&place, 3);
	from[AV] = take(&place, 5);

	v[E] = (uint8) (e_of_level[level5] + take(&place, eq5_members[level5]));
	m = member_at(eq4_of_level, eq4_first, level4, &place);
	set_metric(v, SA, MSA, from[SA] == 0 ? Max(m % 4 - 1, 0) : m % 4, from[SA]);
	set_metric(v, SI, MSI, from[SI] == 0 ? Max(m / 4 % 4 - 1, 0) : m / 4 % 4, from[SI]);
	set_metric(v, SC, MSC, m / 16, from[SC]);
	m = member_at(eq3eq6_of_level, eq3eq6_first, level36, &place);
	v[AR] = m % 4;
	v[IR] = m / 4 % 4;
	v[CR] = m / 16 % 4;
	m /= 64;
	set_metric(v, VA, MVA, m % 3, from[VA]);
	set_metric(v, VI, MVI, m / 3 % 3, from[VI]);
	set_metric(v, VC, MVC, m / 9, from[VC]);
	m = member_at(eq2_of_level, eq2_first, level2, &place);
	set_metric(v, AT, MAT, m % 2, from[AT]);
	set_metric(v, AC, MAC, m / 2, from[AC]);
	m = member_at(eq1_of_level, eq1_first, level1, &place);
	set_metric(v, UI, MUI, m % 3, from[UI]);
	set_metric(v, PR, MPR, m / 3 % 3, from[PR]);
	set_metric(v, AV, MAV, m / 9, from[AV]);
}
