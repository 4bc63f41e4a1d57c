/*
 * cvss_score.c
 *		The score of a CVSS vector, in tenths.
 *
 * One vector, one score: the environmental score if an environmental metric is defined, else the
 * temporal score if a temporal metric is, else the base score, as FIRST's and NVD's calculators show
 * them. Version 4.0 has one score, of whatever is defined.
 *
 * All arithmetic is on integers. The specifications write decimal fractions, and a score that is
 * rounded after floating-point arithmetic is off by a tenth for some vectors.
 */
#include "pf.h"

#include "cvss.h"

static bool
any_defined(const PfCvss *vector, int from, int to)
{
	for (int i = from; i < to; i++)
	{
		if (vector->value[i] != 0)
			return true;
	}
	return false;
}

int
pf_cvss_score(const PfCvss *vector)
{
	const PfCvssSpec *spec = &pf_cvss_spec[vector->version];
	int			score;
	bool		temporal;
	bool		environmental;

	if (vector->version == PF_CVSS_4_0)
	{
		(void) pf_cvss_v4_place(vector, &score);
		return score;
	}
	temporal = any_defined(vector, spec->base_end, spec->threat_end);
	environmental = any_defined(vector, spec->threat_end, spec->environmental_end);
	return vector->version == PF_CVSS_2_0 ? pf_cvss_v2_score(vector, temporal, environmental) :
		pf_cvss_v3_score(vector, temporal, environmental);
}
