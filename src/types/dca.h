/*
 * dca.h
 *		The rules of a delivery confidence assessment, for callers that judge text without leaving C.
 */
#ifndef PF_DCA_H
#define PF_DCA_H

/*
 * A value is its scale and its place on it, worst first. The numbers are on disk: places for other
 * scales are kept free, and none of these may ever change.
 */
typedef enum PfDca
{
	PF_DCA_RED = 11,			/* five points, published to March 2021 */
	PF_DCA_AMBER_RED = 12,
	PF_DCA_AMBER = 13,
	PF_DCA_AMBER_GREEN = 14,
	PF_DCA_GREEN = 15,
	PF_DCA_RED_3 = 21,			/* three points, published from March 2022 */
	PF_DCA_AMBER_3 = 22,
	PF_DCA_GREEN_3 = 23,
	PF_DCA_RESET = 91,			/* on neither scale: there is no rating */
	PF_DCA_EXEMPT = 92,
	PF_DCA_NOT_RATED = 93
} PfDca;

/* Why a text is not a rating, in the order in which the rules are asked. */
typedef enum PfDcaProblem
{
	PF_DCA_OK = 0,
	PF_DCA_EMPTY,
	PF_DCA_UNKNOWN_RATING,
	PF_DCA_UNKNOWN_SCALE,
	PF_DCA_NOT_ON_SCALE
} PfDcaProblem;

/*
 * Neither raises an error or allocates memory; `s` need not end in a zero byte. `scale` is the scale
 * that a rating without one is meant on: 5 or 3.
 */
extern PfDcaProblem pf_dca_parse(const char *s, size_t len, int scale, PfDca *value);

/* The reason code of a problem: a constant, NULL for PF_DCA_OK. */
extern const char *pf_dca_reason(PfDcaProblem problem);

#endif							/* PF_DCA_H */
