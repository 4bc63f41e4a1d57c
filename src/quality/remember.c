/*
 * remember.c
 *		The rule sets that this session has made or counted with, by fingerprint.
 *
 * A tally names its rule set by fingerprint only. Sets behind stored scores are kept for ever in
 * rule_set_version; one that a person typed a moment ago is remembered here, so that
 * tally_counts() opens his tally too. A fingerprint is a hash of the content: what is remembered
 * can never be stale, and no snapshot has a say in it.
 *
 * Backend-local, at most PF_REMEMBERED sets, the oldest makes room. Parallel workers remember for
 * themselves only, which is why tally_counts() is parallel restricted.
 */
#include "quality.h"

#include "utils/memutils.h"

#define PF_REMEMBERED 64

static PfRuleSetValue *remembered[PF_REMEMBERED];
static int	next_place = 0;

const PfRuleSetValue *
pf_remembered_rule_set(uint64 fingerprint)
{
	for (int i = 0; i < PF_REMEMBERED; i++)
		if (remembered[i] && remembered[i]->fingerprint == fingerprint)
			return remembered[i];
	return NULL;
}

void
pf_remember_rule_set(const PfRuleSetValue *value)
{
	PfRuleSetValue *copy;

	if (pf_remembered_rule_set(value->fingerprint))
		return;
	copy = MemoryContextAlloc(TopMemoryContext, VARSIZE(value));
	memcpy(copy, value, VARSIZE(value));
	if (remembered[next_place])
		pfree(remembered[next_place]);
	remembered[next_place] = copy;
	next_place = (next_place + 1) % PF_REMEMBERED;
}
