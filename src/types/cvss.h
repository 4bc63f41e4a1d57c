/*
 * cvss.h
 *		Vectors of the Common Vulnerability Scoring System, for callers that need them without SQL.
 *
 * Three forms of a vector: text; PfCvss, its metrics one by one; and the packed value that the type
 * holds. cvss_text.c goes between the first two, cvss_pack.c between the last two, cvss_score.c
 * chooses the formula of cvss_v2.c, cvss_v3.c or cvss_v4.c. Nothing of these raises an error, allocates
 * memory or reads a setting; what does is in cvss.c.
 */
#ifndef PF_CVSS_H
#define PF_CVSS_H

typedef enum PfCvssVersion
{
	PF_CVSS_2_0,
	PF_CVSS_3_0,
	PF_CVSS_3_1,
	PF_CVSS_4_0
} PfCvssVersion;

#define PF_CVSS_VERSIONS 4
#define PF_CVSS_MAX_METRICS 32
#define PF_CVSS_MAX_VALUES 6
/* The longest vector as text, with a zero byte; the longest partial one is shorter */
#define PF_CVSS_MAX_TEXT 192

typedef struct PfCvssMetric
{
	const char *name;			/* as AV */
	uint8		values;			/* how many there are */
	const char *value[PF_CVSS_MAX_VALUES];	/* in the order of severity; of a metric that is no base metric the first is Not Defined */
} PfCvssMetric;

/* The metrics of a version in the order of its specification: base, threat, environmental, supplemental */
typedef struct PfCvssSpec
{
	const char *name;			/* as 3.1 */
	bool		fixed_order;	/* are vectors in another order invalid? */
	uint8		base_end;
	uint8		threat_end;		/* temporal, before version 4.0 */
	uint8		environmental_end;
	uint8		metrics;
	const PfCvssMetric *metric;
} PfCvssSpec;

extern const PfCvssSpec pf_cvss_spec[PF_CVSS_VERSIONS];

/* value[i]: which of metric i's values; 0 is Not Defined where there is one */
typedef struct PfCvss
{
	PfCvssVersion version;
	uint8		value[PF_CVSS_MAX_METRICS];
} PfCvss;

/* Why a text is not a vector */
typedef enum PfCvssProblem
{
	PF_CVSS_OK = 0,
	PF_CVSS_EMPTY,
	PF_CVSS_UNKNOWN_VERSION,
	PF_CVSS_MALFORMED,
	PF_CVSS_UNKNOWN_METRIC,
	PF_CVSS_UNKNOWN_VALUE,
	PF_CVSS_REPEATED_METRIC,
	PF_CVSS_WRONG_ORDER,
	PF_CVSS_MISSING_METRIC
} PfCvssProblem;

/* Where: what the words of an error need */
typedef struct PfCvssFault
{
	PfCvssProblem problem;
	PfCvssVersion version;
	int			metric;			/* which, where it is one of the version */
	const char *at;				/* the metric or value in the text */
	size_t		len;
} PfCvssFault;

/* Which values a partial vector asks for, in each version that has all of its metrics and values */
typedef struct PfCvssPartial
{
	bool		possible[PF_CVSS_VERSIONS];
	uint8		wanted[PF_CVSS_VERSIONS][PF_CVSS_MAX_METRICS];	/* 0: any, else the value + 1 */
} PfCvssPartial;

/* cvss_text.c */
extern PfCvssProblem pf_cvss_parse(const char *s, size_t len, PfCvss *vector, PfCvssFault *fault);
extern PfCvssProblem pf_cvss_parse_partial(const char *s, size_t len, PfCvssPartial *partial, PfCvssFault *fault);
extern int	pf_cvss_print(const PfCvss *vector, char *buf);
extern int	pf_cvss_find_metric(PfCvssVersion version, const char *name, size_t len);
extern const char *pf_cvss_reason(PfCvssProblem problem);

/* cvss_pack.c */
extern uint64 pf_cvss_pack(const PfCvss *vector);
extern void pf_cvss_unpack(uint64 packed, PfCvss *vector);
extern PfCvssVersion pf_cvss_packed_version(uint64 packed);

#define PF_CVSS_SCORE_SHIFT 56
#define PF_CVSS_HIGHEST_SCORE 100

/* The score of a packed value in tenths: 0 to 100 */
static inline int
pf_cvss_packed_score(uint64 packed)
{
	return (int) (packed >> PF_CVSS_SCORE_SHIFT);
}

/* In tenths. cvss_score.c, cvss_v2.c, cvss_v3.c, cvss_v4.c */
extern int	pf_cvss_score(const PfCvss *vector);
extern int	pf_cvss_v2_score(const PfCvss *vector, bool temporal, bool environmental);
extern int	pf_cvss_v3_score(const PfCvss *vector, bool temporal, bool environmental);
extern uint64 pf_cvss_v4_place(const PfCvss *vector, int *score);
extern void pf_cvss_v4_find(int score, uint64 place, PfCvss *vector);

/* Places that one score keeps for vectors of version 4.0 */
#define PF_CVSS_V4_PLACES ((UINT64CONST(1) << 56) - (UINT64CONST(1) << 41))

/* cvss.c */
extern void pf_cvss_from_datum(Datum value, PfCvss *vector);
extern bool pf_cvss_may_be_quoted(const char *s, size_t len);
extern char *pf_cvss_problem_detail(const PfCvssFault *fault, const char *s);
extern char *pf_cvss_shown(const char *s, size_t len);

#endif							/* PF_CVSS_H */
