/*
 * quality.h
 *		Rule sets and tallies: what the files of the quality engine share.
 */
#ifndef PF_QUALITY_H
#define PF_QUALITY_H

#include "rule.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/date.h"
#include "utils/expandeddatum.h"
#include "utils/jsonb.h"

#define PF_MAX_RULES 10000
#define PF_MAX_DIMENSIONS 16	/* a row's verdicts are four 16-bit masks in one word */

/*
 * A rule set as a value: a short header that tells two sets apart, then the packed payload. The
 * fingerprint covers everything that gives a tally its meaning, not the dates of :period_start etc.
 */
typedef struct PfRuleSetValue
{
	int32		vl_len_;
	uint8		version;
	char		volatility;		/* worst of all expressions */
	char		parallel;		/* worst of all expressions */
	uint8		flags;			/* PF_RULES_MAY_RAISE | which dates are set << 1 */
	uint64		fingerprint;
	DateADT		dates[PF_NPARAMS];
	uint32		definition_len; /* of the payload: what the fingerprint covers */
	char		payload[FLEXIBLE_ARRAY_MEMBER];
} PfRuleSetValue;

#define PF_RULE_SET_VERSION 1
#define PF_RULES_MAY_RAISE 0x01
#define PF_RULE_SET_HEADER offsetof(PfRuleSetValue, payload)

typedef enum PfOnNull
{
	PF_NULL_MISSING,
	PF_NULL_PASS,
	PF_NULL_FAIL
} PfOnNull;

typedef struct PfRuleColumn
{
	char	   *name;
	char	   *type;			/* qualified, "" for a plain ROW's unknown */
	int32		typmod;
	char	   *collation;		/* qualified, "" where the type has none */
} PfRuleColumn;

typedef struct PfRule
{
	char	   *code;
	char	   *expression;		/* deparsed, qualified */
	int			item;
	int			dimension;
	PfOnNull	on_null;
	bool		may_raise;
} PfRule;

typedef struct PfItem
{
	char	   *name;
	int			column;			/* index into columns, -1: the item is its rules */
	int			nmissing;
	char	  **missing;		/* values of the column that mean NULL */
	int			ndefaults;
	char	  **defaults;		/* codes that say "not known" and the like */
	char	   *applies_when;	/* deparsed, or NULL */
	bool		mandatory;
} PfItem;

/* A rule that could not be compiled: kept in the set so that it can be named, counted nowhere. */
typedef struct PfProblem
{
	char	   *code;
	char	   *expression;
	char	   *item;
	char	   *sqlstate;
	char	   *problem;
} PfProblem;

typedef struct PfRuleSet
{
	uint64		fingerprint;
	char		volatility;
	char		parallel;
	bool		may_raise;
	bool		date_set[PF_NPARAMS];
	DateADT		dates[PF_NPARAMS];
	int			ncolumns;
	PfRuleColumn *columns;
	int			nrules;
	PfRule	   *rules;
	int			nitems;
	PfItem	   *items;
	int			ndimensions;
	char	  **dimensions;
	int			nproblems;
	PfProblem  *problems;
} PfRuleSet;

/*
 * A tally opened: the counts in their canonical order. "Passed" is derived: records less the rest.
 * The first pf_tally_hot() counters change for ordinary rows, the others are mostly zero.
 */
typedef struct PfTally
{
	uint64		fingerprint;
	int			nrules;
	int			nitems;
	int			ndimensions;
	int64		records;
	int64	   *counts;
} PfTally;

