/*
 * whole_set.h
 *		What the two files of whole-set rules share: whole_set.c has the kinds, whole_set_argument.c
 *		what their arguments have in common.
 */
#ifndef PF_WHOLE_SET_H
#define PF_WHOLE_SET_H

#include "rule.h"

#include "lib/stringinfo.h"
#include "utils/rel.h"

typedef struct PfWholeSetKind
{
	const char *name;
	const char *usage;
	int			least;			/* positional arguments */
	int			most;
	const char *const *named;
} PfWholeSetKind;

/* The rule while it is read. Texts are SQL with names in full, over the relation they belong to. */
typedef struct PfWholeSet
{
	const PfWholeSetKind *kind;
	PfRuleParse parse;
	Relation	rel;
	Relation	target;			/* what is referred to, or NULL */
	List	   *args;			/* raw, positional */
	StringInfoData json;
	StringInfoData text;
} PfWholeSet;

extern void pf_set_refuse_usage(PfWholeSet *set, const char *problem, int location);
extern void pf_set_look_at(PfWholeSet *set, Relation rel);
extern PfExpression *pf_set_expression_of(PfWholeSet *set, Node *raw, Oid type);
extern char *pf_set_sql_of(PfWholeSet *set, const PfExpression *expression);
extern const char *pf_set_column_of(PfWholeSet *set, const PfExpression *expression);
extern void pf_set_put_field(PfWholeSet *set, const char *name);
extern void pf_set_put_string(PfWholeSet *set, const char *value);
extern void pf_set_put_argument(PfWholeSet *set, const char *name, const char *value);
extern Node *pf_set_named_argument(PfWholeSet *set, FuncCall *call, const char *name);
extern List *pf_set_as_list(Node *raw);
extern List *pf_set_put_keys(PfWholeSet *set, const char *name, List *raw, const char *argument);
extern char *pf_set_constant_of(PfWholeSet *set, Node *raw, Oid type);
extern char *pf_set_number_of(PfWholeSet *set, Node *raw, double least);
extern bool pf_set_is_time(Oid type);
extern void pf_set_put_period(PfWholeSet *set, const char *name, Node *raw);
extern char *pf_set_open_target(PfWholeSet *set, FuncCall *call);

#endif							/* PF_WHOLE_SET_H */
