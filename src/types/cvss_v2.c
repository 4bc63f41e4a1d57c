/*
 * cvss_v2.c
 *		Scores of CVSS version 2.0.
 *
 * Source: "A Complete Guide to the Common Vulnerability Scoring System Version 2.0", section 3.2.
 * round_to_1_decimal is taken as half up, and everything before it is exact: weights are integers with
 * the unit that is named beside them.
 */
#include "pf.h"

#include "cvss.h"

/* Metrics, in the order of the vector */
enum
{
	AV, AC, AU, C, I, A, E, RL, RC, CDP, TD, CR, IR, AR
};

static const uint16 av[] = {1000, 646, 395};	/* thousandths */
static const uint8 ac[] = {71, 61, 35}; /* hundredths */
static const uint16 au[] = {704, 560, 450};	/* thousandths */
static const uint8 e[] = {100, 100, 95, 90, 85};	/* hundredths */
static const uint8 rl[] = {100, 100, 95, 90, 87};
static const uint8 rc[] = {100, 100, 95, 90};
static const uint8 cdp[] = {0, 5, 4, 3, 1, 0};	/* tenths */
static const uint8 td[] = {100, 100, 75, 25, 0};	/* hundredths */

/* 1 - impact * requirement, in 1/20000: by impact C, P, N and by requirement ND, H, M, L */
#define WHOLE 20000
static const uint16 kept[3][4] = {
	{6800, 68, 6800, 13400},
	{14500, 11695, 14500, 17250},
	{WHOLE, WHOLE, WHOLE, WHOLE},
};

/*
 * Base score from what is kept of confidentiality, integrity and availability. The impact is
 * 10.41 * (1 - the product of the three), at most 10 if `adjusted`.
 */
static int
base_score(const PfCvss *v, int cr, int ir, int ar, bool adjusted)
{
	const uint64 cube = (uint64) WHOLE * WHOLE * WHOLE;
	uint64		impact = cube - (uint64) kept[v->value[C]][cr] * kept[v->value[I]][ir] * kept[v->value[A]][ar];	/* 10.41 / cube */
	uint64		exploitability = (uint64) 8 * av[v->value[AV]] * ac[v->value[AC]] * au[v->value[AU]];	/* 0.4 * 20 * ..., in 1e-8 */
	uint64		sum;

	if (impact == 0)
		return 0;
	/* 0.6 * impact + 0.4 * exploitability - 1.5, in 1 / (1000 * cube) = 1 / 8e15 */
	sum = adjusted && impact * 1041 > cube * 1000 ? 6000 * cube : 6246 * impact;
	sum += exploitability * 80000000;
	if (sum <= UINT64CONST(12000000000000000))
		return 0;				/* low requirements can take the formula below zero, where there are no scores */
	sum -= UINT64CONST(12000000000000000);
	/* times 1.176, in tenths: 11.76 / 8e15 = 147 / 1e17 */
	return (int) ((147 * sum + UINT64CONST(50000000000000000)) / UINT64CONST(100000000000000000));
}

static int
temporal_score(const PfCvss *v, int base)
{
	return (base * e[v->value[E]] * rl[v->value[RL]] * rc[v->value[RC]] + 500000) / 1000000;
}

int
pf_cvss_v2_score(const PfCvss *v, bool temporal, bool environmental)
{
	int			score = base_score(v, 0, 0, 0, false);

	if (environmental)
	{
		score = temporal_score(v, base_score(v, v->value[CR], v->value[IR], v->value[AR], true));
		score = ((10 * score + (100 - score) * cdp[v->value[CDP]]) * td[v->value[TD]] + 500) / 1000;
	}
	else if (temporal)
		score = temporal_score(v, score);
	return score;
}