#define PF_RULE_FAILED(t, i) (i)
#define PF_RULE_MISSING(t, i) ((t)->nrules + (i))
#define PF_ITEM_FAILED(t, i) (2 * (t)->nrules + (i))
#define PF_ITEM_MISSING(t, i) (2 * (t)->nrules + (t)->nitems + (i))
#define PF_ITEM_DEFAULTS(t, i) (2 * (t)->nrules + 2 * (t)->nitems + (i))
#define PF_DIM_FAILED(t, i) (2 * (t)->nrules + 3 * (t)->nitems + (i))
#define PF_DIM_MISSING(t, i) (2 * (t)->nrules + 3 * (t)->nitems + (t)->ndimensions + (i))
#define PF_CLEAN_FAILED(t) (2 * (t)->nrules + 3 * (t)->nitems + 2 * (t)->ndimensions)
#define PF_TALLY_HOT(t) (PF_CLEAN_FAILED(t) + 1)
#define PF_RULE_ERRORS(t, i) (PF_TALLY_HOT(t) + (i))
#define PF_RULE_NA(t, i) (PF_TALLY_HOT(t) + (t)->nrules + (i))
#define PF_ITEM_ERRORS(t, i) (PF_TALLY_HOT(t) + 2 * (t)->nrules + (i))
#define PF_ITEM_NA(t, i) (PF_TALLY_HOT(t) + 2 * (t)->nrules + (t)->nitems + (i))
#define PF_DIM_ERRORS(t, i) (PF_TALLY_HOT(t) + 2 * (t)->nrules + 2 * (t)->nitems + (i))
#define PF_DIM_NA(t, i) (PF_TALLY_HOT(t) + 2 * (t)->nrules + 2 * (t)->nitems + (t)->ndimensions + (i))
#define PF_CLEAN_ERRORS(t) (PF_TALLY_HOT(t) + 2 * (t)->nrules + 2 * (t)->nitems + 2 * (t)->ndimensions)
#define PF_TALLY_COUNTS(t) (PF_CLEAN_ERRORS(t) + 1)

/* pack.c: the byte stream of both types, the same on every machine */
typedef struct PfReader
{
	const unsigned char *at;
	const unsigned char *end;
	const char *type;			/* for errors */
} PfReader;

extern void pf_put_uint(StringInfo buf, uint64 value);
extern void pf_put_int(StringInfo buf, int64 value);
extern void pf_put_string(StringInfo buf, const char *string);
extern uint64 pf_get_uint(PfReader *reader, uint64 max);
extern int64 pf_get_int(PfReader *reader);
extern char *pf_get_string(PfReader *reader);
pf_noreturn extern void pf_corrupt(const PfReader *reader, const char *detail);
extern uint64 pf_fingerprint(const char *data, size_t len);

/* rule_set.c */
extern PfRuleSetValue *pf_rule_set_pack(const PfRuleSet *set);
extern PfRuleSet *pf_rule_set_open(const PfRuleSetValue *value);
extern void pf_rule_set_check(const PfRuleSet *set);
extern PfRuleSetValue *pf_get_rule_set(FunctionCallInfo fcinfo, int arg);

/* rule_set_build.c */
extern char *pf_qualified_type(Oid type);
extern char *pf_qualified_collation(Oid collation);
extern char *pf_codes_expression(const char *column, Oid type, int n, char **values);
extern PfRuleSet *pf_rule_set_build(Oid relid, JsonbContainer *definition, bool report);

/* rule_set_io.c */
extern const char *const pf_on_null_names[3];
extern JsonbValue *pf_json_field(JsonbContainer *object, const char *key);
extern char *pf_json_string(JsonbContainer *object, const char *key, bool required);
extern bool pf_json_bool(JsonbContainer *object, const char *key, bool otherwise);
extern JsonbContainer *pf_json_array(JsonbContainer *object, const char *key);
extern JsonbContainer *pf_json_object_at(JsonbContainer *array, int i, const char *what);
extern char **pf_json_strings(JsonbContainer *object, const char *key, int *n);
extern PfOnNull pf_on_null(const char *name);

/* remember.c */
extern void pf_remember_rule_set(const PfRuleSetValue *value);
extern const PfRuleSetValue *pf_remembered_rule_set(uint64 fingerprint);

/* fetch_rule_set.c */
extern PfRuleSetValue *pf_fetch_rule_set(const char *sql, Oid argtype, Datum arg, MemoryContext context, Oid *type);

/* tally.c */
#define PF_TALLY_VERSION 1
extern void pf_tally_pack(const PfTally *tally, StringInfo buf);
extern struct varlena *pf_tally_value(const PfTally *tally);
extern PfTally *pf_tally_open(const struct varlena *value);
extern PfTally *pf_tally_make(uint64 fingerprint, int nrules, int nitems, int ndimensions);
extern void pf_tally_same(uint64 a, uint64 b);
extern int64 pf_tally_plus(int64 a, int64 b);
extern void pf_tally_add(PfTally *into, const PfTally *from, int sign);
extern PfTally *pf_get_tally(FunctionCallInfo fcinfo, int arg);
extern Datum pf_empty_tally(PG_FUNCTION_ARGS);

#endif							/* PF_QUALITY_H */
