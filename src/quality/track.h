/*
 * track.h
 *		Scores that stay current: what the files track*.c share.
 *
 * Two tables hold the score of a tracked data set as a sum. tracked_tally has rows that are only ever
 * added: the tally of a count, and then what each transaction changed. tracked_leaf says of which
 * physical file of which leaf partition the rows speak, and in which state its triggers and columns
 * were. A number is right because of three rules:
 *
 * 1. Whoever changes rows adds the difference in the same transaction. So under any snapshot that has
 *	  seen the count, the rows of a file that it sees add up to what it sees of the file.
 * 2. A count of a file reads data and tallies with one snapshot, and replaces just those tallies.
 * 3. Whoever reads takes the snapshot first and looks at the catalogs afterwards. What no trigger
 *	  sees (another file, another trigger row, other columns) has then left its trace, and the file is
 *	  counted anew instead of believed.
 */
#ifndef PF_TRACK_H
#define PF_TRACK_H

#include "engine.h"

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

/* Which period and provider a row belongs to; a length of -1 stands for NULL. */
typedef struct PfGroupKey
{
	const char *part[2];
	int			len[2];
} PfGroupKey;

typedef struct PfGroup
{
	struct PfGroup *next;		/* of the same bucket */
	uint32		hash;
	PfGroupKey	key;
	PfTallyState *plus;			/* rows that came, while changes are gathered */
	PfTallyState *minus;		/* rows that went */
	PfTally    *tally;			/* while a score is summed */
} PfGroup;

typedef struct PfGroups
{
	MemoryContext context;
	uint32		nbuckets;
	uint32		ngroups;
	PfGroup   **buckets;
	PfGroup    *last;			/* asked for last */
} PfGroups;

/* What the transaction has changed in a file, on one level of subtransactions, and not yet written. */
typedef struct PfDelta
{
	dlist_node	node;
	int64		tracking;
	Oid			leaf;
	Oid			file;
	PfTally		shape;			/* counts unused */
	char	   *doubt;			/* why it cannot be counted, or NULL */
	PfGroups   *groups;
} PfDelta;

/* A tracked data set, as its row of tracked_data_set says. */
typedef struct PfTracked
{
	int64		data_set;
	int64		tracking;		/* 0: not tracked */
	int64		fingerprint;
	PfRuleSetValue *rules;
	char	   *filter;			/* these three deparsed, or NULL */
	char	   *period;
	char	   *provider;
	char	  **columns;		/* that any of these expressions look at */
	int			ncolumns;
} PfTracked;

/* A leaf partition as the catalogs have it now. */
typedef struct PfLeaf
{
	Oid			relid;
	Oid			file;			/* relfilenode */
	char	   *name;			/* qualified */
	char	   *triggers;		/* which versions of its trigger rows */
	char	   *columns;		/* which columns bear the names */
	char	   *doubt;			/* why its tallies cannot be believed, or NULL */
	bool		altered;		/* the rules as they were tracked do not fit its columns */
} PfLeaf;

/* track_groups.c */
extern PfGroups *pf_groups_create(MemoryContext parent);
extern PfGroup *pf_group(PfGroups *groups, const PfGroupKey *key);
extern void pf_groups_add(PfGroups *groups, const PfGroupKey *key, const PfTally *tally, int sign);
extern PfTally *pf_group_difference(const PfGroup *group, const PfTally *shape);
extern bool pf_tally_is_zero(const PfTally *tally);

/* track_delta.c */
extern uint64 pf_delta_epoch;
extern PfDelta *pf_delta(int64 tracking, Oid leaf, Oid file, const PfTally *shape);
extern void pf_delta_doubt(PfDelta *delta, const char *reason);
extern void pf_delta_counted(PfDelta *delta, bool new_state);
extern void pf_deltas_drop(int64 tracking, Oid leaf, Oid file);
extern const char *pf_deltas_doubt(int64 tracking, Oid leaf, Oid file);
extern void pf_deltas_add(int64 tracking, Oid leaf, Oid file, PfGroups *groups, int sign);
extern void pf_write_tally(int64 tracking, Oid leaf, Oid file, const PfGroupKey *key, const PfTally *tally,
						   const char *doubt);
extern Oid	pf_type_oid(const char *name);

/* track_read.c */
extern const char *pf_trigger_name(int64 data_set, bool truncate);
extern bool pf_read_tracked(int64 data_set, PfTracked *tracked);

/* track_leaf.c */
extern List *pf_leaves(const PfTracked *tracked, Oid root, LOCKMODE lockmode);
extern PfLeaf *pf_leaf(const PfTracked *tracked, Relation rel);
extern bool pf_leaf_is_new(Oid relid);
extern bool pf_leaf_readable(Oid relid);

/* track_sum.c */
extern int	pf_track_settings(void);
extern PfTracked *pf_tracked_by_code(Datum code, Oid *root, const char **doubt);
extern PfTracked *pf_tracked_anew(Datum code, Oid root);
extern void pf_judge_leaves(const PfTracked *tracked, List *leaves);
extern void pf_sum_leaves(const PfTracked *tracked, List *leaves, PfGroups *sums);
extern void pf_scan(const PfTracked *tracked, Oid relid, PfGroups *groups);
extern bool pf_rules_name_dates(const PfRuleSetValue *value);

/* track_count.c */
extern void pf_as_engine(const char *table, const char *sql, int nargs, const Oid *argtypes, const Datum *values,
						 const char *nulls);
extern void pf_write_leaf(const PfTracked *tracked, const PfLeaf *leaf);
extern int64 pf_keep_count(const PfTracked *tracked, const PfLeaf *leaf, PfGroups *counted);

#endif							/* PF_TRACK_H */
