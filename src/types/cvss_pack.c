/*
 * cvss_pack.c
 *		A CVSS vector in eight bytes that sort by score, then version, then vector.
 *
 *		bits 56 to 62	the score in tenths, 0 to 100
 *		bits 0 to 55	the place of the vector among those of all versions with that score
 *
 * Bit 63 is zero, so the order is that of bigint. There are 2 * 10^17 places with most scores, in this order:
 *
 *		2.0			139,968,000				its metrics as one mixed-radix number
 *		3.0			573,308,928,000			so too
 *		3.1			573,308,928,000			so too
 *		4.0			the rest
 *
 * Version 4.0 is what makes it tight: it has 267,483,013,447,680,000 vectors, supplemental metrics included,
 * which takes 57.9 bits of its own, and a score beside it 6.7 more: 64.6 in all. But a score says much about
 * its vector. Of the 270 macrovectors a score is reached by at most 64, and the vectors of those fit into
 * 56 bits: 5.7 * 10^16 at most. So a place counts only through macrovectors that reach the score
 * (cvss_v4.c). Nothing is left out: every vector has its own value, and comes back as it was.
 *
 * The value depends on the scores, and so on the tables of version 4.0: should FIRST ever change them, it will be
 * under another version number, which gets places of its own behind these.
 */
#include "pf.h"

#include "cvss.h"

#define PLACES_2 UINT64CONST(139968000)
#define PLACES_3 UINT64CONST(573308928000)

static const uint64 first_place[PF_CVSS_VERSIONS] = {0, PLACES_2, PLACES_2 + PLACES_3, PLACES_2 + 2 * PLACES_3};

StaticAssertDecl(PLACES_2 + 2 * PLACES_3 + PF_CVSS_V4_PLACES <= (UINT64CONST(1) << PF_CVSS_SCORE_SHIFT),
				 "places of CVSS vectors do not fit beside the score");

uint64
pf_cvss_pack(const PfCvss *vector)
{
	const PfCvssSpec *spec = &pf_cvss_spec[vector->version];
	uint64		place = 0;
	int			score;

	if (vector->version == PF_CVSS_4_0)
		place = pf_cvss_v4_place(vector, &score);
	else
	{
		score = pf_cvss_score(vector);
		for (int i = 0; i < spec->metrics; i++)
			place = place * spec->metric[i].values + vector->value[i];
	}
	return ((uint64) score << PF_CVSS_SCORE_SHIFT) + first_place[vector->version] + place;
}

static inline uint64
place_of(uint64 packed)
{
	return packed & ((UINT64CONST(1) << PF_CVSS_SCORE_SHIFT) - 1);
}

PfCvssVersion
pf_cvss_packed_version(uint64 packed)
{
	uint64		place = place_of(packed);
	int			version = PF_CVSS_4_0;

	while (place < first_place[version])
		version--;
	return version;
}

/* Undoes pf_cvss_pack() */
void
pf_cvss_unpack(uint64 packed, PfCvss *vector)
{
	uint64		place = place_of(packed);
	const PfCvssSpec *spec;

	vector->version = pf_cvss_packed_version(packed);
	spec = &pf_cvss_spec[vector->version];
	place -= first_place[vector->version];
	if (vector->version == PF_CVSS_4_0)
	{
		pf_cvss_v4_find(pf_cvss_packed_score(packed), place, vector);
		return;
	}
	for (int i = spec->metrics - 1; i >= 0; i--)
	{
		vector->value[i] = (uint8) (place % spec->metric[i].values);
		place /= spec->metric[i].values;
	}
}
