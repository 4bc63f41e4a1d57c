/*
 * memo.c
 *		Which outcome did this value have? A bounded hash table per column, for one query.
 *
 * Keys are the bytes of the value: equal bytes give equal results whatever the collation. The first
 * eight bytes stand in the slot itself, so that most values are found without following a pointer.
 * A table that is full takes no more values; one whose values do not come again is dropped by the
 * engine, which then judges each value anew.
 */
#include "engine.h"

#include "utils/memutils.h"

#define MEMO_MAX_VALUES 16384
#define MEMO_MAX_BYTES (4 * 1024 * 1024)
#define MEMO_TRIAL 2048			/* look-ups before a table is judged */

typedef struct MemoSlot
{
	uint64		prefix;			/* the first bytes of the value, zero-padded */
	uint32		len;
	uint32		hash;			/* of values longer than the prefix */
	const char *data;			/* the whole value where it is longer than the prefix */
	PfOutcome  *outcome;		/* NULL: the slot is free */
} MemoSlot;

struct PfMemo
{
	MemoryContext context;
	uint32		nslots;
	uint32		nvalues;
	Size		bytes;
	uint64		lookups;
	uint64		misses;
	MemoSlot   *slots;
	PfOutcome  *spare;			/* where the outcome of a value goes that has no room */
};

PfMemo *
pf_memo_create(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "pg_portfolio memo", ALLOCSET_SMALL_SIZES);
	PfMemo	   *memo = MemoryContextAllocZero(context, sizeof(PfMemo));

	memo->context = context;
	memo->nslots = 32;
	memo->slots = MemoryContextAllocZero(context, sizeof(MemoSlot) * memo->nslots);
	return memo;
}

static inline uint64
mix(uint64 h)
{
	h *= UINT64CONST(0x9e3779b97f4a7c15);
	return h ^ (h >> 32);
}

static inline uint64
load_prefix(const char *data, uint32 len)
{
	uint64		prefix = 0;

	if (len >= 8)
		memcpy(&prefix, data, 8);
	else if (len >= 4)
	{
		uint32		low,
					high;

		memcpy(&low, data, 4);
		memcpy(&high, data + len - 4, 4);
		prefix = low | (uint64) high << 32;
	}
	else if (len > 0)
		prefix = (unsigned char) data[0] | (uint64) (unsigned char) data[len / 2] << 8 |
			(uint64) (unsigned char) data[len - 1] << 16;
	return prefix;
}

static inline uint64
hash_value(uint64 prefix, const char *data, uint32 len)
{
	uint64		h = mix(prefix ^ ((uint64) len << 56));

	for (uint32 i = 8; i < len; i += 8)
	{
		uint64		word;

		memcpy(&word, data + Min(i, len - 8), 8);
		h = mix(h ^ word);
	}
	return h;
}

static void
grow(PfMemo *memo)
{
	MemoSlot   *old = memo->slots;
	uint32		nold = memo->nslots;

	memo->nslots *= 4;
	memo->slots = MemoryContextAllocZero(memo->context, sizeof(MemoSlot) * memo->nslots);
	for (uint32 i = 0; i < nold; i++)
	{
		uint32		at;

		if (old[i].outcome == NULL)
			continue;
		for (at = old[i].hash & (memo->nslots - 1); memo->slots[at].outcome; at = (at + 1) & (memo->nslots - 1))
			;
		memo->slots[at] = old[i];
	}
	pfree(old);
}

/*
 * Where the outcome of the value stands, or is to be put where it is NULL. The pointer is good until
 * the next call.
 */
PfOutcome **
pf_memo_find(PfMemo *memo, const char *data, uint32 len)
{
	uint64		prefix = load_prefix(data, len);
	uint32		hash = (uint32) hash_value(prefix, data, len);
	MemoSlot   *slot;
	uint32		i;

	memo->lookups++;
	for (i = hash & (memo->nslots - 1);; i = (i + 1) & (memo->nslots - 1))
	{
		slot = &memo->slots[i];
		if (slot->outcome == NULL)
			break;
		if (slot->prefix == prefix && slot->len == len && slot->hash == hash &&
			(len <= 8 || memcmp(slot->data, data, len) == 0))
			return &slot->outcome;
	}
	memo->misses++;
	if (memo->nvalues >= MEMO_MAX_VALUES || memo->bytes + len > MEMO_MAX_BYTES)
	{
		memo->spare = NULL;
		return &memo->spare;
	}
	if (2 * (memo->nvalues + 1) > memo->nslots)
	{
		grow(memo);
		for (i = hash & (memo->nslots - 1); memo->slots[i].outcome; i = (i + 1) & (memo->nslots - 1))
			;
		slot = &memo->slots[i];
	}
	if (len > 8)
	{
		char	   *copy = MemoryContextAlloc(memo->context, len);

		memcpy(copy, data, len);
		slot->data = copy;
		memo->bytes += len;
	}
	slot->prefix = prefix;
	slot->len = len;
	slot->hash = hash;
	memo->nvalues++;
	return &slot->outcome;
}

/* Do the values not come again? */
bool
pf_memo_useless(const PfMemo *memo)
{
	return memo->lookups >= MEMO_TRIAL && memo->misses * 2 > memo->lookups;
}

void
pf_memo_drop(PfMemo *memo)
{
	MemoryContextDelete(memo->context);
}
