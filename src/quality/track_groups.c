/*
 * track_groups.c
 *		Tallies by period and provider: a small hash table in a memory context of its own.
 */
#include "track.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

PfGroups *
pf_groups_create(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "pg_portfolio groups", ALLOCSET_SMALL_SIZES);
	PfGroups   *groups = MemoryContextAllocZero(context, sizeof(PfGroups));

	groups->context = context;
	groups->nbuckets = 8;
	groups->buckets = MemoryContextAllocZero(context, sizeof(PfGroup *) * groups->nbuckets);
	return groups;
}

static inline bool
same_part(const PfGroupKey *a, const PfGroupKey *b, int i)
{
	return a->len[i] == b->len[i] && (a->len[i] <= 0 || memcmp(a->part[i], b->part[i], a->len[i]) == 0);
}

static inline bool
same_key(const PfGroupKey *a, const PfGroupKey *b)
{
	return same_part(a, b, 0) && same_part(a, b, 1);
}

static uint32
hash_key(const PfGroupKey *key)
{
	uint32		hash = 0;

	for (int i = 0; i < 2; i++)
	{
		uint32		part = key->len[i] < 0 ? 1 : hash_bytes((const unsigned char *) key->part[i], key->len[i]);

		hash = hash_combine(hash, part);
	}
	return hash;
}

static void
grow(PfGroups *groups)
{
	uint32		nbuckets = 2 * groups->nbuckets;
	PfGroup   **buckets = MemoryContextAllocZero(groups->context, sizeof(PfGroup *) * nbuckets);

	for (uint32 b = 0; b < groups->nbuckets; b++)
	{
		PfGroup    *next;

		for (PfGroup *group = groups->buckets[b]; group; group = next)
		{
			next = group->next;
			group->next = buckets[group->hash & (nbuckets - 1)];
			buckets[group->hash & (nbuckets - 1)] = group;
		}
	}
	pfree(groups->buckets);
	groups->buckets = buckets;
	groups->nbuckets = nbuckets;
}

static PfGroup *
add_group(PfGroups *groups, const PfGroupKey *key, uint32 hash)
{
	PfGroup    *group = MemoryContextAllocZero(groups->context, sizeof(PfGroup));
	PfGroup   **bucket;

	if (groups->ngroups >= 2 * groups->nbuckets)
		grow(groups);
	group->hash = hash;
	for (int i = 0; i < 2; i++)
	{
		group->key.len[i] = key->len[i];
		if (key->len[i] >= 0)
		{
			char	   *copy = MemoryContextAlloc(groups->context, key->len[i] + 1);

			memcpy(copy, key->part[i], key->len[i]);
			copy[key->len[i]] = '\0';
			group->key.part[i] = copy;
		}
	}
	bucket = &groups->buckets[hash & (groups->nbuckets - 1)];
	group->next = *bucket;
	*bucket = group;
	groups->ngroups++;
	return group;
}

/* The group of a key, made where it is not there. */
PfGroup *
pf_group(PfGroups *groups, const PfGroupKey *key)
{
	PfGroup    *group = groups->last;
	uint32		hash;

	if (group && same_key(&group->key, key))
		return group;
	hash = hash_key(key);
	for (group = groups->buckets[hash & (groups->nbuckets - 1)]; group; group = group->next)
		if (group->hash == hash && same_key(&group->key, key))
			break;
	if (group == NULL)
		group = add_group(groups, key, hash);
	return groups->last = group;
}

/* Add a tally to, or take it from, the sum of its group. */
void
pf_groups_add(PfGroups *groups, const PfGroupKey *key, const PfTally *tally, int sign)
{
	PfGroup    *group = pf_group(groups, key);

	if (group->tally == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(groups->context);

		group->tally = pf_tally_make(tally->fingerprint, tally->nrules, tally->nitems, tally->ndimensions);
		MemoryContextSwitchTo(old);
	}
	pf_tally_add(group->tally, tally, sign);
}

/* What came less what went, in the current context. */
PfTally *
pf_group_difference(const PfGroup *group, const PfTally *shape)
{
	PfTally    *difference = group->plus ? pf_state_tally(group->plus)
		: pf_tally_make(shape->fingerprint, shape->nrules, shape->nitems, shape->ndimensions);

	if (group->minus)
		pf_tally_add(difference, pf_state_tally(group->minus), -1);
	return difference;
}

bool
pf_tally_is_zero(const PfTally *tally)
{
	int			n = PF_TALLY_COUNTS(tally);

	if (tally->records != 0)
		return false;
	for (int i = 0; i < n; i++)
		if (tally->counts[i] != 0)
			return false;
	return true;
}
