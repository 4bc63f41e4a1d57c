/*
 * cvss_v3.c
 *		Scores of CVSS versions 3.0 and 3.1.
 *
 * Sources: "CVSS v3.0" and "CVSS v3.1 Specification Document", section 8 (3.1: section 7) and, for the
 * rounding of 3.1, its appendix A. The versions differ in two things:
 *
 * Roundup. 3.0: the smallest tenth that is not less. 3.1: the same of the value rounded to five decimals,
 * so that the noise of floating point does not count. Here there is no noise, and no base or temporal vector
 * lies so near above a tenth that it would matter: 3.0 and 3.1 give them all the same score.
 *
 * The environmental impact of a changed scope: (MISS - 0.02)^15 in 3.0, (0.9731 * MISS - 0.02)^13 in 3.1.
 *
 * Values are integers in units of 1e-15. All of them are exact but for that power, which has up to 150
 * decimals and is cut: its error is below 1e-14. No vector comes nearer than 1e-7 to a place where Roundup
 * jumps (test/t/960_types_cvss.pl has the power in full and finds the distance), so every score is exact.
 */
#include "pf.h"

#include "cvss.h"

/* Metrics, in the order of the vector */
enum
{
	AV, AC, PR, UI, S, C, I, A, E, RL, RC, CR, IR, AR, MAV, MAC, MPR, MUI, MS, MC, MI, MA
};

#define SCOPE_CHANGED 0

/* Hundredths */
static const uint8 av[] = {85, 62, 55, 20};
static const uint8 ac[] = {77, 44};
static const uint8 pr[2][3] = {{85, 68, 50}, {85, 62, 27}};	/* by scope */
static const uint8 ui[] = {85, 62};
static const uint8 cia[] = {56, 22, 0};
static const uint8 e[] = {100, 100, 97, 94, 91};
static const uint8 rl[] = {100, 100, 97, 96, 95};
static const uint8 rc[] = {100, 100, 96, 92};
static const uint8 requirement[] = {100, 150, 100, 50};

#define TEN INT64CONST(10000000000000000)	/* 10 in 1e-15 */
#define FRACTION UINT64CONST(1000000000)
#define ONE_18 UINT64CONST(1000000000000000000)

/* Product of two fractions in 1e-18, neither above 1, cut to 1e-18 */
static uint64
multiply(uint64 a, uint64 b)
{
	uint64		a1 = a / FRACTION;
	uint64		a0 = a % FRACTION;
	uint64		b1 = b / FRACTION;
	uint64		b0 = b % FRACTION;

	return a1 * b1 + (a1 * b0 + a0 * b1 + a0 * b0 / FRACTION) / FRACTION;
}

static uint64
power(uint64 x, int n)
{
	uint64		result = ONE_18;

	for (; n > 0; n >>= 1)
	{
		if (n & 1)
			result = multiply(result, x);
		x = multiply(x, x);
	}
	return result;
}

/* To tenths */
static int
roundup(PfCvssVersion version, int64 x)
{
	int64		i;

	if (version == PF_CVSS_3_0)
		return (int) ((x + TEN / 100 - 1) / (TEN / 100));
	i = (x + TEN / 2000000) / (TEN / 1000000);
	return (int) (i % 10000 == 0 ? i / 10000 : i / 10000 + 1);
}

/* Impact in 1e-15, from the impact sub-score in 1e-6 */
static int64
impact_of(PfCvssVersion version, bool changed, bool modified, int64 iss)
{
	uint64		last;

	if (!changed)
		return 642 * iss * 10000000;
	if (iss == 0)
		return 0;				/* below zero in the formula; what counts is that it is not above */
	if (modified && version == PF_CVSS_3_1)
		last = power((uint64) (iss * 9731 - INT64CONST(200000000)) * 100000000, 13);
	else
		last = power((uint64) (iss - 20000) * UINT64CONST(1000000000000), 15);
	return 752 * (iss - 29000) * 10000000 - (int64) (last / 100 * 325 / 1000);
}

/* Roundup(min(impact + exploitability, 10)), the sum times 1.08 where the scope changes */
static int
impact_and_exploitability(PfCvssVersion version, bool changed, int64 impact, int64 exploitability)
{
	int64		sum = impact + exploitability * 100000;

	if (impact <= 0)
		return 0;
	if (changed)
		sum = sum * 108 / 100;
	return roundup(version, Min(sum, TEN));
}

static int
base_score(const PfCvss *v)
{
	const uint8 *m = v->value;
	int64		iss = 1000000 - (int64) (100 - cia[m[C]]) * (100 - cia[m[I]]) * (100 - cia[m[A]]);
	int64		exploitability = (int64) 822 * av[m[AV]] * ac[m[AC]] * pr[m[S]][m[PR]] * ui[m[UI]];	/* 1e-10 */
	bool		changed = m[S] == SCOPE_CHANGED;

	return impact_and_exploitability(v->version, changed, impact_of(v->version, changed, false, iss), exploitability);
}

static int
environmental_score(const PfCvss *v)
{
	const uint8 *m = v->value;
#define MODIFIED(metric) (m[M##metric] == 0 ? m[metric] : m[M##metric] - 1)
	int			scope = MODIFIED(S);
	int64		iss = 1000000 -
		(int64) (100 - cia[MODIFIED(C)] * requirement[m[CR]] / 100) *
		(100 - cia[MODIFIED(I)] * requirement[m[IR]] / 100) *
		(100 - cia[MODIFIED(A)] * requirement[m[AR]] / 100);
	int64		exploitability = (int64) 822 * av[MODIFIED(AV)] * ac[MODIFIED(AC)] * pr[scope][MODIFIED(PR)] * ui[MODIFIED(UI)];
	bool		changed = scope == SCOPE_CHANGED;
#undef MODIFIED

	iss = Min(iss, 915000);
	return impact_and_exploitability(v->version, changed, impact_of(v->version, changed, true, iss), exploitability);
}

int
pf_cvss_v3_score(const PfCvss *v, bool temporal, bool environmental)
{
	int			score = environmental ? environmental_score(v) : base_score(v);

	if (temporal || environmental)
		score = roundup(v->version, (int64) score * e[v->value[E]] * rl[v->value[RL]] * rc[v->value[RC]] * (TEN / 100000000));
	return score;
}
