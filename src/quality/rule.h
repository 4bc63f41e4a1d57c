/*
 * rule.h
 *		Parsing of rule expressions: the only way by which user-written SQL gets into a scan.
 */
#ifndef PF_RULE_H
#define PF_RULE_H

#include "pf.h"

#include "access/tupdesc.h"
#include "nodes/bitmapset.h"
#include "nodes/primnodes.h"
#include "parser/parse_node.h"

/* The dates that a rule may name as :period_start and so on; Param numbers are 1 + index. */
#define PF_NPARAMS 3
extern const char *const pf_param_names[PF_NPARAMS];

typedef struct PfExpression
{
	Node	   *node;			/* transformed, trusted, collations assigned, not planned */
	Oid			type;
	Bitmapset  *columns;		/* attribute numbers */
	uint32		params;			/* bit i: uses pf_param_names[i] */
	char		volatility;		/* PROVOLATILE_IMMUTABLE or _STABLE */
	char		parallel;		/* PROPARALLEL_SAFE, _RESTRICTED or _UNSAFE */
	bool		may_raise;		/* could fail on some value */
} PfExpression;

/* A text that is being parsed: see pf_rule_parse_begin(). */
typedef struct PfRuleParse
{
	ParseState *pstate;
	TupleDesc	desc;
	const char *relname;
	const char *text;			/* as the user wrote it, for error positions */
	bool		allow_params;
	ErrorContextCallback callback;
} PfRuleParse;

/* The settings under which rules are read and written, whatever the caller's are. */
typedef struct PfRuleSettings
{
	int			guc_level;
} PfRuleSettings;

/* rule_parse.c */
typedef enum PfRuleSettingsFor
{
	PF_FOR_PARSE,				/* of what a user wrote: constants by his settings */
	PF_FOR_DEPARSE,				/* constants by fixed settings */
	PF_FOR_COMPILE				/* of what was deparsed */
} PfRuleSettingsFor;

extern void pf_rule_settings_push(PfRuleSettings *state, PfRuleSettingsFor what);
extern void pf_rule_settings_pop(PfRuleSettings *state);
extern Node *pf_rule_parse_begin(PfRuleParse *parse, TupleDesc desc, const char *relname,
								 const char *rule, const char *source, bool allow_params);
extern PfExpression *pf_rule_transform(PfRuleParse *parse, Node *raw, Oid result_type);
extern void pf_rule_parse_end(PfRuleParse *parse);
extern Relation pf_open_relation(Oid relid);
extern PfExpression *pf_rule_parse(TupleDesc desc, const char *relname, const char *rule,
								   Oid result_type, bool allow_params);
extern char *pf_rule_deparse_in(const PfExpression *expression, List *context);
extern char *pf_rule_deparse(const PfExpression *expression, Oid relid);
extern char *pf_replace_params(const char *rule, const char *const *values);

/* rule_trust.c */
extern void pf_trust_raw(Node *raw, ParseState *pstate);
extern void pf_trust_node(Node *node, ParseState *pstate, PfExpression *expression);
extern void pf_trust_column_type(Oid type, const char *column, ParseState *pstate, int location);

/* whole_set.c */
extern const char *pf_rule_kind(const char *rule);
extern char *pf_whole_set_definition(Oid relid, const char *rule);

/* rule_raise.c */
extern bool pf_function_may_raise(Oid funcid, List *args, Oid collation);

#endif							/* PF_RULE_H */
